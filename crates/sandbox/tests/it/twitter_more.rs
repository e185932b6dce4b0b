//! X: follows, lists, bookmarks, direct messages, the other timelines, and lookups of several users.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const SCOPE: &str = "tweet.read tweet.write users.read like.read like.write follows.read follows.write list.read \
                     list.write bookmark.read bookmark.write dm.read dm.write";
const ADA: u64 = 18_151_210;
const GRACE: u64 = 19_061_209;
const ALAN: u64 = 19_120_623;

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

    async fn get(&self, token: &str, path: &str) -> Value {
        self.bed.get(&format!("api.x.com/2/{path}"), token).await.expect(200)
    }

    async fn post(&self, token: &str, path: &str, body: Value, status: u16) -> Value {
        self.bed.post(&format!("api.x.com/2/{path}"), token, body).await.expect(status)
    }

    async fn delete(&self, token: &str, path: &str, status: u16) -> Value {
        self.bed.call("DELETE", &format!("api.x.com/2/{path}"), token, Body::None).await.expect(status)
    }

    async fn tweet(&self, token: &str, body: Value) -> String {
        text(&self.post(token, "tweets", body, 201).await["data"]["id"])
    }
}

#[tokio::test]
async fn following_shows_on_both_sides_and_in_the_timeline() {
    let x = X::new().await;
    let followers = x.get(&x.ada, &format!("users/{ADA}/followers?user.fields=public_metrics")).await;
    assert_eq!(each(&followers["data"], "username"), ["grace", "alan"]);
    assert_eq!(followers["meta"]["result_count"], 2);
    let first = x.get(&x.ada, &format!("users/{ADA}/followers?max_results=1")).await;
    let next = text(&first["meta"]["next_token"]);
    let rest = x.get(&x.ada, &format!("users/{ADA}/followers?max_results=1&pagination_token={next}")).await;
    assert_eq!(each(&rest["data"], "username"), ["alan"]);
    assert!(rest["meta"]["next_token"].is_null());

    let home = format!("users/{ADA}/timelines/reverse_chronological?expansions=author_id");
    assert!(each(&x.get(&x.ada, &home).await["data"], "author_id").contains(&GRACE.to_string()));
    let gone = x.delete(&x.ada, &format!("users/{ADA}/following/{GRACE}"), 200).await;
    assert_eq!(gone, json!({"data": {"following": false}}));
    assert!(!each(&x.get(&x.ada, &home).await["data"], "author_id").contains(&GRACE.to_string()));
    let following = x.get(&x.ada, &format!("users/{ADA}/following")).await;
    assert_eq!(each(&following["data"], "username"), ["alan"]);
    let body = json!({"target_user_id": GRACE.to_string()});
    let back = x.post(&x.ada, &format!("users/{ADA}/following"), body.clone(), 200).await;
    assert_eq!(back, json!({"data": {"following": true, "pending_follow": false}}));
    x.post(&x.ada, &format!("users/{ALAN}/following"), body, 400).await;
    let nobody = json!({"target_user_id": "5"});
    x.post(&x.ada, &format!("users/{ADA}/following"), nobody, 400).await;
    x.bed.get(&format!("api.x.com/2/users/{ALAN}/timelines/reverse_chronological"), &x.ada).await.expect(400);
}

#[tokio::test]
async fn lists_have_members_and_their_posts() {
    let x = X::new().await;
    let made = x.post(&x.ada, "lists", json!({"name": "Quiet", "private": true}), 201).await;
    let id = text(&made["data"]["id"]);
    let added = json!({"user_id": ALAN.to_string()});
    let added = x.post(&x.ada, &format!("lists/{id}/members"), added, 200).await;
    assert_eq!(added, json!({"data": {"is_member": true}}));
    let fields = "list.fields=member_count,private,description&expansions=owner_id";
    let list = x.get(&x.ada, &format!("lists/{id}?{fields}")).await;
    assert_eq!(
        list["data"],
        json!({"id": id, "name": "Quiet", "description": "", "private": true, "member_count": 1, "owner_id": ADA.to_string()})
    );
    assert_eq!(list["includes"]["users"][0]["username"], "ada");
    let members = x.get(&x.ada, &format!("lists/{id}/members")).await;
    assert_eq!(each(&members["data"], "username"), ["alan"]);
    let posts = x.get(&x.ada, &format!("lists/{id}/tweets")).await;
    assert_eq!(each(&posts["data"], "text"), ["Can machines think?"]);
    let owned = x.get(&x.ada, &format!("users/{ADA}/owned_lists?max_results=1")).await;
    assert_eq!(each(&owned["data"], "name"), ["Quiet"]);
    let next = text(&owned["meta"]["next_token"]);
    let rest = x.get(&x.ada, &format!("users/{ADA}/owned_lists?max_results=1&pagination_token={next}")).await;
    assert_eq!(each(&rest["data"], "name"), ["Engines"]);

    let hidden = x.get(&x.grace, &format!("lists/{id}")).await;
    assert_eq!(hidden["errors"][0]["resource_type"], "list");
    let public = text(&rest["data"][0]["id"]);
    x.post(&x.grace, &format!("lists/{public}/members"), json!({"user_id": ALAN.to_string()}), 403).await;
    let removed = x.delete(&x.ada, &format!("lists/{id}/members/{ALAN}"), 200).await;
    assert_eq!(removed, json!({"data": {"is_member": false}}));
    assert!(x.get(&x.ada, &format!("lists/{id}/members")).await["data"].is_null());
    assert_eq!(x.delete(&x.ada, &format!("lists/{id}"), 200).await, json!({"data": {"deleted": true}}));
    x.delete(&x.ada, &format!("lists/{id}"), 400).await;
    let long = json!({"name": "x".repeat(26)});
    let refused = x.post(&x.ada, "lists", long, 400).await;
    assert!(text(&refused["errors"][0]["message"]).starts_with("sandbox: `name`"));
}

