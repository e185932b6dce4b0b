//! What Calendar's bodies and queries may hold, by the official description.

use crate::strict::{Field, Fields, Shape, may, must};

/// The members of all answers, for partial responses.
pub(super) const NAMES: &str = "accessCode accessRole additionalGuests allowedConferenceSolutionTypes anyoneCanAddSelf \
    asyncOperation attachments attendees attendeesOmitted autoAcceptInvitations autoDeclineMode availableTimes background \
    backgroundColor birthdayProperties buildingId busy calendar calendars chatStatus colorId comment conferenceData \
    conferenceId conferenceProperties conferenceSolution conferenceSolutionKey contact createRequest created creator \
    customLocation customTypeName dataOwner date dateTime dayOfWeek declineMessage defaultReminders deleted description \
    deskId display displayName domain email end endTimeUnspecified entryPointFeatures entryPointType entryPoints errors \
    etag event eventLabelId eventLabels eventType extendedProperties fileId fileUrl floorId floorSectionId \
    focusTimeProperties foreground foregroundColor gadget groups guestsCanInviteOthers guestsCanModify \
    guestsCanSeeOtherGuests hangoutLink height hidden homeOffice htmlLink iCalUID iconLink iconUri id items key kind label \
    labelProperties link location locked meetingCode method mimeType minutes name nextPageToken nextSyncToken notes \
    notificationSettings notifications officeLocation optional organizer originalStartTime outOfOfficeProperties overrides \
    parameters passcode password periodEnd periodStart pin preferences primary private privateCopy reason recurrence \
    recurringEventId regionCode reminders requestId resource responseStatus role scope selected self sequence shared \
    signature source start status statusCode summary summaryOverride timeMax timeMin timeZone title transparency type \
    updated uri url useDefault value visibility width workingHours workingHoursEnabled workingLocationProperties";

/// Parameters that every method takes.
const ALT: Field = may("alt", Shape::OneOf(&["json"]));
const FIELDS: Field = may("fields", Shape::Text);
const PRETTY: Field = may("prettyPrint", Shape::Boolean);
const QUOTA: Field = may("quotaUser", Shape::Text);

const SEND: Field = may("sendNotifications", Shape::Boolean);
const UPDATES: Field = may("sendUpdates", Shape::OneOf(&["all", "externalOnly", "none"]));
const CONFERENCE: Field = may("conferenceDataVersion", Shape::Integer);
const LABELS: Field = may("eventLabelVersion", Shape::Integer);
const ATTACHMENTS: Field = may("supportsAttachments", Shape::Boolean);
const ALWAYS_EMAIL: Field = may("alwaysIncludeEmail", Shape::Boolean);
const MAX_ATTENDEES: Field = may("maxAttendees", Shape::Integer);
const MAX_RESULTS: Field = may("maxResults", Shape::Integer);
const PAGE: Field = may("pageToken", Shape::Text);
const SYNC: Field = may("syncToken", Shape::Text);
const DELETED: Field = may("showDeleted", Shape::Boolean);
const ZONE: Field = may("timeZone", Shape::Text);
const TIME_MIN: Field = may("timeMin", Shape::Text);
const TIME_MAX: Field = may("timeMax", Shape::Text);

pub(super) const PLAIN: Fields = &[ALT, FIELDS, PRETTY, QUOTA];
pub(super) const RULE_QUERY: Fields = &[ALT, FIELDS, PRETTY, QUOTA, SEND];
pub(super) const LIST_RULES: Fields = &[ALT, FIELDS, PRETTY, QUOTA, MAX_RESULTS, PAGE, DELETED, SYNC];
pub(super) const LIST_SETTINGS: Fields = &[ALT, FIELDS, PRETTY, QUOTA, MAX_RESULTS, PAGE, SYNC];
pub(super) const LIST_CALENDARS: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    QUOTA,
    MAX_RESULTS,
    PAGE,
    SYNC,
    DELETED,
    may(
        "minAccessRole",
        Shape::OneOf(&["freeBusyReader", "owner", "reader", "writer", "writerWithoutPrivateAccess"]),
    ),
    may("showHidden", Shape::Boolean),
    may("showOwnOrganizationOnly", Shape::Boolean),
];
pub(super) const GET_EVENT: Fields = &[ALT, FIELDS, PRETTY, QUOTA, ALWAYS_EMAIL, MAX_ATTENDEES, ZONE];
pub(super) const DELETE_EVENT: Fields = &[ALT, FIELDS, PRETTY, QUOTA, SEND, UPDATES];
pub(super) const INSERT_EVENT: Fields =
    &[ALT, FIELDS, PRETTY, QUOTA, CONFERENCE, LABELS, MAX_ATTENDEES, SEND, UPDATES, ATTACHMENTS];
