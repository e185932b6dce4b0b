//! Google Calendar: events from beginning to end, series, guests, searching and paging, sharing, and who is busy.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GOOGLE, each, text};

const CALENDAR: &str = "www.googleapis.com/calendar/v3";
const PRIMARY: &str = "www.googleapis.com/calendar/v3/calendars/primary";

async fn person(bed: &Bed, account: &str) -> String {
    bed.token(Provider::Google, account, &format!("{GOOGLE}calendar")).await
}

async fn ada(bed: &Bed) -> String {
    person(bed, "ada@example.com").await
}

fn meeting(summary: &str, from: &str, to: &str) -> Value {
    json!({"summary": summary, "start": {"dateTime": from}, "end": {"dateTime": to}})
}

async fn insert(bed: &Bed, token: &str, event: Value) -> Value {
    bed.post(&format!("{PRIMARY}/events"), token, event).await.expect(200)
}

#[tokio::test]
async fn an_event_is_made_read_changed_and_deleted() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let made = insert(
        &bed,
        &token,
        json!({
            "summary": "Engine review",
            "start": {"dateTime": "2027-03-05T10:00:00", "timeZone": "Europe/Zurich"},
            "end": {"dateTime": "2027-03-05T10:30:00", "timeZone": "Europe/Zurich"},
        }),
    )
    .await;
    assert_eq!(
        (&made["status"], &made["organizer"], &made["start"]),
        (
            &json!("confirmed"),
            &json!({"email": "ada@example.com", "self": true}),
            &json!({"dateTime": "2027-03-05T09:00:00Z", "timeZone": "Europe/Zurich"})
        ),
        "shown in the calendar's zone"
    );
    let path = format!("{PRIMARY}/events/{}", text(&made["id"]));
    let shown = bed.get(&format!("{path}?timeZone=America/New_York&fields=start/dateTime"), &token).await;
    assert_eq!(shown.expect(200), json!({"start": {"dateTime": "2027-03-05T04:00:00-05:00"}}));
    let patched = bed
        .call("PATCH", &path, &token, Body::Json(json!({"location": "Workshop", "summary": "Review"})))
        .await
        .expect(200);
    assert_eq!((&patched["location"], &patched["sequence"]), (&json!("Workshop"), &json!(0)));
    let whole = json!({"summary": "Fair", "start": {"date": "2027-03-05"}, "end": {"date": "2027-03-07"}});
    let put = bed.call("PUT", &path, &token, Body::Json(whole)).await.expect(200);
    assert_eq!(
        (&put["start"], put.get("location"), &put["sequence"]),
        (&json!({"date": "2027-03-05"}), None, &json!(1))
    );
    bed.call("DELETE", &path, &token, Body::None).await.expect(204);
    assert_eq!(bed.get(&path, &token).await.expect(200)["status"], "cancelled");
    let twice = bed.call("DELETE", &path, &token, Body::None).await.expect(410);
    assert_eq!(twice["error"]["errors"][0]["reason"], "deleted");
    assert_eq!(twice["error"].get("status"), None, "the error of an older service");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let time = |time: &str| json!({"dateTime": time});
    let (early, late) = (time("2027-03-05T09:00:00Z"), time("2027-03-05T10:00:00Z"));
    let cases = [
        (json!({"end": late}), "Missing start time."),
        (json!({"start": early}), "Missing end time."),
        (json!({"start": late, "end": early}), "The specified time range is empty."),
        (
            json!({"start": time("2027-03-05T09:00:00"), "end": late}),
            "Missing time zone definition for start time.",
        ),
        (
            json!({"start": early, "end": late, "recurrence": ["RRULE:FREQ=DAILY"]}),
            "Missing time zone definition for start time.",
        ),
        (
            json!({"start": {"date": "2027-03-05"}, "end": late}),
            "The start and end times must either both be date or both be dateTime.",
        ),
        (json!({"start": early, "end": late, "attendees": [{"email": "grace"}]}), "Invalid attendee email."),
        (
            json!({"start": early, "end": late, "title": "x"}),
            "sandbox: Invalid JSON payload received. Unknown name \"title\": Cannot find field.",
        ),
        (
            json!({"start": early, "end": late, "conferenceData": {"createRequest": {"requestId": "x"}}}),
            "sandbox: without conferenceDataVersion=1 Google ignores `conferenceData`",
        ),
    ];
    for (body, message) in cases {
        let refused = bed.post(&format!("{PRIMARY}/events"), &token, body).await.expect(400);
        assert_eq!(refused["error"]["message"], message);
    }
    for query in
        ["orderBy=startTime", "timeMin=2027-03-05", "pageToken=x", "syncToken=s1", "fields=item", "x=y"]
    {
        bed.get(&format!("{PRIMARY}/events?{query}"), &token).await.expect(400);
    }
    bed.get(&format!("{PRIMARY}/events/nope"), &token).await.expect(404);
    bed.get(&format!("{CALENDAR}/calendars/nobody@example.com/events"), &token).await.expect(404);
}

