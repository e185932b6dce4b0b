//! What is there before anyone has called.

use std::collections::BTreeSet;

use super::forum::{Comment, Entry, Flair, Forum, Message, Post, Subreddit};
use crate::stage::{Stage, hours_ago};

struct Place {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    kind: &'static str,
    crowd: u64,
    subscribers: &'static [&'static str],
    /// Id, text and whether the text may be changed.
    flairs: &'static [(&'static str, &'static str, bool)],
    demands_flair: bool,
}

const PLACES: &[Place] = &[
    Place {
        name: "rust",
        title: "The Rust Programming Language",
        description: "A place for all things Rust & more.",
        kind: "public",
        crowd: 300_000,
        subscribers: &["ada", "grace"],
        flairs: &[
            ("0b1c5e0a-0001-11ee-8c99-0242ac120001", "news", false),
            ("0b1c5e0a-0002-11ee-8c99-0242ac120002", "project", true),
        ],
        demands_flair: false,
    },
    Place {
        name: "programming",
        title: "Computer Programming",
        description: "News about programming, each with a flair.",
        kind: "public",
        crowd: 6_000_000,
        subscribers: &["ada", "alan"],
        flairs: &[("0b1c5e0a-0003-11ee-8c99-0242ac120003", "article", false)],
        demands_flair: true,
    },
    Place {
        name: "test",
        title: "Test posts here",
        description: "A place to try things out.",
        kind: "public",
        crowd: 40_000,
        subscribers: &[],
        flairs: &[],
        demands_flair: false,
    },
    Place {
        name: "bletchley",
        title: "Not for everybody",
        description: "Members only.",
        kind: "private",
        crowd: 0,
        subscribers: &["alan"],
        flairs: &[],
        demands_flair: false,
    },
];

/// Hours ago, subreddit, author, title, text, link.
type Draft = (i64, &'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const POSTS: &[Draft] = &[
    (900, "rust", "grace", "A compiler", "", Some("https://example.com/compiler?a=1&b=2")),
    (300, "programming", "alan", "On computable numbers", "With an application.", None),
    (50, "rust", "grace", "Borrowing & lending", "Why is `&mut` unique?", None),
    (40, "bletchley", "alan", "The bombe", "Hush.", None),
    (5, "rust", "alan", "Does it halt?", "I cannot tell.", None),
];

fn place(forum: &mut Forum, stage_now: jiff::Timestamp, place: &Place) {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let flair = |(id, text, editable): &(&str, &str, bool)| Flair {
        id: (*id).to_owned(),
        text: (*text).to_owned(),
        editable: *editable,
    };
    let subreddit = Subreddit {
        id: forum.next_id(),
        name: place.name.to_owned(),
        title: place.title.to_owned(),
        description: place.description.to_owned(),
        kind: place.kind.to_owned(),
        crowd: place.crowd,
        subscribers: names(place.subscribers),
        moderators: names(&["alan"]),
        rules: vec![("Be kind".to_owned(), "Treat others with respect & patience.".to_owned())],
        flairs: place.flairs.iter().map(flair).collect(),
        demands_flair: place.demands_flair,
        created_at: hours_ago(stage_now, 50_000),
    };
    forum.subreddits.insert(place.name.to_owned(), subreddit);
}

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    let forum = &mut stage.world.reddit;
    for one in PLACES {
        place(forum, now, one);
    }
    let mut borrowing = 0;
    for (hours, subreddit, author, title, text, link) in POSTS {
        let mut entry = Entry::new(author, text, hours_ago(now, *hours));
        entry.votes.insert("ada".to_owned(), 1);
        let id = forum.add_post(Post {
            entry,
            subreddit: (*subreddit).to_owned(),
            title: (*title).to_owned(),
            link: link.map(str::to_owned),
            flair: None,
            nsfw: false,
            spoiler: false,
            sends_replies: true,
        });
        if title.starts_with("Borrowing") {
            borrowing = id;
        }
    }
    let entry = Entry::new("alan", "Because x < y.", hours_ago(now, 48));
    let first = forum.add_comment(Comment { entry, post: borrowing, parent: None });
    let entry = Entry::new("grace", "Thanks", hours_ago(now, 47));
    forum.add_comment(Comment { entry, post: borrowing, parent: Some(first) });
    forum.add_message(Message {
        id: 0,
        from: "grace".to_owned(),
        to: "ada".to_owned(),
        subject: "Tea".to_owned(),
        text: "Tea & cake?".to_owned(),
        created_at: hours_ago(now, 10),
        is_read: false,
        parent: None,
    });
}
