//! The node daemon `pengined`, which is its agents' tools, too.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    pengined::tools::run(&words).unwrap_or(ExitCode::SUCCESS)
}
