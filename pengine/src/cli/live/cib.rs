//! `pengine cib`: the document itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pengine_control::{Change, CibChange, Reply, Request, Version};
use serde_json::json;

use super::super::Failure;
use super::super::input::Source;
use super::change::ChangeArgs;
use super::{CommonArgs, Daemon, off_topic, whole_lines};

const EXAMPLES: &str = "\
Examples:
  Change the configuration in an editor, unless somebody else changes it meanwhile:
    pengine cib query > cib.xml && editor cib.xml
    pengine cib replace cib.xml --base 0.12.3 --dry-run
    pengine cib replace cib.xml --base 0.12.3
  Change one value:
    echo '<modify><nvpair id=\"options-fencing\" value=\"true\"/></modify>' | pengine cib patch -";

/// Show the CIB, and change it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct CibArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(subcommand)]
    command: CibCommand,
}

#[derive(Debug, Subcommand)]
enum CibCommand {
    /// Show the CIB
    Query {
        /// One section alone: configuration, status, nodes, resources, constraints, ...
        #[arg(long, value_name = "NAME")]
        section: Option<String>,
    },
    /// Put another configuration in its place
    Replace {
        /// A whole CIB, packed or not; `-` is standard input; its status section doesn't count
        file: PathBuf,
        #[command(flatten)]
        args: EditArgs,
    },
    /// Create, modify or delete single elements
    Patch {
        /// `<create parent="ID">…</create>`, `<modify>…</modify>` or `<delete>…</delete>`, or several of them in a `<patch>`;
        /// `-` is standard input
        file: PathBuf,
        #[command(flatten)]
        args: EditArgs,
    },
}

#[derive(Debug, Args)]
struct EditArgs {
    /// Change nothing unless the CIB is still at this version, as 0.12.3
    #[arg(long, value_name = "VERSION")]
    base: Option<Version>,
    #[command(flatten)]
    change: ChangeArgs,
}

impl CibArgs {
    pub(super) fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        match &self.command {
            CibCommand::Query { section } => query(daemon, section.clone()),
            CibCommand::Replace { file, args } => {
                let (xml, base) = (Source::of(file).read_text()?, args.base);
                args.change.make(daemon, Change::Cib(CibChange::Replace { xml, base }))
            }
            CibCommand::Patch { file, args } => {
                let (xml, base) = (Source::of(file).read_text()?, args.base);
                args.change.make(daemon, Change::Cib(CibChange::Patch { xml, base }))
            }
        }
    }
}

fn query(daemon: &Daemon, section: Option<String>) -> Result<(), Failure> {
    match daemon.ask(&Request::Cib { section })? {
        Reply::Cib { xml, version } => daemon.show(|_| whole_lines(xml.clone()), &json!({ "version": version, "xml": xml })),
        other => Err(off_topic(other)),
    }
}
