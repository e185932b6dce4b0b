//! What the workspace holds before anybody has written.

use super::workspace::{Channel, ChannelKind, Headline, Member, Message};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago};

/// Id, name, kind, the seed users who are in it, and its purpose.
const CHANNELS: &[(&str, &str, ChannelKind, &[usize], &str)] = &[
    ("C0SBXGENRL", "general", ChannelKind::Public, &[0, 1, 2], "What everybody should know."),
    ("C0SBXRANDM", "random", ChannelKind::Public, &[0, 1, 2], "Everything else."),
    ("C0SBXENGIN", "engine", ChannelKind::Public, &[0, 1], "The analytical engine."),
    ("C0SBXSECRT", "surprise-party", ChannelKind::Private, &[0, 2], "Not for Grace."),
];

/// Hours ago, channel, author and text.
const MESSAGES: &[(i64, usize, usize, &str)] = &[
    (48, 0, 0, "Welcome to the sandbox workspace."),
    (30, 0, 1, "Has anyone seen a moth in relay 70?"),
    (28, 2, 0, "Note G is ready for review."),
    (27, 2, 1, "The invoice for the gears has arrived."),
    (5, 1, 2, "Tea at four?"),
    (4, 3, 2, "She must not see this."),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let now = stage.now;
    let slack = &mut stage.world.slack;
    slack.team_id = "T0SANDBOX1".to_owned();
    slack.name = "Butterbase Sandbox".to_owned();
    slack.domain = "butterbase-sandbox".to_owned();
    for person in &PEOPLE {
        slack.members.push(Member {
            id: person.slack_id.to_owned(),
            name: person.handle.to_owned(),
            real_name: person.name(),
            email: Some(person.email.to_owned()),
            bot_id: None,
        });
    }
    for (id, name, kind, members, purpose) in CHANNELS {
        let members: Vec<String> = members.iter().map(|member| PEOPLE[*member].slack_id.to_owned()).collect();
        let channel = Channel::new((*id).to_owned(), name, *kind, members, hours_ago(now, 100));
        let (creator, last_set) = (channel.creator.clone(), channel.created);
        slack.channels.push(Channel {
            general: *name == "general",
            purpose: Headline { value: (*purpose).to_owned(), creator, last_set },
            ..channel
        });
    }
    for (hours, channel, author, text) in MESSAGES {
        let ts = slack.next_ts(hours_ago(now, *hours));
        slack.channels[*channel].messages.push(Message {
            ts,
            user: PEOPLE[*author].slack_id.to_owned(),
            text: (*text).to_owned(),
            ..Message::default()
        });
    }
}
