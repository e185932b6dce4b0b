//! Composio's answers and requests as the types of its own SDKs have them.

use serde_json::{Value, json};

use crate::bed::{Bed, each, text};
use crate::composio_bed::refusal;

/// Toolkits with managed auth that a person decides on, one for each scheme; what the state of an account holds beside its
/// status while it waits for the decision; and what it holds when it is active.
const DECIDED: &[(&str, &[&str], &[&str])] = &[
    ("gmail", &["redirectUrl"], &["access_token"]),
    (
        "trello",
        &["authUri", "oauth_token", "oauth_token_secret", "redirectUrl"],
        &["oauth_token", "oauth_token_secret"],
    ),
    ("open_ledger", &["client_id", "redirectUrl"], &["access_token", "client_id"]),
];

async fn state(bed: &Bed, account: &str) -> Value {
    bed.composio_get(&format!("connected_accounts/{account}")).await["state"]["val"].clone()
}

async fn state_in(bed: &Bed, account: &str, status: &str) -> Value {
    bed.sandbox.control().set_composio_account_status(account, status).unwrap();
    state(bed, account).await["status"].clone()
}

fn holds(state: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| state[*name].is_string())
}

#[tokio::test]
async fn the_state_of_an_account_holds_what_its_scheme_requires() {
    let bed = Bed::new().await;
    for (toolkit, waiting, active) in DECIDED {
        let config = bed.managed(toolkit).await;
        let (link, account) = bed.linked(&config, "u").await;
        let pending = state(&bed, &account).await;
        assert_eq!(pending["status"], "INITIATED");
        assert!(holds(&pending, waiting), "{toolkit}: {pending}");
        assert_eq!(pending["redirectUrl"], link.as_str());
        let account = bed.connected(&config, "u", "ada").await;
        let connected = state(&bed, &account).await;
        assert!(holds(&connected, active) && connected["redirectUrl"].is_null(), "{toolkit}: {connected}");
        assert_eq!(state_in(&bed, &account, "FAILED").await, "FAILED");
        assert_eq!(state_in(&bed, &account, "EXPIRED").await, "EXPIRED");
        let revoked = if *toolkit == "gmail" { "REVOKED" } else { "EXPIRED" };
        assert_eq!(state_in(&bed, &account, "REVOKED").await, revoked);
    }
}

#[tokio::test]
async fn a_state_that_the_scheme_does_not_know_is_shown_as_one_that_it_does() {
    let bed = Bed::new().await;
    let config = bed.custom("pinecone", "API_KEY", json!({})).await;
    let account = bed.connected(&config, "u", "ada").await;
    for (status, shown) in [("FAILED", "INITIALIZING"), ("EXPIRED", "INACTIVE"), ("REVOKED", "INACTIVE")] {
        assert_eq!(state_in(&bed, &account, status).await, shown);
        let whole = bed.composio_get(&format!("connected_accounts/{account}")).await;
        assert_eq!(whole["status"], status, "the account's own status is what it is");
    }
}

#[tokio::test]
async fn a_link_that_comes_with_a_refresh_is_shown() {
    let bed = Bed::new().await;
    let account = bed.connected(&bed.managed("gmail").await, "u", "ada").await;
    bed.sandbox.control().set_composio_account_status(&account, "EXPIRED").unwrap();
    let path = format!("connected_accounts/{account}/refresh");
    let fresh = bed.composio("POST", &path, json!({})).await.expect(200);
    assert_eq!(state(&bed, &account).await["redirectUrl"], fresh["redirect_url"]);
}

