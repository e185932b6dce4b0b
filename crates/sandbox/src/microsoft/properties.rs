//! What the entities have: the names and types that `$select`, `$filter` and `$orderby` may speak of.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Time,
    Flag,
    Number,
    /// Paths below it, all of which are texts.
    Complex(&'static [&'static str]),
    Texts,
    /// A list of what has these paths.
    List(&'static [&'static str]),
}

/// An entity type.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) properties: &'static [(&'static str, Type)],
    /// Answered only where `$select` names them.
    pub(super) on_request: &'static [&'static str],
    /// Exchange filters and sorts by one index: what is sorted by must come first among what is filtered by.
    pub(super) sorts_by_filter: bool,
}

impl Kind {
    pub(super) fn find(&self, name: &str) -> Option<Type> {
        let found = self.properties.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }
}

const ADDRESS: &[&str] = &["address", "name"];
const RECIPIENT: &[&str] = &["emailAddress", "emailAddress/address", "emailAddress/name"];
const BODY: &[&str] = &["content", "contentType"];
const TIME: &[&str] = &["dateTime", "timeZone"];
const PLACE: &[&str] = &["displayName", "locationType", "locationUri", "uniqueId", "uniqueIdType"];
const POSTAL: &[&str] = &["city", "countryOrRegion", "postalCode", "state", "street"];

pub(super) const MESSAGE: Kind = Kind {
    name: "message",
    properties: &[
        ("id", Type::Text),
        ("bccRecipients", Type::List(RECIPIENT)),
        ("body", Type::Complex(BODY)),
        ("bodyPreview", Type::Text),
        ("categories", Type::Texts),
        ("ccRecipients", Type::List(RECIPIENT)),
        ("changeKey", Type::Text),
        ("conversationId", Type::Text),
        ("conversationIndex", Type::Text),
        ("createdDateTime", Type::Time),
        ("flag", Type::Complex(&["flagStatus"])),
        ("from", Type::Complex(RECIPIENT)),
        ("hasAttachments", Type::Flag),
        ("importance", Type::Text),
        ("inferenceClassification", Type::Text),
        ("internetMessageHeaders", Type::List(&["name", "value"])),
        ("internetMessageId", Type::Text),
        ("isDeliveryReceiptRequested", Type::Flag),
        ("isDraft", Type::Flag),
        ("isRead", Type::Flag),
        ("isReadReceiptRequested", Type::Flag),
        ("lastModifiedDateTime", Type::Time),
        ("parentFolderId", Type::Text),
        ("receivedDateTime", Type::Time),
        ("replyTo", Type::List(RECIPIENT)),
        ("sender", Type::Complex(RECIPIENT)),
        ("sentDateTime", Type::Time),
        ("subject", Type::Text),
        ("toRecipients", Type::List(RECIPIENT)),
        ("uniqueBody", Type::Complex(BODY)),
        ("webLink", Type::Text),
    ],
    on_request: &["internetMessageHeaders", "uniqueBody"],
    sorts_by_filter: true,
};

pub(super) const EVENT: Kind = Kind {
    name: "event",
    properties: &[
        ("id", Type::Text),
        ("allowNewTimeProposals", Type::Flag),
        ("attendees", Type::List(RECIPIENT)),
        ("body", Type::Complex(BODY)),
        ("bodyPreview", Type::Text),
        ("cancelledOccurrences", Type::Texts),
        ("categories", Type::Texts),
        ("changeKey", Type::Text),
        ("createdDateTime", Type::Time),
        ("end", Type::Complex(TIME)),
        ("hasAttachments", Type::Flag),
        ("hideAttendees", Type::Flag),
        ("iCalUId", Type::Text),
        ("importance", Type::Text),
        ("isAllDay", Type::Flag),
        ("isCancelled", Type::Flag),
        ("isDraft", Type::Flag),
        ("isOnlineMeeting", Type::Flag),
        ("isOrganizer", Type::Flag),
        ("isReminderOn", Type::Flag),
        ("lastModifiedDateTime", Type::Time),
        ("location", Type::Complex(PLACE)),
        ("locations", Type::List(PLACE)),
        ("onlineMeeting", Type::Complex(&["joinUrl", "conferenceId"])),
        ("onlineMeetingProvider", Type::Text),
        ("onlineMeetingUrl", Type::Text),
        ("organizer", Type::Complex(RECIPIENT)),
        ("originalEndTimeZone", Type::Text),
        ("originalStart", Type::Time),
        ("originalStartTimeZone", Type::Text),
        ("recurrence", Type::Complex(&["pattern/type", "range/type"])),
        ("reminderMinutesBeforeStart", Type::Number),
        ("responseRequested", Type::Flag),
        ("responseStatus", Type::Complex(&["response", "time"])),
        ("sensitivity", Type::Text),
        ("seriesMasterId", Type::Text),
        ("showAs", Type::Text),
        ("start", Type::Complex(TIME)),
        ("subject", Type::Text),
        ("transactionId", Type::Text),
        ("type", Type::Text),
        ("webLink", Type::Text),
    ],
    on_request: &["cancelledOccurrences"],
    sorts_by_filter: false,
};

