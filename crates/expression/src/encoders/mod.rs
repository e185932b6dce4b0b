//! What jq cannot say, as functions that any manifest may call:
//!
//! | function | input | result |
//! |---|---|---|
//! | `base64url` | text | base64url without padding (RFC 4648 section 5) |
//! | `base64url_decode` | base64url, padded or not | text; bytes that are no UTF-8 are replaced |
//! | `base64url_to_base64` | base64url, padded or not | the same bytes as standard base64 |
//! | `explicit_null` | anything | what becomes null in a JSON body, where null itself would be left out |
//! | `mail_message` | `{from, to, cc?, bcc?, subject?, text?, html?, ...}` | an RFC 5322 message, see [`mail`] |

mod base64url;
mod mail;

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, Error, ValXs, data};
use jaq_json::Val;
use serde_json::Value;

use crate::value;

type Data = data::JustLut<Val>;
type Encoder = fn(&Value) -> Result<Value, String>;

/// The only member of an object that stands for a null. No caller writes it by accident, and null is all it can do.
pub const EXPLICIT_NULL: &str = "\0null";

pub(crate) fn functions() -> impl Iterator<Item = Fun<Data>> {
    [
        run(("base64url", v(0), |cv| apply(cv, base64url::encode))),
        run(("base64url_decode", v(0), |cv| apply(cv, base64url::decode))),
        run(("base64url_to_base64", v(0), |cv| apply(cv, base64url::to_base64))),
        run(("explicit_null", v(0), |cv| apply(cv, |_| Ok(serde_json::json!({ EXPLICIT_NULL: true }))))),
        run(("mail_message", v(0), |cv| apply(cv, mail::encode))),
    ]
    .into_iter()
}

/// Runs an encoder on the input. Its problem reaches the caller as if the manifest had refused the input.
fn apply(cv: Cv<'_, Data>, encoder: Encoder) -> ValXs<'_, Val> {
    let problem = |message: String| Error::new(value::to_jq(&serde_json::json!({ "problem": message })));
    let output = value::from_jq(&cv.1)
        .ok_or_else(|| "the value is no JSON".to_owned())
        .and_then(|input| encoder(&input));
    bome(output.map(|output| value::to_jq(&output)).map_err(problem))
}

/// The input as text, or a problem that names the function.
fn text_of<'a>(input: &'a Value, function: &str) -> Result<&'a str, String> {
    input.as_str().ok_or_else(|| format!("{function} takes a string"))
}
