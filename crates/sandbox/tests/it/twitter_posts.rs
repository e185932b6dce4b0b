//! X: posts, lookups, timelines, searches, likes and reposts.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const SCOPE: &str = "tweet.read tweet.write users.read like.write offline.access";
const TWEETS: &str = "api.x.com/2/tweets";

async fn post(bed: &Bed, token: &str, body: Value) -> String {
    text(&bed.post(TWEETS, token, body).await.expect(201)["data"]["id"])
}

async fn my_id(bed: &Bed, token: &str) -> String {
    text(&bed.get("api.x.com/2/users/me", token).await.expect(200)["data"]["id"])
}

#[tokio::test]
async fn a_post_is_made_read_and_deleted() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    let reply = bed.post(TWEETS, &token, json!({"text": "Hello"})).await;
    assert_eq!((reply.header("x-rate-limit-limit"), reply.header("x-rate-limit-remaining")), ("900", "899"));
    assert_eq!(reply.header("x-rate-limit-reset"), (bed.now() + 900).to_string());
    let made = reply.expect(201);
    let id = text(&made["data"]["id"]);
    assert_eq!(made, json!({"data": {"id": id, "text": "Hello", "edit_history_post_ids": [id]}}));
    let got = bed.get(&format!("{TWEETS}/{id}"), &token).await.expect(200);
    assert_eq!(got, made);
    let second = bed.get(&format!("{TWEETS}/{id}"), &token).await;
    assert_eq!(second.header("x-rate-limit-remaining"), "898");
    bed.advance(899);
    let same_window = bed.get(&format!("{TWEETS}/{id}"), &token).await;
    assert_eq!(same_window.header("x-rate-limit-remaining"), "897");
    bed.advance(1);
    let next_window = bed.get(&format!("{TWEETS}/{id}"), &token).await;
    assert_eq!(next_window.header("x-rate-limit-remaining"), "899");
    assert_eq!(next_window.header("x-rate-limit-reset"), (bed.now() + 900).to_string());
    let full = "post.fields=created_at,public_metrics,conversation_id,entities&expansions=author_id&user.fields=description";
    let got = bed.get(&format!("{TWEETS}/{id}?{full}"), &token).await.expect(200);
    let data = &got["data"];
    assert_eq!((&data["conversation_id"], &data["public_metrics"]["like_count"]), (&json!(id), &json!(0)));
    assert_eq!(data["created_at"], "2027-01-15T08:00:00.000Z");
    assert_eq!(
        (&got["includes"]["users"][0]["username"], &got["includes"]["users"][0]["id"]),
        (&json!("ada"), &data["author_id"])
    );
    assert!(got["includes"]["users"][0]["description"].is_string());

    let grace = bed.token(Provider::Twitter, "grace", SCOPE).await;
    let refused = bed.call("DELETE", &format!("{TWEETS}/{id}"), &grace, Body::None).await.expect(403);
    assert_eq!(refused["detail"], "You are not authorized to delete this Tweet.");
    let deleted = bed.call("DELETE", &format!("{TWEETS}/{id}"), &token, Body::None).await.expect(200);
    assert_eq!(deleted, json!({"data": {"deleted": true}}));
    let gone = bed.get(&format!("{TWEETS}/{id}"), &token).await.expect(200);
    assert!(gone["data"].is_null());
    assert_eq!(
        (&gone["errors"][0]["type"], &gone["errors"][0]["resource_id"]),
        (&json!("https://api.x.com/2/problems/resource-not-found"), &json!(id))
    );
}

