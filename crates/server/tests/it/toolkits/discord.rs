//! Discord through MCP, against its twin.

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use super::{act, connected, refused, texts};
use crate::support::{TestApp, discord_credentials};

#[tokio::test]
async fn discord_shows_the_user_his_servers_and_his_place_in_them() {
    let configure = json!({"scopes": ["identify", "guilds", "guilds.members.read", "connections"]});
    let app = connected("discord", configure, "grace").await;
    let me = act(&app, "DISCORD_GET_MY_USER", json!({})).await;
    assert_eq!((&me["username"], &me["display_name"]), (&json!("grace"), &json!("Grace")));
    assert!(me.get("email").is_none(), "the scope email was not asked for: {me}");

    let first = act(&app, "DISCORD_LIST_MY_GUILDS", json!({"limit": 1, "with_counts": true})).await;
    assert_eq!(texts(&first["guilds"], "name"), ["Analytical Engines"]);
    assert_eq!((&first["guilds"][0]["owner"], &first["guilds"][0]["members"]), (&json!(false), &json!(3)));
    let next = json!({"limit": 1, "cursor": first["next_cursor"]});
    let second = act(&app, "DISCORD_LIST_MY_GUILDS", next).await;
    assert_eq!(texts(&second["guilds"], "name"), ["Navy Nanoseconds"]);
    assert_eq!(second["guilds"][0]["owner"], true);

    let place = json!({"guild_id": first["guilds"][0]["id"]});
    let place = act(&app, "DISCORD_GET_MY_GUILD_MEMBER", place).await;
    assert_eq!((&place["nick"], &place["user"]["username"]), (&json!("Amazing Grace"), &json!("grace")));
    assert_eq!(place["roles"].as_array().unwrap().len(), 1);
    let linked = act(&app, "DISCORD_LIST_MY_CONNECTIONS", json!({})).await;
    assert_eq!(texts(&linked["connections"], "type"), ["github"]);

    let error = refused(&app, "DISCORD_GET_MY_GUILD_MEMBER", json!({"guild_id": "7"})).await;
    assert_eq!(error["details"]["provider"]["status"], 404, "{error}");
    let ledger = app.twins().ledger();
    let api = ledger.iter().filter(|entry| entry.provider == Provider::Discord && entry.kind == Kind::Api);
    let last = api.into_iter().next_back().unwrap();
    assert_eq!((last.account.as_deref(), last.outcome()), (Some("grace"), Some("10004")));
    assert_eq!(last.operation.as_deref(), Some("get_my_guild_member"));
}

