//! Google Sheets: values in and out, ranges, appending, batches of changes, filters by metadata, and scopes.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GOOGLE, each, text};

const SHEETS: &str = "sheets.googleapis.com/v4/spreadsheets";

async fn ada(bed: &Bed) -> String {
    bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}spreadsheets")).await
}

/// A new spreadsheet with a sheet of tasks, by its address.
async fn book(bed: &Bed, token: &str) -> String {
    let body = json!({"properties": {"title": "Budget"}, "sheets": [{"properties": {"title": "Tasks"}}]});
    let made = bed.post(SHEETS, token, body).await.expect(200);
    format!("{SHEETS}/{}", text(&made["spreadsheetId"]))
}

async fn put(bed: &Bed, token: &str, path: &str, range: &str, values: Value) -> Value {
    let path = format!("{path}/values/{range}?valueInputOption=USER_ENTERED");
    bed.call("PUT", &path, token, Body::Json(json!({"values": values}))).await.expect(200)
}

async fn values(bed: &Bed, token: &str, path: &str, range: &str) -> Value {
    bed.get(&format!("{path}/values/{range}"), token).await.expect(200)["values"].clone()
}

async fn change(bed: &Bed, token: &str, path: &str, request: Value) -> Value {
    let body = json!({"requests": [request]});
    bed.post(&format!("{path}:batchUpdate"), token, body).await.expect(200)["replies"][0].clone()
}

#[tokio::test]
async fn values_go_in_as_typed_and_come_out_as_asked() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    let rows =
        json!([["What", "Count", "Day"], ["Milk", "2", "2027-03-05"], ["Sum", "=B2*2+1", "50%"], ["", true]]);
    let written = put(&bed, &token, &path, "Tasks!A1:C4", rows).await;
    assert_eq!(
        written,
        json!({"spreadsheetId": path.rsplit('/').next().unwrap(), "updatedRange": "Tasks!A1:C4", "updatedRows": 4,
            "updatedColumns": 3, "updatedCells": 11})
    );
    let shown = bed.get(&format!("{path}/values/Tasks"), &token).await.expect(200);
    assert_eq!(
        shown,
        json!({"range": "Tasks!A1:Z1000", "majorDimension": "ROWS", "values": [
            ["What", "Count", "Day"], ["Milk", "2", "2027-03-05"], ["Sum", "5", "50%"], ["", "TRUE"]
        ]})
    );
    let raw = bed
        .get(&format!("{path}/values/B2:C4?valueRenderOption=UNFORMATTED_VALUE"), &token)
        .await
        .expect(200);
    assert_eq!(raw["values"], json!([[2, 46451], [5, 0.5], [true]]));
    let formulas = bed
        .get(&format!("{path}/values/Tasks!B:B?valueRenderOption=FORMULA&majorDimension=COLUMNS"), &token)
        .await
        .expect(200);
    assert_eq!(formulas["values"], json!([["Count", 2, "=B2*2+1", true]]));
    let raw = format!("{path}/values/Tasks!A6?valueInputOption=RAW&includeValuesInResponse=true");
    let raw =
        bed.call("PUT", &raw, &token, Body::Json(json!({"values": [["=1+1", null, 3]]}))).await.expect(200);
    assert_eq!(raw["updatedData"]["values"], json!([["=1+1", "", "3"]]));
    let cleared = bed.post(&format!("{path}/values/Tasks!A2:B:clear"), &token, json!({})).await.expect(200);
    assert_eq!(cleared["clearedRange"], "Tasks!A2:B1000");
    assert_eq!(values(&bed, &token, &path, "Tasks!A2:A").await, Value::Null);
}

