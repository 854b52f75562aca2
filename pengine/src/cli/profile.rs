//! Profiling: how long scheduling takes for each CIB of a directory (SIM section 11).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pengine::report::document::Timing;
use pengine::report::{self, Page};
use pengine::simulate::EffectiveTime;
use pengine::{Settings, schedule};

use super::input::Source;
use super::{Failure, output, real_now, status};

/// What profiling does and shows.
#[derive(Debug)]
pub(super) struct ProfileOptions<'a> {
    pub(super) directory: &'a Path,
    pub(super) repeat: i64,
    pub(super) datetime: Option<&'a str>,
    pub(super) show_scores: bool,
    pub(super) show_utilization: bool,
    pub(super) quiet: bool,
}

/// Schedules every CIB of a directory: how long that took, as text and as values.
pub(super) fn profile(options: &ProfileOptions<'_>) -> Result<(Page, Vec<Timing>), Failure> {
    let mut page = Page::new(options.show_scores && options.quiet);
    let files = cib_files(options.directory)
        .map_err(|error| Failure::new(status::CANNOT_CREATE, format_args!("{}: {error}", options.directory.display())))?;
    let mut timings = Vec::new();
    if files.is_empty() {
        return Ok((page, timings));
    }
    page.begin("Timings");
    for file in files {
        match profile_file(&mut page, &file, options) {
            Ok(seconds) => {
                page.item(format_args!("Testing {} ... {seconds:.2} secs", file.display()));
                timings.push(Timing { file: file.display().to_string(), seconds });
            }
            Err(failure) => output::complain(&format!("left out: {}", failure.message)),
        }
    }
    page.end();
    Ok((page, timings))
}

/// Schedules one CIB as often as asked; the seconds that took.
fn profile_file(page: &mut Page, file: &Path, options: &ProfileOptions<'_>) -> Result<f64, Failure> {
    let cib = Source::File(file.to_owned()).read()?;
    let start = Instant::now();
    for _ in 0..options.repeat {
        let time = EffectiveTime::of(&cib, options.datetime, real_now());
        if options.datetime.is_some() && !options.quiet {
            report::effective_time(page, &time);
        }
        let settings = Settings {
            now: time.now,
            keep_scores: options.show_scores,
            keep_utilization: options.show_utilization,
            ..Settings::default()
        };
        schedule(&cib, &settings).write_scores(page, options.quiet);
    }
    Ok(start.elapsed().as_secs_f64())
}

/// The CIB files of a directory by name.
fn cib_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_cib = Path::new(name).extension().is_some_and(|extension| extension == "xml");
        if is_cib && !name.starts_with('.') && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
