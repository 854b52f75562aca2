//! Why a call failed, in the agent's own words.

use super::outcome::ocf_status;
use super::process::{Output, is_text};

/// How lines begin in which an agent tells why it failed.
const MARK: &str = "ocf-exit-reason:";
/// How errors are marked in what agents log to their standard error.
const ERROR: &str = "ERROR: ";
/// What fence agents say after an error with their options, and which tells nothing.
const USAGE: &str = "Please use '-h' for usage";
/// How much of a line is told, in characters.
const LONGEST: usize = 400;

/// Why a program ended with an exit status, in OCF's terms; empty if that is no failure.
pub(super) fn of_exit(exit_status: i32, output: &Output) -> String {
    match exit_status {
        ocf_status::FINE => String::new(),
        // What a monitor finds is a failure only for those who expected something else; what it says then is meant for them.
        ocf_status::NOT_RUNNING | ocf_status::PROMOTED => of_agent(&output.stderr).unwrap_or_default(),
        _ => of_agent(&output.stderr)
            .or_else(|| last_words(&output.stderr))
            .or_else(|| last_words(&output.stdout))
            .unwrap_or_default(),
    }
}

/// What an agent gave as its reason: the last one, if it gave several.
pub(super) fn of_agent(stderr: &str) -> Option<String> {
    stderr.lines().rev().find_map(|line| line.strip_prefix(MARK)).map(shown)
}

/// What an agent that gives no reasons said last, errors before everything else.
fn last_words(text: &str) -> Option<String> {
    let mut errors = text.lines().rev().filter_map(|line| line.split_once(ERROR).map(|(_, error)| error));
    let error = errors.find(|error| error.trim() != USAGE);
    error.or_else(|| text.lines().rev().find(|line| !line.trim().is_empty())).map(shown)
}

/// A line as it can be shown: without what is no text, and not too long.
fn shown(line: &str) -> String {
    line.trim().chars().filter(|&letter| is_text(letter)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str) -> Output {
        Output { stdout: stdout.to_owned(), stderr: stderr.to_owned() }
    }

    #[test]
    fn the_last_reason_counts() {
        let two = output("", "ocf-exit-reason:first\nnoise\nocf-exit-reason: second \nmore noise\n");
        assert_eq!(of_exit(1, &two), "second");
        assert_eq!(of_exit(7, &two), "second");
        assert_eq!(of_exit(0, &two), "", "what went well needs no reason");
        assert_eq!(of_exit(1, &output("ocf-exit-reason:on the wrong stream", "last\n\n")), "last");
    }

    #[test]
    fn without_a_reason_the_last_error_counts() {
        let logged = output("out", "Jan 01 00:00:00 ERROR: no such device\nJan 01 00:00:00 INFO: bye\n");
        assert_eq!(of_exit(1, &logged), "no such device");
        assert_eq!(of_exit(7, &logged), "", "that nothing runs is what most probes expect");
        let wrong_option =
            output("", "2026-01-01 ERROR: Failed: no such option\n\n2026-01-01 ERROR: Please use '-h' for usage\n\n");
        assert_eq!(of_exit(1, &wrong_option), "Failed: no such option");
        assert_eq!(of_exit(5, &output("only \u{1b}[31mthis\n", "  \n")), "only [31mthis");
        assert_eq!(of_exit(1, &output("", "")), "");
        assert_eq!(of_exit(1, &output(&"x".repeat(5000), "")).len(), LONGEST);
    }
}
