//! `pengine simulate`: what would happen with a CIB.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use pengine::Severity;
use pengine::report::Chunk;
use pengine::report::document::SimulationReport;
use pengine::simulate::{Injections, Session, SessionOptions, TicketChange, simulate, simulate_report};
use pengine::transition::DotOptions;

use super::input::Source;
use super::output::{NewFile, complain};
use super::profile::{ProfileOptions, profile};
use super::result::{Outcome, ResultWriter};
use super::{Failure, real_now, status};

const EXAMPLES: &str = "\
Examples:
  What the cluster would do now, and the state afterwards:
    pengine simulate -S -x cib.xml
  What if node n1 failed?
    pengine simulate -S -x cib.xml --node-fail n1
  What if the next start of db on n2 failed with exit status 1?
    pengine simulate -S -x cib.xml --op-fail db_start_0@n2=1
  Why is a resource where it is? The scores of each on every node:
    pengine simulate -s -x cib.xml
  A picture of the transition:
    pengine simulate -R -x cib.xml -D transition.dot && dot -Tsvg transition.dot -o transition.svg";

/// Show what the cluster would do with a CIB, and what would come of it
///
/// Nothing is changed: a transition is carried out on a copy in memory. Without --run, --simulate or an option that needs one of
/// them only the state in the CIB is shown.
#[derive(Debug, Args)]
#[command(disable_version_flag = true, after_help = EXAMPLES, args_override_self = true)]
pub struct SimulateArgs {
    /// Schedule, and show what would be done
    #[arg(short = 'R', long)]
    run: bool,
    /// Carry the transition out on a copy, and show the state afterwards
    #[arg(short = 'S', long)]
    simulate: bool,
    /// Simulate, and write the result over the input file
    #[arg(short = 'X', long)]
    in_place: bool,
    /// Print the version
    #[arg(short = '$', long)]
    version: bool,
    #[arg(long, action = ArgAction::HelpLong, hide = true)]
    #[arg(aliases = ["help-output", "help-operations", "help-synthetic", "help-artifact", "help-source"])]
    help_all: (),

    /// Read this CIB; `-` is standard input; .bz2, .gz and .xz are unpacked
    #[arg(short, long, value_name = "FILE", allow_hyphen_values = true, help_heading = "Input")]
    #[arg(overrides_with_all = ["xml_pipe", "live_check"])]
    xml_file: Option<PathBuf>,
    /// Read the CIB from standard input, which is the default
    #[arg(short = 'p', long, help_heading = "Input", overrides_with_all = ["xml_file", "live_check"])]
    xml_pipe: bool,
    /// Read the CIB of a running cluster (not supported yet)
    #[arg(short = 'L', long, help_heading = "Input", overrides_with_all = ["xml_file", "xml_pipe"])]
    live_check: bool,
    /// Take this for the current time, not that of the CIB or the clock
    #[arg(short = 't', long, value_name = "DATETIME", allow_hyphen_values = true, help_heading = "Input")]
    set_datetime: Option<String>,

    #[command(flatten)]
    changes: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,

    /// Time how long the CIBs of a directory take to be scheduled
    #[arg(short = 'P', long, value_name = "DIR", allow_hyphen_values = true, help_heading = "Profiling")]
    profile: Option<PathBuf>,
    /// How often each of them is scheduled
    #[arg(short = 'N', long, value_name = "N", default_value_t = 1, allow_hyphen_values = true, help_heading = "Profiling")]
    repeat: i64,

    /// Without effect: actions begun and not finished are always shown
    #[arg(short = 'j', long, hide = true)]
    pending: bool,
    /// Words that are no options have no effect.
    #[arg(hide = true)]
    ignored: Vec<String>,
}

