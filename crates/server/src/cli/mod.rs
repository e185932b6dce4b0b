//! The command line. Tables for people, `--json` for machines; every error says the next step.

mod apps;
mod client;
mod doctor;
mod executions;
mod keys;
mod mcp;
mod migrate;
mod output;
mod toolkits;
mod vault;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Flags;
use crate::serve::serve;

/// Connect the users of your app to Gmail, Slack, GitHub and other services, and act on their behalf.
///
/// Start with `bbi serve --sandbox`: it needs no account, no network and no other server.
#[derive(Debug, Parser)]
#[command(name = "bbi", version, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve REST, MCP and the connect pages
    ///
    /// Settings come from flags, the environment, --config and defaults, in that order. A server of your own needs a
    /// vault key (`bbi vault new-key`) and, to create apps, a platform key (`bbi vault new-platform-key`).
    Serve(Serve),
    /// Speak MCP over standard input and output, for clients that start their servers
    Mcp(Connection),
    /// Create, list and delete apps of a running server (platform key)
    #[command(subcommand)]
    Apps(apps::Command),
    /// Create, list and revoke the keys of an app
    #[command(subcommand)]
    Keys(keys::Command),
    /// See what was executed, and what became of it
    #[command(subcommand)]
    Executions(executions::Command),
    /// See the toolkits of this binary, or check a folder of your own
    #[command(subcommand)]
    Toolkits(toolkits::Command),
    /// Examine an instance: keys, secrets, schema, clocks, what was interrupted, what ends soon
    ///
    /// Opens the instance's own database with the settings of `bbi serve`, and only reads: it may run beside a server.
    /// Every finding says what to do next. `ok` is as it should be; a `warning` heals by itself or is for users to mend;
    /// a `problem` needs you. The exit status is 0 without a problem and 1 with one.
    Doctor(doctor::Doctor),
    /// Move an instance from SQLite to PostgreSQL, or back
    ///
    /// Stop the server first. Everything is copied in one transaction into a database without a row, read back and
    /// compared, and every sealed secret is opened with the vault keys of the settings; where anything fails, the target
    /// stays empty. The source is only read.
    Migrate(migrate::Migrate),
    /// Make keys, and seal everything anew under the newest
    #[command(subcommand)]
    Vault(vault::Command),
}

#[derive(Debug, Args)]
struct Serve {
    /// Play with twins of the providers: no account, no network, data in a folder of its own
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Which server to talk to, and with which key.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// The server [default: the one of the profile]
    #[arg(long, value_name = "URL", env = "BBI_CLIENT__URL", hide_env_values = true)]
    url: Option<String>,
    /// A service or platform key [default: the one of the profile]
    #[arg(long, value_name = "KEY", env = "BBI_CLIENT__KEY", hide_env_values = true)]
    key: Option<String>,
    /// Talk to the sandbox of this machine
    #[arg(long)]
    sandbox: bool,
    /// Folder with the profile [env: BBI_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,
}

/// Whose, of what belongs to an app.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// The app [default: the profile's]
    #[arg(long, value_name = "APP")]
    app: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Of {
    /// A client with the app's key, and the path of one of the app's resources.
    fn open(&self, resource: &str) -> anyhow::Result<(client::Client, String)> {
        let client = client::Client::new(&self.connection, client::Needs::ServiceKey)?;
        let path = format!("/v1/{}/{resource}", client.app(self.app.as_deref())?);
        Ok((client, path))
    }
}

/// Runs a command; its error is shown once, with what led to it.
pub fn run(arguments: Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result =
        runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(execute(arguments.command)));
    match result {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve(arguments.flags, arguments.sandbox).await?,
        Command::Mcp(connection) => mcp::run(&connection).await?,
        Command::Apps(command) => apps::run(command).await?,
        Command::Keys(command) => keys::run(command).await?,
        Command::Executions(command) => executions::run(command).await?,
        Command::Toolkits(command) => toolkits::run(command)?,
        Command::Doctor(arguments) => return doctor::run(arguments).await,
        Command::Migrate(arguments) => migrate::run(arguments).await?,
        Command::Vault(command) => vault::run(command).await?,
    }
    Ok(ExitCode::SUCCESS)
}
