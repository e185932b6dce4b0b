//! `tools/<name>.toml`: one tool.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{Reader, Result};
use crate::auth_scheme::{BodyFormat, OAuth2};
use crate::parameters::Parameters;
use crate::scopes::{ScopeSet, is_scope_token};
use crate::tool::{Bound, Credential, Effect, Example, RequestBody, RequestTemplate, ResultShape, Tool};
use crate::toolkit::Toolkit;

/// Descriptions are read by models, in lists; longer ones are refused.
const MAX_DESCRIPTION_CHARACTERS: usize = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTool {
    name: Spanned<String>,
    description: Spanned<String>,
    effect: Effect,
    operation: Option<String>,
    #[serde(default)]
    scopes: Vec<Spanned<String>>,
    token: Option<Spanned<String>>,
    client_credential_bounded_by: Option<Spanned<Bound>>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    parameters: Spanned<Value>,
    request: RawRequest,
    #[serde(default)]
    result: RawResult,
    #[serde(default)]
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest {
    method: Spanned<String>,
    path: Spanned<String>,
    query: Option<Spanned<String>>,
    headers: Option<Spanned<String>>,
    body: Option<Spanned<String>>,
    body_format: Option<Spanned<BodyFormat>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawResult {
    expression: Option<Spanned<String>>,
    schema: Option<Value>,
}

/// Reads one tool of `toolkit`.
pub(crate) fn read_tool(reader: &Reader<'_>, toolkit: &Toolkit) -> Result<Tool> {
    let raw: RawTool = reader.parse()?;
    check_name(reader, &raw.name, &toolkit.slug.tool_prefix())?;
    let characters = raw.description.get_ref().chars().count();
    if characters == 0 || characters > MAX_DESCRIPTION_CHARACTERS {
        let reason = format!(
            "a description has 1 to {MAX_DESCRIPTION_CHARACTERS} characters, this one has {characters}"
        );
        return Err(reader.error(raw.description.span(), reason));
    }
    let parameters = Parameters::new(
        raw.parameters.get_ref().clone(),
        raw.aliases.clone().into_iter().collect(),
        reader.compile,
    )
    .map_err(|reason| reader.error(raw.parameters.span(), reason))?;
    let request = read_request(reader, &raw.request, toolkit, &parameters)?;
    Ok(Tool {
        toolkit: toolkit.slug.clone(),
        effect: raw.effect,
        scopes: raw.scopes.iter().map(|set| read_scope_set(reader, set, toolkit)).collect::<Result<_>>()?,
        credential: read_credential(reader, &raw, toolkit)?,
        request,
        result: ResultShape {
            expression: reader.optional_expression(raw.result.expression.as_ref())?,
            schema: raw.result.schema,
        },
        name: raw.name.into_inner(),
        description: raw.description.into_inner(),
        operation: raw.operation,
        parameters,
        examples: raw.examples,
    })
}

fn check_name(reader: &Reader<'_>, name: &Spanned<String>, prefix: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let text = name.get_ref();
    if text.starts_with(prefix) && text.len() > prefix.len() && text.bytes().all(allowed) {
        return Ok(());
    }
    Err(reader.error(
        name.span(),
        format!("a tool here is named `{prefix}` and capital letters, digits or underscores"),
    ))
}

fn read_scope_set(reader: &Reader<'_>, set: &Spanned<String>, toolkit: &Toolkit) -> Result<ScopeSet> {
    let scopes: Vec<String> = set.get_ref().split_whitespace().map(str::to_owned).collect();
    let unknown = scopes.iter().find(|scope| !is_scope_token(scope) || !toolkit.scopes.knows(scope));
    match unknown {
        Some(scope) => Err(reader.error(set.span(), format!("`{scope}` is not among the toolkit's scopes"))),
        None => Ok(ScopeSet(scopes)),
    }
}

fn read_credential(reader: &Reader<'_>, raw: &RawTool, toolkit: &Toolkit) -> Result<Credential> {
    let mut oauth2 = toolkit.auth_schemes.iter().filter_map(|scheme| scheme.oauth2());
    match (&raw.client_credential_bounded_by, &raw.token) {
        (Some(bound), None) if oauth2.any(|oauth2| oauth2.client_placement.is_some()) => {
            Ok(Credential::Client { bounded_by: *bound.get_ref() })
        }
        (Some(bound), None) => {
            Err(reader.error(bound.span(), "the toolkit declares no `oauth2.client_credential`"))
        }
        (Some(bound), Some(_)) => {
            Err(reader.error(bound.span(), "a tool uses either the app's credential or a `token`"))
        }
        (None, Some(token))
            if oauth2.any(|oauth2| oauth2.tokens.iter().any(|source| source.name == *token.get_ref())) =>
        {
            Ok(Credential::Account { token: token.get_ref().clone() })
        }
        (None, Some(token)) => Err(reader.error(token.span(), "the toolkit declares no such token")),
        (None, None) => Ok(Credential::Account { token: OAuth2::DEFAULT_TOKEN.to_owned() }),
    }
}

fn read_request(
    reader: &Reader<'_>,
    raw: &RawRequest,
    toolkit: &Toolkit,
    parameters: &Parameters,
) -> Result<RequestTemplate> {
    let known: Vec<&str> = parameters.names().chain([RequestTemplate::ACCOUNT_SUBJECT]).collect();
    let path = reader.template(&raw.path, &known)?;
    if !raw.path.get_ref().starts_with('/') || raw.path.get_ref().contains(['?', '#']) {
        return Err(
            reader.error(raw.path.span(), "a path begins with `/` and has neither query nor fragment")
        );
    }
    let format = raw.body_format.as_ref().map_or(BodyFormat::Json, |format| *format.get_ref());
    if let (Some(format), None) = (&raw.body_format, &raw.body) {
        return Err(reader.error(format.span(), "`body_format` without `body`"));
    }
    let body = raw.body.as_ref().map(|body| Ok(RequestBody { format, content: reader.expression(body)? }));
    Ok(RequestTemplate {
        method: reader.method(&raw.method)?,
        base_url: toolkit.api.base_url.clone(),
        path,
        query: reader.optional_expression(raw.query.as_ref())?,
        headers: reader.optional_expression(raw.headers.as_ref())?,
        body: body.transpose()?,
    })
}