pub(super) const IMPORT_EVENT: Fields = &[ALT, FIELDS, PRETTY, QUOTA, CONFERENCE, LABELS, ATTACHMENTS];
pub(super) const CHANGE_EVENT: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    QUOTA,
    ALWAYS_EMAIL,
    CONFERENCE,
    LABELS,
    MAX_ATTENDEES,
    SEND,
    UPDATES,
    ATTACHMENTS,
];
pub(super) const MOVE_EVENT: Fields =
    &[ALT, FIELDS, PRETTY, QUOTA, must("destination", Shape::Text), SEND, UPDATES];
pub(super) const QUICK_ADD: Fields = &[ALT, FIELDS, PRETTY, QUOTA, must("text", Shape::Text), SEND, UPDATES];
pub(super) const INSTANCES: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    QUOTA,
    ALWAYS_EMAIL,
    MAX_ATTENDEES,
    MAX_RESULTS,
    may("originalStart", Shape::Text),
    PAGE,
    DELETED,
    TIME_MAX,
    TIME_MIN,
    ZONE,
];
const EVENT_TYPES: Shape =
    Shape::OneOf(&["birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"]);
pub(super) const LIST_EVENTS: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    QUOTA,
    ALWAYS_EMAIL,
    may("eventTypes", Shape::List(&EVENT_TYPES)),
    may("iCalUID", Shape::Text),
    MAX_ATTENDEES,
    MAX_RESULTS,
    may("orderBy", Shape::OneOf(&["startTime", "updated"])),
    PAGE,
    may("privateExtendedProperty", Shape::List(&Shape::Text)),
    may("q", Shape::Text),
    may("sharedExtendedProperty", Shape::List(&Shape::Text)),
    DELETED,
    may("showHiddenInvitations", Shape::Boolean),
    may("singleEvents", Shape::Boolean),
    SYNC,
    TIME_MAX,
    TIME_MIN,
    ZONE,
    may("updatedMin", Shape::Text),
];

const SCOPE: Fields =
    &[may("type", Shape::OneOf(&["default", "user", "group", "domain"])), may("value", Shape::Text)];
const ROLES: Shape =
    Shape::OneOf(&["none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner"]);
pub(super) const RULE: Fields = &[
    may("etag", Shape::Text),
    may("id", Shape::Text),
    may("kind", Shape::OneOf(&["calendar#aclRule"])),
    may("role", ROLES),
    may("scope", Shape::Object(SCOPE)),
];

const CONFERENCE_PROPERTIES: Fields = &[may("allowedConferenceSolutionTypes", Shape::List(&Shape::Text))];
const LABEL: Fields =
    &[may("backgroundColor", Shape::Text), may("id", Shape::Text), may("name", Shape::Text)];
const LABEL_PROPERTIES: Fields = &[may("eventLabels", Shape::List(&Shape::Object(LABEL)))];
const HOURS: Fields =
    &[may("dayOfWeek", Shape::Text), may("periodEnd", Shape::Integer), may("periodStart", Shape::Integer)];
const WORKING_HOURS: Fields =
    &[may("availableTimes", Shape::List(&Shape::Object(HOURS))), may("workingHoursEnabled", Shape::Boolean)];
pub(super) const CALENDAR: Fields = &[
    may("autoAcceptInvitations", Shape::Boolean),
    may("conferenceProperties", Shape::Object(CONFERENCE_PROPERTIES)),
    may("dataOwner", Shape::Text),
    may("description", Shape::Text),
    may("etag", Shape::Text),
    may("id", Shape::Text),
    may("kind", Shape::OneOf(&["calendar#calendar"])),
    may("labelProperties", Shape::Object(LABEL_PROPERTIES)),
    may("location", Shape::Text),
    may("summary", Shape::Text),
    may("timeZone", Shape::Text),
    may("workingHours", Shape::Object(WORKING_HOURS)),
];