#[tokio::test]
async fn bookmarks_are_private_and_the_newest_comes_first() {
    let x = X::new().await;
    let (one, two) =
        (x.tweet(&x.grace, json!({"text": "One"})).await, x.tweet(&x.grace, json!({"text": "Two"})).await);
    let path = format!("users/{ADA}/bookmarks");
    for id in [&one, &two, &one] {
        let added = x.post(&x.ada, &path, json!({"tweet_id": id}), 200).await;
        assert_eq!(added, json!({"data": {"bookmarked": true}}));
    }
    let mine = x.get(&x.ada, &format!("{path}?post.fields=public_metrics")).await;
    assert_eq!(each(&mine["data"], "text"), ["Two", "One"]);
    assert_eq!(mine["data"][0]["public_metrics"]["bookmark_count"], 1);
    x.bed.get(&format!("api.x.com/2/{path}"), &x.grace).await.expect(400);
    x.delete(&x.grace, &format!("tweets/{two}"), 200).await;
    assert_eq!(each(&x.get(&x.ada, &path).await["data"], "text"), ["One"]);
    let removed = x.delete(&x.ada, &format!("{path}/{one}"), 200).await;
    assert_eq!(removed, json!({"data": {"bookmarked": false}}));
    assert_eq!(x.get(&x.ada, &path).await, json!({"meta": {"result_count": 0}}));
}

#[tokio::test]
async fn direct_messages_are_read_by_who_is_in_the_conversation() {
    let x = X::new().await;
    let with_grace = format!("dm_conversations/with/{GRACE}");
    let sent = x.post(&x.ada, &format!("{with_grace}/messages"), json!({"text": "Tea?"}), 201).await;
    assert_eq!(sent["data"]["dm_conversation_id"], format!("{ADA}-{GRACE}"));
    let fields = "dm_event.fields=created_at,event_type&expansions=sender_id";
    let events = x.get(&x.grace, &format!("dm_conversations/with/{ADA}/dm_events?{fields}")).await;
    assert_eq!(each(&events["data"], "text"), ["Tea?", "The nanoseconds are in the mail."]);
    assert_eq!(events["data"][0]["sender_id"], ADA.to_string());
    assert_eq!(events["includes"]["users"].as_array().unwrap().len(), 2);

    let group = json!({
        "conversation_type": "Group", "participant_ids": [GRACE.to_string(), ALAN.to_string()],
        "message": {"text": "All of you"},
    });
    let group = x.post(&x.ada, "dm_conversations", group, 201).await;
    let recent = x.get(&x.grace, "dm_events?event_types=MessageCreate&max_results=2").await;
    assert_eq!(each(&recent["data"], "text"), ["All of you", "Tea?"]);
    let next = text(&recent["meta"]["next_token"]);
    let rest = x.get(&x.grace, &format!("dm_events?event_types=MessageCreate&pagination_token={next}")).await;
    assert_eq!(rest["meta"]["result_count"], 1);
    let joined = x.get(&x.grace, "dm_events?event_types=ParticipantsJoin&expansions=participant_ids").await;
    assert_eq!(joined["data"][0]["participant_ids"].as_array().unwrap().len(), 3);
    let alan = x.bed.token(Provider::Twitter, "alan", SCOPE).await;
    assert_eq!(
        each(&x.get(&alan, "dm_events?event_types=MessageCreate").await["data"], "text"),
        ["All of you"]
    );

    let event = text(&group["data"]["dm_event_id"]);
    x.delete(&x.grace, &format!("dm_events/{event}"), 403).await;
    assert_eq!(
        x.delete(&x.ada, &format!("dm_events/{event}"), 200).await,
        json!({"data": {"deleted": true}})
    );
    assert_eq!(x.get(&alan, "dm_events?event_types=MessageCreate").await["meta"]["result_count"], 0);
    x.post(&x.ada, &format!("{with_grace}/messages"), json!({}), 400).await;
    x.post(&x.ada, &format!("dm_conversations/with/{ADA}/messages"), json!({"text": "I"}), 400).await;
}

