//! All machines, the network between them, somebody who cuts their power when a fence agent wants it, and a client who fetches the
//! page all the time.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pengine_control::{Change, ClusterStatus, Lifetime, NodeChange, Reply, Request};
use tempfile::TempDir;

use crate::machine::{Deeds, Machine, ask, name, status};
use crate::support::namespace::Namespace;
use crate::support::wait_for;

/// How long a machine is off when its power is cut.
const OFF: Duration = Duration::from_millis(500);
/// How often it is looked whether several machines do what only one may do.
const LOOK: Duration = Duration::from_millis(150);

/// How often the configuration is changed.
const CHANGE: Duration = Duration::from_millis(500);

/// The parts of the web service, in order.
pub const MEMBERS: [&str; 4] = ["lock", "address", "pages", "server"];

/// What all threads see.
struct Shared {
    machines: Mutex<BTreeMap<u32, Machine>>,
    hub: Namespace,
    folder: TempDir,
    /// The last change of the configuration that was acknowledged.
    acknowledged: Mutex<u32>,
    /// How often power was cut because somebody wanted it.
    cuts: Mutex<u32>,
    /// What must never be.
    complaints: Mutex<Vec<String>>,
    is_over: Mutex<bool>,
}

/// A site with a cluster.
pub struct Site {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    client: Child,
}

