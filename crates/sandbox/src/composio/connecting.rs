//! Connected accounts come to be: by a link that a person follows, or with credentials that the app already has.

use serde_json::{Map, Value, json};
use url::Url;

use super::auth_configs::object;
use super::failure::Failure;
use super::project::{Account, AuthConfig, Link, Status, new_id};
use super::schemes::{GENERIC, Scheme, Wanted};
use super::{CONNECT, Call, catalogue, show};
use crate::stage::{Stage, stamp};
use crate::strict::Arguments;
use crate::wire::Answer;

/// How long a link may be followed, in seconds.
const LINK_LIFETIME: i64 = 600;
/// What the state of an account to be may hold that is about connecting it.
const START: &[&str] = &["status", "redirectUrl", "callback_url", "code_verifier", "finalRedirectUri"];

pub(super) fn link(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.body.text("auth_config_id").unwrap_or_default();
    let config = stage.world.composio.enabled_auth_config(id)?.clone();
    let user = user(&call.body)?;
    let callback_url = callback(&call.body, &["callback_url"])?;
    let prefill = object(&call.body, "connection_data")?;
    let prefill = match prefill.get("val") {
        Some(Value::Object(values)) => values.clone(),
        _ => prefill,
    };
    check_values(stage, &config, &prefill, Completeness::Partial)?;
    let mut account = new_account(stage, &config, user);
    account.callback_url = callback_url;
    account.alias = call.body.filled("alias").map(str::to_owned);
    account.experimental = call.body.value("experimental").cloned();
    begin(stage, &mut account);
    keep(&mut account, prefill);
    let (token, link) = new_link(stage, &account.id);
    let body = json!({
        "link_token": token,
        "redirect_url": address(stage, &token),
        "expires_at": stamp(link.expires_at),
        "connected_account_id": account.id,
    });
    stage.note.account = Some(account.id.clone());
    stage.world.composio.links.insert(token, link);
    stage.world.composio.accounts.push(account);
    Ok(Answer::json(201, &body))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.body.object("auth_config").unwrap_or_default().text("id").unwrap_or_default().to_owned();
    let config = stage.world.composio.enabled_auth_config(&id)?.clone();
    if config.managed && config.scheme.is_retired() {
        return Err(Failure::retired());
    }
    let connection = call.body.object("connection").unwrap_or_default();
    let user = connection.filled("user_id").unwrap_or("default").to_owned();
    let callback_url = callback(&connection, &["callback_url", "redirect_uri"])?;
    let values = state(&connection, config.scheme)?;
    let is_handed_over = values
        .as_ref()
        .is_some_and(|values| values.get("status").and_then(Value::as_str).unwrap_or("ACTIVE") == "ACTIVE");
    let whole = if is_handed_over { Completeness::Whole } else { Completeness::Partial };
    let values = values.unwrap_or_default();
    check_values(stage, &config, &values, whole)?;
    let mut account = new_account(stage, &config, user);
    account.callback_url = callback_url;
    account.alias = connection.filled("alias").map(str::to_owned);
    account.experimental = connection.value("experimental").cloned();
    let mut redirect = None;
    if is_handed_over {
        account.status = Status::Active;
        account.person = Some(crate::people::PEOPLE[0].handle.to_owned());
    } else {
        begin(stage, &mut account);
    }
    keep(&mut account, values);
    if !is_handed_over {
        let (token, link) = new_link(stage, &account.id);
        redirect = Some(address(stage, &token));
        stage.world.composio.links.insert(token, link);
    }
    let body = json!({
        "id": account.id,
        "connectionData": {"authScheme": account.scheme.name(), "val": show::state(stage, &account, call.version)},
        "status": account.status.name(),
        "redirect_url": redirect,
        "redirect_uri": redirect,
    });
    stage.note.account = Some(account.id.clone());
    stage.world.composio.accounts.push(account);
    Ok(Answer::json(201, &body))
}

/// What the app hands over, in the place of today or in the deprecated one.
fn state(connection: &Arguments, scheme: Scheme) -> Result<Option<Map<String, Value>>, Failure> {
    let Some(state) = connection.object("state") else {
        let data = object(connection, "data")?;
        return Ok(Some(data).filter(|data| !data.is_empty()));
    };
    if connection.names("data") {
        return Err(Failure::invalid("sandbox: `connection.data` and `connection.state` say the same"));
    }
    if state.text("authScheme") != Some(scheme.name()) {
        return Err(Failure::account(format!("The auth config is of scheme {}", scheme.name())));
    }
    object(&state, "val").map(Some)
}

