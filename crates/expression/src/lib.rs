//! The one small language in which manifests map arguments to requests and answers to results: jq, plus the named
//! encoders in [`encoders`] for what jq cannot say (an e-mail message, base64url).
//!
//! An expression is pure. It has no environment, no clock, no files and no network; whatever it may see is in its
//! input or in its [`Variables`]. The first value it yields is its result; yielding nothing means null.

mod encoders;
mod value;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, load, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;

pub use encoders::EXPLICIT_NULL;

type Filter = jaq_core::Filter<data::JustLut<Val>>;

/// The names under which [`Variables`] are visible, in the order of their fields.
const VARIABLES: [&str; 8] =
    ["$arguments", "$account", "$call", "$steps", "$item", "$done", "$cursor", "$response"];

/// Parts of jq that reach outside the expression, or that stop the process. They do not exist here.
const FORBIDDEN: [&str; 11] = [
    "env",
    "now",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
    "input_line_number",
];

/// An expression. [`Expression::parse`] gives one that is compiled; [`Expression::deferred`] one that is compiled when
/// it is first evaluated.
pub struct Expression {
    source: String,
    /// What stands before the source.
    definitions: Arc<str>,
    compiled: OnceLock<Result<Compiled, ParseError>>,
}

struct Compiled {
    filter: Filter,
    /// Which of [`VARIABLES`] it may name; it need not be given the others, some of which are large.
    names: [bool; VARIABLES.len()],
}

/// What an expression sees beside its input, each as an ordinary JSON value.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `$arguments`: the validated arguments of the tool call.
    pub arguments: Value,
    /// `$account`: `{subject, label, facts}` of the connected account, or null.
    pub account: Value,
    /// `$call`: `{id, now}` of this execution; `now` in seconds since the epoch.
    pub call: Value,
    /// `$steps`: the answers of the steps so far, by name.
    pub steps: Value,
    /// `$item`: what a step with `each` is taken for.
    pub item: Value,
    /// `$done`: the answers of a repeated step so far.
    pub done: Value,
    /// `$cursor`: where the next page of a step with `pages` begins; null for the first.
    pub cursor: Value,
    /// `$response`: `{status, headers}` of the last answer.
    pub response: Value,
}

/// Why a text is no expression: what is wrong, and where in the text (1-based line).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ParseError {
    pub message: String,
    pub line: usize,
}

/// Why an expression gave no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EvaluateError {
    /// The manifest's author refused this input with `error({problem: "..."})`; the text is for the caller.
    #[error("{0}")]
    Refused(String),
    /// Any other failure. It carries no text, because jq's own messages quote the values they stumbled over.
    #[error("expression does not fit this input")]
    Failed,
}

