//! The API's operations with the parameters and bodies of the official description.

use super::kinds::Kind;
use super::scopes::{
    COMPANIES_READ, COMPANIES_WRITE, CONTACTS_READ, CONTACTS_WRITE, DEALS_READ, DEALS_WRITE, LINKS_READ,
    LINKS_WRITE, OWNERS, SETTINGS_READ, TICKETS,
};
use super::{Handler, batch, links, objects, search, settings};
use crate::route::{Route, route};
use crate::strict::{Field, Fields, Shape, may, must};

const TEXTS: Shape = Shape::List(&Shape::Text);
const AFTER: Field = may("after", Shape::Text);
const LIMIT: Field = may("limit", Shape::Integer);
const ARCHIVED: Field = may("archived", Shape::Boolean);
const PROPERTIES: Field = may("properties", TEXTS);
const HISTORY: Field = may("propertiesWithHistory", TEXTS);
const ASSOCIATIONS: Field = may("associations", TEXTS);
const ID_PROPERTY: Field = may("idProperty", Shape::Text);
const TRACE: Field = may("objectWriteTraceId", Shape::Text);
/// From name to text, which is looked at when the names are.
const VALUES: Field = must("properties", Shape::Any);

const SPEC: Shape = Shape::Object(&[
    must("associationCategory", Shape::OneOf(&["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"])),
    must("associationTypeId", Shape::Integer),
]);
const LINKS: Field = may(
    "associations",
    Shape::List(&Shape::Object(&[
        must("to", Shape::Object(&[must("id", Shape::Text)])),
        must("types", Shape::List(&SPEC)),
    ])),
);
const FILTER: Shape = Shape::Object(&[
    must("propertyName", Shape::Text),
    must(
        "operator",
        Shape::OneOf(&[
            "EQ",
            "NEQ",
            "LT",
            "LTE",
            "GT",
            "GTE",
            "BETWEEN",
            "IN",
            "NOT_IN",
            "HAS_PROPERTY",
            "NOT_HAS_PROPERTY",
            "CONTAINS_TOKEN",
            "NOT_CONTAINS_TOKEN",
        ]),
    ),
    may("value", Shape::Text),
    may("highValue", Shape::Text),
    may("values", TEXTS),
]);

const NONE: Fields = &[];
const PAGE: Fields = &[AFTER, LIMIT, ARCHIVED, PROPERTIES, HISTORY, ASSOCIATIONS];
const ONE: Fields = &[ARCHIVED, ID_PROPERTY, PROPERTIES, HISTORY, ASSOCIATIONS];
const BY: Fields = &[ID_PROPERTY];
const NEW: Fields = &[VALUES, LINKS];
const CHANGE: Fields = &[VALUES];
const SEARCH: Fields = &[
    may("query", Shape::Text),
    LIMIT,
    AFTER,
    may("sorts", TEXTS),
    PROPERTIES,
    may("filterGroups", Shape::List(&Shape::Object(&[must("filters", Shape::List(&FILTER))]))),
];
const BATCH_NEW: Fields = &[must("inputs", Shape::List(&Shape::Object(&[VALUES, LINKS, TRACE])))];
const BATCH_CHANGE: Fields =
    &[must("inputs", Shape::List(&Shape::Object(&[must("id", Shape::Text), VALUES, ID_PROPERTY, TRACE])))];
const BATCH_IDS: Fields = &[must("inputs", Shape::List(&Shape::Object(&[must("id", Shape::Text)])))];
const BATCH_READ: Fields = &[
    must("inputs", Shape::List(&Shape::Object(&[must("id", Shape::Text)]))),
    must("properties", TEXTS),
    must("propertiesWithHistory", TEXTS),
    ID_PROPERTY,
];
const LINK_PAGE: Fields = &[AFTER, LIMIT];
const LINK_TYPES: Fields = &[must("types", Shape::List(&SPEC))];
const OWNERS_PAGE: Fields = &[AFTER, ARCHIVED, may("email", Shape::Text), LIMIT];
const ONE_OWNER: Fields = &[ARCHIVED, may("idProperty", Shape::OneOf(&["id", "userId"]))];
const DEFINITIONS: Fields =
    &[ARCHIVED, may("dataSensitivity", Shape::OneOf(&["highly_sensitive", "non_sensitive", "sensitive"]))];

/// The operations that every kind of record has, under its path and the name of its API.
macro_rules! records {
    ($kind:expr, $path:literal, $api:literal, $read:expr, $write:expr) => {
        &[
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/search"),
                concat!($api, ".SearchApi.doSearch"),
                $read,
                NONE,
                Some(SEARCH),
                Handler::Records($kind, search::search),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/batch/create"),
                concat!($api, ".BatchApi.create"),
                $write,
                NONE,
                Some(BATCH_NEW),
                Handler::Records($kind, batch::create),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/batch/read"),
                concat!($api, ".BatchApi.read"),
                $read,
                &[ARCHIVED],
                Some(BATCH_READ),
                Handler::Records($kind, batch::read),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/batch/update"),
                concat!($api, ".BatchApi.update"),
                $write,
                NONE,
                Some(BATCH_CHANGE),
                Handler::Records($kind, batch::update),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/batch/upsert"),
                concat!($api, ".BatchApi.upsert"),
                $write,
                NONE,
                Some(BATCH_CHANGE),
                Handler::Records($kind, batch::upsert),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path, "/batch/archive"),
                concat!($api, ".BatchApi.archive"),
                $write,
                NONE,
                Some(BATCH_IDS),
                Handler::Records($kind, batch::archive),
            ),
            route(
                "GET",
                concat!("/crm/v3/objects/", $path),
                concat!($api, ".BasicApi.getPage"),
                $read,
                PAGE,
                None,
                Handler::Records($kind, objects::list),
            ),
            route(
                "POST",
                concat!("/crm/v3/objects/", $path),
                concat!($api, ".BasicApi.create"),
                $write,
                NONE,
                Some(NEW),
                Handler::Records($kind, objects::create),
            ),
            route(
                "GET",
                concat!("/crm/v3/objects/", $path, "/{id}"),
                concat!($api, ".BasicApi.getById"),
                $read,
                ONE,
                None,
                Handler::Records($kind, objects::get),
            ),
            route(
                "PATCH",
                concat!("/crm/v3/objects/", $path, "/{id}"),
                concat!($api, ".BasicApi.update"),
                $write,
                BY,
                Some(CHANGE),
                Handler::Records($kind, objects::update),
            ),
            route(
                "DELETE",
                concat!("/crm/v3/objects/", $path, "/{id}"),
                concat!($api, ".BasicApi.archive"),
                $write,
                NONE,
                None,
                Handler::Records($kind, objects::archive),
            ),
        ]
    };
}

