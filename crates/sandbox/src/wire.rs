//! Requests and answers as the twins see them: whole, in memory, without a transport.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

/// Names and values in the order they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl Pairs {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Like [`get`](Self::get), but an empty value counts as none.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The first name that is there twice. OAuth forbids that (RFC 6749 section 3.1).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| self.0.iter().filter(|(other, _)| other == name).count() > 1)
    }

    /// The first of `needed` that is not there, or empty.
    pub(crate) fn lacking<'n>(&self, needed: &[&'n str]) -> Option<&'n str> {
        needed.iter().copied().find(|name| self.filled(name).is_none())
    }

    /// The first name that is not among `known`.
    pub(crate) fn stranger(&self, known: &[&str]) -> Option<&str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| !known.contains(name))
    }
}

/// One request to a twin.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The provider's host, which is the first segment of the path here.
    pub(crate) host: String,
    /// What the provider would see as the path, still encoded.
    pub(crate) path: String,
    pub(crate) query: Pairs,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What the `Authorization` header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    None,
    Bearer(String),
    Basic {
        user: String,
        password: String,
    },
    /// Another scheme, or not readable as what it claims to be.
    Unreadable,
}

impl Request {
    /// Splits `/host/path` into the provider's host and its path.
    pub(crate) fn new(
        method: Method,
        target: &str,
        query: Option<&str>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let inner = target.strip_prefix('/').unwrap_or(target);
        let (host, path) = match inner.split_once('/') {
            Some((host, path)) => (host, format!("/{path}")),
            None => (inner, "/".to_owned()),
        };
        Self {
            method,
            host: host.to_owned(),
            path,
            query: Pairs::parse(query.unwrap_or_default().as_bytes()),
            headers,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The decoded segments of the path; `None` where one is not UTF-8.
    pub(crate) fn segments(&self) -> Option<Vec<String>> {
        let decode = |segment: &str| Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
        self.path.trim_start_matches('/').split('/').map(decode).collect()
    }

    pub(crate) fn authorization(&self) -> Authorization {
        let Some(value) = self.headers.get(AUTHORIZATION) else {
            return Authorization::None;
        };
        let readable = value.to_str().ok().and_then(|text| text.split_once(' '));
        let Some((scheme, credentials)) = readable else {
            return Authorization::Unreadable;
        };
        // GitHub takes `token` for `bearer` and has said so since before OAuth 2.0.
        let github_token = scheme.eq_ignore_ascii_case("token") && self.host == "api.github.com";
        if scheme.eq_ignore_ascii_case("bearer") || github_token {
            return Authorization::Bearer(credentials.trim().to_owned());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return basic(credentials).unwrap_or(Authorization::Unreadable);
        }
        Authorization::Unreadable
    }

    /// The media type without its parameters, in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    pub(crate) fn is_json(&self) -> bool {
        self.media_type().as_deref() == Some("application/json")
    }

    pub(crate) fn is_form(&self) -> bool {
        self.media_type().as_deref() == Some("application/x-www-form-urlencoded")
    }
}

fn basic(credentials: &str) -> Option<Authorization> {
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    let decode = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    Some(Authorization::Basic { user: decode(user)?, password: decode(password)? })
}

/// One answer of a twin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.to_owned())], body: body.into() }
    }

    /// 303, so that a browser follows a form POST with a GET.
    pub(crate) fn see_other(location: &str) -> Self {
        Self::empty(303).with("location", location).with("cache-control", "no-store")
    }

    /// The same answer with another body and further headers, each in the place of its namesake.
    #[must_use]
    pub(crate) fn reworded(mut self, headers: &BTreeMap<String, String>, body: String) -> Self {
        self.headers.retain(|(name, _)| !headers.keys().any(|other| other.eq_ignore_ascii_case(name)));
        self.headers.extend(headers.iter().map(|(name, value)| (name.clone().into(), value.clone())));
        self.body = body.into_bytes();
        self
    }

    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
