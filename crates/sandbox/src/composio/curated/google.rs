//! Google's calendar, spreadsheets and files.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Change, Get, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, text};
use crate::composio::tool::{Spec, tools};
use crate::people::Person;
use crate::stage::stamp;

const CALENDAR_READ: &[&str] = &["https://www.googleapis.com/auth/calendar.readonly"];
const CALENDAR_WRITE: &[&str] = &["https://www.googleapis.com/auth/calendar"];
const SHEETS_SCOPE: &[&str] = &["https://www.googleapis.com/auth/spreadsheets"];
const DRIVE_SCOPE: &[&str] = &["https://www.googleapis.com/auth/drive"];

pub(super) const CALENDAR: &[Spec<'static>] = tools! {
    reads CALENDAR_READ, writes CALENDAR_WRITE;
    "CREATE_EVENT" Creates "event" "start_datetime! summary event_duration_hour:int event_duration_minutes:int timezone attendees:list calendar_id description location recurrence:list create_meeting_room:bool send_updates:bool visibility"
        Run(create_event), "Creates an event.";
    "FIND_EVENT" Reads "event" "query timeMin timeMax calendar_id max_results:int" List, "Finds events by their text.";
    "EVENTS_LIST" Reads "event" "calendarId! timeMin timeMax q singleEvents:bool orderBy maxResults:int pageToken"
        List, "Lists the events of a calendar.";
    "UPDATE_EVENT" Updates "event" "event_id@ start_datetime! summary event_duration_hour:int event_duration_minutes:int timezone attendees:list calendar_id description location"
        Change, "Updates an event.";
    "PATCH_EVENT" Updates "event" "calendar_id! event_id@ summary description location start_time end_time timezone attendees:list"
        Change, "Changes what is given of an event.";
    "DELETE_EVENT" Destroys "event" "event_id@ calendar_id" Remove, "Deletes an event.";
    "LIST_CALENDARS" Reads "calendar" "max_results:int page_token" Run(calendars), "Lists the calendars of the user.";
    "GET_CURRENT_DATE_TIME" Reads "time" "timezone:num" Run(time), "Says what time it is.";
};

pub(super) const SHEETS: &[Spec<'static>] = tools! {
    reads SHEETS_SCOPE, writes SHEETS_SCOPE;
    "CREATE_GOOGLE_SHEET1" Creates "spreadsheet" "title!" Run(create_spreadsheet), "Creates a spreadsheet.";
    "GET_SPREADSHEET_INFO" Reads "spreadsheet" "spreadsheet_id@" Get, "Says what a spreadsheet consists of.";
    "SEARCH_SPREADSHEETS" Reads "spreadsheet" "query search_type" List, "Searches the spreadsheets.";
    "VALUES_GET" Reads "spreadsheet" "spreadsheet_id@ range!" Run(read_values), "Reads the values of a range.";
    "BATCH_GET" Reads "spreadsheet" "spreadsheet_id@ ranges:list" Run(read_values), "Reads the values of ranges.";
    "VALUES_UPDATE" Updates "spreadsheet" "spreadsheet_id@ range! values:rows! value_input_option"
        Run(write_values), "Writes the values of a range.";
    "CLEAR_VALUES" Destroys "spreadsheet" "spreadsheet_id@ range!" Run(clear_values), "Clears the values of a range.";
};

pub(super) const DRIVE: &[Spec<'static>] = tools! {
    reads DRIVE_SCOPE, writes DRIVE_SCOPE;
    "FIND_FILE" Reads "file" "q corpora driveId fields orderBy pageSize:int pageToken spaces supportsAllDrives:bool includeItemsFromAllDrives:bool"
        List, "Finds files.";
    "CREATE_FILE_FROM_TEXT" Creates "file" "file_name! text_content! mime_type parent_id" Add, "Creates a file with this text.";
    "CREATE_FOLDER" Creates "file" "folder_name! parent_id" Add, "Creates a folder.";
    "GET_FILE_METADATA" Reads "file" "fileId@ fields supportsAllDrives:bool" Get, "Says what is known of a file.";
    "EDIT_FILE" Updates "file" "content! file_id@ mime_type" Change, "Replaces what a file holds.";
    "GOOGLE_DRIVE_DELETE_FOLDER_OR_FILE_ACTION" Destroys "file" "fileId@ supportsAllDrives:bool" Remove, "Deletes a file or folder.";
    "GET_ABOUT" Reads "user" "fields" Me(about), "Says whose files these are.";
};

fn about(person: &Person) -> Value {
    json!({"kind": "drive#about", "user": {"displayName": person.name(), "emailAddress": person.email, "me": true}})
}

fn create_event(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let email = desk.person.email;
    let mut event = desk.add("event", sent.clone());
    event.insert("status".to_owned(), "confirmed".into());
    event.insert("organizer".to_owned(), json!({"email": email, "self": true}));
    event.insert(
        "start".to_owned(),
        json!({"dateTime": text(sent, "start_datetime"), "timeZone": text(sent, "timezone")}),
    );
    Ok(json!({"response_data": event}))
}

fn calendars(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    let email = desk.person.email;
    Ok(
        json!({"calendars": [{"id": email, "summary": email, "primary": true, "accessRole": "owner", "timeZone": "UTC"}]}),
    )
}

fn time(desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    Ok(json!({"year_month_day_hour_minute_second": stamp(desk.stage.now)}))
}

fn create_spreadsheet(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let sheet = desk.add("spreadsheet", sent.clone());
    let id = sheet.get("id").and_then(Value::as_str).unwrap_or_default();
    let url = format!("https://docs.google.com/spreadsheets/d/{id}/edit");
    Ok(json!({"spreadsheetId": id, "spreadsheetUrl": url, "properties": {"title": text(sent, "title")}}))
}

/// The values of a spreadsheet are kept by range, as written; this twin does no arithmetic with ranges.
fn read_values(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let sheet = desk.wanted()?;
    let values = |range: &str| {
        let values = sheet.get("values").and_then(|all| all.get(range)).cloned();
        json!({"range": range, "majorDimension": "ROWS", "values": values.unwrap_or_else(|| json!([]))})
    };
    let id = sheet.get("id");
    match sent.get("range").and_then(Value::as_str) {
        Some(range) => Ok(values(range)),
        None => {
            let ranges = crate::composio::texts(sent.get("ranges"));
            let each: Vec<Value> = ranges.iter().map(|range| values(range)).collect();
            Ok(json!({"spreadsheetId": id, "valueRanges": each}))
        }
    }
}

fn write_values(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let range = text(sent, "range");
    let sheet = desk.wanted()?;
    let values = sheet.entry("values").or_insert_with(|| json!({}));
    values[range] = sent.get("values").cloned().unwrap_or_default();
    let rows = values[range].as_array().map_or(0, Vec::len);
    Ok(json!({"spreadsheetId": sheet.get("id"), "updatedRange": range, "updatedRows": rows}))
}

fn clear_values(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let range = text(sent, "range");
    let sheet = desk.wanted()?;
    if let Some(values) = sheet.get_mut("values").and_then(Value::as_object_mut) {
        values.remove(range);
    }
    Ok(json!({"spreadsheetId": sheet.get("id"), "clearedRange": range}))
}
