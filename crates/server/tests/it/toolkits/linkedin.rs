//! LinkedIn through MCP, against its twin.

use sandbox::{Owner, Provider};
use serde_json::{Value, json};

use super::{BINARY, act, refused, texts};
use crate::support::{TestApp, own_credentials};

/// An app of its own client, whose user has connected ada's account within these scopes.
async fn connected(scopes: Value) -> TestApp {
    let app = TestApp::new().await;
    let credentials = own_credentials(&app, Provider::LinkedIn, "linkedin");
    let configure = json!({"toolkit": "linkedin", "oauth_credentials": credentials, "scopes": scopes});
    app.manage("configure", configure).await.unwrap();
    app.connect("linkedin", "u1", "ada").await;
    app
}

/// A post as the twin shows it to its author.
async fn seen(app: &TestApp, urn: &Value) -> Value {
    let scopes = ["r_member_social".to_owned()];
    let token = app.twins().issue_token(Provider::LinkedIn, "ada", Owner::User, &scopes).unwrap();
    let urn = urn.as_str().unwrap().replace(':', "%3A");
    let url = app.sandbox.base_url().join(&format!("api.linkedin.com/rest/posts/{urn}")).unwrap();
    let request = app.http().get(url).bearer_auth(token);
    let request = request.header("linkedin-version", "202601").header("x-restli-protocol-version", "2.0.0");
    app.answer(request).await.ok()
}

