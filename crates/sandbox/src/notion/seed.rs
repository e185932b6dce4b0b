//! What is in the workspace before anyone calls: a page for all with a table of tasks, and a page of each person's own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::blocks::{self, Draft};
use super::markdown;
use super::text;
use super::users::user_id;
use super::workspace::{Column, Columns, DataSource, Database, Kind, Page, Parent, Place, Stamp, add};
use crate::people::PEOPLE;
use crate::stage::{Stage, hours_ago};

const WIKI: &str =
    "# How we work\nEverything that everybody should know.\n- [x] Write it down\n- [ ] Keep it short";

fn page(title: &str, emoji: &str) -> Page {
    Page {
        icon: json!({"type": "emoji", "emoji": emoji}),
        values: BTreeMap::from([("title".to_owned(), text::of(title))]),
        ..Page::default()
    }
}

fn column(id: &str, kind: &str, config: Value) -> Column {
    Column { id: id.to_owned(), kind: kind.to_owned(), config, description: None }
}

fn options(stage: &mut Stage<'_>, names: &[(&str, &str)]) -> Value {
    let options = names
        .iter()
        .map(|(name, color)| json!({"id": stage.uuid(), "name": name, "color": color, "description": null}));
    options.collect()
}

fn columns(stage: &mut Stage<'_>) -> Columns {
    let states = options(stage, &[("Not started", "default"), ("In progress", "blue"), ("Done", "green")]);
    let groups: Value = [("To-do", "gray"), ("In progress", "blue"), ("Complete", "green")]
        .iter()
        .enumerate()
        .map(|(index, (name, color))| {
            json!({"id": stage.uuid(), "name": name, "color": color, "option_ids": [states[index]["id"]]})
        })
        .collect();
    let areas = options(stage, &[("Engine", "orange"), ("Notes", "purple")]);
    Columns::from([
        ("Name".to_owned(), Column::title()),
        ("Status".to_owned(), column("st=t", "status", json!({"options": states, "groups": groups}))),
        ("Area".to_owned(), column("ar:a", "select", json!({"options": areas}))),
        ("Due".to_owned(), column("du|e", "date", json!({}))),
        ("Owner".to_owned(), column("ow@r", "people", json!({}))),
        ("Points".to_owned(), column("po]s", "number", json!({"format": "number"}))),
        ("Link".to_owned(), column("li`k", "url", json!({}))),
        ("Key".to_owned(), column("ke<y", "unique_id", json!({"prefix": "ENG"}))),
    ])
}

/// Name, status, area, due day, owner and points.
type Task = (&'static str, usize, Option<usize>, Option<&'static str>, usize, u32);

const TASKS: [Task; 3] = [
    ("Compute Bernoulli numbers", 1, Some(0), Some("2027-01-20"), 0, 5),
    ("Find the moth", 2, Some(0), Some("2027-01-10"), 1, 1),
    ("Write about thinking machines", 0, Some(1), None, 2, 8),
];

pub(crate) fn seed(stage: &mut Stage<'_>) {
    let at = hours_ago(stage.now, 48);
    let ada = Stamp { at, by: user_id(&PEOPLE[0]) };
    let top = Parent::Workspace(None);
    let wiki = add(stage, top, &Place::End, &ada, Kind::Page(page("Engineering Wiki", "📚")));
    let drafts: Vec<Draft> = markdown::parse(WIKI);
    blocks::build(stage, &wiki, &Place::End, drafts, &ada);
    let database = Database {
        title: text::of("Tasks"),
        description: text::of("What is to be done."),
        icon: json!({"type": "emoji", "emoji": "✅"}),
        is_inline: true,
        ..Database::default()
    };
    let database = add(stage, Parent::Item(wiki), &Place::End, &ada, Kind::Database(database));
    let columns = columns(stage);
    let source =
        DataSource { title: text::of("Tasks"), icon: Value::Null, columns: columns.clone(), numbered: 0 };
    let source = add(stage, Parent::Item(database), &Place::End, &ada, Kind::DataSource(source));
    for (number, (name, state, area, due, owner, points)) in (1_u64..).zip(TASKS) {
        let option = |column: &str, index: usize| columns[column].options()[index]["id"].clone();
        let stamp =
            Stamp { at: hours_ago(stage.now, 48 - i64::try_from(number).unwrap_or_default()), ..ada.clone() };
        let values = BTreeMap::from([
            ("title".to_owned(), text::of(name)),
            ("st=t".to_owned(), option("Status", state)),
            ("ar:a".to_owned(), area.map_or(Value::Null, |area| option("Area", area))),
            ("du|e".to_owned(), json!(due.map(|day| json!({"start": day, "end": null, "time_zone": null})))),
            ("ow@r".to_owned(), json!([user_id(&PEOPLE[owner])])),
            ("po]s".to_owned(), json!(points)),
            ("ke<y".to_owned(), json!(number)),
        ]);
        let row = Page { values, ..Page::default() };
        add(stage, Parent::Item(source.clone()), &Place::End, &stamp, Kind::Page(row));
        if let Some(source) = stage.world.notion.source_mut(&source) {
            source.numbered = number;
        }
    }
    for person in &PEOPLE {
        let stamp = Stamp { at: hours_ago(stage.now, 24), by: user_id(person) };
        let own = Parent::Workspace(Some(person.handle.to_owned()));
        let title = format!("{}'s notes", person.given);
        let id = add(stage, own, &Place::End, &stamp, Kind::Page(page(&title, "📝")));
        let drafts = markdown::parse(&format!("Private to {}.", person.name()));
        blocks::build(stage, &id, &Place::End, drafts, &stamp);
    }
}
