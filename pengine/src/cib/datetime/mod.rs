//! Dates and times as a CIB writes them (CIB-69 to CIB-74).

mod parse;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate};

/// Reads a date with an optional time; `now` gives the date of a text that is a time only. Seconds since the epoch.
#[must_use]
pub fn parse_epoch_seconds(text: &str, now: i64) -> Option<i64> {
    DateTime::parse(text, now).map(DateTime::epoch_seconds)
}

/// `YYYY-MM-DD HH:MM:SSZ` of seconds since the epoch.
#[must_use]
pub fn format_utc(seconds: i64) -> String {
    let time = DateTime::from_epoch(seconds);
    let date = time.date();
    let (hours, minutes, seconds) = time.time_of_day();
    format!("{:04}-{:02}-{:02} {hours:02}:{minutes:02}:{seconds:02}Z", date.year(), date.month(), date.day())
}

const DAY: i64 = 24 * 60 * 60;
const LAST_YEAR: i64 = 9999;
/// The first of January 1970, counted in days from the first day of the year 1, which is day 1.
const EPOCH_DAY: i64 = 719_163;

/// A time in the form whose arithmetic the field knows (CIB-74): the year, the day and the second are counted apart, and
/// neither a day 366 nor a second 86400 is always carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateTime {
    /// From 1 to 9999; results beyond are cut to it.
    year: i64,
    /// From 1.
    day_of_year: i64,
    second: i64,
    /// Seconds that the time is ahead of UTC.
    offset: i64,
}

impl DateTime {
    pub(super) fn from_epoch(seconds: i64) -> Self {
        let (year, day_of_year) = from_day_number(seconds.div_euclid(DAY) + EPOCH_DAY);
        Self { year, day_of_year, second: seconds.rem_euclid(DAY), offset: 0 }
    }

    pub(super) fn epoch_seconds(self) -> i64 {
        (self.day_number() - EPOCH_DAY) * DAY + self.second - self.offset
    }

    /// What times are compared by (CIB-73).
    pub(super) fn order_key(self) -> (i64, i64, i64) {
        let utc = self.add_seconds(-self.offset);
        (utc.year, utc.day_of_year, utc.second)
    }

    fn day_number(self) -> i64 {
        days_before(self.year) + self.day_of_year
    }

    /// The calendar date; a day 366 of a shorter year is the next year's first.
    pub(super) fn date(self) -> Date {
        let (year, day_of_year) = from_day_number(self.day_number());
        date_of(year, day_of_year)
    }

    pub(super) fn week_date(self) -> ISOWeekDate {
        self.date().iso_week_date()
    }

    pub(super) fn day_of_year(self) -> i64 {
        self.day_of_year
    }

    /// Hours, minutes and seconds.
    pub(super) fn time_of_day(self) -> (i64, i64, i64) {
        (self.second / 3600, self.second / 60 % 60, self.second % 60)
    }

    /// A second 86400 stays on its day (CIB-74).
    pub(super) fn add_seconds(mut self, seconds: i64) -> Self {
        self.second += seconds % DAY;
        let carry = if self.second > DAY {
            1
        } else if self.second < 0 {
            -1
        } else {
            0
        };
        self.second -= carry * DAY;
        self.add_days(seconds / DAY + carry)
    }

    pub(super) fn add_days(mut self, days: i64) -> Self {
        if days != 0 {
            (self.year, self.day_of_year) = from_day_number(self.day_number().saturating_add(days));
        }
        self
    }

    /// The day of month stays, cut to the length of the month.
    pub(super) fn add_months(mut self, months: i64) -> Self {
        let date = self.date();
        let month_number = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
        let month_number = month_number.clamp(12, LAST_YEAR * 12 + 11);
        let (year, month) = (month_number / 12, month_number % 12 + 1);
        if let Some(first) = calendar_date(year, month, 1) {
            let day = date.day().min(first.days_in_month());
            self.year = year;
            self.day_of_year = i64::from(first.day_of_year() - 1 + i16::from(day));
        }
        self
    }

    /// The day of the year stays, so dates behind a leap day move by one.
    pub(super) fn add_years(mut self, years: i64) -> Self {
        self.year = self.year.saturating_add(years).clamp(1, LAST_YEAR);
        self
    }
}

/// Days from the first day of the year 1 to the last of December before `year`.
fn days_before(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

/// Year and day of year, cut to what is between the years 1 and 9999.
fn from_day_number(day: i64) -> (i64, i64) {
    let day = day.clamp(1, days_before(LAST_YEAR + 1));
    // The guess is at most one year early: 146097 days are 400 years.
    let guess = (day - 1) * 400 / 146_097 + 1;
    let year = if day > days_before(guess + 1) {
        guess + 1
    } else if day <= days_before(guess) {
        guess - 1
    } else {
        guess
    };
    (year, day - days_before(year))
}

fn calendar_date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn date_of(year: i64, day_of_year: i64) -> Date {
    let first = calendar_date(year, 1, 1).unwrap_or(Date::ZERO);
    first.saturating_add((day_of_year - 1).days())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        DateTime::parse(text, 0).unwrap()
    }

    #[test]
    fn epoch_seconds_and_dates_agree() {
        for seconds in [0, -1, 951_782_399, 951_782_400, 1_704_067_199, 1_735_603_200, 4_102_444_800, -62_135_596_800] {
            assert_eq!(DateTime::from_epoch(seconds).epoch_seconds(), seconds);
            let known = jiff::Timestamp::from_second(seconds).unwrap().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
            assert_eq!(format_utc(seconds), known);
        }
        for year in 1..=LAST_YEAR {
            assert_eq!(from_day_number(days_before(year) + 1), (year, 1));
            assert_eq!(from_day_number(days_before(year + 1)).0, year);
        }
    }

    #[test]
    fn a_full_day_of_seconds_is_not_carried() {
        let end = at("2024-01-01T12:00:00Z").add_seconds(12 * 3600);
        let midnight = at("2024-01-02");
        assert!(end.order_key() < midnight.order_key());
        assert_eq!(end.epoch_seconds(), midnight.epoch_seconds());
        assert!(at("2024-01-01T19:00:00-05:00").order_key() < midnight.order_key());
    }

    #[test]
    fn years_keep_the_day_of_year_and_months_the_day_of_month() {
        assert_eq!(format_utc(at("2024-03-01").add_years(1).epoch_seconds()), "2025-03-02 00:00:00Z");
        assert_eq!(format_utc(at("2023-10-31").add_months(4).epoch_seconds()), "2024-02-29 00:00:00Z");
        assert_eq!(at("2024-01-01").add_years(-5000).year, 1);
        assert_eq!(at("0001-01-05").add_days(-99).day_number(), 1);
    }
}