const REMINDER: Fields = &[may("method", Shape::OneOf(&["email", "popup"])), may("minutes", Shape::Integer)];
const NOTIFICATION: Fields = &[may("method", Shape::Text), may("type", Shape::Text)];
const NOTIFICATIONS: Fields = &[may("notifications", Shape::List(&Shape::Object(NOTIFICATION)))];
pub(super) const ENTRY: Fields = &[
    may("accessRole", Shape::Text),
    may("autoAcceptInvitations", Shape::Boolean),
    may("backgroundColor", Shape::Text),
    may("colorId", Shape::Text),
    may("conferenceProperties", Shape::Object(CONFERENCE_PROPERTIES)),
    may("dataOwner", Shape::Text),
    may("defaultReminders", Shape::List(&Shape::Object(REMINDER))),
    may("deleted", Shape::Boolean),
    may("description", Shape::Text),
    may("etag", Shape::Text),
    may("foregroundColor", Shape::Text),
    may("hidden", Shape::Boolean),
    may("id", Shape::Text),
    may("kind", Shape::OneOf(&["calendar#calendarListEntry"])),
    may("location", Shape::Text),
    may("notificationSettings", Shape::Object(NOTIFICATIONS)),
    may("primary", Shape::Boolean),
    may("selected", Shape::Boolean),
    may("summary", Shape::Text),
    may("summaryOverride", Shape::Text),
    may("timeZone", Shape::Text),
];

const FREE_BUSY_ITEM: Fields = &[must("id", Shape::Text)];
pub(super) const FREE_BUSY: Fields = &[
    may("calendarExpansionMax", Shape::Integer),
    may("groupExpansionMax", Shape::Integer),
    may("items", Shape::List(&Shape::Object(FREE_BUSY_ITEM))),
    may("timeMax", Shape::Text),
    may("timeMin", Shape::Text),
    may("timeZone", Shape::Text),
];

/// In a patch null takes a member away.
const TEXT_OR_NULL: Shape = Shape::Nullable(&Shape::Text);
const TIME: Fields =
    &[may("date", TEXT_OR_NULL), may("dateTime", TEXT_OR_NULL), may("timeZone", TEXT_OR_NULL)];
const PERSON: Fields = &[
    may("displayName", Shape::Text),
    may("email", Shape::Text),
    may("id", Shape::Text),
    may("self", Shape::Boolean),
];
const ATTENDEE: Fields = &[
    may("additionalGuests", Shape::Integer),
    may("asyncOperation", Shape::Text),
    may("comment", Shape::Text),
    may("displayName", Shape::Text),
    may("email", Shape::Text),
    may("id", Shape::Text),
    may("optional", Shape::Boolean),
    may("organizer", Shape::Boolean),
    may("resource", Shape::Boolean),
    may("responseStatus", Shape::OneOf(&["needsAction", "declined", "tentative", "accepted"])),
    may("self", Shape::Boolean),
];
const ATTACHMENT: Fields = &[
    may("fileId", Shape::Text),
    must("fileUrl", Shape::Text),
    may("iconLink", Shape::Text),
    may("mimeType", Shape::Text),
    may("title", Shape::Text),
];
const SOLUTION_KEY: Fields = &[may("type", Shape::Text)];
const SOLUTION: Fields =
    &[may("iconUri", Shape::Text), may("key", Shape::Object(SOLUTION_KEY)), may("name", Shape::Text)];
