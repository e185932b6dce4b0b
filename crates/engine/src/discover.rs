//! What there is: toolkits that can be enabled, and the tools of those that are.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::{AuthScheme, Catalog, Effect, Field, Schema, Tool, Toolkit};
use serde_json::Value;
use store::{AccountFilter, AccountStatus, AppId, AuthConfig, ConnectedAccount, Cursor, UserId};
use url::Url;

use crate::Engine;
use crate::callers::Caller;
use crate::credentials::{client_fields, plain_client_fields};
use crate::error::{Error, Kind, Result};
use crate::hosted::HostedTool;
use crate::toolkits::{Backend, KnownToolkit};

/// Beyond this many accounts a listing does not look to tell which toolkits are connected.
const MOST_ACCOUNTS: i64 = 1000;

/// Which toolkits a list shows: the curated ones in their published order, or the whole catalogue, ranked.
#[derive(Debug, Default, Clone)]
pub struct AvailableFilter {
    pub search: Option<String>,
    pub curated: Option<bool>,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Debug, Clone)]
pub struct AvailableToolkit {
    pub toolkit: KnownToolkit,
    /// What would serve it.
    pub backend: Backend,
    /// The truth about this instance.
    pub requires_byo_credentials: bool,
    /// What an app enters that brings its own client.
    pub credential_fields: Vec<Field>,
    /// What it registers at the provider as the redirect URI of that client.
    pub redirect_uri: Option<Url>,
}

/// Which tools a list shows.
#[derive(Debug, Default, Clone)]
pub struct ToolFilter {
    pub toolkit: Option<String>,
    pub search: Option<String>,
    pub user: Option<String>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// A tool of either backend.
#[derive(Debug, Clone)]
pub struct ListedTool {
    offered: Offered,
    /// Whether some account the caller sees could serve it.
    pub connected: bool,
    /// Whether the named user's account has the scopes; absent where no user is named or none is connected, and where
    /// Composio has the account and alone knows.
    pub granted: Option<bool>,
}

#[derive(Debug, Clone)]
enum Offered {
    Native(Arc<Toolkit>, Arc<Tool>),
    Hosted(String, Arc<HostedTool>),
}

impl Offered {
    fn name(&self) -> &str {
        match self {
            Self::Native(_, tool) => &tool.name,
            Self::Hosted(_, tool) => &tool.name,
        }
    }

    fn toolkit(&self) -> &str {
        match self {
            Self::Native(toolkit, _) => toolkit.slug.as_str(),
            Self::Hosted(slug, _) => slug,
        }
    }
}

impl ListedTool {
    pub fn name(&self) -> &str {
        self.offered.name()
    }

    pub fn description(&self) -> &str {
        match &self.offered {
            Offered::Native(_, tool) => &tool.description,
            Offered::Hosted(_, tool) => &tool.description,
        }
    }

    pub fn effect(&self) -> Effect {
        match &self.offered {
            Offered::Native(_, tool) => tool.effect,
            Offered::Hosted(_, tool) => tool.effect,
        }
    }

    /// JSON Schema of the arguments.
    pub fn parameters(&self) -> &Value {
        match &self.offered {
            Offered::Native(_, tool) => tool.parameters.schema(),
            Offered::Hosted(_, tool) => tool.parameters.schema(),
        }
    }

    /// JSON Schema of the result.
    pub fn output(&self) -> Option<&Value> {
        match &self.offered {
            Offered::Native(_, tool) => tool.result.schema.as_ref().map(Schema::as_value),
            Offered::Hosted(_, tool) => tool.output.as_ref(),
        }
    }

