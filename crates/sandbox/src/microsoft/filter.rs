//! `$filter`: OData's conditions as far as Exchange serves them, checked against the type they speak of.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use super::failure::Failure;
use super::properties::{Kind, Type};

/// How deep conditions may nest.
const MAX_DEPTH: usize = 40;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(String, Operator, Literal),
    Function(Function, String, String),
    /// The list, the name of its item, and the condition that one of them must meet.
    Has(String, String, Box<Filter>),
    Flag(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Flag(bool),
    Time(Timestamp),
    Null,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

pub(super) fn parse(text: &str, kind: &Kind) -> Result<Filter, Failure> {
    let bad = |position: usize| {
        Failure::uri(format!("Invalid filter clause: Syntax error at position {position} in '{text}'."))
    };
    let tokens = tokens(text).map_err(bad)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let filter = parser.any().filter(|_| parser.at == tokens.len()).ok_or_else(|| bad(parser.at))?;
    check(&filter, kind, None)?;
    Ok(filter)
}

/// The tokens, or the position of what is none.
fn tokens(text: &str) -> Result<Vec<Token>, usize> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        at += 1;
        match letter {
            ' ' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            ':' => tokens.push(Token::Colon),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match (letters.get(at), letters.get(at + 1)) {
                        // A doubled quote stands for one.
                        (Some('\''), Some('\'')) => {
                            quoted.push('\'');
                            at += 2;
                        }
                        (Some('\''), _) => break,
                        (Some(letter), _) => {
                            quoted.push(*letter);
                            at += 1;
                        }
                        (None, _) => return Err(at),
                    }
                }
                at += 1;
                tokens.push(Token::Text(quoted));
            }
            letter if letter.is_ascii_alphanumeric() || *letter == '-' => {
                // Only times and numbers have colons in them.
                let more = if letter.is_ascii_alphabetic() { "_/.@" } else { ":.+-" };
                let start = at - 1;
                while letters.get(at).is_some_and(|next| next.is_ascii_alphanumeric() || more.contains(*next))
                {
                    at += 1;
                }
                tokens.push(Token::Word(letters[start..at].iter().collect()));
            }
            _ => return Err(at),
        }
    }
    Ok(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn eat(&mut self, token: &Token) -> Option<()> {
        (self.next()? == token).then_some(())
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(found)) if found == word)
    }

    fn any(&mut self) -> Option<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut parts = vec![self.all()?];
        while self.is_word("or") {
            self.at += 1;
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Some(if parts.len() == 1 { parts.remove(0) } else { Filter::Any(parts) })
    }

    fn all(&mut self) -> Option<Filter> {
        let mut parts = vec![self.one()?];
        while self.is_word("and") {
            self.at += 1;
            parts.push(self.one()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Filter::All(parts) })
    }

    fn one(&mut self) -> Option<Filter> {
        if self.is_word("not") {
            self.at += 1;
            self.depth += 1;
            return if self.depth > MAX_DEPTH { None } else { Some(Filter::Not(Box::new(self.one()?))) };
        }
        match self.next()?.clone() {
            Token::Open => {
                let inner = self.any()?;
                self.eat(&Token::Close)?;
                Some(inner)
            }
            Token::Word(word) if self.tokens.get(self.at) == Some(&Token::Open) => {
                self.at += 1;
                let filter = self.call(&word)?;
                self.eat(&Token::Close)?;
                Some(filter)
            }
            Token::Word(path) => self.comparison(path),
            _ => None,
        }
    }

    fn call(&mut self, word: &str) -> Option<Filter> {
        if let Some(list) = word.strip_suffix("/any") {
            let Token::Word(item) = self.next()?.clone() else { return None };
            self.eat(&Token::Colon)?;
            let inner = self.any()?;
            return Some(Filter::Has(list.to_owned(), item, Box::new(inner)));
        }
        let function = match word {
            "contains" => Function::Contains,
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            _ => return None,
        };
        let Token::Word(path) = self.next()?.clone() else { return None };
        self.eat(&Token::Comma)?;
        let Token::Text(text) = self.next()?.clone() else { return None };
        Some(Filter::Function(function, path, text))
    }

    fn comparison(&mut self, path: String) -> Option<Filter> {
        let operator = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => match word.as_str() {
                "eq" => Operator::Equal,
                "ne" => Operator::NotEqual,
                "lt" => Operator::Less,
                "le" => Operator::LessOrEqual,
                "gt" => Operator::Greater,
                "ge" => Operator::GreaterOrEqual,
                "and" | "or" => return Some(Filter::Flag(path)),
                _ => return None,
            },
            _ => return Some(Filter::Flag(path)),
        };
        self.at += 1;
        let literal = match self.next()? {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Word(word) => literal(word)?,
            _ => return None,
        };
        Some(Filter::Compare(path, operator, literal))
    }
}

fn literal(word: &str) -> Option<Literal> {
    match word {
        "true" => Some(Literal::Flag(true)),
        "false" => Some(Literal::Flag(false)),
        "null" => Some(Literal::Null),
        _ => {
            let number = || word.parse().ok().map(Literal::Number);
            let time = || word.parse().ok().map(Literal::Time);
            // A date alone is midnight in UTC.
            let date = || format!("{word}T00:00:00Z").parse().ok().map(Literal::Time);
            number().or_else(time).or_else(date)
        }
    }
}

