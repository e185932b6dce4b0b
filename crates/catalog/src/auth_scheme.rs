//! How a toolkit's accounts authenticate, with every quirk of the provider as declared data.

use std::time::Duration;

use expression::Expression;
use http::{HeaderName, Method};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::template::Template;

/// The published `auth_scheme` values. The first six are ours today; the others are known and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SchemeName {
    #[serde(rename = "OAUTH2")]
    OAuth2,
    ApiKey,
    Basic,
    BearerToken,
    NoAuth,
    #[serde(rename = "S2S_OAUTH2")]
    ClientCredentials,
}

impl SchemeName {
    pub const ALL: [Self; 6] =
        [Self::OAuth2, Self::ApiKey, Self::Basic, Self::BearerToken, Self::NoAuth, Self::ClientCredentials];

    /// Published values that this version does not serve.
    pub const REFUSED: [&'static str; 8] = [
        "OAUTH1",
        "BILLCOM_AUTH",
        "GOOGLE_SERVICE_ACCOUNT",
        "BASIC_WITH_JWT",
        "CALCOM_AUTH",
        "SERVICE_ACCOUNT",
        "SAML",
        "DCR_OAUTH",
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OAuth2 => "OAUTH2",
            Self::ApiKey => "API_KEY",
            Self::Basic => "BASIC",
            Self::BearerToken => "BEARER_TOKEN",
            Self::NoAuth => "NO_AUTH",
            Self::ClientCredentials => "S2S_OAUTH2",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(text))
    }
}

/// One way to authenticate.
#[derive(Debug)]
pub enum AuthScheme {
    OAuth2(Box<OAuth2>),
    /// The end user types the fields into our page.
    Typed(Typed),
    /// The end user types a client of his own into our page, from which access tokens are minted.
    ClientCredentials(Box<ClientCredentials>),
    NoAuth,
}

/// API_KEY, BASIC and BEARER_TOKEN: what the user types, and where it goes in a request.
#[derive(Debug)]
pub struct Typed {
    pub name: SchemeName,
    pub fields: Vec<Field>,
    pub placement: Placement,
}

/// A named value that a person or an app enters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(default = "yes")]
    pub secret: bool,
    #[serde(default = "yes")]
    pub required: bool,
}

fn yes() -> bool {
    true
}

/// Where the parts of a credential go in a request.
#[derive(Debug, Clone)]
pub enum Placement {
    /// `Authorization: Basic`, RFC 7617; the templates give the user id and the password.
    Basic {
        username: Template,
        password: Template,
    },
    Fields {
        headers: Vec<(HeaderName, Template)>,
        query: Vec<(String, Template)>,
    },
}

/// OAuth 2.0 authorization code (RFC 6749 section 4.1) as one provider really does it.
#[derive(Debug)]
pub struct OAuth2 {
    pub authorization_url: Url,
    pub authorization_parameters: Vec<(String, String)>,
    pub token_endpoint: TokenEndpoint,
    /// Compared with `iss` of the callback (RFC 9207) where the provider sends one.
    pub issuer: Option<String>,
    pub pkce: Pkce,
    pub scope_separator: String,
    /// What the app gives beside client id and secret.
    pub client_fields: Vec<Field>,
    /// How an access token goes into a request.
    pub placement: Placement,
    /// How the app's own credential goes into a request, for tools that act as the app.
    pub client_placement: Option<Placement>,
    pub revocation: Revocation,
}

/// OAuth 2.0 client credentials (RFC 6749 section 4.4): what the user types is worth access tokens, as many as are wanted.
#[derive(Debug)]
pub struct ClientCredentials {
    /// Client id and client secret, and what else the manifest asks the user for.
    pub fields: Vec<Field>,
    pub token_endpoint: TokenEndpoint,
    /// Sent beside the grant type. The templates know the fields that are not secret.
    pub token_parameters: Vec<(String, Template)>,
    /// How an access token goes into a request, and the fields that are not secret beside it.
    pub placement: Placement,
}