#[tokio::test]
async fn a_series_has_occurrences_that_change_one_by_one() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let zoned = |time: &str| json!({"dateTime": time, "timeZone": "Europe/London"});
    let series = insert(
        &bed,
        &token,
        json!({
            "summary": "Rounds", "recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=5"],
            "start": zoned("2027-03-15T09:00:00"), "end": zoned("2027-03-15T09:30:00"),
        }),
    )
    .await;
    let path = format!("{PRIMARY}/events/{}", text(&series["id"]));
    let instances = bed.get(&format!("{path}/instances"), &token).await.expect(200);
    let starts: Vec<&str> = instances["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["start"]["dateTime"].as_str().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "2027-03-15T09:00:00Z",
            "2027-03-17T09:00:00Z",
            "2027-03-29T09:00:00+01:00",
            "2027-03-31T09:00:00+01:00",
            "2027-04-12T09:00:00+01:00"
        ],
        "at the same time of day in summer"
    );
    let second = format!("{PRIMARY}/events/{}", text(&instances["items"][1]["id"]));
    assert!(second.ends_with("_20270317T090000Z"), "{second}");
    let moved = json!({"start": zoned("2027-03-17T15:00:00"), "end": zoned("2027-03-17T15:30:00")});
    let moved = bed.call("PATCH", &second, &token, Body::Json(moved)).await.expect(200);
    assert_eq!(moved["originalStartTime"]["dateTime"], "2027-03-17T09:00:00Z");
    let third = format!("{PRIMARY}/events/{}", text(&instances["items"][2]["id"]));
    bed.call("DELETE", &third, &token, Body::None).await.expect(204);
    let window = "timeMin=2027-03-15T00:00:00Z&timeMax=2027-04-20T00:00:00Z&q=rounds";
    let listed = bed
        .get(&format!("{PRIMARY}/events?singleEvents=true&orderBy=startTime&{window}"), &token)
        .await
        .expect(200);
    let listed: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["start"]["dateTime"].as_str().unwrap()[5..16])
        .collect();
    assert_eq!(listed, ["03-15T09:00", "03-17T15:00", "03-31T09:00", "04-12T09:00"]);
    let masters = bed.get(&format!("{PRIMARY}/events?{window}"), &token).await.expect(200);
    assert_eq!(masters["items"].as_array().unwrap().len(), 3, "the series, and what was changed in it");
}

