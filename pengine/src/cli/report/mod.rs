//! `pengine report`: a cluster and its plan as one page for a browser.

mod drawing;
mod findings;
mod grid;
mod layers;
mod plan;
mod sheets;

use std::path::PathBuf;

use clap::Args;
use pengine::check::{Findings, check};
use pengine::cib::Escaped;
use pengine::report::document::SimulationReport;
use pengine::simulate::{EffectiveTime, SessionOptions, simulate_report};
use pengine::{Cib, Settings, schedule};

use super::answer;
use super::input::Source;
use super::output::NewFile;
use super::{Failure, real_now, status};

const EXAMPLES: &str = "\
Examples:
  What is planned, as a page for a browser:
    pengine report -x cib.xml -o report.html
  The same from a recorded input, to standard output:
    pengine report -x pe-input-42.bz2 > report.html

Exit status: 0 if all went well, 64 for wrong usage, 65 if the file can't be read, 74 or 105 if the page can't be written, 78 if it is no
CIB that can be used.";

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Write a page about a cluster: its state before and after, the transition step by step, scores and findings
///
/// The page is one file that needs nothing else: it opens offline, can be used by keyboard, and follows the dark mode of the browser.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// Read this CIB; `-`, the default, is standard input; .bz2, .gz and .xz are unpacked
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    xml_file: PathBuf,
    /// Write the page to this file; `-`, the default, is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Take this for the current time, not that of the CIB or the clock
    #[arg(short = 't', long, value_name = "DATETIME", allow_hyphen_values = true)]
    set_datetime: Option<String>,
}

/// Writes the page; the exit status.
pub(super) fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let source = Source::of(&args.xml_file);
    let text = source.read_text()?;
    let cib = source.parse(&text)?;
    let page = page(&source.name(), &text, cib, args.set_datetime.as_deref())?;
    match Source::of(&args.output) {
        Source::StandardInput => answer::write(page)?,
        Source::File(path) => {
            let new = NewFile::create(&path).map_err(|error| {
                Failure::new(status::CANNOT_CREATE, format_args!("could not create '{}': {error}", path.display()))
            })?;
            new.write(&page).map_err(|error| {
                Failure::new(status::CANNOT_WRITE, format_args!("could not write '{}': {error}", path.display()))
            })?;
        }
    }
    Ok(0)
}

fn page(name: &str, text: &str, cib: Cib, datetime: Option<&str>) -> Result<String, Failure> {
    let software = |error: &dyn std::fmt::Display| Failure::new(status::SOFTWARE, error);
    let now = EffectiveTime::of(&cib, datetime, real_now()).now;
    let settings = Settings { now, sanitized: true, keep_causes: true, ..Settings::default() };
    let sheets = sheets::section(schedule(&cib, &settings).score_sheets());
    let findings = check(text, now).map_err(|error| software(&error))?;
    let options = SessionOptions {
        process: true,
        execute: true,
        transition: true,
        sanitized: true,
        datetime: datetime.map(str::to_owned),
        real_now: now,
        ..SessionOptions::default()
    };
    let (session, report) = simulate_report(cib, &options).map_err(|error| software(&error))?;
    let drawing = drawing::section(session.transition.as_ref());
    Ok(assemble(name, text, &report, &drawing, &sheets, &findings))
}

fn assemble(name: &str, text: &str, report: &SimulationReport, drawing: &str, sheets: &str, found: &Findings) -> String {
    let name = Escaped(name);
    let states = grid::section(report.current_status.as_ref(), report.revised_status.as_ref());
    let plan = plan::section(report.actions.as_deref().unwrap_or_default());
    let findings = findings::section(text, found);
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Cluster report: {name}</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>Cluster report</h1>
<p>{name}</p>
<nav aria-label="Sections">
<a href="#states">Before and after</a> <a href="#plan">Plan</a> <a href="#transition">Transition</a>
<a href="#scores">Scores</a> <a href="#findings">Findings</a>
</nav>
</header>
<main>
{states}{plan}{drawing}{sheets}{findings}</main>
<script>
{SCRIPT}</script>
</body>
</html>
"##
    )
}
