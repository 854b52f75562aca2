//! Fencing a node: by which devices, in which order, and what counts as done.
//!
//! Without levels in the configuration any device that can fence the node will do, one after the other; with levels, all devices of
//! a level are needed, and the first level that works is enough. A node counts as fenced only if the devices said so.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use pengine::cib::parse_interval_ms;
use pengine::transition::GraphAction;
use pengine::{FenceDevice, Snapshot};
use pengine_control::Happening;

use super::{Agent, AgentCall, AgentClass, CallEnd, CallId, CallResult, Core, Now, Purpose, StateChange, Work, recording};

/// How long one action of a device may take if nothing says otherwise.
const DEFAULT_TIMEOUT_MS: u32 = 60_000;
/// After so many failures fencing a node waits for the next regular check.
const MOST_ATTEMPTS: u32 = 10;
/// How long to wait after each failure before it is tried again, whatever happens meanwhile.
const PAUSE_MS: u64 = 5_000;

/// How fencing a node failed since it last worked.
#[derive(Debug, Default)]
pub(super) struct Setback {
    failures: u32,
    /// It is not tried again before this moment, in milliseconds.
    not_before: u64,
}

/// Fencing of one node under way.
#[derive(Debug)]
pub struct Fencing {
    target: String,
    /// The name for it in reports.
    key: String,
    timeout_ms: u32,
    /// What is still to be done in the present attempt.
    steps: VecDeque<Step>,
    /// The attempts after it.
    attempts: VecDeque<VecDeque<Step>>,
    /// When the delay that is waited for ends, in milliseconds.
    until: Option<u64>,
    /// The last thing that went wrong.
    complaint: String,
}

/// A step of an attempt.
#[derive(Debug, Clone)]
enum Step {
    /// Wait so many milliseconds.
    Wait(u64),
    /// The device has to name the node among those that it can fence.
    Lists(Device),
    /// The device has to know the node's state.
    KnowsState(Device),
    /// Act on the node.
    Act(Device, String),
    /// Act on the node, whether it works or not: it has been fenced already.
    TryTo(Device, String),
}

impl Step {
    /// The device that it needs.
    fn device(&self) -> Option<&Device> {
        match self {
            Self::Wait(_) => None,
            Self::Lists(device) | Self::KnowsState(device) | Self::Act(device, _) | Self::TryTo(device, _) => Some(device),
        }
    }
}

/// A device as it is to be used for one node.
#[derive(Debug, Clone)]
struct Device {
    device: FenceDevice,
    /// The node's name in the device's own terms.
    port: String,
    delay: Delay,
}

/// How long to wait before a device acts, in milliseconds, so that of nodes that fence each other one wins.
#[derive(Debug, Clone, Copy)]
struct Delay {
    /// So long at least (`pcmk_delay_base`).
    base: u64,
    /// Up to so long, as chance will have it (`pcmk_delay_max`).
    most: u64,
}

/// What decides, in place of chance, how much of a span is waited for.
type Chance<'a> = &'a dyn Fn(u64) -> u64;

/// How it is found out whether a device can fence a node (`pcmk_host_check`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Configured,
    Lists,
    KnowsState,
}

impl Fencing {
    /// When its delay ends, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.until
    }
}

impl Device {
    /// The device for a node, with what has to be found out first; nothing if the configuration says that it can't fence it.
    fn for_node(device: &FenceDevice, target: &str) -> Option<(Self, Check)> {
        let parameter = |name: &str| device.parameters.get(name).map(String::as_str);
        let map = host_map(parameter("pcmk_host_map").unwrap_or_default());
        let list = parameter("pcmk_host_list").unwrap_or_default();
        let mut listed = list.split([' ', ',', ';']).chain(map.keys().map(String::as_str));
        let is_listed = listed.any(|name| name.eq_ignore_ascii_case(target));
        let static_list = parameter("pcmk_host_list").is_some() || !map.is_empty();
        let check = match parameter("pcmk_host_check") {
            Some("none") => Check::Configured,
            Some("status") => Check::KnowsState,
            Some("dynamic-list") => Check::Lists,
            _ if static_list && is_listed => Check::Configured,
            _ if static_list => return None,
            _ => Check::Lists,
        };
        let port = of_node(&map, target).cloned().unwrap_or_else(|| target.to_owned());
        Some((Self { device: device.clone(), port, delay: Delay::of(device, target) }, check))
    }