#[tokio::test]
async fn likers_reposters_quotes_mentions_and_likes() {
    let x = X::new().await;
    let id = x.tweet(&x.ada, json!({"text": "Look"})).await;
    x.post(&x.grace, &format!("users/{GRACE}/likes"), json!({"tweet_id": id}), 200).await;
    x.post(&x.grace, &format!("users/{GRACE}/retweets"), json!({"tweet_id": id}), 200).await;
    x.tweet(&x.grace, json!({"text": "I see @ada", "quote_tweet_id": id})).await;
    x.tweet(&x.grace, json!({"text": "And answer", "reply": {"in_reply_to_tweet_id": id}})).await;
    let likers = x.get(&x.ada, &format!("tweets/{id}/liking_users")).await;
    assert_eq!(each(&likers["data"], "username"), ["grace"]);
    let others = x.get(&x.grace, &format!("tweets/{id}/liking_users")).await;
    assert_eq!(others, json!({"meta": {"result_count": 0}}), "the author alone knows");
    let reposters = x.get(&x.ada, &format!("tweets/{id}/retweeted_by")).await;
    assert_eq!(each(&reposters["data"], "username"), ["grace"]);
    let quotes = x.get(&x.ada, &format!("tweets/{id}/quote_tweets")).await;
    assert_eq!(each(&quotes["data"], "text"), ["I see @ada"]);
    let mentions = x.get(&x.ada, &format!("users/{ADA}/mentions")).await;
    assert_eq!(each(&mentions["data"], "text"), ["And answer", "I see @ada"]);
    let liked = x.get(&x.grace, &format!("users/{GRACE}/liked_tweets")).await;
    assert_eq!(each(&liked["data"], "text"), ["Look"]);
    x.bed.get(&format!("api.x.com/2/users/{GRACE}/liked_tweets"), &x.ada).await.expect(400);
    let nothing = x.get(&x.ada, "tweets/5/retweeted_by").await;
    assert_eq!(nothing["errors"][0]["resource_type"], "post");
}

#[tokio::test]
async fn several_users_and_the_search_for_them() {
    let x = X::new().await;
    let some = x.get(&x.ada, &format!("users?ids={ADA},5&user.fields=public_metrics")).await;
    assert_eq!(
        (each(&some["data"], "username"), &some["errors"][0]["value"]),
        (vec!["ada".into()], &json!("5"))
    );
    assert_eq!(some["data"][0]["public_metrics"]["followers_count"], 2);
    let named = x.get(&x.ada, "users/by?usernames=grace,nobody").await;
    assert_eq!(
        (each(&named["data"], "username"), &named["errors"][0]["value"]),
        (vec!["grace".into()], &json!("nobody"))
    );
    let found = x.get(&x.ada, "users/search?query=ada%20lovelace").await;
    assert_eq!(each(&found["data"], "username"), ["ada"]);
    x.bed.get("api.x.com/2/users/search?query=%24", &x.ada).await.expect(400);
}

#[tokio::test]
async fn the_full_archive_is_for_apps() {
    let x = X::new().await;
    let path = "api.x.com/2/tweets/search/all?query=engine&start_time=2020-01-01T00:00:00Z";
    let refused = x.bed.get(path, &x.ada).await.expect(403);
    assert_eq!(refused["type"], "https://api.x.com/2/problems/unsupported-authentication");
    let bearer = x.bed.client(Provider::Twitter).extra["bearer_token"].clone();
    let found = x.bed.get(path, &bearer).await.expect(200);
    assert_eq!(found["meta"]["result_count"], 2);
}

#[tokio::test]
async fn each_of_the_scopes_is_needed() {
    let bed = Bed::new().await;
    let reads = "tweet.read users.read";
    let cases = [
        (format!("users/{ADA}/bookmarks"), "bookmark.read"),
        (format!("users/{ADA}/followers"), "follows.read"),
        (format!("users/{ADA}/owned_lists"), "list.read"),
        (format!("users/{ADA}/liked_tweets"), "like.read"),
        ("dm_events".to_owned(), "dm.read"),
    ];
    for (path, scope) in cases {
        let path = format!("api.x.com/2/{path}");
        let without = bed.token(Provider::Twitter, "ada", reads).await;
        bed.get(&path, &without).await.expect(403);
        assert_eq!(bed.last_entry().detail["lacks_scope"], true, "{path}");
        let with = bed.token(Provider::Twitter, "ada", &format!("{reads} {scope}")).await;
        bed.get(&path, &with).await.expect(200);
    }
}
