//! Which providers have a twin, under which hosts they are known, and what an exchange with one is for.

use std::fmt;
use std::str::FromStr;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::wire::Request;

/// A provider that has a twin here. Its text is the name that managed clients go by, where it has such clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Provider {
    Google,
    Slack,
    GitHub,
    Twitter,
    Microsoft,
    Notion,
    HubSpot,
    Discord,
    LinkedIn,
    Reddit,
    Composio,
}

impl Provider {
    pub const ALL: [Self; 11] = [
        Self::Google,
        Self::Slack,
        Self::GitHub,
        Self::Twitter,
        Self::Microsoft,
        Self::Notion,
        Self::HubSpot,
        Self::Discord,
        Self::LinkedIn,
        Self::Reddit,
        Self::Composio,
    ];

    /// Those with an authorization server, at which clients are registered.
    pub const OAUTH: [Self; 10] = [
        Self::Google,
        Self::Slack,
        Self::GitHub,
        Self::Twitter,
        Self::Microsoft,
        Self::Notion,
        Self::HubSpot,
        Self::Discord,
        Self::LinkedIn,
        Self::Reddit,
    ];

    /// `GOOGLE`, `SLACK` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "GOOGLE",
            Self::Slack => "SLACK",
            Self::GitHub => "GITHUB",
            Self::Twitter => "TWITTER",
            Self::Microsoft => "MICROSOFT",
            Self::Notion => "NOTION",
            Self::HubSpot => "HUBSPOT",
            Self::Discord => "DISCORD",
            Self::LinkedIn => "LINKEDIN",
            Self::Reddit => "REDDIT",
            Self::Composio => "COMPOSIO",
        }
    }

    /// As people know it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Slack => "Slack",
            Self::GitHub => "GitHub",
            Self::Twitter => "X",
            Self::Microsoft => "Microsoft",
            Self::Notion => "Notion",
            Self::HubSpot => "HubSpot",
            Self::Discord => "Discord",
            Self::LinkedIn => "LinkedIn",
            Self::Reddit => "Reddit",
            Self::Composio => "Composio",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The text names no provider that has a twin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no twin of `{name}`: there are {}", Provider::ALL.map(Provider::name).join(", "))]
pub struct UnknownProvider {
    name: String,
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|provider| provider.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownProvider { name: text.to_owned() })
    }
}

/// What an exchange is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The consent page was asked for.
    Authorize,
    /// The user decided on the consent page.
    Consent,
    /// A code or a refresh token was presented for tokens.
    Token,
    Revoke,
    /// The call by which a client learns whose account it has.
    Identity,
    Api,
}

/// The twins' hosts, which are the first segment of every path.
pub(crate) const HOSTS: [(&str, Provider); 24] = [
    ("accounts.google.com", Provider::Google),
    ("oauth2.googleapis.com", Provider::Google),
    ("openidconnect.googleapis.com", Provider::Google),
    ("gmail.googleapis.com", Provider::Google),
    ("slack.com", Provider::Slack),
    ("files.slack.com", Provider::Slack),
    ("api.github.com", Provider::GitHub),
    ("github.com", Provider::GitHub),
    ("x.com", Provider::Twitter),
    ("api.x.com", Provider::Twitter),
    ("www.googleapis.com", Provider::Google),
    ("sheets.googleapis.com", Provider::Google),
    ("login.microsoftonline.com", Provider::Microsoft),
    ("graph.microsoft.com", Provider::Microsoft),
    ("api.notion.com", Provider::Notion),
    ("app.hubspot.com", Provider::HubSpot),
    ("api.hubapi.com", Provider::HubSpot),
    ("discord.com", Provider::Discord),
    ("www.linkedin.com", Provider::LinkedIn),
    ("api.linkedin.com", Provider::LinkedIn),
    ("www.reddit.com", Provider::Reddit),
    ("oauth.reddit.com", Provider::Reddit),
    ("backend.composio.dev", Provider::Composio),
    ("connect.composio.dev", Provider::Composio),
];

pub(crate) fn of_host(host: &str) -> Option<Provider> {
    let found = HOSTS.iter().find(|(known, _)| *known == host);
    found.map(|(_, provider)| *provider)
}

/// What `request` is for, by its method, host and path alone: faults are matched before anything is read.
pub(crate) fn kind_of(request: &Request) -> Kind {
    let is_get = request.method == Method::GET;
    match (request.host.as_str(), request.path.as_str()) {
        ("accounts.google.com", "/o/oauth2/v2/auth")
        | ("slack.com", "/oauth/v2/authorize")
        | ("github.com", "/login/oauth/authorize")
        | ("x.com", "/i/oauth2/authorize")
        | ("login.microsoftonline.com", "/common/oauth2/v2.0/authorize")
        | ("api.notion.com", "/v1/oauth/authorize")
        | ("app.hubspot.com", "/oauth/authorize")
        | ("discord.com", "/api/oauth2/authorize")
        | ("www.linkedin.com", "/oauth/v2/authorization")
        | ("www.reddit.com", "/api/v1/authorize")
        | ("connect.composio.dev", _) => {
            if is_get {
                Kind::Authorize
            } else {
                Kind::Consent
            }
        }
        ("oauth2.googleapis.com", "/token")
        | ("slack.com", "/api/oauth.v2.access")
        | ("github.com", "/login/oauth/access_token")
        | ("api.x.com", "/2/oauth2/token")
        | ("login.microsoftonline.com", "/common/oauth2/v2.0/token")
        | ("api.notion.com", "/v1/oauth/token")
        | ("api.hubapi.com", "/oauth/2026-03/token")
        | ("discord.com", "/api/oauth2/token")
        | ("www.linkedin.com", "/oauth/v2/accessToken")
        | ("www.reddit.com", "/api/v1/access_token") => Kind::Token,
        ("oauth2.googleapis.com", "/revoke")
        | ("slack.com", "/api/auth.revoke")
        | ("api.x.com", "/2/oauth2/revoke")
        | ("api.notion.com", "/v1/oauth/revoke")
        | ("api.hubapi.com", "/oauth/2026-03/token/revoke")
        | ("discord.com", "/api/oauth2/token/revoke")
        | ("www.reddit.com", "/api/v1/revoke_token") => Kind::Revoke,
        ("api.github.com", path)
            if path.starts_with("/applications/") && request.method == Method::DELETE =>
        {
            Kind::Revoke
        }
        ("backend.composio.dev", path)
            if path.contains("/connected_accounts/") && path.ends_with("/revoke") =>
        {
            Kind::Revoke
        }
        ("openidconnect.googleapis.com", _)
        | ("slack.com", "/api/auth.test")
        | ("api.github.com", "/user")
        | ("api.x.com", "/2/users/me")
        | ("graph.microsoft.com", "/v1.0/me")
        | ("api.hubapi.com", "/oauth/2026-03/token/introspect")
        | ("discord.com", "/api/v10/users/@me")
        | ("api.linkedin.com", "/v2/userinfo")
        | ("oauth.reddit.com", "/api/v1/me") => Kind::Identity,
        _ => Kind::Api,
    }
}
