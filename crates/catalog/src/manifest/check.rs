//! `[check]` of a tool.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::step::{RawStep, StepReader};
use super::tool::read_scope_set;
use super::{Reader, Result};
use crate::check::{Check, CheckExample};
use crate::parameters::Parameters;
use crate::step::{Repeat, Step};
use crate::tool::{Credential, Effect};
use crate::toolkit::Toolkit;

/// A key whose call is not found out about is free again after a day.
const MAX_SETTLES_SECONDS: u64 = 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    #[serde(default)]
    scopes: Vec<Spanned<String>>,
    #[serde(default)]
    arguments: Vec<Spanned<String>>,
    steps: Vec<RawStep>,
    found: Spanned<String>,
    #[serde(default)]
    absent_statuses: Vec<u16>,
    settles_after_seconds: Spanned<u64>,
    #[serde(default)]
    examples: Vec<CheckExample>,
}

/// Reads the check of a tool whose `steps` and `credential` are read already.
pub(super) fn read_check(
    reader: &Reader<'_>,
    raw: &Spanned<RawCheck>,
    toolkit: &Toolkit,
    parameters: &Parameters,
    steps: &[Step],
    credential: &Credential,
) -> Result<Check> {
    let error = |reason: &str| Err(reader.error(raw.span(), reason));
    let mut writes = steps.iter().filter(|step| !step.effect.is_read());
    match (writes.next(), writes.next()) {
        (Some(write), None) if matches!(write.repeat, Repeat::Once) => {}
        _ => return error("a check is for a tool that changes something with exactly one request"),
    }
    if !matches!(credential, Credential::Account { .. }) {
        return error("a check is for a tool that uses the account's credential");
    }
    let raw = raw.get_ref();
    if let Some(unknown) =
        raw.arguments.iter().find(|name| !parameters.names().any(|known| known == name.get_ref()))
    {
        return Err(reader.error(unknown.span(), "the tool has no such argument"));
    }
    let arguments: Vec<String> = raw.arguments.iter().map(|name| name.get_ref().clone()).collect();
    let names = arguments.iter().map(String::as_str).collect();
    let step = StepReader { reader, toolkit, arguments: names, effect: Effect::Write };
    let steps: Vec<Step> = raw.steps.iter().map(|raw| step.read(raw)).collect::<Result<_>>()?;
    if steps.is_empty() || steps.iter().any(|step| !step.effect.is_read()) {
        return Err(reader.error(raw.found.span(), "a check has at least one step, and all of them read"));
    }
    let seconds = *raw.settles_after_seconds.get_ref();
    if seconds == 0 || seconds > MAX_SETTLES_SECONDS {
        let reason = format!("must be 1 to {MAX_SETTLES_SECONDS}");
        return Err(reader.error(raw.settles_after_seconds.span(), reason));
    }
    Ok(Check {
        scopes: raw.scopes.iter().map(|set| read_scope_set(reader, set, toolkit)).collect::<Result<_>>()?,
        arguments,
        steps,
        found: reader.expression(&raw.found)?,
        absent_statuses: raw.absent_statuses.clone(),
        settles_after: Duration::from_secs(seconds),
        examples: raw.examples.clone(),
    })
}
