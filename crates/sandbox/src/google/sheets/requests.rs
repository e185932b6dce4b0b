//! What `batchUpdate` takes, by the official description: one of many kinds of request, of which the twin serves those
//! below in full and refuses the others by name.

use super::shapes::{
    CELL, COLOR, COLOR_STYLE, COMMENTS, DATA_FILTER, DIMENSION_RANGE, DIMENSIONS, FILTERS, GRID_RANGE,
    METADATA, ROW_DATA, SHEET_PROPERTIES, SPREADSHEET_PROPERTIES,
};
use crate::strict::{Field, Fields, Shape, may};

pub(super) const BATCH_UPDATE: Fields = &[
    COMMENTS,
    may("includeSpreadsheetInResponse", Shape::Boolean),
    may("requests", Shape::List(&Shape::Object(REQUEST))),
    may("responseIncludeGridData", Shape::Boolean),
    may("responseRanges", Shape::List(&Shape::Text)),
];

const FIELDS: Field = may("fields", Shape::Text);
const RANGE: Field = may("range", Shape::Object(GRID_RANGE));
const SHEET_ID: Field = may("sheetId", Shape::Integer);
const ROWS: Field = may("rows", Shape::List(&Shape::Object(ROW_DATA)));

const ADD_SHEET: Fields = &[may("properties", Shape::Object(SHEET_PROPERTIES))];
const DELETE_SHEET: Fields = &[SHEET_ID];
const DUPLICATE_SHEET: Fields = &[
    may("insertSheetIndex", Shape::Integer),
    may("newSheetId", Shape::Integer),
    may("newSheetName", Shape::Text),
    may("sourceSheetId", Shape::Integer),
];
const UPDATE_SHEET: Fields = &[FIELDS, may("properties", Shape::Object(SHEET_PROPERTIES))];
const UPDATE_SPREADSHEET: Fields = &[FIELDS, may("properties", Shape::Object(SPREADSHEET_PROPERTIES))];
const APPEND_DIMENSION: Fields = &[may("dimension", DIMENSIONS), may("length", Shape::Integer), SHEET_ID];
const INSERT_DIMENSION: Fields =
    &[may("inheritFromBefore", Shape::Boolean), may("range", Shape::Object(DIMENSION_RANGE))];
const DELETE_DIMENSION: Fields = &[may("range", Shape::Object(DIMENSION_RANGE))];
const DIMENSION_PROPERTIES: Fields = &[may("hiddenByUser", Shape::Boolean), may("pixelSize", Shape::Integer)];
const UPDATE_DIMENSION: Fields = &[
    FIELDS,
    may("properties", Shape::Object(DIMENSION_PROPERTIES)),
    may("range", Shape::Object(DIMENSION_RANGE)),
];
const AUTO_RESIZE: Fields = &[may("dimensions", Shape::Object(DIMENSION_RANGE))];
const REPEAT_CELL: Fields = &[may("cell", Shape::Object(CELL)), FIELDS, RANGE];
const START: Fields = &[may("columnIndex", Shape::Integer), may("rowIndex", Shape::Integer), SHEET_ID];
const UPDATE_CELLS: Fields = &[FIELDS, RANGE, ROWS, may("start", Shape::Object(START))];
const APPEND_CELLS: Fields = &[FIELDS, ROWS, SHEET_ID];
const SORT_SPEC: Fields = &[
    may("backgroundColor", Shape::Object(COLOR)),
    may("backgroundColorStyle", Shape::Object(COLOR_STYLE)),
    may("dimensionIndex", Shape::Integer),
    may("foregroundColor", Shape::Object(COLOR)),
    may("foregroundColorStyle", Shape::Object(COLOR_STYLE)),
    may("sortOrder", Shape::OneOf(&["ASCENDING", "DESCENDING"])),
];
const SORT_RANGE: Fields = &[RANGE, may("sortSpecs", Shape::List(&Shape::Object(SORT_SPEC)))];
const FIND_REPLACE: Fields = &[
    may("allSheets", Shape::Boolean),
    may("find", Shape::Text),
    may("includeFormulas", Shape::Boolean),
    may("matchCase", Shape::Boolean),
    may("matchEntireCell", Shape::Boolean),
    RANGE,
    may("replacement", Shape::Text),
    may("searchByRegex", Shape::Boolean),
    SHEET_ID,
];
const MERGE_CELLS: Fields =
    &[may("mergeType", Shape::OneOf(&["MERGE_ALL", "MERGE_COLUMNS", "MERGE_ROWS"])), RANGE];
