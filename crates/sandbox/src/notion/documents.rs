//! A page's text as Markdown: read as a whole, and changed by inserting, replacing and editing.
//!
//! A change makes a new text, of which every block that was there before stays the same block.

use serde_json::{Value, json};

use super::Call;
use super::blocks::{self, Draft};
use super::failure::Failure;
use super::markdown;
use super::workspace::Place;
use crate::stage::Stage;
use crate::strict::Arguments;

fn shown(stage: &Stage<'_>, id: &str) -> Value {
    let workspace = &stage.world.notion;
    let drafts = markdown::drafts(workspace, id);
    let mut text = markdown::render(drafts.iter().map(|(_, draft)| draft));
    if !text.is_empty() {
        text.push('\n');
    }
    json!({
        "object": "page_markdown",
        "id": id,
        "markdown": text,
        "truncated": false,
        "unknown_block_ids": markdown::unknown(workspace, id),
    })
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("page_id")?;
    stage.world.notion.get(call, "page", &id)?;
    Ok(shown(stage, &id))
}

const KINDS: [&str; 4] = ["insert_content", "replace_content_range", "update_content", "replace_content"];

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("page_id")?;
    let kind = call.body.text("type").unwrap_or_default();
    if let Some(other) = KINDS.into_iter().find(|other| *other != kind && call.body.names(other)) {
        let value = call.body.value(other).unwrap_or(&Value::Null);
        return Err(Failure::body_wrong(&format!("body.{other}"), "not present", value));
    }
    let change = call.body.object(kind).ok_or_else(|| Failure::missing(&format!("body.{kind}")))?;
    stage.world.notion.get_live(call, "page", &id)?;
    let old = markdown::drafts(&stage.world.notion, &id);
    let text = markdown::render(old.iter().map(|(_, draft)| draft));
    let text = match kind {
        "insert_content" => insert(&text, &change)?,
        "replace_content_range" => {
            let (from, to) = range(&text, change.text("content_range").unwrap_or_default())?;
            format!("{}{}{}", &text[..from], change.text("content").unwrap_or_default(), &text[to..])
        }
        "update_content" => edit(text, &change)?,
        _ => change.text("new_str").unwrap_or_default().to_owned(),
    };
    rewrite(stage, call, &id, old, &text, change.flag("allow_deleting_content") == Some(true))?;
    Ok(shown(stage, &id))
}

fn insert(text: &str, change: &Arguments) -> Result<String, Failure> {
    let content = change.text("content").unwrap_or_default();
    let position = change.object("position");
    match (change.text("after"), position.as_ref().and_then(|position| position.text("type"))) {
        (Some(_), Some(_)) => {
            Err(Failure::validation("sandbox: `after` and `position` cannot be given together"))
        }
        (Some(after), None) => {
            let (_, to) = range(text, after)?;
            let line = text[to..].find('\n').map_or(text.len(), |end| to + end);
            Ok(format!("{}\n{content}\n{}", &text[..line], &text[line..]))
        }
        (None, Some("start")) => Ok(format!("{content}\n{text}")),
        (None, _) => Ok(format!("{text}\n{content}")),
    }
}

/// Where a selection is, which is a text or the start and the end of one, with three dots between.
fn range(text: &str, selection: &str) -> Result<(usize, usize), Failure> {
    let (start, end) = selection.split_once("...").unwrap_or((selection, ""));
    let from = text.find(start).filter(|_| !start.is_empty());
    let to = from.and_then(|from| {
        let after = from + start.len();
        text[after..].find(end).map(|at| after + at + end.len())
    });
    let message = format!("The selection \"{selection}\" was not found in the page content.");
    from.zip(to).ok_or_else(|| Failure::validation(message))
}

fn edit(mut text: String, change: &Arguments) -> Result<String, Failure> {
    for update in change.value("content_updates").and_then(Value::as_array).into_iter().flatten() {
        let (old, new) = (update["old_str"].as_str().unwrap_or_default(), update["new_str"].as_str());
        let count = if old.is_empty() { 0 } else { text.matches(old).count() };
        match count {
            0 => {
                let message = format!("Could not find \"{old}\" in the page content.");
                return Err(Failure::validation(message));
            }
            2.. if update["replace_all_matches"] != true => {
                let message = format!(
                    "Found {count} matches of \"{old}\"; set replace_all_matches, or be more specific."
                );
                return Err(Failure::validation(message));
            }
            _ => text = text.replace(old, new.unwrap_or_default()),
        }
    }
    Ok(text)
}

/// Makes the page say `text`.
fn rewrite(
    stage: &mut Stage<'_>,
    call: &Call,
    id: &str,
    mut old: Vec<(String, Draft)>,
    text: &str,
    may_delete: bool,
) -> Result<(), Failure> {
    // A block is the same if it reads the same.
    let mut plan: Vec<(Option<String>, Draft)> = Vec::new();
    for draft in markdown::parse(text) {
        let own = markdown::render([&draft]);
        let plain = own.replace('\\', "");
        let same = old.iter().position(|(_, known)| {
            let known = markdown::render([known]);
            known == own || (known.starts_with('<') && known == plain)
        });
        plan.push((same.map(|same| old.remove(same).0), draft));
    }
    let holds = |id: &String| stage.world.notion.items.get(id).is_some_and(|item| item.noun() != "block");
    if !may_delete && let Some((lost, _)) = old.iter().find(|(id, _)| holds(id)) {
        let message = format!(
            "This would delete the child page or database {lost}. Set allow_deleting_content to true to go on."
        );
        return Err(Failure::validation(message));
    }
    let stamp = call.stamp(stage);
    old.iter().for_each(|(id, _)| blocks::discard(stage, id, &stamp));
    let mut order = Vec::new();
    for (same, draft) in plan {
        match same {
            Some(same) => order.push(same),
            None => order.extend(blocks::build(stage, id, &Place::End, vec![draft], &stamp)),
        }
    }
    if let Some(page) = stage.world.notion.items.get_mut(id) {
        page.children.retain(|child| !order.contains(child));
        page.children.splice(..0, order);
    }
    stage.world.notion.touch(id, &stamp);
    Ok(())
}
