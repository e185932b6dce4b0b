//! From what the browser brought to a connected account: code for tokens, tokens for an identity, identity to a row.
//! Runs in a task of the engine's own, so that a browser that hangs up tears nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use auth::{TokenErrorClass, TokenResponse, accept_fields, read_token_response};
use catalog::{AuthScheme, Ends, OAuth2, Placement, Problem, Toolkit};
use outbound::{Limits, Target};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use store::ConnectRequest;
use url::Url;

use crate::attach::Proven;
use crate::clients::{ClientError, OpenClient};
use crate::connect_page::{Callback, Finished, Opened};
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::identity::{Identified, IdentityError};
use crate::{Engine, places};

pub(crate) const TOKEN_LIMITS: Limits = Limits { deadline: Duration::from_secs(15), max_bytes: 1024 * 1024 };

/// Why no account was connected: a stable word for the app, a sentence for the person.
pub(crate) struct Refusal {
    reason: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl Engine {
    /// The end of an OAuth flow whose state was consumed.
    pub(crate) async fn exchange(&self, opened: Opened, callback: Callback) -> Result<Finished> {
        let line = self
            .line_of(&opened.app.id, &format!("user:{}", opened.request.user_id), None, "finish_connect")
            .toolkit(&opened.request.toolkit)
            .user(Some(opened.request.user_id.as_str()));
        let proven = match opened.is_hosted() {
            true => self.prove_hosted(&opened, &callback).await?,
            false => self.exchange_code(&opened, &callback).await?,
        };
        let (finished, failure) = self.conclude(&opened, proven).await?;
        let line = match &finished.connection_id {
            Some(id) => line.account(id),
            None => line.detail(failure.unwrap_or_default()),
        };
        let error = finished.error.as_ref().map(|message| Error::invalid_at("", message.clone()));
        self.record(line, error.as_ref()).await;
        Ok(finished)
    }

    /// What the user typed, proven by the provider before it is stored. What is wrong with it is said on the page.
    pub(crate) async fn connect_typed(
        &self,
        opened: Opened,
        fields: &[(String, String)],
    ) -> Result<Finished> {
        let given = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let proven = match opened.scheme()? {
            AuthScheme::Typed(typed) => {
                let values = accept_fields(&typed.fields, given).map_err(typed_problems)?;
                let identified = self.prove(&opened, &typed.placement, &values, &Value::Null).await?;
                Proven::typed(Grant::Typed(values), identified)
            }
            AuthScheme::ClientCredentials(declared) => {
                let values = accept_fields(&declared.fields, given).map_err(typed_problems)?;
                self.prove_by_minting(&opened, declared, values).await?
            }
            AuthScheme::NoAuth => {
                let public = Identified {
                    subject: "public".to_owned(),
                    grant_subject: "public".to_owned(),
                    label: None,
                    facts: Value::Null,
                };
                Proven::typed(Grant::Typed(BTreeMap::new()), public)
            }
            AuthScheme::OAuth2(_) => {
                return Err(Error::invalid_at("", "this toolkit is connected at its provider"));
            }
        };
        let line = self
            .line_of(&opened.app.id, &format!("user:{}", opened.request.user_id), None, "finish_connect")
            .toolkit(&opened.request.toolkit)
            .user(Some(opened.request.user_id.as_str()));
        let (finished, _) = self.conclude(&opened, Ok(proven)).await?;
        let line = line.account(finished.connection_id.as_deref().unwrap_or_default());
        self.record(line, None).await;
        Ok(finished)
    }

    /// Asks whose credential it is; on the page is said what the provider said. `token` is as for [`Engine::identify`].
    pub(crate) async fn prove(
        &self,
        opened: &Opened,
        placement: &Placement,
        values: &BTreeMap<String, SecretString>,
        token: &Value,
    ) -> Result<Identified> {
        self.identify(opened.native()?, placement, values, token)
            .await
            .map_err(|error| unproven(opened, error))
    }

    /// The inner result is what the provider refused.
    async fn exchange_code(
        &self,
        opened: &Opened,
        callback: &Callback,
    ) -> Result<std::result::Result<Proven, Refusal>> {
        let (name, toolkit) = (opened.toolkit.display_name(), opened.native()?);
        let Some(oauth2) = opened.scheme()?.oauth2() else {
            return Ok(Err(Refusal::new(
                "reconfigured",
                "The app changed its settings meanwhile; start again",
            )));
        };
        if let Some(expected) = &oauth2.issuer
            && callback.issuer.as_ref().is_some_and(|issuer| issuer != expected)
        {
            tracing::warn!(toolkit = %toolkit.slug, "a callback named another issuer");
            return Ok(Err(Refusal::new(
                "issuer_mismatch",
                "The answer came from another provider than was asked",
            )));
        }
        if let Some(error) = &callback.error {
            return Ok(Err(match error.as_str() {
                "access_denied" => Refusal::new("access_denied", format!("Access to {name} was not granted")),
                _ => Refusal::new("provider_refused", format!("{name} refused to connect")),
            }));
        }
        let Some(code) = &callback.code else {
            return Ok(Err(Refusal::new("provider_refused", format!("{name} answered without a code"))));
        };
        let version = opened.request.client_version.unwrap_or_default();
        let client = match self.open_client(toolkit, &opened.config.id, version).await {
            Ok(client) => client,
            Err(ClientError::Replaced | ClientError::Unconfigured) => {
                return Ok(Err(Refusal::new(
                    "client_replaced",
                    "The app changed its settings meanwhile; start again",
                )));
            }
            Err(ClientError::Internal(error)) => return Err(error),
        };
        let answer = self.redeem(opened, oauth2, &client, code).await?;
        Ok(match answer {
            Ok(response) => self.prove_tokens(opened, toolkit, oauth2, client, response).await,
            Err(refusal) => Err(refusal),
        })
    }

    async fn redeem(
        &self,
        opened: &Opened,
        oauth2: &OAuth2,
        client: &OpenClient,
        code: &str,
    ) -> Result<std::result::Result<TokenResponse, Refusal>> {
        let name = opened.toolkit.display_name();
        let (Some(redirect_uri), Some(sealed)) =
            (&opened.request.redirect_uri, &opened.request.sealed_verifier)
        else {
            return Err(Error::internal(anyhow::anyhow!(
                "a consumed state without redirect URI or verifier"
            )));
        };
        let verifier =
            self.vault.open(&places::code_verifier(&opened.app.id, &opened.request.id), &sealed.0)?;
        let verifier = std::str::from_utf8(verifier.expose_secret()).map_err(Error::internal)?;
        let request = auth::oauth2::exchange_request(oauth2, client.as_auth(), code, redirect_uri, verifier);
        let bases = [oauth2.token_endpoint.url.clone()];
        let response = match self.outbound.send(Target::Declared(&bases), request, TOKEN_LIMITS).await {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(toolkit = opened.toolkit.slug(), %error, "a code could not be exchanged");
                return Ok(Err(Refusal::new(
                    "exchange_failed",
                    format!("{name} could not be reached; try again"),
                )));
            }
        };
        Ok(match read_token_response(&oauth2.token_endpoint, &response) {
            Ok(tokens) => Ok(tokens),
            Err(error) if error.class == TokenErrorClass::Client => {
                let now = self.now().into();
                let refused = (client.version, client.updated_at);
                self.store.set_client_rejected(&opened.config.id, refused, Some(now)).await?;
                tracing::error!(toolkit = opened.toolkit.slug(), app = %opened.app.id, %error, "client refused");
                Err(Refusal::new("invalid_client", format!("{name} did not accept the app's OAuth client")))
            }
            Err(error) => {
                tracing::warn!(toolkit = opened.toolkit.slug(), %error, "a code was not exchanged");
                Err(Refusal::new(
                    "exchange_failed",
                    format!("{name} did not complete the connection; try again"),
                ))
            }
        })
    }

