//! `pengine explain`: why a resource is where it is, and why something is done about it or not.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use pengine::explain::{Unknown, explain, explain_action, explain_difference};
use pengine::report::Chunk;
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Settings};

use super::input::Source;
use super::output::{unless_closed, write_streams};
use super::{Failure, real_now, status};

const EXAMPLES: &str = "\
Examples:
  Why is web where it is, and what would send it elsewhere?
    pengine explain -x cib.xml web
  Why is it not on n2?
    pengine explain -x cib.xml web --node n2
  Why is it started, or why not?
    pengine explain -x cib.xml --action web_start_0
  Why is that planned today, and was not yesterday?
    pengine explain -x yesterday.xml --diff today.xml

Exit status: 0 if there was an answer, 64 for wrong usage, 65 if a file can't be read, 74 if the output can't be written,
78 if a file is no CIB that can be used, 105 if there is no such resource, node or action.";

/// Explain where a resource is and will be, what its scores are made of, and what would send it elsewhere
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The resource that is asked about
    #[arg(required_unless_present_any = ["action", "diff"], conflicts_with = "action")]
    resource: Option<String>,
    /// Read this CIB; `-`, the default, is standard input; .bz2, .gz and .xz are unpacked
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    xml_file: PathBuf,
    /// Look at this node only
    #[arg(short, long, value_name = "NODE", conflicts_with = "diff")]
    node: Option<String>,
    /// Explain why the action of that key is done, or why not: RESOURCE_TASK_INTERVAL
    #[arg(short, long, value_name = "KEY")]
    action: Option<String>,
    /// Explain what comes of another snapshot, and why it is something else
    #[arg(short, long, value_name = "FILE", conflicts_with = "action")]
    diff: Option<PathBuf>,
    /// Take this for the current time, not that of the CIB or the clock
    #[arg(short = 't', long, value_name = "DATETIME", allow_hyphen_values = true)]
    set_datetime: Option<String>,
    /// The form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_as: Format,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// An answer in the form that was asked for.
macro_rules! answer {
    ($args:expr, $value:expr) => {{
        let value = $value.map_err(|unknown| not_found(&unknown))?;
        match $args.output_as {
            Format::Text => value.to_text(),
            Format::Json => value.to_json().map_err(|error| Failure::new(status::SOFTWARE, error))?,
        }
    }};
}

/// Explains what was asked; the exit status.
pub(super) fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    let (cib, settings) = args.read(&args.xml_file)?;
    let node = args.node.as_deref();
    let text = match (&args.diff, &args.action, &args.resource) {
        (Some(other), _, resource) => {
            let (other, settings_then) = args.read(other)?;
            answer!(args, explain_difference([(&cib, &settings), (&other, &settings_then)], resource.as_deref()))
        }
        (None, Some(action), _) => answer!(args, explain_action(&cib, &settings, action, node)),
        (None, None, resource) => answer!(args, explain(&cib, &settings, resource.as_deref().unwrap_or_default(), node)),
    };
    let written = unless_closed(write_streams(&[Chunk::Out(text)]));
    written.map_err(|error| Failure::new(status::CANNOT_WRITE, format_args!("could not write the output: {error}")))?;
    Ok(0)
}

fn not_found(unknown: &Unknown) -> Failure {
    Failure::new(status::CANNOT_CREATE, unknown)
}

impl ExplainArgs {
    /// A CIB, and the time that it is judged by.
    fn read(&self, path: &Path) -> Result<(Cib, Settings), Failure> {
        let cib = Source::of(path).read()?;
        let now = EffectiveTime::of(&cib, self.set_datetime.as_deref(), real_now()).now;
        Ok((cib, Settings { now, sanitized: true, ..Settings::default() }))
    }
}
