//! `pacemakerd`: whom agents ask for the version, to know whether they may ask `crm_node` for the node's name.

use clap::Parser;

use super::Tool;
use super::session::{Failure, Session};

/// Prints the version of the field's software that this one stands for
#[derive(Debug, Parser)]
#[command(name = "pacemakerd", disable_version_flag = true, args_override_self = true)]
pub(super) struct Pacemakerd {
    /// Print it
    #[arg(short = '$', long, required = true)]
    version: bool,
}

impl Tool for Pacemakerd {
    fn run(self, _: &mut Session<'_>) -> Result<String, Failure> {
        Ok(format!("Pacemaker 3.0.2 (pengined {} in its place)\n", env!("CARGO_PKG_VERSION")))
    }
}
