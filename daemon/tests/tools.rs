//! The tools as resource agents and users call them, over a socket with a core that only keeps values.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::unistd::{Group, Uid};
use pengine_control::{
    AgentAnswer, AgentRequest, NodeName, NodeValue, Refusal, Reply, Request, SOCKET_VARIABLE, UtilizationOwner, Version,
};
use pengined::inbox::{Inbox, Input, Outlet};
use pengined::server::{Server, ServerSettings};
use tokio::sync::oneshot;

const AGENTS: &str = "/usr/lib/ocf/resource.d";

const CIB: &str = r#"<cib validate-with="pacemaker-4.0" crm_feature_set="3.20.5" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config/><nodes><node id="1" uname="alice"/></nodes><resources/><constraints/>
  </configuration>
  <status><node_state id="1" uname="alice" in_ccm="true" crmd="online" join="member" expected="member"/></status>
</cib>"#;

type Values = Arc<Mutex<BTreeMap<String, String>>>;

/// A server with a core that keeps values, and a folder with the tools.
struct Node {
    folder: tempfile::TempDir,
    values: Values,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Node {
    fn start(group: Option<&str>, read_group: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("pengined");
        fs::copy(env!("CARGO_BIN_EXE_pengined"), &program).unwrap();
        for name in ["attrd_updater", "cibadmin", "crm_attribute", "crm_master", "crm_mon", "crm_node", "pacemakerd"] {
            symlink(&program, folder.path().join(name)).unwrap();
        }
        // Other users look for the tools, too.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let (group, read_group) = (group.map(str::to_owned), read_group.map(str::to_owned));
        let settings = ServerSettings { path: folder.path().join("socket"), group, read_group };
        let values = Values::default();
        let (stop, stopped) = oneshot::channel();
        let (listening, listens) = oneshot::channel();
        let kept = values.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = Server::bind(&settings).unwrap();
                let (inbox, outlet) = Inbox::new();
                listening.send(()).unwrap();
                tokio::spawn(keep_values(outlet, kept));
                server.serve(inbox, async { stopped.await.unwrap() }).await;
            });
        });
        listens.blocking_recv().unwrap();
        Self { folder, values, stop, thread }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command with the environment of an agent of the resource `db`.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path().display()));
        command.env("HA_SBIN_DIR", self.path()).env(SOCKET_VARIABLE, self.path().join("socket")).env("SHELL", "/bin/bash");
        command.env("HA_RSCTMP", self.path()).env("OCF_ROOT", "/usr/lib/ocf").env("OCF_RESOURCE_INSTANCE", "db");
        command
    }

    /// The exit status of an agent.
    fn agent(&self, name: &str, action: &str, parameters: &[(&str, &str)]) -> Option<i32> {
        let mut command = self.command(format!("{AGENTS}/{name}"));
        command.arg(action).env("OCF_RESKEY_state", self.path().join("state")).env("OCF_RESKEY_crm_feature_set", "3.20.5");
        command.envs(parameters.iter().copied()).output().unwrap().status.code()
    }

    fn value(&self, key: &str) -> Option<String> {
        self.values.lock().unwrap().get(key).cloned()
    }

    fn end(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

async fn keep_values(mut outlet: Outlet, values: Values) {
    while let Some(input) = outlet.waiting.recv().await {
        let Input::Ask(request, answer) = input else { continue };
        let reply = match request {
            Request::Agent(request) => agent_reply(request, &mut values.lock().unwrap()),
            Request::Cib { .. } => Reply::Cib { xml: CIB.to_owned(), version: Version::default() },
            _ => Reply::Refused(Refusal::ShuttingDown),
        };
        answer.send(reply).unwrap();
    }
}

fn agent_reply(request: AgentRequest, values: &mut BTreeMap<String, String>) -> Reply {
    let of_node = |of: UtilizationOwner, name: String| match of {
        UtilizationOwner::Node(node) => format!("{node}/{name}"),
        UtilizationOwner::Resource(resource) => format!("{resource}:{name}"),
    };
    let alice = || "alice".to_owned();
    let get = |key: String| {
        let values = values.get(&key).map(|value| NodeValue { node: alice(), value: value.clone() }).into_iter().collect();
        Reply::Agent(AgentAnswer::Values { values })
    };
    let (key, value) = match request {
        AgentRequest::Nodes => {
            let nodes = vec![NodeName { name: alice(), id: "1".to_owned(), online: true }];
            return Reply::Agent(AgentAnswer::Nodes { nodes, have_quorum: true });
        }
        AgentRequest::GetAttribute { name, node, .. } => return get(format!("{}/{name}", node.unwrap_or_default())),
        AgentRequest::GetUtilization { of, name } => return get(of_node(of, name)),
        AgentRequest::SetAttribute { name, value, node, .. } => (format!("{}/{name}", node.unwrap_or_else(alice)), value),
        AgentRequest::SetUtilization { of, name, value } => (of_node(of, name), value),
        _ => return Reply::Refused(Refusal::ShuttingDown),
    };
    match value {
        Some(value) => values.insert(key, value),
        None => values.remove(&key),
    };
    Reply::Agent(AgentAnswer::Done)
}

/// Whether an agent is there; a test that needs one that isn't says so.
fn is_installed(agent: &str) -> bool {
    let path = PathBuf::from(AGENTS).join(agent);
    if !path.exists() {
        println!("skipped: there is no {} (packages resource-agents and pacemaker-resource-agents)", path.display());
    }
    path.exists()
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), read(&output.stdout), read(&output.stderr))
}

