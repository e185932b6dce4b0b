//! Google's authorization server: refresh tokens that stay, grants that end as a whole, granular consent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::ClientRefusal;
use super::codes::{Claim, Code, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::tokens::{Dead, Mint, Role, grant_access, issue, present};
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};
use crate::wire::{Answer, Request};

const PROVIDER: Provider = Provider::Google;
const ACCESS_LIFETIME: i64 = 3599;
const CODE_LIFETIME: i64 = 600;
/// Google lets the oldest refresh token of an account and client die when there are more.
const MAX_REFRESH_TOKENS: usize = 100;
const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// What Google's official descriptions of Gmail, Calendar, Drive, Docs, Sheets and People know, without the prefix.
const SCOPES: &[&str] = &[
    "calendar",
    "calendar.acls",
    "calendar.acls.readonly",
    "calendar.app.created",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
    "calendar.calendars",
    "calendar.calendars.readonly",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.freebusy",
    "calendar.readonly",
    "calendar.settings",
    "calendar.settings.readonly",
    "contacts",
    "contacts.other.readonly",
    "contacts.readonly",
    "directory.readonly",
    "documents",
    "documents.readonly",
    "drive",
    "drive.appdata",
    "drive.apps.readonly",
    "drive.file",
    "drive.meet.readonly",
    "drive.metadata",
    "drive.metadata.readonly",
    "drive.photos.readonly",
    "drive.readonly",
    "drive.scripts",
    "gmail.addons.current.action.compose",
    "gmail.addons.current.message.action",
    "gmail.addons.current.message.metadata",
    "gmail.addons.current.message.readonly",
    "gmail.compose",
    "gmail.insert",
    "gmail.labels",
    "gmail.metadata",
    "gmail.modify",
    "gmail.readonly",
    "gmail.send",
    "gmail.settings.basic",
    "gmail.settings.sharing",
    "spreadsheets",
    "spreadsheets.readonly",
    "user.addresses.read",
    "user.birthday.read",
    "user.emails.read",
    "user.gender.read",
    "user.organization.read",
    "user.phonenumbers.read",
    "userinfo.email",
    "userinfo.profile",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "access_type",
        "prompt",
        "include_granted_scopes",
        "enable_granular_consent",
        "login_hint",
        "hd",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ],
    unknown_client: (401, "invalid_client", "The OAuth client was not found."),
    redirect_mismatch: (
        400,
        "redirect_uri_mismatch",
        "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy.",
    ),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    let invalid = |message: &str| Refusal::new(400, "invalid_request", message);
    if query.get("response_type").is_none() {
        return Err(invalid("Required parameter is missing: response_type"));
    }
    for scope in scope_words(query.get("scope").unwrap_or_default(), &[' ']) {
        let full = match scope.as_str() {
            "email" => EMAIL,
            "profile" => PROFILE,
            other => other,
        };
        let short = full.strip_prefix(PREFIX).unwrap_or_default();
        if !matches!(full, "openid" | "https://mail.google.com/") && !SCOPES.contains(&short) {
            let message = format!("Some requested scopes were invalid. {{invalid=[{scope}]}}");
            return Err(Refusal::new(400, "invalid_scope", message));
        }
        if !pending.scopes.iter().any(|known| known == full) {
            pending.scopes.push(full.to_owned());
        }
    }
    if pending.scopes.is_empty() {
        return Err(invalid("Missing required parameter: scope"));
    }
    pending.offline = match query.get("access_type") {
        Some("offline") => true,
        Some("online") | None => false,
        Some(_) => return Err(invalid("Invalid parameter value for access_type")),
    };
    for prompt in scope_words(query.get("prompt").unwrap_or_default(), &[' ']) {
        match prompt.as_str() {
            "consent" => pending.forces_consent = true,
            "select_account" => {}
            _ => return Err(invalid("sandbox: of the prompts only consent and select_account are served")),
        }
    }
    pending.includes_granted = query.get("include_granted_scopes") == Some("true");
    Ok(pending)
}

