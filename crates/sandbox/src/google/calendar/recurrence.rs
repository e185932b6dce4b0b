//! How a series repeats: the part of RFC 5545 that calendars use, on local dates.
//!
//! What the twin does not understand it refuses: a series that it gets wrong would be worse.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::zone::days_after;
use crate::google::failure::Failure;

/// No series has more occurrences than the twin looks at.
const MAX_DATES: usize = 3000;
const MAX_PERIODS: i64 = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Debug, Clone)]
pub(super) struct Series {
    frequency: Frequency,
    interval: i64,
    count: Option<usize>,
    until: Option<Date>,
    /// Days of the week, each with which of them in the month, if that is said.
    by_day: Vec<(Option<i64>, Weekday)>,
    by_month_day: Vec<i64>,
    week_start: Weekday,
    left_out: Vec<Date>,
    added: Vec<Date>,
}

fn invalid() -> Failure {
    Failure::new(400, "invalid", "INVALID_ARGUMENT", "Invalid recurrence rule.")
}

fn unserved(what: &str) -> Failure {
    Failure::new(400, "invalid", "INVALID_ARGUMENT", format!("sandbox: the twin does not know `{what}`"))
}

/// Reads the lines of `recurrence`.
pub(super) fn parse(lines: &[String]) -> Result<Series, Failure> {
    let mut series: Option<Series> = None;
    let (mut left_out, mut added) = (Vec::new(), Vec::new());
    for line in lines {
        let (head, value) = line.split_once(':').ok_or_else(invalid)?;
        match head.split(';').next().unwrap_or_default() {
            "RRULE" if series.is_none() => series = Some(rule(value)?),
            "RRULE" => return Err(unserved("a second RRULE")),
            "EXDATE" => left_out.extend(dates(value)?),
            "RDATE" => added.extend(dates(value)?),
            "EXRULE" => return Err(unserved("EXRULE")),
            _ => return Err(invalid()),
        }
    }
    let mut series = match series {
        Some(series) => series,
        None if added.is_empty() => return Err(invalid()),
        // Days that are listed, beside the first.
        None => Series { count: Some(1), ..Series::every(Frequency::Daily) },
    };
    (series.left_out, series.added) = (left_out, added);
    Ok(series)
}

fn rule(text: &str) -> Result<Series, Failure> {
    let mut series: Option<Series> = None;
    let parts: Vec<(&str, &str)> =
        text.split(';').map(|part| part.split_once('=').ok_or_else(invalid)).collect::<Result<_, _>>()?;
    if let Some((_, frequency)) = parts.iter().find(|(name, _)| *name == "FREQ") {
        series = Some(Series::every(match *frequency {
            "DAILY" => Frequency::Daily,
            "WEEKLY" => Frequency::Weekly,
            "MONTHLY" => Frequency::Monthly,
            "YEARLY" => Frequency::Yearly,
            "SECONDLY" | "MINUTELY" | "HOURLY" => return Err(unserved(frequency)),
            _ => return Err(invalid()),
        }));
    }
    let mut series = series.ok_or_else(invalid)?;
    for (name, value) in parts {
        match name {
            "FREQ" => {}
            "INTERVAL" => series.interval = positive(value)?,
            "COUNT" => series.count = Some(usize::try_from(positive(value)?).map_err(|_| invalid())?),
            "UNTIL" => series.until = Some(date(value)?),
            "BYDAY" => {
                series.by_day = value.split(',').map(day).collect::<Result<_, _>>()?;
            }
            "BYMONTHDAY" => {
                let numbers = value.split(',').map(|day| day.parse::<i64>());
                series.by_month_day = numbers.collect::<Result<_, _>>().map_err(|_| invalid())?;
            }
            "WKST" => series.week_start = day(value)?.1,
            "BYSECOND" | "BYMINUTE" | "BYHOUR" | "BYYEARDAY" | "BYWEEKNO" | "BYMONTH" | "BYSETPOS" => {
                return Err(unserved(name));
            }
            _ => return Err(invalid()),
        }
    }
    let is_yearly_by_day = series.frequency == Frequency::Yearly
        && !(series.by_day.is_empty() && series.by_month_day.is_empty());
    if is_yearly_by_day {
        return Err(unserved("YEARLY by day"));
    }
    if series.count.is_some() && series.until.is_some() {
        return Err(invalid());
    }
    Ok(series)
}

fn positive(text: &str) -> Result<i64, Failure> {
    text.parse().ok().filter(|number| (1..=100_000).contains(number)).ok_or_else(invalid)
}

