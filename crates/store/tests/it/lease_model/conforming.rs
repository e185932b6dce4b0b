//! The model's row is the real one: random sequences of the same operations give the same answers and leave the same
//! columns, in every database.

use fastrand::Rng;
use store::{
    AccountId, AccountStatus, AppId, ConnectedAccount, GrantUpdate, Lease as RealLease, Store, Time,
};

use super::row::{Lease, Moment, Row, Status};
use crate::support::{account, at, on_both, sealed, seeded};

const SEQUENCES: u8 = 30;
const STEPS: usize = 80;
const OPERATIONS: usize = 14;
const RECONNECT: usize = 12;
const LONGEST_LEASE: Moment = 5;
/// The clock starts anew before it leaves its type.
const LATEST: Moment = 100;

/// The same account twice, with what anybody remembers of it.
struct Twice {
    store: Store,
    sequence: u8,
    row: Option<Row>,
    now: Moment,
    grants: u8,
    owners: u8,
    accounts: u8,
    seen: Vec<(Row, ConnectedAccount)>,
    leases: Vec<Lease>,
}

#[tokio::test]
async fn the_models_row_does_what_the_statements_do() {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("the model's row: SEED={seed}");
    on_both(async |store| {
        seeded(&store).await;
        let mut random = Rng::with_seed(seed);
        let mut changed = [0; OPERATIONS];
        for sequence in 0..SEQUENCES {
            let mut twice = Twice::connected(store.clone(), sequence).await;
            for step in 0..STEPS {
                let operation = twice.next(&mut random);
                let (answer, real) = twice.operate(operation, &mut random).await;
                let at = format!("SEED={seed} sequence {sequence} step {step} operation {operation}");
                assert_eq!(answer, real, "{at}: the answers differ, model first");
                assert_eq!(twice.modelled(), twice.real().await, "{at}: the rows differ, model first");
                changed[operation] += usize::from(answer);
            }
            twice.end().await;
        }
        eprintln!("the model's row: {changed:?}");
        assert!(changed.iter().all(|changed| *changed > 0), "SEED={seed} each did something: {changed:?}");
    })
    .await;
}

/// What the model has of a row, in words.
type Columns = (
    String,
    String,
    Option<String>,
    i64,
    Vec<u8>,
    Option<String>,
    Option<Time>,
    Option<Vec<u8>>,
    Option<Time>,
);

impl Twice {
    async fn connected(store: Store, sequence: u8) -> Self {
        let (row, seen, leases) = (None, vec![], vec![]);
        let mut new = Self { store, sequence, row, now: 0, grants: 0, owners: 0, accounts: 0, seen, leases };
        assert_eq!(new.insert().await, (true, true));
        new.look().await;
        new
    }

    /// Leaves no lease for the next sequence to end.
    async fn end(self) {
        if let Some(row) = self.found().await {
            assert!(self.store.delete_account(&row.id, row.generation).await.unwrap());
        }
    }

    fn id(&self, id: u8) -> AccountId {
        AccountId::new(format!("ca_{}_{id}", self.sequence))
    }

    async fn found(&self) -> Option<ConnectedAccount> {
        let id = self.id(self.row.map_or(self.accounts.saturating_sub(1), |row| row.id));
        self.store.find_account(&AppId::new("app_1"), &id).await.unwrap()
    }

    async fn look(&mut self) {
        let found = self.found().await;
        self.seen.extend(self.row.zip(found));
    }

    fn lease(&self, lease: &Lease) -> RealLease {
        RealLease {
            account: self.id(lease.id),
            generation: lease.generation.into(),
            owner: format!("owner {}", lease.owner),
        }
    }

    fn update(&mut self) -> (u8, GrantUpdate) {
        self.grants += 1;
        let update = GrantUpdate {
            sealed_grant: grant(self.grants),
            expires_at: None,
            scopes: None,
            client_version: None,
            now: moment(self.now),
        };
        (self.grants, update)
    }

