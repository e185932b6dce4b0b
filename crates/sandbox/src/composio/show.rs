//! Auth configs and connected accounts as the API shows them: without what is secret.

use serde_json::{Map, Value, json};

use super::Version;
use super::connecting::address;
use super::project::{Account, AuthConfig, Project, Status};
use super::schemes::{Scheme, is_secret};
use crate::stage::{Stage, stamp};

/// What of the credentials is no secret.
const PLAIN: &[&str] =
    &["client_id", "consumer_key", "scopes", "user_scopes", "optional_scopes", "oauth_redirect_uri"];

pub(super) fn auth_config(project: &Project, config: &AuthConfig) -> Value {
    let masked = |values: &Map<String, Value>| -> Map<String, Value> {
        let each = values.iter().map(|(name, value)| {
            let shown = if PLAIN.contains(&name.as_str()) { value.clone() } else { mask(value) };
            (name.clone(), shown)
        });
        each.collect()
    };
    let mut shown = json!({
        "id": config.id,
        "uuid": config.uuid,
        "type": if config.managed { "default" } else { "custom" },
        "toolkit": {"slug": config.toolkit, "logo": format!("https://logos.composio.dev/api/{}", config.toolkit)},
        "name": config.name,
        "auth_scheme": config.scheme.name(),
        "is_composio_managed": config.managed,
        "is_enabled_for_tool_router": config.for_tool_router,
        "credentials": masked(&config.credentials),
        "shared_credentials": masked(&config.shared_credentials),
        "status": if config.enabled { "ENABLED" } else { "DISABLED" },
        "created_by": "twin@example.com",
        "created_at": stamp(config.created_at),
        "last_updated_at": stamp(config.updated_at),
        "no_of_connections": project.connections(&config.id),
        "expected_input_fields": [],
        "restrict_to_following_tools": config.tools_for_execution,
        "tool_access_config": {
            "tools_for_connected_account_creation": config.tools_for_creation,
            "tools_available_for_execution": config.tools_for_execution,
        },
    });
    if config.proxy.is_some() {
        shown["proxy_config"] = json!({"proxy_url": config.proxy.as_ref().map(|proxy| &proxy["proxy_url"])});
    }
    shown
}

/// The beginning of a secret, by which its owner may recognise it.
fn mask(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let shown: String = if text.len() > 8 { text.chars().take(4).collect() } else { String::new() };
    Value::from(format!("{shown}..."))
}

pub(super) fn account(stage: &Stage<'_>, account: &Account, version: Version) -> Value {
    let project = &stage.world.composio;
    // Version 3 does not know of revoked accounts.
    let status = match account.status {
        Status::Revoked if version == Version::V3 => Status::Inactive,
        status => status,
    };
    let state = state(stage, account, version);
    let config = project.auth_config(&account.auth_config);
    let mut shown = json!({
        "id": account.id,
        "user_id": account.user_id,
        "word_id": account.word_id,
        "toolkit": {"slug": account.toolkit},
        "auth_config": {
            "id": account.auth_config,
            "auth_scheme": account.scheme.name(),
            "is_composio_managed": account.managed,
            "is_disabled": config.is_ok_and(|config| !config.enabled),
        },
        "status": status.name(),
        "status_reason": account.reason,
        "state": {"authScheme": account.scheme.name(), "val": state},
        "data": state,
        "params": {},
        "is_disabled": account.status == Status::Inactive,
        "test_request_endpoint": "",
        "created_at": stamp(account.created_at),
        "updated_at": stamp(account.updated_at),
    });
    if let Some(alias) = &account.alias {
        shown["alias"] = alias.as_str().into();
    }
    if let Some(experimental) = &account.experimental {
        shown["experimental"] = experimental.clone();
    }
    shown
}

/// What the account holds and in which state, as the description of its scheme has it, which does not know every state
/// of every scheme.
pub(super) fn state(stage: &Stage<'_>, account: &Account, version: Version) -> Map<String, Value> {
    let mut state = values(account);
    let status = match account.status {
        Status::Revoked if account.scheme != Scheme::Oauth2 || version == Version::V3 => Status::Expired,
        status => status,
    };
    let status = match status {
        Status::Failed if account.scheme.is_typed() => Status::Initializing,
        Status::Expired if account.scheme.is_typed() => Status::Inactive,
        status => status,
    };
    state.insert("status".to_owned(), status.name().into());
    let link = stage.world.composio.open_link(&account.id);
    if let Some(token) = link.filter(|_| status == Status::Initiated) {
        let address = Value::from(address(stage, token));
        if account.scheme == Scheme::Oauth1 {
            state.insert("authUri".to_owned(), address.clone());
        }
        state.insert("redirectUrl".to_owned(), address);
    }
    state
}

/// What the account holds. Of an account that came by the vendor's app nobody sees a token.
fn values(account: &Account) -> Map<String, Value> {
    let each = account.values.iter().map(|(name, value)| {
        let shown = match is_secret(name) {
            true if account.managed => Value::from("REDACTED"),
            true => mask(value),
            false => value.clone(),
        };
        (name.clone(), shown)
    });
    each.collect()
}
