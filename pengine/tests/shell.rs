//! What makes the program at home in a shell: completions, manual pages, examples, and output that nobody reads on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::process::{Command, Output, Stdio};

const COMMANDS: &[&str] =
    &["simulate", "explain", "audit", "check", "report", "completions", "manual", "status", "node", "resource", "cib", "events"];

fn pengine(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pengine")).args(words).output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn each_shell_gets_a_script_that_it_understands() {
    for (shell, check) in [("bash", &["bash", "-n"][..]), ("zsh", &["zsh", "-n"]), ("fish", &["fish", "--no-execute"])] {
        let script = text(&pengine(&["completions", shell]));
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), script).unwrap();
        // A shell that isn't installed can't be asked.
        if let Ok(output) = Command::new(check[0]).arg(check[1]).arg(file.path()).output() {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert_eq!(pengine(&["completions", "none"]).status.code(), Some(64));
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    text(&pengine(&["manual", pages.to_str().unwrap()]));
    for command in COMMANDS {
        let page = fs::read_to_string(pages.join(format!("pengine-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(pengine(&["manual", file.to_str().unwrap()]).status.code(), Some(105));
}

#[test]
fn the_help_of_each_command_has_examples() {
    for command in COMMANDS {
        assert!(text(&pengine(&[command, "--help"])).contains("\nExample"), "{command}");
    }
}

#[test]
fn there_are_no_colours_but_on_a_terminal() {
    for words in [&["--help"][..], &["check", "--help"], &["check", "--explain", "no-fencing"]] {
        assert!(!text(&pengine(words)).contains('\x1b'), "{words:?}");
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/ordering-loop.xml");
    assert!(!String::from_utf8(pengine(&["check", file]).stdout).unwrap().contains('\x1b'));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for words in [&["completions", "bash"][..], &["check", "--explain", "all"], &["--help"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
        let mut child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{words:?}");
    }
}