/// Whether all that an account needs has to be there by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    Whole,
    Partial,
}

pub(super) fn check_values(
    stage: &Stage<'_>,
    config: &AuthConfig,
    values: &Map<String, Value>,
    completeness: Completeness,
) -> Result<(), Failure> {
    let Some(toolkit) = catalogue::find(stage, &config.toolkit) else {
        return Err(Failure::no_toolkit(&config.toolkit));
    };
    let mut wanted = config.scheme.initiation(toolkit);
    if config.scheme.has_tokens() {
        let token = if config.scheme == Scheme::Oauth1 { "oauth_token" } else { "access_token" };
        wanted.required.push(token);
    }
    let held = config.scheme.held();
    let is_known = |name: &str| {
        wanted.knows(name) || held.contains(&name) || START.contains(&name) || GENERIC.contains(&name)
    };
    if let Some(name) = values.keys().find(|name| !is_known(name)) {
        let message = format!("sandbox: `{name}` is not a field of {} there", config.scheme.name());
        return Err(Failure::account(message));
    }
    match lacking(&wanted, values) {
        Some(name) if completeness == Completeness::Whole => {
            Err(Failure::account(format!("Missing required fields: {name}")))
        }
        _ => Ok(()),
    }
}

/// The two names of an API key stand for one another.
fn lacking(wanted: &Wanted, values: &Map<String, Value>) -> Option<&'static str> {
    let keys = ["api_key", "generic_api_key"];
    let has_key =
        keys.iter().any(|name| values.get(*name).and_then(Value::as_str).is_some_and(|key| !key.is_empty()));
    wanted.first_lacking(values).filter(|name| !(keys.contains(name) && has_key))
}

/// What the provider hands out before the person decides: its request token, or the client that it registered.
fn begin(stage: &mut Stage<'_>, account: &mut Account) {
    let names: &[&str] = match account.scheme {
        Scheme::Oauth1 => &["oauth_token", "oauth_token_secret"],
        Scheme::DcrOauth => &["client_id"],
        _ => &[],
    };
    for name in names {
        account.values.insert((*name).to_owned(), stage.word(24).into());
    }
}

fn keep(account: &mut Account, values: Map<String, Value>) {
    account.values.extend(values.into_iter().filter(|(name, _)| !START.contains(&name.as_str())));
}

fn user(body: &Arguments) -> Result<String, Failure> {
    let user = body.filled("user_id");
    user.map(str::to_owned).ok_or_else(|| Failure::invalid("user_id must not be empty"))
}

fn callback(arguments: &Arguments, names: &[&str]) -> Result<Option<String>, Failure> {
    let sent = names.iter().find_map(|name| Some((*name, arguments.filled(name)?)));
    let Some((name, callback)) = sent else {
        return Ok(None);
    };
    match Url::parse(callback) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(callback.to_owned())),
        _ => Err(Failure::invalid(format!("{name} must be a valid URL"))),
    }
}

fn new_account(stage: &mut Stage<'_>, config: &AuthConfig, user_id: String) -> Account {
    let id = new_id(stage, "ca");
    Account {
        word_id: format!("{}_{}", config.toolkit, stage.hex(6)),
        id,
        user_id,
        auth_config: config.id.clone(),
        toolkit: config.toolkit.clone(),
        scheme: config.scheme,
        managed: config.managed,
        status: Status::Initiated,
        reason: None,
        person: None,
        values: Map::new(),
        callback_url: None,
        alias: None,
        experimental: None,
        created_at: stage.now,
        updated_at: stage.now,
    }
}

/// A token for a link to `account`, and what it stands for.
pub(super) fn new_link(stage: &mut Stage<'_>, account: &str) -> (String, Link) {
    let link = Link {
        account: account.to_owned(),
        expires_at: stage.after(LINK_LIFETIME),
        page: None,
        is_decided: false,
    };
    (new_id(stage, "lk"), link)
}

pub(super) fn address(stage: &Stage<'_>, token: &str) -> String {
    stage.link(CONNECT, &format!("/link/{token}"))
}
