//! LinkedIn: an OAuth without refresh tokens for most, and an API that wants headers, URNs and one scope of several.

use std::collections::BTreeMap;

use sandbox::{Client, Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, REDIRECT, Reply, VERIFIER, each, text};

const API: &str = "api.linkedin.com";
const TOKEN: &str = "www.linkedin.com/oauth/v2/accessToken";
const SCOPE: &str = "openid profile email w_member_social r_member_social w_organization_social r_organization_social \
                     rw_organization_admin";
const PAGE: &str = "urn:li:organization:18370610";

/// A call under `/rest/` with the headers that it takes, and one more.
async fn rest_with(
    bed: &Bed,
    (method, path): (&str, &str),
    token: &str,
    body: Value,
    header: (&str, &str),
) -> Reply {
    let mut builder = bed
        .builder(method, &format!("{API}/rest/{path}"))
        .bearer_auth(token)
        .header("linkedin-version", "202601")
        .header("x-restli-protocol-version", "2.0.0")
        .header(header.0, header.1);
    if !body.is_null() {
        builder = builder.json(&body);
    }
    bed.send(builder).await
}

async fn rest(bed: &Bed, method: &str, path: &str, token: &str, body: Value) -> Reply {
    rest_with(bed, (method, path), token, body, ("x-test", "1")).await
}

/// A name in a path or query.
fn key(urn: &str) -> String {
    url::form_urlencoded::byte_serialize(urn.as_bytes()).collect()
}

async fn me(bed: &Bed, token: &str) -> String {
    let profile = bed.get(&format!("{API}/v2/userinfo"), token).await.expect(200);
    format!("urn:li:person:{}", text(&profile["sub"]))
}

fn post(author: &str, commentary: &str) -> Value {
    json!({
        "author": author, "commentary": commentary, "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
    })
}

/// Publishes: the new post's URN, which only a header has.
async fn publish(bed: &Bed, token: &str, body: Value) -> String {
    let reply = rest(bed, "POST", "posts", token, body).await;
    assert_eq!((reply.status, reply.text.as_str()), (201, ""), "{}", reply.text);
    reply.header("x-restli-id").to_owned()
}

#[track_caller]
fn code(reply: Reply, status: u16) -> String {
    text(&reply.expect(status)["code"])
}

#[tokio::test]
async fn a_code_becomes_a_token_for_sixty_days_and_nothing_renews_it() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::LinkedIn, "ada", "openid profile w_member_social").await;
    assert_eq!(tokens["expires_in"], 5_184_000);
    assert_eq!(tokens["scope"], "openid,profile,w_member_social");
    assert!(tokens["refresh_token"].is_null());
    let access = text(&tokens["access_token"]);
    let userinfo = format!("{API}/v2/userinfo");
    let profile = bed.get(&userinfo, &access).await.expect(200);
    assert_eq!((&profile["name"], &profile["email"]), (&json!("Ada Lovelace"), &Value::Null));
    bed.advance(5_184_000);
    let expired = bed.get(&userinfo, &access).await.expect(401);
    assert_eq!(
        (&expired["code"], &expired["serviceErrorCode"]),
        (&json!("EXPIRED_ACCESS_TOKEN"), &json!(65602))
    );
    let empty = bed.get(&userinfo, "").await.expect(401);
    assert_eq!(empty["serviceErrorCode"], 65604);

    let before = text(&bed.connect(Provider::LinkedIn, "ada", "openid").await["access_token"]);
    let same = bed.token(Provider::LinkedIn, "ada", "openid").await;
    bed.get(&userinfo, &before).await.expect(200);
    bed.token(Provider::LinkedIn, "ada", "openid email").await;
    for old in [before, same] {
        let revoked = bed.get(&userinfo, &old).await.expect(401);
        assert_eq!(revoked["code"], "REVOKED_ACCESS_TOKEN", "the member was asked for something else");
    }
}

