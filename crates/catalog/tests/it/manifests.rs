//! A wrong manifest fails with file, line and reason.

use catalog::{Action, Catalog, ManifestFile, OriginMap};

const TOOLKIT: &str = r#"slug = "acme"
display_name = "Acme"
description = "Rockets."
categories = ["test"]
docs_url = "https://acme.example/docs"

[api]
base_url = "https://api.acme.example"

[scopes]
known = ["rockets"]

[[auth]]
scheme = "API_KEY"
fields = [{ name = "api_key", label = "API key" }]
credential = { headers = { x-api-key = "{api_key}" } }

[identity]
request = { method = "GET", url = "https://api.acme.example/me" }
subject = ".profile.id"
"#;

const TOOL: &str = r#"name = "ACME_LAUNCH"
description = "Launch a rocket."
effect = "write"
scopes = ["rockets"]

[parameters]
type = "object"

[parameters.properties]
id = { type = "string", description = "Which one." }

[request]
method = "POST"
path = "/rockets/{id}"
body = '''
{
  when: .when
}
'''
"#;

fn load(toolkit: &str, tool: &str) -> Result<Catalog, String> {
    let files = [("acme/toolkit.toml", toolkit), ("acme/tools/launch.toml", tool)];
    let files = files.map(|(path, text)| ManifestFile { path: path.into(), text: text.into() });
    Catalog::load(files, &OriginMap::none()).map_err(|error| error.to_string())
}

#[test]
fn a_right_one_is_read() {
    let catalog = load(TOOLKIT, TOOL).unwrap();
    let Action::Request(request) = &catalog.find_tool("ACME_LAUNCH").unwrap().last_step().action else {
        panic!()
    };
    assert_eq!(request.path().unwrap().to_string(), "/rockets/{id}");
}

#[test]
fn a_wrong_toolkit_says_file_line_and_reason() {
    for (right, wrong, message) in [
        (
            "slug = \"acme\"",
            "slug = \"Acme\"",
            "acme/toolkit.toml:1: `Acme` is no slug: use lower-case letters, digits and hyphens",
        ),
        ("Rockets.", "", "acme/toolkit.toml:3: must not be empty"),
        ("docs_url", "docs", "acme/toolkit.toml:5: unknown field `docs`"),
        (
            "https://api.acme.example\"\n",
            "http://api.acme.example\"\n",
            "acme/toolkit.toml:8: `http://api.acme.example` must begin with https://",
        ),
        ("\"rockets\"]", "\"two words\"]", "acme/toolkit.toml:11: `two words` is no scope"),
        (
            "API_KEY",
            "OAUTH1",
            "acme/toolkit.toml:14: `OAUTH1` is not served; served are OAUTH2, API_KEY, BASIC, BEARER_TOKEN, NO_AUTH, S2S_OAUTH2",
        ),
        ("API_KEY", "OAUTH2", "acme/toolkit.toml:14: OAUTH2 needs a table `auth.oauth2`"),
        ("{api_key}", "{key}", "acme/toolkit.toml:16: `{key}` is not known here; known are: api_key"),
        (".profile.id", ".profile.(", "acme/toolkit.toml:20: "),
    ] {
        let error = load(&TOOLKIT.replacen(right, wrong, 1), TOOL).unwrap_err();
        assert!(error.starts_with(message), "{error}\nis not\n{message}");
    }
}

