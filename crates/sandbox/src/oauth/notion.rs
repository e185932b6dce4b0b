//! Notion's authorization server: no scopes and no PKCE, the client by Basic, bodies in JSON, and refresh tokens that
//! work once. Access tokens have no end that anybody is told.

use serde_json::{Map, Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin};
use super::codes::{Claim, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::rotation::rotate;
use super::tokens::{Mint, Role, Token, issue};
use crate::notion::{WORKSPACE_ICON, WORKSPACE_ID, WORKSPACE_NAME, bot_id, employ, person, version_problem};
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};
use crate::strict::{self, Arguments, Fields, Shape, may, must};
use crate::wire::{Answer, Authorization, Pairs, Request};

const PROVIDER: Provider = Provider::Notion;
const CODE_LIFETIME: i64 = 600;

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &["client_id", "redirect_uri", "response_type", "owner", "state"],
    unknown_client: (400, "invalid_client", "Missing or invalid client_id."),
    redirect_mismatch: (400, "invalid_request", "Missing or invalid redirect_uri."),
    invalid_request: "invalid_request",
};

const EXTERNAL: Shape = Shape::Object(&[must("key", Shape::Text), must("name", Shape::Text)]);
const GRANT: Shape = Shape::OneOf(&["authorization_code", "refresh_token"]);
const TOKEN: Fields = &[
    must("grant_type", GRANT),
    may("code", Shape::Text),
    may("redirect_uri", Shape::Text),
    may("external_account", EXTERNAL),
    may("refresh_token", Shape::Text),
];
const ONE_TOKEN: Fields = &[must("token", Shape::Text)];

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let pending = begin(stage, &DIALECT, query)?;
    if query.filled("response_type").is_none() {
        return Err(Refusal::new(400, "invalid_request", "Missing or invalid response_type."));
    }
    match query.get("owner") {
        Some("user") => Ok(pending),
        _ => Err(Refusal::new(400, "invalid_request", "Missing or invalid owner (must be \"user\").")),
    }
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms { lifetime: CODE_LIFETIME, code: format!("03{}", stage.uuid()), extra: Vec::new(), denied: &[] }
}

fn fail(stage: &mut Stage<'_>, status: u16, error: &str, description: &str) -> Answer {
    stage.note.detail("outcome", error);
    let request_id = stage.uuid();
    let body = json!({"error": error, "error_description": description, "request_id": request_id});
    Answer::json(status, &body)
}

