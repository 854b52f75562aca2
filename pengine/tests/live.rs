//! The commands that talk to a daemon, with a daemon of canned answers: what they ask, and all that they put out, in
//! `tests/live/NAME.txt`.
//!
//! A wanted change is taken over with `PENGINE_BLESS=1` in the environment; read the differences before committing them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use pengine_control::{
    AgentAnswer, AgentRequest, Change, CibChange, ClusterStatus, Event, Failure, Happening, NodeStatus, NodeValue, Refusal,
    Reply, Request, ResourceStatus, TransitionState, TransitionStatus, Version,
};
use serde_json::Value;

/// Name, words, and standard input.
const CASES: &[(&str, &[&str], &str)] = &[
    ("help", &["--help"], ""),
    ("help-status", &["status", "--help"], ""),
    ("help-node", &["node", "--help"], ""),
    ("help-resource", &["resource", "--help"], ""),
    ("help-cib", &["cib", "--help"], ""),
    ("status", &["status"], ""),
    ("status-one-shot", &["status", "-1", "--output-as=text"], ""),
    ("status-json", &["status", "--output-as=json"], ""),
    ("status-watch", &["status", "--watch"], ""),
    ("status-watch-json", &["status", "--watch", "--output-as=json"], ""),
    ("node-list", &["node", "list"], ""),
    ("node-list-json", &["node", "list", "--output-as=json"], ""),
    ("node-standby", &["node", "standby", "alice"], ""),
    ("node-standby-dry-run", &["node", "standby", "alice", "--dry-run"], ""),
    ("node-standby-dry-run-json", &["node", "standby", "alice", "--dry-run", "--output-as=json"], ""),
    ("node-standby-unknown", &["node", "standby", "dave"], ""),
    ("node-online", &["node", "online", "alice"], ""),
    ("node-maintenance", &["node", "maintenance", "alice"], ""),
    ("node-maintenance-off", &["node", "maintenance", "alice", "off"], ""),
    ("node-fence", &["node", "fence", "alice"], ""),
    ("node-attribute-get", &["node", "attribute", "get", "alice", "site"], ""),
    ("node-attribute-get-json", &["node", "attribute", "get", "alice", "site", "--output-as=json"], ""),
    ("node-attribute-get-none", &["node", "attribute", "get", "alice", "colour", "--lifetime=reboot"], ""),
    ("node-attribute-set", &["node", "attribute", "set", "alice", "weight", "-5", "--lifetime", "reboot"], ""),
    ("node-attribute-delete", &["node", "attribute", "delete", "alice", "site"], ""),
    ("resource-list", &["resource", "list"], ""),
    ("resource-list-json", &["resource", "list", "--output-as", "json"], ""),
    ("resource-start", &["resource", "start", "web"], ""),
    ("resource-stop", &["resource", "stop", "web"], ""),
    ("resource-restart", &["resource", "restart", "web"], ""),
    ("resource-move", &["resource", "move", "web", "bob"], ""),
    ("resource-ban", &["resource", "ban", "web"], ""),
    ("resource-clear", &["resource", "clear", "web"], ""),
    ("resource-cleanup", &["resource", "cleanup", "web", "alice"], ""),
    ("resource-manage", &["resource", "manage", "web"], ""),
    ("resource-unmanage", &["resource", "unmanage", "web"], ""),
    ("resource-stop-json", &["resource", "stop", "web", "--output-as=json"], ""),
    ("resource-stop-not-allowed", &["resource", "stop", "vault"], ""),
    ("cib-query", &["cib", "query", "--section", "nodes"], ""),
    ("cib-query-json", &["cib", "query", "--output-as=json"], ""),
    ("cib-replace", &["cib", "replace", "-", "--base", "0.12.3"], "<cib/>\n"),
    ("cib-replace-stale", &["cib", "replace", "-", "--base=0.11.0"], "<cib/>\n"),
    ("cib-replace-own-version", &["cib", "replace", "-"], "<cib admin_epoch=\"0\" epoch=\"12\" num_updates=\"0\"/>\n"),
    ("cib-replace-newer", &["cib", "replace", "-"], "<cib admin_epoch=\"1\" epoch=\"2\"/>\n"),
    ("cib-replace-older", &["cib", "replace", "-"], "<cib admin_epoch=\"0\" epoch=\"11\"/>\n"),
    ("cib-replace-force", &["cib", "replace", "-", "--force"], "<cib admin_epoch=\"0\" epoch=\"11\"/>\n"),
    ("cib-replace-force-base", &["cib", "replace", "-", "--force", "--base=0.12.3"], "<cib/>\n"),
    ("cib-replace-unversioned", &["cib", "replace", "-"], "<cib/>\n"),
    ("cib-replace-no-file", &["cib", "replace", "FOLDER/no-such-file"], ""),
    ("cib-replace-no-version", &["cib", "replace", "-", "--base=12"], ""),
    ("cib-patch-dry-run", &["cib", "patch", "-", "--dry-run"], "<delete><nvpair id=\"x\"/></delete>"),
    ("events", &["events", "--follow"], ""),
    ("events-json", &["events", "--follow", "--output-as=json"], ""),
    ("events-without-follow", &["events"], ""),
    ("no-command", &["resource"], ""),
    ("no-such-format", &["status", "--output-as=xml"], ""),
];

