//! `cibadmin`: the CIB as it is.

use clap::{ArgAction, Parser};

use super::Tool;
use super::session::{Failure, Session};

/// Prints the CIB
#[derive(Debug, Parser)]
#[command(name = "cibadmin", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct Cibadmin {
    /// Print it
    #[arg(short = 'Q', long, required = true)]
    query: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

impl Tool for Cibadmin {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let mut text = session.cib_text()?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}
