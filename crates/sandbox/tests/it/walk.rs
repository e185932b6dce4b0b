//! A long walk through every operation with arguments that are half sensible and half garbage. Whatever comes, a twin
//! answers in its provider's shape, its ledger keeps up, and its state survives a restart.

use std::fs;

use sandbox::Provider;
use serde_json::{Map, Value, json};

use crate::bed::{Bed, Body, GMAIL, Reply, base64url, each, text};

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }
}

const MAILS: &[&str] = &[
    "To: ada@example.com\r\nSubject: x\r\n\r\nx",
    "To: grace@example.com, alan@example.com\nSubject: bare line feeds\n\nx\n",
    "to:ada@example.com\r\nSUBJECT:\r\n folded\r\n\tagain\r\n\r\n",
    "To: ada@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nunfinished",
    "To: ada@example.com\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
    "To: ada@example.com\r\nContent-Type: message/rfc822\r\n\r\nTo: x@y.example\r\nSubject: inner\r\n\r\nx",
    "To: =?utf-8?q?=41?= <ada@example.com>\r\nSubject: =?x-unknown?b?////?= =?utf-8?q?=ff?=\r\n\r\nx",
    "To: Group: ada@example.com, grace@example.com;\r\n\r\nx",
    "To: \"a\" <<ada@example.com>>\r\n\r\n\u{0}\u{1}",
    "\r\n\r\n",
    ":\r\n:\r\nTo\r\n",
    "To: ada@example.com",
];

const WORDS: &[&str] = &[
    "",
    "x",
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "true",
    "null",
    "main",
    "bug",
    "ü",
    "\u{1F600}",
    "a b",
    "a/b",
    "..",
    "%",
    "+",
    "\"",
    "'",
    "<b>",
    "\u{0}",
    "INBOX",
    "Label_1",
    "SENT",
    "UNREAD",
    "general",
    "#general",
    "C0SBXGENRL",
    "U0SBXGRC02",
    "1800000000.000001",
    "ada",
    "grace",
    "ada@example.com",
    "from:ada",
    "is:open label:bug",
    "created_at",
    "author_id",
    "2027-01-15T08:00:00Z",
    "refs/heads/x",
    "open",
    "closed",
    "all",
    "asc",
    "full",
    "7d",
    "eA",
];

