//! Reddit: an OAuth that wants to know who calls, forms, listings, and errors under status 200.

use sandbox::{Client, Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, REDIRECT, Reply, VERIFIER, each, text};

const API: &str = "oauth.reddit.com";
const TOKEN: &str = "www.reddit.com/api/v1/access_token";
const SCOPE: &str =
    "edit flair history identity mysubreddits privatemessages read save submit subscribe vote";

async fn ada(bed: &Bed) -> String {
    bed.token(Provider::Reddit, "ada", SCOPE).await
}

async fn get(bed: &Bed, path: &str, token: &str) -> Value {
    bed.get(&format!("{API}{path}"), token).await.expect(200)
}

async fn form(bed: &Bed, path: &str, token: &str, fields: &[(&str, &str)]) -> Reply {
    bed.call("POST", &format!("{API}{path}"), token, Body::Form(fields)).await
}

/// The data of a form that is accepted.
async fn done(bed: &Bed, path: &str, token: &str, fields: &[(&str, &str)]) -> Value {
    let body = form(bed, path, token, &[&[("api_type", "json")], fields].concat()).await.expect(200);
    assert_eq!(body["json"]["errors"], json!([]), "{path}");
    body["json"]["data"].clone()
}

/// The code of the error that comes with status 200.
async fn error(bed: &Bed, path: &str, token: &str, fields: &[(&str, &str)]) -> String {
    let body = form(bed, path, token, &[&[("api_type", "json")], fields].concat()).await.expect(200);
    text(&body["json"]["errors"][0][0])
}

async fn submit(bed: &Bed, token: &str, title: &str) -> String {
    let fields = [("sr", "test"), ("kind", "self"), ("title", title), ("text", "Some text")];
    text(&done(bed, "/api/submit", token, &fields).await["name"])
}

async fn comment(bed: &Bed, token: &str, parent: &str, words: &str) -> String {
    let made = done(bed, "/api/comment", token, &[("thing_id", parent), ("text", words)]).await;
    text(&made["things"][0]["data"]["name"])
}

/// What the children of a listing have under `name`.
fn children(listing: &Value, name: &str) -> Vec<String> {
    let data: Vec<Value> =
        listing["data"]["children"].as_array().unwrap().iter().map(|child| child["data"].clone()).collect();
    each(&Value::Array(data), name)
}

#[tokio::test]
async fn permanence_has_to_be_asked_for_and_stays() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Reddit, "ada", "identity read").await;
    assert_eq!((&first["expires_in"], &first["token_type"]), (&json!(86_400), &json!("bearer")));
    assert_eq!(first["scope"], "identity read");
    let refresh = text(&first["refresh_token"]);
    bed.advance(86_400);
    let expired = bed.get(&format!("{API}/api/v1/me"), &text(&first["access_token"])).await;
    assert!(expired.header("www-authenticate").contains("invalid_token"));
    assert_eq!(expired.expect(401), json!({"message": "Unauthorized", "error": 401}));
    for _ in 0..2 {
        let again = bed.refresh(Provider::Reddit, &refresh).await.expect(200);
        assert!(again["refresh_token"].is_null(), "it stays the same");
        assert_eq!(get(&bed, "/api/v1/me", &text(&again["access_token"])).await["name"], "ada");
    }
    bed.sandbox.control().revoke_account(Provider::Reddit, "ada");
    let dead = bed.refresh(Provider::Reddit, &refresh).await.expect(400);
    assert_eq!(dead, json!({"message": "Bad Request", "error": 400}));

    let url = bed.authorize_url(Provider::Reddit, &[("scope", "identity")]);
    let code = bed.allow(&url, "ada").await["code"].clone();
    let temporary = bed.exchange(Provider::Reddit, &code).await.expect(200);
    assert!(temporary["refresh_token"].is_null());
    let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    assert!(
        denied.query_pairs().any(|(name, value)| name == "error" && value == "access_denied"),
        "{denied}"
    );
    for more in [
        &[("scope", "identity"), ("state", "")][..],
        &[("scope", "")],
        &[("scope", "identity everything")],
        &[("scope", "identity"), ("duration", "forever")],
        &[("scope", "identity"), ("code_challenge", VERIFIER)],
    ] {
        let url = bed.authorize_url(Provider::Reddit, more);
        let refused = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert_eq!(refused.status, 400, "{more:?}");
    }
}

