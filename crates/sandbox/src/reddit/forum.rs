//! Subreddits, posts, comments and messages. The people are the seed users.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Calls that a window has. They are counted down and never run out; a fault does that.
const WINDOW_CALLS: u32 = 1000;
const WINDOW: i64 = 600;

/// Everything that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forum {
    last_id: u64,
    /// By name in lower case.
    pub(super) subreddits: BTreeMap<String, Subreddit>,
    pub(super) posts: BTreeMap<u64, Post>,
    pub(super) comments: BTreeMap<u64, Comment>,
    pub(super) messages: BTreeMap<u64, Message>,
    /// By user: full names, in the order in which they were saved.
    pub(super) saved: BTreeMap<String, Vec<String>>,
    /// Comments in somebody's inbox that were read there.
    pub(super) read_replies: BTreeSet<u64>,
    /// Start of the window and calls in it, by caller.
    #[serde(skip)]
    calls: BTreeMap<String, (i64, u32)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subreddit {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    /// `public`, or `private` for members only.
    pub(super) kind: String,
    /// How many are subscribed beside the seed users.
    pub(super) crowd: u64,
    pub(super) subscribers: BTreeSet<String>,
    pub(super) moderators: BTreeSet<String>,
    /// Short name and description.
    pub(super) rules: Vec<(String, String)>,
    pub(super) flairs: Vec<Flair>,
    pub(super) demands_flair: bool,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flair {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) editable: bool,
}

/// What posts and comments have in common.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) author: String,
    pub(super) text: String,
    pub(super) created_at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) votes: BTreeMap<String, i64>,
    /// The author's words are gone, and so is the name.
    pub(super) deleted: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Post {
    pub(super) entry: Entry,
    /// The name as the subreddit writes it.
    pub(super) subreddit: String,
    pub(super) title: String,
    /// `None` where the post is a text.
    pub(super) link: Option<String>,
    pub(super) flair: Option<Flair>,
    pub(super) nsfw: bool,
    pub(super) spoiler: bool,
    /// Whether answers go to the author's inbox.
    pub(super) sends_replies: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) entry: Entry,
    pub(super) post: u64,
    /// The comment that it answers.
    pub(super) parent: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) from: String,
    /// A user, or `/r/` and a subreddit for its moderators.
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) created_at: Timestamp,
    pub(super) is_read: bool,
    /// The message that it answers.
    pub(super) parent: Option<u64>,
}

/// What a full name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    Comment(u64),
    Post(u64),
    Message(u64),
}

/// A number as Reddit writes ids.
pub(super) fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 36).unwrap_or(0)],
        ));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

pub(super) fn number(id: &str) -> Option<u64> {
    let allowed = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    u64::from_str_radix(id, 36).ok().filter(|_| id.bytes().all(allowed))
}

pub(super) fn is_fullname(text: &str) -> bool {
    let kind = text.strip_prefix('t').and_then(|rest| rest.split_once('_'));
    kind.is_some_and(|(kind, id)| {
        matches!(kind, "1" | "2" | "3" | "4" | "5" | "6")
            && !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    })
}

impl Entry {
    pub(super) fn new(author: &str, text: &str, created_at: Timestamp) -> Self {
        Self {
            id: 0,
            author: author.to_owned(),
            text: text.to_owned(),
            created_at,
            edited_at: None,
            // Whoever writes something likes it.
            votes: BTreeMap::from([(author.to_owned(), 1)]),
            deleted: false,
        }
    }

    pub(super) fn score(&self) -> i64 {
        self.votes.values().sum()
    }
}

impl Post {
    pub(super) fn fullname(&self) -> String {
        format!("t3_{}", base36(self.entry.id))
    }

    /// The path under which a browser finds it.
    pub(super) fn permalink(&self) -> String {
        let words = self.title.split(|character: char| !character.is_alphanumeric());
        let words: Vec<String> =
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).take(8).collect();
        format!("/r/{}/comments/{}/{}/", self.subreddit, base36(self.entry.id), words.join("_"))
    }
}

impl Comment {
    pub(super) fn fullname(&self) -> String {
        format!("t1_{}", base36(self.entry.id))
    }
}