#[test]
fn tokens_are_minted_of_a_client_that_the_user_types_in() {
    let i = TOOLKIT.find("scheme = ").unwrap();
    let j = TOOLKIT.find("[identity]").unwrap();
    let auth = "scheme = \"S2S_OAUTH2\"\n\
                fields = [{ name = \"site\", label = \"Site\", secret = false }]\n\
                credential = { headers = { Client-Id = \"{client_id}\", x-token = \"{access_token}\" } }\n\
                [auth.client_credentials]\n\
                token_url = \"https://acme.example/token\"\n\
                client_authentication = \"body\"\n\
                refresh = \"re-mint\"\n\
                token_parameters = { audience = \"{site}\" }\n";
    let toolkit = format!("{}{auth}{}", &TOOLKIT[..i], &TOOLKIT[j..]);
    let catalog = load(&toolkit, TOOL).unwrap();
    let declared = catalog.find_toolkit("acme").unwrap().default_auth_scheme().client_credentials().unwrap();
    let fields: Vec<(&str, bool)> =
        declared.fields.iter().map(|field| (field.name.as_str(), field.secret)).collect();
    assert_eq!(fields, [("client_id", false), ("client_secret", true), ("site", false)]);

    for (right, wrong, message) in [
        ("re-mint", "stable", "acme/toolkit.toml:20: S2S_OAUTH2 knows no other class than `re-mint`"),
        ("\"body\"", "\"none\"", "acme/toolkit.toml:19: S2S_OAUTH2 proves the client by `body` or `basic`"),
        ("\"site\"", "\"client_id\"", "acme/toolkit.toml:18: `client_id` is asked for by itself"),
        (
            "{site}",
            "{client_secret}",
            "acme/toolkit.toml:21: `{client_secret}` is not known here; known are: ",
        ),
        (
            "{client_id}",
            "{client_secret}",
            "acme/toolkit.toml:16: `{client_secret}` is not known here; known are: ",
        ),
        (
            "[auth.client_credentials]",
            "[auth.oauth2]",
            "acme/toolkit.toml:21: unknown field `token_parameters`",
        ),
        ("S2S_OAUTH2", "API_KEY", "acme/toolkit.toml:14: API_KEY has no table `auth.client_credentials`"),
        (
            "https://acme.example/token",
            "http://acme.example/token",
            "acme/toolkit.toml:18: `http://acme.example/token` must begin with https://",
        ),
    ] {
        let error = load(&toolkit.replacen(right, wrong, 1), TOOL).unwrap_err();
        assert!(error.starts_with(message), "{error}\nis not\n{message}");
    }
    let bare = TOOLKIT.replacen("API_KEY", "S2S_OAUTH2", 1);
    let error = load(&bare, TOOL).unwrap_err();
    assert_eq!(error, "acme/toolkit.toml:14: S2S_OAUTH2 needs a table `auth.client_credentials`");
    let oauth2 = "scheme = \"OAUTH2\"\n[auth.oauth2]\nauthorization_url = \"https://acme.example/a\"\n\
                  token_url = \"https://acme.example/token\"\npkce = \"S256\"\n\
                  client_authentication = \"body\"\nrefresh = \"re-mint\"\nrevocation = { ends = \"none\" }\n";
    let error = load(&format!("{}{oauth2}{}", &TOOLKIT[..i], &TOOLKIT[j..]), TOOL).unwrap_err();
    assert_eq!(error, "acme/toolkit.toml:20: `re-mint` belongs to S2S_OAUTH2, and only to it");
}

#[test]
fn a_wrong_tool_says_file_line_and_reason() {
    for (right, wrong, message) in [
        (
            "ACME_LAUNCH",
            "LAUNCH",
            "acme/tools/launch.toml:1: a tool here is named `ACME_` and capital letters, digits or underscores",
        ),
        (
            "Launch a rocket.",
            "",
            "acme/tools/launch.toml:2: a description has 1 to 300 characters, this one has 0",
        ),
        ("\"write\"", "\"writes\"", "acme/tools/launch.toml:3: unknown variant `writes`"),
        (
            "[\"rockets\"]",
            "[\"rocket\"]",
            "acme/tools/launch.toml:4: `rocket` is not among the toolkit's scopes",
        ),
        ("\"object\"", "\"string\"", "acme/tools/launch.toml:6: parameters must have `type = \"object\"`"),
        (", description = \"Which one.\"", "", "acme/tools/launch.toml:6: parameter `id` has no description"),
        (
            "type = \"string\", d",
            "type = \"string\", not = {}, d",
            "acme/tools/launch.toml:6: parameter `id` uses `not`, which not every model provider accepts",
        ),
        ("\"POST\"", "\"SEND\"", "acme/tools/launch.toml:13: `SEND` is not GET, POST, PUT, PATCH or DELETE"),
        (
            "{id}",
            "{name}",
            "acme/tools/launch.toml:14: `{name}` is not known here; known are: id, $account.subject",
        ),
        (
            "{id}",
            "{$account.label}",
            "acme/tools/launch.toml:14: `{$account.label}` is not known here; known are: id, $account.subject",
        ),
        (
            "/rockets/{id}",
            "rockets",
            "acme/tools/launch.toml:14: a path begins with `/` and has neither query nor fragment",
        ),
        (".when", "when", "acme/tools/launch.toml:17: unknown filter `when`"),
    ] {
        let error = load(TOOLKIT, &TOOL.replacen(right, wrong, 1)).unwrap_err();
        assert!(error.starts_with(message), "{error}\nis not\n{message}");
    }
}

