//! Slack: what happens to a channel after it was made, pins, files in lists, reactions taken back, and profiles.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const SCOPE: &str = "channels:manage,channels:read,channels:history,channels:join,groups:write,groups:read,chat:write,\
                     pins:read,pins:write,reactions:write,files:read,files:write,team:read,users:read,\
                     users.profile:read,users:read.email";

/// The twins and a bot that made a channel of its own.
struct Slack {
    bed: Bed,
    token: String,
    channel: String,
}

impl Slack {
    async fn new() -> Self {
        let bed = Bed::new().await;
        let token = bed.token(Provider::Slack, "ada", SCOPE).await;
        let mut slack = Self { bed, token, channel: String::new() };
        let made = slack.write("conversations.create", json!({"name": "looms"})).await;
        slack.channel = text(&made["channel"]["id"]);
        slack
    }

    async fn write(&self, method: &str, body: Value) -> Value {
        self.bed.post(&format!("slack.com/api/{method}"), &self.token, body).await.expect(200)
    }

    /// The same about the bot's channel.
    async fn change(&self, method: &str, mut body: Value) -> Value {
        body["channel"] = json!(self.channel);
        self.write(method, body).await
    }

    async fn read(&self, call: &str) -> Value {
        self.bed.get(&format!("slack.com/api/{call}"), &self.token).await.expect(200)
    }
}

#[tokio::test]
async fn a_channel_is_named_described_and_left() {
    let slack = Slack::new().await;
    let renamed = slack.change("conversations.rename", json!({"name": "jacquard"})).await;
    assert_eq!(renamed["channel"]["name"], "jacquard");
    assert_eq!(slack.change("conversations.rename", json!({"name": "jacquard"})).await["ok"], true);
    for (name, error) in [("general", "name_taken"), ("Loud", "invalid_name_specials")] {
        assert_eq!(slack.change("conversations.rename", json!({"name": name})).await["error"], error);
    }
    let topic = slack.change("conversations.setTopic", json!({"topic": "Punched cards"})).await;
    assert_eq!(topic["channel"]["topic"]["value"], "Punched cards");
    slack.change("conversations.setPurpose", json!({"purpose": "Weaving"})).await;
    let info = slack.read(&format!("conversations.info?channel={}", slack.channel)).await;
    assert_eq!(
        (&info["channel"]["topic"]["value"], &info["channel"]["purpose"]["value"]),
        (&json!("Punched cards"), &json!("Weaving"))
    );
    let long = json!({"topic": "x".repeat(251)});
    assert_eq!(slack.change("conversations.setTopic", long).await["error"], "too_long");
    let engine = json!({"channel": "C0SBXENGIN", "topic": "x"});
    assert_eq!(slack.write("conversations.setTopic", engine).await["error"], "not_in_channel");

    slack.change("conversations.invite", json!({"users": "U0SBXGRC02"})).await;
    assert_eq!(slack.change("conversations.kick", json!({"user": "U0SBXGRC02"})).await, json!({"ok": true}));
    let again = slack.change("conversations.kick", json!({"user": "U0SBXGRC02"})).await;
    assert_eq!(again["error"], "not_in_channel");
    let mine = slack.read("users.conversations").await;
    assert_eq!(each(&mine["channels"], "name"), ["jacquard"]);
    let graces = slack.read("users.conversations?user=U0SBXGRC02&limit=1").await;
    assert_eq!(each(&graces["channels"], "name"), ["general"]);
    assert!(!text(&graces["response_metadata"]["next_cursor"]).is_empty());
    assert_eq!(slack.change("conversations.leave", json!({})).await, json!({"ok": true}));
    assert_eq!(slack.change("conversations.leave", json!({})).await["not_in_channel"], true);
    slack.write("conversations.join", json!({"channel": "C0SBXGENRL"})).await;
    let general = slack.write("conversations.leave", json!({"channel": "C0SBXGENRL"})).await;
    assert_eq!(general["error"], "cant_leave_general");
}

