//! Reads manifests. Whatever is wrong is said with file, line and reason; nothing half-read gets further.
//!
//! A toolkit is a folder: `toolkit.toml` ([`toolkit`]) and one file a tool under `tools/` ([`tool`]).

mod auth;
mod check;
mod client_credentials;
mod step;
mod tool;
mod toolkit;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use expression::Expression;
use http::{HeaderName, Method};
use serde::de::DeserializeOwned;
use toml::Spanned;
use url::Url;

use crate::origins::OriginMap;
use crate::template::Template;

pub(crate) use tool::read_tool;
pub(crate) use toolkit::read_toolkit;

/// One file of a toolkit folder: its path, for messages, and its text.
#[derive(Debug, Clone)]
pub struct ManifestFile {
    pub path: String,
    pub text: String,
}

/// What is wrong with a manifest, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    pub file: String,
    /// 1-based.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for ManifestError {}

type Result<T> = std::result::Result<T, ManifestError>;

/// When expressions and schemas are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compile {
    Now,
    /// They are known to compile: the tests of this binary have compiled them.
    WhenUsed,
}

/// One file being read: turns spans into lines and texts into validated values.
pub(crate) struct Reader<'a> {
    file: &'a ManifestFile,
    origins: &'a OriginMap,
    /// jq definitions that every expression of the toolkit may use.
    definitions: Arc<str>,
    pub(crate) compile: Compile,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a ManifestFile, origins: &'a OriginMap, compile: Compile) -> Self {
        Self { file, origins, definitions: Arc::from(""), compile }
    }

    /// The same file, read with these jq definitions in force.
    pub(crate) fn with_definitions(&self, definitions: &Arc<str>) -> Self {
        Self { definitions: Arc::clone(definitions), ..*self }
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(&self.file.text)
            .map_err(|error| self.error(error.span().unwrap_or_default(), error.message().to_owned()))
    }

    pub(crate) fn error(&self, span: Range<usize>, reason: impl Into<String>) -> ManifestError {
        let before = self.file.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        ManifestError { file: self.file.path.clone(), line, reason: reason.into() }
    }

    fn expression(&self, source: &Spanned<String>) -> Result<Expression> {
        if self.compile == Compile::WhenUsed {
            return Ok(Expression::deferred(&self.definitions, source.get_ref()));
        }
        Expression::parse_with(&self.definitions, source.get_ref())
            .map_err(|error| self.error_inside(source, error.line, error.message))
    }

    /// An error on a line (1-based) of a text that may span several.
    fn error_inside(&self, text: &Spanned<String>, line: usize, reason: String) -> ManifestError {
        let mut located = self.error(text.span(), reason);
        let quoted = self.file.text.get(text.span()).unwrap_or_default();
        let opens_with_newline = quoted.trim_start_matches(['\'', '"']).starts_with('\n');
        located.line += line.saturating_sub(1) + usize::from(opens_with_newline);
        located
    }

    fn optional_expression(&self, source: Option<&Spanned<String>>) -> Result<Option<Expression>> {
        source.map(|source| self.expression(source)).transpose()
    }

    /// A template whose variables are all among `known`.
    fn template(&self, source: &Spanned<String>, known: &[&str]) -> Result<Template> {
        let template = self.any_template(source)?;
        let unknown = template.variables().find(|name| !known.contains(name)).map(str::to_owned);
        match unknown {
            Some(name) => Err(self.error(
                source.span(),
                format!("`{{{name}}}` is not known here; known are: {}", known.join(", ")),
            )),
            None => Ok(template),
        }
    }

    fn any_template(&self, source: &Spanned<String>) -> Result<Template> {
        Template::parse(source.get_ref()).map_err(|reason| self.error(source.span(), reason))
    }

    fn header_name(&self, name: &Spanned<String>) -> Result<HeaderName> {
        HeaderName::try_from(name.get_ref().as_str())
            .map_err(|_| self.error(name.span(), format!("`{}` is no header name", name.get_ref())))
    }

    fn method(&self, method: &Spanned<String>) -> Result<Method> {
        match method.get_ref().as_str() {
            "GET" => Ok(Method::GET),
            "POST" => Ok(Method::POST),
            "PUT" => Ok(Method::PUT),
            "PATCH" => Ok(Method::PATCH),
            "DELETE" => Ok(Method::DELETE),
            other => {
                Err(self.error(method.span(), format!("`{other}` is not GET, POST, PUT, PATCH or DELETE")))
            }
        }
    }

    /// An address a credential may be sent to: https, or http on a loopback host. Mapped by the origin map.
    fn url(&self, url: &Spanned<String>) -> Result<Url> {
        let error = |reason: &str| self.error(url.span(), format!("`{}` {reason}", url.get_ref()));
        let parsed = Url::parse(url.get_ref()).map_err(|_| error("is no URL"))?;
        let loopback = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && loopback) {
            return Err(error("must begin with https://"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
            return Err(error("must not contain a user, a password or a fragment"));
        }
        Ok(self.origins.map(&parsed))
    }
}
