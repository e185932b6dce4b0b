//! The kinds of records, and what differs between them.

use serde::{Deserialize, Serialize};

use super::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Contacts,
    Companies,
    Deals,
    Tickets,
    Notes,
    Tasks,
    Calls,
}

/// What is said about a kind in HubSpot's reference.
pub(super) struct Facts {
    pub(super) plural: &'static str,
    pub(super) singular: &'static str,
    /// As messages name it.
    pub(super) upper: &'static str,
    pub(super) type_id: &'static str,
    /// Properties that hold when a record was made and changed.
    pub(super) created: &'static str,
    pub(super) modified: &'static str,
    /// Properties that a new record needs: all of these ...
    pub(super) required: &'static [&'static str],
    /// ... and one of these, where there are any.
    pub(super) one_of: &'static [&'static str],
    /// Properties that are shown unless others are asked for.
    pub(super) shown: &'static [&'static str],
    /// Properties that the words of a search are looked for in.
    pub(super) searched: &'static [&'static str],
    /// Properties that are set where nothing is said.
    pub(super) defaults: &'static [(&'static str, &'static str)],
}

const CONTACTS: Facts = Facts {
    plural: "contacts",
    singular: "contact",
    upper: "CONTACT",
    type_id: "0-1",
    created: "createdate",
    modified: "lastmodifieddate",
    required: &[],
    one_of: &["email", "firstname", "lastname"],
    shown: &["email", "firstname", "lastname"],
    searched: &["firstname", "lastname", "email", "phone", "mobilephone", "company"],
    defaults: &[("lifecyclestage", "lead")],
};

const COMPANIES: Facts = Facts {
    plural: "companies",
    singular: "company",
    upper: "COMPANY",
    type_id: "0-2",
    created: "createdate",
    modified: "hs_lastmodifieddate",
    required: &[],
    one_of: &["name", "domain"],
    shown: &["name", "domain"],
    searched: &["website", "phone", "name", "domain"],
    defaults: &[("lifecyclestage", "lead")],
};

const DEALS: Facts = Facts {
    plural: "deals",
    singular: "deal",
    upper: "DEAL",
    type_id: "0-3",
    created: "createdate",
    modified: "hs_lastmodifieddate",
    required: &["dealname", "dealstage"],
    one_of: &[],
    shown: &["amount", "closedate", "dealname", "dealstage", "pipeline"],
    searched: &["dealname", "pipeline", "dealstage", "description", "dealtype"],
    defaults: &[("pipeline", "default")],
};

const TICKETS: Facts = Facts {
    plural: "tickets",
    singular: "ticket",
    upper: "TICKET",
    type_id: "0-5",
    created: "createdate",
    modified: "hs_lastmodifieddate",
    required: &["subject", "hs_pipeline_stage"],
    one_of: &[],
    shown: &[
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ],
    searched: &["subject", "content", "hs_pipeline_stage", "hs_ticket_category"],
    defaults: &[("hs_pipeline", "0")],
};

const NOTES: Facts = Facts {
    plural: "notes",
    singular: "note",
    upper: "NOTE",
    type_id: "0-46",
    created: "hs_createdate",
    modified: "hs_lastmodifieddate",
    required: &["hs_timestamp"],
    one_of: &[],
    shown: &[],
    searched: &["hs_note_body"],
    defaults: &[],
};

const TASKS: Facts = Facts {
    plural: "tasks",
    singular: "task",
    upper: "TASK",
    type_id: "0-27",
    created: "hs_createdate",
    modified: "hs_lastmodifieddate",
    required: &["hs_timestamp"],
    one_of: &[],
    shown: &[],
    searched: &["hs_task_body", "hs_task_subject"],
    defaults: &[("hs_task_status", "NOT_STARTED"), ("hs_task_type", "TODO")],
};

const CALLS: Facts = Facts {
    plural: "calls",
    singular: "call",
    upper: "CALL",
    type_id: "0-48",
    created: "hs_createdate",
    modified: "hs_lastmodifieddate",
    required: &["hs_timestamp"],
    one_of: &[],
    shown: &[],
    searched: &["hs_call_title", "hs_call_body"],
    defaults: &[],
};

impl Kind {
    pub(super) const ALL: [Self; 7] =
        [Self::Contacts, Self::Companies, Self::Deals, Self::Tickets, Self::Notes, Self::Tasks, Self::Calls];

    pub(super) fn facts(self) -> &'static Facts {
        match self {
            Self::Contacts => &CONTACTS,
            Self::Companies => &COMPANIES,
            Self::Deals => &DEALS,
            Self::Tickets => &TICKETS,
            Self::Notes => &NOTES,
            Self::Tasks => &TASKS,
            Self::Calls => &CALLS,
        }
    }

    /// The kind that a path or parameter names, in the singular, the plural or by its number.
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        let is_named = |kind: &Self| {
            let facts = kind.facts();
            [facts.plural, facts.singular].iter().any(|known| known.eq_ignore_ascii_case(name))
                || facts.type_id == name
        };
        Self::ALL.into_iter().find(is_named).ok_or_else(|| Failure::unknown_kind(name))
    }
}
