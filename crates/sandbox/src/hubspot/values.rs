//! What a property takes: every value is a text, read by what the property holds.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::definitions::{self, Holds, Property, Trait};
use super::kinds::Kind;
use super::settings::{OWNERS, pipeline_of};

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    name: String,
    message: String,
    error: &'static str,
}

impl Problem {
    fn new(name: &str, error: &'static str, message: String) -> Self {
        Self { name: name.to_owned(), message, error }
    }

    pub(super) fn told(&self) -> Value {
        json!({
            "isValid": false,
            "message": self.message,
            "error": self.error,
            "name": self.name,
            "localizedErrorMessage": self.message,
        })
    }
}

/// The value as HubSpot keeps it. An empty one clears the property.
pub(super) fn accept(kind: Kind, name: &str, value: &str) -> Result<String, Problem> {
    let Some(property) = definitions::find(kind, name) else {
        let message = format!("Property \"{name}\" does not exist");
        return Err(Problem::new(name, "PROPERTY_DOESNT_EXIST", message));
    };
    if property.is == Trait::ReadOnly {
        let message = format!("\"{name}\" is a read only property; its value cannot be set.");
        return Err(Problem::new(name, "READ_ONLY_VALUE", message));
    }
    if value.is_empty() {
        return Ok(String::new());
    }
    if !matches!(property.holds, Holds::Text | Holds::LongText) && value.trim() != value {
        let message = format!("\"{value}\" includes leading or trailing whitespace.");
        return Err(Problem::new(name, "LEADING_TRAILING_WHITESPACE", message));
    }
    let options = options(kind, property);
    match property.holds {
        Holds::Text | Holds::LongText => Ok(value.to_owned()),
        Holds::Email if is_address(value) => Ok(value.to_lowercase()),
        Holds::Email => Err(Problem::new(name, "INVALID_EMAIL", format!("Email address {value} is invalid"))),
        Holds::Number if value.parse::<f64>().is_ok_and(f64::is_finite) => Ok(value.to_owned()),
        Holds::Number => {
            Err(Problem::new(name, "INVALID_NUMBER", format!("{value} was not a valid number.")))
        }
        Holds::Moment => match moment(value) {
            Some(time) => Ok(time.to_string()),
            None => Err(Problem::new(name, "INVALID_LONG", format!("{value} was not a valid long."))),
        },
        Holds::Owner if OWNERS.iter().any(|(id, _)| id.to_string() == value) => Ok(value.to_owned()),
        Holds::Owner => {
            let message = format!("{value} is not the id of an owner in this account.");
            Err(Problem::new(name, "INVALID_OWNER_ID", message))
        }
        Holds::Choice(_) | Holds::Stages(_) | Holds::Pipeline | Holds::PipelineStage => {
            if options.iter().any(|(option, _)| *option == value) {
                return Ok(value.to_owned());
            }
            let allowed: Vec<&str> = options.iter().map(|(option, _)| *option).collect();
            let message = format!("{value} was not one of the allowed options: [{}]", allowed.join(", "));
            Err(Problem::new(name, "INVALID_OPTION", message))
        }
    }
}

/// The values that a property may have, with their labels, where they are listed.
pub(super) fn options(kind: Kind, property: &Property) -> Vec<(&'static str, &'static str)> {
    match property.holds {
        Holds::Choice(options) | Holds::Stages(options) => options.to_vec(),
        Holds::Pipeline => {
            pipeline_of(kind).map(|pipeline| (pipeline.id, pipeline.label)).into_iter().collect()
        }
        Holds::PipelineStage => {
            let stages = pipeline_of(kind).map_or(&[][..], |pipeline| pipeline.stages);
            stages.iter().map(|stage| (stage.id, stage.label)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether `new` is a step back from `old`, which HubSpot leaves out without a word.
pub(super) fn is_step_back(kind: Kind, name: &str, old: &str, new: &str) -> bool {
    let Some(Property { holds: Holds::Stages(stages), .. }) = definitions::find(kind, name) else {
        return false;
    };
    let place = |value: &str| stages.iter().position(|(stage, _)| *stage == value);
    matches!((place(old), place(new)), (Some(old), Some(new)) if new < old)
}

fn is_address(text: &str) -> bool {
    let allowed = |character: char| !character.is_whitespace() && !",;<>()".contains(character);
    text.split_once('@').is_some_and(|(local, domain)| {
        let labels = domain.split('.').filter(|label| !label.is_empty()).count();
        !local.is_empty() && labels >= 2 && !domain.contains('@') && !domain.contains("..")
    }) && text.chars().all(allowed)
}

/// A time in milliseconds, as a day, or as RFC 3339.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(milliseconds) = text.parse::<i64>() {
        return Timestamp::from_millisecond(milliseconds).ok();
    }
    let whole = if text.len() == "2026-01-31".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().ok()
}

/// Orders two values of a property; `None` where one of them is no such value.
pub(super) fn compare(property: &Property, left: &str, right: &str) -> Option<Ordering> {
    match property.holds {
        Holds::Number => left.parse::<f64>().ok()?.partial_cmp(&right.parse::<f64>().ok()?),
        Holds::Moment => Some(moment(left)?.cmp(&moment(right)?)),
        _ => Some(left.to_lowercase().cmp(&right.to_lowercase())),
    }
}
