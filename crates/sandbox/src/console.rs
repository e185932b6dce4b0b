//! The control over HTTP, under `/_sandbox/`, and the page that explains the sandbox.
//!
//! GET `/_sandbox/ledger?since=SEQUENCE`, `faults`, `clients`, `users`, `origins` and `composio` answer JSON. POST
//! `/_sandbox/COMMAND` takes the command's fields as a JSON object, see [`COMMANDS`]. Only JSON is taken, which a page
//! from elsewhere cannot post unasked.

use std::collections::BTreeMap;
use std::error::Error;

use askama::Template;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::composio::COMPOSIO_KEY;
use crate::control::Control;
use crate::faults::Fault;
use crate::ledger::Entry;
use crate::oauth::{Grace, RegisteredClient, Reuse, Rotation};
use crate::people::{PEOPLE, Person};
use crate::provider::{HOSTS, Provider};
use crate::style;
use crate::wire::{Answer, Request};

const LATEST: usize = 50;

/// The commands with their fields, as the page shows them.
const COMMANDS: &[(&str, &str)] = &[
    (
        "inject",
        "provider, matcher: any | token | revoke | api | a piece of a path, times?, what: \"status500\" | \
         \"reset_before\" | \"reset_after\" | \"malformed\" | \"html502\" | \"expire_tokens\" | {latency: MS} | \
         {status429: {retry_after: S}} | {hold: NAME} | {hold_answer: NAME} | {answer: {status, headers?, body}} | \
         {reword: {status?, headers?, body}} | {transfer: \"cut_off\" | {drip: MS} | {padded: BYTES}}",
    ),
    ("release", "name"),
    ("clear_faults", ""),
    ("clear_ledger", ""),
    ("reset", ""),
    ("register_client", "provider, redirect_uris, extra?"),
    ("rotate_client_secret", "provider, client_id"),
    ("set_rotation", "provider, client_id, rotation: on | off"),
    ("set_reuse", "provider, reuse: ends_family | is_refused"),
    ("set_grace", "provider, grace?: {same_again: S} | {another: S}"),
    ("expire_access_tokens", "provider"),
    ("revoke_account", "provider, account"),
    ("set_granted", "provider, scopes?"),
    ("callback_issuer", "provider, issuer?"),
    ("set_composio_account_status", "id, status"),
    ("delete_composio_account", "id"),
    ("set_composio_catalog_size", "size"),
];

#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Inject(Fault),
    Release {
        name: String,
    },
    ClearFaults {},
    ClearLedger {},
    Reset {},
    RegisterClient {
        provider: Provider,
        redirect_uris: Vec<String>,
        #[serde(default)]
        extra: BTreeMap<String, String>,
    },
    RotateClientSecret {
        provider: Provider,
        client_id: String,
    },
    SetRotation {
        provider: Provider,
        client_id: String,
        rotation: Rotation,
    },
    SetReuse {
        provider: Provider,
        reuse: Reuse,
    },
    SetGrace {
        provider: Provider,
        grace: Option<Grace>,
    },
    ExpireAccessTokens {
        provider: Provider,
    },
    RevokeAccount {
        provider: Provider,
        account: String,
    },
    SetGranted {
        provider: Provider,
        scopes: Option<Vec<String>>,
    },
    CallbackIssuer {
        provider: Provider,
        issuer: Option<String>,
    },
    SetComposioAccountStatus {
        id: String,
        status: String,
    },
    DeleteComposioAccount {
        id: String,
    },
    SetComposioCatalogSize {
        size: usize,
    },
}

/// Serves what is not under a provider's host.
pub(crate) fn answer(control: &Control, request: &Request) -> Answer {
    let own = matches!(request.host.as_str(), "_sandbox" | "");
    match (request.method.clone(), request.path.trim_matches('/')) {
        (Method::GET, "") if own => page(control),
        (Method::GET, what) if own => read(control, request, what),
        (Method::POST, command) if own => post(control, request, command),
        _ if own => refuse(405, "sandbox: GET or POST"),
        _ => refuse(404, "sandbox: the first segment of a path is a provider's host, or `_sandbox`"),
    }
}

fn refuse(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error": message}))
}

fn read(control: &Control, request: &Request, what: &str) -> Answer {
    let body = match what {
        "ledger" => match request.query.get("since").unwrap_or("0").parse() {
            Ok(since) => json!({"entries": control.ledger_since(since)}),
            Err(_) => return refuse(400, "sandbox: `since` is a sequence number"),
        },
        "faults" => json!({"faults": control.faults()}),
        "clients" => json!({"clients": control.clients()}),
        "users" => json!({"users": users()}),
        "composio" => json!({
            "url": control.composio_url(),
            "key": COMPOSIO_KEY,
            "auth_configs": control.composio_auth_configs(),
            "accounts": control.composio_accounts(),
        }),
        "origins" => {
            let base = &control.twins().base;
            let twin = |host: &str| (format!("https://{host}"), json!(format!("{base}{host}")));
            let origins: serde_json::Map<String, Value> = HOSTS.iter().map(|(host, _)| twin(host)).collect();
            json!({"origins": origins})
        }
        _ => {
            return refuse(
                404,
                "sandbox: there are ledger, faults, clients, users, origins and composio to read",
            );
        }
    };
    Answer::json(200, &body).with("cache-control", "no-store")
}

