//! The types of blocks: what a request may say of each, and what each has without being told.

use serde_json::{Map, Value, json};

use super::Call;
use super::failure::Failure;
use super::shapes::{self, BY_ID, COLORS, EXTERNAL, ICONS, ID, RICH_TEXT, id_in, link};
use super::text;
use super::uploads;
use crate::stage::Stage;
use crate::strict::{self, Field, Fields, Shape, may, must};

/// Whether a block has others in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Children {
    Never,
    May,
    Must,
}

pub(super) struct BlockKind {
    pub(super) name: &'static str,
    /// What a new one is described by, beside its children, and what of it may change.
    create: Fields,
    update: Fields,
    pub(super) children: Children,
}

const TEXT: Field = must("rich_text", RICH_TEXT);
const TEXT_IF: Field = may("rich_text", RICH_TEXT);
const COLOR: Field = may("color", Shape::OneOf(COLORS));
const ICON: Field = may("icon", Shape::Any);
const CAPTION: Field = may("caption", RICH_TEXT);
const TOGGLEABLE: Field = may("is_toggleable", Shape::Boolean);
const NAME: Field = may("name", Shape::Text);
const LANGUAGE: Shape = Shape::Like("a language that Notion knows", is_language);
const CELLS: Fields = &[must("cells", Shape::List(&RICH_TEXT))];
const HEADERS: [Field; 2] = [may("has_column_header", Shape::Boolean), may("has_row_header", Shape::Boolean)];
const SYNCED: Fields = &[must(
    "synced_from",
    Shape::Nullable(&Shape::Object(&[must("block_id", ID), may("type", Shape::OneOf(&["block_id"]))])),
)];
const FILE: Fields = &[
    may("type", Shape::OneOf(&["external", "file_upload"])),
    may("external", EXTERNAL),
    may("file_upload", BY_ID),
    CAPTION,
];
const FILE_CHANGE: Fields = &[may("external", EXTERNAL), may("file_upload", BY_ID), CAPTION];
const NAMED_FILE: Fields = &[
    may("type", Shape::OneOf(&["external", "file_upload"])),
    may("external", EXTERNAL),
    may("file_upload", BY_ID),
    CAPTION,
    NAME,
];
const NAMED_FILE_CHANGE: Fields = &[may("external", EXTERNAL), may("file_upload", BY_ID), CAPTION, NAME];
const LINK: Fields = &[
    may("type", Shape::OneOf(&["page_id", "database_id", "comment_id"])),
    may("page_id", ID),
    may("database_id", ID),
    may("comment_id", ID),
];

const fn kind(name: &'static str, create: Fields, update: Fields, children: Children) -> BlockKind {
    BlockKind { name, create, update, children }
}

pub(super) const KINDS: &[BlockKind] = &[
    kind("paragraph", &[TEXT, COLOR, ICON], &[TEXT_IF, COLOR, ICON], Children::May),
    kind("heading_1", &[TEXT, COLOR, TOGGLEABLE], &[TEXT, COLOR, TOGGLEABLE], Children::May),
    kind("heading_2", &[TEXT, COLOR, TOGGLEABLE], &[TEXT, COLOR, TOGGLEABLE], Children::May),
    kind("heading_3", &[TEXT, COLOR, TOGGLEABLE], &[TEXT, COLOR, TOGGLEABLE], Children::May),
    kind("heading_4", &[TEXT, COLOR, TOGGLEABLE], &[TEXT, COLOR, TOGGLEABLE], Children::May),
    kind("bulleted_list_item", &[TEXT, COLOR], &[TEXT, COLOR], Children::May),
    kind("numbered_list_item", &[TEXT, COLOR], &[TEXT, COLOR], Children::May),
    kind("quote", &[TEXT, COLOR], &[TEXT, COLOR], Children::May),
    kind("toggle", &[TEXT, COLOR], &[TEXT, COLOR], Children::May),
    kind(
        "to_do",
        &[TEXT, COLOR, may("checked", Shape::Boolean)],
        &[TEXT_IF, COLOR, may("checked", Shape::Boolean)],
        Children::May,
    ),
    kind("template", &[TEXT], &[TEXT], Children::May),
    kind("callout", &[TEXT, COLOR, ICON], &[TEXT_IF, COLOR, ICON], Children::May),
    kind("synced_block", SYNCED, SYNCED, Children::May),
    kind(
        "code",
        &[TEXT, must("language", LANGUAGE), CAPTION],
        &[TEXT_IF, may("language", LANGUAGE), CAPTION],
        Children::Never,
    ),
    kind("equation", &[must("expression", Shape::Text)], &[must("expression", Shape::Text)], Children::Never),
    kind("divider", &[], &[], Children::Never),
    kind("breadcrumb", &[], &[], Children::Never),
    kind("table_of_contents", &[COLOR], &[COLOR], Children::Never),
    kind("link_to_page", LINK, LINK, Children::Never),
    kind("table_row", CELLS, CELLS, Children::Never),
    kind("table", &[must("table_width", Shape::Integer), HEADERS[0], HEADERS[1]], &HEADERS, Children::Must),
    kind("column_list", &[], &[], Children::Must),
    kind("column", &[may("width_ratio", Shape::Any)], &[may("width_ratio", Shape::Any)], Children::Must),
    kind("tab", &[], &[], Children::May),
    kind("embed", &[must("url", Shape::Text), CAPTION], &[may("url", Shape::Text), CAPTION], Children::Never),
    kind(
        "bookmark",
        &[must("url", Shape::Text), CAPTION],
        &[may("url", Shape::Text), CAPTION],
        Children::Never,
    ),
    kind("image", FILE, FILE_CHANGE, Children::Never),
    kind("video", FILE, FILE_CHANGE, Children::Never),
    kind("pdf", FILE, FILE_CHANGE, Children::Never),
    kind("audio", FILE, FILE_CHANGE, Children::Never),
    kind("file", NAMED_FILE, NAMED_FILE_CHANGE, Children::Never),
];

