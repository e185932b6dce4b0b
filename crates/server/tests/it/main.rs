//! The whole product from outside: REST and MCP over real HTTP, a real database, twins of the providers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

mod actions;
mod auditing;
mod backup;
mod callers;
mod cli;
mod composio;
mod configuring;
mod connecting;
mod coverage;
mod disconnecting;
mod doctor;
mod errors;
mod executing;
mod executions;
mod full_disk;
mod hanging_up;
mod mcp;
mod minting;
mod moving;
mod nodes;
mod openapi;
mod refreshing;
mod restarting;
mod rotating;
mod sandbox_mode;
mod secrets;
mod settings;
mod toolkits;
mod typed;
mod verdicts;
