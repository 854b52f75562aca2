//! `pengine check`: what is wrong with a configuration.

use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};
use clap::Args;
use pengine::check::{Code, Finding, Findings, Place, check};
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Severity};

use super::answer::{Format, write};
use super::input::Source;
use super::output::wants_colour;
use super::{Failure, real_now, status};

const EXAMPLES: &str = "\
Examples:
  Is anything wrong with this configuration?
    pengine check cib.xml
  With that of the running cluster?
    pengine cib query | pengine check
  What does a finding mean?
    pengine check --explain ordering-loop

Exit status: 0 if nothing was found, 1 if something was, 2 if the file can't be read or is no CIB, 64 for wrong usage, 74 if the output
can't be written, 105 if there is no such code.";

/// Exit statuses of this command alone.
const FOUND: u8 = 1;
const UNREADABLE: u8 = 2;

/// Look for what is wrong with a configuration, or looks like a slip
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Check this CIB; `-`, the default, is standard input; .bz2, .gz and .xz are unpacked
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The same, in the form of other commands
    #[arg(short, long, value_name = "FILE", conflicts_with = "file")]
    xml_file: Option<PathBuf>,
    /// Tell what there is to know about findings of this code; `all` lists the codes
    #[arg(long, value_name = "CODE", conflicts_with_all = ["file", "xml_file"])]
    explain: Option<String>,
    /// The form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_as: Format,
}

/// Checks a configuration; the exit status.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    if let Some(name) = &args.explain {
        write(explanation(name)?)?;
        return Ok(0);
    }
    let source = Source::of(args.xml_file.as_ref().unwrap_or(&args.file));
    let unreadable = |failure: Failure| Failure { status: UNREADABLE, ..failure };
    let text = source.read_text().map_err(unreadable)?;
    let no_cib = |error| Failure::new(UNREADABLE, format_args!("{}: {error}", source.name()));
    let now = EffectiveTime::of(&Cib::parse(text.as_str()).map_err(no_cib)?, None, real_now()).now;
    let found = check(&text, now).map_err(no_cib)?;
    write(match args.output_as {
        Format::Text => page(&text, &source.name(), &found),
        Format::Json => found.to_json().map_err(|error| Failure::new(status::SOFTWARE, error))?,
    })?;
    Ok(if found.findings.is_empty() { 0 } else { FOUND })
}

fn explanation(name: &str) -> Result<String, Failure> {
    if name == "all" {
        return Ok(Code::ALL.iter().map(|code| format!("{}\n", code.name())).collect());
    }
    let code = Code::parse(name).ok_or_else(|| {
        let problem = format_args!("there is no code '{name}'; --explain all lists them");
        Failure::new(status::CANNOT_CREATE, problem)
    })?;
    Ok(format!("{}[{}]\n\n{}\n", word(code.severity()), code.name(), code.explanation()))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
        Severity::Info => "info",
    }
}

/// All findings in the text that they are about, and how many there are.
fn page(text: &str, name: &str, found: &Findings) -> String {
    if found.findings.is_empty() {
        return format!("{name}: nothing found\n");
    }
    let renderer = if wants_colour() { Renderer::styled() } else { Renderer::plain() };
    let mut page = String::new();
    for finding in &found.findings {
        page.push_str(&render(&renderer, text, name, finding));
        page.push_str("\n\n");
    }
    let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = found.findings.len() - errors;
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    page.push_str(&format!("{name}: {}, {}\n", count(errors, "error"), count(warnings, "warning")));
    page
}

fn render(renderer: &Renderer, text: &str, name: &str, finding: &Finding) -> String {
    let level = if finding.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
    let snippet = |place: &Place, kind: AnnotationKind, label: Option<&str>| {
        let lines = lines_around(text, &place.span);
        let span = place.span.start - lines.start..place.span.end - lines.start;
        let source = text.get(lines).unwrap_or_default().to_owned();
        let annotation: Annotation<'_> = kind.span(span).label(label.map(str::to_owned));
        Snippet::source(source).path(name.to_owned()).line_start(place.line as usize).annotation(annotation)
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.name());
    let mut group = title.element(snippet(&finding.place, AnnotationKind::Primary, None));
    if let Some((place, label)) = &finding.related {
        group = group.element(snippet(place, AnnotationKind::Context, Some(label)));
    }
    renderer.render(&[group])
}

/// The whole lines that a span is in.
fn lines_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(span.end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| span.end + at);
    start..end
}
