//! A world for the core: agents, a disk and a clock that do what a test says, step by step.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use pengine::Cib;
use pengine_control::{ClusterStatus, Reply, Request, Version};
use pengined::core::{AgentCall, CallEnd, CallId, CallResult, Member, Membership, Now, RequestId, Settings};
use pengined::node::{Alone, Effect, Event, Node as _};

/// How long an agent takes, in milliseconds, unless told otherwise.
const AGENT_MS: u64 = 20;

/// One node with simulated agents.
pub struct World {
    pub node: Alone,
    now: Now,
    /// What agents do, by resource.
    services: BTreeMap<String, Service>,
    /// Calls under way, by when they end.
    running: BTreeMap<(u64, CallId), AgentCall>,
    cancelled: BTreeSet<CallId>,
    replies: BTreeMap<RequestId, Reply>,
    requests: u64,
    log: Vec<String>,
    /// Saves under way, by when they end.
    saving: BTreeMap<(u64, Version), String>,
    saved: String,
    disk_works: bool,
    /// How long agents and the disk take is up to chance.
    chance: Option<Rng>,
    exited: bool,
}

#[derive(Debug, Clone, Default)]
struct Service {
    active: bool,
    /// Says that all went well, whatever it does.
    lying: bool,
    /// Has ever said what is not so, so that the core can't know better.
    distrusted: bool,
    /// By action: the exit status and the words that it fails with.
    failing: BTreeMap<String, (i32, String)>,
    hanging: BTreeSet<String>,
    /// Actions whose ends nobody hears of.
    unheard: BTreeSet<String>,
}

impl World {
    /// A node `alice` with these resources and these cluster options.
    pub fn new(resources: &str, options: &str) -> Self {
        let cib = format!(
            r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0"><configuration>
                 <crm_config><cluster_property_set id="options">
                   <nvpair id="fencing" name="fencing-enabled" value="false"/>{options}
                 </cluster_property_set></crm_config>
                 <nodes/><resources>{resources}</resources><constraints/>
               </configuration></cib>"#
        );
        let now = Now { monotonic_ms: 0, epoch_s: 1_700_000_000 };
        let settings = Settings {
            node: "alice".to_owned(),
            node_id: "1".to_owned(),
            node_limit: 0,
            run_id: "00000000-0000-0000-0000-000000000000".to_owned(),
            waits_for_others: false,
        };
        let node = Alone::new(settings, &Cib::parse(cib).unwrap(), now).unwrap();
        let mut world = Self {
            node,
            now,
            services: BTreeMap::new(),
            running: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            replies: BTreeMap::new(),
            requests: 0,
            log: Vec::new(),
            saving: BTreeMap::new(),
            saved: String::new(),
            disk_works: true,
            chance: None,
            exited: false,
        };
        let alice = Member { name: "alice".to_owned(), id: "1".to_owned() };
        world.happens(Event::Membership(Membership { members: vec![alice], quorum: true }));
        world
    }

    fn service(&mut self, name: &str) -> &mut Service {
        self.services.entry(name.to_owned()).or_default()
    }

    pub fn activate(&mut self, name: &str) {
        self.service(name).active = true;
    }

    pub fn kill(&mut self, name: &str) {
        self.service(name).active = false;
    }

    pub fn fail(&mut self, name: &str, action: &str, status: i32, words: &str) {
        let service = self.service(name);
        service.failing.insert(action.to_owned(), (status, words.to_owned()));
        // Who isn't installed or configured doesn't run.
        service.distrusted |= action == "monitor" && status != 1;
    }

    pub fn hang(&mut self, name: &str, action: &str) {
        self.service(name).hanging.insert(action.to_owned());
    }

    pub fn lose_word(&mut self, name: &str, action: &str) {
        self.service(name).unheard.insert(action.to_owned());
    }

    pub fn lie(&mut self, name: &str) {
        let service = self.service(name);
        service.lying = true;
        service.distrusted = true;
    }

    pub fn mend(&mut self, name: &str) {
        let service = self.service(name);
        service.failing.clear();
        service.hanging.clear();
        service.unheard.clear();
        service.lying = false;
    }

    pub fn break_disk(&mut self) {
        self.disk_works = false;
    }

    pub fn mend_disk(&mut self) {
        self.disk_works = true;
    }

    /// From now on it is up to chance how long agents and the disk take.
    pub fn leave_to_chance(&mut self, seed: u64) {
        self.chance = Some(Rng::with_seed(seed));
    }

    /// Calls under way.
    pub fn calls(&self) -> impl Iterator<Item = &AgentCall> {
        self.running.values()
    }

    pub fn saved(&self) -> &str {
        &self.saved
    }

    pub fn has_exited(&self) -> bool {
        self.exited
    }

    /// What agents were called for, in order of their ends.
    pub fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    pub fn forget_log(&mut self) {
        self.log.clear();
    }

    /// The services that are active.
    pub fn active(&self) -> Vec<&str> {
        self.services.iter().filter(|(_, service)| service.active).map(|(name, _)| name.as_str()).collect()
    }

    pub fn stop(&mut self, leave_running: bool) {
        self.happens(Event::Stop { leave_running });
    }