#[tokio::test]
async fn discord_tools_wait_for_their_scopes() {
    let app = connected("discord", json!({"scopes": ["identify"]}), "ada").await;
    act(&app, "DISCORD_GET_MY_USER", json!({})).await;
    let error = refused(&app, "DISCORD_LIST_MY_GUILDS", json!({})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope", "{error}");
}

/// An app with a bot of its own, which `u1` (ada) has added to her server and `u2` (grace) to hers.
async fn with_bot() -> TestApp {
    let app = TestApp::new().await;
    let scopes = json!(["bot", "guilds.members.read"]);
    let configure =
        json!({"toolkit": "discord", "scopes": scopes, "oauth_credentials": discord_credentials(&app)});
    app.manage("configure", configure).await.unwrap();
    app.connect("discord", "u1", "ada").await;
    app.connect("discord", "u2", "grace").await;
    app
}

async fn channel(app: &TestApp, user: &str, name: &str) -> Value {
    let arguments = json!({"tool_name": "DISCORD_LIST_GUILD_CHANNELS", "user_id": user, "params": {}});
    let listed = app.manage("execute_action", arguments).await.unwrap()["data"].clone();
    let mut channels = listed["channels"].as_array().unwrap().iter();
    channels.find(|channel| channel["name"] == name).unwrap()["id"].clone()
}

/// How often the twin carried an operation out.
fn times(app: &TestApp, operation: &str) -> usize {
    let ledger = app.twins().ledger();
    let same = |entry: &&sandbox::Entry| entry.operation.as_deref() == Some(operation);
    ledger.iter().filter(same).count()
}

#[tokio::test]
async fn discord_from_a_channel_to_a_deleted_message() {
    let app = with_bot().await;
    let server = act(&app, "DISCORD_GET_GUILD", json!({})).await;
    assert_eq!(server["name"], "Analytical Engines");
    let general = channel(&app, "u1", "general").await;
    let sent = json!({"channel_id": general, "content": "Ready: 日本", "mention_users": false});
    let sent = act(&app, "DISCORD_CREATE_MESSAGE", sent).await;
    let here = |more: Value| {
        let mut params = json!({"channel_id": general, "message_id": sent["id"]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let listed = act(&app, "DISCORD_LIST_MESSAGES", json!({"channel_id": general, "limit": 1})).await;
    assert_eq!(texts(&listed["messages"], "content"), ["Ready: 日本"]);
    let older = json!({"channel_id": general, "limit": 1, "cursor": listed["next_cursor"]});
    let older = act(&app, "DISCORD_LIST_MESSAGES", older).await;
    assert_ne!(older["messages"][0]["id"], sent["id"]);
    act(&app, "DISCORD_ADD_REACTION", here(json!({"emoji": "🚀"}))).await;
    act(&app, "DISCORD_UPDATE_MESSAGE", here(json!({"content": "Changed"}))).await;
    act(&app, "DISCORD_PIN_MESSAGE", here(json!({}))).await;
    let message = act(&app, "DISCORD_GET_MESSAGE", here(json!({}))).await;
    assert_eq!((&message["content"], &message["pinned"]), (&json!("Changed"), &json!(true)), "{message}");
    assert_eq!(message["reactions"], json!([{"emoji": "🚀", "count": 1}]));
    let thread = act(&app, "DISCORD_CREATE_THREAD_FROM_MESSAGE", here(json!({"name": "Plans"}))).await;
    let answer = json!({"channel_id": thread["id"], "content": "In the thread"});
    act(&app, "DISCORD_CREATE_MESSAGE", answer).await;
    let found = act(&app, "DISCORD_SEARCH_GUILD_MEMBERS", json!({"query": "grace"})).await;
    let member = json!({"user_id": found["members"][0]["user"]["id"]});
    assert_eq!(act(&app, "DISCORD_GET_GUILD_MEMBER", member).await["user"]["username"], "grace");
    assert_eq!(act(&app, "DISCORD_DELETE_MESSAGE", here(json!({}))).await["deleted"], sent["id"]);
    let error = refused(&app, "DISCORD_GET_MESSAGE", here(json!({}))).await;
    assert_eq!(error["details"]["provider"]["code"], "10008", "{error}");
}

#[tokio::test]
async fn a_bot_in_many_servers_acts_only_in_the_one_of_the_grant() {
    let app = with_bot().await;
    let (mine, theirs) = (channel(&app, "u1", "general").await, channel(&app, "u2", "compilers").await);
    let lookups = times(&app, "get_channel");
    for _ in 0..2 {
        let message = json!({"channel_id": theirs, "content": "Boo"});
        let error = refused(&app, "DISCORD_CREATE_MESSAGE", message).await;
        assert_eq!(error["details"]["reason"], "outside_grant", "{error}");
        let read = refused(&app, "DISCORD_LIST_MESSAGES", json!({"channel_id": theirs})).await;
        assert_eq!(read["details"]["reason"], "outside_grant");
    }
    assert_eq!(times(&app, "get_channel"), lookups + 1, "asked once, then known");
    assert_eq!((times(&app, "create_message"), times(&app, "list_messages")), (0, 0));
    let other = json!({"guild_id": "1"});
    let error = refused(&app, "DISCORD_LIST_GUILD_MEMBERS", other).await;
    assert_eq!(error["details"]["argument"], "guild_id", "{error}");
    act(&app, "DISCORD_CREATE_MESSAGE", json!({"channel_id": mine, "content": "Hello"})).await;
    assert_eq!(times(&app, "create_message"), 1);

    let grace = act(&app, "DISCORD_SEARCH_GUILD_MEMBERS", json!({"query": "grace"})).await;
    let grace = grace["members"][0]["user"]["id"].clone();
    let sent = act(&app, "DISCORD_SEND_DM", json!({"recipient_id": grace, "content": "Psst"})).await;
    let direct = json!({"channel_id": sent["channel_id"], "content": "Again"});
    let error = refused(&app, "DISCORD_CREATE_MESSAGE", direct).await;
    assert_eq!(error["details"]["reason"], "outside_grant", "a direct message lies in no server");
    let hook = act(&app, "DISCORD_GET_CHANNEL", json!({"channel_id": mine})).await;
    assert_eq!(hook["name"], "general");
}

#[tokio::test]
async fn the_instances_own_bot_writes_nobody_directly() {
    let app = connected("discord", json!({"scopes": ["bot", "guilds.members.read"]}), "ada").await;
    let message = json!({"recipient_id": "7", "content": "Hi"});
    let error = refused(&app, "DISCORD_SEND_DM", message).await;
    assert_eq!(error["code"], "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED", "{error}");
    let error = refused(&app, "DISCORD_LIST_GUILD_CHANNELS", json!({})).await;
    assert_eq!(
        error["details"]["missing_credentials"],
        json!(["bot_token"]),
        "no bot unless the operator has one"
    );
    let plain = connected("discord", json!({}), "ada").await;
    let error = refused(&plain, "DISCORD_LIST_GUILD_CHANNELS", json!({})).await;
    assert_eq!(error["details"]["reason"], "insufficient_scope", "{error}");
}

#[tokio::test]
async fn who_takes_the_grant_back_at_discord_loses_the_bot() {
    let app = with_bot().await;
    act(&app, "DISCORD_GET_GUILD", json!({})).await;
    app.twins().revoke_account(Provider::Discord, "ada");
    app.advance(601);
    let error = refused(&app, "DISCORD_GET_GUILD", json!({})).await;
    assert_eq!(error["code"], "INTEGRATIONS_CONNECTION_EXPIRED", "{error}");
}
