//! Toolkits that nobody wrote: each follows from its number alone, so that all processes see the same ones. Their tools
//! work on plain records.

use std::sync::OnceLock;

use serde_json::json;

use super::catalogue::{Source, Toolkit};
use super::effects::Effect;
use super::schemes::Scheme;
use super::tool::{Hint, Spec, Tool};
use super::words::{FIRST, NOUNS, QUALIFIERS, SECOND};

/// How many there are to be shown.
pub(super) const MOST: usize = 3_000;

/// Up to so many tools are all about items.
const SMALL: usize = 8;

/// A service that is well known, or stands for something that the words do not give. Its tools are generated all the
/// same.
struct Known {
    slug: &'static str,
    name: &'static str,
    category: &'static str,
    schemes: &'static [Scheme],
    managed: bool,
    key: &'static str,
    extras: &'static [&'static str],
    tools: usize,
}

const fn known(
    slug: &'static str,
    name: &'static str,
    category: &'static str,
    schemes: &'static [Scheme],
    managed: bool,
) -> Known {
    Known { slug, name, category, schemes, managed, key: "generic_api_key", extras: &[], tools: 6 }
}

use Scheme::{
    ApiKey, Basic, BasicWithJwt, BearerToken, BillcomAuth, CalcomAuth, CimdOauth, DcrOauth,
    GoogleServiceAccount, NoAuth, Oauth1, Oauth2, S2sOauth2, Saml, ServiceAccount,
};

const KNOWN: &[Known] = &[
    known("jira", "Jira", "project-management", &[Oauth2, ApiKey], true),
    known("linear", "Linear", "project-management", &[Oauth2, ApiKey], true),
    known("asana", "Asana", "project-management", &[Oauth2], true),
    known("airtable", "Airtable", "databases", &[Oauth2, ApiKey, BearerToken], true),
    known("salesforce", "Salesforce", "crm", &[Oauth2], true),
    known("google_maps", "Google Maps", "location", &[Oauth2, ApiKey], true),
    known("microsoft_teams", "Microsoft Teams", "team-chat", &[Oauth2], true),
    known("one_drive", "OneDrive", "file-storage", &[Oauth2], true),
    known("zoho_books", "Zoho Books", "accounting", &[Oauth2], true),
    known("shopify", "Shopify", "e-commerce", &[Oauth2, ApiKey], false),
    known("xero", "Xero", "accounting", &[Oauth2], false),
    known("pipedrive", "Pipedrive", "crm", &[Oauth2], false),
    known("linkedin_ads", "LinkedIn Ads", "marketing", &[Oauth2], false),
    known("pinecone", "Pinecone", "databases", &[ApiKey], false),
    Known { extras: &["full"], ..known("firecrawl", "Firecrawl", "ai", &[ApiKey], false) },
    Known { key: "bearer_token", ..known("vercel", "Vercel", "developer-tools", &[ApiKey], false) },
    Known { extras: &["subdomain"], ..known("freshdesk", "Freshdesk", "customer-support", &[Basic], false) },
    known("stripe", "Stripe", "payments", &[ApiKey], false),
    known("sendgrid", "SendGrid", "email", &[BearerToken], false),
    known("trello", "Trello", "project-management", &[Oauth1], true),
    known("googlebigquery", "Google BigQuery", "databases", &[GoogleServiceAccount], false),
    known("zoominfo", "ZoomInfo", "crm", &[BasicWithJwt], false),
    known("billcom", "Bill.com", "accounting", &[BillcomAuth], false),
    known("cal", "Cal", "calendar", &[CalcomAuth], false),
    known("hackernews", "Hacker News", "media", &[NoAuth], false),
    known("codeinterpreter", "Code Interpreter", "ai", &[NoAuth], false),
    known("composio", "Composio", "ai", &[NoAuth], false),
    known("composio_search", "Composio Search", "ai", &[NoAuth], false),
    known("text_to_pdf", "Text to PDF", "documents", &[NoAuth], false),
    known("weathermap", "Weather Map", "location", &[NoAuth], false),
    known("_21risk", "21RISK", "security", &[ApiKey], false),
    known("open_ledger", "Open Ledger", "accounting", &[DcrOauth], true),
    known("fleet_hooks", "Fleet Hooks", "developer-tools", &[ServiceAccount], false),
    known("server_sync", "Server Sync", "developer-tools", &[S2sOauth2], false),
    known("docket", "Docket", "documents", &[CimdOauth], false),
    known("gatehouse", "Gatehouse", "security", &[Saml], false),
    Known { tools: 138, ..known("lantern_erp", "Lantern ERP", "accounting", &[ApiKey], false) },
    Known { tools: 1_204, ..known("meridian_cloud", "Meridian Cloud", "developer-tools", &[ApiKey], false) },
];

pub(super) fn toolkit(index: usize) -> Toolkit {
    match KNOWN.get(index) {
        Some(known) => well_known(known),
        None => invented(index - KNOWN.len()),
    }
}

fn well_known(known: &Known) -> Toolkit {
    Toolkit {
        slug: known.slug.to_owned(),
        name: known.name.to_owned(),
        about: format!("{}, as its API offers it.", known.name),
        categories: vec![known.category],
        schemes: known.schemes.to_vec(),
        managed: known.schemes[..usize::from(known.managed)].to_vec(),
        key: known.key,
        app_extras: &[],
        account_extras: known.extras,
        is_deprecated: false,
        source: Source::Generated(known.tools),
        tools: OnceLock::new(),
    }
}

