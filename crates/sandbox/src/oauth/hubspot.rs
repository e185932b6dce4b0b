//! HubSpot's authorization server: required and optional scopes, the client in the body, access tokens for half an
//! hour, and one refresh token a user and app that stays the same until it is revoked.

use serde_json::{Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::ClientRefusal;
use super::codes::{Challenge, Claim, Code, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::tokens::{Caller, Dead, Mint, Role, Token, grant_access, issue, present};
use crate::hubspot::{HUB_DOMAIN, HUB_ID, SCOPES, correlation_id};
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};
use crate::wire::{Answer, Authorization, Pairs, Request};

const PROVIDER: Provider = Provider::HubSpot;
const ACCESS_LIFETIME: i64 = 1800;
/// HubSpot does not say how long a code lives; this is what RFC 6749 recommends at most.
const CODE_LIFETIME: i64 = 600;

const CLIENT_FIELDS: [&str; 2] = ["client_id", "client_secret"];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "optional_scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ],
    unknown_client: (400, "BAD_CLIENT_ID", "We couldn't find an app with this client ID."),
    redirect_mismatch: (
        400,
        "REDIRECT_URI_MISMATCH",
        "Authorization failed because the redirect URL doesn't match the app's registered redirect URLs.",
    ),
    invalid_request: "INVALID_REQUEST",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    if matches!(pending.challenge, Some(Challenge::Plain(_))) {
        let message = "sandbox: code_challenge_method must be S256";
        return Err(Refusal::new(400, "INVALID_REQUEST", message));
    }
    let scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ']);
    // HubSpot adds `oauth` to every app, and an address has to name all that the app requires.
    if !scopes.iter().any(|scope| scope == "oauth") {
        let message = "Authorization failed because there is a mismatch between the scopes in the install URL and \
                       the app's configured scopes: oauth is required.";
        return Err(Refusal::new(400, "SCOPE_MISMATCH", message));
    }
    let optional = scope_words(query.get("optional_scope").unwrap_or_default(), &[' ']);
    for scope in scopes.into_iter().chain(optional) {
        if !SCOPES.contains(&scope.as_str()) {
            let message = format!("Authorization failed because of an unknown scope: {scope}");
            return Err(Refusal::new(400, "INVALID_SCOPE", message));
        }
        if !pending.scopes.contains(&scope) {
            pending.scopes.push(scope);
        }
    }
    Ok(pending)
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms { lifetime: CODE_LIFETIME, code: format!("na1-{}", groups(stage)), extra: Vec::new(), denied: &[] }
}

/// Hexadecimal digits as in a UUID.
fn groups(stage: &mut Stage<'_>) -> String {
    [8, 4, 4, 4, 12].map(|length| stage.hex(length)).join("-")
}

/// A refusal of the token endpoints.
struct Fault {
    /// HubSpot's own code.
    status: &'static str,
    /// That of RFC 6749, which HubSpot has added.
    error: &'static str,
    message: String,
}

impl Fault {
    fn new(status: &'static str, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new("BAD_REQUEST", "invalid_request", message)
    }

    fn refresh_token() -> Self {
        Self::new("BAD_REFRESH_TOKEN", "invalid_grant", "missing or invalid refresh token")
    }

    fn answer(self, stage: &mut Stage<'_>) -> Answer {
        stage.note.detail("outcome", self.status);
        let body = json!({
            "status": self.status,
            "message": self.message,
            "correlationId": correlation_id(stage),
            "error": self.error,
            "error_description": self.message,
        });
        Answer::json(400, &body)
    }
}

