//! Composio's auth configs: made, changed, listed, disabled, deleted.

use serde_json::{Value, json};

use crate::bed::{Bed, each, text};
use crate::composio_bed::refusal;

async fn create(bed: &Bed, toolkit: &str, auth_config: Value) -> crate::bed::Reply {
    bed.composio("POST", "auth_configs", json!({"toolkit": {"slug": toolkit}, "auth_config": auth_config}))
        .await
}

#[tokio::test]
async fn managed_ones_are_made_where_the_vendor_has_an_app() {
    let bed = Bed::new().await;
    let made = bed.composio("POST", "auth_configs", json!({"toolkit": {"slug": "GMAIL"}})).await.expect(201);
    assert_eq!(made["toolkit"]["slug"], "gmail");
    assert_eq!(
        (&made["auth_config"]["auth_scheme"], &made["auth_config"]["is_composio_managed"]),
        (&json!("OAUTH2"), &json!(true))
    );
    let id = text(&made["auth_config"]["id"]);
    assert!(id.starts_with("ac_"));
    let shown = bed.composio_get(&format!("auth_configs/{id}")).await;
    assert_eq!(
        (&shown["type"], &shown["name"], &shown["status"], &shown["no_of_connections"]),
        (&json!("default"), &json!("Gmail Auth Config"), &json!("ENABLED"), &json!(0))
    );
    let scopes = json!({"type": "use_composio_managed_auth", "credentials": {"scopes": ["a", "b"]}});
    let id = text(&create(&bed, "slack", scopes).await.expect(201)["auth_config"]["id"]);
    let kept =
        bed.sandbox.control().composio_auth_configs().into_iter().find(|config| config.id == id).unwrap();
    assert_eq!(
        (kept.scopes, kept.managed, kept.toolkit.as_str()),
        (vec!["a".to_owned(), "b".to_owned()], true, "slack")
    );

    let managed = json!({"type": "use_composio_managed_auth"});
    let (code, slug, message) = refusal(create(&bed, "pinecone", managed.clone()).await, 400);
    assert_eq!((code, slug.as_str()), (306, "Auth_Config_DefaultAuthConfigNotFound"));
    assert_eq!(
        message,
        "Default auth config not found for toolkit \"pinecone\". Composio does not have managed credentials for this toolkit."
    );
    assert_eq!(refusal(create(&bed, "twitter", managed.clone()).await, 400).0, 306);
    let (_, slug, message) = refusal(create(&bed, "composio", managed.clone()).await, 400);
    assert_eq!(slug, "Auth_Config_NoAuthApp");
    assert_eq!(
        message,
        "Cannot create an auth config for toolkit \"composio\" because it does not require authentication."
    );
    refusal(create(&bed, "nothing", managed).await, 404);
    assert_eq!(bed.last_entry().operation.as_deref(), Some("postAuthConfigs"));
}

#[tokio::test]
async fn custom_ones_need_what_the_scheme_needs() {
    let bed = Bed::new().await;
    let own = |credentials: Value| json!({"type": "use_custom_auth", "authScheme": "OAUTH2", "credentials": credentials});
    let (_, _, message) = refusal(create(&bed, "shopify", own(json!({"client_secret": "s"}))).await, 400);
    assert_eq!(
        message,
        "Missing required field \"Client id\" for auth scheme \"OAUTH2\" in toolkit \"shopify\""
    );
    for (wrong, part) in [
        (json!({"client_id": "i", "client_secret": "s", "colour": "red"}), "sandbox: `credentials.colour`"),
        (json!({"client_id": 7, "client_secret": "s"}), "sandbox: `credentials.client_id`"),
    ] {
        assert!(refusal(create(&bed, "shopify", own(wrong)).await, 400).2.starts_with(part));
    }
    let (_, _, message) = refusal(
        create(&bed, "gmail", json!({"type": "use_custom_auth", "authScheme": "API_KEY"})).await,
        400,
    );
    assert_eq!(message, "Auth scheme \"API_KEY\" is not supported by toolkit \"gmail\"");
    let snake = json!({"type": "use_custom_auth", "auth_scheme": "OAUTH2"});
    assert_eq!(
        refusal(create(&bed, "gmail", snake).await, 400).2,
        "sandbox: `auth_config.auth_scheme` is not in the official description"
    );
    let own = json!({"client_id": "id-1", "client_secret": "a very long secret", "scopes": "a,b", "generic_api_key": "bearer-of-the-app"});
    let id = bed.custom("twitter", "OAUTH2", own).await;
    let shown = bed.composio_get(&format!("auth_configs/{id}")).await;
    assert_eq!(shown["type"], "custom");
    let credentials = &shown["credentials"];
    assert_eq!(
        (&credentials["client_id"], &credentials["client_secret"]),
        (&json!("id-1"), &json!("a ve..."))
    );
    assert_eq!((&credentials["generic_api_key"], &credentials["scopes"]), (&json!("bear..."), &json!("a,b")));
    assert!(
        text(&credentials["oauth_redirect_uri"])
            .ends_with("/backend.composio.dev/api/v3.1/toolkits/auth/callback")
    );
    assert_eq!(bed.sandbox.control().composio_auth_configs()[0].client_id.as_deref(), Some("id-1"));
    let key = bed.custom("pinecone", "API_KEY", json!({})).await;
    assert_eq!(bed.composio_get(&format!("auth_configs/{key}")).await["credentials"], json!({}));
}