#[tokio::test]
async fn an_approved_app_gets_a_refresh_token_that_ages() {
    let bed = Bed::new().await;
    let extra = BTreeMap::from([("refresh".to_owned(), "true".to_owned())]);
    let client = bed.sandbox.control().register_client(Provider::LinkedIn, vec![REDIRECT.into()], extra);
    let url = bed.authorize_url(Provider::LinkedIn, &[("scope", "openid"), ("client_id", &client.client_id)]);
    let code = bed.allow(&url, "ada").await["code"].clone();
    let call = async |fields: &[(&str, &str)]| {
        let own = [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
        bed.form(TOKEN, &[fields, &own].concat()).await
    };
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let first = call(&fields).await.expect(200);
    let day = 24 * 3600;
    assert_eq!(first["refresh_token_expires_in"], 365 * day);
    let token = text(&first["refresh_token"]);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    bed.advance(59 * day);
    let second = call(&refresh).await.expect(200);
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(
        (&second["refresh_token_expires_in"], &second["expires_in"]),
        (&json!(306 * day), &json!(60 * day))
    );
    bed.advance(301 * day);
    let third = call(&refresh).await.expect(200);
    assert_eq!(
        (&third["refresh_token_expires_in"], &third["expires_in"]),
        (&json!(5 * day), &json!(5 * day))
    );
    bed.advance(5 * day);
    assert_eq!(call(&refresh).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn the_token_endpoint_takes_the_client_in_the_body() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::LinkedIn);
    let code = bed.code(Provider::LinkedIn, "ada", "openid").await;
    let own = [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
    let grant = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let all = [&grant[..], &own].concat();
    let error = async |fields: &[(&str, &str)], status: u16| {
        let body = bed.form(TOKEN, fields).await.expect(status);
        (text(&body["error"]), text(&body["error_description"]))
    };
    let missing = error(&grant, 400).await;
    assert_eq!(missing, ("invalid_request".into(), "A required parameter \"client_id\" is missing".into()));
    let wrong = [&grant[..], &[own[0], ("client_secret", "wrong")]].concat();
    assert_eq!(error(&wrong, 401).await, ("invalid_client".into(), "Client authentication failed".into()));
    let basic = bed.basic_form(TOKEN, &Client { client_secret: String::new(), ..client.clone() }, &all).await;
    assert_eq!(basic.expect(401)["error"], "invalid_client");
    let verifier = [&all[..], &[("code_verifier", VERIFIER)]].concat();
    assert!(error(&verifier, 400).await.1.starts_with("sandbox: "));
    let elsewhere = [&grant[..2], &[("redirect_uri", "http://127.0.0.1:1/")], &own].concat();
    assert!(error(&elsewhere, 400).await.1.starts_with("Unable to retrieve access token"));
    bed.form(TOKEN, &all).await.expect(200);
    assert_eq!(error(&all, 400).await.0, "invalid_request", "once");
    let credentials = [&[("grant_type", "client_credentials")], &own[..]].concat();
    assert_eq!(error(&credentials, 401).await.0, "access_denied");

    for more in [&[][..], &[("scope", "openid admin")], &[("scope", "openid"), ("code_challenge", VERIFIER)]]
    {
        let url = bed.authorize_url(Provider::LinkedIn, more);
        let refused = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert_eq!(refused.status, 400, "{more:?}");
    }
    let url = bed.authorize_url(Provider::LinkedIn, &[("scope", "openid")]);
    let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    assert!(
        denied.query_pairs().any(|(name, value)| name == "error" && value == "access_denied"),
        "{denied}"
    );
    let code = bed.code(Provider::LinkedIn, "ada", "openid").await;
    bed.advance(1800);
    bed.exchange(Provider::LinkedIn, &code).await.expect(400);
}

#[tokio::test]
async fn versions_headers_and_keys_are_wanted() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let attempt = async |version: Option<&str>, protocol: Option<&str>, path: &str| {
        let mut builder = bed.builder("GET", &format!("{API}/rest/{path}")).bearer_auth(&token);
        for (name, value) in [("linkedin-version", version), ("x-restli-protocol-version", protocol)] {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        bed.send(builder).await
    };
    let path = "organizations/18370610";
    assert_eq!(
        attempt(Some("202601"), Some("2.0.0"), path).await.expect(200)["localizedName"],
        "Analytical Engines"
    );
    assert_eq!(code(attempt(None, Some("2.0.0"), path).await, 400), "VERSION_MISSING");
    for version in ["202001", "202613", "2026-01", "203001", "x"] {
        assert_eq!(
            code(attempt(Some(version), Some("2.0.0"), path).await, 426),
            "NONEXISTENT_VERSION",
            "{version}"
        );
    }
    for protocol in [None, Some("1.0.0")] {
        let refused = attempt(Some("202601"), protocol, path).await.expect(400);
        assert!(text(&refused["message"]).starts_with("sandbox: "));
    }
    let raw = attempt(Some("202601"), Some("2.0.0"), "posts/urn:li:share:1").await.expect(400);
    assert_eq!(raw["message"], "Syntax exception in path variables");
    assert_eq!(
        code(rest(&bed, "GET", "posts/urn%3Ali%3Ashare%3A1", &token, Value::Null).await, 404),
        "NOT_FOUND"
    );
    assert_eq!(code(rest(&bed, "GET", "nowhere", &token, Value::Null).await, 404), "RESOURCE_NOT_FOUND");
    assert_eq!(code(rest(&bed, "PUT", "posts", &token, Value::Null).await, 405), "METHOD_NOT_ALLOWED");
    assert_eq!(
        code(rest(&bed, "GET", &format!("{path}?x=1"), &token, Value::Null).await, 400),
        "PARAM_INVALID"
    );
    let untyped = bed
        .builder("POST", &format!("{API}/rest/posts"))
        .bearer_auth(&token)
        .header("linkedin-version", "202601")
        .header("x-restli-protocol-version", "2.0.0")
        .body("{}");
    assert_eq!(bed.send(untyped).await.status, 415);
}

#[tokio::test]
async fn a_post_from_its_making_to_its_end() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let ada = me(&bed, &token).await;
    let urn = publish(&bed, &token, post(&ada, "Hello")).await;
    let path = format!("posts/{}", key(&urn));
    let got = rest(&bed, "GET", &path, &token, Value::Null).await.expect(200);
    assert_eq!((&got["id"], &got["commentary"], &got["author"]), (&json!(urn), &json!("Hello"), &json!(ada)));
    assert_eq!(got["createdAt"], bed.now() * 1000);
    let again = rest(&bed, "POST", "posts", &token, post(&ada, "Hello")).await;
    assert_eq!(code(again, 422), "DUPLICATE_POST");

    let patch = json!({"patch": {"$set": {"commentary": "Hello, world"}}});
    let partial = ("x-restli-method", "PARTIAL_UPDATE");
    assert_eq!(rest(&bed, "POST", &path, &token, patch.clone()).await.status, 400, "of which method?");
    bed.advance(60);
    assert_eq!(rest_with(&bed, ("POST", &path), &token, patch, partial).await.status, 204);
    let got = rest(&bed, "GET", &path, &token, Value::Null).await.expect(200);
    assert_eq!(
        (&got["commentary"], &got["lastModifiedAt"]),
        (&json!("Hello, world"), &json!(bed.now() * 1000))
    );
    assert_eq!(got["lifecycleStateInfo"]["isEditedByAuthor"], true);

    let ugc = json!({
        "author": ada, "lifecycleState": "PUBLISHED",
        "specificContent": {"com.linkedin.ugc.ShareContent": {
            "shareCommentary": {"text": "Read this"}, "shareMediaCategory": "ARTICLE",
            "media": [{"status": "READY", "originalUrl": "https://example.com/a", "title": {"text": "A"}}],
        }},
        "visibility": {"com.linkedin.ugc.MemberNetworkVisibility": "CONNECTIONS"},
    });
    let builder = bed.builder("POST", &format!("{API}/v2/ugcPosts")).bearer_auth(&token);
    let made = bed.send(builder.header("x-restli-protocol-version", "2.0.0").json(&ugc)).await;
    let header = made.header("x-restli-id").to_owned();
    assert_eq!(made.expect(201), json!({"id": header}));
    let find = format!("posts?q=author&author={}&sortBy=CREATED&count=2", key(&ada));
    let found = rest(&bed, "GET", &find, &token, Value::Null).await.expect(200);
    assert_eq!(each(&found["elements"], "id"), [header.as_str(), &urn]);
    assert_eq!(found["elements"][0]["content"]["article"]["source"], "https://example.com/a");
    assert_eq!((&found["paging"]["total"], &found["paging"]["links"][0]["rel"]), (&json!(3), &json!("next")));
    let rest_of = rest(&bed, "GET", &format!("{find}&start=2"), &token, Value::Null).await.expect(200);
    assert_eq!(each(&rest_of["elements"], "commentary"), ["A note on notes."]);

    for _ in 0..2 {
        assert_eq!(rest(&bed, "DELETE", &path, &token, Value::Null).await.status, 204, "gone stays gone");
    }
    rest(&bed, "GET", &path, &token, Value::Null).await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_posted() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let ada = me(&bed, &token).await;
    let attempt = async |name: &str, value: Value| {
        let mut body = post(&ada, "x");
        body[name] = value;
        let reply = rest(&bed, "POST", "posts", &token, body).await;
        (reply.status, text(&reply.json()["message"]))
    };
    let missing = rest(&bed, "POST", "posts", &token, json!({"author": ada})).await.expect(422);
    assert!(
        text(&missing["message"]).contains("/commentary :: field is required but not found"),
        "{missing}"
    );
    assert!(attempt("text", json!("y")).await.1.starts_with("sandbox: `text`"));
    assert!(attempt("visibility", json!("FRIENDS")).await.1.starts_with("sandbox: `visibility`"));
    assert!(attempt("distribution", json!({})).await.1.contains("/distribution/feedDistribution"));
    assert_eq!(attempt("commentary", json!("x".repeat(3001))).await.0, 422);
    assert_eq!(attempt("content", json!({})).await.0, 422);
    assert!(
        attempt("content", json!({"media": {"id": "urn:li:image:x"}})).await.1.contains("does not exist")
    );
    let poll = json!({"poll": {"question": "Tea?", "options": [{"text": "Yes"}], "settings": {}}});
    assert_eq!(attempt("content", poll).await.0, 422);
    assert_eq!(attempt("reshareContext", json!({"parent": "urn:li:share:1"})).await.0, 404);
    assert_eq!(attempt("visibility", json!("CONTAINER")).await.0, 422);
    assert_eq!(attempt("author", json!("urn:li:person:somebody")).await.0, 403);
    assert_eq!(attempt("author", json!("urn:li:organization:19520501")).await.0, 403, "another's page");
    publish(&bed, &token, post(PAGE, "x")).await;
}

#[tokio::test]
async fn each_operation_wants_one_of_its_scopes() {
    let bed = Bed::new().await;
    let reader = bed.token(Provider::LinkedIn, "ada", "openid r_member_social").await;
    let ada = me(&bed, &reader).await;
    let refused = rest(&bed, "POST", "posts", &reader, post(&ada, "x")).await.expect(403);
    assert_eq!((&refused["code"], &refused["serviceErrorCode"]), (&json!("ACCESS_DENIED"), &json!(100)));
    let entry = bed.last_entry();
    assert_eq!((entry.operation.as_deref(), entry.account.as_deref()), (Some("posts.create"), Some("ada")));
    assert_eq!((entry.outcome(), &entry.detail["lacks_scope"]), (Some("ACCESS_DENIED"), &json!(true)));
    let member = bed.token(Provider::LinkedIn, "ada", "w_member_social").await;
    rest(&bed, "POST", "posts", &member, post(&ada, "x")).await.expect(201);
    let refused = rest(&bed, "POST", "posts", &member, post(PAGE, "x")).await.expect(403);
    assert!(text(&refused["message"]).starts_with("Organization permissions"));
    bed.get(&format!("{API}/v2/userinfo"), &member).await.expect(403);
    let grace = bed.token(Provider::LinkedIn, "grace", "r_member_social").await;
    let foreign = format!("posts?q=author&author={}", key(&ada));
    rest(&bed, "GET", &foreign, &grace, Value::Null).await.expect(403);
}

#[tokio::test]
async fn comments_likes_and_reactions() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let grace_token = bed.token(Provider::LinkedIn, "grace", SCOPE).await;
    let (ada, grace) = (me(&bed, &token).await, me(&bed, &grace_token).await);
    let urn = publish(&bed, &token, post(&ada, "Talk to me")).await;
    let comments = format!("socialActions/{}/comments", key(&urn));
    let body = json!({"actor": grace, "object": urn, "message": {"text": "Well done"}});
    let made = rest(&bed, "POST", &comments, &grace_token, body.clone()).await;
    let id = made.header("x-restli-id").to_owned();
    let made = made.expect(201);
    assert_eq!((&made["id"], &made["message"]["text"]), (&json!(id), &json!("Well done")));
    assert!(text(&made["object"]).starts_with("urn:li:activity:"));
    assert_eq!(rest(&bed, "POST", &comments, &token, body).await.status, 403, "as somebody else");
    let own = text(&made["commentUrn"]);
    let replies = format!("socialActions/{}/comments", key(&own));
    let answer = json!({"actor": ada, "message": {"text": "Thanks"}});
    let answer = rest(&bed, "POST", &replies, &token, answer).await.expect(201);
    assert_eq!(answer["parentComment"], own.as_str());
    let listed = async |path: &str| rest(&bed, "GET", path, &token, Value::Null).await.expect(200);
    assert_eq!(each(&listed(&comments).await["elements"], "actor"), [grace.as_str()]);
    assert_eq!(each(&listed(&replies).await["elements"], "actor"), [ada.as_str()]);

    for kind in ["PRAISE", "LIKE"] {
        let path = format!("reactions?actor={}", key(&grace));
        let reply = rest(&bed, "POST", &path, &grace_token, json!({"root": urn, "reactionType": kind})).await;
        assert_eq!((reply.status, reply.text.as_str()), (201, ""));
        assert!(reply.header("x-restli-id").starts_with("(actor:urn%3Ali%3Aperson%3A"));
    }
    let likes = format!("socialActions/{}/likes", key(&urn));
    rest(&bed, "POST", &likes, &token, json!({"actor": ada, "object": urn})).await.expect(201);
    assert_eq!(each(&listed(&likes).await["elements"], "actor"), [grace.as_str(), &ada]);
    assert_eq!(each(&listed(&format!("{likes}?start=1&count=1")).await["elements"], "actor"), [ada.as_str()]);
    rest(&bed, "GET", &format!("{likes}?count=101"), &token, Value::Null).await.expect(400);

    let path = format!("{comments}/{id}");
    rest(&bed, "DELETE", &path, &token, Value::Null).await.expect(403);
    assert_eq!(rest(&bed, "DELETE", &path, &grace_token, Value::Null).await.status, 204);
    rest(&bed, "DELETE", &path, &grace_token, Value::Null).await.expect(404);
    assert_eq!(listed(&comments).await["elements"], json!([]));
    rest(&bed, "GET", &replies, &token, Value::Null).await.expect(404);
}

