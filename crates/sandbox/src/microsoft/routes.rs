//! Graph's operations with the delegated permissions that its documentation names, each of which suffices.

use super::odata::{LIST, MESSAGES, ONE, ONE_EXPANDED, WINDOW};
use super::{
    Handler, Input, Operation, attachments, availability, calendar, compose, contacts, events, folders,
    invitations, messages, outgoing, shapes, user,
};
use crate::route::Route;
use crate::strict::Fields;

const NONE: Fields = &[];
/// The handler decides by what is selected.
const BY_SELECTION: &[&str] = &[];
const MAIL_BASICS: &[&str] = &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"];
const MAIL_READ: &[&str] = &["Mail.Read", "Mail.ReadWrite"];
const MAIL_WRITE: &[&str] = &["Mail.ReadWrite"];
const MAIL_SEND: &[&str] = &["Mail.Send"];
const CALENDAR_BASICS: &[&str] = &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"];
const CALENDAR_READ: &[&str] = &["Calendars.Read", "Calendars.ReadWrite"];
const CALENDAR_WRITE: &[&str] = &["Calendars.ReadWrite"];
const CONTACTS_READ: &[&str] = &["Contacts.Read", "Contacts.ReadWrite"];
const CONTACTS_WRITE: &[&str] = &["Contacts.ReadWrite"];

const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    run: Handler,
) -> Route<Operation> {
    let handler = Operation { input: Input::Entity, run };
    Route { method, path, operation, scopes, query, body: None, handler }
}

const fn get(
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    run: Handler,
) -> Route<Operation> {
    route("GET", path, operation, scopes, query, run)
}

const fn delete(
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    run: Handler,
) -> Route<Operation> {
    route("DELETE", path, operation, scopes, NONE, run)
}

/// A POST or PATCH that takes an entity.
const fn write(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    body: Fields,
    run: Handler,
) -> Route<Operation> {
    Route { body: Some(body), ..route(method, path, operation, scopes, NONE, run) }
}

/// A POST that takes the parameters of an action.
const fn action(
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    (input, body): (Input, Fields),
    run: Handler,
) -> Route<Operation> {
    let handler = Operation { input, run };
    Route { body: Some(body), handler, ..route("POST", path, operation, scopes, NONE, run) }
}

const MAIL: &[Route<Operation>] = &[
    get("/v1.0/me", "me.user.GetUser", BY_SELECTION, ONE_EXPANDED, user::get),
    action(
        "/v1.0/me/sendMail",
        "me.sendMail",
        MAIL_SEND,
        (Input::Action, shapes::SEND_MAIL),
        outgoing::send_mail,
    ),
    get("/v1.0/me/messages", "me.ListMessages", MAIL_BASICS, MESSAGES, messages::list),
    write(
        "POST",
        "/v1.0/me/messages",
        "me.CreateMessages",
        MAIL_WRITE,
        shapes::NEW_MESSAGE,
        messages::create,
    ),
    get("/v1.0/me/messages/{message}", "me.GetMessages", MAIL_BASICS, ONE_EXPANDED, messages::get),
    write(
        "PATCH",
        "/v1.0/me/messages/{message}",
        "me.UpdateMessages",
        MAIL_WRITE,
        shapes::CHANGED_MESSAGE,
        messages::update,
    ),
    delete("/v1.0/me/messages/{message}", "me.DeleteMessages", MAIL_WRITE, messages::delete),
    route(
        "POST",
        "/v1.0/me/messages/{message}/send",
        "me.messages.message.send",
        MAIL_SEND,
        NONE,
        outgoing::send_draft,
    ),
    action(
        "/v1.0/me/messages/{message}/reply",
        "me.messages.message.reply",
        MAIL_SEND,
        (Input::OptionalAction, shapes::REPLY),
        compose::reply,
    ),
    action(
        "/v1.0/me/messages/{message}/replyAll",
        "me.messages.message.replyAll",
        MAIL_SEND,
        (Input::OptionalAction, shapes::REPLY),
        compose::reply_all,
    ),
    action(
        "/v1.0/me/messages/{message}/forward",
        "me.messages.message.forward",
        MAIL_SEND,
        (Input::Action, shapes::FORWARD),
        compose::forward,
    ),
    action(
        "/v1.0/me/messages/{message}/createReply",
        "me.messages.message.createReply",
        MAIL_WRITE,
        (Input::OptionalAction, shapes::REPLY),
        compose::create_reply,
    ),
    action(
        "/v1.0/me/messages/{message}/createReplyAll",
        "me.messages.message.createReplyAll",
        MAIL_WRITE,
        (Input::OptionalAction, shapes::REPLY),
        compose::create_reply_all,
    ),
    action(
        "/v1.0/me/messages/{message}/createForward",
        "me.messages.message.createForward",
        MAIL_WRITE,
        (Input::OptionalAction, shapes::FORWARD),
        compose::create_forward,
    ),
    action(
        "/v1.0/me/messages/{message}/move",
        "me.messages.message.move",
        MAIL_WRITE,
        (Input::Action, shapes::DESTINATION),
        messages::move_to,
    ),
    action(
        "/v1.0/me/messages/{message}/copy",
        "me.messages.message.copy",
        MAIL_WRITE,
        (Input::Action, shapes::DESTINATION),
        messages::copy,
    ),
    get(
        "/v1.0/me/messages/{message}/attachments",
        "me.messages.ListAttachments",
        MAIL_READ,
        LIST,
        attachments::list,
    ),
    write(
        "POST",
        "/v1.0/me/messages/{message}/attachments",
        "me.messages.CreateAttachments",
        MAIL_WRITE,
        shapes::ATTACHMENT,
        attachments::create,
    ),
    get(
        "/v1.0/me/messages/{message}/attachments/{attachment}",
        "me.messages.GetAttachments",
        MAIL_READ,
        ONE,
        attachments::get,
    ),
    delete(
        "/v1.0/me/messages/{message}/attachments/{attachment}",
        "me.messages.DeleteAttachments",
        MAIL_WRITE,
        attachments::delete,
    ),
];