impl Site {
    /// Machines that are on, with that configuration, if this machine lets us have them.
    pub fn new(machines: u32, configuration: &str) -> Option<Self> {
        let hub = Namespace::new()?;
        hub.run("ip link add br0 type bridge && ip address add 192.168.1.1/24 dev br0 && ip link set br0 up")?;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("power")).unwrap();
        fs::write(folder.path().join("lock"), "").unwrap();
        let configuration = configuration.replace("LOCK", &folder.path().join("lock").display().to_string());
        fs::write(folder.path().join("cib.xml"), configuration).unwrap();
        let mut all: BTreeMap<u32, Machine> = (1..=machines).map(|id| (id, Machine::new(folder.path(), id, machines))).collect();
        all.values_mut().for_each(|machine| machine.switch_on(&hub));
        let client = client(&hub, &folder);
        let shared = Shared {
            machines: Mutex::new(all),
            hub,
            folder,
            acknowledged: Mutex::new(0),
            cuts: Mutex::new(0),
            complaints: Mutex::default(),
            is_over: Mutex::new(false),
        };
        let shared = Arc::new(shared);
        let jobs: [fn(&Shared); 3] = [Shared::cut_power, Shared::watch, Shared::change];
        let start = |job: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || job(&shared))
        };
        Some(Self { threads: jobs.map(start).into(), shared, client })
    }

    /// The machines.
    pub fn machines(&self) -> MutexGuard<'_, BTreeMap<u32, Machine>> {
        self.shared.machines.lock().unwrap()
    }

    /// Lets the next fencings fail.
    pub fn break_power(&self, times: usize) {
        fs::write(self.shared.folder.path().join("power/failures"), "x\n".repeat(times)).unwrap();
    }

    /// Whether all fencings have failed that were to fail.
    pub fn is_power_reliable(&self) -> bool {
        fs::read_to_string(self.shared.folder.path().join("power/failures")).unwrap().is_empty()
    }

    /// Cuts or joins the wire of a machine.
    pub fn wire(&self, id: u32, up: bool) {
        self.shared.hub.run(&format!("ip link set v{id} {}", if up { "up" } else { "down" })).unwrap();
    }

    /// Lets nothing through to a machine, or nothing from it.
    pub fn deafen(&self, id: u32, to_machine: bool) {
        let swallow = |device: &str| format!("tc qdisc add dev {device} root blackhole");
        let done = if to_machine {
            self.shared.hub.run(&swallow(&format!("v{id}")))
        } else {
            self.machines()[&id].run(&swallow("eth0"))
        };
        done.unwrap();
    }

    pub fn switch_on(&self, id: u32) {
        self.machines().get_mut(&id).unwrap().switch_on(&self.shared.hub);
    }

    pub fn switch_off(&self, id: u32) {
        self.machines().get_mut(&id).unwrap().switch_off();
    }

    /// The state of the cluster as any machine tells it, once it is as it shall be.
    pub fn status_when(&self, what: &str, condition: impl Fn(&ClusterStatus) -> bool) -> ClusterStatus {
        wait_for(what, || {
            sleep(Duration::from_millis(20));
            self.shared.sockets().iter().filter_map(|socket| status(socket)).find(|status| condition(status))
        })
    }

    /// Asks for something, on any machine.
    pub fn ask(&self, request: &Request) -> Reply {
        wait_for("answer", || self.shared.sockets().iter().find_map(|socket| ask(socket, request)))
    }

    /// The machine with the address, as soon as there is one.
    pub fn active(&self) -> u32 {
        wait_for("machine with the address", || {
            self.machines().values().find(|machine| machine.deeds().is_addressed).map(|machine| machine.id)
        })
    }

    /// Whether all that is to run on every machine does, and one of them is promoted.
    pub fn is_complete(&self) -> bool {
        let deeds: Vec<_> = self.machines().values().map(Machine::deeds).collect();
        deeds.iter().all(|at| at.has_copies) && deeds.iter().filter(|at| at.is_promoted).count() == 1
    }

    /// Ends a program on a machine in order.
    pub fn end(&self, id: u32, program: &str) {
        self.machines()[&id].signal("TERM", program);
        wait_for(&format!("end of {program}"), || (!self.machines()[&id].runs(program)).then_some(()));
    }

    /// How often power was cut because somebody wanted it.
    pub fn cuts(&self) -> u32 {
        *self.shared.cuts.lock().unwrap()
    }

    /// How long logs are.
    pub fn logged(&self) -> Vec<usize> {
        self.machines().values().map(|machine| machine.log().len()).collect()
    }

    /// How long agents took to stop and start the service since logs were that long, as far as one machine has heard of it.
    pub fn agents(&self, logged: &[usize]) -> Duration {
        let is_meant = |line: &&str| {
            let moves = ["_start_0", "_stop_0"].iter().any(|action| line.contains(action));
            moves && MEMBERS.iter().any(|member| line.contains(&format!("{member}_st")))
        };
        let took = |line: &str| line.split_once("took_ms=")?.1.split_whitespace().next()?.parse::<u64>().ok();
        let heard = |text: &str| text.lines().filter(is_meant).filter_map(took).sum();
        let machines = self.machines();
        let sums = machines.values().zip(logged).map(|(machine, &from)| heard(machine.log().get(from..).unwrap_or_default()));
        Duration::from_millis(sums.max().unwrap_or(0))
    }

    /// What corosync goes by, in milliseconds.
    pub fn corosync(&self, setting: &str) -> Duration {
        let command = format!("corosync-cmapctl -g runtime.config.totem.{setting}");
        let text = wait_for(setting, || self.machines().values().find_map(|machine| machine.run(&command)));
        Duration::from_millis(text.rsplit('=').next().unwrap().trim().parse().unwrap())
    }

    /// The longest time without a page since that moment.
    pub fn outage(&self, since: SystemTime) -> Duration {
        let since = since.duration_since(UNIX_EPOCH).unwrap().as_millis();
        let text = fs::read_to_string(self.shared.folder.path().join("pages")).unwrap();
        let fetched = text.lines().filter_map(|line| line.split_once(' ')).filter_map(|(at, _)| at.parse::<u128>().ok());
        let mut last = since;
        let mut longest = 0;
        for at in fetched.filter(|at| *at >= since) {
            longest = longest.max(at - last);
            last = at;
        }
        Duration::from_millis(u64::try_from(longest).unwrap())
    }

    /// The page, as the client gets it.
    pub fn page(&self) -> Option<String> {
        self.shared.hub.run("curl --silent --fail --max-time 1 http://192.168.1.8/")
    }

    /// What must never be and was.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = self.shared.complaints.lock().unwrap().clone();
        if let Ok(taken) = fs::read_to_string(self.shared.folder.path().join("lock.taken")) {
            complaints.push(format!("the lock was taken when the service started: {taken}"));
        }
        complaints
    }

    /// The last change of the configuration that was acknowledged.
    pub fn acknowledged(&self) -> u32 {
        *self.shared.acknowledged.lock().unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        *self.shared.is_over.lock().unwrap() = true;
        // Nobody waits for an answer of a machine that is off.
        self.machines().values_mut().for_each(Machine::switch_off);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        let _ = self.client.kill();
        let _ = self.client.wait();
        if thread::panicking() {
            for machine in self.machines().values() {
                eprintln!("== {}\n{}", name(machine.id), machine.log());
            }
        }
    }
}

