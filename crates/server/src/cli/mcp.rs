//! `bbi mcp`: an MCP server on standard input and output whose calls a running server carries out.

use std::sync::Arc;

use axum::http::request::Parts;
use reqwest::Method;
use rmcp::ServiceExt as _;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::Connection;
use super::client::{Client, Needs};
use crate::mcp::handler::{Calls, Handler, Outcome};

/// Carries out calls at a running server.
struct RemoteCalls(Client);

pub(super) async fn run(connection: &Connection) -> anyhow::Result<()> {
    let calls = RemoteCalls(Client::new(connection, Needs::ServiceKey)?);
    let service = Handler::new(Arc::new(calls)).serve(rmcp::transport::stdio()).await?;
    service.waiting().await?;
    Ok(())
}

impl Calls for RemoteCalls {
    async fn call(&self, _: Option<&Parts>, tool: &str, arguments: JsonObject) -> Outcome {
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments },
        });
        let headers =
            [("mcp-protocol-version", "2025-11-25"), ("accept", "application/json, text/event-stream")];
        let (status, answer) = self
            .0
            .send_raw(Method::POST, "/mcp", Some(&call), &headers)
            .await
            .map_err(|error| unreachable(&error))?;
        if status >= 400 {
            return Err(answer);
        }
        let result = &answer["result"];
        let structured = result["structuredContent"].clone();
        if result["isError"] == true || structured.is_null() { Err(structured) } else { Ok(structured) }
    }
}

/// In the form of every other error.
fn unreachable(error: &anyhow::Error) -> Value {
    json!({ "error": {
        "code": "INTERNAL_ERROR", "message": error.to_string(), "request_id": "",
        "remediation": "Check that the server runs and that --url is right.",
    } })
}
