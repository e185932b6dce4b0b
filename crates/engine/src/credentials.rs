//! `oauth_credentials` as an app gives them: checked against what the toolkit declares, secrets wrapped at once.

use std::collections::BTreeMap;

use auth::accept_fields;
use catalog::{AuthScheme, Field, OAuth2, Problem, SchemeName, Toolkit, nearest};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The app's own client, or the part of it that it wants to change.
#[derive(Debug, Default)]
pub(crate) struct GivenCredentials {
    pub(crate) auth_scheme: Option<SchemeName>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretString>,
    /// The toolkit's own further fields.
    pub(crate) extras: BTreeMap<String, SecretString>,
}

/// Reads the object at `base` (a JSON pointer). Whether anything required is missing is not decided here.
pub(crate) fn read(toolkit: &Toolkit, given: &Map<String, Value>, base: &str) -> Result<GivenCredentials> {
    let mut problems = Vec::new();
    let mut read = GivenCredentials::default();
    let mut texts: Vec<(&str, &str)> = Vec::new();
    for (name, value) in given {
        match value {
            Value::String(text) => texts.push((name.as_str(), text.as_str())),
            Value::Null => {}
            _ => problems.push(Problem::wrong(&format!("{base}/{name}"), "must be a string".to_owned())),
        }
    }
    if let Some((_, text)) = texts.iter().find(|(name, _)| *name == "auth_scheme") {
        match read_scheme(toolkit, text) {
            Ok(scheme) => read.auth_scheme = Some(scheme),
            Err(message) => problems.push(Problem::wrong(&format!("{base}/auth_scheme"), message)),
        }
    }
    let scheme = read
        .auth_scheme
        .map_or_else(|| Some(toolkit.default_auth_scheme()), |name| toolkit.auth_scheme(name));
    let fields = client_fields(scheme.and_then(AuthScheme::oauth2));
    let rest = texts.into_iter().filter(|(name, _)| *name != "auth_scheme");
    match accept_fields(&optional(&fields), rest) {
        Ok(mut values) => {
            read.client_id =
                values.remove("client_id").map(|id| secrecy::ExposeSecret::expose_secret(&id).to_owned());
            read.client_secret = values.remove("client_secret");
            read.extras = values;
        }
        Err(found) => problems.extend(
            found
                .into_iter()
                .map(|problem| Problem::wrong(&format!("{base}/{}", problem.field), problem.message)),
        ),
    }
    if problems.is_empty() { Ok(read) } else { Err(Error::invalid(&problems)) }
}

/// What an app that brings its own client enters: id, secret, and what the toolkit declares.
pub(crate) fn client_fields(oauth2: Option<&OAuth2>) -> Vec<Field> {
    let Some(oauth2) = oauth2 else { return Vec::new() };
    plain_client_fields().into_iter().chain(oauth2.client_fields.iter().cloned()).collect()
}

/// The same where nothing more is known of the toolkit.
pub(crate) fn plain_client_fields() -> [Field; 2] {
    let field = |name: &str, label: &str, secret| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        help: None,
        secret,
        required: true,
    };
    [field("client_id", "Client ID", false), field("client_secret", "Client secret", true)]
}

/// Everything that a new client still lacks.
pub(crate) fn check_complete(given: &GivenCredentials, oauth2: &OAuth2, base: &str) -> Result<()> {
    let has = |name: &str| match name {
        "client_id" => given.client_id.is_some(),
        "client_secret" => given.client_secret.is_some(),
        extra => given.extras.contains_key(extra),
    };
    let missing: Vec<Problem> = client_fields(Some(oauth2))
        .into_iter()
        .filter(|field| field.required && !has(&field.name))
        .map(|field| Problem::missing(&format!("{base}/{}", field.name)))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::invalid(&missing)) }
}

/// The same fields, none required: what is missing is judged when it is known what the app wants.
fn optional(fields: &[Field]) -> Vec<Field> {
    fields.iter().map(|field| Field { required: false, ..field.clone() }).collect()
}

fn read_scheme(toolkit: &Toolkit, text: &str) -> std::result::Result<SchemeName, String> {
    let offered: Vec<&str> = toolkit.auth_schemes.iter().map(|scheme| scheme.name().as_str()).collect();
    let offered = offered.join(", ");
    match SchemeName::parse(text) {
        Some(scheme) if toolkit.auth_scheme(scheme).is_some() => Ok(scheme),
        Some(scheme) => {
            Err(format!("{} is not offered by this toolkit; it offers {offered}", scheme.as_str()))
        }
        None if SchemeName::REFUSED.iter().any(|refused| refused.eq_ignore_ascii_case(text)) => {
            Err(format!("this auth scheme is not supported by this service; this toolkit offers {offered}"))
        }
        None => {
            let near = nearest(text, SchemeName::ALL.into_iter().map(SchemeName::as_str));
            let hint = near.first().map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
            Err(format!("is no auth scheme{hint}; this toolkit offers {offered}"))
        }
    }
}
