//! What a request may hold, declared as data, and the check of it.
//!
//! The twins exist to catch mistakes, so they are stricter than their originals: a parameter or field that the
//! official description does not know is refused, where a lenient provider would ignore it. Each provider words the
//! refusal in the shape of its own errors; what only a twin would refuse starts with `sandbox:`.

use serde_json::{Map, Value};

use crate::wire::Pairs;

/// The fields of an object, of a form or of a query.
pub(crate) type Fields = &'static [Field];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

/// A field that must be there.
pub(crate) const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Integer,
    /// In JSON, with a fraction or without.
    Number,
    Boolean,
    OneOf(&'static [&'static str]),
    /// A text that passes the check; the first part says what it should be.
    Like(&'static str, fn(&str) -> bool),
    Object(Fields),
    /// In a query or form, a repeated parameter.
    List(&'static Shape),
    /// In a query or form, one text with commas.
    Commas(&'static Shape),
    /// In a form, JSON as text.
    Json,
    Nullable(&'static Shape),
    Either(&'static [Shape]),
    Any,
}

/// Why a request does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The field, dotted where it is nested.
    pub(crate) at: String,
    pub(crate) fault: MisfitKind,
    /// What was there, cut to a readable length.
    pub(crate) found: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MisfitKind {
    NotJson,
    Unknown,
    Missing,
    Repeated,
    /// What it should have been.
    Wrong(String),
}

impl Misfit {
    pub(crate) fn new(at: impl Into<String>, fault: MisfitKind) -> Self {
        Self { at: at.into(), fault, found: String::new() }
    }

    /// A sentence for a person, the same for every provider.
    pub(crate) fn sentence(&self) -> String {
        let at = &self.at;
        match &self.fault {
            MisfitKind::NotJson => "sandbox: the body is not a JSON object".to_owned(),
            MisfitKind::Unknown => format!("sandbox: `{at}` is not in the official description"),
            MisfitKind::Missing => format!("required: `{at}` is missing"),
            MisfitKind::Repeated => format!("sandbox: `{at}` is there more than once"),
            MisfitKind::Wrong(expected) => {
                format!("sandbox: `{at}` should be {expected}, not {}", self.found)
            }
        }
    }
}

/// What passed the check, with the types that were declared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments(pub(crate) Map<String, Value>);

impl Arguments {
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field was sent at all, as null too.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// Like [`text`](Self::text), but an empty text counts as none.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name)?.as_i64()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.value(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        self.value(name)?.as_object().cloned().map(Self)
    }
}

/// A query or a form, read into the declared types.
pub(crate) fn from_pairs(pairs: &Pairs, fields: Fields) -> Result<Arguments, Misfit> {
    let mut arguments = Map::new();
    for (name, text) in &pairs.0 {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return Err(Misfit::new(name, MisfitKind::Unknown));
        };
        if let Shape::List(item) = field.shape {
            let value = from_text(name, text, *item)?;
            match arguments.entry(name.as_str()).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(items) => items.push(value),
                _ => return Err(Misfit::new(name, MisfitKind::Repeated)),
            }
        } else if arguments.insert(name.clone(), from_text(name, text, field.shape)?).is_some() {
            return Err(Misfit::new(name, MisfitKind::Repeated));
        }
    }
    require(&arguments, fields, "")?;
    Ok(Arguments(arguments))
}

/// A JSON body that must be an object.
pub(crate) fn from_json(body: &[u8], fields: Fields) -> Result<Arguments, Misfit> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => {
            check_object(&object, fields, "")?;
            Ok(Arguments(object))
        }
        _ => Err(Misfit::new("", MisfitKind::NotJson)),
    }
}

