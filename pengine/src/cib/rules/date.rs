//! `date_expression`: conditions on the time (CIB-61 to CIB-67).

use super::NextChange;
use crate::cib::datetime::DateTime;
use crate::cib::{ElementRef, leading_integer};

/// Whether a `date_expression` passes; notes when that will change (CIB-67).
pub(super) fn passes(condition: ElementRef<'_>, now: i64, change: &mut NextChange) -> bool {
    evaluate(condition, now, change).unwrap_or(false)
}

/// The result of a date expression; nothing if it makes no sense.
fn evaluate(condition: ElementRef<'_>, now: i64, change: &mut NextChange) -> Option<bool> {
    let read = |name| match condition.attr(name) {
        Some(text) => DateTime::parse(text, now).map(Some),
        None => Some(None),
    };
    let (start, end) = (read("start")?, read("end")?);
    let time = DateTime::from_epoch(now);
    let operation = condition.attr("operation").unwrap_or("in_range");
    if operation.eq_ignore_ascii_case("in_range") {
        let end = match (start, end) {
            (None, None) => return None,
            (Some(start), None) => match condition.child("duration") {
                Some(duration) => Some(add_duration(start, duration)?),
                None => None,
            },
            _ => end,
        };
        Some(is_within(time, start, end, change))
    } else if operation.eq_ignore_ascii_case("gt") {
        let start = start?;
        let passes = time.order_key() > start.order_key();
        if !passes {
            change.note(start.epoch_seconds() + 1);
        }
        Some(passes)
    } else if operation.eq_ignore_ascii_case("lt") {
        let end = end?;
        let passes = time.order_key() < end.order_key();
        if passes {
            change.note(end.epoch_seconds());
        }
        Some(passes)
    } else if operation.eq_ignore_ascii_case("date_spec") {
        Some(spec_matches(condition.child("date_spec")?, time))
    } else {
        None
    }
}

/// CIB-62: both ends are within.
fn is_within(time: DateTime, start: Option<DateTime>, end: Option<DateTime>, change: &mut NextChange) -> bool {
    if let Some(start) = start.filter(|start| time.order_key() < start.order_key()) {
        change.note(start.epoch_seconds());
        return false;
    }
    let Some(end) = end else { return true };
    let passes = time.order_key() <= end.order_key();
    if passes {
        change.note(end.epoch_seconds() + 1);
    }
    passes
}

/// The end of a `duration` that begins at `start`; nothing if it is invalid (CIB-64).
fn add_duration(start: DateTime, duration: ElementRef<'_>) -> Option<DateTime> {
    duration.id()?;
    let count = |name| match duration.attr(name) {
        Some(text) => leading_integer(text).and_then(|number| i32::try_from(number.value).ok()).map(i64::from),
        None => Some(0),
    };
    let end = start.add_years(count("years")?).add_months(count("months")?);
    let end = end.add_days(count("weeks")? * 7).add_days(count("days")?);
    Some(end.add_seconds(count("hours")? * 3600).add_seconds(count("minutes")? * 60).add_seconds(count("seconds")?))
}

/// Whether all fields that a `date_spec` restricts fit (CIB-65).
fn spec_matches(spec: ElementRef<'_>, time: DateTime) -> bool {
    let (date, week_date) = (time.date(), time.week_date());
    let (hours, minutes, seconds) = time.time_of_day();
    let fields = [
        ("years", i64::from(date.year())),
        ("months", i64::from(date.month())),
        ("monthdays", i64::from(date.day())),
        ("hours", hours),
        ("minutes", minutes),
        ("seconds", seconds),
        ("yeardays", time.day_of_year()),
        ("weekyears", i64::from(week_date.year())),
        ("weeks", i64::from(week_date.week())),
        ("weekdays", i64::from(week_date.weekday().to_monday_one_offset())),
    ];
    spec.id().is_some() && fields.into_iter().all(|(name, field)| spec.attr(name).is_none_or(|range| contains(range, field)))
}

/// Whether a range `N`, `N-M`, `N-` or `-M` has that number in it; an invalid one has none (CIB-66).
fn contains(range: &str, field: i64) -> bool {
    let number = |text: &str| leading_integer(text).filter(|number| number.rest.is_empty()).map(|number| number.value);
    match range.split_once('-') {
        None => number(range) == Some(field),
        Some((_, high)) if high.contains('-') => false,
        Some(("", high)) => number(high).is_some_and(|high| field <= high),
        Some((low, "")) => number(low).is_some_and(|low| low <= field),
        Some((low, high)) => number(low).zip(number(high)).is_some_and(|(low, high)| (low..=high).contains(&field)),
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn ranges() {
        for range in ["5", "1-9", "5-", "-5", " 5", "5-5"] {
            assert!(contains(range, 5), "{range}");
        }
        for range in ["", "-", "12-10", "4,5", "--5", "1--9", "5x", "6-", "-4"] {
            assert!(!contains(range, 5), "{range}");
        }
    }
}
