//! Every option of `pengine simulate`, over a fixture, with all that it puts out: `tests/options/NAME.txt`.
//!
//! A wanted change is taken over with `PENGINE_BLESS=1` in the environment; read the differences before committing them.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name, fixture, and options. `%` in an option stands for a folder of the test's own, whose files are shown, too.
const CASES: &[(&str, &str, &[&str])] = &[
    ("state-only", "web-standby", &[]),
    ("run", "web-standby", &["--run"]),
    ("simulate", "web-standby", &["--simulate"]),
    ("show-attrs", "rule-node-attribute", &["--show-attrs"]),
    ("show-failcounts", "web-start-fails-once", &["--show-failcounts"]),
    ("show-scores", "web-location-n", &["--show-scores"]),
    ("show-utilization", "utilization-balanced", &["--show-utilization"]),
    ("scores-and-utilization", "utilization-balanced", &["-s", "-U", "-Q"]),
    ("pending", "web-standby", &["--pending"]),
    ("node-up", "web-node-lost-no-fencing", &["-R", "--node-up", "snn.abc.com"]),
    ("node-up-unknown", "web-group", &["-S", "-u", "third.abc.com"]),
    ("node-down", "web-back-online-sticky", &["-S", "--node-down", "datanode4.abc.com"]),
    ("node-fail", "web-node-lost-fencing", &["-R", "--node-fail", "datanode4.abc.com"]),
    ("op-inject", "web-back-online-sticky", &["-S", "--op-inject", "webserver_monitor_30000@datanode4.abc.com=7"]),
    ("op-inject-wrong", "web-back-online-sticky", &["-R", "-i", "webserver_monitor_30000@datanode4.abc.com"]),
    ("op-fail", "web-first-start", &["--op-fail", "webserver_start_0@datanode4.abc.com=1"]),
    ("set-datetime", "rule-date", &["-R", "--set-datetime", "2026-03-01 12:00:00Z"]),
    ("quorum", "web-group", &["-R", "-u", "snn.abc.com", "--quorum", "false"]),
    ("watchdog", "web-group", &["-R", "--watchdog", "true"]),
    ("ticket-grant", "ticket-stop", &["-R", "--ticket-grant", "site-a"]),
    ("ticket-revoke", "ticket-stop", &["-R", "--ticket-revoke", "site-a"]),
    ("ticket-standby", "ticket-stop", &["-R", "--ticket-standby", "site-a"]),
    ("ticket-activate", "ticket-stop", &["-R", "--ticket-activate", "site-a"]),
    ("save-input", "web-group", &["-Q", "--node-up", "snn.abc.com", "--save-input", "%/input.xml"]),
    ("save-output", "failure-restart", &["-Q", "-S", "--save-output", "%/output.xml"]),
    ("save-output-alone", "old-schema", &["-Q", "-O", "%/output.xml"]),
    ("save-graph", "failure-restart", &["-Q", "--save-graph", "%/graph.xml"]),
    ("save-dotfile", "failure-restart", &["-Q", "--save-dotfile", "%/graph.dot"]),
    ("all-actions", "failure-restart", &["-Q", "--all-actions", "-D", "%/graph.dot"]),
    ("verbose", "failure-restart", &["-Q", "--verbose", "-D", "%/graph.dot"]),
    ("in-place", "failure-restart", &["--in-place", "--quiet"]),
    ("quiet", "web-standby", &["-S", "--quiet"]),
    ("live-check", "web-standby", &["--live-check"]),
    ("xml-pipe", "active-passive", &["--run", "--xml-pipe"]),
    ("xml-file-again", "active-passive", &["-R", "-L", "-x", "-"]),
    ("output-as-json", "failure-restart", &["-R", "--output-as=json"]),
    ("output-as-xml", "failure-restart", &["-R", "--output-as=xml"]),
    ("output-as-none", "active-passive", &["-R", "--output-as=none"]),
    ("output-to", "active-passive", &["-R", "--output-to", "%/shown.txt"]),
    ("profile", "active-passive", &["--profile", "%", "--repeat", "2"]),
    ("version", "active-passive", &["--version"]),
    ("version-last", "active-passive", &["--version", "--output-as=html"]),
    ("help", "active-passive", &["--help"]),
    ("wrong-option", "active-passive", &["--version", "--no-such-option"]),
    ("wrong-number", "active-passive", &["--repeat", "x"]),
    ("missing-value", "active-passive", &["-S", "-x"]),
];

/// What a run puts out: both streams, the exit status, and the files it wrote.
fn run(fixture: &str, options: &[&str], folder: &Path) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cib = folder.join("cib.xml");
    fs::copy(here.join("../fixtures").join(fixture).join("cib.xml"), &cib).unwrap();
    let own = folder.display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.args(["simulate", "--xml-file", "cib.xml"]).stdin(fs::File::open(&cib).unwrap()).current_dir(folder);
    // The width of the help is not that of the terminal.
    command.env_remove("COLUMNS").env_remove("LINES");
    command.args(options.iter().map(|option| option.replace('%', &own)));
    let output = command.output().unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &format!("-- stderr\n{}-- status {}\n", String::from_utf8_lossy(&output.stderr), output.status.code().unwrap());
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let changes_input = options.contains(&"--in-place");
    for file in files.iter().filter(|&file| changes_input || *file != cib) {
        text += &format!("-- {}\n{}", file.file_name().unwrap().display(), fs::read_to_string(file).unwrap());
    }
    steady(&text.replace(&own, "FOLDER").replace(env!("CARGO_BIN_EXE_pengine"), "PROGRAM"))
}

/// The text without the program's version and what the clock has to do with.
fn steady(text: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    for hundredths in 0..1000 {
        text = text.replace(&format!(" {}.{:02} secs", hundredths / 100, hundredths % 100), " SOME secs");
    }
    for seconds in now.saturating_sub(60)..=now {
        text = text.replace(&seconds.to_string(), "NOW");
    }
    text
}

#[test]
fn options_put_out_what_is_expected() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bless = std::env::var_os("PENGINE_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, fixture, options) in CASES {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("options").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let actual = run(fixture, options, &folder);
        let expected = here.join("tests/options").join(format!("{name}.txt"));
        if bless {
            fs::write(&expected, &actual).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            wrong.push(format!("{name}: {} differs; it is now:\n{actual}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
