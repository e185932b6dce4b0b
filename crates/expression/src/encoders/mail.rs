//! An RFC 5322 message with MIME parts (RFC 2045 to 2047), for providers that take a raw message.
//!
//! Deterministic: the date, the message id and the multipart boundary come from the input. No value can start a
//! header of its own: addresses are parsed, and the library encodes or folds everything else.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::header::{ContentDisposition, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MessageBuilder, MultiPart, SinglePart};
use serde::Deserialize;
use serde_json::Value;

/// The input of `mail_message`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    from: String,
    #[serde(default)]
    to: Addresses,
    #[serde(default)]
    cc: Addresses,
    #[serde(default)]
    bcc: Addresses,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    in_reply_to: Option<String>,
    references: Option<String>,
    /// Further headers by their names.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// With angle brackets.
    message_id: String,
    /// Seconds since the epoch.
    date: i64,
    /// Unique text from which boundaries are made.
    boundary: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attachment {
    name: String,
    mime_type: Option<String>,
    /// Standard base64.
    content: String,
}

/// One text with commas, or a list.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Addresses {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

pub(super) fn encode(input: &Value) -> Result<Value, String> {
    let mail = Mail::deserialize(input).map_err(|error| format!("mail_message: {error}"))?;
    let message = build(mail)?;
    String::from_utf8(message.formatted())
        .map(Value::String)
        .map_err(|_| "mail_message: the message is no text".to_owned())
}

fn build(mail: Mail) -> Result<Message, String> {
    let from: Mailbox = mail.from.parse().map_err(|_| format!("`{}` is no e-mail address", mail.from))?;
    let mut builder = Message::builder()
        .from(from)
        .message_id(Some(mail.message_id.clone()))
        .date(date(mail.date)?)
        .subject(mail.subject.clone().unwrap_or_default())
        .keep_bcc();
    let (to, cc, bcc) = (mail.to.parse()?, mail.cc.parse()?, mail.bcc.parse()?);
    if to.iter().chain(cc.iter()).chain(bcc.iter()).next().is_none() {
        return Err("give at least one recipient in `to`, `cc` or `bcc`".to_owned());
    }
    builder = to.into_iter().fold(builder, MessageBuilder::to);
    builder = cc.into_iter().fold(builder, MessageBuilder::cc);
    builder = bcc.into_iter().fold(builder, MessageBuilder::bcc);
    if let Some(id) = &mail.in_reply_to {
        builder = builder.in_reply_to(id.clone());
    }
    if let Some(ids) = &mail.references {
        builder = builder.references(ids.clone());
    }
    for (name, value) in &mail.headers {
        let named = HeaderName::new_from_ascii(name.clone());
        let named = named.map_err(|_| format!("mail_message: `{name}` is no header name"))?;
        builder = builder.raw_header(HeaderValue::new(named, value.clone()));
    }
    attach(builder, mail)
}

fn attach(builder: MessageBuilder, mail: Mail) -> Result<Message, String> {
    let email = |error: lettre::error::Error| format!("mail_message: {error}");
    let body = match (mail.text, mail.html) {
        (Some(text), Some(html)) => Body::Alternative(
            MultiPart::alternative()
                .boundary(format!("alternative-{}", mail.boundary))
                .singlepart(SinglePart::plain(text))
                .singlepart(SinglePart::html(html)),
        ),
        (None, Some(html)) => Body::Single(SinglePart::html(html)),
        (text, None) => Body::Single(SinglePart::plain(text.unwrap_or_default())),
    };
    if mail.attachments.is_empty() {
        return match body {
            Body::Single(part) => builder.singlepart(part).map_err(email),
            Body::Alternative(parts) => builder.multipart(parts).map_err(email),
        };
    }
    let mixed = MultiPart::mixed().boundary(format!("mixed-{}", mail.boundary));
    let mut mixed = match body {
        Body::Single(part) => mixed.singlepart(part),
        Body::Alternative(parts) => mixed.multipart(parts),
    };
    for attachment in mail.attachments {
        mixed = mixed.singlepart(attachment.into_part()?);
    }
    builder.multipart(mixed).map_err(email)
}

enum Body {
    Single(SinglePart),
    Alternative(MultiPart),
}

impl Attachment {
    fn into_part(self) -> Result<SinglePart, String> {
        let content = STANDARD
            .decode(self.content.as_bytes())
            .map_err(|_| format!("the content of attachment `{}` is not base64", self.name))?;
        let mime_type = self.mime_type.as_deref().unwrap_or("application/octet-stream");
        let content_type = ContentType::parse(mime_type)
            .map_err(|_| format!("`{mime_type}` of attachment `{}` is no media type", self.name))?;
        Ok(SinglePart::builder()
            .header(content_type)
            .header(ContentDisposition::attachment(&self.name))
            .body(content))
    }
}

impl Addresses {
    fn parse(&self) -> Result<Mailboxes, String> {
        let texts: &[String] = match self {
            Self::None => &[],
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        };
        let mut mailboxes = Mailboxes::new();
        for text in texts {
            let parsed: Mailboxes = text.parse().map_err(|_| format!("`{text}` is no e-mail address"))?;
            parsed.into_iter().for_each(|mailbox| mailboxes.push(mailbox));
        }
        Ok(mailboxes)
    }
}

fn date(seconds: i64) -> Result<SystemTime, String> {
    jiff::Timestamp::from_second(seconds)
        .map(SystemTime::from)
        .map_err(|_| "mail_message: `date` is out of range".to_owned())
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Attachment>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
