//! `calendars`, and the list in which each account keeps its own and those of others.

use serde_json::{Value, json};

use super::access::{self, Place, Purpose, not_found, owner_of};
use super::body::{invalid, required};
use super::list::page;
use super::settings::{CALENDAR_COLORS, FOREGROUND};
use super::state::{Calendar, Calendars, Entry, Role, Rule};
use super::{show, zone};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// What an account says of a calendar for itself alone.
const OWN_SETTINGS: &[&str] =
    &["colorId", "defaultReminders", "hidden", "notificationSettings", "selected", "summaryOverride"];
const DEFAULT_COLOR: &str = "14";

fn account<'a>(stage: &'a mut Stage<'_>, call: &Call) -> &'a mut Calendars {
    stage.world.calendars.entry(call.address().to_owned()).or_default()
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::ReadCalendar)?;
    Ok(shown(stage, &place))
}

fn shown(stage: &mut Stage<'_>, place: &Place) -> Answer {
    Answer::json(200, &show::calendar(place.calendar(stage), &place.owner))
}

fn set(calendar: &mut Calendar, body: &Arguments) -> Result<(), Failure> {
    let served = ["summary", "description", "location", "timeZone"];
    let ignored = ["kind", "etag", "id", "conferenceProperties", "dataOwner"];
    let mut names = body.0.keys().map(String::as_str);
    if let Some(name) = names.find(|name| !served.contains(name) && !ignored.contains(name)) {
        return Err(invalid(format!("sandbox: the twin does not keep `{name}` of a calendar")));
    }
    if let Some(summary) = body.text("summary") {
        summary.clone_into(&mut calendar.summary);
    }
    if let Some(name) = body.text("timeZone") {
        zone::given(name)?;
        name.clone_into(&mut calendar.time_zone);
    }
    let text = |name: &str, old: &Option<String>| match body.text(name) {
        Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        None => old.clone(),
    };
    calendar.description = text("description", &calendar.description);
    calendar.location = text("location", &calendar.location);
    if calendar.summary.trim().is_empty() {
        return Err(required("Missing title."));
    }
    Ok(())
}

pub(super) fn insert(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = format!("c_{}@group.calendar.google.com", stage.letters(26, "0123456789abcdefghijklmnopqrstuv"));
    let owner = Rule { kind: "user".to_owned(), value: Some(call.address().to_owned()), role: Role::Owner };
    let mut calendar = Calendar {
        id: id.clone(),
        time_zone: "UTC".to_owned(),
        client_id: Some(call.caller.client_id.clone()),
        rules: vec![owner],
        ..Calendar::default()
    };
    set(&mut calendar, &call.body)?;
    let answer = show::calendar(&calendar, call.address());
    let account = account(stage, call);
    account.own.insert(id.clone(), calendar);
    account.list.push(Entry { id, ..Entry::default() });
    Ok(Answer::json(200, &answer))
}

pub(super) fn patch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::WriteCalendar)?;
    place.need(Role::Owner)?;
    let mut calendar = place.calendar(stage).clone();
    set(&mut calendar, &call.body)?;
    *place.calendar(stage) = calendar;
    Ok(shown(stage, &place))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if !call.body.names("summary") {
        return Err(required("Missing title."));
    }
    let place = access::of_path(stage, call, Purpose::WriteCalendar)?;
    place.need(Role::Owner)?;
    let mut calendar = place.calendar(stage).clone();
    (calendar.description, calendar.location) = (None, None);
    set(&mut calendar, &call.body)?;
    *place.calendar(stage) = calendar;
    Ok(shown(stage, &place))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::WriteCalendar)?;
    place.need(Role::Owner)?;
    if place.id == place.owner {
        let message = "Cannot delete a primary calendar.";
        return Err(Failure::new(400, "cannotDeletePrimaryCalendar", "INVALID_ARGUMENT", message));
    }
    for account in stage.world.calendars.values_mut() {
        account.own.remove(&place.id);
        account.list.retain(|entry| entry.id != place.id);
    }
    Ok(Answer::empty(204))
}

pub(super) fn clear(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::WriteCalendar)?;
    if place.id != call.address() {
        return Err(invalid("Only a primary calendar can be cleared."));
    }
    let calendar = place.calendar(stage);
    calendar.events.clear();
    calendar.changes += 1;
    Ok(Answer::empty(204))
}

