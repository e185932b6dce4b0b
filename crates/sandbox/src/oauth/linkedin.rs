//! LinkedIn's authorization server: no PKCE, the client in the body, scopes with commas in the answer, and refresh
//! tokens only for apps that LinkedIn has approved for them, which here means that `extra` says `refresh: true`.

use serde_json::{Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::codes::{Claim, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::tokens::{Mint, Role, grant_access, issue, present};
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Answer, Authorization, Pairs, Request};

const PROVIDER: Provider = Provider::LinkedIn;
/// 60 days.
const ACCESS_LIFETIME: i64 = 60 * 24 * 3600;
/// A year from the consent, which no refresh prolongs.
const REFRESH_LIFETIME: i64 = 365 * 24 * 3600;
const CODE_LIFETIME: i64 = 30 * 60;

const SCOPES: &[&str] = &[
    "email",
    "openid",
    "profile",
    "r_1st_connections_size",
    "r_ads",
    "r_ads_reporting",
    "r_basicprofile",
    "r_emailaddress",
    "r_events",
    "r_liteprofile",
    "r_member_social",
    "r_organization_admin",
    "r_organization_social",
    "rw_ads",
    "rw_events",
    "rw_organization_admin",
    "w_member_social",
    "w_organization_social",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &["response_type", "client_id", "redirect_uri", "state", "scope"],
    unknown_client: (400, "invalid_client_id", "The passed in client_id is invalid"),
    redirect_mismatch: (400, "invalid_redirect_uri", "The redirect_uri does not match the registered value"),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    if let Some(name) = query.lacking(&["response_type", "scope"]) {
        let message = format!("You need to pass the \"{name}\" parameter");
        return Err(Refusal::new(400, "invalid_request", message));
    }
    pending.scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ', ',']);
    match pending.scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        Some(scope) => {
            let message = format!("Scope \"{scope}\" is not authorized for your application");
            Err(Refusal::new(400, "unauthorized_scope_error", message))
        }
        None => Ok(pending),
    }
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms {
        lifetime: CODE_LIFETIME,
        code: format!("AQ{}", stage.word(110)),
        extra: Vec::new(),
        denied: &[("error_description", "The user cancelled the authorization")],
    }
}

fn fail(stage: &mut Stage<'_>, status: u16, error: &str, description: &str) -> Answer {
    stage.note.detail("outcome", error);
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token"];
    let form = match read_form(request, &known) {
        Ok(form) => form,
        Err(message) => return fail(stage, 400, "invalid_request", &message),
    };
    let grant_type = form.get("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let needed: &[&str] = match grant_type.as_str() {
        "authorization_code" => &["code", "redirect_uri", "client_id", "client_secret"],
        "refresh_token" => &["refresh_token", "client_id", "client_secret"],
        "" => &["grant_type"],
        "client_credentials" => {
            let message = "This application is not allowed to create application tokens";
            return fail(stage, 401, "access_denied", message);
        }
        _ => return fail(stage, 400, "unsupported_grant_type", "The passed in grant_type is invalid"),
    };
    if let Some(missing) = form.lacking(needed) {
        let message = format!("A required parameter \"{missing}\" is missing");
        return fail(stage, 400, "invalid_request", &message);
    }
    if request.authorization() != Authorization::None {
        return fail(
            stage,
            401,
            "invalid_client",
            "sandbox: the client belongs in the body, not in a header",
        );
    }
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, &form);
    let Ok((client_id, refreshes)) = found.map(|client| {
        (client.client_id.clone(), client.extra.get("refresh").is_some_and(|word| word == "true"))
    }) else {
        return fail(stage, 401, "invalid_client", "Client authentication failed");
    };
    if grant_type == "refresh_token" {
        return refresh(stage, form.get("refresh_token").unwrap_or_default(), &client_id);
    }
    exchange(stage, &form, &client_id, refreshes)
}

fn exchange(stage: &mut Stage<'_>, form: &Pairs, client_id: &str, refreshes: bool) -> Answer {
    let claim = Claim::of(PROVIDER, form, client_id);
    let Ok(code) = redeem(stage, &claim) else {
        let message = "Unable to retrieve access token: appid/redirect uri/code verifier does not match \
                       authorization code. Or authorization code expired. Or external member binding exists";
        return fail(stage, 400, "invalid_request", message);
    };
    let mint = code.mint();
    end_other_scopes(stage, &mint);
    let mut body = access(stage, &mint, ACCESS_LIFETIME);
    if refreshes {
        let value = format!("AQ{}", stage.word(180));
        issue(stage, Role::Refresh, mint, &value, Some(REFRESH_LIFETIME));
        body["refresh_token"] = Value::from(value);
        body["refresh_token_expires_in"] = Value::from(REFRESH_LIFETIME);
    }
    Answer::json(200, &body)
}

/// A consent to other scopes than before ends the tokens that the app has from the member.
fn end_other_scopes(stage: &mut Stage<'_>, mint: &Mint) {
    let same = |scopes: &[String]| {
        scopes.len() == mint.scopes.len() && scopes.iter().all(|scope| mint.scopes.contains(scope))
    };
    stage.world.oauth.revoke_where(|token| {
        token.provider == PROVIDER
            && token.client_id == mint.client_id
            && token.account == mint.account
            && !same(&token.scopes)
    });
}

/// The refresh token stays and goes on ageing, and no access token outlives it.
fn refresh(stage: &mut Stage<'_>, value: &str, client_id: &str) -> Answer {
    let Ok(token) = present(stage, PROVIDER, value, client_id) else {
        let message = "The provided authorization grant or refresh token is invalid, expired or revoked";
        return fail(stage, 400, "invalid_grant", message);
    };
    let left = token.expires_at.map_or(0, |end| end.duration_since(stage.now).as_secs());
    let mut body = access(stage, &token.successor(), left.min(ACCESS_LIFETIME));
    body["refresh_token"] = Value::from(value);
    body["refresh_token_expires_in"] = Value::from(left);
    Answer::json(200, &body)
}

fn access(stage: &mut Stage<'_>, mint: &Mint, lifetime: i64) -> Value {
    let value = format!("AQ{}", stage.word(200));
    grant_access(stage, mint, &value, Some(lifetime));
    json!({
        "access_token": value,
        "expires_in": lifetime,
        "scope": mint.scopes.join(","),
        "token_type": "Bearer",
    })
}
