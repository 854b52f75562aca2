//! The live view: the state and the newest events, anew whenever something happens.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use pengine_control::{ClientError, ClusterStatus, Event, Happening};
use terminal_size::{Height, terminal_size};

use super::super::Failure;
use super::event::{follower, line};
use super::status::text;
use super::{Daemon, Form, is_terminal, json_line, status_over, stream_out};

/// How many events are shown below the state.
const EVENTS: usize = 8;

/// How long to wait for more after an event, so that what comes together is shown once.
const BURST: Duration = Duration::from_millis(50);

/// Goes to the upper left corner.
const HOME: &str = "\x1b[H";
/// Clears the rest of the line, and of the screen.
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// Shows the state whenever it may have changed, until the daemon ends or nobody looks any more.
pub(super) fn watch(daemon: &Daemon) -> Result<(), Failure> {
    let events = events(daemon)?;
    let mut client = daemon.connect()?;
    let mut newest = VecDeque::new();
    let mut is_stopping = false;
    loop {
        let status = match status_over(&mut client) {
            Err(_) if is_stopping => return Ok(()),
            status => status?,
        };
        if !draw(daemon, &status, &newest)? {
            return Ok(());
        }
        for event in burst(&events) {
            let event = match event {
                Err(_) if is_stopping => return Ok(()),
                event => event?,
            };
            is_stopping |= matches!(event.what, Happening::Stopping { .. });
            newest.push_back(event);
        }
        newest.drain(..newest.len().saturating_sub(EVENTS));
    }
}

/// Events as they come, and in the end why there are no more.
fn events(daemon: &Daemon) -> Result<Receiver<Result<Event, ClientError>>, Failure> {
    let mut follower = follower(daemon)?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        loop {
            let event = follower.next_event();
            let is_last = event.is_err();
            if sender.send(event).is_err() || is_last {
                return;
            }
        }
    });
    Ok(receiver)
}

/// The next events, those together that come at about the same time.
fn burst(events: &Receiver<Result<Event, ClientError>>) -> Vec<Result<Event, ClientError>> {
    let first = events.recv().ok();
    let until = Instant::now() + BURST;
    let more = std::iter::from_fn(|| events.recv_timeout(until.saturating_duration_since(Instant::now())).ok());
    first.into_iter().chain(more).collect()
}

/// Shows the state; whether anybody still looks.
fn draw(daemon: &Daemon, status: &ClusterStatus, newest: &VecDeque<Event>) -> Result<bool, Failure> {
    if daemon.form == Form::Json {
        return stream_out(json_line(status)?);
    }
    let mut text = text(daemon.palette, status);
    if !newest.is_empty() {
        text += "\nNewest events:\n";
        for event in newest {
            text += &format!("  * {}\n", line(daemon.palette, event));
        }
    }
    if is_terminal() {
        let height = terminal_size().map(|(_, Height(height))| usize::from(height));
        stream_out(screen(&text, height))
    } else {
        stream_out(text + "\n")
    }
}

/// A text over what the screen showed before, as far as it fits.
fn screen(text: &str, height: Option<usize>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let fitting = match height {
        Some(height) if lines.len() >= height => height.saturating_sub(2),
        _ => lines.len(),
    };
    let mut screen = HOME.to_owned();
    for line in lines.iter().take(fitting) {
        screen += &format!("{line}{CLEAR_LINE}\n");
    }
    if fitting < lines.len() {
        screen += &format!("... and {} more lines{CLEAR_LINE}\n", lines.len() - fitting);
    }
    screen + CLEAR_BELOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_is_drawn_over_and_never_scrolls() {
        assert_eq!(screen("a\nb\n", Some(3)), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
        assert_eq!(screen("a\nb\nc\nd\n", Some(4)), "\x1b[Ha\x1b[K\nb\x1b[K\n... and 2 more lines\x1b[K\n\x1b[J");
        assert_eq!(screen("a\n", None), "\x1b[Ha\x1b[K\n\x1b[J");
    }
}
