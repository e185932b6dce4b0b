//! Executing a tool: caller, app, tool, toolkit enabled, connected account, scopes, arguments, fresh credential,
//! request, result, audit; in this order.

use std::io;
use std::sync::Arc;

use catalog::{Effect, Tool, Toolkit, nearest};
use expression::Variables;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{AppId, AuthConfig, ConnectedAccount, ExecutionId, LastUse, UserId};
use tokio::time::Instant;

use crate::Engine;
use crate::attempts::DEADLINE;
use crate::callers::{Access, Caller};
use crate::checks::Kept;
use crate::configure::cut;
use crate::discover::suffices;
use crate::error::{Code, Error, Kind, Result};
use crate::executions::named;
use crate::hosted::HostedRun;
use crate::idempotency::{Turn, is_unknown};
use crate::ready::Ready;
use crate::toolkits::{Backend, KnownToolkit};

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
const MOST_SUGGESTIONS: usize = 3;

/// What a call brought.
#[derive(Debug, Clone)]
pub struct Executed {
    /// The tool's result.
    pub data: Value,
    /// Under which a write, and whatever has an idempotency key, was written down.
    pub execution: Option<ExecutionId>,
}

/// A call with everything that is decided before it is sent, whoever carries it out.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) id: ExecutionId,
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) tool: String,
    pub(crate) effect: Effect,
    pub(crate) account: Option<ConnectedAccount>,
    pub(crate) arguments: Value,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) raw: bool,
    pub(crate) text_limit: usize,
    /// After this nothing is sent.
    pub(crate) deadline: Instant,
}

/// A call that we carry out ourselves.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) call: Call,
    pub(crate) toolkit: Arc<Toolkit>,
    pub(crate) tool: Arc<Tool>,
}

/// A call and who carries it out.
enum Work {
    Native(Run),
    Hosted(HostedRun),
}

impl Work {
    fn call(&mut self) -> &mut Call {
        match self {
            Self::Native(run) => &mut run.call,
            Self::Hosted(run) => &mut run.call,
        }
    }

    /// What finding out its outcome will need of the call.
    fn kept(&self) -> Option<Kept> {
        match self {
            Self::Native(run) => Kept::of(run),
            Self::Hosted(_) => None,
        }
    }
}

impl Run {
    /// The same with other arguments.
    pub(crate) fn with(&self, arguments: Value) -> Self {
        Self { call: Call { arguments, ..self.call.clone() }, ..self.clone() }
    }

    /// What the manifest's expressions see.
    pub(crate) fn variables(&self, now: jiff::Timestamp) -> Variables {
        let account = self.call.account.as_ref().map(
            |account| json!({ "subject": account.subject, "label": account.label, "facts": account.facts.0 }),
        );
        Variables {
            arguments: self.call.arguments.clone(),
            account: account.unwrap_or(Value::Null),
            call: json!({ "id": self.call.id, "now": now.as_second() }),
            ..Variables::default()
        }
    }
}

