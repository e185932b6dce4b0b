//! X's authorization server: PKCE always, Basic for the client, refresh tokens that work once.

use serde_json::{Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::codes::{Claim, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::rotation::rotate;
use super::tokens::{Mint, Role, Token, grant_access, issue, revoke as revoke_token};
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Answer, Authorization, Pairs, Request};

const PROVIDER: Provider = Provider::Twitter;
const ACCESS_LIFETIME: i64 = 7200;
/// Six months.
const REFRESH_LIFETIME: i64 = 182 * 24 * 3600;
const CODE_LIFETIME: i64 = 30;

const SCOPES: &[&str] = &[
    "block.read",
    "bookmark.read",
    "bookmark.write",
    "broadcast.read",
    "broadcast.write",
    "dm.read",
    "dm.write",
    "follows.read",
    "follows.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "media.write",
    "mute.read",
    "mute.write",
    "offline.access",
    "space.read",
    "timeline.read",
    "tweet.moderate.write",
    "tweet.read",
    "tweet.write",
    "users.read",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ],
    unknown_client: (400, "invalid_request", "Value passed for the client id was invalid."),
    redirect_mismatch: (400, "invalid_request", "Value passed for the redirect uri was invalid."),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    for name in ["response_type", "scope", "state", "code_challenge", "code_challenge_method"] {
        if query.filled(name).is_none() {
            let message = format!("Missing required parameter [{name}].");
            return Err(Refusal::new(400, "invalid_request", message));
        }
    }
    pending.scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ']);
    match pending.scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        Some(scope) => {
            let message = format!("Value passed for the scope was invalid: {scope}");
            Err(Refusal::new(400, "invalid_scope", message))
        }
        None => Ok(pending),
    }
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms { lifetime: CODE_LIFETIME, code: stage.word(92), extra: Vec::new(), denied: &[] }
}

fn fail(stage: &mut Stage<'_>, status: u16, error: &str, description: &str) -> Answer {
    stage.note.detail("outcome", error);
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

/// The id of the client that calls. The twins' clients are confidential, so they come by Basic and nothing else.
fn authenticate(stage: &mut Stage<'_>, request: &Request, form: &Pairs) -> Result<String, Answer> {
    let basic = matches!(request.authorization(), Authorization::Basic { .. });
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, form);
    match found.map(|client| client.client_id.clone()) {
        Ok(client_id) if basic => {
            stage.note.client_id = Some(client_id.clone());
            Ok(client_id)
        }
        _ => Err(fail(stage, 401, "unauthorized_client", "Missing valid authorization header")),
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = ["grant_type", "code", "redirect_uri", "client_id", "code_verifier", "refresh_token"];
    let form = match read_form(request, &known) {
        Ok(form) => form,
        Err(message) => return fail(stage, 400, "invalid_request", &message),
    };
    let grant_type = form.get("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    let client_id = match authenticate(stage, request, &form) {
        Ok(client_id) => client_id,
        Err(answer) => return answer,
    };
    let needed: &[&str] = match grant_type.as_str() {
        "authorization_code" => &["code", "redirect_uri", "code_verifier"],
        "refresh_token" => &["refresh_token"],
        _ => {
            return fail(
                stage,
                400,
                "unsupported_grant_type",
                "Value passed for the grant type was invalid.",
            );
        }
    };
    if let Some(missing) = form.lacking(needed) {
        let message = format!("Missing required parameter [{missing}].");
        return fail(stage, 400, "invalid_request", &message);
    }
    if grant_type == "refresh_token" {
        return refresh(stage, form.get("refresh_token").unwrap_or_default(), &client_id);
    }
    let claim = Claim::of(PROVIDER, &form, &client_id);
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
            "Value passed for the redirect uri did not match the uri of the authorization code."
        }
        CodeRefusal::VerifierWrong | CodeRefusal::VerifierMissing | CodeRefusal::VerifierUnasked => {
            "Value passed for the code verifier did not match the code challenge."
        }
        _ => "Value passed for the authorization code was invalid.",
    };
    fail(stage, 400, "invalid_request", description)
}

fn refresh(stage: &mut Stage<'_>, value: &str, client_id: &str) -> Answer {
    let tokens = |stage: &mut Stage<'_>, token: &Token| tokens(stage, &token.successor());
    rotate(stage, PROVIDER, value, client_id, tokens)
        .unwrap_or_else(|_| fail(stage, 400, "invalid_request", "Value passed for the token was invalid."))
}

fn tokens(stage: &mut Stage<'_>, mint: &Mint) -> Answer {
    let value = stage.word(91);
    grant_access(stage, mint, &value, Some(ACCESS_LIFETIME));
    let mut body = json!({
        "token_type": "bearer",
        "expires_in": ACCESS_LIFETIME,
        "access_token": value,
        "scope": mint.scopes.join(" "),
    });
    if mint.scopes.iter().any(|scope| scope == "offline.access") {
        let value = stage.word(91);
        issue(stage, Role::Refresh, mint.clone(), &value, Some(REFRESH_LIFETIME));
        body["refresh_token"] = Value::from(value);
    }
    Answer::json(200, &body)
}

/// RFC 7009: a refresh token ends its family, an access token itself, and an unknown token is no error.
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let form = match read_form(request, &["token", "token_type_hint", "client_id"]) {
        Ok(form) => form,
        Err(message) => return fail(stage, 400, "invalid_request", &message),
    };
    let client_id = match authenticate(stage, request, &form) {
        Ok(client_id) => client_id,
        Err(answer) => return answer,
    };
    let Some(value) = form.filled("token") else {
        return fail(stage, 400, "invalid_request", "Missing required parameter [token].");
    };
    revoke_token(stage, PROVIDER, value, &client_id);
    Answer::json(200, &json!({"revoked": true}))
}
