//! Everything that touches the world: the command line, files, the clock and the streams.

mod answer;
mod audit;
mod check;
mod cluster;
mod explain;
mod input;
mod live;
mod output;
mod profile;
mod report;
mod result;
mod shell;
mod simulate;
mod words;

use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Exit statuses (SIM-9).
mod status {
    pub const INCOMPLETE: u8 = 1;
    pub const USAGE: u8 = 64;
    pub const UNREADABLE: u8 = 65;
    pub const SOFTWARE: u8 = 70;
    pub const CANNOT_WRITE: u8 = 74;
    pub const UNUSABLE: u8 = 78;
    pub const DISCONNECTED: u8 = 102;
    pub const CANNOT_CREATE: u8 = 105;
}

/// Why the program ends early: an exit status and one line that says what is wrong.
#[derive(Debug)]
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    fn new(status: u8, message: impl Display) -> Self {
        Self { status, message: message.to_string() }
    }
}

/// A policy engine for high-availability clusters: from a CIB snapshot to a transition graph, and the way to the daemon that
/// carries it out.
#[derive(Debug, Parser)]
#[command(name = "pengine", version, args_override_self = true, after_help = live::EXIT_STATUSES)]
struct Cli {
    #[command(flatten)]
    socket: live::SocketArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Simulate(Box<simulate::SimulateArgs>),
    Explain(explain::ExplainArgs),
    Audit(audit::AuditArgs),
    Check(check::CheckArgs),
    Report(report::ReportArgs),
    Completions(shell::CompletionsArgs),
    Manual(shell::ManualArgs),
    #[command(flatten)]
    Live(live::LiveCommand),
    Cluster(cluster::ClusterArgs),
}

/// Runs the program with the words of a command line.
pub fn run(words: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.collect();
    let command = Cli::command();
    words::warn_of_joined_values(&command, &words);
    let request = words::quoted(&words);
    let matches = command.try_get_matches_from(words);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures, and go to standard output.
            let status = if error.use_stderr() { status::USAGE } else { 0 };
            // There is nobody to tell if even this can't be written.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let result = match cli.command {
        Command::Simulate(args) => simulate::run(&args, &request),
        Command::Explain(args) => explain::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Cluster(args) => args.run(),
        Command::Check(args) => check::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Completions(args) => shell::completions(&args, Cli::command()),
        Command::Manual(args) => shell::manual(&args, Cli::command()),
        Command::Live(command) => live::run(&command, &cli.socket),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(Failure { status, message }) => {
            output::complain(&message);
            ExitCode::from(status)
        }
    }
}

/// The real time in seconds since the epoch.
fn real_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        <super::Cli as clap::CommandFactory>::command().debug_assert();
    }
}
