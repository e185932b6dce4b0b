//! Whose account is it? Asked of the provider with the credential itself, before anything is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use catalog::{AuthScheme, Identity, Placement, SchemeName, Toolkit};
use expression::{Expression, Variables};
use http::Request;
use http::header::ACCEPT;
use outbound::{Limits, Target};
use secrecy::SecretString;
use serde_json::{Value, json};

use store::ConnectedAccount;

use crate::Engine;
use crate::grant::Grant;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 1024 * 1024 };
const TRIES: usize = 2;
const MOST_CHARACTERS: usize = 255;

/// An account as its provider knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Identified {
    pub(crate) subject: String,
    pub(crate) grant_subject: String,
    pub(crate) label: Option<String>,
    pub(crate) facts: Value,
}

/// Why nobody could be identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityError {
    /// The provider does not accept the credential.
    Rejected,
    /// The provider did not answer, or not with an identity.
    Unavailable,
}

impl Engine {
    /// Asks the provider, and reads the answer as the manifest says. `token` is the token response, or null.
    pub(crate) async fn identify(
        &self,
        toolkit: &Toolkit,
        placement: &Placement,
        values: &BTreeMap<String, SecretString>,
        token: &Value,
    ) -> Result<Identified, IdentityError> {
        let identity = toolkit.identity.as_ref().ok_or(IdentityError::Unavailable)?;
        let mut profile = Value::Null;
        if let Some(declared) = &identity.request {
            let mut request = Request::new(Bytes::new());
            *request.method_mut() = declared.method.clone();
            *request.uri_mut() = declared.url.as_str().parse().map_err(|_| IdentityError::Unavailable)?;
            request.headers_mut().insert(ACCEPT, http::HeaderValue::from_static("application/json"));
            for (name, value) in &toolkit.api.headers {
                let value = http::HeaderValue::from_str(value).map_err(|_| IdentityError::Unavailable)?;
                request.headers_mut().insert(name, value);
            }
            auth::place(placement, |name| values.get(name), &mut request)
                .map_err(|_| IdentityError::Rejected)?;
            let bases = std::slice::from_ref(&declared.url);
            profile = self.ask_profile(toolkit, Target::Declared(bases), request).await?;
        }
        read(identity, &json!({ "token": token, "profile": profile })).ok_or(IdentityError::Unavailable)
    }

    /// Whether a provider still says whose account a credential is. `None` where the toolkit has no call for that.
    pub(crate) async fn still_identified(
        &self,
        toolkit: &Toolkit,
        account: &ConnectedAccount,
        grant: &Grant,
        token_name: &str,
    ) -> Option<Result<(), IdentityError>> {
        toolkit.identity.as_ref()?.request.as_ref()?;
        let scheme = SchemeName::parse(&account.auth_scheme).and_then(|name| toolkit.auth_scheme(name))?;
        let asked = match (scheme, grant) {
            (AuthScheme::OAuth2(oauth2), Grant::OAuth2(tokens)) => {
                let token = tokens.get(token_name)?.access_token.clone();
                let values = BTreeMap::from([("access_token".to_owned(), token)]);
                self.identify(toolkit, &oauth2.placement, &values, &Value::Null).await
            }
            (AuthScheme::Typed(typed), Grant::Typed(values)) => {
                self.identify(toolkit, &typed.placement, values, &Value::Null).await
            }
            (AuthScheme::ClientCredentials(declared), Grant::Minted { fields, tokens }) => {
                let values = Grant::with_access_token(fields, tokens.get(token_name)?);
                self.identify(toolkit, &declared.placement, &values, &Value::Null).await
            }
            _ => return None,
        };
        Some(asked.map(|_| ()))
    }

    async fn ask_profile(
        &self,
        toolkit: &Toolkit,
        target: Target<'_>,
        request: Request<Bytes>,
    ) -> Result<Value, IdentityError> {
        for _ in 0..TRIES {
            match self.outbound.send(target, request.clone(), LIMITS).await {
                Ok(response) if response.status().is_success() => {
                    return serde_json::from_slice(response.body()).map_err(|_| IdentityError::Unavailable);
                }
                Ok(response) if matches!(response.status().as_u16(), 400 | 401 | 403) => {
                    return Err(IdentityError::Rejected);
                }
                Ok(response) => {
                    tracing::warn!(toolkit = %toolkit.slug, status = response.status().as_u16(), "no identity");
                }
                Err(error) => tracing::warn!(toolkit = %toolkit.slug, %error, "no identity"),
            }
        }
        Err(IdentityError::Unavailable)
    }
}

fn read(identity: &Identity, input: &Value) -> Option<Identified> {
    let subject = text(&identity.subject, input)?;
    let optional =
        |expression: &Option<Expression>| expression.as_ref().and_then(|expression| text(expression, input));
    let facts = identity.facts.as_ref().and_then(|facts| facts.evaluate(input, &Variables::default()).ok());
    Some(Identified {
        grant_subject: optional(&identity.grant).unwrap_or_else(|| subject.clone()),
        label: optional(&identity.label),
        facts: facts.unwrap_or(Value::Null),
        subject,
    })
}

/// A short line of text; PostgreSQL takes no NUL, people no controls.
fn text(expression: &Expression, input: &Value) -> Option<String> {
    let text = match expression.evaluate(input, &Variables::default()).ok()? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let clean: String =
        text.chars().filter(|character| !character.is_control()).take(MOST_CHARACTERS).collect();
    (!clean.is_empty()).then_some(clean)
}