/// Answers questions, and remembers them.
#[derive(Default)]
struct Daemon {
    asked: Mutex<Vec<String>>,
    statuses: Mutex<usize>,
    follower: Mutex<Option<Sender<Event>>>,
    /// Events come one for each time that the state was asked for, not all at once.
    is_watched: bool,
}

impl Daemon {
    /// Listens at a path.
    fn start(path: &Path, is_watched: bool) -> Arc<Self> {
        let listener = UnixListener::bind(path).unwrap();
        let daemon = Arc::new(Self { is_watched, ..Self::default() });
        let shared = daemon.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, daemon) = (stream.unwrap(), shared.clone());
                thread::spawn(move || daemon.serve(&stream));
            }
        });
        daemon
    }

    fn serve(&self, stream: &UnixStream) {
        let mut output = stream;
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            let request: Request = serde_json::from_str(&line).unwrap();
            self.asked.lock().unwrap().push(line);
            let reply = self.reply(&request);
            // Who follows must miss nothing that happens once it has been told so.
            let events = (request == Request::Follow).then(|| self.events());
            writeln!(output, "{}", serde_json::to_string(&reply).unwrap()).unwrap();
            if let Some(events) = events {
                return events
                    .into_iter()
                    .for_each(|event| writeln!(output, "{}", serde_json::to_string(&event).unwrap()).unwrap());
            }
            self.after(&request);
        }
    }

    fn events(&self) -> Receiver<Event> {
        let (sender, events) = channel();
        if self.is_watched {
            *self.follower.lock().unwrap() = Some(sender);
        } else {
            all_events().into_iter().for_each(|event| sender.send(event).unwrap());
        }
        events
    }

    /// The first look at the state is followed by a failure, the next one by the daemon's end.
    fn after(&self, request: &Request) {
        if !self.is_watched || *request != Request::Status {
            return;
        }
        let mut statuses = self.statuses.lock().unwrap();
        *statuses += 1;
        let mut follower = self.follower.lock().unwrap();
        let happening = match *statuses {
            1 => failed(),
            2 => Happening::Stopping { leave_running: true },
            _ => {
                *follower = None;
                return;
            }
        };
        follower.as_ref().unwrap().send(Event { at: 1_764_100_000, what: happening }).unwrap();
    }

    fn reply(&self, request: &Request) -> Reply {
        match request {
            Request::Status => Reply::Status(Box::new(status())),
            Request::Cib { section: None } => Reply::Cib { xml: "<cib epoch=\"12\"/>".to_owned(), version: version(12) },
            Request::Cib { section: Some(section) } => Reply::Cib { xml: format!("<{section}/>\n"), version: version(12) },
            Request::Follow => Reply::Following,
            Request::Agent(AgentRequest::GetAttribute { name, node: Some(node), .. }) => {
                let value = NodeValue { node: node.clone(), value: "Paris".to_owned() };
                let values = if name == "site" { vec![value] } else { Vec::new() };
                Reply::Agent(AgentAnswer::Values { values })
            }
            Request::Change { change, dry_run } => reply_to_change(change, *dry_run),
            _ => Reply::Refused(Refusal::ShuttingDown),
        }
    }
}

fn reply_to_change(change: &Change, dry_run: bool) -> Reply {
    match change {
        Change::Node { node, .. } if node == "dave" => {
            Reply::Refused(Refusal::Unknown { what: "node".to_owned(), id: node.clone(), known: "alice, bob".to_owned() })
        }
        Change::Resource { resource, .. } if resource == "vault" => Reply::Refused(Refusal::NotAllowed),
        Change::Cib(CibChange::Replace { base: Some(base), .. }) if base.epoch < 12 => {
            Reply::Refused(Refusal::Stale { base: *base, present: version(12) })
        }
        _ if dry_run => Reply::Plan { text: "Transition Summary:\n  * Move       web     ( alice -> bob )\n".to_owned() },
        _ => Reply::Changed { version: version(13) },
    }
}