#[tokio::test]
async fn a_change_merges_what_is_sent() {
    let bed = Bed::new().await;
    let own = json!({"client_id": "one", "client_secret": "first secret of all", "scopes": "a,b"});
    let id = bed.custom("gmail", "OAUTH2", own).await;
    let path = format!("auth_configs/{id}");
    let change = |body: Value| bed.composio("PATCH", &path, body);
    let tools = json!({"type": "custom", "tool_access_config": {"tools_available_for_execution": ["GMAIL_GET_PROFILE"]}});
    change(tools).await.expect(200);
    change(json!({"type": "custom", "credentials": {"client_secret": "other secret now"}, "tool_access_config": {}})).await.expect(200);
    let shown = bed.composio_get(&path).await;
    assert_eq!(
        (
            &shown["credentials"]["client_id"],
            &shown["credentials"]["client_secret"],
            &shown["credentials"]["scopes"]
        ),
        (&json!("one"), &json!("othe..."), &json!("a,b"))
    );
    assert_eq!(shown["tool_access_config"]["tools_available_for_execution"], json!(["GMAIL_GET_PROFILE"]));
    change(json!({"type": "custom", "credentials": {"scopes": ""}})).await.expect(200);
    assert!(bed.composio_get(&path).await["credentials"]["scopes"].is_null());
    let (_, _, message) =
        refusal(change(json!({"type": "custom", "credentials": {"client_id": ""}})).await, 400);
    assert!(message.starts_with("Missing required field \"Client id\""));
    refusal(change(json!({"type": "default", "scopes": "a"})).await, 400);
    refusal(change(json!({"credentials": {}})).await, 400);

    let managed = format!("auth_configs/{}", bed.managed("gmail").await);
    let scopes = json!({"type": "default", "scopes": "c,d", "tool_access_config": {}});
    bed.composio("PATCH", &managed, scopes).await.expect(200);
    assert_eq!(bed.composio_get(&managed).await["credentials"]["scopes"], "c,d");
}

#[tokio::test]
async fn lists_leave_out_what_is_disabled() {
    let bed = Bed::new().await;
    let (gmail, slack) = (bed.managed("gmail").await, bed.managed("slack").await);
    let own = bed.custom("pinecone", "API_KEY", json!({})).await;
    bed.composio("PATCH", &format!("auth_configs/{slack}/DISABLED"), Value::Null).await.expect(200);
    let ids = |page: Value| each(&page["items"], "id");
    assert_eq!(ids(bed.composio_get("auth_configs").await), [own.as_str(), &gmail]);
    assert_eq!(
        ids(bed.composio_get("auth_configs?show_disabled=true").await),
        [own.as_str(), &slack, &gmail]
    );
    assert_eq!(ids(bed.composio_get("auth_configs?toolkit_slug=gmail,slack").await), [gmail.as_str()]);
    assert_eq!(ids(bed.composio_get("auth_configs?is_composio_managed=false").await), [own.as_str()]);
    assert_eq!(ids(bed.composio_get("auth_configs?search=PINE").await), [own.as_str()]);
    let page = bed.composio_get("auth_configs?limit=1&show_disabled=true").await;
    assert_eq!((&page["total_items"], &page["total_pages"]), (&json!(3), &json!(3)));
    let next = text(&page["next_cursor"]);
    assert_eq!(
        ids(bed.composio_get(&format!("auth_configs?limit=1&show_disabled=true&cursor={next}")).await),
        [slack.as_str()]
    );
    let link = json!({"auth_config_id": slack, "user_id": "u"});
    assert_eq!(
        refusal(bed.composio("POST", "connected_accounts/link", link).await, 400).1,
        "Auth_Config_Disabled"
    );
    bed.composio("PATCH", &format!("auth_configs/{slack}/ENABLED"), Value::Null).await.expect(200);
    assert_eq!(bed.composio_get("auth_configs").await["total_items"], 3);
}

#[tokio::test]
async fn an_auth_config_goes_with_its_accounts() {
    let bed = Bed::new().await;
    let (gmail, slack) = (bed.managed("gmail").await, bed.managed("slack").await);
    bed.connected(&gmail, "user-1", "ada").await;
    let stays = bed.connected(&slack, "user-1", "ada").await;
    assert_eq!(bed.composio_get(&format!("auth_configs/{gmail}")).await["no_of_connections"], 1);
    let gone = bed.composio("DELETE", &format!("auth_configs/{gmail}"), Value::Null).await.expect(200);
    assert_eq!(gone, json!({"success": true, "message": "Auth config deleted"}));
    assert_eq!(each(&bed.composio_get("connected_accounts").await["items"], "id"), [stays]);
    refusal(bed.composio("DELETE", &format!("auth_configs/{gmail}"), Value::Null).await, 404);
}
