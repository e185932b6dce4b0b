//! The command line as its users meet it: what the help says, what a command prints, what an error says next.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::TestApp;
use crate::support::process::bbi;

/// What a command printed, and whether it succeeded.
pub(crate) fn run(command: &mut Command) -> (bool, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A command on the app's server, by environment as CI scripts do it.
fn on(app: &TestApp, key: &str, arguments: &[&str]) -> (bool, String, String) {
    let mut command = bbi();
    command.args(arguments).env("BBI_CLIENT__URL", &app.url).env("BBI_CLIENT__KEY", key);
    run(command.env("BBI_DATA_DIR", app.dir.path()))
}

fn json_of(app: &TestApp, key: &str, arguments: &[&str]) -> Value {
    let (success, out, err) = on(app, key, arguments);
    assert!(success, "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn help_teaches() {
    let mut all = String::new();
    for command in [
        "",
        "serve",
        "mcp",
        "apps",
        "apps create",
        "apps list",
        "apps delete",
        "keys",
        "keys create",
        "keys list",
        "keys revoke",
        "executions",
        "executions list",
        "executions show",
        "toolkits",
        "toolkits list",
        "toolkits check",
        "doctor",
        "migrate",
        "vault",
        "vault new-key",
        "vault new-platform-key",
        "vault rotate",
    ] {
        let (success, out, _) = run(bbi().args(command.split_whitespace()).arg("--help"));
        assert!(success, "{command}");
        all.push_str(&format!("$ bbi {command} --help\n{out}\n"));
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_keys_are_managed_from_a_terminal() {
    let app = TestApp::new().await;
    let platform = app.platform_key.clone();
    let made = json_of(&app, &platform, &["apps", "create", "Second app", "--json"]);
    let (id, key) = (made["app_id"].as_str().unwrap(), made["api_key"].as_str().unwrap());
    let (success, table, _) = on(&app, &platform, &["apps", "list"]);
    assert!(success && table.contains(id) && table.contains("Second app"), "{table}");

    let made = json_of(&app, key, &["keys", "create", "ci", "--scope", "execute", "--app", id, "--json"]);
    assert_eq!(made["scope"], "execute");
    let second = made["api_key"].as_str().unwrap();
    let (_, table, _) = on(&app, key, &["keys", "list", "--app", id]);
    assert!(table.contains(&second[..12]) && !table.contains(second), "by its prefix only: {table}");
    let (success, out, _) = on(&app, key, &["keys", "revoke", made["id"].as_str().unwrap(), "--app", id]);
    assert!(success && out.starts_with("revoked "), "{out}");
    let (success, _, err) = on(&app, second, &["keys", "list", "--app", id]);
    assert!(!success && err.contains("AUTH_INVALID_API_KEY"), "{err}");

    let (success, _, err) = on(&app, key, &["apps", "list"]);
    assert!(!success, "a service key is no platform key");
    insta::assert_snapshot!(err);
    let (success, out, _) = on(&app, &platform, &["apps", "delete", id]);
    assert!(success && out == format!("deleted {id}\n"), "{out}");
    assert_eq!(json_of(&app, &platform, &["apps", "list", "--json"])["apps"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_are_seen_from_a_terminal() {
    let app = TestApp::with_gmail("u1").await;
    let done = app.execute("GMAIL_CREATE_LABEL", "u1", json!({"name": "Seen"})).await.ok();
    let id = done["execution_id"].as_str().unwrap();
    let (success, table, err) = on(&app, &app.key, &["executions", "list", "--app", &app.app]);
    let row = table.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{table}{err}"));
    assert!(success && row.contains("succeeded") && row.contains("GMAIL_CREATE_LABEL"), "{row}");
    let unknown = ["executions", "list", "--state", "unknown", "--app", &app.app, "--json"];
    assert_eq!(json_of(&app, &app.key, &unknown), json!({"executions": []}));
    let (success, shown, err) = on(&app, &app.key, &["executions", "show", id, "--app", &app.app]);
    assert!(success && shown.contains("tool_name") && shown.contains("GMAIL_CREATE_LABEL"), "{shown}{err}");
    let (success, _, err) = on(&app, &app.key, &["executions", "show", "ex_none", "--app", &app.app]);
    assert!(!success && err.contains("Execution not found: ex_none"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_is_rotated_from_a_terminal() {
    let app = TestApp::with_gmail("u1").await;
    let report = json_of(&app, &app.platform_key, &["vault", "rotate", "--json"]);
    assert_eq!((&report["resealed"], &report["unreadable"]), (&json!(0), &json!(0)), "{report}");
    assert!(report["already_current"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn keys_are_made_without_a_server() {
    let (_, vault, _) = run(bbi().args(["vault", "new-key", "--id", "k2"]));
    assert!(vault.starts_with("k2:"), "{vault}");
    let (_, other, _) = run(bbi().args(["vault", "new-key", "--id", "k2"]));
    assert_ne!(vault, other);
    let (_, platform, _) = run(bbi().args(["vault", "new-platform-key"]));
    assert!(platform.starts_with("bb_sk_"), "{platform}");
    let (success, _, err) = run(bbi().args(["vault", "new-key", "--id", "no good"]));
    assert!(!success && err.starts_with("error: "), "{err}");
}

#[test]
fn without_a_server_the_next_step_is_said() {
    let dir = TempDir::new().unwrap();
    let (success, _, err) = run(bbi().args(["keys", "list"]).env("BBI_DATA_DIR", dir.path()));
    assert!(!success);
    insta::assert_snapshot!(err);
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The toolkit and the tool that the documentation shows.
fn documented() -> [String; 2] {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/toolkits/writing.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    [blocks.next().unwrap(), blocks.next().unwrap()]
}

#[test]
fn a_folder_of_toolkits_is_checked_and_a_mistake_is_named_with_its_place() {
    let check = |toolkit: &str, tool: &str| {
        let dir = TempDir::new().unwrap();
        write(dir.path(), "weather/toolkit.toml", toolkit);
        write(dir.path(), "weather/tools/forecast.toml", tool);
        let (success, out, err) = run(bbi().args(["toolkits", "check"]).arg(dir.path()));
        (success, [out, err].concat().replace(&dir.path().display().to_string(), "DIR"))
    };
    let [toolkit, tool] = documented();
    assert_eq!(check(&toolkit, &tool), (true, "weather: 1 tools, right\n".to_owned()));
    let mut said = String::new();
    for (good, bad) in [
        ("display_name", "displayname"),
        ("https://api", "ftp://api"),
        ("API_KEY", "APIKEY"),
        ("\"Weather\"", "\"Weather"),
        ("{units: .units}", "{units: .units"),
        ("{text, high", "nothing_like_it | {text, high"),
        ("\"read\"", "\"reads\""),
        ("[\"place\"]", "[\"places\"]"),
        ("WEATHER_FORECAST", "FORECAST"),
        ("high = 9", "high = 8"),
        ("/forecast/Ulm", "/forecast/Bonn"),
        ("city = \"Ulm\"", "town = \"Ulm\""),
    ] {
        let (success, text) = check(&toolkit.replace(good, bad), &tool.replace(good, bad));
        assert!(!success, "{text}");
        said.push_str(&text);
    }
    insta::assert_snapshot!(said);
    let (success, _, err) = run(bbi().args(["toolkits", "check", "/nowhere"]));
    assert!(!success && err.contains("/nowhere"), "{err}");
}

#[test]
fn the_toolkits_of_the_binary_are_listed() {
    let (_, table, _) = run(bbi().args(["toolkits", "list"]));
    insta::assert_snapshot!(table);
}

/// `bbi mcp`, spoken to line by line.
struct Pipe {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Pipe {
    fn start(app: &TestApp) -> Self {
        let mut command = bbi();
        command.arg("mcp").env("BBI_CLIENT__URL", &app.url).env("BBI_CLIENT__KEY", &app.key);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.to, "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.say(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}));
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["result"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mcp_over_standard_input_and_output_does_what_http_does() {
    let app = TestApp::with_gmail("u1").await;
    let mut pipe = Pipe::start(&app);
    let client = json!({"name": "test", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    assert_eq!(pipe.ask("initialize", hello)["protocolVersion"], "2025-11-25");
    pipe.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let tools = pipe.ask("tools/list", json!({}));
    let over_http = app.rpc("/mcp", &app.key, "tools/list", json!({})).await.body;
    assert_eq!(tools["tools"], over_http["result"]["tools"]);

    let mut call = |arguments: Value| {
        pipe.ask("tools/call", json!({"name": "manage_integrations", "arguments": arguments}))
    };
    let execute = json!({"action": "execute_action", "app_id": app.app, "tool_name": "GMAIL_GET_PROFILE",
        "user_id": "u1"});
    let done = call(execute.clone());
    assert_eq!(done["structuredContent"]["data"]["emailAddress"], "ada@example.com", "{done}");
    let mut wrong = execute;
    wrong["tool_name"] = "GMAIL_GET_PROFIL".into();
    let refused = call(wrong.clone());
    assert_eq!(refused["isError"], true, "{refused}");
    let over_http = app.tool("manage_integrations", wrong).await.unwrap_err();
    assert_eq!(refused["structuredContent"]["error"]["message"], over_http["error"]["message"]);

    drop(pipe.to);
    assert!(pipe.child.wait().unwrap().success(), "the end of its input ends it");
}
