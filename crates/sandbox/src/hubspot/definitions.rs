//! The properties of each kind of record: a part of HubSpot's own, and a few that the account has added.

use super::kinds::Kind;

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    LongText,
    Email,
    Number,
    /// A time, in milliseconds or as RFC 3339.
    Moment,
    /// One of these, with their labels.
    Choice(&'static [(&'static str, &'static str)]),
    /// A choice that moves in this order only, unless it is cleared first.
    Stages(&'static [(&'static str, &'static str)]),
    Owner,
    Pipeline,
    PipelineStage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    None,
    ReadOnly,
    /// Records can be found by it.
    Unique,
    /// The account's own.
    Own,
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) holds: Holds,
    pub(super) is: Trait,
}

const fn plain(name: &'static str, label: &'static str, holds: Holds) -> Property {
    Property { name, label, holds, is: Trait::None }
}

const fn marked(name: &'static str, label: &'static str, holds: Holds, is: Trait) -> Property {
    Property { name, label, holds, is }
}

use Holds::{Choice, Email, LongText, Moment, Number, Owner, Pipeline, PipelineStage, Stages, Text};
use Trait::{Own, ReadOnly, Unique};

const LIFECYCLE: Holds = Stages(&[
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
]);
const LEAD_STATUS: Holds = Choice(&[
    ("NEW", "New"),
    ("OPEN", "Open"),
    ("IN_PROGRESS", "In Progress"),
    ("OPEN_DEAL", "Open Deal"),
    ("UNQUALIFIED", "Unqualified"),
    ("ATTEMPTED_TO_CONTACT", "Attempted to Contact"),
    ("CONNECTED", "Connected"),
    ("BAD_TIMING", "Bad Timing"),
]);
const INDUSTRY: Holds = Choice(&[
    ("ACCOUNTING", "Accounting"),
    ("COMPUTER_HARDWARE", "Computer Hardware"),
    ("COMPUTER_SOFTWARE", "Computer Software"),
    ("EDUCATION_MANAGEMENT", "Education Management"),
    ("INSURANCE", "Insurance"),
    ("MACHINERY", "Machinery"),
    ("TEXTILES", "Textiles"),
]);
const CURRENCY: Holds = Choice(&[("EUR", "EUR"), ("GBP", "GBP"), ("USD", "USD")]);
const DEAL_TYPE: Holds =
    Choice(&[("newbusiness", "New Business"), ("existingbusiness", "Existing Business")]);
const DEAL_PRIORITY: Holds = Choice(&[("low", "Low"), ("medium", "Medium"), ("high", "High")]);
const PRIORITY: Holds = Choice(&[("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High")]);
const TICKET_PRIORITY: Holds =
    Choice(&[("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High"), ("URGENT", "Urgent")]);
const TICKET_CATEGORY: Holds = Choice(&[
    ("PRODUCT_ISSUE", "Product issue"),
    ("BILLING_ISSUE", "Billing issue"),
    ("FEATURE_REQUEST", "Feature request"),
    ("GENERAL_INQUIRY", "General inquiry"),
]);
const SOURCE: Holds = Choice(&[("CHAT", "Chat"), ("EMAIL", "Email"), ("FORM", "Form"), ("PHONE", "Phone")]);
const TASK_STATUS: Holds = Choice(&[
    ("NOT_STARTED", "Not started"),
    ("IN_PROGRESS", "In progress"),
    ("WAITING", "Waiting"),
    ("DEFERRED", "Deferred"),
    ("COMPLETED", "Completed"),
]);
const TASK_TYPE: Holds = Choice(&[("TODO", "To-do"), ("CALL", "Call"), ("EMAIL", "Email")]);
const DIRECTION: Holds = Choice(&[("INBOUND", "Inbound"), ("OUTBOUND", "Outbound")]);
const CALL_STATUS: Holds = Choice(&[
    ("BUSY", "Busy"),
    ("CALLING_CRM_USER", "Calling CRM user"),
    ("CANCELED", "Canceled"),
    ("COMPLETED", "Completed"),
    ("CONNECTING", "Connecting"),
    ("FAILED", "Failed"),
    ("IN_PROGRESS", "In progress"),
    ("NO_ANSWER", "No answer"),
    ("QUEUED", "Queued"),
    ("RINGING", "Ringing"),
]);
const OUTCOME: Holds = Choice(&[
    ("9d9162e7-6cf3-4944-bf63-4dff82258764", "Busy"),
    ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "Connected"),
    ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "Left live message"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("17b47fee-58de-441e-a44c-c6300d46f273", "Wrong number"),
]);
const COLOUR: Holds = Choice(&[("blue", "Blue"), ("green", "Green")]);

const ID: Property = marked("hs_object_id", "Record ID", Number, ReadOnly);
const CREATED: Property = marked("createdate", "Create Date", Moment, ReadOnly);
const HS_CREATED: Property = marked("hs_createdate", "Object create date/time", Moment, ReadOnly);
const HS_MODIFIED: Property = marked("hs_lastmodifieddate", "Last Modified Date", Moment, ReadOnly);
const OWNER: Property = plain("hubspot_owner_id", "Owner", Owner);
const PHONE: Property = plain("phone", "Phone Number", Text);
const WEBSITE: Property = plain("website", "Website URL", Text);
const ADDRESS: Property = plain("address", "Street Address", Text);
const CITY: Property = plain("city", "City", Text);
const STATE: Property = plain("state", "State/Region", Text);
const ZIP: Property = plain("zip", "Postal Code", Text);
const COUNTRY: Property = plain("country", "Country/Region", Text);
const LIFECYCLE_STAGE: Property = plain("lifecyclestage", "Lifecycle Stage", LIFECYCLE);
const TIMESTAMP: Property = plain("hs_timestamp", "Activity date", Moment);

