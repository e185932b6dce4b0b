//! Gmail through MCP, against its twin.

use sandbox::Provider;
use serde_json::{Value, json};

use super::{BINARY, act, act_as, calls, connected, refused, texts};
use crate::support::TestApp;

#[tokio::test]
async fn gmail_from_sending_to_deleting() {
    let app = connected("gmail", json!({}), "ada@example.com").await;
    let letter = json!({"to": "Ada <ada@example.com>", "cc": ["grace@example.com"], "subject": "Größe: 日本",
        "body": "<p>Hi</p>", "is_html": true,
        "attachments": [{"filename": "a.txt", "content": "aGVsbG8="}]});
    let sent = act(&app, "GMAIL_SEND_EMAIL", letter).await;
    let id = sent["messageId"].clone();

    let found = act(&app, "GMAIL_FETCH_EMAILS", json!({"query": "subject:Größe has:attachment"})).await;
    let listed = &found["messages"][0];
    assert_eq!((&listed["messageId"], &listed["subject"]), (&id, &json!("Größe: 日本")), "{found}");
    let query = json!({"query": "subject:Größe has:attachment", "ids_only": true});
    let ids = act(&app, "GMAIL_FETCH_EMAILS", query).await;
    assert_eq!(ids["messages"], json!([{"messageId": id, "threadId": sent["threadId"]}]));
    let read = act(&app, "GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", json!({"message_id": id})).await;
    assert_eq!(
        (&read["subject"], &read["to"]),
        (&json!("Größe: 日本"), &json!("Ada <ada@example.com>")),
        "{read}"
    );
    let attachment = &read["attachments"][0];
    let wanted = json!({"message_id": id, "attachment_id": attachment["attachmentId"]});
    assert_eq!(act(&app, "GMAIL_GET_ATTACHMENT", wanted).await["content"], "aGVsbG8=", "{read}");

    let answer = json!({"to": "grace@example.com", "subject": "Re: Größe: 日本", "body": "Again",
        "thread_id": sent["threadId"], "in_reply_to": read["rfcMessageId"]});
    act(&app, "GMAIL_SEND_EMAIL", answer).await;
    let thread = act(&app, "GMAIL_FETCH_MESSAGE_BY_THREAD_ID", json!({"thread_id": sent["threadId"]})).await;
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2);

    let label = act(&app, "GMAIL_CREATE_LABEL", json!({"name": "Orders"})).await;
    let labelled = json!({"message_id": id, "add_label_ids": [label["id"]], "remove_label_ids": ["UNREAD"]});
    let labels = act(&app, "GMAIL_ADD_LABEL_TO_EMAIL", labelled).await["labelIds"].clone();
    assert!(labels.as_array().unwrap().contains(&label["id"]), "{labels}");
    let found = act(&app, "GMAIL_FETCH_EMAILS", json!({"label_ids": [label["id"]]})).await;
    assert_eq!(texts(&found["messages"], "messageId"), [id.as_str().unwrap()]);

    act(&app, "GMAIL_MOVE_TO_TRASH", json!({"message_id": id})).await;
    let found = act(&app, "GMAIL_FETCH_EMAILS", json!({"query": "subject:Größe in:inbox"})).await;
    assert_eq!(found["messages"], json!([]));

    let before = calls(&app, Provider::Google);
    let error = refused(&app, "GMAIL_DELETE_MESSAGE", json!({"message_id": id})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope", "everyday scopes do not delete for good");
    assert_eq!(calls(&app, Provider::Google), before, "refused before the provider is called");
}

