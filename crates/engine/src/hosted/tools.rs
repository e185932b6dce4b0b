//! The tools of Composio's toolkits: all of them, page by page, when a toolkit is first used; kept in memory and in the
//! database, and renewed behind the back of whoever asks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::{Effect, Haystack, HostedTool as Names, Parameters, nearest};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use store::Snapshot;

use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::error::{Error, Result};
use crate::toolkits::KnownToolkit;

const MOST_PAGES: usize = 100;
/// How long somebody waits for all pages together.
const LONGEST_FETCH: Duration = Duration::from_secs(25);
/// How many toolkits' tools are kept in memory.
const MOST_TOOLKITS: usize = 300;
/// Names that turned out to be no tool's, so that the vendor is not asked again at once.
const MOST_UNKNOWN: usize = 1000;
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_NAME: usize = 128;

/// A tool that Composio carries out.
#[derive(Debug)]
pub(crate) struct HostedTool {
    /// Ours, which agents know.
    pub(crate) name: String,
    /// Composio's.
    pub(crate) remote_name: String,
    pub(crate) description: String,
    pub(crate) parameters: Parameters,
    pub(crate) output: Option<Value>,
    pub(crate) effect: Effect,
    pub(crate) scopes: Vec<String>,
    pub(crate) version: String,
    /// Members that the result gets besides: from our name to Composio's.
    pub(crate) result: BTreeMap<String, String>,
    words: Haystack,
}

impl HostedTool {
    pub(crate) fn rank(&self, query: &str) -> Option<u32> {
        self.words.rank(query)
    }
}

/// All tools of one toolkit, by name.
#[derive(Debug)]
pub(crate) struct HostedTools {
    /// Our slug.
    slug: String,
    pub(crate) tools: Vec<Arc<HostedTool>>,
    by_name: HashMap<String, usize>,
    taken_at: Timestamp,
}

impl HostedTools {
    fn new(toolkit: &KnownToolkit, listed: Vec<composio::Tool>, taken_at: Timestamp) -> Self {
        let names = toolkit.native().and_then(|native| native.hosted.as_ref()).map(|hosted| &hosted.tools);
        let mut tools: Vec<Arc<HostedTool>> =
            listed.into_iter().map(|tool| Arc::new(published(tool, names))).collect();
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        tools.dedup_by(|a, b| a.name == b.name);
        let by_name = tools.iter().enumerate().map(|(index, tool)| (tool.name.clone(), index)).collect();
        Self { slug: toolkit.slug().to_owned(), tools, by_name, taken_at }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<HostedTool>> {
        self.by_name.get(&name.trim().to_ascii_uppercase()).map(|index| &self.tools[*index])
    }

    pub(crate) fn suggest(&self, name: &str) -> Vec<String> {
        nearest(name, self.tools.iter().map(|tool| tool.name.as_str()))
            .into_iter()
            .map(str::to_owned)
            .collect()
    }
}

/// A tool of Composio's under the name, arguments and effect that we publish.
fn published(tool: composio::Tool, names: Option<&BTreeMap<String, Names>>) -> HostedTool {
    let renamed = names
        .into_iter()
        .flatten()
        .find(|(own, names)| names.name.as_deref().unwrap_or(own.as_str()) == tool.slug);
    let (name, names) = renamed.map_or((None, None), |(name, names)| (Some(name.clone()), Some(names)));
    let aliases = names.iter().flat_map(|names| names.arguments.clone()).collect();
    let name = name.unwrap_or_else(|| tool.slug.to_ascii_uppercase());
    let has = |tag: &str| tool.tags.iter().any(|have| have.eq_ignore_ascii_case(tag));
    HostedTool {
        words: Haystack::of_tool(&name, &tool.description),
        name,
        description: if tool.description.is_empty() { tool.name } else { tool.description },
        parameters: Parameters::published(tool.input_parameters, aliases),
        output: result_schema(tool.output_parameters),
        // What is not said to change nothing is taken to change something.
        effect: match (has("readOnlyHint"), has("destructiveHint")) {
            (_, true) => Effect::Destructive,
            (true, false) => Effect::Read,
            (false, false) => Effect::Write,
        },
        scopes: tool.scopes,
        version: tool.version,
        result: names.map(|names| names.result.clone()).unwrap_or_default(),
        remote_name: tool.slug,
    }
}

/// The schema of `data` within `{data, error, successful}`, which is what our callers get.
fn result_schema(mut whole: Map<String, Value>) -> Option<Value> {
    let data = whole.get_mut("properties")?.get_mut("data")?.take();
    data.is_object().then_some(data)
}

#[derive(Debug, Default)]
pub(crate) struct ToolCache(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// By our slug.
    toolkits: HashMap<String, Arc<HostedTools>>,
    /// From a tool's name to its toolkit's slug.
    by_tool: HashMap<String, String>,
    renewing: HashSet<String>,
    unknown: HashMap<String, Timestamp>,
}

impl ToolCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, slug: &str) -> Option<Arc<HostedTools>> {
        self.lock().toolkits.get(slug).cloned()
    }

    fn put(&self, tools: &Arc<HostedTools>) {
        let mut cached = self.lock();
        if cached.toolkits.len() >= MOST_TOOLKITS && !cached.toolkits.contains_key(&tools.slug) {
            let oldest = cached.toolkits.values().min_by_key(|tools| tools.taken_at);
            if let Some(oldest) = oldest.map(|tools| tools.slug.clone()) {
                cached.toolkits.remove(&oldest);
                cached.by_tool.retain(|_, slug| *slug != oldest);
            }
        }
        cached.by_tool.retain(|_, slug| *slug != tools.slug);
        let names = tools.tools.iter().map(|tool| (tool.name.clone(), tools.slug.clone()));
        cached.by_tool.extend(names);
        cached.toolkits.insert(tools.slug.clone(), Arc::clone(tools));
    }

    /// The toolkit of a tool, if its tools are in memory.
    pub(crate) fn toolkit_of(&self, name: &str) -> Option<String> {
        self.lock().by_tool.get(&name.trim().to_ascii_uppercase()).cloned()
    }
}

