//! `pengine check` as a program: `tests/check` has a small configuration for each code, with all that is put out about it.
//!
//! A wanted change is taken over with `PENGINE_BLESS=1` in the environment; read the differences before committing them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod schema_check;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pengine::check::{Code, check};
use serde_json::Value;

use schema_check::assert_valid;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

fn run(words: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.arg("check").args(words).current_dir(folder());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn assert_text(name: &str, found: &str) {
    let path = folder().join(name).with_extension("txt");
    if std::env::var_os("PENGINE_BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[track_caller]
#[test]
fn each_code_has_a_configuration_that_shows_it_and_nothing_else() {
    for code in Code::ALL {
        let file = format!("{}.xml", code.name());
        let output = run(&[&file], "");
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert_text(code.name(), &String::from_utf8(output.stdout).unwrap());

        let output = run(&["-x", &file, "--output-as=json"], "");
        assert_eq!(output.status.code(), Some(1), "{file}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_valid("check", &answer, &file);
        for finding in answer["findings"].as_array().unwrap() {
            assert_eq!(finding["code"], code.name(), "{finding}");
        }
    }
}

#[test]
fn where_nothing_is_wrong_nothing_is_found() {
    let output = run(&["clean.xml"], "");
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()),
        (Some(0), "clean.xml: nothing found\n")
    );
    let output = run(&["--output-as=json"], &fs::read_to_string(folder().join("clean.xml")).unwrap());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), serde_json::json!({ "findings": [] }));
}

#[test]
fn what_is_meant_to_be_right_is_right() {
    for entry in fs::read_dir(folder().join("../../../fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(path.join("cib.xml")) else { continue };
        let accepted: &[Code] = match path.file_name().unwrap().to_str().unwrap() {
            "asymmetric-cluster" => &[Code::NoFencing, Code::NoTimeout, Code::RunsNowhere],
            _ => &[Code::NoFencing, Code::NoTimeout],
        };
        let found = check(&text, 0).unwrap().findings;
        let wrong: Vec<_> = found.iter().filter(|finding| !accepted.contains(&finding.code)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

#[test]
fn exit_statuses_tell_what_was_wrong() {
    for (words, input, status) in [
        (&["no-such-file.xml"][..], "", 2),
        (&["-"], "<cib", 2),
        (&["-"], "<crm/>", 2),
        (&["--explain", "nonsense"], "", 105),
        (&["--nonsense"], "", 64),
    ] {
        assert_eq!(run(words, input).status.code(), Some(status), "{words:?} {input}");
    }
}

#[test]
fn each_code_is_explained() {
    for code in Code::ALL {
        let output = run(&["--explain", code.name()], "");
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("[{}]\n\n", code.name())) && text.len() > 150, "{text}");
    }
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(String::from_utf8(run(&["--explain", "all"], "").stdout).unwrap().lines().collect::<Vec<_>>(), names);
}