#[tokio::test]
async fn formulas_say_what_is_wrong_with_them() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    let formulas = [
        ("=SUM(A1:A3)", "6"),
        ("=(1+2)*3^2/2", "13.5"),
        ("=AVERAGE(A1:A3)&\" on average\"", "2 on average"),
        ("=IF(A3>=3,\"many\",\"few\")", "many"),
        ("=-A1+10%", "-0.9"),
        ("=1/0", "#DIV/0!"),
        ("=NOSUCH(1)", "#NAME?"),
        ("=1+", "#ERROR!"),
        ("=C10", "#REF!"),
        ("=Nowhere!A1", "#NAME?"),
        ("=\"x\"+1", "#VALUE!"),
    ];
    put(&bed, &token, &path, "Tasks!A1:A3", json!([[1], [2], [3]])).await;
    let column: Vec<[&str; 1]> = formulas.iter().map(|(formula, _)| [*formula]).collect();
    // The ninth refers to itself two columns on.
    put(&bed, &token, &path, "Tasks!B1:B11", json!(column)).await;
    put(&bed, &token, &path, "Tasks!C10", json!([["=B9"]])).await;
    let shown = values(&bed, &token, &path, "Tasks!B1:B11").await;
    for (row, (formula, expected)) in formulas.iter().enumerate() {
        assert_eq!(shown[row][0], *expected, "{formula}");
    }
}

#[tokio::test]
async fn ranges_that_are_not_there_are_refused_in_googles_words() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    for (range, message) in [
        ("Nope!A1", "Unable to parse range: Nope!A1"),
        ("Tasks!", "Unable to parse range: Tasks!"),
        ("Tasks!A1001", "Range (Tasks!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Tasks!AA1", "Range (Tasks!AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ] {
        let refused = bed.get(&format!("{path}/values/{range}"), &token).await.expect(400);
        assert_eq!(
            refused,
            json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}})
        );
    }
    let far = bed.get(&format!("{path}/values/A:ZZZ"), &token).await.expect(200);
    assert_eq!(far["range"], "Tasks!A1:Z1000", "what ends outside is cut off");
    let put = async |query: &str, body: Value| {
        let path = format!("{path}/values/Tasks!A1:B1{query}");
        text(&bed.call("PUT", &path, &token, Body::Json(body)).await.expect(400)["error"]["message"])
    };
    assert_eq!(put("", json!({"values": [[1]]})).await, "'valueInputOption' is required but not specified");
    assert_eq!(
        put("?valueInputOption=RAW", json!({"values": [[1, 2, 3]]})).await,
        "Requested writing within range [Tasks!A1:B1], but tried writing to column [C]"
    );
    assert_eq!(
        put("?valueInputOption=raw", json!({"values": [[1]]})).await,
        "sandbox: `valueInputOption` should be one of INPUT_VALUE_OPTION_UNSPECIFIED, RAW, USER_ENTERED, not \"raw\""
    );
    assert!(put("?valueInputOption=RAW", json!({"rows": [[1]]})).await.starts_with("sandbox: "));
    bed.get(&format!("{SHEETS}/1Nope"), &token).await.expect(404);
    bed.get(&format!("{path}?fields=sheets(propertys)"), &token).await.expect(400);
    let grace = bed.token(Provider::Google, "grace@example.com", &format!("{GOOGLE}spreadsheets")).await;
    let refused = bed.get(&path, &grace).await.expect(403);
    assert_eq!(refused["error"]["message"], "The caller does not have permission");
}

#[tokio::test]
async fn rows_are_appended_below_the_table() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    put(&bed, &token, &path, "Tasks!B2:C3", json!([["What", "Count"], ["Milk", 2]])).await;
    put(&bed, &token, &path, "Tasks!A6", json!([["below"]])).await;
    let append = async |query: &str, values: Value| {
        let path = format!("{path}/values/Tasks!A1:D4:append?valueInputOption=RAW{query}");
        bed.post(&path, &token, json!({ "values": values })).await.expect(200)
    };
    let first = append("", json!([["Bread", 1]])).await;
    assert_eq!(
        (&first["tableRange"], &first["updates"]["updatedRange"]),
        (&json!("Tasks!B2:C3"), &json!("Tasks!B4:C4"))
    );
    let second = append("&insertDataOption=INSERT_ROWS", json!([["Salt"], ["Oil"]])).await;
    assert_eq!(second["updates"]["updatedRange"], "Tasks!B5:B6");
    assert_eq!(
        values(&bed, &token, &path, "Tasks!A4:B8").await,
        json!([["", "Bread"], ["", "Salt"], ["", "Oil"], [], ["below"]])
    );
    let alone = format!("{path}/values/Tasks!F1:append?valueInputOption=RAW");
    let empty = bed.post(&alone, &token, json!({"values": [["alone"]]})).await.expect(200);
    assert_eq!((empty.get("tableRange"), &empty["updates"]["updatedRange"]), (None, &json!("Tasks!F1")));
}

