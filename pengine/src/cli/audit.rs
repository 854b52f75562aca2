//! `pengine audit`: what becomes of a cluster if something fails.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pengine::audit::{Audit, Scenario, ScenarioReport};

use super::answer::{self, Format, answer_text};
use super::{Failure, status};

const EXAMPLES: &str = "\
Examples:
  Does every service survive the failure of any one node, and of any one resource?
    pengine audit -x cib.xml
  What if two nodes fail at once?
    pengine audit -x cib.xml --depth 2
  In a pipeline that refuses a configuration with a single point of failure:
    pengine audit -x cib.xml --output-as=json > audit.json || exit 1

Exit status: 0 if the cluster comes to rest whatever happens, and each service survives each single failure and standby; 1 if not;
64 for wrong usage, 65 if the file can't be read, 74 if the output can't be written, 78 if it is no CIB that can be used.";

/// Try the failure of each node and each resource, each standby and the loss of quorum, and tell what survives
///
/// The present plan is carried out first, on a copy; then each scenario on a copy of what came of that, until nothing is left to do.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AuditArgs {
    /// Read this CIB; `-`, the default, is standard input; .bz2, .gz and .xz are unpacked
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    xml_file: PathBuf,
    /// How many nodes fail at once at most: 1 or 2
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    depth: u8,
    /// How many scenarios are tried at a time; as many as there are cores by default
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Take this for the current time, not that of the CIB or the clock
    #[arg(short = 't', long, value_name = "DATETIME", allow_hyphen_values = true)]
    set_datetime: Option<String>,
    /// The form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_as: Format,
}

/// Audits a cluster; the exit status tells whether it is sound.
pub(super) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    let (cib, settings) = answer::read(&args.xml_file, args.set_datetime.as_deref())?;
    let audit = Audit::begin(&cib, &settings);
    let scenarios = audit.scenarios(args.depth.into());
    let reports = carry_out(&audit, &scenarios, args.workers())?;
    let report = audit.report(reports);
    answer::write(answer_text!(args.output_as, report))?;
    Ok(if report.is_sound() { 0 } else { status::INCOMPLETE })
}

impl AuditArgs {
    fn workers(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(cores, usize::from)
    }
}

/// Carries out scenarios, several at a time; the reports are in their order, whoever made them.
fn carry_out(audit: &Audit, scenarios: &[Scenario], workers: usize) -> Result<Vec<ScenarioReport>, Failure> {
    let progress = progress_bar(scenarios.len());
    let reports: Vec<OnceLock<ScenarioReport>> = scenarios.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((scenario, place)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            scenarios.get(at).zip(reports.get(at))
        } {
            place.get_or_init(|| audit.carry_out(scenario));
            progress.inc(1);
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers.min(scenarios.len()) {
            scope.spawn(work);
        }
        work();
    });
    progress.finish_and_clear();
    let reports: Option<Vec<ScenarioReport>> = reports.into_iter().map(OnceLock::into_inner).collect();
    reports.ok_or_else(|| Failure::new(status::SOFTWARE, "a scenario was left out"))
}

/// How far it is, for somebody who looks on.
fn progress_bar(length: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    match ProgressStyle::with_template("{pos} of {len} scenarios [{wide_bar}] {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
