//! The workspace: members, channels with their messages, installed apps, and what is scheduled.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use crate::oauth::{Caller, Owner};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workspace {
    pub(super) team_id: String,
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) members: Vec<Member>,
    pub(super) channels: Vec<Channel>,
    /// By client id.
    installations: BTreeMap<String, Installation>,
    pub(super) scheduled: Vec<Scheduled>,
    pub(super) reminders: Vec<Reminder>,
    pub(super) files: Vec<File>,
    /// The newest message's time in microseconds; no two messages share one.
    last_ts: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) real_name: String,
    /// Bots have none.
    pub(super) email: Option<String>,
    pub(super) bot_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChannelKind {
    Public,
    Private,
    Im,
    Mpim,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: ChannelKind,
    pub(super) creator: String,
    /// Seconds since the epoch.
    pub(super) created: i64,
    pub(super) members: Vec<String>,
    pub(super) archived: bool,
    pub(super) general: bool,
    #[serde(default)]
    pub(super) topic: Headline,
    #[serde(deserialize_with = "headline")]
    pub(super) purpose: Headline,
    pub(super) messages: Vec<Message>,
    /// The newest last.
    #[serde(default)]
    pub(super) pins: Vec<Pin>,
}

/// A topic or a purpose, and who set it when.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Headline {
    pub(super) value: String,
    pub(super) creator: String,
    pub(super) last_set: i64,
}

/// Earlier releases wrote a purpose as its text.
fn headline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Headline, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Whole(Headline),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(value) => Headline { value, ..Headline::default() },
        Written::Whole(headline) => headline,
    })
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    pub(super) ts: String,
    pub(super) user: String,
    pub(super) created: i64,
}

impl Channel {
    /// A channel whose first member made it.
    pub(super) fn new(
        id: String,
        name: &str,
        kind: ChannelKind,
        members: Vec<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            name: name.to_owned(),
            kind,
            creator: members.first().cloned().unwrap_or_default(),
            created: now.as_second(),
            members,
            archived: false,
            general: false,
            topic: Headline::default(),
            purpose: Headline::default(),
            messages: Vec::new(),
            pins: Vec::new(),
        }
    }

    pub(super) fn has(&self, user: &str) -> bool {
        self.members.iter().any(|member| member == user)
    }

    pub(super) fn position(&self, ts: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.ts == ts)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) ts: String,
    pub(super) user: String,
    pub(super) text: String,
    pub(super) thread_ts: Option<String>,
    pub(super) bot_id: Option<String>,
    pub(super) app_id: Option<String>,
    pub(super) subtype: Option<String>,
    /// By whom and when.
    pub(super) edited: Option<(String, String)>,
    /// Names with who reacted.
    pub(super) reactions: Vec<(String, Vec<String>)>,
    /// Blocks, attachments, metadata and how the author is shown, as they came.
    pub(super) extra: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
    pub(super) id: String,
    pub(super) channel: String,
    pub(super) post_at: i64,
    pub(super) created: i64,
    pub(super) message: Message,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reminder {
    pub(super) id: String,
    pub(super) creator: String,
    pub(super) user: String,
    pub(super) text: String,
    pub(super) time: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: String,
    /// The last segment of the upload address.
    pub(super) ticket: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) length: i64,
    pub(super) user: String,
    pub(super) created: i64,
    pub(super) uploaded: bool,
    pub(super) complete: bool,
    /// Where it was shared.
    #[serde(default)]
    pub(super) channels: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installation {
    pub(crate) app_id: String,
    pub(crate) bot_user_id: String,
    pub(crate) bot_id: String,
}

/// Who acts: a member, or the bot of an app.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) user: String,
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) bot_id: Option<String>,
}

/// The app's installation, made where it is the first.
pub(crate) fn install(stage: &mut Stage<'_>, client_id: &str) -> Installation {
    if let Some(found) = stage.world.slack.installations.get(client_id) {
        return found.clone();
    }
    let client = stage.world.oauth.find_client(Provider::Slack, client_id);
    let (app_id, name) = client.map_or_else(Default::default, |client| {
        let app_id = client.extra.get("app_id").cloned().unwrap_or_default();
        (app_id, client.name.clone())
    });
    let installation = Installation {
        app_id,
        bot_user_id: format!("U{}", stage.upper(10)),
        bot_id: format!("B{}", stage.upper(10)),
    };
    stage.world.slack.members.push(Member {
        id: installation.bot_user_id.clone(),
        name: name.to_lowercase().replace(' ', "_"),
        real_name: name,
        email: None,
        bot_id: Some(installation.bot_id.clone()),
    });
    let installations = &mut stage.world.slack.installations;
    installations.insert(client_id.to_owned(), installation.clone());
    installation
}

/// The fields of a token answer that name the workspace.
pub(crate) fn team_of_token(stage: &Stage<'_>) -> Value {
    let slack = &stage.world.slack;
    json!({
        "team": {"id": slack.team_id, "name": slack.name}, "enterprise": null, "is_enterprise_install": false,
    })
}

pub(super) fn actor(stage: &mut Stage<'_>, caller: &Caller) -> Actor {
    let installation = install(stage, &caller.client_id);
    match caller.owner {
        Owner::Bot => {
            let member = stage.world.slack.find_member(&installation.bot_user_id);
            Actor {
                name: member.map(|member| member.name.clone()).unwrap_or_default(),
                user: installation.bot_user_id,
                app_id: installation.app_id,
                bot_id: Some(installation.bot_id),
            }
        }
        Owner::User => {
            let person = people::of(Provider::Slack, &caller.account);
            Actor {
                user: person.slack_id.to_owned(),
                name: person.handle.to_owned(),
                app_id: installation.app_id,
                bot_id: None,
            }
        }
    }
}

impl Workspace {
    pub(super) fn find_member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// The channel with this id, if `user` may know of it.
    pub(super) fn channel(&mut self, id: &str, user: &str) -> Result<&mut Channel, Failure> {
        let found = self.channels.iter_mut().find(|channel| channel.id == id);
        found
            .filter(|channel| channel.kind == ChannelKind::Public || channel.has(user))
            .ok_or(Failure::of("channel_not_found"))
    }

    /// A fresh message time, `1700000000.000100`.
    pub(super) fn next_ts(&mut self, now: Timestamp) -> String {
        self.last_ts = now.as_microsecond().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    /// The direct or group conversation of exactly these members, opened where it is new. Says whether it is.
    pub(super) fn open(&mut self, id: String, members: &[String], now: Timestamp) -> (&mut Channel, bool) {
        let mut sorted = members.to_vec();
        sorted.sort();
        sorted.dedup();
        let kind = if sorted.len() > 2 { ChannelKind::Mpim } else { ChannelKind::Im };
        let existing = self.channels.iter().position(|channel| {
            let mut own = channel.members.clone();
            own.sort();
            channel.kind == kind && own == sorted
        });
        let (position, is_new) = match existing {
            Some(position) => (position, false),
            None => {
                let names: Vec<&str> =
                    members.iter().filter_map(|id| Some(self.find_member(id)?.name.as_str())).collect();
                let name = match kind {
                    ChannelKind::Mpim => format!("mpdm-{}-1", names.join("--")),
                    _ => String::new(),
                };
                let creator = members.first().cloned().unwrap_or_default();
                self.channels.push(Channel { creator, ..Channel::new(id, &name, kind, sorted, now) });
                (self.channels.len() - 1, true)
            }
        };
        (&mut self.channels[position], is_new)
    }
}