    pub fn status(&mut self) -> ClusterStatus {
        match self.ask(Request::Status) {
            Reply::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// Asks and waits for the answer.
    pub fn ask(&mut self, request: Request) -> Reply {
        let id = self.request(request);
        loop {
            if let Some(reply) = self.reply(id) {
                return reply;
            }
            self.run_for(10);
        }
    }

    /// Asks.
    pub fn request(&mut self, request: Request) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        self.happens(Event::Request(id, request));
        id
    }

    /// The answer, if it has come.
    pub fn reply(&mut self, id: RequestId) -> Option<Reply> {
        self.replies.remove(&id)
    }

    /// Something happens, and all that follows at once.
    pub fn happens(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let effects = self.node.handle(self.now, event);
            for effect in effects {
                events.extend(self.effect(effect));
            }
        }
    }

    fn effect(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Call(call) if self.service(&call.resource).unheard.contains(&call.action) => drop(self.act(&call)),
            Effect::Call(call) => {
                let hangs = self.service(&call.resource).hanging.contains(&call.action);
                let takes = if hangs { u64::from(call.timeout_ms) } else { self.duration(AGENT_MS) };
                self.running.insert((self.now.monotonic_ms + takes, call.id), call);
            }
            Effect::Cancel(id) => {
                self.cancelled.insert(id);
            }
            Effect::Reply(id, reply) => {
                self.replies.insert(id, reply);
            }
            Effect::Save { version, xml } => {
                let takes = self.duration(0);
                if takes == 0 {
                    return Some(self.save(version, xml));
                }
                self.saving.insert((self.now.monotonic_ms + takes, version), xml);
            }
            Effect::Exit => self.exited = true,
            Effect::Archive { .. } | Effect::Report(_) => {}
            other => panic!("a node alone does not want {other:?}"),
        }
        None
    }

    fn duration(&mut self, usual: u64) -> u64 {
        self.chance.as_mut().map_or(usual, |chance| if chance.u8(..10) == 0 { chance.u64(..5_000) } else { chance.u64(..100) })
    }

    fn save(&mut self, version: Version, xml: String) -> Event {
        if !self.disk_works {
            return Event::Saved(version, Err("no space left on device".to_owned()));
        }
        self.saved = xml;
        Event::Saved(version, Ok(()))
    }

    /// Lets time go on until nothing is due soon but repetitions.
    pub fn settle(&mut self) {
        self.run_for(5_000);
        while !self.exited && (!self.running.is_empty() || self.status().transition.state.as_str() != "idle") {
            self.run_for(1_000);
            assert!(self.now.monotonic_ms < 10_000_000, "it never comes to rest");
        }
    }

    /// Lets time go on.
    pub fn run_for(&mut self, milliseconds: u64) {
        let end = self.now.monotonic_ms + milliseconds;
        while !self.exited {
            let call = self.running.keys().next().map(|(at, _)| *at);
            let save = self.saving.keys().next().map(|(at, _)| *at);
            let next = [call, save, self.node.deadline()].into_iter().flatten().min();
            let Some(next) = next.filter(|&next| next <= end) else { break };
            self.pass_until(next.max(self.now.monotonic_ms));
            let is_due = |at: Option<u64>| at.is_some_and(|at| at <= self.now.monotonic_ms);
            if is_due(save) {
                self.end_save();
            } else if is_due(call) {
                self.end_call();
            } else {
                self.happens(Event::Tick);
            }
            self.check();
        }
        self.pass_until(end);
    }

    /// What must hold at any moment.
    fn check(&self) {
        let mut busy = BTreeSet::new();
        for call in self.running.values().filter(|call| !self.cancelled.contains(&call.id)) {
            let key = if call.interval_ms > 0 { format!("{}_{}", call.action, call.interval_ms) } else { String::new() };
            assert!(busy.insert((&call.resource, key)), "two calls at once for {}: {:#?}", call.resource, self.running);
        }
    }

    fn end_save(&mut self) {
        let Some(((_, version), xml)) = self.saving.pop_first() else { return };
        let saved = self.save(version, xml);
        self.happens(saved);
    }

    fn pass_until(&mut self, monotonic_ms: u64) {
        let epoch_s = 1_700_000_000 + i64::try_from(monotonic_ms / 1000).unwrap();
        self.now = Now { monotonic_ms, epoch_s };
    }

    fn end_call(&mut self) {
        let Some(((_, id), call)) = self.running.pop_first() else { return };
        let result = if self.cancelled.remove(&id) { ended(CallEnd::Cancelled, 1, "") } else { self.act(&call) };
        self.happens(Event::CallEnded(id, result));
    }

    fn act(&mut self, call: &AgentCall) -> CallResult {
        self.log.push(format!("{} {}", call.resource, call.action));
        let service = self.service(&call.resource);
        if service.lying {
            return ended(CallEnd::Exited, 0, "");
        }
        if service.hanging.contains(&call.action) {
            return ended(CallEnd::TimedOut, 1, "");
        }
        let is_needless = call.action == "start" && service.active && !service.distrusted;
        assert!(!is_needless, "{} is started though it runs", call.resource);
        if let Some((status, words)) = service.failing.get(&call.action) {
            return ended(CallEnd::Exited, *status, words);
        }
        match call.action.as_str() {
            "start" => service.active = true,
            "stop" => service.active = false,
            "monitor" if !service.active => return ended(CallEnd::Exited, 7, ""),
            _ => {}
        }
        ended(CallEnd::Exited, 0, "")
    }
}

fn ended(end: CallEnd, exit_status: i32, reason: &str) -> CallResult {
    CallResult { end, exit_status, reason: reason.to_owned(), output: String::new(), exec_ms: AGENT_MS, queue_ms: 0 }
}
