//! `pengine explain`: why a resource is where it is, and why something is done about it or not.

use std::path::PathBuf;

use clap::Args;
use pengine::explain::{Unknown, explain, explain_action, explain_difference};

use super::answer::{self, Format, answer_text};
use super::{Failure, status};

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

/// Explains what was asked; the exit status.
pub(super) fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    let read = |path| answer::read(path, args.set_datetime.as_deref());
    let (cib, settings) = read(&args.xml_file)?;
    let (node, format) = (args.node.as_deref(), args.output_as);
    let text = match (&args.diff, &args.action, &args.resource) {
        (Some(other), _, resource) => {
            let (other, settings_then) = read(other)?;
            let difference = explain_difference([(&cib, &settings), (&other, &settings_then)], resource.as_deref());
            answer_text!(format, difference.map_err(not_found)?)
        }
        (None, Some(action), _) => answer_text!(format, explain_action(&cib, &settings, action, node).map_err(not_found)?),
        (None, None, resource) => {
            let resource = resource.as_deref().unwrap_or_default();
            answer_text!(format, explain(&cib, &settings, resource, node).map_err(not_found)?)
        }
    };
    answer::write(text)?;
    Ok(0)
}

fn not_found(unknown: Unknown) -> Failure {
    Failure::new(status::CANNOT_CREATE, unknown)
}