    async fn prove_tokens(
        &self,
        opened: &Opened,
        toolkit: &Toolkit,
        oauth2: &OAuth2,
        client: OpenClient,
        response: TokenResponse,
    ) -> std::result::Result<Proven, Refusal> {
        let name = &toolkit.display_name;
        // RFC 6749 section 5.1: what is not stated is what was asked for.
        let stated: Vec<Vec<String>> =
            response.tokens.values().filter_map(|token| token.scopes.clone()).collect();
        let scopes = if stated.is_empty() { opened.scopes() } else { stated.concat() };
        let tokens = Grant::from_issued(response.tokens, None, self.now());
        let usual = tokens.get(OAuth2::DEFAULT_TOKEN).or_else(|| tokens.values().next());
        let access = usual.map(|token| ("access_token".to_owned(), token.access_token.clone()));
        let values = access.into_iter().collect();
        match self.identify(toolkit, &oauth2.placement, &values, &response.body).await {
            Ok(identified) => Ok(Proven {
                grant: Grant::OAuth2(tokens),
                identified,
                scopes,
                client: Some(client),
                remote: None,
            }),
            Err(error) => {
                // Nobody can use these tokens: they belong to no row. Where more than they would end, it may be the
                // grant of an account that is well.
                if oauth2.revocation.ends == Ends::Token {
                    self.send_token_revocation(toolkit, oauth2, &client, &Grant::OAuth2(tokens)).await;
                }
                tracing::warn!(toolkit = opened.toolkit.slug(), ?error, "nobody could be identified");
                Err(Refusal::new(
                    "identity_unknown",
                    format!("{name} did not say whose account this is; try again"),
                ))
            }
        }
    }

