//! A daemon in a folder of its own, as an ordinary process, and the services that it runs.
#![allow(dead_code)]

pub mod namespace;
pub mod needs;

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pengine_control::{Client, ClusterStatus, Reply, Request, ResourceStatus, TransitionState};
use tempfile::TempDir;

use namespace::Namespace;

/// How long anything may take before it counts as never happening: machines may be slow, and busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

const PROGRAM: &str = env!("CARGO_BIN_EXE_pengined");

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until there is something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "still no {what}");
        sleep(PAUSE);
    }
}

/// A configuration of services that run alone, in order, with a monitor each.
pub fn cib_of(services: &[&str]) -> String {
    let primitives: String = services.iter().map(|id| primitive(id, "")).collect();
    format!(
        r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0"><configuration>
             <crm_config><cluster_property_set id="options">
               <nvpair id="no-fencing" name="fencing-enabled" value="false"/>
             </cluster_property_set></crm_config>
             <nodes/>
             <resources>{primitives}</resources>
             <constraints/>
           </configuration></cib>"#
    )
}

/// A service of our own agent.
pub fn primitive(id: &str, parameters: &str) -> String {
    format!(
        r#"<primitive id="{id}" class="ocf" provider="pengine" type="Service">
             <instance_attributes id="{id}-parameters">{parameters}</instance_attributes>
             <operations><op id="{id}-monitor" name="monitor" interval="500ms" timeout="60s"/></operations>
           </primitive>"#
    )
}

/// What a daemon has for itself. What it started is ended with it.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A folder with a configuration for a first start.
    pub fn new(cib: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(home.cib(), cib).unwrap();
        home
    }

    /// The configuration's file.
    pub fn cib(&self) -> PathBuf {
        self.folder.path().join("cib.xml")
    }

    /// The daemon's state folder.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What all daemons here wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Starts a daemon.
    pub fn start(&self, options: &[&str]) -> Daemon<'_> {
        self.start_with(options, &[])
    }

    /// Starts a daemon with something more in its environment.
    pub fn start_with(&self, options: &[&str], environment: &[(&str, &str)]) -> Daemon<'_> {
        let mut command = Command::new(PROGRAM);
        command.envs(environment.iter().copied());
        let child = self.spawn(command, options);
        Daemon { home: self, pid: child.id().cast_signed(), child }
    }

    /// Starts a daemon in a namespace with processes of its own.
    pub fn start_in(&self, namespace: &Namespace) -> Daemon<'_> {
        let entrance = namespace.entrance();
        let mut command = Command::new(&entrance[0]);
        command.args(&entrance[1..]).arg(PROGRAM);
        let child = self.spawn(command, &[]);
        // Who enters such a namespace does so by a child.
        let children = format!("/proc/{pid}/task/{pid}/children", pid = child.id());
        let pid = wait_for("daemon in the namespace", || fs::read_to_string(&children).ok()?.trim().parse().ok());
        Daemon { home: self, pid, child }
    }

    fn spawn(&self, mut command: Command, options: &[&str]) -> Child {
        let log = File::options().append(true).create(true).open(self.folder.path().join("log")).unwrap();
        command
            .args(["--standalone", "--node", "alice", "--log", "plain", "--cib"])
            .arg(self.cib())
            .arg("--state-dir")
            .arg(self.state())
            .arg("--socket")
            .arg(self.socket())
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// The processes of a service that are there.
    pub fn processes_of(&self, service: &str) -> Vec<i32> {
        let ours = format!("HA_RSCTMP={}", self.state().display());
        let instance = format!("OCF_RESOURCE_INSTANCE={service}");
        let has = |environment: &[u8], wanted: &dyn Fn(&[u8]) -> bool| environment.split(|&byte| byte == 0).any(wanted);
        processes()
            .filter(|pid| read(*pid, "cmdline").starts_with(b"sleep\x002147483647\0"))
            .filter(|pid| {
                let environment = read(*pid, "environ");
                has(&environment, &|variable| variable.starts_with(ours.as_bytes()))
                    && has(&environment, &|variable| variable == instance.as_bytes())
            })
            .collect()
    }

    /// The one process of a service, as soon as there is one.
    pub fn process_of(&self, service: &str) -> i32 {
        let processes = wait_for(service, || Some(self.processes_of(service)).filter(|processes| !processes.is_empty()));
        assert_eq!(processes.len(), 1, "{service} runs more than once: {processes:?}");
        processes[0]
    }

    /// All that was started here and is there still.
    fn leftovers(&self) -> Vec<i32> {
        let ours = format!("HA_RSCTMP={}", self.folder.path().display());
        let is_ours =
            |pid: &i32| read(*pid, "environ").split(|&byte| byte == 0).any(|variable| variable.starts_with(ours.as_bytes()));
        processes().filter(is_ours).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for pid in self.leftovers() {
            // It may end by itself in between.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
        }
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// A file of a process; empty if it is gone.
fn read(pid: i32, file: &str) -> Vec<u8> {
    fs::read(Path::new("/proc").join(pid.to_string()).join(file)).unwrap_or_default()
}

/// A daemon that runs. It is killed when nobody ends it otherwise.
pub struct Daemon<'a> {
    home: &'a Home,
    /// Its process.
    pub pid: i32,
    /// The process that was started: the daemon's, or one that ends with it.
    child: Child,
}

impl Daemon<'_> {
    /// A connection to it, as soon as it answers. What a daemon was about to run when it was killed listens in its place for a moment.
    pub fn client(&mut self) -> Client {
        wait_for("socket", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended: {status}");
            }
            let mut client = Client::connect(&self.home.socket()).ok()?;
            client.ask(&Request::Status).ok().map(|_| client)
        })
    }

    /// The state of the cluster, once it is as it shall be.
    pub fn status_when(&mut self, what: &str, mut condition: impl FnMut(&ClusterStatus) -> bool) -> ClusterStatus {
        let mut client = self.client();
        wait_for(what, || Some(status(&mut client)).filter(|status| condition(status)))
    }

    /// The state of the cluster when nothing is left to be done and the services run.
    pub fn status_with_running(&mut self, services: &[&str]) -> ClusterStatus {
        self.status_when("running services", |status| {
            is_idle(status) && services.iter().all(|service| resource(status, service).role == "Started")
        })
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid), signal).unwrap();
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("end of the daemon", || self.child.try_wait().unwrap())
    }

    /// Ends it as a service manager does.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait()
    }

    /// Ends it as a fault does.
    pub fn crash(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.wait().signal(), Some(9), "it had ended before");
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // It has ended already if all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The state of the cluster.
pub fn status(client: &mut Client) -> ClusterStatus {
    match client.ask(&Request::Status).unwrap() {
        Reply::Status(status) => *status,
        reply => panic!("{reply:?}"),
    }
}

/// Whether nothing is left to be done.
pub fn is_idle(status: &ClusterStatus) -> bool {
    status.transition.state == TransitionState::Idle
}

/// A resource's state.
pub fn resource<'a>(status: &'a ClusterStatus, id: &str) -> &'a ResourceStatus {
    status.resources.iter().find(|resource| resource.id == id).unwrap()
}
