//! Calendar's methods with the scopes of the official description.

use super::access::{
    APP_CREATED, CALENDARS, CALENDARS_READONLY, EVENTS, EVENTS_FREEBUSY, EVENTS_OWNED, EVENTS_OWNED_READONLY,
    EVENTS_PUBLIC, EVENTS_READONLY, FULL, READONLY,
};
use super::shapes::{
    CALENDAR, CHANGE_EVENT, DELETE_EVENT, ENTRY, EVENT, FREE_BUSY, GET_EVENT, IMPORT_EVENT, INSERT_EVENT,
    INSTANCES, LIST_CALENDARS, LIST_EVENTS, LIST_RULES, LIST_SETTINGS, MOVE_EVENT, PLAIN, QUICK_ADD, RULE,
    RULE_QUERY,
};
use super::{acl, calendars, freebusy, list, settings, write};
use crate::google::Handler;
use crate::route::{Route, routes};

const ACLS: &str = "https://www.googleapis.com/auth/calendar.acls";
const ACLS_READONLY: &str = "https://www.googleapis.com/auth/calendar.acls.readonly";
const CALENDARLIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist";
const CALENDARLIST_READONLY: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const FREEBUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
const SETTINGS: &str = "https://www.googleapis.com/auth/calendar.settings";
const SETTINGS_READONLY: &str = "https://www.googleapis.com/auth/calendar.settings.readonly";

const SHARES: &[&str] = &[FULL, ACLS];
const LISTS_RULES: &[&str] = &[FULL, ACLS, ACLS_READONLY];
const READS_RULE: &[&str] = &[FULL, ACLS, ACLS_READONLY, READONLY];
const LISTS_CALENDARS: &[&str] = &[FULL, CALENDARLIST, CALENDARLIST_READONLY, READONLY];
const READS_ENTRY: &[&str] = &[FULL, APP_CREATED, CALENDARLIST, CALENDARLIST_READONLY, READONLY];
const ADDS_ENTRY: &[&str] = &[FULL, CALENDARLIST];
const WRITES_ENTRY: &[&str] = &[FULL, APP_CREATED, CALENDARLIST];
const READS_CALENDAR: &[&str] = &[FULL, APP_CREATED, CALENDARS, CALENDARS_READONLY, READONLY];
const WRITES_CALENDAR: &[&str] = &[FULL, APP_CREATED, CALENDARS];
const CLEARS: &[&str] = &[FULL, CALENDARS];
const READS_COLORS: &[&str] = &[
    FULL,
    APP_CREATED,
    CALENDARLIST,
    CALENDARLIST_READONLY,
    EVENTS_FREEBUSY,
    EVENTS_OWNED,
    EVENTS_OWNED_READONLY,
    EVENTS_PUBLIC,
    READONLY,
];
const READS_EVENTS: &[&str] = &[
    FULL,
    APP_CREATED,
    EVENTS,
    EVENTS_FREEBUSY,
    EVENTS_OWNED,
    EVENTS_OWNED_READONLY,
    EVENTS_PUBLIC,
    EVENTS_READONLY,
    READONLY,
];
const WRITES_EVENTS: &[&str] = &[FULL, APP_CREATED, EVENTS, EVENTS_OWNED];
const MOVES_EVENTS: &[&str] = &[FULL, EVENTS, EVENTS_OWNED];
const READS_BUSY: &[&str] = &[FULL, EVENTS_FREEBUSY, FREEBUSY, READONLY];
const READS_SETTINGS: &[&str] = &[FULL, READONLY, SETTINGS, SETTINGS_READONLY];

