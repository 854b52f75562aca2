//! What resource agents call: the field's tools, as far as agents use them, as clients of the daemon.
//!
//! The program answers under each tool's name. [`install`] makes a folder of links to it, which comes first in the agents' `PATH`
//! and is their `HA_SBIN_DIR`, since many of them call `$HA_SBIN_DIR/crm_attribute` and the like. Each tool has the options that
//! the agents of the `resource-agents` package pass, and refuses others.

mod attrd_updater;
mod cibadmin;
mod crm_attribute;
mod crm_failcount;
mod crm_mon;
mod crm_node;
mod crm_resource;
mod install;
mod pacemakerd;
mod session;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use pengine_control::exit_status;

pub use install::install;
pub use session::Environment;

use session::{Failure, Session};

/// A tool: its command line, and what it does.
trait Tool: Parser {
    /// What it prints.
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure>;
}

/// What a tool puts out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The exit status.
    pub status: u8,
    /// For the standard output.
    pub out: String,
    /// For the standard error.
    pub err: String,
}

type Runner = fn(&[OsString], &Environment) -> Outcome;

/// The tools, each with the name that it is called by.
const TOOLS: &[(&str, Runner)] = &[
    ("attrd_updater", outcome::<attrd_updater::AttrdUpdater>),
    ("cibadmin", outcome::<cibadmin::Cibadmin>),
    ("crm_attribute", outcome::<crm_attribute::CrmAttribute>),
    ("crm_failcount", outcome::<crm_failcount::CrmFailcount>),
    ("crm_master", outcome::<crm_attribute::CrmMaster>),
    ("crm_mon", outcome::<crm_mon::CrmMon>),
    ("crm_node", outcome::<crm_node::CrmNode>),
    ("crm_resource", outcome::<crm_resource::CrmResource>),
    ("pacemakerd", outcome::<pacemakerd::Pacemakerd>),
];

/// Runs the tool that the first word of a command line names, with the environment of this process; none if it names no tool.
#[must_use]
pub fn run(words: &[OsString]) -> Option<ExitCode> {
    let Outcome { status, out, err } = answer(words, &Environment::of_process())?;
    let written = std::io::stdout().write_all(out.as_bytes()).and_then(|()| std::io::stderr().write_all(err.as_bytes()));
    // An agent that can't be told gets to know that at least.
    Some(ExitCode::from(if written.is_err() { exit_status::FAILED } else { status }))
}

/// What the tool that the first word of a command line names puts out; none if it names no tool.
#[must_use]
pub fn answer(words: &[OsString], environment: &Environment) -> Option<Outcome> {
    let called = Path::new(words.first()?).file_name()?;
    let (_, runner) = TOOLS.iter().find(|(name, _)| called == *name)?;
    Some(runner(words, environment))
}

fn outcome<T: Tool>(words: &[OsString], environment: &Environment) -> Outcome {
    let tool = match T::try_parse_from(words) {
        Ok(tool) => tool,
        // Help and version are no errors.
        Err(error) if !error.use_stderr() => return Outcome { out: error.to_string(), ..Outcome::default() },
        Err(error) => return Outcome { status: exit_status::USAGE, err: error.to_string(), ..Outcome::default() },
    };
    match tool.run(&mut Session::new(environment)) {
        Ok(out) => Outcome { out, ..Outcome::default() },
        Err(Failure { status, message }) => {
            let name = T::command().get_name().to_owned();
            Outcome { status, err: format!("{name}: {message}\n"), ..Outcome::default() }
        }
    }
}

#[cfg(test)]
mod tests;