#[tokio::test]
async fn bytes_come_before_what_shows_them() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let ada = me(&bed, &token).await;
    let begin = json!({"initializeUploadRequest": {"owner": ada}});
    let begun = rest(&bed, "POST", "images?action=initializeUpload", &token, begin.clone()).await.expect(200);
    let (urn, address) = (text(&begun["value"]["image"]), text(&begun["value"]["uploadUrl"]));
    let status = async || {
        let got = rest(&bed, "GET", &format!("images/{}", key(&urn)), &token, Value::Null).await.expect(200);
        text(&got["status"])
    };
    assert_eq!(status().await, "WAITING_UPLOAD");
    let mut body = post(&ada, "A picture");
    body["content"] = json!({"media": {"id": urn, "altText": "The office"}});
    rest(&bed, "POST", "posts", &token, body.clone()).await.expect(422);
    let path = address.strip_prefix(bed.sandbox.base_url().as_str()).unwrap();
    assert!(path.starts_with("www.linkedin.com/dms-uploads/"), "{address}");
    let put = async |path: &str, bytes: &[u8]| {
        bed.call("PUT", path, "", Body::Raw("application/octet-stream", bytes.to_vec())).await.status
    };
    assert_eq!(put(path, b"").await, 400);
    assert_eq!(put("www.linkedin.com/dms-uploads/sp/unknown/uploaded-image/0", b"x").await, 401);
    assert_eq!(put(path, b"\x89PNG").await, 201);
    assert_eq!(status().await, "AVAILABLE");
    publish(&bed, &token, body).await;

    let document =
        rest(&bed, "POST", "documents?action=initializeUpload", &token, begin.clone()).await.expect(200);
    assert!(text(&document["value"]["document"]).starts_with("urn:li:document:"));
    rest(&bed, "POST", "images", &token, begin.clone()).await.expect(400);
    rest(&bed, "POST", "images?action=upload", &token, begin).await.expect(400);
    let late = text(&document["value"]["uploadUrl"]);
    bed.advance(24 * 3600);
    assert_eq!(put(late.strip_prefix(bed.sandbox.base_url().as_str()).unwrap(), b"x").await, 401);
}

