//! Runs all recorded cases, or those that are named, and compares every output.
//!
//! Cases that are known not to pass are in `known-failures.txt`. Any other that fails is an error, and so is one of them that passes:
//! then the list has to become shorter. With `PENGINE_BLESS=1` in the environment the list is written anew.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, thread};

use pengine_tests::{Case, Difference, PARTS, cases, folder};

/// Deep inputs need deep stacks in builds without optimization.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    let Some(folder) = folder() else { return ExitCode::SUCCESS };
    match run(&folder) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What came of a case.
#[derive(Debug)]
enum Outcome {
    /// The parts that differ.
    Ran(Vec<Difference>),
    /// It could not be run.
    Broke(String),
}

impl Outcome {
    fn passed(&self) -> bool {
        matches!(self, Outcome::Ran(differences) if differences.is_empty())
    }
}

fn run(folder: &Path) -> io::Result<bool> {
    let names: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut cases = cases(folder)?;
    cases.retain(|case| names.is_empty() || names.contains(&case.name));
    let outcomes = run_all(folder, &cases)?;
    println!("{}", totals(&outcomes));
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("known-failures.txt");
    if env::var_os("PENGINE_BLESS").is_some_and(|value| value == "1") && names.is_empty() {
        bless(&list, &cases, &outcomes)?;
        return Ok(true);
    }
    // Of cases that are asked for by name all differences are told, known or not.
    let known = if names.is_empty() { known_failures(&list)? } else { BTreeSet::new() };
    Ok(judge(&known, &cases, &outcomes))
}

/// Runs the cases, as many at a time as the machine can.
fn run_all(folder: &Path, cases: &[Case]) -> io::Result<Vec<Outcome>> {
    // A panic is told with its case, not where it happens.
    panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, case)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, cases.get(at)?))) {
            done.push((at, run_case(folder, case)));
        }
        done
    };
    let threads = thread::available_parallelism()?.get();
    let mut outcomes = thread::scope(|scope| -> io::Result<Vec<_>> {
        let spawn = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
        let workers = (0..threads).map(spawn).collect::<io::Result<Vec<_>>>()?;
        let joined = workers.into_iter().map(|worker| worker.join().map_err(|_| io::Error::other("a worker broke off")));
        Ok(joined.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    })?;
    let _ = panic::take_hook();
    outcomes.sort_by_key(|&(at, _)| at);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn run_case(folder: &Path, case: &Case) -> Outcome {
    match panic::catch_unwind(AssertUnwindSafe(|| case.run(folder))) {
        Ok(Ok(differences)) => Outcome::Ran(differences),
        Ok(Err(problem)) => Outcome::Broke(problem),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
            Outcome::Broke(format!("panicked: {}", text.unwrap_or("without a message")))
        }
    }
}

/// How many cases have each part right, and how many all of them.
fn totals(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for part in PARTS {
        let is_right = |outcome: &&Outcome| match outcome {
            Outcome::Ran(differences) => differences.iter().all(|difference| difference.part != part),
            Outcome::Broke(_) => false,
        };
        text.push_str(&format!("{} {} ", part.name(), outcomes.iter().filter(is_right).count()));
    }
    let whole = outcomes.iter().filter(|outcome| outcome.passed()).count();
    format!("{text}whole {whole} of {}", outcomes.len())
}

fn known_failures(list: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_to_string(list) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

fn bless(list: &Path, cases: &[Case], outcomes: &[Outcome]) -> io::Result<()> {
    let failing: BTreeSet<&str> =
        cases.iter().zip(outcomes).filter(|(_, outcome)| !outcome.passed()).map(|(case, _)| case.name.as_str()).collect();
    fs::write(list, failing.iter().map(|name| format!("{name}\n")).collect::<String>())
}

/// Tells which cases are other than the list says; whether there are none.
fn judge(known: &BTreeSet<String>, cases: &[Case], outcomes: &[Outcome]) -> bool {
    let mut as_listed = true;
    for (case, outcome) in cases.iter().zip(outcomes) {
        match (known.contains(&case.name), outcome) {
            (true, outcome) if outcome.passed() => println!("{}: passes; remove it from the list", case.name),
            (false, Outcome::Broke(problem)) => println!("{}: {problem}", case.name),
            (false, Outcome::Ran(differences)) if !differences.is_empty() => {
                println!("{}:", case.name);
                differences.iter().for_each(|difference| println!("{difference}"));
            }
            _ => continue,
        }
        as_listed = false;
    }
    as_listed
}