#[tokio::test]
async fn what_cannot_be_posted() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    let attempt = async |body: Value| {
        let reply = bed.post(TWEETS, &token, body).await;
        assert_eq!(reply.header("content-type"), "application/problem+json; charset=utf-8");
        (reply.status, text(&reply.json()["detail"]))
    };
    let invalid = (400, "One or more parameters to your request was invalid.".to_owned());
    post(&bed, &token, json!({"text": "once"})).await;
    assert_eq!(
        attempt(json!({"text": "once"})).await.1,
        "You are not allowed to create a Tweet with duplicate content."
    );
    assert_eq!(attempt(json!({"text": "x".repeat(281)})).await, (403, "Your Tweet text is too long.".into()));
    assert_eq!(attempt(json!({"text": "x", "reply": {"in_reply_to_tweet_id": "1"}})).await.0, 403);
    assert_eq!(attempt(json!({"text": "x", "quote_tweet_id": "1"})).await.0, 403);
    for body in [
        json!({}),
        json!({"text": " "}),
        json!({"text": 1}),
        json!({"text": "x", "status": "y"}),
        json!({"text": "x", "reply": {"in_reply_to_tweet_id": "abc"}}),
        json!({"text": "x", "reply": {}}),
        json!({"text": "x", "reply_settings": "everyone"}),
        json!({"text": "x", "poll": {"options": [""], "duration_minutes": 5}}),
        json!({"text": "x", "poll": {"options": ["a", "b"], "duration_minutes": 5}, "media": {"media_ids": ["1"]}}),
    ] {
        assert_eq!(attempt(body.clone()).await, invalid, "{body}");
    }
    let long = format!("{} https://example.com/{}", "x".repeat(250), "y".repeat(500));
    post(&bed, &token, json!({"text": long})).await;
    let poll = json!({"text": "Tea?", "poll": {"options": ["Yes", "No"], "duration_minutes": 60}, "reply_settings": "following"});
    let id = post(&bed, &token, poll).await;
    let got = bed.get(&format!("{TWEETS}/{id}?post.fields=reply_settings"), &token).await.expect(200);
    assert_eq!(got["data"]["reply_settings"], "following");
    bed.call("POST", TWEETS, &token, Body::Form(&[("text", "x")])).await.expect(400);
}

#[tokio::test]
async fn answers_and_quotes_refer_to_their_post() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    let root = post(&bed, &token, json!({"text": "Root for @grace"})).await;
    let reply = post(&bed, &token, json!({"text": "Reply", "reply": {"in_reply_to_tweet_id": root}})).await;
    let quote = post(&bed, &token, json!({"text": "Quote", "quote_tweet_id": root})).await;
    let query = format!(
        "ids={root},{reply},{quote},7&expansions=referenced_posts,in_reply_to_user_id,entities.mentions.username&post.fields=public_metrics,conversation_id"
    );
    let got = bed.get(&format!("{TWEETS}?{query}"), &token).await.expect(200);
    assert_eq!(each(&got["data"], "id"), [root.as_str(), &reply, &quote]);
    let metrics = &got["data"][0]["public_metrics"];
    assert_eq!((&metrics["reply_count"], &metrics["quote_count"]), (&json!(1), &json!(1)));
    assert_eq!(got["data"][1]["referenced_posts"], json!([{"type": "replied_to", "id": root}]));
    assert_eq!(got["data"][2]["referenced_posts"], json!([{"type": "quoted", "id": root}]));
    assert_eq!(got["data"][1]["conversation_id"], root.as_str());
    assert_eq!(each(&got["includes"]["posts"], "id"), [root.as_str()]);
    let mut users = each(&got["includes"]["users"], "username");
    users.sort();
    assert_eq!(users, ["ada", "grace"]);
    assert_eq!(got["errors"][0]["value"], "7");
    bed.get(&format!("{TWEETS}?ids=abc"), &token).await.expect(400);
    bed.get(TWEETS, &token).await.expect(400);
    let many = vec!["1"; 101].join(",");
    bed.get(&format!("{TWEETS}?ids={many}"), &token).await.expect(400);
}