impl Engine {
    pub async fn execute(&self, access: &Access, app: &str, request: Execute) -> Result<Executed> {
        let native = self.catalog.find_tool(&request.tool_name).cloned();
        let slug = match &native {
            Some(tool) => Some(tool.toolkit.to_string()),
            None => self.hosted.as_ref().and_then(|hosted| hosted.tools.toolkit_of(&request.tool_name)),
        };
        let ready = match &slug {
            Some(slug) => self
                .find_ready(access, app, slug, native.as_deref(), &request)
                .await
                .map_err(Error::before_sending)?,
            None => None,
        };
        let ready = match ready {
            Some(ready) => ready,
            None => {
                let caller = self.authenticate(access, app).await.map_err(Error::before_sending)?;
                match self.get_called(&caller, slug.as_deref(), native.as_deref(), &request).await {
                    Ok(ready) => ready,
                    Err(error) => {
                        let error = error.before_sending();
                        let line = self.line(&caller, ACTION).tool(&request.tool_name);
                        let line = slug.iter().fold(line, |line, slug| line.toolkit(slug));
                        return self.audited(line.user(request.user.as_deref()), Err(error)).await;
                    }
                }
            }
        };
        let tool = native.as_ref().map_or(request.tool_name.as_str(), |tool| &tool.name);
        let mut line = self
            .line_of(&ready.app, &ready.actor, Some(&access.request_id), ACTION)
            .tool(tool)
            .toolkit(&ready.toolkit)
            .user(Some(ready.user.as_str()));
        if let Some(account) = &ready.account {
            line = line.account(account.id.as_str());
            self.audit.used(LastUse::Account(account.id.clone()), self.now());
        }
        let request_bytes = json_bytes(&request.params);
        let result = self.run(native, ready, request).await;
        let line = line.sizes(request_bytes, result.as_ref().ok().map(|executed| json_bytes(&executed.data)));
        self.audited(line, result).await
    }

    /// The same step by step: who calls, what is called, with which account.
    async fn get_called(
        &self,
        caller: &Caller,
        slug: Option<&str>,
        native: Option<&Tool>,
        request: &Execute,
    ) -> Result<Ready> {
        // Who calls comes before what is called.
        caller.acting_user(request.user.as_deref())?;
        let slug = match slug {
            Some(slug) => slug.to_owned(),
            None => self.toolkit_of_tool(caller, &request.tool_name).await?,
        };
        self.get_ready(caller, &slug, native, request).await
    }

    async fn run(&self, native: Option<Arc<Tool>>, ready: Ready, request: Execute) -> Result<Executed> {
        if request.text_limit.is_some_and(|limit| limit < LEAST_TEXT) {
            return Err(Error::invalid_at("/text_limit", format!("must be at least {LEAST_TEXT}")));
        }
        let mut work = match ready.backend {
            Backend::Native => Work::Native(self.native_run(native, ready, request).await?),
            Backend::Composio => Work::Hosted(self.hosted_run(ready, request).await?),
        };
        let call = work.call();
        if call.effect.is_read() && call.idempotency_key.is_none() {
            return Ok(Executed { data: self.carry_out(&work).await?, execution: None });
        }
        let engine = self.clone();
        self.owned(async move { engine.run_written_ahead(work).await }).await
    }

    async fn native_run(&self, tool: Option<Arc<Tool>>, ready: Ready, request: Execute) -> Result<Run> {
        let toolkit = self.catalog.find_toolkit(&ready.toolkit).cloned();
        let Some((toolkit, tool)) = toolkit.zip(tool) else {
            return Err(self.unknown_tool(&request.tool_name));
        };
        if let Some(account) = &ready.account
            && !suffices(&toolkit, &tool, account)
        {
            let missing = toolkit.scopes.missing(&account.scopes.0, &tool.scopes);
            return Err(self.insufficient_scope(account, &missing).await);
        }
        let arguments = tool.parameters.accept(&request.params);
        let arguments = arguments.map_err(|problems| invalid_arguments(&problems))?;
        let call = self.call(ready, request, tool.name.clone(), tool.effect, arguments);
        Ok(Run { call, toolkit, tool })
    }

    async fn hosted_run(&self, ready: Ready, request: Execute) -> Result<HostedRun> {
        let toolkit = self.find_toolkit(&ready.toolkit);
        let toolkit = toolkit.unwrap_or_else(|| KnownToolkit::unlisted(&ready.toolkit));
        let tools = self.hosted_tools(&toolkit).await?;
        let tool = tools.find(&request.tool_name).cloned();
        let tool =
            tool.ok_or_else(|| no_such_tool(&request.tool_name, &tools.suggest(&request.tool_name)))?;
        let arguments = tool.parameters.accept(&request.params);
        let arguments = arguments.map_err(|problems| invalid_arguments(&problems))?;
        let call = self.call(ready, request, tool.name.clone(), tool.effect, arguments);
        Ok(HostedRun { call, toolkit, tool })
    }

