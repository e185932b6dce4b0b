//! What exists: toolkits, tools and auth schemes, read from manifests and validated once.
//!
//! A value of this crate is right by construction; whoever holds a [`Tool`] need not ask whether its template names
//! a parameter. The crate does no IO, is not async, and knows no users. Adding a toolkit changes no code here.

mod auth_scheme;
mod check;
mod embedded;
mod icon;
mod manifest;
mod origins;
mod parameters;
mod schema;
mod scopes;
mod search;
mod slug;
mod step;
mod template;
mod tool;
mod toolkit;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use auth_scheme::{
    AuthScheme, BodyFormat, ClientAuthentication, ClientCredentials, Ends, Field, OAuth2, Pkce, Placement,
    RefreshClass, Revocation, RevocationRequest, RevokedToken, SchemeName, TokenEndpoint, TokenSource, Typed,
};
pub use check::{Check, CheckExample};
pub use embedded::embedded_files;
pub use icon::Icon;
pub use manifest::{ManifestError, ManifestFile};
pub use origins::OriginMap;
pub use parameters::Parameters;
pub use schema::{Problem, Schema};
pub use scopes::{ScopeSet, Scopes, is_scope_token, split_scopes};
pub use search::{Haystack, nearest};
pub use slug::Slug;
pub use step::{Action, Address, AnswerFormat, Repeat, RequestBody, RequestFormat, RequestTemplate, Step};
pub use template::{PathError, Template};
pub use tool::{
    Bound, Credential, Effect, Example, ExampleExchange, ExampleRequest, ExampleResponse, ResultShape, Tool,
};
pub use toolkit::{
    Api, BoundLookup, FailureKind, GrantBound, Hosted, HostedTool, Identity, IdentityRequest, RateLimit,
    ResetUnit, Setup, Toolkit,
};

use manifest::{Compile, Reader, read_tool, read_toolkit};

/// Every toolkit of this instance, and how to find one.
#[derive(Debug)]
pub struct Catalog {
    /// By slug.
    toolkits: Vec<Arc<Toolkit>>,
    by_key: HashMap<String, usize>,
    tools: HashMap<String, Arc<Tool>>,
    tool_haystacks: HashMap<String, Haystack>,
}

impl Catalog {
    /// Reads folders of manifests and compiles all that is in them. Of two folders with the same slug the later one
    /// counts, whole.
    pub fn load(
        files: impl IntoIterator<Item = ManifestFile>,
        origins: &OriginMap,
    ) -> Result<Self, ManifestError> {
        let mut toolkits = BTreeMap::new();
        read_into(&mut toolkits, files, origins, Compile::Now)?;
        Ok(Self::index(toolkits))
    }

    /// The toolkits that come with the binary, which its tests have compiled, and those of an operator.
    pub fn embedded_with(
        files: impl IntoIterator<Item = ManifestFile>,
        origins: &OriginMap,
    ) -> Result<Self, ManifestError> {
        let mut toolkits = BTreeMap::new();
        read_into(&mut toolkits, embedded_files(), origins, Compile::WhenUsed)?;
        read_into(&mut toolkits, files, origins, Compile::Now)?;
        Ok(Self::index(toolkits))
    }

    /// The toolkits that come with the binary.
    pub fn embedded(origins: &OriginMap) -> Result<Self, ManifestError> {
        Self::embedded_with([], origins)
    }

    fn index(toolkits: BTreeMap<Slug, Toolkit>) -> Self {
        let toolkits: Vec<Arc<Toolkit>> = toolkits.into_values().map(Arc::new).collect();
        let tools = toolkits.iter().flat_map(|toolkit| &toolkit.tools);
        Self {
            by_key: toolkits
                .iter()
                .enumerate()
                .map(|(index, toolkit)| (Slug::key(toolkit.slug.as_str()), index))
                .collect(),
            tool_haystacks: tools
                .clone()
                .map(|tool| (tool.name.clone(), Haystack::of_tool(&tool.name, &tool.description)))
                .collect(),
            tools: tools.map(|tool| (tool.name.clone(), Arc::clone(tool))).collect(),
            toolkits,
        }
    }

