//! The `Prefer` header: in which time zone and as what text a caller wants the answer.

use serde_json::{Value, json};

use super::failure::Failure;
use super::writing;
use super::zones::Zone;
use crate::wire::{Answer, Request};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Plain,
    Html,
}

#[derive(Debug, Clone)]
pub(super) struct Prefer {
    pub(super) zone: Zone,
    text: Option<Text>,
    applied: Vec<String>,
}

impl Prefer {
    pub(super) fn read(request: &Request) -> Result<Self, Failure> {
        let mut prefer = Self { zone: Zone::utc(), text: None, applied: Vec::new() };
        for value in request.headers.get_all("prefer") {
            let value = value.to_str().unwrap_or_default();
            for preference in value.split([',', ';']).map(str::trim).filter(|one| !one.is_empty()) {
                prefer.take(preference)?;
            }
        }
        Ok(prefer)
    }

    fn take(&mut self, preference: &str) -> Result<(), Failure> {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim_matches('"');
        match (name.to_ascii_lowercase().as_str(), value) {
            ("outlook.timezone", zone) => self.zone = Zone::named(zone)?,
            ("outlook.body-content-type", "text") => self.text = Some(Text::Plain),
            ("outlook.body-content-type", "html") => self.text = Some(Text::Html),
            _ => {
                return Err(Failure::invalid(format!(
                    "sandbox: the preference `{preference}` is not served"
                )));
            }
        }
        self.applied.push(preference.to_owned());
        Ok(())
    }

    /// A body as the caller wants it, or as it was written.
    pub(super) fn body(&self, body: &Value) -> Value {
        let content = body["content"].as_str().unwrap_or_default();
        match (self.text, body["contentType"].as_str()) {
            (Some(Text::Plain), Some("html")) => {
                json!({"contentType": "text", "content": writing::plain(content)})
            }
            (Some(Text::Html), Some("text")) => {
                json!({"contentType": "html", "content": writing::html(content)})
            }
            _ => body.clone(),
        }
    }

    /// Says which preferences were honoured.
    pub(super) fn applied(&self, answer: Answer) -> Answer {
        if self.applied.is_empty() {
            return answer;
        }
        answer.with("preference-applied", self.applied.join(", "))
    }
}
