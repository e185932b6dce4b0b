//! Puts the credential in, sends once, reads the answer. Whether to send again is the engine's decision.

use std::collections::BTreeMap;

use auth::PlacementError;
use catalog::Placement;
use jiff::Timestamp;
use outbound::{Limits, Outbound, SendError, Target};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::Call;
use crate::render::{RenderError, render};
use crate::shape::{Failure, Malformed, shape};

/// A credential and where the manifest wants it.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    pub placement: &'a Placement,
    pub values: &'a BTreeMap<String, SecretString>,
}

/// What the provider answered.
#[derive(Debug)]
pub enum Answer {
    Success(Value),
    Failure(Failure),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Placement(#[from] PlacementError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Sends the call once. `credential` is absent for toolkits that need none.
pub async fn send(
    outbound: &Outbound,
    call: Call<'_>,
    credential: Option<Credential<'_>>,
    limits: Limits,
    now: Timestamp,
) -> Result<Answer, CallError> {
    let mut request = render(call)?;
    if let Some(credential) = credential {
        auth::place(credential.placement, |name| credential.values.get(name), &mut request)?;
    }
    let response = outbound.send(Target::Declared(&call.toolkit.api.allowed_bases), request, limits).await?;
    Ok(match shape(call, &response, now)? {
        Ok(result) => Answer::Success(result),
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
