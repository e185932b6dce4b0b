//! Gmail's search: words, phrases, operators, `-`, `OR`, parentheses and braces.

use jiff::Timestamp;
use jiff::civil::Date;

use super::letter::Letter;
use super::mailbox::{Mailbox, Message};

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    /// `name:value`.
    Operator(String, String),
    /// A word or a phrase anywhere in the message.
    Text(String),
}

/// How deep parentheses may nest. What is deeper counts as words.
const MAX_DEPTH: usize = 16;

pub(super) fn parse(text: &str) -> Query {
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        parts.push(sequence(&mut rest, None, 0));
        // A closing bracket that nothing opened.
        rest = rest.get(1..).unwrap_or_default();
    }
    if parts.len() == 1 { parts.remove(0) } else { Query::All(parts) }
}

/// Words with their quotes, brackets and minus signs as tokens of their own.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                word.push(character);
            }
            _ if quoted => word.push(character),
            '(' | ')' | '{' | '}' => {
                flush(&mut word, &mut tokens);
                tokens.push(character.to_string());
            }
            '-' if word.is_empty() => tokens.push("-".to_owned()),
            character if character.is_whitespace() => flush(&mut word, &mut tokens),
            character => word.push(character),
        }
    }
    flush(&mut word, &mut tokens);
    tokens
}

fn flush(word: &mut String, tokens: &mut Vec<String>) {
    if !word.is_empty() {
        tokens.push(std::mem::take(word));
    }
}

/// Terms until `close`: all of them, where an `OR` between two makes those two alternatives.
fn sequence(rest: &mut &[String], close: Option<&str>, depth: usize) -> Query {
    let mut groups: Vec<Vec<Query>> = Vec::new();
    let mut alternative = false;
    while let Some((token, others)) = rest.split_first() {
        if Some(token.as_str()) == close || (close.is_none() && matches!(token.as_str(), ")" | "}")) {
            break;
        }
        *rest = others;
        if token == "OR" {
            alternative = !groups.is_empty();
            continue;
        }
        let term = term(token, rest, depth);
        match groups.last_mut() {
            Some(group) if alternative => group.push(term),
            _ => groups.push(vec![term]),
        }
        alternative = false;
    }
    let each = groups.into_iter().map(|mut group| match group.len() {
        1 => group.remove(0),
        _ => Query::Any(group),
    });
    Query::All(each.collect())
}

fn term(token: &str, rest: &mut &[String], depth: usize) -> Query {
    if token == "-" {
        return match rest.split_first() {
            Some((next, others)) => {
                *rest = others;
                Query::Not(Box::new(term(next, rest, depth)))
            }
            None => Query::All(Vec::new()),
        };
    }
    if let Some(close) = closing(token, depth) {
        return group(close, rest, depth);
    }
    match token.split_once(':') {
        Some((name, _)) if name.contains('"') => Query::Text(unquoted(token)),
        // `from:(ada OR grace)` asks the operator of each alternative.
        Some((name, "")) => match rest.split_first() {
            Some((next, others)) if let Some(close) = closing(next, depth) => {
                *rest = others;
                apply(&name.to_lowercase(), group(close, rest, depth))
            }
            _ => Query::Text(name.to_lowercase()),
        },
        Some((name, value)) => Query::Operator(name.to_lowercase(), unquoted(value)),
        None => Query::Text(unquoted(token)),
    }
}

fn closing(token: &str, depth: usize) -> Option<&'static str> {
    match token {
        "(" if depth < MAX_DEPTH => Some(")"),
        "{" if depth < MAX_DEPTH => Some("}"),
        _ => None,
    }
}

/// What stands between brackets; in braces, alternatives.
fn group(close: &'static str, rest: &mut &[String], depth: usize) -> Query {
    let inner = sequence(rest, Some(close), depth + 1);
    *rest = rest.get(1..).unwrap_or_default();
    match inner {
        Query::All(terms) if close == "}" => Query::Any(terms),
        inner => inner,
    }
}

/// `name:` before each word of `query`.
fn apply(name: &str, query: Query) -> Query {
    match query {
        Query::All(terms) => Query::All(terms.into_iter().map(|term| apply(name, term)).collect()),
        Query::Any(terms) => Query::Any(terms.into_iter().map(|term| apply(name, term)).collect()),
        Query::Not(term) => Query::Not(Box::new(apply(name, *term))),
        Query::Text(text) => Query::Operator(name.to_owned(), text),
        operator @ Query::Operator(..) => operator,
    }
}

fn unquoted(text: &str) -> String {
    text.replace('"', "").to_lowercase()
}

/// A message as a search sees it.
pub(super) struct Facts {
    labels: Vec<String>,
    /// The names of the user's own labels on it.
    label_names: Vec<String>,
    from: String,
    to: String,
    cc: String,
    bcc: String,
    subject: String,
    text: String,
    attachments: Vec<String>,
    rfc_id: String,
    date: Timestamp,
    size: usize,
}

