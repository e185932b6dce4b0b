//! Tool calls as engine calls. Arguments are read as the bodies of REST are, so both say the same of what is wrong.

use std::collections::HashMap;

use axum::http::request::Parts;
use catalog::Schema;
use engine::{Access, AvailableFilter, Caller, Engine, Error, Result, ToolFilter};
use rmcp::model::JsonObject;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::BoundApp;
use super::definitions::{ACTIONS, CONNECT_ACCOUNT, MANAGE_INTEGRATIONS, schema};
use super::handler::{Calls, Outcome};
use crate::input;
use crate::requests::{ConfigureBody, ConnectBody, ExecuteBody};
use crate::wire::{
    AvailableIntegrations, ConnectResponse, Connections, ErrorEnvelope, ExecuteResponse, IntegrationConfig,
    Tools,
};

/// How many a list has unless the caller says otherwise.
const PAGE: usize = 50;

/// Carries out calls with the engine of this process.
#[derive(Debug)]
pub(crate) struct EngineCalls {
    engine: Engine,
    schemas: HashMap<&'static str, Schema>,
}

impl EngineCalls {
    pub(crate) fn new(engine: Engine) -> Self {
        let compiled = [MANAGE_INTEGRATIONS, CONNECT_ACCOUNT].into_iter().filter_map(|tool| {
            let schema = Schema::new(schema(tool)?.clone());
            Some((tool, schema.expect("our own input schemas are JSON Schemas")))
        });
        Self { schemas: compiled.collect(), engine }
    }

