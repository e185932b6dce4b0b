//! The signed-in user: the profile, and the settings of the mailbox.

use serde_json::{Map, Value, json};

use super::{Call, Failure, mailbox, user_id};
use crate::stage::Stage;
use crate::wire::Answer;

/// What a profile shows unless it is asked for something else.
const USUAL: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];
const SETTINGS: &str = "mailboxSettings";
const SETTINGS_SCOPES: &[&str] = &["MailboxSettings.Read", "MailboxSettings.ReadWrite"];
const PROFILE_SCOPES: &[&str] = &["User.Read", "User.ReadWrite"];

fn profile(call: &Call) -> Value {
    let person = call.person();
    json!({
        "businessPhones": ["+1 555 0100"],
        "displayName": person.name(),
        "givenName": person.given,
        "id": user_id(person),
        "jobTitle": "Engineer",
        "mail": person.email,
        "mobilePhone": null,
        "officeLocation": "1/1815",
        "preferredLanguage": "en-GB",
        "surname": person.family,
        "userPrincipalName": person.email,
        "accountEnabled": true,
        "city": "London",
        "companyName": "Example",
        "country": "United Kingdom",
        "department": "Research",
        "mailNickname": person.handle,
        "otherMails": [],
        "userType": "Member",
    })
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.query.names("$expand") {
        return Err(Failure::uri("sandbox: nothing of a user is expanded here"));
    }
    let profile = profile(call);
    let names: Vec<&str> = match call.query.filled("$select") {
        Some(select) => select.split(',').map(str::trim).collect(),
        None => USUAL.to_vec(),
    };
    let of_profile = names.iter().any(|name| !matches!(*name, "id" | SETTINGS));
    let (reads_profile, reads_settings) = (call.has_any(PROFILE_SCOPES), call.has_any(SETTINGS_SCOPES));
    let lacks = (of_profile && !reads_profile)
        || (names.contains(&SETTINGS) && !reads_settings)
        || !(reads_profile || reads_settings);
    if lacks {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::directory_denied());
    }
    let mut body = Map::new();
    let context = stage.link("graph.microsoft.com", "/v1.0/$metadata#users/$entity");
    body.insert("@odata.context".to_owned(), Value::from(context));
    for name in names {
        let value = match name {
            SETTINGS => mailbox(stage, call).settings.clone(),
            name => profile.get(name).cloned().ok_or_else(|| Failure::no_property(name, "user"))?,
        };
        body.insert(name.to_owned(), value);
    }
    Ok(Answer::json(200, &Value::Object(body)))
}
