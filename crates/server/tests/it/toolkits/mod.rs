//! What an agent does with each toolkit, from making a thing to deleting it, through MCP and with the effect seen at
//! the provider's twin.

mod discord;
mod github;
mod gmail;
mod google_calendar;
mod google_drive;
mod google_sheets;
mod hubspot;
mod linkedin;
mod notion;
mod outlook;
mod reddit;
mod slack;
mod twitter;

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use crate::support::TestApp;

/// Sixteen bytes that are no text, in base64.
const BINARY: &str = "iVBORw0KGgoA//79gIGCAA==";

/// An app whose user `u1` has one account connected.
async fn connected(toolkit: &str, configure: Value, account: &str) -> TestApp {
    let app = TestApp::new().await;
    let mut arguments = configure;
    arguments["toolkit"] = toolkit.into();
    app.manage("configure", arguments).await.unwrap();
    app.connect(toolkit, "u1", account).await;
    app
}

/// A tool's result through MCP.
async fn act(app: &TestApp, tool: &str, params: Value) -> Value {
    act_as(app, "u1", tool, params).await
}

async fn act_as(app: &TestApp, user: &str, tool: &str, params: Value) -> Value {
    let arguments = json!({"tool_name": tool, "user_id": user, "params": params});
    let done =
        app.manage("execute_action", arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
    assert_eq!(done["successful"], true, "{tool}");
    done["data"].clone()
}

/// The error of a tool that is refused.
async fn refused(app: &TestApp, tool: &str, params: Value) -> Value {
    let arguments = json!({"tool_name": tool, "user_id": "u1", "params": params});
    app.manage("execute_action", arguments).await.unwrap_err()["error"].clone()
}

fn texts<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

/// How often the provider's API was called.
fn calls(app: &TestApp, provider: Provider) -> usize {
    let ledger = app.twins().ledger();
    ledger.iter().filter(|entry| entry.provider == provider && entry.kind == Kind::Api).count()
}