const UNMERGE_CELLS: Fields = &[RANGE];
const PASTE_TYPES: Shape = Shape::OneOf(&[
    "PASTE_NORMAL",
    "PASTE_VALUES",
    "PASTE_FORMAT",
    "PASTE_NO_BORDERS",
    "PASTE_FORMULA",
    "PASTE_DATA_VALIDATION",
    "PASTE_CONDITIONAL_FORMATTING",
]);
const COPY_PASTE: Fields = &[
    may("destination", Shape::Object(GRID_RANGE)),
    may("pasteOrientation", Shape::OneOf(&["NORMAL", "TRANSPOSE"])),
    may("pasteType", PASTE_TYPES),
    may("source", Shape::Object(GRID_RANGE)),
];
const NAMED_RANGE: Fields = &[may("name", Shape::Text), may("namedRangeId", Shape::Text), RANGE];
const ADD_NAMED_RANGE: Fields = &[may("namedRange", Shape::Object(NAMED_RANGE))];
const UPDATE_NAMED_RANGE: Fields = &[FIELDS, may("namedRange", Shape::Object(NAMED_RANGE))];
const DELETE_NAMED_RANGE: Fields = &[may("namedRangeId", Shape::Text)];
const CREATE_METADATA: Fields = &[may("developerMetadata", Shape::Object(METADATA))];
const UPDATE_METADATA: Fields = &[FILTERS, may("developerMetadata", Shape::Object(METADATA)), FIELDS];
const DELETE_METADATA: Fields = &[may("dataFilter", Shape::Object(DATA_FILTER))];
const EDITORS: Fields = &[
    may("domainUsersCanEdit", Shape::Boolean),
    may("groups", Shape::List(&Shape::Text)),
    may("users", Shape::List(&Shape::Text)),
];
const PROTECTED_RANGE: Fields = &[
    may("description", Shape::Text),
    may("editors", Shape::Object(EDITORS)),
    may("namedRangeId", Shape::Text),
    may("protectedRangeId", Shape::Integer),
    RANGE,
    may("requestingUserCanEdit", Shape::Boolean),
    may("tableId", Shape::Text),
    may("unprotectedRanges", Shape::List(&Shape::Object(GRID_RANGE))),
    may("warningOnly", Shape::Boolean),
];
const PROTECT: Fields = &[may("protectedRange", Shape::Object(PROTECTED_RANGE))];
const UNPROTECT: Fields = &[may("protectedRangeId", Shape::Integer)];
const CONDITION_VALUE: Fields = &[
    may(
        "relativeDate",
        Shape::OneOf(&["PAST_YEAR", "PAST_MONTH", "PAST_WEEK", "YESTERDAY", "TODAY", "TOMORROW"]),
    ),
    may("userEnteredValue", Shape::Text),
];
const CONDITION: Fields =
    &[may("type", Shape::Text), may("values", Shape::List(&Shape::Object(CONDITION_VALUE)))];
const CRITERIA: Fields = &[
    may("condition", Shape::Object(CONDITION)),
    may("hiddenValues", Shape::List(&Shape::Text)),
    may("visibleBackgroundColor", Shape::Object(COLOR)),
    may("visibleBackgroundColorStyle", Shape::Object(COLOR_STYLE)),
    may("visibleForegroundColor", Shape::Object(COLOR)),
    may("visibleForegroundColorStyle", Shape::Object(COLOR_STYLE)),
];
const FILTER_SPEC: Fields =
    &[may("columnIndex", Shape::Integer), may("filterCriteria", Shape::Object(CRITERIA))];
const BASIC_FILTER: Fields = &[
    may("filterSpecs", Shape::List(&Shape::Object(FILTER_SPEC))),
    RANGE,
    may("sortSpecs", Shape::List(&Shape::Object(SORT_SPEC))),
    may("tableId", Shape::Text),
];
const SET_FILTER: Fields = &[may("filter", Shape::Object(BASIC_FILTER))];
const CLEAR_FILTER: Fields = &[SHEET_ID];

