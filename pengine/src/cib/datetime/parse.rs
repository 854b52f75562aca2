//! Reading dates and times (CIB-69 to CIB-72).

use jiff::civil::{ISOWeekDate, Weekday};

use super::{DAY, DateTime, LAST_YEAR, calendar_date, days_before};

impl DateTime {
    /// Reads a date with an optional time; a time alone is taken as one of the day of `now`.
    pub(in crate::cib) fn parse(text: &str, now: i64) -> Option<Self> {
        let text = text.trim_start();
        let is_time_only = text.starts_with('T') || text.as_bytes().get(2) == Some(&b':');
        if is_time_only {
            let today = Self { second: 0, ..Self::from_epoch(now) };
            return today.at_time(text.strip_prefix('T').unwrap_or(text));
        }
        if is_epoch(text) {
            return Some(Self::from_epoch(0));
        }
        let (year, day_of_year) = read_date(text)?;
        let date = Self { year, day_of_year, second: 0, offset: 0 };
        let rest = text.trim_start_matches(|next: char| next.is_ascii_digit() || next == '-' || next == 'W');
        match rest.strip_prefix(['T', ' ']) {
            Some(time) => date.at_time(time),
            None => Some(date),
        }
    }

    fn at_time(self, text: &str) -> Option<Self> {
        let second = read_time_of_day(text)?;
        let date = self.add_days(second / DAY);
        Some(Self { second: second % DAY, offset: read_offset(text)?, ..date })
    }
}

fn is_epoch(text: &str) -> bool {
    let (Some(word), Some(rest)) = (text.get(..5), text.get(5..)) else { return false };
    let ends = rest.chars().next().is_none_or(|next| next == '/' || next.is_ascii_whitespace());
    word.eq_ignore_ascii_case("epoch") && ends
}

/// Reads the year and the day of the year in the forms of CIB-69, in the order in which they are tried.
fn read_date(text: &str) -> Option<(i64, i64)> {
    let (first, rest) = read_number(text)?;
    let second = rest.strip_prefix('-').and_then(read_number);
    let third = second.and_then(|(_, rest)| rest.strip_prefix('-')).and_then(read_number);
    let date = match (second, third) {
        (Some((month, _)), Some((day, _))) => calendar_date(first, month, day)?,
        (Some((day_of_year, _)), None) => {
            let length = days_before(first + 1) - days_before(first);
            return (is_year(first) && (1..=length).contains(&day_of_year)).then_some((first, day_of_year));
        }
        (None, _) => match compact_date(text) {
            Some((year, month, day)) => calendar_date(year, month, day)?,
            None => week_date(first, rest)?,
        },
    };
    let year = i64::from(date.year());
    is_year(year).then_some((year, i64::from(date.day_of_year())))
}

fn is_year(year: i64) -> bool {
    (1..=LAST_YEAR).contains(&year)
}

/// `YYYYMMDD`.
fn compact_date(text: &str) -> Option<(i64, i64, i64)> {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse().ok();
    Some((number(0..4)?, number(4..6)?, number(6..8)?))
}

/// `-Www-D` behind the year.
fn week_date(year: i64, rest: &str) -> Option<jiff::civil::Date> {
    let (week, rest) = read_number(rest.strip_prefix("-W")?)?;
    let (weekday, _) = read_number(rest.strip_prefix('-')?)?;
    let weekday = Weekday::from_monday_one_offset(weekday.try_into().ok()?).ok()?;
    Some(ISOWeekDate::new(year.try_into().ok()?, week.try_into().ok()?, weekday).ok()?.date())
}

/// Digits at the start, and what follows; numbers beyond 32 bits are none.
fn read_number(text: &str) -> Option<(i64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    Some((i64::from(digits.parse::<u32>().ok()?), rest))
}

