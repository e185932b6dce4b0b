//! MCP calls by hand: JSON-RPC over HTTP, as any client sends it.

use serde_json::{Value, json};

use super::{Answer, TestApp};

impl TestApp {
    /// A JSON-RPC request to an MCP endpoint.
    pub(crate) async fn rpc(&self, path: &str, key: &str, method: &str, params: Value) -> Answer {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = self.http().post(format!("{}{path}", self.url)).bearer_auth(key);
        let request =
            request.header("mcp-protocol-version", "2025-11-25").header("content-type", "application/json");
        self.answer(request.body(body.to_string())).await
    }

    /// A tool call: its structured result, or the envelope of its error.
    pub(crate) async fn tool(&self, tool: &str, arguments: Value) -> Result<Value, Value> {
        let answer =
            self.rpc("/mcp", &self.key, "tools/call", json!({"name": tool, "arguments": arguments})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let result = &answer.body["result"];
        let structured = result["structuredContent"].clone();
        assert!(structured.is_object(), "{}", answer.body);
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(text).unwrap(),
            structured,
            "one text item holds the same JSON"
        );
        if result["isError"] == true { Err(structured) } else { Ok(structured) }
    }

    /// An action of `manage_integrations` on this app.
    pub(crate) async fn manage(&self, action: &str, mut arguments: Value) -> Result<Value, Value> {
        arguments["action"] = action.into();
        if arguments.get("app_id").is_none() {
            arguments["app_id"] = self.app.clone().into();
        }
        self.tool("manage_integrations", arguments).await
    }
}
