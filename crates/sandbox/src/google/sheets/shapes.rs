//! What Sheets' queries and the bodies of all but `batchUpdate` may hold, by the official description.

use crate::strict::{Field, Fields, Shape, may, must};

/// The members of answers and of what masks of requests name.
pub(super) const NAMES: &str = "alpha appendedCells autoRecalc backgroundColor backgroundColorStyle bandedRanges basicFilter \
    blue bold boolValue borders bottom chartId charts clearedRange clearedRanges color colorStyle columnCount columnGroupControlAfter \
    columnGroups columnIndex columnMetadata columnProperties conditionalFormats criteria data dataFilter dataFilters \
    dataValidation defaultFormat description developerMetadata dimension dimensionRange editors effectiveFormat effectiveValue \
    endColumnIndex endIndex endRowIndex errorValue filterSpecs filterViewId filterViews fontFamily fontSize foregroundColor \
    foregroundColorStyle formattedValue formulaValue frozenColumnCount frozenRowCount green gridProperties hidden hiddenByUser \
    hideGridlines horizontalAlignment hyperlink hyperlinkDisplayType importFunctionsExternalUrlAccessAllowed index italic \
    iterativeCalculationSettings left link locale location locationType majorDimension matchedDeveloperMetadata merges metadataId \
    metadataKey metadataValue name namedRangeId namedRanges note numberFormat numberValue padding pattern pixelSize \
    properties protectedRangeId protectedRanges range red replies requestingUserCanEdit responses rgbColor right rightToLeft \
    rowCount rowData rowGroupControlAfter rowGroups rowMetadata sheetId sheetType sheets slicers sortSpecs spec spreadsheet \
    spreadsheetId spreadsheetTheme spreadsheetUrl startColumn startColumnIndex startIndex startRow startRowIndex strikethrough \
    stringValue style tabColor tabColorStyle tableId tableRange tables textDirection textFormat textFormatRuns textRotation \
    themeColor timeZone title top totalUpdatedCells totalUpdatedColumns totalUpdatedRows totalUpdatedSheets type underline \
    unprotectedRanges updatedCells updatedColumns updatedData updatedRange updatedRows updatedSpreadsheet updates uri \
    userEnteredFormat userEnteredValue valueRange valueRanges values verticalAlignment visibility warningOnly wrapStrategy";

/// Parameters that every method takes.
const ALT: Field = may("alt", Shape::OneOf(&["json"]));
const FIELDS: Field = may("fields", Shape::Text);
const PRETTY: Field = may("prettyPrint", Shape::Boolean);
const QUOTA: Field = may("quotaUser", Shape::Text);

pub(super) const DIMENSIONS: Shape = Shape::OneOf(&["ROWS", "COLUMNS"]);
const VALUE_RENDERINGS: Shape = Shape::OneOf(&["FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"]);
const TIME_RENDERINGS: Shape = Shape::OneOf(&["SERIAL_NUMBER", "FORMATTED_STRING"]);
const MAJOR: Field = may("majorDimension", DIMENSIONS);
const VALUE_RENDER: Field = may("valueRenderOption", VALUE_RENDERINGS);
const TIME_RENDER: Field = may("dateTimeRenderOption", TIME_RENDERINGS);
const INCLUDE_VALUES: Field = may("includeValuesInResponse", Shape::Boolean);
const RESPONSE_TIME: Field = may("responseDateTimeRenderOption", TIME_RENDERINGS);
const RESPONSE_VALUE: Field = may("responseValueRenderOption", VALUE_RENDERINGS);
/// Without it the method refuses in words of its own.
const INPUT: Field =
    may("valueInputOption", Shape::OneOf(&["INPUT_VALUE_OPTION_UNSPECIFIED", "RAW", "USER_ENTERED"]));
const TABLES: Field = may("excludeTablesInBandedRanges", Shape::Boolean);
const GRID_DATA: Field = may("includeGridData", Shape::Boolean);
/// Without effect, because the twin has no comments.
pub(super) const COMMENTS: Field = may(
    "commentsViewMode",
    Shape::OneOf(&[
        "COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS",
        "COMMENTS_VIEW_MODE_OMITTED",
        "COMMENTS_VIEW_MODE_INCLUDED",
    ]),
);