    /// Any; an account that is not in use is connected again soon.
    fn next(&self, random: &mut Rng) -> usize {
        let in_use = self.row.is_some_and(|row| row.status == Status::Active);
        if !in_use && random.bool() { RECONNECT } else { random.usize(..OPERATIONS) }
    }

    /// The model's answer and the store's.
    async fn operate(&mut self, operation: usize, random: &mut Rng) -> (bool, bool) {
        self.now += random.i8(0..3);
        if self.now > LATEST {
            self.now = 0;
        }
        let mut none = Row::connected(u8::MAX, 0, 0);
        // Mostly the last one.
        let last = self.leases.last().filter(|_| random.u8(..4) > 0);
        let lease = last.or_else(|| random.choice(&self.leases)).copied();
        let lease = lease.unwrap_or(Lease { id: 0, generation: 0, owner: 0 });
        let (real, now, later) = (self.lease(&lease), self.now, self.now + random.i8(1..LONGEST_LEASE));
        let store = self.store.clone();
        match operation {
            0 => {
                self.look().await;
                (true, true)
            }
            1..=3 => self.acquire(later, random).await,
            4 => {
                let renewed = self.row.as_mut().unwrap_or(&mut none).renew(&lease, later);
                (renewed, store.renew_lease(&real, moment(later)).await.unwrap())
            }
            5 => {
                let (grant, update) = self.update();
                let committed = self.row.as_mut().unwrap_or(&mut none).commit(&lease, grant);
                (committed, store.commit_refresh(&real, &update).await.unwrap())
            }
            6 => {
                let (grant, update) = self.update();
                let adopted = self.row.as_mut().unwrap_or(&mut none).adopt(&lease, grant, now);
                (adopted, store.adopt_refresh(&real, &update).await.unwrap())
            }
            7 => {
                let retry = random.bool().then_some(later);
                let released = self.row.as_mut().unwrap_or(&mut none).release(&lease, retry);
                (released, store.release_lease(&real, retry.map(moment), moment(now)).await.unwrap())
            }
            8 => {
                let abandoned = self.row.as_mut().unwrap_or(&mut none).abandon(&lease, later, now);
                (abandoned, store.abandon_lease(&real, moment(later), moment(now)).await.unwrap())
            }
            9 => {
                let expired =
                    self.row.as_mut().unwrap_or(&mut none).expire_under(&lease, Status::Interrupted);
                let reason = "refresh_interrupted";
                (expired, store.expire_under_lease(&real, reason, moment(now)).await.unwrap())
            }
            10 => {
                let row = self.row.as_mut().unwrap_or(&mut none);
                let expired = row.expire(lease.id, lease.generation, Status::Rejected);
                let (id, reason) = (&real.account, "refresh_rejected");
                (expired, store.expire_account(id, real.generation, reason, moment(now)).await.unwrap())
            }
            11 => {
                let held = self.row.is_some_and(|row| row.is_leased(now));
                self.row.as_mut().unwrap_or(&mut none).expire_all_leases(now);
                (held, store.expire_all_leases(moment(now)).await.unwrap() > 0)
            }
            RECONNECT => self.replace(random).await,
            _ => self.disconnect(random).await,
        }
    }

    async fn acquire(&mut self, until: Moment, random: &mut Rng) -> (bool, bool) {
        if random.u8(..3) > 0 {
            self.look().await;
        }
        // Mostly what was read last.
        let last = self.seen.len() - 1;
        let (seen, real) = self.seen[if random.bool() { last } else { random.usize(..=last) }].clone();
        self.owners += 1;
        let lease = Lease { id: seen.id, generation: seen.generation, owner: self.owners };
        self.leases.push(lease);
        let acquired =
            self.row.as_mut().is_some_and(|row| row.acquire(&seen, lease.owner, seen.grant, self.now, until));
        let (owner, now) = (self.lease(&lease).owner, moment(self.now));
        let intent = [seen.grant];
        (acquired, self.store.acquire_lease(&real, &owner, Some(&intent), now, moment(until)).await.unwrap())
    }

