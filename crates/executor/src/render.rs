//! Arguments to request, without a credential.

use bytes::Bytes;
use catalog::{BodyFormat, PathError, RequestBody, RequestTemplate};
use expression::{EvaluateError, Expression};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::uri::InvalidUri;
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::Call;

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

/// The request for a call, to the tool's own address.
pub fn render(call: Call<'_>) -> Result<Request<Bytes>, RenderError> {
    let template = &call.tool.request;
    let (content_type, body) = match &template.body {
        Some(body) => render_body(call, body)?,
        None => (None, Vec::new()),
    };
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = template.method.clone();
    *request.uri_mut() = render_url(call)?.as_str().parse().map_err(|error| uri_problem(&error))?;

    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in &call.toolkit.api.headers {
        headers.insert(name, HeaderValue::from_str(value).map_err(|_| RenderError::Manifest("headers"))?);
    }
    if let Some(expression) = &template.headers {
        for (name, value) in pairs(&evaluate(call, expression, "headers")?) {
            let name = HeaderName::try_from(name).map_err(|_| RenderError::Manifest("headers"))?;
            let value = HeaderValue::from_str(&value).map_err(|_| {
                RenderError::Refused(format!(
                    "what becomes the header `{name}` holds line breaks or controls"
                ))
            })?;
            headers.insert(name, value);
        }
    }
    Ok(request)
}

/// A URL that was made by parts is a URI, unless it is longer than one may be.
fn uri_problem(error: &InvalidUri) -> RenderError {
    RenderError::Refused(format!("the arguments make no address that can be called ({error}); shorten them"))
}

fn render_url(call: Call<'_>) -> Result<Url, RenderError> {
    let template = &call.tool.request;
    let path = template.path.fill_path(|name| text_of(path_value(call, name)))?;
    let mut url = template.base_url.clone();
    url.set_path(&format!("{}{path}", template.base_url.path().trim_end_matches('/')));
    if let Some(expression) = &template.query {
        let query = pairs(&evaluate(call, expression, "query")?);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
    }
    Ok(url)
}

fn path_value<'a>(call: Call<'a>, name: &str) -> &'a Value {
    match name {
        RequestTemplate::ACCOUNT_SUBJECT => &call.variables.account["subject"],
        argument => &call.variables.arguments[argument],
    }
}

fn render_body(call: Call<'_>, body: &RequestBody) -> Result<(Option<&'static str>, Vec<u8>), RenderError> {
    let content = evaluate(call, &body.content, "body")?;
    Ok(match body.format {
        BodyFormat::Json => (Some("application/json"), without_nulls(content).to_string().into_bytes()),
        BodyFormat::Form => {
            let encoded =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(&content)).finish();
            (Some("application/x-www-form-urlencoded"), encoded.into_bytes())
        }
    })
}

fn evaluate(call: Call<'_>, expression: &Expression, part: &'static str) -> Result<Value, RenderError> {
    expression.evaluate(&call.variables.arguments, call.variables).map_err(|error| match error {
        EvaluateError::Refused(problem) => RenderError::Refused(problem),
        EvaluateError::Failed => RenderError::Manifest(part),
    })
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