pub(super) const PLAIN: Fields = &[ALT, FIELDS, PRETTY, QUOTA];
pub(super) const GET: Fields =
    &[ALT, FIELDS, PRETTY, QUOTA, COMMENTS, TABLES, GRID_DATA, may("ranges", Shape::List(&Shape::Text))];
pub(super) const GET_VALUES: Fields = &[ALT, FIELDS, PRETTY, QUOTA, TIME_RENDER, MAJOR, VALUE_RENDER];
pub(super) const GET_MANY: Fields =
    &[ALT, FIELDS, PRETTY, QUOTA, TIME_RENDER, MAJOR, VALUE_RENDER, may("ranges", Shape::List(&Shape::Text))];
pub(super) const UPDATE: Fields =
    &[ALT, FIELDS, PRETTY, QUOTA, INCLUDE_VALUES, RESPONSE_TIME, RESPONSE_VALUE, INPUT];
pub(super) const APPEND: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    QUOTA,
    INCLUDE_VALUES,
    may("insertDataOption", Shape::OneOf(&["OVERWRITE", "INSERT_ROWS"])),
    RESPONSE_TIME,
    RESPONSE_VALUE,
    INPUT,
];

/// A text, a number, a boolean, or null for a cell that stays as it is. What else comes is refused in the words of the
/// service.
const ROW: Shape = Shape::List(&Shape::Any);
pub(super) const VALUE_RANGE: Fields = &[MAJOR, may("range", Shape::Text), may("values", Shape::List(&ROW))];
pub(super) const UPDATE_MANY: Fields = &[
    may("data", Shape::List(&Shape::Object(VALUE_RANGE))),
    INCLUDE_VALUES,
    RESPONSE_TIME,
    RESPONSE_VALUE,
    INPUT,
];
pub(super) const CLEAR_MANY: Fields = &[may("ranges", Shape::List(&Shape::Text))];
pub(super) const COPY_TO: Fields = &[may("destinationSpreadsheetId", Shape::Text)];

pub(super) const GRID_RANGE: Fields = &[
    may("endColumnIndex", Shape::Integer),
    may("endRowIndex", Shape::Integer),
    may("sheetId", Shape::Integer),
    may("startColumnIndex", Shape::Integer),
    may("startRowIndex", Shape::Integer),
];
pub(super) const DIMENSION_RANGE: Fields = &[
    may("dimension", DIMENSIONS),
    may("endIndex", Shape::Integer),
    may("sheetId", Shape::Integer),
    may("startIndex", Shape::Integer),
];
const LOCATION_TYPES: Shape = Shape::OneOf(&["ROW", "COLUMN", "SHEET", "SPREADSHEET"]);
const LOCATION: Fields = &[
    may("dimensionRange", Shape::Object(DIMENSION_RANGE)),
    may("locationType", LOCATION_TYPES),
    may("sheetId", Shape::Integer),
    may("spreadsheet", Shape::Boolean),
];
const VISIBILITIES: Shape = Shape::OneOf(&["DOCUMENT", "PROJECT"]);
pub(super) const METADATA: Fields = &[
    may("location", Shape::Object(LOCATION)),
    may("metadataId", Shape::Integer),
    may("metadataKey", Shape::Text),
    may("metadataValue", Shape::Text),
    may("visibility", VISIBILITIES),
];
const LOOKUP: Fields = &[
    may("locationMatchingStrategy", Shape::OneOf(&["EXACT_LOCATION", "INTERSECTING_LOCATION"])),
    may("locationType", LOCATION_TYPES),
    may("metadataId", Shape::Integer),
    may("metadataKey", Shape::Text),
    may("metadataLocation", Shape::Object(LOCATION)),
    may("metadataValue", Shape::Text),
    may("visibility", VISIBILITIES),
];
pub(super) const DATA_FILTER: Fields = &[
    may("a1Range", Shape::Text),
    may("developerMetadataLookup", Shape::Object(LOOKUP)),
    may("gridRange", Shape::Object(GRID_RANGE)),
];
pub(super) const FILTERS: Field = may("dataFilters", Shape::List(&Shape::Object(DATA_FILTER)));
const FILTERED_VALUES: Fields =
    &[may("dataFilter", Shape::Object(DATA_FILTER)), MAJOR, must("values", Shape::List(&ROW))];

