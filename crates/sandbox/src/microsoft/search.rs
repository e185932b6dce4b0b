//! `$search` on messages: the keyword query language as far as people type it.

use serde_json::Value;

use super::failure::Failure;
use super::writing;

const MAX_DEPTH: usize = 20;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    /// A property in lower case, the sign behind it, and what it should be.
    Property(String, String, String),
    Words(String),
}

/// Reads the value of `$search`, which stands in double quotes; those within have a backslash before them.
pub(super) fn parse(value: &str) -> Result<Query, Failure> {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bad = || Failure::uri(format!("Syntax error: the search clause must be in double quotes: {value}"));
    let terms = terms(inner.ok_or_else(bad)?).ok_or_else(bad)?;
    let mut at = 0;
    any(&terms, &mut at, 0).filter(|_| at == terms.len()).ok_or_else(bad)
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Open,
    Close,
    Plain(String),
    Quoted(String),
}

fn terms(text: &str) -> Option<Vec<Term>> {
    let mut terms = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let quote = match letter {
            '\\' => match letters.next()? {
                '"' => true,
                other => {
                    word.push(other);
                    continue;
                }
            },
            // A bare quote would end the clause.
            '"' => return None,
            '(' | ')' | ' ' => {
                if !word.is_empty() {
                    terms.push(Term::Plain(std::mem::take(&mut word)));
                }
                match letter {
                    '(' => terms.push(Term::Open),
                    ')' => terms.push(Term::Close),
                    _ => {}
                }
                continue;
            }
            other => {
                word.push(other);
                continue;
            }
        };
        if quote {
            let mut quoted = String::new();
            loop {
                match letters.next()? {
                    '\\' => match letters.next()? {
                        '"' => break,
                        other => quoted.push(other),
                    },
                    other => quoted.push(other),
                }
            }
            // `subject:"two words"` is one term.
            let name = std::mem::take(&mut word);
            terms.push(if name.is_empty() {
                Term::Quoted(quoted)
            } else {
                Term::Plain(format!("{name}{quoted}"))
            });
        }
    }
    if !word.is_empty() {
        terms.push(Term::Plain(word));
    }
    Some(terms)
}

fn is_word(term: Option<&Term>, word: &str) -> bool {
    matches!(term, Some(Term::Plain(found)) if found == word)
}

fn any(terms: &[Term], at: &mut usize, depth: usize) -> Option<Query> {
    let mut parts = vec![all(terms, at, depth)?];
    while is_word(terms.get(*at), "OR") {
        *at += 1;
        parts.push(all(terms, at, depth)?);
    }
    Some(if parts.len() == 1 { parts.remove(0) } else { Query::Any(parts) })
}

fn all(terms: &[Term], at: &mut usize, depth: usize) -> Option<Query> {
    let mut parts = Vec::new();
    while let Some(term) = terms.get(*at) {
        if *term == Term::Close || is_word(Some(term), "OR") {
            break;
        }
        if is_word(Some(term), "AND") {
            *at += 1;
            continue;
        }
        parts.push(one(terms, at, depth)?);
    }
    (!parts.is_empty()).then_some(Query::All(parts))
}

fn one(terms: &[Term], at: &mut usize, depth: usize) -> Option<Query> {
    if depth > MAX_DEPTH {
        return None;
    }
    let term = terms.get(*at)?;
    *at += 1;
    match term {
        Term::Open => {
            let inner = any(terms, at, depth + 1)?;
            let closed = terms.get(*at) == Some(&Term::Close);
            *at += 1;
            closed.then_some(inner)
        }
        Term::Close => None,
        Term::Quoted(text) => Some(Query::Words(text.clone())),
        Term::Plain(word) if word == "NOT" => Some(Query::Not(Box::new(one(terms, at, depth + 1)?))),
        Term::Plain(word) => Some(match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => Query::Not(Box::new(property_or_words(rest))),
            _ => property_or_words(word),
        }),
    }
}

fn property_or_words(word: &str) -> Query {
    let Some(position) = word.find([':', '<', '>', '=']) else {
        return Query::Words(word.to_owned());
    };
    let (name, rest) = word.split_at(position);
    let sign: String = rest.chars().take_while(|letter| ":<>=".contains(*letter)).collect();
    let value = rest[sign.len()..].to_owned();
    Query::Property(name.to_lowercase(), sign, value)
}

impl Query {
    pub(super) fn matches(&self, message: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(message)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(message)),
            Self::Not(inner) => !inner.matches(message),
            Self::Words(words) => {
                let body = writing::words(&message["body"]);
                [people(message, &["from"]), text(&message["subject"]), body]
                    .iter()
                    .any(|text| has(text, words))
            }
            Self::Property(name, sign, value) => property(message, name, sign, value),
        }
    }
}

fn property(message: &Value, name: &str, sign: &str, value: &str) -> bool {
    let flag = |name: &str| message[name] == Value::Bool(matches!(value, "true" | "yes" | "1"));
    match name {
        "from" => has(&people(message, &["from"]), value),
        "to" => has(&people(message, &["toRecipients"]), value),
        "cc" => has(&people(message, &["ccRecipients"]), value),
        "bcc" => has(&people(message, &["bccRecipients"]), value),
        "recipients" => has(&people(message, &["toRecipients", "ccRecipients", "bccRecipients"]), value),
        "participants" => {
            has(&people(message, &["from", "toRecipients", "ccRecipients", "bccRecipients"]), value)
        }
        "subject" => has(&text(&message["subject"]), value),
        "body" => has(&writing::words(&message["body"]), value),
        "category" => has(&message["categories"].to_string(), value),
        "importance" => text(&message["importance"]).eq_ignore_ascii_case(value),
        "hasattachment" | "hasattachments" => flag("hasAttachments"),
        "isread" => flag("isRead"),
        "kind" => value.eq_ignore_ascii_case("email"),
        "received" | "sent" => {
            let field = if name == "sent" { "sentDateTime" } else { "receivedDateTime" };
            let time = text(&message[field]);
            let Ok(wanted) = value.parse::<jiff::civil::Date>() else { return false };
            let Ok(day) = time.chars().take(10).collect::<String>().parse::<jiff::civil::Date>() else {
                return false;
            };
            match sign {
                "<" => day < wanted,
                "<=" => day <= wanted,
                ">" => day > wanted,
                ">=" => day >= wanted,
                _ => day == wanted,
            }
        }
        // What is no property is searched for as it stands.
        _ => Query::Words(format!("{name}{sign}{value}")).matches(message),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn people(message: &Value, fields: &[&str]) -> String {
    let mut found = String::new();
    for field in fields {
        let value = &message[*field];
        let each = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
        for person in each {
            let address = &person["emailAddress"];
            found.push_str(&format!("{} {} ", text(&address["name"]), text(&address["address"])));
        }
    }
    found
}

/// Whether `words` stand in `text` one after the other. A word is whole unless it ends in an asterisk.
fn has(text: &str, words: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let parts = text.split(|letter: char| !letter.is_alphanumeric() && letter != '*');
        parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
    };
    let (text, wanted) = (split(text), split(words));
    let fits = |word: &String, wanted: &String| match wanted.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    };
    !wanted.is_empty()
        && text
            .windows(wanted.len())
            .any(|window| window.iter().zip(&wanted).all(|(word, wanted)| fits(word, wanted)))
}
