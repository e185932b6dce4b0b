//! `users.history`: what changed since a history id.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::mailbox::{Change, Record};
use super::messages::{mailbox, page};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let start = call.query.filled("startHistoryId");
    let start = start.ok_or_else(|| Failure::invalid("Missing startHistoryId"))?;
    let start: u64 = start.parse().map_err(|_| Failure::invalid("Invalid startHistoryId"))?;
    // A history id of the future, or one that was forgotten.
    if start > mailbox.history_id || start == 0 {
        return Err(Failure::no_entity());
    }
    let types = call.query.texts("historyTypes");
    let label = call.query.filled("labelId");
    let wanted = |record: &&Record| {
        record.id > start
            && (types.is_empty() || types.iter().any(|name| name == kind(&record.change)))
            && label.is_none_or(|label| concerns(record, label))
    };
    let found: Vec<Value> = mailbox.history.iter().filter(wanted).map(show).collect();
    let (page, next) = page(call, &found)?;
    let mut body = json!({});
    if !page.is_empty() {
        body["history"] = json!(page);
    }
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    body["historyId"] = json!(mailbox.history_id.to_string());
    Ok(Answer::json(200, &body))
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::Added => "messageAdded",
        Change::Deleted => "messageDeleted",
        Change::LabelsAdded(_) => "labelAdded",
        Change::LabelsRemoved(_) => "labelRemoved",
    }
}

fn concerns(record: &Record, label: &str) -> bool {
    let changed = match &record.change {
        Change::LabelsAdded(labels) | Change::LabelsRemoved(labels) => labels.as_slice(),
        Change::Added | Change::Deleted => &[],
    };
    changed.iter().chain(&record.labels).any(|own| own == label)
}

fn show(record: &Record) -> Value {
    let message = json!({"id": record.message_id, "threadId": record.thread_id});
    let mut labelled = message.clone();
    labelled["labelIds"] = json!(record.labels);
    let mut value = json!({"id": record.id.to_string(), "messages": [message]});
    match &record.change {
        Change::Added => value["messagesAdded"] = json!([{"message": labelled}]),
        Change::Deleted => value["messagesDeleted"] = json!([{"message": labelled}]),
        Change::LabelsAdded(labels) => {
            value["labelsAdded"] = json!([{"message": labelled, "labelIds": labels}]);
        }
        Change::LabelsRemoved(labels) => {
            value["labelsRemoved"] = json!([{"message": labelled, "labelIds": labels}]);
        }
    }
    value
}
