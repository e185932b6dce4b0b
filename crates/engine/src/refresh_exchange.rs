//! Asking for a new token under a lease: with the refresh token, or with the credentials that tokens are minted from.

use std::time::Duration;

use auth::{TokenError, TokenErrorClass, TokenResponse, read_token_response};
use bytes::Bytes;
use catalog::{AuthScheme, SchemeName, TokenEndpoint, Toolkit};
use http::Request;
use jiff::SignedDuration;
use outbound::{Limits, SendError, Target};
use secrecy::{ExposeSecret, SecretString};
use store::{ConnectedAccount, Lease, Time};

use crate::Engine;
use crate::clients::{ClientError, OpenClient};
use crate::grant::Grant;
use crate::refresh::{LEASE, RefreshError, Refreshed, Renewal, usable};

const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 1024 * 1024 };
pub(crate) const PAUSE_AFTER_TROUBLE: SignedDuration = SignedDuration::from_secs(2);
pub(crate) const PAUSE_AFTER_REFUSAL: SignedDuration = SignedDuration::from_secs(30);
/// A provider that is busy keeps no account waiting for longer than this, whatever it asks for.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(1);

/// An exchange under way.
pub(crate) struct Attempt<'a> {
    pub(crate) lease: Lease,
    pub(crate) account: ConnectedAccount,
    pub(crate) grant: Grant,
    pub(crate) toolkit: &'a Toolkit,
    pub(crate) endpoint: &'a TokenEndpoint,
    pub(crate) token_name: &'a str,
    /// A predecessor left its intent behind: the provider may have used the refresh token up already.
    pub(crate) interrupted: bool,
}

/// What was heard, and the app's or the instance's client that it was said to, where there was one.
pub(crate) enum Answer {
    Tokens(Box<TokenResponse>, Option<OpenClient>),
    Refused(Refused),
    Silence(SendError),
    /// The lease was another's before the question.
    Late,
}

/// A refusal, with the client that it was said to, by version and time; none where the credential is the user's own.
pub(crate) struct Refused {
    pub(crate) error: TokenError,
    /// When the provider wants to be asked again.
    pub(crate) wish: SignedDuration,
    pub(crate) client: Option<(i64, Time)>,
}

impl Engine {
    /// Asks under the lease that `owner` has just taken on `account`, and stores what comes.
    pub(crate) async fn renew(
        &self,
        toolkit: &Toolkit,
        (account, grant): (ConnectedAccount, Grant),
        (token_name, renewal): (&str, Renewal),
        owner: String,
    ) -> Refreshed {
        let scheme = SchemeName::parse(&account.auth_scheme).and_then(|name| toolkit.auth_scheme(name));
        let endpoint = scheme.and_then(AuthScheme::token_endpoint).ok_or(RefreshError::Gone)?;
        let attempt = Attempt {
            lease: Lease { account: account.id.clone(), generation: account.generation, owner },
            interrupted: account.refresh_intent.is_some(),
            account,
            grant,
            toolkit,
            endpoint,
            token_name,
        };
        let answer = match &renewal {
            Renewal::Refresh(refresh_token) => self.ask(&attempt, refresh_token).await,
            Renewal::Mint => self.ask_to_mint(&attempt).await,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(ClientError::Replaced) => return self.end(&attempt, "client_replaced").await,
            Err(ClientError::Unconfigured) => {
                tracing::error!(
                    account = %attempt.account.id, toolkit = %toolkit.slug, client = toolkit.managed_client,
                    "an account waits for the instance's own client, which is not in the settings"
                );
                self.pause(&attempt, PAUSE_AFTER_REFUSAL, attempt.interrupted).await?;
                return Err(RefreshError::Unconfigured);
            }
            Err(ClientError::Internal(error)) => {
                self.pause(&attempt, PAUSE_AFTER_TROUBLE, attempt.interrupted).await?;
                return Err(error.into());
            }
        };
        let (outcome, result) = match answer {
            Answer::Tokens(response, client) => ("success", self.commit(&attempt, *response, client).await),
            Answer::Refused(refused) => (word(refused.error.class), self.refused(&attempt, &refused).await),
            Answer::Silence(error) => ("no_answer", self.silence(&attempt, &error).await),
            Answer::Late => ("late", self.overtaken(&attempt).await),
        };
        self.metrics.refresh(toolkit.slug.as_str(), outcome);
        result
    }

