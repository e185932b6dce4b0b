//! X: media are uploaded whole or in parts, are worked on, and can be posted by their owner.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, text};

const SCOPE: &str = "tweet.read tweet.write users.read dm.read dm.write media.write";
const GRACE: u64 = 19_061_209;
const INVALID: &str = "Your media IDs are invalid.";

/// The twins with a token of Ada's and one of Grace's.
struct X {
    bed: Bed,
    ada: String,
    grace: String,
}

impl X {
    async fn new() -> Self {
        let bed = Bed::new().await;
        let ada = bed.token(Provider::Twitter, "ada", SCOPE).await;
        let grace = bed.token(Provider::Twitter, "grace", SCOPE).await;
        Self { bed, ada, grace }
    }

    async fn get(&self, token: &str, path: &str, status: u16) -> Value {
        self.bed.get(&format!("api.x.com/2/{path}"), token).await.expect(status)
    }

    async fn post(&self, token: &str, path: &str, body: Value, status: u16) -> Value {
        self.bed.post(&format!("api.x.com/2/{path}"), token, body).await.expect(status)
    }

    /// What a refusal says first.
    async fn refused(&self, token: &str, path: &str, body: Value) -> String {
        text(&self.post(token, path, body, 400).await["errors"][0]["message"])
    }

    async fn image(&self, token: &str, category: &str) -> String {
        let body = json!({"media": STANDARD.encode(png()), "media_category": category});
        text(&self.post(token, "media/upload", body, 200).await["data"]["id"])
    }

    async fn begin(&self, media_type: &str, total: usize) -> String {
        let body = json!({"media_type": media_type, "total_bytes": total});
        text(&self.post(&self.ada, "media/upload/initialize", body, 200).await["data"]["id"])
    }

    async fn append(&self, id: &str, index: usize, bytes: &[u8]) -> Value {
        let body = json!({"media": STANDARD.encode(bytes), "segment_index": index});
        self.post(&self.ada, &format!("media/upload/{id}/append"), body, 200).await
    }

    async fn finalize(&self, id: &str, status: u16) -> Value {
        let path = format!("api.x.com/2/media/upload/{id}/finalize");
        self.bed.call("POST", &path, &self.ada, Body::None).await.expect(status)
    }
}

/// The beginning of an image of 3 by 2 pixels.
fn png() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 0, 3, 0, 0, 0, 2], b"\x08\x06\0\0\0"].concat()
}

const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

fn post(text: &str, ids: &[&str]) -> Value {
    json!({"text": text, "media": {"media_ids": ids}})
}

#[tokio::test]
async fn an_image_is_uploaded_described_and_posted() {
    let x = X::new().await;
    let whole = json!({"media": STANDARD.encode(png()), "media_category": "tweet_image"});
    let made = x.post(&x.ada, "media/upload", whole, 200).await["data"].clone();
    let id = text(&made["id"]);
    let expected = json!({
        "id": id, "media_key": format!("3_{id}"), "size": 29, "expires_after_secs": 86_400,
        "image": {"image_type": "image/png", "w": 3, "h": 2},
    });
    assert_eq!(made, expected, "an image needs no processing");
    let alt = json!({"alt_text": {"text": "A loom"}});
    let described =
        x.post(&x.ada, "media/metadata", json!({"id": id, "metadata": alt}), 200).await["data"].clone();
    assert_eq!(described, json!({"id": id, "associated_metadata": alt}));

    let posted = x.post(&x.ada, "tweets", post("", &[&id]), 201).await;
    let query =
        "expansions=attachments.media_keys&post.fields=attachments&media.fields=alt_text,url,width,height";
    let shown = x.get(&x.grace, &format!("tweets/{}?{query}", text(&posted["data"]["id"])), 200).await;
    assert_eq!(shown["data"]["attachments"]["media_keys"], json!([format!("3_{id}")]));
    let media = json!({
        "media_key": format!("3_{id}"), "type": "photo", "alt_text": "A loom", "width": 3, "height": 2,
        "url": format!("https://pbs.twimg.com/media/{id}.jpg"),
    });
    assert_eq!(shown["includes"]["media"], json!([media]));
}

