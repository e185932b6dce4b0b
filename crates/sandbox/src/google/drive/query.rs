//! Drive's search language: terms with `and`, `or`, `not` and parentheses, and what they mean for a file.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    Both(Box<Query>, Box<Query>),
    Either(Box<Query>, Box<Query>),
    Not(Box<Query>),
    Term(Term),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// `field operator value`.
    Compared(String, Operator, Value),
    /// `'value' in field`.
    In(String, String),
    /// `field has { key='k' and value='v' }`.
    Has(String, String, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Contains,
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Time(Timestamp),
    Number(i64),
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Found, not compared.
    Content,
    Flag,
    Time,
    Visibility,
    Collection,
    Properties,
    Number,
}

/// The fields that files are searched by.
const FILE_FIELDS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("fullText", Kind::Content),
    ("mimeType", Kind::Text),
    ("modifiedTime", Kind::Time),
    ("viewedByMeTime", Kind::Time),
    ("createdTime", Kind::Time),
    ("sharedWithMeTime", Kind::Time),
    ("trashed", Kind::Flag),
    ("starred", Kind::Flag),
    ("sharedWithMe", Kind::Flag),
    ("parents", Kind::Collection),
    ("owners", Kind::Collection),
    ("writers", Kind::Collection),
    ("readers", Kind::Collection),
    ("properties", Kind::Properties),
    ("appProperties", Kind::Properties),
    ("visibility", Kind::Visibility),
    ("shortcutDetails.targetId", Kind::Text),
];

/// The fields that shared drives are searched by.
const DRIVE_FIELDS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("createdTime", Kind::Time),
    ("hidden", Kind::Flag),
    ("memberCount", Kind::Number),
    ("organizerCount", Kind::Number),
];

const VISIBILITIES: &[&str] =
    &["anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"];
/// How deep parentheses and `not` may nest.
const MAX_DEPTH: usize = 32;

pub(super) fn of_files(text: &str) -> Option<Query> {
    parse(text, FILE_FIELDS)
}

pub(super) fn of_drives(text: &str) -> Option<Query> {
    parse(text, DRIVE_FIELDS)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            character if character.is_whitespace() => {}
            '\'' => {
                let mut value = String::new();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        '\\' => match rest.next()? {
                            escaped @ ('\'' | '\\') => value.push(escaped),
                            _ => return None,
                        },
                        character => value.push(character),
                    }
                }
                tokens.push(Token::Text(value));
            }
            '(' | ')' | '{' | '}' | '=' => tokens.push(Token::Sign(character.to_string())),
            '<' | '>' | '!' => {
                let mut sign = character.to_string();
                if rest.next_if_eq(&'=').is_some() {
                    sign.push('=');
                }
                tokens.push(Token::Sign(sign));
            }
            character if character.is_ascii_alphanumeric() => {
                let mut word = character.to_string();
                let in_word = |next: &char| next.is_ascii_alphanumeric() || *next == '.';
                while let Some(next) = rest.next_if(in_word) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            _ => return None,
        }
    }
    Some(tokens)
}

struct Parser<'t> {
    rest: &'t [Token],
    fields: &'static [(&'static str, Kind)],
}

