//! Slack's authorization server: one installation a workspace, a bot's token and a user's, errors with status 200.
//!
//! PKCE is refused: at Slack it is a one-way switch of the app, and the apps here have not thrown it.

use serde_json::{Value, json};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::{ClientRefusal, Rotation};
use super::codes::{Claim, Code, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::rotation::rotate;
use super::tokens::{Mint, Owner, Role, Token, issue};
use crate::people;
use crate::provider::Provider;
use crate::slack::workspace;
use crate::stage::{Stage, fingerprint};
use crate::wire::{Answer, Request};

const PROVIDER: Provider = Provider::Slack;
const ROTATING_LIFETIME: i64 = 43_200;
const CODE_LIFETIME: i64 = 600;

/// What a bot may ask for.
const BOT_SCOPES: &[&str] = &[
    "app_mentions:read",
    "assistant:write",
    "bookmarks:read",
    "bookmarks:write",
    "calls:read",
    "calls:write",
    "canvases:read",
    "canvases:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "channels:write.invites",
    "channels:write.topic",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "dnd:read",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "groups:write.invites",
    "groups:write.topic",
    "im:history",
    "im:read",
    "im:write",
    "im:write.topic",
    "incoming-webhook",
    "links:read",
    "links:write",
    "metadata.message:read",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "mpim:write.topic",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "remote_files:read",
    "remote_files:share",
    "remote_files:write",
    "team:read",
    "usergroups:read",
    "usergroups:write",
    "users.profile:read",
    "users:read",
    "users:read.email",
    "users:write",
    "workflow.steps:execute",
];

/// What only a user may grant for himself, beside what a bot may ask for.
const USER_SCOPES: &[&str] = &[
    "channels:write",
    "chat:write:bot",
    "chat:write:user",
    "dnd:write",
    "email",
    "files:write:user",
    "identify",
    "identity.basic",
    "identity.email",
    "identity.team",
    "openid",
    "profile",
    "reminders:read",
    "reminders:write",
    "search:read",
    "search:read.files",
    "search:read.im",
    "search:read.mpim",
    "search:read.private",
    "search:read.public",
    "stars:read",
    "stars:write",
    "users.profile:write",
];

/// What no user can grant for himself.
const BOT_ONLY: &[&str] = &[
    "app_mentions:read",
    "assistant:write",
    "channels:join",
    "channels:manage",
    "chat:write.customize",
    "chat:write.public",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &["client_id", "scope", "user_scope", "redirect_uri", "state", "team", "nonce", "response_type"],
    unknown_client: (400, "invalid_client_id", "Invalid client_id parameter"),
    redirect_mismatch: (400, "bad_redirect_uri", "redirect_uri did not match any configured URIs."),
    invalid_request: "invalid_arguments",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    let words = |name: &str| scope_words(query.get(name).unwrap_or_default(), &[',', ' ']);
    pending.scopes = words("scope");
    pending.user_scopes = words("user_scope");
    let invalid = |message: String| Refusal::new(400, "invalid_scope", message);
    if pending.asked().next().is_none() {
        return Err(invalid("No scopes requested".to_owned()));
    }
    let bot_may = |scope: &&String| BOT_SCOPES.contains(&scope.as_str());
    let user_may = |scope: &&String| {
        let scope = scope.as_str();
        (BOT_SCOPES.contains(&scope) || USER_SCOPES.contains(&scope)) && !BOT_ONLY.contains(&scope)
    };
    if let Some(scope) = pending.scopes.iter().find(|scope| !bot_may(scope)) {
        return Err(invalid(format!("Invalid permissions requested for the bot: {scope}")));
    }
    if let Some(scope) = pending.user_scopes.iter().find(|scope| !user_may(scope)) {
        return Err(invalid(format!("Invalid permissions requested for the user: {scope}")));
    }
    Ok(pending)
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms {
        lifetime: CODE_LIFETIME,
        code: format!("{}.{}.{}", stage.digits(13), stage.digits(13), stage.hex(64)),
        extra: Vec::new(),
        denied: &[],
    }
}

fn fail(stage: &mut Stage<'_>, error: &str) -> Answer {
    stage.note.detail("outcome", error);
    Answer::json(200, &json!({"ok": false, "error": error}))
}

/// `oauth.v2.access`, which takes forms only.
pub(crate) fn access(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = ["client_id", "client_secret", "code", "redirect_uri", "grant_type", "refresh_token"];
    let form = match read_form(request, &known) {
        Ok(form) => form,
        Err(message) => {
            stage.note.detail("outcome", "invalid_arguments");
            let body = json!({
                "ok": false, "error": "invalid_arguments", "response_metadata": {"messages": [message]},
            });
            return Answer::json(200, &body);
        }
    };
    let grant_type = form.filled("grant_type").unwrap_or("authorization_code").to_owned();
    stage.note.operation = Some(grant_type.clone());
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let client_id = match stage.world.oauth.authenticate_client(PROVIDER, request, &form) {
        Ok(client) => client.client_id.clone(),
        Err(ClientRefusal::Missing | ClientRefusal::Unknown) => return fail(stage, "invalid_client_id"),
        Err(ClientRefusal::WrongSecret) => return fail(stage, "bad_client_secret"),
        Err(ClientRefusal::Twice) => return fail(stage, "invalid_arguments"),
    };
    stage.note.client_id = Some(client_id.clone());
    match grant_type.as_str() {
        "authorization_code" => {
            let claim = Claim::of(PROVIDER, &form, &client_id);
            match redeem(stage, &claim) {
                Ok(code) => exchanged(stage, code),
                Err(CodeRefusal::Replayed { .. }) => fail(stage, "code_already_used"),
                Err(CodeRefusal::OtherRedirect) => fail(stage, "bad_redirect_uri"),
                Err(_) => fail(stage, "invalid_code"),
            }
        }
        "refresh_token" => refresh(stage, form.get("refresh_token").unwrap_or_default(), &client_id),
        _ => fail(stage, "invalid_grant_type"),
    }
}

fn exchanged(stage: &mut Stage<'_>, code: Code) -> Answer {
    let installation = workspace::install(stage, &code.client_id);
    let user = people::of(PROVIDER, &code.account);
    let (scopes, user_scopes) = (code.scopes.clone(), code.user_scopes.clone());
    let bot = Mint { owner: Owner::Bot, scopes: Vec::new(), ..code.mint() };
    let mut body = json!({"ok": true, "app_id": installation.app_id, "authed_user": {"id": user.slack_id}});
    if !scopes.is_empty() {
        // An installation keeps the scopes that it was given before.
        let key = format!("{}/bot", code.client_id);
        let scopes = stage.world.oauth.add_grant(&key, &code.account, &scopes);
        merge(&mut body, tokens(stage, &Mint { scopes, ..bot.clone() }, &installation.bot_user_id));
    }
    if !user_scopes.is_empty() {
        let scopes = stage.world.oauth.add_grant(&code.client_id, &code.account, &user_scopes);
        let family = stage.world.oauth.new_family();
        let mint = Mint { scopes, owner: Owner::User, family, ..bot };
        let own = tokens(stage, &mint, &installation.bot_user_id);
        merge(&mut body["authed_user"], own);
    }
    merge(&mut body, workspace::team_of_token(stage));
    stage.note.detail("outcome", "ok");
    Answer::json(200, &body)
}

fn refresh(stage: &mut Stage<'_>, value: &str, client_id: &str) -> Answer {
    let answer = |stage: &mut Stage<'_>, token: &Token| {
        let installation = workspace::install(stage, client_id);
        let mut body = json!({"ok": true, "app_id": installation.app_id});
        merge(&mut body, tokens(stage, &token.successor(), &installation.bot_user_id));
        merge(&mut body, workspace::team_of_token(stage));
        stage.note.detail("outcome", "ok");
        Answer::json(200, &body)
    };
    rotate(stage, PROVIDER, value, client_id, answer).unwrap_or_else(|_| fail(stage, "invalid_refresh_token"))
}

