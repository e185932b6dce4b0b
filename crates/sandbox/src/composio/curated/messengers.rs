//! Slack and Discord.

use serde_json::{Value, json};

use crate::composio::effects::Effect::{Add, Gone, List, Me, Remove, Run};
use crate::composio::effects::{Desk, Sent, limit, text};
use crate::composio::tool::{Spec, tools};
use crate::people::{PEOPLE, Person};

const READ: &[&str] = &["channels:read", "channels:history", "users:read"];
const WRITE: &[&str] = &["chat:write"];
const IDENTIFY: &[&str] = &["identify", "guilds"];

/// The channels that every workspace has here.
const CHANNELS: [(&str, &str); 2] = [("C0CMPGENER", "general"), ("C0CMPRANDO", "random")];

pub(super) const SLACK: &[Spec<'static>] = tools! {
    reads READ, writes WRITE;
    "SEND_MESSAGE" Creates "message" "channel! markdown_text text blocks:objs attachments:objs thread_ts" Run(send), "Sends a message to a channel.";
    "CHAT_POST_MESSAGE" Creates "message" "channel! text" Gone, "Sent a message; use SLACK_SEND_MESSAGE.";
    "FETCH_CONVERSATION_HISTORY" Reads "message" "channel! cursor inclusive:bool latest limit:int oldest" Run(history), "Reads the messages of a channel, the latest first.";
    "UPDATES_A_SLACK_MESSAGE" Updates "message" "channel! ts@ markdown_text text" Run(update), "Changes a message.";
    "DELETES_A_MESSAGE_FROM_A_CHAT" Destroys "message" "channel! ts@ as_user:bool" Remove, "Deletes a message.";
    "LIST_ALL_CHANNELS" Reads "channel" "channel_name cursor exclude_archived:bool limit:int types" Run(channels), "Lists the channels.";
    "CREATE_CHANNEL" Creates "channel" "name! is_private:bool team_id" Add, "Creates a channel.";
    "LIST_ALL_USERS" Reads "user" "limit:int cursor" Run(users), "Lists the members of the workspace.";
    "SEARCH_MESSAGES" Reads "message" "query! count:int sort sort_dir" List, "Searches the messages.";
    "FETCH_TEAM_INFO" Reads "team" "" Me(team), "Says which workspace it is.";
};

pub(super) const DISCORD: &[Spec<'static>] = tools! {
    reads IDENTIFY, writes IDENTIFY;
    "GET_MY_USER" Reads "user" "" Me(discord_user), "Says who the user is.";
    "LIST_MY_GUILDS" Reads "guild" "limit:int before after with_counts:bool" Me(guilds), "Lists the servers that the user is in.";
    "GET_MY_GUILD_MEMBER" Reads "member" "guild_id!" Me(discord_user), "Says who the user is in a server.";
    "LIST_MY_CONNECTIONS" Reads "connection" "" Me(|_| json!({"connections": []})), "Lists what is connected to the user.";
    "GET_INVITE" Reads "invite" "invite_code! with_counts:bool" Run(invite), "Says where an invite leads.";
    "GET_MY_OAUTH2_AUTHORIZATION" Reads "authorization" "" Me(|person| json!({"user": discord_user(person)})), "Says what was granted.";
};

fn team(person: &Person) -> Value {
    json!({"ok": true, "team": {"id": "T0CMPTEAM1", "name": "Twins", "domain": "twins"}, "user_id": person.slack_id})
}

fn send(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let what =
        ["markdown_text", "text"].map(|name| text(sent, name)).into_iter().find(|text| !text.is_empty());
    if what.is_none() && !sent.contains_key("blocks") && !sent.contains_key("attachments") {
        return Err("no_text".to_owned());
    }
    let channel = channel(desk, text(sent, "channel"))?;
    let number = desk.number();
    let ts = format!("{}.{number:06}", desk.stage.now.as_second());
    let mut fields = Sent::new();
    for (name, value) in [
        ("id", ts.as_str()),
        ("channel", &channel),
        ("text", what.unwrap_or_default()),
        ("user", desk.person.slack_id),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    let message = desk.add("message", fields);
    Ok(
        json!({"ok": true, "channel": channel, "ts": ts, "message": {"type": "message", "text": message.get("text"), "user": message.get("user"), "ts": ts}}),
    )
}

/// The id of a channel that is named by id, or by name with or without `#`.
fn channel(desk: &mut Desk<'_, '_>, named: &str) -> Result<String, String> {
    let name = named.trim_start_matches('#');
    if let Some((id, _)) = CHANNELS.iter().find(|(id, known)| *id == named || *known == name) {
        return Ok((*id).to_owned());
    }
    let own = desk.records("channel").iter();
    let mut own = own.filter(|channel| text(channel, "id") == named || text(channel, "name") == name);
    own.next().map(|channel| text(channel, "id").to_owned()).ok_or_else(|| "channel_not_found".to_owned())
}

fn history(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let channel = channel(desk, text(sent, "channel"))?;
    let messages = desk.records("message").iter().rev().filter(|message| text(message, "channel") == channel);
    let messages = messages.map(|message| {
        json!({"type": "message", "ts": message.get("id"), "text": message.get("text"), "user": message.get("user")})
    });
    let messages: Vec<Value> = messages.take(limit(sent, 100)).collect();
    Ok(json!({"ok": true, "messages": messages, "has_more": false}))
}

fn update(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let new =
        ["markdown_text", "text"].map(|name| text(sent, name)).into_iter().find(|text| !text.is_empty());
    let message = desk.wanted()?;
    message.insert("text".to_owned(), new.unwrap_or_default().into());
    Ok(json!({"ok": true, "channel": message.get("channel"), "ts": message.get("id"), "text": new}))
}

fn channels(desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let fixed = CHANNELS.iter().map(|(id, name)| json!({"id": id, "name": name, "is_private": false}));
    let mut channels: Vec<Value> = fixed.collect();
    channels.extend(desk.records("channel").iter().cloned().map(Value::Object));
    let wanted = text(sent, "channel_name");
    channels.retain(|channel| channel["name"].as_str().is_some_and(|name| name.contains(wanted)));
    Ok(json!({"ok": true, "channels": channels}))
}

fn users(_desk: &mut Desk<'_, '_>, _sent: &Sent) -> Result<Value, String> {
    let user = |person: &Person| json!({"id": person.slack_id, "name": person.handle, "real_name": person.name(), "profile": {"email": person.email}});
    Ok(json!({"ok": true, "members": PEOPLE.iter().map(user).collect::<Vec<_>>()}))
}

fn discord_user(person: &Person) -> Value {
    json!({"id": person.number.to_string(), "username": person.handle, "global_name": person.name(), "email": person.email})
}

fn guilds(_person: &Person) -> Value {
    json!({"guilds": [{"id": "1300000000000000001", "name": "Twins", "owner": true}]})
}

fn invite(_desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    Err(format!("404 Not Found: Unknown Invite `{}`", text(sent, "invite_code")))
}