#[tokio::test]
async fn the_token_endpoint_wants_basic_and_says_most_things_with_status_200() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Reddit);
    let code = bed.code(Provider::Reddit, "ada", "identity").await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let own = [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
    bed.form(TOKEN, &[&fields[..], &own].concat()).await.expect(400);
    bed.form(TOKEN, &fields).await.expect(401);
    let wrong = Client { client_secret: "wrong".into(), ..client.clone() };
    let refused = bed.basic_form(TOKEN, &wrong, &fields).await.expect(401);
    assert_eq!(refused, json!({"message": "Unauthorized", "error": 401}));
    let attempt = async |fields: &[(&str, &str)]| {
        text(&bed.basic_form(TOKEN, &client, fields).await.expect(200)["error"])
    };
    assert_eq!(attempt(&fields[..2]).await, "invalid_request");
    assert_eq!(attempt(&[("grant_type", "implicit")]).await, "unsupported_grant_type");
    assert_eq!(attempt(&[fields[0], ("code", "x"), fields[2]]).await, "invalid_grant");
    let tokens = bed.basic_form(TOKEN, &client, &fields).await.expect(200);
    assert_eq!(attempt(&fields).await, "invalid_grant");
    bed.get(&format!("{API}/api/v1/me"), &text(&tokens["access_token"])).await.expect(401);
}

#[tokio::test]
async fn who_does_not_say_who_he_is_has_to_wait() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let me = format!("{API}/api/v1/me");
    for name in ["", "curl/8.5.0", "python-requests/2.32", "Mozilla/5.0"] {
        let builder = bed.builder("GET", &me).bearer_auth(&token).header("user-agent", name);
        let refused = bed.send(builder).await.expect(429);
        assert_eq!(refused, json!({"message": "Too Many Requests", "error": 429}), "{name}");
        let builder = bed.builder("POST", TOKEN).header("user-agent", name);
        assert_eq!(bed.send(builder.form(&[("grant_type", "refresh_token")])).await.status, 429);
    }
    let first = bed.get(&me, &token).await;
    assert_eq!((first.header("x-ratelimit-used"), first.header("x-ratelimit-remaining")), ("1", "999.0"));
    assert_eq!(first.header("x-ratelimit-reset"), "600", "seconds that are left");
    bed.advance(599);
    let second = bed.get(&me, &token).await;
    assert_eq!((second.header("x-ratelimit-used"), second.header("x-ratelimit-reset")), ("2", "1"));
    bed.advance(1);
    assert_eq!(bed.get(&me, &token).await.header("x-ratelimit-used"), "1");
}

#[tokio::test]
async fn revocation_follows_the_token() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Reddit);
    let tokens = bed.connect(Provider::Reddit, "ada", "identity").await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    let revoke = async |token: &str| {
        let fields = [("token", token), ("token_type_hint", "refresh_token")];
        bed.basic_form("www.reddit.com/api/v1/revoke_token", &client, &fields).await.status
    };
    assert_eq!((revoke("unknown").await, revoke(&access).await), (204, 204));
    bed.get(&format!("{API}/api/v1/me"), &access).await.expect(401);
    let renewed = text(&bed.refresh(Provider::Reddit, &refresh).await.expect(200)["access_token"]);
    assert_eq!(revoke(&refresh).await, 204);
    bed.get(&format!("{API}/api/v1/me"), &renewed).await.expect(401);
    bed.refresh(Provider::Reddit, &refresh).await.expect(400);
}

#[tokio::test]
async fn scopes_and_shapes_are_checked() {
    let bed = Bed::new().await;
    let reader = bed.token(Provider::Reddit, "ada", "read").await;
    let refused = form(&bed, "/api/vote", &reader, &[("id", "t3_1"), ("dir", "1")]).await;
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    assert_eq!(refused.expect(403), json!({"message": "Forbidden", "error": 403}));
    let entry = bed.last_entry();
    assert_eq!((entry.operation.as_deref(), &entry.detail["lacks_scope"]), (Some("vote"), &json!(true)));

    let token = ada(&bed).await;
    for path in [
        "/hot?limit=0",
        "/hot?limit=101",
        "/hot?after=1abc",
        "/hot?raw_json=1",
        "/hot?after=t3_1&before=t3_2",
        "/top?t=decade",
        "/search?q=",
        "/search?q=x&type=user",
    ] {
        let reply = bed.get(&format!("{API}{path}"), &token).await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.text);
    }
    let strange = form(&bed, "/api/vote", &token, &[("id", "t3_1"), ("dir", "2")]).await.expect(400);
    assert!(text(&strange["explanation"]).starts_with("sandbox: "), "{strange}");
    let json =
        bed.post(&format!("{API}/api/vote"), &token, json!({"id": "t3_1", "dir": 1})).await.expect(400);
    assert!(text(&json["explanation"]).starts_with("sandbox: "));
    let for_browsers = [("sr", "test"), ("kind", "self"), ("title", "x")];
    form(&bed, "/api/submit", &token, &for_browsers).await.expect(400);
    bed.get(&format!("{API}/nowhere"), &token).await.expect(404);
    bed.get(&format!("{API}/api/vote"), &token).await.expect(405);
    form(&bed, "/api/vote", &token, &[("id", "t3_1"), ("dir", "1")]).await.expect(404);
}