/// Changes to the input.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes to the CIB before anything is scheduled")]
struct ChangeArgs {
    /// Bring a node online; an unknown one is added
    #[arg(short = 'u', long, value_name = "NODE", allow_hyphen_values = true)]
    node_up: Vec<String>,
    /// Take a node offline
    #[arg(short = 'd', long, value_name = "NODE", allow_hyphen_values = true)]
    node_down: Vec<String>,
    /// Let a node fail
    #[arg(short = 'f', long, value_name = "NODE", allow_hyphen_values = true)]
    node_fail: Vec<String>,
    /// Put the result of an operation into the history: RESOURCE_TASK_INTERVAL@NODE=STATUS
    #[arg(short = 'i', long, value_name = "OPSPEC", allow_hyphen_values = true)]
    op_inject: Vec<String>,
    /// Simulate, and let an operation fail: RESOURCE_TASK_INTERVAL@NODE=STATUS
    #[arg(short = 'F', long, value_name = "OPSPEC", allow_hyphen_values = true)]
    op_fail: Vec<String>,
    /// Say whether there is quorum (only together with another change)
    #[arg(short = 'q', long, value_name = "QUORUM", allow_hyphen_values = true)]
    quorum: Option<String>,
    /// Say whether there is a watchdog
    #[arg(short = 'w', long, value_name = "DEVICE", allow_hyphen_values = true)]
    watchdog: Option<String>,
    /// Grant a ticket
    #[arg(short = 'g', long, value_name = "TICKET", allow_hyphen_values = true)]
    ticket_grant: Vec<String>,
    /// Revoke a ticket
    #[arg(short = 'r', long, value_name = "TICKET", allow_hyphen_values = true)]
    ticket_revoke: Vec<String>,
    /// Put a ticket in standby
    #[arg(short = 'b', long, value_name = "TICKET", allow_hyphen_values = true)]
    ticket_standby: Vec<String>,
    /// Take a ticket out of standby
    #[arg(short = 'e', long, value_name = "TICKET", allow_hyphen_values = true)]
    ticket_activate: Vec<String>,
}

/// What is shown and saved.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// Show node attributes
    #[arg(short = 'A', long)]
    show_attrs: bool,
    /// Show fail counts and failed actions
    #[arg(short = 'c', long)]
    show_failcounts: bool,
    /// Schedule, and show how much each resource wants to be on each node
    #[arg(short = 's', long)]
    show_scores: bool,
    /// Schedule, and show capacities and what is used of them
    #[arg(short = 'U', long)]
    show_utilization: bool,
    /// Show only what was asked for
    #[arg(short = 'Q', long)]
    quiet: bool,
    /// Tell what is wrong with the configuration: errors, then warnings, notices, and the rest with each further use
    #[arg(short = 'V', long, action = ArgAction::Count)]
    verbose: u8,
    /// Save the CIB with the changes above
    #[arg(short = 'I', long, value_name = "FILE", allow_hyphen_values = true)]
    save_input: Option<PathBuf>,
    /// Save the CIB as it is in the end
    #[arg(short = 'O', long, value_name = "FILE", allow_hyphen_values = true)]
    save_output: Option<PathBuf>,
    /// Schedule, and save the transition graph as XML
    #[arg(short = 'G', long, value_name = "FILE", allow_hyphen_values = true)]
    save_graph: Option<PathBuf>,
    /// Schedule, and save the transition graph in Graphviz's language
    #[arg(short = 'D', long, value_name = "FILE", allow_hyphen_values = true)]
    save_dotfile: Option<PathBuf>,
    /// Put actions into the Graphviz file that are not in the transition
    #[arg(short = 'a', long)]
    all_actions: bool,
    /// The form of the output: text, json, xml, or none
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_as: String,
    /// Write to this file, not to standard output
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    output_to: Option<PathBuf>,
}

/// Runs a simulation; the exit status. `request` is the command line.
pub(super) fn run(args: &SimulateArgs, request: &str) -> Result<u8, Failure> {
    let output = ResultWriter::create(&args.output.output_as, args.output.output_to.as_deref(), request)?;
    match outcome(args, output.is_document()) {
        Ok(outcome) => output.write(outcome),
        // A program that reads a document gets one even if there is nothing to show.
        Err(failure) => output.write_failure(failure),
    }
}