#[tokio::test]
async fn sheets_come_change_and_go_all_or_none() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    let added = change(&bed, &token, &path, json!({"addSheet": {"properties": {"title": "Q1 2027"}}})).await;
    let id = added["addSheet"]["properties"]["sheetId"].clone();
    assert_eq!(added["addSheet"]["properties"]["index"], 1);
    put(&bed, &token, &path, "'Q1%202027'!A1", json!([["x"]])).await;
    let renamed = json!({"updateSheetProperties": {"properties": {"sheetId": id, "title": "First",
        "gridProperties": {"frozenRowCount": 1}}, "fields": "title,gridProperties.frozenRowCount"}});
    change(&bed, &token, &path, renamed).await;
    let copy = json!({"duplicateSheet": {"sourceSheetId": id, "newSheetName": "Second"}});
    let copy = change(&bed, &token, &path, copy).await["duplicateSheet"]["properties"].clone();
    assert_eq!((&copy["title"], &copy["gridProperties"]["frozenRowCount"]), (&json!("Second"), &json!(1)));
    assert_eq!(values(&bed, &token, &path, "Second!A1").await, json!([["x"]]));
    let both = json!({"requests": [{"deleteSheet": {"sheetId": id}}, {"deleteSheet": {"sheetId": 7}}]});
    let refused = bed.post(&format!("{path}:batchUpdate"), &token, both).await.expect(400);
    assert_eq!(refused["error"]["message"], "Invalid requests[1].deleteSheet: No sheet with id: 7");
    let titles = async || {
        let shown = bed.get(&format!("{path}?fields=sheets.properties.title"), &token).await.expect(200);
        let sheets = shown["sheets"].as_array().unwrap().clone();
        sheets.iter().map(|sheet| text(&sheet["properties"]["title"])).collect::<Vec<_>>()
    };
    assert_eq!(titles().await, ["Second", "Tasks", "First"], "nothing was deleted");
    change(&bed, &token, &path, json!({"deleteSheet": {"sheetId": id}})).await;
    assert_eq!(titles().await, ["Second", "Tasks"]);
    for (request, message) in [
        (json!({}), "Invalid requests[0]: No request set."),
        (
            json!({"addSheet": {"properties": {"title": "tasks"}}}),
            "Invalid requests[0].addSheet: A sheet with the name \"tasks\" already exists. Please enter another name.",
        ),
        (json!({"addChart": {}}), "sandbox: the twin does not serve `addChart` requests"),
        (
            json!({"addTab": {}}),
            "sandbox: Invalid JSON payload received. Unknown name \"requests[0].addTab\": Cannot find field.",
        ),
    ] {
        let refused = bed.post(&format!("{path}:batchUpdate"), &token, json!({"requests": [request]})).await;
        assert_eq!(refused.expect(400)["error"]["message"], message);
    }
}

