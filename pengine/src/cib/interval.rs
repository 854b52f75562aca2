//! Intervals and timeouts (CIB-75, CIB-76, CIB-81, CIB-82, CIB-84).

use super::leading_integer;

/// Longest ISO 8601 duration in seconds; in milliseconds it still fits.
const LONGEST_DURATION: i64 = 4_294_967;
const DAY: i64 = 24 * 60 * 60;
const DEFAULT_TIMEOUT_MS: u32 = 20_000;

/// Reads an interval specification in milliseconds; nothing if it is invalid (CIB-81).
#[must_use]
pub fn parse_interval_ms(text: &str) -> Option<u32> {
    if text.starts_with('P') {
        let seconds = parse_duration_seconds(text)?.min(LONGEST_DURATION);
        return u32::try_from(seconds.saturating_mul(1000)).ok();
    }
    // CIB-91: too large a result is cut to size, but too large a number is no number.
    let time = read_time(text).filter(|time| !time.overflow && time.ms >= 0)?;
    Some(u32::try_from(time.ms).unwrap_or(u32::MAX))
}

/// Reads a time with a unit in milliseconds (CIB-82); it may be negative.
#[must_use]
pub fn parse_time_ms(text: &str) -> Option<i64> {
    read_time(text).map(|time| time.ms)
}

/// Reads the timeout of an action in milliseconds: 20000 if invalid, zero or negative (CIB-84).
#[must_use]
pub fn parse_timeout_ms(text: &str) -> u32 {
    let ms = parse_time_ms(text).filter(|&ms| ms > 0);
    ms.map_or(DEFAULT_TIMEOUT_MS, |ms| i32::try_from(ms).unwrap_or(i32::MAX).unsigned_abs())
}

/// Milliseconds as seconds: 0 stays 0, below a second is 1, else rounded half up (STATE-3).
#[must_use]
pub fn ms_to_seconds(ms: u32) -> i64 {
    match i64::from(ms) {
        0 => 0,
        1..1000 => 1,
        ms => (ms + 500) / 1000,
    }
}

/// A time text as a number of milliseconds.
struct Time {
    ms: i64,
    /// The number itself was beyond 64 bits.
    overflow: bool,
}

fn read_time(text: &str) -> Option<Time> {
    let number = leading_integer(text)?;
    let unit = number.rest.trim_start_matches(|next: char| next.is_ascii_digit() || next == '.');
    let unit = unit.trim_start_matches(|next: char| next.is_ascii_whitespace()).as_bytes();
    let is = |letters: &[u8]| unit.get(..letters.len()).is_some_and(|start| start.eq_ignore_ascii_case(letters));
    let ms = match number.value {
        value if unit.is_empty() || is(b"s") => value.saturating_mul(1000),
        value if is(b"ms") => value,
        value if is(b"us") => value / 1000,
        value if is(b"m") => value.saturating_mul(60_000),
        value if is(b"h") => value.saturating_mul(3_600_000),
        _ => return None,
    };
    Some(Time { ms, overflow: number.overflow })
}

/// Reads an ISO 8601 duration in seconds (CIB-75).
fn parse_duration_seconds(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('P')?;
    let (mut years, mut months, mut days, mut seconds) = (0_i64, 0_i64, 0_i64, 0_i64);
    let mut in_time = false;
    while let Some(next) = rest.chars().next().filter(|next| !next.is_ascii_whitespace() && *next != '/') {
        if next == 'T' && !in_time {
            in_time = true;
            rest = &rest[1..];
            continue;
        }
        let number = leading_integer(rest).filter(|number| !number.overflow)?;
        let mut units = number.rest.chars();
        match (units.next()?, in_time) {
            ('Y', false) => years = number.value,
            ('M', false) => months = number.value,
            ('W', false) => days = days.saturating_add(number.value.saturating_mul(7)),
            ('D', false) => days = days.saturating_add(number.value),
            ('H', _) => seconds = seconds.saturating_add(number.value.saturating_mul(3600)),
            ('M', true) => seconds = seconds.saturating_add(number.value.saturating_mul(60)),
            ('S', _) => seconds = seconds.saturating_add(number.value),
            _ => return None,
        }
        rest = units.as_str();
    }
    if (years, months, days, seconds) == (0, 0, 0, 0) {
        return None;
    }
    // CIB-76: years and days count as if they were parts of a date, which begin with 1.
    let from_one = |count: i64| if count > 0 { count - 1 } else { count };
    let years_as_days = from_one(years).saturating_mul(365);
    let days = years_as_days.saturating_add(months.saturating_mul(30)).saturating_add(from_one(days));
    Some(days.saturating_mul(DAY).saturating_add(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_match_by_their_first_letters() {
        assert_eq!(parse_time_ms("10"), Some(10_000));
        assert_eq!(parse_time_ms("1.9min"), Some(60_000));
        assert_eq!(parse_time_ms("5 msx"), Some(5));
        assert_eq!(parse_time_ms("1500us"), Some(1));
        assert_eq!(parse_time_ms("1month"), Some(60_000));
        assert_eq!(parse_time_ms("2 Hours"), Some(7_200_000));
        assert_eq!(parse_time_ms("1d"), None);
        assert_eq!(parse_time_ms("-3s"), Some(-3000));
    }

    #[test]
    fn durations_keep_their_quirks() {
        let days = |text| parse_interval_ms(text).map(|ms| f64::from(ms) / 86_400_000.0);
        assert_eq!(days("P1Y"), Some(0.0));
        assert_eq!(days("P1D"), Some(0.0));
        assert_eq!(days("P2D"), Some(1.0));
        assert_eq!(days("P1W"), Some(6.0));
        assert_eq!(days("P1M2D"), Some(31.0));
        assert_eq!(days("PT24H"), Some(1.0));
        assert_eq!(parse_interval_ms("P1DT1H"), Some(3_600_000));
        assert_eq!(parse_duration_seconds("P2Y"), Some(365 * DAY));
        assert_eq!(parse_interval_ms("P-3000103333333H"), None);
        assert_eq!(parse_interval_ms("P2Y"), Some(4_294_967_000));
        for invalid in ["P", "PT", "P0D", "P5", "P1.5D", "P1X", "PT1D"] {
            assert_eq!(parse_interval_ms(invalid), None, "{invalid}");
        }
        assert_eq!(parse_interval_ms("PT10S/later"), Some(10_000));
        // Only months and minutes need the `T` to be told apart.
        assert_eq!(parse_interval_ms("P10S"), Some(10_000));
    }

    #[test]
    fn intervals_are_never_negative() {
        assert_eq!(parse_interval_ms("-5s"), None);
        assert_eq!(parse_interval_ms("99999999999s"), Some(u32::MAX));
        assert_eq!(parse_interval_ms("99999999999999999999"), None);
    }

    #[test]
    fn timeouts_fall_back_to_twenty_seconds() {
        for (text, ms) in [("PT10S", 20_000), ("0", 20_000), ("-1", 20_000), ("30", 30_000), ("9999999999", 2_147_483_647)] {
            assert_eq!(parse_timeout_ms(text), ms, "{text}");
        }
    }

    #[test]
    fn seconds_round_half_up() {
        for (ms, seconds) in [(0, 0), (1, 1), (999, 1), (1499, 1), (1500, 2)] {
            assert_eq!(ms_to_seconds(ms), seconds);
        }
    }
}
