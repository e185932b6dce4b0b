//! A toolkit: one product of one provider, with its API, its auth schemes and its tools.

use std::collections::BTreeMap;
use std::sync::Arc;

use expression::Expression;
use http::{HeaderName, Method};
use serde::Deserialize;
use url::Url;

use crate::auth_scheme::{AuthScheme, SchemeName};
use crate::icon::Icon;
use crate::scopes::Scopes;
use crate::slug::Slug;
use crate::step::Step;
use crate::tool::Tool;

#[derive(Debug)]
pub struct Toolkit {
    pub slug: Slug,
    pub display_name: String,
    pub description: String,
    pub categories: Vec<String>,
    pub docs_url: Url,
    pub icon: Option<Icon>,
    /// How an app gets an OAuth client of its own; absent where there is nothing to register.
    pub setup: Option<Setup>,
    /// Toolkits of one provider share the user's consent to one client: `google`.
    pub provider: String,
    /// Its place in the published order of first-class toolkits.
    pub curated: Option<u8>,
    /// The instance's own OAuth client that would serve it: `GOOGLE`.
    pub managed_client: Option<String>,
    /// jq definitions that its expressions share.
    pub definitions: Arc<str>,
    pub api: Api,
    pub scopes: Scopes,
    /// At least one; the first is used where the app names none.
    pub auth_schemes: Vec<AuthScheme>,
    pub identity: Option<Identity>,
    /// What Composio calls it; absent where Composio has nothing like it.
    pub hosted: Option<Hosted>,
    /// Sorted by name.
    pub tools: Vec<Arc<Tool>>,
}

/// The names of a toolkit and its tools at Composio. Tools that are not listed have the same names there.
#[derive(Debug, Clone)]
pub struct Hosted {
    pub toolkit: String,
    /// By the name here.
    pub tools: BTreeMap<String, HostedTool>,
}

/// How a tool's published form differs from Composio's.
#[derive(Debug, Clone)]
pub struct HostedTool {
    /// Its name at Composio, where that differs.
    pub name: Option<String>,
    /// From an argument's name here to its name there; both are taken.
    pub arguments: BTreeMap<String, String>,
    /// Members that are added to the result: from the name here to the name there.
    pub result: BTreeMap<String, String>,
}

/// The way to an OAuth client of one's own.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The provider's page for it.
    pub register_at: Url,
    /// What to do there, a sentence each. The redirect URI and the scopes are known apart.
    pub steps: Vec<String>,
}

#[derive(Debug)]
pub struct Api {
    pub base_url: Url,
    /// A tool's credential goes nowhere else: every request's URL starts with one of these.
    pub allowed_bases: Vec<Url>,
    pub headers: Vec<(HeaderName, String)>,
    /// From `{status, headers, body}` to `{code, message, kind?}`, or null where the answer is no failure. It finds
    /// the errors that hide in HTTP 200. `kind` is one of [`FailureKind`]'s names.
    pub failure: Option<Expression>,
    pub rate_limit: RateLimit,
    /// What keeps tools that use the app's own credential within an account's grant.
    pub grant_bound: Option<GrantBound>,
}

/// How the place that a call acts in is compared with the place that the account's grant names, such as a server that
/// a bot was added to.
#[derive(Debug)]
pub struct GrantBound {
    /// From `$account` to the place of its grant, or null where it names none.
    pub granted: Expression,
    /// Asked with the account's own token: whether its user is still there. Its path variable is
    /// [`GrantBound::PLACE`].
    pub still: Step,
    /// The argument that names the place itself; left out, it is filled in.
    pub argument: String,
    /// How the other arguments that name something within a place lead to it.
    pub lookups: Vec<BoundLookup>,
}

impl GrantBound {
    /// What `still` calls the place.
    pub const PLACE: &'static str = "place";
}

#[derive(Debug)]
pub struct BoundLookup {
    pub argument: String,
    pub step: Step,
    /// From the answer to the place, or null where it is in none.
    pub place: Expression,
}

/// What a failure means beyond its status, in the words of `api.failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The credential was not accepted, as HTTP 401.
    Unauthorized,
    /// Too many requests, as HTTP 429.
    RateLimited,
    /// The provider itself is in trouble, as HTTP 503.
    Unavailable,
}

/// Headers that say when to come back, beside `Retry-After`, which is always understood.
#[derive(Debug, Default)]
pub struct RateLimit {
    pub reset: Option<(HeaderName, ResetUnit)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetUnit {
    EpochSeconds,
    SecondsLeft,
}

/// How to learn whose account a credential is. Expressions see `{token, profile}`: the token response and the answer
/// of the request.
#[derive(Debug)]
pub struct Identity {
    /// Absent where the token response already says it.
    pub request: Option<IdentityRequest>,
    /// The provider's own stable id of the account.
    pub subject: Expression,
    /// What a person recognises it by: an address, a login, a workspace.
    pub label: Option<Expression>,
    /// What one consent covers, where that is not one subject: a Slack workspace.
    pub grant: Option<Expression>,
    /// Further facts for `$account.facts`; nothing secret.
    pub facts: Option<Expression>,
}

#[derive(Debug)]
pub struct IdentityRequest {
    pub method: Method,
    pub url: Url,
}

impl Toolkit {
    /// The scheme of this name, if the toolkit offers it.
    pub fn auth_scheme(&self, name: SchemeName) -> Option<&AuthScheme> {
        self.auth_schemes.iter().find(|scheme| scheme.name() == name)
    }

    /// The scheme for an app that names none.
    pub fn default_auth_scheme(&self) -> &AuthScheme {
        self.auth_schemes.first().expect("the manifest reader refuses a toolkit without an auth scheme")
    }
}