    fn attempt(self, check: Check, action: &str, chance: Chance<'_>) -> VecDeque<Step> {
        let mut steps = VecDeque::new();
        match check {
            Check::Configured => {}
            Check::Lists => steps.push_back(Step::Lists(self.clone())),
            Check::KnowsState => steps.push_back(Step::KnowsState(self.clone())),
        }
        steps.extend(wait(action, self.delay.ms(chance)));
        steps.push_back(Step::Act(self, action.to_owned()));
        steps
    }

    fn call(&self, target: &str, action: &str, timeout_ms: u32) -> AgentCall {
        let parameters = &self.device.parameters;
        let timeout = parameters.get(&format!("pcmk_{action}_timeout")).and_then(|text| parse_interval_ms(text));
        let mut given = parameters.clone();
        if !matches!(action, "list" | "monitor") {
            given.insert(AgentCall::TARGET.to_owned(), target.to_owned());
            given.insert(AgentCall::TARGET_PORT.to_owned(), self.port.clone());
        }
        AgentCall {
            // Whoever calls the agent numbers its calls.
            id: CallId(0),
            resource: self.device.id.clone(),
            agent: Agent { class: AgentClass::Stonith, provider: None, name: self.device.agent.clone() },
            action: action.to_owned(),
            interval_ms: 0,
            timeout_ms: timeout.unwrap_or(timeout_ms),
            parameters: given,
        }
    }
}

impl Delay {
    fn of(device: &FenceDevice, target: &str) -> Self {
        let parameter = |name: &str| device.parameters.get(name).map(String::as_str);
        let ms = |text: Option<&str>| text.and_then(parse_interval_ms).map_or(0, u64::from);
        let base = parameter("pcmk_delay_base");
        // A delay may be given for each node.
        let each = host_map(base.unwrap_or_default());
        let base = ms(of_node(&each, target).map(String::as_str).or(base));
        Self { base, most: ms(parameter("pcmk_delay_max")) }
    }

    fn ms(self, chance: Chance<'_>) -> u64 {
        self.base + chance(self.most.saturating_sub(self.base))
    }
}

/// Only what takes a node away is worth a delay.
fn wait(action: &str, ms: u64) -> Option<Step> {
    (action != "on" && ms > 0).then_some(Step::Wait(ms))
}

/// What a map has for a node.
fn of_node<'m>(map: &'m BTreeMap<String, String>, target: &str) -> Option<&'m String> {
    map.iter().find(|(name, _)| name.eq_ignore_ascii_case(target)).map(|(_, value)| value)
}

/// `pcmk_host_map`: `node1:1;node2:2,3` as ports by node.
fn host_map(text: &str) -> BTreeMap<String, String> {
    let entries = text.split([';', ' ', '\t', '\n']).filter_map(|entry| entry.split_once([':', '=']));
    entries.map(|(node, port)| (node.trim().to_owned(), port.trim().to_owned())).collect()
}

/// The attempts to fence a node, best first.
fn attempts(
    devices: &[FenceDevice],
    levels: &[Vec<String>],
    target: &str,
    action: &str,
    chance: Chance<'_>,
) -> VecDeque<VecDeque<Step>> {
    if levels.is_empty() {
        let usable = devices.iter().filter_map(|device| Device::for_node(device, target));
        return usable.map(|(device, check)| device.attempt(check, action, chance)).collect();
    }
    let of_level = |level: &Vec<String>| {
        let found = level.iter().map(|id| devices.iter().find(|device| device.id == *id));
        let devices: Option<Vec<Device>> = found.map(|device| Some(Device::for_node(device?, target)?.0)).collect();
        devices.map(|devices| level_attempt(devices, action, chance))
    };
    levels.iter().filter_map(of_level).collect()
}

/// Several devices that cut a node off one by one must all have done so before any lets it come back.
fn level_attempt(devices: Vec<Device>, action: &str, chance: Chance<'_>) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let delays = devices.iter().map(|device| device.delay.ms(chance));
    steps.extend(wait(action, delays.max().unwrap_or(0)));
    if action == "reboot" && devices.len() > 1 {
        steps.extend(devices.iter().map(|device| Step::Act(device.clone(), "off".to_owned())));
        steps.extend(devices.into_iter().map(|device| Step::TryTo(device, "on".to_owned())));
    } else {
        steps.extend(devices.into_iter().map(|device| Step::Act(device, action.to_owned())));
    }
    steps
}