#[tokio::test]
async fn cells_are_sorted_replaced_formatted_and_moved() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    let rows = json!([["What", "Count"], ["Milk", 2], ["bread", 10], ["", 5], ["Milky", 2]]);
    put(&bed, &token, &path, "Tasks!A1:B5", rows).await;
    let range = json!({"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 2});
    let sort = json!({"sortRange": {"range": range, "sortSpecs": [
        {"dimensionIndex": 1, "sortOrder": "DESCENDING"}, {"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}});
    change(&bed, &token, &path, sort).await;
    let sorted = json!([["bread", "10"], ["", "5"], ["Milky", "2"], ["Milk", "2"]]);
    assert_eq!(values(&bed, &token, &path, "A2:B").await, sorted);
    let replace = json!({"findReplace": {"find": "MILK", "replacement": "Oat", "allSheets": true}});
    assert_eq!(
        change(&bed, &token, &path, replace).await["findReplace"],
        json!({"occurrencesChanged": 2, "valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1})
    );
    let bold = json!({"repeatCell": {"range": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "endColumnIndex": 2},
        "cell": {"userEnteredFormat": {"textFormat": {"bold": true}}}, "fields": "userEnteredFormat.textFormat.bold"}});
    change(&bed, &token, &path, bold).await;
    let shown = bed.get(&format!("{path}?ranges=Tasks!A1&includeGridData=true"), &token).await.expect(200);
    assert_eq!(
        shown["sheets"][0]["data"][0]["rowData"][0]["values"],
        json!([{"userEnteredValue": {"stringValue": "What"}, "effectiveValue": {"stringValue": "What"},
            "formattedValue": "What", "userEnteredFormat": {"textFormat": {"bold": true}},
            "effectiveFormat": {"textFormat": {"bold": true}}}])
    );
    let name = json!({"addNamedRange": {"namedRange": {"name": "counts", "range": {"startRowIndex": 1,
        "endRowIndex": 5, "startColumnIndex": 1, "endColumnIndex": 2}}}});
    change(&bed, &token, &path, name).await;
    let rows = json!({"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 4});
    change(&bed, &token, &path, json!({"insertDimension": {"range": rows}})).await;
    let named = bed.get(&format!("{path}/values/counts"), &token).await.expect(200);
    assert_eq!(named["range"], "Tasks!B2:B7");
    assert_eq!(named["values"], json!([["10"], [], [], ["5"], ["2"], ["2"]]));
    change(&bed, &token, &path, json!({"deleteDimension": {"range": rows}})).await;
    let named = bed.get(&format!("{path}/values/counts"), &token).await.expect(200);
    assert_eq!((&named["range"], &named["values"][1]), (&json!("Tasks!B2:B5"), &json!(["5"])));
}

#[tokio::test]
async fn filters_find_cells_by_what_is_attached_to_them() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    put(&bed, &token, &path, "Tasks!A1:B3", json!([["a", 1], ["b", 2], ["c", 3]])).await;
    let row = json!({"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2});
    let create = json!({"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "order",
        "metadataValue": "17", "visibility": "DOCUMENT", "location": {"dimensionRange": row}}}});
    change(&bed, &token, &path, create).await;
    let by_order = json!({"developerMetadataLookup": {"metadataKey": "order", "locationType": "ROW"}});
    let ask = json!({"dataFilters": [by_order]});
    let found = bed.post(&format!("{path}/developerMetadata:search"), &token, ask.clone()).await.expect(200);
    let one = &found["matchedDeveloperMetadata"][0]["developerMetadata"];
    assert_eq!((&one["metadataValue"], &one["location"]["locationType"]), (&json!("17"), &json!("ROW")));
    let read =
        bed.post(&format!("{path}/values:batchGetByDataFilter"), &token, ask.clone()).await.expect(200);
    assert_eq!(read["valueRanges"][0]["valueRange"]["values"], json!([["b", "2"]]));
    let write = json!({"valueInputOption": "RAW", "data": [{"dataFilter": by_order, "values": [["B", 22]]}]});
    let written =
        bed.post(&format!("{path}/values:batchUpdateByDataFilter"), &token, write).await.expect(200);
    assert_eq!(
        (&written["totalUpdatedCells"], &written["responses"][0]["updatedRange"]),
        (&json!(2), &json!("Tasks!A2:B2"))
    );
    let shown =
        bed.post(&format!("{path}:getByDataFilter?fields=sheets.data.startRow"), &token, ask.clone()).await;
    assert_eq!(shown.expect(200), json!({"sheets": [{"data": [{"startRow": 1}]}]}));
    bed.post(&format!("{path}/values:batchClearByDataFilter"), &token, ask).await.expect(200);
    assert_eq!(values(&bed, &token, &path, "Tasks!A1:A3").await, json!([["a"], [], ["c"]]));
    let none = json!({"dataFilters": [{}]});
    bed.post(&format!("{path}/values:batchGetByDataFilter"), &token, none).await.expect(400);
}

#[tokio::test]
async fn scopes_say_which_files_and_how() {
    let bed = Bed::new().await;
    let full = ada(&bed).await;
    let seeded = "1SeedSpreadsheetOfAdaxxxxxxxxxxxxxxxxxxxxxx";
    let totals = bed.get(&format!("{SHEETS}/{seeded}/values/Totals"), &full).await.expect(200);
    assert_eq!(totals["values"], json!([["Parts", "537"], ["Dearest", "18"]]));
    for (scope, read, written) in [
        ("spreadsheets.readonly", 200, 403),
        ("drive.readonly", 200, 403),
        ("drive", 200, 200),
        ("drive.file", 404, 404),
        ("drive.metadata", 403, 403),
    ] {
        let token = bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}{scope}")).await;
        let path = format!("{SHEETS}/{seeded}/values/Parts!A1");
        bed.get(&path, &token).await.expect(read);
        let put = format!("{path}?valueInputOption=RAW");
        bed.call("PUT", &put, &token, Body::Json(json!({"values": [["Part"]]}))).await.expect(written);
        assert_eq!(bed.last_entry().detail.contains_key("lacks_scope"), written == 403, "{scope}");
    }
    let file = bed.token(Provider::Google, "ada@example.com", &format!("{GOOGLE}drive.file")).await;
    let own = book(&bed, &file).await;
    let shown = bed.get(&format!("{own}?fields=sheets.properties"), &file).await.expect(200);
    let properties: Vec<Value> =
        shown["sheets"].as_array().unwrap().iter().map(|sheet| sheet["properties"].clone()).collect();
    assert_eq!(each(&json!(properties), "title"), ["Tasks"]);
    let id = own.rsplit('/').next().unwrap();
    let copied = bed
        .post(&format!("{SHEETS}/{seeded}/sheets/0:copyTo"), &full, json!({"destinationSpreadsheetId": id}))
        .await
        .expect(200);
    assert_eq!((&copied["title"], &copied["index"]), (&json!("Copy of Parts"), &json!(1)));
}

#[tokio::test]
async fn odd_ranges_and_formulas_break_nothing() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = book(&bed, &token).await;
    for range in [
        "'",
        "!",
        "''!A1",
        "A0",
        "A1:",
        ":B",
        "1:A",
        "ZZZZ1",
        "A99999999999",
        "%C3%BC1:%C3%BC2",
        "A1:B2:C3",
        "B2:A1",
    ] {
        let reply = bed.get(&format!("{path}/values/{range}"), &token).await;
        assert_eq!(reply.status, if range == "B2:A1" { 200 } else { 400 }, "{range}: {}", reply.text);
    }
    let deep = format!("={}1{}", "(".repeat(500), ")".repeat(500));
    let formulas = [
        "=",
        "==",
        "=(",
        "=)",
        "=\"",
        "='x",
        "='x'!",
        "=A",
        "=A1:",
        "=ü",
        "=1e999",
        "=SUM(",
        "=SUM(,)",
        "=IF()",
        "=ROUND(1,1e9)",
        "=0^-1",
        "=-",
        "=\u{1F600}",
        "=SUM(A:Z)",
        "=LEN()",
        "=A1&",
        &deep,
        "'=1",
        "1,2,3",
        "%",
        "-",
        "9999-99-99",
        "+1",
    ];
    let column: Vec<[&str; 1]> = formulas.iter().map(|formula| [*formula]).collect();
    put(&bed, &token, &path, "Tasks!A1", json!(column)).await;
    let shown = values(&bed, &token, &path, "Tasks!A:A").await;
    assert_eq!(shown.as_array().unwrap().len(), formulas.len());
    for request in [
        json!({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": i64::MAX}}}),
        json!({"appendDimension": {"dimension": "COLUMNS", "length": i64::MAX}}),
        json!({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1000}}}),
        json!({"updateCells": {"start": {"rowIndex": i64::MAX}, "rows": [{}], "fields": "*"}}),
        json!({"repeatCell": {"range": {"endRowIndex": 1001}, "cell": {}, "fields": "note"}}),
        json!({"repeatCell": {"range": {}, "cell": {}}}),
        json!({"addSheet": {"properties": {"gridProperties": {"rowCount": i64::MAX}}}}),
        json!({"findReplace": {"find": "", "allSheets": true}}),
    ] {
        let body = json!({"requests": [request]});
        let reply = bed.post(&format!("{path}:batchUpdate"), &token, body).await;
        assert_eq!(reply.status, 400, "{request}: {}", reply.text);
    }
}
