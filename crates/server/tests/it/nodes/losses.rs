//! What the twins' ledger says of one round, against what the nodes say of their accounts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sandbox::Entry;
use serde_json::json;

use super::load::Seen;
use crate::support::nodes::Nodes;

/// A node that was not killed within a provider's deadline and a commit has committed.
const WIDEST: SignedDuration = SignedDuration::from_secs(11);
/// What a node had sent before it was killed may be read that much later by a twin that is busy.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(1);

/// What all rounds came to.
#[derive(Debug, Default)]
pub(super) struct Losses {
    pub(super) kills: usize,
    pub(super) answered: usize,
    pub(super) unanswered: usize,
    pub(super) refreshes: usize,
    pub(super) connects: usize,
    pub(super) mails: usize,
    pub(super) lost: usize,
    /// From the provider's answer to the kill, of each grant that was lost.
    gaps: Vec<SignedDuration>,
}

impl Losses {
    /// Every refusal has a kill as its reason, and each lost account a refusal.
    pub(super) fn judge(&mut self, nodes: &Nodes, kills: &[Timestamp]) {
        let refreshes = nodes.refreshes_since(0);
        let (accepted, refused): (Vec<&Entry>, Vec<&Entry>) =
            refreshes.iter().partition(|entry| entry.outcome() == Some("ok"));
        let presented = |entry: &Entry| entry.detail["presented"].as_str().unwrap().to_owned();
        let used: BTreeSet<String> = refreshes.iter().map(presented).collect();
        let lost: BTreeSet<String> = refused.iter().map(|entry| presented(entry)).collect();
        for token in &lost {
            let before: Vec<&&Entry> = accepted.iter().filter(|entry| presented(entry) == *token).collect();
            let [before] = before[..] else { panic!("{token} was refused after {before:?}") };
            let successor = before.detail["refresh_token"].as_str().unwrap();
            assert!(!used.contains(successor), "somebody had the answer: {before:?}");
            let mut asked = before.at;
            for refusal in refused.iter().filter(|entry| presented(entry) == *token) {
                assert_eq!(refusal.detail["reuse_detected"], json!(true), "{refusal:?}");
                // Asked again only because who asked before died, too.
                let killed = kills.iter().find(|kill| (asked - ON_ITS_WAY..=refusal.at).contains(*kill));
                assert!(killed.is_some(), "asked without a kill since {asked}: {refusal:?}");
                asked = refusal.at;
            }
            let gaps = kills.iter().map(|kill| kill.duration_since(before.at));
            let near = gaps.filter(|gap| (-ON_ITS_WAY..WIDEST).contains(gap));
            let gap = near.min_by_key(|gap| (gap.is_negative(), gap.abs()));
            assert!(gap.is_some(), "lost without a kill: {before:?}");
            self.gaps.extend(gap.map(|gap| gap.max(SignedDuration::ZERO)));
        }
        let expired = "SELECT count(*), count(*) FILTER (WHERE toolkit = 'twitter' AND status_reason = \
                    'refresh_interrupted') FROM connected_accounts WHERE status <> 'active'";
        let count = lost.len();
        assert_eq!(nodes.query(expired), format!("{count}|{count}"), "the ledger against the accounts");
        self.lost += count;
        self.refreshes += accepted.len();
        self.kills += kills.len();
    }

    /// Who was told that he is connected is, once; and no mail was sent twice.
    pub(super) fn keep(&mut self, nodes: &Nodes, seen: &Seen) {
        assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
        let rows = nodes.query("SELECT user_id, toolkit FROM connected_accounts");
        let rows: Vec<(String, &str)> = rows
            .lines()
            .map(|row| row.split_once('|').map(|(user, toolkit)| (user.to_owned(), toolkit)).unwrap())
            .collect();
        let once: BTreeSet<&(String, &str)> = rows.iter().collect();
        assert_eq!(once.len(), rows.len(), "one account a user and toolkit");
        for connected in &seen.connected {
            assert!(once.contains(connected), "{connected:?} was told that he is connected");
        }
        let ledger = nodes.twins().ledger();
        let arrived = ledger
            .iter()
            .filter(|entry| entry.path.ends_with("/messages/send") && entry.status == 200)
            .count();
        assert!((seen.mails_sent..=seen.mails_asked).contains(&arrived), "{arrived} mails arrived: {seen:?}");
        self.answered += seen.answered;
        self.unanswered += seen.unanswered;
        self.connects += seen.connected.len();
        self.mails += seen.mails_sent;
    }

    pub(super) fn report(&self) -> String {
        let widest = self.gaps.iter().max().copied().unwrap_or_default();
        let mut sorted = self.gaps.clone();
        sorted.sort();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        format!(
            "{} kills: {} answers, {} without; {} strict refreshes, {} grants lost, killed {median:#} (median) and at most \
             {widest:#} after the provider's answer; {} connects and {} mails acknowledged, none lost",
            self.kills, self.answered, self.unanswered, self.refreshes, self.lost, self.connects, self.mails
        )
    }
}
