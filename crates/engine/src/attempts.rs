//! Sending a call, and deciding whether it may be sent again: only if it was not sent, was refused with 401 (once,
//! after a refresh) or 429 (within the deadline), or the tool only reads.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Credential, FailureKind, Placement, SchemeName};
use executor::{Answer, Call, CallError, Failure, RenderError, send};
use outbound::{Limits, Outcome};
use secrecy::SecretString;
use serde_json::{Value, json};
use store::ConnectedAccount;
use tokio::time::Instant;

use crate::Engine;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::{Run, invalid_arguments};
use crate::grant::Grant;
use crate::idempotency::unknown_outcome;
use crate::refresh::{Fresh, RefreshError};

const DEADLINE: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 10 * 1024 * 1024;
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
    Done(Result<Value>),
    Again { after: Duration },
    RefreshAndAgain,
}

impl Engine {
    /// The result of a call, within the deadline.
    pub(crate) async fn attempt(&self, run: &Run) -> Result<Value> {
        let deadline = Instant::now() + DEADLINE;
        let variables = run.variables(self.now());
        let call = Call { toolkit: &run.toolkit, tool: &run.tool, variables: &variables };
        let mut credential = self.credential_by(run, None, deadline).await?;
        let mut refreshed = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            let limits = Limits { deadline: left, max_bytes: MOST_BYTES };
            let placed = credential
                .placement
                .map(|placement| executor::Credential { placement, values: &credential.values });
            let sent = send(&self.outbound, call, placed, limits, self.now()).await;
            let last_try = tries >= MOST_TRIES;
            let room =
                |wait: Duration| !last_try && wait < deadline.saturating_duration_since(Instant::now());
            let next = match sent {
                Ok(Answer::Success(result)) => Next::Done(Ok(result)),
                Ok(Answer::Failure(failure)) => self.after_failure(run, failure, refreshed, tries, room),
                Err(error) => after_error(run, error, tries, room),
            };
            match next {
                Next::Done(result) => return result,
                Next::Again { after } => tokio::time::sleep(after).await,
                Next::RefreshAndAgain => {
                    refreshed = true;
                    let rejected = credential.account.take();
                    credential = self.credential_by(run, rejected, deadline).await?;
                }
            }
        }
    }

    async fn credential_by<'r>(
        &self,
        run: &'r Run,
        rejected: Option<ConnectedAccount>,
        deadline: Instant,
    ) -> Result<OpenCredential<'r>> {
        match tokio::time::timeout_at(deadline, self.credential(run, rejected)).await {
            Ok(credential) => credential,
            Err(late) => Err(not_sent(run, late)),
        }
    }

    /// The credential that the tool declares. `rejected` is the account as it was when the provider refused it.
    async fn credential<'r>(
        &self,
        run: &'r Run,
        rejected: Option<ConnectedAccount>,
    ) -> Result<OpenCredential<'r>> {
        let none = OpenCredential { placement: None, values: BTreeMap::new(), account: None };
        let token_name = match &run.tool.credential {
            Credential::Client { .. } => return self.client_credential(run).await,
            Credential::Account { token } => token,
        };
        let is_rejected = rejected.is_some();
        let Some(account) = rejected.or_else(|| run.account.clone()) else { return Ok(none) };
        let scheme = SchemeName::parse(&account.auth_scheme).and_then(|name| run.toolkit.auth_scheme(name));
        let fresh = self.fresh(&run.toolkit, account.clone(), token_name, is_rejected).await;
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
        let config = self.store.find_auth_config(&run.app, run.toolkit.slug.as_str()).await?;
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
            RefreshError::Internal(error) => Error::internal(anyhow::anyhow!("{:?}", error.source())),
        }
    }

    fn after_failure(
        &self,
        run: &Run,
        failure: Failure,
        refreshed: bool,
        tries: u32,
        room: impl Fn(Duration) -> bool,
    ) -> Next {
        let can_refresh = run.account.is_some() && matches!(run.tool.credential, Credential::Account { .. });
        match failure.kind {
            Some(FailureKind::Unauthorized) if can_refresh && !refreshed => Next::RefreshAndAgain,
            Some(FailureKind::RateLimited) => {
                let wait = failure.retry_after.unwrap_or(USUAL_WAIT * tries);
                if room(wait) {
                    Next::Again { after: wait }
                } else {
                    Next::Done(Err(rate_limited(run, wait)))
                }
            }
            Some(FailureKind::Unavailable) if run.tool.effect.is_read() && room(BACKOFF * tries) => {
                Next::Again { after: BACKOFF * tries }
            }
            Some(FailureKind::Unavailable) => Next::Done(Err(unknown_outcome().with_details(json!({
                "outcome": "unknown", "provider": { "status": failure.status, "code": failure.code },
            })))),
            _ => Next::Done(Err(refused(run, &failure))),
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

fn after_error(run: &Run, error: CallError, tries: u32, room: impl Fn(Duration) -> bool) -> Next {
    let pause = BACKOFF * tries;
    match error {
        CallError::Send(error)
            if !error.is_blocked() && error.outcome() == Outcome::NotSent && room(pause) =>
        {
            Next::Again { after: pause }
        }
        CallError::Send(error) if error.outcome() == Outcome::NotSent => {
            Next::Done(Err(not_sent(run, error)))
        }
        CallError::Send(error) if error.is_too_large() && run.tool.effect.is_read() => {
            Next::Done(Err(too_large(run)))
        }
        CallError::Send(_) | CallError::Malformed(_) if run.tool.effect.is_read() && room(pause) => {
            Next::Again { after: pause }
        }
        CallError::Send(error) => Next::Done(Err(unknown_outcome().with_source(error))),
        CallError::Malformed(error) => Next::Done(Err(unknown_outcome().with_source(error))),
        CallError::Render(RenderError::Refused(problem)) => Next::Done(Err(bad_argument("", &problem))),
        CallError::Render(RenderError::Path(error)) => {
            Next::Done(Err(bad_argument(&format!("/{}", error.name), "must not be empty, `.` or `..`")))
        }
        CallError::Render(error @ RenderError::Manifest(_)) => {
            Next::Done(Err(Error::internal(anyhow::Error::new(error).context(run.tool.name.clone()))))
        }
        CallError::Placement(error) => {
            Next::Done(Err(Error::internal(anyhow::Error::new(error).context(run.tool.name.clone()))))
        }
    }
}

fn bad_argument(pointer: &str, message: &str) -> Error {
    invalid_arguments(&[catalog::Problem::wrong(pointer, message)])
}

fn not_sent(run: &Run, source: impl Into<anyhow::Error>) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Upstream,
        format!("{} could not be reached; the call was not sent", run.toolkit.display_name),
        "Try again in a little while.",
    )
    .with_details(json!({ "outcome": "not_sent" }))
    .with_source(source)
}

fn too_large(run: &Run) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("The answer of {} is larger than {MOST_BYTES} bytes", run.toolkit.display_name),
        "Ask for less at once, with `limit` or a narrower query.",
    )
    .with_details(json!({ "reason": "answer_too_large" }))
}

fn rate_limited(run: &Run, wait: Duration) -> Error {
    Error::new(
        Code::QuotaRateLimit,
        Kind::TooMany,
        format!("{} limits how often this account may call it", run.toolkit.display_name),
        format!("Wait {} s and try again; the call was not carried out.", wait.as_secs().max(1)),
    )
    .with_details(json!({ "outcome": "not_sent", "limited_by": "provider" }))
    .with_retry_after(wait)
}

fn refused(run: &Run, failure: &Failure) -> Error {
    let name = &run.toolkit.display_name;
    let message = match &failure.message {
        Some(message) => format!("{name} refused ({}): {message}", failure.code),
        None => format!("{name} refused ({})", failure.code),
    };
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        message,
        "Read the provider's code and message, correct the arguments, and try again.",
    )
    .with_details(json!({ "reason": "provider_refused", "provider": { "status": failure.status, "code": failure.code } }))
}
