//! Sending: what Gmail adds to a message, and where copies of it arrive.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::failure::Failure;
use super::letter::{Letter, bare};
use super::mailbox::{Message, base_subject};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::strict::Arguments;

/// Google's `format: byte` is base64url; padding is optional.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The description's maximum of an upload, which the API enforces on the decoded message too.
const MAX_MESSAGE: usize = 36_700_160;

/// The bytes of `raw` in a message object, with the headers that Gmail sees to.
pub(super) fn read_raw(
    stage: &mut Stage<'_>,
    account: &str,
    message: &Arguments,
) -> Result<Vec<u8>, Failure> {
    let raw = message.filled("raw");
    let raw = raw.ok_or_else(|| {
        Failure::invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
        )
    })?;
    let bytes = BASE64URL.decode(raw).map_err(|_| {
        Failure::invalid(
            "Invalid value at 'raw' (TYPE_BYTES), Base64 decoding failed (base64url is expected)",
        )
    })?;
    if bytes.len() > MAX_MESSAGE {
        return Err(Failure::invalid("The message is too large"));
    }
    Ok(complete(stage, account, &bytes))
}

/// Fills in From, Date and Message-ID. A From that is not the account's own becomes the account's, as at Gmail.
fn complete(stage: &mut Stage<'_>, account: &str, raw: &[u8]) -> Vec<u8> {
    let (mut fields, body) = split(raw);
    let from = fields.iter().find(|field| named(field, "from")).map(|field| bare_of(field));
    let mut added = String::new();
    if from.as_deref() != Some(account) {
        fields.retain(|field| !named(field, "from"));
        let name = people::of(Provider::Google, account).name();
        added.push_str(&format!("From: {name} <{account}>\r\n"));
    }
    if !fields.iter().any(|field| named(field, "date")) {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&stage.now);
        added.push_str(&format!("Date: {}\r\n", date.unwrap_or_default()));
    }
    if !fields.iter().any(|field| named(field, "message-id")) {
        let id = stage.word(32);
        added.push_str(&format!("Message-ID: <{id}@mail.gmail.com>\r\n"));
    }
    join(added.as_bytes(), &fields, body)
}

fn bare_of(field: &[u8]) -> String {
    let letter = [field, b"\r\n".as_slice()].concat();
    let from = Letter::parse(&letter).map(|letter| letter.from()).unwrap_or_default();
    from.first().map(|address| bare(address)).unwrap_or_default()
}

/// The header fields, each with its continuation lines and line ends, and the rest.
fn split(raw: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut fields: Vec<&[u8]> = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < raw.len() {
        let end =
            raw[at..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |length| at + length + 1);
        let line = &raw[at..end];
        if matches!(line, b"\r\n" | b"\n") {
            break;
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) && at > start {
            fields.push(&raw[start..at]);
            start = at;
        }
        at = end;
    }
    if at > start {
        fields.push(&raw[start..at]);
    }
    (fields, &raw[at..])
}

fn named(field: &[u8], name: &str) -> bool {
    let own = field.split(|byte| *byte == b':').next().unwrap_or_default();
    own.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

fn join(added: &[u8], fields: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut whole = added.to_vec();
    for field in fields {
        whole.extend_from_slice(field);
    }
    if !whole.ends_with(b"\n") {
        whole.extend_from_slice(b"\r\n");
    }
    whole.extend_from_slice(if body.is_empty() { b"\r\n" } else { body });
    whole
}

fn without_bcc(raw: &[u8]) -> Vec<u8> {
    let (mut fields, body) = split(raw);
    fields.retain(|field| !named(field, "bcc"));
    join(b"", &fields, body)
}

/// The thread that the caller names, which has to be there.
pub(super) fn named_thread(
    stage: &Stage<'_>,
    account: &str,
    message: &Arguments,
) -> Result<Option<String>, Failure> {
    let Some(id) = message.filled("threadId") else {
        return Ok(None);
    };
    let mailbox = stage.world.mailboxes.get(account);
    if mailbox.is_none_or(|mailbox| mailbox.thread(id).is_empty()) {
        return Err(Failure::no_entity());
    }
    Ok(Some(id.to_owned()))
}

/// Stores `raw` in a mailbox and returns its id. A named thread counts only where subject and references fit, as the
/// description demands; otherwise the message starts a thread of its own.
pub(super) fn store(
    stage: &mut Stage<'_>,
    account: &str,
    raw: &[u8],
    labels: &[&str],
    thread: Option<String>,
) -> String {
    let id = stage.hex(16);
    let date = stage.now.as_millisecond();
    let (rfc_id, subject, references) = match Letter::parse(raw) {
        Some(letter) => (letter.message_id(), letter.subject(), letter.references()),
        None => (String::new(), String::new(), Vec::new()),
    };
    let mailbox = stage.world.mailboxes.entry(account.to_owned()).or_default();
    let named = thread.filter(|thread| {
        let messages = mailbox.thread(thread);
        let answers = messages.iter().any(|message| references.contains(&message.rfc_id));
        let same_subject =
            messages.first().is_some_and(|message| base_subject(&message.subject) == base_subject(&subject));
        answers && same_subject
    });
    let answered = || mailbox.thread_of_answer(&references, &subject).map(str::to_owned);
    let thread_id = named.or_else(answered).unwrap_or_else(|| id.clone());
    mailbox.add(Message {
        id: id.clone(),
        thread_id,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        raw: URL_SAFE_NO_PAD.encode(raw),
        date,
        arrival: 0,
        history_id: 0,
        rfc_id,
        subject,
    });
    id
}

/// Sends `raw`: a copy stays with the sender, one goes to each recipient who lives here. Returns the sender's id.
pub(super) fn send(
    stage: &mut Stage<'_>,
    account: &str,
    raw: &[u8],
    thread: Option<String>,
) -> Result<String, Failure> {
    let letter = Letter::parse(raw).ok_or_else(|| Failure::invalid("Invalid message"))?;
    let mut recipients: Vec<String> =
        [letter.to(), letter.cc(), letter.bcc()].concat().iter().map(|address| bare(address)).collect();
    recipients.sort();
    recipients.dedup();
    if recipients.is_empty() {
        return Err(Failure::invalid("Recipient address required"));
    }
    if let Some(wrong) = recipients.iter().find(|address| !is_address(address)) {
        return Err(Failure::invalid(format!("Invalid To header: {wrong}")));
    }
    let to_self = recipients.iter().any(|recipient| recipient == account);
    let labels: &[&str] = if to_self { &["SENT", "INBOX", "UNREAD"] } else { &["SENT"] };
    let id = store(stage, account, raw, labels, thread);
    let copy = without_bcc(raw);
    for recipient in recipients.iter().filter(|recipient| *recipient != account) {
        if people::find(Provider::Google, recipient).is_some() {
            store(stage, recipient, &copy, &["INBOX", "UNREAD"], None);
        }
    }
    Ok(id)
}

fn is_address(text: &str) -> bool {
    let well_formed = |local: &str, domain: &str| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.contains(char::is_whitespace)
    };
    text.split_once('@').is_some_and(|(local, domain)| well_formed(local, domain))
}
