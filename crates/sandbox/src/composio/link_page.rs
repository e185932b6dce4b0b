//! The hosted page at which a person connects an account: by choosing one, or by typing what the toolkit asks for.
//!
//! A machine does the same in two requests, see [`Decision`](crate::Decision). Beside the request's id the page says in
//! the header `x-sandbox-fields` what is to be typed, and the POST carries those fields, too.

use askama::Template;
use http::Method;
use serde_json::{Map, Value};
use url::Url;

use super::project::{Account, Link, Status};
use super::schemes::{Scheme, is_secret, title};
use super::{CONNECT, catalogue};
use crate::oauth::refusal_page;
use crate::people::{self, PEOPLE, Person};
use crate::provider::Provider;
use crate::stage::Stage;
use crate::style;
use crate::wire::{Answer, Pairs, Request};

const PROVIDER: Provider = Provider::Composio;
const KNOWN: &[&str] = &["request", "decision", "account"];

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    style: &'static str,
    toolkit: &'a str,
    action: &'a str,
    request: &'a str,
    accounts: Vec<(&'a str, String)>,
    /// Name, title and how the field is shown.
    fields: Vec<(&'a str, String, &'static str)>,
    returns_to: &'a str,
}

#[derive(Template)]
#[template(path = "linked.html")]
struct LinkedPage {
    style: &'static str,
    is_success: bool,
}

/// A page that leads nowhere: status, code and message.
struct Refusal(u16, &'static str, &'static str);

pub(super) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    if request.path == "/done" {
        let page =
            LinkedPage { style: style::SHEET, is_success: request.query.get("status") == Some("success") };
        return style::page(200, page.render());
    }
    let result = match request.path.strip_prefix("/link/") {
        Some(token) if request.method == Method::GET => show(stage, request, token),
        Some(token) if request.method == Method::POST => decide(stage, request, token),
        Some(_) => Err(Refusal(405, "method_not_allowed", "sandbox: GET or POST")),
        None => Err(Refusal(404, "not_found", "sandbox: there is no such page")),
    };
    result.unwrap_or_else(|Refusal(status, code, message)| {
        stage.note.detail("outcome", code);
        refusal_page(PROVIDER.title(), status, code, message)
    })
}

/// The link, if it may still be followed, and its account.
fn open(stage: &mut Stage<'_>, token: &str) -> Result<(Link, Account), Refusal> {
    let unknown = Refusal(404, "not_found", "This link does not exist, or its account was deleted.");
    let project = &stage.world.composio;
    let Some(link) = project.links.get(token).cloned() else {
        return Err(unknown);
    };
    let Some(account) = project.find_account(&link.account).cloned() else {
        return Err(unknown);
    };
    stage.note.account = Some(account.id.clone());
    if link.is_decided {
        return Err(Refusal(410, "used", "This link was used. Ask the app for a new one."));
    }
    if link.expires_at <= stage.now {
        return Err(Refusal(410, "expired", "This link has expired. Ask the app for a new one."));
    }
    Ok((link, account))
}

/// What is still to be typed for the account: of the required fields those that nobody filled in yet.
fn fields(stage: &Stage<'_>, account: &Account) -> Vec<&'static str> {
    let toolkit = catalogue::find(stage, &account.toolkit);
    let wanted = toolkit.map(|toolkit| account.scheme.initiation(toolkit)).unwrap_or_default();
    wanted.required.into_iter().filter(|name| !account.values.contains_key(*name)).collect()
}

fn show(stage: &mut Stage<'_>, request: &Request, token: &str) -> Result<Answer, Refusal> {
    let (_, account) = open(stage, token)?;
    let id = stage.word(43);
    if let Some(link) = stage.world.composio.links.get_mut(token) {
        link.page = Some(id.clone());
    }
    let names = fields(stage, &account);
    let toolkit = catalogue::find(stage, &account.toolkit);
    let field = |name: &&'static str| (*name, title(name), if is_secret(name) { "password" } else { "text" });
    let person = |person: &'static Person| {
        let account = person.account(PROVIDER);
        (account, format!("{} ({account})", person.name()))
    };
    let page = LinkPage {
        style: style::SHEET,
        toolkit: toolkit.map_or(account.toolkit.as_str(), |toolkit| toolkit.name.as_str()),
        action: &format!("/{CONNECT}{}", request.path),
        request: &id,
        accounts: if account.scheme.redirects() { PEOPLE.iter().map(person).collect() } else { Vec::new() },
        fields: names.iter().map(field).collect(),
        returns_to: account.callback_url.as_deref().unwrap_or("a page that says so"),
    };
    stage.note.detail("outcome", "ok");
    let answer = style::page(200, page.render()).with("x-sandbox-request", id.as_str());
    Ok(if names.is_empty() { answer } else { answer.with("x-sandbox-fields", names.join(",")) })
}

