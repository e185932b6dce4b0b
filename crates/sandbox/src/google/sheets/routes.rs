//! Sheets' methods with the scopes of the official description. A verb is a segment of its own here.

use super::requests::BATCH_UPDATE;
use super::shapes::{
    APPEND, CLEAR_BY_FILTER, CLEAR_MANY, COPY_TO, GET, GET_BY_FILTER, GET_MANY, GET_VALUES,
    GET_VALUES_BY_FILTER, PLAIN, SEARCH, SPREADSHEET, UPDATE, UPDATE_BY_FILTER, UPDATE_MANY, VALUE_RANGE,
};
use super::{batch, files, filters, values};
use crate::google::Handler;
use crate::route::{Route, routes};

const DRIVE: &str = "https://www.googleapis.com/auth/drive";
const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
const DRIVE_READONLY: &str = "https://www.googleapis.com/auth/drive.readonly";
const SPREADSHEETS: &str = "https://www.googleapis.com/auth/spreadsheets";
const SPREADSHEETS_READONLY: &str = "https://www.googleapis.com/auth/spreadsheets.readonly";

const READS: &[&str] = &[DRIVE, DRIVE_FILE, DRIVE_READONLY, SPREADSHEETS, SPREADSHEETS_READONLY];
/// Filters are for writers, even where they only read.
const WRITES: &[&str] = &[DRIVE, DRIVE_FILE, SPREADSHEETS];

pub(super) const ROUTES: &[&[Route<Handler>]] = &[routes! {
    under "/v4/spreadsheets" "sheets.spreadsheets.";
    "POST" "" "create" WRITES PLAIN SPREADSHEET files::create;
    "GET" "/{spreadsheetId}" "get" READS GET - files::get;
    "POST" "/{spreadsheetId}/:batchUpdate" "batchUpdate" WRITES PLAIN BATCH_UPDATE batch::update;
    "POST" "/{spreadsheetId}/:getByDataFilter" "getByDataFilter" WRITES PLAIN GET_BY_FILTER files::get_by_filter;
    "POST" "/{spreadsheetId}/sheets/{sheetId}/:copyTo" "sheets.copyTo" WRITES PLAIN COPY_TO files::copy_to;
    "POST" "/{spreadsheetId}/developerMetadata/:search" "developerMetadata.search" WRITES PLAIN SEARCH filters::search;
    "GET" "/{spreadsheetId}/developerMetadata/{metadataId}" "developerMetadata.get" WRITES PLAIN - filters::get_metadata;

    "GET" "/{spreadsheetId}/values/:batchGet" "values.batchGet" READS GET_MANY - values::batch_get;
    "POST" "/{spreadsheetId}/values/:batchUpdate" "values.batchUpdate" WRITES PLAIN UPDATE_MANY values::batch_update;
    "POST" "/{spreadsheetId}/values/:batchClear" "values.batchClear" WRITES PLAIN CLEAR_MANY values::batch_clear;
    "POST" "/{spreadsheetId}/values/:batchGetByDataFilter" "values.batchGetByDataFilter" WRITES PLAIN GET_VALUES_BY_FILTER filters::get_values;
    "POST" "/{spreadsheetId}/values/:batchUpdateByDataFilter" "values.batchUpdateByDataFilter" WRITES PLAIN UPDATE_BY_FILTER filters::update_values;
    "POST" "/{spreadsheetId}/values/:batchClearByDataFilter" "values.batchClearByDataFilter" WRITES PLAIN CLEAR_BY_FILTER filters::clear_values;
    "GET" "/{spreadsheetId}/values/{range}" "values.get" READS GET_VALUES - values::get;
    "PUT" "/{spreadsheetId}/values/{range}" "values.update" WRITES UPDATE VALUE_RANGE values::update;
    "POST" "/{spreadsheetId}/values/{range}/:append" "values.append" WRITES APPEND VALUE_RANGE values::append;
    "POST" "/{spreadsheetId}/values/{range}/:clear" "values.clear" WRITES PLAIN - values::clear;
}];