/// Method, path and the names that a query or body may have. `{}` in a path takes a word.
const OPERATIONS: &[(Provider, &str, &str, &str)] = &[
    (Provider::Google, "GET", "messages", "q labelIds maxResults pageToken includeSpamTrash"),
    (Provider::Google, "GET", "messages/{message}", "format metadataHeaders"),
    (Provider::Google, "GET", "threads", "q labelIds maxResults pageToken"),
    (Provider::Google, "GET", "threads/{message}", "format metadataHeaders"),
    (Provider::Google, "GET", "drafts", "q maxResults"),
    (Provider::Google, "GET", "history", "startHistoryId historyTypes labelId"),
    (Provider::Google, "POST", "messages/send", "raw threadId"),
    (Provider::Google, "POST", "drafts", "message"),
    (Provider::Google, "POST", "drafts/send", "id message"),
    (Provider::Google, "POST", "messages/{message}/modify", "addLabelIds removeLabelIds"),
    (Provider::Google, "POST", "messages/batchModify", "ids addLabelIds removeLabelIds"),
    (Provider::Google, "POST", "messages/batchDelete", "ids"),
    (Provider::Google, "POST", "messages/{message}/trash", ""),
    (Provider::Google, "POST", "threads/{message}/untrash", ""),
    (Provider::Google, "DELETE", "messages/{}", ""),
    (Provider::Google, "GET", "messages/{message}/attachments/{}", ""),
    (Provider::Google, "POST", "labels", "name color messageListVisibility"),
    (Provider::Google, "PATCH", "labels/{}", "name labelListVisibility"),
    (Provider::Google, "DELETE", "labels/{}", ""),
    (
        Provider::Slack,
        "POST",
        "chat.postMessage",
        "channel text blocks attachments thread_ts reply_broadcast metadata",
    ),
    (Provider::Slack, "POST", "chat.update", "channel ts text blocks"),
    (Provider::Slack, "POST", "chat.delete", "channel ts"),
    (Provider::Slack, "POST", "chat.postEphemeral", "channel user text"),
    (Provider::Slack, "POST", "chat.scheduleMessage", "channel text post_at"),
    (Provider::Slack, "POST", "chat.scheduledMessages.list", "channel oldest latest limit cursor"),
    (Provider::Slack, "GET", "conversations.list", "types limit cursor exclude_archived"),
    (Provider::Slack, "GET", "conversations.history", "channel oldest latest inclusive limit cursor"),
    (Provider::Slack, "GET", "conversations.replies", "channel ts limit"),
    (Provider::Slack, "GET", "conversations.members", "channel limit cursor"),
    (Provider::Slack, "POST", "conversations.create", "name is_private"),
    (Provider::Slack, "POST", "conversations.invite", "channel users"),
    (Provider::Slack, "POST", "conversations.open", "users channel return_im"),
    (Provider::Slack, "POST", "conversations.join", "channel"),
    (Provider::Slack, "GET", "users.info", "user"),
    (Provider::Slack, "POST", "reactions.add", "channel name timestamp"),
    (Provider::Slack, "POST", "files.completeUploadExternal", "files channel_id initial_comment"),
    (Provider::Slack, "POST", "conversations.rename", "channel name"),
    (Provider::Slack, "POST", "conversations.setTopic", "channel topic"),
    (Provider::Slack, "POST", "conversations.kick", "channel user"),
    (Provider::Slack, "POST", "conversations.leave", "channel"),
    (Provider::Slack, "POST", "pins.add", "channel timestamp"),
    (Provider::Slack, "POST", "pins.remove", "channel timestamp"),
    (Provider::Slack, "GET", "pins.list", "channel"),
    (Provider::Slack, "GET", "files.list", "channel user types ts_from count page"),
    (Provider::Slack, "GET", "users.conversations", "user types limit cursor"),
    (Provider::Slack, "POST", "reactions.remove", "channel name timestamp"),
    (Provider::GitHub, "GET", "user/repos", "type sort direction per_page page"),
    (Provider::GitHub, "POST", "user/repos", "name private auto_init description"),
    (Provider::GitHub, "GET", "repos/ada/engine/contents/{}", "ref"),
    (Provider::GitHub, "PUT", "repos/ada/engine/contents/{}", "message content sha branch author"),
    (Provider::GitHub, "DELETE", "repos/ada/engine/contents/{}", "message sha"),
    (Provider::GitHub, "GET", "repos/ada/engine/commits", "sha path author since per_page"),
    (Provider::GitHub, "GET", "repos/ada/engine/commits/{}", ""),
    (Provider::GitHub, "POST", "repos/ada/engine/git/refs", "ref sha"),
    (Provider::GitHub, "GET", "repos/ada/engine/git/matching-refs/{}", ""),
    (
        Provider::GitHub,
        "GET",
        "repos/ada/engine/issues",
        "state labels assignee sort direction since per_page page",
    ),
    (Provider::GitHub, "POST", "repos/ada/engine/issues", "title body labels assignees milestone"),
    (Provider::GitHub, "PATCH", "repos/ada/engine/issues/{number}", "title body state labels state_reason"),
    (Provider::GitHub, "POST", "repos/ada/engine/issues/{number}/comments", "body"),
    (Provider::GitHub, "POST", "repos/ada/engine/issues/{number}/labels", "labels"),
    (Provider::GitHub, "POST", "repos/ada/engine/pulls", "title head base draft"),
    (Provider::GitHub, "PUT", "repos/ada/engine/pulls/{number}/merge", "merge_method sha"),
    (Provider::GitHub, "GET", "repos/ada/engine/pulls", "state head sort"),
    (Provider::GitHub, "GET", "search/issues", "q sort order per_page page"),
    (Provider::GitHub, "GET", "search/code", "q"),
    (Provider::GitHub, "POST", "repos/ada/engine/actions/workflows/{}/dispatches", "ref inputs"),
    (Provider::Twitter, "POST", "tweets", "text reply quote_tweet_id poll reply_settings"),
    (Provider::Twitter, "GET", "tweets", "ids post.fields expansions"),
    (Provider::Twitter, "GET", "tweets/{post}", "post.fields expansions user.fields"),
    (Provider::Twitter, "DELETE", "tweets/{post}", ""),
    (Provider::Twitter, "GET", "tweets/search/recent", "query max_results start_time next_token"),
    (Provider::Twitter, "GET", "tweets/counts/recent", "query granularity start_time"),
    (Provider::Twitter, "GET", "users/18151210/tweets", "max_results exclude since_id pagination_token"),
    (Provider::Twitter, "GET", "users/by/username/{}", "user.fields"),
    (Provider::Twitter, "POST", "users/18151210/likes", "tweet_id"),
    (Provider::Twitter, "POST", "users/18151210/retweets", "tweet_id"),
    (Provider::Twitter, "POST", "users/18151210/bookmarks", "tweet_id folder_id"),
    (Provider::Twitter, "GET", "users/18151210/bookmarks", "max_results pagination_token post.fields"),
    (Provider::Twitter, "POST", "users/18151210/following", "target_user_id"),
    (Provider::Twitter, "GET", "users/19061209/followers", "max_results user.fields"),
    (
        Provider::Twitter,
        "GET",
        "users/18151210/timelines/reverse_chronological",
        "max_results exclude since_id",
    ),
    (Provider::Twitter, "GET", "users/search", "query max_results"),
    (Provider::Twitter, "POST", "lists", "name description private"),
    (Provider::Twitter, "GET", "users/18151210/owned_lists", "max_results pagination_token"),
    (Provider::Twitter, "POST", "dm_conversations/with/19061209/messages", "text attachments"),
    (Provider::Twitter, "GET", "dm_events", "event_types max_results pagination_token"),
];

