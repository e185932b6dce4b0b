//! GitHub's authorization server: form-encoded answers by default, errors with status 200, scopes that are folded into
//! the widest one, and tokens that expire only where the client wants it.
//!
//! The real one skips its consent page for scopes that were granted before. The twin always shows it, so that every
//! flow can be denied.

use http::Method;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::Rotation;
use super::codes::{Challenge, Claim, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::rotation::rotate;
use super::tokens::{Mint, Role, Token, grant_access, issue};
use crate::github::failure::Failure;
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint, written};
use crate::strict::{self, Fields, Shape, must};
use crate::wire::{Answer, Authorization, Request};

const PROVIDER: Provider = Provider::GitHub;
const ACCESS_LIFETIME: i64 = 28_800;
/// Six months.
const REFRESH_LIFETIME: i64 = 15_897_600;
const CODE_LIFETIME: i64 = 600;
const TROUBLE: &str =
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";

/// Scopes with what each includes.
const SCOPES: &[(&str, &[&str])] = &[
    ("admin:gpg_key", &["write:gpg_key", "read:gpg_key"]),
    ("admin:org", &["write:org", "read:org", "manage_runners:org"]),
    ("admin:org_hook", &[]),
    ("admin:public_key", &["write:public_key", "read:public_key"]),
    ("admin:repo_hook", &["write:repo_hook", "read:repo_hook"]),
    ("audit_log", &["read:audit_log"]),
    ("codespace", &["codespace:secrets"]),
    ("codespace:secrets", &[]),
    ("delete:packages", &[]),
    ("delete_repo", &[]),
    ("gist", &[]),
    ("manage_runners:org", &[]),
    ("notifications", &[]),
    ("project", &["read:project"]),
    ("public_repo", &[]),
    ("read:audit_log", &[]),
    ("read:gpg_key", &[]),
    ("read:org", &[]),
    ("read:packages", &[]),
    ("read:project", &[]),
    ("read:public_key", &[]),
    ("read:repo_hook", &[]),
    ("read:user", &[]),
    ("repo", &["public_repo", "repo:invite", "repo:status", "repo_deployment", "security_events"]),
    ("repo:invite", &[]),
    ("repo:status", &[]),
    ("repo_deployment", &[]),
    ("security_events", &[]),
    ("user", &["read:user", "user:email", "user:follow"]),
    ("user:email", &[]),
    ("user:follow", &[]),
    ("workflow", &[]),
    ("write:gpg_key", &["read:gpg_key"]),
    ("write:org", &["read:org"]),
    ("write:packages", &["read:packages"]),
    ("write:public_key", &["read:public_key"]),
    ("write:repo_hook", &["read:repo_hook"]),
];

const APPLICATION: Fields = &[must("access_token", Shape::Text)];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "login",
        "allow_signup",
        "prompt",
        "code_challenge",
        "code_challenge_method",
        "response_type",
    ],
    unknown_client: (404, "not_found", "This is not the web page you are looking for."),
    redirect_mismatch: (
        400,
        "redirect_uri_mismatch",
        "The redirect_uri is not associated with this application.",
    ),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    if matches!(pending.challenge, Some(Challenge::Plain(_))) {
        return Err(Refusal::new(400, "invalid_request", "code_challenge_method must be S256"));
    }
    let words = scope_words(query.get("scope").unwrap_or_default(), &[' ', ',']);
    pending.offline = words.iter().any(|scope| scope == "offline_access");
    pending.scopes = fold(&words);
    Ok(pending)
}

/// Drops scopes that do not exist and those that another one includes, as GitHub does.
fn fold(words: &[String]) -> Vec<String> {
    let asked = |scope: &str| words.iter().any(|word| word == scope);
    let included = |scope: &str| {
        let mut wider = SCOPES.iter().filter(|(_, inner)| inner.contains(&scope));
        wider.any(|(outer, _)| asked(outer))
    };
    let kept = SCOPES.iter().map(|(scope, _)| *scope);
    kept.filter(|scope| asked(scope) && !included(scope)).map(str::to_owned).collect()
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms {
        lifetime: CODE_LIFETIME,
        code: stage.hex(20),
        extra: Vec::new(),
        denied: &[
            ("error_description", "The user has denied your application access."),
            (
                "error_uri",
                "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#access-denied",
            ),
        ],
    }
}

