//! What the calendars hold before anybody has written: a primary one each, a meeting, a series, and a calendar that
//! Grace shares with Ada.

use serde_json::{Value, json};

use super::guests;
use super::occurrences::kept;
use super::state::{Calendar, Entry, Event, Role, Rule};
use super::zone::{self, When, days_after, local, local_of, minutes_after};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago, stamp};

const TIME_ZONE: &str = "Europe/London";
const COMPILERS: &str = "c_compilers@group.calendar.google.com";

fn rule(kind: &str, value: &str, role: Role) -> Rule {
    Rule { kind: kind.to_owned(), value: Some(value.to_owned()), role }
}

pub(in crate::google) fn seed(stage: &mut Stage<'_>) {
    for person in &PEOPLE {
        let calendar = Calendar {
            id: person.email.to_owned(),
            summary: person.email.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
            rules: vec![
                rule("user", person.email, Role::Owner),
                // Colleagues see when somebody is busy.
                rule("domain", "example.com", Role::FreeBusyReader),
            ],
            ..Calendar::default()
        };
        let account = stage.world.calendars.entry(person.email.to_owned()).or_default();
        account.own.insert(calendar.id.clone(), calendar);
        account.list.push(Entry { id: person.email.to_owned(), ..Entry::default() });
    }
    let shared = Calendar {
        id: COMPILERS.to_owned(),
        summary: "Compilers".to_owned(),
        description: Some("Who reads which paper, and when.".to_owned()),
        time_zone: "America/New_York".to_owned(),
        rules: vec![
            rule("user", "grace@example.com", Role::Owner),
            rule("user", "ada@example.com", Role::Writer),
            rule("user", "alan@example.com", Role::Reader),
        ],
        ..Calendar::default()
    };
    let grace = stage.world.calendars.entry("grace@example.com".to_owned()).or_default();
    grace.own.insert(COMPILERS.to_owned(), shared);
    for address in ["grace@example.com", "ada@example.com"] {
        let account = stage.world.calendars.entry(address.to_owned()).or_default();
        account.list.push(Entry { id: COMPILERS.to_owned(), ..Entry::default() });
    }
    events(stage);
}

fn events(stage: &mut Stage<'_>) {
    let guest = |email: &str, answer: &str| json!({"email": email, "responseStatus": answer});
    let review = [guest("ada@example.com", "needsAction"), guest("grace@example.com", "accepted")];
    add(
        stage,
        "grace@example.com",
        "seedreview",
        (2, "14:00"),
        json!({"summary": "Review of the engine", "location": "Workshop", "attendees": review}),
    );
    add(
        stage,
        "ada@example.com",
        "seedstandup",
        (-7, "09:00"),
        json!({"summary": "Stand-up", "description": "What turns, and what does not.",
            "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"]}),
    );
    add(
        stage,
        COMPILERS,
        "seedpaper",
        (3, "16:00"),
        json!({"summary": "Paper of the week", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=10"]}),
    );
}

/// A half-hour event, so many days from now at that time of the day in London.
fn add(stage: &mut Stage<'_>, calendar: &str, id: &str, (days, time): (i64, &str), more: Value) {
    let Some(owner) = super::access::owner_of(stage, calendar) else {
        return;
    };
    let created = stamp(hours_ago(stage.now, 240));
    let zone = zone::known(TIME_ZONE);
    let day = days_after(local_of(stage.now, &zone).date(), days);
    let time: jiff::civil::Time = time.parse().unwrap_or(jiff::civil::Time::midnight());
    let start = local(day.to_datetime(time), &zone);
    let mut event = Event { id: id.to_owned(), ..Event::default() };
    if let Value::Object(more) = more {
        event.fields = more;
    }
    event.set("status", "confirmed");
    event.set("created", created.clone());
    event.set("updated", created);
    event.set("creator", json!({"email": owner}));
    event.set("organizer", json!({"email": calendar}));
    event.set("iCalUID", format!("{id}@google.com"));
    event.set("sequence", 0);
    event.set("eventType", "default");
    event.set("start", kept(When::At(start), Some(TIME_ZONE)));
    event.set("end", kept(When::At(minutes_after(start, 30)), Some(TIME_ZONE)));
    let account = stage.world.calendars.entry(owner).or_default();
    account.own.entry(calendar.to_owned()).or_default().put(event);
    guests::spread(stage, calendar, id);
}