/// What a run has to show.
fn outcome(args: &SimulateArgs, as_document: bool) -> Result<Outcome, Failure> {
    // SIM-6: options that make no sense are told first.
    if args.version {
        let version = Chunk::Out(format!("pengine {}\n", env!("CARGO_PKG_VERSION")));
        return Ok(Outcome { chunks: vec![version], report: None, status: 0 });
    }
    if let Some(directory) = &args.profile {
        let (page, timings) = profile(&args.profile_options(directory))?;
        let report = as_document.then(|| SimulationReport::of_timings(timings));
        // The page of a profiling run has nothing for the error stream.
        let chunks = if as_document { Vec::new() } else { page.finish() };
        return Ok(Outcome { chunks, report, status: 0 });
    }
    if let Some(text) = &args.set_datetime
        && pengine::cib::parse_epoch_seconds(text, real_now()).is_none()
    {
        // SIM-40: the field takes the current time then, and says nothing.
        complain(&format!("--set-datetime: '{text}' is no date like '2026-11-24 15:30:00Z'; the current time is taken"));
    }
    let cib = args.source()?.read()?;
    let files = Files::create(args)?;
    let options = args.session_options();
    let failure = |error| Failure::new(status::SOFTWARE, error);
    let (session, report) = if as_document {
        let (session, report) = simulate_report(cib, &options).map_err(failure)?;
        (session, Some(report))
    } else {
        (simulate(cib, &options).map_err(failure)?, None)
    };
    files.save(&session)?;
    let status = if session.complete { 0 } else { status::INCOMPLETE };
    Ok(Outcome { chunks: session.output, report, status })
}

impl SimulateArgs {
    fn source(&self) -> Result<Source, Failure> {
        if self.live_check {
            let problem = "there is no running cluster to read from: --live-check is not supported yet; use --xml-file";
            return Err(Failure::new(status::DISCONNECTED, problem));
        }
        let source = self.xml_file.as_deref().map_or(Source::StandardInput, Source::of);
        if self.in_place && source == Source::StandardInput {
            let problem = "--in-place needs a file to write to: name it with --xml-file";
            return Err(Failure::new(status::UNUSABLE, problem));
        }
        if self.in_place && source.is_packed() {
            let problem = "--in-place can't write a packed file: unpack it first";
            return Err(Failure::new(status::UNUSABLE, problem));
        }
        Ok(source)
    }

    fn session_options(&self) -> SessionOptions {
        let (changes, output) = (&self.changes, &self.output);
        let execute = self.simulate || self.in_place || !changes.op_fail.is_empty();
        let saves = output.save_graph.is_some() || output.save_dotfile.is_some();
        let shows = output.show_scores || output.show_utilization;
        let numbers = output.verbose > 0;
        SessionOptions {
            process: self.run || saves || shows,
            execute,
            show_attributes: output.show_attrs,
            show_failcounts: output.show_failcounts,
            show_scores: output.show_scores,
            show_utilization: output.show_utilization,
            quiet: output.quiet,
            graph: output.save_graph.is_some(),
            transition: false,
            dot: output.save_dotfile.is_some().then_some(DotOptions { all_actions: output.all_actions, numbers }),
            diagnostics: match output.verbose {
                0 => None,
                1 => Some(Severity::Error),
                2 => Some(Severity::Warning),
                3 => Some(Severity::Notice),
                _ => Some(Severity::Info),
            },
            keep_input: output.save_input.is_some(),
            datetime: self.set_datetime.clone(),
            sanitized: true,
            injections: changes.injections(),
            failures: changes.op_fail.clone(),
            real_now: real_now(),
        }
    }

    fn profile_options<'a>(&'a self, directory: &'a Path) -> ProfileOptions<'a> {
        ProfileOptions {
            directory,
            repeat: self.repeat,
            datetime: self.set_datetime.as_deref(),
            show_scores: self.output.show_scores,
            show_utilization: self.output.show_utilization,
            quiet: self.output.quiet,
        }
    }
}

impl ChangeArgs {
    fn injections(&self) -> Injections {
        let tickets = [
            (TicketChange::Grant, &self.ticket_grant),
            (TicketChange::Revoke, &self.ticket_revoke),
            (TicketChange::Standby, &self.ticket_standby),
            (TicketChange::Activate, &self.ticket_activate),
        ];
        Injections {
            quorum: self.quorum.clone(),
            watchdog: self.watchdog.clone(),
            node_up: self.node_up.clone(),
            node_down: self.node_down.clone(),
            node_fail: self.node_fail.clone(),
            tickets: tickets.into_iter().flat_map(|(change, ids)| ids.iter().map(move |id| (change, id.clone()))).collect(),
            operations: self.op_inject.clone(),
        }
    }
}

