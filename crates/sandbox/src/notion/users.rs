//! The people of the workspace, and the bots as which connections act.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Call;
use super::failure::Failure;
use super::lists;
use super::workspace::{WORKSPACE_ID, WORKSPACE_NAME, Workspace};
use crate::people::{self, PEOPLE, Person};
use crate::provider::Provider;
use crate::stage::{Stage, as_uuid};

/// What a workspace without a plan may upload at once.
pub(super) const MAX_UPLOAD: u64 = 5 * 1024 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    name: String,
    /// Who connected the app.
    account: String,
}

/// Of a person.
pub(super) fn user_id(person: &Person) -> String {
    as_uuid(&format!("{:0>20}{:0>12}", "d1ce", person.number))
}

/// Of the bot as which the client acts for `account`: the same at every consent.
pub(crate) fn bot_id(client_id: &str, account: &str) -> String {
    let digest = Sha256::digest(format!("{client_id} {account}"));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    as_uuid(&hex)
}

/// The bot's id and the app's name. The bot joins the workspace when it is first needed.
pub(crate) fn employ(stage: &mut Stage<'_>, client_id: &str, account: &str) -> (String, String) {
    let id = bot_id(client_id, account);
    let client = stage.world.oauth.find_client(Provider::Notion, client_id);
    let name = client.map_or_else(String::new, |client| client.name.clone());
    let bot = Bot { name: name.clone(), account: account.to_owned() };
    stage.world.notion.bots.insert(id.clone(), bot);
    (id, name)
}

/// A person as Notion shows them.
pub(crate) fn person(account: &str) -> Value {
    let person = people::of(Provider::Notion, account);
    json!({
        "object": "user",
        "id": user_id(person),
        "type": "person",
        "name": person.name(),
        "avatar_url": null,
        "person": {"email": person.email},
    })
}

impl Workspace {
    /// The user in full, if there is one.
    pub(super) fn user(&self, id: &str) -> Option<Value> {
        if let Some(known) = PEOPLE.iter().find(|person| user_id(person) == id) {
            return Some(person(known.handle));
        }
        self.bots.get(id).map(|bot| {
            json!({
                "object": "user",
                "id": id,
                "type": "bot",
                "name": bot.name,
                "avatar_url": null,
                "bot": {
                    "owner": {"type": "user", "user": person(&bot.account)},
                    "workspace_id": WORKSPACE_ID,
                    "workspace_name": WORKSPACE_NAME,
                    "workspace_limits": {"max_file_upload_size_in_bytes": MAX_UPLOAD},
                },
            })
        })
    }

    /// The user, or as much of one as is known.
    pub(super) fn user_or_id(&self, id: &str) -> Value {
        self.user(id).unwrap_or_else(|| partial(id))
    }
}

pub(super) fn partial(id: &str) -> Value {
    json!({"object": "user", "id": id})
}

pub(super) fn me(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    Ok(stage.world.notion.user_or_id(&call.bot))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("user_id")?;
    let mine = stage.world.notion.user(&id).filter(|user| user["type"] == "person" || id == call.bot);
    mine.ok_or_else(|| Failure::not_found("user", &id, &call.app))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    let people = PEOPLE.iter().map(user_id);
    let ids: Vec<String> = people.chain([call.bot.clone()]).collect();
    let users = ids.into_iter().map(|id| {
        let user = workspace.user_or_id(&id);
        (id, user)
    });
    lists::page(&call.query, "query", "user", users.collect())
}
