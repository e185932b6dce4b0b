//! `bbi executions`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Of;
use super::output::{Format, cell};

const NAMES: [&str; 6] = ["id", "state", "tool_name", "app_user_id", "started_at", "finished_at"];
const HEADER: [&str; 6] = ["ID", "STATE", "TOOL", "USER", "STARTED", "FINISHED"];

/// Under the app.
const RESOURCE: &str = "integrations/executions";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List executions, oldest first
    List {
        /// Only those in this state: `started`, `succeeded`, `failed` or `unknown`
        #[arg(long)]
        state: Option<String>,
        /// Only those of this tool
        #[arg(long, value_name = "NAME")]
        tool: Option<String>,
        /// Only those of this user
        #[arg(long, value_name = "ID")]
        user: Option<String>,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        format: Format,
    },
    /// Show one execution and what to do next; looks for an unknown outcome where that can be found out
    Show {
        /// The `execution_id` of an answer
        id: String,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        format: Format,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { state, tool, user, of, format } => {
            let (client, path) = of.open(RESOURCE)?;
            let given = [("state", state), ("tool", tool), ("user_id", user)];
            let mut query = url::form_urlencoded::Serializer::new("limit=200".to_owned());
            query.extend_pairs(given.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
            let first = format!("{path}?{}", query.finish());
            let (mut executions, mut path) = (Vec::new(), first.clone());
            loop {
                let page = client.send(Method::GET, &path, None).await?;
                executions.extend(page["executions"].as_array().cloned().unwrap_or_default());
                match page["next_cursor"].as_str() {
                    Some(cursor) => path = format!("{first}&cursor={cursor}"),
                    None => break,
                }
            }
            format.show(&json!({ "executions": executions }), &HEADER, |_| {
                executions.iter().map(|row| NAMES.iter().map(|name| cell(row, name)).collect()).collect()
            })?;
        }
        Command::Show { id, of, format } => {
            let (client, path) = of.open(RESOURCE)?;
            let answer = client.send(Method::GET, &format!("{path}/{id}"), None).await?;
            format.show(&answer, &["", ""], |answer: &Value| {
                let members = answer.as_object().into_iter().flatten();
                members.map(|(name, _)| vec![name.clone(), cell(answer, name)]).collect()
            })?;
        }
    }
    Ok(())
}