pub(super) const SEARCH: Fields = &[FILTERS];
pub(super) const CLEAR_BY_FILTER: Fields = &[FILTERS];
pub(super) const GET_BY_FILTER: Fields = &[COMMENTS, FILTERS, TABLES, GRID_DATA];
pub(super) const GET_VALUES_BY_FILTER: Fields = &[FILTERS, TIME_RENDER, MAJOR, VALUE_RENDER];
pub(super) const UPDATE_BY_FILTER: Fields = &[
    may("data", Shape::List(&Shape::Object(FILTERED_VALUES))),
    INCLUDE_VALUES,
    RESPONSE_TIME,
    RESPONSE_VALUE,
    INPUT,
];

pub(super) const COLOR: Fields = &[
    may("alpha", Shape::Number),
    may("blue", Shape::Number),
    may("green", Shape::Number),
    may("red", Shape::Number),
];
const THEME_COLORS: Shape = Shape::OneOf(&[
    "TEXT",
    "BACKGROUND",
    "ACCENT1",
    "ACCENT2",
    "ACCENT3",
    "ACCENT4",
    "ACCENT5",
    "ACCENT6",
    "LINK",
]);
pub(super) const COLOR_STYLE: Fields =
    &[may("rgbColor", Shape::Object(COLOR)), may("themeColor", THEME_COLORS)];
const LINK: Fields = &[may("uri", Shape::Text)];
const TEXT_FORMAT: Fields = &[
    may("bold", Shape::Boolean),
    may("fontFamily", Shape::Text),
    may("fontSize", Shape::Integer),
    may("foregroundColor", Shape::Object(COLOR)),
    may("foregroundColorStyle", Shape::Object(COLOR_STYLE)),
    may("italic", Shape::Boolean),
    may("link", Shape::Object(LINK)),
    may("strikethrough", Shape::Boolean),
    may("underline", Shape::Boolean),
];
const NUMBER_FORMAT: Fields = &[
    may("pattern", Shape::Text),
    may(
        "type",
        Shape::OneOf(&["TEXT", "NUMBER", "PERCENT", "CURRENCY", "DATE", "TIME", "DATE_TIME", "SCIENTIFIC"]),
    ),
];
const BORDER: Fields = &[
    may("color", Shape::Object(COLOR)),
    may("colorStyle", Shape::Object(COLOR_STYLE)),
    may(
        "style",
        Shape::OneOf(&["DOTTED", "DASHED", "SOLID", "SOLID_MEDIUM", "SOLID_THICK", "NONE", "DOUBLE"]),
    ),
    may("width", Shape::Integer),
];
const BORDERS: Fields = &[
    may("bottom", Shape::Object(BORDER)),
    may("left", Shape::Object(BORDER)),
    may("right", Shape::Object(BORDER)),
    may("top", Shape::Object(BORDER)),
];
const PADDING: Fields = &[
    may("bottom", Shape::Integer),
    may("left", Shape::Integer),
    may("right", Shape::Integer),
    may("top", Shape::Integer),
];
const ROTATION: Fields = &[may("angle", Shape::Integer), may("vertical", Shape::Boolean)];
const CELL_FORMAT: Fields = &[
    may("backgroundColor", Shape::Object(COLOR)),
    may("backgroundColorStyle", Shape::Object(COLOR_STYLE)),
    may("borders", Shape::Object(BORDERS)),
    may("horizontalAlignment", Shape::OneOf(&["LEFT", "CENTER", "RIGHT"])),
    may("hyperlinkDisplayType", Shape::OneOf(&["LINKED", "PLAIN_TEXT"])),
    may("numberFormat", Shape::Object(NUMBER_FORMAT)),
    may("padding", Shape::Object(PADDING)),
    may("textDirection", Shape::OneOf(&["LEFT_TO_RIGHT", "RIGHT_TO_LEFT"])),
    may("textFormat", Shape::Object(TEXT_FORMAT)),
    may("textRotation", Shape::Object(ROTATION)),
    may("verticalAlignment", Shape::OneOf(&["TOP", "MIDDLE", "BOTTOM"])),
    may("wrapStrategy", Shape::OneOf(&["OVERFLOW_CELL", "LEGACY_WRAP", "CLIP", "WRAP"])),
];
const EXTENDED_VALUE: Fields = &[
    may("boolValue", Shape::Boolean),
    may("formulaValue", Shape::Text),
    may("numberValue", Shape::Number),
    may("stringValue", Shape::Text),
];
const RUN: Fields = &[may("format", Shape::Object(TEXT_FORMAT)), may("startIndex", Shape::Integer)];
/// Without what the service writes itself, and without chips, data sources and pivot tables.
pub(super) const CELL: Fields = &[
    may("dataValidation", Shape::Any),
    may("note", Shape::Text),
    may("textFormatRuns", Shape::List(&Shape::Object(RUN))),
    may("userEnteredFormat", Shape::Object(CELL_FORMAT)),
    may("userEnteredValue", Shape::Object(EXTENDED_VALUE)),
];
pub(super) const ROW_DATA: Fields = &[may("values", Shape::List(&Shape::Object(CELL)))];