#[test]
fn promotable_agents_set_their_scores() {
    for agent in ["heartbeat/Stateful", "pacemaker/Stateful"] {
        if !is_installed(agent) {
            continue;
        }
        let node = Node::start(None, None);
        for (action, status, score) in [
            ("monitor", 7, None),
            ("start", 0, Some("5")),
            ("promote", 0, Some("10")),
            ("monitor", 8, Some("10")),
            ("demote", 0, Some("5")),
            ("stop", 0, None),
        ] {
            assert_eq!(node.agent(agent, action, &[]), Some(status), "{agent} {action}");
            assert_eq!(node.value("alice/master-db").as_deref(), score, "{agent} {action}");
        }
        node.end();
    }
}

#[test]
fn agents_find_their_attributes_again() {
    if !is_installed("pacemaker/attribute") {
        return;
    }
    let node = Node::start(None, None);
    let parameters =
        [("OCF_RESKEY_name", "opinion"), ("OCF_RESKEY_active_value", "very good"), ("OCF_RESKEY_inactive_value", "none")];
    for (action, status, value) in [
        ("monitor", 7, None),
        ("start", 0, Some("very good")),
        ("monitor", 0, Some("very good")),
        ("stop", 0, Some("none")),
        ("monitor", 7, Some("none")),
    ] {
        assert_eq!(node.agent("pacemaker/attribute", action, &parameters), Some(status), "{action}");
        assert_eq!(node.value("alice/opinion").as_deref(), value, "{action}");
    }
    node.end();
}

#[test]
fn the_agents_shell_functions_know_the_node_and_the_cluster() {
    let functions = Path::new("/usr/lib/ocf/lib/heartbeat/ocf-shellfuncs");
    if !functions.exists() {
        println!("skipped: there is no {} (package resource-agents)", functions.display());
        return;
    }
    let node = Node::start(None, None);
    let shell = |script: &str| {
        let script = format!(". {}; {script}", functions.display());
        text(&node.command("/bin/bash").args(["-c", &script]).output().unwrap())
    };
    assert_eq!(shell("ocf_local_nodename"), (Some(0), "alice\n".to_owned(), String::new()));
    let (status, out, err) = shell("crm_mon_no_validation -1 --output-as=xml");
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.contains("<node name=\"alice\" id=\"1\" online=\"true\""), "{out}");
    node.end();
}

#[test]
fn users_may_do_what_their_groups_may() {
    let (Some(operators), Some(watchers)) = (Group::from_name("daemon").unwrap(), Group::from_name("bin").unwrap()) else {
        println!("skipped: there are no groups 'daemon' and 'bin'");
        return;
    };
    if !Uid::effective().is_root() {
        println!("skipped: only root can run programs as other users");
        return;
    }
    let node = Node::start(Some("daemon"), Some("bin"));
    let tool = |line: &str, group: u32| {
        let mut words = line.split(' ');
        let program = node.path().join(words.next().unwrap());
        text(&node.command(program).args(words).uid(61_234).gid(group).output().unwrap())
    };
    let (look, change) = ("crm_node -n", "attrd_updater -n x -U 1");
    let (operators, watchers, nobody) = (operators.gid.as_raw(), watchers.gid.as_raw(), 61_234);
    assert_eq!(tool(look, operators), (Some(0), "alice\n".to_owned(), String::new()));
    assert_eq!(tool(change, operators).0, Some(0));
    assert_eq!(tool(look, watchers).0, Some(0));
    for (line, group) in [(change, watchers), (look, nobody), (change, nobody)] {
        let (status, out, err) = tool(line, group);
        assert_eq!((status, out.as_str()), (Some(77), ""), "{line}");
        assert!(err.contains(": you are not allowed to do that; root and the members of the daemon's group"), "{err}");
    }
    node.end();
    let node = Node::start(None, None);
    let output = node.command(node.path().join("crm_node")).arg("-n").uid(nobody).gid(nobody).output().unwrap();
    let (status, _, err) = text(&output);
    assert_eq!(status, Some(77));
    assert!(err.starts_with("crm_node: you are not allowed to use the daemon's socket at "), "{err}");
    node.end();
}
