//! Puts a credential into a request, where the manifest says.

use catalog::{Placement, Template};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::oauth2::basic_header;

/// Why a credential could not be placed; no variant carries any of it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlacementError {
    #[error("the credential has no field `{0}`")]
    Missing(String),
    #[error("a field of the credential cannot stand in a header")]
    NotAHeader,
    #[error("the request has no absolute URL")]
    NoUrl,
}

/// Adds the credential to `request`. Header values are marked sensitive, so that no debug output shows them.
pub fn place<'v, B>(
    placement: &Placement,
    value_of: impl Fn(&str) -> Option<&'v SecretString>,
    request: &mut Request<B>,
) -> Result<(), PlacementError> {
    let fill = |template: &Template| {
        template.fill(|name| value_of(name).map(ExposeSecret::expose_secret)).ok_or_else(|| {
            PlacementError::Missing(template.variables().next().unwrap_or_default().to_owned())
        })
    };
    match placement {
        Placement::Basic { username, password } => {
            request.headers_mut().insert(AUTHORIZATION, basic_header(&fill(username)?, &fill(password)?));
        }
        Placement::Fields { headers, query } => {
            for (name, template) in headers {
                let mut value =
                    HeaderValue::from_str(&fill(template)?).map_err(|_| PlacementError::NotAHeader)?;
                value.set_sensitive(true);
                request.headers_mut().insert(name, value);
            }
            if !query.is_empty() {
                let mut url = Url::parse(&request.uri().to_string()).map_err(|_| PlacementError::NoUrl)?;
                for (name, template) in query {
                    url.query_pairs_mut().append_pair(name, &fill(template)?);
                }
                *request.uri_mut() = url.as_str().parse().map_err(|_| PlacementError::NoUrl)?;
            }
        }
    }
    Ok(())
}
