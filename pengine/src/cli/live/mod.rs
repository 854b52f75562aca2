//! Commands that talk to a running daemon.

mod change;
mod cib;
mod event;
mod node;
mod palette;
mod resource;
mod status;
mod table;
mod watch;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use pengine_control::{Client, ClientError, ClusterStatus, DEFAULT_SOCKET, Reply, Request, SOCKET_VARIABLE};
use serde::Serialize;

use super::output::stream_out;
use super::{Failure, status as exit};
use palette::Palette;

/// The exit statuses of all these commands, for the help of the program.
pub(super) const EXIT_STATUSES: &str = "\
Exit status of the commands that talk to a daemon:
    0  all went well
    1  it can't be done
   64  wrong usage
   65  a file can't be read
   74  the output can't be written
   77  you are not allowed to do that
  102  the daemon can't be reached, or went away
  105  there is no such node, resource, attribute or section";

const SOCKET_HELP: &str =
    "The daemon's socket [default: that in PENGINE_SOCKET, that of your own daemon, or /run/pengine/socket]";

/// Commands that talk to a running daemon.
#[derive(Debug, Subcommand)]
pub(super) enum LiveCommand {
    Status(status::StatusArgs),
    Node(node::NodeArgs),
    Resource(resource::ResourceArgs),
    Cib(cib::CibArgs),
    Events(event::EventsArgs),
}

/// Where the daemon is.
#[derive(Debug, Args)]
pub(super) struct SocketArg {
    #[arg(long, value_name = "PATH", help = SOCKET_HELP)]
    socket: Option<PathBuf>,
}

/// What all commands understand.
#[derive(Debug, Args)]
struct CommonArgs {
    #[arg(long, value_name = "PATH", help = SOCKET_HELP, global = true)]
    socket: Option<PathBuf>,
    /// The form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    output_as: Form,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Runs a command; the exit status. `socket` is where the daemon is if the command's own options don't say so.
pub(super) fn run(command: &LiveCommand, socket: &SocketArg) -> Result<u8, Failure> {
    let common = match command {
        LiveCommand::Status(args) => &args.common,
        LiveCommand::Node(args) => &args.common,
        LiveCommand::Resource(args) => &args.common,
        LiveCommand::Cib(args) => &args.common,
        LiveCommand::Events(args) => &args.common,
    };
    let daemon = Daemon::of(common, socket);
    match command {
        LiveCommand::Status(args) => args.run(&daemon),
        LiveCommand::Node(args) => args.run(&daemon),
        LiveCommand::Resource(args) => args.run(&daemon),
        LiveCommand::Cib(args) => args.run(&daemon),
        LiveCommand::Events(_) => event::follow(&daemon),
    }?;
    Ok(0)
}

/// A daemon, and how to show what it says.
#[derive(Debug)]
struct Daemon {
    socket: PathBuf,
    form: Form,
    palette: Palette,
}

impl Daemon {
    fn of(common: &CommonArgs, elsewhere: &SocketArg) -> Self {
        let variable = || std::env::var_os(SOCKET_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let given = common.socket.clone().or_else(|| elsewhere.socket.clone());
        Self {
            socket: given.or_else(variable).unwrap_or_else(usual_socket),
            form: common.output_as,
            palette: Palette::of_process(),
        }
    }

    fn connect(&self) -> Result<Client, Failure> {
        Ok(Client::connect(&self.socket)?)
    }

    /// Asks one question.
    fn ask(&self, request: &Request) -> Result<Reply, Failure> {
        Ok(self.connect()?.ask(request)?)
    }

    fn status(&self) -> Result<ClusterStatus, Failure> {
        status_over(&mut self.connect()?)
    }

    /// Shows a value, either as text or as JSON.
    fn show(&self, text: impl FnOnce(Palette) -> String, value: &impl Serialize) -> Result<(), Failure> {
        let text = match self.form {
            Form::Text => text(self.palette),
            Form::Json => json(value)?,
        };
        stream_out(text).map(|_| ())
    }
}

/// Where the daemon of an ordinary user listens, if there is one, or else that of the machine.
fn usual_socket() -> PathBuf {
    // Relative paths in these variables don't count, as their specification says.
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = || folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    let own = [folder("XDG_RUNTIME_DIR"), state()].into_iter().flatten().map(|folder| folder.join("pengine/socket"));
    own.into_iter().find(|path| path.exists()).unwrap_or_else(|| DEFAULT_SOCKET.into())
}

/// The state of the cluster.
fn status_over(client: &mut Client) -> Result<ClusterStatus, Failure> {
    match client.ask(&Request::Status)? {
        Reply::Status(status) => Ok(*status),
        other => Err(off_topic(other)),
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::new(error.exit_status(), error)
    }
}

/// Why an answer to another question is of no use.
fn off_topic(reply: Reply) -> Failure {
    ClientError::OffTopic(Box::new(reply)).into()
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(exit::SOFTWARE, error))?;
    text.push('\n');
    Ok(text)
}

fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string(value).map_err(|error| Failure::new(exit::SOFTWARE, error))?;
    text.push('\n');
    Ok(text)
}

/// A text that ends with a line's end.
fn whole_lines(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A time as people read it.
fn moment(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => format!("{seconds} s after 1970"),
    }
}

fn is_terminal() -> bool {
    io::stdout().is_terminal()
}