#[tokio::test]
async fn a_toolkit_has_every_member_that_is_required() {
    let bed = Bed::new().await;
    let gmail = bed.composio_get("toolkits/gmail?version=latest").await;
    assert_eq!(
        (&gmail["type"], &gmail["deprecated"]["rawProxyInfoByAuthSchemes"]),
        (&json!("native"), &json!([]))
    );
    assert_eq!(gmail["auth_config_details"][0]["required_scopes"], json!([]));
    let [managed] = gmail["composio_managed_auth"].as_array().unwrap().as_slice() else { panic!("{gmail}") };
    let scopes = managed["scopes"]["available"].as_array().unwrap();
    assert!(
        managed["mode"] == "OAUTH2"
            && scopes.contains(&json!("https://www.googleapis.com/auth/gmail.readonly"))
    );
    assert_eq!(bed.composio_get("toolkits/pinecone").await["composio_managed_auth"], json!([]));
    refusal(bed.composio("GET", "toolkits/gmail?version=19700101_00", Value::Null).await, 404);
    assert_eq!(
        bed.composio_get("toolkits?type=native&user_id=u&limit=1").await["items"][0]["type"],
        "native"
    );
    assert_eq!(bed.composio_get("toolkits?type=custom").await["items"], json!([]));
}

#[tokio::test]
async fn several_toolkits_are_filtered_sorted_and_paged() {
    let bed = Bed::new().await;
    let several = async |more: Value| {
        let mut body = json!({"toolkits": ["slack", "pinecone", "gmail"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bed.composio("POST", "toolkits/multi", body).await.expect(200)
    };
    let sorted = several(json!({"sort_by": "alphabetically", "managed_by": "composio"})).await;
    assert_eq!(each(&sorted["items"], "slug"), ["gmail", "slack"]);
    let first = several(json!({"limit": 2})).await;
    let second = several(json!({"limit": 2, "cursor": first["next_cursor"]})).await;
    assert_eq!(each(&second["items"], "slug"), ["gmail"]);
    assert_eq!(each(&several(json!({"category": "databases"})).await["items"], "slug"), ["pinecone"]);
}

#[tokio::test]
async fn tools_come_with_or_without_prices() {
    let bed = Bed::new().await;
    let tools = bed.composio_get("tools?toolkit_slug=gmail&include_pricing=true&limit=1").await;
    assert_eq!(tools["items"].as_array().unwrap().len(), 1);
    let tool = bed.composio_get("tools/GMAIL_SEND_EMAIL?include_pricing=false").await;
    assert_eq!(tool["slug"], "GMAIL_SEND_EMAIL");
}

#[tokio::test]
async fn an_auth_config_is_renamed_and_gets_scopes_of_users() {
    let bed = Bed::new().await;
    let config = bed.managed("slack").await;
    let path = format!("auth_configs/{config}");
    let change = json!({"type": "default", "name": "Renamed", "user_scopes": ["search:read"]});
    let changed = bed.composio("PATCH", &path, change).await.expect(200);
    assert_eq!(changed, json!({"success": true, "message": "Auth config updated"}));
    let shown = bed.composio_get(&path).await;
    assert_eq!(shown["name"], "Renamed");
    assert_eq!(shown["credentials"]["user_scopes"], json!(["search:read"]));
    bed.composio("DELETE", &format!("{path}?revoke_on_delete=true"), Value::Null).await.expect(200);
    assert_eq!(bed.last_entry().detail["revoked"], true);
}

#[tokio::test]
async fn a_key_is_changed_where_it_is() {
    let bed = Bed::new().await;
    let config = bed.custom("pinecone", "API_KEY", json!({})).await;
    let account = bed.connected(&config, "u", "ada").await;
    let path = format!("connected_accounts/{account}");
    let change = |scheme: &str, val: Value| {
        bed.composio("PATCH", &path, json!({"connection": {"state": {"authScheme": scheme, "val": val}}}))
    };
    let changed = change("API_KEY", json!({"generic_api_key": "other-key-now"})).await.expect(200);
    assert_eq!(changed, json!({"id": account, "status": "ACTIVE", "success": true}));
    assert!(text(&state(&bed, &account).await["generic_api_key"]).starts_with("othe"));
    refusal(change("BASIC", json!({"username": "u"})).await, 400);
    refusal(change("API_KEY", json!({"colour": "red"})).await, 400);
}