const REQUEST: Fields = &[
    may("addSheet", Shape::Object(ADD_SHEET)),
    may("deleteSheet", Shape::Object(DELETE_SHEET)),
    may("duplicateSheet", Shape::Object(DUPLICATE_SHEET)),
    may("updateSheetProperties", Shape::Object(UPDATE_SHEET)),
    may("updateSpreadsheetProperties", Shape::Object(UPDATE_SPREADSHEET)),
    may("appendDimension", Shape::Object(APPEND_DIMENSION)),
    may("insertDimension", Shape::Object(INSERT_DIMENSION)),
    may("deleteDimension", Shape::Object(DELETE_DIMENSION)),
    may("updateDimensionProperties", Shape::Object(UPDATE_DIMENSION)),
    may("autoResizeDimensions", Shape::Object(AUTO_RESIZE)),
    may("repeatCell", Shape::Object(REPEAT_CELL)),
    may("updateCells", Shape::Object(UPDATE_CELLS)),
    may("appendCells", Shape::Object(APPEND_CELLS)),
    may("sortRange", Shape::Object(SORT_RANGE)),
    may("findReplace", Shape::Object(FIND_REPLACE)),
    may("mergeCells", Shape::Object(MERGE_CELLS)),
    may("unmergeCells", Shape::Object(UNMERGE_CELLS)),
    may("copyPaste", Shape::Object(COPY_PASTE)),
    may("addNamedRange", Shape::Object(ADD_NAMED_RANGE)),
    may("updateNamedRange", Shape::Object(UPDATE_NAMED_RANGE)),
    may("deleteNamedRange", Shape::Object(DELETE_NAMED_RANGE)),
    may("createDeveloperMetadata", Shape::Object(CREATE_METADATA)),
    may("updateDeveloperMetadata", Shape::Object(UPDATE_METADATA)),
    may("deleteDeveloperMetadata", Shape::Object(DELETE_METADATA)),
    may("addProtectedRange", Shape::Object(PROTECT)),
    may("deleteProtectedRange", Shape::Object(UNPROTECT)),
    may("setBasicFilter", Shape::Object(SET_FILTER)),
    may("clearBasicFilter", Shape::Object(CLEAR_FILTER)),
    // Known to the description, and refused by the method.
    may("addBanding", Shape::Any),
    may("addChart", Shape::Any),
    may("addCommentReply", Shape::Any),
    may("addConditionalFormatRule", Shape::Any),
    may("addDataSource", Shape::Any),
    may("addDimensionGroup", Shape::Any),
    may("addFilterView", Shape::Any),
    may("addSlicer", Shape::Any),
    may("addTable", Shape::Any),
    may("autoFill", Shape::Any),
    may("cancelDataSourceRefresh", Shape::Any),
    may("cutPaste", Shape::Any),
    may("deleteBanding", Shape::Any),
    may("deleteComment", Shape::Any),
    may("deleteCommentReply", Shape::Any),
    may("deleteConditionalFormatRule", Shape::Any),
    may("deleteDataSource", Shape::Any),
    may("deleteDimensionGroup", Shape::Any),
    may("deleteDuplicates", Shape::Any),
    may("deleteEmbeddedObject", Shape::Any),
    may("deleteFilterView", Shape::Any),
    may("deleteRange", Shape::Any),
    may("deleteTable", Shape::Any),
    may("duplicateFilterView", Shape::Any),
    may("insertComment", Shape::Any),
    may("insertRange", Shape::Any),
    may("moveDimension", Shape::Any),
    may("pasteData", Shape::Any),
    may("randomizeRange", Shape::Any),
    may("refreshDataSource", Shape::Any),
    may("setDataValidation", Shape::Any),
    may("textToColumns", Shape::Any),
    may("trimWhitespace", Shape::Any),
    may("updateBanding", Shape::Any),
    may("updateBorders", Shape::Any),
    may("updateChartSpec", Shape::Any),
    may("updateCommentPost", Shape::Any),
    may("updateConditionalFormatRule", Shape::Any),
    may("updateDataSource", Shape::Any),
    may("updateDimensionGroup", Shape::Any),
    may("updateEmbeddedObjectBorder", Shape::Any),
    may("updateEmbeddedObjectPosition", Shape::Any),
    may("updateFilterView", Shape::Any),
    may("updateProtectedRange", Shape::Any),
    may("updateSlicerSpec", Shape::Any),
    may("updateTable", Shape::Any),
];
