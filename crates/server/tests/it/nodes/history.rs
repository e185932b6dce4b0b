//! Whether what concurrent callers saw could have come from one account, at which one thing happens after the other
//! (Herlihy and Wing's linearizability, by the search of Wing and Gong).

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// One operation, as its caller saw it.
#[derive(Debug, Clone)]
pub(super) struct Operation<O> {
    /// Numbers of one counter: what was over before another began has the smaller ones.
    pub(super) called: u64,
    pub(super) returned: u64,
    pub(super) node: usize,
    pub(super) what: O,
}

/// An order that explains every operation; `None` where there is none. `step` gives what an operation makes of a state,
/// or nothing where it cannot have been seen there.
pub(super) fn find_order<S, O>(
    initial: S,
    operations: &[Operation<O>],
    step: &impl Fn(&S, &O) -> Option<S>,
) -> Option<Vec<usize>>
where
    S: Clone + Eq + Hash,
{
    assert!(operations.len() <= 64, "a history is short");
    let mut search = Search { operations, step, refuted: HashSet::new(), order: Vec::new() };
    search.explain(0, initial).then_some(search.order)
}

struct Search<'a, S, O, F> {
    operations: &'a [Operation<O>],
    step: &'a F,
    refuted: HashSet<(u64, S)>,
    order: Vec<usize>,
}

impl<S: Clone + Eq + Hash, O, F: Fn(&S, &O) -> Option<S>> Search<'_, S, O, F> {
    /// Orders what is not in `done`, a bit an operation.
    fn explain(&mut self, done: u64, state: S) -> bool {
        let left = || (0..self.operations.len()).filter(|index| done & (1 << index) == 0);
        // Nothing comes before what was over when it began.
        let Some(first) = left().map(|index| self.operations[index].returned).min() else { return true };
        let next: Vec<usize> = left().filter(|index| self.operations[*index].called < first).collect();
        if !self.refuted.insert((done, state.clone())) {
            return false;
        }
        for index in next {
            if let Some(state) = (self.step)(&state, &self.operations[index].what) {
                self.order.push(index);
                if self.explain(done | 1 << index, state) {
                    return true;
                }
                self.order.pop();
            }
        }
        false
    }
}

/// A grant of one consent: the number of the consent, and of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Grant {
    pub(super) consent: usize,
    pub(super) token: usize,
}

/// The account of one user, as it ought to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Account {
    None,
    Connected { id: String, grant: Grant, expired: bool },
}

/// What a caller learned of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// A call reached the provider with this token.
    Served(Grant),
    NotConnected,
    Expired,
    Reconnected {
        id: String,
        consent: usize,
    },
    Disconnected {
        id: String,
    },
    /// There was nothing to disconnect.
    Missing {
        id: String,
    },
    Listed(Option<Listed>),
}

/// A row of the list that is not on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) expired: bool,
    pub(super) scopes: Vec<String>,
    pub(super) label: String,
}

/// What is known of a consent from elsewhere: the provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Consent {
    pub(super) scopes: Vec<String>,
    /// It refused to refresh a token of this one.
    pub(super) refused: bool,
}

/// What is seen, and what it makes of the account: the rules.
pub(super) fn step(consents: &[Consent], label: &str) -> impl Fn(&Account, &Seen) -> Option<Account> {
    move |account, seen| match (account, seen) {
        (Account::None, Seen::NotConnected | Seen::Listed(None)) => Some(Account::None),
        // Another was faster; or it is another account by now.
        (Account::None, Seen::Disconnected { .. } | Seen::Missing { .. }) => Some(Account::None),
        (_, Seen::Reconnected { id, consent }) => {
            let grant = Grant { consent: *consent, token: 0 };
            Some(Account::Connected { id: id.clone(), grant, expired: false })
        }
        (Account::Connected { id, .. }, Seen::Disconnected { id: gone }) if id == gone => Some(Account::None),
        (Account::Connected { id, .. }, Seen::Disconnected { id: gone } | Seen::Missing { id: gone })
            if id != gone =>
        {
            Some(account.clone())
        }
        // The same grant or a refreshed one, never one of before.
        (Account::Connected { id, grant, expired: false }, Seen::Served(served))
            if grant.consent == served.consent && grant.token <= served.token =>
        {
            Some(Account::Connected { id: id.clone(), grant: *served, expired: false })
        }
        (Account::Connected { id, grant, .. }, Seen::Expired) if consents[grant.consent].refused => {
            Some(Account::Connected { id: id.clone(), grant: *grant, expired: true })
        }
        (Account::Connected { id, grant, expired }, Seen::Listed(Some(row)))
            if *id == row.id && row.scopes == consents[grant.consent].scopes && row.label == label =>
        {
            let may = *expired == row.expired || (row.expired && consents[grant.consent].refused);
            let next = Account::Connected { id: id.clone(), grant: *grant, expired: row.expired };
            may.then_some(next)
        }
        _ => None,
    }
}