/// Form-encoded unless JSON was asked for.
fn answer(request: &Request, body: &Map<String, Value>) -> Answer {
    let accepts = request.header("accept").unwrap_or_default();
    if accepts.contains("application/json") || accepts.contains("application/vnd.github") {
        return Answer::json(200, &Value::Object(body.clone()));
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = body.iter().map(|(name, value)| (name, text(value)));
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Answer::text(200, "application/x-www-form-urlencoded; charset=utf-8", encoded)
}

fn fail(stage: &mut Stage<'_>, request: &Request, error: &str, description: &str) -> Answer {
    stage.note.detail("outcome", error);
    let mut body = Map::new();
    body.insert("error".to_owned(), Value::from(error));
    body.insert("error_description".to_owned(), Value::from(description));
    let anchor = format!("{TROUBLE}#{}", error.replace('_', "-"));
    body.insert("error_uri".to_owned(), Value::from(anchor));
    answer(request, &body)
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = [
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "grant_type",
        "refresh_token",
        "code_verifier",
    ];
    let form = match read_form(request, &known) {
        Ok(form) => form,
        Err(message) => return fail(stage, request, "invalid_request", &message),
    };
    let grant_type = form.filled("grant_type").unwrap_or("authorization_code").to_owned();
    stage.note.operation = Some(grant_type.clone());
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let by_body = request.authorization() == Authorization::None;
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, &form);
    let client_id = match found.map(|client| client.client_id.clone()) {
        Ok(client_id) if by_body => client_id,
        _ => {
            let description = "The client_id and/or client_secret passed are incorrect.";
            return fail(stage, request, "incorrect_client_credentials", description);
        }
    };
    match grant_type.as_str() {
        "authorization_code" => {
            let claim = Claim::of(PROVIDER, &form, &client_id);
            match redeem(stage, &claim) {
                Ok(code) => {
                    let expiry = if code.offline { Expiry::Always } else { Expiry::AsTheClientWants };
                    tokens(stage, request, &code.mint(), expiry)
                }
                Err(CodeRefusal::OtherRedirect) => {
                    let description =
                        "The redirect_uri MUST match the registered callback URL for this application.";
                    fail(stage, request, "redirect_uri_mismatch", description)
                }
                Err(_) => {
                    let description = "The code passed is incorrect or expired.";
                    fail(stage, request, "bad_verification_code", description)
                }
            }
        }
        "refresh_token" => refresh(stage, request, form.get("refresh_token").unwrap_or_default(), &client_id),
        _ => fail(stage, request, "unsupported_grant_type", "The grant_type is not supported."),
    }
}

/// Using a refresh token ends it and the access token that came with it.
fn refresh(stage: &mut Stage<'_>, request: &Request, value: &str, client_id: &str) -> Answer {
    let tokens = |stage: &mut Stage<'_>, token: &Token| {
        stage.world.oauth.end_family(PROVIDER, token.family);
        tokens(stage, request, &token.successor(), Expiry::Always)
    };
    rotate(stage, PROVIDER, value, client_id, tokens).unwrap_or_else(|_| {
        let description = "The refresh token passed is incorrect or expired.";
        fail(stage, request, "bad_refresh_token", description)
    })
}

/// Whether the tokens expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    Always,
    AsTheClientWants,
}

fn tokens(stage: &mut Stage<'_>, request: &Request, mint: &Mint, expiry: Expiry) -> Answer {
    let client = stage.world.oauth.find_client(PROVIDER, &mint.client_id);
    let wanted = client.is_some_and(|client| client.rotation == Rotation::On);
    let expires = expiry == Expiry::Always || wanted;
    let access = format!("gho_{}", stage.word(36));
    grant_access(stage, mint, &access, expires.then_some(ACCESS_LIFETIME));
    let mut body = Map::new();
    body.insert("access_token".to_owned(), Value::from(access));
    if expires {
        let refresh = format!("ghr_{}", stage.word(76));
        issue(stage, Role::Refresh, mint.clone(), &refresh, Some(REFRESH_LIFETIME));
        body.insert("expires_in".to_owned(), Value::from(ACCESS_LIFETIME));
        body.insert("refresh_token".to_owned(), Value::from(refresh));
        body.insert("refresh_token_expires_in".to_owned(), Value::from(REFRESH_LIFETIME));
    }
    body.insert("scope".to_owned(), Value::from(mint.scopes.join(",")));
    body.insert("token_type".to_owned(), Value::from("bearer"));
    answer(request, &body)
}

/// `/applications/{client_id}/token` and `/grant`: the app checks or ends a token of its own, by Basic.
pub(crate) fn application(
    stage: &mut Stage<'_>,
    request: &Request,
    client_id: &str,
    what: &str,
) -> Result<Answer, Failure> {
    let Authorization::Basic { user, password } = request.authorization() else {
        return Err(Failure::unauthorized("Requires authentication"));
    };
    let client = stage.world.oauth.find_client(PROVIDER, &user);
    if client.is_none_or(|client| client.client_secret != password) {
        return Err(Failure::unauthorized("Bad credentials"));
    }
    stage.note.client_id = Some(user.clone());
    let body = strict::from_json(&request.body, APPLICATION)?;
    let value = body.text("access_token").unwrap_or_default().to_owned();
    stage.note.detail("presented", fingerprint(&value));
    let token = stage.world.oauth.find_live(PROVIDER, &value, stage.now).cloned();
    let token = token.filter(|token| token.client_id == client_id && user == client_id);
    let token = token.filter(|token| token.role == Role::Access).ok_or_else(Failure::not_found)?;
    stage.note.account = Some(token.account.clone());
    stage.note.detail("outcome", "ok");
    match (request.method.clone(), what) {
        (Method::DELETE, "token") => {
            stage.world.oauth.end_family(PROVIDER, token.family);
            Ok(Answer::empty(204))
        }
        (Method::DELETE, "grant") => {
            stage.world.oauth.end_grant(PROVIDER, client_id, &token.account);
            Ok(Answer::empty(204))
        }
        (Method::POST, "token") => {
            let person = people::of(PROVIDER, &token.account);
            Ok(Answer::json(
                200,
                &json!({
                    "id": token.family,
                    "scopes": token.scopes,
                    "token": "",
                    "hashed_token": fingerprint(&value),
                    "app": {"client_id": client_id, "name": "Butterbase Integrations", "url": ""},
                    "created_at": written(token.issued_at),
                    "expires_at": token.expires_at.map(written),
                    "user": {"login": person.handle, "id": person.number, "type": "User"},
                }),
            ))
        }
        _ => Err(Failure::not_found()),
    }
}