fn prefix(provider: Provider) -> &'static str {
    match provider {
        Provider::Google => "gmail.googleapis.com/gmail/v1/users/me",
        Provider::Slack => "slack.com/api",
        Provider::GitHub => "api.github.com",
        Provider::Twitter => "api.x.com/2",
        other => panic!("{other} has no walk"),
    }
}

/// What is there at the moment.
struct Known {
    message: String,
    post: String,
}

async fn look_around(bed: &Bed, tokens: &[String; 4]) -> Known {
    let raw = base64url("To: ada@example.com\r\nSubject: Found\r\n\r\nx");
    let send = format!("{GMAIL}/messages/send");
    let message = bed.post(&send, &tokens[0], json!({ "raw": raw })).await.expect(200);
    let count = bed.ledger().len();
    let post = bed
        .post("api.x.com/2/tweets", &tokens[3], json!({"text": format!("Number {count}")}))
        .await
        .expect(201);
    Known { message: text(&message["id"]), post: text(&post["data"]["id"]) }
}

/// What a caller who knows the operation would send; null for nothing.
fn sensible(dice: &mut Dice, name: &str, Known { message, post }: &Known) -> Value {
    match name {
        "raw" => json!(base64url(dice.of(MAILS))),
        "message" if dice.roll(2) == 0 => json!({"raw": base64url(dice.of(MAILS))}),
        "message" => json!("Write"),
        "ids" if dice.roll(2) == 0 => json!([message]),
        "ids" => json!(post),
        "addLabelIds" => json!([dice.of(&["STARRED", "Label_1", "IMPORTANT"])]),
        "removeLabelIds" => json!([dice.of(&["UNREAD", "INBOX"])]),
        "labelIds" => json!("INBOX"),
        "maxResults" | "limit" | "per_page" | "page" => json!(1 + dice.roll(5)),
        "max_results" => json!(10 + dice.roll(90)),
        "pageToken" | "cursor" | "next_token" | "pagination_token" | "sha" | "metadata" | "color" => {
            Value::Null
        }
        "includeSpamTrash" | "inclusive" | "exclude_archived" => json!(true),
        "private" | "auto_init" | "draft" | "is_private" | "return_im" | "reply_broadcast" => {
            json!(dice.roll(2) == 0)
        }
        "channel" | "channel_id" => json!(dice.of(&["C0SBXGENRL", "#general", "C0SBXENGIN", "U0SBXGRC02"])),
        "blocks" => json!([{"type": "section", "text": "x"}]),
        "user" | "users" => json!(dice.of(&["U0SBXGRC02", "U0SBXALN03"])),
        "post_at" => json!(1_800_000_600 + i64::try_from(dice.roll(9_000)).unwrap()),
        "name" if dice.roll(2) == 0 => json!(format!("made-{}", dice.roll(1000))),
        "content" => json!(base64url(dice.of(&["abc", "abcdef", "abcabcabc"]))),
        "labels" | "assignees" if dice.roll(2) == 0 => json!(["grace"]),
        "head" | "base" | "ref" => json!(dice.of(&["main", "x", "refs/heads/x"])),
        "types" => json!("public_channel,im"),
        "post.fields" => json!("created_at,public_metrics,entities"),
        "expansions" => json!("author_id,referenced_posts"),
        "user.fields" => json!("public_metrics"),
        "direction" | "order" => json!(dice.of(&["asc", "desc"])),
        "state" => json!(dice.of(&["open", "closed"])),
        "format" => json!(dice.of(&["full", "metadata", "raw"])),
        "q" | "query" | "text" | "title" | "body" | "description" => {
            json!(format!("{} {}", dice.of(WORDS), dice.roll(999)))
        }
        _ => json!(dice.of(WORDS)),
    }
}

