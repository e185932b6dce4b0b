//! What an agent does with each toolkit, from making a thing to deleting it, through MCP and with the effect seen at
//! the provider's twin.

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use crate::support::{TestApp, x_credentials};

/// An app whose user `u1` has one account connected.
async fn connected(toolkit: &str, configure: Value, account: &str) -> TestApp {
    let app = TestApp::new().await;
    let mut arguments = configure;
    arguments["toolkit"] = toolkit.into();
    app.manage("configure", arguments).await.unwrap();
    app.connect(toolkit, "u1", account).await;
    app
}

/// A tool's result through MCP.
async fn act(app: &TestApp, tool: &str, params: Value) -> Value {
    let arguments = json!({"tool_name": tool, "user_id": "u1", "params": params});
    let done =
        app.manage("execute_action", arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
    assert_eq!(done["successful"], true, "{tool}");
    done["data"].clone()
}

/// The error of a tool that is refused.
async fn refused(app: &TestApp, tool: &str, params: Value) -> Value {
    let arguments = json!({"tool_name": tool, "user_id": "u1", "params": params});
    app.manage("execute_action", arguments).await.unwrap_err()["error"].clone()
}

fn texts<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

/// How often the provider's API was called.
fn calls(app: &TestApp, provider: Provider) -> usize {
    let ledger = app.twins().ledger();
    ledger.iter().filter(|entry| entry.provider == provider && entry.kind == Kind::Api).count()
}

#[tokio::test]
async fn gmail_from_sending_to_deleting() {
    let app = connected("gmail", json!({}), "ada@example.com").await;
    let letter = json!({"to": "Ada <ada@example.com>", "cc": ["grace@example.com"], "subject": "Größe: 日本",
        "body": "<p>Hi</p>", "is_html": true,
        "attachments": [{"filename": "a.txt", "content": "aGVsbG8="}]});
    let sent = act(&app, "GMAIL_SEND_EMAIL", letter).await;
    let id = sent["messageId"].clone();

    let found = act(&app, "GMAIL_FETCH_EMAILS", json!({"query": "subject:Größe has:attachment"})).await;
    assert_eq!(found["messages"], json!([{"messageId": id, "threadId": sent["threadId"]}]));
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
async fn github_from_a_repository_to_its_end() {
    let scopes = json!(["repo", "delete_repo"]);
    let app = connected("github", json!({"scopes": scopes}), "ada").await;
    let made = json!({"name": "looms", "private": true, "auto_init": true});
    let made = act(&app, "GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", made).await;
    assert_eq!(made["full_name"], "ada/looms", "{made}");
    let within = |more: Value| {
        let mut params = json!({"owner": "ada", "repo": "looms"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let title = "A bug: `/x` fails with %2F";
    let issue = act(&app, "GITHUB_CREATE_AN_ISSUE", within(json!({"title": title, "body": "Steps"}))).await;
    let number = issue["number"].clone();
    let comment = within(json!({"issue_number": number, "body": "Seen too"}));
    act(&app, "GITHUB_CREATE_AN_ISSUE_COMMENT", comment).await;
    let comments = act(&app, "GITHUB_LIST_ISSUE_COMMENTS", within(json!({"issue_number": number}))).await;
    assert_eq!(texts(&comments["comments"], "body"), ["Seen too"]);
    let listed = act(&app, "GITHUB_LIST_REPOSITORY_ISSUES", within(json!({}))).await;
    assert_eq!(texts(&listed["issues"], "title"), [title]);
    let found = json!({"q": "repo:ada/looms is:issue bug"});
    let found = act(&app, "GITHUB_SEARCH_ISSUES_AND_PULL_REQUESTS", found).await;
    assert_eq!(texts(&found["items"], "repository"), ["ada/looms"]);
    let closed = within(json!({"issue_number": number, "state": "closed"}));
    assert_eq!(act(&app, "GITHUB_UPDATE_AN_ISSUE", closed).await["state"], "closed");
    let issue = act(&app, "GITHUB_GET_AN_ISSUE", within(json!({"issue_number": number}))).await;
    assert_eq!(issue["state"], "closed");

    let branches = act(&app, "GITHUB_LIST_BRANCHES", within(json!({}))).await;
    let (base, sha) = (branches["branches"][0]["name"].clone(), branches["branches"][0]["sha"].clone());
    act(&app, "GITHUB_CREATE_A_REFERENCE", within(json!({"ref": "refs/heads/fix", "sha": sha}))).await;
    let file = json!({"path": "src/ü b.txt", "message": "Add", "content": "höh", "branch": "fix"});
    act(&app, "GITHUB_CREATE_OR_UPDATE_FILE_CONTENTS", within(file)).await;
    let file = within(json!({"path": "src/ü b.txt", "ref": "fix"}));
    let file = act(&app, "GITHUB_GET_REPOSITORY_CONTENT", file).await;
    assert_eq!(file["text"], "höh", "{file}");
    let pull = json!({"head": "fix", "base": base, "title": "Fix"});
    let pull = act(&app, "GITHUB_CREATE_A_PULL_REQUEST", within(pull)).await["number"].clone();
    let files = act(&app, "GITHUB_LIST_PULL_REQUESTS_FILES", within(json!({"pull_number": pull}))).await;
    assert_eq!(texts(&files["files"], "filename"), ["src/ü b.txt"]);
    let merged = act(&app, "GITHUB_MERGE_A_PULL_REQUEST", within(json!({"pull_number": pull}))).await;
    assert_eq!(merged["merged"], true);

    assert_eq!(act(&app, "GITHUB_DELETE_A_REPOSITORY", within(json!({}))).await["deleted"], "ada/looms");
    let error = refused(&app, "GITHUB_GET_A_REPOSITORY", within(json!({}))).await;
    assert_eq!(error["details"]["provider"]["status"], 404);
}

#[tokio::test]
async fn github_pages_with_one_form() {
    let app = connected("github", json!({}), "ada").await;
    act(&app, "GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", json!({"name": "many"})).await;
    for number in 1..=5 {
        let issue = json!({"owner": "ada", "repo": "many", "title": format!("Issue {number}")});
        act(&app, "GITHUB_CREATE_AN_ISSUE", issue).await;
    }
    let (mut titles, mut cursor) = (Vec::new(), Value::Null);
    for size in [2, 2, 1] {
        let mut params = json!({"owner": "ada", "repo": "many", "limit": 2, "direction": "asc"});
        if cursor.is_string() {
            params["cursor"] = cursor;
        }
        let page = act(&app, "GITHUB_LIST_REPOSITORY_ISSUES", params).await;
        assert_eq!(page["issues"].as_array().unwrap().len(), size);
        titles.extend(texts(&page["issues"], "title").into_iter().map(str::to_owned));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(titles, ["Issue 1", "Issue 2", "Issue 3", "Issue 4", "Issue 5"]);
    assert!(!cursor.is_string(), "the last page has no next");
}

#[tokio::test]
async fn twitter_from_a_post_to_its_end() {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    let configure = json!({"toolkit": "twitter", "oauth_credentials": credentials});
    app.manage("configure", configure).await.unwrap();
    app.connect("twitter", "u1", "ada").await;
    assert_eq!(act(&app, "TWITTER_USER_LOOKUP_ME", json!({})).await["username"], "ada");
    let post = act(&app, "TWITTER_CREATION_OF_A_POST", json!({"text": "Engines #analytical"})).await;
    let id = post["id"].clone();
    let answer = json!({"text": "More", "in_reply_to_tweet_id": id});
    act(&app, "TWITTER_CREATION_OF_A_POST", answer).await;
    assert_eq!(
        act(&app, "TWITTER_POST_LOOKUP_BY_POST_ID", json!({"id": id})).await["text"],
        "Engines #analytical"
    );
    let found = act(&app, "TWITTER_RECENT_SEARCH", json!({"query": "#analytical"})).await;
    assert_eq!(texts(&found["posts"], "id"), [id.as_str().unwrap()]);
    let timeline = act(&app, "TWITTER_USER_POSTS_TIMELINE", json!({})).await;
    assert!(texts(&timeline["posts"], "text").contains(&"More"), "{timeline}");
    let counts = act(&app, "TWITTER_RECENT_SEARCH_COUNTS", json!({"query": "#analytical"})).await;
    assert_eq!(counts["total"], 1, "counted with the app's own token");
    assert_eq!(act(&app, "TWITTER_USER_LIKE_POST", json!({"tweet_id": id})).await["liked"], true);
    assert_eq!(act(&app, "TWITTER_UNLIKE_POST", json!({"tweet_id": id})).await["liked"], false);
    assert_eq!(act(&app, "TWITTER_POST_DELETE_BY_POST_ID", json!({"id": id})).await["deleted"], true);
    let found = act(&app, "TWITTER_RECENT_SEARCH", json!({"query": "#analytical"})).await;
    assert_eq!(found["posts"], json!([]));
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