/// The form of a call and the client that makes it. HubSpot reads both from the body alone.
fn read(stage: &mut Stage<'_>, request: &Request, known: &[&str]) -> Result<(Pairs, String), Fault> {
    let form = read_form(request, &[known, &CLIENT_FIELDS].concat()).map_err(Fault::invalid)?;
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    if request.authorization() != Authorization::None {
        return Err(Fault::invalid("sandbox: the client's credentials belong in the body"));
    }
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, &form);
    match found.map(|client| client.client_id.clone()) {
        Ok(client_id) => Ok((form, client_id)),
        Err(ClientRefusal::Missing) if form.filled("client_id").is_some() => {
            Err(Fault::new("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret"))
        }
        Err(ClientRefusal::Missing | ClientRefusal::Twice | ClientRefusal::Unknown) => {
            Err(Fault::new("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id"))
        }
        Err(ClientRefusal::WrongSecret) => {
            Err(Fault::new("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret"))
        }
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match granted(stage, request) {
        Ok(body) => Answer::json(200, &body),
        Err(fault) => fault.answer(stage),
    }
}

fn granted(stage: &mut Stage<'_>, request: &Request) -> Result<Value, Fault> {
    let known = ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token"];
    let (form, client_id) = read(stage, request, &known)?;
    let grant_type = form.get("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    match grant_type.as_str() {
        "authorization_code" => {
            let claim = Claim::of(PROVIDER, &form, &client_id);
            let code = redeem(stage, &claim).map_err(|refusal| refuse_code(stage, refusal))?;
            Ok(exchanged(stage, code))
        }
        "refresh_token" => {
            let value = form.get("refresh_token").unwrap_or_default();
            let token = present(stage, PROVIDER, value, &client_id).map_err(|_| Fault::refresh_token())?;
            Ok(tokens(stage, &token.successor(), value))
        }
        // The description knows client_credentials, too, with which an app acts for no user.
        _ => Err(Fault::new("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")),
    }
}