#[tokio::test]
async fn guests_get_copies_and_their_answers_come_back() {
    let bed = Bed::new().await;
    let (ada, grace) = (ada(&bed).await, person(&bed, "grace@example.com").await);
    let mut event = meeting("Compilers", "2027-03-05T09:00:00Z", "2027-03-05T10:00:00Z");
    event["attendees"] = json!([{"email": "grace@example.com"}, {"email": "ada@example.com"}]);
    event["conferenceData"] =
        json!({"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}});
    let made = bed
        .post(&format!("{PRIMARY}/events?sendUpdates=all&conferenceDataVersion=1"), &ada, event)
        .await
        .expect(200);
    assert!(text(&made["hangoutLink"]).starts_with("https://meet.google.com/"));
    assert_eq!(bed.last_entry().detail["notified"], json!(["grace@example.com"]));
    let path = format!("{PRIMARY}/events/{}", text(&made["id"]));
    let copy = bed.get(&path, &grace).await.expect(200);
    assert_eq!(copy["organizer"], json!({"email": "ada@example.com"}));
    let title = bed.call("PATCH", &path, &grace, Body::Json(json!({"summary": "Mine"}))).await.expect(403);
    assert_eq!(title["error"]["errors"][0]["reason"], "forbiddenForNonOrganizer");
    let answer = json!({
        "attendeesOmitted": true, "attendees": [{"email": "grace@example.com", "responseStatus": "accepted"}],
    });
    bed.call("PATCH", &path, &grace, Body::Json(answer)).await.expect(200);
    let seen = bed.get(&path, &ada).await.expect(200);
    assert_eq!(
        seen["attendees"],
        json!([
            {"email": "grace@example.com", "responseStatus": "accepted"},
            {"email": "ada@example.com", "responseStatus": "accepted", "organizer": true, "self": true},
        ])
    );
    bed.call("DELETE", &path, &ada, Body::None).await.expect(204);
    assert_eq!(bed.get(&path, &grace).await.expect(200)["status"], "cancelled");
}

#[tokio::test]
async fn lists_search_page_and_tell_what_changed() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    for day in 1..=5 {
        let mut event = meeting(
            &format!("Lecture {day}"),
            &format!("2027-06-0{day}T09:00:00Z"),
            &format!("2027-06-0{day}T10:00:00Z"),
        );
        event["extendedProperties"] = json!({"private": {"number": day.to_string()}});
        insert(&bed, &token, event).await;
    }
    let base = format!("{PRIMARY}/events?singleEvents=true&orderBy=startTime&q=lecture&maxResults=2");
    let (mut summaries, mut page) = (Vec::new(), String::new());
    for size in [2, 2, 1] {
        let listed = bed.get(&format!("{base}{page}"), &token).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), size);
        summaries.extend(each(&listed["items"], "summary"));
        page = format!("&pageToken={}", listed["nextPageToken"].as_str().unwrap_or_default());
    }
    assert_eq!(summaries, ["Lecture 1", "Lecture 2", "Lecture 3", "Lecture 4", "Lecture 5"]);
    let third =
        bed.get(&format!("{PRIMARY}/events?privateExtendedProperty=number%3D3"), &token).await.expect(200);
    assert_eq!(each(&third["items"], "summary"), ["Lecture 3"]);

    let all = bed.get(&format!("{PRIMARY}/events"), &token).await.expect(200);
    let sync = format!("{PRIMARY}/events?syncToken={}", text(&all["nextSyncToken"]));
    assert_eq!(bed.get(&sync, &token).await.expect(200)["items"], json!([]));
    let gone = text(&third["items"][0]["id"]);
    bed.call("DELETE", &format!("{PRIMARY}/events/{gone}"), &token, Body::None).await.expect(204);
    let changed = bed.get(&sync, &token).await.expect(200);
    assert_eq!(
        (each(&changed["items"], "id"), &changed["items"][0]["status"]),
        (vec![gone], &json!("cancelled"))
    );
    let refused = bed.get(&format!("{sync}&q=x"), &token).await.expect(400);
    assert_eq!(refused["error"]["message"], "Sync token cannot be combined with q.");
}

