//! Connected accounts that are there: found, refreshed, disabled, revoked, deleted.

use serde_json::{Map, Value, json};

use super::auth_configs::object;
use super::changes::merge;
use super::connecting::{Completeness, address, check_values, new_link};
use super::failure::Failure;
use super::paging::Window;
use super::project::{Account, Status};
use super::schemes::is_secret;
use super::{Call, Version, admits, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MOST: usize = 200;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(&call.query, MOST)?;
    let [users, configs, ids, statuses] =
        ["user_ids", "auth_config_ids", "connected_account_ids", "statuses"].map(|name| call.listed(name));
    let toolkits = call.slugs("toolkit_slugs");
    if let Some(unknown) = statuses.iter().find(|status| Status::of(status).is_none()) {
        return Err(Failure::invalid(format!("Invalid status {unknown}")));
    }
    let project = &stage.world.composio;
    let fits = |account: &&Account| {
        admits(&users, &account.user_id)
            && admits(&configs, &account.auth_config)
            && admits(&ids, &account.id)
            && admits(&toolkits, &account.toolkit)
            && admits(&statuses, account.status.name())
    };
    let mut found: Vec<&Account> = project.accounts.iter().filter(fits).collect();
    if call.query.text("order_by") == Some("updated_at") {
        found.sort_by_key(|account| account.updated_at);
    }
    if call.query.text("order_direction") != Some("asc") {
        found.reverse();
    }
    Ok(window.page(&found, |account| show::account(stage, account, call.version)))
}

/// The account that the path names, which is the ledger's account from now on.
fn named(stage: &mut Stage<'_>, call: &Call) -> Result<String, Failure> {
    let id = call.captured("id").to_owned();
    stage.world.composio.account(&id)?;
    stage.note.account = Some(id.clone());
    Ok(id)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = named(stage, call)?;
    let account = stage.world.composio.account(&id)?;
    Ok(Answer::json(200, &show::account(stage, account, call.version)))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = named(stage, call)?;
    let account = stage.world.composio.account(&id)?;
    let revokes = call.query.flag("revoke_on_delete").unwrap_or(false);
    // What the provider says to it keeps nobody from deleting.
    let revoked = revokes && account.status == Status::Active && account.scheme.has_tokens();
    stage.note.detail("revoked", revoked);
    stage.world.composio.remove_account(&id)?;
    Ok(Answer::json(200, &json!({"success": true})))
}

/// An account whose tokens have ended gets a new link, and stays the same account.
pub(super) fn refresh(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = named(stage, call)?;
    let redirect_url = call.query.filled("redirect_url").or_else(|| call.body.filled("redirect_url"));
    let now = stage.now;
    let account = stage.world.composio.account_mut(&id)?;
    account.updated_at = now;
    let needs_consent =
        account.scheme.redirects() && !matches!(account.status, Status::Active | Status::Inactive);
    if !needs_consent {
        return Ok(Answer::json(
            200,
            &json!({"id": id, "status": account.status.name(), "redirect_url": null}),
        ));
    }
    account.status = Status::Initiated;
    account.reason = None;
    if let Some(url) = redirect_url {
        account.callback_url = Some(url.to_owned());
    }
    let (token, link) = new_link(stage, &id);
    let redirect = address(stage, &token);
    stage.world.composio.links.insert(token, link);
    Ok(Answer::json(200, &json!({"id": id, "status": "INITIATED", "redirect_url": redirect})))
}

pub(super) fn set_enabled(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = named(stage, call)?;
    let now = stage.now;
    let account = stage.world.composio.account_mut(&id)?;
    account.status = match (call.body.flag("enabled"), account.status) {
        (Some(false), Status::Active) => Status::Inactive,
        (Some(true), Status::Inactive) => Status::Active,
        (_, status) => status,
    };
    account.updated_at = now;
    Ok(Answer::json(200, &json!({"success": true})))
}

/// The alias, a key that was changed, and what is experimental.
pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    only_31(call)?;
    let id = named(stage, call)?;
    let now = stage.now;
    let changed = changed(stage, call, &id)?;
    let account = stage.world.composio.account_mut(&id)?;
    merge(&mut account.values, changed);
    if call.body.names("alias") {
        account.alias = call.body.filled("alias").map(str::to_owned);
    }
    if let Some(experimental) = call.body.value("experimental") {
        account.experimental = Some(experimental.clone());
    }
    account.updated_at = now;
    Ok(Answer::json(200, &json!({"id": id, "status": account.status.name(), "success": true})))
}

/// The fields of the account's credentials that are sent; null removes one.
fn changed(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Map<String, Value>, Failure> {
    let account = stage.world.composio.account(id)?;
    let state = call.body.object("connection").and_then(|connection| connection.object("state"));
    let Some(state) = state else {
        return Ok(Map::new());
    };
    if !account.scheme.is_typed() || state.text("authScheme") != Some(account.scheme.name()) {
        return Err(Failure::account(format!("The account is of scheme {}", account.scheme.name())));
    }
    let values = object(&state, "val")?;
    let config = stage.world.composio.auth_config(&account.auth_config)?;
    check_values(stage, config, &values, Completeness::Partial)?;
    Ok(values)
}

/// What is revoked already is so again, and nobody is told.
pub(super) fn revoke(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    only_31(call)?;
    let id = named(stage, call)?;
    let now = stage.now;
    let account = stage.world.composio.account_mut(&id)?;
    if !account.scheme.has_tokens() {
        return Err(Failure::cannot_revoke(account.scheme.name()));
    }
    if !matches!(account.status, Status::Active | Status::Revoked) {
        return Err(Failure::not_revokable(&id, account.status.name()));
    }
    account.status = Status::Revoked;
    account.updated_at = now;
    let mut tokens: Vec<&str> =
        account.values.keys().filter(|name| is_secret(name)).map(|name| kind_of(name)).collect();
    tokens.dedup();
    let tokens: Vec<Value> = tokens.into_iter().map(Value::from).collect();
    account.values.retain(|name, _| !is_secret(name));
    let body = json!({"revoked_tokens": tokens, "connected_account": {"id": id, "status": "REVOKED"}});
    Ok(Answer::json(200, &body))
}

/// What the answer calls a token that was revoked.
fn kind_of(token: &str) -> &str {
    if matches!(token, "access_token" | "refresh_token") { token } else { "credential" }
}

/// Version 3 has no such path.
fn only_31(call: &Call) -> Result<(), Failure> {
    match call.version {
        Version::V31 => Ok(()),
        Version::V3 => Err(Failure::no_path()),
    }
}