impl Facts {
    pub(super) fn of(mailbox: &Mailbox, message: &Message) -> Self {
        let raw = message.bytes();
        let letter = Letter::parse(&raw);
        let each = |read: fn(&Letter<'_>) -> Vec<String>| {
            let found = letter.as_ref().map(read).unwrap_or_default();
            found.join(", ").to_lowercase()
        };
        let own = mailbox.labels.iter().filter(|label| message.has(&label.id));
        Self {
            labels: message.labels.clone(),
            label_names: own.map(|label| dashed(&label.name)).collect(),
            from: each(|letter| letter.from()),
            to: each(|letter| letter.to()),
            cc: each(|letter| letter.cc()),
            bcc: each(|letter| letter.bcc()),
            subject: message.subject.to_lowercase(),
            text: letter.as_ref().map(Letter::text).unwrap_or_default().to_lowercase(),
            attachments: letter.as_ref().map(Letter::attachment_names).unwrap_or_default(),
            rfc_id: message.rfc_id.to_lowercase(),
            date: Timestamp::from_millisecond(message.date).unwrap_or_default(),
            size: raw.len(),
        }
    }

    fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own.eq_ignore_ascii_case(label))
    }
}

/// How a search writes a label's name.
fn dashed(name: &str) -> String {
    name.to_lowercase().replace([' ', '/'], "-")
}

impl Query {
    pub(super) fn matches(&self, facts: &Facts, now: Timestamp) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.matches(facts, now)),
            Self::Any(terms) => terms.iter().any(|term| term.matches(facts, now)),
            Self::Not(term) => !term.matches(facts, now),
            Self::Text(text) => contains_words(facts, text),
            Self::Operator(name, value) => operator(facts, name, value, now)
                .unwrap_or_else(|| contains_words(facts, &format!("{name}:{value}"))),
        }
    }

    /// Whether the search itself asks for what lies in the trash or in spam.
    pub(super) fn looks_everywhere(&self) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().any(Self::looks_everywhere),
            Self::Operator(name, value) => {
                matches!(name.as_str(), "in" | "label")
                    && matches!(value.as_str(), "anywhere" | "trash" | "spam")
            }
            Self::Not(_) | Self::Text(_) => false,
        }
    }
}

fn contains_words(facts: &Facts, text: &str) -> bool {
    [&facts.subject, &facts.text, &facts.from, &facts.to, &facts.cc]
        .iter()
        .any(|place| has_phrase(place, text))
}

/// Whole words, as Gmail matches: `invoice` does not find `invoices`.
fn has_phrase(place: &str, phrase: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric();
    let mut starts = place.match_indices(phrase);
    starts.any(|(start, found)| {
        let before = place[..start].chars().next_back();
        let after = place[start + found.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// `None` for an operator that Gmail does not know, which it takes as text.
fn operator(facts: &Facts, name: &str, value: &str, now: Timestamp) -> Option<bool> {
    Some(match name {
        "from" => facts.from.contains(value),
        "to" => [&facts.to, &facts.cc, &facts.bcc].iter().any(|place| place.contains(value)),
        "cc" => facts.cc.contains(value),
        "bcc" => facts.bcc.contains(value),
        "subject" => has_phrase(&facts.subject, value),
        "is" => match value {
            "read" => !facts.has("UNREAD"),
            label => facts.has(label),
        },
        "in" => match value {
            "anywhere" => true,
            "drafts" => facts.has("DRAFT"),
            label => facts.has(label),
        },
        "label" => facts.has(value) || facts.label_names.contains(&dashed(value)),
        "category" => facts.has(&format!("category_{value}")),
        "has" => match value {
            "attachment" => !facts.attachments.is_empty(),
            "userlabels" => !facts.label_names.is_empty(),
            "nouserlabels" => facts.label_names.is_empty(),
            _ => false,
        },
        "filename" => facts.attachments.iter().any(|name| name.to_lowercase().contains(value)),
        "rfc822msgid" => facts.rfc_id == value.trim_matches(['<', '>']),
        "newer_than" => facts.date >= before(now, value)?,
        "older_than" => facts.date < before(now, value)?,
        "after" | "newer" => facts.date >= moment(value)?,
        "before" | "older" => facts.date < moment(value)?,
        "larger" => facts.size >= bytes(value)?,
        "smaller" => facts.size < bytes(value)?,
        _ => return None,
    })
}

/// `2d`, `3m` or `1y` before `now`.
fn before(now: Timestamp, value: &str) -> Option<Timestamp> {
    let unit = value.chars().next_back()?;
    let count: i64 = value.strip_suffix(unit)?.parse().ok()?;
    let days = match unit {
        'd' => count,
        'm' => count.checked_mul(30)?,
        'y' => count.checked_mul(365)?,
        _ => return None,
    };
    now.checked_sub(jiff::SignedDuration::from_secs(days.checked_mul(86_400)?)).ok()
}

/// A day, `2026/11/30` or `2026-11-30`, or seconds since the epoch.
fn moment(value: &str) -> Option<Timestamp> {
    if let Ok(seconds) = value.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let mut numbers = value.split(['/', '-']).map(str::parse::<i16>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// `500`, `10k` or `5m`.
fn bytes(value: &str) -> Option<usize> {
    let (number, factor) = match value.chars().next_back()? {
        'k' => (&value[..value.len() - 1], 1024),
        'm' => (&value[..value.len() - 1], 1024 * 1024),
        _ => (value, 1),
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}
