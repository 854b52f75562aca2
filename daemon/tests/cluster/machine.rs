//! A machine of the cluster: a network, mounts and processes of its own, corosync and the daemon in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pengine_control::{Client, ClusterStatus, Reply, Request};

use crate::support::namespace::Namespace;
use crate::support::wait_for;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pengined");
const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/daemon-web");
const AGENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/agents");

/// A machine, switched on or off.
pub struct Machine {
    pub id: u32,
    folder: PathBuf,
    namespace: Option<Namespace>,
    /// What was started in it.
    processes: Vec<Child>,
}

/// What a machine does for the world.
pub struct Deeds {
    /// It answers for the address of the service.
    pub is_addressed: bool,
    /// The resource with two roles is promoted.
    pub is_promoted: bool,
    /// All runs on it that is to run on every machine.
    pub has_copies: bool,
}

/// The name of a machine.
pub fn name(id: u32) -> String {
    format!("n{id}")
}

impl Machine {
    /// A machine that is off; its disk is a folder in that of all.
    pub fn new(all: &Path, id: u32, machines: u32) -> Self {
        let folder = all.join(name(id));
        fs::create_dir_all(folder.join("corosync")).unwrap();
        fs::write(folder.join("corosync/corosync.conf"), corosync(&folder, machines)).unwrap();
        Self { id, folder, namespace: None, processes: Vec::new() }
    }

    pub fn is_on(&self) -> bool {
        self.namespace.is_some()
    }

    /// Switches it on: corosync starts, and the daemon.
    pub fn switch_on(&mut self, hub: &Namespace) {
        let Self { id, folder, .. } = self;
        let machine = Namespace::with_processes().unwrap();
        let wire =
            format!("ip link delete v{id} 2>/dev/null; ip link add v{id} type veth peer name eth0 netns {}", machine.pid());
        hub.run(&format!("{wire} && ip link set v{id} master br0 up")).unwrap();
        machine.run(&format!("ip address add 192.168.1.1{id}/24 dev eth0 && ip link set eth0 up")).unwrap();
        let (disk, all) = (folder.display(), folder.parent().unwrap().display());
        let mounts = [
            "mount -t tmpfs none /run && mount -t tmpfs none /dev/shm && mount -t tmpfs none /srv".to_owned(),
            "mount -t tmpfs none /var/lib/corosync && mount -t tmpfs none /usr/local/sbin".to_owned(),
            format!("mount --bind {disk}/corosync /etc/corosync"),
            format!(
                "sed s,FOLDER,{all}/power, {AGENTS}/fence_box >/usr/local/sbin/fence_box && chmod 755 /usr/local/sbin/fence_box"
            ),
            "mkdir -p /srv/web/exported /srv/web/htdocs".to_owned(),
            format!("echo {} >/srv/web/exported/index.html && cp {WEB}/nginx.conf /srv/web", name(*id)),
        ];
        machine.run(&mounts.join(" && ")).unwrap();
        self.namespace = Some(machine);
        self.start_corosync();
        self.start_daemon();
    }

    pub fn start_corosync(&mut self) {
        self.spawn("exec corosync -f", "corosync.out");
    }

    pub fn start_daemon(&mut self) {
        let disk = self.folder.display();
        let all = self.folder.parent().unwrap().display();
        let options =
            format!("--cib {all}/cib.xml --state-dir {disk}/state --socket {disk}/socket --agent-dir {AGENTS} --log plain");
        self.spawn(&format!("exec {PROGRAM} {options}"), "pengined.log");
    }

    fn spawn(&mut self, command: &str, log: &str) {
        let log = || File::options().append(true).create(true).open(self.folder.join(log)).unwrap();
        let words = self.namespace.as_ref().unwrap().entrance();
        let process = Command::new(&words[0])
            .args(&words[1..])
            .args(["sh", "-c", command])
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn();
        self.processes.push(process.unwrap());
    }

    /// Cuts its power.
    pub fn switch_off(&mut self) {
        let Some(namespace) = self.namespace.take() else { return };
        // The first process in it ends when all others have.
        let children = format!("/proc/{pid}/task/{pid}/children", pid = namespace.pid());
        let first = fs::read_to_string(children).unwrap().trim().to_owned();
        // What waits for a process that is stopped is stopped, too, and would never hear of its end.
        self.processes.iter_mut().for_each(|process| process.kill().unwrap());
        drop(namespace);
        wait_for("end of a machine", || {
            let state = fs::read_to_string(format!("/proc/{first}/stat")).unwrap_or_default();
            (state.is_empty() || state.contains(") Z ")).then_some(())
        });
        for mut process in self.processes.drain(..) {
            process.wait().unwrap();
        }
        let _ = fs::remove_file(self.folder.join("socket"));
    }

    /// Runs a command in it; tells what it wrote, if the machine is on and it went well.
    pub fn run(&self, command: &str) -> Option<String> {
        self.namespace.as_ref()?.run(command)
    }

    /// Sends a signal to a program in it.
    pub fn signal(&self, signal: &str, program: &str) {
        self.run(&format!("pkill -{signal} -x {program}")).unwrap();
    }

    /// Whether a program runs in it.
    pub fn runs(&self, program: &str) -> bool {
        self.run(&format!("pgrep -x {program}")).is_some()
    }

    /// What it does, as one sees it from outside of the cluster.
    pub fn deeds(&self) -> Deeds {
        let look = "ip address show dev eth0; cat /run/roles.state; cat /run/everywhere.state && echo everywhere; true";
        let text = self.run(&format!("({look}) 2>/dev/null")).unwrap_or_default();
        let has_line = |wanted: &str| text.lines().any(|line| line == wanted);
        Deeds {
            is_addressed: text.contains("192.168.1.8/24"),
            is_promoted: has_line("master"),
            has_copies: (has_line("master") || has_line("slave")) && has_line("everywhere"),
        }
    }

    /// Where its daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("pengined.log")).unwrap_or_default()
    }
}

/// Asks the daemon at a socket, if there is one. One that hangs answers when its machine is switched off, by its silence.
pub fn ask(socket: &Path, request: &Request) -> Option<Reply> {
    Client::connect(socket).ok()?.ask(request).ok()
}

/// The state of the cluster as the daemon at a socket tells it.
pub fn status(socket: &Path) -> Option<ClusterStatus> {
    match ask(socket, &Request::Status)? {
        Reply::Status(status) => Some(*status),
        _ => None,
    }
}

fn corosync(folder: &Path, machines: u32) -> String {
    let node = |id| format!("  node {{\n    ring0_addr: 192.168.1.1{id}\n    nodeid: {id}\n    name: {}\n  }}\n", name(id));
    let nodes: String = (1..=machines).map(node).collect();
    let two = if machines == 2 { "  two_node: 1\n" } else { "" };
    format!(
        "totem {{\n  version: 2\n  cluster_name: test\n  transport: knet\n  crypto_cipher: none\n  crypto_hash: none\n  token: 1000\n}}\n\
         quorum {{\n  provider: corosync_votequorum\n{two}}}\n\
         nodelist {{\n{nodes}}}\n\
         system {{\n  sched_rr: no\n}}\n\
         logging {{\n  to_stderr: no\n  to_syslog: no\n  to_logfile: yes\n  logfile: {}/corosync.log\n}}\n",
        folder.display()
    )
}
