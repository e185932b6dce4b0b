//! Google Calendar through MCP, against its twin. The clock stands at Sunday, 17 March 2030.

use sandbox::Provider;
use serde_json::{Value, json};

use super::{act, calls, connected, refused, texts};

#[tokio::test]
async fn google_calendar_from_an_event_to_its_end() {
    let app = connected("google-calendar", json!({}), "ada@example.com").await;
    let event = json!({"summary": "Engine review", "start_datetime": "2030-03-20T09:00:00", "event_duration_minutes": 45,
        "timezone": "Europe/Zurich", "attendees": ["grace@example.com"], "create_meeting_room": true,
        "location": "Workshop", "reminders": [{"method": "popup", "minutes": 15}],
        "private_properties": {"ticket": "42"},
        "attachments": [{"file_url": "https://drive.google.com/open?id=f1", "title": "Drawings"}]});
    let made = act(&app, "GOOGLECALENDAR_CREATE_EVENT", event).await;
    let id = made["id"].clone();
    assert_eq!(
        (&made["start"], &made["end"], &made["meeting_status"], &made["attachments"][0]["title"]),
        (
            &json!("2030-03-20T08:00:00Z"),
            &json!("2030-03-20T08:45:00Z"),
            &json!("success"),
            &json!("Drawings")
        ),
        "{made}"
    );
    let read =
        act(&app, "GOOGLECALENDAR_EVENTS_GET", json!({"event_id": id, "timezone": "Europe/Zurich"})).await;
    assert_eq!(read["start"], "2030-03-20T09:00:00+01:00");
    let patch = json!({"event_id": id, "summary": "Review", "use_default_reminders": true, "location": ""});
    let patched = act(&app, "GOOGLECALENDAR_PATCH_EVENT", patch).await;
    assert_eq!(
        (&patched["summary"], patched.get("location"), &patched["default_reminders"]),
        (&json!("Review"), None, &json!(true))
    );
    let found = act(&app, "GOOGLECALENDAR_FIND_EVENT", json!({"query": "review grace@example.com"})).await;
    assert_eq!(texts(&found["events"], "summary"), ["Review of the engine", "Review"]);
    let listed = json!({"private_property": ["ticket=42"], "single_events": false});
    let listed = act(&app, "GOOGLECALENDAR_EVENTS_LIST", listed).await;
    assert_eq!(texts(&listed["events"], "id"), [id.as_str().unwrap()]);
    let fair = json!({"event_id": id, "summary": "Fair", "start_datetime": "2030-03-20"});
    let fair = act(&app, "GOOGLECALENDAR_UPDATE_EVENT", fair).await;
    assert_eq!(
        (&fair["all_day"], &fair["end"], fair.get("attendees")),
        (&json!(true), &json!("2030-03-21"), None)
    );
    let quick =
        act(&app, "GOOGLECALENDAR_QUICK_ADD", json!({"text": "Lunch with Alan on Tuesday 12:30-13:30"}))
            .await;
    assert_eq!(
        (&quick["summary"], &quick["start"]),
        (&json!("Lunch with Alan"), &json!("2030-03-19T12:30:00Z"))
    );

    let sync = act(&app, "GOOGLECALENDAR_SYNC_EVENTS", json!({})).await["next_sync_token"].clone();
    assert_eq!(act(&app, "GOOGLECALENDAR_DELETE_EVENT", json!({"event_id": id})).await["deleted"], id);
    let changed = act(&app, "GOOGLECALENDAR_SYNC_EVENTS", json!({"sync_token": sync})).await;
    assert_eq!(
        (texts(&changed["events"], "id"), texts(&changed["events"], "status")),
        (vec![id.as_str().unwrap()], vec!["cancelled"])
    );
    let error = refused(&app, "GOOGLECALENDAR_DELETE_EVENT", json!({"event_id": id})).await;
    assert_eq!(error["details"]["provider"]["status"], 410, "{error}");
    let before = calls(&app, Provider::Google);
    let error = refused(&app, "GOOGLECALENDAR_CREATE_CALENDAR", json!({"summary": "x"})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope", "everyday scopes make no calendars");
    assert_eq!(calls(&app, Provider::Google), before);
}

#[tokio::test]
async fn google_calendar_series_guests_and_free_time() {
    let app = connected("google-calendar", json!({}), "ada@example.com").await;
    let series = json!({"summary": "Rounds", "start_datetime": "2030-03-18T11:00:00", "event_duration_hour": 1,
        "timezone": "Europe/London", "recurrence": ["FREQ=DAILY;COUNT=3"]});
    let series = act(&app, "GOOGLECALENDAR_CREATE_EVENT", series).await["id"].clone();
    let page = act(&app, "GOOGLECALENDAR_EVENTS_INSTANCES", json!({"event_id": series, "limit": 2})).await;
    let rest = json!({"event_id": series, "limit": 2, "cursor": page["next_cursor"]});
    let rest = act(&app, "GOOGLECALENDAR_EVENTS_INSTANCES", rest).await;
    assert_eq!(
        [texts(&page["events"], "start"), texts(&rest["events"], "start")].concat(),
        ["2030-03-18T11:00:00Z", "2030-03-19T11:00:00Z", "2030-03-20T11:00:00Z"]
    );
    let first = page["events"][0]["id"].clone();
    act(&app, "GOOGLECALENDAR_DELETE_EVENT", json!({"event_id": first})).await;
    let import = json!({"ical_uid": "5f2a@mail.example.com", "summary": "Compilers", "start_datetime": "2030-03-18T14:00:00Z",
        "end_datetime": "2030-03-18T16:00:00Z", "organizer_email": "someone@example.org"});
    assert_eq!(act(&app, "GOOGLECALENDAR_EVENTS_IMPORT", import).await["organizer"], "someone@example.org");
    let answer = json!({"event_id": "seedreview", "response_status": "accepted"});
    let answered = act(&app, "GOOGLECALENDAR_RESPOND_TO_EVENT", answer).await;
    assert_eq!(
        (&answered["my_response"], &answered["organizer"]),
        (&json!("accepted"), &json!("grace@example.com"))
    );

    let window = json!({"time_min": "2030-03-18T08:00:00Z", "time_max": "2030-03-18T18:00:00Z"});
    let mut ask = window.clone();
    ask["items"] = json!(["primary", "nobody@example.com"]);
    let free = act(&app, "GOOGLECALENDAR_FIND_FREE_SLOTS", ask.clone()).await;
    let spans: Vec<(&str, &str)> = free["free"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| (&gap["start"].as_str().unwrap()[11..16], &gap["end"].as_str().unwrap()[11..16]))
        .collect();
    assert_eq!(
        spans,
        [("08:00", "09:00"), ("09:30", "14:00"), ("16:00", "18:00")],
        "after the stand-up: {free}"
    );
    assert_eq!(free["unknown"][0]["reason"], "notFound");
    ask["items"] = json!(["grace@example.com"]);
    let busy = act(&app, "GOOGLECALENDAR_FREE_BUSY_QUERY", ask).await;
    assert_eq!(busy["calendars"], json!([{"calendar_id": "grace@example.com", "busy": []}]));
}

#[tokio::test]
async fn google_calendar_calendars_are_made_shared_and_deleted() {
    let app = connected("google-calendar", json!({"scopes": ["calendar"]}), "ada@example.com").await;
    let made =
        act(&app, "GOOGLECALENDAR_CREATE_CALENDAR", json!({"summary": "Team", "timezone": "Asia/Tokyo"}))
            .await;
    let within = |more: Value| {
        let mut params = json!({"calendar_id": made["id"]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let patched = act(&app, "GOOGLECALENDAR_PATCH_CALENDAR", within(json!({"description": "Plans"}))).await;
    assert_eq!((&patched["description"], &patched["time_zone"]), (&json!("Plans"), &json!("Asia/Tokyo")));
    assert_eq!(act(&app, "GOOGLECALENDAR_GET_CALENDAR", within(json!({}))).await, patched);
    let page = act(&app, "GOOGLECALENDAR_LIST_CALENDARS", json!({"limit": 2})).await;
    let rest = json!({"limit": 2, "cursor": page["next_cursor"]});
    let rest = act(&app, "GOOGLECALENDAR_LIST_CALENDARS", rest).await;
    assert_eq!(
        [texts(&page["calendars"], "summary"), texts(&rest["calendars"], "summary")].concat(),
        ["ada@example.com", "Compilers", "Team"]
    );
    let share = within(json!({"role": "reader", "scope_type": "user", "scope_value": "grace@example.com"}));
    let rule = act(&app, "GOOGLECALENDAR_CREATE_ACL_RULE", share).await["rule_id"].clone();
    let more = within(json!({"rule_id": rule, "role": "writer"}));
    assert_eq!(act(&app, "GOOGLECALENDAR_UPDATE_ACL_RULE", more).await["role"], "writer");
    let rules = act(&app, "GOOGLECALENDAR_LIST_ACL_RULES", within(json!({}))).await;
    assert_eq!(texts(&rules["rules"], "role"), ["owner", "writer"]);
    act(&app, "GOOGLECALENDAR_DELETE_ACL_RULE", within(json!({"rule_id": rule}))).await;
    let quick = act(&app, "GOOGLECALENDAR_QUICK_ADD", json!({"text": "Plans tomorrow 3pm"})).await;
    let there = json!({"event_id": quick["id"], "destination": made["id"]});
    let moved = act(&app, "GOOGLECALENDAR_EVENTS_MOVE", there).await;
    assert_eq!((&moved["organizer"], &moved["organizer_name"]), (&made["id"], &json!("Team")));
    let settings = act(&app, "GOOGLECALENDAR_SETTINGS_LIST", json!({})).await;
    assert_eq!(settings["settings"]["timezone"], "Europe/London");
    let colors = act(&app, "GOOGLECALENDAR_COLORS_GET", json!({})).await;
    assert_eq!(colors["event"].as_array().unwrap().len(), 11);
    act(&app, "GOOGLECALENDAR_CALENDARS_DELETE", within(json!({}))).await;
    let error = refused(&app, "GOOGLECALENDAR_GET_CALENDAR", within(json!({}))).await;
    assert_eq!(error["details"]["provider"]["status"], 404);
}
