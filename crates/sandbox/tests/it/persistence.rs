//! What survives a restart, and what keeps the twins from starting.

use std::fs;
use std::sync::Arc;

use sandbox::{Options, Provider, Rotation, Sandbox, StartError};
use serde_json::{Value, json};

use crate::bed::{Bed, GMAIL, GOOGLE, base64url, text};

#[tokio::test]
async fn everything_but_faults_and_ledger_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let clients = bed.sandbox.clients();
    let own = bed.sandbox.control().register_client(
        Provider::GitHub,
        vec!["https://a.example/".into()],
        Default::default(),
    );
    let slack_id = bed.client(Provider::Slack).client_id;
    bed.sandbox.control().set_rotation(Provider::Slack, &slack_id, Rotation::On).unwrap();
    let google = bed.connect(Provider::Google, "ada@example.com", "openid https://mail.google.com/").await;
    let x = bed.connect(Provider::Twitter, "ada", "tweet.read users.read offline.access").await;
    let used = text(&x["refresh_token"]);
    bed.refresh(Provider::Twitter, &used).await.expect(200);
    let pending = bed.code(Provider::GitHub, "ada", "repo").await;
    let access = text(&google["access_token"]);
    let raw = base64url("To: ada@example.com\r\nSubject: Kept\r\n\r\nx\r\n");
    bed.post(&format!("{GMAIL}/messages/send"), &access, json!({"raw": raw})).await.expect(200);
    bed.sandbox.stop().await;

    let bed = Bed::with(Some(path)).await;
    assert_eq!(bed.sandbox.clients(), clients);
    assert!(bed.sandbox.control().clients().contains(&own));
    assert!(bed.ledger().is_empty());
    let found = bed.get(&format!("{GMAIL}/messages?q=subject:kept"), &access).await.expect(200);
    assert_eq!(found["resultSizeEstimate"], 1);
    bed.refresh(Provider::Google, &text(&google["refresh_token"])).await.expect(200);
    bed.exchange(Provider::GitHub, &pending).await.expect(200);
    bed.refresh(Provider::Twitter, &used).await.expect(400);
    assert_eq!(bed.last_entry().detail["reuse_detected"], true, "a used token is remembered");
    assert_eq!(bed.connect(Provider::Slack, "ada", "chat:write").await["expires_in"], 43_200);
    let fresh = bed.connect(Provider::Google, "ada@example.com", "openid").await;
    assert_ne!(fresh["access_token"], google["access_token"], "the same randomness, other tokens");
}

#[tokio::test]
async fn changes_reach_the_file_without_a_stop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let before = fs::read(&path).unwrap();
    bed.gmail().await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while fs::read(&path).unwrap() == before {
        assert!(std::time::Instant::now() < deadline, "the file stays as it was");
        tokio::task::yield_now().await;
    }
    serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    bed.gmail().await;
    bed.sandbox.stop().await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["twins.json"], "nothing is left beside it");
}

async fn start(path: &std::path::Path) -> Result<Sandbox, StartError> {
    let options = Options {
        port: 0,
        state_file: Some(path.to_owned()),
        clock: Arc::new(|| jiff::Timestamp::from_second(1_800_000_000).unwrap()),
        random: Arc::new(|bytes| bytes.fill(7)),
    };
    assert!(format!("{options:?}").contains("state_file"));
    Sandbox::start(options).await
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.json");
    let cases = [
        ("", "is not a state file of the sandbox"),
        ("not json", "is not a state file of the sandbox"),
        ("{\"format\": \"butterbase-sandbox\", \"version\": 1, \"world\": {\"serial\": 1", "EOF"),
        ("{\"name\": \"package\"}", "missing field `format`"),
        ("{\"format\": \"other\", \"version\": 1, \"world\": {}}", "its format is `other`"),
        ("{\"format\": \"butterbase-sandbox\", \"version\": 9, \"world\": {}}", "is of version 9"),
        ("{\"format\": \"butterbase-sandbox\", \"version\": 1, \"world\": {}}", "missing field"),
        ("{\"format\": \"butterbase-sandbox\", \"version\": 1, \"world\": [1]}", "is not a state file"),
    ];
    for (content, part) in cases {
        fs::write(&path, content).unwrap();
        let error = start(&path).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains(part) && message.contains("state.json"), "{content}: {message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    let nowhere = directory.path().join("missing").join("state.json");
    assert!(matches!(start(&nowhere).await, Err(StartError::State { .. })));
}

#[tokio::test]
async fn constant_randomness_and_a_taken_port_are_no_surprise() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = start(&directory.path().join("state.json")).await.unwrap();
    let register = || sandbox.control().register_client(Provider::GitHub, vec![], Default::default());
    let (one, two) = (register(), register());
    assert_ne!((&one.client_id, &one.client_secret), (&two.client_id, &two.client_secret));
    assert_eq!(sandbox.now().as_second(), 1_800_000_000);
    let port = sandbox.base_url().port().unwrap();
    let taken = Options {
        port,
        state_file: None,
        clock: Arc::new(|| jiff::Timestamp::from_second(1).unwrap()),
        random: Arc::new(|bytes| bytes.fill(7)),
    };
    let error = Sandbox::start(taken.clone()).await.unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("the sandbox cannot listen on loopback port {port}: ")),
        "{error}"
    );
    sandbox.stop().await;
    Sandbox::start(taken).await.unwrap();
}

