//! Notion and Outlook.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Change, Get, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, text};
use crate::composio::tool::{Spec, tools};
use crate::people::{PEOPLE, Person};

const NONE: &[&str] = &[];
const MAIL_READ: &[&str] = &["Mail.Read", "Calendars.Read"];
const MAIL_WRITE: &[&str] = &["Mail.Send", "Mail.ReadWrite", "Calendars.ReadWrite"];

pub(super) const NOTION: &[Spec<'static>] = tools! {
    reads NONE, writes NONE;
    "SEARCH_NOTION_PAGE" Reads "page" "query page_size:int start_cursor direction filter_property filter_value timestamp" List, "Searches pages by their title.";
    "CREATE_NOTION_PAGE" Creates "page" "parent_id! title! icon cover" Add, "Creates a page.";
    "RETRIEVE_PAGE" Reads "page" "page_id@" Get, "Gets a page.";
    "UPDATE_PAGE" Updates "page" "page_id@ properties:obj archived:bool cover:obj icon:obj" Change, "Updates a page.";
    "ARCHIVE_NOTION_PAGE" Destroys "page" "page_id@ archive:bool" Remove, "Archives a page.";
    "CREATE_DATABASE" Creates "database" "parent_id! title! properties:objs" Add, "Creates a database.";
    "INSERT_ROW_DATABASE" Creates "row" "database_id! properties:objs child_blocks:objs icon cover" Add, "Adds a row to a database.";
    "QUERY_DATABASE" Reads "row" "database_id! page_size:int sorts:objs start_cursor" List, "Lists the rows of a database.";
    "CREATE_COMMENT" Creates "comment" "page_id! rich_text:objs" Add, "Comments on a page.";
    "FETCH_COMMENTS" Reads "comment" "page_id!" List, "Lists the comments of a page.";
    "LIST_USERS" Reads "user" "page_size:int start_cursor" Run(users), "Lists the members.";
    "GET_ABOUT_ME" Reads "user" "" Me(notion_user), "Says who the user is.";
};

pub(super) const OUTLOOK: &[Spec<'static>] = tools! {
    reads MAIL_READ, writes MAIL_WRITE;
    "SEND_EMAIL" Creates "message" "subject! body! to_email! to_name cc_emails:list bcc_emails:list is_html:bool save_to_sent_items:bool attachment:obj user_id" Run(send), "Sends an email.";
    "LIST_MESSAGES" Reads "message" "folder filter top:int skip:int orderby select:list user_id" List, "Lists messages.";
    "SEARCH_MESSAGES" Reads "message" "query from_index:int size:int" List, "Searches messages.";
    "GET_MESSAGE" Reads "message" "message_id@ select:list user_id" Get, "Gets a message.";
    "CREATE_DRAFT" Creates "draft" "subject! body! to_recipients:list cc_recipients:list bcc_recipients:list is_html:bool attachment:obj" Add, "Creates a draft.";
    "CALENDAR_CREATE_EVENT" Creates "event" "subject! start_datetime! end_datetime! time_zone! attendees_info:objs body is_html:bool location is_online_meeting:bool online_meeting_provider show_as user_id"
        Add, "Creates an event.";
    "LIST_EVENTS" Reads "event" "filter select:list orderby:list top:int timezone calendar_id user_id" List, "Lists events.";
    "GET_EVENT" Reads "event" "event_id@ calendar_id user_id" Get, "Gets an event.";
    "UPDATE_CALENDAR_EVENT" Updates "event" "event_id@ subject start_datetime end_datetime time_zone attendees:objs body:obj location user_id" Change, "Updates an event.";
    "DELETE_EVENT" Destroys "event" "event_id@ send_notifications:bool user_id" Remove, "Deletes an event.";
    "GET_MAILBOX_SETTINGS" Reads "settings" "select:list expand:list user_id" Me(mailbox), "Says how the mailbox is set up.";
};

fn notion_user(person: &Person) -> Value {
    let id = crate::stage::as_uuid(&crate::stage::fingerprint(person.email).repeat(3));
    json!({"object": "user", "id": id, "type": "person", "name": person.name(), "person": {"email": person.email}})
}

fn users(_desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    Ok(json!({"results": PEOPLE.iter().map(notion_user).collect::<Vec<_>>(), "has_more": false}))
}

fn mailbox(person: &Person) -> Value {
    json!({"timeZone": "UTC", "userPurpose": {"value": "user"}, "mail": person.email, "displayName": person.name()})
}

fn send(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let to = text(sent, "to_email");
    if !to.contains('@') {
        return Err(format!("400 ErrorInvalidRecipients: `{to}` is no address"));
    }
    let mut fields = sent.clone();
    fields.insert("from".to_owned(), desk.person.email.into());
    desk.add("message", fields);
    Ok(json!({"response_data": {"success": true}}))
}