#[tokio::test]
async fn fields_and_expansions_are_those_of_the_description() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    for wrong in [
        "post.fields=author",
        "tweet.fields=created_at",
        "expansions=author",
        "user.fields=email",
        "x=1",
        "post.fields=id&post.fields=text",
    ] {
        let refused = bed.get(&format!("{TWEETS}/20?{wrong}"), &token).await.expect(400);
        assert_eq!(refused["type"], "https://api.x.com/2/problems/invalid-request");
        assert!(text(&refused["errors"][0]["message"]).starts_with("sandbox: "), "{wrong}: {refused}");
    }
    let refused = bed.get(&format!("{TWEETS}/abc"), &token).await.expect(400);
    assert_eq!(refused["errors"][0]["parameters"], json!({"id": ["abc"]}));
    bed.get("api.x.com/2/users/by/username/no%20name", &token).await.expect(400);
    bed.get("api.x.com/2/nowhere", &token).await.expect(404);
    bed.call("PUT", TWEETS, &token, Body::None).await.expect(405);
}

#[tokio::test]
async fn users_are_found_by_id_and_name() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    let me = bed
        .get(
            "api.x.com/2/users/me?user.fields=created_at,public_metrics&expansions=most_recent_post_id",
            &token,
        )
        .await
        .expect(200);
    assert_eq!(
        (&me["data"]["name"], &me["data"]["public_metrics"]["post_count"]),
        (&json!("Ada Lovelace"), &json!(2))
    );
    assert_eq!(me["includes"]["posts"][0]["id"], me["data"]["most_recent_post_id"]);
    let id = text(&me["data"]["id"]);
    let by_id = bed.get(&format!("api.x.com/2/users/{id}"), &token).await.expect(200);
    assert_eq!(by_id["data"], json!({"id": id, "name": "Ada Lovelace", "username": "ada"}));
    assert_eq!(bed.get("api.x.com/2/users/by/username/ADA", &token).await.expect(200), by_id);
    for path in ["users/1", "users/by/username/nobody", "users/1/tweets"] {
        let missing = bed.get(&format!("api.x.com/2/{path}"), &token).await.expect(200);
        assert_eq!(missing["errors"][0]["title"], "Not Found Error", "{path}");
    }
}

#[tokio::test]
async fn the_recent_search_looks_back_a_week() {
    let bed = Bed::new().await;
    // The app's own token does not expire while the week passes.
    let token = bed.client(Provider::Twitter).extra["bearer_token"].clone();
    let texts = async |query: &str| {
        let mut url = bed.url(&format!("{TWEETS}/search/recent"));
        url.query_pairs_mut().append_pair("query", query);
        let path = url.as_str()[bed.sandbox.base_url().as_str().len()..].to_owned();
        each(&bed.get(&path, &token).await.expect(200)["data"], "text")
    };
    let (weaves, note) =
        ("The engine weaves algebraic patterns.", "Note G is done. @grace will like it. #engine");
    assert_eq!(texts("engine").await, [note, weaves]);
    assert_eq!(texts("engine -#engine").await, [weaves]);
    assert_eq!(texts("from:ada").await, [note, weaves]);
    assert_eq!(texts("\"algebraic patterns\"").await, [weaves]);
    assert_eq!(texts("machines OR patterns").await, ["Can machines think?", weaves]);
    assert_eq!(texts("(engine)").await, [note, weaves]);
    assert_eq!(texts("lang:en \"Note G\" @grace").await, [note]);
    assert_eq!(texts("to:ada").await, [""; 0]);
    assert_eq!(texts("has:mentions").await, [note]);
    assert_eq!(texts("is:reply").await, [""; 0]);
    bed.advance(3 * 86_400);
    assert_eq!(texts("weaves").await, [""; 0], "too long ago");

    let search = format!("{TWEETS}/search/recent");
    let whole = bed.get(&format!("{search}?query=the"), &token).await.expect(200);
    assert!(whole["meta"]["result_count"].is_u64());
    for wrong in [
        "",
        "?query=",
        "?query=x&max_results=9",
        "?query=x&max_results=101",
        "?query=x&next_token=x",
        "?query=x&start_time=soon",
    ] {
        assert_eq!(bed.get(&format!("{search}{wrong}"), &token).await.status, 400, "{wrong}");
    }
    let early =
        bed.get(&format!("{search}?query=x&start_time=2020-01-01T00:00:00Z"), &token).await.expect(400);
    assert!(text(&early["errors"][0]["message"]).contains("must be on or after"));
}