/// The token fields for a bot or a user: an expiring pair where the client rotates, the same lasting token as before
/// where it does not.
fn tokens(stage: &mut Stage<'_>, mint: &Mint, bot_user_id: &str) -> Value {
    let (letter, token_type) = match mint.owner {
        Owner::Bot => ("xoxb", "bot"),
        Owner::User => ("xoxp", "user"),
    };
    let client = stage.world.oauth.find_client(PROVIDER, &mint.client_id);
    let rotates = client.is_some_and(|client| client.rotation == Rotation::On);
    let mut body = json!({"token_type": token_type, "scope": mint.scopes.join(",")});
    if mint.owner == Owner::Bot {
        body["bot_user_id"] = Value::from(bot_user_id);
    }
    if rotates {
        let access = format!("xoxe.{letter}-1-{}", stage.word(150));
        issue(stage, Role::Access, mint.clone(), &access, Some(ROTATING_LIFETIME));
        let refresh = format!("xoxe-1-{}", stage.word(140));
        issue(stage, Role::Refresh, mint.clone(), &refresh, None);
        body["access_token"] = Value::from(access);
        body["refresh_token"] = Value::from(refresh);
        body["expires_in"] = Value::from(ROTATING_LIFETIME);
        return body;
    }
    let lasting = stage.world.oauth.live_access(stage.now, |token| {
        let same_owner =
            token.owner == mint.owner && (token.owner == Owner::Bot || token.account == mint.account);
        token.provider == PROVIDER
            && token.client_id == mint.client_id
            && same_owner
            && token.expires_at.is_none()
    });
    let access = lasting
        .unwrap_or_else(|| format!("{letter}-{}-{}-{}", stage.digits(13), stage.digits(13), stage.word(24)));
    if stage.world.oauth.find_token(PROVIDER, &access, Role::Access).is_some() {
        stage.world.oauth.grant_scopes(&access, &mint.scopes);
        stage.note.detail("access_token", fingerprint(&access));
    } else {
        issue(stage, Role::Access, mint.clone(), &access, None);
    }
    body["access_token"] = Value::from(access);
    body
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// Ends the token that makes the call, and what refreshes it.
pub(crate) fn revoke(stage: &mut Stage<'_>, value: &str) {
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_token(PROVIDER, value, Role::Access).cloned();
    if let Some(token) = token {
        stage.world.oauth.revoke_where(|other| {
            let same_owner = other.owner == token.owner;
            other.provider == PROVIDER && other.family == token.family && same_owner
        });
    }
}