impl Engine {
    /// All tools of a toolkit. Those in memory at once, however old; else those that were kept; else the vendor's word.
    pub(crate) async fn hosted_tools(&self, toolkit: &KnownToolkit) -> Result<Arc<HostedTools>> {
        let hosted = self.hosted()?;
        if let Some(tools) = hosted.tools.get(toolkit.slug()) {
            self.renew_if_old(hosted, toolkit, &tools);
            return Ok(tools);
        }
        let _turn = hosted.turns.take(&format!("tools/{}", toolkit.slug())).await;
        if let Some(tools) = hosted.tools.get(toolkit.slug()) {
            return Ok(tools);
        }
        if let Some(kept) = self.kept_tools(toolkit).await? {
            hosted.tools.put(&kept);
            self.renew_if_old(hosted, toolkit, &kept);
            return Ok(kept);
        }
        let fetched = tokio::time::timeout(LONGEST_FETCH, self.fetch_tools(hosted, toolkit)).await;
        fetched.unwrap_or_else(|_| Err(super::failures::too_slow()))
    }

    fn renew_if_old(&self, hosted: &Hosted, toolkit: &KnownToolkit, tools: &HostedTools) {
        if self.now().duration_since(tools.taken_at) < hosted.refresh_every {
            return;
        }
        if !hosted.tools.lock().renewing.insert(toolkit.slug().to_owned()) {
            return;
        }
        let (engine, toolkit) = (self.clone(), toolkit.clone());
        self.spawn(async move {
            let Some(hosted) = &engine.hosted else { return };
            if let Err(error) = engine.fetch_tools(hosted, &toolkit).await {
                tracing::warn!(toolkit = toolkit.slug(), source = ?error.source(), "tools could not be renewed");
            }
            hosted.tools.lock().renewing.remove(toolkit.slug());
        });
    }

    async fn kept_tools(&self, toolkit: &KnownToolkit) -> Result<Option<Arc<HostedTools>>> {
        let Some(snapshot) = self.store.find_snapshot(&snapshot_of(toolkit)).await? else { return Ok(None) };
        // What an earlier version kept in another form is fetched anew.
        let listed: Option<Vec<composio::Tool>> = serde_json::from_str(&snapshot.body).ok();
        let taken_at = snapshot.taken_at.into();
        Ok(listed.map(|listed| Arc::new(HostedTools::new(toolkit, listed, taken_at))))
    }

    async fn fetch_tools(&self, hosted: &Hosted, toolkit: &KnownToolkit) -> Result<Arc<HostedTools>> {
        // Without a name the vendor would list the tools of all its toolkits.
        let remote = toolkit.remote_slug().ok_or_else(|| self.unknown_slug(toolkit.slug()))?;
        let now = self.now();
        let mut listed: Vec<composio::Tool> = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = hosted
                .read(Group::Catalog, || hosted.client.list_tools(remote, cursor.as_deref()))
                .await
                .map_err(super::failures::unavailable)?;
            listed.extend(page.items.into_iter().filter(|tool| is_name(&tool.slug) && !tool.is_deprecated));
            cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                break;
            }
        }
        if cursor.is_some() {
            return Err(Error::internal(anyhow::anyhow!("the tools of {remote} have no end")));
        }
        let body = serde_json::to_string(&listed).map_err(Error::internal)?;
        let snapshot = Snapshot { body, taken_at: now.into() };
        self.store.put_snapshot(&snapshot_of(toolkit), &snapshot).await?;
        let tools = Arc::new(HostedTools::new(toolkit, listed, now));
        hosted.tools.put(&tools);
        Ok(tools)
    }

    /// The toolkit of a tool that only the vendor knows; it is asked at most once a minute about the same name.
    pub(crate) async fn toolkit_of_hosted_tool(&self, name: &str) -> Result<Option<KnownToolkit>> {
        let Some(hosted) = &self.hosted else { return Ok(None) };
        let name = name.trim().to_ascii_uppercase();
        if !is_name(&name) {
            return Ok(None);
        }
        let now = self.now();
        let asked = hosted.tools.lock().unknown.get(&name).copied();
        if asked.is_some_and(|at| now.duration_since(at) < UNKNOWN_FOR) {
            return Ok(None);
        }
        match hosted.read(Group::Catalog, || hosted.client.get_tool(&name)).await {
            Ok(tool) => Ok(self.find_remote_toolkit(&tool.toolkit.slug)),
            Err(CallError::Vendor(error))
                if error.refusal().is_some_and(|r| matches!(r.status, 400 | 404 | 410)) =>
            {
                let mut cached = hosted.tools.lock();
                if cached.unknown.len() >= MOST_UNKNOWN {
                    cached.unknown.clear();
                }
                cached.unknown.insert(name, now);
                Ok(None)
            }
            Err(error) => Err(super::failures::unavailable(error)),
        }
    }
}

fn snapshot_of(toolkit: &KnownToolkit) -> String {
    format!("composio/tools/{}", toolkit.slug())
}

/// What can stand in a path and a column.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(allowed)
}