const FOLDERS: &[Route<Operation>] = &[
    get("/v1.0/me/mailFolders", "me.ListMailFolders", MAIL_BASICS, LIST, folders::list),
    write(
        "POST",
        "/v1.0/me/mailFolders",
        "me.CreateMailFolders",
        MAIL_WRITE,
        shapes::FOLDER,
        folders::create,
    ),
    get("/v1.0/me/mailFolders/{folder}", "me.GetMailFolders", MAIL_BASICS, ONE, folders::get),
    write(
        "PATCH",
        "/v1.0/me/mailFolders/{folder}",
        "me.UpdateMailFolders",
        MAIL_WRITE,
        shapes::FOLDER,
        folders::update,
    ),
    delete("/v1.0/me/mailFolders/{folder}", "me.DeleteMailFolders", MAIL_WRITE, folders::delete),
    get(
        "/v1.0/me/mailFolders/{folder}/childFolders",
        "me.mailFolders.ListChildFolders",
        MAIL_BASICS,
        LIST,
        folders::list_children,
    ),
    write(
        "POST",
        "/v1.0/me/mailFolders/{folder}/childFolders",
        "me.mailFolders.CreateChildFolders",
        MAIL_WRITE,
        shapes::FOLDER,
        folders::create_child,
    ),
    get(
        "/v1.0/me/mailFolders/{folder}/messages",
        "me.mailFolders.ListMessages",
        MAIL_BASICS,
        MESSAGES,
        messages::list_in_folder,
    ),
    write(
        "POST",
        "/v1.0/me/mailFolders/{folder}/messages",
        "me.mailFolders.CreateMessages",
        MAIL_WRITE,
        shapes::NEW_MESSAGE,
        messages::create_in_folder,
    ),
];

