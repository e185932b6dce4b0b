//! Discord's twin: OAuth on discord.com, and the API v10 with its servers, channels and messages.
//!
//! A user's token reads about that user; all else takes the token of the app's bot, in a scheme of its own. A bot sees
//! the servers that somebody has added it to by a consent with the scope `bot`.

mod channels;
mod compose;
mod failure;
mod guilds;
mod install;
mod invites;
mod members;
mod messages;
mod multipart;
mod permissions;
mod pins;
mod reactions;
mod roles;
mod routes;
mod seed;
mod shapes;
mod show;
mod state;
mod threads;
mod users;
mod webhooks;

pub(crate) use install::{Installation, add_bot, choose_guild, incoming_webhook, shown_guild};
pub(crate) use seed::seed;
pub(crate) use state::Guilds;

use failure::{Failure, Known};
use multipart::File;
use permissions::VIEW_CHANNEL;
use state::{Channel, Guild, Message};

use crate::oauth::{Caller, Owner, discord};
use crate::people;
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::{Stage, fingerprint};
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Request};

/// Calls that a bucket has in each window. They are counted and never run out; a fault does that.
const BUCKET_CALLS: u32 = 50;
const WINDOW: i64 = 1;

/// Who calls.
#[derive(Debug, Clone)]
enum Actor {
    User(Caller),
    /// The bot of the app with this id, which is its own id, too.
    Bot(u64),
    /// Who knows the token in the path needs no other.
    Nobody,
}

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    files: Vec<File>,
    actor: Actor,
}

/// A channel that the caller sees, and what he may do in it.
struct Place {
    channel: Channel,
    permissions: u64,
}

impl Place {
    fn need(&self, permissions: u64) -> Result<(), Failure> {
        if self.permissions & permissions == permissions {
            return Ok(());
        }
        Err(failure::MISSING_PERMISSIONS.into())
    }
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The id in place of `{name}`.
    fn id(&self, name: &str) -> Result<u64, Failure> {
        let text = self.captured(name);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).ok_or_else(|| Failure::snowflake(name, text))
    }

    /// The id of whoever calls.
    fn user(&self) -> u64 {
        match &self.actor {
            Actor::User(caller) => state::user_id(people::of(Provider::Discord, &caller.account)),
            Actor::Bot(id) => *id,
            Actor::Nobody => 0,
        }
    }

    /// How many items are asked for.
    fn limit(&self, least: i64, most: i64, default: usize) -> Result<usize, Failure> {
        let Some(limit) = self.query.integer("limit") else {
            return Ok(default);
        };
        in_range("limit", limit, least, most)?;
        Ok(usize::try_from(limit).unwrap_or(default))
    }

    /// The channel `{channel_id}`.
    fn place(&self, stage: &Stage<'_>) -> Result<Place, Failure> {
        self.place_at(stage, self.id("channel_id")?)
    }

    fn place_at(&self, stage: &Stage<'_>, id: u64) -> Result<Place, Failure> {
        let state = &stage.world.discord;
        let channel = state.channels.get(&id).ok_or(failure::UNKNOWN_CHANNEL)?.clone();
        let permissions = permissions::in_channel(state, &channel, self.user());
        let private = channel.kind == state::kind::PRIVATE_THREAD;
        let invited = channel.thread.as_ref().is_some_and(|thread| thread.members.contains_key(&self.user()));
        let hidden = private && !invited && permissions & permissions::MANAGE_THREADS == 0;
        if permissions & VIEW_CHANNEL == 0 || hidden {
            return Err(failure::MISSING_ACCESS.into());
        }
        Ok(Place { channel, permissions })
    }

    /// The guild `{guild_id}`, which the caller is in.
    fn guild<'w>(&self, stage: &'w Stage<'_>) -> Result<&'w Guild, Failure> {
        let guild = stage.world.discord.guilds.get(&self.id("guild_id")?).ok_or(failure::UNKNOWN_GUILD)?;
        if guild.members.contains_key(&self.user()) {
            return Ok(guild);
        }
        Err(failure::MISSING_ACCESS.into())
    }

    /// The same, where the caller has these permissions.
    fn guild_with<'w>(&self, stage: &'w Stage<'_>, needed: u64) -> Result<&'w Guild, Failure> {
        let guild = self.guild(stage)?;
        if permissions::in_guild(guild, self.user()) & needed == needed {
            return Ok(guild);
        }
        Err(failure::MISSING_PERMISSIONS.into())
    }

    /// The message `{message_id}` of a channel.
    fn message<'w>(&self, stage: &'w Stage<'_>, place: &Place) -> Result<&'w Message, Failure> {
        let found = stage.world.discord.message_in(place.channel.id, self.id("message_id")?);
        found.ok_or_else(|| failure::UNKNOWN_MESSAGE.into())
    }
}

fn in_range(at: &str, value: i64, least: i64, most: i64) -> Result<(), Failure> {
    if value < least {
        let message = format!("int value should be greater than or equal to {least}.");
        return Err(Failure::form(at, "NUMBER_TYPE_MIN", message));
    }
    if value > most {
        let message = format!("int value should be less than or equal to {most}.");
        return Err(Failure::form(at, "NUMBER_TYPE_MAX", message));
    }
    Ok(())
}