#[tokio::test]
async fn a_post_is_submitted_edited_voted_on_and_deleted() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let fields = [("sr", "TEST"), ("kind", "self"), ("title", "If a < b & c"), ("text", "x > y")];
    let made = done(&bed, "/api/submit", &token, &fields).await;
    let name = text(&made["name"]);
    assert_eq!(
        made["url"],
        format!("https://www.reddit.com/r/test/comments/{}/if_a_b_c/", text(&made["id"]))
    );
    let info = async || {
        get(&bed, &format!("/api/info?id={name}"), &token).await["data"]["children"][0]["data"].clone()
    };
    let got = info().await;
    assert_eq!((&got["title"], &got["selftext"]), (&json!("If a &lt; b &amp; c"), &json!("x &gt; y")));
    assert_eq!((&got["score"], &got["likes"], &got["edited"]), (&json!(1), &json!(true), &json!(false)));
    assert_eq!(got["created_utc"], json!(1_800_000_000.0));

    let grace = bed.token(Provider::Reddit, "grace", SCOPE).await;
    assert_eq!(form(&bed, "/api/vote", &grace, &[("id", &name), ("dir", "-1")]).await.expect(200), json!({}));
    assert_eq!(info().await["score"], 0);
    let edit = [("thing_id", name.as_str()), ("text", "Better")];
    assert_eq!(error(&bed, "/api/editusertext", &grace, &edit).await, "NOT_AUTHOR");
    let edited = done(&bed, "/api/editusertext", &token, &edit).await;
    assert_eq!(edited["things"][0]["data"]["selftext"], "Better");
    assert!(info().await["edited"].is_number());
    form(&bed, "/api/del", &grace, &[("id", &name)]).await.expect(403);
    form(&bed, "/api/del", &token, &[("id", &name)]).await.expect(200);
    assert_eq!(info().await["author"], "[deleted]");
    assert!(!children(&get(&bed, "/r/test/new", &token).await, "name").contains(&name));
    form(&bed, "/api/del", &token, &[("id", "t3_zzzz")]).await.expect(200);
}

#[tokio::test]
async fn what_a_subreddit_refuses_comes_with_status_200() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let attempt = async |fields: &[(&str, &str)]| error(&bed, "/api/submit", &token, fields).await;
    let link = |sr, url| [("sr", sr), ("kind", "link"), ("title", "x"), ("url", url)];
    let page = "https://example.com/x";
    assert_eq!(attempt(&link("nowhere", page)).await, "SUBREDDIT_NOEXIST");
    assert_eq!(attempt(&link("bletchley", page)).await, "SUBREDDIT_NOTALLOWED");
    assert_eq!(attempt(&link("rust", "example")).await, "BAD_URL");
    assert_eq!(attempt(&link("rust", "https://example.com/compiler?a=1&b=2")).await, "ALREADY_SUB");
    assert_eq!(attempt(&link("programming", page)).await, "SUBMIT_VALIDATION_FLAIR_REQUIRED");
    assert_eq!(attempt(&[("sr", "test"), ("kind", "self"), ("title", " ")]).await, "NO_TEXT");
    let flairs = get(&bed, "/r/programming/api/link_flair_v2", &token).await;
    let flair = text(&flairs[0]["id"]);
    let fields = [&link("programming", page)[..], &[("flair_id", &flair)]].concat();
    let name = text(&done(&bed, "/api/submit", &token, &fields).await["name"]);
    let shown = async || {
        get(&bed, &format!("/api/info?id={name}"), &token).await["data"]["children"][0]["data"]["link_flair_text"].clone()
    };
    assert_eq!(shown().await, "article");
    let change = [("link", name.as_str()), ("flair_template_id", &flair), ("text", "my own")];
    assert_eq!(error(&bed, "/r/programming/api/selectflair", &token, &change).await, "BAD_FLAIR_TEXT");
    done(&bed, "/r/programming/api/selectflair", &token, &change[..1]).await;
    assert_eq!(shown().await, Value::Null);
    let refused = bed.get(&format!("{API}/r/bletchley/about"), &token).await.expect(403);
    assert_eq!(refused["reason"], "private");
    bed.get(&format!("{API}/r/nowhere/hot"), &token).await.expect(404);
}

