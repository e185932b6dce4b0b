//! Variables to request, without a credential.

use bytes::Bytes;
use catalog::{Address, AnswerFormat, PathError, RequestBody, RequestFormat, RequestTemplate, Toolkit};
use expression::{EXPLICIT_NULL, Variables};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::uri::InvalidUri;
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::multipart;
use crate::progress::evaluate;

/// Why arguments make no request.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The arguments do not fit together, in the manifest's own words.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Path(#[from] PathError),
    /// The manifest does not fit arguments that its own schema accepts.
    #[error("the manifest's {0} expression does not fit these arguments")]
    Manifest(&'static str),
}

/// The request that a template makes of the variables, without a credential.
pub fn render(
    toolkit: &Toolkit,
    template: &RequestTemplate,
    variables: &Variables,
) -> Result<Request<Bytes>, RenderError> {
    let (content_type, body) = match &template.body {
        Some(body) => render_body(body, variables)?,
        None => (None, Vec::new()),
    };
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = template.method.clone();
    *request.uri_mut() =
        render_url(template, variables)?.as_str().parse().map_err(|error| uri_problem(&error))?;

    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(accepted(template.answer)));
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, header_value("content-type", &content_type)?);
    }
    for (name, value) in &toolkit.api.headers {
        headers.insert(name, HeaderValue::from_str(value).map_err(|_| RenderError::Manifest("headers"))?);
    }
    if let Some(expression) = &template.headers {
        for (name, value) in pairs(&evaluate(expression, variables, "headers")?) {
            let name = HeaderName::try_from(name).map_err(|_| RenderError::Manifest("headers"))?;
            let value = header_value(name.as_str(), &value)?;
            headers.insert(name, value);
        }
    }
    Ok(request)
}

fn accepted(answer: AnswerFormat) -> &'static str {
    match answer {
        AnswerFormat::Json => "application/json",
        AnswerFormat::Bytes => "*/*",
    }
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, RenderError> {
    HeaderValue::from_str(value).map_err(|_| {
        RenderError::Refused(format!("what becomes the header `{name}` holds line breaks or controls"))
    })
}

/// A URL that was made by parts is a URI, unless it is longer than one may be.
fn uri_problem(error: &InvalidUri) -> RenderError {
    RenderError::Refused(format!("the arguments make no address that can be called ({error}); shorten them"))
}

fn render_url(template: &RequestTemplate, variables: &Variables) -> Result<Url, RenderError> {
    let mut url = match &template.address {
        Address::Given(expression) => {
            let given = evaluate(expression, variables, "url")?;
            let url = given.as_str().and_then(|url| Url::parse(url).ok());
            url.ok_or(RenderError::Manifest("url"))?
        }
        Address::Path { base_url, path, values } => {
            let values = match values {
                Some(expression) => evaluate(expression, variables, "path_values")?,
                None => Value::Null,
            };
            let value_of = |name: &str| match name {
                RequestTemplate::ACCOUNT_SUBJECT => text_of(&variables.account["subject"]),
                name => text_of(&values[name]).or_else(|| text_of(&variables.arguments[name])),
            };
            let path = path.fill_path(value_of)?;
            let mut url = base_url.clone();
            url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
            url
        }
    };
    if let Some(expression) = &template.query {
        let query = pairs(&evaluate(expression, variables, "query")?);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
    }
    Ok(url)
}

type ContentType = Option<String>;

fn render_body(body: &RequestBody, variables: &Variables) -> Result<(ContentType, Vec<u8>), RenderError> {
    let content = evaluate(&body.content, variables, "body")?;
    let seed = variables.call["id"].as_str().unwrap_or_default();
    let encoded = match body.format {
        RequestFormat::Json => {
            let bytes = with_explicit_nulls(without_nulls(content)).to_string().into_bytes();
            return Ok((Some("application/json".to_owned()), bytes));
        }
        RequestFormat::Form => {
            let encoded =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(&content)).finish();
            return Ok((Some("application/x-www-form-urlencoded".to_owned()), encoded.into_bytes()));
        }
        RequestFormat::Multipart => multipart::form_data(&content, seed),
        RequestFormat::Related => multipart::related(&content, seed),
        RequestFormat::Bytes => multipart::bytes(&content),
    };
    encoded.map(|encoded| (Some(encoded.content_type), encoded.bytes)).map_err(RenderError::Refused)
}

/// An object as name and text; nulls are left out, arrays repeat their name, objects become JSON text.
fn pairs(object: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) => {
                pairs.extend(items.iter().filter_map(text_of).map(|text| (name.clone(), text)));
            }
            single => pairs.extend(text_of(single).map(|text| (name.clone(), text))),
        }
    }
    pairs
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Members of objects that are null are left out, at every depth.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Puts null where the expression said `explicit_null`.
fn with_explicit_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) if is_explicit_null(&fields) => Value::Null,
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, value)| (name, with_explicit_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(with_explicit_nulls).collect()),
        other => other,
    }
}

fn is_explicit_null(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.contains_key(EXPLICIT_NULL)
}
