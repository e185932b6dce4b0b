//! Slack's twin: one workspace behind the Web API. Errors have status 200.

mod changes;
mod channels;
mod chat;
mod conversations;
mod failure;
mod fields;
mod files;
mod messages;
mod methods;
mod others;
mod pins;
mod scheduled;
mod seed;
mod users;
pub(crate) mod workspace;

use http::Method as Verb;
use serde_json::{Value, json};

pub(crate) use seed::seed;
pub(crate) use workspace::Workspace;

use failure::Failure;
use methods::{Encoding, METHODS, Method};
use workspace::Actor;

use crate::oauth::{Caller, Dead, Owner, slack};
use crate::provider::Provider;
use crate::stage::Stage;
use crate::strict::{self, Arguments, MisfitKind};
use crate::wire::{Answer, Authorization, Pairs, Request};

/// One Web API call that may go on.
struct Call {
    arguments: Arguments,
    caller: Caller,
    actor: Actor,
    /// The token itself, for the call that ends it.
    token: String,
}

impl Call {
    fn text(&self, name: &str) -> &str {
        self.arguments.text(name).unwrap_or_default()
    }

    /// Fails unless the token has one of `scopes`.
    fn need(&self, scopes: &[&str]) -> Result<(), Failure> {
        if self.caller.has_any(scopes) {
            return Ok(());
        }
        Err(Failure::scope(scopes, &self.caller.scopes))
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("slack.com", "/oauth/v2/authorize") => slack::authorize(stage, request),
        ("slack.com", "/api/oauth.v2.access") => slack::access(stage, request),
        ("files.slack.com", path) => match path.strip_prefix("/upload/v1/") {
            Some(ticket) => files::receive(stage, request, ticket),
            None => Answer::text(404, "text/plain; charset=utf-8", "sandbox: no such path\n"),
        },
        ("slack.com", path) if path.starts_with("/api/") => {
            let name = path.trim_start_matches("/api/");
            match call(stage, request, name) {
                Ok(answer) => {
                    stage.note.detail("outcome", "ok");
                    charset(request, answer)
                }
                Err(failure) => {
                    stage.note.detail("outcome", failure.error);
                    if let Some(needed) = failure.needed() {
                        stage.note.detail("needed", needed);
                    }
                    failure.answer()
                }
            }
        }
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>There's been a glitch…</h1>"),
    }
}

/// Slack warns of JSON that does not say how it is encoded.
fn charset(request: &Request, mut answer: Answer) -> Answer {
    let declared = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if request.is_json()
        && !declared.contains("charset=")
        && let Ok(Value::Object(mut body)) = serde_json::from_slice(&answer.body)
    {
        body.entry("warning").or_insert_with(|| json!("missing_charset"));
        let metadata = body.entry("response_metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.entry("warnings").or_insert_with(|| json!(["missing_charset"]));
        }
        answer.body = Value::Object(body).to_string().into_bytes();
    }
    answer
}

fn call(stage: &mut Stage<'_>, request: &Request, name: &str) -> Result<Answer, Failure> {
    stage.note.operation = Some(name.to_owned());
    let method = METHODS
        .iter()
        .find(|method| method.name == name)
        .ok_or_else(|| Failure::of("unknown_method").because(format!("sandbox: no method `{name}` here")))?;
    let (caller, token) = authenticate(stage, request)?;
    if method.user_only && caller.owner == Owner::Bot {
        return Err(Failure::of("not_allowed_token_type"));
    }
    if !method.scopes.is_empty() && !caller.has_any(method.scopes) {
        // Of a token that has one of them and still not that of the channel's kind only `needed` is noted.
        stage.note.detail("lacks_scope", true);
        return Err(Failure::scope(method.scopes, &caller.scopes));
    }
    let arguments = read(request, method)?;
    scheduled::deliver_due(stage);
    let actor = workspace::actor(stage, &caller);
    let call = Call { arguments, caller, actor, token };
    (method.handler)(stage, &call)
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<(Caller, String), Failure> {
    let token = match request.authorization() {
        Authorization::Bearer(token) => token,
        Authorization::None => return Err(Failure::of("not_authed")),
        Authorization::Basic { .. } | Authorization::Unreadable => return Err(Failure::of("invalid_auth")),
    };
    let caller = stage.caller(Provider::Slack, &token);
    let caller = caller.map_err(|dead| {
        Failure::of(match dead {
            Dead::Expired => "token_expired",
            Dead::Revoked => "token_revoked",
            Dead::Unknown | Dead::Reused | Dead::OtherClient => "invalid_auth",
        })
    })?;
    Ok((caller, token))
}

/// Reads take a query or a form, writes a form, and most of them JSON.
fn read(request: &Request, method: &Method) -> Result<Arguments, Failure> {
    let wrong_type = |message: &str| Failure::of("invalid_post_type").because(message.to_owned());
    let arguments = match (&request.method, method.encoding) {
        (&Verb::GET, Encoding::Query | Encoding::Any) => strict::from_pairs(&request.query, method.fields),
        (&Verb::GET, _) => return Err(wrong_type("sandbox: a write goes by POST")),
        (&Verb::POST, _) if !request.query.0.is_empty() => {
            return Err(wrong_type("sandbox: the arguments of a POST go in its body"));
        }
        (&Verb::POST, _) if request.body.is_empty() => strict::from_pairs(&Pairs::default(), method.fields),
        (&Verb::POST, _) if request.is_form() => {
            strict::from_pairs(&Pairs::parse(&request.body), method.fields)
        }
        (&Verb::POST, Encoding::FormOrJson | Encoding::Any) if request.is_json() => {
            strict::from_json(&request.body, method.fields)
        }
        (&Verb::POST, _) => {
            return Err(wrong_type("sandbox: the media type is not one that this method takes"));
        }
        _ => return Err(wrong_type("sandbox: GET or POST")),
    };
    arguments.map_err(|misfit| {
        if misfit.fault == MisfitKind::NotJson {
            return Failure::of("invalid_json");
        }
        let missing_text = misfit.fault == MisfitKind::Missing && misfit.at == "text";
        let error = if missing_text { "no_text" } else { "invalid_arguments" };
        Failure::of(error).because(misfit.sentence())
    })
}
