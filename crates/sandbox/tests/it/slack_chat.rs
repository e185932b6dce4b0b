//! Slack: messages are posted, changed, answered, reacted to, found, scheduled and deleted.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const GENERAL: &str = "C0SBXGENRL";
const ENGINE: &str = "C0SBXENGIN";
const BOT: &str = "chat:write,channels:read,channels:history,channels:join,groups:read,groups:history,im:read,im:history,\
                   im:write,reactions:write,users:read,files:write";

/// One bot and one user of one workspace.
struct Slack {
    bed: Bed,
    bot: String,
    ada: String,
}

impl Slack {
    async fn new() -> Self {
        let bed = Bed::new().await;
        let user = "chat:write,channels:read,channels:history,groups:read,groups:history,im:history,search:read,\
                    reminders:write,reactions:write";
        let url = bed.authorize_url(Provider::Slack, &[("scope", BOT), ("user_scope", user)]);
        let code = bed.allow(&url, "ada").await["code"].clone();
        let tokens = bed.exchange(Provider::Slack, &code).await.expect(200);
        let (bot, ada) = (text(&tokens["access_token"]), text(&tokens["authed_user"]["access_token"]));
        Self { bed, bot, ada }
    }

    async fn json(&self, token: &str, method: &str, body: Value) -> Value {
        self.bed.post(&format!("slack.com/api/{method}"), token, body).await.expect(200)
    }

    async fn bot(&self, method: &str, body: Value) -> Value {
        self.json(&self.bot, method, body).await
    }

    async fn ada(&self, method: &str, body: Value) -> Value {
        self.json(&self.ada, method, body).await
    }

    async fn read(&self, token: &str, call: &str) -> Value {
        self.bed.get(&format!("slack.com/api/{call}"), token).await.expect(200)
    }

    async fn joined() -> Self {
        let slack = Self::new().await;
        assert_eq!(slack.bot("conversations.join", json!({"channel": GENERAL})).await["ok"], true);
        slack
    }
}

#[tokio::test]
async fn a_bot_joins_posts_changes_and_deletes() {
    let slack = Slack::new().await;
    let refused = slack.bot("chat.postMessage", json!({"channel": GENERAL, "text": "Hi"})).await;
    assert_eq!(refused, json!({"ok": false, "error": "not_in_channel"}));
    let joined = slack.bot("conversations.join", json!({"channel": GENERAL})).await;
    assert_eq!(joined["channel"]["is_member"], true);
    let again = slack.bot("conversations.join", json!({"channel": GENERAL})).await;
    assert_eq!(again["warning"], "already_in_channel");

    let posted = slack.bot("chat.postMessage", json!({"channel": "#general", "text": "Hi"})).await;
    let ts = text(&posted["ts"]);
    assert_eq!((&posted["channel"], &posted["message"]["text"]), (&json!(GENERAL), &json!("Hi")));
    assert!(posted["message"]["bot_id"].is_string());
    let (seconds, fraction) = ts.split_once('.').unwrap();
    assert_eq!((seconds.parse::<i64>().unwrap(), fraction.len()), (slack.bed.now(), 6));

    let history = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=1")).await;
    assert_eq!((&history["messages"][0]["ts"], &history["has_more"]), (&json!(ts), &json!(true)));
    let changed = slack.bot("chat.update", json!({"channel": GENERAL, "ts": ts, "text": "Hello"})).await;
    assert_eq!((&changed["text"], &changed["ts"]), (&json!("Hello"), &json!(ts)));
    assert!(changed["message"]["edited"]["user"].is_string());

    let other = json!({"channel": GENERAL, "ts": ts});
    assert_eq!(slack.ada("chat.delete", other.clone()).await["error"], "cant_delete_message");
    let update = json!({"channel": GENERAL, "ts": ts, "text": "x"});
    assert_eq!(slack.ada("chat.update", update).await["error"], "cant_update_message");
    assert_eq!(
        slack.bot("chat.delete", other.clone()).await,
        json!({"ok": true, "channel": GENERAL, "ts": ts})
    );
    assert_eq!(slack.bot("chat.delete", other).await["error"], "message_not_found");
}

