//! What may become of an auth config: other credentials, other tools, disabled, enabled, gone.

use serde_json::{Map, Value, json};

use super::auth_configs::{check_credentials, executable, object};
use super::failure::Failure;
use super::{Call, catalogue};
use crate::stage::Stage;
use crate::wire::Answer;

/// What of the credentials may be changed where the app is the vendor's.
const SCOPES: [&str; 2] = ["scopes", "user_scopes"];

fn done(what: &str) -> Answer {
    Answer::json(200, &json!({"success": true, "message": format!("Auth config {what}")}))
}

/// Merges what is sent: what is not named stays, and what is empty is cleared.
pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("id");
    let config = stage.world.composio.auth_config(id)?;
    let custom = call.body.text("type") == Some("custom");
    if custom == config.managed {
        let own = if config.managed { "default" } else { "custom" };
        return Err(Failure::invalid(format!("Auth config {id} is of type {own}")));
    }
    let foreign: &[&str] = if custom { &SCOPES } else { &["credentials"] };
    if foreign.iter().any(|name| call.body.names(name)) {
        return Err(Failure::invalid(
            "sandbox: `credentials` is of custom auth configs, `scopes` of default ones",
        ));
    }
    let mut credentials = config.credentials.clone();
    if custom {
        merge(&mut credentials, object(&call.body, "credentials")?);
        if let Some(toolkit) = catalogue::find(stage, &config.toolkit) {
            check_credentials(toolkit, config.scheme, &credentials)?;
        }
    } else {
        let sent =
            SCOPES.iter().filter_map(|name| Some(((*name).to_owned(), call.body.value(name)?.clone())));
        merge(&mut credentials, sent.collect());
    }
    let shared = object(&call.body, "shared_credentials")?;
    let access = call.body.object("tool_access_config").unwrap_or_default();
    let now = stage.now;
    let config = stage.world.composio.auth_config_mut(id)?;
    config.credentials = credentials;
    if let Some(name) = call.body.filled("name") {
        config.name = name.to_owned();
    }
    merge(&mut config.shared_credentials, shared);
    if access.names("tools_for_connected_account_creation") {
        config.tools_for_creation = access.texts("tools_for_connected_account_creation");
    }
    if let Some(tools) = executable(&call.body, &access) {
        config.tools_for_execution = tools;
    }
    if let Some(flag) = call.body.flag("is_enabled_for_tool_router") {
        config.for_tool_router = flag;
    }
    if call.body.names("proxy_config") {
        config.proxy = call.body.value("proxy_config").cloned();
    }
    config.updated_at = now;
    Ok(done("updated"))
}

pub(super) fn merge(credentials: &mut Map<String, Value>, sent: Map<String, Value>) {
    for (name, value) in sent {
        let is_empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            value => value.is_null(),
        };
        if is_empty {
            credentials.shift_remove(&name);
        } else {
            credentials.insert(name, value);
        }
    }
}

pub(super) fn enable(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let config = stage.world.composio.auth_config_mut(call.captured("id"))?;
    config.enabled = true;
    config.updated_at = now;
    Ok(done("enabled"))
}

pub(super) fn disable(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let config = stage.world.composio.auth_config_mut(call.captured("id"))?;
    config.enabled = false;
    config.updated_at = now;
    Ok(done("disabled"))
}

/// The accounts that were made with it go with it.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    stage.world.composio.remove_auth_config(call.captured("id"))?;
    // What the provider says to it keeps nobody from deleting.
    stage.note.detail("revoked", call.query.flag("revoke_on_delete").unwrap_or(false));
    Ok(done("deleted"))
}