fn from_text(at: &str, text: &str, shape: Shape) -> Result<Value, Misfit> {
    match shape {
        Shape::Integer => text.parse::<i64>().map(Value::from).map_err(|_| wrong(at, text, shape)),
        Shape::Boolean => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong(at, text, shape)),
        },
        Shape::Commas(item) => {
            let items: Result<Vec<Value>, Misfit> =
                text.split(',').map(|part| from_text(at, part, *item)).collect();
            Ok(Value::Array(items?))
        }
        Shape::Json => serde_json::from_str(text).map_err(|_| wrong(at, text, shape)),
        Shape::Nullable(inner) => from_text(at, text, *inner),
        Shape::Either(shapes) => {
            let mut tried = shapes.iter().map(|shape| from_text(at, text, *shape));
            tried.find(Result::is_ok).unwrap_or_else(|| Err(wrong(at, text, shape)))
        }
        _ => {
            let value = Value::from(text);
            check(&value, shape, at)?;
            Ok(value)
        }
    }
}

fn check_object(object: &Map<String, Value>, fields: Fields, at: &str) -> Result<(), Misfit> {
    for (name, value) in object {
        let place = within(at, name);
        match fields.iter().find(|field| field.name == name) {
            Some(field) => check(value, field.shape, &place)?,
            None => return Err(Misfit::new(place, MisfitKind::Unknown)),
        }
    }
    require(object, fields, at)
}

fn require(object: &Map<String, Value>, fields: Fields, at: &str) -> Result<(), Misfit> {
    let mut required = fields.iter().filter(|field| field.required);
    match required.find(|field| !object.contains_key(field.name)) {
        Some(field) => Err(Misfit::new(within(at, field.name), MisfitKind::Missing)),
        None => Ok(()),
    }
}

/// Whether `value` has `shape`, for values whose place is known only at run time.
pub(crate) fn check(value: &Value, shape: Shape, at: &str) -> Result<(), Misfit> {
    let fits = match shape {
        Shape::Any => true,
        Shape::Text => value.is_string(),
        Shape::Integer => value.is_i64() || value.is_u64(),
        Shape::Number => value.is_number(),
        Shape::Boolean => value.is_boolean(),
        Shape::OneOf(options) => value.as_str().is_some_and(|text| options.contains(&text)),
        Shape::Like(_, passes) => value.as_str().is_some_and(passes),
        Shape::Object(fields) => match value.as_object() {
            Some(object) => return check_object(object, fields, at),
            None => false,
        },
        Shape::List(item) => match value.as_array() {
            Some(items) => {
                let mut items = items.iter().enumerate();
                return items.try_for_each(|(index, value)| check(value, *item, &format!("{at}[{index}]")));
            }
            None => false,
        },
        // In JSON these two are what their text would hold, or that text.
        Shape::Commas(item) => match value {
            Value::Array(items) => return items.iter().try_for_each(|value| check(value, *item, at)),
            value => value.is_string(),
        },
        Shape::Json => match value {
            Value::String(text) => serde_json::from_str::<Value>(text).is_ok(),
            value => value.is_array() || value.is_object(),
        },
        Shape::Nullable(inner) => return if value.is_null() { Ok(()) } else { check(value, *inner, at) },
        Shape::Either(shapes) => shapes.iter().any(|shape| check(value, *shape, at).is_ok()),
    };
    if fits { Ok(()) } else { Err(wrong(at, &value.to_string(), shape)) }
}

fn wrong(at: &str, found: &str, shape: Shape) -> Misfit {
    Misfit {
        at: at.to_owned(),
        fault: MisfitKind::Wrong(expectation(shape)),
        found: found.chars().take(60).collect(),
    }
}

fn expectation(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text".to_owned(),
        Shape::Integer => "an integer".to_owned(),
        Shape::Number => "a number".to_owned(),
        Shape::Boolean => "true or false".to_owned(),
        Shape::OneOf(options) => format!("one of {}", options.join(", ")),
        Shape::Like(what, _) => what.to_owned(),
        Shape::Object(_) => "an object".to_owned(),
        Shape::List(_) | Shape::Commas(_) => "a list".to_owned(),
        Shape::Json => "JSON".to_owned(),
        Shape::Nullable(inner) => format!("{} or null", expectation(*inner)),
        Shape::Either(shapes) => {
            let each: Vec<String> = shapes.iter().map(|shape| expectation(*shape)).collect();
            each.join(" or ")
        }
        Shape::Any => "any value".to_owned(),
    }
}

fn within(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