/// The type of what a path names. In a lambda `item` is bound to something with the paths beside it.
fn type_of(path: &str, kind: &Kind, item: Option<(&str, &[&str])>) -> Result<Type, Failure> {
    let missing = || Failure::no_property(path, kind.name);
    let (first, below) = path.split_once('/').map_or((path, None), |(first, below)| (first, Some(below)));
    if let Some((name, paths)) = item
        && name == first
    {
        let known = below.is_none_or(|below| paths.contains(&below));
        return if known { Ok(Type::Text) } else { Err(missing()) };
    }
    match (kind.find(first), below) {
        (Some(found), None) => Ok(found),
        (Some(Type::Complex(paths)), Some(below)) if paths.contains(&below) => Ok(Type::Text),
        _ => Err(missing()),
    }
}

fn check(filter: &Filter, kind: &Kind, item: Option<(&str, &[&str])>) -> Result<(), Failure> {
    let wrong = |path: &str, what: &str| {
        Failure::uri(format!(
            "Invalid filter clause: A binary operator with incompatible types was detected: '{path}' is not to be \
             compared with {what}."
        ))
    };
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().try_for_each(|part| check(part, kind, item)),
        Filter::Not(inner) => check(inner, kind, item),
        Filter::Has(list, name, inner) => {
            let paths = match type_of(list, kind, None)? {
                Type::List(paths) => paths,
                Type::Texts => &[],
                _ => {
                    return Err(Failure::uri(format!(
                        "Invalid filter clause: '{list}' is not a collection."
                    )));
                }
            };
            check(inner, kind, Some((name, paths)))
        }
        Filter::Flag(path) => match type_of(path, kind, item)? {
            Type::Flag => Ok(()),
            _ => Err(wrong(path, "true")),
        },
        Filter::Function(_, path, _) => match type_of(path, kind, item)? {
            Type::Text => Ok(()),
            _ => Err(wrong(path, "a text")),
        },
        Filter::Compare(path, _, literal) => match (type_of(path, kind, item)?, literal) {
            (_, Literal::Null)
            | (Type::Text, Literal::Text(_))
            | (Type::Time, Literal::Time(_))
            | (Type::Flag, Literal::Flag(_))
            | (Type::Number, Literal::Number(_)) => Ok(()),
            (_, Literal::Text(_)) => Err(wrong(path, "a text in quotes")),
            (_, Literal::Time(_)) => Err(wrong(path, "a time without quotes")),
            (_, Literal::Flag(_)) => Err(wrong(path, "true or false")),
            (_, Literal::Number(_)) => Err(wrong(path, "a number")),
        },
    }
}

impl Filter {
    pub(super) fn matches(&self, entity: &Value) -> bool {
        self.holds(entity, None)
    }

    fn holds(&self, entity: &Value, item: Option<(&str, &Value)>) -> bool {
        let at = |path: &str| resolve(path, entity, item);
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(entity, item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(entity, item)),
            Self::Not(inner) => !inner.holds(entity, item),
            Self::Flag(path) => *at(path) == Value::Bool(true),
            Self::Has(list, name, inner) => {
                let items = at(list).as_array();
                items.into_iter().flatten().any(|value| inner.holds(entity, Some((name, value))))
            }
            Self::Function(function, path, text) => {
                let whole = at(path).as_str().unwrap_or_default().to_lowercase();
                let part = text.to_lowercase();
                match function {
                    Function::Contains => whole.contains(&part),
                    Function::StartsWith => whole.starts_with(&part),
                    Function::EndsWith => whole.ends_with(&part),
                }
            }
            Self::Compare(path, operator, literal) => compare(at(path), *operator, literal),
        }
    }

    /// The properties it speaks of, in order.
    pub(super) fn paths(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Not(inner) => inner.paths(),
            Self::Compare(path, ..) | Self::Function(_, path, _) | Self::Has(path, ..) | Self::Flag(path) => {
                vec![path]
            }
        }
    }
}

pub(super) fn resolve<'v>(path: &str, entity: &'v Value, item: Option<(&str, &'v Value)>) -> &'v Value {
    let mut segments = path.split('/').peekable();
    let mut value = entity;
    if let (Some((name, bound)), Some(first)) = (item, segments.peek())
        && name == *first
    {
        value = bound;
        segments.next();
    }
    segments.fold(value, |value, segment| &value[segment])
}

fn compare(value: &Value, operator: Operator, literal: &Literal) -> bool {
    let text = value.as_str().unwrap_or_default();
    let ordering = match literal {
        Literal::Null => return value.is_null() == (operator == Operator::Equal),
        _ if value.is_null() => return operator == Operator::NotEqual,
        Literal::Flag(flag) => value.as_bool().map(|value| value.cmp(flag)),
        Literal::Number(number) => value.as_f64().and_then(|value| value.partial_cmp(number)),
        Literal::Time(time) => text.parse::<Timestamp>().ok().map(|value| value.cmp(time)),
        Literal::Text(other) => {
            match (text.parse::<DateTime>(), other.trim_end_matches('Z').parse::<DateTime>()) {
                (Ok(left), Ok(right)) => Some(left.cmp(&right)),
                _ => Some(text.to_lowercase().cmp(&other.to_lowercase())),
            }
        }
    };
    ordering.is_some_and(|ordering| match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    })
}
