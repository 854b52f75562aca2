//! Machines with daemons, agents and disks, a network between them, and a device that cuts their power.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;
use pengine::Cib;
use pengine_control::{ClusterStatus, Reply, Request, Version};
use pengined::cluster::{Batch, LastTerm, Member, Message, NodeId, Term, View};
use pengined::core::{AgentCall, AgentClass, CallEnd, CallId, CallResult, Now, RequestId, Settings};
use pengined::node::{Effect, Event, Node as _};

use crate::group::{Group, Heard};

/// At how manyth points of the order documents are compared.
const COMPARED: u64 = 8;

/// A machine.
#[derive(Debug, Default)]
pub struct Machine {
    pub is_on: bool,
    /// When it is switched on again.
    on_at: Option<u64>,
    /// When its daemon is started again.
    start_at: Option<u64>,
    pub daemon: Option<Member>,
    inbox: VecDeque<Event>,
    /// When the daemon takes the next thing from its inbox.
    reads_at: u64,
    /// Until when it hangs as a whole.
    hangs_until: u64,
    calls: BTreeMap<(u64, CallId), AgentCall>,
    cancelled: BTreeSet<CallId>,
    /// What is being written, in order, with the moment when it is safe.
    writing: VecDeque<(u64, Written)>,
    pub saved: Option<String>,
    last_term: Option<LastTerm>,
    replies: BTreeMap<RequestId, Reply>,
    quorum: bool,
    starts: u64,
    /// The versions of the protocol that it says it speaks, as another program would.
    pub speaks: Option<(u32, u32)>,
    compared: Option<(Term, u64)>,
}

#[derive(Debug)]
enum Written {
    Configuration(Version, String),
    Term(LastTerm),
}

/// How a service's agent behaves, wherever it runs.
#[derive(Debug, Clone, Default)]
struct Behaviour {
    failing: BTreeSet<String>,
    hanging: BTreeSet<String>,
    /// It says that it started, and did not.
    is_lying: bool,
}

/// All of it.
pub struct World {
    pub now: u64,
    pub chance: Rng,
    pub machines: BTreeMap<u32, Machine>,
    pub group: Group,
    /// Which machines reach each other.
    pub partitions: Vec<BTreeSet<u32>>,
    /// Where each service is active.
    pub active: BTreeMap<String, BTreeSet<u32>>,
    /// Where the service with two roles is active, and where it is promoted.
    pub copies: BTreeSet<u32>,
    pub promoted: BTreeSet<u32>,
    behaviours: BTreeMap<String, Behaviour>,
    /// How many times the next fencing fails.
    pub failing_fencing: u32,
    /// Agents need no time that is up to chance.
    pub is_calm: bool,
    /// Documents are compared at each point of the order.
    pub is_compared: bool,
    configuration: String,
    requests: u64,
    pub log: Vec<String>,
    /// What the document was at each point of each term.
    documents: BTreeMap<(Term, u64), u64>,
    pub fenced: u32,
}

pub fn name(id: u32) -> String {
    format!("n{id}")
}

impl World {
    pub fn new(seed: u64, count: u32, configuration: &str) -> Self {
        let machines: BTreeMap<u32, Machine> = (1..=count).map(|id| (id, Machine::default())).collect();
        let all = machines.keys().copied().collect();
        Self {
            now: 0,
            chance: Rng::with_seed(seed),
            machines,
            group: Group::default(),
            partitions: vec![all],
            active: BTreeMap::new(),
            copies: BTreeSet::new(),
            promoted: BTreeSet::new(),
            behaviours: BTreeMap::new(),
            failing_fencing: 0,
            is_calm: false,
            is_compared: true,
            configuration: configuration.to_owned(),
            requests: 0,
            log: Vec::new(),
            documents: BTreeMap::new(),
            fenced: 0,
        }
    }

    fn time(&self) -> Now {
        Now { monotonic_ms: self.now, epoch_s: 1_700_000_000 + i64::try_from(self.now / 1000).unwrap() }
    }

    fn note(&mut self, what: String) {
        self.log.push(format!("{:>8} {what}", self.now));
    }

