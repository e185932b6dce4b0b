//! A tool's steps in their order: what is sent next, what the answers become, and the result in the end. It sends
//! nothing itself, so that the engine, the recorded examples and the tests take the same way.

use std::collections::VecDeque;

use bytes::Bytes;
use catalog::{Action, Check, Repeat, RequestTemplate, Step, Tool, Toolkit};
use expression::{EvaluateError, Expression, Variables};
use http::Request;
use serde_json::{Map, Value, json};
use url::Url;

use crate::read::{Malformed, Reading};
use crate::render::{RenderError, render, without_nulls};

/// Beyond these a step is not repeated.
const MOST_ITEMS: usize = 25;
const MOST_PAGES: usize = 20;

/// A call of a tool on its way through the steps.
#[derive(Debug)]
pub struct Progress<'a> {
    toolkit: &'a Toolkit,
    steps: &'a [Step],
    /// From the last answer to the result.
    last: Option<&'a Expression>,
    variables: Variables,
    /// Which step it is at.
    at: usize,
    /// The items that the step is still to be taken for; absent before it has begun.
    items: Option<VecDeque<Value>>,
    /// The step that was answered last.
    answered: Option<&'a Step>,
    /// The answers of steps that changed something, by name.
    changes: Map<String, Value>,
}

/// What is to be sent next.
#[derive(Debug)]
pub struct Due<'a> {
    pub step: &'a Step,
    pub request: Request<Bytes>,
}

impl Due<'_> {
    /// The template behind the request; absent where a caller's URL is fetched.
    pub fn template(&self) -> Option<&RequestTemplate> {
        match &self.step.action {
            Action::Request(template) => Some(template),
            Action::Fetch(_) => None,
        }
    }
}

impl<'a> Progress<'a> {
    /// The arguments in `variables` are already accepted by the tool's parameters.
    pub fn new(toolkit: &'a Toolkit, tool: &'a Tool, variables: Variables) -> Self {
        Self::through(toolkit, &tool.steps, tool.result.expression.as_ref(), variables)
    }

    /// The same for the check of a tool; `variables` are those of the call that it is about.
    pub fn of_check(toolkit: &'a Toolkit, check: &'a Check, variables: Variables) -> Self {
        Self::through(toolkit, &check.steps, Some(&check.found), variables)
    }

    fn through(
        toolkit: &'a Toolkit,
        steps: &'a [Step],
        last: Option<&'a Expression>,
        variables: Variables,
    ) -> Self {
        let variables = Variables { steps: json!({}), ..variables };
        Self { toolkit, steps, last, variables, at: 0, items: None, answered: None, changes: Map::new() }
    }

