//! Refresh tokens that work once: what the second use of one means.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::tokens::{Dead, Token, present};
use super::{Grace, Reuse};
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::Answer;

/// The use of a refresh token that may be repeated for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchanged {
    at: Timestamp,
    answer: Answer,
}

impl Grace {
    fn lasts(self) -> SignedDuration {
        let (Self::SameAgain(seconds) | Self::Another(seconds)) = self;
        SignedDuration::from_secs(i64::from(seconds))
    }
}

/// A refresh token that the client may use once: `tokens` answers with its successors. Its reuse is noted, and ends the
/// family where the settings say so, unless it comes within the grace that they give.
pub(crate) fn rotate(
    stage: &mut Stage<'_>,
    provider: Provider,
    value: &str,
    client_id: &str,
    tokens: impl FnOnce(&mut Stage<'_>, &Token) -> Answer,
) -> Result<Answer, Dead> {
    let presented = present(stage, provider, value, client_id);
    let reused = matches!(presented, Err(Dead::Reused));
    let Some(token) = stage.world.oauth.tokens.get(value).cloned() else {
        stage.note.detail("reuse_detected", false);
        return Err(Dead::Unknown);
    };
    let grace = stage.world.oauth.settings(provider).grace;
    let before = stage.world.oauth.exchanged.get(value).cloned();
    let before = before.filter(|_| reused && stage.world.oauth.is_alive(provider, token.family, stage.now));
    let now = stage.now;
    if let (Some(grace), Some(before)) = (grace, before)
        && now.duration_since(before.at) <= grace.lasts()
    {
        stage.note.detail("reuse_detected", false);
        stage.note.detail("within_grace", true);
        return Ok(match grace {
            Grace::SameAgain(_) => {
                stage.note.detail("outcome", "ok");
                before.answer
            }
            Grace::Another(_) => tokens(stage, &token),
        });
    }
    stage.note.detail("reuse_detected", reused);
    if reused && stage.world.oauth.settings(provider).reuse == Reuse::EndsFamily {
        stage.world.oauth.end_family(provider, token.family);
    }
    presented?;
    stage.world.oauth.use_up(value);
    let answer = tokens(stage, &token);
    if let Some(grace) = grace {
        let exchanged = &mut stage.world.oauth.exchanged;
        exchanged.retain(|_, before| now.duration_since(before.at) <= grace.lasts());
        exchanged.insert(value.to_owned(), Exchanged { at: now, answer: answer.clone() });
    }
    Ok(answer)
}