impl Core {
    /// Begins to fence the node of an action of the transition.
    pub(super) fn begin_fencing(&mut self, at: usize, action: &GraphAction) {
        let target = action.attribute("on_node").unwrap_or_default().to_owned();
        let word = action.detail("CRM_meta_stonith_action").unwrap_or("reboot").to_ascii_lowercase();
        let key = format!("{word} of {target}");
        let not_before = self.failed_fencing.get(&target).map_or(0, |setback| setback.not_before);
        if not_before > self.now.monotonic_ms {
            self.agenda.want(self.now, not_before - self.now.monotonic_ms, &format!("{key} failed"));
            return self.end(at, false);
        }
        let settings = self.engine_settings();
        let mut snapshot = Snapshot::read(self.document.cib(), &settings);
        let devices = snapshot.fence_devices();
        let levels = snapshot.fencing_levels(&target);
        let transition = self.runner.as_ref().map(super::Runner::transition);
        let timeout = transition.and_then(|transition| transition.option("fencing-timeout")).and_then(parse_interval_ms);
        let chance = |span: u64| self.chance(&target, span);
        let mut attempts = attempts(&devices, &levels, &target, &word, &chance);
        let priority = action.detail("CRM_meta_priority_fencing_delay").and_then(|seconds| seconds.parse::<u64>().ok());
        let before_all = priority.and_then(|seconds| wait(&word, seconds.saturating_mul(1000)));
        if let (Some(step), Some(first)) = (before_all, attempts.front_mut()) {
            first.push_front(step);
        }
        self.report(Happening::Began { key: key.clone(), node: self.settings.node.clone() });
        let fencing = Fencing {
            steps: VecDeque::new(),
            attempts,
            timeout_ms: timeout.unwrap_or(DEFAULT_TIMEOUT_MS),
            until: None,
            complaint: "no device can fence it".to_owned(),
            target,
            key,
        };
        self.fencing.insert(at, fencing);
        self.next_attempt(at);
    }

    /// A part of a span that nobody can foretell and no other node comes to, up to all of it.
    fn chance(&self, target: &str, span: u64) -> u64 {
        let mut mixed = DefaultHasher::new();
        (&self.settings.run_id, self.last_call, target).hash(&mut mixed);
        mixed.finish() % span.saturating_add(1)
    }

    /// Begins the next attempt, or gives up.
    fn next_attempt(&mut self, at: usize) {
        let Some(fencing) = self.fencing.get_mut(&at) else { return };
        match fencing.attempts.pop_front() {
            Some(steps) => {
                fencing.steps = steps;
                self.next_step(at);
            }
            None => self.fencing_failed(at),
        }
    }

    /// Takes the next step of the present attempt; after the last one the node is fenced.
    fn next_step(&mut self, at: usize) {
        let Some(fencing) = self.fencing.get_mut(&at) else { return };
        let Some(step) = fencing.steps.front() else { return self.fenced(at) };
        if let Step::Wait(delay) = step {
            fencing.until = Some(self.now.monotonic_ms + delay);
            return;
        }
        let Some(fencing) = self.fencing.get(&at) else { return };
        let (Some(call), node) = (fencing.call(), self.executor(fencing)) else { return };
        let work = Work::Fencing { call: Box::new(call), is_enough: fencing.is_enough() };
        self.order(node, work, Some(Purpose::Fencing(at)));
    }

    /// The node that lets the device of the next step act: one where it is active, or else this one; the node to be fenced itself
    /// only if there is no other.
    fn executor(&self, fencing: &Fencing) -> String {
        let local = self.settings.node.as_str();
        let active = fencing.steps.front().and_then(Step::device).map(|device| device.device.active_on.as_slice());
        let members = self.membership.members.iter().map(|member| member.name.as_str());
        let active = active.into_iter().flatten().map(String::as_str).filter(|node| self.membership.has(node));
        let best = active.chain([local]).chain(members).find(|node| !node.eq_ignore_ascii_case(&fencing.target));
        best.unwrap_or(local).to_owned()
    }

