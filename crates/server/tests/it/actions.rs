//! The seven actions, the same through MCP and REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

/// What differs from one instance to the next is replaced, so that the shape can be shown.
fn shown(value: &Value, app: &TestApp) -> Value {
    match value {
        Value::String(text) if text == &app.app => json!("[app]"),
        Value::String(text)
            if text.starts_with("ac_") || text.starts_with("ca_") || text.starts_with("cr_") =>
        {
            json!(format!("[{}]", &text[..2]))
        }
        Value::String(text) => json!(text.replace(&app.url, "[url]").replace(&app.app, "[app]")),
        Value::Array(items) => items.iter().map(|item| shown(item, app)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shown(value, app))).collect()
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn configure_answers_the_same_config_both_ways() {
    let app = TestApp::new().await;
    let by_rest = app.post("/configure", json!({"toolkit": "gmail", "scopes": ["gmail.send"]})).await.ok();
    insta::assert_json_snapshot!(shown(&by_rest, &app), @r#"
    {
      "id": "[ac]",
      "app_id": "[app]",
      "toolkit_slug": "gmail",
      "display_name": "Gmail",
      "enabled": true,
      "scopes": [
        "gmail.send"
      ],
      "auth_scheme": "OAUTH2",
      "managed": true,
      "backend": "native",
      "composio_auth_config_id": "[ac]",
      "created_at": "2030-03-17T17:46:40Z",
      "updated_at": "2030-03-17T17:46:40Z"
    }
    "#);
    let by_mcp =
        app.manage("configure", json!({"toolkit": "GMAIL", "scopes": ["gmail.send"]})).await.unwrap();
    assert_eq!(by_mcp, by_rest);
    assert_eq!(app.get("/config").await.ok(), json!({"app_id": app.app, "integrations": [by_rest]}));
}

#[tokio::test]
async fn a_toolkit_says_how_to_get_a_client_for_it() {
    let app = TestApp::new().await;
    let found = app.get("/available?search=twitter").await.ok();
    let shown = found["integrations"][0].to_string().replace(&app.url, "URL").replace(&app.app, "APP");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    insta::assert_json_snapshot!(shown, @r##"
    {
      "toolkit": "twitter",
      "displayName": "X",
      "description": "Post on X, formerly Twitter, search recent posts, look up people, like and repost.",
      "curated": false,
      "auth_schemes": [
        "OAUTH2"
      ],
      "requires_byo_credentials": true,
      "backend": "native",
      "tools_count": 48,
      "credential_fields": [
        {
          "name": "client_id",
          "label": "Client ID",
          "secret": false,
          "required": true
        },
        {
          "name": "client_secret",
          "label": "Client secret",
          "secret": true,
          "required": true
        },
        {
          "name": "generic_id",
          "label": "App bearer token",
          "help": "From the app's keys and tokens in the X developer portal. Needed only by tools that act as the app instead of a user, such as TWITTER_RECENT_SEARCH_COUNTS.",
          "secret": true,
          "required": false
        }
      ],
      "categories": [
        "social"
      ],
      "docs_url": "https://docs.x.com/x-api",
      "icon_url": "URL/assets/toolkits/twitter.svg",
      "setup": {
        "register_at": "https://developer.x.com/en/portal/dashboard",
        "steps": [
          "Create a project and an app in the developer portal.",
          "Under \"User authentication settings\" choose \"Web App\" with read and write permission and add the redirect URI.",
          "Copy the OAuth 2.0 client id and client secret; the app's bearer token is needed only for tools that act as the app."
        ],
        "redirect_uri": "URL/v1/APP/integrations/callback/twitter",
        "scopes": [
          "offline.access",
          "tweet.read",
          "users.read",
          "bookmark.read",
          "bookmark.write",
          "follows.read",
          "follows.write",
          "like.read",
          "like.write",
          "list.read",
          "list.write",
          "media.write",
          "tweet.write"
        ]
      }
    }
    "##);
    assert_eq!(app.manage("list_available", json!({"search": "twitter"})).await.unwrap(), found);
}

#[tokio::test]
async fn icons_are_pictures_and_what_has_none_is_not_found() {
    let app = TestApp::new().await;
    let found = app.get("/available?search=gmail").await.ok();
    let icon = found["integrations"][0]["icon_url"].as_str().unwrap();
    let shown = app.http().get(icon).send().await.unwrap();
    assert_eq!(
        (shown.status().as_u16(), shown.headers()["content-type"].to_str().unwrap()),
        (200, "image/svg+xml")
    );
    assert!(shown.text().await.unwrap().starts_with("<svg "));
    let missing = app.http().get(icon.replace("gmail", "acme")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}

#[tokio::test]
async fn list_available_shows_the_curated_ones_in_order_or_finds_any() {
    let app = TestApp::new().await;
    let curated = app.get("/available").await.ok();
    let names: Vec<&str> = curated["integrations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["toolkit"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "gmail",
            "google-calendar",
            "slack",
            "google-sheets",
            "notion",
            "github",
            "hubspot",
            "outlook",
            "google-drive",
            "discord"
        ]
    );
    assert_eq!(app.manage("list_available", json!({})).await.unwrap(), curated);

    let whole = app.get("/available?curated=false&limit=200").await.ok();
    assert!(whole["integrations"].as_array().unwrap().len() >= 13);
    let first = app.get("/available?curated=false&limit=5").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = app.get(&format!("/available?curated=false&limit=5&cursor={cursor}")).await.ok();
    assert_eq!(second["integrations"][0], whole["integrations"][5]);
    assert_eq!(app.get("/available?search=zzzz").await.ok(), json!({"integrations": []}));
}

#[tokio::test]
async fn requires_byo_credentials_tells_the_truth_about_this_instance() {
    let app = TestApp::with(crate::support::Setup { managed: false, ..Default::default() }).await;
    let gmail = app.get("/available?search=gmail").await.ok()["integrations"][0].clone();
    assert_eq!(gmail["requires_byo_credentials"], true);
    let app = TestApp::new().await;
    let gmail = app.get("/available?search=gmail").await.ok()["integrations"][0].clone();
    assert_eq!(gmail["requires_byo_credentials"], false);
}

#[tokio::test]
async fn list_connected_shows_the_same_accounts_both_ways() {
    let app = TestApp::with_gmail("u1").await;
    let by_rest = app.get("/connections").await.ok();
    insta::assert_json_snapshot!(shown(&by_rest, &app), @r#"
    {
      "connections": [
        {
          "id": "[ca]",
          "app_user_id": "u1",
          "toolkit_slug": "gmail",
          "status": "active",
          "account_label": "ada@example.com",
          "scopes": [
            "https://www.googleapis.com/auth/gmail.modify",
            "openid",
            "https://www.googleapis.com/auth/userinfo.email"
          ],
          "connected_at": "2030-03-17T17:46:40Z",
          "last_used_at": null,
          "expires_at": "2030-03-17T18:46:39Z"
        }
      ]
    }
    "#);
    assert_eq!(app.manage("list_connected", json!({})).await.unwrap(), by_rest);
    assert_eq!(
        app.manage("list_connected", json!({"user_id": "u2"})).await.unwrap(),
        json!({"connections": []})
    );
    assert_eq!(app.get("/connections?toolkit=slack").await.ok(), json!({"connections": []}));
    assert_eq!(app.get("/connections?status=expired").await.ok(), json!({"connections": []}));
}

#[tokio::test]
async fn list_tools_is_an_overview_or_has_schemas() {
    let app = TestApp::with_gmail("u1").await;
    app.configure("slack").await;
    let overview = app.manage("list_tools", json!({})).await.unwrap();
    insta::assert_json_snapshot!(overview["tools"][0], @r#"
    {
      "name": "GMAIL_ADD_LABEL_TO_EMAIL",
      "description": "Add labels to one message or take labels off it: mark as read by removing UNREAD, archive by removing INBOX, star with STARRED.",
      "effect": "write",
      "connected": true
    }
    "#);
    let tools = overview["tools"].as_array().unwrap();
    let slack = app.manage("list_tools", json!({"cursor": overview["next_cursor"]})).await.unwrap();
    let slack = slack["tools"].as_array().unwrap();
    assert!(slack.iter().any(|tool| tool["name"] == "SLACK_SEND_MESSAGE" && tool["connected"] == false));
    assert!(tools.len() <= 50 && tools.iter().all(|tool| tool.get("parameters").is_none()));

    let gmail = app.get("/tools?toolkit=gmail").await.ok();
    assert_eq!(app.manage("list_tools", json!({"toolkit": "gmail"})).await.unwrap(), gmail);
    let send =
        gmail["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "GMAIL_SEND_EMAIL").unwrap();
    assert_eq!(send["parameters"]["required"], json!(["to"]));
    assert_eq!(send.get("granted"), None, "nobody is named");

    let of_user = app.get("/tools?toolkit=gmail&userId=u1").await.ok();
    let granted = |name: &str| {
        let tool = of_user["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
        tool["granted"].clone()
    };
    assert_eq!((granted("GMAIL_SEND_EMAIL"), granted("GMAIL_DELETE_MESSAGE")), (json!(true), json!(false)));

    let found = app.manage("list_tools", json!({"search": "send email", "limit": 3})).await.unwrap();
    assert_eq!(found["tools"][0]["name"], "GMAIL_SEND_EMAIL");
    let paged = app.get("/tools?limit=1").await.ok();
    let cursor = paged["next_cursor"].as_str().unwrap();
    let next = app.get(&format!("/tools?limit=1&cursor={cursor}")).await.ok();
    assert_ne!(next["tools"][0]["name"], paged["tools"][0]["name"]);
}

#[tokio::test]
async fn execute_action_answers_the_published_example() {
    let app = TestApp::with_gmail("u1").await;
    let params = json!({"to": "grace@example.com", "subject": "Hello", "body": "World"});
    let arguments = json!({"tool_name": "GMAIL_SEND_EMAIL", "params": params, "user_id": "u1"});
    let by_mcp = app.manage("execute_action", arguments).await.unwrap();
    assert_eq!(by_mcp["successful"], true);
    let id = by_mcp["data"]["messageId"].as_str().unwrap();
    let read = app.execute("GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", "u1", json!({"message_id": id})).await.ok();
    assert_eq!((&read["data"]["subject"], &read["data"]["text"]), (&json!("Hello"), &json!("World")));
}

#[tokio::test]
async fn without_a_user_the_app_acts_as_itself() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let link = app.tool("connect_account", json!({"app_id": app.app, "toolkit": "gmail"})).await.unwrap();
    let url = link["authUrl"].as_str().unwrap().parse().unwrap();
    let ada = sandbox::Decision::Allow("ada@example.com".into());
    assert_eq!(crate::support::Browser::new().connect(&app, &url, &ada).await.status, 200);
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["app_user_id"], "default");
    let arguments = json!({"tool_name": "GMAIL_GET_PROFILE"});
    assert_eq!(
        app.manage("execute_action", arguments).await.unwrap()["data"]["emailAddress"],
        "ada@example.com"
    );
}

#[tokio::test]
async fn disable_stops_at_once_and_configure_brings_everything_back() {
    let app = TestApp::with_gmail("u1").await;
    let before = app.get("/config").await.ok()["integrations"][0].clone();
    let disabled = app.manage("disable", json!({"toolkit": "G_MAIL"})).await.unwrap();
    assert_eq!(disabled, json!({"message": "Integration disabled", "toolkit": "gmail"}));
    assert_eq!(app.get("/config").await.ok()["integrations"], json!([]));
    let refused = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    let connect = app.post("/connect", json!({"toolkit": "gmail", "userId": "u1"})).await;
    assert_eq!(connect.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    for fine in ["gmail", "slack", "no-such-toolkit"] {
        assert_eq!(
            app.call(Method::DELETE, &format!("/configure/{fine}"), json!({})).await.status,
            204,
            "{fine}"
        );
    }
    let again = app.configure("gmail").await;
    assert_eq!(again["id"], before["id"]);
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 200, "accounts were kept");
}

#[tokio::test]
async fn rotate_credentials_answers_both_ways() {
    let app = TestApp::new().await;
    let credentials = crate::support::x_credentials(&app);
    let arguments = json!({"toolkit": "twitter", "oauth_credentials": credentials});
    let configured = app.manage("configure", arguments).await.unwrap();
    assert_eq!(
        configured["redirect_uri"],
        format!("{}/v1/{}/integrations/callback/twitter", app.url, app.app)
    );
    let rotation = json!({"client_id": "new", "client_secret": "new"});
    let by_mcp = app
        .manage("rotate_credentials", json!({"toolkit": "twitter", "oauth_credentials": rotation}))
        .await
        .unwrap();
    let by_rest = app.call(Method::PATCH, "/configure/twitter/credentials", rotation).await.ok();
    assert_eq!((&by_mcp["id"], &by_rest["id"]), (&configured["id"], &configured["id"]));
    let text = format!("{by_mcp}{by_rest}");
    assert!(!text.contains(credentials["client_secret"].as_str().unwrap()), "no secret comes back");
}
