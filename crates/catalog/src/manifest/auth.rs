//! `[[auth]]` of `toolkit.toml`: one way to authenticate, with the provider's quirks.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;
use serde::Deserialize;
use toml::Spanned;

use super::client_credentials::RawClientCredentials;
use super::{Reader, Result};
use crate::auth_scheme::{
    AuthScheme, BodyFormat, ClientAuthentication, Ends, Field, OAuth2, Pkce, Placement, RefreshClass,
    Revocation, RevocationRequest, RevokedToken, SchemeName, TokenEndpoint, TokenSource, Typed,
};

/// One table for all schemes; which members are required or refused depends on `scheme`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAuth {
    scheme: Spanned<String>,
    #[serde(default)]
    fields: Vec<Field>,
    credential: Option<RawPlacement>,
    oauth2: Option<RawOAuth2>,
    client_credentials: Option<RawClientCredentials>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlacement {
    #[serde(default)]
    headers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    query: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOAuth2 {
    authorization_url: Spanned<String>,
    #[serde(default)]
    authorization_parameters: BTreeMap<String, String>,
    token_url: Spanned<String>,
    issuer: Option<String>,
    pkce: Pkce,
    #[serde(default = "space")]
    scope_separator: String,
    client_authentication: ClientAuthentication,
    #[serde(default = "form")]
    token_format: BodyFormat,
    #[serde(default)]
    token_headers: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    client_fields: Vec<Field>,
    client_credential: Option<RawPlacement>,
    #[serde(default)]
    tokens: Vec<RawToken>,
    refresh: Spanned<RefreshClass>,
    #[serde(default)]
    dead_grant_errors: Vec<String>,
    #[serde(default)]
    client_errors: Vec<String>,
    #[serde(default)]
    transient_errors: Vec<String>,
    refusal: Option<Spanned<String>>,
    access_token_lifetime: Option<u64>,
    revocation: RawRevocation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    name: String,
    path: Spanned<String>,
    scope_parameter: String,
    #[serde(default)]
    scope_prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRevocation {
    ends: Spanned<Ends>,
    request: Option<RawRevocationRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRevocationRequest {
    method: Spanned<String>,
    url: Spanned<String>,
    #[serde(default)]
    headers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    body: BTreeMap<String, Spanned<String>>,
    #[serde(default = "form")]
    body_format: BodyFormat,
    #[serde(default = "no_client_authentication")]
    client_authentication: ClientAuthentication,
    tokens: Vec<RevokedToken>,
}

fn space() -> String {
    " ".to_owned()
}

pub(super) fn form() -> BodyFormat {
    BodyFormat::Form
}

fn no_client_authentication() -> ClientAuthentication {
    ClientAuthentication::None
}

impl RawAuth {
    pub(super) fn read(&self, reader: &Reader<'_>) -> Result<AuthScheme> {
        let text = self.scheme.get_ref();
        let name = SchemeName::parse(text).ok_or_else(|| {
            let served = SchemeName::ALL.map(SchemeName::as_str).join(", ");
            reader.error(self.scheme.span(), format!("`{text}` is not served; served are {served}"))
        })?;
        let refuse = |reason: &str| Err(reader.error(self.scheme.span(), format!("{text} {reason}")));
        if self.client_credentials.is_some() && name != SchemeName::ClientCredentials {
            return refuse("has no table `auth.client_credentials`");
        }
        match name {
            SchemeName::OAuth2 => match &self.oauth2 {
                Some(oauth2) => {
                    Ok(AuthScheme::OAuth2(Box::new(oauth2.read(reader, self.credential.as_ref())?)))
                }
                None => refuse("needs a table `auth.oauth2`"),
            },
            _ if self.oauth2.is_some() => refuse("has no table `auth.oauth2`"),
            SchemeName::ClientCredentials => match &self.client_credentials {
                Some(raw) => {
                    let read = raw.read(reader, &self.fields, self.credential.as_ref())?;
                    Ok(AuthScheme::ClientCredentials(Box::new(read)))
                }
                None => refuse("needs a table `auth.client_credentials`"),
            },
            SchemeName::NoAuth if self.fields.is_empty() && self.credential.is_none() => {
                Ok(AuthScheme::NoAuth)
            }
            SchemeName::NoAuth => refuse("has neither fields nor a credential"),
            SchemeName::ApiKey if self.fields.is_empty() || self.credential.is_none() => {
                refuse("needs `fields` and a table `auth.credential`")
            }
            SchemeName::ApiKey | SchemeName::Basic | SchemeName::BearerToken => self.typed(reader, name),
        }
    }

    fn typed(&self, reader: &Reader<'_>, name: SchemeName) -> Result<AuthScheme> {
        let fields = if self.fields.is_empty() { usual_fields(name) } else { self.fields.clone() };
        let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let usual = match name {
            SchemeName::Basic => ("{username}", Some("{password}")),
            _ => ("Bearer {token}", None),
        };
        let placement = match (&self.credential, usual) {
            (Some(raw), _) => raw.read(reader, &known)?,
            (None, (username, Some(password))) => Placement::Basic {
                username: reader.template(&self.at_scheme(username), &known)?,
                password: reader.template(&self.at_scheme(password), &known)?,
            },
            (None, (bearer, None)) => bearer_placement(reader, &self.at_scheme(bearer), &known)?,
        };
        Ok(AuthScheme::Typed(Typed { name, fields, placement }))
    }

    /// A text of ours, located where the manifest names the scheme.
    fn at_scheme(&self, text: &str) -> Spanned<String> {
        Spanned::new(self.scheme.span(), text.to_owned())
    }
}

fn usual_fields(name: SchemeName) -> Vec<Field> {
    let field = |name: &str, label: &str, secret| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        help: None,
        secret,
        required: true,
    };
    match name {
        SchemeName::Basic => vec![field("username", "User name", false), field("password", "Password", true)],
        _ => vec![field("token", "Access token", true)],
    }
}

pub(super) fn bearer_placement(
    reader: &Reader<'_>,
    template: &Spanned<String>,
    known: &[&str],
) -> Result<Placement> {
    let headers = vec![(http::header::AUTHORIZATION, reader.template(template, known)?)];
    Ok(Placement::Fields { headers, query: Vec::new() })
}

impl RawPlacement {
    pub(super) fn read(&self, reader: &Reader<'_>, known: &[&str]) -> Result<Placement> {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| Ok((reader.header_name(name)?, reader.template(value, known)?)))
            .collect::<Result<Vec<_>>>()?;
        let query = self
            .query
            .iter()
            .map(|(name, value)| Ok((name.clone(), reader.template(value, known)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Placement::Fields { headers, query })
    }
}

impl RawOAuth2 {
    fn read(&self, reader: &Reader<'_>, credential: Option<&RawPlacement>) -> Result<OAuth2> {
        let at = self.token_url.span();
        let placement = match credential {
            Some(raw) => raw.read(reader, &["access_token"])?,
            None => bearer_placement(
                reader,
                &Spanned::new(at, "Bearer {access_token}".to_owned()),
                &["access_token"],
            )?,
        };
        let client_known: Vec<&str> = self.client_fields.iter().map(|field| field.name.as_str()).collect();
        let client_placement = self.client_credential.as_ref().map(|raw| raw.read(reader, &client_known));
        Ok(OAuth2 {
            authorization_url: reader.url(&self.authorization_url)?,
            authorization_parameters: self.authorization_parameters.clone().into_iter().collect(),
            token_endpoint: self.read_token_endpoint(reader)?,
            issuer: self.issuer.clone(),
            pkce: self.pkce,
            scope_separator: self.scope_separator.clone(),
            client_fields: self.client_fields.clone(),
            placement,
            client_placement: client_placement.transpose()?,
            revocation: self.revocation.read(reader)?,
        })
    }

    fn read_token_endpoint(&self, reader: &Reader<'_>) -> Result<TokenEndpoint> {
        let refresh = *self.refresh.get_ref();
        if refresh == RefreshClass::ReMint {
            return Err(reader.error(self.refresh.span(), "`re-mint` belongs to S2S_OAUTH2, and only to it"));
        }
        Ok(TokenEndpoint {
            url: reader.url(&self.token_url)?,
            client_authentication: self.client_authentication,
            format: self.token_format,
            headers: read_headers(reader, &self.token_headers)?,
            tokens: self.read_tokens(reader)?,
            refresh,
            dead_grant_errors: self.dead_grant_errors.clone(),
            client_errors: self.client_errors.clone(),
            transient_errors: self.transient_errors.clone(),
            refusal: reader.optional_expression(self.refusal.as_ref())?,
            access_token_lifetime: self.access_token_lifetime.map(Duration::from_secs),
        })
    }

    fn read_tokens(&self, reader: &Reader<'_>) -> Result<Vec<TokenSource>> {
        if self.tokens.is_empty() {
            return Ok(vec![usual_token(reader, self.token_url.span())?]);
        }
        let read = |raw: &RawToken| {
            Ok(TokenSource {
                name: raw.name.clone(),
                path: reader.expression(&raw.path)?,
                scope_parameter: raw.scope_parameter.clone(),
                scope_prefix: raw.scope_prefix.clone(),
            })
        };
        if self.tokens.iter().all(|token| token.name != OAuth2::DEFAULT_TOKEN) {
            return Err(reader.error(self.token_url.span(), "one of `tokens` must be named `default`"));
        }
        self.tokens.iter().map(read).collect()
    }
}

/// The whole answer is the token.
pub(super) fn usual_token(reader: &Reader<'_>, at: std::ops::Range<usize>) -> Result<TokenSource> {
    Ok(TokenSource {
        name: OAuth2::DEFAULT_TOKEN.to_owned(),
        path: reader.expression(&Spanned::new(at, ".".to_owned()))?,
        scope_parameter: "scope".to_owned(),
        scope_prefix: String::new(),
    })
}

pub(super) fn read_headers(
    reader: &Reader<'_>,
    headers: &BTreeMap<Spanned<String>, String>,
) -> Result<Vec<(HeaderName, String)>> {
    headers.iter().map(|(name, value)| Ok((reader.header_name(name)?, value.clone()))).collect()
}

impl RawRevocation {
    fn read(&self, reader: &Reader<'_>) -> Result<Revocation> {
        let ends = *self.ends.get_ref();
        if (ends == Ends::None) != self.request.is_none() {
            return Err(
                reader.error(self.ends.span(), "`request` belongs to `token` and `grant`, and only to them")
            );
        }
        let request = self.request.as_ref().map(|request| request.read(reader)).transpose()?;
        Ok(Revocation { ends, request })
    }
}

impl RawRevocationRequest {
    fn read(&self, reader: &Reader<'_>) -> Result<RevocationRequest> {
        const KNOWN: [&str; 2] = ["token", "client_id"];
        // Checked and mapped as a URL first; the braces of a template survive as percent-encoded text.
        let mapped = reader.url(&self.url)?.to_string().replace("%7B", "{").replace("%7D", "}");
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| Ok((reader.header_name(name)?, reader.template(value, &KNOWN)?)))
            .collect::<Result<Vec<_>>>()?;
        let body = self
            .body
            .iter()
            .map(|(name, value)| Ok((name.clone(), reader.template(value, &KNOWN)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(RevocationRequest {
            method: reader.method(&self.method)?,
            url: reader.template(&Spanned::new(self.url.span(), mapped), &["client_id"])?,
            headers,
            body,
            body_format: self.body_format,
            client_authentication: self.client_authentication,
            tokens: self.tokens.clone(),
        })
    }
}
