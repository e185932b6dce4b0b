//! `oauth_credentials` for a toolkit that Composio serves: what it takes is what the vendor says of the auth scheme.

use std::collections::BTreeMap;

use catalog::{Field, Problem, nearest};
use composio::{AuthDetail, ToolkitDetail};
use secrecy::SecretString;
use serde_json::{Map, Value};
use store::AuthConfig;
use url::Url;

use crate::configure::byo_required;
use crate::error::{Error, Result};

/// What the vendor calls a toolkit that nobody connects to.
pub(crate) const NO_AUTH: &str = "NO_AUTH";
/// Fields of an auth config that are not the app's to give as credentials.
const NOT_GIVEN: [&str; 2] = ["oauth_redirect_uri", "scopes"];

/// What an app gives, each field a secret.
#[derive(Default)]
pub(super) struct Given {
    pub(super) auth_scheme: Option<String>,
    pub(super) fields: BTreeMap<String, SecretString>,
}

/// Whether an app must bring an OAuth client for this scheme.
fn needs_client(scheme: &str) -> bool {
    matches!(scheme, "OAUTH1" | "OAUTH2" | "S2S_OAUTH2")
}

/// Whether the vendor serves a toolkit to an app that brings nothing.
pub(crate) fn serves_without_client(toolkit: &composio::Toolkit) -> bool {
    toolkit.no_auth
        || !toolkit.composio_managed_auth_schemes.is_empty()
        || toolkit.auth_schemes.iter().any(|scheme| !needs_client(scheme))
}

/// What is named, or what the config has, or the vendor's own client, or what needs none.
pub(super) fn wanted_scheme(
    vendor: &composio::Toolkit,
    existing: Option<&AuthConfig>,
    given: Option<&Given>,
    base: &str,
) -> Result<String> {
    if vendor.no_auth {
        return match given.is_some_and(|given| given.auth_scheme.is_some() || !given.fields.is_empty()) {
            true => Err(Error::invalid_at(base, "this toolkit needs no credentials; leave them out")),
            false => Ok(NO_AUTH.to_owned()),
        };
    }
    let offered = &vendor.auth_schemes;
    if let Some(named) = given.and_then(|given| given.auth_scheme.as_ref()) {
        if offered.contains(named) {
            return Ok(named.clone());
        }
        let offered = offered.join(", ");
        let message = format!("is not offered by this toolkit; it offers {offered}");
        return Err(Error::invalid_at(&format!("{base}/auth_scheme"), message));
    }
    if let Some(existing) = existing.filter(|config| offered.contains(&config.auth_scheme)) {
        return Ok(existing.auth_scheme.clone());
    }
    let brings_client = given.is_some_and(|given| given.fields.contains_key("client_id"));
    let with_client = offered.iter().find(|scheme| brings_client && needs_client(scheme));
    let managed = vendor.composio_managed_auth_schemes.first();
    let without_client = offered.iter().find(|scheme| !needs_client(scheme));
    let chosen = with_client.or(managed).or(without_client).or(offered.first());
    Ok(chosen.cloned().unwrap_or_else(|| "OAUTH2".to_owned()))
}

pub(super) fn read_given(given: &Map<String, Value>, base: &str) -> Result<Given> {
    let mut read = Given::default();
    let mut problems = Vec::new();
    for (name, value) in given {
        let pointer = format!("{base}/{name}");
        match value {
            Value::Null => {}
            Value::String(text) if name == "auth_scheme" => {
                read.auth_scheme = Some(text.trim().to_ascii_uppercase());
            }
            _ if NOT_GIVEN.contains(&name.as_str()) => {
                problems.push(Problem::wrong(&pointer, "is set by this service; leave it out"));
            }
            Value::String(text) if text.trim().is_empty() || text.chars().any(char::is_control) => {
                problems.push(Problem::wrong(&pointer, "must be a text without control characters"));
            }
            Value::String(text) => {
                read.fields.insert(name.clone(), SecretString::from(text.as_str()));
            }
            _ => problems.push(Problem::wrong(&pointer, "must be a string")),
        }
    }
    if problems.is_empty() { Ok(read) } else { Err(Error::invalid(&problems)) }
}

/// What the app gives for a scheme, as the vendor describes it.
pub(super) fn fields_of(detail: Option<&ToolkitDetail>, scheme: &str) -> Vec<Field> {
    let details = detail.into_iter().flat_map(|detail| &detail.auth_config_details);
    let found: Option<&AuthDetail> = details.into_iter().find(|detail| detail.mode == scheme);
    let asked = found.map(|detail| &detail.fields.auth_config_creation);
    let required = asked.into_iter().flat_map(|fields| &fields.required).map(|field| (field, true));
    let optional = asked.into_iter().flat_map(|fields| &fields.optional).map(|field| (field, false));
    let shown = required.chain(optional).filter(|(field, _)| !NOT_GIVEN.contains(&field.name.as_str()));
    shown
        .map(|(field, required)| Field {
            name: field.name.clone(),
            label: if field.display_name.is_empty() {
                field.name.clone()
            } else {
                field.display_name.clone()
            },
            help: Some(field.description.clone()).filter(|text| !text.is_empty()),
            secret: field.is_secret.unwrap_or_else(|| field.name != "client_id"),
            required,
        })
        .collect()
}

/// Everything that is wrong with the credentials, by what the vendor says it needs. `redirect_uri` is for an app that
/// brings nothing where something is needed.
pub(super) fn check_given(
    display_name: &str,
    asked: &[Field],
    all: &BTreeMap<String, SecretString>,
    given: Option<&Given>,
    redirect_uri: Option<&Url>,
    base: &str,
) -> Result<()> {
    let names = || asked.iter().map(|field| field.name.as_str());
    let unknown = given.into_iter().flat_map(|given| given.fields.keys());
    let unknown = unknown.filter(|name| !names().any(|known| known == name.as_str()));
    let mut problems: Vec<Problem> = unknown
        .map(|name| {
            let near = nearest(name, names());
            let hint = near.first().map(|near| format!("; did you mean `{near}`?"));
            let all = names().collect::<Vec<_>>().join(", ");
            let hint = hint.unwrap_or_else(|| format!("; the fields are {all}"));
            Problem::wrong(&format!("{base}/{name}"), format!("is no credential of this toolkit{hint}"))
        })
        .collect();
    let missing: Vec<&Field> =
        asked.iter().filter(|field| field.required && !all.contains_key(&field.name)).collect();
    if given.is_none() && !missing.is_empty() {
        return Err(byo_required(display_name, asked, redirect_uri));
    }
    problems.extend(missing.iter().map(|field| Problem::missing(&format!("{base}/{}", field.name))));
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid(&problems)) }
}