#[tokio::test]
async fn messages_are_pinned_and_reactions_taken_back() {
    let slack = Slack::new().await;
    let ts = text(&slack.change("chat.postMessage", json!({"text": "Keep this"})).await["ts"]);
    let pin = json!({"timestamp": ts});
    assert_eq!(slack.change("pins.add", pin.clone()).await, json!({"ok": true}));
    assert_eq!(slack.change("pins.add", pin.clone()).await["error"], "already_pinned");
    assert_eq!(slack.change("pins.add", json!({})).await["error"], "no_item_specified");
    let list = format!("pins.list?channel={}", slack.channel);
    let pinned = slack.read(&list).await;
    assert_eq!(pinned["items"][0]["message"]["text"], "Keep this");
    let history = slack.read(&format!("conversations.history?channel={}", slack.channel)).await;
    assert_eq!(
        (&history["pin_count"], &history["messages"][0]["pinned_to"]),
        (&json!(1), &json!([slack.channel]))
    );
    assert_eq!(slack.change("pins.remove", pin.clone()).await, json!({"ok": true}));
    assert_eq!(slack.change("pins.remove", pin.clone()).await["error"], "no_pin");
    slack.change("pins.add", pin).await;
    slack.change("chat.delete", json!({"ts": ts})).await;
    assert_eq!(slack.read(&list).await["items"], json!([]), "a pin goes with its message");

    let ts = text(&slack.change("chat.postMessage", json!({"text": "Again"})).await["ts"]);
    let reaction = json!({"name": "wave", "timestamp": ts});
    slack.change("reactions.add", reaction.clone()).await;
    assert_eq!(slack.change("reactions.remove", reaction.clone()).await, json!({"ok": true}));
    assert_eq!(slack.change("reactions.remove", reaction).await["error"], "no_reaction");
    let history = slack.read(&format!("conversations.history?channel={}", slack.channel)).await;
    assert!(history["messages"][0]["reactions"].is_null());
}

#[tokio::test]
async fn files_are_listed_by_channel_kind_and_page() {
    let slack = Slack::new().await;
    for name in ["one.pdf", "two.png", "three.pdf"] {
        let asked = [("filename", name), ("length", "3")];
        let path = "slack.com/api/files.getUploadURLExternal";
        let place = slack.bed.call("POST", path, &slack.token, Body::Form(&asked)).await.expect(200);
        let url = text(&place["upload_url"]);
        let path = url.strip_prefix(slack.bed.sandbox.base_url().as_str()).unwrap();
        slack.bed.call("POST", path, "", Body::Raw("text/plain", b"abc".to_vec())).await;
        let done = json!({"files": [{"id": place["file_id"]}], "channel_id": slack.channel});
        assert_eq!(slack.write("files.completeUploadExternal", done).await["ok"], true);
    }
    let all = slack.read(&format!("files.list?channel={}", slack.channel)).await;
    assert_eq!(each(&all["files"], "name"), ["three.pdf", "two.png", "one.pdf"]);
    assert_eq!((&all["files"][1]["mimetype"], &all["paging"]["total"]), (&json!("image/png"), &json!(3)));
    let second = slack.read("files.list?types=pdfs&count=1&page=2").await;
    assert_eq!(
        (each(&second["files"], "name"), &second["paging"]["pages"]),
        (vec!["one.pdf".into()], &json!(2))
    );
    assert_eq!(slack.read("files.list?channel=C0SBXGENRL").await["files"], json!([]));
    assert_eq!(slack.read("files.list?types=poems").await["error"], "unknown_type");
}

#[tokio::test]
async fn the_team_and_a_profile() {
    let slack = Slack::new().await;
    let team = slack.read("team.info").await;
    assert_eq!(team["team"]["domain"], "butterbase-sandbox");
    assert_eq!(slack.read("team.info?team=T0ELSEWHERE").await["error"], "team_not_found");
    let profile = slack.read("users.profile.get?user=U0SBXGRC02&include_labels=true").await;
    assert_eq!(
        (&profile["profile"]["real_name"], &profile["profile"]["email"]),
        (&json!("Grace Hopper"), &json!("grace@example.com"))
    );
    assert_eq!(slack.read("users.profile.get?user=U0").await["error"], "user_not_found");
}

#[tokio::test]
async fn the_ledger_tells_no_scope_from_the_wrong_one() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::Slack, "ada", "channels:read,channels:manage").await;
    let refused = bed.get("slack.com/api/pins.list?channel=C0SBXGENRL", &token).await.expect(200);
    assert_eq!(refused["error"], "missing_scope");
    let entry = bed.last_entry();
    assert_eq!((&entry.detail["lacks_scope"], &entry.detail["needed"]), (&json!(true), &json!("pins:read")));
    let refused = bed.get("slack.com/api/conversations.list?types=im", &token).await.expect(200);
    assert_eq!(refused["error"], "missing_scope");
    let entry = bed.last_entry();
    assert_eq!((entry.detail.get("lacks_scope"), &entry.detail["needed"]), (None, &json!("im:read")));
}
