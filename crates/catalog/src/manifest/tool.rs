//! `tools/<name>.toml`: one tool.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::check::{RawCheck, read_check};
use super::step::{RawRequest, RawStep, StepReader};
use super::{Compile, Reader, Result};
use crate::auth_scheme::OAuth2;
use crate::parameters::Parameters;
use crate::schema::Schema;
use crate::scopes::{ScopeSet, is_scope_token};
use crate::step::Step;
use crate::tool::{Bound, Credential, Effect, Example, ResultShape, Tool};
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
    #[serde(default)]
    steps: Vec<RawStep>,
    request: RawRequest,
    #[serde(default)]
    result: RawResult,
    check: Option<Spanned<RawCheck>>,
    #[serde(default)]
    examples: Vec<Example>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawResult {
    expression: Option<Spanned<String>>,
    schema: Option<Spanned<Value>>,
    #[serde(default)]
    uncut: Vec<String>,
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
    let steps = read_steps(reader, &raw, toolkit, &parameters)?;
    let credential = read_credential(reader, &raw, toolkit)?;
    let check = raw.check.as_ref();
    let check = check.map(|check| read_check(reader, check, toolkit, &parameters, &steps, &credential));
    Ok(Tool {
        toolkit: toolkit.slug.clone(),
        effect: raw.effect,
        scopes: raw.scopes.iter().map(|set| read_scope_set(reader, set, toolkit)).collect::<Result<_>>()?,
        credential,
        steps,
        result: read_result(reader, raw.result)?,
        check: check.transpose()?,
        name: raw.name.into_inner(),
        description: raw.description.into_inner(),
        parameters,
        examples: raw.examples,
    })
}

/// The steps before, and the tool's own request as the last one.
fn read_steps(
    reader: &Reader<'_>,
    raw: &RawTool,
    toolkit: &Toolkit,
    parameters: &Parameters,
) -> Result<Vec<Step>> {
    let step = StepReader { reader, toolkit, arguments: parameters.names().collect(), effect: raw.effect };
    let mut steps: Vec<Step> = raw.steps.iter().map(|raw| step.read(raw)).collect::<Result<_>>()?;
    steps.push(step.last(&raw.request, raw.operation.clone())?);
    Ok(steps)
}

fn read_result(reader: &Reader<'_>, raw: RawResult) -> Result<ResultShape> {
    let schema = raw.schema.map(|schema| {
        let span = schema.span();
        match reader.compile {
            Compile::Now => Schema::new(schema.into_inner()).map_err(|reason| reader.error(span, reason)),
            Compile::WhenUsed => Ok(Schema::deferred(schema.into_inner())),
        }
    });
    Ok(ResultShape {
        expression: reader.optional_expression(raw.expression.as_ref())?,
        schema: schema.transpose()?,
        uncut: raw.uncut,
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

pub(super) fn read_scope_set(
    reader: &Reader<'_>,
    set: &Spanned<String>,
    toolkit: &Toolkit,
) -> Result<ScopeSet> {
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
        (Some(bound), _) if *bound.get_ref() == Bound::Grant && toolkit.api.grant_bound.is_none() => {
            Err(reader.error(bound.span(), "the toolkit declares no `[api.grant_bound]`"))
        }
        (Some(bound), _) if *bound.get_ref() == Bound::Grant && !names_a_place(toolkit, raw) => {
            Err(reader.error(bound.span(), "no argument of the tool says which place it acts in"))
        }
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
            if oauth2.any(|oauth2| {
                oauth2.token_endpoint.tokens.iter().any(|source| source.name == *token.get_ref())
            }) =>
        {
            Ok(Credential::Account { token: token.get_ref().clone() })
        }
        (None, Some(token)) => Err(reader.error(token.span(), "the toolkit declares no such token")),
        (None, None) => Ok(Credential::Account { token: OAuth2::DEFAULT_TOKEN.to_owned() }),
    }
}

/// Whether every request of a tool goes to something whose place is known: its path names the place, which is filled in,
/// or a required argument that leads to it.
fn names_a_place(toolkit: &Toolkit, raw: &RawTool) -> bool {
    let Some(bound) = &toolkit.api.grant_bound else { return false };
    let required = raw.parameters.get_ref()["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let leads = bound.lookups.iter().map(|lookup| &lookup.argument);
    let leads = leads.filter(|argument| required.iter().any(|name| name == *argument));
    let known: Vec<String> =
        leads.chain([&bound.argument]).map(|argument| format!("{{{argument}}}")).collect();
    let mut paths = raw.steps.iter().map(RawStep::path).chain([raw.request.path()]);
    paths.all(|path| path.is_some_and(|path| known.iter().any(|place| path.contains(place))))
}
