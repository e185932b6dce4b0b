//! Posts, comments, reactions and uploads. The members are the seed users; the company pages are a table.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::people::{PEOPLE, Person};
use crate::stage::{Stage, hours_ago, snowflake};

/// Everything that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Members {
    last_id: u64,
    pub(super) posts: BTreeMap<u64, Post>,
    pub(super) comments: BTreeMap<u64, Comment>,
    pub(super) reactions: Vec<Reaction>,
    /// By the part of the URN behind its kind.
    pub(super) assets: BTreeMap<String, Asset>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Post {
    pub(super) id: u64,
    /// `share`, or `ugcPost` where it shows a video.
    pub(super) kind: String,
    /// Under which number comments and reactions know it.
    pub(super) activity: u64,
    pub(super) author: String,
    pub(super) commentary: String,
    pub(super) visibility: String,
    pub(super) lifecycle_state: String,
    pub(super) distribution: Value,
    pub(super) content: Option<Value>,
    pub(super) container: Option<String>,
    pub(super) reshare_of: Option<String>,
    pub(super) reshare_disabled: bool,
    pub(super) edited: bool,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) id: u64,
    /// The post's number.
    pub(super) post: u64,
    /// The comment that it answers.
    pub(super) parent: Option<u64>,
    pub(super) actor: String,
    pub(super) text: String,
    pub(super) created_at: Timestamp,
}

/// What comments and reactions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    Post(u64),
    Comment(u64),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reaction {
    pub(super) target: Target,
    pub(super) actor: String,
    pub(super) kind: String,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asset {
    pub(super) kind: String,
    pub(super) owner: String,
    /// What is unguessable in the address for its bytes.
    pub(super) upload: String,
    pub(super) upload_until: Timestamp,
    /// `None` until bytes have come.
    pub(super) bytes: Option<usize>,
}

pub(super) struct Organization {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) vanity_name: &'static str,
    pub(super) email_domain: &'static str,
    pub(super) followers: u64,
    /// Handles and roles.
    pub(super) roles: &'static [(&'static str, &'static str)],
}

pub(super) const ORGANIZATIONS: [Organization; 2] = [
    Organization {
        id: 18_370_610,
        name: "Analytical Engines",
        vanity_name: "analytical-engines",
        email_domain: "engines.example.com",
        followers: 1_815,
        roles: &[("ada", "ADMINISTRATOR"), ("grace", "CONTENT_ADMINISTRATOR")],
    },
    Organization {
        id: 19_520_501,
        name: "Compilers & Sons",
        vanity_name: "compilers-and-sons",
        email_domain: "compilers.example.com",
        followers: 219,
        roles: &[("grace", "ADMINISTRATOR")],
    },
];

impl Organization {
    pub(super) fn urn(&self) -> String {
        format!("urn:li:organization:{}", self.id)
    }

    pub(super) fn has_role(&self, person: &Person) -> bool {
        self.roles.iter().any(|(handle, _)| *handle == person.handle)
    }
}

pub(super) fn organization(urn: &str) -> Option<&'static Organization> {
    let id: u64 = urn.strip_prefix("urn:li:organization:")?.parse().ok()?;
    ORGANIZATIONS.iter().find(|one| one.id == id)
}

/// The member's id, which is the `sub` of userinfo, too.
pub(super) fn member_id(person: &Person) -> String {
    format!("sbx{}", person.number)
}

pub(super) fn member_urn(person: &Person) -> String {
    format!("urn:li:person:{}", member_id(person))
}

impl Post {
    pub(super) fn new(author: &str, commentary: &str, now: Timestamp) -> Self {
        Self {
            id: 0,
            kind: "share".to_owned(),
            activity: 0,
            author: author.to_owned(),
            commentary: commentary.to_owned(),
            visibility: "PUBLIC".to_owned(),
            lifecycle_state: "PUBLISHED".to_owned(),
            distribution: serde_json::json!({
                "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [],
            }),
            content: None,
            container: None,
            reshare_of: None,
            reshare_disabled: false,
            edited: false,
            created_at: now,
            modified_at: now,
        }
    }

    pub(super) fn urn(&self) -> String {
        format!("urn:li:{}:{}", self.kind, self.id)
    }

    pub(super) fn activity_urn(&self) -> String {
        format!("urn:li:activity:{}", self.activity)
    }
}