#[tokio::test]
async fn gmail_drafts_are_written_listed_sent_and_thrown_away() {
    let app = connected("gmail", json!({}), "ada@example.com").await;
    let write = |subject: &str| json!({"to": "grace@example.com", "subject": subject, "body": "x"});
    let first = act(&app, "GMAIL_CREATE_EMAIL_DRAFT", write("First")).await;
    let second = act(&app, "GMAIL_CREATE_EMAIL_DRAFT", write("Second")).await;
    let listed = act(&app, "GMAIL_LIST_DRAFTS", json!({"limit": 1})).await;
    let rest = act(&app, "GMAIL_LIST_DRAFTS", json!({"limit": 1, "cursor": listed["next_cursor"]})).await;
    let mut ids = [texts(&listed["drafts"], "draftId"), texts(&rest["drafts"], "draftId")].concat();
    ids.sort_unstable();
    let mut expected = [first["draftId"].as_str().unwrap(), second["draftId"].as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    act(&app, "GMAIL_SEND_DRAFT", json!({"draft_id": first["draftId"]})).await;
    act(&app, "GMAIL_DELETE_DRAFT", json!({"draft_id": second["draftId"]})).await;
    assert_eq!(act(&app, "GMAIL_LIST_DRAFTS", json!({})).await["drafts"], json!([]));
    let sent = act(&app, "GMAIL_FETCH_EMAILS", json!({"query": "in:sent subject:First"})).await;
    assert_eq!(sent["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tool_beyond_the_grant_is_listed_and_refused_with_a_link() {
    let app = connected("gmail", json!({"scopes": ["gmail.readonly"]}), "ada@example.com").await;
    let tools = app.manage("list_tools", json!({"toolkit": "gmail", "user_id": "u1"})).await.unwrap();
    let granted = |name: &str| {
        let tools = tools["tools"].as_array().unwrap();
        tools.iter().find(|tool| tool["name"] == name).unwrap()["granted"].clone()
    };
    assert_eq!((granted("GMAIL_FETCH_EMAILS"), granted("GMAIL_SEND_EMAIL")), (json!(true), json!(false)));
    let before = calls(&app, Provider::Google);
    let error = refused(&app, "GMAIL_SEND_EMAIL", json!({"to": "grace@example.com", "subject": "x"})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope");
    let link = error["details"]["connect_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/connect/", app.url)), "with a link to reconnect: {error}");
    assert_eq!(calls(&app, Provider::Google), before);
}

/// The messages of what `user` finds.
async fn find(app: &TestApp, user: &str, query: &str) -> Vec<Value> {
    let found = act_as(app, user, "GMAIL_FETCH_EMAILS", json!({"query": query})).await;
    found["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn gmail_answers_and_forwards() {
    let app = connected("gmail", json!({}), "ada@example.com").await;
    app.connect("gmail", "u2", "grace@example.com").await;
    app.connect("gmail", "u3", "alan@example.com").await;
    let letter = json!({"to": "ada@example.com", "subject": "Looms", "body": "See this.",
        "attachments": [{"filename": "a.bin", "content": BINARY}]});
    let sent = act_as(&app, "u2", "GMAIL_SEND_EMAIL", letter).await;

    let [at_ada] = &find(&app, "u1", "subject:Looms").await[..] else { panic!("one at ada's") };
    let answer = json!({"thread_id": at_ada["threadId"], "body": "Seen."});
    let answered = act(&app, "GMAIL_REPLY_TO_THREAD", answer).await;
    assert_eq!(answered["threadId"], at_ada["threadId"]);
    let again = json!({"thread_id": sent["threadId"], "body": "Good."});
    assert_eq!(act_as(&app, "u2", "GMAIL_REPLY_TO_THREAD", again).await["threadId"], sent["threadId"]);
    for (user, thread, other) in
        [("u1", &at_ada["threadId"], "grace@example.com"), ("u2", &sent["threadId"], "ada@example.com")]
    {
        let all = find(&app, user, "subject:Looms").await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all.iter().all(|message| message["threadId"] == *thread), "one conversation: {all:?}");
        let own = find(&app, user, "subject:Looms in:sent").await;
        assert!(own.last().unwrap()["to"].as_str().unwrap().contains(other), "{own:?}");
    }

    let forward = json!({"message_id": at_ada["messageId"], "to": "alan@example.com", "body": "From Grace:"});
    act(&app, "GMAIL_FORWARD_MESSAGE", forward).await;
    let [at_alan] = &find(&app, "u3", "subject:Looms has:attachment").await[..] else {
        panic!("one at alan's")
    };
    let id = at_alan["messageId"].clone();
    let read = act_as(&app, "u3", "GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", json!({"message_id": id})).await;
    assert_eq!(read["subject"], "Fwd: Looms");
    let text = read["text"].as_str().unwrap();
    assert!(text.starts_with("From Grace:") && text.trim_end().ends_with("See this."), "{text}");
    let attachment = &read["attachments"][0];
    assert_eq!(attachment["filename"], "a.bin");
    let wanted = json!({"message_id": id, "attachment_id": attachment["attachmentId"]});
    assert_eq!(act_as(&app, "u3", "GMAIL_GET_ATTACHMENT", wanted).await["content"], BINARY);
}
