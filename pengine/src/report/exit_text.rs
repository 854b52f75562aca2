//! What agents' exit statuses and executions' outcomes are called (HIST-31, HIST-78).

/// The text of an exit status.
#[must_use]
pub fn exit_text(status: i64) -> &'static str {
    match status {
        0 => "OK",
        1 | 255 => "Error occurred",
        2 => "Invalid parameter",
        3 => "Unimplemented",
        4 | 77 => "Insufficient privileges",
        5 => "Not installed",
        6 => "Not configured",
        7 => "Not running",
        8 => "Promoted",
        9 => "Failed in promoted role",
        64 => "Incorrect usage",
        65 => "Invalid data given",
        66 => "Input file not available",
        67 => "User does not exist",
        68 => "Host does not exist",
        69 => "Necessary service unavailable",
        70 => "Internal software bug",
        71 => "Operating system error occurred",
        72 => "System file not available",
        73 => "Cannot create output file",
        74 => "I/O error occurred",
        75 => "Temporary failure, try again",
        76 => "Protocol violated",
        78 => "Invalid configuration",
        100 => "Fatal error occurred, will not respawn",
        101 => "System panic required",
        102 => "Not connected",
        103 => "Update was older than existing configuration",
        104 => "Digest mismatch",
        105 => "No such object",
        106 => "Quorum required",
        107 => "Operation not safe",
        108 => "Requested item already exists",
        109 => "Multiple items match request",
        110 => "Requested item has expired",
        111 => "Requested item is not yet in effect",
        112 => "Could not determine status",
        113 => "Not applicable under current conditions",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_agents_programs_and_signals_have_texts() {
        let texts = [
            (7, "Not running"),
            (64, "Incorrect usage"),
            (77, "Insufficient privileges"),
            (105, "No such object"),
            (114, "Unknown exit status"),
            (128, "Unknown exit status"),
            (137, "Interrupted by signal"),
            (193, "No exit status available"),
            (255, "Error occurred"),
        ];
        for (status, text) in texts {
            assert_eq!(exit_text(status), text, "{status}");
        }
    }
}
