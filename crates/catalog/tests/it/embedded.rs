//! The catalogue walk over the toolkits that come with the binary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use catalog::{Action, Bound, Catalog, Credential, Effect, OriginMap, Slug, Tool, Toolkit, embedded_files};
use http::Method;
use serde_json::Value;
use url::Url;

/// The first-class toolkits in the published order.
const CURATED: [&str; 10] = [
    "gmail",
    "google-calendar",
    "slack",
    "google-sheets",
    "notion",
    "github",
    "hubspot",
    "outlook",
    "google-drive",
    "discord",
];

/// The OAuth clients that an operator can give an instance.
const MANAGED_CLIENTS: [&str; 7] = ["DISCORD", "GITHUB", "GOOGLE", "HUBSPOT", "MICROSOFT", "NOTION", "SLACK"];

/// Tools that read or write what not everybody's agent should: direct messages, who may see a calendar, company pages.
const BEYOND_DEFAULT: [&str; 21] = [
    "DISCORD_LIST_MY_CONNECTIONS",
    "GOOGLECALENDAR_CREATE_ACL_RULE",
    "GOOGLECALENDAR_CREATE_CALENDAR",
    "GOOGLECALENDAR_LIST_ACL_RULES",
    "GOOGLECALENDAR_PATCH_CALENDAR",
    "GOOGLECALENDAR_UPDATE_ACL_RULE",
    "LINKEDIN_FIND_ORGANIZATION",
    "LINKEDIN_GET_COMPANY_INFO",
    "LINKEDIN_GET_FOLLOWER_COUNT",
    "LINKEDIN_GET_ORGANIZATION",
    "LINKEDIN_GET_SHARE_STATISTICS",
    "LINKEDIN_LIST_COMMENTS",
    "LINKEDIN_LIST_LIKES",
    "LINKEDIN_LIST_POSTS",
    "OUTLOOK_GET_MAILBOX_SETTINGS",
    "REDDIT_GET_INBOX",
    "REDDIT_SEND_MESSAGE",
    "TWITTER_CREATE_A_NEW_DM_CONVERSATION",
    "TWITTER_GET_DM_EVENTS_WITH_A_USER",
    "TWITTER_GET_RECENT_DM_EVENTS",
    "TWITTER_SEND_A_NEW_MESSAGE_TO_A_USER",
];

/// Destructive tools that the default scopes allow, because the provider has no scope that writes and does not delete.
const DESTRUCTIVE_BY_DEFAULT: [&str; 25] = [
    "GMAIL_DELETE_DRAFT",
    "GMAIL_REMOVE_LABEL",
    "GOOGLECALENDAR_DELETE_EVENT",
    "GOOGLEDRIVE_DELETE_PERMISSION",
    "GOOGLEDRIVE_GOOGLE_DRIVE_DELETE_FOLDER_OR_FILE_ACTION",
    "GOOGLESHEETS_BATCH_UPDATE_SPREADSHEET",
    "GOOGLESHEETS_CLEAR_VALUES",
    "GOOGLESHEETS_DELETE_DIMENSION",
    "GOOGLESHEETS_DELETE_SHEET",
    "GOOGLESHEETS_SPREADSHEETS_VALUES_BATCH_CLEAR",
    "GOOGLESHEETS_SPREADSHEETS_VALUES_BATCH_CLEAR_BY_DATA_FILTER",
    "HUBSPOT_ARCHIVE_CONTACT",
    "LINKEDIN_DELETE_COMMENT",
    "LINKEDIN_DELETE_LINKED_IN_POST",
    "NOTION_DELETE_BLOCK",
    "NOTION_REPLACE_PAGE_CONTENT",
    "OUTLOOK_CANCEL_EVENT",
    "OUTLOOK_DELETE_EVENT",
    "OUTLOOK_DELETE_MESSAGE",
    "REDDIT_DELETE_REDDIT_COMMENT",
    "REDDIT_DELETE_REDDIT_POST",
    "SLACK_DELETES_A_MESSAGE_FROM_A_CHAT",
    "SLACK_DELETE_A_SCHEDULED_MESSAGE_IN_A_CHAT",
    "TWITTER_DELETE_LIST",
    "TWITTER_POST_DELETE_BY_POST_ID",
];