/// A line of the list, if the calendar is still there and the account may still see it.
fn line(stage: &mut Stage<'_>, call: &Call, entry: &Entry) -> Option<(Role, Value)> {
    let owner = owner_of(stage, &entry.id)?;
    let calendar = stage.world.calendars.get(&owner)?.own.get(&entry.id)?;
    let role = if owner == call.address() { Role::Owner } else { calendar.role_of(call.address()) };
    if role == Role::None {
        return None;
    }
    let mut value = show::calendar(calendar, &owner);
    value["kind"] = json!("calendar#calendarListEntry");
    value["accessRole"] = json!(role.name());
    value["colorId"] = json!(DEFAULT_COLOR);
    value["defaultReminders"] = json!([]);
    if entry.id == call.address() {
        value["primary"] = json!(true);
        value["selected"] = json!(true);
        value["defaultReminders"] = json!([{"method": "popup", "minutes": 10}]);
    }
    for (name, setting) in &entry.settings {
        value[name] = setting.clone();
    }
    let color = value["colorId"].as_str().and_then(|color| color.parse::<usize>().ok()).unwrap_or_default();
    if let Some(background) = color.checked_sub(1).and_then(|index| CALENDAR_COLORS.get(index)) {
        value["backgroundColor"] = json!(background);
        value["foregroundColor"] = json!(FOREGROUND);
    }
    Some((role, value))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.query.names("syncToken") || call.query.flag("showDeleted") == Some(true) {
        return Err(invalid("sandbox: the twin does not remember removed calendars"));
    }
    let least = call.query.text("minAccessRole").and_then(Role::parse).unwrap_or(Role::FreeBusyReader);
    let hidden_too = call.query.flag("showHidden") == Some(true);
    let mut found = Vec::new();
    for entry in account(stage, call).list.clone() {
        if entry.settings.get("hidden") == Some(&json!(true)) && !hidden_too {
            continue;
        }
        found.extend(line(stage, call, &entry).filter(|(role, _)| *role >= least).map(|(_, value)| value));
    }
    let (page, next) = page(call, found, 100, 250)?;
    let mut body = json!({"kind": "calendar#calendarList", "etag": "\"p1\"", "items": page});
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    Ok(Answer::json(200, &body))
}

fn entry_of(stage: &mut Stage<'_>, call: &Call) -> Result<Entry, Failure> {
    let id = access::meant(call, call.captured("calendarId"));
    let found = account(stage, call).list.iter().find(|entry| entry.id == id);
    found.cloned().ok_or_else(not_found)
}

pub(super) fn get_entry(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let entry = entry_of(stage, call)?;
    let (_, value) = line(stage, call, &entry).ok_or_else(not_found)?;
    Ok(Answer::json(200, &value))
}

fn change_entry(stage: &mut Stage<'_>, call: &Call, mut entry: Entry) -> Result<Answer, Failure> {
    let is_served = |name: &str| OWN_SETTINGS.contains(&name) || matches!(name, "kind" | "etag" | "id");
    if let Some(name) = call.body.0.keys().find(|name| !is_served(name)) {
        return Err(invalid(format!("sandbox: the twin does not keep `{name}` of a list entry")));
    }
    for name in OWN_SETTINGS {
        if let Some(value) = call.body.value(name) {
            entry.settings.insert((*name).to_owned(), value.clone());
        }
    }
    let color = entry.settings.get("colorId").and_then(Value::as_str);
    let is_color = |color: &str| (1..=24).contains(&color.parse().unwrap_or(0));
    if !color.is_none_or(is_color) {
        return Err(invalid("Invalid color id."));
    }
    let (_, value) = line(stage, call, &entry).ok_or_else(not_found)?;
    let list = &mut account(stage, call).list;
    match list.iter_mut().find(|other| other.id == entry.id) {
        Some(old) => *old = entry,
        None => list.push(entry),
    }
    Ok(Answer::json(200, &value))
}

/// Takes a calendar that the account may see into its list.
pub(super) fn insert_entry(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.body.filled("id").ok_or_else(|| required("Missing calendar id."))?.to_owned();
    let known = account(stage, call).list.iter().find(|entry| entry.id == id).cloned();
    change_entry(stage, call, known.unwrap_or(Entry { id, ..Entry::default() }))
}

pub(super) fn patch_entry(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let entry = entry_of(stage, call)?;
    change_entry(stage, call, entry)
}

pub(super) fn update_entry(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let entry = entry_of(stage, call)?;
    change_entry(stage, call, Entry { id: entry.id, ..Entry::default() })
}

pub(super) fn delete_entry(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let entry = entry_of(stage, call)?;
    if account(stage, call).own.contains_key(&entry.id) {
        let message = "Data owners of calendars cannot remove such calendars from their calendar list.";
        return Err(Failure::new(403, "forbidden", "PERMISSION_DENIED", message));
    }
    account(stage, call).list.retain(|other| other.id != entry.id);
    Ok(Answer::empty(204))
}