impl Message {
    pub(super) fn fullname(&self) -> String {
        format!("t4_{}", base36(self.id))
    }
}

impl Forum {
    pub(super) fn next_id(&mut self) -> u64 {
        // 1 000 000 is `lfls`: ids look like ids from the first one on.
        self.last_id = self.last_id.max(1_000_000) + 1;
        self.last_id
    }

    pub(super) fn add_post(&mut self, mut post: Post) -> u64 {
        post.entry.id = self.next_id();
        let id = post.entry.id;
        self.posts.insert(id, post);
        id
    }

    pub(super) fn add_comment(&mut self, mut comment: Comment) -> u64 {
        comment.entry.id = self.next_id();
        let id = comment.entry.id;
        self.comments.insert(id, comment);
        id
    }

    pub(super) fn add_message(&mut self, mut message: Message) -> u64 {
        message.id = self.next_id();
        let id = message.id;
        self.messages.insert(id, message);
        id
    }

    /// What the full name stands for, if it is there.
    pub(super) fn thing(&self, fullname: &str) -> Option<Thing> {
        let (kind, id) = fullname.split_once('_')?;
        let id = number(id)?;
        match kind {
            "t1" => self.comments.contains_key(&id).then_some(Thing::Comment(id)),
            "t3" => self.posts.contains_key(&id).then_some(Thing::Post(id)),
            "t4" => self.messages.contains_key(&id).then_some(Thing::Message(id)),
            _ => None,
        }
    }

    pub(super) fn entry(&self, thing: Thing) -> Option<&Entry> {
        match thing {
            Thing::Comment(id) => self.comments.get(&id).map(|comment| &comment.entry),
            Thing::Post(id) => self.posts.get(&id).map(|post| &post.entry),
            Thing::Message(_) => None,
        }
    }

    pub(super) fn entry_mut(&mut self, thing: Thing) -> Option<&mut Entry> {
        match thing {
            Thing::Comment(id) => self.comments.get_mut(&id).map(|comment| &mut comment.entry),
            Thing::Post(id) => self.posts.get_mut(&id).map(|post| &mut post.entry),
            Thing::Message(_) => None,
        }
    }

    /// The subreddit of that name, if it is open to the user.
    pub(super) fn subreddit(&self, name: &str, user: &str) -> Result<&Subreddit, Failure> {
        let found = self.subreddits.get(&name.to_lowercase()).ok_or_else(Failure::not_found)?;
        if found.is_open_to(user) { Ok(found) } else { Err(Failure::private()) }
    }

    /// Whether the user may see what is in the subreddit.
    pub(super) fn shows(&self, name: &str, user: &str) -> bool {
        self.subreddits.get(&name.to_lowercase()).is_none_or(|subreddit| subreddit.is_open_to(user))
    }

    /// Calls of this window, calls left in it, and the seconds until the next.
    pub(super) fn count_call(&mut self, key: &str, now: Timestamp) -> (u32, u32, i64) {
        let now = now.as_second();
        let window = self.calls.entry(key.to_owned()).or_insert((now, 0));
        if now >= window.0 + WINDOW {
            *window = (now, 0);
        }
        window.1 += 1;
        (window.1, WINDOW_CALLS.saturating_sub(window.1).max(1), window.0 + WINDOW - now)
    }
}

impl Subreddit {
    pub(super) fn fullname(&self) -> String {
        format!("t5_{}", base36(self.id))
    }

    pub(super) fn is_open_to(&self, user: &str) -> bool {
        self.kind != "private" || self.subscribers.contains(user) || self.moderators.contains(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_both_ways() {
        for id in [0, 35, 36, 1_000_001, u64::MAX] {
            assert_eq!(number(&base36(id)), Some(id));
        }
        assert_eq!(base36(1_000_000), "lfls");
        for wrong in ["", "+1", "A", "zzzzzzzzzzzzzzz"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        assert!(
            is_fullname("t3_1abc") && !is_fullname("1abc") && !is_fullname("t7_1") && !is_fullname("t3_")
        );
    }
}