fn terms(stage: &mut Stage<'_>, pending: &mut Pending, account: &str) -> Terms {
    let oauth = &mut stage.world.oauth;
    let earlier = oauth.granted(&pending.client_id, account).cloned();
    // A user who has consented before is not asked again, and without being asked there is no refresh token.
    pending.offline &= pending.forces_consent || earlier.is_none();
    if !account.is_empty() {
        let all = oauth.add_grant(&pending.client_id, account, &pending.scopes);
        if pending.includes_granted {
            pending.scopes = all;
        }
    }
    Terms {
        lifetime: CODE_LIFETIME,
        code: format!("4/0A{}", stage.word(69)),
        extra: vec![
            ("scope", pending.scopes.join(" ")),
            ("authuser", "0".to_owned()),
            ("prompt", if pending.forces_consent { "consent" } else { "none" }.to_owned()),
        ],
        denied: &[],
    }
}

fn fail(stage: &mut Stage<'_>, status: u16, error: &str, description: &str) -> Answer {
    stage.note.detail("outcome", error);
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = [
        "grant_type",
        "code",
        "redirect_uri",
        "client_id",
        "client_secret",
        "code_verifier",
        "refresh_token",
    ];
    let form = match read_form(request, &known) {
        Ok(form) => form,
        Err(message) => return fail(stage, 400, "invalid_request", &message),
    };
    let grant_type = form.get("grant_type").unwrap_or_default().to_owned();
    stage.note.operation = Some(grant_type.clone());
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let client_id = match stage.world.oauth.authenticate_client(PROVIDER, request, &form) {
        Ok(client) => client.client_id.clone(),
        Err(ClientRefusal::Missing) => {
            return fail(stage, 400, "invalid_request", "Could not determine client ID from request.");
        }
        Err(ClientRefusal::Twice) => {
            return fail(stage, 400, "invalid_request", "sandbox: client credentials came twice");
        }
        Err(ClientRefusal::Unknown) => {
            return fail(stage, 401, "invalid_client", "The OAuth client was not found.");
        }
        Err(ClientRefusal::WrongSecret) => return fail(stage, 401, "invalid_client", "Unauthorized"),
    };
    stage.note.client_id = Some(client_id.clone());
    match grant_type.as_str() {
        "authorization_code" => {
            let claim = Claim::of(PROVIDER, &form, &client_id);
            match redeem(stage, &claim) {
                Ok(code) => exchanged(stage, code),
                Err(refusal) => refuse_code(stage, refusal),
            }
        }
        "refresh_token" => refresh(stage, form.get("refresh_token").unwrap_or_default(), &client_id),
        other => {
            let message = format!("Invalid grant_type: {other}");
            fail(stage, 400, "unsupported_grant_type", &message)
        }
    }
}

fn refuse_code(stage: &mut Stage<'_>, refusal: CodeRefusal) -> Answer {
    match refusal {
        CodeRefusal::OtherRedirect => fail(stage, 400, "redirect_uri_mismatch", "Bad Request"),
        CodeRefusal::VerifierMissing => fail(stage, 400, "invalid_grant", "Missing code verifier."),
        CodeRefusal::VerifierWrong => fail(stage, 400, "invalid_grant", "Invalid code verifier."),
        CodeRefusal::VerifierUnasked => {
            fail(stage, 400, "invalid_grant", "code_verifier or verifier is not needed.")
        }
        CodeRefusal::Unknown => fail(stage, 400, "invalid_grant", "Malformed auth code."),
        CodeRefusal::Replayed { family } => {
            stage.world.oauth.end_family(PROVIDER, family);
            fail(stage, 400, "invalid_grant", "Bad Request")
        }
        CodeRefusal::Expired | CodeRefusal::OtherClient => fail(stage, 400, "invalid_grant", "Bad Request"),
    }
}

fn exchanged(stage: &mut Stage<'_>, code: Code) -> Answer {
    let mint = code.mint();
    let mut body = access(stage, &mint, code.nonce.as_deref());
    if code.offline {
        let live = stage.world.oauth.live_refresh_tokens(&mint.client_id, &mint.account, stage.now);
        for oldest in live.iter().rev().skip(MAX_REFRESH_TOKENS - 1) {
            stage.world.oauth.revoke(oldest);
        }
        let value = format!("1//0{}", stage.word(99));
        issue(stage, Role::Refresh, mint, &value, None);
        body["refresh_token"] = Value::from(value);
    }
    Answer::json(200, &body)
}

