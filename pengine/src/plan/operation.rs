//! The settings of an operation: the `op` element, its meta-attributes, `op_defaults`, and what follows (ACT-14 to ACT-23).

use crate::cib::{
    Agent, ElementId, ElementRef, IdScope, NameValues, NextChange, RuleInput, leading_integer, parse_epoch_seconds,
    parse_time_ms, parse_timeout_ms, read_sets,
};
use crate::cluster::build::op_element;
use crate::cluster::{Op, ResourceId, Role};
use crate::run::Run;

use super::{ActionKey, OnFail, OpElement, Operation, OperationId, Task};

/// By what settings are found: all instances of a clone have one definition.
pub type OperationKey = (ElementId, Option<ResourceId>, ActionKey, Task);

/// The settings of an operation of a resource; `task` is the one of the request (ACT-16).
pub fn operation(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, task: Task) -> OperationId {
    let asked = &run[resource];
    // What follows a failure of these depends on more than their definition.
    let is_special = asked.is_connection || asked.launcher.is_some();
    let index = (asked.xml, is_special.then_some(resource), key, task);
    if let Some(&known) = run.plan.operation_index.get(&index) {
        return known;
    }
    let mut change = NextChange::default();
    let operation = Reader { run, resource, key, task }.read(&mut change);
    let operation = with_monitor_timeout(run, resource, key, operation);
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
    let id = run.plan.operations.alloc(operation);
    run.plan.operation_index.insert(index, id);
    id
}

/// A fencing device's own parameter for the timeout of its start and probe wins (CIB-128).
fn with_monitor_timeout(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, mut operation: Operation) -> Operation {
    let applies = run[resource].fencing_device && matches!(key.task, Task::Start | Task::Monitor) && key.interval == 0;
    if applies
        && key.notify.is_none()
        && let Some(text) = crate::cluster::build::parameters(run, resource, None).get("pcmk_monitor_timeout")
    {
        operation.timeout_ms = parse_timeout_ms(text);
        operation.meta.insert("timeout", operation.timeout_ms.to_string());
    }
    operation
}

struct Reader<'r, 'c> {
    run: &'r Run<'c>,
    resource: ResourceId,
    key: ActionKey,
    task: Task,
}

impl Reader<'_, '_> {
    fn read(&self, change: &mut NextChange) -> Operation {
        let op = self.find().map(|op| op.element);
        let mut meta = self.meta(op, change);
        meta.remove("id");
        if self.key.interval > 0 {
            meta.insert("interval", self.key.interval.to_string());
        } else {
            meta.remove("interval");
        }
        let timeout_ms = meta.get("timeout").map_or(20_000, parse_timeout_ms);
        meta.insert("timeout", timeout_ms.to_string());
        self.check_on_fail(&mut meta);
        self.set_start_delay(&mut meta);
        let on_fail = self.on_fail(meta.get("on-fail"));
        Operation { op, meta, on_fail, timeout_ms }
    }

    fn ops(&self) -> &[Op] {
        &self.run[self.resource].ops
    }

    /// The first `op` of that name and interval; roles and being switched off don't matter (CIB-124).
    fn find(&self) -> Option<&Op> {
        let find = |task: Task, interval: u32| self.ops().iter().find(|op| op.task == task && op.interval_ms == interval);
        find(self.task, self.key.interval).or_else(|| match (self.task, self.key.notify) {
            (_, Some(_)) => find(Task::Notify, 0),
            (Task::MigrateTo | Task::MigrateFrom, _) => find(self.run.cluster.tasks.find("migrate")?, 0),
            _ => None,
        })
    }

    fn is_probe(&self) -> bool {
        self.key.notify.is_none() && self.key.task == Task::Monitor && self.key.interval == 0 && self.task == Task::Monitor
    }

    fn meta(&self, op: Option<OpElement>, change: &mut NextChange) -> NameValues {
        let run = self.run;
        let words = run.cluster.options.health_words;
        let own = run.cluster.definitions.get(run[self.resource].xml);
        let agent = Agent { class: own.attr("class"), provider: own.attr("provider"), kind: own.attr("type") };
        let operation = Some((run.cluster.tasks.name(self.task), self.key.interval));
        let input = RuleInput { agent: Some(agent), operation, ..run.cluster.rule_input() };
        let mut values = NameValues::default();
        if let Some(op) = op {
            let own = matches!(op, OpElement::Definition(_)).then_some(own);
            let element = op_element(run, op);
            read_sets(element.children(), "meta_attributes", IdScope { cib: run.cib, own }, &input, words, &mut values, change);
            for (name, value) in element.attributes() {
                values.insert(name, value);
            }
        }
        if self.is_probe()
            && !values.contains_key("timeout")
            && let Some(timeout) = self.most_frequent_monitor().and_then(|monitor| monitor.attr("timeout"))
        {
            values.insert("timeout", timeout.to_owned());
        }
        if let Some(defaults) = run.cib.section("op_defaults") {
            read_sets(
                defaults.children(),
                "meta_attributes",
                IdScope { cib: run.cib, own: None },
                &input,
                words,
                &mut values,
                change,
            );
        }
        values
    }