const LANGUAGES: &str = "abap|abc|agda|arduino|ascii art|assembly|bash|basic|bnf|c|c#|c++|clojure|coffeescript|coq|\
    css|dart|dhall|diff|docker|ebnf|elixir|elm|erlang|f#|flow|fortran|gherkin|glsl|go|graphql|groovy|haskell|hcl|\
    html|idris|java|javascript|json|julia|kotlin|latex|less|lisp|livescript|llvm ir|lua|makefile|markdown|markup|\
    matlab|mathematica|mermaid|nix|notion formula|objective-c|ocaml|pascal|perl|php|plain text|powershell|prolog|\
    protobuf|purescript|python|r|racket|reason|ruby|rust|sass|scala|scheme|scss|shell|smalltalk|solidity|sql|swift|\
    toml|typescript|vb.net|verilog|vhdl|visual basic|webassembly|xml|yaml|java/c/c++/c#";

pub(super) fn is_language(text: &str) -> bool {
    LANGUAGES.split('|').any(|known| known == text)
}

pub(super) fn is_id(value: &Value) -> bool {
    value.as_str().and_then(shapes::uuid_of).is_some()
}

pub(super) fn find(name: &str) -> Option<&'static BlockKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl BlockKind {
    /// What a new block has, from what is said of it. Its children are the caller's affair.
    pub(super) fn new_content(
        &self,
        stage: &mut Stage<'_>,
        call: &Call,
        given: &Map<String, Value>,
        at: &str,
    ) -> Result<Value, Failure> {
        strict::check(&Value::Object(given.clone()), Shape::Object(self.create), at)?;
        if matches!(self.name, "image" | "video" | "pdf" | "audio" | "file") {
            let files = [("external", EXTERNAL), ("file_upload", BY_ID)];
            shapes::variant(
                &Value::Object(given.clone()),
                &files,
                &[("caption", RICH_TEXT), ("name", Shape::Text)],
                at,
            )?;
        }
        let mut content = self.defaults();
        self.fill(stage, call, &mut content, given, at)?;
        Ok(content)
    }

    /// The same for a change of `content`.
    pub(super) fn change(
        &self,
        stage: &mut Stage<'_>,
        call: &Call,
        content: &mut Value,
        given: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let at = format!("body.{}", self.name);
        strict::check(&Value::Object(given.clone()), Shape::Object(self.update), &at)?;
        self.fill(stage, call, content, given, &at)
    }

    fn defaults(&self) -> Value {
        match self.name {
            "heading_1" | "heading_2" | "heading_3" | "heading_4" => {
                json!({"color": "default", "is_toggleable": false})
            }
            "to_do" => json!({"color": "default", "checked": false}),
            "callout" => json!({"color": "default", "icon": {"type": "emoji", "emoji": "💡"}}),
            "paragraph" => json!({"color": "default", "icon": null}),
            "bulleted_list_item" | "numbered_list_item" | "quote" | "toggle" | "table_of_contents" => {
                json!({"color": "default"})
            }
            "code" | "embed" | "bookmark" | "image" | "video" | "pdf" | "audio" | "file" => {
                json!({"caption": []})
            }
            "table" => json!({"has_column_header": false, "has_row_header": false}),
            _ => json!({}),
        }
    }

    fn fill(
        &self,
        stage: &mut Stage<'_>,
        call: &Call,
        content: &mut Value,
        given: &Map<String, Value>,
        at: &str,
    ) -> Result<(), Failure> {
        for (name, value) in given {
            let at = format!("{at}.{name}");
            match name.as_str() {
                "rich_text" | "caption" => {
                    content[name] = text::read(&stage.world.notion, call, value, &at)?;
                }
                "cells" => {
                    let cells = value.as_array().into_iter().flatten().enumerate();
                    let read = cells.map(|(index, cell)| {
                        text::read(&stage.world.notion, call, cell, &format!("{at}[{index}]"))
                    });
                    content[name] = read.collect::<Result<Value, Failure>>()?;
                }
                "icon" if !value.is_null() => {
                    content[name] = uploads::read_icon(stage, call, value, ICONS, &at)?
                }
                "external" | "file_upload" => {
                    let file = uploads::read_icon(stage, call, &json!({name: value}), shapes::FILES, &at)?;
                    for old in ["external", "file"] {
                        content.as_object_mut().and_then(|content| content.remove(old));
                    }
                    for (name, value) in file.as_object().into_iter().flatten() {
                        content[name] = value.clone();
                    }
                }
                "url" => content[name] = link(value)?,
                "width_ratio" if !value.is_number() => {
                    return Err(Failure::body_wrong(&at, "a number", value));
                }
                "page_id" | "database_id" => {
                    let what = name.trim_end_matches("_id");
                    let id = id_in(value);
                    stage.world.notion.get(call, what, &id)?;
                    *content = json!({"type": name, name: id});
                }
                "type" => {}
                _ => content[name] = value.clone(),
            }
        }
        Ok(())
    }
}
