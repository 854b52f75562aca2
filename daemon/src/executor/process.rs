//! Running a program to its end, whatever it does.
//!
//! A program gets a process group of its own, so that it can be ended with all that it has started. It has ended when its own
//! process has: what it leaves running in the background may keep its streams open for ever.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::bounds::Bounds;
use crate::core::CallEnd;

/// How long the streams are read on after the program's end, if something keeps them open. All that the program itself has
/// written is there by then.
const DRAIN: Duration = Duration::from_millis(20);
/// How long a program may take to go away after it was killed; longer only if the kernel doesn't let go of it.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How often a process group that ends is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How much of each stream is kept.
const MOST_KEPT: usize = 256 * 1024;

/// A program to be run.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
    /// All of its environment.
    pub(super) environment: BTreeMap<String, OsString>,
    /// What it reads from its standard input.
    pub(super) input: String,
    /// How long it has to end by itself when it is asked to.
    pub(super) grace: Duration,
}

/// How a program ran.
#[derive(Debug)]
pub(super) enum Ran {
    /// It ended by itself, with an exit status.
    Exited(i32, Output),
    /// It died of a signal that somebody else sent.
    Killed(i32, Output),
    /// It was ended.
    Ended(CallEnd, Output),
    /// It isn't there.
    NotFound(String),
    /// It is there, but we may not run it.
    Forbidden(String),
    /// The system can't run it.
    Refused(String),
}

/// What a program wrote.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Output {
    /// Both streams, one after the other, or the last `most` bytes of that; without what is no text.
    pub(super) fn end(&self, most: usize) -> String {
        let mut all = self.stdout.clone();
        if !all.is_empty() && !all.ends_with('\n') {
            all.push('\n');
        }
        all.push_str(&self.stderr);
        all.retain(|letter| is_text(letter) || matches!(letter, '\n' | '\t'));
        let first = (all.len().saturating_sub(most)..).find(|&first| all.is_char_boundary(first)).unwrap_or(0);
        all.split_off(first)
    }
}

/// Whether a letter can be shown, and stand in a document.
pub(super) fn is_text(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}')
}

impl Program {
    /// Runs it until it ends or has to.
    pub(super) async fn run(&self, bounds: &Bounds) -> Ran {
        let mut child = match self.start() {
            Ok(child) => child,
            Err(error) => return self.not_started(&error),
        };
        let mut streams = Streams::of(&mut child);
        if let Some(mut stdin) = child.stdin.take() {
            let input = self.input.clone();
            // It need not read all of that, or any of it.
            tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
        }
        let ended = streams.keep_until(self.end_of(&mut child, bounds)).await;
        let output = streams.drain().await;
        match ended {
            Err(end) => Ran::Ended(end, output),
            Ok(Err(error)) => Ran::Refused(format!("{} was lost: {error}", self.path.display())),
            Ok(Ok(status)) => match (status.code(), status.signal()) {
                (Some(code), _) => Ran::Exited(code, output),
                (None, signal) => Ran::Killed(signal.unwrap_or_default(), output),
            },
        }
    }

    fn start(&self) -> io::Result<Child> {
        let stdin = if self.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        Command::new(&self.path)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir("/")
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }

    fn not_started(&self, error: &io::Error) -> Ran {
        let reason = format!("{} can't be run: {error}", self.path.display());
        match error.kind() {
            io::ErrorKind::NotFound => Ran::NotFound(reason),
            io::ErrorKind::PermissionDenied => Ran::Forbidden(reason),
            _ => Ran::Refused(reason),
        }
    }

    /// Waits for the end of a program, or brings it about.
    async fn end_of(&self, child: &mut Child, bounds: &Bounds) -> Result<io::Result<ExitStatus>, CallEnd> {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let end = tokio::select! {
            status = child.wait() => return Ok(status),
            end = bounds.reached() => end,
        };
        if let Some(group) = group {
            end_group(child, group, self.grace).await;
        }
        Err(end)
    }
}