    fn call(&self, ready: Ready, request: Execute, tool: String, effect: Effect, arguments: Value) -> Call {
        Call {
            id: ExecutionId::new(self.ids.ordered("ex", self.now())),
            app: ready.app,
            user: ready.user,
            tool,
            effect,
            account: ready.account,
            arguments,
            idempotency_key: request.idempotency_key,
            raw: request.raw,
            text_limit: request.text_limit.unwrap_or(TEXT_LIMIT),
            deadline: Instant::now() + DEADLINE,
        }
    }

    async fn carry_out(&self, work: &Work) -> Result<Value> {
        match work {
            Work::Native(run) => self.take_steps(run).await,
            Work::Hosted(run) => self.execute_hosted(run).await,
        }
    }

    /// To its end, whatever becomes of the caller: what is sent is written down before and after.
    async fn run_written_ahead(&self, mut work: Work) -> Result<Executed> {
        let kept = work.kept();
        let call = work.call();
        let began = match self.begin(call, kept.as_ref()).await.map_err(Error::before_sending)? {
            Turn::Execute { id, began } => {
                call.id = id;
                began
            }
            Turn::Answered { id, data } => return Ok(Executed { data, execution: Some(id) }),
        };
        let call = call.clone();
        let mut result = self.carry_out(&work).await;
        if let (Work::Native(run), Some(kept), Err(error)) = (&work, &kept, &result)
            && is_unknown(error)
            && let Some(found) = self.look_at_once(run, kept, began).await
        {
            result = Ok(found);
        }
        self.finish(&call, began, &result, kept.as_ref()).await;
        match result {
            Ok(data) => Ok(Executed { data, execution: Some(call.id) }),
            Err(error) => Err(named(error, &call.app, &call.id, kept.is_some())),
        }
    }

    /// The toolkit of a tool that is none of ours: among those that the app has enabled at Composio, or by its word.
    async fn toolkit_of_tool(&self, caller: &Caller, name: &str) -> Result<String> {
        if self.hosted.is_none() {
            return Err(self.unknown_tool(name));
        }
        let configs = self.store.list_auth_configs(caller.app_id()).await?;
        let hosted = |config: &AuthConfig| config.backend == Backend::Composio.as_str();
        let ours = self.catalog.suggest_tools(name);
        let mut near: Vec<String> = ours.into_iter().map(str::to_owned).collect();
        let mut unseen = None;
        for config in configs.into_iter().filter(hosted) {
            let toolkit = self.find_toolkit(&config.toolkit);
            let toolkit = toolkit.unwrap_or_else(|| KnownToolkit::unlisted(&config.toolkit));
            match self.hosted_tools(&toolkit).await {
                Ok(tools) if tools.find(name).is_some() => return Ok(config.toolkit),
                Ok(tools) => near.extend(tools.suggest(name)),
                Err(error) => {
                    tracing::warn!(toolkit = config.toolkit, source = ?error.source(), "no tools to look at");
                    unseen = Some(error);
                }
            }
        }
        match (self.toolkit_of_hosted_tool(name).await, unseen) {
            (Ok(Some(toolkit)), _) => Ok(toolkit.slug().to_owned()),
            (Err(error), Some(_)) => Err(error),
            // Where everything that is enabled was looked through, the vendor's word could only say what is not.
            _ => Err(no_such_tool(name, &nearest(name, near.iter().map(String::as_str)))),
        }
    }

    pub(crate) fn unknown_tool(&self, name: &str) -> Error {
        no_such_tool(name, &self.catalog.suggest_tools(name))
    }
}

fn no_such_tool(name: &str, near: &[impl AsRef<str>]) -> Error {
    let near: Vec<&str> = near.iter().map(AsRef::as_ref).take(MOST_SUGGESTIONS).collect();
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