/// A value that is written and read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Register<V> {
    Wrote(V),
    Read(V),
}

pub(super) fn register<V: Clone + Eq>(value: &V, seen: &Register<V>) -> Option<V> {
    match seen {
        Register::Wrote(next) => Some(next.clone()),
        Register::Read(read) => (read == value).then(|| read.clone()),
    }
}

mod tests {
    use super::*;

    fn served(consent: usize, token: usize) -> Seen {
        Seen::Served(Grant { consent, token })
    }

    fn reconnected(consent: usize) -> Seen {
        Seen::Reconnected { id: "ca_1".into(), consent }
    }

    fn disconnected() -> Seen {
        Seen::Disconnected { id: "ca_1".into() }
    }

    fn listed(scopes: &str, expired: bool) -> Seen {
        let scopes = vec![scopes.to_owned()];
        Seen::Listed(Some(Listed { id: "ca_1".into(), expired, scopes, label: "ada".into() }))
    }

    /// When it was called, when it returned, what was seen.
    type Timed = (u64, u64, Seen);

    /// Consent 1 was refused once.
    fn holds(operations: &[Timed]) -> bool {
        let consents =
            ["a", "b", "c"].map(|scope| Consent { scopes: vec![scope.into()], refused: scope == "b" });
        let operations: Vec<_> = operations
            .iter()
            .map(|(called, returned, what)| Operation {
                called: *called,
                returned: *returned,
                node: 0,
                what: what.clone(),
            })
            .collect();
        find_order(Account::None, &operations, &step(&consents, "ada")).is_some()
    }

    #[test]
    fn what_overlaps_may_have_come_in_either_order() {
        assert!(holds(&[(1, 2, reconnected(0)), (3, 6, disconnected()), (4, 5, served(0, 0))]));
        assert!(holds(&[(1, 2, reconnected(0)), (3, 6, disconnected()), (4, 5, Seen::NotConnected)]));
        assert!(holds(&[(1, 2, reconnected(0)), (3, 6, served(0, 1)), (4, 5, served(0, 0))]));
        assert!(holds(&[(1, 2, reconnected(1)), (3, 4, Seen::Expired), (5, 6, listed("b", true))]));
        assert!(holds(&[(1, 4, reconnected(0)), (2, 3, disconnected()), (5, 6, listed("a", false))]));
    }

    #[test]
    fn a_wrong_history_is_found_to_be_wrong() {
        let connected = (1, 2, reconnected(0));
        let wrong: [(&str, Vec<Timed>); 9] = [
            ("served after the disconnect returned", vec![(3, 4, disconnected()), (5, 6, served(0, 0))]),
            ("back without a reconnect", vec![(3, 4, Seen::NotConnected), (5, 6, served(0, 0))]),
            ("an older token after a newer one", vec![(3, 4, served(0, 1)), (5, 6, served(0, 0))]),
            ("an older grant over a newer one", vec![(3, 4, reconnected(2)), (5, 6, served(0, 1))]),
            ("a stale failure marks a newer grant", vec![(3, 4, reconnected(2)), (5, 6, Seen::Expired)]),
            (
                "an ended account serves",
                vec![(3, 4, reconnected(1)), (5, 6, listed("b", true)), (7, 8, served(1, 0))],
            ),
            ("the scopes of another consent", vec![(3, 4, reconnected(2)), (5, 6, listed("a", false))]),
            ("a row that nobody took away is missing", vec![(3, 4, Seen::Listed(None))]),
            (
                "two saw what cannot be at once",
                vec![(3, 9, disconnected()), (4, 5, Seen::NotConnected), (6, 7, served(0, 0))],
            ),
        ];
        for (name, rest) in wrong {
            let history: Vec<_> = std::iter::once(connected.clone()).chain(rest).collect();
            assert!(!holds(&history), "{name}");
        }
    }

    #[test]
    fn a_register_is_read_as_it_was_written_last() {
        let at = |called, returned, what| Operation { called, returned, node: 0, what };
        let history = |read| {
            [at(1, 2, Register::Wrote(1)), at(3, 6, Register::Wrote(2)), at(4, 5, Register::Read(read))]
        };
        assert!([1, 2].iter().all(|read| find_order(0, &history(*read), &register).is_some()));
        assert!(find_order(0, &history(0), &register).is_none());
    }
}
