//! Fencing and unfencing actions (FENCE sections 1 and 2).

use crate::cib::ms_to_seconds;
use crate::cluster::{NodeId, NodeKind, ResourceId, status};
use crate::history::{UnfencingVerdict, unfencing_digests};
use crate::run::{Run, ScoreLine};

use super::{Action, ActionId, ActionKey, Kinds, Reason, Task, relate, set_reason};

const PRIORITY_DELAY: &str = "priority-fencing-delay";

/// Finds or makes a node's fencing action (FENCE-3); `word` of nothing is the configured one.
pub fn fencing_action(
    run: &mut Run<'_>,
    node: NodeId,
    word: Option<&str>,
    optional: bool,
    reason: Option<Reason>,
    priority_delay: bool,
) -> ActionId {
    let word = word.map_or_else(|| run.cluster.options.fencing_action.clone(), str::to_owned);
    let key = format!("stonith-{}-{word}", run[node].name);
    let known = run.plan.by_name.get(&key).copied();
    let (action, changed) = known.map_or_else(|| create(run, node, key, &word), |known| (known, false));
    // STATE-68: asked for once, the delay is calculated anew at each request, as priorities are still being added up.
    let has_delay = priority_delay && run.cluster.options.priority_fencing_delay_ms > 0;
    if has_delay || run[action].meta.contains_key(PRIORITY_DELAY) {
        let delay = priority_delay_seconds(run, node).to_string();
        run[action].meta.insert(PRIORITY_DELAY, delay);
    }
    if (!optional || changed) && status::can_fence(run, node) {
        run[action].optional = false;
    }
    if let Some(reason) = reason {
        set_reason(run, action, reason, false);
    }
    action
}

/// Makes the action; the second value tells whether a device's parameters changed, which requires it (FENCE-15).
fn create(run: &mut Run<'_>, node: NodeId, name: String, word: &str) -> (ActionId, bool) {
    let mut action = Action {
        name: Some(name.as_str().into()),
        optional: true,
        ..Action::new(None, Some(node), ActionKey::once(Task::Fence), Task::Fence)
    };
    let values = [("on_node", run[node].name.clone()), ("on_node_uuid", run[node].id.clone())];
    action.meta.extend(values.map(|(name, value)| (name.to_owned(), value)));
    action.meta.insert("stonith_action", word.to_owned());
    let mut changed = false;
    if run.cluster.unfencing {
        let digests = device_digests(run, node);
        changed = digests.changed;
        action.meta.insert("digests-all", digests.all);
        action.meta.insert("digests-secure", digests.secure);
    }
    let id = run.plan.graph.add_node(action);
    run.plan.by_name.insert(name, id);
    (id, changed)
}

#[derive(Default)]
struct DeviceDigests {
    all: String,
    secure: String,
    changed: bool,
}

/// The digests of all devices that unfence, last device first.
fn device_digests(run: &mut Run<'_>, node: NodeId) -> DeviceDigests {
    let unfences = |run: &Run<'_>, id: ResourceId| {
        let resource = &run[id];
        let provides = resource.meta("provides").is_some_and(|text| text.eq_ignore_ascii_case("unfencing"));
        resource.is_primitive() && resource.fencing_device && (resource.needs_unfencing() || provides)
    };
    let devices: Vec<ResourceId> = run.cluster.all_resources().into_iter().filter(|&id| unfences(run, id)).collect();
    let mut result = DeviceDigests::default();
    for &device in devices.iter().rev() {
        let digests = unfencing_digests(run, device, node);
        let name = format!("{}:{}", run[device].id, run[device].meta("type").unwrap_or_default());
        result.all += &format!("{name}:{},", digests.all);
        result.secure += &format!("{name}:{},", digests.secure);
        let node_name = run[node].name.clone();
        match digests.verdict {
            UnfencingVerdict::Changed => {
                result.changed = true;
                let id = run[device].id.clone();
                let secure = digests.secure;
                note(run, format!("Parameters to {id} for unfencing {node_name} changed, try '{name}:{secure}'"));
                note(run, format!("notice: Unfencing node {node_name} because the definition of {id} changed"));
            }
            UnfencingVerdict::MatchSecure => {
                let id = run[device].id.clone();
                note(run, format!("Only 'private' parameters to {id} for unfencing {node_name} changed"));
            }
            UnfencingVerdict::Unknown | UnfencingVerdict::Match => {}
        }
    }
    result
}

fn note(run: &mut Run<'_>, text: String) {
    if run.settings.keep_scores || run.settings.keep_utilization {
        run.scores.push(ScoreLine::Note(text));
    }
}

/// How long fencing of this node waits, to let the side with more important resources win (STATE-68).
fn priority_delay_seconds(run: &Run<'_>, node: NodeId) -> i64 {
    let members = || run.cluster.nodes.iter().map(|(_, node)| node).filter(|node| node.kind == NodeKind::Member);
    let online = members().filter(|node| node.online).count();
    let lowest = members().map(|node| node.priority).min();
    let highest = members().map(|node| node.priority).max();
    let node = &run[node];
    let waits = node.kind == NodeKind::Member
        && !node.online
        && online <= members().count() / 2
        && lowest != highest
        && Some(node.priority) >= highest;
    if waits { ms_to_seconds(run.cluster.options.priority_fencing_delay_ms) } else { 0 }
}

/// Orders an action after its node's unfencing, where the resource asks for that (FENCE-11).
pub fn order_after_unfencing(run: &mut Run<'_>, resource: ResourceId, node: NodeId, action: ActionId, kinds: Kinds) {
    let applies = run[resource].fencing_device && run.cluster.unfencing || run[resource].needs_unfencing();
    if !applies {
        return;
    }
    let unfence = fencing_action(run, node, Some("on"), true, None, false);
    relate(run, unfence, action, kinds);
    let state = &run[node];
    let fenced_off = state.attribute("#node-unfenced").is_none_or(|text| text == "0");
    if fenced_off && run.cluster.unfencing && state.is_online_clean() && !state.shutting_down {
        let reason = Reason::RequiredBy { resource, task: run[action].task };
        fencing_action(run, node, Some("on"), false, Some(reason), false);
    }
}

/// Triggers unfencing because a fencing device changed: of the node, or else of all it may be on (FENCE-14).
pub fn trigger_unfencing(run: &mut Run<'_>, device: ResourceId, node: NodeId, reason: Reason) {
    if !run.cluster.unfencing || !run[device].fencing_device {
        return;
    }
    let usable = |run: &Run<'_>, node: NodeId| run[node].is_online_clean() && !run[node].shutting_down;
    let nodes: Vec<NodeId> =
        if usable(run, node) { vec![node] } else { run.cluster.allowed[device].iter().map(|(node, _)| node).collect() };
    for node in nodes {
        if usable(run, node) {
            fencing_action(run, node, Some("on"), false, Some(reason.clone()), false);
        }
    }
}
