//! Calendars.

use serde_json::{Value, json};

use super::mailbox::{Calendar, Mailbox, missing, new_id};
use super::properties::CALENDAR;
use super::{Call, Failure, entity, mailbox, odata};
use crate::people::Person;
use crate::stage::Stage;
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;

pub(super) const COLORS: &[&str] = &[
    "auto",
    "lightBlue",
    "lightGreen",
    "lightOrange",
    "lightGray",
    "lightYellow",
    "lightTeal",
    "lightPink",
    "lightBrown",
    "lightRed",
    "maxColor",
];

fn show(mailbox: &Mailbox, calendar: &Calendar, owner: &Person) -> Value {
    let is_default = mailbox.calendars.first().is_some_and(|first| first.id == calendar.id);
    json!({
        "id": calendar.id,
        "name": calendar.name,
        "color": calendar.color,
        "hexColor": "",
        "isDefaultCalendar": is_default,
        "changeKey": entity::digest(&format!("{} {}", calendar.id, calendar.name), 24),
        "canShare": true,
        "canViewPrivateItems": true,
        "canEdit": true,
        "isRemovable": !is_default,
        "isTallyingResponses": is_default,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "owner": {"name": owner.name(), "address": owner.email},
    })
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let shown = mailbox.calendars.iter().map(|calendar| show(mailbox, calendar, call.person())).collect();
    odata::list(stage, call, &CALENDAR, shown, USUAL_PAGE)
}

pub(super) fn get_default(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let shown = show(mailbox, mailbox.default_calendar()?, call.person());
    odata::one(stage, call, &CALENDAR, 200, &shown)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let shown = show(mailbox, mailbox.calendar(call.captured("calendar"))?, call.person());
    odata::one(stage, call, &CALENDAR, 200, &shown)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = new_id(stage);
    let mailbox = mailbox(stage, call);
    let name = call.body.filled("name").unwrap_or_default().to_owned();
    if name.is_empty() || mailbox.calendars.iter().any(|calendar| calendar.name.eq_ignore_ascii_case(&name)) {
        return Err(Failure::folder_exists());
    }
    let color = call.body.text("color").unwrap_or("auto").to_owned();
    let calendar = Calendar { id, name, color };
    mailbox.calendars.push(calendar.clone());
    let shown = show(mailbox, &calendar, call.person());
    odata::one(stage, call, &CALENDAR, 201, &shown)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (id, mailbox) = (call.captured("calendar"), mailbox(stage, call));
    match mailbox.calendars.iter().position(|calendar| calendar.id == id) {
        None => Err(missing(id)),
        Some(0) => Err(Failure::special_folder()),
        Some(position) => {
            mailbox.calendars.remove(position);
            mailbox.events.retain(|event| event.calendar != id);
            Ok(Answer::empty(204))
        }
    }
}