    async fn carry_out(
        &self,
        access: &Access,
        bound: Option<&BoundApp>,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<Value> {
        let arguments: Map<String, Value> =
            arguments.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let app = arguments.get("app_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let problems =
            self.schemas.get(tool).map(|schema| schema.problems(&Value::Object(arguments.clone())));
        let problems = problems.unwrap_or_default();
        if !problems.iter().any(|problem| problem.pointer == "/app_id") {
            // Who may not be here is told that before what else is wrong.
            if bound.is_some_and(|bound| bound.0 != app) {
                return Err(Error::app_not_found(&app));
            }
            if !problems.is_empty() {
                self.engine.authenticate(access, &app).await?;
            }
        }
        if !problems.is_empty() {
            return Err(Error::invalid(&problems));
        }
        match tool {
            CONNECT_ACCOUNT => {
                let caller = self.engine.authenticate(access, &app).await?;
                let body: ConnectBody = read(arguments)?;
                to_value(ConnectResponse::from(self.engine.connect(&caller, &body.into()).await?))
            }
            _ => self.manage(access, &app, arguments).await,
        }
    }

    async fn manage(&self, access: &Access, app: &str, arguments: Map<String, Value>) -> Result<Value> {
        let action = arguments.get("action").and_then(Value::as_str).unwrap_or_default().to_owned();
        let missing = missing_argument(&action, &arguments);
        if action == "execute_action" && missing.is_none() {
            return self.execute(access, app, read(arguments)?).await;
        }
        let caller = self.engine.authenticate(access, app).await?;
        if let Some(name) = missing {
            return Err(Error::missing(
                &format!("/{name}"),
                format!("\"{name}\" is required for the \"{action}\" action"),
            ));
        }
        match action.as_str() {
            "configure" => self.configure(&caller, read(arguments)?).await,
            "rotate_credentials" => self.rotate(&caller, &arguments).await,
            "disable" => {
                let toolkit =
                    self.engine.disable(&caller, text(&arguments, "toolkit").unwrap_or_default()).await?;
                Ok(json!({ "message": "Integration disabled", "toolkit": toolkit }))
            }
            "list_available" => self.list_available(&caller, &arguments).await,
            "list_connected" => self.list_connected(&caller, &arguments).await,
            _ => self.list_tools(&caller, &arguments).await,
        }
    }

    async fn configure(&self, caller: &Caller, body: ConfigureBody) -> Result<Value> {
        to_value(IntegrationConfig::from(self.engine.configure(caller, body.into()).await?))
    }

    async fn rotate(&self, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value> {
        let credentials =
            arguments.get("oauth_credentials").and_then(Value::as_object).cloned().unwrap_or_default();
        let toolkit = text(arguments, "toolkit").unwrap_or_default();
        let view =
            self.engine.rotate_credentials(caller, toolkit, &credentials, "/oauth_credentials").await?;
        to_value(IntegrationConfig::from(view))
    }

    async fn list_available(&self, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value> {
        let filter = AvailableFilter {
            search: owned(arguments, "search"),
            curated: arguments.get("curated").and_then(Value::as_bool),
            limit: limit(arguments),
            cursor: owned(arguments, "cursor"),
        };
        let listing = self.engine.list_available(caller, &filter).await?;
        to_value(AvailableIntegrations::new(&self.engine, listing))
    }

    async fn list_connected(&self, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value> {
        let filter = engine::ConnectionFilter {
            user: owned(arguments, "user_id"),
            toolkit: owned(arguments, "toolkit"),
            status: None,
            limit: limit(arguments) as i64,
            cursor: owned(arguments, "cursor"),
        };
        let page = self.engine.list_connections(caller, &filter).await?;
        let next_cursor = page.next.map(|cursor| cursor.to_text());
        to_value(Connections { connections: page.items.into_iter().map(Into::into).collect(), next_cursor })
    }

    /// Without a toolkit or a search, an overview: schemas of everything would fill an agent's memory.
    async fn list_tools(&self, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value> {
        let filter = ToolFilter {
            toolkit: owned(arguments, "toolkit"),
            search: owned(arguments, "search"),
            user: owned(arguments, "user_id"),
            limit: limit(arguments),
            cursor: owned(arguments, "cursor"),
        };
        let overview = filter.toolkit.is_none() && filter.search.is_none();
        let listing = self.engine.list_tools(caller, &filter).await?;
        if !overview {
            let tools = listing.items.into_iter().map(Into::into).collect();
            return to_value(Tools { tools, next_cursor: listing.next_cursor });
        }
        let tools: Vec<Value> = listing
            .items
            .iter()
            .map(|listed| {
                json!({
                    "name": listed.name(), "description": listed.description(),
                    "effect": listed.effect().as_str(), "connected": listed.connected,
                })
            })
            .collect();
        let mut shown = json!({ "tools": tools });
        if let Some(cursor) = listing.next_cursor {
            shown["next_cursor"] = Value::from(cursor);
        }
        Ok(shown)
    }

    async fn execute(&self, access: &Access, app: &str, body: ExecuteBody) -> Result<Value> {
        let tool = body.tool_name.clone().unwrap_or_default();
        let execute = body.execute(tool, None);
        to_value(ExecuteResponse::from(self.engine.execute(access, app, execute).await?))
    }
}

impl Calls for EngineCalls {
    async fn call(&self, request: Option<&Parts>, tool: &str, arguments: JsonObject) -> Outcome {
        let extensions = request.map(|parts| &parts.extensions);
        let access = extensions.and_then(|extensions| extensions.get::<Access>());
        let bound = extensions.and_then(|extensions| extensions.get::<BoundApp>());
        let request_id = access.map(Access::request_id).unwrap_or_default();
        let result = match access {
            Some(access) => self.carry_out(access, bound, tool, arguments).await,
            None => Err(Error::internal(anyhow::anyhow!("an MCP call without a credential"))),
        };
        result.map_err(|error| {
            if let Some(source) = error.source() {
                tracing::error!(request_id, code = %error.code(), ?source, "tool call failed");
            }
            serde_json::to_value(ErrorEnvelope::new(&error, request_id)).unwrap_or_default()
        })
    }
}

/// The first argument that an action cannot do without and does not have.
fn missing_argument(action: &str, arguments: &Map<String, Value>) -> Option<&'static str> {
    let (_, required) = ACTIONS.iter().find(|(name, _)| *name == action)?;
    required.iter().copied().find(|name| !arguments.contains_key(*name))
}

fn read<T: DeserializeOwned + utoipa::ToSchema + 'static>(arguments: Map<String, Value>) -> Result<T> {
    input::read(Value::Object(arguments))
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(Value::as_str)
}

fn owned(arguments: &Map<String, Value>, name: &str) -> Option<String> {
    text(arguments, name).map(str::to_owned)
}

/// The schema has bounded it already.
fn limit(arguments: &Map<String, Value>) -> usize {
    let given = arguments.get("limit").and_then(Value::as_u64);
    given.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE)
}

fn to_value(shown: impl Serialize) -> Result<Value> {
    serde_json::to_value(shown).map_err(Error::internal)
}
