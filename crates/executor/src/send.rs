//! Puts the credential in, sends once, reads the answer. Whether to send again is the engine's decision.

use std::collections::BTreeMap;

use auth::PlacementError;
use catalog::{Placement, Toolkit};
use jiff::Timestamp;
use outbound::{Limits, Outbound, SendError, Target};
use secrecy::{ExposeSecret, SecretString};

use crate::progress::Due;
use crate::read::{Failure, Malformed, Reading, read, read_fetched};

/// A credential and where the manifest wants it.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    pub placement: &'a Placement,
    pub values: &'a BTreeMap<String, SecretString>,
}

/// What the provider answered.
#[derive(Debug)]
pub enum Answer {
    Success(Reading),
    Failure(Failure),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Placement(#[from] PlacementError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Sends what is due once. `credential` is absent for toolkits that need none; it goes to the toolkit's own addresses
/// only, never to a caller's URL.
pub async fn send(
    outbound: &Outbound,
    toolkit: &Toolkit,
    due: &Due<'_>,
    credential: Option<Credential<'_>>,
    limits: Limits,
    now: Timestamp,
) -> Result<Answer, CallError> {
    let mut request = due.request.clone();
    let Some(template) = due.template() else {
        let response = outbound.send(Target::Tenant, request, limits).await?;
        return Ok(read_fetched(&response).map_or_else(Answer::Failure, Answer::Success));
    };
    let credential = credential.filter(|_| !template.anonymous);
    if let Some(credential) = credential {
        auth::place(credential.placement, |name| credential.values.get(name), &mut request)?;
    }
    let response = outbound.send(Target::Declared(&toolkit.api.allowed_bases), request, limits).await?;
    Ok(match read(toolkit, template, &response, now)? {
        Ok(reading) => Answer::Success(reading),
        Err(failure) => Answer::Failure(redact(failure, credential)),
    })
}

/// Some providers quote the token they refuse.
fn redact(mut failure: Failure, credential: Option<Credential<'_>>) -> Failure {
    let secrets = credential.into_iter().flat_map(|credential| credential.values.values());
    for secret in secrets.map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= 4) {
        failure.code = failure.code.replace(secret, "[redacted]");
        failure.message = failure.message.map(|message| message.replace(secret, "[redacted]"));
    }
    failure
}