    async fn insert(&mut self) -> (bool, bool) {
        let subject = format!("s{}", self.sequence);
        let mut new = account(self.id(self.accounts).as_str(), "app_1", "ac_1", "u1", &subject);
        (new.sealed_grant, new.generation) = (grant(self.grants), 1);
        let inserted = self.row.is_none();
        if inserted {
            self.row = Some(Row::connected(self.accounts, 1, self.grants));
            self.accounts += 1;
        }
        (inserted, self.store.insert_account(&new).await.unwrap())
    }

    /// Connects again, after what was read last or before.
    async fn replace(&mut self, random: &mut Rng) -> (bool, bool) {
        self.grants += 1;
        if self.row.is_none() {
            return self.insert().await;
        }
        if random.u8(..3) > 0 {
            self.look().await;
        }
        let last = self.seen.last().filter(|_| random.u8(..4) > 0);
        let (seen, mut next) = last.or_else(|| random.choice(&self.seen)).cloned().expect("it was looked at");
        next.generation += 1;
        next.sealed_grant = grant(self.grants);
        (next.status, next.status_reason) = (AccountStatus::Active, None);
        let replaced = self.row.as_mut().is_some_and(|row| row.replace(&seen, self.grants));
        (replaced, self.store.replace_account(&next).await.unwrap())
    }

    /// Begins a disconnect, or ends one.
    async fn disconnect(&mut self, random: &mut Rng) -> (bool, bool) {
        self.look().await;
        let (seen, real) = random.choice(&self.seen).cloned().expect("it was looked at");
        if random.u8(..3) == 0 {
            let there = self.row.is_some_and(|row| row.id == seen.id);
            self.row.iter_mut().filter(|_| there).for_each(Row::begin_disconnect);
            let app = AppId::new("app_1");
            let begun = self.store.begin_disconnect(&app, &real.id, moment(self.now)).await.unwrap();
            return (there, begun.is_some());
        }
        let leaving = self.row.filter(|row| row.status == Status::Disconnecting);
        let Some(row) = leaving.filter(|row| (row.id, row.generation) == (seen.id, seen.generation)) else {
            return (false, false);
        };
        self.row = None;
        (true, self.store.delete_account(&real.id, row.generation.into()).await.unwrap())
    }

    fn modelled(&self) -> Option<Columns> {
        let row = self.row?;
        let (status, reason) = match row.status {
            Status::Active => (AccountStatus::Active, None),
            Status::Interrupted => (AccountStatus::Expired, Some("refresh_interrupted")),
            Status::Rejected => (AccountStatus::Expired, Some("refresh_rejected")),
            Status::Disconnecting => (AccountStatus::Inactive, Some("disconnecting")),
        };
        Some((
            self.id(row.id).to_string(),
            format!("{status:?}"),
            reason.map(ToOwned::to_owned),
            row.generation.into(),
            grant(row.grant).0.as_bytes().to_vec(),
            row.owner.map(|owner| format!("owner {owner}")),
            row.lease_ends.map(moment),
            row.intent.map(|grant| vec![grant]),
            row.retry_at.map(moment),
        ))
    }

    async fn real(&self) -> Option<Columns> {
        let row = self.found().await?;
        Some((
            row.id.to_string(),
            format!("{:?}", row.status),
            row.status_reason,
            row.generation,
            row.sealed_grant.0.as_bytes().to_vec(),
            row.lease_owner,
            row.lease_expires_at,
            row.refresh_intent,
            row.refresh_retry_at,
        ))
    }
}

fn moment(moment: Moment) -> Time {
    at(moment.into())
}

fn grant(number: u8) -> store::SealedColumn {
    sealed(&format!("grant {number}"))
}
