//! What the mailboxes hold before anybody has written.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::folders::WELL_KNOWN;
use super::mailbox::{Calendar, Folder, new_id};
use super::messages::{blank, write};
use super::outgoing::{SentCopy, send};
use super::{Failure, contacts, events, zones};
use crate::people::{self, PEOPLE, Person};
use crate::provider::Provider;
use crate::stage::{Stage, hours_ago};
use crate::strict::Arguments;

/// Hours ago, sender, recipients, copies, subject, type of the body and the body.
type Letter = (
    i64,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
);

const LETTERS: &[Letter] = &[
    (
        72,
        "grace@example.com",
        &["ada@example.com"],
        &[],
        "Notes on the engine",
        "text",
        "Dear Ada,\r\n\r\nyour notes on the engine are longer than the paper. May I print them?\r\n\r\nGrace",
    ),
    (
        26,
        "alan@example.com",
        &["ada@example.com", "grace@example.com"],
        &[],
        "Invoice for November",
        "text",
        "The invoice is attached.",
    ),
    (
        3,
        "grace@example.com",
        &["ada@example.com"],
        &["alan@example.com"],
        "Lunch on Thursday?",
        "html",
        "<html><body><p>Shall we have <b>lunch</b> on Thursday?</p></body></html>",
    ),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    for person in &PEOPLE {
        furnish(stage, person);
    }
    let seeded = letters(stage).and_then(|()| {
        stage.now = now;
        meetings(stage)
    });
    debug_assert!(seeded.is_ok(), "the seed is well-formed: {seeded:?}");
    stage.now = now;
}

fn arguments(value: Value) -> Arguments {
    match value {
        Value::Object(members) => Arguments(members),
        _ => Arguments::default(),
    }
}

/// Folders, a calendar, settings and two contacts.
fn furnish(stage: &mut Stage<'_>, person: &Person) {
    let root = new_id(stage);
    for (well_known, name) in WELL_KNOWN {
        let is_root = *well_known == "msgfolderroot";
        let id = if is_root { root.clone() } else { new_id(stage) };
        let parent = if is_root { String::new() } else { root.clone() };
        let folder = Folder { id, name: (*name).to_owned(), parent, well_known: (*well_known).to_owned() };
        stage.world.microsoft.mailbox(person.email).folders.push(folder);
    }
    let calendar = Calendar { id: new_id(stage), name: "Calendar".to_owned(), color: "auto".to_owned() };
    let others = PEOPLE.iter().filter(|other| other.email != person.email);
    let mut known = Vec::new();
    for other in others {
        let card = json!({
            "givenName": other.given,
            "surname": other.family,
            "emailAddresses": [{"name": other.name(), "address": other.email}],
            "companyName": "Example",
            "businessPhones": ["+1 555 0100"],
        });
        known.push(contacts::made(stage, &arguments(card)));
    }
    let archive =
        stage.world.microsoft.mailbox(person.email).folder("archive").map(|folder| folder.id.clone());
    let mailbox = stage.world.microsoft.mailbox(person.email);
    mailbox.calendars.push(calendar);
    mailbox.contacts = known;
    mailbox.settings = json!({
        "archiveFolder": archive.unwrap_or_default(),
        "timeZone": "GMT Standard Time",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "dd/MM/yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": "user",
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
            "scheduledStartDateTime": {"dateTime": "2026-01-01T00:00:00.0000000", "timeZone": "UTC"},
            "scheduledEndDateTime": {"dateTime": "2026-01-02T00:00:00.0000000", "timeZone": "UTC"},
        },
        "language": {"locale": "en-GB", "displayName": "English (United Kingdom)"},
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "GMT Standard Time"},
        },
    });
}

fn letters(stage: &mut Stage<'_>) -> Result<(), Failure> {
    let now = stage.now;
    for (hours, from, to, copies, subject, kind, text) in LETTERS {
        stage.now = hours_ago(now, *hours);
        let sender = people::of(Provider::Microsoft, from);
        let recipient = |address: &&str| {
            let person = people::of(Provider::Microsoft, address);
            json!({"emailAddress": {"name": person.name(), "address": person.email}})
        };
        let mut message = blank(stage, sender);
        let mut letter = json!({
            "subject": subject,
            "body": {"contentType": kind, "content": text},
            "toRecipients": to.iter().map(recipient).collect::<Vec<Value>>(),
            "ccRecipients": copies.iter().map(recipient).collect::<Vec<Value>>(),
        });
        if subject.starts_with("Invoice") {
            letter["attachments"] = json!([{
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": "invoice.pdf",
                "contentType": "application/pdf",
                "contentBytes": "JVBERi0xLjQKJSBhIG1hZGUtdXAgaW52b2ljZQo=",
            }]);
        }
        write(stage, &mut message, &arguments(letter))?;
        send(stage, sender, message, SentCopy::Saved)?;
    }
    Ok(())
}

/// A weekly meeting of Ada and Grace, and an hour of Alan's tomorrow.
fn meetings(stage: &mut Stage<'_>) -> Result<(), Failure> {
    let today = TimeZone::UTC.to_datetime(stage.now).date();
    let at = |day: jiff::civil::Date, hour: i8| zones::pair(day.at(hour, 0, 0, 0), "UTC");
    let tomorrow = today.tomorrow().unwrap_or(today);
    let weekday = DateTime::from_parts(tomorrow, jiff::civil::Time::midnight());
    let weekday = weekday.strftime("%A").to_string().to_lowercase();
    let weekly = json!({
        "subject": "Reading the notes",
        "body": {"contentType": "text", "content": "Page by page."},
        "start": at(tomorrow, 10),
        "end": at(tomorrow, 11),
        "location": {"displayName": "Library"},
        "attendees": [{"type": "required", "emailAddress": {"name": "Grace Hopper",
            "address": "grace@example.com"}}],
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [weekday], "firstDayOfWeek": "sunday"},
            "range": {"type": "numbered", "startDate": tomorrow.to_string(), "numberOfOccurrences": 10,
                "recurrenceTimeZone": "UTC"},
        },
    });
    let hour = json!({"subject": "Imitation game", "start": at(tomorrow, 14), "end": at(tomorrow, 15)});
    for (who, event) in [("ada@example.com", weekly), ("alan@example.com", hour)] {
        let calendar = stage.world.microsoft.mailbox(who).default_calendar()?.id.clone();
        events::made(stage, who, calendar, &arguments(event))?;
    }
    // The invitation was read long ago.
    let inbox = stage.world.microsoft.mailbox("grace@example.com");
    inbox.messages.retain(|message| message.item["subject"] != "Reading the notes");
    Ok(())
}