#[tokio::test]
async fn messages_have_to_say_something_somewhere() {
    let slack = Slack::joined().await;
    let post = async |body: Value| text(&slack.bot("chat.postMessage", body).await["error"]);
    assert_eq!(post(json!({"channel": GENERAL})).await, "no_text");
    assert_eq!(post(json!({"channel": GENERAL, "text": ""})).await, "no_text");
    assert_eq!(post(json!({"text": "x"})).await, "invalid_arguments");
    assert_eq!(post(json!({"channel": "C0NOWHERE", "text": "x"})).await, "channel_not_found");
    assert_eq!(post(json!({"channel": "#nowhere", "text": "x"})).await, "channel_not_found");
    assert_eq!(
        post(json!({"channel": "C0SBXSECRT", "text": "x"})).await,
        "channel_not_found",
        "a private one"
    );
    assert_eq!(post(json!({"channel": GENERAL, "text": "x".repeat(40_001)})).await, "msg_too_long");
    assert_eq!(post(json!({"channel": GENERAL, "text": "x", "thread_ts": "1.0"})).await, "thread_not_found");
    assert_eq!(post(json!({"channel": GENERAL, "blocks": {}})).await, "invalid_blocks_format");
    assert_eq!(post(json!({"channel": GENERAL, "blocks": [{"text": "x"}]})).await, "invalid_blocks");
    assert_eq!(post(json!({"channel": GENERAL, "attachments": {}})).await, "invalid_attachments");
    assert_eq!(post(json!({"channel": GENERAL, "text": "x", "username": "Boss"})).await, "missing_scope");
    let blocks = json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*x*"}}]);
    let posted = slack.bot("chat.postMessage", json!({"channel": GENERAL, "blocks": blocks})).await;
    assert_eq!(posted["message"]["blocks"], blocks);
    let quoted =
        slack.bot("chat.postMessage", json!({"channel": GENERAL, "blocks": blocks.to_string()})).await;
    assert_eq!(quoted["message"]["blocks"], blocks, "as text, too");
}

#[tokio::test]
async fn forms_and_json_say_the_same() {
    let slack = Slack::joined().await;
    let blocks = r#"[{"type":"divider"}]"#;
    let fields = [("channel", GENERAL), ("text", "By form"), ("blocks", blocks), ("unfurl_links", "false")];
    let path = "slack.com/api/chat.postMessage";
    let posted = slack.bed.call("POST", path, &slack.bot, Body::Form(&fields)).await.expect(200);
    assert_eq!(
        (&posted["message"]["text"], &posted["message"]["blocks"][0]["type"]),
        (&json!("By form"), &json!("divider"))
    );
    assert!(posted["warning"].is_null());
    let plain =
        Body::Raw("application/json", json!({"channel": GENERAL, "text": "x"}).to_string().into_bytes());
    let warned = slack.bed.call("POST", path, &slack.bot, plain).await.expect(200);
    assert_eq!(
        (&warned["warning"], &warned["response_metadata"]["warnings"][0]),
        (&json!("missing_charset"), &json!("missing_charset"))
    );

    let wrong = async |method: &str, path: &str, body: Body<'_>| {
        text(
            &slack.bed.call(method, &format!("slack.com/api/{path}"), &slack.bot, body).await.expect(200)["error"],
        )
    };
    assert_eq!(wrong("GET", "chat.postMessage?channel=x&text=y", Body::None).await, "invalid_post_type");
    assert_eq!(wrong("POST", "chat.postMessage?channel=x", Body::Form(&[])).await, "invalid_post_type");
    let history = json!({"channel": GENERAL});
    assert_eq!(
        wrong("POST", "conversations.history", Body::Json(history)).await,
        "invalid_post_type",
        "a read"
    );
    let upload = json!({"filename": "x", "length": 1});
    assert_eq!(wrong("POST", "files.getUploadURLExternal", Body::Json(upload)).await, "invalid_post_type");
    assert_eq!(
        wrong("POST", "chat.postMessage", Body::Raw("application/json; charset=utf-8", b"{".to_vec())).await,
        "invalid_json"
    );
    assert_eq!(
        wrong("POST", "chat.postMessage", Body::Form(&[("token", "x"), ("channel", "x")])).await,
        "invalid_arguments"
    );
    assert_eq!(
        wrong("GET", "conversations.history?channel=x&limit=ten", Body::None).await,
        "invalid_arguments"
    );
    assert_eq!(wrong("GET", "users.list?presence=1", Body::None).await, "invalid_arguments");
    assert_eq!(wrong("GET", "chat.shout", Body::None).await, "unknown_method");
    let form = slack.bed.call(
        "POST",
        "slack.com/api/conversations.history",
        &slack.bot,
        Body::Form(&[("channel", GENERAL)]),
    );
    assert_eq!(form.await.expect(200)["ok"], true, "reads take a form");
}

