//! Gmail: mail that is sent, drafted and found again.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Change, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, limit, text};
use crate::composio::tool::{Spec, tools};
use crate::people::Person;

const READ: &[&str] = &["https://www.googleapis.com/auth/gmail.readonly"];
const WRITE: &[&str] = &["https://www.googleapis.com/auth/gmail.modify"];

pub(super) const TOOLS: &[Spec<'static>] = tools! {
    reads READ, writes WRITE;
    "SEND_EMAIL" Creates "message" "recipient_email! subject! body! cc:list bcc:list extra_recipients:list is_html:bool attachment:obj user_id"
        Run(send), "Sends an email.";
    "FETCH_EMAILS" Reads "message" "query max_results:int label_ids:list page_token ids_only:bool include_payload:bool include_spam_trash:bool user_id verbose:bool"
        Run(fetch), "Fetches emails that fit a query, the latest first.";
    "FETCH_MESSAGE_BY_MESSAGE_ID" Reads "message" "message_id@ format user_id" Run(get), "Fetches one email by its id.";
    "CREATE_EMAIL_DRAFT" Creates "draft" "recipient_email! subject! body! cc:list bcc:list extra_recipients:list is_html:bool thread_id attachment:obj user_id"
        Run(draft), "Creates a draft of an email.";
    "LIST_DRAFTS" Reads "draft" "max_results:int page_token user_id verbose:bool" List, "Lists the drafts.";
    "SEND_DRAFT" Creates "draft" "draft_id@ user_id" Run(send_draft), "Sends a draft.";
    "DELETE_DRAFT" Destroys "draft" "draft_id@ user_id" Remove, "Deletes a draft for good.";
    "REPLY_TO_THREAD" Creates "message" "thread_id! message_body! recipient_email! cc:list bcc:list extra_recipients:list is_html:bool attachment:obj user_id"
        Run(reply), "Replies in a thread.";
    "MOVE_TO_TRASH" Destroys "message" "message_id@ user_id" Run(trash), "Moves an email to the trash.";
    "LIST_LABELS" Reads "label" "user_id" Run(labels), "Lists the labels, the system's and the user's.";
    "CREATE_LABEL" Creates "label" "label_name! background_color text_color label_list_visibility message_list_visibility user_id"
        Add, "Creates a label.";
    "PATCH_LABEL" Updates "label" "id@ name label_list_visibility message_list_visibility color:obj userId"
        Change, "Changes a label.";
    "GET_PROFILE" Reads "profile" "user_id" Me(profile), "Says whose mailbox it is.";
};

fn profile(person: &Person) -> Value {
    json!({"emailAddress": person.email, "messagesTotal": 0, "threadsTotal": 0, "historyId": "1"})
}

/// A message as the other tools find it, with the members that its answer has.
fn post(
    desk: &mut Desk<'_, '_>,
    sent: &Sent,
    thread: &str,
    body: &str,
    label: &str,
) -> Result<Value, String> {
    let to = text(sent, "recipient_email");
    if !to.contains('@') {
        return Err(format!("400 Bad Request: Invalid To header: {to}"));
    }
    let from = desk.person.email;
    let mut fields = Sent::new();
    for (name, value) in
        [("from", from), ("to", to), ("subject", text(sent, "subject")), ("messageText", body)]
    {
        fields.insert(name.to_owned(), value.into());
    }
    fields.insert("labelIds".to_owned(), json!([label]));
    let kind = if label == "DRAFT" { "draft" } else { "message" };
    let mut message = desk.add(kind, fields);
    let id = message.get("id").cloned().unwrap_or_default();
    let thread = if thread.is_empty() { id.clone() } else { thread.into() };
    message.insert("threadId".to_owned(), thread.clone());
    if let Some(last) = desk.records(kind).last_mut() {
        *last = message;
    }
    Ok(json!({"id": id, "threadId": thread, "labelIds": [label]}))
}

fn send(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    post(desk, sent, "", text(sent, "body"), "SENT")
}

fn reply(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let thread = text(sent, "thread_id");
    post(desk, sent, thread, text(sent, "message_body"), "SENT")
}

fn draft(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let message = post(desk, sent, text(sent, "thread_id"), text(sent, "body"), "DRAFT")?;
    Ok(json!({"id": message["id"], "message": message}))
}

fn send_draft(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    let mut message = desk.wanted()?.clone();
    let id = message.get("id").cloned();
    desk.records("draft").retain(|draft| draft.get("id") != id.as_ref());
    message.insert("labelIds".to_owned(), json!(["SENT"]));
    let answer = json!({"id": id, "threadId": message.get("threadId"), "labelIds": ["SENT"]});
    desk.records("message").push(message);
    Ok(answer)
}

/// A message under the names of the vendor's answers.
fn shown(message: &Sent) -> Value {
    json!({
        "messageId": message.get("id"),
        "threadId": message.get("threadId"),
        "labelIds": message.get("labelIds"),
        "sender": message.get("from"),
        "to": message.get("to"),
        "subject": message.get("subject"),
        "messageText": message.get("messageText"),
        "messageTimestamp": message.get("created_at"),
    })
}

fn fetch(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let query = text(sent, "query").to_lowercase();
    let fits =
        |message: &&Sent| Value::Object((*message).clone()).to_string().to_lowercase().contains(&query);
    let found: Vec<Value> = desk.records("message").iter().rev().filter(fits).map(shown).collect();
    let estimate = found.len();
    let messages: Vec<Value> = found.into_iter().take(limit(sent, 1)).collect();
    Ok(json!({"messages": messages, "nextPageToken": "", "resultSizeEstimate": estimate}))
}

fn get(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    desk.wanted().map(|message| shown(message))
}

fn trash(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    let message = desk.wanted()?;
    message.insert("labelIds".to_owned(), json!(["TRASH"]));
    Ok(json!({"id": message.get("id"), "threadId": message.get("threadId"), "labelIds": ["TRASH"]}))
}

fn labels(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    let system = ["INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "UNREAD", "STARRED", "IMPORTANT"];
    let mut labels: Vec<Value> =
        system.iter().map(|name| json!({"id": name, "name": name, "type": "system"})).collect();
    let own = desk.records("label").iter();
    labels.extend(
        own.map(|label| json!({"id": label.get("id"), "name": label.get("label_name"), "type": "user"})),
    );
    Ok(json!({"labels": labels}))
}
