//! REST, MCP, pages, command line, configuration and wiring. Handlers parse and present; the engine decides. This
//! crate cannot query the database or open a secret: it depends on neither.

pub mod api;
pub mod cli;
pub mod config;
mod input;
mod limits;
mod listener;
pub mod logging;
pub mod mcp;
mod pages;
mod profile;
mod requests;
pub mod sandbox_mode;
pub mod serve;
mod wire;