#[tokio::test]
async fn calendars_are_made_shared_and_seen_by_role() {
    let bed = Bed::new().await;
    let (ada, grace) = (ada(&bed).await, person(&bed, "grace@example.com").await);
    let listed = bed.get(&format!("{CALENDAR}/users/me/calendarList"), &ada).await.expect(200);
    assert_eq!(
        (each(&listed["items"], "summary"), each(&listed["items"], "accessRole")),
        (
            vec!["ada@example.com".to_owned(), "Compilers".to_owned()],
            vec!["owner".to_owned(), "writer".to_owned()]
        )
    );
    let body = json!({"summary": "Engine team", "timeZone": "Europe/Zurich"});
    let made = bed.post(&format!("{CALENDAR}/calendars"), &ada, body).await.expect(200);
    let path = format!("{CALENDAR}/calendars/{}", text(&made["id"]));
    bed.get(&path, &grace).await.expect(404);
    let event = meeting("Plans", "2027-03-05T09:00:00Z", "2027-03-05T10:00:00Z");
    let event = bed.post(&format!("{PRIMARY}/events"), &ada, event).await.expect(200);
    let id = text(&event["id"]);
    let moved = bed
        .call(
            "POST",
            &format!("{PRIMARY}/events/{id}/move?destination={}", text(&made["id"])),
            &ada,
            Body::None,
        )
        .await
        .expect(200);
    assert_eq!(moved["organizer"]["displayName"], "Engine team");
    let share = |role: &str| json!({"role": role, "scope": {"type": "user", "value": "grace@example.com"}});
    let rule = bed.post(&format!("{path}/acl"), &ada, share("freeBusyReader")).await.expect(200);
    assert_eq!(rule["id"], "user:grace@example.com");
    let seen = bed.get(&format!("{path}/events/{id}"), &grace).await.expect(200);
    assert_eq!((seen.get("summary"), &seen["visibility"]), (None, &json!("private")));
    let rule = format!("{path}/acl/user:grace@example.com");
    bed.call("PATCH", &rule, &ada, Body::Json(json!({"role": "reader"}))).await.expect(200);
    assert_eq!(bed.get(&format!("{path}/events/{id}"), &grace).await.expect(200)["summary"], "Plans");
    let denied = bed.call("DELETE", &format!("{path}/events/{id}"), &grace, Body::None).await.expect(403);
    assert_eq!(denied["error"]["errors"][0]["reason"], "requiredAccessLevel");
    bed.get(&format!("{path}/acl"), &grace).await.expect(403);
    bed.call("DELETE", &rule, &ada, Body::None).await.expect(204);
    bed.get(&path, &grace).await.expect(404);
    bed.call("DELETE", &path, &ada, Body::None).await.expect(204);
    bed.call("DELETE", PRIMARY, &ada, Body::None).await.expect(400);
}

#[tokio::test]
async fn busy_times_are_told_without_why() {
    let bed = Bed::new().await;
    let token = person(&bed, "grace@example.com").await;
    for (from, to) in [("09:00", "10:00"), ("09:30", "11:00"), ("13:00", "14:00")] {
        let event = meeting("x", &format!("2027-03-06T{from}:00Z"), &format!("2027-03-06T{to}:00Z"));
        insert(&bed, &token, event).await;
    }
    let mut free = meeting("x", "2027-03-06T16:00:00Z", "2027-03-06T17:00:00Z");
    free["transparency"] = json!("transparent");
    insert(&bed, &token, free).await;
    let token = bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}calendar.freebusy")).await;
    let ask = json!({
        "timeMin": "2027-03-06T00:00:00Z", "timeMax": "2027-03-07T00:00:00Z", "timeZone": "Europe/Zurich",
        "items": [{"id": "grace@example.com"}, {"id": "primary"}, {"id": "nobody@example.com"}],
    });
    let told = bed.post(&format!("{CALENDAR}/freeBusy"), &token, ask).await.expect(200);
    assert_eq!(
        told["calendars"],
        json!({
            "grace@example.com": {"busy": [
                {"start": "2027-03-06T10:00:00+01:00", "end": "2027-03-06T12:00:00+01:00"},
                {"start": "2027-03-06T14:00:00+01:00", "end": "2027-03-06T15:00:00+01:00"},
            ]},
            "primary": {"busy": []},
            "nobody@example.com": {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []},
        })
    );
    bed.post(&format!("{CALENDAR}/freeBusy"), &token, json!({"timeMin": "2027-03-06T00:00:00Z"}))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_sentence_becomes_an_event() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let add = async |text: &str| {
        let path = format!("{PRIMARY}/events/quickAdd?text={text}");
        let event = bed.call("POST", &path, &token, Body::None).await.expect(200);
        let time = |name: &str| {
            event[name]["dateTime"].as_str().or(event[name]["date"].as_str()).unwrap().to_owned()
        };
        (text_of(&event), time("start"), time("end"))
    };
    let texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    // The twins' first day is a Friday.
    assert_eq!(
        add("Lunch+with+Grace+on+Thursday+12:30-13:30").await,
        texts("Lunch with Grace", "2027-01-21T12:30:00Z", "2027-01-21T13:30:00Z")
    );
    assert_eq!(
        add("Call+tomorrow+at+3pm").await,
        texts("Call", "2027-01-16T15:00:00Z", "2027-01-16T16:00:00Z")
    );
    assert_eq!(add("Fair+2027-02-01").await, texts("Fair", "2027-02-01", "2027-02-02"));
}

