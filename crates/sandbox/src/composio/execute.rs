//! The execution of a tool. What the vendor refuses has a status of its own; what the provider refuses, and arguments
//! that do not fit, come with status 200.

use serde_json::{Value, json};

use super::Call;
use super::catalogue::{self, Toolkit};
use super::effects::{self, Desk, Sent};
use super::failure::Failure;
use super::project::{Account, Status};
use super::signature;
use super::tool::{Tool, version_of};
use crate::people::PEOPLE;
use crate::stage::Stage;
use crate::wire::Answer;

/// Whoever uses a tool that needs no account.
const ANYONE: &str = "anyone";

pub(super) fn execute(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let slug = call.captured("tool_slug");
    stage.note.detail("tool", slug.to_ascii_uppercase());
    let (toolkit, tool) = catalogue::find_tool(stage, slug).ok_or_else(|| Failure::no_tool(slug))?;
    if version_of(call.version, call.body.filled("version")).is_none() {
        return Err(Failure::no_tool(slug));
    }
    if tool.is_deprecated() {
        return Err(Failure::tool_gone(&tool.slug));
    }
    let sent = arguments(call)?;
    let account = if toolkit.needs_no_auth() { None } else { Some(account(stage, call, toolkit, tool)?) };
    let user = call.body.filled("user_id").unwrap_or(ANYONE);
    let account_id = account.as_ref().map(|account| account.id.clone());
    let shelf = account_id.clone().unwrap_or_else(|| format!("{}/{user}", toolkit.slug));
    stage.note.account = account_id;
    let handle = account.and_then(|account| account.person);
    let person = PEOPLE.iter().find(|person| Some(person.handle) == handle.as_deref()).unwrap_or(&PEOPLE[0]);
    let outcome = signature::check(&tool.slug, &tool.arguments, &sent).and_then(|()| {
        let record = signature::record(&tool.arguments, &sent);
        let mut desk = Desk { stage: &mut *stage, shelf, person, kind: &tool.kind, record };
        effects::run(tool.effect, &mut desk, &sent)
    });
    let log_id = format!("log_{}", stage.word(12));
    let body = match outcome {
        Ok(data) => json!({"data": data, "error": null, "successful": true, "log_id": log_id}),
        Err(error) => {
            stage.note.detail("outcome", "unsuccessful");
            json!({"data": {}, "error": error, "successful": false, "log_id": log_id})
        }
    };
    Ok(Answer::json(200, &body))
}

fn arguments(call: &Call) -> Result<Sent, Failure> {
    if call.body.names("text") && call.body.names("arguments") {
        return Err(Failure::invalid("sandbox: `text` and `arguments` exclude one another"));
    }
    if call.body.names("text") {
        return Err(Failure::invalid("sandbox: the twin has no model that reads `text`; send `arguments`"));
    }
    for name in ["custom_auth_params", "custom_connection_data"] {
        if call.body.names(name) {
            return Err(Failure::invalid(format!(
                "sandbox: the twin acts for connected accounts only, without `{name}`"
            )));
        }
    }
    match call.body.value("arguments") {
        None => Ok(Sent::new()),
        Some(Value::Object(sent)) => Ok(sent.clone()),
        Some(_) => Err(Failure::invalid("arguments must be an object")),
    }
}

/// The account to act with.
fn account(stage: &Stage<'_>, call: &Call, toolkit: &Toolkit, tool: &Tool) -> Result<Account, Failure> {
    let user = call.body.filled("user_id");
    let account = match call.body.filled("connected_account_id") {
        Some(id) => named(stage, id, user, toolkit)?,
        None => of_user(stage, user, toolkit)?,
    };
    match account.status {
        Status::Active => {}
        Status::Expired => return Err(Failure::account_expired(&account.id, &toolkit.slug)),
        status => return Err(Failure::account_not_active(&account.id, status.name())),
    }
    let config = stage.world.composio.auth_config(&account.auth_config)?;
    if !config.enabled {
        return Err(Failure::auth_config_disabled(&config.id));
    }
    if !config.admits(&tool.slug) {
        return Err(Failure::tool_not_allowed(&tool.slug));
    }
    Ok(account.clone())
}

fn named<'a>(
    stage: &'a Stage<'_>,
    id: &str,
    user: Option<&str>,
    toolkit: &Toolkit,
) -> Result<&'a Account, Failure> {
    let user = user.ok_or_else(Failure::user_required)?;
    let found = stage.world.composio.find_account(id).filter(|account| account.toolkit == toolkit.slug);
    let account = found.ok_or_else(|| Failure::not_connected(user, &toolkit.slug))?;
    if account.user_id == user { Ok(account) } else { Err(Failure::user_mismatch(id, user)) }
}

/// The user's latest active account, or at least one that was.
fn of_user<'a>(stage: &'a Stage<'_>, user: Option<&str>, toolkit: &Toolkit) -> Result<&'a Account, Failure> {
    let user = user.ok_or_else(|| Failure::invalid("User ID is required"))?;
    let accounts = stage.world.composio.accounts.iter().rev();
    let mut own = accounts.filter(|account| account.user_id == user && account.toolkit == toolkit.slug);
    let mut expired = None;
    let active = own.find(|account| {
        if account.status == Status::Expired && expired.is_none() {
            expired = Some(*account);
        }
        account.status == Status::Active
    });
    active.or(expired).ok_or_else(|| Failure::not_connected(user, &toolkit.slug))
}