fn parse(text: &str, fields: &'static [(&'static str, Kind)]) -> Option<Query> {
    let tokens = tokens(text)?;
    let mut parser = Parser { rest: &tokens, fields };
    let query = parser.terms(0)?;
    parser.rest.is_empty().then_some(query)
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn takes(&mut self, expected: &Token) -> bool {
        let found = self.rest.first() == Some(expected);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn takes_word(&mut self, expected: &str) -> bool {
        match self.rest.first() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case(expected) => {
                self.rest = &self.rest[1..];
                true
            }
            _ => false,
        }
    }

    fn takes_sign(&mut self, expected: &str) -> bool {
        self.takes(&Token::Sign(expected.to_owned()))
    }

    /// Terms from left to right: `and` and `or` bind alike, as Google documents.
    fn terms(&mut self, depth: usize) -> Option<Query> {
        let mut query = self.term(depth)?;
        loop {
            if self.takes_word("and") {
                query = Query::Both(Box::new(query), Box::new(self.term(depth)?));
            } else if self.takes_word("or") {
                query = Query::Either(Box::new(query), Box::new(self.term(depth)?));
            } else {
                return Some(query);
            }
        }
    }

    fn term(&mut self, depth: usize) -> Option<Query> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.takes_word("not") {
            return Some(Query::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.takes_sign("(") {
            let query = self.terms(depth + 1)?;
            return self.takes_sign(")").then_some(query);
        }
        match self.next()?.clone() {
            Token::Text(value) => {
                if !self.takes_word("in") {
                    return None;
                }
                let Token::Word(field) = self.next()?.clone() else {
                    return None;
                };
                (self.kind(&field)? == Kind::Collection).then_some(Query::Term(Term::In(value, field)))
            }
            Token::Word(field) => self.comparison(field).map(Query::Term),
            Token::Sign(_) => None,
        }
    }

    fn kind(&self, field: &str) -> Option<Kind> {
        let found = self.fields.iter().find(|(name, _)| *name == field);
        found.map(|(_, kind)| *kind)
    }

    fn comparison(&mut self, field: String) -> Option<Term> {
        let kind = self.kind(&field)?;
        if kind == Kind::Properties {
            return self.properties(field);
        }
        // `sharedWithMe` alone is Google's own example.
        let ends = match self.rest.first() {
            None => true,
            Some(Token::Sign(sign)) => sign == ")",
            Some(Token::Word(word)) => word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or"),
            Some(Token::Text(_)) => false,
        };
        if kind == Kind::Flag && ends {
            return Some(Term::Compared(field, Operator::Is, Value::Flag(true)));
        }
        let operator = self.operator()?;
        let fits = match kind {
            Kind::Text => matches!(operator, Operator::Contains | Operator::Is | Operator::IsNot),
            Kind::Content => operator == Operator::Contains,
            Kind::Flag | Kind::Visibility => matches!(operator, Operator::Is | Operator::IsNot),
            Kind::Time | Kind::Number => operator != Operator::Contains,
            Kind::Collection | Kind::Properties => false,
        };
        if !fits || (field == "shortcutDetails.targetId" && operator == Operator::Contains) {
            return None;
        }
        let value = match (kind, self.next()?) {
            (Kind::Text | Kind::Content, Token::Text(text)) => Value::Text(text.clone()),
            (Kind::Visibility, Token::Text(text)) if VISIBILITIES.contains(&text.as_str()) => {
                Value::Text(text.clone())
            }
            (Kind::Time, Token::Text(text)) => Value::Time(moment(text)?),
            (Kind::Flag, Token::Word(word)) => Value::Flag(word.parse().ok()?),
            (Kind::Number, Token::Word(word)) => Value::Number(word.parse().ok()?),
            _ => return None,
        };
        Some(Term::Compared(field, operator, value))
    }

    fn operator(&mut self) -> Option<Operator> {
        Some(match self.next()? {
            Token::Word(word) if word == "contains" => Operator::Contains,
            Token::Sign(sign) => match sign.as_str() {
                "=" => Operator::Is,
                "!=" => Operator::IsNot,
                "<" => Operator::Less,
                "<=" => Operator::AtMost,
                ">" => Operator::More,
                ">=" => Operator::AtLeast,
                _ => return None,
            },
            _ => return None,
        })
    }

    fn properties(&mut self, field: String) -> Option<Term> {
        if !self.takes_word("has") || !self.takes_sign("{") {
            return None;
        }
        let key = self.named("key")?;
        if !self.takes_word("and") {
            return None;
        }
        let value = self.named("value")?;
        self.takes_sign("}").then_some(Term::Has(field, key, value))
    }

    fn named(&mut self, name: &str) -> Option<String> {
        if !self.takes_word(name) || !self.takes_sign("=") {
            return None;
        }
        match self.next()? {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// RFC 3339; without a zone it is UTC, without a time midnight.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

impl Query {
    pub(super) fn matches(&self, holds: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Self::Both(first, second) => first.matches(holds) && second.matches(holds),
            Self::Either(first, second) => first.matches(holds) || second.matches(holds),
            Self::Not(query) => !query.matches(holds),
            Self::Term(term) => holds(term),
        }
    }

    /// Every term, wherever it stands.
    pub(super) fn terms(&self) -> Vec<&Term> {
        match self {
            Self::Both(first, second) | Self::Either(first, second) => {
                [first.terms(), second.terms()].concat()
            }
            Self::Not(query) => query.terms(),
            Self::Term(term) => vec![term],
        }
    }
}

pub(super) fn compare_times(operator: Operator, own: Option<Timestamp>, value: Timestamp) -> bool {
    let Some(own) = own else {
        return operator == Operator::IsNot;
    };
    compare(operator, &own, &value)
}

pub(super) fn compare<T: PartialOrd>(operator: Operator, own: &T, value: &T) -> bool {
    match operator {
        Operator::Contains => false,
        Operator::Is => own == value,
        Operator::IsNot => own != value,
        Operator::Less => own < value,
        Operator::AtMost => own <= value,
        Operator::More => own > value,
        Operator::AtLeast => own >= value,
    }
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|character: char| !character.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

/// `contains` for names: every word of the value begins a word of the name.
pub(super) fn name_contains(name: &str, value: &str) -> bool {
    let own = words(name);
    words(value).iter().all(|wanted| own.iter().any(|word| word.starts_with(wanted.as_str())))
}

/// `contains` for contents: whole words, in any order unless the value is in double quotes.
pub(super) fn text_contains(text: &str, value: &str) -> bool {
    let own = words(text);
    let wanted = words(value);
    let trimmed = value.trim();
    if trimmed.len() > 1 && trimmed.starts_with('"') && trimmed.ends_with('"') {
        return wanted.is_empty() || own.windows(wanted.len()).any(|window| window == wanted);
    }
    wanted.iter().all(|word| own.contains(word))
}
