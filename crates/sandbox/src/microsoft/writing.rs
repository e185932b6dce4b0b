//! Texts of mails and events: between plain and HTML, and the first words of one.

use serde_json::{Value, json};

const PREVIEW: usize = 255;

/// The words of an HTML text.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, after)) = tag.split_once('>') else {
            break;
        };
        let name: String =
            tag.chars().take_while(|letter| *letter == '/' || letter.is_alphanumeric()).collect();
        rest = match name.to_ascii_lowercase().as_str() {
            "style" | "script" | "head" => {
                after.split_once(&format!("</{name}>")).map_or("", |(_, behind)| behind)
            }
            "br" | "/p" | "/div" | "/li" | "/tr" | "hr" => {
                text.push_str("\r\n");
                after
            }
            _ => after,
        };
    }
    text.push_str(rest);
    let entities =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.into_iter().fold(text, |text, (entity, letter)| text.replace(entity, letter))
}

fn escaped(text: &str) -> String {
    let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
    entities.into_iter().fold(text.to_owned(), |text, (letter, entity)| text.replace(letter, entity))
}

/// A plain text as an HTML document.
pub(super) fn html(text: &str) -> String {
    let lines = escaped(text).replace("\r\n", "\n").replace('\n', "<br>\r\n");
    document(&format!("<div class=\"PlainText\">{lines}</div>"))
}

fn document(inner: &str) -> String {
    format!(
        "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head>\
         <body>{inner}</body></html>"
    )
}

/// All words of a body.
pub(super) fn words(body: &Value) -> String {
    let content = body["content"].as_str().unwrap_or_default();
    if body["contentType"] == "html" { plain(content) } else { content.to_owned() }
}

pub(super) fn preview(body: &Value) -> String {
    words(body).trim().chars().take(PREVIEW).collect()
}

/// What was sent as an `itemBody`, with the type in lower case. Without one it is plain text.
pub(super) fn body(sent: &Value) -> Value {
    let kind = sent["contentType"].as_str().unwrap_or("text").to_ascii_lowercase();
    json!({"contentType": kind, "content": sent["content"].as_str().unwrap_or_default()})
}

/// The body of an answer or a forward: a comment above what it is about.
pub(super) fn quoting(comment: &str, original: &Value, heading: &str) -> Value {
    let below = &original["body"];
    let content = below["content"].as_str().unwrap_or_default();
    if below["contentType"] == "html" {
        let (heading, comment) =
            (escaped(heading).replace('\n', "<br>\r\n"), escaped(comment).replace('\n', "<br>\n"));
        let inner = format!("<div>{comment}</div><hr><div>{heading}</div>{content}");
        return json!({"contentType": "html", "content": document(&inner)});
    }
    let text = format!("{comment}\r\n________________________________\r\n{heading}\r\n{content}");
    json!({"contentType": "text", "content": text})
}
