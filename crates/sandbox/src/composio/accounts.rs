//! Connected accounts that are there: found, refreshed, disabled, revoked, deleted.

use serde_json::{Value, json};

use super::connecting::{address, new_link};
use super::failure::Failure;
use super::paging::Window;
use super::project::{Account, Status};
use super::schemes::is_secret;
use super::{Call, Version, admits, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MOST: usize = 200;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let window = Window::of(call, MOST)?;
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
    Ok(window.page(&found, |account| show::account(project, account, call.version)))
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
    let project = &stage.world.composio;
    Ok(Answer::json(200, &show::account(project, project.account(&id)?, call.version)))
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

/// The alias and what is experimental.
pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    only_31(call)?;
    let id = named(stage, call)?;
    let now = stage.now;
    let account = stage.world.composio.account_mut(&id)?;
    if call.body.names("alias") {
        account.alias = call.body.filled("alias").map(str::to_owned);
    }
    if let Some(experimental) = call.body.value("experimental") {
        account.experimental = Some(experimental.clone());
    }
    account.updated_at = now;
    Ok(Answer::json(200, &json!({"id": id, "status": account.status.name()})))
}

pub(super) fn revoke(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    only_31(call)?;
    let id = named(stage, call)?;
    let now = stage.now;
    let account = stage.world.composio.account_mut(&id)?;
    if !account.scheme.has_tokens() {
        return Err(Failure::cannot_revoke(account.scheme.name()));
    }
    if account.status != Status::Active {
        return Err(Failure::not_revokable(&id, account.status.name()));
    }
    account.status = Status::Revoked;
    account.updated_at = now;
    let tokens: Vec<Value> =
        account.values.keys().filter(|name| is_secret(name)).map(|name| name.as_str().into()).collect();
    account.values.retain(|name, _| !is_secret(name));
    let body = json!({"revoked_tokens": tokens, "connected_account": {"id": id, "status": "REVOKED"}});
    Ok(Answer::json(200, &body))
}

/// Version 3 has no such path.
fn only_31(call: &Call) -> Result<(), Failure> {
    match call.version {
        Version::V31 => Ok(()),
        Version::V3 => Err(Failure::no_path()),
    }
}
