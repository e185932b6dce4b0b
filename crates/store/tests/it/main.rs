//! The one store suite: every test runs on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod accounts;
mod executions;
mod opening;
mod rows;
mod schema;
mod support;