pub(super) const ROUTES: &[&[Route<Handler>]] = &[routes! {
    under "/calendar/v3/" "calendar.";
    "GET" "calendars/{calendarId}/events" "events.list" READS_EVENTS LIST_EVENTS - list::list;
    "POST" "calendars/{calendarId}/events" "events.insert" WRITES_EVENTS INSERT_EVENT EVENT write::insert;
    "POST" "calendars/{calendarId}/events/import" "events.import" WRITES_EVENTS IMPORT_EVENT EVENT write::import;
    "POST" "calendars/{calendarId}/events/quickAdd" "events.quickAdd" WRITES_EVENTS QUICK_ADD - write::quick_add;
    "GET" "calendars/{calendarId}/events/{eventId}" "events.get" READS_EVENTS GET_EVENT - list::get;
    "PATCH" "calendars/{calendarId}/events/{eventId}" "events.patch" WRITES_EVENTS CHANGE_EVENT EVENT write::patch;
    "PUT" "calendars/{calendarId}/events/{eventId}" "events.update" WRITES_EVENTS CHANGE_EVENT EVENT write::update;
    "DELETE" "calendars/{calendarId}/events/{eventId}" "events.delete" WRITES_EVENTS DELETE_EVENT - write::delete;
    "GET" "calendars/{calendarId}/events/{eventId}/instances" "events.instances" READS_EVENTS INSTANCES - list::instances;
    "POST" "calendars/{calendarId}/events/{eventId}/move" "events.move" MOVES_EVENTS MOVE_EVENT - write::move_;

    "POST" "calendars" "calendars.insert" WRITES_CALENDAR PLAIN CALENDAR calendars::insert;
    "GET" "calendars/{calendarId}" "calendars.get" READS_CALENDAR PLAIN - calendars::get;
    "PATCH" "calendars/{calendarId}" "calendars.patch" WRITES_CALENDAR PLAIN CALENDAR calendars::patch;
    "PUT" "calendars/{calendarId}" "calendars.update" WRITES_CALENDAR PLAIN CALENDAR calendars::update;
    "DELETE" "calendars/{calendarId}" "calendars.delete" WRITES_CALENDAR PLAIN - calendars::delete;
    "POST" "calendars/{calendarId}/clear" "calendars.clear" CLEARS PLAIN - calendars::clear;
    "GET" "calendars/{calendarId}/acl" "acl.list" LISTS_RULES LIST_RULES - acl::list;
    "POST" "calendars/{calendarId}/acl" "acl.insert" SHARES RULE_QUERY RULE acl::insert;
    "GET" "calendars/{calendarId}/acl/{ruleId}" "acl.get" READS_RULE PLAIN - acl::get;
    "PATCH" "calendars/{calendarId}/acl/{ruleId}" "acl.patch" SHARES RULE_QUERY RULE acl::patch;
    "PUT" "calendars/{calendarId}/acl/{ruleId}" "acl.update" SHARES RULE_QUERY RULE acl::update;
    "DELETE" "calendars/{calendarId}/acl/{ruleId}" "acl.delete" SHARES PLAIN - acl::delete;

    "GET" "users/me/calendarList" "calendarList.list" LISTS_CALENDARS LIST_CALENDARS - calendars::list;
    "POST" "users/me/calendarList" "calendarList.insert" ADDS_ENTRY PLAIN ENTRY calendars::insert_entry;
    "GET" "users/me/calendarList/{calendarId}" "calendarList.get" READS_ENTRY PLAIN - calendars::get_entry;
    "PATCH" "users/me/calendarList/{calendarId}" "calendarList.patch" WRITES_ENTRY PLAIN ENTRY calendars::patch_entry;
    "PUT" "users/me/calendarList/{calendarId}" "calendarList.update" WRITES_ENTRY PLAIN ENTRY calendars::update_entry;
    "DELETE" "users/me/calendarList/{calendarId}" "calendarList.delete" WRITES_ENTRY PLAIN - calendars::delete_entry;
    "GET" "users/me/settings" "settings.list" READS_SETTINGS LIST_SETTINGS - settings::list;
    "GET" "users/me/settings/{setting}" "settings.get" READS_SETTINGS PLAIN - settings::get;
    "GET" "colors" "colors.get" READS_COLORS PLAIN - settings::colors;
    "POST" "freeBusy" "freebusy.query" READS_BUSY PLAIN FREE_BUSY freebusy::query;
}];