const CREATE_CONFERENCE: Fields = &[
    may("conferenceSolutionKey", Shape::Object(SOLUTION_KEY)),
    may("requestId", Shape::Text),
    may("status", Shape::Object(&[may("statusCode", Shape::Text)])),
];
const ENTRY_POINT: Fields = &[
    may("accessCode", Shape::Text),
    may("entryPointFeatures", Shape::List(&Shape::Text)),
    may("entryPointType", Shape::OneOf(&["video", "phone", "sip", "more"])),
    may("label", Shape::Text),
    may("meetingCode", Shape::Text),
    may("passcode", Shape::Text),
    may("password", Shape::Text),
    may("pin", Shape::Text),
    may("regionCode", Shape::Text),
    may("uri", Shape::Text),
];
const CONFERENCE_DATA: Fields = &[
    may("conferenceId", Shape::Text),
    may("conferenceSolution", Shape::Object(SOLUTION)),
    may("createRequest", Shape::Object(CREATE_CONFERENCE)),
    may("entryPoints", Shape::List(&Shape::Object(ENTRY_POINT))),
    may("notes", Shape::Text),
    may("parameters", Shape::Any),
    may("signature", Shape::Text),
];
const DECLINE_MODES: Shape = Shape::OneOf(&[
    "declineNone",
    "declineAllConflictingInvitations",
    "declineOnlyNewConflictingInvitations",
]);
const FOCUS_TIME: Fields = &[
    may("autoDeclineMode", DECLINE_MODES),
    may("chatStatus", Shape::OneOf(&["available", "doNotDisturb"])),
    may("declineMessage", Shape::Text),
];
const OUT_OF_OFFICE: Fields = &[may("autoDeclineMode", DECLINE_MODES), may("declineMessage", Shape::Text)];
const OFFICE: Fields = &[
    may("buildingId", Shape::Text),
    may("deskId", Shape::Text),
    may("floorId", Shape::Text),
    may("floorSectionId", Shape::Text),
    may("label", Shape::Text),
];
const WORKING_LOCATION: Fields = &[
    may("customLocation", Shape::Object(&[may("label", Shape::Text)])),
    may("homeOffice", Shape::Any),
    may("officeLocation", Shape::Object(OFFICE)),
    must("type", Shape::OneOf(&["homeOffice", "officeLocation", "customLocation"])),
];
const BIRTHDAY: Fields =
    &[may("contact", Shape::Text), may("customTypeName", Shape::Text), may("type", Shape::Text)];
const REMINDERS: Fields =
    &[may("overrides", Shape::List(&Shape::Object(REMINDER))), may("useDefault", Shape::Boolean)];
/// Names and values of the callers' own.
const PROPERTIES: Fields = &[may("private", Shape::Any), may("shared", Shape::Any)];

/// The description's whole event but for its deprecated `gadget`.
pub(super) const EVENT: Fields = &[
    may("anyoneCanAddSelf", Shape::Boolean),
    may("attachments", Shape::List(&Shape::Object(ATTACHMENT))),
    may("attendees", Shape::List(&Shape::Object(ATTENDEE))),
    may("attendeesOmitted", Shape::Boolean),
    may("birthdayProperties", Shape::Object(BIRTHDAY)),
    may("colorId", TEXT_OR_NULL),
    may("conferenceData", Shape::Object(CONFERENCE_DATA)),
    may("created", Shape::Text),
    may("creator", Shape::Object(PERSON)),
    may("description", TEXT_OR_NULL),
    may("end", Shape::Object(TIME)),
    may("endTimeUnspecified", Shape::Boolean),
    may("etag", Shape::Text),
    may("eventLabelId", Shape::Text),
    may("eventType", EVENT_TYPES),
    may("extendedProperties", Shape::Object(PROPERTIES)),
    may("focusTimeProperties", Shape::Object(FOCUS_TIME)),
    may("guestsCanInviteOthers", Shape::Boolean),
    may("guestsCanModify", Shape::Boolean),
    may("guestsCanSeeOtherGuests", Shape::Boolean),
    may("hangoutLink", Shape::Text),
    may("htmlLink", Shape::Text),
    may("iCalUID", Shape::Text),
    may("id", Shape::Text),
    may("kind", Shape::OneOf(&["calendar#event"])),
    may("location", TEXT_OR_NULL),
    may("locked", Shape::Boolean),
    may("organizer", Shape::Object(PERSON)),
    may("originalStartTime", Shape::Object(TIME)),
    may("outOfOfficeProperties", Shape::Object(OUT_OF_OFFICE)),
    may("privateCopy", Shape::Boolean),
    may("recurrence", Shape::Nullable(&Shape::List(&Shape::Text))),
    may("recurringEventId", Shape::Text),
    may("reminders", Shape::Object(REMINDERS)),
    may("sequence", Shape::Integer),
    may("source", Shape::Object(&[may("title", Shape::Text), may("url", Shape::Text)])),
    may("start", Shape::Object(TIME)),
    may("status", Shape::OneOf(&["confirmed", "tentative", "cancelled"])),
    may("summary", Shape::Text),
    may("transparency", Shape::OneOf(&["opaque", "transparent"])),
    may("updated", Shape::Text),
    may("visibility", Shape::OneOf(&["default", "public", "private", "confidential"])),
    may("workingLocationProperties", Shape::Object(WORKING_LOCATION)),
];