/// Ends a process group: asks it to end, and kills what is left of it after a grace.
async fn end_group(child: &mut Child, group: Pid, grace: Duration) {
    // Signals fail when there is nobody left to get them, which is what they are for.
    let _ = killpg(group, Signal::SIGTERM);
    let over = Instant::now() + grace;
    let _ = timeout_at(over, child.wait()).await;
    let lives = || killpg(group, None).is_ok();
    while Instant::now() < over && lives() {
        sleep(LOOK).await;
    }
    if lives() {
        let _ = killpg(group, Signal::SIGKILL);
    }
    let _ = timeout(LAST_WAIT, child.wait()).await;
}

/// Which stream something was written to.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// What a program writes, and the end of what it has written so far.
struct Streams {
    pieces: mpsc::Receiver<(Stream, Vec<u8>)>,
    stdout: Tail,
    stderr: Tail,
}

impl Streams {
    fn of(child: &mut Child) -> Self {
        let (sender, pieces) = mpsc::channel(4);
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(forward(stdout, Stream::Stdout, sender.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward(stderr, Stream::Stderr, sender));
        }
        Self { pieces, stdout: Tail::default(), stderr: Tail::default() }
    }

    fn keep(&mut self, (stream, piece): (Stream, Vec<u8>)) {
        match stream {
            Stream::Stdout => self.stdout.add(&piece),
            Stream::Stderr => self.stderr.add(&piece),
        }
    }

    /// Keeps what is written until something happens.
    async fn keep_until<T>(&mut self, event: impl Future<Output = T>) -> T {
        let mut event = std::pin::pin!(event);
        loop {
            tokio::select! {
                Some(piece) = self.pieces.recv() => self.keep(piece),
                happened = &mut event => return happened,
            }
        }
    }

    /// Keeps what is still on its way.
    async fn drain(mut self) -> Output {
        let over = Instant::now() + DRAIN;
        while let Ok(Some(piece)) = timeout_at(over, self.pieces.recv()).await {
            self.keep(piece);
            // Something that never stops to write must not keep us here.
            if Instant::now() >= over {
                break;
            }
        }
        Output { stdout: self.stdout.text(), stderr: self.stderr.text() }
    }
}

/// Sends what comes from a stream, and when nobody wants it any more, goes on reading: a service that was started with it must
/// not be killed for writing to a stream that nobody reads.
async fn forward(mut stream: impl AsyncRead + Unpin, which: Stream, to: mpsc::Sender<(Stream, Vec<u8>)>) {
    let mut piece = vec![0; 8 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        // Fails when it is not wanted any more.
        let _ = to.send((which, piece.iter().take(length).copied().collect())).await;
    }
}

/// The end of a stream.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn add(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
        if self.0.len() > 2 * MOST_KEPT {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.0.drain(..self.0.len().saturating_sub(MOST_KEPT));
    }

    fn text(mut self) -> String {
        self.cut();
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_both_streams_is_kept() {
        let output = |stdout: &str, stderr: &str| Output { stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        assert_eq!(output("out", "err").end(100), "out\nerr");
        assert_eq!(output("", "err").end(100), "err");
        assert_eq!(output("out\n", "").end(100), "out\n");
        assert_eq!(output("a\u{1b}[1mb\0\tc\r\n", "").end(100), "a[1mb\tc\n");
        assert_eq!(output("out\n", "äöü").end(5), "öü", "a letter is kept whole or not at all");
    }

    #[test]
    fn a_tail_does_not_grow() {
        let mut tail = Tail::default();
        for number in 0..100_000 {
            tail.add(format!("line {number}\n").as_bytes());
            assert!(tail.0.len() <= 2 * MOST_KEPT);
        }
        let text = tail.text();
        assert!(text.len() <= MOST_KEPT && text.ends_with("line 99999\n"));
    }
}
