//! Discord's authorization server: a form, the client by Basic or in the body, refresh tokens that work once, and a
//! revocation that ends all that the user has granted to the app. With the scope `bot` the user also picks a server,
//! which the bot is then in, whatever becomes of the tokens. An app's credentials alone are worth a token of its owner's.

use serde_json::json;

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::ClientRefusal;
use super::codes::{Claim, Code, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::rotation::rotate;
use super::tokens::{Mint, Owner, Role, Token, grant_access, issue};
use crate::discord::{self, Installation};
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};
use crate::wire::{Answer, Pairs, Request};

const PROVIDER: Provider = Provider::Discord;
const ACCESS_LIFETIME: i64 = 604_800;
/// As somebody of Discord has said; no document does.
const CODE_LIFETIME: i64 = 100;

const SCOPES: &[&str] = &[
    "activities.invites.write",
    "activities.read",
    "activities.write",
    "applications.builds.read",
    "applications.builds.upload",
    "applications.commands",
    "applications.commands.permissions.update",
    "applications.entitlements",
    "applications.store.update",
    "bot",
    "connections",
    "dm_channels.read",
    "email",
    "gdm.join",
    "guilds",
    "guilds.join",
    "guilds.members.read",
    "identify",
    "messages.read",
    "openid",
    "relationships.read",
    "role_connections.write",
    "rpc",
    "rpc.activities.write",
    "rpc.notifications.read",
    "rpc.screenshare.read",
    "rpc.screenshare.write",
    "rpc.video.read",
    "rpc.video.write",
    "rpc.voice.read",
    "rpc.voice.write",
    "voice",
    "webhook.incoming",
];

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "prompt",
        "permissions",
        "guild_id",
        "disable_guild_select",
        "integration_type",
        "code_challenge",
        "code_challenge_method",
    ],
    unknown_client: (400, "10002", "Unknown Application"),
    redirect_mismatch: (400, "50035", "Invalid OAuth2 redirect_uri"),
    invalid_request: "invalid_request",
};

const DENIED: &[(&str, &str)] =
    &[("error_description", "The resource owner or authorization server denied the request")];

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let mut pending = begin(stage, &DIALECT, query)?;
    let invalid = |message: String| Refusal::new(400, "invalid_request", message);
    if query.filled("response_type").is_none() {
        return Err(invalid("Missing required parameter: response_type".to_owned()));
    }
    pending.scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ']);
    let unknown = pending.scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str()));
    if pending.scopes.is_empty() || unknown {
        let message = "The requested scope is invalid, unknown, or malformed.";
        return Err(Refusal::new(400, "invalid_scope", message));
    }
    let choices: [(&str, &[&str]); 3] = [
        ("prompt", &["consent", "none"]),
        ("disable_guild_select", &["true", "false"]),
        ("integration_type", &["0", "1"]),
    ];
    for (name, options) in choices {
        if query.get(name).is_some_and(|value| !options.contains(&value)) {
            return Err(invalid(format!("sandbox: {name} must be one of {}", options.join(", "))));
        }
    }
    let number = |name: &str| match query.filled(name) {
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| Refusal::new(400, "50035", format!("{name}: Value \"{text}\" is not snowflake."))),
        None => Ok(None),
    };
    let (guild, permissions) = (number("guild_id")?, number("permissions")?);
    // Without the scope they have no meaning, and Discord lets them be.
    if pending.scopes.iter().any(|scope| scope == "bot") {
        pending.bot = Some(Installation { guild, permissions: permissions.unwrap_or_default() });
    }
    Ok(pending)
}

/// The user allows, and with the scope `bot` picks a server of his.
fn terms(stage: &mut Stage<'_>, pending: &mut Pending, account: &str) -> Terms {
    let mut extra = Vec::new();
    let wants_bot = pending.scopes.iter().any(|scope| scope == "bot");
    let asked = pending.bot.take().filter(|_| wants_bot && !account.is_empty());
    if let Some(Installation { guild, permissions }) = asked
        && let Some(guild) = discord::choose_guild(stage, account, guild)
    {
        discord::add_bot(stage, &pending.client_id, guild, permissions);
        stage.note.detail("guild", guild.to_string());
        extra.push(("guild_id", guild.to_string()));
        extra.push(("permissions", permissions.to_string()));
        pending.bot = Some(Installation { guild: Some(guild), permissions });
    }
    Terms { lifetime: CODE_LIFETIME, code: stage.word(30), extra, denied: DENIED }
}

fn fail(stage: &mut Stage<'_>, status: u16, error: &str, description: Option<&str>) -> Answer {
    stage.note.detail("outcome", error);
    let mut body = json!({"error": error});
    if let Some(description) = description {
        body["error_description"] = description.into();
    }
    Answer::json(status, &body)
}

fn invalid(stage: &mut Stage<'_>, error: &str, parameter: &str) -> Answer {
    fail(stage, 400, error, Some(&format!("Invalid \"{parameter}\" in request.")))
}