/// Where a value should have been an id in decimal, which the shapes have checked.
fn as_id(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// Whose token an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Bots,
    UsersAndBots,
    Users,
    /// The path itself says enough.
    Anybody,
}

/// What a body may be, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Json,
    /// JSON, or a form of parts with the JSON as one and files as the others.
    JsonOrParts,
}

struct Operation {
    access: Access,
    encoding: Encoding,
    run: Handler,
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    if request.path == "/api/oauth2/authorize" {
        return discord::authorize(stage, request);
    }
    // What stands before Discord turns away callers that do not name themselves, and browsers.
    let agent = request.header("user-agent").unwrap_or_default();
    if agent.is_empty() || agent.starts_with("Mozilla/") {
        stage.note.detail("outcome", "user_agent_refused");
        return Answer::text(403, "text/plain; charset=UTF-8", "error code: 1010");
    }
    match request.path.as_str() {
        "/api/oauth2/token" => discord::token(stage, request),
        "/api/oauth2/token/revoke" => discord::revoke(stage, request),
        _ => {
            let result = call(stage, request);
            let outcome = result.as_ref().err().map_or_else(|| "ok".to_owned(), Failure::outcome);
            stage.note.detail("outcome", outcome);
            let answer = result.unwrap_or_else(|failure| failure.answer());
            rate_limited(stage, answer)
        }
    }
}

/// Says how much is left of a bucket that the twin never empties.
fn rate_limited(stage: &mut Stage<'_>, answer: Answer) -> Answer {
    let Some(operation) = stage.note.operation.clone() else {
        return answer;
    };
    let who = stage.note.account.clone().or(stage.note.client_id.clone()).unwrap_or_default();
    let key = format!("{who} {operation}");
    let (calls, reset) = stage.world.discord.count_call(&key, stage.now, WINDOW);
    let left = reset - stage.now.as_second();
    answer
        .with("x-ratelimit-limit", BUCKET_CALLS.to_string())
        .with("x-ratelimit-remaining", BUCKET_CALLS.saturating_sub(calls).max(1).to_string())
        .with("x-ratelimit-reset", format!("{reset}.000"))
        .with("x-ratelimit-reset-after", format!("{left}.000"))
        .with("x-ratelimit-bucket", fingerprint(&operation))
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) = route::choose(
        stage,
        request,
        routes::ROUTES,
        || Failure::from(failure::NO_METHOD),
        || Failure::from(failure::NO_PATH),
    )?;
    let actor = authenticate(stage, request, route.handler.access)?;
    if let Actor::User(caller) = &actor
        && !route.scopes.iter().all(|scope| caller.has(scope))
    {
        // Discord does not tell this from a token that it does not know.
        stage.note.detail("lacks_scope", true);
        return Err(failure::UNAUTHORIZED.into());
    }
    let query = strict::from_pairs(&request.query, route.query)?;
    let (body, files) = match route.body {
        None if request.body.is_empty() => (Arguments::default(), Vec::new()),
        None => return Err(Failure::sandbox("this operation takes no body")),
        Some(fields) if request.is_json() => (strict::from_json(&request.body, fields)?, Vec::new()),
        Some(fields) if route.handler.encoding == Encoding::JsonOrParts => multipart::read(request, fields)?,
        Some(_) => {
            let message = "Expected \"Content-Type\" header to be one of {'application/json'}.";
            return Err(Failure::form("_misc", "CONTENT_TYPE", message));
        }
    };
    let call = Call { captures, query, body, files, actor };
    (route.handler.run)(stage, &call)
}

/// Bots and users have schemes of their own, and neither's token goes by the other's.
fn authenticate(stage: &mut Stage<'_>, request: &Request, access: Access) -> Result<Actor, Failure> {
    if access == Access::Anybody {
        return Ok(Actor::Nobody);
    }
    let header = request.header("authorization").unwrap_or_default();
    let unauthorized = || -> Result<Actor, Failure> { Err(Known::into(failure::UNAUTHORIZED)) };
    if let Some(token) = header.strip_prefix("Bot ") {
        let mut apps = stage.world.oauth.clients(Provider::Discord);
        let app = apps
            .find(|client| client.extra.get("bot_token").is_some_and(|own| !own.is_empty() && own == token));
        let Some(client_id) = app.map(|client| client.client_id.clone()) else {
            return unauthorized();
        };
        let id = as_id(&client_id);
        stage.note.client_id = Some(client_id);
        return match access {
            Access::Users => Err(failure::NOT_FOR_BOTS.into()),
            _ => Ok(Actor::Bot(id)),
        };
    }
    let Some(token) = header.strip_prefix("Bearer ") else {
        return unauthorized();
    };
    let Ok(caller) = stage.caller(Provider::Discord, token) else {
        return unauthorized();
    };
    if access == Access::Bots || caller.owner != Owner::User {
        return unauthorized();
    }
    Ok(Actor::User(caller))
}
