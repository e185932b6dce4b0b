//! The two tools as agents see them. The actions, their parameters and the facts are those of the published tool;
//! what is optional beyond it is additive.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

pub(crate) const MANAGE_INTEGRATIONS: &str = "manage_integrations";
pub(crate) const CONNECT_ACCOUNT: &str = "connect_account";

/// What an action cannot do without.
pub(crate) const ACTIONS: [(&str, &[&str]); 7] = [
    ("configure", &["toolkit"]),
    ("rotate_credentials", &["toolkit", "oauth_credentials"]),
    ("disable", &["toolkit"]),
    ("list_available", &[]),
    ("list_connected", &[]),
    ("list_tools", &[]),
    ("execute_action", &["tool_name"]),
];

const DESCRIPTION: &str = "Manage the third-party integrations of an app, and act on behalf of its users: send a mail, \
create an event, open an issue.

Actions and what each takes besides app_id:
- configure {toolkit, scopes?, display_name?, oauth_credentials?}: enable a toolkit for the app, or change how it is enabled
- rotate_credentials {toolkit, oauth_credentials}: put in a new client id and secret of the app's own OAuth client; connected accounts are kept
- disable {toolkit}: stop a toolkit for the app; accounts are kept
- list_available {search?}: what can be enabled. Without search: the curated toolkits; with it: the whole catalogue
- list_connected {}: the connected accounts
- list_tools {toolkit?, search?}: what can be done. With a toolkit or a search the parameters come along
- execute_action {tool_name, params?, user_id?}: do it

Curated toolkits, which need no OAuth client of your own where this instance has one: gmail, google-calendar, slack, \
google-sheets, notion, github, hubspot, outlook, google-drive, discord. Others, such as twitter, linkedin and reddit, \
need oauth_credentials: call list_available with search first and look at requires_byo_credentials, auth_schemes and \
credential_fields.

Examples:
{\"app_id\":\"app_1\",\"action\":\"configure\",\"toolkit\":\"gmail\",\"scopes\":[\"gmail.send\"]}
{\"app_id\":\"app_1\",\"action\":\"configure\",\"toolkit\":\"twitter\",\"scopes\":[\"tweet.read\",\"tweet.write\",\"users.read\",\"offline.access\"],\"oauth_credentials\":{\"client_id\":\"...\",\"client_secret\":\"...\",\"generic_id\":\"<app bearer token>\",\"auth_scheme\":\"OAUTH2\"}}
{\"app_id\":\"app_1\",\"action\":\"list_tools\",\"toolkit\":\"gmail\"}
{\"app_id\":\"app_1\",\"action\":\"execute_action\",\"tool_name\":\"GMAIL_SEND_EMAIL\",\"params\":{\"to\":\"user@example.com\",\"subject\":\"Hello\",\"body\":\"World\"}}

Errors carry a code, a message, a remediation that says what to do next, and details. Common codes: \
INTEGRATIONS_NOT_CONFIGURED (no client for this toolkit on this instance), INTEGRATIONS_BYO_CREDENTIALS_REQUIRED (pass \
oauth_credentials), INTEGRATIONS_TOOLKIT_NOT_ENABLED (call configure), INTEGRATIONS_NOT_CONNECTED (give the user \
details.connect_url, or call connect_account), INTEGRATIONS_CONNECTION_EXPIRED (the same), \
INTEGRATIONS_EXECUTION_FAILED (details say why), INTEGRATIONS_UPSTREAM_ERROR, RESOURCE_NOT_FOUND.";

const CONNECT_DESCRIPTION: &str = "Get a link by which a user connects an account of a toolkit that is configured for \
the app. Give the link to the user; once the user has followed it, execute_action works for that user_id. Without \
user_id the account is the app's own. The link lives 30 minutes.";

static MANAGE_SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let actions: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "required": ["app_id", "action"],
        "properties": {
            "app_id": { "type": "string", "description": "The app." },
            "action": { "type": "string", "enum": actions, "description": "What to do." },
            "toolkit": { "type": "string", "description": "Slug such as gmail or google-calendar." },
            "scopes": { "type": "array", "items": { "type": "string" }, "description": "Scopes to ask users for, in the provider's or the short form; an empty list means the toolkit's default." },
            "display_name": { "type": "string", "description": "How the integration is called in the app." },
            "oauth_credentials": { "type": "object", "description": "The app's own OAuth client: client_id, client_secret, auth_scheme, and what the toolkit declares in credential_fields." },
            "search": { "type": "string", "description": "Plain words to find toolkits or tools by." },
            "tool_name": { "type": "string", "description": "Name of the tool to execute, such as GMAIL_SEND_EMAIL." },
            "params": { "type": "object", "description": "The tool's arguments, as its parameters describe them." },
            "user_id": { "type": "string", "description": "The app's id of the user to act for or to list; without it the app's own account." },
            "connection_id": { "type": "string", "description": "Which account, where the user has several." },
            "idempotency_key": { "type": "string", "description": "Makes a repeated execute_action answer with the first one's result." },
            "raw": { "type": "boolean", "description": "execute_action: true for the provider's whole answer instead of the tool's result." },
            "text_limit": { "type": "integer", "minimum": 500, "description": "execute_action: how many characters of a long text are shown; 20000 unless said otherwise." },
            "curated": { "type": "boolean", "description": "list_available: true for the curated toolkits only, false for the whole catalogue." },
            "limit": { "type": "integer", "minimum": 1, "maximum": 200, "description": "Lists: how many at most." },
            "cursor": { "type": "string", "description": "Lists: next_cursor of the page before." }
        }
    })
});

static CONNECT_SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "required": ["app_id", "toolkit"],
        "properties": {
            "app_id": { "type": "string", "description": "The app." },
            "toolkit": { "type": "string", "description": "Slug of a configured toolkit." },
            "user_id": { "type": "string", "description": "The app's id of the user who connects; without it the app's own account." },
            "scopes": { "type": "array", "items": { "type": "string" }, "description": "Scopes to ask for instead of the configured ones." },
            "redirect_url": { "type": "string", "description": "Page of the app to which the user's browser returns." }
        }
    })
});

/// The input schema of a tool; `None` for a tool there is not.
pub(crate) fn schema(tool: &str) -> Option<&'static Value> {
    match tool {
        MANAGE_INTEGRATIONS => Some(&MANAGE_SCHEMA),
        CONNECT_ACCOUNT => Some(&CONNECT_SCHEMA),
        _ => None,
    }
}

/// Both tools, always in this order.
pub(crate) fn tools() -> Vec<Tool> {
    let tool = |name: &'static str, title: &str, description: &'static str, annotations: ToolAnnotations| {
        let schema: JsonObject = schema(name).and_then(Value::as_object).cloned().unwrap_or_default();
        Tool::new(name, description, Arc::new(schema)).with_title(title).with_annotations(annotations)
    };
    vec![
        tool(
            MANAGE_INTEGRATIONS,
            "Manage integrations",
            DESCRIPTION,
            ToolAnnotations::new().read_only(false).destructive(true).idempotent(false).open_world(true),
        ),
        tool(
            CONNECT_ACCOUNT,
            "Connect an account",
            CONNECT_DESCRIPTION,
            ToolAnnotations::new().read_only(false).destructive(false).idempotent(false).open_world(true),
        ),
    ]
}
