//! Properties that nobody writes: times, authors, numbers and roll-ups. Formulas are kept, but not worked out.

use serde_json::{Value, json};

use super::columns;
use super::show::time;
use super::values;
use super::workspace::{Column, Item, Page, Workspace};

pub(super) fn show(workspace: &Workspace, item: &Item, page: &Page, column: &Column) -> Value {
    match column.kind.as_str() {
        "created_time" => json!(time(item.created.at)),
        "last_edited_time" => json!(time(item.edited.at)),
        "created_by" => workspace.user_or_id(&item.created.by),
        "last_edited_by" => workspace.user_or_id(&item.edited.by),
        "unique_id" => {
            json!({"prefix": column.config["prefix"], "number": page.values.get(&column.id)})
        }
        "rollup" => rollup(workspace, item, page, column),
        "formula" => json!({"type": "unsupported", "unsupported": {}}),
        "button" => json!({}),
        _ => Value::Null,
    }
}

/// What the pages of a relation have in one of their columns.
fn rolled_up(
    workspace: &Workspace,
    item: &Item,
    page: &Page,
    column: &Column,
) -> Option<(String, Vec<Value>)> {
    let own = columns::of_page(workspace, item);
    let relation = own.values().find(|other| other.id == column.config["relation_property_id"])?;
    let source = workspace.items.get(relation.config["data_source_id"].as_str()?)?.source()?;
    let target = source.columns.values().find(|other| other.id == column.config["rollup_property_id"])?;
    if target.kind == "rollup" {
        return None;
    }
    let related = values::show(workspace, item, page, relation);
    let pages = related.as_array()?.iter().filter_map(|page| workspace.items.get(page["id"].as_str()?));
    let shown = pages.filter_map(|other| Some(values::show(workspace, other, other.page()?, target)));
    Some((target.kind.clone(), shown.collect()))
}

fn rollup(workspace: &Workspace, item: &Item, page: &Page, column: &Column) -> Value {
    let function = column.config["function"].as_str().unwrap_or_default();
    let Some((kind, values)) = rolled_up(workspace, item, page, column) else {
        return json!({"type": "unsupported", "unsupported": {}, "function": function});
    };
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
    let count = |keep: &dyn Fn(&Value) -> bool| values.iter().filter(|value| keep(value)).count();
    #[allow(clippy::cast_precision_loss, reason = "a list is never that long")]
    let length = numbers.len() as f64;
    let number = match function {
        "count" => json!(values.len()),
        "count_values" | "not_empty" => json!(count(&|value| !is_empty(value))),
        "empty" => json!(count(&is_empty)),
        "checked" => json!(count(&|value| *value == true)),
        "unchecked" => json!(count(&|value| *value == false)),
        "sum" => json!(numbers.iter().sum::<f64>()),
        "average" if !numbers.is_empty() => json!(numbers.iter().sum::<f64>() / length),
        "min" => json!(numbers.iter().copied().reduce(f64::min)),
        "max" => json!(numbers.iter().copied().reduce(f64::max)),
        "show_original" | "show_unique" => {
            let items: Vec<Value> =
                values.iter().map(|value| json!({"type": kind, kind.as_str(): value})).collect();
            return json!({"type": "array", "array": items, "function": function});
        }
        _ => Value::Null,
    };
    json!({"type": "number", "number": number, "function": function})
}

/// Whether a property has nothing in it.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