fn invented(number: usize) -> Toolkit {
    let row = number % FIRST.len();
    let first = FIRST[row];
    let (second, category) = SECOND[(number / FIRST.len() + row) % SECOND.len()];
    let separator = if number % 6 == 5 { "_" } else { "" };
    let (schemes, managed) = schemes(number);
    let (_, another) = SECOND[(row * 7) % SECOND.len()];
    let mut categories = vec![category];
    if number.is_multiple_of(3) && another != category {
        categories.push(another);
    }
    Toolkit {
        slug: format!("{first}{separator}{second}").to_lowercase(),
        name: format!("{first} {second}"),
        about: format!("{first} {second} keeps what a team needs for {}.", category.replace('-', " ")),
        categories,
        account_extras: match number % 23 {
            7 if schemes != [NoAuth] => &["subdomain"],
            15 if schemes != [NoAuth] => &["base_url"],
            _ => &[],
        },
        schemes,
        managed,
        key: if number.is_multiple_of(3) { "api_key" } else { "generic_api_key" },
        app_extras: &[],
        is_deprecated: number % 125 == 62,
        source: Source::Generated(3 + number * 5 % 6),
        tools: OnceLock::new(),
    }
}

/// In about the vendor's proportions. The factor spreads the schemes over neighbouring numbers.
fn schemes(number: usize) -> (Vec<Scheme>, Vec<Scheme>) {
    match number * 37 % 100 {
        0..=66 => (vec![ApiKey], vec![]),
        67..=77 => (vec![Oauth2], vec![Oauth2]),
        78..=85 => (vec![Oauth2], vec![]),
        86 | 87 => (vec![Oauth2, ApiKey], vec![Oauth2]),
        88..=91 => (vec![BearerToken], vec![]),
        92..=94 => (vec![Basic], vec![]),
        95 => (vec![DcrOauth], vec![DcrOauth]),
        96 => (vec![NoAuth], vec![]),
        97 => (vec![Oauth2, BearerToken], vec![Oauth2]),
        98 => (vec![ApiKey, Basic], vec![]),
        _ => {
            let rare = [Oauth1, BasicWithJwt, ServiceAccount, S2sOauth2, GoogleServiceAccount];
            (vec![rare[number / 100 % rare.len()]], vec![])
        }
    }
}

/// The first `count` tools of a toolkit.
pub(super) fn tools(toolkit: &str, count: usize) -> Vec<Tool> {
    let verbs = if count > SMALL { 5 } else { SMALL };
    (0..count).map(|index| tool(toolkit, index / verbs, index % verbs)).collect()
}

/// What the records of a resource are called.
fn noun(resource: usize) -> String {
    match resource.checked_sub(1) {
        None => "item".to_owned(),
        Some(other) => {
            let qualifier = QUALIFIERS[other / NOUNS.len() % QUALIFIERS.len()];
            format!("{qualifier}{}", NOUNS[other % NOUNS.len()])
        }
    }
}

fn tool(toolkit: &str, resource: usize, verb: usize) -> Tool {
    let noun = noun(resource);
    let (one, words) = (noun.to_uppercase(), noun.replace('_', " "));
    let fields = "name description labels:list quantity:int active:bool";
    let id = format!("{noun}_id@");
    let (name, hint, takes, effect, about) = match verb {
        0 => {
            let takes = fields.replacen("name", "name!", 1);
            (format!("CREATE_{one}"), Hint::Creates, takes, Effect::Add, format!("Creates a new {words}."))
        }
        1 => {
            let takes = "limit:int query".to_owned();
            (
                format!("LIST_{one}S"),
                Hint::Reads,
                takes,
                Effect::List,
                format!("Lists each {words}, the latest first."),
            )
        }
        2 => (format!("GET_{one}"), Hint::Reads, id, Effect::Get, format!("Gets the {words} with an id.")),
        3 => {
            let takes = format!("{id} {fields}");
            (
                format!("UPDATE_{one}"),
                Hint::Updates,
                takes,
                Effect::Change,
                format!("Changes fields of the {words}."),
            )
        }
        4 => (
            format!("DELETE_{one}"),
            Hint::Destroys,
            id,
            Effect::Remove,
            format!("Deletes the {words} for good."),
        ),
        5 => {
            let about = format!("Says how many there are of the {words}.");
            (format!("COUNT_{one}S"), Hint::Reads, String::new(), Effect::Count, about)
        }
        6 => {
            let takes = "query! limit:int".to_owned();
            (
                format!("SEARCH_{one}S"),
                Hint::Reads,
                takes,
                Effect::List,
                format!("Searches each {words} by its text."),
            )
        }
        _ => {
            let me = Effect::Me(|person| json!({"name": person.name(), "email": person.email}));
            (
                "GET_CURRENT_USER".to_owned(),
                Hint::Reads,
                String::new(),
                me,
                "Says whose account it is.".to_owned(),
            )
        }
    };
    let spec = Spec { name: &name, about: &about, takes: &takes, hint, scopes: &[], kind: &noun, effect };
    Tool::new(toolkit, &spec, verb < 2)
}