/// Reads `hh:mm:ss`, `hh:mm`, `hh`, `hhmmss` or `hhmm` in seconds; 24:00:00 is a full day (CIB-71).
fn read_time_of_day(text: &str) -> Option<i64> {
    let (hours, minutes, seconds) = read_clock(text.trim_start())?;
    let full_day = (hours, minutes, seconds) == (24, 0, 0);
    let in_range = hours < 24 && minutes < 60 && seconds < 60;
    (in_range || full_day).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Hours, minutes and seconds with or without colons; what is missing is 0.
fn read_clock(text: &str) -> Option<(i64, i64, i64)> {
    let two_digits = |text: &str| -> Option<(i64, usize)> {
        let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
        Some((text.get(..length)?.parse().ok()?, length))
    };
    let (hours, length) = two_digits(text)?;
    let rest = text.get(length..).unwrap_or_default();
    let has_colons = rest.starts_with(':');
    let part = |rest: &mut &str| -> i64 {
        let start = if has_colons { rest.strip_prefix(':') } else { Some(*rest) };
        let Some((number, length)) = start.and_then(two_digits) else { return 0 };
        *rest = start.and_then(|start| start.get(length..)).unwrap_or_default();
        number
    };
    let mut rest = rest;
    let minutes = part(&mut rest);
    Some((hours, minutes, part(&mut rest)))
}

/// Reads how many seconds a time is ahead of UTC (CIB-72). Where nothing says so the local zone would count, and for a
/// pure function that is UTC.
fn read_offset(text: &str) -> Option<i64> {
    let Some(start) = text.find([' ', '+', '-']).filter(|_| !text.contains('Z')) else { return Some(0) };
    let zone = text.get(start..).unwrap_or_default().trim_start();
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(0);
    }
    read_time_of_day(digits).map(|seconds| sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::super::{format_utc, parse_epoch_seconds};

    const NOON: i64 = 1_704_110_400;

    fn read(text: &str) -> Option<String> {
        parse_epoch_seconds(text, NOON).map(format_utc)
    }

    #[test]
    fn the_forms_of_dates() {
        let cases = [
            ("2024-1-5", "2024-01-05 00:00:00Z"),
            ("20240105", "2024-01-05 00:00:00Z"),
            ("2024-010", "2024-01-10 00:00:00Z"),
            ("2024-11", "2024-01-11 00:00:00Z"),
            ("2024-W01-1", "2024-01-01 00:00:00Z"),
            ("2020-W53-7", "2021-01-03 00:00:00Z"),
            ("Epoch", "1970-01-01 00:00:00Z"),
            ("T10:30", "2024-01-01 10:30:00Z"),
            ("10:30:15", "2024-01-01 10:30:15Z"),
            ("2024-01-05/2024-02-01", "2024-01-05 00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for invalid in ["", "2024", "2024-13-01", "2023-02-29", "0-01-01", "2023-366", "2024-W54-1", "2024-W01-8", "soon"] {
            assert_eq!(read(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn the_forms_of_times_and_zones() {
        let cases = [
            ("2024-01-05 10", "2024-01-05 10:00:00Z"),
            ("2024-01-05T101530", "2024-01-05 10:15:30Z"),
            ("2024-01-05T1015", "2024-01-05 10:15:00Z"),
            ("2024-01-05T10:15:30.999Z", "2024-01-05 10:15:30Z"),
            ("2024-01-05T24:00:00", "2024-01-06 00:00:00Z"),
            ("2024-01-05T10:00:00+02:00", "2024-01-05 08:00:00Z"),
            ("2024-01-05 10:00:00 -0130", "2024-01-05 11:30:00Z"),
            ("2024-01-05T10:00:00 02", "2024-01-05 08:00:00Z"),
            ("2024-01-05T10:00:00 CET", "2024-01-05 10:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for invalid in ["2024-01-05T24:00:01", "2024-01-05T10:60", "2024-01-05Tx"] {
            assert_eq!(read(invalid), None, "{invalid}");
        }
    }
}
