//! The seed users, who are the same three people at every provider.

use crate::provider::Provider;

#[derive(Debug)]
pub(crate) struct Person {
    /// Their name at Slack, GitHub and X.
    pub(crate) handle: &'static str,
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) email: &'static str,
    /// Google's subject.
    pub(crate) subject: &'static str,
    pub(crate) slack_id: &'static str,
    pub(crate) number: u64,
}

impl Person {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// What the person's account goes by at `provider`: on the consent page, in the ledger and in the control calls.
    pub(crate) fn account(&self, provider: Provider) -> &'static str {
        match provider {
            Provider::Google | Provider::Microsoft => self.email,
            _ => self.handle,
        }
    }
}

pub(crate) const PEOPLE: [Person; 3] = [
    Person {
        handle: "ada",
        given: "Ada",
        family: "Lovelace",
        email: "ada@example.com",
        subject: "108147201815120018101",
        slack_id: "U0SBXADA01",
        number: 18_151_210,
    },
    Person {
        handle: "grace",
        given: "Grace",
        family: "Hopper",
        email: "grace@example.com",
        subject: "108147201906120919102",
        slack_id: "U0SBXGRC02",
        number: 19_061_209,
    },
    Person {
        handle: "alan",
        given: "Alan",
        family: "Turing",
        email: "alan@example.com",
        subject: "108147201912062319103",
        slack_id: "U0SBXALN03",
        number: 19_120_623,
    },
];

pub(crate) fn find(provider: Provider, account: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.account(provider).eq_ignore_ascii_case(account))
}

/// The person behind an account that a token was issued for. Tokens are issued to seed users only.
pub(crate) fn of(provider: Provider, account: &str) -> &'static Person {
    find(provider, account).unwrap_or(&PEOPLE[0])
}
