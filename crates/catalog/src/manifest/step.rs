//! `[request]` and `[[steps]]` of a tool.

use serde::Deserialize;
use toml::Spanned;

use super::{Reader, Result};
use crate::step::{Action, Address, AnswerFormat, Repeat, RequestBody, RequestFormat, RequestTemplate, Step};
use crate::tool::Effect;
use crate::toolkit::Toolkit;

/// The name of a tool's own request among its steps.
const LAST: &str = "request";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    name: Spanned<String>,
    operation: Option<String>,
    when: Option<Spanned<String>>,
    effect: Option<Effect>,
    fetch: Option<Spanned<String>>,
    request: Option<RawRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequest {
    method: Spanned<String>,
    base_url: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    path_values: Option<Spanned<String>>,
    url: Option<Spanned<String>>,
    query: Option<Spanned<String>>,
    headers: Option<Spanned<String>>,
    body: Option<Spanned<String>>,
    body_format: Option<Spanned<RequestFormat>>,
    #[serde(default)]
    answer: AnswerFormat,
    #[serde(default)]
    anonymous: bool,
    each: Option<Spanned<String>>,
    pages: Option<Spanned<String>>,
}

impl RawRequest {
    pub(super) fn path(&self) -> Option<&str> {
        self.path.as_ref().map(|path| path.get_ref().as_str())
    }
}

impl RawStep {
    pub(super) fn path(&self) -> Option<&str> {
        self.request.as_ref()?.path()
    }
}

pub(super) struct StepReader<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) toolkit: &'a Toolkit,
    /// What a path may name.
    pub(super) arguments: Vec<&'a str>,
    pub(super) effect: Effect,
}

impl StepReader<'_> {
    pub(super) fn read(&self, raw: &RawStep) -> Result<Step> {
        let name = raw.name.get_ref();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if name.is_empty() || name == LAST || !name.bytes().all(plain) {
            return Err(self.reader.error(
                raw.name.span(),
                "a step is named in lower-case letters and underscores, and not `request`",
            ));
        }
        let step = match (&raw.request, &raw.fetch) {
            (Some(request), None) => self.request(name, request, raw.operation.clone())?,
            (None, Some(url)) => Step {
                name: name.clone(),
                operation: None,
                when: None,
                repeat: Repeat::Once,
                action: Action::Fetch(self.reader.expression(url)?),
                effect: Effect::Read,
            },
            _ => return Err(self.reader.error(raw.name.span(), "a step has either `request` or `fetch`")),
        };
        let when = self.reader.optional_expression(raw.when.as_ref())?;
        Ok(Step { when, effect: raw.effect.unwrap_or(step.effect), ..step })
    }

    /// The tool's own request, whose answer becomes the result.
    pub(super) fn last(&self, raw: &RawRequest, operation: Option<String>) -> Result<Step> {
        self.request(LAST, raw, operation)
    }

    fn request(&self, name: &str, raw: &RawRequest, operation: Option<String>) -> Result<Step> {
        let reader = self.reader;
        let method = reader.method(&raw.method)?;
        let effect = if method == http::Method::GET { Effect::Read } else { self.effect };
        let repeat = match (&raw.each, &raw.pages) {
            (None, None) => Repeat::Once,
            (Some(items), None) => Repeat::Each(reader.expression(items)?),
            (None, Some(next)) => Repeat::Pages(reader.expression(next)?),
            (Some(items), Some(_)) => {
                return Err(reader.error(items.span(), "a request has either `each` or `pages`"));
            }
        };
        let format = raw.body_format.as_ref().map_or(RequestFormat::Json, |format| *format.get_ref());
        if let (Some(format), None) = (&raw.body_format, &raw.body) {
            return Err(reader.error(format.span(), "`body_format` without `body`"));
        }
        let body =
            raw.body.as_ref().map(|body| Ok(RequestBody { format, content: reader.expression(body)? }));
        let request = RequestTemplate {
            method,
            address: self.address(raw)?,
            query: reader.optional_expression(raw.query.as_ref())?,
            headers: reader.optional_expression(raw.headers.as_ref())?,
            body: body.transpose()?,
            answer: raw.answer,
            anonymous: raw.anonymous,
        };
        let action = Action::Request(Box::new(request));
        Ok(Step { name: name.to_owned(), operation, when: None, repeat, action, effect })
    }

    fn address(&self, raw: &RawRequest) -> Result<Address> {
        let reader = self.reader;
        let path = match (&raw.path, &raw.url) {
            (Some(path), None) => path,
            (None, Some(url)) => return Ok(Address::Given(reader.expression(url)?)),
            _ => return Err(reader.error(raw.method.span(), "a request has either `path` or `url`")),
        };
        if !path.get_ref().starts_with('/') || path.get_ref().contains(['?', '#']) {
            return Err(
                reader.error(path.span(), "a path begins with `/` and has neither query nor fragment")
            );
        }
        let base_url = match &raw.base_url {
            None => self.toolkit.api.base_url.clone(),
            Some(base) => self.allowed(base)?,
        };
        let values = reader.optional_expression(raw.path_values.as_ref())?;
        let arguments = self.arguments.iter().copied().chain([RequestTemplate::ACCOUNT_SUBJECT]);
        // What `path_values` makes is known only when it is evaluated.
        let path = match values {
            None => reader.template(path, &arguments.collect::<Vec<_>>())?,
            Some(_) => reader.any_template(path)?,
        };
        Ok(Address::Path { base_url, path, values })
    }

    fn allowed(&self, base: &Spanned<String>) -> Result<url::Url> {
        let url = self.reader.url(base)?;
        let origins = self.toolkit.api.allowed_bases.iter();
        let within = |allowed: &url::Url| {
            allowed.origin() == url.origin() && url.path().starts_with(allowed.path().trim_end_matches('/'))
        };
        if origins.clone().any(within) {
            return Ok(url);
        }
        Err(self
            .reader
            .error(base.span(), "the address is not under `api.base_url` or one of `api.allowed_urls`"))
    }
}
