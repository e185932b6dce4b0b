//! X through MCP, against its twin.

use sandbox::{Fault, Matcher, Owner, Provider, What};
use serde_json::{Value, json};

use super::{act, refused, texts};
use crate::support::{TestApp, x_credentials};

/// An image of one pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const MP4: &str = "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t";

async fn connected() -> TestApp {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    let configure = json!({"toolkit": "twitter", "oauth_credentials": credentials});
    app.manage("configure", configure).await.unwrap();
    app.connect("twitter", "u1", "ada").await;
    app
}

/// A post as its twin shows it to somebody else.
async fn seen(app: &TestApp, id: &Value) -> Value {
    let scopes = ["tweet.read", "users.read"].map(str::to_owned);
    let token = app.twins().issue_token(Provider::Twitter, "grace", Owner::User, &scopes).unwrap();
    let path = format!(
        "api.x.com/2/tweets/{}?expansions=referenced_posts,attachments.media_keys\
         &post.fields=attachments,conversation_id&media.fields=alt_text",
        id.as_str().unwrap()
    );
    let url = app.sandbox.base_url().join(&path).unwrap();
    app.answer(app.http().get(url).bearer_auth(token)).await.ok()
}

#[tokio::test]
async fn twitter_threads_answer_each_other() {
    let app = connected().await;
    let thread = json!({"posts": ["Why we wove:", "It began with a loom.", "Then came the cards."]});
    let thread = act(&app, "TWITTER_CREATE_THREAD", thread).await["posts"].clone();
    let first = thread[0]["id"].clone();
    assert!(seen(&app, &first).await["data"]["referenced_posts"].is_null());
    for pair in thread.as_array().unwrap().windows(2) {
        let shown = seen(&app, &pair[1]["id"]).await["data"].clone();
        let before = json!([{"type": "replied_to", "id": pair[0]["id"]}]);
        assert_eq!((&shown["referenced_posts"], &shown["conversation_id"]), (&before, &first), "{shown}");
    }
}

#[tokio::test]
async fn twitter_posts_with_an_image_and_a_video() {
    let app = connected().await;
    let image = act(&app, "TWITTER_UPLOAD_MEDIA", json!({"content": PNG})).await;
    assert_eq!((&image["state"], &image["size"]), (&json!("succeeded"), &json!(70)), "{image}");
    let described = json!({"media_id": image["media_id"], "alt_text": "A dot"});
    act(&app, "TWITTER_CREATE_MEDIA_METADATA", described).await;
    let post = json!({"text": "Look", "media_ids": [image["media_id"]]});
    let post = act(&app, "TWITTER_CREATION_OF_A_POST", post).await;
    let shown = seen(&app, &post["id"]).await;
    assert_eq!(shown["data"]["attachments"]["media_keys"], json!([image["media_key"]]), "{shown}");
    let media = &shown["includes"]["media"][0];
    assert_eq!((&media["type"], &media["alt_text"]), (&json!("photo"), &json!("A dot")), "{shown}");

    let broken = format!("{}\n {}", &MP4[..7], &MP4[7..]);
    let video = act(&app, "TWITTER_UPLOAD_MEDIA", json!({"content": broken})).await;
    assert_eq!((&video["state"], &video["size"]), (&json!("pending"), &json!(24)), "{video}");
    let post = json!({"text": "And watch", "media_ids": [video["media_id"]]});
    let error = refused(&app, "TWITTER_CREATION_OF_A_POST", post.clone()).await;
    assert!(error.to_string().contains("Your media IDs are invalid."), "{error}");
    app.advance(5);
    let asked = json!({"media_id": video["media_id"]});
    assert_eq!(act(&app, "TWITTER_GET_MEDIA_UPLOAD_STATUS", asked).await["state"], "succeeded");
    act(&app, "TWITTER_CREATION_OF_A_POST", post).await;
}

#[tokio::test]
async fn twitter_from_a_post_to_its_end() {
    let app = connected().await;
    assert_eq!(act(&app, "TWITTER_USER_LOOKUP_ME", json!({})).await["username"], "ada");
    let post = act(&app, "TWITTER_CREATION_OF_A_POST", json!({"text": "Engines #analytical"})).await;
    let id = post["id"].clone();
    let answer = json!({"text": "More", "in_reply_to_tweet_id": id});
    act(&app, "TWITTER_CREATION_OF_A_POST", answer).await;
    assert_eq!(
        act(&app, "TWITTER_POST_LOOKUP_BY_POST_ID", json!({"id": id})).await["text"],
        "Engines #analytical"
    );
    let found = act(&app, "TWITTER_RECENT_SEARCH", json!({"query": "#analytical"})).await;
    assert_eq!(texts(&found["posts"], "id"), [id.as_str().unwrap()]);
    let timeline = act(&app, "TWITTER_USER_POSTS_TIMELINE", json!({})).await;
    assert!(texts(&timeline["posts"], "text").contains(&"More"), "{timeline}");
    let counts = act(&app, "TWITTER_RECENT_SEARCH_COUNTS", json!({"query": "#analytical"})).await;
    assert_eq!(counts["total"], 1, "counted with the app's own token");
    assert_eq!(act(&app, "TWITTER_USER_LIKE_POST", json!({"tweet_id": id})).await["liked"], true);
    assert_eq!(act(&app, "TWITTER_UNLIKE_POST", json!({"tweet_id": id})).await["liked"], false);
    assert_eq!(act(&app, "TWITTER_POST_DELETE_BY_POST_ID", json!({"id": id})).await["deleted"], true);
    let found = act(&app, "TWITTER_RECENT_SEARCH", json!({"query": "#analytical"})).await;
    assert_eq!(found["posts"], json!([]));
}

#[tokio::test]
async fn a_thread_that_stops_half_way_says_what_is_posted_and_invites_no_repetition() {
    let app = connected().await;
    let matcher = Matcher::Path("api.x.com/2/tweets".into());
    for (what, outcome) in [(What::Status429 { retry_after: 900 }, "partial"), (What::ResetAfter, "unknown")]
    {
        app.twins().clear_faults();
        let hold = What::HoldAnswer("first".into());
        app.twins().inject(Fault {
            provider: Provider::Twitter,
            matcher: matcher.clone(),
            times: Some(1),
            what: hold,
        });
        let params = json!({"posts": [format!("One {outcome}"), format!("Two {outcome}")]});
        let arguments = json!({"toolName": "TWITTER_CREATE_THREAD", "userId": "u1", "params": params,
            "idempotencyKey": outcome});
        let later = async {
            app.twins().wait_held("first", 1).await;
            app.twins().inject(Fault {
                provider: Provider::Twitter,
                matcher: matcher.clone(),
                times: Some(1),
                what,
            });
            app.twins().release("first");
        };
        let (failed, ()) =
            tokio::join!(app.call(reqwest::Method::POST, "/execute", arguments.clone()), later);
        assert_eq!(failed.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{}", failed.body);
        assert!(!failed.headers.contains_key("retry-after"), "no client repeats the whole by itself");
        let details = &failed.body["error"]["details"];
        assert_eq!(details["outcome"], outcome, "{details}");
        assert_eq!(details["done"]["request"].as_array().unwrap().len(), 1, "{details}");
        let again = app.call(reqwest::Method::POST, "/execute", arguments).await;
        assert_eq!(&again.body["error"]["details"], details, "the key remembers what is done");
    }
}
