//! Discord's errors: a message, a code, and where a body does not fit a tree that says where.

use serde_json::{Value, json};

use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

/// A refusal that is always the same: status, code, message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known(u16, u32, &'static str);

pub(super) const UNAUTHORIZED: Known = Known(401, 0, "401: Unauthorized");
pub(super) const NO_PATH: Known = Known(404, 0, "404: Not Found");
pub(super) const NO_METHOD: Known = Known(405, 0, "405: Method Not Allowed");
pub(super) const UNKNOWN_CHANNEL: Known = Known(404, 10_003, "Unknown Channel");
pub(super) const UNKNOWN_GUILD: Known = Known(404, 10_004, "Unknown Guild");
pub(super) const UNKNOWN_INVITE: Known = Known(404, 10_006, "Unknown Invite");
pub(super) const UNKNOWN_MEMBER: Known = Known(404, 10_007, "Unknown Member");
pub(super) const UNKNOWN_MESSAGE: Known = Known(404, 10_008, "Unknown Message");
pub(super) const UNKNOWN_ROLE: Known = Known(404, 10_011, "Unknown Role");
pub(super) const UNKNOWN_USER: Known = Known(404, 10_013, "Unknown User");
/// Discord says 400 where the name is none at all.
pub(super) const UNKNOWN_EMOJI: Known = Known(400, 10_014, "Unknown Emoji");
pub(super) const UNKNOWN_WEBHOOK: Known = Known(404, 10_015, "Unknown Webhook");
pub(super) const NOT_FOR_BOTS: Known = Known(403, 20_001, "Bots cannot use this endpoint");
pub(super) const TOO_MANY_PINS: Known =
    Known(400, 30_003, "Maximum number of pinned messages reached for the channel (250)");
pub(super) const TOO_MANY_WEBHOOKS: Known = Known(400, 30_007, "Maximum number of webhooks reached (15)");
pub(super) const TOO_MANY_REACTIONS: Known = Known(400, 30_010, "Maximum number of reactions reached (20)");
pub(super) const NOT_IN_VOICE: Known = Known(400, 40_032, "Target user is not connected to voice.");
pub(super) const CROSSPOSTED: Known = Known(400, 40_033, "This message has already been crossposted.");
pub(super) const MISSING_ACCESS: Known = Known(403, 50_001, "Missing Access");
pub(super) const IN_DM: Known = Known(403, 50_003, "Cannot execute action on a DM channel");
pub(super) const NOT_YOURS: Known = Known(403, 50_005, "Cannot edit a message authored by another user");
pub(super) const EMPTY_MESSAGE: Known = Known(400, 50_006, "Cannot send an empty message");
pub(super) const NOT_TO_THIS_USER: Known = Known(403, 50_007, "Cannot send messages to this user");
pub(super) const NO_TEXT: Known = Known(400, 50_008, "Cannot send messages in a non-text channel");
pub(super) const MISSING_PERMISSIONS: Known = Known(403, 50_013, "Missing Permissions");
pub(super) const SYSTEM_MESSAGE: Known = Known(403, 50_021, "Cannot execute action on a system message");
pub(super) const CHANNEL_TYPE: Known = Known(400, 50_024, "Cannot execute action on this channel type");
pub(super) const WEBHOOK_TOKEN: Known = Known(401, 50_027, "Invalid Webhook Token");
pub(super) const INVALID_ROLE: Known = Known(400, 50_028, "Invalid Role");
pub(super) const INVALID_RECIPIENT: Known = Known(400, 50_033, "Invalid Recipient(s)");
pub(super) const TOO_OLD: Known =
    Known(400, 50_034, "You can only bulk delete messages that are under 14 days old.");
pub(super) const INVALID_STICKER: Known = Known(400, 50_081, "Invalid Sticker");
pub(super) const ARCHIVED: Known = Known(400, 50_083, "Thread is archived");
pub(super) const NOT_JSON: Known = Known(400, 50_109, "The request body contains invalid JSON.");
pub(super) const HAS_THREAD: Known =
    Known(400, 160_004, "A thread has already been created for this message");
pub(super) const LOCKED: Known = Known(403, 160_005, "Thread is locked");
pub(super) const FORUM_NEEDS_THREAD: Known =
    Known(400, 220_001, "Webhooks posted to forum channels must have a thread_name or thread_id");
pub(super) const THREADS_IN_FORUMS: Known =
    Known(400, 220_003, "Webhooks can only create threads in forum channels");

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    status: u16,
    code: u32,
    message: String,
    errors: Option<Value>,
}

impl From<Known> for Failure {
    fn from(Known(status, code, message): Known) -> Self {
        Self { status, code, message: message.to_owned(), errors: None }
    }
}

impl Failure {
    /// The body or a parameter does not fit; `at` is the field, dotted where it is nested.
    pub(super) fn form(at: &str, code: &str, message: impl Into<String>) -> Self {
        let leaf = json!({"_errors": [{"code": code, "message": message.into()}]});
        let steps: Vec<&str> = at
            .split(['.', '['])
            .map(|step| step.trim_end_matches(']'))
            .filter(|step| !step.is_empty())
            .collect();
        let errors = steps.into_iter().rev().fold(leaf, |inner, step| json!({step: inner}));
        Self { status: 400, code: 50_035, message: "Invalid Form Body".to_owned(), errors: Some(errors) }
    }

    pub(super) fn snowflake(at: &str, found: &str) -> Self {
        Self::form(at, "NUMBER_TYPE_COERCE", format!("Value \"{found}\" is not snowflake."))
    }

    pub(super) fn choice(at: &str, options: &str) -> Self {
        Self::form(at, "BASE_TYPE_CHOICES", format!("Value must be one of {{{options}}}."))
    }

    /// What only a twin refuses.
    pub(super) fn sandbox(message: &str) -> Self {
        Self::form("_misc", "SANDBOX", format!("sandbox: {message}"))
    }

    /// What the ledger says.
    pub(super) fn outcome(&self) -> String {
        if self.code == 0 { self.status.to_string() } else { self.code.to_string() }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        Answer::json(self.status, &body)
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let at = misfit.at.as_str();
        match &misfit.fault {
            MisfitKind::NotJson => NOT_JSON.into(),
            MisfitKind::Missing => Self::form(at, "BASE_TYPE_REQUIRED", "This field is required"),
            MisfitKind::Wrong(expected) if expected.starts_with("snowflake") => {
                Self::snowflake(at, misfit.found.trim_matches('"'))
            }
            // The shape's own words are Discord's.
            MisfitKind::Wrong(expected) if expected.starts_with("Must be ") => {
                let message = expected.trim_end_matches(" or null");
                let code = match message.contains("or fewer") {
                    true => "BASE_TYPE_MAX_LENGTH",
                    false => "BASE_TYPE_BAD_LENGTH",
                };
                Self::form(at, code, message)
            }
            MisfitKind::Wrong(_) | MisfitKind::Unknown | MisfitKind::Repeated => {
                Self::form(at, "SANDBOX", misfit.sentence())
            }
        }
    }
}
