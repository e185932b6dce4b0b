//! A parsed RFC 5322 message: its parts as Gmail shows them, and the facts that a search asks about.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::{Value, json};

/// What of the headers to show.
#[derive(Debug, Clone)]
pub(super) enum Headers {
    All,
    /// These, if there are any names, and no bodies.
    Named(Vec<String>),
}

pub(super) struct Letter<'a> {
    message: Message<'a>,
}

/// The parts of a message with their ids (`0`, `0.1`), depth first.
type Numbered<'a, 'b> = (String, &'b MessagePart<'a>);

impl<'a> Letter<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Option<Self> {
        let message = MessageParser::default().parse(raw)?;
        Some(Self { message })
    }

    pub(super) fn subject(&self) -> String {
        self.message.subject().unwrap_or_default().to_owned()
    }

    pub(super) fn message_id(&self) -> String {
        self.message.message_id().unwrap_or_default().to_owned()
    }

    /// The ids of the messages that this one answers.
    pub(super) fn references(&self) -> Vec<String> {
        let headers = [self.message.in_reply_to(), self.message.references()];
        let mut ids = Vec::new();
        for header in headers {
            ids.extend(header.as_text_list().into_iter().flatten().map(|id| id.to_string()));
        }
        ids
    }

    pub(super) fn from(&self) -> Vec<String> {
        addresses(self.message.from())
    }

    pub(super) fn to(&self) -> Vec<String> {
        addresses(self.message.to())
    }

    pub(super) fn cc(&self) -> Vec<String> {
        addresses(self.message.cc())
    }

    pub(super) fn bcc(&self) -> Vec<String> {
        addresses(self.message.bcc())
    }

    /// What a person reads, HTML turned into text.
    pub(super) fn text(&self) -> String {
        self.message.body_text(0).unwrap_or_default().into_owned()
    }

    pub(super) fn attachment_names(&self) -> Vec<String> {
        let names = self.parts().into_iter().map(|(_, part)| filename(part));
        names.filter(|name| !name.is_empty()).collect()
    }

    /// The bytes of the part with this id.
    pub(super) fn part(&self, id: &str) -> Option<Vec<u8>> {
        let found = self.parts().into_iter().find(|(part_id, _)| part_id == id);
        found.map(|(_, part)| part.contents().to_vec())
    }

    /// Gmail's snippet, which is HTML.
    pub(super) fn snippet(&self) -> String {
        let text = self.text();
        let words: Vec<&str> = text.split_whitespace().collect();
        let start: String = words.join(" ").chars().take(200).collect();
        start
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    }

    /// Gmail's `payload`.
    pub(super) fn payload(&self, message_id: &str, headers: &Headers) -> Value {
        match headers {
            Headers::All => self.part_value(0, "", message_id),
            Headers::Named(names) => {
                let wanted =
                    |name: &str| names.is_empty() || names.iter().any(|own| own.eq_ignore_ascii_case(name));
                let root = &self.message.parts[0];
                let mut all = self.headers(root);
                all.retain(|header| header["name"].as_str().is_some_and(wanted));
                json!({"mimeType": mime_type(root), "headers": all})
            }
        }
    }

    fn part_value(&self, index: u32, id: &str, message_id: &str) -> Value {
        let Some(part) = self.message.part(index) else {
            return Value::Null;
        };
        let name = filename(part);
        let mut value = json!({
            "partId": id, "mimeType": mime_type(part), "filename": name, "headers": self.headers(part),
        });
        if let PartType::Multipart(children) = &part.body {
            value["body"] = json!({"size": 0});
            let children = children.iter().enumerate();
            value["parts"] = children
                .map(|(position, child)| self.part_value(*child, &child_id(id, position), message_id))
                .collect();
            return value;
        }
        let contents = part.contents();
        value["body"] = if name.is_empty() {
            json!({"size": contents.len(), "data": URL_SAFE_NO_PAD.encode(contents)})
        } else {
            json!({"size": contents.len(), "attachmentId": attachment_id(message_id, id)})
        };
        value
    }

    fn headers(&self, part: &MessagePart<'_>) -> Vec<Value> {
        let header = |header: &mail_parser::Header<'_>| {
            let range = header.offset_start() as usize..header.offset_end() as usize;
            let raw = self.message.raw_message.get(range).unwrap_or_default();
            json!({"name": header.name(), "value": readable(&String::from_utf8_lossy(raw))})
        };
        part.headers().iter().map(header).collect()
    }

    fn parts(&self) -> Vec<Numbered<'a, '_>> {
        let mut found = Vec::new();
        self.collect(0, "", &mut found);
        found
    }

    fn collect<'b>(&'b self, index: u32, id: &str, into: &mut Vec<Numbered<'a, 'b>>) {
        let Some(part) = self.message.part(index) else {
            return;
        };
        into.push((id.to_owned(), part));
        for (position, child) in part.sub_parts().into_iter().flatten().enumerate() {
            self.collect(*child, &child_id(id, position), into);
        }
    }
}

fn child_id(parent: &str, position: usize) -> String {
    if parent.is_empty() { position.to_string() } else { format!("{parent}.{position}") }
}

/// Names the part of the message; Gmail's ids are opaque and long.
pub(super) fn attachment_id(message_id: &str, part_id: &str) -> String {
    let named = URL_SAFE_NO_PAD.encode(format!("{message_id}/{part_id}"));
    format!("ANGjdJ{named}")
}

/// The part that an attachment id of this message names.
pub(super) fn part_of_attachment(message_id: &str, attachment_id: &str) -> Option<String> {
    let named = URL_SAFE_NO_PAD.decode(attachment_id.strip_prefix("ANGjdJ")?).ok()?;
    let named = String::from_utf8(named).ok()?;
    let part_id = named.strip_prefix(message_id)?.strip_prefix('/')?;
    Some(part_id.to_owned())
}

/// Unfolded, with encoded words decoded.
fn readable(raw: &str) -> String {
    let unfolded = raw.split("\r\n").flat_map(|line| line.split('\n')).collect::<Vec<_>>().join("");
    let unfolded = unfolded.trim();
    if !unfolded.contains("=?") {
        return unfolded.to_owned();
    }
    let message = format!("Subject: {unfolded}\r\n\r\n");
    let parsed = MessageParser::default().parse(message.as_bytes());
    let decoded = parsed.as_ref().and_then(|message| message.subject());
    decoded.unwrap_or(unfolded).to_owned()
}

fn mime_type(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(found) => {
            let subtype = found.subtype().unwrap_or("plain");
            format!("{}/{subtype}", found.ctype()).to_ascii_lowercase()
        }
        None => "text/plain".to_owned(),
    }
}

fn filename(part: &MessagePart<'_>) -> String {
    part.attachment_name().unwrap_or_default().to_owned()
}

/// `Name <address>` of each, as far as they are given.
fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    let each = |addr: &mail_parser::Addr<'_>| match (addr.name().unwrap_or_default(), addr.address()) {
        (name, Some(address)) => format!("{name} <{address}>").trim().to_owned(),
        (name, None) => name.to_owned(),
    };
    let all = header.into_iter().flat_map(Address::iter).map(each);
    all.filter(|text| !text.is_empty() && text != "<>").collect()
}

/// The bare address in what [`Letter::to`] and its like return.
pub(super) fn bare(address: &str) -> String {
    let inner = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>'));
    inner.trim().to_ascii_lowercase()
}
