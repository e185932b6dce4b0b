//! Who the member is.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::members::member_id;
use crate::stage::Stage;
use crate::wire::Answer;

/// OpenID Connect's userinfo: each scope adds its claims.
pub(super) fn userinfo(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let person = call.person();
    let mut body = json!({"sub": member_id(person)});
    if call.caller.has("profile") {
        body["name"] = Value::from(person.name());
        body["given_name"] = Value::from(person.given);
        body["family_name"] = Value::from(person.family);
        body["locale"] = json!({"country": "GB", "language": "en"});
        body["picture"] = Value::from(format!("https://media.licdn.com/dms/image/{}", member_id(person)));
    }
    if call.caller.has("email") {
        body["email"] = Value::from(person.email);
        body["email_verified"] = Value::Bool(true);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn me(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let person = call.person();
    let mut body = json!({
        "id": member_id(person), "localizedFirstName": person.given, "localizedLastName": person.family,
    });
    if call.caller.has("r_basicprofile") {
        body["vanityName"] = Value::from(person.handle);
    }
    Ok(Answer::json(200, &body))
}