    /// Goes on where a delay has ended.
    pub(super) fn go_on_fencing_after_delays(&mut self) {
        let is_over = |fencing: &Fencing, now: Now| fencing.until.is_some_and(|until| until <= now.monotonic_ms);
        let over = self.fencing.iter().filter(|(_, fencing)| is_over(fencing, self.now)).map(|(&at, _)| at);
        for at in over.collect::<Vec<_>>() {
            if let Some(fencing) = self.fencing.get_mut(&at) {
                fencing.until = None;
                fencing.steps.pop_front();
            }
            self.next_step(at);
        }
    }

    /// A device has answered.
    pub(super) fn fencing_step_ended(&mut self, at: usize, result: &CallResult) {
        let Some(fencing) = self.fencing.get_mut(&at) else { return };
        let Some(step) = fencing.steps.pop_front() else { return };
        if fencing.worked(&step, result) {
            self.next_step(at);
        } else {
            self.next_attempt(at);
        }
    }

    fn fenced(&mut self, at: usize) {
        let Some(Fencing { target, key, .. }) = self.fencing.remove(&at) else { return };
        if !key.starts_with("on ") {
            self.is_fenced(&target);
        }
        self.failed_fencing.remove(&target);
        self.report(Happening::Succeeded { key, node: target, took_ms: 0 });
        self.counters.fenced += 1;
        self.end(at, true);
    }

    fn is_fenced(&mut self, target: &str) {
        self.dampening.drop_all_held(target);
        self.change_state(StateChange::Fenced { node: target.to_owned() });
    }

    /// A device has fenced a node that was there, so that a new term has begun meanwhile. If it is the one right after, the node can't have
    /// been there again and be lost once more.
    pub(super) fn earlier_fencing_ended(&mut self, order: CallId, call: &AgentCall, result: &CallResult) {
        let target = call.parameters.get(AgentCall::TARGET).map(String::as_str).unwrap_or_default();
        if worked(result) && order.term() + 1 == CallId(self.last_call).term() && !self.membership.has(target) {
            self.is_fenced(target);
        }
    }

    fn fencing_failed(&mut self, at: usize) {
        let Some(fencing) = self.fencing.remove(&at) else { return };
        let Fencing { target, key, complaint, .. } = fencing;
        let setback = self.failed_fencing.entry(target.clone()).or_default();
        setback.failures += 1;
        setback.not_before = self.now.monotonic_ms + PAUSE_MS;
        let (failures, cause) = (setback.failures, format!("{key} failed"));
        self.report(Happening::Failed { key, node: target, exit_status: 1, reason: complaint });
        self.end(at, false);
        if let Some(runner) = &mut self.runner {
            runner.abort(&cause);
        }
        if failures < MOST_ATTEMPTS {
            self.agenda.want(self.now, PAUSE_MS, &cause);
        }
    }
}

/// Whether a device has done what it was asked for.
fn worked(result: &CallResult) -> bool {
    result.end == CallEnd::Exited && result.exit_status == 0
}

impl Fencing {
    /// Whether the node is fenced if the next step works.
    fn is_enough(&self) -> bool {
        let mut steps = self.steps.iter();
        let acts = matches!(steps.next(), Some(Step::Act(_, action)) if action != "on");
        acts && steps.all(|step| matches!(step, Step::TryTo(..)))
    }

    /// The call for the step that is next.
    fn call(&self) -> Option<AgentCall> {
        let (device, action) = match self.steps.front()? {
            Step::Wait(_) => return None,
            Step::Lists(device) => (device, "list"),
            Step::KnowsState(device) => (device, "status"),
            Step::Act(device, action) | Step::TryTo(device, action) => (device, action.as_str()),
        };
        Some(device.call(&self.target, action, self.timeout_ms))
    }

    fn worked(&mut self, step: &Step, result: &CallResult) -> bool {
        let exited_well = worked(result);
        let (device, worked) = match step {
            Step::Wait(_) | Step::TryTo(..) => return true,
            Step::Lists(device) => (device, exited_well && lists(&result.output, &device.port)),
            // A node that is off can be told of, too.
            Step::KnowsState(device) => (device, result.end == CallEnd::Exited && matches!(result.exit_status, 0 | 2 | 7)),
            Step::Act(device, _) => (device, exited_well),
        };
        if !worked {
            let reason = recording::reason_of(result);
            let reason = if reason.is_empty() { "it failed without a word".to_owned() } else { reason };
            self.complaint = format!("{}: {reason}", device.device.id);
        }
        worked
    }
}