#[tokio::test]
async fn a_video_comes_in_parts_and_takes_a_while() {
    let x = X::new().await;
    let id = x.begin("video/mp4", MP4.len()).await;
    x.append(&id, 1, &MP4[10..]).await;
    let refused = x.finalize(&id, 400).await;
    assert_eq!(refused["errors"][0]["message"], "Segments do not add up to provided total file size.");
    x.append(&id, 0, b"again").await;
    let expires = x.append(&id, 0, &MP4[..10]).await["data"]["expires_at"].clone();
    assert_eq!(expires, x.bed.now() + 86_400);
    x.get(&x.ada, &format!("media/upload?media_id={id}"), 400).await;
    let refused = x.finalize(&id, 400).await;
    assert_eq!(refused["errors"][0]["message"], "media type unrecognized.", "told by the first part alone");

    let id = x.begin("video/mp4", MP4.len()).await;
    x.append(&id, 1, &MP4[16..]).await;
    x.append(&id, 0, &MP4[..16]).await;
    let done = x.finalize(&id, 200).await["data"].clone();
    assert_eq!((&done["media_key"], &done["size"]), (&json!(format!("7_{id}")), &json!(24)));
    assert_eq!(done["processing_info"], json!({"state": "pending", "check_after_secs": 1}));
    assert_eq!(x.refused(&x.ada, "tweets", post("Early", &[&id])).await, INVALID);
    x.bed.advance(2);
    let state = x.get(&x.ada, &format!("media/upload?media_id={id}&command=STATUS"), 200).await;
    let expected = json!({"state": "in_progress", "check_after_secs": 3, "progress_percent": 40});
    assert_eq!(state["data"]["processing_info"], expected);
    x.bed.advance(3);
    let state = x.get(&x.ada, &format!("media/upload?media_id={id}"), 200).await;
    assert_eq!(state["data"]["processing_info"]["state"], "succeeded");
    x.post(&x.ada, "tweets", post("Late", &[&id]), 201).await;
    x.finalize(&id, 400).await;
}

#[tokio::test]
async fn only_who_owns_media_uses_them() {
    let x = X::new().await;
    let image = x.image(&x.ada, "tweet_image").await;
    assert_eq!(x.refused(&x.grace, "tweets", post("Mine", &[&image])).await, INVALID);
    x.get(&x.grace, &format!("media/upload?media_id={image}"), 400).await;
    x.post(&x.grace, "media/metadata", json!({"id": image}), 400).await;
    let part = json!({"media": "aGk=", "segment_index": 0});
    let begun = x.begin("image/png", 29).await;
    x.post(&x.grace, &format!("media/upload/{begun}/append"), part, 400).await;

    let mut shared = json!({"media": STANDARD.encode(png()), "media_category": "tweet_image"});
    shared["additional_owners"] = GRACE.to_string().into();
    let shared = text(&x.post(&x.ada, "media/upload", shared, 200).await["data"]["id"]);
    x.post(&x.grace, "tweets", post("Ours", &[&shared]), 201).await;

    for ids in [vec![image.as_str(); 2], vec!["12"], vec![begun.as_str()]] {
        assert_eq!(x.refused(&x.ada, "tweets", post("No", &ids)).await, INVALID, "{ids:?}");
    }
    let letter = x.image(&x.ada, "dm_image").await;
    assert_eq!(x.refused(&x.ada, "tweets", post("No", &[&letter])).await, INVALID);
    let send = format!("dm_conversations/with/{GRACE}/messages");
    let attached = |id: &str| json!({"attachments": [{"media_id": id}]});
    assert_eq!(x.refused(&x.ada, &send, attached(&image)).await, INVALID);
    x.post(&x.ada, &send, attached(&letter), 201).await;
    x.bed.advance(86_400 - 1);
    x.get(&x.ada, &format!("media/upload?media_id={image}"), 401).await;
    let ada = x.bed.token(Provider::Twitter, "ada", SCOPE).await;
    x.get(&ada, &format!("media/upload?media_id={image}"), 200).await;
    x.bed.advance(1);
    x.get(&ada, &format!("media/upload?media_id={image}"), 400).await;
    assert_eq!(x.refused(&ada, "tweets", post("Old", &[&image])).await, INVALID);
}

#[tokio::test]
async fn uploads_are_checked() {
    let x = X::new().await;
    let whole = |media: &str, category: &str| json!({"media": media, "media_category": category});
    let image = STANDARD.encode(png());
    let refusals = [
        ("media/upload", whole("a b", "tweet_image"), "is not base64"),
        ("media/upload", whole("", "tweet_image"), "is not base64"),
        ("media/upload", whole("aGVsbG8=", "tweet_image"), "media type unrecognized."),
        ("media/upload", whole(&image, "tweet_video"), "media type unrecognized."),
        ("media/upload", whole(&image, "banner"), "should be one of"),
        ("media/upload", json!({"media": image}), "`media_category` is missing"),
        ("media/upload/initialize", json!({"media_type": "image/png"}), "`total_bytes` is missing"),
        (
            "media/upload/initialize",
            json!({"media_type": "image/png", "total_bytes": 9_000_000}),
            "not a size",
        ),
        (
            "media/upload/initialize",
            json!({"media_type": "image/png", "total_bytes": 9, "media_category": "tweet_gif"}),
            "does not go with",
        ),
        ("media/upload/1/append", json!({"media": image, "segment_index": 1000}), "between 0 and 999"),
        ("media/upload/1/append", json!({"media": image, "segment_index": 0}), "does not name media"),
        ("media/metadata", json!({"id": "1", "metadata": {"alt": 1}}), "not in the official description"),
    ];
    for (path, body, part) in refusals {
        let message = x.refused(&x.ada, path, body).await;
        assert!(message.contains(part), "{path}: {message}");
    }
    let bare = x.bed.token(Provider::Twitter, "ada", "tweet.read tweet.write users.read").await;
    x.post(&bare, "media/upload", whole(&image, "tweet_image"), 403).await;
    assert_eq!(x.bed.last_entry().detail["lacks_scope"], true);
}