    /// Ends the request and says where the browser goes. The second part is the reason of a failure.
    async fn conclude(
        &self,
        opened: &Opened,
        proven: std::result::Result<Proven, Refusal>,
    ) -> Result<(Finished, Option<&'static str>)> {
        let request = &opened.request;
        let attached = match proven {
            Ok(proven) => self.attach(opened, proven).await?.ok_or_else(|| {
                Refusal::new("superseded", "This connection was cancelled meanwhile; start again")
            }),
            Err(refusal) => Err(refusal),
        };
        if let Err(error) = self.store.delete_unused_clients(&opened.config.id).await {
            tracing::warn!(%error, "clients that nobody uses were left behind");
        }
        let (account, confirm_code) = match attached {
            Ok(attached) => attached,
            Err(refusal) => return Ok((self.refuse(request, &refusal).await?, Some(refusal.reason))),
        };
        let redirect = app_url(request).map(|url| {
            let mut pairs = vec![("status", "connected"), ("toolkit", &request.toolkit)];
            pairs.push(("connection_id", account.as_str()));
            pairs.extend(confirm_code.as_deref().map(|code| ("code", code)));
            with_pairs(url, &pairs)
        });
        let finished = Finished {
            toolkit: request.toolkit.clone(),
            display_name: opened.toolkit.display_name().to_owned(),
            connection_id: Some(account.to_string()),
            error: None,
            redirect,
        };
        Ok((finished, None))
    }

    /// The app disabled the toolkit while the user was at the provider.
    pub(crate) async fn stop_request(&self, request: &ConnectRequest) -> Result<Finished> {
        let name = self.display_name(&request.toolkit);
        let refusal = Refusal::new("reconfigured", format!("The app stopped using {name} meanwhile"));
        self.refuse(request, &refusal).await
    }

    async fn refuse(&self, request: &ConnectRequest, refusal: &Refusal) -> Result<Finished> {
        self.persistently(|| self.store.fail_connect_request(&request.id, refusal.reason)).await?;
        let redirect = app_url(request).map(|url| {
            with_pairs(
                url,
                &[("status", "error"), ("message", &refusal.message), ("toolkit", &request.toolkit)],
            )
        });
        Ok(Finished {
            toolkit: request.toolkit.clone(),
            display_name: self.display_name(&request.toolkit),
            connection_id: None,
            error: Some(refusal.message.clone()),
            redirect,
        })
    }
}

fn app_url(request: &ConnectRequest) -> Option<Url> {
    Url::parse(request.redirect_url.as_deref()?).ok()
}

fn with_pairs(mut url: Url, pairs: &[(&str, &str)]) -> Url {
    url.query_pairs_mut().extend_pairs(pairs);
    url
}

/// What the page says of credentials that were not proven.
pub(crate) fn unproven(opened: &Opened, error: IdentityError) -> Error {
    let name = opened.toolkit.display_name();
    let message = match error {
        IdentityError::Rejected => format!("{name} did not accept these credentials"),
        IdentityError::Unavailable => {
            format!("{name} could not be reached to check these credentials; try again")
        }
    };
    Error::invalid_at("", message)
}

fn typed_problems(problems: Vec<auth::TypedProblem>) -> Error {
    let problems: Vec<Problem> = problems
        .into_iter()
        .map(|problem| Problem::wrong(&format!("/{}", problem.field), problem.message))
        .collect();
    Error::invalid(&problems)
}