/// A check of the tool, as its author would add it.
const CHECK: &str = r#"
[check]
arguments = ["id"]
settles_after_seconds = 60
found = "."
[[check.steps]]
name = "launch"
request = { method = "GET", path = "/rockets/{id}/launch" }
"#;

#[test]
fn a_check_reads_and_is_of_a_tool_that_writes_once() {
    load(TOOLKIT, &format!("{TOOL}{CHECK}")).unwrap();
    for (right, wrong, message) in [
        ("[\"id\"]", "[\"name\"]", "the tool has no such argument"),
        ("[\"id\"]", "[]", "`{id}` is not known here; known are: $account.subject"),
        ("= 60", "= 0", "must be 1 to 3600"),
        ("\"GET\"", "\"PUT\"", "a check has at least one step, and all of them read"),
    ] {
        let error = load(TOOLKIT, &format!("{TOOL}{}", CHECK.replacen(right, wrong, 1))).unwrap_err();
        assert!(error.ends_with(message), "{error}\nis not\n{message}");
    }
    for (right, wrong) in [("\"POST\"", "\"GET\""), ("[request]", "[request]\neach = \"[.id]\"")] {
        let error = load(TOOLKIT, &format!("{}{CHECK}", TOOL.replacen(right, wrong, 1))).unwrap_err();
        let message = "a check is for a tool that changes something with exactly one request";
        assert!(error.ends_with(message), "{error}\nis not\n{message}");
    }
}

#[test]
fn a_folder_without_its_toolkit_and_a_tool_given_twice_are_refused() {
    let file = |path: &str, text: &str| ManifestFile { path: path.into(), text: text.into() };
    let error = Catalog::load([file("acme/tools/launch.toml", TOOL)], &OriginMap::none()).unwrap_err();
    assert_eq!(error.to_string(), "acme/tools/launch.toml:1: the folder has no toolkit.toml");
    let files = [
        file("acme/toolkit.toml", TOOLKIT),
        file("acme/tools/a.toml", TOOL),
        file("acme/tools/b.toml", TOOL),
    ];
    let error = Catalog::load(files, &OriginMap::none()).unwrap_err();
    assert_eq!(error.to_string(), "acme/tools/b.toml:1: the toolkit already has a tool `ACME_LAUNCH`");
}

#[test]
fn the_later_of_two_folders_with_one_slug_counts_whole() {
    let file = |path: &str, text: &str| ManifestFile { path: path.into(), text: text.into() };
    let files = [
        file("builtin/acme/toolkit.toml", TOOLKIT),
        file("builtin/acme/tools/launch.toml", TOOL),
        file("mine/acme/toolkit.toml", &TOOLKIT.replace("Rockets.", "Mine.")),
    ];
    let catalog = Catalog::load(files, &OriginMap::none()).unwrap();
    assert_eq!(catalog.find_toolkit("acme").unwrap().description, "Mine.");
    assert!(catalog.find_tool("ACME_LAUNCH").is_none());
}
