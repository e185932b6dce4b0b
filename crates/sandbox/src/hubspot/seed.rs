//! What is in the account before anyone has called: a few customers, and what has happened with them.

use super::kinds::Kind;
use super::kinds::Kind::{Companies, Contacts, Deals, Notes, Tasks, Tickets};
use super::links;
use super::portal::{Pen, Values};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago};

struct Seed {
    kind: Kind,
    id: u64,
    /// Hours ago, and who made it.
    made: (i64, usize),
    values: &'static [(&'static str, &'static str)],
}

const SEEDS: &[Seed] = &[
    Seed {
        kind: Companies,
        id: 77,
        made: (900, 0),
        values: &[
            ("name", "Jacquard Looms"),
            ("domain", "jacquard.example"),
            ("city", "Lyon"),
            ("country", "France"),
            ("industry", "TEXTILES"),
            ("numberofemployees", "40"),
            ("lifecyclestage", "customer"),
        ],
    },
    Seed {
        kind: Companies,
        id: 78,
        made: (800, 1),
        values: &[
            ("name", "Difference Works"),
            ("domain", "difference.example"),
            ("city", "London"),
            ("industry", "MACHINERY"),
            ("numberofemployees", "7"),
            ("lifecyclestage", "lead"),
        ],
    },
    Seed {
        kind: Contacts,
        id: 51,
        made: (890, 0),
        values: &[
            ("email", "marie@jacquard.example"),
            ("firstname", "Marie"),
            ("lastname", "Jacquard"),
            ("phone", "+33 4 72 00 00 01"),
            ("company", "Jacquard Looms"),
            ("jobtitle", "Master weaver"),
            ("lifecyclestage", "customer"),
            ("hubspot_owner_id", "6166859"),
            ("numberofchildren", "1"),
        ],
    },
    Seed {
        kind: Contacts,
        id: 52,
        made: (790, 1),
        values: &[
            ("email", "charles@difference.example"),
            ("firstname", "Charles"),
            ("lastname", "Babbage"),
            ("company", "Difference Works"),
            ("lifecyclestage", "lead"),
            ("hs_lead_status", "IN_PROGRESS"),
            ("hubspot_owner_id", "6166860"),
        ],
    },
    Seed {
        kind: Contacts,
        id: 53,
        made: (300, 2),
        values: &[
            ("email", "mary@somerville.example"),
            ("firstname", "Mary"),
            ("lastname", "Somerville"),
            ("lifecyclestage", "lead"),
        ],
    },
    Seed {
        kind: Deals,
        id: 88,
        made: (200, 0),
        values: &[
            ("dealname", "Punched cards"),
            ("pipeline", "default"),
            ("dealstage", "qualifiedtobuy"),
            ("amount", "1500"),
            ("deal_currency_code", "EUR"),
            ("hubspot_owner_id", "6166859"),
        ],
    },
    Seed {
        kind: Deals,
        id: 89,
        made: (150, 1),
        values: &[
            ("dealname", "Second engine"),
            ("pipeline", "default"),
            ("dealstage", "appointmentscheduled"),
            ("amount", "17000"),
            ("deal_currency_code", "GBP"),
            ("hubspot_owner_id", "6166860"),
        ],
    },
    Seed {
        kind: Tickets,
        id: 91,
        made: (48, 2),
        values: &[
            ("subject", "Cards jam"),
            ("content", "The reader jams on every seventh card."),
            ("hs_pipeline", "0"),
            ("hs_pipeline_stage", "1"),
            ("hs_ticket_priority", "HIGH"),
            ("hubspot_owner_id", "6166861"),
        ],
    },
    Seed {
        kind: Notes,
        id: 95,
        made: (190, 0),
        values: &[
            ("hs_note_body", "Wants samples before the summer."),
            ("hs_timestamp", "2026-05-04T09:00:00Z"),
            ("hubspot_owner_id", "6166859"),
        ],
    },
    Seed {
        kind: Tasks,
        id: 96,
        made: (40, 2),
        values: &[
            ("hs_task_subject", "Send a card reader"),
            ("hs_task_status", "NOT_STARTED"),
            ("hs_task_type", "TODO"),
            ("hs_task_priority", "HIGH"),
            ("hs_timestamp", "2027-02-01T09:00:00Z"),
            ("hubspot_owner_id", "6166861"),
        ],
    },
];

type End = (Kind, u64);

const LINKS: &[(End, End)] = &[
    ((Contacts, 51), (Companies, 77)),
    ((Contacts, 52), (Companies, 78)),
    ((Deals, 88), (Contacts, 51)),
    ((Deals, 88), (Companies, 77)),
    ((Deals, 89), (Companies, 78)),
    ((Tickets, 91), (Contacts, 51)),
    ((Notes, 95), (Contacts, 51)),
    ((Tasks, 96), (Tickets, 91)),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    let portal = &mut stage.world.hubspot;
    for seed in SEEDS {
        let (hours, person) = seed.made;
        let pen = Pen::new(PEOPLE[person].number, hours_ago(now, hours));
        let own = seed.values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        portal.put(seed.kind, seed.id, &own.collect::<Values>(), pen);
    }
    for (from, to) in LINKS {
        links::add_plain(portal, *from, *to);
    }
}
