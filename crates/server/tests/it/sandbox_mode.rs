//! `bbi serve --sandbox` as a newcomer meets it: what is printed works when pasted, data survives, nothing gets out.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::process::{Process, bbi};
use crate::support::{Browser, client};

/// The last line that is printed at the start.
const LAST: &str = "reddit {";

fn sandbox(dir: &Path) -> Command {
    let mut command = bbi();
    command.args(["serve", "--sandbox"]).env("BBI_DATA_DIR", dir).env("BBI_LISTEN", "127.0.0.1:0");
    command
}

fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// The words of a pasted line as a shell splits them.
fn words(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' {line}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What curl would do with the line.
async fn curl(line: &str) -> (u16, Value) {
    let mut words = words(line).into_iter();
    assert_eq!(words.next().unwrap(), "curl");
    let (mut method, mut url, mut body, mut headers) = (Method::GET, None, None, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => {}
            "-H" => headers.push(words.next().unwrap()),
            "-d" => (method, body) = (Method::POST, words.next()),
            _ => assert!(url.replace(word).is_none(), "two addresses in {line}"),
        }
    }
    let mut request = client().request(method, url.unwrap());
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let response = request.body(body.unwrap_or_default()).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

/// The value after a label of the welcome.
fn labelled<'a>(welcome: &'a str, label: &str) -> &'a str {
    welcome.lines().find_map(|line| line.strip_prefix(label)).unwrap().trim()
}

fn json_line<'a>(welcome: &'a str, start: &str) -> &'a str {
    welcome.lines().find(|line| line.starts_with(start)).unwrap()
}

/// The client that is registered at a twin for the app to bring.
fn own_client(welcome: &str, provider: &str) -> Value {
    serde_json::from_str(labelled(welcome, &format!("{provider} "))).unwrap()
}