const GRID_PROPERTIES: Fields = &[
    may("columnCount", Shape::Integer),
    may("columnGroupControlAfter", Shape::Boolean),
    may("frozenColumnCount", Shape::Integer),
    may("frozenRowCount", Shape::Integer),
    may("hideGridlines", Shape::Boolean),
    may("rowCount", Shape::Integer),
    may("rowGroupControlAfter", Shape::Boolean),
];
pub(super) const SHEET_PROPERTIES: Fields = &[
    may("gridProperties", Shape::Object(GRID_PROPERTIES)),
    may("hidden", Shape::Boolean),
    may("index", Shape::Integer),
    may("rightToLeft", Shape::Boolean),
    may("sheetId", Shape::Integer),
    may("sheetType", Shape::OneOf(&["GRID", "OBJECT", "DATA_SOURCE"])),
    may("tabColor", Shape::Object(COLOR)),
    may("tabColorStyle", Shape::Object(COLOR_STYLE)),
    may("title", Shape::Text),
];
pub(super) const SPREADSHEET_PROPERTIES: Fields = &[
    may("autoRecalc", Shape::OneOf(&["ON_CHANGE", "MINUTE", "HOUR"])),
    may("defaultFormat", Shape::Object(CELL_FORMAT)),
    may("importFunctionsExternalUrlAccessAllowed", Shape::Boolean),
    may("iterativeCalculationSettings", Shape::Any),
    may("locale", Shape::Text),
    may("spreadsheetTheme", Shape::Any),
    may("timeZone", Shape::Text),
    may("title", Shape::Text),
];
const GRID_DATA_BODY: Fields = &[
    may("rowData", Shape::List(&Shape::Object(ROW_DATA))),
    may("startColumn", Shape::Integer),
    may("startRow", Shape::Integer),
];
/// The members that the description has beyond the first two are refused one by one.
const SHEET: Fields = &[
    may("data", Shape::List(&Shape::Object(GRID_DATA_BODY))),
    may("properties", Shape::Object(SHEET_PROPERTIES)),
    may("bandedRanges", Shape::Any),
    may("basicFilter", Shape::Any),
    may("charts", Shape::Any),
    may("columnGroups", Shape::Any),
    may("conditionalFormats", Shape::Any),
    may("developerMetadata", Shape::Any),
    may("filterViews", Shape::Any),
    may("merges", Shape::Any),
    may("protectedRanges", Shape::Any),
    may("rowGroups", Shape::Any),
    may("slicers", Shape::Any),
    may("tables", Shape::Any),
];
pub(super) const SPREADSHEET: Fields = &[
    may("developerMetadata", Shape::Any),
    may("namedRanges", Shape::Any),
    may("properties", Shape::Object(SPREADSHEET_PROPERTIES)),
    may("sheets", Shape::List(&Shape::Object(SHEET))),
    may("spreadsheetId", Shape::Text),
    may("spreadsheetUrl", Shape::Text),
];
