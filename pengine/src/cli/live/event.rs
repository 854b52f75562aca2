//! `pengine events`: what happens, as it happens.

use clap::Args;
use pengine::report::exit_text;
use pengine_control::{Client, ClientError, Event, Happening, Reply, Request};

use super::super::Failure;
use super::palette::{Palette, Tone};
use super::{CommonArgs, Daemon, Form, json_line, moment, off_topic, stream_out};

const EXAMPLES: &str = "\
Examples:
  What is the daemon doing?
    pengine events --follow
  One line of JSON an event, for a program:
    pengine events --follow --output-as=json";

/// Show what happens, as it happens
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct EventsArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// Go on until the daemon ends; the past is not kept, so there is nothing else to show
    #[arg(long, required = true)]
    follow: bool,
}

/// Shows events until the daemon ends or nobody reads on.
pub(super) fn follow(daemon: &Daemon) -> Result<(), Failure> {
    let mut client = follower(daemon)?;
    let mut is_stopping = false;
    loop {
        let event = match client.next_event() {
            Err(ClientError::Broken { .. }) if is_stopping => return Ok(()),
            event => event?,
        };
        let line = match daemon.form {
            Form::Text => line(daemon.palette, &event) + "\n",
            Form::Json => json_line(&event)?,
        };
        if !stream_out(line)? {
            return Ok(());
        }
        is_stopping |= matches!(event.what, Happening::Stopping { .. });
    }
}

/// A connection that events come over.
pub(super) fn follower(daemon: &Daemon) -> Result<Client, Failure> {
    let mut client = daemon.connect()?;
    match client.ask(&Request::Follow)? {
        Reply::Following => Ok(client),
        other => Err(off_topic(other)),
    }
}

/// An event as a line.
pub(super) fn line(palette: Palette, event: &Event) -> String {
    let (tone, text) = words(&event.what);
    format!("{}  {}", moment(event.at), palette.paint(tone, &text))
}

fn words(what: &Happening) -> (Tone, String) {
    match what {
        Happening::Planned { number, actions, cause } => {
            (Tone::Plain, format!("transition {number} is planned, with {}: {cause}", counted(*actions, "action")))
        }
        Happening::Ended { number, complete: true } => (Tone::Good, format!("transition {number} is complete")),
        Happening::Ended { number, complete: false } => (Tone::Notable, format!("transition {number} was broken off")),
        Happening::Began { key, node } => (Tone::Plain, format!("{key} on {node} begins")),
        Happening::Succeeded { key, node, took_ms } => (Tone::Good, format!("{key} on {node} succeeded in {took_ms} ms")),
        Happening::Failed { key, node, exit_status, reason } => {
            let colon = if reason.is_empty() { "" } else { ": " };
            let meaning = exit_text((*exit_status).into());
            (Tone::Bad, format!("{key} on {node} failed with exit status {exit_status} ({meaning}){colon}{reason}"))
        }
        Happening::Configured { version, what } => (Tone::Plain, format!("the configuration is at version {version}: {what}")),
        Happening::Elected { node } => (Tone::Notable, format!("{node} decides from now on")),
        Happening::Warning { text } => (Tone::Bad, format!("warning: {text}")),
        Happening::Stopping { leave_running: true } => {
            (Tone::Notable, "the daemon stops, and leaves services running".to_owned())
        }
        Happening::Stopping { leave_running: false } => (Tone::Notable, "the daemon stops, and its services first".to_owned()),
    }
}

/// `1 action`, `2 actions`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
