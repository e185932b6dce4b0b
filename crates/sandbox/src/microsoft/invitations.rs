//! Meetings among the people who live here: invitations, answers and cancellations.

use serde_json::{Value, json};

use super::mailbox::{Event, new_id};
use super::outgoing::notify;
use super::{Call, Failure, mailbox, zones};
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, written};
use crate::wire::Answer;

/// What the organizer decides for everybody.
const COMMON: &[&str] = &[
    "subject",
    "body",
    "importance",
    "sensitivity",
    "isAllDay",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "onlineMeeting",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
    "location",
    "locations",
    "attendees",
    "recurrence",
    "type",
];

fn attendees(event: &Event) -> Vec<String> {
    let each = event.item["attendees"].as_array().into_iter().flatten();
    let addresses = each.filter_map(|one| one["emailAddress"]["address"].as_str());
    addresses.map(str::to_ascii_lowercase).filter(|address| *address != event.organizer).collect()
}

fn subject(event: &Event) -> &str {
    event.item["subject"].as_str().unwrap_or_default()
}

/// Brings the copies of the attendees up to what the organizer has. Only the organizer's own event does that.
pub(super) fn spread(stage: &mut Stage<'_>, event: &Event) -> Result<(), Failure> {
    let Some(organizer) = people::find(Provider::Microsoft, &event.organizer) else {
        return Ok(());
    };
    let is_own = stage.world.microsoft.mailbox(&event.organizer).event(&event.id).is_ok();
    if !is_own || !event.item["seriesMasterId"].is_null() {
        return Ok(());
    }
    let invited = attendees(event);
    let mut new = Vec::new();
    for address in invited.iter().filter(|address| people::find(Provider::Microsoft, address).is_some()) {
        let id = new_id(stage);
        let mailbox = stage.world.microsoft.mailbox(address);
        if let Some(copy) = mailbox.events.iter_mut().find(|copy| copy.uid == event.uid) {
            (copy.start, copy.end) = (event.start, event.end);
            copy.zone.clone_from(&event.zone);
            for name in COMMON {
                copy.item.insert((*name).to_owned(), event.item[*name].clone());
            }
            continue;
        }
        let calendar = mailbox.default_calendar()?.id.clone();
        let mut copy = Event { id, calendar, ..event.clone() };
        copy.item.insert("showAs".to_owned(), Value::from("tentative"));
        copy.item.insert("categories".to_owned(), json!([]));
        copy.item.insert("transactionId".to_owned(), Value::Null);
        let status = json!({"response": "notResponded", "time": "0001-01-01T00:00:00Z"});
        copy.item.insert("responseStatus".to_owned(), status);
        mailbox.events.push(copy);
        new.push(address.clone());
    }
    let uninvited = holders(stage, event).into_iter().filter(|address| !invited.contains(address)).collect();
    cancel_copies(stage, event, uninvited, "")?;
    let text = event.item["body"]["content"].as_str().unwrap_or_default();
    notify(stage, organizer, &new, subject(event), text)
}

/// Who beside the organizer has a copy.
fn holders(stage: &mut Stage<'_>, event: &Event) -> Vec<String> {
    let addresses = stage.world.microsoft.addresses().into_iter();
    let mut others: Vec<String> = addresses.filter(|address| *address != event.organizer).collect();
    others.retain(|address| {
        let events = &stage.world.microsoft.mailbox(address).events;
        events.iter().any(|copy| copy.uid == event.uid)
    });
    others
}

fn cancel_copies(
    stage: &mut Stage<'_>,
    event: &Event,
    holders: Vec<String>,
    comment: &str,
) -> Result<(), Failure> {
    let title = format!("Canceled: {}", subject(event));
    for address in &holders {
        let events = stage.world.microsoft.mailbox(address).events.iter_mut();
        for copy in events.filter(|copy| copy.uid == event.uid) {
            copy.item.insert("isCancelled".to_owned(), Value::Bool(true));
            copy.item.insert("showAs".to_owned(), Value::from("free"));
            copy.item.insert("subject".to_owned(), Value::from(title.clone()));
        }
    }
    match people::find(Provider::Microsoft, &event.organizer) {
        Some(organizer) => notify(stage, organizer, &holders, &title, comment),
        None => Ok(()),
    }
}

