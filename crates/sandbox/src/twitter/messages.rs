//! Direct messages, between two or in a group. Who is not in a conversation knows nothing of it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::follows::people;
use super::library;
use super::network::{Event, Message, Network, conversation_of};
use super::pages::{HUNDRED, cut, meta};
use super::show;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// How far back the lists reach.
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Beside the one who creates the group.
const IN_A_GROUP: std::ops::RangeInclusive<usize> = 2..=49;

fn message_of(stage: &Stage<'_>, sender: u64, body: &Arguments) -> Result<Message, Failure> {
    let attachments = body.value("attachments").and_then(Value::as_array);
    let media = attachments.into_iter().flatten().filter_map(|attachment| attachment["media_id"].as_str());
    let media: Vec<String> = media.map(str::to_owned).collect();
    let text = body.text("text").unwrap_or_default().to_owned();
    if text.is_empty() && media.is_empty() {
        return Err(Failure::invalid("At least one of `text` and `attachments` is required."));
    }
    if !media.is_empty() && !library::may_attach(&stage.world.twitter, sender, &media, "dm", stage.now) {
        return Err(Failure::media("attachments", &media));
    }
    Ok(Message { text, media })
}

/// Another user, whom an id names.
fn other_user(call: &Call, parameter: &str, id: &str) -> Result<u64, Failure> {
    let user = id.parse().ok().and_then(show::person).map(|person| person.number);
    user.filter(|user| *user != call.user())
        .ok_or_else(|| Failure::parameter(parameter, id, "does not name a user who can be written to"))
}

fn sent(conversation: &str, event: u64) -> Answer {
    let data = json!({"dm_conversation_id": conversation, "dm_event_id": event.to_string()});
    Answer::json(201, &json!({"data": data}))
}

pub(super) fn send(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (sender, created_at) = (call.user(), stage.now);
    call.id("participant_id")?;
    let other = other_user(call, "participant_id", call.captured("participant_id"))?;
    let conversation = conversation_of(sender, other);
    let message = Some(message_of(stage, sender, &call.body)?);
    let event = stage.world.twitter.record(Event {
        id: 0,
        conversation: conversation.clone(),
        participants: vec![sender, other],
        sender,
        message,
        created_at,
    });
    Ok(sent(&conversation, event))
}

pub(super) fn create_group(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (sender, created_at) = (call.user(), stage.now);
    let ids = call.body.texts("participant_ids");
    if !IN_A_GROUP.contains(&ids.len()) {
        let problem = "must name between 2 and 49 participants";
        return Err(Failure::parameter("participant_ids", &ids.join(","), problem));
    }
    let others: Result<BTreeSet<u64>, Failure> =
        ids.iter().map(|id| other_user(call, "participant_ids", id)).collect();
    let participants: Vec<u64> = std::iter::once(sender).chain(others?).collect();
    let message = message_of(stage, sender, &call.body.object("message").unwrap_or_default())?;
    let network = &mut stage.world.twitter;
    let conversation = network.next_id(created_at).to_string();
    let joined =
        Event { id: 0, conversation: conversation.clone(), participants, sender, message: None, created_at };
    network.record(joined.clone());
    let event = network.record(Event { message: Some(message), ..joined });
    Ok(sent(&conversation, event))
}

fn kind(event: &Event) -> &'static str {
    if event.message.is_some() { "MessageCreate" } else { "ParticipantsJoin" }
}

fn show_event(network: &Network, call: &Call, event: &Event) -> Value {
    let mut value = json!({"id": event.id.to_string(), "event_type": kind(event)});
    let wants = |field: &str| call.query.texts("dm_event.fields").iter().any(|asked| asked == field);
    let expands = |field: &str| call.query.texts("expansions").iter().any(|asked| asked == field);
    let mut set = |name: &str, wanted: bool, field: Value| {
        if wanted {
            value[name] = field;
        }
    };
    set("created_at", wants("created_at"), json!(format!("{:.3}", event.created_at)));
    set("dm_conversation_id", wants("dm_conversation_id"), json!(event.conversation));
    set("sender_id", expands("sender_id"), json!(event.sender.to_string()));
    if let Some(message) = &event.message {
        set("text", true, json!(message.text));
        let attached = wants("attachments") && !message.media.is_empty();
        set("attachments", attached, json!({"media_keys": library::keys(network, &message.media)}));
    } else {
        let ids: Vec<String> = event.participants.iter().map(u64::to_string).collect();
        set("participant_ids", expands("participant_ids"), json!(ids));
    }
    value
}

/// One page of the events that `wanted` picks from what the caller may read, the newest first.
fn page(stage: &Stage<'_>, call: &Call, wanted: impl Fn(&Event) -> bool) -> Result<Answer, Failure> {
    let user = call.user();
    let kinds = call.query.texts("event_types");
    let earliest = stage.now.checked_sub(MONTH).unwrap_or(jiff::Timestamp::MIN);
    let network = &stage.world.twitter;
    let fits = |event: &&Event| {
        event.participants.contains(&user)
            && event.created_at >= earliest
            && (kinds.is_empty() || kinds.iter().any(|own| own == kind(event)))
            && wanted(event)
    };
    let events: Vec<&Event> = network.events.values().rev().filter(fits).collect();
    let (range, next) = cut(call, events.len(), HUNDRED)?;
    let shown = &events[range];
    let mut body = json!({"meta": meta(shown.len(), next)});
    if !shown.is_empty() {
        body["data"] = shown.iter().map(|event| show_event(network, call, event)).collect();
    }
    let expands = |field: &str| call.query.texts("expansions").iter().any(|asked| asked == field);
    let mut users: BTreeSet<u64> = BTreeSet::new();
    for event in shown {
        users.extend(Some(event.sender).filter(|_| expands("sender_id")));
        if event.message.is_none() && expands("participant_ids") {
            users.extend(&event.participants);
        }
    }
    if !users.is_empty() {
        let users = people(users).into_iter().map(|person| show::user(network, call, person));
        body["includes"] = json!({"users": users.collect::<Vec<_>>()});
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn recent(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    page(stage, call, |_| true)
}

pub(super) fn with_user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let conversation = conversation_of(call.user(), call.id("participant_id")?);
    page(stage, call, |event| event.conversation == conversation)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (id, user) = (call.id("event_id")?, call.user());
    let events = &mut stage.world.twitter.events;
    let event = events.get(&id).filter(|event| event.participants.contains(&user));
    let event = event.ok_or_else(|| {
        Failure::parameter("event_id", call.captured("event_id"), "does not name a message")
    })?;
    if event.sender != user || event.message.is_none() {
        return Err(Failure::forbidden("You are not allowed to delete this event."));
    }
    events.remove(&id);
    Ok(Answer::json(200, &json!({"data": {"deleted": true}})))
}
