//! A tool as the API shows it.

use serde_json::{Value, json};

use super::Version;
use super::catalogue::Toolkit;
use super::effects::Effect;
use super::signature::{self, Argument};

/// The version that calls without one get in 3.1.
pub(super) const LATEST: &str = "20260708_00";
/// The version that calls without one get in 3.
const FIRST: &str = "00000000_00";
pub(super) const VERSIONS: &[&str] = &[FIRST, "20260115_00", LATEST];

/// What a tool does to the provider's data, which becomes its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Reads,
    Creates,
    Updates,
    Destroys,
}

impl Hint {
    fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Reads => &["readOnlyHint", "idempotentHint", "openWorldHint"],
            Self::Creates => &["openWorldHint"],
            Self::Updates => &["updateHint", "idempotentHint", "openWorldHint"],
            Self::Destroys => &["destructiveHint", "openWorldHint"],
        }
    }
}

/// How a tool is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec<'t> {
    /// Without the toolkit.
    pub(super) name: &'t str,
    pub(super) about: &'t str,
    pub(super) takes: &'t str,
    pub(super) hint: Hint,
    pub(super) scopes: &'static [&'static str],
    /// What its records are.
    pub(super) kind: &'t str,
    pub(super) effect: Effect,
}

/// Tools, each in a line: name, hint, kind of record, arguments, effect and what it is about. The first line says which
/// scopes those need that read, and those that write.
macro_rules! tools {
    (
        reads $reads:expr, writes $writes:expr;
        $($name:literal $hint:ident $kind:literal $takes:literal $effect:expr, $about:literal;)*
    ) => {
        &[$($crate::composio::tool::Spec {
            name: $name,
            about: $about,
            takes: $takes,
            hint: $crate::composio::tool::Hint::$hint,
            scopes: match $crate::composio::tool::Hint::$hint {
                $crate::composio::tool::Hint::Reads => $reads,
                _ => $writes,
            },
            kind: $kind,
            effect: $effect,
        }),*]
    };
}
pub(super) use tools;

#[derive(Debug)]
pub(super) struct Tool {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) hint: Hint,
    pub(super) important: bool,
    pub(super) scopes: &'static [&'static str],
    pub(super) kind: String,
    pub(super) effect: Effect,
    /// What a search looks at.
    pub(super) haystack: String,
}

impl Tool {
    pub(super) fn new(toolkit: &str, spec: &Spec<'_>, important: bool) -> Self {
        let slug = format!("{}_{}", toolkit.to_ascii_uppercase(), spec.name);
        let haystack = format!("{} {}", slug.replace('_', " "), spec.about).to_lowercase();
        Self {
            slug,
            name: super::schemes::title(&spec.name.to_ascii_lowercase()),
            about: spec.about.to_owned(),
            arguments: signature::arguments(spec.takes),
            hint: spec.hint,
            important,
            scopes: spec.scopes,
            kind: spec.kind.to_owned(),
            effect: spec.effect,
            haystack,
        }
    }

    pub(super) fn is_deprecated(&self) -> bool {
        matches!(self.effect, Effect::Gone)
    }

    pub(super) fn tags(&self) -> Vec<&'static str> {
        let important = self.important.then_some("important");
        important.into_iter().chain(self.hint.tags().iter().copied()).collect()
    }

    /// The tool in a version. No member is null, because the vendor's clients do not take that.
    pub(super) fn show(&self, toolkit: &Toolkit, version: &str) -> Value {
        json!({
            "slug": self.slug,
            "name": self.name,
            "description": self.about,
            "human_description": self.about,
            "toolkit": {"slug": toolkit.slug, "name": toolkit.name, "logo": toolkit.logo()},
            "input_parameters": signature::schema(&format!("{}Request", self.name.replace(' ', "")), &self.arguments),
            "output_parameters": output(&self.name),
            "no_auth": toolkit.needs_no_auth(),
            "available_versions": VERSIONS,
            "version": version,
            "scopes": self.scopes,
            "tags": self.tags(),
            "is_deprecated": self.is_deprecated(),
            "deprecated": {
                "available_versions": VERSIONS,
                "displayName": self.name,
                "is_deprecated": self.is_deprecated(),
                "toolkit": {"logo": toolkit.logo()},
                "version": version,
            },
        })
    }
}

fn output(name: &str) -> Value {
    json!({
        "title": format!("{}Response", name.replace(' ', "")),
        "type": "object",
        "properties": {
            "data": {"type": "object", "title": "Data", "description": "What the tool answers.", "additionalProperties": true},
            "error": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Error", "default": null},
            "successful": {"type": "boolean", "title": "Successful"},
        },
        "required": ["data", "successful"],
    })
}

/// The version meant by `asked`, or by nothing; `None` where there is no such version.
pub(super) fn version_of(api: Version, asked: Option<&str>) -> Option<&'static str> {
    match (asked, api) {
        (Some("latest"), _) | (None, Version::V31) => Some(LATEST),
        (None, Version::V3) => Some(FIRST),
        (Some(asked), _) => VERSIONS.iter().copied().find(|version| *version == asked),
    }
}
