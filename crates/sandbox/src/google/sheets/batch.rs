//! `spreadsheets.batchUpdate`: many changes, all or none.

use serde_json::{Map, Value, json};

use super::files::{self, Part, fresh};
use super::state::{Spreadsheet, writable};
use super::values::objects;
use super::{area, cells, dimensions, marks, tabs};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let requests = objects(&call.body, "requests");
    let ids: Vec<i64> = requests.iter().map(|_| fresh(stage)).collect();
    let book = writable(stage, call)?;
    if requests.is_empty() {
        return Err(Failure::invalid("Must specify at least one request."));
    }
    let mut changed = book.clone();
    let mut replies = Vec::new();
    for (index, (request, id)) in requests.iter().zip(ids).enumerate() {
        let mut members = request.iter();
        let (Some((kind, settings)), None) = (members.next(), members.next()) else {
            return Err(Failure::invalid(format!("Invalid requests[{index}]: No request set.")));
        };
        let none = Map::new();
        let settings = settings.as_object().unwrap_or(&none);
        let part = format!("requests[{index}].{kind}");
        replies.push(one(&mut changed, kind, settings, id).map_err(|failure| failure.within(&part))?);
    }
    let mut body = json!({"spreadsheetId": changed.id, "replies": replies});
    if call.body.flag("includeSpreadsheetInResponse") == Some(true) {
        let ranges = call.body.texts("responseRanges");
        let blocks: Vec<area::Block> =
            ranges.iter().map(|text| area::block(&changed, text)).collect::<Result<_, _>>()?;
        let part = Part {
            blocks: Some(blocks).filter(|blocks| !blocks.is_empty()),
            with_data: call.body.flag("responseIncludeGridData") == Some(true),
        };
        body["updatedSpreadsheet"] = files::show(&changed, &part);
    }
    *book = changed;
    Ok(Answer::json(200, &body))
}

fn one(
    book: &mut Spreadsheet,
    kind: &str,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    match kind {
        "addSheet" => tabs::add(book, request, fresh),
        "deleteSheet" => tabs::delete(book, request),
        "duplicateSheet" => tabs::duplicate(book, request, fresh),
        "updateSheetProperties" => tabs::update(book, request),
        "updateSpreadsheetProperties" => tabs::update_spreadsheet(book, request),
        "appendDimension" => dimensions::append_dimension(book, request),
        "insertDimension" => dimensions::insert_dimension(book, request),
        "deleteDimension" => dimensions::delete_dimension(book, request),
        "updateDimensionProperties" => dimensions::update_dimension_properties(book, request),
        "autoResizeDimensions" => dimensions::auto_resize(book, request),
        "repeatCell" => cells::repeat(book, request),
        "updateCells" => cells::update(book, request),
        "appendCells" => cells::append(book, request),
        "sortRange" => cells::sort(book, request),
        "findReplace" => cells::find_replace(book, request),
        "mergeCells" => cells::merge(book, request),
        "unmergeCells" => cells::unmerge(book, request),
        "copyPaste" => cells::copy_paste(book, request),
        "addNamedRange" => marks::add_name(book, request, fresh),
        "updateNamedRange" => marks::update_name(book, request),
        "deleteNamedRange" => marks::delete_name(book, request),
        "createDeveloperMetadata" => marks::create_metadata(book, request, fresh),
        "updateDeveloperMetadata" => marks::update_metadata(book, request),
        "deleteDeveloperMetadata" => marks::delete_metadata(book, request),
        "addProtectedRange" => marks::protect(book, request, fresh),
        "deleteProtectedRange" => marks::unprotect(book, request),
        "setBasicFilter" => marks::set_filter(book, request),
        "clearBasicFilter" => marks::clear_filter(book, request),
        _ => Err(Failure::invalid(format!("sandbox: the twin does not serve `{kind}` requests"))),
    }
}