fn day(text: &str) -> Result<(Option<i64>, Weekday), Failure> {
    let at = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at)).ok_or_else(invalid)?;
    let (number, name) = text.split_at(at);
    let weekday = match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return Err(invalid()),
    };
    let number = match number {
        "" => None,
        number => Some(number.parse().ok().filter(|number| *number != 0).ok_or_else(invalid)?),
    };
    Ok((number, weekday))
}

fn dates(text: &str) -> Result<Vec<Date>, Failure> {
    text.split(',').map(date).collect()
}

/// The day of `20260305`, `20260305T090000` or `20260305T090000Z`.
fn date(text: &str) -> Result<Date, Failure> {
    let shape_fits = matches!(text.len(), 8 | 15 | 16) && text.is_ascii();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let parts = (number(0, 4), number(4, 6), number(6, 8));
    let (Some(year), Some(month), Some(day)) = parts else {
        return Err(invalid());
    };
    let narrow = |number: i16| i8::try_from(number).unwrap_or_default();
    match Date::new(year, narrow(month), narrow(day)) {
        Ok(date) if shape_fits => Ok(date),
        _ => Err(invalid()),
    }
}

impl Series {
    fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            week_start: Weekday::Monday,
            left_out: Vec::new(),
            added: Vec::new(),
        }
    }

    /// The days of the series from `first` to `last`.
    pub(super) fn days(&self, first: Date, last: Date) -> Vec<Date> {
        let last = self.until.map_or(last, |until| until.min(last));
        let mut days = Vec::new();
        'periods: for period in 0..MAX_PERIODS {
            let (start, candidates) = self.period(first, period);
            if start > last {
                break;
            }
            for day in candidates.into_iter().filter(|day| *day >= first) {
                if day > last || days.len() >= self.count.unwrap_or(MAX_DATES).min(MAX_DATES) {
                    break 'periods;
                }
                days.push(day);
            }
        }
        days.retain(|day| !self.left_out.contains(day));
        days.extend(self.added.iter().filter(|day| **day >= first && **day <= last));
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The day on which the period begins, and its days.
    fn period(&self, first: Date, period: i64) -> (Date, Vec<Date>) {
        let step = period * self.interval;
        match self.frequency {
            Frequency::Daily => {
                let day = days_after(first, step);
                let fits = self.by_day.is_empty()
                    || self.by_day.iter().any(|(_, weekday)| *weekday == day.weekday());
                (day, if fits { vec![day] } else { Vec::new() })
            }
            Frequency::Weekly => {
                let back = i64::from(first.weekday().since(self.week_start));
                let monday = days_after(first, step * 7 - back);
                let week = (0..7).map(|offset| days_after(monday, offset));
                let wanted = |day: &Date| match self.by_day.as_slice() {
                    [] => day.weekday() == first.weekday(),
                    days => days.iter().any(|(_, weekday)| *weekday == day.weekday()),
                };
                (monday, week.filter(wanted).collect())
            }
            Frequency::Monthly => self.month(first, step),
            Frequency::Yearly => {
                let year = i16::try_from(i64::from(first.year()) + step).unwrap_or(i16::MAX);
                match Date::new(year, 1, 1) {
                    Ok(start) => (start, Date::new(year, first.month(), first.day()).into_iter().collect()),
                    Err(_) => (Date::MAX, Vec::new()),
                }
            }
        }
    }

    fn month(&self, first: Date, step: i64) -> (Date, Vec<Date>) {
        let months = i64::from(first.year()) * 12 + i64::from(first.month()) - 1 + step;
        let year = i16::try_from(months.div_euclid(12)).unwrap_or(i16::MAX);
        let month = i8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
        let Ok(start) = Date::new(year, month, 1) else {
            return (Date::MAX, Vec::new());
        };
        let length = i64::from(start.days_in_month());
        let all = (1..=length).map(|number| (number, days_after(start, number - 1)));
        let wanted = |number: i64, day: Date| {
            if self.by_day.is_empty() && self.by_month_day.is_empty() {
                return number == i64::from(first.day());
            }
            let by_month_day =
                self.by_month_day.iter().any(|own| *own == number || *own == number - length - 1);
            let by_day = self.by_day.iter().any(|(which, weekday)| {
                let counted = [(number - 1) / 7 + 1, -((length - number) / 7 + 1)];
                *weekday == day.weekday() && which.is_none_or(|which| counted.contains(&which))
            });
            (self.by_day.is_empty() || by_day) && (self.by_month_day.is_empty() || by_month_day)
        };
        (start, all.filter(|(number, day)| wanted(*number, *day)).map(|(_, day)| day).collect())
    }
}

/// `day` at the time of day that `first` has.
pub(super) fn at_time_of(day: Date, first: DateTime) -> DateTime {
    let time: Time = first.time();
    day.to_datetime(time)
}
