//! A step: one request of a tool. Most tools have one; some look a name up first, page through a list, send one
//! request an item, or upload in several calls.

use expression::Expression;
use http::Method;
use serde::Deserialize;
use url::Url;

use crate::template::Template;
use crate::tool::Effect;

#[derive(Debug)]
pub struct Step {
    /// Its answer is `$steps.<name>` in what follows.
    pub name: String,
    /// The provider's own name for the operation, as in its machine-readable description.
    pub operation: Option<String>,
    /// Over the arguments; where it is false, the step is left out and its answer is null.
    pub when: Option<Expression>,
    pub repeat: Repeat,
    pub action: Action,
    pub effect: Effect,
}

impl Step {
    /// A plain GET.
    pub(crate) fn look_up(name: &str, base_url: Url, path: Template) -> Self {
        let request = RequestTemplate {
            method: Method::GET,
            address: Address::Path { base_url, path, values: None },
            query: None,
            headers: None,
            body: None,
            answer: AnswerFormat::Json,
            anonymous: false,
        };
        Self {
            name: name.to_owned(),
            operation: None,
            when: None,
            repeat: Repeat::Once,
            action: Action::Request(Box::new(request)),
            effect: Effect::Read,
        }
    }
}

/// How often a step is taken.
#[derive(Debug)]
pub enum Repeat {
    Once,
    /// Once an item of the array that the expression makes of the arguments; the answers are an array.
    Each(Expression),
    /// As long as the expression makes a cursor of the last answer; the answers are an array.
    Pages(Expression),
}

#[derive(Debug)]
pub enum Action {
    Request(Box<RequestTemplate>),
    /// Reads the file at a caller's URL, without a credential; the URL by an expression over the arguments. The answer
    /// is that of [`AnswerFormat::Bytes`].
    Fetch(Expression),
}

#[derive(Debug)]
pub struct RequestTemplate {
    pub method: Method,
    pub address: Address,
    /// To an object; null members are left out, arrays repeat their name.
    pub query: Option<Expression>,
    /// To an object of texts; null members are left out.
    pub headers: Option<Expression>,
    pub body: Option<RequestBody>,
    pub answer: AnswerFormat,
    /// Without the account's credential, for addresses that are themselves the permission.
    pub anonymous: bool,
}

#[derive(Debug)]
pub enum Address {
    Path {
        base_url: Url,
        /// Its variables are arguments, members of `values`, or [`RequestTemplate::ACCOUNT_SUBJECT`].
        path: Template,
        /// To an object, over the arguments: what else the path may name.
        values: Option<Expression>,
    },
    /// To a URL that an earlier answer gave; like every other it must be among the toolkit's allowed ones.
    Given(Expression),
}

impl RequestTemplate {
    /// The path variable for the connected account's own id, in the spelling of expressions.
    pub const ACCOUNT_SUBJECT: &'static str = "$account.subject";

    /// The path template, where the address is not given by an earlier answer.
    pub fn path(&self) -> Option<&Template> {
        match &self.address {
            Address::Path { path, .. } => Some(path),
            Address::Given(_) => None,
        }
    }
}

#[derive(Debug)]
pub struct RequestBody {
    pub format: RequestFormat,
    /// To the body, see [`RequestFormat`].
    pub content: Expression,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestFormat {
    /// As JSON; null members of objects are left out at every depth, `explicit_null` becomes null.
    Json,
    /// `application/x-www-form-urlencoded`, from an object.
    Form,
    /// `multipart/form-data` (RFC 7578), from an array of parts `{name, filename?, content_type?, text | base64}`.
    Multipart,
    /// `multipart/related` (RFC 2387), from an array of parts `{content_type, text | base64}`.
    Related,
    /// The bytes themselves, from `{content_type?, text | base64}`.
    Bytes,
}

/// How an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFormat {
    /// JSON as it is, no body as null, other text as a string.
    #[default]
    Json,
    /// `{base64, size, content_type, filename}`.
    Bytes,
}
