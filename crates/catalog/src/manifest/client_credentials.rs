//! `[auth.client_credentials]` of `toolkit.toml`: where a client that the user typed in is worth access tokens.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::auth::{RawPlacement, bearer_placement, form, read_headers, usual_token};
use super::{Reader, Result};
use crate::auth_scheme::{
    BodyFormat, ClientAuthentication, ClientCredentials, Field, RefreshClass, TokenEndpoint,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClientCredentials {
    token_url: Spanned<String>,
    client_authentication: Spanned<ClientAuthentication>,
    #[serde(default = "form")]
    token_format: BodyFormat,
    #[serde(default)]
    token_headers: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    token_parameters: BTreeMap<String, Spanned<String>>,
    refresh: Spanned<RefreshClass>,
    #[serde(default)]
    client_errors: Vec<String>,
    #[serde(default)]
    transient_errors: Vec<String>,
    refusal: Option<Spanned<String>>,
    access_token_lifetime: Option<u64>,
}

impl RawClientCredentials {
    /// `further` is what the user types beside client id and secret.
    pub(super) fn read(
        &self,
        reader: &Reader<'_>,
        further: &[Field],
        credential: Option<&RawPlacement>,
    ) -> Result<ClientCredentials> {
        let at = self.token_url.span();
        let usual = client_fields();
        if let Some(twice) = further.iter().find(|field| usual.iter().any(|own| own.name == field.name)) {
            return Err(reader.error(at, format!("`{}` is asked for by itself", twice.name)));
        }
        let fields: Vec<Field> = usual.into_iter().chain(further.iter().cloned()).collect();
        let plain = fields.iter().filter(|field| !field.secret).map(|field| field.name.as_str());
        let plain: Vec<&str> = plain.collect();
        let placed: Vec<&str> = plain.iter().copied().chain(["access_token"]).collect();
        let placement = match credential {
            Some(raw) => raw.read(reader, &placed)?,
            None => bearer_placement(reader, &Spanned::new(at, "Bearer {access_token}".to_owned()), &placed)?,
        };
        let parameters = self.token_parameters.iter();
        let parameters = parameters.map(|(name, value)| Ok((name.clone(), reader.template(value, &plain)?)));
        Ok(ClientCredentials {
            token_endpoint: self.read_token_endpoint(reader)?,
            token_parameters: parameters.collect::<Result<_>>()?,
            placement,
            fields,
        })
    }

    fn read_token_endpoint(&self, reader: &Reader<'_>) -> Result<TokenEndpoint> {
        if *self.refresh.get_ref() != RefreshClass::ReMint {
            return Err(reader.error(self.refresh.span(), "S2S_OAUTH2 knows no other class than `re-mint`"));
        }
        if *self.client_authentication.get_ref() == ClientAuthentication::None {
            let message = "S2S_OAUTH2 proves the client by `body` or `basic`";
            return Err(reader.error(self.client_authentication.span(), message));
        }
        Ok(TokenEndpoint {
            url: reader.url(&self.token_url)?,
            client_authentication: *self.client_authentication.get_ref(),
            format: self.token_format,
            headers: read_headers(reader, &self.token_headers)?,
            tokens: vec![usual_token(reader, self.token_url.span())?],
            refresh: RefreshClass::ReMint,
            dead_grant_errors: Vec::new(),
            client_errors: self.client_errors.clone(),
            transient_errors: self.transient_errors.clone(),
            refusal: reader.optional_expression(self.refusal.as_ref())?,
            access_token_lifetime: self.access_token_lifetime.map(Duration::from_secs),
        })
    }
}

fn client_fields() -> [Field; 2] {
    let field = |name: &str, label: &str, secret| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        help: None,
        secret,
        required: true,
    };
    [
        field(ClientCredentials::CLIENT_ID, "Client ID", false),
        field(ClientCredentials::CLIENT_SECRET, "Client secret", true),
    ]
}