impl Members {
    /// LinkedIn's ids begin with the milliseconds of their making.
    fn next_id(&mut self, time: Timestamp) -> u64 {
        self.last_id = snowflake(time, 0, self.last_id);
        self.last_id
    }

    pub(super) fn add_post(&mut self, mut post: Post) -> String {
        post.id = self.next_id(post.created_at);
        post.activity = self.next_id(post.created_at);
        let urn = post.urn();
        self.posts.insert(post.id, post);
        urn
    }

    pub(super) fn add_comment(&mut self, mut comment: Comment) -> u64 {
        comment.id = self.next_id(comment.created_at);
        let id = comment.id;
        self.comments.insert(id, comment);
        id
    }

    /// The post of a share's, a ugcPost's or an activity's URN.
    pub(super) fn post(&self, urn: &str) -> Option<&Post> {
        let (kind, number) = urn.strip_prefix("urn:li:")?.split_once(':')?;
        let number: u64 = number.parse().ok()?;
        match kind {
            "activity" => self.posts.values().find(|post| post.activity == number),
            kind => self.posts.get(&number).filter(|post| post.kind == kind),
        }
    }

    pub(super) fn target(&self, urn: &str) -> Option<Target> {
        let Some(rest) = urn.strip_prefix("urn:li:comment:(").and_then(|rest| rest.strip_suffix(')')) else {
            return Some(Target::Post(self.post(urn)?.id));
        };
        let (post, comment) = rest.split_once(',')?;
        let (post, comment) = (self.post(post)?.id, comment.parse().ok()?);
        self.comments.get(&comment).filter(|found| found.post == post)?;
        Some(Target::Comment(comment))
    }

    /// How answers name what a comment or reaction is about.
    pub(super) fn target_urn(&self, target: Target) -> String {
        let activity = |id: u64| self.posts.get(&id).map(Post::activity_urn).unwrap_or_default();
        match target {
            Target::Post(id) => activity(id),
            Target::Comment(id) => {
                let post = self.comments.get(&id).map_or(0, |comment| comment.post);
                format!("urn:li:comment:({},{id})", activity(post))
            }
        }
    }

    /// Comments on the target, the oldest first.
    pub(super) fn comments_on(&self, target: Target) -> impl Iterator<Item = &Comment> {
        self.comments.values().filter(move |comment| match target {
            Target::Post(id) => comment.post == id && comment.parent.is_none(),
            Target::Comment(id) => comment.parent == Some(id),
        })
    }

    /// Takes a comment away with its answers and what they were met with.
    pub(super) fn remove_comment(&mut self, id: u64) {
        self.comments.retain(|_, comment| comment.id != id && comment.parent != Some(id));
        let comments = &self.comments;
        self.reactions.retain(|reaction| match reaction.target {
            Target::Comment(id) => comments.contains_key(&id),
            Target::Post(_) => true,
        });
    }

    pub(super) fn remove_post(&mut self, id: u64) {
        self.posts.remove(&id);
        let doomed: Vec<u64> = self.comments_on(Target::Post(id)).map(|comment| comment.id).collect();
        for comment in doomed {
            self.remove_comment(comment);
        }
        self.reactions.retain(|reaction| reaction.target != Target::Post(id));
    }
}

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let (ada, grace) = (member_urn(&PEOPLE[0]), member_urn(&PEOPLE[1]));
    let engines = ORGANIZATIONS[0].urn();
    let posts = [
        (400, &grace, "Ship it, then ask."),
        (200, &engines, "The first engine leaves the workshop."),
        (90, &ada, "A note on notes."),
        (30, &engines, "We are looking for someone who can count."),
    ];
    let mut last = String::new();
    for (hours, author, commentary) in posts {
        let post = Post::new(author, commentary, hours_ago(stage.now, hours));
        last = stage.world.linkedin.add_post(post);
    }
    let members = &mut stage.world.linkedin;
    if let Some(post) = members.post(&last).map(|post| post.id) {
        let created_at = hours_ago(stage.now, 20);
        let text = "I can.".to_owned();
        members.add_comment(Comment { id: 0, post, parent: None, actor: grace.clone(), text, created_at });
        let target = Target::Post(post);
        members.reactions.push(Reaction { target, actor: grace, kind: "LIKE".to_owned(), created_at });
    }
}
