//! Requests to Composio's twin in one line.

use sandbox::{COMPOSIO_KEY, Decision};
use serde_json::{Value, json};
use url::Url;

use crate::bed::{Bed, Reply, text};

pub(crate) const HOST: &str = "backend.composio.dev";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:4480/back?own=1";

impl Bed {
    /// A call of version 3.1; a body of null is none.
    pub(crate) async fn composio(&self, method: &str, path: &str, body: Value) -> Reply {
        self.composio_at("v3.1", method, path, body).await
    }

    pub(crate) async fn composio_at(&self, version: &str, method: &str, path: &str, body: Value) -> Reply {
        let builder = self.builder(method, &format!("{HOST}/api/{version}/{path}"));
        let builder = builder.header("x-api-key", COMPOSIO_KEY);
        self.send(if body.is_null() { builder } else { builder.json(&body) }).await
    }

    pub(crate) async fn composio_get(&self, path: &str) -> Value {
        self.composio("GET", path, Value::Null).await.expect(200)
    }

    /// The id of a new managed auth config.
    pub(crate) async fn managed(&self, toolkit: &str) -> String {
        let body = json!({"toolkit": {"slug": toolkit}, "auth_config": {"type": "use_composio_managed_auth", "name": toolkit}});
        text(&self.composio("POST", "auth_configs", body).await.expect(201)["auth_config"]["id"])
    }

    /// The id of a new auth config with credentials of one's own.
    pub(crate) async fn custom(&self, toolkit: &str, scheme: &str, credentials: Value) -> String {
        let body = json!({"toolkit": {"slug": toolkit}, "auth_config": {
            "type": "use_custom_auth", "name": toolkit, "authScheme": scheme, "credentials": credentials,
        }});
        text(&self.composio("POST", "auth_configs", body).await.expect(201)["auth_config"]["id"])
    }

    /// A link for `user`, and the id of the account to be.
    pub(crate) async fn linked(&self, auth_config: &str, user: &str) -> (Url, String) {
        let body = json!({"auth_config_id": auth_config, "user_id": user, "callback_url": CALLBACK});
        let link = self.composio("POST", "connected_accounts/link", body).await.expect(201);
        (text(&link["redirect_url"]).parse().unwrap(), text(&link["connected_account_id"]))
    }

    /// The id of an active account of `user`, which is the seed user's `person`.
    pub(crate) async fn connected(&self, auth_config: &str, user: &str, person: &str) -> String {
        let (link, account) = self.linked(auth_config, user).await;
        let decision = Decision::Allow(person.to_owned());
        self.sandbox.control().decide_link(&link, &decision).await.unwrap();
        account
    }

    /// A tool's answer.
    pub(crate) async fn run(&self, tool: &str, body: Value) -> Reply {
        self.composio("POST", &format!("tools/execute/{tool}"), body).await
    }
}

/// The members of a refusal that a client may look at.
#[track_caller]
pub(crate) fn refusal(reply: Reply, status: u16) -> (i64, String, String) {
    let body = reply.expect(status);
    let error = &body["error"];
    assert_eq!(error["status"], status);
    assert!(error["request_id"].is_string() && error["suggested_fix"].is_string(), "{body}");
    (error["code"].as_i64().unwrap(), text(&error["slug"]), text(&error["message"]))
}
