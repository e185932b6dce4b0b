//! The bodies that Graph takes, property by property.

use super::contacts::is_birthday;
use crate::strict::{Field, Fields, Shape, may, must};

const TEXT: Shape = Shape::Nullable(&Shape::Text);
const FLAG: Shape = Shape::Nullable(&Shape::Boolean);
const TYPE: Field = may("@odata.type", Shape::Text);

const CONTENT_TYPE: Shape = Shape::Like("text or html", |text| {
    text.eq_ignore_ascii_case("text") || text.eq_ignore_ascii_case("html")
});
const BODY: Shape =
    Shape::Nullable(&Shape::Object(&[TYPE, may("contentType", CONTENT_TYPE), may("content", TEXT)]));
const ADDRESS: Shape = Shape::Object(&[TYPE, may("name", TEXT), may("address", TEXT)]);
const RECIPIENT: Shape = Shape::Object(&[TYPE, must("emailAddress", ADDRESS)]);
const RECIPIENTS: Shape = Shape::List(&RECIPIENT);
const IMPORTANCE: Shape = Shape::Nullable(&Shape::OneOf(&["low", "normal", "high"]));
pub(super) const TIME: Shape = Shape::Object(&[TYPE, must("dateTime", Shape::Text), may("timeZone", TEXT)]);
const STATUS: &[&str] = &["none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"];

const FLAGGED: Shape = Shape::Object(&[
    TYPE,
    may("flagStatus", Shape::OneOf(&["notFlagged", "complete", "flagged"])),
    may("completedDateTime", Shape::Nullable(&TIME)),
    may("dueDateTime", Shape::Nullable(&TIME)),
    may("startDateTime", Shape::Nullable(&TIME)),
]);

fn is_base64(text: &str) -> bool {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).is_ok()
}

pub(super) const ATTACHMENT: Fields = &[
    must("@odata.type", Shape::OneOf(&["#microsoft.graph.fileAttachment", "microsoft.graph.fileAttachment"])),
    must("name", Shape::Text),
    must("contentBytes", Shape::Like("base64", is_base64)),
    may("contentType", TEXT),
    may("contentId", TEXT),
    may("contentLocation", TEXT),
    may("isInline", Shape::Boolean),
];

/// What of a message its owner may set. Attachments go along only when it is made.
macro_rules! message_fields {
    ($($more:expr),*) => {
        &[
            TYPE,
            may("subject", TEXT),
            may("body", BODY),
            may("toRecipients", RECIPIENTS),
            may("ccRecipients", RECIPIENTS),
            may("bccRecipients", RECIPIENTS),
            may("replyTo", RECIPIENTS),
            may("from", Shape::Nullable(&RECIPIENT)),
            may("sender", Shape::Nullable(&RECIPIENT)),
            may("importance", IMPORTANCE),
            may("inferenceClassification", Shape::Nullable(&Shape::OneOf(&["focused", "other"]))),
            may("categories", Shape::List(&Shape::Text)),
            may("flag", Shape::Nullable(&FLAGGED)),
            may("isRead", FLAG),
            may("isReadReceiptRequested", FLAG),
            may("isDeliveryReceiptRequested", FLAG),
            may("internetMessageId", TEXT),
            $($more),*
        ]
    };
}

pub(super) const CHANGED_MESSAGE: Fields = message_fields!();
pub(super) const NEW_MESSAGE: Fields = message_fields!(
    may(
        "internetMessageHeaders",
        Shape::List(&Shape::Object(&[
            TYPE,
            must("name", Shape::Like("a name that begins with x-", is_own_header)),
            must("value", TEXT)
        ]))
    ),
    may("attachments", Shape::List(&Shape::Object(ATTACHMENT)))
);

/// Other headers are the server's.
fn is_own_header(name: &str) -> bool {
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
}

const MESSAGE: Shape = Shape::Nullable(&Shape::Object(NEW_MESSAGE));

pub(super) const SEND_MAIL: Fields =
    &[must("message", Shape::Object(NEW_MESSAGE)), may("saveToSentItems", FLAG)];
pub(super) const REPLY: Fields = &[may("message", MESSAGE), may("comment", TEXT)];
pub(super) const FORWARD: Fields =
    &[may("toRecipients", Shape::Nullable(&RECIPIENTS)), may("message", MESSAGE), may("comment", TEXT)];
pub(super) const DESTINATION: Fields = &[must("destinationId", Shape::Text)];
pub(super) const FOLDER: Fields = &[TYPE, must("displayName", Shape::Text)];

const PLACE: Shape = Shape::Object(&[
    TYPE,
    may("displayName", TEXT),
    may("address", Shape::Nullable(&POSTAL)),
    may("locationEmailAddress", TEXT),
    may("locationUri", TEXT),
    may("locationType", Shape::Text),
    may("uniqueId", TEXT),
    may("uniqueIdType", Shape::Text),
]);
const POSTAL: Shape = Shape::Object(&[
    TYPE,
    may("city", TEXT),
    may("countryOrRegion", TEXT),
    may("postalCode", TEXT),
    may("state", TEXT),
    may("street", TEXT),
]);

const DAYS: &[&str] = &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const RECURRENCE: Shape = Shape::Object(&[
    TYPE,
    must(
        "pattern",
        Shape::Object(&[
            TYPE,
            must(
                "type",
                Shape::OneOf(&[
                    "daily",
                    "weekly",
                    "absoluteMonthly",
                    "relativeMonthly",
                    "absoluteYearly",
                    "relativeYearly",
                ]),
            ),
            must("interval", Shape::Integer),
            may("month", Shape::Integer),
            may("dayOfMonth", Shape::Integer),
            may("daysOfWeek", Shape::List(&Shape::OneOf(DAYS))),
            may("firstDayOfWeek", Shape::OneOf(DAYS)),
            may("index", Shape::OneOf(&["first", "second", "third", "fourth", "last"])),
        ]),
    ),
    must(
        "range",
        Shape::Object(&[
            TYPE,
            must("type", Shape::OneOf(&["endDate", "noEnd", "numbered"])),
            must("startDate", Shape::Text),
            may("endDate", TEXT),
            may("recurrenceTimeZone", TEXT),
            may("numberOfOccurrences", Shape::Integer),
        ]),
    ),
]);