#[tokio::test]
async fn threads_have_a_parent_and_answers() {
    let slack = Slack::joined().await;
    let parent = text(&slack.bot("chat.postMessage", json!({"channel": GENERAL, "text": "Q"})).await["ts"]);
    let mut answers = Vec::new();
    for number in 0..3 {
        slack.bed.advance(1);
        let body = json!({"channel": GENERAL, "text": format!("A{number}"), "thread_ts": parent});
        answers.push(text(&slack.ada("chat.postMessage", body).await["ts"]));
    }
    let broadcast = json!({"channel": GENERAL, "text": "All", "thread_ts": parent, "reply_broadcast": true});
    let broadcast = text(&slack.ada("chat.postMessage", broadcast).await["ts"]);
    let call = format!("conversations.replies?channel={GENERAL}&ts={parent}");
    let thread = slack.read(&slack.bot, &call).await;
    let mut all = vec![parent.clone()];
    all.extend(answers.iter().chain([&broadcast]).cloned());
    assert_eq!(each(&thread["messages"], "ts"), all);
    let first = &thread["messages"][0];
    assert_eq!(
        (&first["reply_count"], &first["latest_reply"], &first["thread_ts"]),
        (&json!(4), &json!(broadcast), &json!(parent))
    );
    assert_eq!(thread["messages"][1]["parent_user_id"], first["user"]);

    let page = slack.read(&slack.bot, &format!("{call}&limit=2")).await;
    let cursor = text(&page["response_metadata"]["next_cursor"]);
    let rest = slack.read(&slack.bot, &format!("{call}&cursor={cursor}")).await;
    assert_eq!([each(&page["messages"], "ts"), each(&rest["messages"], "ts")].concat(), all);
    let from_answer =
        slack.read(&slack.bot, &format!("conversations.replies?channel={GENERAL}&ts={}", answers[1])).await;
    assert_eq!(from_answer["messages"], thread["messages"], "any message of the thread will do");

    let top = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=2")).await;
    assert_eq!(
        each(&top["messages"], "ts"),
        [broadcast, parent],
        "answers stay in their thread unless broadcast"
    );
    let missing = slack.read(&slack.bot, &format!("conversations.replies?channel={GENERAL}&ts=1.0")).await;
    assert_eq!(missing["error"], "thread_not_found");
}

#[tokio::test]
async fn history_is_cut_by_time_and_pages() {
    let slack = Slack::joined().await;
    let mut all = Vec::new();
    for number in 0..5 {
        slack.bed.advance(10);
        all.push(text(&slack.bot("chat.postMessage", json!({"channel": GENERAL, "text": number.to_string()})).await["ts"]));
    }
    let history = async |more: &str| {
        slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}{more}")).await
    };
    let (one, three) = (&all[1], &all[3]);
    let inner = history(&format!("&oldest={one}&latest={three}")).await;
    assert_eq!(each(&inner["messages"], "text"), ["2"]);
    let inclusive = history(&format!("&oldest={one}&latest={three}&inclusive=true")).await;
    assert_eq!(each(&inclusive["messages"], "text"), ["3", "2", "1"]);
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = history(&format!("&limit=3{cursor}")).await;
        found.extend(each(&page["messages"], "text"));
        match page["response_metadata"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('=', "%3D")),
            None => break,
        }
    }
    assert_eq!(found[..5], ["4", "3", "2", "1", "0"]);
    assert_eq!(found.len(), 7, "and what was there before");
    assert_eq!(history("&cursor=x").await["error"], "invalid_cursor");
    assert_eq!(history("&limit=999").await["ok"], true);
    assert_eq!(history("&limit=1000").await["error"], "invalid_limit");
    assert_eq!(history("&oldest=soon").await["error"], "invalid_ts_oldest");
    assert_eq!(history("&latest=later").await["error"], "invalid_ts_latest");
}