/// What it means to the others that `account` no longer has the event.
pub(super) fn withdraw(
    stage: &mut Stage<'_>,
    account: &str,
    event: &Event,
    comment: &str,
) -> Result<(), Failure> {
    if event.item["seriesMasterId"].is_string() {
        return Ok(());
    }
    if event.organizer.eq_ignore_ascii_case(account) {
        let holders = holders(stage, event);
        return cancel_copies(stage, event, holders, comment);
    }
    record(stage, account, event, "declined", &Value::Null);
    Ok(())
}

/// Notes an attendee's answer at the organizer's event.
fn record(stage: &mut Stage<'_>, account: &str, event: &Event, response: &str, proposal: &Value) {
    let time = written(stage.now);
    let events = stage.world.microsoft.mailbox(&event.organizer).events.iter_mut();
    for own in events.filter(|own| own.uid == event.uid) {
        let attendees = own.item.get_mut("attendees").and_then(Value::as_array_mut);
        for one in attendees.into_iter().flatten() {
            let address = one["emailAddress"]["address"].as_str().unwrap_or_default();
            if address.eq_ignore_ascii_case(account) {
                one["status"] = json!({"response": response, "time": time});
                if !proposal.is_null() {
                    one["proposedNewTime"] = proposal.clone();
                }
            }
        }
    }
}

pub(super) fn accept(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    respond(stage, call, "accepted", "Accepted")
}

pub(super) fn tentatively_accept(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    respond(stage, call, "tentativelyAccepted", "Tentative")
}

pub(super) fn decline(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    respond(stage, call, "declined", "Declined")
}

fn respond(stage: &mut Stage<'_>, call: &Call, response: &str, word: &str) -> Result<Answer, Failure> {
    let id = call.captured("event");
    let (event, date) = mailbox(stage, call).event_or_occurrence(id)?;
    if date.is_some() {
        return Err(Failure::request("sandbox: a series is answered as a whole, by the id of its master"));
    }
    if event.organizer.eq_ignore_ascii_case(call.account()) {
        let message = "Your request can't be completed. You can't respond to this meeting because you're the meeting \
                       organizer.";
        return Err(Failure::request(message));
    }
    let tells = call.body.flag("sendResponse") != Some(false);
    let proposal = call.body.value("proposedNewTime").cloned().unwrap_or_default();
    if !proposal.is_null() {
        for side in ["start", "end"] {
            zones::read_pair(&proposal[side], side)?;
        }
        if !tells || event.item["allowNewTimeProposals"] == false {
            let message = "Your request can't be completed. A new time is proposed only with a response, and where \
                           the organizer allows it.";
            return Err(Failure::request(message));
        }
    }
    let time = written(stage.now);
    let mailbox = mailbox(stage, call);
    if response == "declined" {
        mailbox.events.retain(|event| event.id != id);
    } else {
        let own = mailbox.event_mut(id)?;
        own.item.insert("responseStatus".to_owned(), json!({"response": response, "time": time}));
        let shows = if response == "accepted" { "busy" } else { "tentative" };
        own.item.insert("showAs".to_owned(), Value::from(shows));
    }
    if tells {
        record(stage, call.account(), &event, response, &proposal);
        let title = format!("{word}: {}", subject(&event));
        let comment = call.body.text("comment").unwrap_or_default();
        notify(stage, call.person(), std::slice::from_ref(&event.organizer), &title, comment)?;
    }
    Ok(Answer::empty(202))
}

pub(super) fn cancel(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("event");
    let (event, date) = mailbox(stage, call).event_or_occurrence(id)?;
    if !event.organizer.eq_ignore_ascii_case(call.account()) {
        let message = "Your request can't be completed. You need to be an organizer to cancel a meeting.";
        return Err(Failure::request(message));
    }
    if date.is_some() {
        return Err(Failure::request("sandbox: a series is cancelled as a whole, by the id of its master"));
    }
    mailbox(stage, call).events.retain(|event| event.id != id && event.item["seriesMasterId"] != id);
    withdraw(stage, call.account(), &event, call.body.text("comment").unwrap_or_default())?;
    Ok(Answer::empty(202))
}