fn garbage(dice: &mut Dice) -> Value {
    let word = dice.of(WORDS);
    match dice.roll(8) {
        0 => json!([word]),
        1 => json!({ word: word }),
        2 => json!(dice.roll(1000)),
        3 => Value::Null,
        _ => json!(word),
    }
}

async fn step(bed: &Bed, dice: &mut Dice, tokens: &[String; 4], known: &Known) -> (Provider, Reply) {
    let (provider, method, path, names) = dice.of(OPERATIONS);
    let mut url = bed.url(prefix(provider));
    {
        let mut segments = url.path_segments_mut().unwrap();
        for segment in path.split('/') {
            segments.push(match segment {
                "{}" => dice.of(WORDS),
                "{message}" => &known.message,
                "{post}" => &known.post,
                "{number}" => dice.of(&["1", "2", "3", "4", "5", "6"]),
                fixed => fixed,
            });
        }
    }
    let mut chosen = Map::new();
    let careless = dice.roll(3) == 0;
    for name in names.split_whitespace() {
        let value = if careless { garbage(dice) } else { sensible(dice, name, known) };
        if !value.is_null() || (careless && dice.roll(2) == 0) {
            chosen.insert(name.to_owned(), value);
        }
    }
    let body = match method {
        "GET" | "DELETE" if names.is_empty() || method == "GET" => {
            let mut query = url.query_pairs_mut();
            for (name, value) in &chosen {
                query.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
            }
            Body::None
        }
        _ if names.is_empty() => Body::None,
        _ => Body::Json(Value::Object(chosen)),
    };
    let url = url.as_str().trim_end_matches('?').to_owned();
    let path = url.strip_prefix(bed.sandbox.base_url().as_str()).unwrap();
    let index = Provider::ALL.iter().position(|known| *known == provider).unwrap();
    (provider, bed.call(method, path, &tokens[index], body).await)
}

fn check(provider: Provider, reply: &Reply) {
    assert!(reply.status < 500, "{}: {}", reply.status, reply.text);
    if reply.text.is_empty() {
        assert_eq!(reply.status, 204);
        return;
    }
    let body = reply.json();
    let is_refusal = reply.status >= 400;
    match provider {
        Provider::Google => assert_eq!(body["error"]["code"] == reply.status, is_refusal, "{body}"),
        Provider::Slack => assert!(reply.status == 200 && body["ok"] == body["error"].is_null(), "{body}"),
        Provider::GitHub => assert_eq!(body["documentation_url"].is_string(), is_refusal, "{body}"),
        Provider::Twitter => assert_eq!(body["status"] == reply.status, is_refusal, "{body}"),
        other => panic!("{other} has no walk"),
    }
}

#[tokio::test]
async fn nothing_that_comes_breaks_a_twin() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twins.json");
    let bed = Bed::with(Some(path.clone())).await;
    let slack = "chat:write,channels:read,channels:history,channels:manage,channels:join,groups:read,groups:write,\
                 im:write,im:read,mpim:write,users:read,reactions:write,files:write,files:read,pins:read,pins:write";
    let x = "tweet.read tweet.write users.read like.write bookmark.read bookmark.write follows.read follows.write \
             list.read list.write dm.read dm.write";
    let tokens = [
        bed.gmail().await,
        bed.token(Provider::Slack, "ada", slack).await,
        bed.token(Provider::GitHub, "ada", "repo workflow").await,
        bed.token(Provider::Twitter, "ada", x).await,
    ];
    bed.sandbox.control().clear_ledger();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (steps, mut accepted, mut known) = (2000, 0, look_around(&bed, &tokens).await);
    for number in 0..steps {
        let (provider, reply) = step(&bed, &mut dice, &tokens, &known).await;
        check(provider, &reply);
        accepted += usize::from(reply.status < 300 && !reply.text.contains("\"ok\":false"));
        if number % 20 == 19 {
            bed.advance(1);
            known = look_around(&bed, &tokens).await;
        }
    }
    assert_eq!(bed.ledger().len(), steps + 2 * (1 + steps / 20));
    assert!(accepted > steps / 5, "{accepted} of {steps} made sense");
    let all = bed
        .get(&format!("{GMAIL}/messages?includeSpamTrash=true&maxResults=500"), &tokens[0])
        .await
        .expect(200);
    for id in each(&all["messages"], "id") {
        bed.get(&format!("{GMAIL}/messages/{id}"), &tokens[0]).await.expect(200);
    }
    bed.sandbox.stop().await;

    let before = fs::read(&path).unwrap();
    Bed::with(Some(path.clone())).await.sandbox.stop().await;
    assert_eq!(fs::read(&path).unwrap(), before, "what was written is what is read");
}