fn decide(stage: &mut Stage<'_>, request: &Request, token: &str) -> Result<Answer, Refusal> {
    let invalid = |message: &'static str| Refusal(400, "invalid_request", message);
    let (link, account) = open(stage, token)?;
    if !request.is_form() {
        return Err(invalid("sandbox: the decision is a form that is POSTed"));
    }
    let form = Pairs::parse(&request.body);
    let names = fields(stage, &account);
    let known: Vec<&str> = KNOWN.iter().copied().chain(names.iter().copied()).collect();
    if form.stranger(&known).is_some() || form.repeated().is_some() {
        return Err(invalid("sandbox: the form has a field that this page does not know, or one twice"));
    }
    if link.page.is_none() || form.get("request") != link.page.as_deref() {
        return Err(invalid("sandbox: this is not the page that was shown last"));
    }
    let decision = match form.get("decision") {
        Some("allow") => {
            // Who types a key need not say whose it is.
            let named = form.filled("account").or_else(|| (!account.scheme.redirects()).then_some("ada"));
            let person = named.and_then(|account| people::find(PROVIDER, account));
            let person = person.ok_or_else(|| invalid("sandbox: there is no such account"))?;
            if form.lacking(&names).is_some() {
                return Err(invalid("Fill in all fields to connect."));
            }
            let typed = names.iter().filter_map(|name| Some(((*name).to_owned(), form.get(name)?.into())));
            Some((person, typed.collect()))
        }
        Some("deny") => None,
        _ => return Err(invalid("sandbox: decision must be allow or deny")),
    };
    settle(stage, token, &account.id, decision);
    let status = if form.get("decision") == Some("allow") { "success" } else { "failed" };
    Ok(Answer::see_other(&back(stage, &account, status)))
}

/// The link is used up, and the account active or failed.
fn settle(
    stage: &mut Stage<'_>,
    token: &str,
    account: &str,
    decision: Option<(&'static Person, Map<String, Value>)>,
) {
    stage.note.operation = Some(if decision.is_some() { "allow" } else { "deny" }.to_owned());
    stage.note.detail("outcome", if decision.is_some() { "ok" } else { "access_denied" });
    let tokens = [stage.word(48), stage.word(48)];
    let now = stage.now;
    let project = &mut stage.world.composio;
    if let Some(link) = project.links.get_mut(token) {
        link.is_decided = true;
        link.page = None;
    }
    let Some(account) = project.find_account_mut(account) else {
        return;
    };
    account.updated_at = now;
    let Some((person, typed)) = decision else {
        account.status = Status::Failed;
        account.reason = Some("The user denied access".to_owned());
        return;
    };
    account.status = Status::Active;
    account.reason = None;
    account.person = Some(person.handle.to_owned());
    account.values.extend(typed);
    if account.scheme.has_tokens() {
        let names = match account.scheme {
            Scheme::Oauth1 => ["oauth_token", "oauth_token_secret"],
            _ => ["access_token", "refresh_token"],
        };
        account.values.extend(names.map(str::to_owned).into_iter().zip(tokens.map(Value::from)));
    }
    stage.note.detail("person", person.handle);
}

/// Where the browser goes: to the app, or to a page that says how it ended.
fn back(stage: &Stage<'_>, account: &Account, status: &str) -> String {
    let own = || stage.link(CONNECT, "/done");
    let callback = account.callback_url.clone().unwrap_or_else(own);
    let Ok(mut url) = Url::parse(&callback) else {
        return callback;
    };
    url.query_pairs_mut().append_pair("status", status).append_pair("connected_account_id", &account.id);
    url.into()
}
