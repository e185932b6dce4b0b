//! Servers, their channels and messages, and what hangs on them. Discord's API calls a server a guild.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::people::{PEOPLE, Person};
use crate::stage::snowflake;

/// Discord's ids count milliseconds from here.
const EPOCH: i64 = 1_420_070_400_000;
/// The seed users' ids start here.
const FIRST_USER: u64 = 80_351_110_000_000_000;

/// Kinds of channels.
pub(super) mod kind {
    pub(in super::super) const TEXT: i64 = 0;
    pub(in super::super) const DM: i64 = 1;
    pub(in super::super) const VOICE: i64 = 2;
    pub(in super::super) const CATEGORY: i64 = 4;
    pub(in super::super) const ANNOUNCEMENT: i64 = 5;
    pub(in super::super) const ANNOUNCEMENT_THREAD: i64 = 10;
    pub(in super::super) const PUBLIC_THREAD: i64 = 11;
    pub(in super::super) const PRIVATE_THREAD: i64 = 12;
    pub(in super::super) const STAGE: i64 = 13;
    pub(in super::super) const FORUM: i64 = 15;
}

/// Everything that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guilds {
    pub(super) guilds: BTreeMap<u64, Guild>,
    /// Of all guilds, with their threads, and between two users.
    pub(super) channels: BTreeMap<u64, Channel>,
    pub(super) messages: BTreeMap<u64, Message>,
    pub(super) webhooks: BTreeMap<u64, Webhook>,
    /// By code.
    pub(super) invites: BTreeMap<String, Invite>,
    last_id: u64,
    /// Start of the window and calls in it, by caller and operation.
    #[serde(skip)]
    calls: BTreeMap<String, (i64, u32)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guild {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) owner: u64,
    /// Where the server itself writes.
    pub(super) system_channel: Option<u64>,
    pub(super) roles: BTreeMap<u64, Role>,
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) emojis: BTreeMap<u64, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) permissions: u64,
    pub(super) position: i64,
    pub(super) color: i64,
    pub(super) hoist: bool,
    pub(super) mentionable: bool,
    pub(super) unicode_emoji: Option<String>,
    /// The bot that came with this role.
    pub(super) bot: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) user: u64,
    pub(super) nick: Option<String>,
    pub(super) roles: BTreeSet<u64>,
    pub(super) joined_at: Timestamp,
    pub(super) timed_out_until: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) id: u64,
    pub(super) kind: i64,
    /// `None` between two users.
    pub(super) guild: Option<u64>,
    pub(super) name: String,
    pub(super) topic: Option<String>,
    pub(super) parent: Option<u64>,
    pub(super) position: i64,
    pub(super) overwrites: Vec<Overwrite>,
    /// The two of a conversation outside of guilds.
    pub(super) recipients: Vec<u64>,
    pub(super) thread: Option<Thread>,
    /// Fields that only come back as they were sent.
    pub(super) settings: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overwrite {
    pub(super) id: u64,
    /// 0 for a role, 1 for a member.
    pub(super) kind: i64,
    pub(super) allow: u64,
    pub(super) deny: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thread {
    pub(super) owner: u64,
    pub(super) archived: bool,
    pub(super) locked: bool,
    pub(super) invitable: Option<bool>,
    pub(super) auto_archive_duration: i64,
    pub(super) created_at: Timestamp,
    /// When it was last archived or brought back.
    pub(super) changed_at: Timestamp,
    /// Since when each member is in it.
    pub(super) members: BTreeMap<u64, Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) channel: u64,
    pub(super) author: Author,
    pub(super) kind: i64,
    pub(super) content: String,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) poll: Option<Value>,
    pub(super) created_at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) pinned_at: Option<Timestamp>,
    pub(super) tts: bool,
    pub(super) flags: i64,
    pub(super) mentions: Vec<u64>,
    pub(super) mention_roles: Vec<u64>,
    pub(super) mention_everyone: bool,
    pub(super) reactions: Vec<Reaction>,
    /// The message that this one answers or tells of.
    pub(super) reference: Option<u64>,
    pub(super) nonce: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Author {
    User(u64),
    Webhook { id: u64, name: String, avatar: Option<String> },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attachment {
    pub(super) id: u64,
    pub(super) filename: String,
    pub(super) description: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) size: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reaction {
    pub(super) emoji: Emoji,
    pub(super) users: BTreeSet<u64>,
}

/// A character, or a guild's own picture where it has an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Emoji {
    pub(super) id: Option<u64>,
    pub(super) name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    pub(super) id: u64,
    pub(super) channel: u64,
    pub(super) guild: u64,
    pub(super) name: String,
    pub(super) avatar: Option<String>,
    pub(super) token: String,
    /// Who made it.
    pub(super) user: u64,
    /// The app that it belongs to.
    pub(super) application: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invite {
    pub(super) code: String,
    pub(super) channel: u64,
    pub(super) guild: u64,
    pub(super) inviter: u64,
    pub(super) max_age: i64,
    pub(super) max_uses: i64,
    pub(super) temporary: bool,
    pub(super) created_at: Timestamp,
}

impl Guilds {
    /// An id for something made at `time`, larger than all before.
    pub(super) fn next_id(&mut self, time: Timestamp) -> u64 {
        self.last_id = snowflake(time, EPOCH, self.last_id);
        self.last_id
    }

    /// Calls in this window, this one included, and the second in which it ends.
    pub(super) fn count_call(&mut self, key: &str, now: Timestamp, window: i64) -> (u32, i64) {
        let now = now.as_second();
        let calls = self.calls.entry(key.to_owned()).or_insert((now, 0));
        if now >= calls.0 + window {
            *calls = (now, 0);
        }
        calls.1 += 1;
        (calls.1, calls.0 + window)
    }

    pub(super) fn add_channel(&mut self, channel: Channel) -> u64 {
        let id = channel.id;
        self.channels.insert(id, channel);
        id
    }

    /// Adds `message` under a new id. A thread that somebody writes in is no longer archived.
    pub(super) fn add_message(&mut self, mut message: Message) -> u64 {
        let id = self.next_id(message.created_at);
        message.id = id;
        if let Some(thread) = self.thread_mut(message.channel) {
            if thread.archived {
                thread.archived = false;
                thread.changed_at = message.created_at;
            }
            if let Author::User(user) = message.author {
                thread.members.entry(user).or_insert(message.created_at);
            }
        }
        self.messages.insert(id, message);
        id
    }

    pub(super) fn thread_mut(&mut self, channel: u64) -> Option<&mut Thread> {
        self.channels.get_mut(&channel)?.thread.as_mut()
    }

    /// The messages of a channel, oldest first.
    pub(super) fn messages_in(&self, channel: u64) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.values().filter(move |message| message.channel == channel)
    }

    /// The message, if it is in this channel.
    pub(super) fn message_in(&self, channel: u64, id: u64) -> Option<&Message> {
        self.messages.get(&id).filter(|message| message.channel == channel)
    }

    /// Takes a channel away with all that is in it.
    pub(super) fn remove_channel(&mut self, id: u64) {
        let threads: Vec<u64> = self
            .channels
            .values()
            .filter(|channel| channel.thread.is_some() && channel.parent == Some(id))
            .map(|channel| channel.id)
            .collect();
        for thread in threads {
            self.remove_channel(thread);
        }
        self.channels.remove(&id);
        self.messages.retain(|_, message| message.channel != id);
        self.webhooks.retain(|_, webhook| webhook.channel != id);
        self.invites.retain(|_, invite| invite.channel != id);
        for channel in self.channels.values_mut().filter(|channel| channel.parent == Some(id)) {
            channel.parent = None;
        }
    }

    /// Whether two users are in a guild together.
    pub(super) fn share_a_guild(&self, one: u64, other: u64) -> bool {
        self.guilds
            .values()
            .any(|guild| guild.members.contains_key(&one) && guild.members.contains_key(&other))
    }
}