    pub fn switch_on(&mut self, id: u32) {
        let machine = self.machines.get_mut(&id).unwrap();
        machine.is_on = true;
        machine.on_at = None;
        if machine.daemon.is_none() && machine.start_at.is_none() {
            machine.start_at = Some(self.now);
        }
        self.connect();
    }

    fn start_daemon(&mut self, id: u32) {
        let time = self.time();
        let machine = self.machines.get_mut(&id).unwrap();
        machine.start_at = None;
        machine.hangs_until = 0;
        machine.starts += 1;
        let settings = Settings {
            node: name(id),
            node_id: id.to_string(),
            node_limit: 0,
            run_id: format!("run-{id}-{}", machine.starts),
            waits_for_others: true,
        };
        let cib = Cib::parse(machine.saved.clone().unwrap_or_else(|| self.configuration.clone())).unwrap();
        machine.daemon = Some(Member::new(settings, NodeId(id), &cib, machine.last_term, time).unwrap());
        machine.inbox.clear();
        self.note(format!("{} starts", name(id)));
        self.connect();
    }

    /// The daemon is gone; agents that it called have their effect or not, as it happens.
    pub fn kill_daemon(&mut self, id: u32) {
        let machine = self.machines.get_mut(&id).unwrap();
        if machine.daemon.take().is_none() {
            return;
        }
        machine.inbox.clear();
        machine.writing.clear();
        machine.replies.clear();
        let calls = std::mem::take(&mut machine.calls);
        for call in calls.into_values() {
            if self.chance.bool() && call.agent.class != AgentClass::Stonith {
                self.act(id, &call);
            }
        }
        let machine = self.machines.get_mut(&id).unwrap();
        machine.cancelled.clear();
        machine.start_at = Some(self.now + self.chance.u64(500..20_000));
        self.note(format!("{}'s daemon is gone", name(id)));
        self.connect();
    }

    /// The daemon does nothing for a while.
    pub fn freeze(&mut self, id: u32, milliseconds: u64) {
        let until = self.now + milliseconds;
        let machine = self.machines.get_mut(&id).unwrap();
        machine.hangs_until = machine.hangs_until.max(until);
        self.note(format!("{} hangs", name(id)));
    }

    /// The power is cut.
    pub fn cut_power(&mut self, id: u32, back_in: Option<u64>) {
        let machine = self.machines.get_mut(&id).unwrap();
        machine.is_on = false;
        machine.daemon = None;
        machine.inbox.clear();
        machine.writing.clear();
        machine.replies.clear();
        machine.calls.clear();
        machine.cancelled.clear();
        machine.start_at = None;
        machine.on_at = back_in.map(|pause| self.now + pause);
        for nodes in self.active.values_mut().chain([&mut self.copies, &mut self.promoted]) {
            nodes.remove(&id);
        }
        self.note(format!("{} has no power", name(id)));
        self.connect();
    }

    /// Who reaches whom has changed, or who is there.
    pub fn connect(&mut self) {
        let runs = |id: &u32| self.machines[id].daemon.is_some();
        let components: Vec<BTreeSet<u32>> =
            self.partitions.iter().map(|part| part.iter().copied().filter(runs).collect()).collect();
        let components: Vec<BTreeSet<u32>> = components.into_iter().filter(|part: &BTreeSet<u32>| !part.is_empty()).collect();
        let heard = self.group.reconfigure(&mut self.chance, &components);
        self.spread(heard);
        for id in self.machines.keys().copied().collect::<Vec<_>>() {
            let quorum = self.has_quorum(id);
            let machine = self.machines.get_mut(&id).unwrap();
            if machine.quorum != quorum {
                machine.quorum = quorum;
                machine.inbox.push_back(Event::Quorum(quorum));
            }
        }
    }

    pub fn has_quorum(&self, id: u32) -> bool {
        let part = self.partitions.iter().find(|part| part.contains(&id)).unwrap();
        let there = part.iter().filter(|id| self.machines[id].is_on).count();
        there * 2 > self.machines.len()
    }

