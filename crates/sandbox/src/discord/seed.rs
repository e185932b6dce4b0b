//! What is there before anybody has called: a server of each of the three, and no bot in any of them.

use std::collections::{BTreeMap, BTreeSet};

use super::permissions::{EVERYONE, KICK_MEMBERS, MANAGE_MESSAGES, VIEW_CHANNEL};
use super::state::{
    Author, Channel, Emoji, Guild, Guilds, Member, Message, Overwrite, Reaction, Role, Thread, kind, user_id,
};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago};

const YEAR: i64 = 365 * 24;

/// Name, description, its owner and the others in it.
const GUILDS: &[(&str, &str, usize, &[usize])] = &[
    ("Analytical Engines", "Gears, cards and notes.", 0, &[1, 2]),
    ("Navy Nanoseconds", "Ships, compilers and moths.", 1, &[0]),
    ("Hut 8", "Cribs and bombes.", 2, &[]),
];

/// Guild, the category it is in, name, kind and topic. Categories go before what is in them.
const CHANNELS: &[(usize, &str, &str, i64, &str)] = &[
    (0, "", "Workshop", kind::CATEGORY, ""),
    (0, "Workshop", "general", kind::TEXT, "What everybody should know."),
    (0, "Workshop", "engine", kind::TEXT, "The analytical engine."),
    (0, "Workshop", "moderators", kind::TEXT, "For those with the role."),
    (0, "", "news", kind::ANNOUNCEMENT, "Read by other servers, too."),
    (0, "", "questions", kind::FORUM, "One thread a question."),
    (0, "", "Salon", kind::VOICE, ""),
    (1, "", "general", kind::TEXT, "All hands."),
    (1, "", "compilers", kind::TEXT, "A-0 and what comes after."),
    (2, "", "general", kind::TEXT, ""),
];

/// Hours ago, channel, author and text.
const MESSAGES: &[(i64, usize, usize, &str)] = &[
    (90, 1, 0, "Welcome to the workshop."),
    (80, 1, 1, "Has anyone seen a moth in relay 70?"),
    (70, 2, 0, "Note G is ready for review."),
    (65, 2, 2, "Does it halt?"),
    (60, 3, 0, "Nobody else sees this."),
    (40, 4, 0, "The engine has a second mill."),
    (30, 7, 1, "Nanoseconds for sale, 30 cm each."),
    (20, 8, 1, "It is easier to ask forgiveness than to get permission."),
    (10, 9, 2, "Tea at four."),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let founded = hours_ago(stage.now, YEAR);
    let now = stage.now;
    let state = &mut stage.world.discord;
    let guilds: Vec<u64> = GUILDS
        .iter()
        .map(|(name, description, owner, others)| {
            let id = state.next_id(founded);
            let members = std::iter::once(owner).chain(others.iter()).map(|index| {
                let user = user_id(&PEOPLE[*index]);
                let joined_at = founded;
                (user, Member { user, nick: None, roles: BTreeSet::new(), joined_at, timed_out_until: None })
            });
            let guild = Guild {
                id,
                name: (*name).to_owned(),
                description: Some((*description).to_owned()),
                owner: user_id(&PEOPLE[*owner]),
                system_channel: None,
                roles: BTreeMap::from([(id, role(id, "@everyone", EVERYONE, 0))]),
                members: members.collect(),
                emojis: BTreeMap::new(),
            };
            state.guilds.insert(id, guild);
            id
        })
        .collect();
    let channels = channels(state, &guilds, founded);
    for (hours, channel, author, text) in MESSAGES {
        let author = Author::User(user_id(&PEOPLE[*author]));
        state.add_message(Message::new(channels[*channel], author, 0, text, hours_ago(now, *hours)));
    }
    embellish(state, guilds[0], &channels, now);
}

fn role(id: u64, name: &str, permissions: u64, position: i64) -> Role {
    Role {
        id,
        name: name.to_owned(),
        permissions,
        position,
        color: 0,
        hoist: false,
        mentionable: false,
        unicode_emoji: None,
        bot: None,
    }
}

fn channels(state: &mut Guilds, guilds: &[u64], founded: jiff::Timestamp) -> Vec<u64> {
    let mut ids = Vec::new();
    for (position, (guild, category, name, kind, topic)) in (0..).zip(CHANNELS) {
        let id = state.next_id(founded);
        let parent = state.channels.values().find(|other| !category.is_empty() && other.name == *category);
        let channel = Channel {
            topic: (!topic.is_empty()).then(|| (*topic).to_owned()),
            parent: parent.map(|parent| parent.id),
            position,
            ..Channel::new(id, *kind, Some(guilds[*guild]), name)
        };
        state.add_channel(channel);
        if *name == "general"
            && let Some(guild) = state.guilds.get_mut(&guilds[*guild])
        {
            guild.system_channel = Some(id);
        }
        ids.push(id);
    }
    ids
}

/// Roles, a channel that not all see, a thread, a reaction and an emoji in the first server.
fn embellish(state: &mut Guilds, guild: u64, channels: &[u64], now: jiff::Timestamp) {
    let founded = hours_ago(now, YEAR);
    let (moderators, readers, gear) =
        (state.next_id(founded), state.next_id(founded), state.next_id(founded));
    let (ada, grace) = (user_id(&PEOPLE[0]), user_id(&PEOPLE[1]));
    if let Some(guild) = state.guilds.get_mut(&guild) {
        let powers = MANAGE_MESSAGES | KICK_MEMBERS;
        guild.roles.insert(moderators, role(moderators, "Moderators", powers, 2));
        guild.roles.insert(readers, role(readers, "Readers", 0, 1));
        guild.emojis.insert(gear, "gear_wheel".to_owned());
        if let Some(member) = guild.members.get_mut(&grace) {
            member.nick = Some("Amazing Grace".to_owned());
            member.roles.insert(moderators);
        }
    }
    if let Some(channel) = state.channels.get_mut(&channels[3]) {
        channel.overwrites = vec![
            Overwrite { id: guild, kind: 0, allow: 0, deny: VIEW_CHANNEL },
            Overwrite { id: moderators, kind: 0, allow: VIEW_CHANNEL, deny: 0 },
        ];
    }
    let started = hours_ago(now, 64);
    let first = state.messages_in(channels[2]).next().map(|message| message.id);
    let Some(first) = first else {
        return;
    };
    let thread = Thread {
        owner: ada,
        archived: false,
        locked: false,
        invitable: None,
        auto_archive_duration: 4320,
        created_at: started,
        changed_at: started,
        members: BTreeMap::from([(ada, started), (grace, started)]),
    };
    state.add_channel(Channel {
        parent: Some(channels[2]),
        thread: Some(thread),
        ..Channel::new(first, kind::PUBLIC_THREAD, Some(guild), "Review of note G")
    });
    if let Some(message) = state.messages.get_mut(&first) {
        message.flags |= super::threads::HAS_THREAD;
        let emoji = Emoji { id: None, name: "👍".to_owned() };
        message.reactions.push(Reaction { emoji, users: BTreeSet::from([grace]) });
    }
    let reply = "Bernoulli would be proud.";
    state.add_message(Message::new(first, Author::User(grace), 0, reply, hours_ago(now, 63)));
}
