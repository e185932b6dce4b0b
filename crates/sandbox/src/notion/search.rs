//! Search: by title, among the pages and data sources that the connection may see.

use serde_json::Value;

use super::Call;
use super::failure::Failure;
use super::lists;
use super::show;
use super::workspace::{Item, Workspace};
use crate::stage::Stage;

pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    let filter = call.body.object("filter").unwrap_or_default();
    let wanted = match (filter.text("property"), filter.text("value")) {
        (Some(_), None) => return Err(Failure::missing("body.filter.value")),
        (None, Some(_)) => return Err(Failure::missing("body.filter.property")),
        (None, None) if call.body.names("filter") && !filter.names("in_trash") => {
            return Err(Failure::missing("body.filter.property"));
        }
        (_, wanted) => wanted,
    };
    let trashed = filter.flag("in_trash").unwrap_or_default();
    let query = call.body.text("query").unwrap_or_default().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let fits = |item: &&Item| {
        let title = show::title(item).to_lowercase();
        (item.page().is_some() || item.source().is_some())
            && wanted.is_none_or(|wanted| item.noun() == wanted)
            && workspace.is_trashed(&item.id) == trashed
            && words.iter().all(|word| title.contains(word))
    };
    let mut found: Vec<&Item> = workspace.shared(&call.account).into_iter().filter(fits).collect();
    sort(call, &mut found)?;
    let shown: Result<Vec<(String, Value)>, Failure> =
        found.into_iter().map(|item| Ok((item.id.clone(), shown(workspace, item)?))).collect();
    lists::page(&call.body, "body", "page_or_data_source", shown?)
}

/// What was edited last comes first, unless the call says otherwise.
fn sort(call: &Call, found: &mut [&Item]) -> Result<(), Failure> {
    let sort = call.body.object("sort").unwrap_or_default();
    found.sort_by_key(|item| std::cmp::Reverse((item.edited.at, item.serial)));
    match (sort.text("timestamp"), sort.text("direction"), sort.text("property")) {
        (Some(_), Some(direction), None) => {
            if direction == "ascending" {
                found.reverse();
            }
            Ok(())
        }
        (Some(_), None, None) => Err(Failure::missing("body.sort.direction")),
        (None, None, Some(_)) => Ok(()),
        (None, None, None) if !call.body.names("sort") => Ok(()),
        _ => Err(Failure::missing("body.sort.timestamp")),
    }
}

/// A page or a data source.
pub(super) fn shown(workspace: &Workspace, item: &Item) -> Result<Value, Failure> {
    match item.source() {
        Some(_) => Ok(show::source(workspace, item)),
        None => show::page(workspace, item, &[]),
    }
}
