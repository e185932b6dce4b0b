//! What goes over the wire, the same through REST and MCP.

mod apps;
mod connections;
mod errors;
mod executions;
mod integrations;

pub(crate) use apps::*;
pub(crate) use connections::{ConnectResponse, ConnectStatusResponse, Connection, Connections};
pub(crate) use errors::ErrorEnvelope;
pub(crate) use executions::{ExecuteResponse, Execution, Executions};
pub(crate) use integrations::*;