/// Whether a device's list of nodes, a line or a comma each, has that one.
fn lists(output: &str, port: &str) -> bool {
    let names = output.lines().filter_map(|line| line.split([',', ' ', '\t']).find(|word| !word.is_empty()));
    names.into_iter().any(|name| name.eq_ignore_ascii_case(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, parameters: &[(&str, &str)]) -> FenceDevice {
        let parameters: BTreeMap<String, String> =
            parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        FenceDevice { id: id.to_owned(), agent: "fence_dummy".to_owned(), parameters, active_on: Vec::new() }
    }

    fn words(steps: &VecDeque<Step>) -> Vec<String> {
        let word = |step: &Step| match step {
            Step::Wait(delay) => format!("wait {delay}"),
            Step::Lists(device) => format!("{} list", device.device.id),
            Step::KnowsState(device) => format!("{} status", device.device.id),
            Step::Act(device, action) => format!("{} {action} {}", device.device.id, device.port),
            Step::TryTo(device, action) => format!("{} try {action} {}", device.device.id, device.port),
        };
        steps.iter().map(word).collect()
    }

    fn plan(devices: &[FenceDevice], levels: &[Vec<String>], action: &str) -> Vec<Vec<String>> {
        attempts(devices, levels, "a", action, &|span| span / 2).iter().map(words).collect()
    }

    #[test]
    fn without_levels_each_device_that_can_is_tried() {
        let devices = [
            device("listed", &[("pcmk_host_list", "b, A")]),
            device("mapped", &[("pcmk_host_map", "a:7;b:8"), ("pcmk_delay_base", "2s")]),
            device("other", &[("pcmk_host_list", "b")]),
            device("asked", &[]),
            device("any", &[("pcmk_host_check", "none")]),
        ];
        let expected = [
            vec!["listed reboot a"],
            vec!["wait 2000", "mapped reboot 7"],
            vec!["asked list", "asked reboot a"],
            vec!["any reboot a"],
        ];
        assert_eq!(plan(&devices, &[], "reboot"), expected);
    }

    #[test]
    fn delays_are_those_of_the_node_and_up_to_chance_beyond_their_base() {
        let device = |parameters: &[(&str, &str)]| device("d", &[&[("pcmk_host_map", "a:7;b:8")], parameters].concat());
        let delay = |parameters: &[(&str, &str)], action| plan(&[device(parameters)], &[], action)[0][0].clone();
        assert_eq!(delay(&[("pcmk_delay_base", "a:3s;b:9s")], "off"), "wait 3000");
        assert_eq!(delay(&[("pcmk_delay_max", "10s")], "off"), "wait 5000");
        assert_eq!(delay(&[("pcmk_delay_base", "2s"), ("pcmk_delay_max", "10s")], "off"), "wait 6000");
        assert_eq!(delay(&[("pcmk_delay_base", "9s"), ("pcmk_delay_max", "1s")], "off"), "wait 9000");
        assert_eq!(delay(&[("pcmk_delay_base", "9s")], "on"), "d on 7");
        let levels = [vec!["d".to_owned()]];
        assert_eq!(plan(&[device(&[("pcmk_delay_max", "4s")])], &levels, "reboot"), [["wait 2000", "d reboot 7"]]);
    }

    #[test]
    fn a_level_needs_all_its_devices_and_cuts_off_before_it_lets_back() {
        let devices = [device("p1", &[("pcmk_host_list", "a")]), device("p2", &[("pcmk_host_list", "a")])];
        let levels = [vec!["p1".to_owned(), "gone".to_owned()], vec!["p1".to_owned(), "p2".to_owned()]];
        assert_eq!(plan(&devices, &levels, "reboot"), [["p1 off a", "p2 off a", "p1 try on a", "p2 try on a"]]);
        assert_eq!(plan(&devices, &levels, "off"), [["p1 off a", "p2 off a"]]);
    }

    #[test]
    fn lists_are_read_by_line_and_comma() {
        assert!(lists("node1,\nA,up\n", "a") && lists("a", "a"));
        assert!(!lists("ab,\n", "a") && !lists("", "a"));
    }
}
