//! Intervals and timeouts (CIB-75, CIB-76, CIB-81, CIB-82, CIB-84).

/// Reads an interval specification in milliseconds; nothing if it is invalid (CIB-81).
#[must_use]
pub fn parse_interval_ms(text: &str) -> Option<u32> {
    let _ = text;
    todo!()
}

/// Reads a time with a unit in milliseconds (CIB-82); it may be negative.
#[must_use]
pub fn parse_time_ms(text: &str) -> Option<i64> {
    let _ = text;
    todo!()
}

/// Reads the timeout of an action in milliseconds: 20000 if invalid, zero or negative (CIB-84).
#[must_use]
pub fn parse_timeout_ms(text: &str) -> u32 {
    let _ = text;
    todo!()
}

/// Milliseconds as seconds: 0 stays 0, below a second is 1, else rounded half up (STATE-3).
#[must_use]
pub fn ms_to_seconds(ms: u32) -> i64 {
    let _ = ms;
    todo!()
}
