//! `pengine cib`: the document itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pengine_control::{Change, CibChange, Reply, Request, Version, exit_status};
use serde_json::json;

use super::super::Failure;
use super::super::input::Source;
use super::change::ChangeArgs;
use super::{CommonArgs, Daemon, off_topic, whole_lines};

const EXAMPLES: &str = "\
Examples:
  Change the configuration in an editor, unless somebody else changes it meanwhile:
    pengine cib query > cib.xml && editor cib.xml
    pengine cib replace cib.xml --dry-run
    pengine cib replace cib.xml
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
        /// Whatever the version of the CIB is
        #[arg(long, conflicts_with = "base")]
        force: bool,
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
    /// Change nothing unless the CIB is still at this version, as 0.12.3 [default: that of a whole CIB]
    #[arg(long, value_name = "VERSION")]
    base: Option<Version>,
    #[command(flatten)]
    change: ChangeArgs,
}

impl CibArgs {
    pub(super) fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        match &self.command {
            CibCommand::Query { section } => query(daemon, section.clone()),
            CibCommand::Replace { file, args, force } => {
                let source = Source::of(file);
                let xml = source.read_text()?;
                let base = if *force {
                    None
                } else {
                    args.base.map_or_else(|| base_of(daemon, &source, &xml), |base| Ok(Some(base)))?
                };
                args.change.make(daemon, Change::Cib(CibChange::Replace { xml, base }))
            }
            CibCommand::Patch { file, args } => {
                let (xml, base) = (Source::of(file).read_text()?, args.base);
                args.change.make(daemon, Change::Cib(CibChange::Patch { xml, base }))
            }
        }
    }
}

/// The version that a CIB has to replace: its own, or the present one if its own is newer; none if it has no version.
fn base_of(daemon: &Daemon, source: &Source, xml: &str) -> Result<Option<Version>, Failure> {
    let Some(own) = version_of(xml) else { return Ok(None) };
    let present = daemon.status()?.version;
    let configuration = |version: Version| (version.admin_epoch, version.epoch);
    if configuration(own) < configuration(present) {
        let reason = format_args!(
            "{} was made from version {own}, but the configuration is at {present} by now; get it again and repeat the change, or \
             put it in its place all the same with --force",
            source.name()
        );
        return Err(Failure::new(exit_status::FAILED, reason));
    }
    Ok(Some(if configuration(own) > configuration(present) { present } else { own }))
}

/// The version that a document says it has. What can't be read is left to the daemon, which says what is wrong with it.
fn version_of(xml: &str) -> Option<Version> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let number = |name| document.root_element().attribute(name).and_then(|text| text.parse().ok());
    let epoch = number("epoch")?;
    let (admin_epoch, num_updates) = (number("admin_epoch").unwrap_or(0), number("num_updates").unwrap_or(0));
    Some(Version { admin_epoch, epoch, num_updates })
}

fn query(daemon: &Daemon, section: Option<String>) -> Result<(), Failure> {
    match daemon.ask(&Request::Cib { section })? {
        Reply::Cib { xml, version } => daemon.show(|_| whole_lines(xml.clone()), &json!({ "version": version, "xml": xml })),
        other => Err(off_topic(other)),
    }
}
