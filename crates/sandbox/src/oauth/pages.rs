//! The two pages a user may see: consent, and a refusal that leads nowhere. Plain HTML without scripts or anything
//! from elsewhere; the templates escape what they are given.

use askama::Template;

use super::authorize::Pending;
use crate::people::PEOPLE;
use crate::style;
use crate::wire::Answer;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    style: &'static str,
    provider: &'a str,
    app: &'a str,
    action: &'a str,
    request: &'a str,
    scopes: Vec<&'a str>,
    accounts: Vec<(&'a str, String)>,
    returns_to: &'a str,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    style: &'static str,
    provider: &'a str,
    status: u16,
    code: &'a str,
    message: &'a str,
}

pub(super) fn consent(id: &str, action: &str, app: &str, pending: &Pending) -> Answer {
    let provider = pending.provider;
    let account = |person: &'static crate::people::Person| {
        let account = person.account(provider);
        (account, format!("{} ({account})", person.name()))
    };
    let page = ConsentPage {
        style: style::SHEET,
        provider: provider.title(),
        app,
        action,
        request: id,
        scopes: pending.asked().map(String::as_str).collect(),
        accounts: PEOPLE.iter().map(account).collect(),
        returns_to: &pending.redirect_uri,
    };
    style::page(200, page.render()).with("x-sandbox-request", id)
}

pub(crate) fn refusal(provider: &str, status: u16, code: &str, message: &str) -> Answer {
    let page = RefusalPage { style: style::SHEET, provider, status, code, message };
    style::page(status, page.render())
}
