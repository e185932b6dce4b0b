//! `{name}` templates for headers, URLs and form fields, and the path templates of tools.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The unreserved characters of RFC 3986 section 2.3 stay; all others are percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text with `{name}` places.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `{name}`, or `{+name}` (RFC 6570 section 3.2.3): slashes separate segments, and no value means no segment.
    Variable {
        name: String,
        reserved: bool,
    },
}

/// A path value that would change which resource is addressed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{name}` must not be empty and must not contain `.` or `..` as a path segment")]
pub struct PathError {
    pub name: String,
}

impl Template {
    /// Parses a text; says what is wrong with a brace that has no partner or no name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("`{text}` has a `{{` without its `}}`"))?;
            let (reserved, name) = name.strip_prefix('+').map_or((false, name), |name| (true, name));
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let plain = name.strip_prefix("$account.").unwrap_or(name);
            if plain.is_empty() || !plain.bytes().all(allowed) {
                return Err(format!("`{{{name}}}` is no variable: use letters, digits and underscores"));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Variable { name: name.to_owned(), reserved });
            rest = after;
        }
        if rest.contains('}') {
            return Err(format!("`{text}` has a `}}` without its `{{`"));
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The text with every variable replaced as it is; `None` where a value is missing.
    pub fn fill<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Variable { name, .. } => out.push_str(value_of(name)?),
            }
        }
        Some(out)
    }

    /// The text as a URL path, every value percent-encoded so that it stays within its own segments. Only a `{+name}`
    /// may lack its value (RFC 6570 section 3.2.1); an empty one is refused everywhere.
    pub fn fill_path(&self, value_of: impl Fn(&str) -> Option<String>) -> Result<String, PathError> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Variable { name, reserved } => {
                    let value = match value_of(name) {
                        None if *reserved => continue,
                        value => value.unwrap_or_default(),
                    };
                    let segments: Vec<&str> =
                        if *reserved { value.split('/').collect() } else { vec![&value] };
                    if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
                        return Err(PathError { name: name.clone() });
                    }
                    let encoded: Vec<String> = segments
                        .iter()
                        .map(|segment| utf8_percent_encode(segment, SEGMENT).to_string())
                        .collect();
                    out.push_str(&encoded.join("/"));
                }
            }
        }
        Ok(out)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(literal) => f.write_str(literal),
            Part::Variable { name, reserved: false } => write!(f, "{{{name}}}"),
            Part::Variable { name, reserved: true } => write!(f, "{{+{name}}}"),
        })
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({self})")
    }
}
