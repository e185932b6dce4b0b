//! Slack through MCP, against its twin.

use serde_json::json;

use super::{act, connected, refused, texts};

#[tokio::test]
async fn slack_from_a_channel_to_a_deleted_message() {
    let app = connected("slack", json!({}), "ada").await;
    let channel = act(&app, "SLACK_CREATE_CHANNEL", json!({"name": "launch"})).await["id"].clone();
    let grace = act(&app, "SLACK_FIND_USER_BY_EMAIL_ADDRESS", json!({"email": "grace@example.com"})).await;
    act(&app, "SLACK_INVITE_USERS_TO_A_SLACK_CHANNEL", json!({"channel": channel, "users": [grace["id"]]}))
        .await;
    let listed = act(&app, "SLACK_LIST_ALL_CHANNELS", json!({"channel_name": "#laun"})).await;
    assert_eq!(texts(&listed["channels"], "name"), ["launch"]);

    let sent = act(&app, "SLACK_SEND_MESSAGE", json!({"channel": channel, "text": "Ready & <steady>"})).await;
    let answer = json!({"channel": channel, "text": "Go", "thread_ts": sent["ts"]});
    act(&app, "SLACK_SEND_MESSAGE", answer).await;
    let history = act(&app, "SLACK_FETCH_CONVERSATION_HISTORY", json!({"channel": channel})).await;
    assert!(history["messages"].to_string().contains("steady"), "{history}");
    let thread = json!({"channel": channel, "ts": sent["ts"]});
    let thread = act(&app, "SLACK_FETCH_MESSAGE_THREAD_FROM_A_CONVERSATION", thread).await;
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2, "{thread}");
    let reaction = json!({"channel": channel, "timestamp": sent["ts"], "name": "rocket"});
    act(&app, "SLACK_ADD_REACTION_TO_AN_ITEM", reaction).await;

    let change = json!({"channel": channel, "ts": sent["ts"], "text": "Changed"});
    assert_eq!(act(&app, "SLACK_UPDATES_A_SLACK_MESSAGE", change).await["text"], "Changed");
    act(&app, "SLACK_DELETES_A_MESSAGE_FROM_A_CHAT", json!({"channel": channel, "ts": sent["ts"]})).await;
    let history = act(&app, "SLACK_FETCH_CONVERSATION_HISTORY", json!({"channel": channel})).await;
    assert!(!history["messages"].to_string().contains("Changed"), "{history}");

    let error = refused(&app, "SLACK_SEND_MESSAGE", json!({"channel": "C0NOWHERE", "text": "x"})).await;
    assert_eq!(error["details"]["provider"]["code"], "channel_not_found", "an error in a 200 is an error");
}

#[tokio::test]
async fn slack_searches_with_the_users_own_token() {
    let scopes = json!(["chat:write", "channels:read", "channels:join", "user:search:read"]);
    let app = connected("slack", json!({"scopes": scopes}), "ada").await;
    let channels = act(&app, "SLACK_LIST_ALL_CHANNELS", json!({})).await;
    let general = channels["channels"][0]["id"].clone();
    act(&app, "SLACK_JOIN_AN_EXISTING_CONVERSATION", json!({"channel": general})).await;
    act(&app, "SLACK_SEND_MESSAGE", json!({"channel": general, "text": "the needle is here"})).await;
    let found = act(&app, "SLACK_SEARCH_MESSAGES", json!({"query": "needle"})).await;
    assert_eq!(texts(&found["messages"], "text"), ["the needle is here"]);
}

#[tokio::test]
async fn slack_uploads_a_text_to_a_channel() {
    let app = connected("slack", json!({}), "ada").await;
    let channel = act(&app, "SLACK_CREATE_CHANNEL", json!({"name": "looms"})).await["id"].clone();
    let text = "Größe: 日本\n";
    let file = json!({"filename": "note.txt", "text": text, "title": "A note", "channel_id": channel,
        "initial_comment": "For you"});
    let file = act(&app, "SLACK_UPLOAD_FILE", file).await;
    assert_eq!((&file["size"], &file["channels"]), (&json!(text.len()), &json!([channel])), "{file}");
    let of_channel = json!({"channel": channel});
    let listed = act(&app, "SLACK_LIST_FILES_WITH_FILTERS_IN_SLACK", of_channel.clone()).await;
    assert_eq!(listed["files"], json!([file]));
    let history = act(&app, "SLACK_FETCH_CONVERSATION_HISTORY", of_channel).await["messages"].clone();
    let message = history.as_array().unwrap().iter().find(|message| message["text"] == "For you").unwrap();
    assert_eq!(texts(&message["files"], "id"), [file["id"].as_str().unwrap()]);

    let broken = json!({"filename": "a.bin", "content": "AAEC\n Aw\r\n=="});
    assert_eq!(act(&app, "SLACK_UPLOAD_FILE", broken).await["size"], 4, "its base64 is in lines");
}
