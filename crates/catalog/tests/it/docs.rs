//! The pages about the toolkits, `docs/toolkits/README.md` and one each, are made of the manifests. This says where they
//! are not current; `UPDATE_DOCS=1` writes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use catalog::{AuthScheme, Bound, Catalog, Credential, OAuth2, OriginMap, Tool, Toolkit};
use serde_json::Value;

/// The operations that people expect of each toolkit: `toolkit operation`, a line each.
const YARDSTICK: &str = include_str!("yardstick.txt");
/// How many tools of a toolkit also run against an emulator that somebody else wrote, see `interop/emulate.test.mjs`.
const EMULATED: [(&str, usize); 6] = [
    ("github", 23),
    ("gmail", 26),
    ("google-calendar", 7),
    ("google-drive", 11),
    ("outlook", 1),
    ("slack", 36),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/toolkits")
}

fn yardstick(toolkit: &Toolkit) -> Vec<&'static str> {
    let lines = YARDSTICK.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(slug, _)| *slug == toolkit.slug.as_str()).map(|(_, operation)| operation).collect()
}

/// The provider's operations that the tools carry out.
fn operations(toolkit: &Toolkit) -> BTreeSet<&str> {
    let steps = toolkit.tools.iter().flat_map(|tool| &tool.steps);
    steps.filter_map(|step| step.operation.as_deref()).collect()
}

#[test]
fn every_expected_operation_can_be_carried_out() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let lines = YARDSTICK.lines().filter_map(|line| line.split_once(' '));
    let missing = lines.filter(|(slug, operation)| {
        !catalog.find_toolkit(slug).is_some_and(|toolkit| operations(toolkit).contains(operation))
    });
    assert_eq!(missing.collect::<Vec<_>>(), []);
}

#[test]
fn the_pages_are_current() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let mut toolkits: Vec<&Toolkit> = catalog.toolkits().iter().map(AsRef::as_ref).collect();
    toolkits.sort_by_key(|toolkit| (toolkit.curated.unwrap_or(u8::MAX), toolkit.display_name.clone()));
    let mut pages = vec![("README".to_owned(), overview(&toolkits))];
    pages.extend(toolkits.iter().map(|toolkit| (toolkit.slug.to_string(), page(toolkit))));
    let mut stale = Vec::new();
    for (name, text) in &pages {
        let path = folder().join(format!("{name}.md"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, text).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "UPDATE_DOCS=1 cargo nextest run -p catalog docs: {stale:?}");
    let known: BTreeSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".md");
        assert!(name == "writing" || known.contains(name), "{name}.md is about no toolkit");
    }
}

fn overview(toolkits: &[&Toolkit]) -> String {
    let mut text = "# Toolkits\n\nMade of the [manifests](../../toolkits). The first ten are the published ones; the others need an OAuth client of \
                    the\napp's own. [Writing a toolkit](writing.md) says how to add one.\n\n\
                    | toolkit | tools | expected operations | default scopes | twin | emulator |\n\
                    |---|---|---|---|---|---|\n"
        .to_owned();
    for toolkit in toolkits {
        let (expected, have) = (yardstick(toolkit), operations(toolkit));
        let covered = expected.iter().filter(|operation| have.contains(**operation)).count();
        let expected =
            if expected.is_empty() { "".to_owned() } else { format!("{covered} of {}", expected.len()) };
        let scopes = toolkit.scopes.default.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>();
        let emulated = EMULATED.iter().find(|(slug, _)| *slug == toolkit.slug.as_str());
        let emulator = emulated.map_or_else(String::new, |(_, tools)| format!("{tools} tools"));
        writeln!(
            text,
            "| [{}]({}.md) | {} | {expected} | {} | yes | {emulator} |",
            toolkit.display_name,
            toolkit.slug,
            toolkit.tools.len(),
            scopes.join(" "),
        )
        .unwrap();
    }
    text
}

fn page(toolkit: &Toolkit) -> String {
    let mut text = format!(
        "# {}\n\n{} `toolkit: \"{}\"`. [The provider's documentation]({}).\n",
        toolkit.display_name, toolkit.description, toolkit.slug, toolkit.docs_url
    );
    if let Some(oauth2) = toolkit.auth_schemes.iter().find_map(AuthScheme::oauth2) {
        connecting(&mut text, toolkit, oauth2);
    }
    text.push_str("\n## Tools\n");
    for tool in &toolkit.tools {
        describe(&mut text, toolkit, tool);
    }
    text
}

