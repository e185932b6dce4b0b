//! What the spreadsheets hold before anybody has written: a list of parts each, with a sheet of totals.

use serde_json::json;

use super::content::{self, Input};
use super::files;
use super::state::{NamedRange, Sheet};
use crate::people::PEOPLE;
use crate::stage::Stage;

const PARTS: &[[&str; 3]] = &[
    ["Part", "Count", "Price"],
    ["Wheel", "24", "1.50"],
    ["Axle", "12", "4.25"],
    ["Card", "500", "0.02"],
    ["Crank", "1", "18"],
];
const TOTALS: &[[&str; 2]] = &[["Parts", "=SUM(Parts!B2:B5)"], ["Dearest", "=MAX(Parts!C2:C5)"]];

pub(in crate::google) fn seed(stage: &mut Stage<'_>) {
    for person in &PEOPLE {
        let id = format!("1SeedSpreadsheetOf{}xxxxxxxxxxxxxxxxxxxxxx", person.given);
        let mut book = files::new(&id);
        book.properties.insert("title".to_owned(), json!("Engine parts"));
        let mut parts = Sheet::new(0, "Parts");
        fill(&mut parts, PARTS);
        let mut totals = Sheet::new(18_420_901, "Totals");
        fill(&mut totals, TOTALS);
        book.named_ranges.push(NamedRange {
            id: "seedprices".to_owned(),
            name: "prices".to_owned(),
            area: super::area::Area {
                top: Some(1),
                bottom: Some(5),
                left: Some(2),
                right: Some(3),
                ..parts.area()
            },
        });
        book.sheets = vec![parts, totals];
        let account = stage.world.spreadsheets.entry(person.email.to_owned()).or_default();
        account.files.insert(id, book);
    }
}

fn fill<const WIDTH: usize>(sheet: &mut Sheet, rows: &[[&str; WIDTH]]) {
    for (row, texts) in rows.iter().enumerate() {
        for (column, text) in texts.iter().enumerate() {
            let entered = content::enter(sheet.cell_mut(row, column), &json!(text), Input::UserEntered);
            debug_assert!(entered.is_ok(), "the seed is well-formed");
        }
    }
}
