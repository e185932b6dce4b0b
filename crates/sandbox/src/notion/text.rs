//! Rich text: from what a request says to what Notion answers.

use serde_json::{Value, json};

use super::Call;
use super::dates;
use super::failure::Failure;
use super::shapes::{MENTIONS, TEXT_EXTRAS, TEXTS, id_in, link, list, variant};
use super::show;
use super::workspace::Workspace;

const MAX_ITEMS: usize = 100;
const MAX_CONTENT: usize = 2000;
const MAX_EXPRESSION: usize = 1000;

/// Reads a list of rich text into its full form.
pub(super) fn read(workspace: &Workspace, call: &Call, value: &Value, at: &str) -> Result<Value, Failure> {
    let items = list(value, MAX_ITEMS, at)?.iter().enumerate();
    let read: Result<Vec<Value>, Failure> =
        items.map(|(index, item)| read_item(workspace, call, item, &format!("{at}[{index}]"))).collect();
    // A text of nothing is nothing.
    let filled = read?.into_iter().filter(|item| item["plain_text"] != "");
    Ok(filled.collect())
}

fn read_item(workspace: &Workspace, call: &Call, item: &Value, at: &str) -> Result<Value, Failure> {
    let (kind, member) = variant(item, TEXTS, TEXT_EXTRAS, at)?;
    let (content, plain, href) = match kind {
        "text" => {
            let content = member["content"].as_str().unwrap_or_default();
            let length = content.encode_utf16().count();
            if length > MAX_CONTENT {
                return Err(Failure::too_long(&format!("{at}.text.content"), MAX_CONTENT, length));
            }
            let href = match &member["link"] {
                Value::Null => Value::Null,
                target => link(&target["url"])?,
            };
            let target = if href.is_null() { Value::Null } else { json!({"url": href}) };
            (json!({"content": content, "link": target}), content.to_owned(), href)
        }
        "equation" => {
            let expression = member["expression"].as_str().unwrap_or_default();
            if expression.len() > MAX_EXPRESSION {
                let at = format!("{at}.equation.expression");
                return Err(Failure::too_long(&at, MAX_EXPRESSION, expression.len()));
            }
            (member.clone(), expression.to_owned(), Value::Null)
        }
        _ => read_mention(workspace, call, member, &format!("{at}.mention"))?,
    };
    Ok(item_of(kind, &content, &plain, &href, &item["annotations"]))
}

fn item_of(kind: &str, content: &Value, plain: &str, href: &Value, given: &Value) -> Value {
    let mut annotations = json!({
        "bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default",
    });
    for (name, value) in given.as_object().into_iter().flatten() {
        annotations[name] = value.clone();
    }
    json!({"type": kind, kind: content, "annotations": annotations, "plain_text": plain, "href": href})
}

type Mention = (Value, String, Value);

fn read_mention(workspace: &Workspace, call: &Call, value: &Value, at: &str) -> Result<Mention, Failure> {
    let (kind, member) = variant(value, MENTIONS, &[], at)?;
    let id = id_in(&member["id"]);
    let (content, plain, href) = match kind {
        "user" => {
            let user = workspace.user(&id).ok_or_else(|| Failure::not_found("user", &id, &call.app))?;
            let plain = format!("@{}", user["name"].as_str().unwrap_or_default());
            (user, plain, Value::Null)
        }
        "date" => {
            let date = dates::read(member, &format!("{at}.date"))?;
            let plain = date["start"].as_str().unwrap_or_default().to_owned();
            (date, plain, Value::Null)
        }
        "page" | "database" => {
            let item = workspace.get(call, kind, &id)?;
            (json!({"id": id}), show::title(item), json!(show::url(item)))
        }
        _ => (member.clone(), format!("@{kind}"), Value::Null),
    };
    Ok((json!({"type": kind, kind: content}), plain, href))
}

/// The text without its looks.
pub(super) fn plain(items: &Value) -> String {
    let texts = items.as_array().into_iter().flatten().filter_map(|item| item["plain_text"].as_str());
    texts.collect()
}

/// One run of text, with the annotations that are named.
pub(super) fn run(content: &str, annotations: &[&str], href: Option<&str>) -> Value {
    let link = href.map(|url| json!({"url": url}));
    let given: serde_json::Map<String, Value> =
        annotations.iter().map(|name| ((*name).to_owned(), Value::Bool(true))).collect();
    let href = href.map_or(Value::Null, Value::from);
    item_of("text", &json!({"content": content, "link": link}), content, &href, &Value::Object(given))
}

/// Plain text as rich text.
pub(super) fn of(content: &str) -> Value {
    if content.is_empty() { json!([]) } else { json!([run(content, &[], None)]) }
}
