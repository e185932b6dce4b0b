//! The user's decision: from the consent form to the callback.
//!
//! A machine consents in two requests: it GETs the authorization address, takes the request id from the hidden field
//! `request` (also in the header `x-sandbox-request`), and POSTs to the same path the form `request`,
//! `decision=allow|deny`, `account` and, only together with `granular=1`, the `scope` fields that stay ticked.

use http::Method;
use url::Url;

use super::authorize::{Pending, Refusal, refuse, show};
use super::codes::remember;
use crate::people;
use crate::provider::{Kind, Provider, kind_of};
use crate::stage::{Stage, fingerprint};
use crate::wire::{Answer, Pairs, Request};

/// What differs between the providers once the user has decided.
pub(crate) struct Terms {
    /// Seconds that the code lives.
    pub(crate) lifetime: i64,
    pub(crate) code: String,
    /// Sent along with the code.
    pub(crate) extra: Vec<(&'static str, String)>,
    /// Sent along with `error=access_denied`.
    pub(crate) denied: &'static [(&'static str, &'static str)],
}

/// The authorization endpoint: shows the page that asks, or takes the decision made on it.
pub(crate) fn ask_or_decide(
    stage: &mut Stage<'_>,
    provider: Provider,
    request: &Request,
    asked: impl FnOnce(&mut Stage<'_>, &Request) -> Result<Pending, Refusal>,
    terms: impl FnOnce(&mut Stage<'_>, &mut Pending, &str) -> Terms,
) -> Answer {
    if kind_of(request) == Kind::Consent {
        return decide(stage, provider, request, terms);
    }
    let asked = asked(stage, request);
    show(stage, provider, request, asked)
}

/// The POST of the consent form. `terms` is asked once the scopes are known; it may still change what was granted.
fn decide(
    stage: &mut Stage<'_>,
    provider: Provider,
    request: &Request,
    terms: impl FnOnce(&mut Stage<'_>, &mut Pending, &str) -> Terms,
) -> Answer {
    match decided(stage, provider, request, terms) {
        Ok(answer) => answer,
        Err(refusal) => refuse(stage, provider, &refusal),
    }
}

fn decided(
    stage: &mut Stage<'_>,
    provider: Provider,
    request: &Request,
    terms: impl FnOnce(&mut Stage<'_>, &mut Pending, &str) -> Terms,
) -> Result<Answer, Refusal> {
    let invalid = |message: &str| Refusal::new(400, "invalid_request", message);
    if request.method != Method::POST || !request.is_form() {
        return Err(Refusal::new(405, "invalid_request", "sandbox: the decision is a form that is POSTed"));
    }
    let form = Pairs::parse(&request.body);
    if form.stranger(&["request", "decision", "account", "granular", "scope"]).is_some() {
        return Err(invalid("sandbox: the form has a field that this page does not know"));
    }
    let id = form.get("request").unwrap_or_default();
    let pending = stage.world.oauth.pending.remove(id);
    let mut pending = pending
        .filter(|pending| pending.provider == provider && pending.expires_at > stage.now)
        .ok_or_else(|| invalid("sandbox: this consent was decided, has expired, or never was"))?;
    stage.note.client_id = Some(pending.client_id.clone());
    match form.get("decision") {
        Some("allow") => {}
        Some("deny") => {
            stage.note.operation = Some("deny".to_owned());
            stage.note.detail("outcome", "access_denied");
            let denied = terms(stage, &mut pending, "").denied;
            let mut pairs = vec![("error", "access_denied".to_owned())];
            pairs.extend(denied.iter().map(|(name, value)| (*name, (*value).to_owned())));
            return Ok(Answer::see_other(&callback(stage, &pending, pairs)));
        }
        _ => return Err(invalid("sandbox: decision must be allow or deny")),
    }
    let account = form.get("account").unwrap_or_default();
    let person =
        people::find(provider, account).ok_or_else(|| invalid("sandbox: there is no such account"))?;
    let account = person.account(provider);
    stage.note.operation = Some("allow".to_owned());
    stage.note.account = Some(account.to_owned());
    untick(stage, provider, &form, &mut pending);
    let terms = terms(stage, &mut pending, account);
    let scopes: Vec<String> = pending.asked().cloned().collect();
    stage.note.detail("outcome", "ok");
    stage.note.detail("scopes", scopes);
    stage.note.detail("code", fingerprint(&terms.code));
    let mut pairs = vec![("code", terms.code.clone())];
    pairs.extend(terms.extra);
    let answer = Answer::see_other(&callback(stage, &pending, pairs));
    remember(stage, pending, account, terms.code, terms.lifetime);
    Ok(answer)
}

/// Granular consent: what the user unticked on the page, or is told to untick by the settings.
fn untick(stage: &mut Stage<'_>, provider: Provider, form: &Pairs, pending: &mut Pending) {
    let ticked = |scope: &String| form.0.iter().any(|(name, value)| name == "scope" && value == scope);
    if form.get("granular").is_some() {
        pending.scopes.retain(ticked);
        pending.user_scopes.retain(ticked);
    }
    if let Some(granted) = stage.world.oauth.settings(provider).granted.take() {
        pending.scopes.retain(|scope| granted.contains(scope));
        pending.user_scopes.retain(|scope| granted.contains(scope));
    }
}

fn callback(stage: &mut Stage<'_>, pending: &Pending, pairs: Vec<(&'static str, String)>) -> String {
    let issuer = stage.world.oauth.settings(pending.provider).issuer.clone();
    let Ok(mut url) = Url::parse(&pending.redirect_uri) else {
        return pending.redirect_uri.clone();
    };
    {
        let mut query = url.query_pairs_mut();
        if let Some(state) = &pending.state {
            query.append_pair("state", state);
        }
        if let Some(issuer) = issuer {
            query.append_pair("iss", &issuer);
        }
        query.extend_pairs(pairs);
    }
    url.into()
}
