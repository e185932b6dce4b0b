//! Partial responses: the `fields` parameter that every Google API takes.
//!
//! A mask that does not parse, or that names what the service's description does not know, is refused.

use serde_json::{Map, Value};

use super::failure::Failure;
use crate::wire::{Answer, Request};

/// Masks nest no deeper than any answer does.
const MAX_DEPTH: usize = 20;

/// What of an answer is wanted: members by name, each with what is wanted of it. An empty mask wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mask(Vec<(String, Mask)>);

impl Mask {
    /// The mask of the request. Its names must be among the words of `known`.
    pub(super) fn of(request: &Request, known: &str) -> Result<Self, Failure> {
        request.query.filled("fields").map_or_else(|| Ok(Self::default()), |text| Self::parse(text, known))
    }

    pub(super) fn parse(text: &str, known: &str) -> Result<Self, Failure> {
        let invalid = |what: &str| Failure::invalid(format!("Invalid field selection {what}"));
        let mask = Self::read(text, &['/', '.']).ok_or_else(|| invalid(text))?;
        match mask.stranger(known) {
            Some(name) => Err(invalid(name)),
            None => Ok(mask),
        }
    }

    /// Reads `a,b(c,d/e)`, where any of `separators` may stand for the slash, without a look at the names.
    pub(super) fn read(text: &str, separators: &[char]) -> Option<Self> {
        let mut reader = Reader { rest: text, separators };
        reader.list(0).filter(|_| reader.rest.is_empty())
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.0.iter().map(|(name, inner)| (name.as_str(), inner))
    }

    /// Whether nothing is left out.
    pub(super) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    fn stranger(&self, known: &str) -> Option<&str> {
        self.members().find_map(|(name, inner)| {
            let is_known = name == "*" || known.split_whitespace().any(|known| known == name);
            if is_known { inner.stranger(known) } else { Some(name) }
        })
    }

    /// Whether the mask wants what is at `path`, as a whole or in part.
    pub(super) fn wants(&self, path: &[&str]) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return true;
        };
        let mut fitting = self.members().filter(|(name, _)| *name == "*" || name == first);
        self.is_whole() || fitting.any(|(_, inner)| inner.wants(rest))
    }

    /// What the mask names: member by member, down to the last.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (name, inner) in self.members() {
            if inner.is_whole() {
                paths.push(vec![name.to_owned()]);
            }
            for path in inner.paths() {
                paths.push([vec![name.to_owned()], path].concat());
            }
        }
        paths
    }

    /// Makes `target` what `source` is, as far as the mask goes: what `source` lacks is removed.
    pub(super) fn update(&self, target: &mut Map<String, Value>, source: &Map<String, Value>) {
        for path in self.paths() {
            if path == ["*"] {
                target.clone_from(source);
            } else {
                set_at(target, source, &path);
            }
        }
    }

    /// What is wanted of `value`.
    pub(super) fn apply(&self, value: Value) -> Value {
        match value {
            value if self.is_whole() => value,
            Value::Array(items) => items.into_iter().map(|item| self.apply(item)).collect(),
            Value::Object(object) => {
                let kept = object.into_iter().filter_map(|(name, value)| {
                    let value = self.within(&name)?.apply(value);
                    Some((name, value))
                });
                Value::Object(kept.collect())
            }
            value => value,
        }
    }

    /// What is wanted of the member `name`, from all places that mention it. Naming it as a whole outdoes naming parts.
    fn within(&self, name: &str) -> Option<Self> {
        let mut found = self.members().filter(|(own, _)| *own == name || *own == "*").peekable();
        found.peek()?;
        let mut all = Vec::new();
        for (_, inner) in found {
            if inner.is_whole() {
                return Some(Self::default());
            }
            all.extend(inner.0.iter().cloned());
        }
        Some(Self(all))
    }

    /// The answer, reduced to what is wanted.
    pub(super) fn cut(&self, answer: Answer) -> Answer {
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(body) if !self.is_whole() => {
                Answer { body: self.apply(body).to_string().into_bytes(), ..answer }
            }
            _ => answer,
        }
    }
}

fn set_at(target: &mut Map<String, Value>, source: &Map<String, Value>, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let given = source.get(first);
    if rest.is_empty() {
        match given {
            Some(value) => drop(target.insert(first.clone(), value.clone())),
            None => drop(target.remove(first)),
        }
        return;
    }
    let none = Map::new();
    let given = given.and_then(Value::as_object).unwrap_or(&none);
    let inner = target.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Some(inner) = inner.as_object_mut() {
        set_at(inner, given, rest);
        if inner.is_empty() {
            target.remove(first);
        }
    }
}

/// Reads a mask, with white space anywhere between its names.
struct Reader<'t> {
    rest: &'t str,
    separators: &'t [char],
}

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Option<Mask> {
        let mut members = Vec::new();
        loop {
            members.push(self.member(depth)?);
            if !self.takes(&[',']) {
                return Some(Mask(members));
            }
        }
    }

    fn member(&mut self, depth: usize) -> Option<(String, Mask)> {
        let text = self.rest.trim_start();
        let ends = |character: char| {
            let is_name = character.is_ascii_alphanumeric() || "_-.*".contains(character);
            !is_name || self.separators.contains(&character)
        };
        let (name, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        if name.is_empty() || depth > MAX_DEPTH {
            return None;
        }
        self.rest = rest;
        let inner = if self.takes(self.separators) {
            Mask(vec![self.member(depth + 1)?])
        } else if self.takes(&['(']) {
            let inner = self.list(depth + 1)?;
            self.takes(&[')']).then_some(inner)?
        } else {
            Mask::default()
        };
        Some((name.to_owned(), inner))
    }

    /// Steps over one of `characters`, where one is next.
    fn takes(&mut self, characters: &[char]) -> bool {
        self.rest = self.rest.trim_start();
        let after = self.rest.strip_prefix(characters);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }
}
