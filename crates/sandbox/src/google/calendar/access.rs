//! Which calendar a call means, and how much of it the caller may see and do: by role, and by scopes that reach only
//! some calendars.

use super::state::{Calendar, Role};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;

pub(super) const FULL: &str = "https://www.googleapis.com/auth/calendar";
pub(super) const READONLY: &str = "https://www.googleapis.com/auth/calendar.readonly";
pub(super) const APP_CREATED: &str = "https://www.googleapis.com/auth/calendar.app.created";
pub(super) const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
pub(super) const EVENTS_READONLY: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
pub(super) const EVENTS_OWNED: &str = "https://www.googleapis.com/auth/calendar.events.owned";
pub(super) const EVENTS_OWNED_READONLY: &str =
    "https://www.googleapis.com/auth/calendar.events.owned.readonly";
pub(super) const EVENTS_PUBLIC: &str = "https://www.googleapis.com/auth/calendar.events.public.readonly";
pub(super) const EVENTS_FREEBUSY: &str = "https://www.googleapis.com/auth/calendar.events.freebusy";
pub(super) const CALENDARS: &str = "https://www.googleapis.com/auth/calendar.calendars";
pub(super) const CALENDARS_READONLY: &str = "https://www.googleapis.com/auth/calendar.calendars.readonly";

/// What the caller is up to. For each there are scopes that reach every calendar, and others that reach some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    ReadEvents,
    WriteEvents,
    ReadCalendar,
    WriteCalendar,
    /// Sharing, which no narrow scope is for.
    Share,
}

/// How much of the events the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Busy,
    Full,
}

/// A calendar that is there, and what the caller is to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) id: String,
    pub(super) role: Role,
    pub(super) sight: Sight,
}

impl Place {
    pub(super) fn calendar<'a>(&self, stage: &'a mut Stage<'_>) -> &'a mut Calendar {
        let account = stage.world.calendars.entry(self.owner.clone()).or_default();
        account.own.entry(self.id.clone()).or_default()
    }

    /// Refuses who may do less than `role`.
    pub(super) fn need(&self, role: Role) -> Result<(), Failure> {
        if self.role >= role {
            return Ok(());
        }
        let access = if role >= Role::Owner { "owner" } else { "writer" };
        let message = format!("You need to have {access} access to this calendar.");
        Err(Failure::new(403, "requiredAccessLevel", "PERMISSION_DENIED", message))
    }
}

pub(super) fn not_found() -> Failure {
    Failure::not_found("Not Found")
}

/// Who owns the calendar of that id.
pub(super) fn owner_of(stage: &Stage<'_>, id: &str) -> Option<String> {
    let mut all = stage.world.calendars.iter();
    all.find(|(_, account)| account.own.contains_key(id)).map(|(owner, _)| owner.clone())
}

/// The id that a caller means: `primary` is their own address.
pub(super) fn meant(call: &Call, name: &str) -> String {
    if name == "primary" { call.address().to_owned() } else { name.to_owned() }
}

/// The calendar that the path names.
pub(super) fn of_path(stage: &mut Stage<'_>, call: &Call, purpose: Purpose) -> Result<Place, Failure> {
    find(stage, call, call.captured("calendarId"), purpose)
}

pub(super) fn find(
    stage: &mut Stage<'_>,
    call: &Call,
    name: &str,
    purpose: Purpose,
) -> Result<Place, Failure> {
    let id = meant(call, name);
    let owner = owner_of(stage, &id).ok_or_else(not_found)?;
    let mut place = Place { role: Role::Owner, sight: Sight::Full, owner, id };
    if place.owner != call.address() {
        place.role = place.calendar(stage).role_of(call.address());
    }
    if place.role == Role::None {
        return Err(not_found());
    }
    let caller = &call.caller;
    let wide: &[&str] = match purpose {
        Purpose::ReadEvents => &[FULL, READONLY, EVENTS, EVENTS_READONLY],
        Purpose::WriteEvents => &[FULL, EVENTS],
        Purpose::ReadCalendar => &[FULL, READONLY, CALENDARS, CALENDARS_READONLY],
        Purpose::WriteCalendar => &[FULL, CALENDARS],
        Purpose::Share => return Ok(place),
    };
    let calendar = place.calendar(stage);
    let made_by_app = calendar.client_id.as_ref() == Some(&caller.client_id);
    let is_public = calendar.is_public();
    let owned: &[&str] = match purpose {
        Purpose::ReadEvents => &[EVENTS_OWNED, EVENTS_OWNED_READONLY],
        Purpose::WriteEvents => &[EVENTS_OWNED],
        _ => &[],
    };
    let reads = purpose == Purpose::ReadEvents;
    let sees_all = caller.has_any(wide)
        || (caller.has(APP_CREATED) && made_by_app)
        || (caller.has_any(owned) && place.role == Role::Owner)
        || (reads && caller.has(EVENTS_PUBLIC) && is_public);
    if sees_all {
        if place.role == Role::FreeBusyReader {
            place.sight = Sight::Busy;
        }
        return Ok(place);
    }
    if reads && caller.has(EVENTS_FREEBUSY) {
        place.sight = Sight::Busy;
        return Ok(place);
    }
    if caller.has_any(owned) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::scope("www.googleapis.com", "calendar.events"));
    }
    // To an app that may see only some calendars the others are not there.
    Err(not_found())
}
