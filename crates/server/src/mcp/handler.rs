//! The MCP server proper, over whatever carries out its calls: the engine in this process, or a running server that
//! the command line talks to.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;

use super::definitions;

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];
const INSTRUCTIONS: &str = "Call manage_integrations with list_available to see what can be enabled, configure to enable \
it, connect_account to have a user connect, list_tools to see what can be done, execute_action to do it.";

/// What a tool call comes to: its result, or the envelope of its error.
pub(crate) type Outcome = Result<Value, Value>;

/// Carries out tool calls.
pub(crate) trait Calls: Send + Sync + 'static {
    /// `request` is the HTTP request the call came in, where it came in one.
    fn call(
        &self,
        request: Option<&Parts>,
        tool: &str,
        arguments: JsonObject,
    ) -> impl Future<Output = Outcome> + Send;
}

#[derive(Debug)]
pub(crate) struct Handler<C> {
    calls: Arc<C>,
}

impl<C> Handler<C> {
    pub(crate) fn new(calls: Arc<C>) -> Self {
        Self { calls }
    }
}

impl<C: Calls> ServerHandler for Handler<C> {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("butterbase-integrations", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(definitions::tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        definitions::tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if definitions::schema(&request.name).is_none() {
            return Err(ErrorData::invalid_params(format!("there is no tool `{}`", request.name), None));
        }
        let parts = context.extensions.get::<Parts>();
        let outcome = self.calls.call(parts, &request.name, request.arguments.unwrap_or_default()).await;
        Ok(match outcome {
            Ok(result) => CallToolResult::structured(result),
            Err(envelope) => CallToolResult::structured_error(envelope),
        }
        .into())
    }
}
