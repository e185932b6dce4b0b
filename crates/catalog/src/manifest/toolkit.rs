//! `toolkit.toml`: what a toolkit is, its API, its scopes, its identity.

use std::collections::BTreeMap;
use std::sync::Arc;

use expression::Expression;
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::auth::RawAuth;
use super::{Compile, Reader, Result};
use crate::icon::Icon;
use crate::scopes::{Scopes, is_scope_token};
use crate::slug::Slug;
use crate::step::Step;
use crate::toolkit::{
    Api, BoundLookup, GrantBound, Hosted, HostedTool, Identity, IdentityRequest, RateLimit, ResetUnit, Setup,
    Toolkit,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToolkit {
    slug: Spanned<String>,
    display_name: Spanned<String>,
    description: Spanned<String>,
    categories: Vec<String>,
    docs_url: Spanned<String>,
    icon: Option<Spanned<RawIcon>>,
    setup: Option<RawSetup>,
    provider: Option<String>,
    curated: Option<u8>,
    managed_client: Option<Spanned<String>>,
    definitions: Option<Spanned<String>>,
    api: RawApi,
    #[serde(default)]
    scopes: RawScopes,
    auth: Spanned<Vec<RawAuth>>,
    identity: Option<RawIdentity>,
    composio: Option<RawHosted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHosted {
    toolkit: String,
    #[serde(default)]
    tools: BTreeMap<String, RawHostedTool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHostedTool {
    name: Option<String>,
    #[serde(default)]
    arguments: BTreeMap<String, String>,
    #[serde(default)]
    result: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIcon {
    path: String,
    color: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSetup {
    register_at: Spanned<String>,
    steps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApi {
    base_url: Spanned<String>,
    #[serde(default)]
    allowed_urls: Vec<Spanned<String>>,
    #[serde(default)]
    headers: BTreeMap<Spanned<String>, String>,
    failure: Option<Spanned<String>>,
    rate_limit: Option<RawRateLimit>,
    grant_bound: Option<RawGrantBound>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrantBound {
    granted: Spanned<String>,
    still: Spanned<String>,
    argument: String,
    #[serde(default)]
    lookups: Vec<RawBoundLookup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBoundLookup {
    argument: String,
    path: Spanned<String>,
    place: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRateLimit {
    reset_header: Spanned<String>,
    reset_unit: ResetUnit,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawScopes {
    prefix: Option<String>,
    #[serde(default)]
    unprefixed: Vec<String>,
    #[serde(default)]
    always: Vec<Spanned<String>>,
    #[serde(default)]
    default: Vec<Spanned<String>>,
    #[serde(default)]
    known: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIdentity {
    request: Option<RawIdentityRequest>,
    subject: Spanned<String>,
    label: Option<Spanned<String>>,
    grant: Option<Spanned<String>>,
    facts: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIdentityRequest {
    method: Spanned<String>,
    url: Spanned<String>,
}

/// Reads `toolkit.toml`; the tools are added by the caller.
pub(crate) fn read_toolkit(reader: &Reader<'_>) -> Result<Toolkit> {
    let raw: RawToolkit = reader.parse()?;
    let definitions = read_definitions(reader, raw.definitions.as_ref())?;
    let reader = &reader.with_definitions(&definitions);
    let slug = Slug::parse(raw.slug.get_ref()).ok_or_else(|| {
        reader.error(
            raw.slug.span(),
            format!("`{}` is no slug: use lower-case letters, digits and hyphens", raw.slug.get_ref()),
        )
    })?;
    for text in [&raw.display_name, &raw.description] {
        if text.get_ref().trim().is_empty() {
            return Err(reader.error(text.span(), "must not be empty"));
        }
    }
    let api = read_api(reader, &raw.api)?;
    if raw.auth.get_ref().is_empty() {
        return Err(reader.error(raw.auth.span(), "a toolkit needs at least one `[[auth]]`"));
    }
    let auth_schemes = raw.auth.get_ref().iter().map(|auth| auth.read(reader)).collect::<Result<Vec<_>>>()?;
    let identity = raw.identity.as_ref().map(|identity| read_identity(reader, identity)).transpose()?;
    if identity.is_none() && auth_schemes.iter().any(|scheme| scheme.name() != crate::SchemeName::NoAuth) {
        return Err(reader
            .error(raw.slug.span(), "`[identity]` is missing: without it nobody knows whose account it is"));
    }
    if let Some(client) = &raw.managed_client
        && !client.get_ref().bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    {
        return Err(reader.error(client.span(), "a managed client is named in capital letters and digits"));
    }
    let icon = raw.icon.as_ref().map(|icon| read_icon(reader, icon)).transpose()?;
    let setup = raw.setup.map(|setup| read_setup(reader, setup)).transpose()?;
    Ok(Toolkit {
        icon,
        setup,
        provider: raw.provider.unwrap_or_else(|| slug.as_str().to_owned()),
        slug,
        display_name: raw.display_name.into_inner(),
        description: raw.description.into_inner(),
        categories: raw.categories,
        docs_url: Url::parse(raw.docs_url.get_ref())
            .map_err(|_| reader.error(raw.docs_url.span(), "`docs_url` is no URL"))?,
        curated: raw.curated,
        managed_client: raw.managed_client.map(Spanned::into_inner),
        definitions,
        scopes: read_scopes(reader, raw.scopes)?,
        api,
        auth_schemes,
        identity,
        hosted: raw.composio.map(read_hosted),
        tools: Vec::new(),
    })
}

fn read_hosted(raw: RawHosted) -> Hosted {
    let tool =
        |tool: RawHostedTool| HostedTool { name: tool.name, arguments: tool.arguments, result: tool.result };
    let tools = raw.tools.into_iter().map(|(name, raw)| (name, tool(raw)));
    Hosted { toolkit: raw.toolkit, tools: tools.collect() }
}

fn read_icon(reader: &Reader<'_>, raw: &Spanned<RawIcon>) -> Result<Icon> {
    let RawIcon { path, color } = raw.get_ref();
    Icon::new(path, color).map_err(|reason| reader.error(raw.span(), reason))
}

fn read_setup(reader: &Reader<'_>, raw: RawSetup) -> Result<Setup> {
    let register_at = Url::parse(raw.register_at.get_ref())
        .map_err(|_| reader.error(raw.register_at.span(), "`register_at` is no URL"))?;
    Ok(Setup { register_at, steps: raw.steps })
}

/// The definitions as they are, once they are known to parse by themselves.
fn read_definitions(reader: &Reader<'_>, raw: Option<&Spanned<String>>) -> Result<Arc<str>> {
    let Some(raw) = raw else { return Ok(Arc::from("")) };
    let definitions = Arc::from(raw.get_ref().as_str());
    if reader.compile == Compile::WhenUsed {
        return Ok(definitions);
    }
    Expression::parse(&format!("{definitions}\n."))
        .map(|_| definitions)
        .map_err(|error| reader.error_inside(raw, error.line, error.message))
}

fn read_api(reader: &Reader<'_>, raw: &RawApi) -> Result<Api> {
    let base_url = reader.url(&raw.base_url)?;
    let mut allowed_bases = vec![base_url.clone()];
    for url in &raw.allowed_urls {
        allowed_bases.push(reader.url(url)?);
    }
    let headers = raw.headers.iter().map(|(name, value)| Ok((reader.header_name(name)?, value.clone())));
    let reset =
        raw.rate_limit.as_ref().map(|limit| Ok((reader.header_name(&limit.reset_header)?, limit.reset_unit)));
    let grant_bound = raw.grant_bound.as_ref().map(|bound| read_grant_bound(reader, bound, &base_url));
    Ok(Api {
        grant_bound: grant_bound.transpose()?,
        base_url,
        allowed_bases,
        headers: headers.collect::<Result<_>>()?,
        failure: reader.optional_expression(raw.failure.as_ref())?,
        rate_limit: RateLimit { reset: reset.transpose()? },
    })
}

fn read_grant_bound(reader: &Reader<'_>, raw: &RawGrantBound, base_url: &Url) -> Result<GrantBound> {
    let lookup = |raw: &RawBoundLookup| {
        let path = reader.template(&raw.path, &[raw.argument.as_str()])?;
        Ok(BoundLookup {
            step: Step::look_up(&raw.argument, base_url.clone(), path),
            place: reader.expression(&raw.place)?,
            argument: raw.argument.clone(),
        })
    };
    Ok(GrantBound {
        granted: reader.expression(&raw.granted)?,
        still: Step::look_up(
            GrantBound::PLACE,
            base_url.clone(),
            reader.template(&raw.still, &[GrantBound::PLACE])?,
        ),
        argument: raw.argument.clone(),
        lookups: raw.lookups.iter().map(lookup).collect::<Result<_>>()?,
    })
}

fn read_scopes(reader: &Reader<'_>, raw: RawScopes) -> Result<Scopes> {
    let list = |scopes: Vec<Spanned<String>>| -> Result<Vec<String>> {
        scopes
            .into_iter()
            .map(|scope| match is_scope_token(scope.get_ref()) {
                true => Ok(scope.into_inner()),
                false => Err(reader.error(scope.span(), format!("`{}` is no scope", scope.get_ref()))),
            })
            .collect()
    };
    Ok(Scopes {
        prefix: raw.prefix,
        unprefixed: raw.unprefixed,
        always: list(raw.always)?,
        default: list(raw.default)?,
        known: list(raw.known)?,
    })
}

fn read_identity(reader: &Reader<'_>, raw: &RawIdentity) -> Result<Identity> {
    let request = raw.request.as_ref().map(|request| {
        Ok(IdentityRequest { method: reader.method(&request.method)?, url: reader.url(&request.url)? })
    });
    Ok(Identity {
        request: request.transpose()?,
        subject: reader.expression(&raw.subject)?,
        label: reader.optional_expression(raw.label.as_ref())?,
        grant: reader.optional_expression(raw.grant.as_ref())?,
        facts: reader.optional_expression(raw.facts.as_ref())?,
    })
}