    /// The next request, until all steps are taken.
    pub fn due(&mut self) -> Result<Option<Due<'a>>, RenderError> {
        while let Some(step) = self.steps.get(self.at) {
            if self.items.is_none() {
                self.items = Some(self.begin(step)?);
            }
            let Some(item) = self.items.as_ref().and_then(VecDeque::front) else {
                let none = if matches!(step.repeat, Repeat::Each(_)) { json!([]) } else { Value::Null };
                self.finish(step, none);
                continue;
            };
            self.variables.item = item.clone();
            let request = match &step.action {
                Action::Request(template) => render(self.toolkit, template, &self.variables)?,
                Action::Fetch(url) => fetch(&self.evaluate(url, "fetch")?)?,
            };
            return Ok(Some(Due { step, request }));
        }
        Ok(None)
    }

    /// What the step is taken for: nothing where it is left out, once with null where it is not repeated.
    fn begin(&mut self, step: &Step) -> Result<VecDeque<Value>, RenderError> {
        self.variables.done = json!([]);
        self.variables.cursor = Value::Null;
        if let Some(when) = &step.when
            && self.evaluate(when, "when")? != Value::Bool(true)
        {
            return Ok(VecDeque::new());
        }
        if let Action::Fetch(url) = &step.action
            && self.evaluate(url, "fetch")?.is_null()
        {
            return Ok(VecDeque::new());
        }
        let Repeat::Each(items) = &step.repeat else { return Ok(VecDeque::from([Value::Null])) };
        match self.evaluate(items, "each")? {
            Value::Array(items) if items.len() > MOST_ITEMS => {
                Err(RenderError::Refused(format!("at most {MOST_ITEMS} at once")))
            }
            Value::Array(items) => Ok(items.into()),
            _ => Err(RenderError::Manifest("each")),
        }
    }

    /// Takes the answer to what was due.
    pub fn answered(&mut self, reading: Reading) -> Result<(), RenderError> {
        let Some(step) = self.steps.get(self.at) else { return Ok(()) };
        self.variables.response = reading.response;
        self.answered = Some(step);
        if !step.effect.is_read() {
            let made = self.changes.entry(&step.name).or_insert_with(|| json!([]));
            made.as_array_mut().into_iter().for_each(|made| made.push(reading.answer.clone()));
        }
        if matches!(step.repeat, Repeat::Once) {
            self.finish(step, reading.answer);
            return Ok(());
        }
        let items = self.items.get_or_insert_default();
        items.pop_front();
        if let Repeat::Pages(next) = &step.repeat {
            let evaluated = next.evaluate(&reading.answer, &self.variables);
            self.variables.cursor = evaluated.map_err(|_| RenderError::Manifest("pages"))?;
            let taken = self.variables.done.as_array().map_or(0, Vec::len) + 1;
            if !self.variables.cursor.is_null() && taken < MOST_PAGES {
                items.push_back(Value::Null);
            }
        }
        let is_over = items.is_empty();
        self.variables.done.as_array_mut().into_iter().for_each(|done| done.push(reading.answer.clone()));
        if is_over {
            let answers = self.variables.done.take();
            self.finish(step, answers);
        }
        Ok(())
    }

    fn finish(&mut self, step: &Step, answer: Value) {
        self.variables.steps[&step.name] = answer;
        self.at += 1;
        self.items = None;
    }

    /// The answers so far of the steps that changed something, by name; `None` where nothing is changed yet.
    pub fn changes(&self) -> Option<&Map<String, Value>> {
        (!self.changes.is_empty()).then_some(&self.changes)
    }

    /// The provider's whole answer to the last request that was sent.
    pub fn whole_answer(&mut self) -> Value {
        self.answered.map_or(Value::Null, |step| self.variables.steps[&step.name].take())
    }

    /// The result, without null members.
    pub fn result(&mut self) -> Result<Value, Malformed> {
        let Some(expression) = self.last else { return Ok(self.last_answer()) };
        let answer = self.last_answer();
        expression.evaluate(&answer, &self.variables).map(without_nulls).map_err(|_| Malformed)
    }

    /// Of a check: what the write would have answered, or null where it left no trace.
    pub fn found(&mut self) -> Result<Value, Malformed> {
        let answer = self.last_answer();
        self.last
            .map_or(Ok(Value::Null), |found| found.evaluate(&answer, &self.variables).map_err(|_| Malformed))
    }

    /// An expression has it as its input, and need not carry it among its variables, too.
    fn last_answer(&mut self) -> Value {
        self.steps.last().map_or(Value::Null, |step| self.variables.steps[&step.name].take())
    }

    fn evaluate(&self, expression: &Expression, part: &'static str) -> Result<Value, RenderError> {
        evaluate(expression, &self.variables, part)
    }
}

/// What a tool makes of an answer that a check found.
pub fn shape(tool: &Tool, variables: &Variables, answer: Value) -> Result<Value, Malformed> {
    let Some(expression) = &tool.result.expression else { return Ok(answer) };
    expression.evaluate(&answer, variables).map(without_nulls).map_err(|_| Malformed)
}

/// An expression over the arguments.
pub(crate) fn evaluate(
    expression: &Expression,
    variables: &Variables,
    part: &'static str,
) -> Result<Value, RenderError> {
    expression.evaluate(&variables.arguments, variables).map_err(|error| match error {
        EvaluateError::Refused(problem) => RenderError::Refused(problem),
        EvaluateError::Failed => RenderError::Manifest(part),
    })
}

fn fetch(url: &Value) -> Result<Request<Bytes>, RenderError> {
    let url = url.as_str().and_then(|url| Url::parse(url).ok()).filter(|url| url.scheme() == "https");
    let uri = url.and_then(|url| url.as_str().parse::<http::Uri>().ok());
    let uri = uri.ok_or_else(|| RenderError::Refused("a file is fetched from an https:// URL".to_owned()))?;
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    Ok(request)
}
