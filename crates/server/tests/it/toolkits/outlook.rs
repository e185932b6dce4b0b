//! outlook through MCP, against its twin.

use sandbox::Provider;
use serde_json::json;

use super::{act, calls, connected, refused, texts};

#[tokio::test]
async fn outlook_mail_from_sending_to_deleting() {
    let app = connected("outlook", json!({}), "ada@example.com").await;
    assert_eq!(act(&app, "OUTLOOK_GET_PROFILE", json!({})).await["email"], "ada@example.com");
    let letter = json!({"to": "Ada Lovelace <ada@example.com>", "cc": ["grace@example.com"],
        "subject": "Größe: 日本",
        "body": "<p>Hi <b>you</b></p>", "is_html": true, "attachments": [{"filename": "a.txt",
            "content": "aGVsbG8="}]});
    act(&app, "OUTLOOK_SEND_EMAIL", letter).await;
    let found =
        act(&app, "OUTLOOK_QUERY_EMAILS", json!({"folder": "inbox", "subject_contains": "größe"})).await;
    let id = found["messages"][0]["id"].clone();
    let read = act(&app, "OUTLOOK_GET_MESSAGE", json!({"message_id": id, "body_format": "text"})).await;
    assert_eq!(
        (&read["subject"], &read["cc"]),
        (&json!("Größe: 日本"), &json!(["grace@example.com"])),
        "{read}"
    );
    assert_eq!((&read["body"], &read["is_read"]), (&json!("Hi you\n"), &json!(false)), "{read}");
    let files = act(&app, "OUTLOOK_LIST_OUTLOOK_ATTACHMENTS", json!({"message_id": id})).await;
    let file = json!({"message_id": id, "attachment_id": files["attachments"][0]["id"]});
    assert_eq!(act(&app, "OUTLOOK_DOWNLOAD_OUTLOOK_ATTACHMENT", file).await["content"], "aGVsbG8=");

    act(&app, "OUTLOOK_REPLY_EMAIL", json!({"message_id": id, "body": "Again"})).await;
    let reply_all =
        json!({"message_id": id, "body": "<b>All</b>", "is_html": true, "bcc": ["alan@example.com"]});
    act(&app, "OUTLOOK_REPLY_ALL_EMAIL", reply_all).await;
    act(
        &app,
        "OUTLOOK_FORWARD_MESSAGE",
        json!({"message_id": id, "to": "grace@example.com", "comment": "See"}),
    )
    .await;
    let forward = json!({"message_id": id, "to": ["grace@example.com"], "cc": ["alan@example.com"]});
    act(&app, "OUTLOOK_FORWARD_MESSAGE", forward).await;
    let query = json!({"query": "from:ada subject:größe", "limit": 3});
    let first = act(&app, "OUTLOOK_SEARCH_MESSAGES", query.clone()).await;
    let mut more = query;
    more["cursor"] = first["next_cursor"].clone();
    let second = act(&app, "OUTLOOK_SEARCH_MESSAGES", more).await;
    let subjects = [texts(&first["messages"], "subject"), texts(&second["messages"], "subject")].concat();
    assert!(subjects.len() >= 5 && subjects.contains(&"FW: Größe: 日本"), "{subjects:?}");

    let changes =
        json!({"message_id": id, "is_read": true, "flag": "flagged", "categories": ["Red category"]});
    assert_eq!(act(&app, "OUTLOOK_UPDATE_EMAIL", changes).await["flag"], "flagged");
    let folder = act(&app, "OUTLOOK_CREATE_MAIL_FOLDER", json!({"name": "Sizes"})).await;
    let folders = act(&app, "OUTLOOK_LIST_MAIL_FOLDERS", json!({"limit": 50})).await;
    assert!(texts(&folders["folders"], "name").contains(&"Sizes"), "{folders}");
    let moved =
        act(&app, "OUTLOOK_MOVE_MESSAGE", json!({"message_id": id, "destination_id": folder["id"]})).await;
    assert_ne!(moved["id"], id, "what is moved has another id");
    let inside = act(&app, "OUTLOOK_QUERY_EMAILS", json!({"folder": folder["id"], "is_read": true})).await;
    assert_eq!(texts(&inside["messages"], "id"), [moved["id"].as_str().unwrap()]);
    act(&app, "OUTLOOK_DELETE_MESSAGE", json!({"message_id": moved["id"]})).await;
    let inside = act(&app, "OUTLOOK_QUERY_EMAILS", json!({"folder": folder["id"]})).await;
    assert_eq!(inside["messages"], json!([]));
    let gone = refused(&app, "OUTLOOK_GET_MESSAGE", json!({"message_id": moved["id"]})).await;
    assert!(gone.to_string().contains("ErrorItemNotFound"), "{gone}");

    let before = calls(&app, Provider::Microsoft);
    let error = refused(&app, "OUTLOOK_GET_MAILBOX_SETTINGS", json!({})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope", "everyday scopes do not read the settings");
    assert_eq!(calls(&app, Provider::Microsoft), before, "refused before the provider is called");
}

#[tokio::test]
async fn outlook_drafts_contacts_and_pages() {
    let app = connected("outlook", json!({}), "ada@example.com").await;
    let draft =
        act(&app, "OUTLOOK_CREATE_DRAFT", json!({"to": "ada@example.com", "subject": "Plan", "body": "x"}))
            .await;
    let file = json!({"message_id": draft["id"], "filename": "p.txt", "content": "aGVsbG8="});
    act(&app, "OUTLOOK_ADD_MAIL_ATTACHMENT", file).await;
    act(&app, "OUTLOOK_SEND_DRAFT", json!({"draft_id": draft["id"]})).await;
    let listed =
        act(&app, "OUTLOOK_LIST_MESSAGES", json!({"subject_contains": "Plan", "has_attachments": true}))
            .await;
    assert_eq!(texts(&listed["messages"], "subject"), ["Plan", "Plan"], "sent and received");
    let first = act(&app, "OUTLOOK_LIST_MESSAGES", json!({"limit": 2})).await;
    let second =
        act(&app, "OUTLOOK_LIST_MESSAGES", json!({"limit": 2, "cursor": first["next_cursor"]})).await;
    assert_ne!(first["messages"][0]["id"], second["messages"][0]["id"]);
    let reply =
        json!({"message_id": listed["messages"][0]["id"], "body": "Fine", "cc": ["alan@example.com"]});
    let reply = act(&app, "OUTLOOK_CREATE_DRAFT_REPLY", reply).await;
    assert_eq!((&reply["subject"], &reply["is_draft"]), (&json!("Re: Plan"), &json!(true)));

    let card = json!({"given_name": "Mary", "surname": "O'Hara", "emails": ["mary@example.com"],
        "birthday": "1975-05-04"});
    let made = act(&app, "OUTLOOK_CREATE_CONTACT", card).await;
    let wanted = json!({"name_starts_with": "O'H", "email": "mary@example.com"});
    let found = act(&app, "OUTLOOK_LIST_CONTACTS", wanted).await;
    assert_eq!(texts(&found["contacts"], "id"), [made["id"].as_str().unwrap()]);
    assert_eq!(found["contacts"][0]["birthday"], "1975-05-04");
}

#[tokio::test]
async fn outlook_calendar_from_a_meeting_to_its_end() {
    let app = connected("outlook", json!({}), "ada@example.com").await;
    app.connect("outlook", "u2", "grace@example.com").await;
    let plan = json!({"subject": "Review", "start_datetime": "2027-03-02T10:00:00",
        "end_datetime": "2027-03-02T11:00:00",
        "time_zone": "Europe/Berlin", "attendees": ["grace@example.com"], "location": "Room 1",
            "is_online_meeting": true});
    let event = act(&app, "OUTLOOK_CALENDAR_CREATE_EVENT", plan).await;
    assert_eq!(
        (&event["start"], &event["time_zone"]),
        (&json!("2027-03-02T10:00:00"), &json!("Europe/Berlin")),
        "{event}"
    );
    let weekly = json!({"subject": "Weekly", "start_datetime": "2027-03-01T10:00:00",
        "end_datetime": "2027-03-01T10:30:00",
        "time_zone": "Europe/Berlin", "recurrence": {"frequency": "weekly", "count": 4}});
    act(&app, "OUTLOOK_CALENDAR_CREATE_EVENT", weekly).await;
    let leave = json!({"subject": "Leave", "start_datetime": "2027-03-03", "end_datetime": "2027-03-04",
        "is_all_day": true});
    act(&app, "OUTLOOK_CALENDAR_CREATE_EVENT", leave).await;
    let window =
        json!({"start_datetime": "2027-03-01", "end_datetime": "2027-03-09", "time_zone": "Europe/Berlin"});
    let view = act(&app, "OUTLOOK_GET_CALENDAR_VIEW", window).await;
    assert_eq!(texts(&view["events"], "subject"), ["Weekly", "Review", "Leave", "Weekly"]);
    assert_eq!(view["events"][2]["start"], "2027-03-03");

    // Grace answers with her own account.
    let answer =
        |tool: &str, params: serde_json::Value| json!({"tool_name": tool, "user_id": "u2", "params": params});
    let window =
        json!({"start_datetime": "2027-03-02", "end_datetime": "2027-03-03", "subject_contains": "review"});
    let seen = app.manage("execute_action", answer("OUTLOOK_GET_CALENDAR_VIEW", window)).await.unwrap();
    let invited = &seen["data"]["events"][0];
    assert_eq!(
        (&invited["is_organizer"], &invited["my_response"]),
        (&json!(false), &json!("notResponded")),
        "{seen}"
    );
    let maybe = json!({"event_id": invited["id"], "comment": "Later?",
        "proposed_start": "2027-03-02T13:00:00Z",
        "proposed_end": "2027-03-02T14:00:00Z"});
    app.manage("execute_action", answer("OUTLOOK_TENTATIVELY_ACCEPT_EVENT", maybe)).await.unwrap();
    let read = act(&app, "OUTLOOK_GET_EVENT", json!({"event_id": event["id"]})).await;
    assert_eq!(read["attendees"][0]["response"], "tentativelyAccepted", "{read}");

    let later = json!({"event_id": event["id"], "start_datetime": "2027-03-02T13:00:00Z",
        "end_datetime": "2027-03-02T14:00:00Z"});
    act(&app, "OUTLOOK_UPDATE_CALENDAR_EVENT", later).await;
    let schedule = json!({"schedules": ["grace@example.com"], "start_datetime": "2027-03-02T12:00:00Z",
        "end_datetime": "2027-03-02T15:00:00Z", "interval_minutes": 60});
    let schedule = act(&app, "OUTLOOK_GET_SCHEDULE", schedule).await;
    assert!(schedule.to_string().contains("010"), "{schedule}");
    let wish = json!({"attendees": ["grace@example.com"], "start_datetime": "2027-03-02T13:00:00Z",
        "end_datetime": "2027-03-02T16:00:00Z", "duration_minutes": 60, "limit": 1});
    let times = act(&app, "OUTLOOK_FIND_MEETING_TIMES", wish).await;
    assert!(times.to_string().contains("2027-03-02T14:00:00"), "{times}");
    act(&app, "OUTLOOK_CANCEL_EVENT", json!({"event_id": event["id"], "comment": "I am ill."})).await;
    let mine = act(&app, "OUTLOOK_LIST_EVENTS", json!({"subject_contains": "Review"})).await;
    assert_eq!(mine["events"], json!([]));
}