    fn spread(&mut self, heard: Vec<(BTreeSet<u32>, Heard)>) {
        for (nodes, what) in heard {
            for id in nodes {
                let quorum = self.has_quorum(id);
                let event = match &what {
                    Heard::View(members) => {
                        let members = members.iter().map(|&id| NodeId(id)).collect();
                        self.machines.get_mut(&id).unwrap().quorum = quorum;
                        Event::View(View { members, quorum })
                    }
                    Heard::Message(from, message) => Event::Delivered(NodeId(*from), message.clone()),
                };
                let machine = self.machines.get_mut(&id).unwrap();
                if machine.daemon.is_some() {
                    machine.inbox.push_back(event);
                }
            }
        }
    }

    fn happens(&mut self, id: u32, event: Event) {
        let time = self.time();
        let machine = self.machines.get_mut(&id).unwrap();
        let Some(daemon) = machine.daemon.as_mut() else { return };
        let effects = daemon.handle(time, event);
        for effect in effects {
            self.effect(id, effect);
        }
        self.compare(id);
    }

    /// At the same point of the order all have the same document.
    fn compare(&mut self, id: u32) {
        let Some(daemon) = &self.machines[&id].daemon else { return };
        let (Some(term), Some(position)) = (daemon.term(), daemon.replica().position()) else { return };
        assert_eq!(daemon.is_coordinator(), term.coordinator == NodeId(id), "who decides in {term:?}");
        // Documents that have parted stay so.
        let is_looked_at = self.is_compared && position.is_multiple_of(COMPARED);
        if !is_looked_at || self.machines[&id].compared == Some((term, position)) {
            return;
        }
        let document = hash(&daemon.replica().document().cib().to_xml());
        let known = *self.documents.entry((term, position)).or_insert(document);
        self.machines.get_mut(&id).unwrap().compared = Some((term, position));
        assert_eq!(known, document, "{} has another document at {position} of {term:?}", name(id));
    }

    fn effect(&mut self, id: u32, effect: Effect) {
        let now = self.now;
        match effect {
            Effect::Call(call) => {
                let hangs = self.behaviours.get(&call.resource).is_some_and(|at| at.hanging.contains(&call.action));
                let takes = if hangs { u64::from(call.timeout_ms) } else { self.duration(20) };
                self.machines.get_mut(&id).unwrap().calls.insert((now + takes, call.id), call);
            }
            Effect::Cancel(call) => {
                self.machines.get_mut(&id).unwrap().cancelled.insert(call);
            }
            Effect::Reply(request, reply) => {
                self.machines.get_mut(&id).unwrap().replies.insert(request, reply);
            }
            Effect::Save { version, xml } => self.write(id, Written::Configuration(version, xml)),
            Effect::KeepTerm(last) => self.write(id, Written::Term(last)),
            Effect::Send(part) => {
                let part = self.machines[&id].speaks.map_or(part.clone(), |versions| speaking(&part, versions));
                self.group.send(&mut self.chance, now, id, part);
            }
            Effect::Report(report) => self.note(format!("{}: {}", name(id), serde_json::to_string(&report.what).unwrap())),
            Effect::Exit | Effect::Abort => self.kill_daemon(id),
            Effect::KeepAside { version, .. } => self.note(format!("{} keeps {version} aside", name(id))),
            Effect::Archive { .. } => {}
        }
    }

    fn write(&mut self, id: u32, what: Written) {
        let at = self.now + self.duration(2);
        let machine = self.machines.get_mut(&id).unwrap();
        let at = machine.writing.back().map_or(at, |(last, _)| at.max(*last));
        machine.writing.push_back((at, what));
    }

    fn duration(&mut self, usual: u64) -> u64 {
        match self.chance.u8(..20) {
            _ if self.is_calm => usual,
            0 => self.chance.u64(..5_000),
            _ => self.chance.u64(..usual * 3),
        }
    }

    pub fn fail(&mut self, service: &str, action: &str) {
        self.behaviours.entry(service.to_owned()).or_default().failing.insert(action.to_owned());
    }