/// What providers call paging; here it is `limit`, `cursor` and `next_cursor`, and these are other names at most.
const PAGING_ELSEWHERE: [&str; 9] = [
    "after",
    "count",
    "max_results",
    "next_token",
    "page",
    "page_size",
    "page_token",
    "pagination_token",
    "per_page",
];

fn embedded() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
        // Compiles what the binary itself compiles when it is used.
        Catalog::load(embedded_files(), &OriginMap::none()).unwrap_or_else(|error| panic!("{error}"))
    });
    &CATALOG
}

#[test]
fn every_tool_has_an_example_that_its_parameters_accept() {
    for toolkit in embedded().toolkits() {
        for tool in &toolkit.tools {
            assert!(!tool.examples.is_empty(), "{} has no example", tool.name);
            assert!(tool.result.schema.is_some(), "{} does not say what its result looks like", tool.name);
            for example in &tool.examples {
                let arguments = example.arguments.as_object().expect("arguments are a table");
                tool.parameters
                    .accept(arguments)
                    .unwrap_or_else(|problems| panic!("{}: {problems:?}", tool.name));
            }
        }
    }
}

#[test]
fn the_first_class_toolkits_are_the_published_ones_in_their_order() {
    let catalog = embedded();
    let curated: Vec<&str> = catalog.curated().iter().map(|toolkit| toolkit.slug.as_str()).collect();
    assert_eq!(curated, CURATED);
    for toolkit in catalog.toolkits() {
        let place = CURATED.iter().position(|slug| *slug == toolkit.slug.as_str());
        assert_eq!(toolkit.curated.map(usize::from), place.map(|place| place + 1), "{}", toolkit.slug);
    }
}

#[test]
fn first_class_toolkits_name_a_managed_client_and_no_others_do() {
    for toolkit in embedded().toolkits() {
        let client = toolkit.managed_client.as_deref();
        assert!(client.is_none_or(|client| MANAGED_CLIENTS.contains(&client)), "{}", toolkit.slug);
        assert_eq!(client.is_some(), toolkit.curated.is_some(), "{}", toolkit.slug);
    }
}

#[test]
fn every_scope_is_listed_once_and_in_one_place() {
    for toolkit in embedded().toolkits() {
        let scopes = &toolkit.scopes;
        let listed = [&scopes.always, &scopes.default, &scopes.known];
        let mut seen = BTreeSet::new();
        for scope in listed.into_iter().flatten() {
            assert!(seen.insert(scope), "{}: `{scope}` twice", toolkit.slug);
            assert_eq!(scopes.short(scope), scope, "{}", toolkit.slug);
        }
        for scope in &scopes.unprefixed {
            assert!(seen.contains(scope), "{}: `{scope}` is not listed", toolkit.slug);
        }
    }
}

