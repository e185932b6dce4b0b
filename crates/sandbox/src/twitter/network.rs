//! Posts with likes and reposts, who follows whom, bookmarks, lists, direct messages and media. The users are the
//! seed users.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::library::Media;
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago, snowflake};

/// Calls that a window has. They are counted down and never run out; a fault does that.
pub(super) const WINDOW_CALLS: u32 = 900;
const WINDOW: i64 = 15 * 60;
/// X's ids count milliseconds from here.
const EPOCH: i64 = 1_288_834_974_657;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    pub(super) posts: BTreeMap<u64, Post>,
    /// Whom each user follows, the newest last.
    pub(super) follows: BTreeMap<u64, Vec<u64>>,
    /// What each user has put aside, the newest last.
    pub(super) bookmarks: BTreeMap<u64, Vec<u64>>,
    pub(super) lists: BTreeMap<u64, List>,
    pub(super) events: BTreeMap<u64, Event>,
    pub(super) media: BTreeMap<u64, Media>,
    last_id: u64,
    /// Start of the window and calls in it, by caller and operation.
    #[serde(skip)]
    calls: BTreeMap<String, (i64, u32)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Post {
    pub(super) id: u64,
    pub(super) author: u64,
    pub(super) text: String,
    pub(super) created_at: Timestamp,
    pub(super) conversation: u64,
    pub(super) reply_to: Option<u64>,
    pub(super) quotes: Option<u64>,
    /// The post that this one only repeats.
    pub(super) reposts: Option<u64>,
    pub(super) reply_settings: String,
    pub(super) likes: BTreeSet<u64>,
    pub(super) poll: Vec<String>,
    pub(super) media: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    pub(super) id: u64,
    pub(super) owner: u64,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) private: bool,
    /// The newest last.
    pub(super) members: Vec<u64>,
    pub(super) created_at: Timestamp,
}

/// What happened in a conversation of direct messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) id: u64,
    pub(super) conversation: String,
    /// Everybody who can read it.
    pub(super) participants: Vec<u64>,
    pub(super) sender: u64,
    /// `None` where the participants joined.
    pub(super) message: Option<Message>,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) media: Vec<String>,
}

impl Network {
    /// An id for something made at `time`, larger than all before.
    pub(super) fn next_id(&mut self, time: Timestamp) -> u64 {
        self.last_id = snowflake(time, EPOCH, self.last_id);
        self.last_id
    }

    /// Posts that repeat or answer `id`, told apart by `field`.
    pub(super) fn referring(&self, id: u64, field: fn(&Post) -> Option<u64>) -> impl Iterator<Item = &Post> {
        self.posts.values().filter(move |post| field(post) == Some(id))
    }

    /// Calls left in this window and the second at which it ends.
    pub(super) fn count_call(&mut self, key: &str, now: Timestamp) -> (u32, i64) {
        let now = now.as_second();
        let window = self.calls.entry(key.to_owned()).or_insert((now, 0));
        if now >= window.0 + WINDOW {
            *window = (now, 0);
        }
        window.1 += 1;
        (WINDOW_CALLS.saturating_sub(window.1).max(1), window.0 + WINDOW)
    }

    pub(super) fn add(&mut self, mut post: Post) -> u64 {
        post.id = self.next_id(post.created_at);
        if post.conversation == 0 {
            post.conversation = post.id;
        }
        let id = post.id;
        self.posts.insert(id, post);
        id
    }

    /// Keeps `event` under a fresh id.
    pub(super) fn record(&mut self, mut event: Event) -> u64 {
        event.id = self.next_id(event.created_at);
        let id = event.id;
        self.events.insert(id, event);
        id
    }

    /// Whom `user` follows, the newest first.
    pub(super) fn followed_by(&self, user: u64) -> Vec<u64> {
        self.follows.get(&user).map(|followed| followed.iter().rev().copied().collect()).unwrap_or_default()
    }

    pub(super) fn followers_of(&self, user: u64) -> Vec<u64> {
        let follow = self.follows.iter().filter(|(_, followed)| followed.contains(&user));
        follow.map(|(follower, _)| *follower).collect()
    }
}

/// The id of the conversation of two: both of theirs, the smaller first.
pub(super) fn conversation_of(one: u64, other: u64) -> String {
    format!("{}-{}", one.min(other), one.max(other))
}

impl Post {
    pub(super) fn new(author: u64, text: &str, created_at: Timestamp) -> Self {
        Self {
            id: 0,
            author,
            text: text.to_owned(),
            created_at,
            conversation: 0,
            reply_to: None,
            quotes: None,
            reposts: None,
            reply_settings: "everyone".to_owned(),
            likes: BTreeSet::new(),
            poll: Vec::new(),
            media: Vec::new(),
        }
    }
}

/// Hours ago, author and text. All lie within the week that the recent search covers.
const POSTS: &[(i64, usize, &str)] = &[
    (150, 0, "The engine weaves algebraic patterns."),
    (100, 1, "It is easier to ask forgiveness than to get permission. #navy"),
    (60, 2, "Can machines think?"),
    (20, 0, "Note G is done. @grace will like it. #engine"),
    (2, 1, "Nanoseconds for sale, 30 cm each."),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    let network = &mut stage.world.twitter;
    for (hours, author, text) in POSTS {
        network.add(Post::new(PEOPLE[*author].number, text, hours_ago(now, *hours)));
    }
    let [ada, grace, alan] = PEOPLE.each_ref().map(|person| person.number);
    network.follows = [(ada, vec![grace, alan]), (grace, vec![ada, alan]), (alan, vec![ada, grace])].into();
    let created_at = hours_ago(now, 1);
    let id = network.next_id(created_at);
    let list = List {
        id,
        owner: ada,
        name: "Engines".to_owned(),
        description: "Who builds them.".to_owned(),
        private: false,
        members: vec![grace],
        created_at,
    };
    network.lists.insert(id, list);
    let message = Message { text: "The nanoseconds are in the mail.".to_owned(), media: Vec::new() };
    network.record(Event {
        id: 0,
        conversation: conversation_of(grace, ada),
        participants: vec![grace, ada],
        sender: grace,
        message: Some(message),
        created_at,
    });
}