    pub fn hang(&mut self, service: &str, action: &str) {
        self.behaviours.entry(service.to_owned()).or_default().hanging.insert(action.to_owned());
    }

    pub fn lie(&mut self, service: &str) {
        self.behaviours.entry(service.to_owned()).or_default().is_lying = true;
    }

    pub fn mend(&mut self) {
        self.behaviours.clear();
        self.failing_fencing = 0;
    }

    pub fn kill_service(&mut self, service: &str) {
        self.active.entry(service.to_owned()).or_default().clear();
    }

    fn end_call(&mut self, id: u32, key: (u64, CallId)) {
        let machine = self.machines.get_mut(&id).unwrap();
        let Some(call) = machine.calls.remove(&key) else { return };
        let result = if machine.cancelled.remove(&call.id) { ended(CallEnd::Cancelled, 1, "") } else { self.act(id, &call) };
        self.happens(id, Event::CallEnded(call.id, result));
    }

    /// An agent does what it is called for.
    fn act(&mut self, id: u32, call: &AgentCall) -> CallResult {
        self.note(format!("{}: {} {}", name(id), call.resource, call.action));
        if call.agent.class == AgentClass::Stonith {
            return self.fence(call);
        }
        if call.resource.starts_with("stateful") {
            return self.act_in_a_role(id, &call.action);
        }
        let behaviour = self.behaviours.get(&call.resource).cloned().unwrap_or_default();
        if behaviour.hanging.contains(&call.action) {
            return ended(CallEnd::TimedOut, 1, "");
        }
        if behaviour.failing.contains(&call.action) {
            return ended(CallEnd::Exited, 1, "");
        }
        let nodes = self.active.entry(call.resource.clone()).or_default();
        match call.action.as_str() {
            "start" if behaviour.is_lying => {}
            "start" => {
                nodes.insert(id);
            }
            "stop" => {
                nodes.remove(&id);
            }
            "monitor" if !nodes.contains(&id) => return ended(CallEnd::Exited, 7, ""),
            _ => {}
        }
        assert!(nodes.len() <= 1, "{} is active on {nodes:?}", call.resource);
        ended(CallEnd::Exited, 0, "")
    }

    /// The agent of the service with two roles.
    fn act_in_a_role(&mut self, id: u32, action: &str) -> CallResult {
        match action {
            "start" => self.copies.extend([id]),
            "promote" => self.promoted.extend([id]),
            "demote" => self.promoted.retain(|&node| node != id),
            "stop" => {
                self.copies.remove(&id);
                self.promoted.remove(&id);
            }
            "monitor" if self.promoted.contains(&id) => return ended(CallEnd::Exited, 8, ""),
            "monitor" if !self.copies.contains(&id) => return ended(CallEnd::Exited, 7, ""),
            _ => {}
        }
        assert!(self.promoted.len() <= 1, "it is promoted on {:?}", self.promoted);
        ended(CallEnd::Exited, 0, "")
    }

    fn fence(&mut self, call: &AgentCall) -> CallResult {
        let Some(target) = call.parameters.get(AgentCall::TARGET).filter(|_| matches!(call.action.as_str(), "off" | "reboot"))
        else {
            return ended(CallEnd::Exited, 0, "");
        };
        let id: u32 = target.trim_start_matches('n').parse().unwrap();
        if self.failing_fencing > 0 {
            self.failing_fencing -= 1;
            return ended(CallEnd::Exited, 1, "");
        }
        let back = (call.action == "reboot").then(|| self.chance.u64(1_000..20_000));
        self.cut_power(id, back);
        self.fenced += 1;
        ended(CallEnd::Exited, 0, "")
    }

    /// When the next thing happens.
    fn next(&self) -> Option<u64> {
        let of_machine = |machine: &Machine| {
            let reads = (!machine.inbox.is_empty() && machine.daemon.is_some()).then_some(machine.reads_at);
            let due = machine.daemon.as_ref().and_then(Member::deadline);
            let call = machine.calls.keys().next().map(|(at, _)| *at);
            let written = machine.writing.front().map(|(at, _)| *at);
            let daemon = [reads, due, call, written].into_iter().flatten().min().map(|at| at.max(machine.hangs_until));
            [daemon, machine.on_at, machine.start_at].into_iter().flatten().min()
        };
        self.machines.values().filter_map(of_machine).chain(self.group.deadline()).min()
    }