#[tokio::test]
async fn listings_page_and_sort() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let mut names = Vec::new();
    for number in 0..5 {
        bed.advance(1);
        names.push(submit(&bed, &token, &format!("Post {number}")).await);
    }
    names.reverse();
    let (mut found, mut query) = (Vec::new(), String::new());
    loop {
        let page = get(&bed, &format!("/r/test/new?limit=2{query}"), &token).await;
        assert_eq!(page["kind"], "Listing");
        found.extend(children(&page, "name"));
        match page["data"]["after"].as_str() {
            Some(after) => query = format!("&after={after}"),
            None => break,
        }
    }
    assert_eq!(found, names);
    let before = get(&bed, &format!("/r/test/new?limit=2&before={}", names[3]), &token).await;
    assert_eq!(children(&before, "name"), names[1..3]);
    assert_eq!(children(&get(&bed, "/r/test/new?after=t3_zzzz", &token).await, "name"), [""; 0]);

    let grace = bed.token(Provider::Reddit, "grace", SCOPE).await;
    form(&bed, "/api/vote", &grace, &[("id", &names[4]), ("dir", "1")]).await.expect(200);
    assert_eq!(children(&get(&bed, "/r/test/top?t=hour&limit=1", &token).await, "name"), names[4..]);
    let both = get(&bed, "/r/test%2Brust/new", &token).await;
    assert_eq!(both["data"]["dist"], 8);
    let best = children(&get(&bed, "/best?limit=100", &token).await, "subreddit");
    assert!(best.contains(&"rust".to_owned()) && !best.contains(&"test".to_owned()), "{best:?}");
    let all = children(&get(&bed, "/r/all/new", &token).await, "subreddit");
    assert!(all.contains(&"test".to_owned()) && !all.contains(&"bletchley".to_owned()), "{all:?}");
}

#[tokio::test]
async fn comments_are_a_tree() {
    let bed = Bed::new().await;
    let (token, grace) = (ada(&bed).await, bed.token(Provider::Reddit, "grace", SCOPE).await);
    let post = submit(&bed, &token, "Talk").await;
    let first = comment(&bed, &grace, &post, "One").await;
    let second = comment(&bed, &token, &first, "Two").await;
    let third = comment(&bed, &grace, &second, "Three").await;
    comment(&bed, &grace, &post, "Aside").await;
    let id = post.strip_prefix("t3_").unwrap();
    let tree = async |query: &str| get(&bed, &format!("/comments/{id}?sort=old{query}"), &token).await;
    let whole = tree("").await;
    assert_eq!(whole[0]["data"]["children"][0]["data"]["num_comments"], 4);
    assert_eq!(children(&whole[1], "body"), ["One", "Aside"]);
    let replies = &whole[1]["data"]["children"][0]["data"]["replies"];
    assert_eq!(children(replies, "parent_id"), [first.as_str()]);
    let shallow = tree("&depth=1&limit=1").await;
    assert_eq!(shallow[1]["data"]["children"][1]["kind"], "more");
    assert_eq!(shallow[1]["data"]["children"][1]["data"]["count"], 1);
    let below = &shallow[1]["data"]["children"][0]["data"]["replies"]["data"]["children"][0];
    assert_eq!((&below["kind"], &below["data"]["count"]), (&json!("more"), &json!(2)));
    let one = tree(&format!("&comment={}", third.strip_prefix("t1_").unwrap())).await;
    assert_eq!(children(&one[1], "body"), ["Three"]);
    let context = tree(&format!("&comment={}&context=1", third.strip_prefix("t1_").unwrap())).await;
    assert_eq!(children(&context[1], "body"), ["Two"]);

    form(&bed, "/api/del", &token, &[("id", &second)]).await.expect(200);
    let gone = tree("").await;
    let replies = &gone[1]["data"]["children"][0]["data"]["replies"];
    assert_eq!(children(replies, "body"), ["[deleted]"], "what answers it stays");
    assert_eq!(
        error(&bed, "/api/comment", &grace, &[("thing_id", &second), ("text", "x")]).await,
        "DELETED_COMMENT"
    );
    assert_eq!(
        error(&bed, "/api/comment", &grace, &[("thing_id", "t3_zzzz"), ("text", "x")]).await,
        "NO_THING_ID"
    );
    assert_eq!(error(&bed, "/api/comment", &grace, &[("thing_id", &first), ("text", " ")]).await, "NO_TEXT");
    let comments = get(&bed, "/user/grace/comments?limit=2", &token).await;
    assert_eq!(children(&comments, "body"), ["Aside", "Three"]);
}

