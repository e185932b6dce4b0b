//! The provider's side of a history: which consent and which of its tokens served a call, and what was revoked.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::{Entry, Kind, Provider};
use serde_json::Value;

use super::history::{Consent, Grant, Seen};
use crate::support::nodes::Nodes;

/// What a caller was told, before the ledger was asked what it means.
#[derive(Debug)]
pub(super) enum Told {
    /// A call for a person of this name, which no other call names.
    Called {
        name: String,
        answer: (u16, Value),
    },
    /// The callback that brought the code of this fingerprint ended well.
    Reconnected {
        id: String,
        code: String,
    },
    Seen(Seen),
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    pub(super) consents: Vec<Consent>,
    /// By the code of each consent.
    codes: BTreeMap<String, usize>,
    /// By the fingerprints of access and refresh tokens.
    tokens: BTreeMap<String, Grant>,
    revoked: BTreeSet<String>,
    pub(super) refreshes: usize,
    pub(super) refused: usize,
}

impl Ledger {
    /// All that X did since the ledger was cleared.
    pub(super) fn read(nodes: &Nodes) -> Self {
        let mut ledger = Self::default();
        let entries = nodes.twins().ledger().into_iter();
        ledger.entries = entries.filter(|entry| entry.provider == Provider::Twitter).collect();
        for entry in ledger.entries.clone() {
            let presented = entry.detail.get("presented").and_then(Value::as_str);
            match (entry.kind, entry.operation.as_deref(), entry.outcome()) {
                (Kind::Token, Some("authorization_code"), Some("ok")) => ledger.add_consent(&entry),
                (Kind::Token, Some("refresh_token"), Some("ok")) => {
                    let before = ledger.tokens[presented.unwrap()];
                    ledger.add_tokens(&entry, Grant { token: before.token + 1, ..before });
                    ledger.refreshes += 1;
                }
                (Kind::Token, Some("refresh_token"), _) => {
                    let consent = ledger.tokens[presented.unwrap_or_else(|| panic!("{entry:?}"))].consent;
                    ledger.consents[consent].refused = true;
                    ledger.refused += 1;
                }
                (Kind::Revoke, _, Some("ok")) => {
                    ledger.revoked.extend(presented.map(ToOwned::to_owned));
                }
                _ => {}
            }
        }
        ledger
    }

    fn add_consent(&mut self, entry: &Entry) {
        let scopes = serde_json::from_value(entry.detail["scopes"].clone()).unwrap();
        self.codes.insert(entry.detail["code"].as_str().unwrap().to_owned(), self.consents.len());
        self.add_tokens(entry, Grant { consent: self.consents.len(), token: 0 });
        self.consents.push(Consent { scopes, refused: false });
    }

    fn add_tokens(&mut self, entry: &Entry, grant: Grant) {
        for name in ["access_token", "refresh_token"] {
            self.tokens.insert(entry.detail[name].as_str().unwrap().to_owned(), grant);
        }
    }

    /// What was told says of the account; `None` where that is nothing.
    pub(super) fn seen(&self, told: &Told) -> Option<Seen> {
        Some(match told {
            Told::Seen(seen) => seen.clone(),
            Told::Reconnected { id, code } => Seen::Reconnected { id: id.clone(), consent: self.codes[code] },
            Told::Called { name, answer: (status, answer) } => {
                let path = format!("/users/by/username/{name}");
                let served =
                    self.entries.iter().rfind(|entry| entry.path.ends_with(&path) && entry.status == 200);
                let error = &answer["error"];
                match (served, status, error["code"].as_str()) {
                    (Some(entry), ..) => {
                        Seen::Served(self.tokens[entry.detail["presented"].as_str().unwrap()])
                    }
                    (None, 409, Some("INTEGRATIONS_NOT_CONNECTED")) => Seen::NotConnected,
                    (None, 409, Some("INTEGRATIONS_CONNECTION_EXPIRED")) => Seen::Expired,
                    // Another ended the token that was got for this call; or the refresh is not done.
                    (None, 422, _) if error["details"]["provider"]["status"] == 401 => return None,
                    (None, 502, _) if error["details"]["outcome"] == "not_sent" => return None,
                    _ => panic!("a call was answered {status} {answer}"),
                }
            }
        })
    }

    /// The newest refresh token of each consent that was not revoked: once nobody is connected, there is none.
    pub(super) fn unrevoked(&self) -> Vec<&Entry> {
        let newest = |consent| {
            let of_consent = self.tokens.values().filter(|grant| grant.consent == consent);
            of_consent.map(|grant| grant.token).max().unwrap_or_default()
        };
        let minted =
            self.entries.iter().filter(|entry| entry.kind == Kind::Token && entry.outcome() == Some("ok"));
        minted
            .filter(|entry| {
                let token = entry.detail["refresh_token"].as_str().unwrap();
                let grant = self.tokens[token];
                grant.token == newest(grant.consent) && !self.revoked.contains(token)
            })
            .collect()
    }

    /// How many tokens of refreshes were revoked without that any call was served with them.
    pub(super) fn orphans(&self, seen: &[super::history::Operation<Seen>]) -> usize {
        let served = |grant: Grant| seen.iter().any(|operation| operation.what == Seen::Served(grant));
        let refreshed =
            self.entries.iter().filter(|entry| entry.operation.as_deref() == Some("refresh_token"));
        let tokens = refreshed.filter_map(|entry| entry.detail.get("refresh_token")?.as_str());
        tokens.filter(|token| self.revoked.contains(*token) && !served(self.tokens[*token])).count()
    }
}