#[tokio::test]
async fn timelines_page_and_leave_out() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Twitter, "ada", SCOPE).await;
    let me = my_id(&bed, &token).await;
    let mut ids = Vec::new();
    for number in 0..9 {
        bed.advance(1);
        ids.push(post(&bed, &token, json!({"text": format!("Post {number}")})).await);
    }
    let reply = post(&bed, &token, json!({"text": "Reply", "reply": {"in_reply_to_tweet_id": ids[0]}})).await;
    let timeline = async |query: &str| {
        bed.get(&format!("api.x.com/2/users/{me}/tweets?{query}"), &token).await.expect(200)
    };
    let first = timeline("max_results=5").await;
    assert_eq!(first["data"][0]["id"], reply.as_str());
    assert_eq!((&first["meta"]["newest_id"], &first["meta"]["result_count"]), (&json!(reply), &json!(5)));
    let mut found = each(&first["data"], "id");
    let mut next = first["meta"]["next_token"].clone();
    while let Some(token) = next.as_str() {
        let page = timeline(&format!("max_results=5&pagination_token={token}")).await;
        found.extend(each(&page["data"], "id"));
        next = page["meta"]["next_token"].clone();
    }
    assert_eq!(found.len(), 12);
    assert!(found.is_sorted_by(|a, b| a.parse::<u64>().unwrap() > b.parse::<u64>().unwrap()));
    let without = timeline("exclude=replies,retweets&max_results=100").await;
    assert!(!each(&without["data"], "id").contains(&reply));
    let between = timeline(&format!("since_id={}&until_id={}", ids[2], ids[5])).await;
    assert_eq!(each(&between["data"], "id"), [ids[4].as_str(), &ids[3]]);
    let times = timeline("start_time=2027-01-15T08:00:02Z&end_time=2027-01-15T08:00:03Z").await;
    assert_eq!(each(&times["data"], "text"), ["Post 2", "Post 1"]);
    bed.get(&format!("api.x.com/2/users/{me}/tweets?max_results=4"), &token).await.expect(400);
    bed.get(&format!("api.x.com/2/users/{me}/tweets?exclude=likes"), &token).await.expect(400);
}