    /// Alternatives, each of which suffices.
    pub fn scopes(&self) -> Vec<Vec<String>> {
        match &self.offered {
            Offered::Native(_, tool) => tool.scopes.iter().map(|set| set.0.clone()).collect(),
            Offered::Hosted(_, tool) if tool.scopes.is_empty() => Vec::new(),
            Offered::Hosted(_, tool) => vec![tool.scopes.clone()],
        }
    }
}

/// Some of a list, and where the rest begins.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl Engine {
    pub async fn list_available(
        &self,
        caller: &Caller,
        filter: &AvailableFilter,
    ) -> Result<Listing<AvailableToolkit>> {
        caller.require_admin()?;
        let whole = filter.search.is_some() || filter.curated == Some(false);
        let found = match &filter.search {
            Some(search) => self.toolkits.index().search(search),
            None if whole => self.toolkits.index().search(""),
            None => self.curated(),
        };
        let found: Vec<_> = match filter.curated {
            Some(true) => found.into_iter().filter(KnownToolkit::is_curated).collect(),
            _ => found,
        };
        let page = paged(found, filter.limit, filter.cursor.as_deref())?;
        Ok(Listing {
            items: page.items.into_iter().map(|toolkit| self.available(caller.app_id(), toolkit)).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// The first-class toolkits in the published order.
    fn curated(&self) -> Vec<KnownToolkit> {
        let curated = self.catalog.curated();
        curated.into_iter().filter_map(|toolkit| self.find_toolkit(toolkit.slug.as_str())).collect()
    }

    fn available(&self, app: &AppId, toolkit: KnownToolkit) -> AvailableToolkit {
        let oauth2 = toolkit.default_native_scheme().and_then(AuthScheme::oauth2);
        // What a client of the app's own would be for: not for us where Composio would get it.
        let ours = self.fresh_backend(&toolkit, true) == Backend::Native;
        let oauth2 = oauth2.filter(|_| ours);
        let requires_byo_credentials = self.requires_client(&toolkit);
        AvailableToolkit {
            backend: self.fresh_backend(&toolkit, false),
            requires_byo_credentials,
            credential_fields: match !ours && requires_byo_credentials {
                true => plain_client_fields().into(),
                false => client_fields(oauth2),
            },
            redirect_uri: toolkit
                .native()
                .filter(|_| oauth2.is_some())
                .map(|native| self.own_redirect_uri(app, native)),
            toolkit,
        }
    }

    pub async fn list_tools(&self, caller: &Caller, filter: &ToolFilter) -> Result<Listing<ListedTool>> {
        let user = caller.visible_user(filter.user.as_deref())?;
        let configs = self.store.list_auth_configs(caller.app_id()).await?;
        let enabled: Vec<AuthConfig> = configs.into_iter().filter(|config| config.enabled).collect();
        let mut tools = self.offered(filter, &enabled).await?;
        tools.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name().cmp(b.1.name())));
        let accounts = self.accounts_seen(caller, user.as_ref()).await?;
        let connected: HashSet<&str> = accounts.iter().map(|account| account.toolkit.as_str()).collect();
        let page = paged(tools, filter.limit, filter.cursor.as_deref())?;
        let items = page.items.into_iter().map(|(_, offered)| ListedTool {
            connected: connected.contains(offered.toolkit()),
            granted: user.as_ref().and_then(|_| granted(&offered, &accounts)),
            offered,
        });
        Ok(Listing { items: items.collect(), next_cursor: page.next_cursor })
    }

    /// The tools of the toolkit that is named, or of all that are enabled, as far as they match; with their ranks.
    async fn offered(&self, filter: &ToolFilter, enabled: &[AuthConfig]) -> Result<Vec<(u32, Offered)>> {
        let named = match &filter.toolkit {
            Some(slug) => {
                let known =
                    self.find_toolkit(slug).map_or_else(|| slug.clone(), |known| known.slug().to_owned());
                let config = enabled.iter().find(|config| config.toolkit == known);
                Some(config.ok_or_else(|| self.not_enabled(slug, Kind::Invalid))?)
            }
            None => None,
        };
        let search = filter.search.as_deref();
        let mut tools = Vec::new();
        for config in named.map_or(enabled, std::slice::from_ref) {
            if config.backend == Backend::Composio.as_str() {
                match self.offered_by_composio(config, search).await {
                    Ok(offered) => tools.extend(offered),
                    Err(error) if named.is_some() => return Err(error),
                    // The others are there all the same.
                    Err(error) => {
                        tracing::warn!(toolkit = config.toolkit, source = ?error.source(), "tools are not listed");
                    }
                }
                continue;
            }
            let Some(toolkit) = self.catalog.find_toolkit(&config.toolkit) else { continue };
            for tool in &toolkit.tools {
                let rank = search.map_or(Some(0), |search| self.catalog.rank_tool(tool, search));
                let offered = || Offered::Native(Arc::clone(toolkit), Arc::clone(tool));
                tools.extend(rank.map(|rank| (rank, offered())));
            }
        }
        Ok(tools)
    }

    async fn offered_by_composio(
        &self,
        config: &AuthConfig,
        search: Option<&str>,
    ) -> Result<Vec<(u32, Offered)>> {
        let toolkit = self.find_toolkit(&config.toolkit);
        let toolkit = toolkit.unwrap_or_else(|| KnownToolkit::unlisted(&config.toolkit));
        let tools = self.hosted_tools(&toolkit).await?;
        let ranked = tools.tools.iter().filter_map(|tool| {
            let rank = search.map_or(Some(0), |search| tool.rank(search))?;
            Some((rank, Offered::Hosted(config.toolkit.clone(), Arc::clone(tool))))
        });
        Ok(ranked.collect())
    }

    async fn accounts_seen(&self, caller: &Caller, user: Option<&UserId>) -> Result<Vec<ConnectedAccount>> {
        let filter = AccountFilter {
            user: user.cloned(),
            status: Some(AccountStatus::Active),
            ..AccountFilter::default()
        };
        Ok(self.store.list_accounts(caller.app_id(), &filter, &Cursor::start(), MOST_ACCOUNTS).await?.items)
    }
}

/// `None` where the user has no account of the toolkit.
fn granted(offered: &Offered, accounts: &[ConnectedAccount]) -> Option<bool> {
    let Offered::Native(toolkit, tool) = offered else { return None };
    let mut own = accounts.iter().filter(|account| account.toolkit == toolkit.slug.as_str()).peekable();
    own.peek()?;
    Some(own.any(|account| suffices(toolkit, tool, account)))
}

/// Whether an account has the scopes for a tool. Only OAuth knows scopes.
pub(crate) fn suffices(toolkit: &Toolkit, tool: &Tool, account: &ConnectedAccount) -> bool {
    grants(toolkit, &tool.scopes, account)
}

/// Whether the account has granted one of these alternatives.
pub(crate) fn grants(toolkit: &Toolkit, scopes: &[catalog::ScopeSet], account: &ConnectedAccount) -> bool {
    account.auth_scheme != catalog::SchemeName::OAuth2.as_str()
        || toolkit.scopes.suffice(&account.scopes.0, scopes)
}

/// One page of a list that changes rarely, if at all, while the process runs: the cursor is a position.
fn paged<T>(all: Vec<T>, limit: usize, cursor: Option<&str>) -> Result<Listing<T>> {
    let start: usize = match cursor {
        None => 0,
        Some(text) => text.strip_prefix('p').and_then(|number| number.parse().ok()).ok_or_else(|| {
            Error::invalid_at("/cursor", "is not a cursor of this list; leave it out to start over")
        })?,
    };
    let end = start.saturating_add(limit);
    let next_cursor = (end < all.len()).then(|| format!("p{end}"));
    Ok(Listing { items: all.into_iter().skip(start).take(limit).collect(), next_cursor })
}

/// The recorded examples of a catalogue's tools that do not come out as recorded, each with what came instead.
pub fn wrong_examples(catalog: &Catalog) -> Vec<String> {
    let mut wrong = Vec::new();
    for toolkit in catalog.toolkits() {
        for tool in &toolkit.tools {
            let checked = tool.examples.iter().map(|example| executor::check_example(toolkit, tool, example));
            wrong.extend(checked.filter_map(std::result::Result::err));
            if let Some(check) = &tool.check {
                let examples = check.examples.iter();
                let checked =
                    examples.map(|example| executor::check_check_example(toolkit, tool, check, example));
                wrong.extend(checked.filter_map(std::result::Result::err));
            }
        }
    }
    wrong
}