fn users() -> Vec<Value> {
    let person = |person: &Person| {
        let account = |provider: Provider| (provider.name().to_owned(), json!(person.account(provider)));
        let accounts: serde_json::Map<String, Value> = Provider::ALL.into_iter().map(account).collect();
        json!({"name": person.name(), "accounts": accounts})
    };
    PEOPLE.iter().map(person).collect()
}

fn post(control: &Control, request: &Request, name: &str) -> Answer {
    if !request.is_json() {
        return refuse(415, "sandbox: commands are application/json");
    }
    let mut body: Value = match serde_json::from_slice(&request.body) {
        Ok(body @ Value::Object(_)) => body,
        _ => return refuse(400, "sandbox: the body is a JSON object"),
    };
    body["command"] = Value::from(name);
    match serde_json::from_value(body) {
        Ok(command) => {
            obey(control, command).unwrap_or_else(|error| refuse(404, &format!("sandbox: {error}")))
        }
        Err(error) => refuse(400, &format!("sandbox: {error}")),
    }
}

fn obey(control: &Control, command: Command) -> Result<Answer, Box<dyn Error>> {
    let mut body = json!({"ok": true});
    match command {
        Command::Inject(fault) => control.inject(fault),
        Command::Release { name } => control.release(&name),
        Command::ClearFaults {} => control.clear_faults(),
        Command::ClearLedger {} => control.clear_ledger(),
        Command::Reset {} => control.reset(),
        Command::RegisterClient { provider, .. } if !Provider::OAUTH.contains(&provider) => {
            return Err(format!("{provider} has no authorization server").into());
        }
        Command::RegisterClient { provider, redirect_uris, extra } => {
            body["client"] = json!(control.register_client(provider, redirect_uris, extra))
        }
        Command::RotateClientSecret { provider, client_id } => {
            body["client_secret"] = json!(control.rotate_client_secret(provider, &client_id)?);
        }
        Command::SetRotation { provider, client_id, rotation } => {
            control.set_rotation(provider, &client_id, rotation)?
        }
        Command::SetReuse { provider, reuse } => control.set_reuse(provider, reuse),
        Command::SetGrace { provider, grace } => control.set_grace(provider, grace),
        Command::ExpireAccessTokens { provider } => control.expire_access_tokens(provider),
        Command::RevokeAccount { provider, account } => control.revoke_account(provider, &account),
        Command::SetGranted { provider, scopes } => control.set_granted(provider, scopes),
        Command::CallbackIssuer { provider, issuer } => control.callback_issuer(provider, issuer),
        Command::SetComposioAccountStatus { id, status } => {
            control.set_composio_account_status(&id, &status)?
        }
        Command::DeleteComposioAccount { id } => control.delete_composio_account(&id)?,
        Command::SetComposioCatalogSize { size } => control.set_composio_catalog_size(size),
    }
    Ok(Answer::json(200, &body))
}

#[derive(Template)]
#[template(path = "sandbox.html")]
struct Page {
    style: &'static str,
    commands: &'static [(&'static str, &'static str)],
    origins: Vec<(String, String)>,
    users: Vec<(String, &'static str, &'static str)>,
    clients: Vec<(&'static str, String, String)>,
    faults: Vec<String>,
    entries: Vec<Entry>,
}

fn page(control: &Control) -> Answer {
    let twins = control.twins();
    let clients = twins.with_world(|stage| {
        let row = |client: &RegisteredClient| {
            let redirects = match &client.redirect_uris {
                Some(uris) => uris.join(", "),
                None => "any loopback address".to_owned(),
            };
            (client.provider.title(), client.client_id.clone(), redirects)
        };
        stage.world.oauth.all_clients().iter().map(row).collect()
    });
    let fault = |fault: &Fault| {
        let times = fault.times.map_or_else(|| "until cleared".to_owned(), |times| format!("{times} times"));
        format!("{} {}: {}, {times}", fault.provider, fault.matcher, fault.what.name())
    };
    let page = Page {
        style: style::SHEET,
        commands: COMMANDS,
        origins: HOSTS
            .iter()
            .map(|(host, _)| (format!("https://{host}"), format!("{}{host}", twins.base)))
            .collect(),
        users: PEOPLE.iter().map(|person| (person.name(), person.email, person.handle)).collect(),
        clients,
        faults: control.faults().iter().map(fault).collect(),
        entries: twins.ledger().latest(LATEST),
    };
    style::page(200, page.render())
}
