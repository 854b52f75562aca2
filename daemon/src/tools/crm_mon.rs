//! `crm_mon`: the state of the cluster as XML, once.

use clap::{ArgAction, Parser, ValueEnum};
use pengine::simulate::{SessionOptions, simulate_report};

use super::Tool;
use super::session::{Failure, Session, real_now};

/// Prints the state of the cluster as XML, once
#[derive(Debug, Parser)]
#[command(name = "crm_mon", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct CrmMon {
    /// Print it once, as always
    #[arg(short = '1', long)]
    one_shot: bool,
    /// Print XML
    #[arg(short = 'X', long)]
    as_xml: bool,
    /// The form of the output
    #[arg(long, value_name = "FORMAT", required_unless_present = "as_xml")]
    output_as: Option<Format>,
    /// Show what is inactive, as always
    #[arg(short = 'r', long)]
    inactive: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Xml,
}

impl Tool for CrmMon {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let options = SessionOptions { real_now: real_now(), ..SessionOptions::default() };
        let (_, report) = simulate_report(session.cib()?, &options).map_err(Failure::failed)?;
        Ok(report.to_xml("crm_mon"))
    }
}
