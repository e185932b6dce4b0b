//! Scopes as providers write them and as agents write them (`gmail.send`), and which sets of them suffice.

use serde::Serialize;

/// What a manifest says about a toolkit's scopes. All lists hold the short form where there is one.
#[derive(Debug, Clone, Default)]
pub struct Scopes {
    /// What turns a short scope into the provider's own text, such as `https://www.googleapis.com/auth/`.
    pub prefix: Option<String>,
    /// Scopes that the provider writes without the prefix though they contain no `://`.
    pub unprefixed: Vec<String>,
    /// Always asked for: without them we could not tell whose account it is, or never refresh.
    pub always: Vec<String>,
    /// What everyday reading and writing needs; asked for where the app names no scopes.
    pub default: Vec<String>,
    /// Every further scope the provider documents. Others are passed on with a warning.
    pub known: Vec<String>,
}

/// One set of scopes that suffices for a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ScopeSet(pub Vec<String>);

impl Scopes {
    /// The short form, by which scopes are compared.
    pub fn short<'a>(&self, scope: &'a str) -> &'a str {
        self.prefix.as_deref().and_then(|prefix| scope.strip_prefix(prefix)).unwrap_or(scope)
    }

    /// The provider's own text, as sent. A scope the toolkit does not know is sent as given.
    pub fn full(&self, scope: &str) -> String {
        match &self.prefix {
            Some(prefix) if self.takes_prefix(scope) => format!("{prefix}{scope}"),
            _ => scope.to_owned(),
        }
    }

    fn takes_prefix(&self, scope: &str) -> bool {
        !scope.contains("://") && !self.unprefixed.iter().any(|bare| bare == scope) && self.knows(scope)
    }

    /// Whether the manifest lists it, in either form.
    pub fn knows(&self, scope: &str) -> bool {
        let short = self.short(scope);
        [&self.always, &self.default, &self.known].into_iter().flatten().any(|known| known == short)
    }

    /// Whether the granted scopes contain one of the sufficient sets. No set at all means that none is needed.
    pub fn suffice(&self, granted: &[String], sufficient: &[ScopeSet]) -> bool {
        sufficient.is_empty() || sufficient.iter().any(|set| self.missing_from(granted, set).is_empty())
    }

    /// What the set that lacks least still lacks; empty where one suffices.
    pub fn missing(&self, granted: &[String], sufficient: &[ScopeSet]) -> Vec<String> {
        let lacking = sufficient.iter().map(|set| self.missing_from(granted, set));
        lacking.min_by_key(Vec::len).unwrap_or_default()
    }

    fn missing_from(&self, granted: &[String], set: &ScopeSet) -> Vec<String> {
        let has = |scope: &str| granted.iter().any(|have| self.short(have) == self.short(scope));
        set.0.iter().filter(|scope| !has(scope)).cloned().collect()
    }
}

/// Whether a text is one scope: RFC 6749 section 3.3 `scope-token`, at most 256 bytes, and no comma, because
/// providers separate by commas too.
pub fn is_scope_token(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x5B | 0x5D..=0x7E);
    !text.is_empty() && text.len() <= 256 && text.bytes().all(allowed)
}

/// The scopes of a token response: separated by spaces (RFC 6749) or commas (GitHub, Slack).
pub fn split_scopes(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}