#[tokio::test]
async fn company_pages_and_their_numbers() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::LinkedIn, "ada", SCOPE).await;
    let get = async |path: &str| rest(&bed, "GET", path, &token, Value::Null).await;
    let roles = get("organizationAcls?q=roleAssignee&role=ADMINISTRATOR").await.expect(200);
    assert_eq!(each(&roles["elements"], "organization"), [PAGE]);
    let all = get(&format!("organizationAcls?q=organization&organization={}", key(PAGE))).await.expect(200);
    assert_eq!(all["elements"].as_array().unwrap().len(), 2);
    for finder in
        ["q=vanityName&vanityName=compilers-and-sons", "q=emailDomain&emailDomain=compilers.example.com"]
    {
        let found = get(&format!("organizations?{finder}")).await.expect(200);
        assert_eq!(found["elements"][0]["id"], 19_520_501, "{finder}");
    }
    get("organizations?q=vanityName").await.expect(400);
    let size = format!("networkSizes/{}?edgeType=COMPANY_FOLLOWED_BY_MEMBER", key(PAGE));
    assert_eq!(get(&size).await.expect(200)["firstDegreeSize"], 1815);

    let numbers = format!(
        "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={}",
        key(PAGE)
    );
    let whole = get(&numbers).await.expect(200);
    let counts = &whole["elements"][0]["totalShareStatistics"];
    assert_eq!((&counts["likeCount"], &counts["commentCount"]), (&json!(1), &json!(1)));
    let urn = publish(&bed, &token, post(PAGE, "Nobody likes this")).await;
    let one = get(&format!("{numbers}&shares={}", key(&format!("List({urn})")))).await.expect(200);
    assert_eq!(
        (&one["elements"][0]["share"], &one["elements"][0]["totalShareStatistics"]["likeCount"]),
        (&json!(urn), &json!(0))
    );
    let now = bed.now() * 1000;
    let span = format!("(timeRange:(start:{},end:{}),timeGranularityType:DAY)", now - 3_600_000, now + 1);
    let recent = get(&format!("{numbers}&timeIntervals={}", key(&span))).await.expect(200);
    assert_eq!(recent["elements"][0]["totalShareStatistics"]["impressionCount"], 100);
    get(&format!("{numbers}&shares={}", key(&urn))).await.expect(400);
    get(&format!("{numbers}&timeIntervals=DAY")).await.expect(400);
}