/// The files that were asked for, begun before any work is done.
struct Files {
    graph: Option<Draft>,
    dot: Option<Draft>,
    input: Option<Draft>,
    cib: Option<Draft>,
}

/// A file that was begun, and its name and exit status for messages.
struct Draft {
    path: PathBuf,
    status: u8,
    file: NewFile,
}

impl Draft {
    fn create(path: Option<&PathBuf>, status: u8) -> Result<Option<Self>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let file = NewFile::create(path);
        let file = file.map_err(|error| Failure::new(status, format_args!("could not create '{}': {error}", path.display())))?;
        Ok(Some(Self { path: path.clone(), status, file }))
    }

    fn write(self, text: &str) -> Result<(), Failure> {
        let Self { path, status, file } = self;
        file.write(text).map_err(|error| Failure::new(status, format_args!("could not write '{}': {error}", path.display())))
    }
}

impl Files {
    fn create(args: &SimulateArgs) -> Result<Self, Failure> {
        let output = &args.output;
        // SIM-14: the input file wins over a file for the output.
        let cib = if args.in_place { args.xml_file.as_ref() } else { output.save_output.as_ref() };
        Ok(Self {
            graph: Draft::create(output.save_graph.as_ref(), status::CANNOT_WRITE)?,
            dot: Draft::create(output.save_dotfile.as_ref(), status::CANNOT_WRITE)?,
            input: Draft::create(output.save_input.as_ref(), status::CANNOT_CREATE)?,
            cib: Draft::create(cib, status::CANNOT_CREATE)?,
        })
    }

    fn save(self, session: &Session) -> Result<(), Failure> {
        let Self { graph, dot, input, cib } = self;
        if let (Some(draft), Some(input)) = (input, &session.input) {
            draft.write(&input.to_xml())?;
        }
        if let (Some(draft), Some(graph)) = (graph, &session.graph) {
            draft.write(graph)?;
        }
        if let (Some(draft), Some(dot)) = (dot, &session.dot) {
            draft.write(dot)?;
        }
        if let Some(draft) = cib {
            draft.write(&session.cib.to_xml())?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Simulate {
        #[command(flatten)]
        args: SimulateArgs,
    }

    fn parse(words: &[&str]) -> SimulateArgs {
        Simulate::try_parse_from(std::iter::once(&"simulate").chain(words)).unwrap().args
    }

    #[test]
    fn later_options_replace_earlier_ones_and_lists_grow() {
        let args = parse(&["-Q", "-sSQ", "-t", "1", "-t", "-5", "-u", "a", "-u", "--", "stray"]);
        assert!(args.simulate && args.output.quiet && args.output.show_scores);
        assert_eq!(args.set_datetime.as_deref(), Some("-5"));
        assert_eq!(args.changes.node_up, ["a", "--"]);
    }

    #[test]
    fn the_last_input_counts() {
        assert_eq!(parse(&["-L", "-p", "-x", "a"]).source().unwrap(), Source::File("a".into()));
        assert_eq!(parse(&["-x", "a", "-p"]).source().unwrap(), Source::StandardInput);
        assert_eq!(parse(&["-x", "-"]).source().unwrap(), Source::StandardInput);
        assert_eq!(parse(&["-x", "a", "-L"]).source().unwrap_err().status, status::DISCONNECTED);
    }

    #[test]
    fn options_imply_scheduling() {
        let processes = |words: &[&str]| {
            let options = parse(words).session_options();
            options.process || options.execute
        };
        assert!(
            processes(&["-R"]) && processes(&["-S"]) && processes(&["-U"]) && processes(&["-Gfile"]) && processes(&["-F", "x"])
        );
        assert!(!processes(&["-O", "file"]) && !processes(&["-u", "a"]));
    }
}