fn text_of(event: &Value) -> String {
    text(&event["summary"])
}

#[tokio::test]
async fn narrow_scopes_reach_some_calendars_only() {
    let bed = Bed::new().await;
    let full = ada(&bed).await;
    let with =
        async |scope: &str| bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}{scope}")).await;
    let (shared, event) = ("c_compilers@group.calendar.google.com", "seedstandup");
    let shared_events = format!("{CALENDAR}/calendars/{shared}/events");
    for (scope, on_primary, on_shared) in [
        ("calendar.events.readonly", 200, 200),
        ("calendar.events.owned.readonly", 200, 403),
        ("calendar.events.public.readonly", 404, 404),
        ("calendar.app.created", 404, 404),
        ("calendar.events.freebusy", 200, 200),
        ("calendar.settings.readonly", 403, 403),
    ] {
        let token = with(scope).await;
        bed.get(&format!("{PRIMARY}/events/{event}"), &token).await.expect(on_primary);
        bed.get(&shared_events, &token).await.expect(on_shared);
    }
    let refused = bed.get(PRIMARY, &with("calendar.events").await).await.expect(403);
    assert_eq!(refused["error"]["status"], "PERMISSION_DENIED");
    let entry = bed.last_entry();
    assert_eq!(
        (entry.operation.as_deref(), &entry.detail["lacks_scope"], &entry.detail["outcome"]),
        (Some("calendar.calendars.get"), &json!(true), &json!("insufficientPermissions"))
    );
    let busy = bed.get(&format!("{PRIMARY}/events/{event}"), &with("calendar.events.freebusy").await).await;
    assert_eq!(busy.expect(200).get("summary"), None);
    let app = with("calendar.app.created").await;
    let made = bed.post(&format!("{CALENDAR}/calendars"), &app, json!({"summary": "Mine"})).await.expect(200);
    let own = format!("{CALENDAR}/calendars/{}/events", text(&made["id"]));
    let event = meeting("x", "2027-03-05T09:00:00Z", "2027-03-05T10:00:00Z");
    bed.post(&own, &app, event).await.expect(200);
    bed.get(&format!("{CALENDAR}/colors"), &full).await.expect(200);
    bed.get(&format!("{CALENDAR}/users/me/settings/timezone"), &full).await.expect(200);
}

#[tokio::test]
async fn zones_have_their_summer_and_their_halves() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let made = insert(&bed, &token, meeting("x", "2027-07-05T12:00:00Z", "2027-07-05T13:00:00Z")).await;
    let path = format!("{PRIMARY}/events/{}", text(&made["id"]));
    for (zone, shown) in [
        ("UTC", "12:00:00Z"),
        ("Europe/Zurich", "14:00:00+02:00"),
        ("Europe/Helsinki", "15:00:00+03:00"),
        ("America/Los_Angeles", "05:00:00-07:00"),
        ("America/Phoenix", "05:00:00-07:00"),
        ("Africa/Cairo", "15:00:00+03:00"),
        ("Asia/Kolkata", "17:30:00+05:30"),
        ("Asia/Tokyo", "21:00:00+09:00"),
        ("Australia/Sydney", "22:00:00+10:00"),
    ] {
        let event = bed.get(&format!("{path}?timeZone={zone}"), &token).await.expect(200);
        assert_eq!(event["start"]["dateTime"], format!("2027-07-05T{shown}"), "{zone}");
    }
    let odd = bed.get(&format!("{path}?timeZone=Mars/Olympus"), &token).await.expect(400);
    assert_eq!(
        odd["error"]["message"],
        "sandbox: `Mars/Olympus` is not among the time zones that the twin knows"
    );
    bed.get(&format!("{path}?timeZone=CET"), &token).await.expect(400);
}
