//! Toolkit slugs. One spelling goes out (`google-calendar`); several come in.

use std::fmt;

use serde::Serialize;

/// A canonical slug: lower-case letters, digits and hyphens, starting with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// A slug as manifests write it; `None` where it is not canonical.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let well_formed = !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        well_formed.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What all spellings of one slug have in common: any case, hyphens and underscores dropped.
    pub fn key(text: &str) -> String {
        text.trim().chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
    }

    /// The prefix of the toolkit's tool names: `GOOGLECALENDAR_`.
    pub fn tool_prefix(&self) -> String {
        format!("{}_", self.0.replace('-', "").to_ascii_uppercase())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