fn refuse_code(stage: &mut Stage<'_>, refusal: CodeRefusal) -> Fault {
    match refusal {
        CodeRefusal::OtherRedirect => Fault::new(
            "MISMATCH_REDIRECT_URI_AUTH_CODE",
            "invalid_grant",
            "redirect uri does not match initial auth code URI",
        ),
        CodeRefusal::VerifierMissing | CodeRefusal::VerifierWrong | CodeRefusal::VerifierUnasked => {
            Fault::new("BAD_CODE_VERIFIER", "invalid_grant", "missing or invalid code verifier")
        }
        CodeRefusal::Expired => Fault::new("EXPIRED_AUTH_CODE", "invalid_grant", "auth code has expired"),
        CodeRefusal::Replayed { family } => {
            stage.world.oauth.end_family(PROVIDER, family);
            Fault::new("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
        }
        CodeRefusal::Unknown | CodeRefusal::OtherClient => {
            Fault::new("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
        }
    }
}

/// A user who connects again gets the refresh token that there is, with what he has granted now.
fn exchanged(stage: &mut Stage<'_>, code: Code) -> Value {
    let mint = code.mint();
    let live = stage.world.oauth.live_refresh_tokens(&mint.client_id, &mint.account, stage.now);
    let value = match live.into_iter().next() {
        Some(value) => {
            stage.world.oauth.grant_scopes(&value, &mint.scopes);
            stage.note.detail("refresh_token", fingerprint(&value));
            value
        }
        None => {
            let value = format!("na1-{}", groups(stage));
            issue(stage, Role::Refresh, mint.clone(), &value, None);
            value
        }
    };
    tokens(stage, &mint, &value)
}

fn tokens(stage: &mut Stage<'_>, mint: &Mint, refresh_token: &str) -> Value {
    let value = format!("C{}", stage.word(127));
    grant_access(stage, mint, &value, Some(ACCESS_LIFETIME));
    json!({
        "token_use": "access_token",
        "token_type": "bearer",
        "access_token": value,
        "refresh_token": refresh_token,
        "expires_in": ACCESS_LIFETIME,
        "hub_id": HUB_ID,
        "user_id": people::of(PROVIDER, &mint.account).number,
        "scopes": mint.scopes,
    })
}

/// Ends a refresh token and nothing else: the access tokens that it has yielded live on, and so does the consent.
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (form, client_id) = match read(stage, request, &["token", "token_type_hint"]) {
        Ok(read) => read,
        Err(fault) => return fault.answer(stage),
    };
    stage.note.operation = Some("revoke".to_owned());
    let Some(value) = form.filled("token") else {
        return Fault::invalid("missing token").answer(stage);
    };
    match present(stage, PROVIDER, value, &client_id) {
        Ok(_) => stage.world.oauth.revoke(value),
        Err(Dead::OtherClient) => return Fault::refresh_token().answer(stage),
        // RFC 7009 section 2.2: what does not work is no error. An access token cannot be revoked here.
        Err(_) => {}
    }
    stage.note.detail("outcome", "ok");
    Answer::empty(204)
}

/// What a token is for: RFC 7662, with HubSpot's members.
pub(crate) fn introspect(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (form, client_id) = match read(stage, request, &["token", "token_type_hint"]) {
        Ok(read) => read,
        Err(fault) => return fault.answer(stage),
    };
    stage.note.operation = Some("introspect".to_owned());
    let Some(value) = form.filled("token") else {
        return Fault::invalid("missing token").answer(stage);
    };
    stage.note.detail("presented", fingerprint(value));
    stage.note.detail("outcome", "ok");
    let token = stage.world.oauth.find_live(PROVIDER, value, stage.now).cloned();
    let Some(token) = token.filter(|token| token.client_id == client_id) else {
        return Answer::json(200, &json!({"active": false}));
    };
    stage.note.account = Some(token.account.clone());
    Answer::json(200, &described(stage, value, &token))
}

fn described(stage: &Stage<'_>, value: &str, token: &Token) -> Value {
    let person = people::of(PROVIDER, &token.account);
    // HubSpot numbers its apps; here the number follows from the client's id.
    let app_id = i32::from_str_radix(token.client_id.get(..6).unwrap_or_default(), 16).unwrap_or_default();
    let mut body = json!({
        "active": true,
        "token": value,
        "token_type": "bearer",
        "client_id": token.client_id,
        "app_id": app_id,
        "hub_id": HUB_ID,
        "hub_domain": HUB_DOMAIN,
        "user_id": person.number,
        "user": person.email,
        "scopes": token.scopes,
        "token_use": "refresh_token",
    });
    if token.role == Role::Access {
        let left = token.expires_at.map_or(ACCESS_LIFETIME, |end| end.as_second() - stage.now.as_second());
        body["token_use"] = Value::from("access_token");
        body["expires_in"] = Value::from(left);
        body["is_private_distribution"] = Value::from(false);
        body["signed_access_token"] = json!({
            "appId": app_id,
            "appInstallId": token.family.to_string(),
            "audience": "",
            "expiresAt": (stage.now.as_second() + left) * 1000,
            "hubId": HUB_ID,
            "hublet": "na1",
            "installingUserId": person.number,
            "isPrivateDistribution": false,
            "isServiceAccount": false,
            "isUserLevel": false,
            "newSignature": "sandbox",
            "scopeToScopeGroupPks": "",
            "scopes": "",
            "signature": "sandbox",
            "trialScopeToScopeGroupPks": "",
            "trialScopes": "",
            "userId": person.number,
        });
    }
    body
}

/// Whose call it is, or for how many seconds the token has been of no use, where time alone has ended it.
pub(crate) fn caller(stage: &mut Stage<'_>, value: &str) -> Result<Caller, Option<i64>> {
    stage.caller(PROVIDER, value).map_err(|dead| {
        let token = stage.world.oauth.find_token(PROVIDER, value, Role::Access);
        let ended = token.and_then(|token| token.expires_at).filter(|_| dead == Dead::Expired);
        ended.map(|ended| stage.now.as_second() - ended.as_second())
    })
}