const CALENDARS: &[Route<Operation>] = &[
    get("/v1.0/me/calendar", "me.GetCalendar", CALENDAR_BASICS, ONE, calendar::get_default),
    action(
        "/v1.0/me/calendar/getSchedule",
        "me.calendar.getSchedule",
        CALENDAR_BASICS,
        (Input::Action, shapes::GET_SCHEDULE),
        availability::get_schedule,
    ),
    get("/v1.0/me/calendars", "me.ListCalendars", CALENDAR_BASICS, LIST, calendar::list),
    write(
        "POST",
        "/v1.0/me/calendars",
        "me.CreateCalendars",
        CALENDAR_WRITE,
        shapes::NEW_CALENDAR,
        calendar::create,
    ),
    get("/v1.0/me/calendars/{calendar}", "me.GetCalendars", CALENDAR_BASICS, ONE, calendar::get),
    delete("/v1.0/me/calendars/{calendar}", "me.DeleteCalendars", CALENDAR_WRITE, calendar::delete),
    get(
        "/v1.0/me/calendars/{calendar}/events",
        "me.calendars.ListEvents",
        CALENDAR_BASICS,
        LIST,
        events::list_of_calendar,
    ),
    write(
        "POST",
        "/v1.0/me/calendars/{calendar}/events",
        "me.calendars.CreateEvents",
        CALENDAR_WRITE,
        shapes::NEW_EVENT,
        events::create_in_calendar,
    ),
    get(
        "/v1.0/me/calendars/{calendar}/calendarView",
        "me.calendars.ListCalendarView",
        CALENDAR_BASICS,
        WINDOW,
        events::view_of_calendar,
    ),
    get("/v1.0/me/calendarView", "me.ListCalendarView", CALENDAR_BASICS, WINDOW, events::view),
    action(
        "/v1.0/me/findMeetingTimes",
        "me.findMeetingTimes",
        CALENDAR_READ,
        (Input::OptionalAction, shapes::FIND_MEETING_TIMES),
        availability::find_meeting_times,
    ),
];

const EVENTS: &[Route<Operation>] = &[
    get("/v1.0/me/events", "me.ListEvents", CALENDAR_BASICS, LIST, events::list),
    write("POST", "/v1.0/me/events", "me.CreateEvents", CALENDAR_WRITE, shapes::NEW_EVENT, events::create),
    get("/v1.0/me/events/{event}", "me.GetEvents", CALENDAR_BASICS, ONE, events::get),
    write(
        "PATCH",
        "/v1.0/me/events/{event}",
        "me.UpdateEvents",
        CALENDAR_WRITE,
        shapes::CHANGED_EVENT,
        events::update,
    ),
    delete("/v1.0/me/events/{event}", "me.DeleteEvents", CALENDAR_WRITE, events::delete),
    get(
        "/v1.0/me/events/{event}/instances",
        "me.events.ListInstances",
        CALENDAR_BASICS,
        WINDOW,
        events::instances,
    ),
    action(
        "/v1.0/me/events/{event}/accept",
        "me.events.event.accept",
        CALENDAR_WRITE,
        (Input::OptionalAction, shapes::ACCEPT),
        invitations::accept,
    ),
    action(
        "/v1.0/me/events/{event}/tentativelyAccept",
        "me.events.event.tentativelyAccept",
        CALENDAR_WRITE,
        (Input::OptionalAction, shapes::DECLINE),
        invitations::tentatively_accept,
    ),
    action(
        "/v1.0/me/events/{event}/decline",
        "me.events.event.decline",
        CALENDAR_WRITE,
        (Input::OptionalAction, shapes::DECLINE),
        invitations::decline,
    ),
    action(
        "/v1.0/me/events/{event}/cancel",
        "me.events.event.cancel",
        CALENDAR_WRITE,
        (Input::OptionalAction, shapes::CANCEL),
        invitations::cancel,
    ),
];

const CONTACTS: &[Route<Operation>] = &[
    get("/v1.0/me/contacts", "me.ListContacts", CONTACTS_READ, LIST, contacts::list),
    write(
        "POST",
        "/v1.0/me/contacts",
        "me.CreateContacts",
        CONTACTS_WRITE,
        shapes::CONTACT,
        contacts::create,
    ),
    get("/v1.0/me/contacts/{contact}", "me.GetContacts", CONTACTS_READ, ONE, contacts::get),
    write(
        "PATCH",
        "/v1.0/me/contacts/{contact}",
        "me.UpdateContacts",
        CONTACTS_WRITE,
        shapes::CONTACT,
        contacts::update,
    ),
    delete("/v1.0/me/contacts/{contact}", "me.DeleteContacts", CONTACTS_WRITE, contacts::delete),
];

pub(super) const ROUTES: &[&[Route<Operation>]] = &[MAIL, FOLDERS, CALENDARS, EVENTS, CONTACTS];