fn refresh(stage: &mut Stage<'_>, value: &str, client_id: &str) -> Answer {
    match present(stage, PROVIDER, value, client_id) {
        Ok(token) => {
            let body = access(stage, &token.successor(), None);
            Answer::json(200, &body)
        }
        Err(Dead::OtherClient) => fail(stage, 401, "unauthorized_client", "Unauthorized"),
        Err(Dead::Unknown) => fail(stage, 400, "invalid_grant", "Bad Request"),
        Err(_) => fail(stage, 400, "invalid_grant", "Token has been expired or revoked."),
    }
}

/// A new access token as Google answers it.
fn access(stage: &mut Stage<'_>, mint: &Mint, nonce: Option<&str>) -> Value {
    let value = format!("ya29.a0{}", stage.word(160));
    grant_access(stage, mint, &value, Some(ACCESS_LIFETIME));
    let mut body = json!({
        "access_token": value,
        "expires_in": ACCESS_LIFETIME,
        "scope": mint.scopes.join(" "),
        "token_type": "Bearer",
    });
    if mint.scopes.iter().any(|scope| scope == "openid") {
        body["id_token"] = Value::from(id_token(stage, mint, nonce));
    }
    body
}

/// A JWT of the right shape under a signature that no key verifies: whoever gets it over TLS from the token endpoint
/// need not verify it (OpenID Connect Core section 3.1.3.7), and nobody else should see it.
fn id_token(stage: &Stage<'_>, mint: &Mint, nonce: Option<&str>) -> String {
    let person = people::of(PROVIDER, &mint.account);
    let issued = stage.now.as_second();
    let mut claims = json!({
        "iss": "https://accounts.google.com",
        "azp": mint.client_id,
        "aud": mint.client_id,
        "sub": person.subject,
        "iat": issued,
        "exp": issued + ACCESS_LIFETIME,
    });
    if mint.scopes.iter().any(|scope| scope == EMAIL) {
        claims["email"] = Value::from(person.email);
        claims["email_verified"] = Value::Bool(true);
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = Value::from(nonce);
    }
    let header = json!({"alg": "RS256", "kid": "sandbox", "typ": "JWT"});
    let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("sandbox {signed}")));
    format!("{signed}.{signature}")
}

/// RFC 7009, except that any token of a grant ends the whole grant.
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let form = match read_form(request, &["token"]) {
        Ok(form) => form,
        Err(message) => return fail(stage, 400, "invalid_request", &message),
    };
    let value = form.get("token").unwrap_or_default();
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_live(PROVIDER, value, stage.now);
    let Some((client_id, account)) = token.map(|token| (token.client_id.clone(), token.account.clone()))
    else {
        return fail(stage, 400, "invalid_token", "Token expired or revoked");
    };
    stage.world.oauth.end_grant(PROVIDER, &client_id, &account);
    stage.note.client_id = Some(client_id);
    stage.note.account = Some(account);
    stage.note.detail("outcome", "ok");
    Answer::json(200, &json!({}))
}

/// OpenID Connect's userinfo.
pub(crate) fn userinfo(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let caller = match crate::google::caller(stage, request) {
        Ok(caller) => caller,
        Err(_) => {
            stage.note.detail("outcome", "invalid_request");
            let body = json!({"error": "invalid_request", "error_description": "Invalid Credentials"});
            return Answer::json(401, &body).with("www-authenticate", "Bearer error=\"invalid_token\"");
        }
    };
    if let Some((name, _)) = request.query.0.first() {
        let message = format!("sandbox: `{name}` is not a parameter of this endpoint");
        return fail(stage, 400, "invalid_request", &message);
    }
    if !caller.has_any(&["openid", EMAIL, PROFILE]) {
        return fail(stage, 403, "insufficient_scope", "Request had insufficient authentication scopes.");
    }
    let person = people::of(PROVIDER, &caller.account);
    let mut body = json!({"sub": person.subject});
    if caller.has(PROFILE) {
        body["name"] = Value::from(person.name());
        body["given_name"] = Value::from(person.given);
        body["family_name"] = Value::from(person.family);
    }
    if caller.has(EMAIL) {
        body["email"] = Value::from(person.email);
        body["email_verified"] = Value::Bool(true);
    }
    stage.note.detail("outcome", "ok");
    Answer::json(200, &body)
}