const SLOT: Shape = Shape::Object(&[TYPE, must("start", TIME), must("end", TIME)]);
const ATTENDEE: Shape = Shape::Object(&[
    TYPE,
    must("emailAddress", ADDRESS),
    may("type", Shape::OneOf(&["required", "optional", "resource"])),
    may("status", Shape::Object(&[TYPE, may("response", Shape::OneOf(STATUS)), may("time", TEXT)])),
    may("proposedNewTime", Shape::Nullable(&SLOT)),
]);

macro_rules! event_fields {
    ($($times:expr),*) => {
        &[
            TYPE,
            $($times,)*
            may("subject", TEXT),
            may("body", BODY),
            may("isAllDay", FLAG),
            may("location", Shape::Nullable(&PLACE)),
            may("locations", Shape::List(&PLACE)),
            may("attendees", Shape::List(&ATTENDEE)),
            may("isOnlineMeeting", FLAG),
            may(
                "onlineMeetingProvider",
                Shape::Nullable(&Shape::OneOf(&[
                    "unknown",
                    "skypeForBusiness",
                    "skypeForConsumer",
                    "teamsForBusiness",
                ])),
            ),
            may(
                "showAs",
                Shape::OneOf(&["unknown", "free", "tentative", "busy", "oof", "workingElsewhere"]),
            ),
            may("isReminderOn", FLAG),
            may("reminderMinutesBeforeStart", Shape::Nullable(&Shape::Integer)),
            may("categories", Shape::List(&Shape::Text)),
            may("importance", IMPORTANCE),
            may("sensitivity", Shape::OneOf(&["normal", "personal", "private", "confidential"])),
            may("hideAttendees", FLAG),
            may("responseRequested", FLAG),
            may("allowNewTimeProposals", FLAG),
            may("recurrence", Shape::Nullable(&RECURRENCE)),
            may("transactionId", TEXT)
        ]
    };
}

pub(super) const NEW_EVENT: Fields = event_fields!(must("start", TIME), must("end", TIME));
pub(super) const CHANGED_EVENT: Fields = event_fields!(may("start", TIME), may("end", TIME));

pub(super) const ACCEPT: Fields = &[may("comment", TEXT), may("sendResponse", FLAG)];
pub(super) const DECLINE: Fields =
    &[may("comment", TEXT), may("sendResponse", FLAG), may("proposedNewTime", Shape::Nullable(&SLOT))];
pub(super) const CANCEL: Fields = &[may("comment", TEXT)];
pub(super) const NEW_CALENDAR: Fields =
    &[TYPE, must("name", Shape::Text), may("color", Shape::OneOf(super::calendar::COLORS))];

pub(super) const GET_SCHEDULE: Fields = &[
    must("schedules", Shape::List(&Shape::Text)),
    must("startTime", TIME),
    must("endTime", TIME),
    may("availabilityViewInterval", Shape::Nullable(&Shape::Integer)),
];
pub(super) const FIND_MEETING_TIMES: Fields = &[
    may("attendees", Shape::List(&ATTENDEE)),
    may(
        "timeConstraint",
        Shape::Object(&[
            TYPE,
            may("activityDomain", Shape::OneOf(&["unknown", "work", "personal", "unrestricted"])),
            may("timeSlots", Shape::List(&SLOT)),
        ]),
    ),
    may("meetingDuration", Shape::Like("a duration such as PT1H", super::availability::is_duration)),
    may("maxCandidates", Shape::Nullable(&Shape::Integer)),
    may("isOrganizerOptional", FLAG),
    may("returnSuggestionReasons", FLAG),
    // An Edm.Double: with a fraction or without.
    may("minimumAttendeePercentage", Shape::Any),
];

pub(super) const CONTACT: Fields = &[
    TYPE,
    may("assistantName", TEXT),
    may("birthday", Shape::Nullable(&Shape::Like("a time such as 1906-12-09T12:00:00Z", is_birthday))),
    may("businessAddress", Shape::Nullable(&POSTAL)),
    may("businessHomePage", TEXT),
    may("businessPhones", Shape::List(&Shape::Text)),
    may("categories", Shape::List(&Shape::Text)),
    may("children", Shape::List(&Shape::Text)),
    may("companyName", TEXT),
    may("department", TEXT),
    may("displayName", TEXT),
    may("emailAddresses", Shape::List(&ADDRESS)),
    may("fileAs", TEXT),
    may("generation", TEXT),
    may("givenName", TEXT),
    may("homeAddress", Shape::Nullable(&POSTAL)),
    may("homePhones", Shape::List(&Shape::Text)),
    may("imAddresses", Shape::List(&Shape::Text)),
    may("initials", TEXT),
    may("jobTitle", TEXT),
    may("manager", TEXT),
    may("middleName", TEXT),
    may("mobilePhone", TEXT),
    may("nickName", TEXT),
    may("officeLocation", TEXT),
    may("otherAddress", Shape::Nullable(&POSTAL)),
    may("parentFolderId", TEXT),
    may("personalNotes", TEXT),
    may("profession", TEXT),
    may("spouseName", TEXT),
    may("surname", TEXT),
    may("title", TEXT),
    may("yomiCompanyName", TEXT),
    may("yomiGivenName", TEXT),
    may("yomiSurname", TEXT),
];