    fn most_frequent_monitor(&self) -> Option<ElementRef<'_>> {
        let recurring = self.ops().iter().filter(|op| op.enabled && op.task == Task::Monitor && op.interval_ms > 0);
        recurring.min_by_key(|op| op.interval_ms).map(|op| op_element(self.run, op.element))
    }

    /// Takes out or fills in `on-fail` where the configured one makes no sense (CIB-130).
    fn check_on_fail(&self, meta: &mut NameValues) {
        const NAME: &str = "on-fail";
        let is = |meta: &NameValues, value: &str| meta.get(NAME).is_some_and(|text| text.eq_ignore_ascii_case(value));
        match self.task {
            Task::Stop if ["standby", "demote", "stop"].iter().any(|value| is(meta, value)) => {
                meta.remove(NAME);
            }
            Task::Demote if !meta.contains_key(NAME) => {
                if let Some(value) = self.promoted_monitor_on_fail() {
                    meta.insert(NAME, value);
                }
            }
            Task::LrmDelete => {
                meta.insert(NAME, "ignore".to_owned());
            }
            _ => {}
        }
        let promoted = meta.get("role").and_then(Role::parse) == Some(Role::Promoted);
        let may_demote = self.task == Task::Promote || self.task == Task::Monitor && self.key.interval > 0 && promoted;
        if is(meta, "demote") && !may_demote {
            meta.remove(NAME);
        }
    }

    /// The last one in document order wins, as each overwrites the one before.
    fn promoted_monitor_on_fail(&self) -> Option<String> {
        let is_promoted = |op: &&Op| op.role.as_deref().and_then(Role::parse) == Some(Role::Promoted);
        let monitors = self.ops().iter().filter(|op| op.enabled && op.task == Task::Monitor && op.interval_ms > 0);
        let mut values = monitors.filter(is_promoted).filter_map(|op| op_element(self.run, op.element).attr("on-fail"));
        values.rfind(|value| !value.eq_ignore_ascii_case("demote")).map(str::to_owned)
    }

    /// CIB-131.
    fn set_start_delay(&self, meta: &mut NameValues) {
        if let Some(text) = meta.get("start-delay") {
            let delay = parse_time_ms(text).unwrap_or(0).clamp(0, i64::from(i32::MAX));
            meta.insert("start-delay", delay.to_string());
            return;
        }
        let now = self.run.cluster.now;
        let origin = meta.get("interval-origin").and_then(|text| parse_epoch_seconds(text, now));
        if let (Some(origin), true) = (origin, self.key.interval > 0) {
            let interval = crate::cib::ms_to_seconds(self.key.interval).max(1);
            let since = now.saturating_sub(origin) % interval;
            let delay = if since <= 0 { -since } else { interval - since };
            meta.insert("start-delay", (delay * 1000).to_string());
        }
    }

    fn on_fail(&self, configured: Option<&str>) -> OnFail {
        let resource = &self.run[self.resource];
        let fencing = self.run.cluster.options.fencing_enabled;
        let has_launcher = resource.launcher.is_some();
        // Only a failed monitor or the like of a remote connection speaks of the node behind it.
        let resets_remote = resource.is_connection && !has_launcher && !self.is_probe() && self.task != Task::Start;
        let default = || {
            if has_launcher {
                OnFail::RestartContainer
            } else if resets_remote {
                if resource.managed { OnFail::ResetRemote } else { OnFail::Stop }
            } else if self.task == Task::Stop {
                if fencing { OnFail::FenceNode } else { OnFail::Block }
            } else {
                OnFail::Restart
            }
        };
        if resets_remote && !resource.managed {
            return OnFail::Stop;
        }
        match configured.unwrap_or_default().to_ascii_lowercase().as_str() {
            "ignore" | "nothing" => OnFail::Ignore,
            "block" => OnFail::Block,
            "stop" => OnFail::Stop,
            "restart" => OnFail::Restart,
            "standby" => OnFail::Standby,
            "demote" => OnFail::Demote,
            "migrate" => OnFail::Ban,
            "fence" if fencing => OnFail::FenceNode,
            "fence" => OnFail::Stop,
            "restart-container" if has_launcher => OnFail::RestartContainer,
            _ => default(),
        }
    }
}

/// The role that a resource may still have after a failure (HIST-50).
#[must_use]
pub fn role_after_failure(run: &Run<'_>, resource: ResourceId, task: Task, response: OnFail) -> Role {
    match response {
        OnFail::Stop => Role::Stopped,
        OnFail::ResetRemote if run[resource].reconnect_interval_ms > 0 => Role::Stopped,
        _ if task == Task::Promote => Role::Unpromoted,
        _ => Role::Started,
    }
}

/// Reads the interval of an `lrm_rsc_op` or operation key: an integer from 0 to 4294967295, else 0.
#[must_use]
pub fn parse_key_interval(text: &str) -> u32 {
    leading_integer(text).and_then(|number| u32::try_from(number.value).ok()).unwrap_or(0)
}
