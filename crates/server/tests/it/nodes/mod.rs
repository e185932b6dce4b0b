//! Several processes over one PostgreSQL, as behind a load balancer that knows nothing of sessions; and what holds of
//! them under load and under kills, of one process over a SQLite file.
//!
//! `LONG=1` makes the rounds many; docs/operate/reliability.md has the command and what came of it.

mod clocks;
mod database_stopped;
mod deleted_app;
mod executing;
mod history;
mod killed;
mod ledger;
mod linearizable;
mod load;
mod losses;
mod newer_schema;
mod one_exchange;
mod paused;
mod sharing;
mod unacknowledged;
mod unsaved;
mod vault_keys;