/// Where tokens come from, and how its answers are read.
#[derive(Debug)]
pub struct TokenEndpoint {
    pub url: Url,
    pub client_authentication: ClientAuthentication,
    pub format: BodyFormat,
    pub headers: Vec<(HeaderName, String)>,
    pub tokens: Vec<TokenSource>,
    pub refresh: RefreshClass,
    /// The provider's own error codes that mean "this grant is dead", beside `invalid_grant`.
    pub dead_grant_errors: Vec<String>,
    /// The provider's own error codes that mean "wrong client credentials", beside `invalid_client`.
    pub client_errors: Vec<String>,
    /// The provider's own error codes that mean "not now", though they come without a status that says so.
    pub transient_errors: Vec<String>,
    /// From `{status, headers, body}` of a refusal to `{codes, retry_after}`: the provider's codes, of which the first
    /// that is known decides, and the seconds to wait. Without it, `error` of the body is the only code.
    pub refusal: Option<Expression>,
    /// How long an access token lives where the provider does not say.
    pub access_token_lifetime: Option<Duration>,
}

/// Where a token response holds a token. Most providers give one; Slack gives a bot's and a user's.
#[derive(Debug)]
pub struct TokenSource {
    pub name: String,
    /// From the token response to the object with `access_token`, `refresh_token`, `expires_in`, `scope`.
    pub path: Expression,
    /// The request parameter that asks for this token's scopes.
    pub scope_parameter: String,
    /// The scopes that belong to this token are written with this prefix, which is not sent.
    pub scope_prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Pkce {
    S256,
    #[serde(rename = "none")]
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` in the body.
    Body,
    /// HTTP Basic, RFC 6749 section 2.3.1.
    Basic,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyFormat {
    Json,
    Form,
}

/// What happens to the old refresh token when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshClass {
    /// No refresh tokens; access tokens live until they are revoked.
    None,
    /// The refresh token stays; answers may omit it.
    Stable,
    /// A new one each time; the old one still works for a while.
    RotatingOldValid,
    /// A new one each time; using the old one again may end the grant.
    RotatingStrict,
    /// No refresh tokens, and none needed: an access token comes of the credentials themselves.
    ReMint,
}

/// What ends when the provider is told to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// Only the token that is sent.
    Token,
    /// The user's whole consent to this client, other connections included.
    Grant,
    /// The provider has no way to revoke.
    None,
}

#[derive(Debug)]
pub struct Revocation {
    pub ends: Ends,
    pub request: Option<RevocationRequest>,
}

/// One request a token. `{token}` and `{client_id}` may stand in the URL and in the fields.
#[derive(Debug)]
pub struct RevocationRequest {
    pub method: Method,
    pub url: Template,
    pub headers: Vec<(HeaderName, Template)>,
    pub body: Vec<(String, Template)>,
    pub body_format: BodyFormat,
    pub client_authentication: ClientAuthentication,
    /// Which tokens are sent, in this order; those the account does not have are left out.
    pub tokens: Vec<RevokedToken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedToken {
    RefreshToken,
    AccessToken,
}

impl AuthScheme {
    pub fn name(&self) -> SchemeName {
        match self {
            Self::OAuth2(_) => SchemeName::OAuth2,
            Self::Typed(typed) => typed.name,
            Self::ClientCredentials(_) => SchemeName::ClientCredentials,
            Self::NoAuth => SchemeName::NoAuth,
        }
    }

    pub fn oauth2(&self) -> Option<&OAuth2> {
        match self {
            Self::OAuth2(oauth2) => Some(oauth2),
            _ => None,
        }
    }

    /// Where its tokens come from, if it has any.
    pub fn token_endpoint(&self) -> Option<&TokenEndpoint> {
        match self {
            Self::OAuth2(oauth2) => Some(&oauth2.token_endpoint),
            Self::ClientCredentials(declared) => Some(&declared.token_endpoint),
            Self::Typed(_) | Self::NoAuth => None,
        }
    }

    pub fn client_credentials(&self) -> Option<&ClientCredentials> {
        match self {
            Self::ClientCredentials(declared) => Some(declared),
            _ => None,
        }
    }
}

impl ClientCredentials {
    pub const CLIENT_ID: &'static str = "client_id";
    pub const CLIENT_SECRET: &'static str = "client_secret";
}

impl OAuth2 {
    /// The name of the token that tools use unless they say otherwise.
    pub const DEFAULT_TOKEN: &'static str = "default";
}
