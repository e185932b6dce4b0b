//! Sending a call, and deciding whether it may be sent again: only if it was not sent, was refused with 401 (once,
//! after a refresh) or 429 (within the deadline), or the tool only reads.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Credential, FailureKind, Placement, SchemeName};
use executor::{Answer, CallError, Due, Failure, Reading, send};
use outbound::{Limits, Outcome};
use secrecy::SecretString;
use serde_json::{Value, json};
use store::ConnectedAccount;
use tokio::time::Instant;

use crate::Engine;
use crate::call_errors::{no_file, not_sent, rate_limited, refused, too_large, unread_file};
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Run;
use crate::grant::Grant;
use crate::idempotency::unknown_outcome;
use crate::ready::unconfirmed;
use crate::refresh::{Fresh, RefreshError, Said};

/// Of a call, from its beginning: who comes later sends nothing any more.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
pub(crate) const MOST_BYTES: usize = 10 * 1024 * 1024;
/// Of all answers of a call of several requests.
const MOST_BYTES_OF_A_CALL: usize = 40 * 1024 * 1024;
const MOST_TRIES: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(200);
const USUAL_WAIT: Duration = Duration::from_secs(1);

/// A credential in the clear, for the requests of one call.
struct OpenCredential<'p> {
    placement: Option<&'p Placement>,
    values: BTreeMap<String, SecretString>,
    /// The account it belongs to, in the generation it was taken from.
    account: Option<ConnectedAccount>,
}

/// What to do after an answer.
enum Next {
    Done(Result<Reading>),
    Again { after: Duration },
    RefreshAndAgain(Said),
}

/// What the requests of one call share.
pub(crate) struct Session<'r> {
    /// Whose credential it is.
    whose: Credential,
    deadline: Instant,
    credential: OpenCredential<'r>,
    refreshed: bool,
    /// How many bytes of answers the call may still receive.
    room: usize,
}