/// Which tools the default scopes serve is decided, not drifted into: what reads and writes every day, unless it is
/// named here, and nothing that destroys, unless it is named there.
#[test]
fn the_default_scopes_serve_everyday_tools_and_destroy_nothing() {
    let mut wrong = Vec::new();
    for toolkit in embedded().toolkits() {
        for tool in &toolkit.tools {
            let name = tool.name.as_str();
            // What a bot does waits for somebody who adds it to a server.
            let by_bot = tool.credential == Credential::Client { bounded_by: Bound::Grant };
            let expected = match tool.effect {
                _ if by_bot => false,
                Effect::Destructive => DESTRUCTIVE_BY_DEFAULT.contains(&name),
                Effect::Read | Effect::Write => !BEYOND_DEFAULT.contains(&name),
            };
            if served_by_default(toolkit, tool) != expected {
                wrong.push(format!("{name} ({})", tool.effect.as_str()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn served_by_default(toolkit: &Toolkit, tool: &Tool) -> bool {
    let asked = [toolkit.scopes.always.clone(), toolkit.scopes.default.clone()].concat();
    toolkit.scopes.suffice(&asked, &tool.scopes)
}

#[test]
fn a_tools_effect_fits_its_method() {
    for tool in embedded().toolkits().iter().flat_map(|toolkit| &toolkit.tools) {
        let Action::Request(request) = &tool.last_step().action else { panic!("{}", tool.name) };
        match request.method {
            Method::GET if tool.steps.len() > 1 => {}
            Method::GET => assert_eq!(tool.effect, Effect::Read, "{}", tool.name),
            Method::DELETE | Method::PUT | Method::PATCH => assert!(!tool.effect.is_read(), "{}", tool.name),
            _ => {}
        }
    }
}

#[test]
fn a_tool_that_acts_as_the_app_leaves_the_account_out() {
    for tool in embedded().toolkits().iter().flat_map(|toolkit| &toolkit.tools) {
        if matches!(tool.credential, Credential::Client { .. }) {
            let paths = tool.steps.iter().filter_map(|step| match &step.action {
                Action::Request(request) => request.path().map(ToString::to_string),
                Action::Fetch(_) => None,
            });
            let names_account = paths.into_iter().any(|path| path.contains("$account"));
            assert!(
                (tool.scopes.is_empty() || tool.credential.needs_account()) && !names_account,
                "{}",
                tool.name
            );
        }
    }
}

/// What the strict subsets of all model providers know: no `oneOf`, `allOf`, `not`, `const`, `$ref` or types of null.
const KEYWORDS: [&str; 18] = [
    "additionalProperties",
    "anyOf",
    "default",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
];

#[test]
fn model_providers_accept_every_tool() {
    let mut wrong = Vec::new();
    for tool in embedded().toolkits().iter().flat_map(|toolkit| &toolkit.tools) {
        let schema = tool.parameters.schema();
        if tool.name.len() > 64 || schema["type"] != "object" || schema.get("anyOf").is_some() {
            wrong.push(format!("{}: name or root", tool.name));
        }
        walk(schema, &mut |schema| {
            let Some(members) = schema.as_object() else {
                return wrong.push(format!("{}: a schema is an object", tool.name));
            };
            wrong.extend(
                members
                    .keys()
                    .filter(|keyword| !KEYWORDS.contains(&keyword.as_str()))
                    .map(|keyword| format!("{}: {keyword}", tool.name)),
            );
            if !(members.contains_key("anyOf") || members["type"].is_string()) {
                wrong.push(format!("{}: a type is one text", tool.name));
            }
            if members.get("type").is_some_and(|kind| kind == "array") && !members.contains_key("items") {
                wrong.push(format!("{}: an array without items", tool.name));
            }
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
            let odd = names.filter(|name| name.len() > 64 || !name.bytes().all(allowed));
            wrong.extend(odd.map(|name| format!("{}: an argument named {name}", tool.name)));
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_base64_is_never_cut() {
    for tool in embedded().toolkits().iter().flat_map(|toolkit| &toolkit.tools) {
        let Some(schema) = &tool.result.schema else { continue };
        walk(schema.as_value(), &mut |schema| {
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let is_base64 = property["description"].as_str().is_some_and(|text| text.contains("base64"));
                assert!(!is_base64 || tool.result.uncut.contains(name), "{}: {name}", tool.name);
            }
        });
    }
}

#[test]
fn descriptions_are_sentences() {
    let ends = |text: &str| text.ends_with('.') && !text.contains("  ") && text.trim() == text;
    let mut wrong = Vec::new();
    for toolkit in embedded().toolkits() {
        assert!(ends(&toolkit.description), "{}", toolkit.slug);
        for tool in &toolkit.tools {
            assert!(ends(&tool.description), "{}", tool.name);
            assert!(tool.last_step().operation.is_some(), "{} names no operation", tool.name);
            walk(tool.parameters.schema(), &mut |schema| {
                if let Some(description) = schema["description"].as_str()
                    && !ends(description)
                {
                    wrong.push(format!("{}: {description}", tool.name));
                }
            });
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn arguments_are_named_alike_everywhere() {
    let snake = |name: &str| {
        let words = name.split('_').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        words && name.starts_with(|first: char| first.is_ascii_lowercase())
    };
    let mut wrong = Vec::new();
    for tool in embedded().toolkits().iter().flat_map(|toolkit| &toolkit.tools) {
        // What lies deeper is the provider's own form, in the provider's spelling.
        let names: Vec<&str> = tool.parameters.names().collect();
        wrong.extend(names.iter().filter(|name| !snake(name)).map(|name| format!("{}: {name}", tool.name)));
        for elsewhere in PAGING_ELSEWHERE {
            if names.contains(&"limit") && names.contains(&elsewhere) {
                wrong.push(format!("{}: {elsewhere}", tool.name));
            }
        }
        if names.contains(&"limit") {
            let limit = &tool.parameters.schema()["properties"]["limit"];
            if !limit["default"].is_u64() || !limit["maximum"].is_u64() {
                wrong.push(format!("{} limits nothing", tool.name));
            }
        }
        let result = tool.result.expression.as_ref().map_or("", |result| result.source());
        if names.contains(&"cursor") && !result.contains("next_cursor") {
            let shared = tool.examples.iter().any(|example| !example.result["next_cursor"].is_null());
            let promised = tool
                .result
                .schema
                .as_ref()
                .is_some_and(|schema| schema.as_value()["properties"]["next_cursor"].is_object());
            if !shared && !promised {
                wrong.push(format!("{} takes a cursor and shows none", tool.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Visits a schema and every schema within it.
fn walk(schema: &Value, visit: &mut impl FnMut(&Value)) {
    visit(schema);
    let nested = schema["properties"].as_object().into_iter().flat_map(|map| map.values());
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    for inner in nested.chain(alternatives).chain(schema.get("items")) {
        walk(inner, visit);
    }
}

#[test]
fn folders_and_files_are_named_after_what_they_hold() {
    let catalog = embedded();
    let mut names = BTreeSet::new();
    for file in embedded_files() {
        let mut parts = file.path.split('/').skip(1);
        let toolkit = parts.next().and_then(Slug::parse).expect("a folder named by its slug");
        let toolkit = catalog.find_toolkit(toolkit.as_str()).expect("a folder of its own");
        if let (Some("tools"), Some(name)) = (parts.next(), parts.next()) {
            let stem = name.strip_suffix(".toml").expect("a manifest");
            let name = format!("{}{}", toolkit.slug.tool_prefix(), stem.to_ascii_uppercase());
            assert!(catalog.find_tool(&name).is_some(), "{} holds no {name}", file.path);
            assert!(names.insert(name), "{}", file.path);
        }
    }
    let tools: usize = catalog.toolkits().iter().map(|toolkit| toolkit.tools.len()).sum();
    assert_eq!(names.len(), tools);
}

#[test]
fn toolkits_of_one_provider_share_their_consent() {
    let shared = |toolkit: &Toolkit| {
        let oauth2 = toolkit.default_auth_scheme().oauth2().expect("OAuth 2.0");
        let addresses = (oauth2.authorization_url.clone(), oauth2.token_endpoint.url.clone());
        (addresses, oauth2.revocation.ends, toolkit.managed_client.clone())
    };
    let catalog = embedded();
    let mut providers = BTreeMap::new();
    for toolkit in catalog.toolkits() {
        let known = providers.entry(&toolkit.provider).or_insert_with(|| shared(toolkit));
        assert_eq!(*known, shared(toolkit), "{}", toolkit.slug);
    }
}

#[test]
fn the_origin_map_reaches_every_address_a_credential_is_sent_to() {
    let twin = Url::parse("http://localhost:9/google").unwrap();
    let origins = [
        "gmail.googleapis.com",
        "accounts.google.com",
        "oauth2.googleapis.com",
        "openidconnect.googleapis.com",
    ]
    .iter()
    .fold(OriginMap::none(), |map, host| map.with(&format!("https://{host}"), twin.clone()));
    let catalog = Catalog::embedded(&origins).unwrap();
    let gmail = catalog.find_toolkit("gmail").unwrap();
    let oauth2 = gmail.default_auth_scheme().oauth2().unwrap();
    assert_eq!(gmail.api.base_url.as_str(), "http://localhost:9/google/");
    assert_eq!(oauth2.token_endpoint.url.as_str(), "http://localhost:9/google/token");
    assert_eq!(oauth2.authorization_url.as_str(), "http://localhost:9/google/o/oauth2/v2/auth");
    let revocation = oauth2.revocation.request.as_ref().unwrap();
    assert_eq!(revocation.url.to_string(), "http://localhost:9/google/revoke");
    let identity = gmail.identity.as_ref().unwrap().request.as_ref().unwrap();
    assert_eq!(identity.url.as_str(), "http://localhost:9/google/v1/userinfo");
    assert!(gmail.api.allowed_bases.iter().all(|base| base.host_str() == Some("localhost")));
    assert_eq!(origins.targets(), ["localhost:9"]);
}