#[tokio::test]
async fn the_search_knows_fields_and_words() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let titles = async |path: &str, query: &str| {
        let mut url = bed.url(&format!("{API}{path}"));
        url.query_pairs_mut().append_pair("q", query);
        let path = url.as_str()[bed.sandbox.base_url().as_str().len()..].to_owned();
        children(&bed.get(&path, &token).await.expect(200), "title")
    };
    let all = async |query: &str| titles("/search", query).await;
    assert_eq!(all("title:borrowing").await, ["Borrowing &amp; lending"]);
    assert_eq!(all("author:grace self:no").await, ["A compiler"]);
    assert_eq!(all("\"does it halt\" OR computable").await, ["Does it halt?", "On computable numbers"]);
    assert_eq!(all("author:alan NOT halt").await, ["On computable numbers"]);
    assert_eq!(all("author:alan -halt").await, ["On computable numbers"]);
    assert_eq!(all("bombe").await, [""; 0], "private");
    assert_eq!(titles("/r/rust/search?restrict_sr=true", "author:alan").await, ["Does it halt?"]);
    assert_eq!(titles("/r/rust/search?restrict_sr=false", "computable").await, ["On computable numbers"]);
    assert_eq!(titles("/r/all/search?t=day&sort=new", "author:alan").await, ["Does it halt?"]);
    let found = get(&bed, "/subreddits/search?q=rust+language", &token).await;
    assert_eq!(children(&found, "display_name"), ["rust"]);
}

#[tokio::test]
async fn saving_joining_and_mail() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let mine = async || children(&get(&bed, "/subreddits/mine/subscriber", &token).await, "display_name");
    assert_eq!(mine().await, ["programming", "rust"]);
    form(&bed, "/api/subscribe", &token, &[("action", "sub"), ("sr_name", "test")]).await.expect(200);
    form(&bed, "/api/subscribe", &token, &[("action", "unsub"), ("sr_name", "rust")]).await.expect(200);
    assert_eq!(mine().await, ["programming", "test"]);
    form(&bed, "/api/subscribe", &token, &[("action", "sub"), ("sr_name", "bletchley")]).await.expect(403);
    form(&bed, "/api/subscribe", &token, &[("action", "sub"), ("sr_name", "nowhere")]).await.expect(404);

    let post = submit(&bed, &token, "Keep me").await;
    form(&bed, "/api/save", &token, &[("id", &post)]).await.expect(200);
    let saved = async || children(&get(&bed, "/user/ada/saved", &token).await, "name");
    assert_eq!(saved().await, [post.as_str()]);
    bed.get(&format!("{API}/user/grace/saved"), &token).await.expect(403);
    form(&bed, "/api/unsave", &token, &[("id", &post)]).await.expect(200);
    assert_eq!(saved().await, [""; 0]);

    let grace = bed.token(Provider::Reddit, "grace", SCOPE).await;
    comment(&bed, &grace, &post, "Kept").await;
    let inbox = get(&bed, "/message/inbox?mark=false", &token).await;
    assert_eq!(children(&inbox, "subject"), ["post reply", "Tea"]);
    assert_eq!(
        (&inbox["data"]["children"][0]["kind"], &inbox["data"]["children"][1]["kind"]),
        (&json!("t1"), &json!("t4"))
    );
    assert_eq!(get(&bed, "/api/v1/me", &token).await["inbox_count"], 2);
    let mail = text(&inbox["data"]["children"][1]["data"]["name"]);
    form(&bed, "/api/read_message", &token, &[("id", &mail)]).await.expect(200);
    assert_eq!(children(&get(&bed, "/message/unread?mark=false", &token).await, "subject"), ["post reply"]);
    comment(&bed, &token, &mail, "With milk").await;
    let fields = [("to", "grace"), ("subject", "Cake"), ("text", "Too?")];
    form(&bed, "/api/compose", &token, &[&[("api_type", "json")], &fields[..]].concat()).await.expect(200);
    assert_eq!(
        children(&get(&bed, "/message/unread", &grace).await, "subject"),
        ["Cake", "re: Tea", "post reply"]
    );
    assert_eq!(children(&get(&bed, "/message/unread", &grace).await, "subject"), [""; 0], "seen");
    let nobody = [("to", "nobody"), ("subject", "x"), ("text", "x")];
    assert_eq!(error(&bed, "/api/compose", &token, &nobody).await, "USER_DOESNT_EXIST");
    let writer = bed.token(Provider::Reddit, "ada", "submit").await;
    form(&bed, "/api/comment", &writer, &[("api_type", "json"), ("thing_id", &mail), ("text", "x")])
        .await
        .expect(403);
}