    /// Asks as the client the account began under. Where the provider refuses that one and the app has a newer one, or a newer
    /// secret of it, the newest is tried once.
    async fn ask(&self, attempt: &Attempt<'_>, refresh_token: &SecretString) -> Result<Answer, ClientError> {
        let account = &attempt.account;
        let version = account.client_version.unwrap_or_default();
        let mut asked_as = None;
        let first = match self.open_client(attempt.toolkit, &account.auth_config_id, version).await {
            Ok(client) => {
                asked_as = Some((client.version, client.updated_at));
                let answer = self.ask_as(attempt, client, refresh_token).await?;
                if !matches!(&answer, Answer::Refused(refused) if refused.error.class == TokenErrorClass::Client)
                {
                    return Ok(answer);
                }
                Some(answer)
            }
            Err(ClientError::Replaced) => None,
            Err(error) => return Err(error),
        };
        let config = self.store.find_auth_config(&account.app_id, &account.toolkit).await?;
        let config = config.ok_or(ClientError::Replaced)?;
        let newest = self.current_client(attempt.toolkit, &config).await?;
        if newest.version == version && asked_as.is_none_or(|asked| asked == (version, newest.updated_at)) {
            return first.ok_or(ClientError::Replaced);
        }
        let before = self.store.find_client_version(&account.auth_config_id, version).await?;
        let is_another = before.is_none_or(|before| before.client_id != newest.id);
        match self.ask_as(attempt, newest, refresh_token).await? {
            // The grant is the client's before. That the newest is not accepted itself says nothing of any grant.
            Answer::Refused(refused) if is_another && refused.is_of_the_grant() => Err(ClientError::Replaced),
            other => Ok(other),
        }
    }

    async fn ask_as(
        &self,
        attempt: &Attempt<'_>,
        client: OpenClient,
        refresh_token: &SecretString,
    ) -> Result<Answer, ClientError> {
        let request =
            auth::oauth2::refresh_request(attempt.endpoint, client.as_auth(), refresh_token.expose_secret());
        self.ask_once(attempt, request, Some(client)).await
    }

    /// Sends, if the lease is still held.
    pub(crate) async fn ask_once(
        &self,
        attempt: &Attempt<'_>,
        request: Request<Bytes>,
        client: Option<OpenClient>,
    ) -> Result<Answer, ClientError> {
        // Asked of the database and not of a clock: this process may have been stopped since it took the lease, and another
        // have used the refresh token.
        if !self.store.renew_lease(&attempt.lease, (self.now() + LEASE).into()).await? {
            return Ok(Answer::Late);
        }
        let said_to = client.as_ref().map(|client| (client.version, client.updated_at));
        let bases = [attempt.endpoint.url.clone()];
        Ok(match self.outbound.send(Target::Declared(&bases), request, LIMITS).await {
            Ok(response) => match read_token_response(attempt.endpoint, &response) {
                Ok(tokens) => Answer::Tokens(Box::new(tokens), client),
                Err(error) => {
                    let dialect = &attempt.toolkit.api.rate_limit;
                    let wish = executor::retry_after(dialect, response.headers(), self.now());
                    let wish = wish.or(error.retry_after).unwrap_or_default();
                    let wish = SignedDuration::try_from(wish).unwrap_or(LONGEST_WISH).min(LONGEST_WISH);
                    Answer::Refused(Refused { error, wish, client: said_to })
                }
            },
            Err(error) => Answer::Silence(error),
        })
    }

    /// Another has the lease by now, or had it and is done: then what he got serves those who wait here, too.
    pub(crate) async fn overtaken(&self, attempt: &Attempt<'_>) -> Refreshed {
        let account = &attempt.account;
        let row = usable(self.store.find_account(&account.app_id, &account.id).await?)?;
        if row.generation > attempt.lease.generation {
            return Ok(row);
        }
        Err(RefreshError::Unavailable { retry_after: None })
    }
}

impl Refused {
    /// Whether the provider itself refuses the grant, not who asks for it. A bare refusal may come from anybody on the
    /// way; `unauthorized_client` (RFC 6749 section 5.2) is said to a client that was recognised.
    fn is_of_the_grant(&self) -> bool {
        let code = self.error.code.as_deref();
        code.is_some() && self.error.class == TokenErrorClass::DeadGrant
            || code == Some("unauthorized_client")
    }
}

fn word(class: TokenErrorClass) -> &'static str {
    match class {
        TokenErrorClass::DeadGrant => "dead_grant",
        TokenErrorClass::Client => "client_refused",
        TokenErrorClass::Refused => "refused",
        TokenErrorClass::Busy | TokenErrorClass::Transient => "provider_trouble",
        TokenErrorClass::Malformed => "malformed",
    }
}