/// What came to the state after the earlier release, by its place.
const LATER: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "calendars",
            "drive",
            "spreadsheets",
            "microsoft",
            "notion",
            "hubspot",
            "discord",
            "linkedin",
            "reddit",
            "composio",
        ],
    ),
    ("/twitter", &["follows", "bookmarks", "lists", "events", "media"]),
];

/// Turns a state of today into one that the earlier release wrote.
fn as_before(world: &mut Value) {
    for (place, members) in LATER {
        let object = world.pointer_mut(place).unwrap().as_object_mut().unwrap();
        for member in *members {
            assert!(object.remove(*member).is_some(), "{place}/{member}");
        }
    }
    let clients = world["oauth"]["clients"].as_array_mut().unwrap();
    clients.retain(|client| {
        ["GOOGLE", "SLACK", "GITHUB", "TWITTER"].contains(&client["provider"].as_str().unwrap())
    });
    assert_eq!(clients.len(), 4);
    for channel in world["slack"]["channels"].as_array_mut().unwrap() {
        let channel = channel.as_object_mut().unwrap();
        channel.remove("topic");
        channel.remove("pins");
        let text = channel["purpose"]["value"].clone();
        channel.insert("purpose".to_owned(), text);
    }
}

#[tokio::test]
async fn a_file_of_an_earlier_release_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let slack = bed.client(Provider::Slack);
    let ada = bed.token(Provider::Slack, "ada", "channels:read").await;
    let channels = bed.get("slack.com/api/conversations.list", &ada).await.expect(200)["channels"].clone();
    bed.sandbox.stop().await;
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    as_before(&mut document["world"]);
    fs::write(&path, document.to_string()).unwrap();

    let bed = Bed::with(Some(path)).await;
    assert_eq!(bed.client(Provider::Slack), slack, "who was there stays");
    let clients = bed.sandbox.clients();
    for provider in Provider::OAUTH {
        assert!(clients.iter().any(|client| client.provider == provider), "{provider:?}");
    }
    let now = bed.get("slack.com/api/conversations.list", &ada).await.expect(200)["channels"].clone();
    let purposes = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|channel| text(&channel["purpose"]["value"])).collect()
    };
    assert_eq!(purposes(&now), purposes(&channels));
    assert!(purposes(&now).iter().any(|purpose| !purpose.is_empty()));

    let notion = bed.token(Provider::Notion, "ada", "").await;
    let builder = bed.builder("GET", "api.notion.com/v1/users/me").bearer_auth(notion);
    let me = bed.send(builder.header("notion-version", "2025-09-03")).await.expect(200);
    assert_eq!(me["bot"]["owner"]["user"]["name"], "Ada Lovelace", "{me}");
    let google =
        bed.token(Provider::Google, "ada@example.com", &format!("openid {GOOGLE}drive.readonly")).await;
    let files = bed.get("www.googleapis.com/drive/v3/files", &google).await.expect(200);
    assert!(!files["files"].as_array().unwrap().is_empty(), "{files}");
}
