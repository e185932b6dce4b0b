//! The one store suite: every test runs on SQLite, on PostgreSQL, and on PostgreSQL behind a pooler.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod accounts;
mod copying;
mod examination;
mod executions;
mod hosted_configs;
mod lease_model;
mod opening;
mod pooling;
mod power_cut;
mod rows;
mod schema;
mod support;
