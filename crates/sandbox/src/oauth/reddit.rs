//! Reddit's authorization server: no PKCE, Basic for the client, a name for every caller, and a refresh token that
//! stays the same, for those alone who ask for permanence.

use serde_json::{Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::codes::{Claim, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::tokens::{Mint, Role, grant_access, issue, present, revoke as revoke_token};
use crate::provider::Provider;
use crate::reddit;
use crate::stage::Stage;
use crate::wire::{Answer, Authorization, Pairs, Request};

const PROVIDER: Provider = Provider::Reddit;
const ACCESS_LIFETIME: i64 = 86_400;
const CODE_LIFETIME: i64 = 600;

const SCOPES: &[&str] = &[
    "account",
    "announcements",
    "creddits",
    "edit",
    "flair",
    "history",
    "identity",
    "livemanage",
    "modconfig",
    "modcontributors",
    "modflair",
    "modlog",
    "modmail",
    "modnote",
    "modothers",
    "modposts",
    "modself",
    "modtraffic",
    "modwiki",
    "mysubreddits",
    "privatemessages",
    "read",
    "report",
    "save",
    "structuredstyles",
    "submit",
    "subscribe",
    "vote",
    "wikiedit",
    "wikiread",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &["client_id", "response_type", "state", "redirect_uri", "duration", "scope"],
    unknown_client: (400, "invalid_client", "you sent an invalid request: invalid client id."),
    redirect_mismatch: (
        400,
        "invalid_redirect_uri",
        "you sent an invalid request: invalid redirect_uri parameter.",
    ),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    if let Some(name) = query.lacking(&["response_type", "state", "scope"]) {
        let message = format!("you sent an invalid request: invalid {name} parameter.");
        return Err(Refusal::new(400, "invalid_request", message));
    }
    pending.scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ', ',']);
    if let Some(scope) = pending.scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        let message = format!("you sent an invalid request: invalid scope {scope}");
        return Err(Refusal::new(400, "invalid_scope", message));
    }
    pending.offline = match query.get("duration") {
        Some("permanent") => true,
        Some("temporary") | None => false,
        Some(_) => {
            let message = "you sent an invalid request: invalid duration parameter.";
            return Err(Refusal::new(400, "invalid_request", message));
        }
    };
    Ok(pending)
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms { lifetime: CODE_LIFETIME, code: stage.word(30), extra: Vec::new(), denied: &[] }
}

/// A refusal in the words of Reddit's API.
fn refuse(stage: &mut Stage<'_>, status: u16, message: &str) -> Answer {
    stage.note.detail("outcome", status.to_string());
    Answer::json(status, &json!({"message": message, "error": status}))
}

/// A refusal in OAuth's words, which Reddit sends with status 200.
fn fail(stage: &mut Stage<'_>, error: &str) -> Answer {
    stage.note.detail("outcome", error);
    Answer::json(200, &json!({"error": error}))
}

/// The form and the client that sends it.
fn begin_call(stage: &mut Stage<'_>, request: &Request, known: &[&str]) -> Result<(Pairs, String), Answer> {
    if reddit::is_anonymous(request) {
        return Err(refuse(stage, 429, "Too Many Requests"));
    }
    let form = read_form(request, known).map_err(|message| refuse(stage, 400, &message))?;
    let basic = matches!(request.authorization(), Authorization::Basic { .. });
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, &form);
    match found.map(|client| client.client_id.clone()) {
        Ok(client_id) if basic => {
            stage.note.client_id = Some(client_id.clone());
            Ok((form, client_id))
        }
        _ => {
            let answer = refuse(stage, 401, "Unauthorized");
            Err(answer.with("www-authenticate", "Basic realm=\"reddit\""))
        }
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (form, client_id) =
        match begin_call(stage, request, &["grant_type", "code", "redirect_uri", "refresh_token"]) {
            Ok(begun) => begun,
            Err(answer) => return answer,
        };
    let grant_type = form.get("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    match grant_type.as_str() {
        "authorization_code" => exchange(stage, &form, &client_id),
        "refresh_token" => {
            match present(stage, PROVIDER, form.get("refresh_token").unwrap_or_default(), &client_id) {
                Ok(token) => {
                    let body = access(stage, &token.successor());
                    Answer::json(200, &body)
                }
                Err(_) => refuse(stage, 400, "Bad Request"),
            }
        }
        _ => fail(stage, "unsupported_grant_type"),
    }
}

fn exchange(stage: &mut Stage<'_>, form: &Pairs, client_id: &str) -> Answer {
    if form.lacking(&["code", "redirect_uri"]).is_some() {
        return fail(stage, "invalid_request");
    }
    let claim = Claim::of(PROVIDER, form, client_id);
    let code = match redeem(stage, &claim) {
        Ok(code) => code,
        Err(refusal) => {
            if let CodeRefusal::Replayed { family } = refusal {
                stage.world.oauth.end_family(PROVIDER, family);
            }
            return fail(stage, "invalid_grant");
        }
    };
    let mint = code.mint();
    let mut body = access(stage, &mint);
    if code.offline {
        let value = format!("{}-{}", stage.digits(14), stage.word(30));
        issue(stage, Role::Refresh, mint, &value, None);
        body["refresh_token"] = Value::from(value);
    }
    Answer::json(200, &body)
}

fn access(stage: &mut Stage<'_>, mint: &Mint) -> Value {
    let value = format!("{}-{}", stage.digits(14), stage.word(60));
    grant_access(stage, mint, &value, Some(ACCESS_LIFETIME));
    json!({
        "access_token": value,
        "token_type": "bearer",
        "expires_in": ACCESS_LIFETIME,
        "scope": mint.scopes.join(" "),
    })
}

/// RFC 7009: a refresh token takes its access tokens with it, and an unknown token is no error.
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (form, client_id) = match begin_call(stage, request, &["token", "token_type_hint"]) {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let Some(value) = form.filled("token") else {
        return refuse(stage, 400, "Bad Request");
    };
    revoke_token(stage, PROVIDER, value, &client_id);
    Answer::empty(204)
}
