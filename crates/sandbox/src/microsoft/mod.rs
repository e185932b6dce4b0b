//! Microsoft's twin: OAuth on login.microsoftonline.com, and Microsoft Graph v1.0 as far as the signed-in user's mail,
//! calendars and contacts go.

mod attachments;
mod availability;
mod calendar;
mod compose;
mod contacts;
mod entity;
mod events;
mod failure;
mod filter;
mod folders;
mod invitations;
mod mailbox;
mod messages;
mod odata;
mod outgoing;
mod prefer;
mod properties;
mod recurrence;
mod routes;
mod search;
mod seed;
mod series;
mod shapes;
mod user;
mod writing;
mod zones;

pub(crate) use mailbox::Tenant;
pub(crate) use seed::seed;

use serde_json::{Map, Value};

use crate::oauth::{Caller, microsoft};
use crate::people::{self, Person};
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::Stage;
use crate::strict::{self, Arguments, Fields};
use crate::wire::{Answer, Authorization, Pairs, Request};
use failure::Failure;
use mailbox::Mailbox;
use prefer::Prefer;

/// The directory that everybody here belongs to.
pub(crate) const TENANT: &str = "7f4d2c10-93a5-4c1e-8b6f-18151210a0da";

pub(crate) fn user_id(person: &Person) -> String {
    format!("{:08x}-7a1c-4d2e-9f30-{:012x}", person.number, person.number)
}

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    caller: Caller,
    prefer: Prefer,
    path: String,
    /// The query as it came, for the address of the next page.
    pairs: Pairs,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The address of the signed-in user.
    fn account(&self) -> &str {
        &self.caller.account
    }

    fn person(&self) -> &'static Person {
        people::of(Provider::Microsoft, &self.caller.account)
    }

    fn has_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| has_scope(&self.caller, scope))
    }
}

/// Scopes of Graph are known with its address and without, in any case.
fn has_scope(caller: &Caller, scope: &str) -> bool {
    caller.scopes.iter().any(|own| {
        let short = own.strip_prefix("https://graph.microsoft.com/").unwrap_or(own);
        short.eq_ignore_ascii_case(scope)
    })
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    /// An entity, by the exact names of its properties.
    Entity,
    /// The parameters of an action. The description writes those of Outlook with a capital, the documentation without,
    /// and Graph takes both.
    Action,
    /// The same where all parameters may be left out, and the body with them.
    OptionalAction,
}

struct Operation {
    input: Input,
    run: Handler,
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("login.microsoftonline.com", "/common/oauth2/v2.0/authorize") => {
            microsoft::authorize(stage, request)
        }
        ("login.microsoftonline.com", "/common/oauth2/v2.0/token") => microsoft::token(stage, request),
        ("graph.microsoft.com", _) => {
            let result = call(stage, request);
            stage.note.detail("outcome", result.as_ref().err().map_or("ok", Failure::code));
            let request_id = stage.uuid();
            let answer = match result {
                Ok(answer) => answer,
                Err(failure) => failure.answer(stage, &request_id),
            };
            answer.with("request-id", request_id.clone()).with("client-request-id", request_id)
        }
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>We can't find that page</h1>"),
    }
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) = route::choose(stage, request, routes::ROUTES, Failure::method, Failure::no_path)?;
    let caller = authenticate(stage, request)?;
    // Where none is declared the handler decides, because it depends on what is asked for.
    if !route.scopes.is_empty() && !route.scopes.iter().any(|scope| has_scope(&caller, scope)) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::denied());
    }
    let body = match route.body {
        Some(fields) => read_body(request, fields, route.handler.input)?,
        None if request.body.is_empty() => Arguments::default(),
        None => return Err(Failure::invalid("sandbox: this operation takes no body")),
    };
    let call = Call {
        captures,
        query: strict::from_pairs(&request.query, route.query)?,
        body,
        caller,
        prefer: Prefer::read(request)?,
        path: request.path.clone(),
        pairs: request.query.clone(),
    };
    (route.handler.run)(stage, &call)
}

fn read_body(request: &Request, fields: Fields, input: Input) -> Result<Arguments, Failure> {
    if request.body.is_empty() && input == Input::OptionalAction {
        return Ok(Arguments::default());
    }
    if !request.is_json() {
        return Err(Failure::invalid(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration. sandbox: it must be \
             application/json",
        ));
    }
    if input == Input::Entity {
        return Ok(strict::from_json(&request.body, fields)?);
    }
    let Ok(Value::Object(sent)) = serde_json::from_slice(&request.body) else {
        return Ok(strict::from_json(&request.body, fields)?);
    };
    let mut parameters = Map::new();
    for (name, value) in sent {
        let name = decapitalised(&name);
        if parameters.insert(name.clone(), value).is_some() {
            return Err(Failure::body(format!("Multiple parameters with the name '{name}' were found.")));
        }
    }
    let bytes = Value::Object(parameters).to_string();
    Ok(strict::from_json(bytes.as_bytes(), fields)?)
}

fn decapitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Failure> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Failure::token("Access token is empty."));
    };
    let caller = stage.caller(Provider::Microsoft, &token);
    caller.map_err(|_| Failure::token("Lifetime validation failed, the token is expired or not known."))
}

/// The signed-in user's mailbox.
fn mailbox<'a>(stage: &'a mut Stage<'_>, call: &Call) -> &'a mut Mailbox {
    stage.world.microsoft.mailbox(call.account())
}