/// A tool call with the address and the headers of the printed client snippet.
async fn mcp(snippet: &str, arguments: Value) -> Value {
    let snippet: Value = serde_json::from_str(snippet).unwrap();
    let server = &snippet["mcpServers"]["integrations"];
    assert_eq!(server["type"], "http");
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "manage_integrations", "arguments": arguments}});
    let request = client().post(server["url"].as_str().unwrap()).body(call.to_string());
    let request = request
        .header("authorization", server["headers"]["Authorization"].as_str().unwrap())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    answer["result"]["structuredContent"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_works_when_pasted_and_survives_a_restart() {
    let dir = TempDir::new().unwrap();
    let mut process = Process::start(&mut sandbox(dir.path()));
    let welcome = process.lines_until(LAST);
    let (app, key) = (labelled(&welcome, "App id").to_owned(), labelled(&welcome, "API key").to_owned());
    let twins = labelled(&welcome, "Twins (users, faults, ledger):").to_owned();
    let plain = [
        (dir.path().display().to_string(), "DIR"),
        (process.url.clone(), "URL"),
        (twins.trim_end_matches('/').to_owned(), "TWINS"),
        (app.clone(), "APP"),
        (key.clone(), "KEY"),
    ];
    let mut shown = plain.iter().fold(welcome.clone(), |text, (value, name)| text.replace(value, name));
    for provider in ["twitter", "linkedin", "reddit"] {
        for (name, value) in own_client(&welcome, provider).as_object().unwrap() {
            shown = shown.replace(value.as_str().unwrap(), &format!("{provider}-{name}"));
        }
    }
    insta::assert_snapshot!(shown);

    let (status, configured) = curl(json_line(&welcome, "curl ")).await;
    assert_eq!((status, &configured["toolkit_slug"]), (200, &json!("gmail")), "{configured}");
    let snippet = json_line(&welcome, "{\"mcpServers\"").to_owned();
    let listed = mcp(&snippet, json!({"app_id": app, "action": "list_available"})).await;
    assert_eq!(listed["integrations"].as_array().unwrap().len(), 10, "{listed}");
    let credentials = own_client(&welcome, "twitter");
    let arguments =
        json!({"app_id": app, "action": "configure", "toolkit": "twitter", "oauth_credentials": credentials});
    assert_eq!(mcp(&snippet, arguments).await["toolkit_slug"], "twitter");

    for (toolkit, account) in [("gmail", "ada@example.com"), ("twitter", "ada")] {
        let routes = format!("{}/v1/{app}/integrations", process.url);
        let body = json!({"toolkit": toolkit, "userId": "u1"}).to_string();
        let link =
            client().post(format!("{routes}/connect")).bearer_auth(&key).body(body).send().await.unwrap();
        let link: Value = serde_json::from_str(&link.text().await.unwrap()).unwrap();
        let mut browser = Browser::new();
        let callback = browser.allow(&link["authUrl"].as_str().unwrap().parse().unwrap(), account).await;
        assert_eq!(browser.get(&callback).await.status, 200);
    }
    let send = |to: &str| {
        json!({"app_id": app, "action": "execute_action", "tool_name": "GMAIL_SEND_EMAIL", "user_id": "u1",
            "params": {"to": to, "subject": "Before the restart"}})
    };
    let sent = mcp(&snippet, send("ada@example.com")).await;
    assert!(sent["data"]["messageId"].is_string(), "{sent}");

    let listen = process.url.trim_start_matches("http://").to_owned();
    assert!(process.terminate().success(), "an orderly stop is a success");
    let mut process = Process::start(sandbox(dir.path()).env("BBI_LISTEN", &listen));
    let again = process.lines_until(LAST);
    assert_eq!((labelled(&again, "App id"), labelled(&again, "API key")), (&*app, &*key));
    let found = mcp(
        &snippet,
        json!({"app_id": app, "action": "execute_action", "tool_name": "GMAIL_FETCH_EMAILS", "user_id": "u1",
            "params": {"query": "subject:\"Before the restart\""}}),
    )
    .await;
    assert!(!found["data"]["messages"].as_array().unwrap().is_empty(), "{found}");
    let post = json!({"app_id": app, "action": "execute_action", "tool_name": "TWITTER_CREATION_OF_A_POST",
        "user_id": "u1", "params": {"text": "After the restart"}});
    let posted = mcp(&snippet, post).await;
    assert!(posted["data"]["id"].is_string(), "{posted}");
    assert!(process.terminate().success());
}

#[test]
fn nothing_that_reaches_outside_is_taken() {
    let refused = |name: &str, value: &str| {
        let dir = TempDir::new().unwrap();
        let mut command = sandbox(dir.path());
        if name == "BBI_MANAGED__GOOGLE__CLIENT_ID" {
            command.env("BBI_MANAGED__GOOGLE__CLIENT_SECRET", "secret");
        }
        let (success, text) = said(&command.env(name, value).output().unwrap());
        assert!(!success && !dir.path().join("sandbox").exists(), "{name}: {text}");
        text.lines().last().unwrap().to_owned()
    };
    insta::assert_snapshot!(
        [
            refused("DATABASE_URL", "postgres://localhost/x"),
            refused("BBI_DATABASE_URL", "postgres://localhost/x"),
            refused("BBI_LISTEN", "0.0.0.0:0"),
            refused("BBI_PUBLIC_URL", "https://example.com"),
            refused("BBI_MANAGED__GOOGLE__CLIENT_ID", "id"),
            refused("COMPOSIO_API_KEY", "key"),
        ]
        .join("\n")
    );
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let dir = TempDir::new().unwrap();
    std::fs::create_dir(dir.path().join("sandbox")).unwrap();
    std::fs::write(dir.path().join("sandbox/bbi.db"), "somebody's").unwrap();
    let (success, text) = said(&sandbox(dir.path()).output().unwrap());
    assert!(!success && text.contains("is not marked as a sandbox"), "{text}");
    assert_eq!(std::fs::read_dir(dir.path().join("sandbox")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_written_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let mut process = Process::start(&mut sandbox(dir.path()));
    process.lines_until(LAST);
    assert!(process.terminate().success());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode(&dir.path().join("sandbox")), 0);
    for name in ["vault.keys", "profile.toml", "bbi.db", "twins.json"] {
        assert_eq!(mode(&dir.path().join("sandbox").join(name)), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_twin_is_not_reached() {
    let dir = TempDir::new().unwrap();
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/acme/toolkit.toml");
    let manifest = std::fs::read_to_string(acme).unwrap().replace("http://PROVIDER", "https://acme.example");
    std::fs::create_dir_all(dir.path().join("toolkits/acme")).unwrap();
    std::fs::write(dir.path().join("toolkits/acme/toolkit.toml"), manifest).unwrap();
    let mut process = Process::start(sandbox(dir.path()).env("BBI_TOOLKITS", dir.path().join("toolkits")));
    let welcome = process.lines_until(LAST);
    let (app, key) = (labelled(&welcome, "App id").to_owned(), labelled(&welcome, "API key").to_owned());
    let snippet = json_line(&welcome, "{\"mcpServers\"").to_owned();
    let credentials = json!({"client_id": "mine", "client_secret": "secret"});
    let arguments =
        json!({"app_id": app, "action": "configure", "toolkit": "acme", "oauth_credentials": credentials});
    assert_eq!(mcp(&snippet, arguments).await["toolkit_slug"], "acme");
    let connect = format!("{}/v1/{app}/integrations/connect", process.url);
    let body = json!({"toolkit": "acme", "userId": "u1"}).to_string();
    let link = client().post(connect).bearer_auth(&key).body(body).send().await.unwrap();
    let link: Value = serde_json::from_str(&link.text().await.unwrap()).unwrap();
    let mut browser = Browser::new();
    let provider = browser.start(&link["authUrl"].as_str().unwrap().parse().unwrap()).await;
    let sent: std::collections::HashMap<_, _> = provider.query_pairs().into_owned().collect();
    let issuer = "https%3A%2F%2Facme.example";
    let back = format!("{}?code=x&state={}&iss={issuer}", sent["redirect_uri"], sent["state"]);
    let page = browser.get(&back.parse().unwrap()).await;
    assert!(page.text.contains("Acme could not be reached"), "{}", page.text);
    assert!(process.terminate().success());
}