fn version(epoch: u32) -> Version {
    Version { admin_epoch: 0, epoch, num_updates: 3 }
}

fn status() -> ClusterStatus {
    let node = |name: &str| NodeStatus {
        name: name.to_owned(),
        online: true,
        standby: false,
        maintenance: false,
        dc: false,
        unclean: false,
    };
    let resource = |id: &str, agent: &str, role: &str, node: Option<&str>| ResourceStatus {
        id: id.to_owned(),
        agent: agent.to_owned(),
        role: role.to_owned(),
        node: node.map(str::to_owned),
        managed: true,
        failed: false,
        blocked: false,
        pending: None,
    };
    let text = "Node List:\n  * Node bob: standby\n  * Online: [ alice ]\n  * OFFLINE: [ carol ]\n\n\
        Full List of Resources:\n  * vip\t(ocf:heartbeat:IPaddr2):\t Started alice\n  * web\t(ocf:heartbeat:apache):\t Stopped (blocked)";
    ClusterStatus {
        local_node: "alice".to_owned(),
        nodes: vec![
            NodeStatus { dc: true, ..node("alice") },
            NodeStatus { standby: true, maintenance: true, ..node("bob") },
            NodeStatus { online: false, unclean: true, ..node("carol") },
        ],
        resources: vec![
            resource("vip", "ocf:heartbeat:IPaddr2", "Started", Some("alice")),
            ResourceStatus {
                failed: true,
                blocked: true,
                managed: false,
                ..resource("web", "ocf:heartbeat:apache", "Stopped", None)
            },
            ResourceStatus {
                pending: Some("starting".to_owned()),
                ..resource("database", "systemd:postgresql", "Stopped", Some("alice"))
            },
        ],
        failures: vec![
            Failure {
                resource: "web".to_owned(),
                operation: "start".to_owned(),
                interval_ms: 0,
                node: "alice".to_owned(),
                exit_status: 5,
                exit_text: "not installed".to_owned(),
                reason: "Setup problem: couldn't find command: apache2".to_owned(),
                at: 1_764_099_000,
                count: None,
            },
            Failure {
                resource: "vip".to_owned(),
                operation: "monitor".to_owned(),
                interval_ms: 10_500,
                node: "alice".to_owned(),
                exit_status: 7,
                exit_text: "not running".to_owned(),
                reason: String::new(),
                at: 1_764_099_500,
                count: Some(2),
            },
        ],
        have_quorum: true,
        transition: TransitionStatus {
            state: TransitionState::Running,
            number: 4,
            done: 1,
            total: 3,
            running: vec!["database_start_0 on alice".to_owned()],
            next_check: Some(1_764_100_900),
        },
        version: version(12),
        text: text.to_owned(),
    }
}

fn failed() -> Happening {
    let (key, node) = ("web_start_0".to_owned(), "alice".to_owned());
    Happening::Failed { key, node, exit_status: 5, reason: "Setup problem: couldn't find command: apache2".to_owned() }
}

fn all_events() -> Vec<Event> {
    let (key, node) = ("web_stop_0".to_owned(), "alice".to_owned());
    let happenings = [
        Happening::Elected { node: node.clone() },
        Happening::Configured { version: version(13), what: "target-role of web is Stopped".to_owned() },
        Happening::Planned { number: 5, actions: 1, cause: "the configuration changed".to_owned() },
        Happening::Began { key: key.clone(), node: node.clone() },
        Happening::Succeeded { key, node, took_ms: 142 },
        Happening::Ended { number: 5, complete: true },
        failed(),
        Happening::Ended { number: 6, complete: false },
        Happening::Warning { text: "the disk is nearly full".to_owned() },
        Happening::Stopping { leave_running: false },
    ];
    (1_764_100_000..).zip(happenings).map(|(at, what)| Event { at, what }).collect()
}