/// The client and the body of a call to one of the three endpoints, all of which take the same.
fn admit(stage: &mut Stage<'_>, request: &Request, fields: Fields) -> Result<(String, Arguments), Answer> {
    if request.method != http::Method::POST || !request.query.0.is_empty() {
        return Err(fail(stage, 400, "invalid_request", "sandbox: this endpoint takes POST without a query"));
    }
    // The version may be left out here, but it must not be wrong.
    if let Some((_, problem)) = version_problem(request).filter(|(code, _)| *code != "missing_version") {
        return Err(fail(stage, 400, "invalid_request", &problem));
    }
    if !request.is_json() {
        return Err(fail(stage, 400, "invalid_request", "sandbox: the body must be application/json"));
    }
    // By header alone: what a body says of the client is not looked at, and not known to `fields`.
    let basic = matches!(request.authorization(), Authorization::Basic { .. });
    let client = stage.world.oauth.authenticate_client(PROVIDER, request, &Pairs::default());
    let client_id = match client.map(|client| client.client_id.clone()) {
        Ok(client_id) if basic => client_id,
        _ => return Err(fail(stage, 401, "invalid_client", "Client authentication failed.")),
    };
    stage.note.client_id = Some(client_id.clone());
    match strict::from_json(&request.body, fields) {
        Ok(body) => Ok((client_id, body)),
        Err(misfit) if misfit.at == "grant_type" && !misfit.found.is_empty() => {
            Err(fail(stage, 400, "unsupported_grant_type", "The grant type is not supported."))
        }
        Err(misfit) => Err(fail(stage, 400, "invalid_request", &misfit.sentence())),
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (client_id, body) = match admit(stage, request, TOKEN) {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    let grant_type = body.text("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    let (needed, strangers): (&str, &[&str]) = match grant_type.as_str() {
        "refresh_token" => ("refresh_token", &["code", "redirect_uri", "external_account"]),
        _ => ("code", &["refresh_token"]),
    };
    if let Some(stranger) = strangers.iter().find(|name| body.names(name)) {
        let message = format!("sandbox: `{stranger}` does not belong to this grant type");
        return fail(stage, 400, "invalid_request", &message);
    }
    let Some(secret) = body.filled(needed) else {
        return fail(stage, 400, "invalid_request", &format!("Missing required parameter: {needed}."));
    };
    if grant_type == "refresh_token" {
        return refresh(stage, secret, &client_id);
    }
    let redirect_uri = body.text("redirect_uri");
    let claim =
        Claim { provider: PROVIDER, code: secret, client_id: &client_id, redirect_uri, verifier: None };
    match redeem(stage, &claim) {
        Ok(code) => tokens(stage, &code.mint()),
        Err(refusal) => refuse_code(stage, refusal),
    }
}

fn refuse_code(stage: &mut Stage<'_>, refusal: CodeRefusal) -> Answer {
    if let CodeRefusal::Replayed { family } = refusal {
        stage.world.oauth.end_family(PROVIDER, family);
    }
    let description = match refusal {
        CodeRefusal::OtherRedirect => {
            "Invalid redirect_uri: it does not match that of the authorization request."
        }
        CodeRefusal::Replayed { .. } => "Invalid code: this code has been revoked.",
        CodeRefusal::Expired => "Invalid code: this code has expired.",
        _ => "Invalid code.",
    };
    fail(stage, 400, "invalid_grant", description)
}

fn refresh(stage: &mut Stage<'_>, value: &str, client_id: &str) -> Answer {
    let tokens = |stage: &mut Stage<'_>, token: &Token| tokens(stage, &token.successor());
    rotate(stage, PROVIDER, value, client_id, tokens)
        .unwrap_or_else(|_| fail(stage, 400, "invalid_grant", "Invalid refresh token."))
}

fn tokens(stage: &mut Stage<'_>, mint: &Mint) -> Answer {
    let access = format!("ntn_{}{}", stage.digits(11), stage.word(35));
    let refresh = format!("nrt_{}{}", stage.digits(11), stage.word(35));
    issue(stage, Role::Access, mint.clone(), &access, None);
    issue(stage, Role::Refresh, mint.clone(), &refresh, None);
    employ(stage, &mint.client_id, &mint.account);
    stage.note.account = Some(mint.account.clone());
    stage.note.detail("outcome", "ok");
    let request_id = stage.uuid();
    let body = json!({
        "access_token": access,
        "token_type": "bearer",
        "refresh_token": refresh,
        "bot_id": bot_id(&mint.client_id, &mint.account),
        "workspace_id": WORKSPACE_ID,
        "workspace_name": WORKSPACE_NAME,
        "workspace_icon": WORKSPACE_ICON,
        "owner": {"type": "user", "user": person(&mint.account)},
        "duplicated_template_id": null,
        "request_id": request_id,
    });
    Answer::json(200, &body)
}

/// Ends the token that is named, and no other. One that is unknown is no error (RFC 7009).
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (client_id, body) = match admit(stage, request, ONE_TOKEN) {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    let value = body.text("token").unwrap_or_default();
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_live(PROVIDER, value, stage.now).cloned();
    if let Some(token) = token.filter(|token| token.client_id == client_id) {
        stage.world.oauth.revoke(value);
        stage.note.account = Some(token.account);
    }
    stage.note.detail("outcome", "ok");
    let request_id = stage.uuid();
    Answer::json(200, &json!({"request_id": request_id}))
}

/// RFC 7662, in as many words as Notion has.
pub(crate) fn introspect(stage: &mut Stage<'_>, request: &Request) -> Answer {
    stage.note.operation = Some("introspect".to_owned());
    let (client_id, body) = match admit(stage, request, ONE_TOKEN) {
        Ok(admitted) => admitted,
        Err(answer) => return answer,
    };
    let token = stage.world.oauth.find_live(PROVIDER, body.text("token").unwrap_or_default(), stage.now);
    let token = token.filter(|token| token.client_id == client_id).cloned();
    let mut shown = Map::from_iter([("active".to_owned(), Value::Bool(token.is_some()))]);
    if let Some(token) = token {
        shown.insert("iat".to_owned(), json!(token.issued_at.as_millisecond()));
        stage.note.account = Some(token.account);
    }
    stage.note.detail("outcome", "ok");
    shown.insert("request_id".to_owned(), json!(stage.uuid()));
    Answer::json(200, &Value::Object(shown))
}