    /// Lets time go on.
    pub fn run_for(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        while let Some(next) = self.next().filter(|&next| next <= end) {
            self.now = self.now.max(next);
            let heard = self.group.deliver(self.now);
            self.spread(heard);
            for id in self.machines.keys().copied().collect::<Vec<_>>() {
                self.turn(id);
            }
        }
        self.now = end;
    }

    /// Lets a machine do what is due.
    fn turn(&mut self, id: u32) {
        let now = self.now;
        let is_due = |at: Option<u64>| at.is_some_and(|at| at <= now);
        let machine = self.machines.get_mut(&id).unwrap();
        if is_due(machine.on_at) {
            return self.switch_on(id);
        }
        if machine.is_on && is_due(machine.start_at) {
            return self.start_daemon(id);
        }
        if machine.hangs_until > now {
            return;
        }
        if is_due(machine.writing.front().map(|(at, _)| *at)) {
            self.written(id);
        }
        let machine = self.machines.get_mut(&id).unwrap();
        let call = machine.calls.keys().next().copied();
        if let Some(key) = call.filter(|(at, _)| *at <= now) {
            self.end_call(id, key);
        }
        let machine = self.machines.get_mut(&id).unwrap();
        if machine.daemon.is_some()
            && machine.reads_at <= now
            && let Some(event) = machine.inbox.pop_front()
        {
            let pause = if self.chance.u16(..300) == 0 { self.chance.u64(..3_000) } else { self.chance.u64(..3) };
            machine.reads_at = now + pause;
            self.happens(id, event);
        }
        let machine = self.machines.get_mut(&id).unwrap();
        if is_due(machine.daemon.as_ref().and_then(Member::deadline)) {
            self.happens(id, Event::Tick);
        }
    }

    fn written(&mut self, id: u32) {
        let machine = self.machines.get_mut(&id).unwrap();
        match machine.writing.pop_front() {
            Some((_, Written::Configuration(version, xml))) => {
                machine.saved = Some(xml);
                self.happens(id, Event::Saved(version, Ok(())));
            }
            Some((_, Written::Term(last))) => machine.last_term = Some(last),
            None => {}
        }
    }

    pub fn stop_daemon(&mut self, id: u32) {
        self.note(format!("{} is to end", name(id)));
        self.happens(id, Event::Stop { leave_running: false });
    }

    pub fn request(&mut self, id: u32, request: Request) -> RequestId {
        self.requests += 1;
        let number = RequestId(self.requests);
        self.happens(id, Event::Request(number, request));
        number
    }

    pub fn reply(&mut self, id: u32, request: RequestId) -> Option<Reply> {
        self.machines.get_mut(&id).unwrap().replies.remove(&request)
    }

    /// Asks and waits for the answer.
    pub fn ask(&mut self, id: u32, request: Request) -> Reply {
        let number = self.request(id, request);
        for _ in 0..6_000 {
            if let Some(reply) = self.reply(id, number) {
                return reply;
            }
            self.run_for(10);
        }
        panic!("{} never answers", name(id));
    }

    pub fn status(&mut self, id: u32) -> ClusterStatus {
        match self.ask(id, Request::Status) {
            Reply::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A message in which a node that joins says that it speaks these versions.
fn speaking(part: &[u8], versions: (u32, u32)) -> Vec<u8> {
    let mut batch: Batch = serde_json::from_slice(&part[1..]).unwrap();
    for message in &mut batch.messages {
        if let Message::Join(join) = message {
            join.protocol = versions;
        }
    }
    [&part[..1], &serde_json::to_vec(&batch).unwrap()].concat()
}

fn ended(end: CallEnd, exit_status: i32, output: &str) -> CallResult {
    CallResult { end, exit_status, reason: String::new(), output: output.to_owned(), exec_ms: 20, queue_ms: 0 }
}