/// The operation whose body is a bare array.
pub(super) const LINK: &str = "crm.associations.v4.BasicApi.create";
const PAIR: &str = "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}/{toObjectId}";
const DEFAULT_PAIR: &str =
    "/crm/v4/objects/{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}";

const ASSOCIATION_ROUTES: &[Route<Handler>] = &[
    route(
        "PUT",
        DEFAULT_PAIR,
        "crm.associations.v4.BasicApi.createDefault",
        LINKS_WRITE,
        NONE,
        None,
        Handler::Other(links::create_default),
    ),
    route("PUT", PAIR, LINK, LINKS_WRITE, NONE, Some(LINK_TYPES), Handler::Other(links::create)),
    route(
        "DELETE",
        PAIR,
        "crm.associations.v4.BasicApi.archive",
        LINKS_WRITE,
        NONE,
        None,
        Handler::Other(links::archive),
    ),
    route(
        "GET",
        "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}",
        "crm.associations.v4.BasicApi.getPage",
        LINKS_READ,
        LINK_PAGE,
        None,
        Handler::Other(links::list),
    ),
    route(
        "GET",
        "/crm/v4/associations/{fromObjectType}/{toObjectType}/labels",
        "crm.associations.v4.schema.DefinitionsApi.getAll",
        SETTINGS_READ,
        NONE,
        None,
        Handler::Other(links::labels),
    ),
];

const SETTINGS_ROUTES: &[Route<Handler>] = &[
    route(
        "GET",
        "/crm/v3/owners",
        "crm.owners.BasicApi.crmV3Owners",
        OWNERS,
        OWNERS_PAGE,
        None,
        Handler::Other(settings::owners),
    ),
    route(
        "GET",
        "/crm/v3/owners/",
        "crm.owners.OwnersApi.getPage",
        OWNERS,
        OWNERS_PAGE,
        None,
        Handler::Other(settings::owners),
    ),
    route(
        "GET",
        "/crm/v3/owners/{ownerId}",
        "crm.owners.BasicApi.getById",
        OWNERS,
        ONE_OWNER,
        None,
        Handler::Other(settings::owner),
    ),
    route(
        "GET",
        "/crm/v3/pipelines/{objectType}",
        "crm.pipelines.BasicApi.getAll",
        SETTINGS_READ,
        NONE,
        None,
        Handler::Other(settings::pipelines),
    ),
    route(
        "GET",
        "/crm/v3/pipelines/{objectType}/{pipelineId}",
        "crm.pipelines.BasicApi.getById",
        SETTINGS_READ,
        NONE,
        None,
        Handler::Other(settings::pipeline),
    ),
    route(
        "GET",
        "/crm/v3/pipelines/{objectType}/{pipelineId}/stages",
        "crm.pipelines.BasicApi.getAll_3",
        SETTINGS_READ,
        NONE,
        None,
        Handler::Other(settings::stages),
    ),
    route(
        "GET",
        "/crm/v3/properties/{objectType}",
        "crm.properties.CoreApi.getAll",
        SETTINGS_READ,
        DEFINITIONS,
        None,
        Handler::Other(settings::properties),
    ),
    route(
        "GET",
        "/crm/v3/properties/{objectType}/{propertyName}",
        "crm.properties.CoreApi.getByName",
        SETTINGS_READ,
        DEFINITIONS,
        None,
        Handler::Other(settings::property),
    ),
];

pub(super) const ROUTES: &[&[Route<Handler>]] = &[
    records!(Kind::Contacts, "contacts", "crm.contacts", CONTACTS_READ, CONTACTS_WRITE),
    records!(Kind::Companies, "companies", "crm.companies", COMPANIES_READ, COMPANIES_WRITE),
    records!(Kind::Deals, "deals", "crm.deals", DEALS_READ, DEALS_WRITE),
    records!(Kind::Tickets, "tickets", "crm.tickets", TICKETS, TICKETS),
    // Whoever may read and write contacts may do so with what stands on their timelines.
    records!(Kind::Notes, "notes", "crm.objects.notes", CONTACTS_READ, CONTACTS_WRITE),
    records!(Kind::Tasks, "tasks", "crm.objects.tasks", CONTACTS_READ, CONTACTS_WRITE),
    records!(Kind::Calls, "calls", "crm.objects.calls", CONTACTS_READ, CONTACTS_WRITE),
    ASSOCIATION_ROUTES,
    SETTINGS_ROUTES,
];
