//! A call from its first request to its result.

use executor::{Progress, Reading, RenderError, cut};
use serde_json::{Value, json};

use crate::Engine;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::{Run, invalid_arguments};
use crate::idempotency::unknown_outcome;

/// How much of each text of what is done an error shows.
const DONE_CHARACTERS: usize = 1000;

impl Engine {
    /// Takes all steps of the call, each at most once unless it only reads, and makes the result.
    pub(crate) async fn take_steps(&self, run: &Run) -> Result<Value> {
        let bounded = self.bounded_arguments(run).await?.map(|arguments| run.with(arguments));
        let run = bounded.as_ref().unwrap_or(run);
        let mut progress = Progress::new(&run.toolkit, &run.tool, run.variables(self.now()));
        let mut session = self.session(run).await?;
        while let Some(due) =
            progress.due().map_err(|error| half_done(run, cannot_render(run, error), &progress))?
        {
            let answer = self.attempt(run, &mut session, &due).await;
            let reading = answer.map_err(|error| half_done(run, error, &progress))?;
            take(run, &mut progress, reading)?;
        }
        if run.call.raw {
            return Ok(progress.whole_answer());
        }
        let result = progress.result();
        let mut result =
            result.map_err(|error| half_done(run, unreadable(run).with_source(error), &progress))?;
        cut(&mut result, &run.tool.result.uncut, run.call.text_limit);
        Ok(result)
    }
}

/// The provider acted and answered, in a way that the manifest does not know.
pub(crate) fn unreadable(run: &Run) -> Error {
    if !run.tool.effect.is_read() {
        return unknown_outcome();
    }
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Upstream,
        format!("{} gave an answer that {} cannot read", run.toolkit.display_name, run.tool.name),
        "Call again with `raw` for the provider's answer as it is, and tell us.",
    )
    .with_details(json!({ "reason": "unreadable_answer" }))
}

fn take(run: &Run, progress: &mut Progress<'_>, reading: Reading) -> Result<()> {
    progress.answered(reading).map_err(|error| half_done(run, cannot_render(run, error), progress))
}

/// What was changed before the failure is said with it. It is no longer the error of one request: whoever repeats the
/// whole call by himself would do the first part twice.
fn half_done(run: &Run, error: Error, progress: &Progress<'_>) -> Error {
    let Some(changes) = progress.changes() else { return error };
    let mut done = Value::Object(changes.clone());
    cut(&mut done, &[], DONE_CHARACTERS);
    let unknown = error.details().is_some_and(|details| details["outcome"] == "unknown");
    let (outcome, remediation) = match unknown {
        true => (
            "unknown",
            "Part of it is done, see `details.done`. Check whether the request after that took effect, too, and go on from there; do not repeat the call.",
        ),
        false => {
            ("partial", "Part of it is done, see `details.done`. Go on from there, do not repeat the call.")
        }
    };
    let mut details = error.details().cloned().unwrap_or_else(|| json!({}));
    details["outcome"] = json!(outcome);
    details["done"] = done;
    let message = format!("{} stopped half way: {}", run.tool.name, error.message());
    Error::new(Code::IntegrationsExecutionFailed, Kind::Upstream, message, remediation)
        .with_details(details)
        .with_source(anyhow::anyhow!("{error:?}"))
}

pub(crate) fn cannot_render(run: &Run, error: RenderError) -> Error {
    match error {
        RenderError::Refused(problem) => bad_argument("", &problem),
        RenderError::Path(error) => {
            bad_argument(&format!("/{}", error.name), "must not be empty, `.` or `..`")
        }
        error @ RenderError::Manifest(_) => {
            Error::internal(anyhow::Error::new(error).context(run.tool.name.clone()))
        }
    }
}

fn bad_argument(pointer: &str, message: &str) -> Error {
    invalid_arguments(&[catalog::Problem::wrong(pointer, message)])
}
