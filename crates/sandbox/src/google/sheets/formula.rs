//! Formulas, as far as everyday tables need them: arithmetic, comparisons, references, and a few functions. What the
//! twin does not know shows as the error that Sheets shows for an unknown name.

use std::cell::Cell as Counter;

use super::area::{self, Area, Block};
use super::state::{Cell, Entered, Spreadsheet};

/// No formula looks at more than this many cells, nor through more than that many others.
const MAX_STEPS: usize = 50_000;
const MAX_DEPTH: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Nothing,
    Number(f64),
    Text(String),
    Boolean(bool),
    /// As it shows: `#NAME?`.
    Error(&'static str),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Number(number) => plain(*number),
            Self::Text(text) => text.clone(),
            Self::Boolean(true) => "TRUE".to_owned(),
            Self::Boolean(false) => "FALSE".to_owned(),
            Self::Error(error) => (*error).to_owned(),
        }
    }

    fn number(&self) -> Result<f64, &'static str> {
        match self {
            Self::Nothing => Ok(0.0),
            Self::Number(number) => Ok(*number),
            Self::Boolean(boolean) => Ok(f64::from(u8::from(*boolean))),
            Self::Text(text) => text.trim().parse().map_err(|_| "#VALUE!"),
            Self::Error(error) => Err(error),
        }
    }
}

/// A number without a format of its own, to ten digits behind the point.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.10}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// What a cell of the sheet comes to.
pub(super) fn value(book: &Spreadsheet, sheet: i64, cell: &Cell) -> Scalar {
    let steps = Counter::new(0);
    of_cell(&Place { book, sheet, steps: &steps, depth: 0 }, cell)
}

#[derive(Clone, Copy)]
struct Place<'a> {
    book: &'a Spreadsheet,
    sheet: i64,
    steps: &'a Counter<usize>,
    depth: usize,
}

fn of_cell(place: &Place<'_>, cell: &Cell) -> Scalar {
    match &cell.entered {
        Entered::Nothing => Scalar::Nothing,
        Entered::Number(number) => Scalar::Number(*number),
        Entered::Text(text) => Scalar::Text(text.clone()),
        Entered::Boolean(boolean) => Scalar::Boolean(*boolean),
        Entered::Formula(_) if place.depth >= MAX_DEPTH => Scalar::Error("#REF!"),
        Entered::Formula(formula) => {
            let place = Place { depth: place.depth + 1, ..*place };
            let mut parser = Parser { place, rest: formula.strip_prefix('=').unwrap_or(formula), nesting: 0 };
            match parser.comparison() {
                Ok(_) if !parser.rest.trim().is_empty() => Scalar::Error("#ERROR!"),
                Ok(Operand::One(scalar)) => scalar,
                Ok(Operand::Many(block)) => place.at(block.sheet, block.top, block.left),
                Err(error) => Scalar::Error(error),
            }
        }
    }
}

impl Place<'_> {
    fn at(&self, sheet: i64, row: usize, column: usize) -> Scalar {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Scalar::Error("#REF!");
        }
        let cell = self.book.sheet(sheet).and_then(|sheet| sheet.cell(row, column));
        cell.map_or(Scalar::Nothing, |cell| of_cell(&Place { sheet, ..*self }, cell))
    }

    fn all(&self, operands: &[Operand]) -> Vec<Scalar> {
        let mut all = Vec::new();
        for operand in operands {
            match operand {
                Operand::One(scalar) => all.push(scalar.clone()),
                Operand::Many(block) => {
                    let sheet = self.book.sheet(block.sheet);
                    let filled: Vec<(usize, usize)> = sheet
                        .into_iter()
                        .flat_map(|sheet| sheet.filled(*block).map(|(row, column, _)| (row, column)))
                        .collect();
                    all.extend(filled.into_iter().map(|(row, column)| self.at(block.sheet, row, column)));
                }
            }
        }
        all
    }
}

enum Operand {
    One(Scalar),
    Many(Block),
}

struct Parser<'a> {
    place: Place<'a>,
    rest: &'a str,
    nesting: usize,
}

