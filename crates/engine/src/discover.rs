//! What there is: toolkits that can be enabled, and the tools of those that are.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::{Catalog, Field, Tool, Toolkit};
use store::{AccountFilter, AccountStatus, AppId, AuthConfig, ConnectedAccount, Cursor, UserId};
use url::Url;

use crate::Engine;
use crate::callers::Caller;
use crate::credentials::client_fields;
use crate::error::{Error, Kind, Result};

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
    pub toolkit: Arc<Toolkit>,
    pub backend: &'static str,
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

#[derive(Debug, Clone)]
pub struct ListedTool {
    pub tool: Arc<Tool>,
    /// Whether some account the caller sees could serve it.
    pub connected: bool,
    /// Whether the named user's account has the scopes; absent where no user is named or none is connected.
    pub granted: Option<bool>,
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
            Some(search) => self.catalog.search_toolkits(search),
            None if whole => self.catalog.search_toolkits(""),
            None => self.catalog.curated(),
        };
        let found: Vec<_> = match filter.curated {
            Some(true) => found.into_iter().filter(|toolkit| toolkit.curated.is_some()).collect(),
            _ => found,
        };
        let page = paged(found, filter.limit, filter.cursor.as_deref())?;
        Ok(Listing {
            items: page.items.into_iter().map(|toolkit| self.available(caller.app_id(), toolkit)).collect(),
            next_cursor: page.next_cursor,
        })
    }

    fn available(&self, app: &AppId, toolkit: &Arc<Toolkit>) -> AvailableToolkit {
        let oauth2 = toolkit.default_auth_scheme().oauth2();
        AvailableToolkit {
            toolkit: Arc::clone(toolkit),
            backend: "native",
            requires_byo_credentials: oauth2.is_some() && self.managed_client(toolkit).is_none(),
            credential_fields: client_fields(oauth2),
            redirect_uri: oauth2.map(|_| self.own_redirect_uri(app, toolkit)),
        }
    }

    pub async fn list_tools(&self, caller: &Caller, filter: &ToolFilter) -> Result<Listing<ListedTool>> {
        let user = caller.visible_user(filter.user.as_deref())?;
        let configs = self.store.list_auth_configs(caller.app_id()).await?;
        let enabled: Vec<AuthConfig> = configs.into_iter().filter(|config| config.enabled).collect();
        let toolkits = self.tools_of(filter, &enabled)?;
        let mut tools: Vec<(u32, &Arc<Toolkit>, &Arc<Tool>)> = Vec::new();
        for toolkit in &toolkits {
            for tool in &toolkit.tools {
                let rank =
                    filter.search.as_ref().map_or(Some(0), |search| self.catalog.rank_tool(tool, search));
                tools.extend(rank.map(|rank| (rank, *toolkit, tool)));
            }
        }
        tools.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.2.name.cmp(&b.2.name)));
        let accounts = self.accounts_seen(caller, user.as_ref()).await?;
        let connected: HashSet<&str> = accounts.iter().map(|account| account.toolkit.as_str()).collect();
        let page = paged(tools, filter.limit, filter.cursor.as_deref())?;
        let items = page.items.into_iter().map(|(_, toolkit, tool)| ListedTool {
            tool: Arc::clone(tool),
            connected: connected.contains(toolkit.slug.as_str()),
            granted: user.as_ref().and_then(|_| granted(toolkit, tool, &accounts)),
        });
        Ok(Listing { items: items.collect(), next_cursor: page.next_cursor })
    }

    /// The toolkits whose tools are listed: the one that is named, or all that are enabled.
    fn tools_of(&self, filter: &ToolFilter, enabled: &[AuthConfig]) -> Result<Vec<&Arc<Toolkit>>> {
        let is_enabled =
            |toolkit: &Toolkit| enabled.iter().any(|config| config.toolkit == toolkit.slug.as_str());
        let Some(slug) = &filter.toolkit else {
            return Ok(self.catalog.toolkits().iter().filter(|toolkit| is_enabled(toolkit)).collect());
        };
        let named = self.catalog.find_toolkit(slug).filter(|toolkit| is_enabled(toolkit));
        Ok(vec![named.ok_or_else(|| self.not_enabled(slug, Kind::Invalid))?])
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
fn granted(toolkit: &Toolkit, tool: &Tool, accounts: &[ConnectedAccount]) -> Option<bool> {
    let mut own = accounts.iter().filter(|account| account.toolkit == toolkit.slug.as_str()).peekable();
    own.peek()?;
    Some(own.any(|account| suffices(toolkit, tool, account)))
}

/// Whether an account has the scopes for a tool. Only OAuth knows scopes.
pub(crate) fn suffices(toolkit: &Toolkit, tool: &Tool, account: &ConnectedAccount) -> bool {
    account.auth_scheme != catalog::SchemeName::OAuth2.as_str()
        || toolkit.scopes.suffice(&account.scopes.0, &tool.scopes)
}

/// One page of a list that does not change while the process runs: the cursor is a position.
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
        }
    }
    wrong
}