/// The form and the client that sends it.
fn read(stage: &mut Stage<'_>, request: &Request, known: &[&str]) -> Result<(Pairs, String), Answer> {
    let known = [known, &["client_id", "client_secret"]].concat();
    let form =
        read_form(request, &known).map_err(|message| fail(stage, 400, "invalid_request", Some(&message)))?;
    stage.note.operation = form.get("grant_type").map(str::to_owned);
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, &form);
    match found.map(|client| client.client_id.clone()) {
        Ok(client_id) => {
            stage.note.client_id = Some(client_id.clone());
            Ok((form, client_id))
        }
        Err(ClientRefusal::Twice) => {
            let message = "sandbox: the client comes by the header or in the body, not by both";
            Err(fail(stage, 400, "invalid_request", Some(message)))
        }
        Err(_) => Err(fail(stage, 401, "invalid_client", None)),
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let known = ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"];
    let (form, client_id) = match read(stage, request, &known) {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let grant_type = form.get("grant_type");
    if form.get("scope").is_some() && grant_type != Some("client_credentials") {
        let message = "sandbox: `scope` belongs to client_credentials";
        return fail(stage, 400, "invalid_request", Some(message));
    }
    let needed: &[&str] = match grant_type {
        Some("authorization_code") => &["code", "redirect_uri"],
        Some("refresh_token") => &["refresh_token"],
        Some("client_credentials") => return owners_token(stage, &form, client_id),
        other => {
            let message = format!("Grant type {} is not supported", other.unwrap_or("None"));
            return fail(stage, 400, "unsupported_grant_type", Some(&message));
        }
    };
    if let Some(missing) = form.lacking(needed) {
        return fail(stage, 400, "invalid_request", Some(&format!("Missing \"{missing}\" in request.")));
    }
    if let Some(value) = form.filled("refresh_token").filter(|_| needed == ["refresh_token"]) {
        let tokens = |stage: &mut Stage<'_>, token: &Token| answer(stage, &token.successor(), None);
        return rotate(stage, PROVIDER, value, &client_id, tokens)
            .unwrap_or_else(|_| invalid(stage, "invalid_grant", "refresh_token"));
    }
    let claim = Claim::of(PROVIDER, &form, &client_id);
    match redeem(stage, &claim) {
        Ok(code) => answer(stage, &code.mint(), Some(&code)),
        Err(refusal) => refuse_code(stage, refusal),
    }
}

/// A token of the application's owner, with which he tries what he builds. Nothing refreshes it: he asks again.
fn owners_token(stage: &mut Stage<'_>, form: &Pairs, client_id: String) -> Answer {
    let scopes = scope_words(form.get("scope").unwrap_or_default(), &[' ']);
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        let message = "The requested scope is invalid, unknown, or malformed.";
        return fail(stage, 400, "invalid_scope", Some(message));
    }
    let client = stage.world.oauth.find_client(PROVIDER, &client_id);
    let owner = client.and_then(|client| client.extra.get("owner").cloned());
    let mint = Mint {
        provider: PROVIDER,
        client_id,
        account: owner.unwrap_or_else(|| "ada".to_owned()),
        owner: Owner::User,
        family: stage.world.oauth.new_family(),
        scopes,
    };
    let access = stage.word(30);
    grant_access(stage, &mint, &access, Some(ACCESS_LIFETIME));
    let scope = mint.scopes.join(" ");
    let expires_in = ACCESS_LIFETIME;
    Answer::json(
        200,
        &json!({"access_token": access, "token_type": "Bearer", "expires_in": expires_in, "scope": scope}),
    )
}

fn refuse_code(stage: &mut Stage<'_>, refusal: CodeRefusal) -> Answer {
    let parameter = match refusal {
        CodeRefusal::OtherRedirect => "redirect_uri",
        CodeRefusal::VerifierWrong | CodeRefusal::VerifierMissing | CodeRefusal::VerifierUnasked => {
            "code_verifier"
        }
        CodeRefusal::Replayed { family } => {
            stage.world.oauth.end_family(PROVIDER, family);
            "code"
        }
        _ => "code",
    };
    invalid(stage, "invalid_grant", parameter)
}

/// A pair of tokens, and with a code's what came of the consent beside them.
fn answer(stage: &mut Stage<'_>, mint: &Mint, code: Option<&Code>) -> Answer {
    let (access, refresh) = (stage.word(30), stage.word(30));
    grant_access(stage, mint, &access, Some(ACCESS_LIFETIME));
    issue(stage, Role::Refresh, mint.clone(), &refresh, None);
    let mut body = json!({
        "token_type": "Bearer",
        "access_token": access,
        "expires_in": ACCESS_LIFETIME,
        "refresh_token": refresh,
        "scope": mint.scopes.join(" "),
    });
    let Some(code) = code else {
        return Answer::json(200, &body);
    };
    let guild = code.bot.as_ref().and_then(|bot| bot.guild);
    if let Some(guild) = guild.and_then(|guild| discord::shown_guild(stage, guild)) {
        body["guild"] = guild;
    }
    let incoming = mint.scopes.iter().any(|scope| scope == "webhook.incoming");
    if incoming && let Some(webhook) = discord::incoming_webhook(stage, &mint.client_id, &mint.account) {
        body["webhook"] = webhook;
    }
    Answer::json(200, &body)
}

/// Any token ends all that the user has granted to the app. An unknown one is no error.
pub(crate) fn revoke(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let (form, client_id) = match read(stage, request, &["token", "token_type_hint"]) {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let Some(value) = form.filled("token") else {
        return fail(stage, 400, "invalid_request", Some("Missing \"token\" in request."));
    };
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_live(PROVIDER, value, stage.now).cloned();
    if let Some(token) = token.filter(|token| token.client_id == client_id) {
        stage.world.oauth.end_grant(PROVIDER, &client_id, &token.account);
        stage.note.account = Some(token.account);
    }
    stage.note.detail("outcome", "ok");
    Answer::json(200, &json!({}))
}
