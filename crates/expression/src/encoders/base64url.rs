//! base64url as Gmail and OpenID Connect use it: written without padding, read with or without.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde_json::Value;

use super::text_of;

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn encode(input: &Value) -> Result<Value, String> {
    Ok(Value::String(BASE64URL.encode(text_of(input, "base64url")?)))
}

pub(super) fn decode(input: &Value) -> Result<Value, String> {
    let bytes = bytes_of(input, "base64url_decode")?;
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn to_base64(input: &Value) -> Result<Value, String> {
    Ok(Value::String(STANDARD.encode(bytes_of(input, "base64url_to_base64")?)))
}

fn bytes_of(input: &Value, function: &str) -> Result<Vec<u8>, String> {
    BASE64URL.decode(text_of(input, function)?).map_err(|_| format!("{function} takes base64url text"))
}