impl Guild {
    pub(super) fn top_position(&self) -> i64 {
        self.roles.values().map(|role| role.position).max().unwrap_or_default()
    }
}

impl Channel {
    pub(super) fn new(id: u64, kind: i64, guild: Option<u64>, name: &str) -> Self {
        Self {
            id,
            kind,
            guild,
            name: name.to_owned(),
            topic: None,
            parent: None,
            position: 0,
            overwrites: Vec::new(),
            recipients: Vec::new(),
            thread: None,
            settings: Map::new(),
        }
    }

    /// Whether messages can be in it.
    pub(super) fn holds_messages(&self) -> bool {
        !matches!(self.kind, kind::CATEGORY | kind::FORUM | 14 | 16)
    }
}

impl Message {
    pub(super) fn new(channel: u64, author: Author, kind: i64, content: &str, created_at: Timestamp) -> Self {
        Self {
            id: 0,
            channel,
            author,
            kind,
            content: content.to_owned(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            poll: None,
            created_at,
            edited_at: None,
            pinned_at: None,
            tts: false,
            flags: 0,
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            mention_everyone: false,
            reactions: Vec::new(),
            reference: None,
            nonce: None,
        }
    }

    pub(super) fn is_by(&self, id: u64) -> bool {
        matches!(self.author, Author::User(user) if user == id)
    }

    /// Whether a person or an app wrote it, and not the server itself.
    pub(super) fn is_written(&self) -> bool {
        matches!(self.kind, 0 | 19)
    }
}

pub(super) fn user_id(person: &Person) -> u64 {
    FIRST_USER + person.number
}

pub(super) fn person(id: u64) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| user_id(person) == id)
}