#[tokio::test]
async fn who_may_read_what() {
    let slack = Slack::new().await;
    let history = async |token: &str, channel: &str| {
        let answer = slack.read(token, &format!("conversations.history?channel={channel}")).await;
        answer["error"].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(history(&slack.bot, GENERAL).await, "not_in_channel", "a bot has to be there");
    assert_eq!(history(&slack.ada, GENERAL).await, "ok");
    assert_eq!(history(&slack.ada, "C0SBXSECRT").await, "ok");
    assert_eq!(history(&slack.bot, "C0SBXSECRT").await, "channel_not_found");
    let grace = slack.bed.authorize_url(Provider::Slack, &[("user_scope", "channels:history,groups:read")]);
    let code = slack.bed.allow(&grace, "grace").await["code"].clone();
    let grace = slack.bed.exchange(Provider::Slack, &code).await.expect(200);
    let grace = text(&grace["authed_user"]["access_token"]);
    assert_eq!(history(&grace, "C0SBXSECRT").await, "channel_not_found");
    let list = slack.read(&grace, "conversations.list?types=private_channel").await;
    assert_eq!(list["channels"], json!([]));
    let refused = slack.read(&grace, "conversations.list?types=private_channel,im").await;
    assert_eq!(
        (&refused["error"], &refused["needed"], &refused["provided"]),
        (&json!("missing_scope"), &json!("im:read"), &json!("channels:history,groups:read"))
    );
    assert_eq!(slack.read(&grace, "conversations.list?types=huge").await["error"], "invalid_types");
}

#[tokio::test]
async fn reactions_links_and_whispers() {
    let slack = Slack::joined().await;
    let ts = text(&slack.bot("chat.postMessage", json!({"channel": GENERAL, "text": "x"})).await["ts"]);
    let react = async |name: &str, ts: &str| {
        slack.bot("reactions.add", json!({"channel": GENERAL, "name": name, "timestamp": ts})).await
    };
    assert_eq!(react("tada", &ts).await, json!({"ok": true}));
    assert_eq!(react(":tada:", &ts).await["error"], "already_reacted");
    assert_eq!(react("No Name", &ts).await["error"], "invalid_name");
    assert_eq!(react("tada", "1.000000").await["error"], "message_not_found");
    slack.ada("reactions.add", json!({"channel": GENERAL, "name": "tada", "timestamp": ts})).await;
    let history = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=1")).await;
    let reaction = &history["messages"][0]["reactions"][0];
    assert_eq!((&reaction["name"], &reaction["count"]), (&json!("tada"), &json!(2)));

    let link = slack.read(&slack.bot, &format!("chat.getPermalink?channel={GENERAL}&message_ts={ts}")).await;
    assert!(text(&link["permalink"]).ends_with(&format!("/archives/{GENERAL}/p{}", ts.replace('.', ""))));
    let missing =
        slack.read(&slack.bot, &format!("chat.getPermalink?channel={GENERAL}&message_ts=1.0")).await;
    assert_eq!(missing["error"], "message_not_found");

    let whisper = async |user: &str, channel: &str| {
        slack.bot("chat.postEphemeral", json!({"channel": channel, "user": user, "text": "psst"})).await
    };
    assert!(whisper("U0SBXADA01", GENERAL).await["message_ts"].is_string());
    assert_eq!(whisper("U0NOBODY00", GENERAL).await["error"], "user_not_found");
    assert_eq!(slack.bot("conversations.join", json!({"channel": ENGINE})).await["ok"], true);
    assert_eq!(whisper("U0SBXALN03", ENGINE).await["error"], "user_not_in_channel");
    let after = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=1")).await;
    assert_eq!(after["messages"][0]["ts"], ts, "whispers leave nothing");
}

#[tokio::test]
async fn later_comes_when_the_clock_says_so() {
    let slack = Slack::joined().await;
    let at = slack.bed.now() + 600;
    let schedule = async |post_at: Value| {
        slack
            .bot("chat.scheduleMessage", json!({"channel": GENERAL, "text": "Later", "post_at": post_at}))
            .await
    };
    let first = schedule(json!(at)).await;
    assert_eq!((&first["post_at"], &first["message"]["type"]), (&json!(at), &json!("delayed_message")));
    let second = schedule(json!((at + 60).to_string())).await;
    assert_eq!(schedule(json!(at - 600)).await["error"], "time_in_past", "now is no longer later");
    assert_eq!(schedule(json!(at + 121 * 86_400)).await["error"], "time_too_far");
    assert_eq!(schedule(json!("tomorrow")).await["error"], "invalid_time");
    let listed = slack.bot("chat.scheduledMessages.list", json!({})).await;
    assert_eq!(each(&listed["scheduled_messages"], "text"), ["Later", "Later"]);
    let window = json!({"channel": GENERAL, "oldest": (at + 1).to_string()});
    let windowed = slack.bot("chat.scheduledMessages.list", window).await;
    assert_eq!(each(&windowed["scheduled_messages"], "id"), [text(&second["scheduled_message_id"])]);

    let delete = json!({"channel": GENERAL, "scheduled_message_id": second["scheduled_message_id"]});
    assert_eq!(slack.bot("chat.deleteScheduledMessage", delete.clone()).await, json!({"ok": true}));
    assert_eq!(
        slack.bot("chat.deleteScheduledMessage", delete).await["error"],
        "invalid_scheduled_message_id"
    );
    slack.bed.advance(1000);
    let history = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=1")).await;
    assert_eq!(history["messages"][0]["text"], "Later");
    assert!(text(&history["messages"][0]["ts"]).starts_with(&at.to_string()), "at its own time");
    assert_eq!(slack.bot("chat.scheduledMessages.list", json!({})).await["scheduled_messages"], json!([]));
}

#[tokio::test]
async fn search_and_reminders_are_for_users() {
    let slack = Slack::new().await;
    let found = slack.read(&slack.ada, "search.messages?query=invoice").await;
    let hit = &found["messages"]["matches"][0];
    assert_eq!(
        (&found["messages"]["total"], &hit["channel"]["name"], &hit["username"]),
        (&json!(1), &json!("engine"), &json!("grace"))
    );
    for (query, total) in [
        ("from:me", 2),
        ("from:@alan", 2),
        ("in:%23surprise-party", 1),
        ("tea+from:alan", 1),
        ("nothing-at-all", 0),
    ] {
        let found = slack.read(&slack.ada, &format!("search.messages?query={query}")).await;
        assert_eq!(found["messages"]["total"], total, "{query}");
    }
    let paged = slack.read(&slack.ada, "search.messages?query=the&count=1&page=2&sort_dir=asc").await;
    assert_eq!(
        (&paged["messages"]["paging"]["page"], paged["messages"]["matches"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    assert_eq!(slack.read(&slack.ada, "search.messages?query=%20").await["error"], "no_query");
    assert_eq!(
        slack.read(&slack.ada, "search.messages?query=x&count=101").await["error"],
        "invalid_arguments"
    );
    assert_eq!(slack.read(&slack.bot, "search.messages?query=x").await["error"], "not_allowed_token_type");

    let remind = async |time: Value| slack.ada("reminders.add", json!({"text": "Tea", "time": time})).await;
    let now = slack.bed.now();
    assert_eq!(remind(json!(now + 100_000)).await["reminder"]["time"], now + 100_000);
    assert_eq!(remind(json!("90")).await["reminder"]["time"], now + 90);
    assert_eq!(remind(json!("in 5 minutes")).await["reminder"]["time"], now + 300);
    assert_eq!(remind(json!("in 2 weeks")).await["reminder"]["user"], "U0SBXADA01");
    assert_eq!(remind(json!("whenever")).await["error"], "cannot_parse");
    assert_eq!(remind(json!(now - 100)).await["error"], "time_in_past");
    assert_eq!(remind(json!(now + 200_000_000)).await["error"], "time_too_far");
    let bot = slack.bot("reminders.add", json!({"text": "Tea", "time": 60})).await;
    assert_eq!(bot["error"], "not_allowed_token_type");
    let other = json!({"text": "Tea", "time": 60, "user": "U0NOBODY00"});
    assert_eq!(slack.ada("reminders.add", other).await["error"], "user_not_found");
}

#[tokio::test]
async fn a_file_is_uploaded_in_three_steps() {
    let slack = Slack::joined().await;
    let fields = [("filename", "notes.txt"), ("length", "5")];
    let path = "slack.com/api/files.getUploadURLExternal";
    let place = slack.bed.call("POST", path, &slack.bot, Body::Form(&fields)).await.expect(200);
    let url = text(&place["upload_url"]);
    let upload = url.strip_prefix(slack.bed.sandbox.base_url().as_str()).unwrap();
    let complete = json!({
        "files": [{"id": place["file_id"], "title": "Notes"}], "channel_id": GENERAL, "initial_comment": "Here",
    });
    assert_eq!(slack.bot("files.completeUploadExternal", complete.clone()).await["error"], "file_not_found");
    let send = async |bytes: &[u8]| {
        slack.bed.call("POST", upload, "", Body::Raw("text/plain", bytes.to_vec())).await
    };
    assert_eq!(send(b"four").await.status, 400);
    assert_eq!(send(b"notes").await.text, "OK - 5");
    assert_eq!(slack.bed.last_entry().path, "files.slack.com/upload/v1/...");
    assert_eq!(send(b"notes").await.status, 404, "once");
    let done = slack.bot("files.completeUploadExternal", complete.clone()).await;
    assert_eq!((&done["files"][0]["title"], &done["files"][0]["size"]), (&json!("Notes"), &json!(5)));
    let history = slack.read(&slack.bot, &format!("conversations.history?channel={GENERAL}&limit=1")).await;
    assert_eq!(
        (&history["messages"][0]["text"], &history["messages"][0]["files"][0]["id"]),
        (&json!("Here"), &place["file_id"])
    );
    assert_eq!(slack.bot("files.completeUploadExternal", complete).await["error"], "file_not_found");
    let nothing = slack.bed.call("POST", path, &slack.bot, Body::Form(&[("filename", "x"), ("length", "0")]));
    assert_eq!(nothing.await.expect(200)["error"], "invalid_arguments");
}
