//! What agents' exit statuses and executions' outcomes are called (HIST-31, HIST-78).

/// The text of an exit status.
#[must_use]
pub fn exit_text(status: i64) -> &'static str {
    match status {
        0 => "OK",
        1 => "Error occurred",
        2 => "Invalid parameter",
        3 => "Unimplemented",
        4 => "Insufficient privileges",
        5 => "Not installed",
        6 => "Not configured",
        7 => "Not running",
        8 => "Promoted",
        9 => "Failed in promoted role",
        124 => "Timeout occurred",
        190 => "Service is active but might fail soon",
        191 => "Service is promoted but might fail soon",
        193 => "No exit status available",
        129..=254 => "Interrupted by signal",
        _ => "Unknown exit status",
    }
}

/// The name of an execution's outcome.
#[must_use]
pub fn execution_text(status: i64) -> &'static str {
    match status {
        -1 => "Pending",
        0 => "Done",
        1 => "Cancelled",
        2 => "Timed out",
        3 => "Unsupported",
        4 => "Error",
        5 => "Hard error",
        6 => "Fatal error",
        7 => "Not installed",
        8 => "Internal communication failure",
        9 => "Cannot execute now",
        10 => "No fence device",
        11 => "CIB secrets unavailable",
        _ => "UNKNOWN!",
    }
}