impl Engine {
    /// Opens the credential that the tool declares, within the deadline.
    pub(crate) async fn session<'r>(&self, run: &'r Run) -> Result<Session<'r>> {
        self.session_as(run, run.tool.credential.clone()).await
    }

    /// The same with another credential than the tool's own.
    pub(crate) async fn session_as<'r>(&self, run: &'r Run, whose: Credential) -> Result<Session<'r>> {
        let deadline = run.call.deadline;
        let credential =
            self.credential_by(run, &whose, None, deadline).await.map_err(Error::before_sending)?;
        Ok(Session { whose, deadline, credential, refreshed: false, room: MOST_BYTES_OF_A_CALL })
    }

    /// The provider's answer to what is due.
    pub(crate) async fn attempt<'r>(
        &self,
        run: &'r Run,
        session: &mut Session<'r>,
        due: &Due<'_>,
    ) -> Result<Reading> {
        let deadline = session.deadline;
        let mut tries = 0;
        loop {
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(not_sent(run, anyhow::anyhow!("its time was over before it was sent")));
            }
            let limits = Limits { deadline: left, max_bytes: MOST_BYTES.min(session.room) };
            let credential = &session.credential;
            let placed = credential
                .placement
                .map(|placement| executor::Credential { placement, values: &credential.values });
            let sent = send(&self.outbound, &run.toolkit, due, placed, limits, self.now()).await;
            let last_try = tries >= MOST_TRIES;
            let room =
                |wait: Duration| !last_try && wait < deadline.saturating_duration_since(Instant::now());
            let call = Attempted { run, due, tries, whose: &session.whose };
            let next = match sent {
                Ok(Answer::Success(reading)) => {
                    session.room = session.room.saturating_sub(reading.bytes);
                    Next::Done(Ok(reading))
                }
                Ok(Answer::Failure(failure)) => call.after_failure(failure, session.refreshed, room),
                Err(error) => call.after_error(error, room),
            };
            match next {
                Next::Done(result) => return result,
                Next::Again { after } => tokio::time::sleep(after).await,
                Next::RefreshAndAgain(said) => {
                    session.refreshed = true;
                    let rejected = session.credential.account.take().map(|account| (account, said));
                    session.credential = self.credential_by(run, &session.whose, rejected, deadline).await?;
                }
            }
        }
    }

    async fn credential_by<'r>(
        &self,
        run: &'r Run,
        whose: &Credential,
        rejected: Option<(ConnectedAccount, Said)>,
        deadline: Instant,
    ) -> Result<OpenCredential<'r>> {
        match tokio::time::timeout_at(deadline, self.credential(run, whose, rejected)).await {
            Ok(credential) => credential,
            Err(late) => Err(not_sent(run, late)),
        }
    }

    /// The credential of `whose`. `rejected` is the account as it was when the provider refused it, and how.
    async fn credential<'r>(
        &self,
        run: &'r Run,
        whose: &Credential,
        rejected: Option<(ConnectedAccount, Said)>,
    ) -> Result<OpenCredential<'r>> {
        let none = OpenCredential { placement: None, values: BTreeMap::new(), account: None };
        let token_name = match whose {
            Credential::Client { .. } => return self.client_credential(run).await,
            Credential::Account { token } => token,
        };
        let begun = || Some((run.call.account.clone()?, Said::Nothing));
        let Some((account, said)) = rejected.or_else(begun) else { return Ok(none) };
        let scheme = SchemeName::parse(&account.auth_scheme).and_then(|name| run.toolkit.auth_scheme(name));
        let fresh = self.fresh(&run.toolkit, account.clone(), token_name, said).await;
        let Fresh { account, grant } = match fresh {
            Ok(fresh) => fresh,
            Err(error) => return Err(self.no_credential(run, &account, error).await),
        };
        let (placement, values) = match (scheme, grant) {
            (Some(catalog::AuthScheme::OAuth2(oauth2)), Grant::OAuth2(mut tokens)) => {
                let token = tokens.remove(token_name);
                let token = token
                    .ok_or_else(|| Error::internal(anyhow::anyhow!("a fresh grant without its token")))?;
                (Some(&oauth2.placement), BTreeMap::from([("access_token".to_owned(), token.access_token)]))
            }
            (Some(catalog::AuthScheme::Typed(typed)), Grant::Typed(fields)) => {
                (Some(&typed.placement), fields)
            }
            (Some(catalog::AuthScheme::ClientCredentials(declared)), Grant::Minted { fields, tokens }) => {
                let token = tokens.get(token_name);
                let token = token
                    .ok_or_else(|| Error::internal(anyhow::anyhow!("a fresh grant without its token")))?;
                (Some(&declared.placement), Grant::with_access_token(&fields, token))
            }
            (Some(catalog::AuthScheme::NoAuth), _) => (None, BTreeMap::new()),
            _ => {
                return Err(Error::internal(anyhow::anyhow!(
                    "the grant of {} does not fit its scheme",
                    account.id
                )));
            }
        };
        Ok(OpenCredential { placement, values, account: Some(account) })
    }

    /// The app's own credential. What bounds such a tool is declared in its manifest and was read with it.
    async fn client_credential<'r>(&self, run: &'r Run) -> Result<OpenCredential<'r>> {
        let config = self.store.find_auth_config(&run.call.app, run.toolkit.slug.as_str()).await?;
        let config = config.ok_or_else(|| self.not_enabled(run.toolkit.slug.as_str(), Kind::Invalid))?;
        let placement = run
            .toolkit
            .auth_schemes
            .iter()
            .filter_map(|scheme| scheme.oauth2())
            .find_map(|oauth2| oauth2.client_placement.as_ref());
        let client = self.current_client(&run.toolkit, &config).await?;
        let needed = placement.into_iter().flat_map(placed_names);
        let missing: Vec<&str> = needed.filter(|name| !client.extras.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(Error::new(
                Code::IntegrationsByoCredentialsRequired,
                Kind::Invalid,
                format!("{} acts as the app itself, which needs {}", run.tool.name, missing.join(", ")),
                "Add it with `rotate_credentials`; the other credentials stay as they are.",
            )
            .with_details(json!({ "missing_credentials": missing })));
        }
        Ok(OpenCredential { placement, values: client.extras, account: None })
    }

    async fn no_credential(&self, run: &Run, account: &ConnectedAccount, error: RefreshError) -> Error {
        let name = &run.toolkit.display_name;
        match error {
            RefreshError::Expired { reason } => self.expired(account, Some(&reason)).await,
            RefreshError::Unconfirmed => unconfirmed(name),
            RefreshError::Gone => Error::new(
                Code::IntegrationsNotConnected,
                Kind::Conflict,
                format!("The {name} account was disconnected meanwhile"),
                "Have the user open `details.connect_url` to connect it again.",
            )
            .with_details(json!({ "connect_url": self.reconnect_url(account, &[]).await })),
            RefreshError::ClientRefused => Error::new(
                Code::IntegrationsUpstreamError,
                Kind::Upstream,
                format!("{name} refused this app's OAuth client credentials"),
                "Correct them with `rotate_credentials`; the users' connections are kept.",
            )
            .with_details(json!({ "reason": "invalid_client", "outcome": "not_sent" })),
            RefreshError::Unconfigured => Error::new(
                Code::IntegrationsUpstreamError,
                Kind::Upstream,
                format!("This instance's own OAuth client for {name} is missing, so the connection cannot be renewed"),
                "Tell the operator of this service; the users' connections are kept.",
            )
            .with_details(json!({ "reason": "client_missing", "outcome": "not_sent" })),
            RefreshError::Unavailable { retry_after } => {
                let error = Error::new(
                    Code::IntegrationsExecutionFailed,
                    Kind::Upstream,
                    format!("{name} could not renew the access token; the call was not sent"),
                    "Try again in a little while; the connection is kept.",
                )
                .with_details(json!({ "outcome": "not_sent" }));
                match retry_after {
                    Some(wait) => error.with_retry_after(wait),
                    None => error,
                }
            }
            RefreshError::Internal(error) => {
                let source = anyhow::anyhow!("{:?}", error.source());
                match error.kind() {
                    Kind::Unavailable => Error::database_away(source).before_sending(),
                    _ => Error::internal(source),
                }
            }
        }
    }
}

