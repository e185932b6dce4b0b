//! The request of the client credentials grant (RFC 6749 section 4.4): the client is the user's own, as typed in.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::ClientCredentials;
use http::Request;
use secrecy::{ExposeSecret, SecretString};

use crate::Client;
use crate::oauth2::token_request;

/// Typed fields for an access token. A parameter whose field was left blank is left out.
pub fn mint_request(declared: &ClientCredentials, values: &BTreeMap<String, SecretString>) -> Request<Bytes> {
    let value_of = |name: &str| values.get(name).map(|value| value.expose_secret());
    let client = Client {
        id: value_of(ClientCredentials::CLIENT_ID).unwrap_or_default(),
        secret: values.get(ClientCredentials::CLIENT_SECRET),
    };
    let parameters = declared.token_parameters.iter();
    let parameters: Vec<(&str, String)> =
        parameters.filter_map(|(name, value)| Some((name.as_str(), value.fill(value_of)?))).collect();
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend(parameters.iter().map(|(name, value)| (*name, value.as_str())));
    token_request(&declared.token_endpoint, client, fields)
}