fn connecting(text: &mut String, toolkit: &Toolkit, oauth2: &OAuth2) {
    text.push_str("\n## Connecting\n\n");
    match &toolkit.managed_client {
        Some(client) => {
            writeln!(
                text,
                "An instance that has a client of its own (`BBI_MANAGED__{client}__CLIENT_ID`) needs nothing from the app. With a client of the app's \
                 own:\n"
            )
            .unwrap();
        }
        None => text.push_str("The app brings an OAuth client of its own:\n\n"),
    }
    if let Some(setup) = &toolkit.setup {
        writeln!(text, "1. Go to <{}>.", setup.register_at).unwrap();
        setup.steps.iter().for_each(|step| writeln!(text, "1. {step}").unwrap());
    }
    writeln!(
        text,
        "1. The redirect URI is `<public URL>/v1/<app id>/integrations/callback/{}`; `list_available` and `configure` say it in full.",
        toolkit.slug
    )
    .unwrap();
    let fields = oauth2.client_fields.iter().map(|field| format!(", `{}`", field.name)).collect::<String>();
    writeln!(text, "1. Pass `client_id`, `client_secret`{fields} as `oauth_credentials` to `configure`.")
        .unwrap();
    let list =
        |scopes: &[String]| scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" ");
    let asked = [list(&toolkit.scopes.always), list(&toolkit.scopes.default)].join(" ");
    if !asked.trim().is_empty() {
        writeln!(text, "\nUnless the app names scopes, users are asked for {}.", asked.trim()).unwrap();
    }
}

fn describe(text: &mut String, toolkit: &Toolkit, tool: &Tool) {
    let asked = [toolkit.scopes.always.clone(), toolkit.scopes.default.clone()].concat();
    let mut notes = vec![tool.effect.as_str().to_owned()];
    let sets: Vec<String> = tool.scopes.iter().map(|set| format!("`{}`", set.0.join(" "))).collect();
    if !sets.is_empty() {
        notes.push(format!("needs {}", sets.join(" or ")));
    }
    match &tool.credential {
        Credential::Client { bounded_by: Bound::OwnClient } => {
            notes.push("only with the app's own client".to_owned())
        }
        Credential::Client { .. } => notes.push("acts as the app".to_owned()),
        Credential::Account { .. } => {}
    }
    if !toolkit.scopes.suffice(&asked, &tool.scopes) {
        notes.push("beyond the default scopes".to_owned());
    }
    write!(text, "\n### {}\n\n{} ({})\n", tool.name, tool.description, notes.join("; ")).unwrap();
    let schema = tool.parameters.schema();
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty())
    else {
        return;
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    text.push_str("\n| argument | type | |\n|---|---|---|\n");
    for (name, property) in properties {
        let must = if required.contains(&Value::from(name.as_str())) { ", required" } else { "" };
        let description = property["description"].as_str().unwrap_or_default().replace('|', "\\|");
        writeln!(text, "| `{name}` | {}{must} | {description} |", kind(property)).unwrap();
    }
}

fn kind(schema: &Value) -> String {
    if let Some(options) = schema["enum"].as_array() {
        let options: Vec<String> =
            options.iter().map(|option| format!("`{}`", option.to_string().trim_matches('"'))).collect();
        return options.join(" ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some(kind) => kind.to_owned(),
        None => {
            let branches = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
            branches.into_iter().flatten().map(kind).collect::<Vec<_>>().join(" or ")
        }
    }
}

#[test]
fn every_toolkit_has_an_icon_and_says_how_to_get_a_client() {
    for toolkit in Catalog::embedded(&OriginMap::none()).unwrap().toolkits() {
        let setup = toolkit.setup.as_ref().unwrap_or_else(|| panic!("{} has no setup", toolkit.slug));
        assert!(setup.steps.iter().all(|step| step.ends_with('.')), "{}", toolkit.slug);
        let icon = toolkit.icon.as_ref().unwrap_or_else(|| panic!("{} has no icon", toolkit.slug));
        assert!(icon.svg().starts_with("<svg "), "{}", toolkit.slug);
    }
}
