//! Google Sheets through MCP, against its twin.

use serde_json::{Value, json};

use super::{act, connected, refused, texts};
use crate::support::TestApp;

/// A spreadsheet of the user's own, with what a tool says about it beside its id.
struct Book {
    app: TestApp,
    id: Value,
}

impl Book {
    async fn new() -> Self {
        let app = connected("google-sheets", json!({}), "ada@example.com").await;
        let made =
            json!({"title": "Budget", "sheet_titles": ["Tasks", "Ada's list"], "time_zone": "Europe/Zurich"});
        let made = act(&app, "GOOGLESHEETS_CREATE_GOOGLE_SHEET1", made).await;
        assert_eq!(texts(&made["sheets"], "title"), ["Tasks", "Ada's list"]);
        Self { app, id: made["spreadsheet_id"].clone() }
    }

    async fn act(&self, tool: &str, params: Value) -> Value {
        act(&self.app, &format!("GOOGLESHEETS_{tool}"), self.within(params)).await
    }

    fn within(&self, mut params: Value) -> Value {
        params["spreadsheet_id"] = self.id.clone();
        params
    }

    async fn values(&self, range: &str) -> Value {
        self.act("VALUES_GET", json!({ "range": range })).await["values"].clone()
    }
}

#[tokio::test]
async fn google_sheets_from_a_spreadsheet_to_its_rows() {
    let book = Book::new().await;
    let rows = json!([
        ["What", "Who", "Count"],
        ["Milk", "ada@example.com", 2],
        ["Bread", "grace@example.com", "=C2*3"]
    ]);
    let written = book.act("VALUES_UPDATE", json!({"range": "Tasks!A1:C3", "values": rows})).await;
    assert_eq!((&written["range"], &written["updated_cells"]), (&json!("Tasks!A1:C3"), &json!(9)));
    let appended = json!({"sheet_name": "Tasks", "rows": [["Salt", "alan@example.com", 1]]});
    let appended = book.act("APPEND_ROWS", appended).await;
    assert_eq!(
        (&appended["table_range"], &appended["range"]),
        (&json!("Tasks!A1:C3"), &json!("Tasks!A4:C4"))
    );
    let more = json!({"range": "Tasks!A:C", "values": [["Oil"]], "include_values_in_response": true});
    assert_eq!(book.act("SPREADSHEETS_VALUES_APPEND", more).await["values"], json!([["Oil"]]));
    assert_eq!(book.values("Tasks!C2:C").await, json!([["2"], ["6"], ["1"]]));
    let found = book.act("LOOKUP_SPREADSHEET_ROW", json!({"query": "GRACE@example.com"})).await;
    assert_eq!((&found["total"], &found["rows"][0]["row_number"]), (&json!(1), &json!(3)), "{found}");
    let block = json!({"sheet_name": "Ada's list", "first_cell_location": "B2", "values": [[1, 2], [3, 4]]});
    let block = book.act("BATCH_UPDATE", block).await;
    assert_eq!(
        (&block["ranges"][0]["range"], &block["total_updated_rows"]),
        (&json!("'Ada''s list'!B2:C3"), &json!(2))
    );
    let both = json!({"ranges": ["Tasks!A2:A3", "'Ada''s list'!B2:C"], "major_dimension": "COLUMNS"});
    let both = book.act("BATCH_GET", both).await;
    assert_eq!(both["ranges"][0]["values"], json!([["Milk", "Bread"]]));
    assert_eq!(both["ranges"][1]["values"], json!([["1", "3"], ["2", "4"]]));
    assert_eq!(book.act("BATCH_GET", json!({})).await["ranges"][0]["range"], "Tasks!A1:Z1002");

    let sort = json!({"sheet_id": 0, "cells": "A2:C", "by": [{"column": "C", "descending": true}]});
    book.act("SORT_RANGE", sort).await;
    assert_eq!(book.values("Tasks!A2:A").await, json!([["Bread"], ["Milk"], ["Salt"], ["Oil"]]));
    let replaced = json!({"find": "example.com", "replacement": "example.org", "all_sheets": true});
    assert_eq!(book.act("FIND_REPLACE", replaced).await["occurrences"], 3);
    book.act("SET_BASIC_FILTER", json!({"sheet_id": 0, "cells": "A1:C5"})).await;
    book.act(
        "FORMAT_CELL",
        json!({"sheet_id": 0, "cells": "1:1", "bold": true, "background_color": "#00ffff"}),
    )
    .await;
    let info = json!({"ranges": ["Tasks!A1:C2"], "include_cells": true});
    let info = book.act("GET_SPREADSHEET_INFO", info).await;
    assert_eq!(
        (&info["sheets"][0]["filter"], &info["sheets"][0]["data"][0]["rows"][1][2]["formula"]),
        (&json!("A1:C5"), &json!("=C2*3")),
        "{info}"
    );
    book.act("SPREADSHEETS_VALUES_BATCH_CLEAR", json!({"ranges": ["Tasks!A4:C4"]})).await;
    assert_eq!(book.act("CLEAR_VALUES", json!({"range": "Tasks!A5:C"})).await["cleared"], "Tasks!A5:C1002");
    assert_eq!(book.values("Tasks!A2:A").await, json!([["Bread"], ["Milk"]]));
    let error = refused(&book.app, "GOOGLESHEETS_VALUES_GET", book.within(json!({"range": "Nope!A1"}))).await;
    assert_eq!(error["details"]["provider"]["status"], 400, "{error}");
    assert!(error.to_string().contains("Unable to parse range: Nope!A1"), "{error}");
}