type Parsed = Result<Operand, &'static str>;

impl<'a> Parser<'a> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.trim_start().strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn one(&self, operand: Operand) -> Scalar {
        match operand {
            Operand::One(scalar) => scalar,
            Operand::Many(block) => self.place.at(block.sheet, block.top, block.left),
        }
    }

    fn comparison(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return Err("#ERROR!");
        }
        let left = self.joined()?;
        self.nesting -= 1;
        let Some(sign) = ["<=", ">=", "<>", "=", "<", ">"].into_iter().find(|sign| self.take(sign)) else {
            return Ok(left);
        };
        let right = self.joined()?;
        let (left, right) = (self.one(left), self.one(right));
        let order = match (&left, &right) {
            (Scalar::Error(error), _) | (_, Scalar::Error(error)) => return Err(error),
            (Scalar::Text(left), Scalar::Text(right)) => left.to_lowercase().cmp(&right.to_lowercase()),
            _ => left.number()?.total_cmp(&right.number()?),
        };
        let holds = match sign {
            "<=" => order.is_le(),
            ">=" => order.is_ge(),
            "<>" => order.is_ne(),
            "=" => order.is_eq(),
            "<" => order.is_lt(),
            _ => order.is_gt(),
        };
        Ok(Operand::One(Scalar::Boolean(holds)))
    }

    fn joined(&mut self) -> Parsed {
        let mut left = self.sum()?;
        while self.take("&") {
            let right = self.sum()?;
            let text = self.one(left).text() + &self.one(right).text();
            left = Operand::One(Scalar::Text(text));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let sign = match () {
                () if self.take("+") => 1.0,
                () if self.take("-") => -1.0,
                () => return Ok(left),
            };
            let right = self.product()?;
            let number = self.one(left).number()? + sign * self.one(right).number()?;
            left = Operand::One(Scalar::Number(number));
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.power()?;
        loop {
            let divides = match () {
                () if self.take("*") => false,
                () if self.take("/") => true,
                () => return Ok(left),
            };
            let right = self.power()?;
            let (a, b) = (self.one(left).number()?, self.one(right).number()?);
            if divides && b == 0.0 {
                return Err("#DIV/0!");
            }
            left = Operand::One(Scalar::Number(if divides { a / b } else { a * b }));
        }
    }

    fn power(&mut self) -> Parsed {
        let base = self.unary()?;
        if !self.take("^") {
            return Ok(base);
        }
        let exponent = self.unary()?;
        let number = self.one(base).number()?.powf(self.one(exponent).number()?);
        if number.is_finite() { Ok(Operand::One(Scalar::Number(number))) } else { Err("#NUM!") }
    }

    fn unary(&mut self) -> Parsed {
        let mut sign = None;
        loop {
            if self.take("-") {
                sign = Some(-sign.unwrap_or(1.0));
            } else if self.take("+") {
                sign = Some(sign.unwrap_or(1.0));
            } else {
                break;
            }
        }
        let operand = self.primary()?;
        let Some(sign) = sign else {
            return Ok(operand);
        };
        Ok(Operand::One(Scalar::Number(sign * self.one(operand).number()?)))
    }

    fn primary(&mut self) -> Parsed {
        let rest = self.rest.trim_start();
        self.rest = rest;
        if self.take("(") {
            let inner = self.comparison()?;
            return if self.take(")") { Ok(inner) } else { Err("#ERROR!") };
        }
        if let Some(text) = rest.strip_prefix('"') {
            let end = text.find('"').ok_or("#ERROR!")?;
            self.rest = &text[end + 1..];
            return Ok(Operand::One(Scalar::Text(text[..end].to_owned())));
        }
        let digits = rest.find(|next: char| !next.is_ascii_digit() && next != '.').unwrap_or(rest.len());
        if digits > 0 {
            let number: f64 = rest[..digits].parse().map_err(|_| "#ERROR!")?;
            self.rest = &rest[digits..];
            let number = if self.take("%") { number / 100.0 } else { number };
            return Ok(Operand::One(Scalar::Number(number)));
        }
        self.word()
    }

    /// A function with its arguments, TRUE or FALSE, a reference, or a named range.
    fn word(&mut self) -> Parsed {
        let rest = self.rest;
        let quoted = rest.strip_prefix('\'').and_then(|inner| inner.find("'!")).map_or(0, |end| end + 3);
        let is_part = |next: char| next.is_alphanumeric() || matches!(next, '_' | '$' | ':' | '!' | '.');
        let end = rest[quoted..].find(|next: char| !is_part(next)).map_or(rest.len(), |end| quoted + end);
        let (word, more) = rest.split_at(end);
        self.rest = more;
        if word.is_empty() {
            return Err("#ERROR!");
        }
        if self.take("(") {
            return self.function(&word.to_uppercase());
        }
        match word.to_uppercase().as_str() {
            "TRUE" => return Ok(Operand::One(Scalar::Boolean(true))),
            "FALSE" => return Ok(Operand::One(Scalar::Boolean(false))),
            _ => {}
        }
        let place = &self.place;
        let area = match area::cells(word) {
            Some(cells) => Area { sheet: place.sheet, ..cells },
            None => area::parse(place.book, word).map_err(|_| "#NAME?")?,
        };
        area::bounded(place.book, &area).map(Operand::Many).map_err(|_| "#REF!")
    }

    fn function(&mut self, name: &str) -> Parsed {
        let mut given = Vec::new();
        if !self.take(")") {
            loop {
                given.push(self.comparison()?);
                if self.take(")") {
                    break;
                }
                if !self.take(",") && !self.take(";") {
                    return Err("#ERROR!");
                }
            }
        }
        let all = self.place.all(&given);
        let failed = all.iter().find(|one| matches!(one, Scalar::Error(_)));
        // A condition may keep the failed side from being looked at.
        if let (Some(Scalar::Error(error)), false) = (failed, name == "IF") {
            return Err(error);
        }
        self.apply(name, given, &all).map(Operand::One)
    }

    fn apply(&self, name: &str, mut given: Vec<Operand>, all: &[Scalar]) -> Result<Scalar, &'static str> {
        let numbers =
            || all.iter().filter_map(|one| if let Scalar::Number(n) = one { Some(*n) } else { None });
        let mut argument = |index: usize| match given.get_mut(index) {
            Some(operand) => Ok(self.one(std::mem::replace(operand, Operand::One(Scalar::Nothing)))),
            None => Err("#N/A"),
        };
        let count = |count: usize| u32::try_from(count).map(f64::from).unwrap_or_default();
        let number = match name {
            "SUM" => numbers().sum(),
            "COUNT" => count(numbers().count()),
            "COUNTA" => count(all.iter().filter(|one| **one != Scalar::Nothing).count()),
            "MIN" => numbers().reduce(f64::min).unwrap_or_default(),
            "MAX" => numbers().reduce(f64::max).unwrap_or_default(),
            "AVERAGE" if numbers().next().is_none() => return Err("#DIV/0!"),
            "AVERAGE" => numbers().sum::<f64>() / count(numbers().count()),
            "ABS" => argument(0)?.number()?.abs(),
            "ROUND" => {
                let number = argument(0)?.number()?;
                let places = argument(1).map_or(Ok(0.0), |places| places.number())?;
                let scale = 10_f64.powf(places.trunc());
                (number * scale).round() / scale
            }
            "LEN" => count(argument(0)?.text().chars().count()),
            "UPPER" => return Ok(Scalar::Text(argument(0)?.text().to_uppercase())),
            "LOWER" => return Ok(Scalar::Text(argument(0)?.text().to_lowercase())),
            "CONCATENATE" => return Ok(Scalar::Text(all.iter().map(Scalar::text).collect())),
            "IF" => {
                let chosen = if argument(0)?.number()? == 0.0 { 2 } else { 1 };
                return if chosen == 2 && all.len() < 3 {
                    Ok(Scalar::Boolean(false))
                } else {
                    argument(chosen)
                };
            }
            _ => return Err("#NAME?"),
        };
        if number.is_finite() { Ok(Scalar::Number(number)) } else { Err("#NUM!") }
    }
}
