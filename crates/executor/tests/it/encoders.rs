//! What manifests write in a provider's own notation, for any value: ranges of a spreadsheet, names of its sheets,
//! query strings, mails.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use catalog::{Catalog, OriginMap};
use executor::{Progress, RenderError};
use expression::Variables;
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded(&OriginMap::none()).unwrap());

fn first_request(tool: &str, arguments: Value) -> Result<Request<Bytes>, RenderError> {
    let tool = CATALOG.find_tool(tool).unwrap();
    let toolkit = CATALOG.find_toolkit(tool.toolkit.as_str()).unwrap();
    let account = json!({"subject": "1", "label": "ada@example.com", "facts": null});
    let call = json!({"id": "ex_0", "now": 1_700_000_000});
    let variables = Variables { arguments, account, call, ..Variables::default() };
    Progress::new(toolkit, tool, variables).due().map(|due| due.unwrap().request)
}

fn body(request: &Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// `A`, `B`, ..., `Z`, `AA`, ... for 0, 1, ...
fn letters(column: u32) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap());
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_range_of_cells_is_the_grid_that_it_names(
        columns in (0u32..18_278, 0u32..18_278), rows in (1u32..100_000, 1u32..100_000), lower in any::<bool>()
    ) {
        let (left, right) = (columns.0.min(columns.1), columns.0.max(columns.1));
        let (top, bottom) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let mut cells = format!("{}{top}:{}{bottom}", letters(left), letters(right));
        if lower {
            cells = cells.to_lowercase();
        }
        let filter = json!({"spreadsheet_id": "s", "filters": [{"sheet_id": 7, "cells": cells}]});
        let request = first_request("GOOGLESHEETS_GET_SPREADSHEET_BY_DATA_FILTER", filter).unwrap();
        prop_assert_eq!(&body(&request)["dataFilters"][0]["gridRange"], &json!({"sheetId": 7,
            "startColumnIndex": left, "endColumnIndex": right + 1, "startRowIndex": top - 1, "endRowIndex": bottom}));
    }

    #[test]
    fn the_name_of_a_sheet_stays_a_name(name in "[^\u{0}]{1,40}") {
        let arguments = json!({"spreadsheet_id": "s", "sheet_name": name, "first_cell_location": "B2",
            "values": [["x"]]});
        let request = first_request("GOOGLESHEETS_BATCH_UPDATE", arguments).unwrap();
        let range = body(&request)["data"][0]["range"].as_str().unwrap().to_owned();
        let quoted = range.strip_prefix('\'').and_then(|range| range.strip_suffix("'!B2")).unwrap();
        prop_assert!(!quoted.replace("''", "").contains('\''), "{}", range);
        prop_assert_eq!(quoted.replace("''", "'"), name);
    }

    #[test]
    fn a_query_string_holds_every_text(query in any::<String>(), cursor in any::<String>()) {
        let arguments = json!({"query": query, "cursor": cursor, "limit": 5, "ids_only": true});
        if let Ok(request) = first_request("GMAIL_FETCH_EMAILS", arguments) {
            let pairs: Vec<(String, String)> =
                url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes()).into_owned().collect();
            let expected = [("q", query), ("maxResults", "5".to_owned()), ("pageToken", cursor)];
            prop_assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value)).to_vec());
        }
    }

    #[test]
    fn no_text_of_a_mail_starts_a_header(subject in "(?s).{0,60}|x\r\nBcc: eve@example.com", name in "(?s).{0,30}|\"\r\nBcc: eve@example.com") {
        let arguments = json!({"to": "grace@example.com", "subject": subject, "body": "x",
            "attachments": [{"filename": name, "content": "aGk="}]});
        if let Ok(request) = first_request("GMAIL_SEND_EMAIL", arguments) {
            let raw = body(&request)["raw"].as_str().unwrap().to_owned();
            let raw = URL_SAFE.decode(format!("{raw}{}", "=".repeat((4 - raw.len() % 4) % 4))).unwrap();
            let raw = String::from_utf8(raw).unwrap();
            prop_assert!(raw.lines().all(|line| !line.starts_with("Bcc")), "{}", raw);
        }
    }
}