#[tokio::test]
async fn google_sheets_sheets_rows_and_columns() {
    let book = Book::new().await;
    let added =
        book.act("ADD_SHEET", json!({"title": "March", "rows": 10, "columns": 5, "frozen_rows": 1})).await;
    assert_eq!((&added["index"], &added["rows"], &added["frozen_rows"]), (&json!(2), &json!(10), &json!(1)));
    let march = added["sheet_id"].clone();
    book.act("VALUES_UPDATE", json!({"range": "March!A1", "values": [["a", "b"], ["c", "d"]]})).await;
    book.act("APPEND_DIMENSION", json!({"sheet_id": march, "dimension": "ROWS", "length": 5})).await;
    book.act("CREATE_SPREADSHEET_ROW", json!({"sheet_id": march, "insert_index": 1, "count": 2})).await;
    book.act("CREATE_SPREADSHEET_COLUMN", json!({"sheet_id": march, "insert_index": 0})).await;
    assert_eq!(
        book.values("March").await,
        json!([["", "a", "b"], [], [], ["", "c", "d"]]),
        "what was there has moved"
    );
    let gone = json!({"sheet_id": march, "dimension": "ROWS", "start_index": 1, "end_index": 3});
    book.act("DELETE_DIMENSION", gone).await;
    let copy =
        book.act("DUPLICATE_SHEET", json!({"sheet_id": march, "title": "April", "insert_index": 0})).await;
    assert_eq!((&copy["rows"], &copy["columns"]), (&json!(15), &json!(6)));
    book.act("UPDATE_SHEET_PROPERTIES", json!({"sheet_id": march, "title": "Spring", "hidden": true})).await;
    book.act("DELETE_SHEET", json!({"sheet_id": copy["sheet_id"]})).await;
    let names = book.act("GET_SHEET_NAMES", json!({})).await;
    assert_eq!(texts(&names["sheets"], "title"), ["Tasks", "Ada's list", "Spring"]);
    assert_eq!((&names["sheets"][2]["hidden"], &names["sheets"][2]["rows"]), (&json!(true), &json!(15)));
    let other = json!({"title": "Other"});
    let other = act(&book.app, "GOOGLESHEETS_CREATE_GOOGLE_SHEET1", other).await["spreadsheet_id"].clone();
    let copied = json!({"sheet_id": march, "destination_spreadsheet_id": other});
    assert_eq!(book.act("SPREADSHEETS_SHEETS_COPY_TO", copied).await["title"], "Copy of Spring");
    let batch = json!({"requests": [{"addNamedRange": {"namedRange": {"name": "totals", "range": {"sheetId": 0,
        "startColumnIndex": 1, "endColumnIndex": 2}}}}, {"mergeCells": {"mergeType": "MERGE_ALL", "range": {
        "sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 3}}}]});
    book.act("BATCH_UPDATE_SPREADSHEET", batch).await;
    let info = book.act("GET_SPREADSHEET_INFO", json!({})).await;
    assert_eq!(
        (&info["named_ranges"][0]["name"], &info["named_ranges"][0]["cells"]),
        (&json!("totals"), &json!("B:B"))
    );
}

#[tokio::test]
async fn google_sheets_rows_are_found_by_their_metadata() {
    let book = Book::new().await;
    let rows = json!([["What", "Count"], ["Milk", 2], ["Bread", 1]]);
    book.act("VALUES_UPDATE", json!({"range": "Tasks!A1", "values": rows})).await;
    let mark = json!({"key": "order", "value": "17", "sheet_id": 0, "row": 3});
    let mark = book.act("CREATE_DEVELOPER_METADATA", mark).await;
    assert_eq!((&mark["location_type"], &mark["start_index"]), (&json!("ROW"), &json!(2)), "{mark}");
    book.act("CREATE_SPREADSHEET_ROW", json!({"sheet_id": 0, "insert_index": 1})).await;
    let filters = json!({"filters": [{"metadata_key": "order"}]});
    let found = book.act("SEARCH_DEVELOPER_METADATA", filters.clone()).await;
    assert_eq!(found["metadata"][0]["start_index"], 3, "it moves with its row");
    let read = book.act("SPREADSHEETS_VALUES_BATCH_GET_BY_DATA_FILTER", filters.clone()).await;
    assert_eq!(read["ranges"][0]["values"], json!([["Bread", "1"]]));
    let write = json!({"data": [{"metadata_key": "order", "values": [["Rye", 3]]}]});
    let written = book.act("BATCH_UPDATE_VALUES_BY_DATA_FILTER", write).await;
    assert_eq!(written["ranges"][0]["filter"]["metadata_key"], "order", "{written}");
    let shown = json!({"filters": [{"sheet_id": 0, "cells": "A4:B4"}], "include_cells": true});
    let shown = book.act("GET_SPREADSHEET_BY_DATA_FILTER", shown).await;
    assert_eq!(shown["sheets"][0]["data"][0]["rows"][0][0]["value"], "Rye", "{shown}");
    book.act("SPREADSHEETS_VALUES_BATCH_CLEAR_BY_DATA_FILTER", filters).await;
    assert_eq!(book.values("Tasks!A1:A").await, json!([["What"], [], ["Milk"]]));
}
