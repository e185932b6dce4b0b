//! Executing a tool: caller, app, tool, toolkit enabled, connected account, scopes, arguments, fresh credential,
//! request, result, audit; in this order.

use std::io;
use std::sync::Arc;

use catalog::{Tool, Toolkit};
use expression::Variables;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{AppId, ConnectedAccount, ExecutionId, LastUse, UserId};

use crate::Engine;
use crate::callers::Access;
use crate::configure::cut;
use crate::discover::suffices;
use crate::error::{Code, Error, Kind, Result};
use crate::idempotency::Turn;
use crate::ready::Ready;

const ACTION: &str = "execute_action";

/// What a caller wants done.
#[derive(Debug, Default, Clone)]
pub struct Execute {
    pub tool_name: String,
    pub params: Map<String, Value>,
    pub user: Option<String>,
    pub connection_id: Option<String>,
    pub idempotency_key: Option<String>,
    /// The provider's whole answer instead of the tool's result.
    pub raw: bool,
    /// How many characters of a text are shown; [`TEXT_LIMIT`] unless said otherwise.
    pub text_limit: Option<usize>,
}

/// Longer texts in results are cut, with a marker, unless the caller asks for more.
const TEXT_LIMIT: usize = 20_000;
/// Ids and addresses stay whole.
const LEAST_TEXT: usize = 500;

/// A call with everything that is decided before the provider is asked.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: ExecutionId,
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) toolkit: Arc<Toolkit>,
    pub(crate) tool: Arc<Tool>,
    pub(crate) account: Option<ConnectedAccount>,
    pub(crate) arguments: Value,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) raw: bool,
    pub(crate) text_limit: usize,
}

impl Run {
    /// What the manifest's expressions see.
    pub(crate) fn variables(&self, now: jiff::Timestamp) -> Variables {
        let account = self.account.as_ref().map(
            |account| json!({ "subject": account.subject, "label": account.label, "facts": account.facts.0 }),
        );
        Variables {
            arguments: self.arguments.clone(),
            account: account.unwrap_or(Value::Null),
            call: json!({ "id": self.id, "now": now.as_second() }),
            ..Variables::default()
        }
    }
}

impl Engine {
    /// The tool's result.
    pub async fn execute(&self, access: &Access, app: &str, request: Execute) -> Result<Value> {
        let Some(tool) = self.catalog.find_tool(&request.tool_name).cloned() else {
            let caller = self.authenticate(access, app).await?;
            let line = self.line(&caller, ACTION).tool(&request.tool_name);
            // Who calls comes before what is called.
            let user = caller.acting_user(request.user.as_deref());
            return self.audited(line, user.and_then(|_| Err(self.unknown_tool(&request.tool_name)))).await;
        };
        let toolkit = self.catalog.find_toolkit(tool.toolkit.as_str()).cloned();
        let toolkit =
            toolkit.ok_or_else(|| Error::internal(anyhow::anyhow!("a tool without its toolkit")))?;
        let ready = match self.find_ready(access, app, &tool, &request).await? {
            Some(ready) => ready,
            None => {
                let caller = self.authenticate(access, app).await?;
                match self.get_ready(&caller, &toolkit, &tool, &request).await {
                    Ok(ready) => ready,
                    Err(error) => {
                        let line = self.line(&caller, ACTION).tool(&tool.name).toolkit(toolkit.slug.as_str());
                        return self.audited(line.user(request.user.as_deref()), Err(error)).await;
                    }
                }
            }
        };
        let mut line = self
            .line_of(&ready.app, &ready.actor, Some(&access.request_id), ACTION)
            .tool(&tool.name)
            .toolkit(toolkit.slug.as_str())
            .user(Some(ready.user.as_str()));
        if let Some(account) = &ready.account {
            line = line.account(account.id.as_str());
            self.audit.used(LastUse::Account(account.id.clone()), self.now());
        }
        let request_bytes = json_bytes(&request.params);
        let result = self.run(toolkit, tool, ready, request).await;
        let line = line.sizes(request_bytes, result.as_ref().ok().map(json_bytes));
        self.audited(line, result).await
    }

    async fn run(
        &self,
        toolkit: Arc<Toolkit>,
        tool: Arc<Tool>,
        ready: Ready,
        request: Execute,
    ) -> Result<Value> {
        if let Some(account) = &ready.account
            && !suffices(&toolkit, &tool, account)
        {
            let missing = toolkit.scopes.missing(&account.scopes.0, &tool.scopes);
            return Err(self.insufficient_scope(account, &missing).await);
        }
        let arguments =
            tool.parameters.accept(&request.params).map_err(|problems| invalid_arguments(&problems))?;
        if request.text_limit.is_some_and(|limit| limit < LEAST_TEXT) {
            return Err(Error::invalid_at("/text_limit", format!("must be at least {LEAST_TEXT}")));
        }
        let run = Run {
            id: ExecutionId::new(self.ids.ordered("ex", self.now())),
            app: ready.app,
            user: ready.user,
            toolkit,
            tool,
            account: ready.account,
            arguments,
            idempotency_key: request.idempotency_key,
            raw: request.raw,
            text_limit: request.text_limit.unwrap_or(TEXT_LIMIT),
        };
        if run.tool.effect.is_read() && run.idempotency_key.is_none() {
            return self.take_steps(&run).await;
        }
        let engine = self.clone();
        self.owned(async move { engine.run_written_ahead(run).await }).await
    }

    /// To its end, whatever becomes of the caller: what is sent is written down before and after.
    async fn run_written_ahead(&self, mut run: Run) -> Result<Value> {
        let id = match self.begin(&run).await? {
            Turn::Execute(id) => id,
            Turn::Answered(result) => return Ok(result),
        };
        run.id = id.clone();
        let result = self.take_steps(&run).await;
        self.finish(&run, &id, &result).await;
        result
    }

    fn unknown_tool(&self, name: &str) -> Error {
        let near = self.catalog.suggest_tools(name);
        let remediation = match near.as_slice() {
            [] => "Call `list_tools` to see the tools of the enabled toolkits.".to_owned(),
            near => format!("Did you mean {}? `list_tools` shows all.", near.join(" or ")),
        };
        Error::new(
            Code::IntegrationsExecutionFailed,
            Kind::NotFound,
            format!("There is no tool `{}`", cut(name)),
            remediation,
        )
        .with_details(json!({ "reason": "unknown_tool", "suggestions": near }))
    }
}

pub(crate) fn invalid_arguments(problems: &[catalog::Problem]) -> Error {
    let shown: Vec<Value> = problems
        .iter()
        .map(
            |problem| json!({ "pointer": format!("/params{}", problem.pointer), "message": problem.message }),
        )
        .collect();
    let first = problems.first().map(|problem| {
        let name = problem.pointer.trim_start_matches('/');
        if name.is_empty() { problem.message.clone() } else { format!("`{name}` {}", problem.message) }
    });
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("The arguments do not fit the tool: {}", first.unwrap_or_default()),
        "Correct what `details.problems` lists; `list_tools` with the toolkit shows the parameters.",
    )
    .with_details(json!({ "reason": "invalid_arguments", "problems": shown }))
}

/// How long a value is as JSON, without making the text.
fn json_bytes(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).map_or(0, |()| count.0)
}