#[tokio::test]
async fn likes_and_reposts_are_one_s_own() {
    let bed = Bed::new().await;
    let (ada, grace) = (
        bed.token(Provider::Twitter, "ada", SCOPE).await,
        bed.token(Provider::Twitter, "grace", SCOPE).await,
    );
    let (me, other) = (my_id(&bed, &ada).await, my_id(&bed, &grace).await);
    let target = post(&bed, &grace, json!({"text": "Like me"})).await;
    let body = json!({"tweet_id": target});
    let liked = bed.post(&format!("api.x.com/2/users/{me}/likes"), &ada, body.clone()).await.expect(200);
    assert_eq!(liked, json!({"data": {"liked": true}}));
    let foreign = bed.post(&format!("api.x.com/2/users/{other}/likes"), &ada, body.clone()).await.expect(400);
    assert!(text(&foreign["errors"][0]["message"]).contains("must be the same as the authenticating user"));
    bed.post(&format!("api.x.com/2/users/{me}/likes"), &ada, json!({"tweet_id": "1"})).await.expect(400);
    bed.post(&format!("api.x.com/2/users/{me}/likes"), &ada, json!({})).await.expect(400);

    let reposted =
        bed.post(&format!("api.x.com/2/users/{me}/retweets"), &ada, body.clone()).await.expect(200);
    assert_eq!(reposted["data"]["retweeted"], true);
    bed.post(&format!("api.x.com/2/users/{me}/retweets"), &ada, body).await.expect(403);
    let metrics = async || {
        bed.get(&format!("{TWEETS}/{target}?post.fields=public_metrics"), &ada).await.expect(200)["data"]["public_metrics"].clone()
    };
    assert_eq!((&metrics().await["like_count"], &metrics().await["repost_count"]), (&json!(1), &json!(1)));
    let copy = text(&reposted["data"]["rest_id"]);
    let copy = bed.get(&format!("{TWEETS}/{copy}?expansions=referenced_posts"), &ada).await.expect(200);
    assert_eq!(
        (&copy["data"]["text"], &copy["data"]["referenced_posts"][0]["type"]),
        (&json!("RT @grace: Like me"), &json!("retweeted"))
    );
    let unliked =
        bed.call("DELETE", &format!("api.x.com/2/users/{me}/likes/{target}"), &ada, Body::None).await;
    assert_eq!(unliked.expect(200), json!({"data": {"liked": false}}));
    let undone =
        bed.call("DELETE", &format!("api.x.com/2/users/{me}/retweets/{target}"), &ada, Body::None).await;
    assert_eq!(undone.expect(200), json!({"data": {"retweeted": false}}));
    assert_eq!((&metrics().await["like_count"], &metrics().await["repost_count"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn scopes_are_needed_all_together() {
    let bed = Bed::new().await;
    let cases = [
        ("tweet.read users.read", "yn-"),
        ("tweet.write tweet.read users.read", "yyn"),
        ("tweet.write users.read", "nnn"),
        ("users.read like.write tweet.read", "yny"),
    ];
    for (scope, expected) in cases {
        let token = bed.token(Provider::Twitter, "alan", scope).await;
        let me = 19_120_623;
        let post = json!({"text": scope});
        let target = bed.ledger().len();
        let replies = [
            bed.get("api.x.com/2/users/me", &token).await,
            bed.post(TWEETS, &token, post).await,
            bed.post(
                &format!("api.x.com/2/users/{me}/likes"),
                &token,
                json!({"tweet_id": target.to_string()}),
            )
            .await,
        ];
        for (reply, letter) in replies.iter().zip(expected.chars()) {
            match letter {
                'n' => assert_eq!(
                    reply.json(),
                    json!({"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"})
                ),
                'y' => assert_ne!(reply.status, 403, "{scope}"),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn an_app_calls_for_itself_where_it_may() {
    let bed = Bed::new().await;
    let bearer = bed.client(Provider::Twitter).extra["bearer_token"].clone();
    let counts = format!("{TWEETS}/counts/recent");
    let found = bed.get(&format!("{counts}?query=from:ada&granularity=day"), &bearer).await.expect(200);
    assert_eq!(found["meta"]["total_post_count"], 2);
    let data = found["data"].as_array().unwrap();
    assert_eq!(
        (data.len(), data.iter().map(|bucket| bucket["post_count"].as_i64().unwrap()).sum::<i64>()),
        (8, 2)
    );
    assert_eq!(data[0]["end"], data[1]["start"]);
    assert_eq!(data[1]["end"], "2027-01-10T00:00:00.000Z");
    bed.get(&format!("{counts}?query=x&granularity=week"), &bearer).await.expect(400);
    bed.get(&format!("{TWEETS}/search/recent?query=engine"), &bearer).await.expect(200);
    bed.get("api.x.com/2/users/by/username/ada", &bearer).await.expect(200);
    let refused = bed.get("api.x.com/2/users/me", &bearer).await.expect(403);
    assert_eq!(refused["type"], "https://api.x.com/2/problems/unsupported-authentication");
    bed.post(TWEETS, &bearer, json!({"text": "x"})).await.expect(403);
    let entry = bed.last_entry();
    assert_eq!((entry.account, entry.client_id), (None, Some(bed.client(Provider::Twitter).client_id)));
    let user = bed.token(Provider::Twitter, "ada", "tweet.read").await;
    bed.get(&format!("{counts}?query=x"), &user).await.expect(200);
}