/// What a command asks, and what it puts out: both streams and the exit status.
fn run(words: &[&str], input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let daemon = Daemon::start(&socket, words.contains(&"--watch"));
    let own = folder.path().display().to_string();
    let mut command = pengine(&socket);
    command.args(words.iter().map(|word| word.replace("FOLDER", &own)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    // A program that does not read its input closes it.
    let _ = program.stdin.take().unwrap().write_all(input.as_bytes());
    let output = program.wait_with_output().unwrap();
    let asked: String = daemon.asked.lock().unwrap().iter().map(|line| format!("-- asked {line}\n")).collect();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&own, "FOLDER");
    format!("{asked}{}-- stderr\n{}-- status {}\n", text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

fn pengine(socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.env("PENGINE_SOCKET", socket).env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

#[test]
fn commands_ask_and_put_out_what_is_expected() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live");
    let bless = std::env::var_os("PENGINE_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, words, input) in CASES {
        let actual = run(words, input);
        let expected = folder.join(format!("{name}.txt"));
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&expected, &actual).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            wrong.push(format!("{name}: {} differs; it is now:\n{actual}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_state_is_as_its_schema_says() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/status.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _daemon = Daemon::start(&socket, false);
    let output = pengine(&socket).args(["status", "--output-as=json"]).output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    for state in [shown, serde_json::to_value(ClusterStatus::default()).unwrap()] {
        let errors: Vec<String> =
            validator.iter_errors(&state).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_socket_is_the_one_that_is_named_last() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _daemon = Daemon::start(&socket, false);
    let socket = socket.to_str().unwrap();
    for words in [
        vec!["--socket", socket, "node", "list"],
        vec!["node", "--socket", socket, "list"],
        vec!["node", "list", "--socket", socket],
        vec!["--socket", "/nonexistent", "status", "--socket", socket],
    ] {
        let output = pengine(Path::new("/nonexistent/socket")).args(&words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn without_a_word_the_users_own_daemon_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let status = |variables: &[(&str, &Path)]| {
        let mut command = pengine(Path::new(""));
        command.arg("status").env_remove("XDG_RUNTIME_DIR").env_remove("XDG_STATE_HOME").env_remove("HOME");
        command.envs(variables.iter().copied()).output().unwrap().status.code()
    };
    fs::create_dir_all(path("home/.local/state/pengine")).unwrap();
    let _daemon = Daemon::start(&path("home/.local/state/pengine/socket"), false);
    assert_eq!(status(&[("HOME", &path("home")), ("XDG_RUNTIME_DIR", &path("run"))]), Some(0));
    fs::create_dir_all(path("run/pengine")).unwrap();
    let _daemon = Daemon::start(&path("run/pengine/socket"), false);
    assert_eq!(status(&[("XDG_RUNTIME_DIR", &path("run"))]), Some(0));
    assert_eq!(status(&[("XDG_STATE_HOME", &path("home/.local/state"))]), Some(0));
}

#[test]
fn a_daemon_that_is_not_there_is_told() {
    let output = pengine(Path::new("/nonexistent/socket")).arg("status").output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(102), b"".as_slice()));
    let expected = "pengine: can't reach the daemon at /nonexistent/socket: No such file or directory (os error 2); \
        is pengined running, and does --socket name its socket?\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
}

#[test]
fn a_daemon_that_goes_away_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let daemon = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        BufReader::new(stream).read_line(&mut String::new()).unwrap();
    });
    let output = pengine(&socket).arg("status").output().unwrap();
    daemon.join().unwrap();
    assert_eq!(output.status.code(), Some(102));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("pengine: the connection to the daemon at "));
}

#[test]
fn a_reader_of_events_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _daemon = Daemon::start(&socket, false);
    let mut command = pengine(&socket);
    command.args(["events", "--follow"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    drop(program.stdout.take());
    let output = program.wait_with_output().unwrap();
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.status.code()), ("", Some(0)));
}

#[test]
fn terminals_get_colours_unless_they_are_unwanted() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: there is no 'script' (package bsdutils) to make a terminal");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _daemon = Daemon::start(&socket, false);
    let on_terminal = |no_color: &str| {
        let program = format!("'{}' status", env!("CARGO_BIN_EXE_pengine"));
        let mut command = Command::new("script");
        command.args(["-qec", &program, "/dev/null"]).env("PENGINE_SOCKET", &socket).env("NO_COLOR", no_color);
        String::from_utf8_lossy(&command.stdin(Stdio::null()).output().unwrap().stdout).into_owned()
    };
    assert!(on_terminal("").contains("\x1b[1;31m  * OFFLINE: [ carol ]\x1b[0m"));
    let plain = on_terminal("1");
    assert!(plain.contains("  * OFFLINE: [ carol ]") && !plain.contains('\x1b'), "{plain}");
}