    /// A toolkit by any spelling of its slug.
    pub fn find_toolkit(&self, slug: &str) -> Option<&Arc<Toolkit>> {
        self.by_key.get(&Slug::key(slug)).map(|index| &self.toolkits[*index])
    }

    /// A tool by its name, in any case.
    pub fn find_tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.tools.get(&name.trim().to_ascii_uppercase())
    }

    pub fn toolkits(&self) -> &[Arc<Toolkit>] {
        &self.toolkits
    }

    /// The first-class toolkits in the published order.
    pub fn curated(&self) -> Vec<&Arc<Toolkit>> {
        let mut curated: Vec<_> = self.toolkits.iter().filter(|toolkit| toolkit.curated.is_some()).collect();
        curated.sort_by_key(|toolkit| toolkit.curated);
        curated
    }

    /// How well a tool matches `query`; `None` where it does not.
    pub fn rank_tool(&self, tool: &Tool, query: &str) -> Option<u32> {
        self.tool_haystacks.get(&tool.name)?.rank(query)
    }

    /// Slugs close to one that does not exist.
    pub fn suggest_toolkits(&self, slug: &str) -> Vec<&str> {
        nearest(slug, self.toolkits.iter().map(|toolkit| toolkit.slug.as_str()))
    }

    /// Names close to one that does not exist.
    pub fn suggest_tools(&self, name: &str) -> Vec<&str> {
        nearest(name, self.tools.keys().map(String::as_str))
    }
}

fn group_by_folder(files: impl IntoIterator<Item = ManifestFile>) -> Vec<(String, Vec<ManifestFile>)> {
    let mut folders: Vec<(String, Vec<ManifestFile>)> = Vec::new();
    for file in files {
        let folder = file.path.split("/tools/").next().unwrap_or_default();
        let folder = folder.strip_suffix("/toolkit.toml").unwrap_or(folder).to_owned();
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, files)) => files.push(file),
            None => folders.push((folder, vec![file])),
        }
    }
    folders
}

/// Folders are read side by side: there are many, and somebody waits for the first answer.
fn read_into(
    toolkits: &mut BTreeMap<Slug, Toolkit>,
    files: impl IntoIterator<Item = ManifestFile>,
    origins: &OriginMap,
    compile: Compile,
) -> Result<(), ManifestError> {
    let folders = group_by_folder(files);
    let read: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = folders
            .iter()
            .map(|(_, files)| scope.spawn(move || read_folder(files, origins, compile)))
            .collect();
        readers.into_iter().map(|reader| reader.join().expect("reading a folder does not panic")).collect()
    });
    for toolkit in read {
        let toolkit = toolkit?;
        toolkits.insert(toolkit.slug.clone(), toolkit);
    }
    Ok(())
}

fn read_folder(
    files: &[ManifestFile],
    origins: &OriginMap,
    compile: Compile,
) -> Result<Toolkit, ManifestError> {
    let (main, tools): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.path.ends_with("/toolkit.toml"));
    let Some(main) = main.first() else {
        let file = files.first().map(|file| file.path.clone()).unwrap_or_default();
        return Err(ManifestError { file, line: 1, reason: "the folder has no toolkit.toml".to_owned() });
    };
    let mut toolkit = read_toolkit(&Reader::new(main, origins, compile))?;
    let mut read: Vec<Arc<Tool>> = Vec::new();
    for file in tools {
        let reader = Reader::new(file, origins, compile).with_definitions(&toolkit.definitions);
        let tool = read_tool(&reader, &toolkit)?;
        if read.iter().any(|known| known.name == tool.name) {
            return Err(reader.error(0..0, format!("the toolkit already has a tool `{}`", tool.name)));
        }
        read.push(Arc::new(tool));
    }
    read.sort_by(|a, b| a.name.cmp(&b.name));
    toolkit.tools = read;
    Ok(toolkit)
}