#[tokio::test]
async fn linkedin_from_a_post_to_its_end() {
    let app = connected(json!(["r_member_social", "w_member_social"])).await;
    let me = act(&app, "LINKEDIN_GET_MY_INFO", json!({})).await;
    assert_eq!((&me["name"], &me["email"]), (&json!("Ada Lovelace"), &json!("ada@example.com")));
    let made = act(&app, "LINKEDIN_CREATE_LINKED_IN_POST", json!({"text": "Engines"})).await;
    let id = made["id"].clone();
    assert_eq!(made["url"], format!("https://www.linkedin.com/feed/update/{}", id.as_str().unwrap()));
    let got = act(&app, "LINKEDIN_GET_POST", json!({"post_id": id})).await;
    assert_eq!((&got["text"], &got["author"]), (&json!("Engines"), &me["urn"]));
    act(&app, "LINKEDIN_UPDATE_POST", json!({"post_id": id, "commentary": "Engines!"})).await;
    assert_eq!(act(&app, "LINKEDIN_GET_POST", json!({"post_id": id})).await["text"], "Engines!");
    act(&app, "LINKEDIN_PUBLISH_POST", json!({"commentary": "Looms"})).await;
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..2 {
        let mut params = json!({"limit": 2});
        if cursor.is_string() {
            params["cursor"] = cursor;
        }
        let page = act(&app, "LINKEDIN_LIST_POSTS", params).await;
        seen.extend(texts(&page["posts"], "text").into_iter().map(str::to_owned));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(seen, ["Looms", "Engines!", "A note on notes."]);
    assert!(!cursor.is_string(), "the last page has no next");

    let comment = json!({"post_id": id, "text": "First"});
    let comment = act(&app, "LINKEDIN_CREATE_COMMENT_ON_POST", comment).await;
    act(&app, "LINKEDIN_CREATE_REACTION", json!({"post_id": id})).await;
    let likes = act(&app, "LINKEDIN_LIST_LIKES", json!({"post_id": id})).await;
    assert_eq!(likes["actors"], json!([me["urn"]]));
    let listed = act(&app, "LINKEDIN_LIST_COMMENTS", json!({"post_id": id})).await;
    assert_eq!(texts(&listed["comments"], "text"), ["First"]);
    act(&app, "LINKEDIN_DELETE_COMMENT", json!({"post_id": id, "comment_id": comment["id"]})).await;
    let listed = act(&app, "LINKEDIN_LIST_COMMENTS", json!({"post_id": id})).await;
    assert_eq!(listed["comments"], json!([]));

    assert_eq!(act(&app, "LINKEDIN_DELETE_LINKED_IN_POST", json!({"post_id": id})).await["deleted"], id);
    let error = refused(&app, "LINKEDIN_GET_POST", json!({"post_id": id})).await;
    assert_eq!(error["details"]["provider"]["status"], 404, "{error}");
}

#[tokio::test]
async fn linkedin_for_a_company_page_with_a_picture() {
    let scopes = ["r_organization_social", "rw_organization_admin", "w_organization_social"];
    let app = connected(json!(scopes)).await;
    let pages = act(&app, "LINKEDIN_GET_COMPANY_INFO", json!({})).await;
    let (page, number) = (&pages["organizations"][0]["organization"], &pages["organizations"][0]["id"]);
    let shown = act(&app, "LINKEDIN_GET_ORGANIZATION", json!({"organization_id": number})).await;
    let found = json!({"vanity_name": shown["vanity_name"]});
    let found = act(&app, "LINKEDIN_FIND_ORGANIZATION", found).await;
    assert_eq!(texts(&found["organizations"], "urn"), [page.as_str().unwrap()]);

    let upload = act(&app, "LINKEDIN_REGISTER_IMAGE_UPLOAD", json!({"owner": page})).await;
    let image = json!({"commentary": "Look", "author": page, "media_id": upload["image_id"]});
    let error = refused(&app, "LINKEDIN_PUBLISH_POST", image.clone()).await;
    assert_eq!(error["details"]["provider"]["status"], 422, "{error}");
    let put = app.http().put(upload["upload_url"].as_str().unwrap()).body("bytes");
    assert_eq!(put.send().await.unwrap().status(), 201);
    let status = act(&app, "LINKEDIN_GET_IMAGES", json!({"image_id": upload["image_id"]})).await;
    assert_eq!(status["status"], "AVAILABLE");
    act(&app, "LINKEDIN_PUBLISH_POST", image).await;
    let posts = act(&app, "LINKEDIN_LIST_POSTS", json!({"author": page, "limit": 1})).await;
    assert_eq!(texts(&posts["posts"], "text"), ["Look"]);
    let statistics = act(&app, "LINKEDIN_GET_SHARE_STATISTICS", json!({"organization": page})).await;
    assert_eq!(statistics["statistics"]["likeCount"], 1, "{statistics}");
    let error = refused(&app, "LINKEDIN_PUBLISH_POST", json!({"commentary": "As myself"})).await;
    assert_eq!(error["details"]["provider"]["status"], 403, "the page's scope is not the member's: {error}");
}

#[tokio::test]
async fn linkedin_posts_with_an_image_and_a_document() {
    let app = connected(json!(["r_member_social", "w_member_social"])).await;
    for (tool, asset, more) in [
        ("LINKEDIN_CREATE_IMAGE_POST", "image_id", json!({"alt_text": "A loom"})),
        ("LINKEDIN_CREATE_DOCUMENT_POST", "document_id", json!({"title": "Looms"})),
    ] {
        let mut params = json!({"commentary": format!("Looms (for {asset})"), "content": BINARY});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = act(&app, tool, params).await;
        let shown = seen(&app, &made["id"]).await;
        let expected = if asset == "image_id" {
            json!({"id": made[asset], "altText": "A loom"})
        } else {
            json!({"id": made[asset], "title": "Looms"})
        };
        assert_eq!(shown["content"]["media"], expected, "{shown}");
        let expected = format!("Looms \\(for {}\\)", asset.replace('_', "\\_"));
        assert_eq!(shown["commentary"], expected, "LinkedIn's own signs are made plain");
    }
}

#[tokio::test]
async fn linkedin_ends_after_sixty_days() {
    let app = connected(json!(["w_member_social"])).await;
    app.advance(60 * 24 * 3600);
    let answer = app.execute("LINKEDIN_GET_MY_INFO", "u1", json!({})).await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"), "nothing renews the token");
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "expired");
}