/// Fetches the page all the time, and notes when it got it.
fn client(hub: &Namespace, folder: &TempDir) -> Child {
    let words = hub.entrance();
    let fetch = "curl --silent --fail --max-time 0.5 http://192.168.1.8/";
    let command = format!(
        "while sleep 0.05; do page=$({fetch}) && echo \"$(date +%s%3N) $page\"; done >>{}/pages 2>/dev/null",
        folder.path().display()
    );
    Command::new(&words[0]).args(&words[1..]).args(["sh", "-c", &command]).stdin(Stdio::null()).spawn().unwrap()
}

impl Shared {
    fn is_over(&self) -> bool {
        *self.is_over.lock().unwrap()
    }

    /// Where daemons listen. Nobody holds the machines while one is asked: it may hang until its machine is switched off.
    fn sockets(&self) -> Vec<PathBuf> {
        self.machines.lock().unwrap().values().map(Machine::socket).collect()
    }

    /// Does what fence agents want.
    fn cut_power(&self) {
        let folder = self.folder.path().join("power");
        let mut on_again: Vec<(Instant, u32)> = Vec::new();
        while !self.is_over() {
            let entries = fs::read_dir(&folder).unwrap().filter_map(Result::ok).map(|entry| entry.path());
            for wish in entries.filter(|path| path.extension().is_some_and(|end| end == "wish")) {
                let name = wish.file_name().unwrap().to_str().unwrap();
                let id: u32 = name.trim_start_matches('n').split('.').next().unwrap().parse().unwrap();
                self.machines.lock().unwrap().get_mut(&id).unwrap().switch_off();
                *self.cuts.lock().unwrap() += 1;
                if fs::read_to_string(&wish).unwrap().trim() == "reboot" {
                    on_again.push((Instant::now() + OFF, id));
                }
                fs::remove_file(&wish).unwrap();
            }
            let now = Instant::now();
            for (_, id) in on_again.extract_if(.., |(at, _)| *at <= now) {
                let mut machines = self.machines.lock().unwrap();
                let machine = machines.get_mut(&id).unwrap();
                if !machine.is_on() {
                    machine.switch_on(&self.hub);
                }
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// Changes the configuration all the time, on any machine.
    fn change(&self) {
        for number in 1.. {
            sleep(CHANGE);
            if self.is_over() {
                return;
            }
            let change =
                NodeChange::Attribute { name: "mark".to_owned(), value: Some(number.to_string()), lifetime: Lifetime::Forever };
            let request = Request::Change { change: Change::Node { node: name(1), change }, dry_run: false };
            if self.sockets().iter().any(|socket| matches!(ask(socket, &request), Some(Reply::Changed { .. }))) {
                *self.acknowledged.lock().unwrap() = number;
            }
        }
    }

    /// Looks all the time that no two machines answer for the address, and that no two are promoted.
    fn watch(&self) {
        while !self.is_over() {
            let deeds: Vec<(u32, Deeds)> =
                self.machines.lock().unwrap().values().map(|machine| (machine.id, machine.deeds())).collect();
            let complain = |what: &str, is_done: fn(&Deeds) -> bool| {
                let at: Vec<u32> = deeds.iter().filter(|(_, deeds)| is_done(deeds)).map(|(id, _)| *id).collect();
                if at.len() > 1 {
                    self.complaints.lock().unwrap().push(format!("{at:?} {what}"));
                }
            };
            complain("answer for the address", |deeds| deeds.is_addressed);
            complain("are promoted", |deeds| deeds.is_promoted);
            sleep(LOOK);
        }
    }
}