const CONTACTS: &[Property] = &[
    ID,
    CREATED,
    marked("lastmodifieddate", "Last Modified Date", Moment, ReadOnly),
    marked("email", "Email", Email, Unique),
    plain("firstname", "First Name", Text),
    plain("lastname", "Last Name", Text),
    PHONE,
    plain("mobilephone", "Mobile Phone Number", Text),
    plain("company", "Company Name", Text),
    plain("jobtitle", "Job Title", Text),
    WEBSITE,
    ADDRESS,
    CITY,
    STATE,
    ZIP,
    COUNTRY,
    LIFECYCLE_STAGE,
    plain("hs_lead_status", "Lead Status", LEAD_STATUS),
    OWNER,
    marked("numberofchildren", "Number of children", Number, Own),
    marked("favourite", "Favourite colour", COLOUR, Own),
];
const COMPANIES: &[Property] = &[
    ID,
    CREATED,
    HS_MODIFIED,
    plain("name", "Company name", Text),
    plain("domain", "Company Domain Name", Text),
    PHONE,
    WEBSITE,
    plain("industry", "Industry", INDUSTRY),
    plain("description", "Description", LongText),
    ADDRESS,
    CITY,
    STATE,
    ZIP,
    COUNTRY,
    plain("numberofemployees", "Number of Employees", Number),
    plain("annualrevenue", "Annual Revenue", Number),
    LIFECYCLE_STAGE,
    OWNER,
];
const DEALS: &[Property] = &[
    ID,
    CREATED,
    HS_MODIFIED,
    plain("dealname", "Deal Name", Text),
    plain("pipeline", "Pipeline", Pipeline),
    plain("dealstage", "Deal Stage", PipelineStage),
    plain("amount", "Amount", Number),
    plain("deal_currency_code", "Currency", CURRENCY),
    plain("closedate", "Close Date", Moment),
    plain("dealtype", "Deal Type", DEAL_TYPE),
    plain("description", "Deal Description", LongText),
    plain("hs_priority", "Priority", DEAL_PRIORITY),
    OWNER,
];
const TICKETS: &[Property] = &[
    ID,
    CREATED,
    HS_MODIFIED,
    plain("subject", "Ticket name", Text),
    plain("content", "Ticket description", LongText),
    plain("hs_pipeline", "Pipeline", Pipeline),
    plain("hs_pipeline_stage", "Ticket status", PipelineStage),
    plain("hs_ticket_priority", "Priority", TICKET_PRIORITY),
    plain("hs_ticket_category", "Category", TICKET_CATEGORY),
    plain("source_type", "Source", SOURCE),
    OWNER,
];
const NOTES: &[Property] = &[
    ID,
    HS_CREATED,
    HS_MODIFIED,
    TIMESTAMP,
    plain("hs_note_body", "Note body", LongText),
    plain("hs_attachment_ids", "Attached file IDs", Text),
    OWNER,
];
const TASKS: &[Property] = &[
    ID,
    HS_CREATED,
    HS_MODIFIED,
    TIMESTAMP,
    plain("hs_task_subject", "Task Title", Text),
    plain("hs_task_body", "Task Notes", LongText),
    plain("hs_task_status", "Task Status", TASK_STATUS),
    plain("hs_task_priority", "Priority", PRIORITY),
    plain("hs_task_type", "Task Type", TASK_TYPE),
    plain("hs_task_reminders", "Reminders", Number),
    OWNER,
];
const CALLS: &[Property] = &[
    ID,
    HS_CREATED,
    HS_MODIFIED,
    TIMESTAMP,
    plain("hs_call_title", "Call Title", Text),
    plain("hs_call_body", "Call notes", LongText),
    plain("hs_call_direction", "Call direction", DIRECTION),
    plain("hs_call_disposition", "Call outcome", OUTCOME),
    plain("hs_call_duration", "Call duration", Number),
    plain("hs_call_status", "Call status", CALL_STATUS),
    plain("hs_call_from_number", "From Number", Text),
    plain("hs_call_to_number", "To Number", Text),
    plain("hs_call_recording_url", "Recording URL", Text),
    OWNER,
];

/// The properties of a kind of record.
pub(super) fn of(kind: Kind) -> &'static [Property] {
    match kind {
        Kind::Contacts => CONTACTS,
        Kind::Companies => COMPANIES,
        Kind::Deals => DEALS,
        Kind::Tickets => TICKETS,
        Kind::Notes => NOTES,
        Kind::Tasks => TASKS,
        Kind::Calls => CALLS,
    }
}

pub(super) fn find(kind: Kind, name: &str) -> Option<&'static Property> {
    of(kind).iter().find(|property| property.name == name)
}