pub(super) const CONTACT: Kind = Kind {
    name: "contact",
    properties: &[
        ("id", Type::Text),
        ("assistantName", Type::Text),
        ("birthday", Type::Time),
        ("businessAddress", Type::Complex(POSTAL)),
        ("businessHomePage", Type::Text),
        ("businessPhones", Type::Texts),
        ("categories", Type::Texts),
        ("changeKey", Type::Text),
        ("children", Type::Texts),
        ("companyName", Type::Text),
        ("createdDateTime", Type::Time),
        ("department", Type::Text),
        ("displayName", Type::Text),
        ("emailAddresses", Type::List(ADDRESS)),
        ("fileAs", Type::Text),
        ("generation", Type::Text),
        ("givenName", Type::Text),
        ("homeAddress", Type::Complex(POSTAL)),
        ("homePhones", Type::Texts),
        ("imAddresses", Type::Texts),
        ("initials", Type::Text),
        ("jobTitle", Type::Text),
        ("lastModifiedDateTime", Type::Time),
        ("manager", Type::Text),
        ("middleName", Type::Text),
        ("mobilePhone", Type::Text),
        ("nickName", Type::Text),
        ("officeLocation", Type::Text),
        ("otherAddress", Type::Complex(POSTAL)),
        ("parentFolderId", Type::Text),
        ("personalNotes", Type::Text),
        ("profession", Type::Text),
        ("spouseName", Type::Text),
        ("surname", Type::Text),
        ("title", Type::Text),
        ("yomiCompanyName", Type::Text),
        ("yomiGivenName", Type::Text),
        ("yomiSurname", Type::Text),
    ],
    on_request: &[],
    sorts_by_filter: true,
};

pub(super) const FOLDER: Kind = Kind {
    name: "mailFolder",
    properties: &[
        ("id", Type::Text),
        ("childFolderCount", Type::Number),
        ("displayName", Type::Text),
        ("isHidden", Type::Flag),
        ("parentFolderId", Type::Text),
        ("totalItemCount", Type::Number),
        ("unreadItemCount", Type::Number),
    ],
    on_request: &[],
    sorts_by_filter: false,
};

/// The type that all attachments share: what only files have can be neither selected nor filtered by.
pub(super) const ATTACHMENT: Kind = Kind {
    name: "attachment",
    properties: &[
        ("id", Type::Text),
        ("contentType", Type::Text),
        ("isInline", Type::Flag),
        ("lastModifiedDateTime", Type::Time),
        ("name", Type::Text),
        ("size", Type::Number),
    ],
    on_request: &[],
    sorts_by_filter: false,
};

pub(super) const CALENDAR: Kind = Kind {
    name: "calendar",
    properties: &[
        ("id", Type::Text),
        ("allowedOnlineMeetingProviders", Type::Texts),
        ("canEdit", Type::Flag),
        ("canShare", Type::Flag),
        ("canViewPrivateItems", Type::Flag),
        ("changeKey", Type::Text),
        ("color", Type::Text),
        ("defaultOnlineMeetingProvider", Type::Text),
        ("hexColor", Type::Text),
        ("isDefaultCalendar", Type::Flag),
        ("isRemovable", Type::Flag),
        ("isTallyingResponses", Type::Flag),
        ("name", Type::Text),
        ("owner", Type::Complex(ADDRESS)),
    ],
    on_request: &[],
    sorts_by_filter: false,
};
