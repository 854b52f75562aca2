//! The node daemon `pengined`, which is also the tools that agents call.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    pengined::tools::run(&words).unwrap_or_else(|| pengined::life::run(&words))
}