/// A request that was sent, and what is decided by.
struct Attempted<'a> {
    run: &'a Run,
    due: &'a Due<'a>,
    tries: u32,
    whose: &'a Credential,
}

impl Attempted<'_> {
    fn reads(&self) -> bool {
        self.due.step.effect.is_read()
    }

    /// What changes nothing was not carried out; of all else nobody knows.
    fn without_answer(&self, provider: Option<Value>) -> Error {
        let error = match self.reads() && !self.run.tool.effect.is_read() {
            true => Error::new(
                Code::IntegrationsExecutionFailed,
                Kind::Upstream,
                format!(
                    "{} gave no usable answer on the way; nothing was changed",
                    self.run.toolkit.display_name
                ),
                "Try again in a little while.",
            )
            .with_details(json!({ "outcome": "not_sent" })),
            false => unknown_outcome(),
        };
        let mut details = error.details().cloned().unwrap_or_default();
        if let Some(provider) = provider {
            details["provider"] = provider;
        }
        error.with_details(details)
    }

    fn after_failure(&self, failure: Failure, refreshed: bool, room: impl Fn(Duration) -> bool) -> Next {
        let run = self.run;
        let by_account = self.due.template().is_some_and(|template| !template.anonymous);
        let can_refresh =
            by_account && run.call.account.is_some() && matches!(self.whose, Credential::Account { .. });
        match failure.kind {
            Some(FailureKind::Unauthorized) if can_refresh && !refreshed => {
                Next::RefreshAndAgain(Said::Rejected { in_its_words: failure.is_its_own })
            }
            Some(FailureKind::RateLimited) => {
                let wait = failure.retry_after.unwrap_or(USUAL_WAIT * self.tries);
                if room(wait) {
                    Next::Again { after: wait }
                } else {
                    Next::Done(Err(rate_limited(run, wait)))
                }
            }
            Some(FailureKind::Unavailable) if self.reads() && room(BACKOFF * self.tries) => {
                Next::Again { after: BACKOFF * self.tries }
            }
            Some(FailureKind::Unavailable) => {
                let provider = json!({ "status": failure.status, "code": failure.code });
                Next::Done(Err(self.without_answer(Some(provider))))
            }
            _ if self.due.template().is_none() => Next::Done(Err(no_file(&failure))),
            _ => Next::Done(Err(refused(run, &failure))),
        }
    }

    fn after_error(&self, error: CallError, room: impl Fn(Duration) -> bool) -> Next {
        let (run, pause) = (self.run, BACKOFF * self.tries);
        match error {
            CallError::Send(error)
                if !error.is_blocked() && error.outcome() == Outcome::NotSent && room(pause) =>
            {
                Next::Again { after: pause }
            }
            CallError::Send(error) if self.due.template().is_none() && (error.is_final() || !room(pause)) => {
                Next::Done(Err(unread_file(&error).with_source(error)))
            }
            CallError::Send(error) if error.outcome() == Outcome::NotSent => {
                Next::Done(Err(not_sent(run, error)))
            }
            CallError::Send(error) if error.is_too_large() && self.reads() => Next::Done(Err(too_large(run))),
            CallError::Send(_) | CallError::Malformed(_) if self.reads() && room(pause) => {
                Next::Again { after: pause }
            }
            CallError::Send(error) => Next::Done(Err(self.without_answer(None).with_source(error))),
            CallError::Malformed(error) => Next::Done(Err(self.without_answer(None).with_source(error))),
            CallError::Placement(error) => {
                Next::Done(Err(Error::internal(anyhow::Error::new(error).context(run.tool.name.clone()))))
            }
        }
    }
}

fn placed_names(placement: &Placement) -> Vec<&str> {
    match placement {
        Placement::Basic { username, password } => username.variables().chain(password.variables()).collect(),
        Placement::Fields { headers, query } => {
            let headers = headers.iter().flat_map(|(_, template)| template.variables());
            headers.chain(query.iter().flat_map(|(_, template)| template.variables())).collect()
        }
    }
}