impl Expression {
    /// Parses and compiles `source`.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(&Arc::from(""), source)
    }

    /// The same, with jq definitions (`def name: ...;`) before it. Lines are counted in `source`; an error in the
    /// definitions themselves is on line 0.
    pub fn parse_with(definitions: &Arc<str>, source: &str) -> Result<Self, ParseError> {
        let expression = Self::deferred(definitions, source);
        expression.compiled()?;
        Ok(expression)
    }

    /// For a text that is known to be right: most of many are never evaluated, and compiling takes longer than
    /// reading.
    pub fn deferred(definitions: &Arc<str>, source: &str) -> Self {
        Self { source: source.to_owned(), definitions: Arc::clone(definitions), compiled: OnceLock::new() }
    }

    fn compiled(&self) -> Result<&Compiled, ParseError> {
        let compiled = self.compiled.get_or_init(|| {
            let names = VARIABLES.map(|name| self.source.contains(name) || self.definitions.contains(name));
            let filter = if self.definitions.is_empty() {
                Self::compile(&self.source)
            } else {
                let before = self.definitions.matches('\n').count() + 1;
                Self::compile(&format!("{}\n{}", self.definitions, self.source))
                    .map_err(|error| ParseError { line: error.line.saturating_sub(before), ..error })
            };
            filter.map(|filter| Compiled { filter, names })
        });
        compiled.as_ref().map_err(Clone::clone)
    }

    fn compile(code: &str) -> Result<Filter, ParseError> {
        let arena = Arena::default();
        let modules = Loader::new(definitions(code))
            .load(&arena, File { code, path: () })
            .map_err(|errors| syntax_error(code, errors))?;
        let functions = functions().filter(|(name, ..)| !FORBIDDEN.contains(name));
        Compiler::default()
            .with_funs(functions)
            .with_global_vars(VARIABLES)
            .compile(modules)
            .map_err(|errors| undefined_error(code, errors))
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first value for `input`; null where the expression yields nothing.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, EvaluateError> {
        let Compiled { filter, names } = self.compiled().map_err(|_| EvaluateError::Failed)?;
        let Variables { arguments, account, call, steps, item, done, cursor, response } = variables;
        let all = [arguments, account, call, steps, item, done, cursor, response];
        let globals =
            names.iter().zip(all).map(|(named, value)| if *named { value::to_jq(value) } else { Val::Null });
        let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new(globals.collect::<Vec<_>>()));
        let mut outputs = filter.id.run((context, value::to_jq(input))).map(unwrap_valr);
        match outputs.next() {
            None => Ok(Value::Null),
            Some(Ok(output)) => value::from_jq(&output).ok_or(EvaluateError::Failed),
            Some(Err(error)) => Err(refusal(&error.into_val())),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

type Definition = load::parse::Def<&'static str>;

/// jq's own definitions that a text can reach. Compiling all of them takes a hundred times longer than compiling a
/// manifest's expression; one too many does no harm.
fn definitions(code: &str) -> Vec<Definition> {
    static ALL: LazyLock<Vec<(Definition, HashSet<&'static str>)>> = LazyLock::new(|| {
        let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let allowed: Vec<Definition> =
            all.filter(|definition| !FORBIDDEN.contains(&definition.name)).collect();
        let names: HashSet<&'static str> = allowed.iter().map(|definition| definition.name).collect();
        let uses = |definition: &Definition| {
            let body = format!("{:?}", definition.body);
            words(&body).filter_map(|word| names.get(word).copied()).collect()
        };
        allowed.iter().map(|definition| (definition.clone(), uses(definition))).collect()
    });
    let mut reached: HashSet<&str> = words(code).collect();
    let mut wanted = Vec::new();
    // From the last to the first, because a definition uses only itself and those before it.
    for (definition, uses) in ALL.iter().rev() {
        if reached.contains(definition.name) {
            reached.extend(uses);
            wanted.push(definition.clone());
        }
    }
    wanted.reverse();
    wanted
}

/// Whatever may be a name in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && !matches!(character, '_' | '@'))
}

fn functions() -> impl Iterator<Item = jaq_core::native::Fun<data::JustLut<Val>>> {
    jaq_core::funs()
        .chain(jaq_std::base_funs())
        .chain(jaq_std::extra_funs())
        .chain(jaq_json::funs())
        .chain(encoders::functions())
}

/// The message of `error({problem: "..."})`, which only a manifest raises; jq itself raises strings.
fn refusal(error: &Val) -> EvaluateError {
    match value::from_jq(error).as_ref().and_then(|error| error.get("problem")).and_then(Value::as_str) {
        Some(problem) => EvaluateError::Refused(problem.to_owned()),
        None => EvaluateError::Failed,
    }
}

/// The 1-based line of `source` at which `part` of it starts; 1 for a text from elsewhere.
fn line_of(source: &str, part: &str) -> usize {
    let start = (part.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    let before = source.as_bytes().get(..start).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

fn syntax_error(source: &str, errors: load::Errors<&str, ()>) -> ParseError {
    let first = errors.into_iter().map(|(_, error)| error).next();
    let (message, part) = match first {
        Some(load::Error::Lex(errors)) => errors
            .first()
            .map(|(expected, found)| (format!("expected {}", expected.as_str()), *found))
            .unwrap_or_default(),
        Some(load::Error::Parse(errors)) => errors
            .first()
            .map(|(expected, found)| {
                let found = if found.is_empty() { "end of expression" } else { found };
                (format!("expected {}, found `{found}`", expected.as_str()), found)
            })
            .unwrap_or_default(),
        Some(load::Error::Io(_)) => ("expressions cannot import files".to_owned(), ""),
        None => ("not an expression".to_owned(), ""),
    };
    ParseError { message, line: line_of(source, part) }
}

fn undefined_error(source: &str, errors: jaq_core::compile::Errors<&str, ()>) -> ParseError {
    let undefined = errors.into_iter().flat_map(|(_, errors)| errors).next();
    match undefined {
        Some((name, kind)) => {
            ParseError { message: format!("unknown {} `{name}`", kind.as_str()), line: line_of(source, name) }
        }
        None => ParseError { message: "not an expression".to_owned(), line: 1 },
    }
}
