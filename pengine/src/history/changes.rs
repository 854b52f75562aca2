//! What changed in the configuration since operations were carried out (HIST-87 to HIST-90, ACT-33 to ACT-41).

use rustc_hash::FxHashMap;

use crate::cib::{ElementId, ElementRef};
use crate::cluster::{NodeId, ResourceId};
use crate::digest::{self, Verdict};
use crate::plan::recurring::{cancel, clean_up, stop_before_cancel};
use crate::plan::{ActionKey, Kinds, Reason, Side, Task, clear_fail_count, order, request, set_reason, trigger_unfencing};
use crate::run::{DeferredCheck, Run, ScoreLine};

use super::entry::Entry;
use super::expiry::is_failure_outdated;
use super::index::lists;
use super::order::{Span, sorted_entries};
use super::{Counting, fail_count};

/// Compares the histories of all nodes that take part with the configuration (HIST-87).
pub(super) fn check_all(run: &mut Run<'_>) {
    let rank = tree_ranks(run);
    let mut namesakes = FxHashMap::default();
    for node in run.cluster.node_order.clone() {
        if !run[node].maintenance && !run[node].is_available() {
            continue;
        }
        let Some(list) = lists(run).list(&run[node].name) else { continue };
        for history in list.children_named("lrm_resource").filter(|history| history.children().next().is_some()) {
            let Some(id) = history.attr("id") else { continue };
            let found = namesakes.entry(id).or_insert_with(|| Namesakes::find(run, id, &rank));
            let concerned = if found.share_agent(run, history) { found.active_on(node) } else { &found.all };
            for &resource in concerned {
                check_history(run, node, resource, history);
            }
        }
    }
}

/// The primitives that a history name may mean, those that come last in the tree first: all instances of a clone.
struct Namesakes {
    all: Vec<ResourceId>,
    active: FxHashMap<NodeId, Vec<ResourceId>>,
    /// One of each definition with another agent; nothing if a primitive was removed.
    definitions: Option<Vec<ElementId>>,
}

impl Namesakes {
    fn find(run: &Run<'_>, name: &str, rank: &[usize]) -> Self {
        let mut all = run.cluster.by_name.get(name).cloned().unwrap_or_default();
        all.retain(|&resource| run[resource].is_primitive());
        all.sort_by_key(|resource| std::cmp::Reverse(rank.get(resource.index()).copied()));
        let mut active: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for &resource in &all {
            for &node in &run[resource].active_on {
                let there = active.entry(node).or_default();
                if there.last() != Some(&resource) {
                    there.push(resource);
                }
            }
        }
        let mut definitions: Vec<_> = all.iter().map(|&resource| run[resource].xml).collect();
        definitions.dedup_by(|&mut one, &mut other| differing(run, one, run.cluster.definitions.get(other)).next().is_none());
        let are_there = all.iter().all(|&resource| !run[resource].removed);
        Self { all, active, definitions: are_there.then_some(definitions) }
    }

    fn active_on(&self, node: NodeId) -> &[ResourceId] {
        self.active.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whether all of them are there and have the agent of a history, so that it concerns only those that are active.
    fn share_agent(&self, run: &Run<'_>, history: ElementRef<'_>) -> bool {
        let is_same = |&definition: &ElementId| differing(run, definition, history).next().is_none();
        self.definitions.as_ref().is_some_and(|definitions| definitions.iter().all(is_same))
    }
}

/// The place of every resource in the walk over the tree.
fn tree_ranks(run: &Run<'_>) -> Vec<usize> {
    let mut ranks = vec![usize::MAX; run.cluster.resources.len()];
    for (rank, resource) in run.cluster.all_resources().into_iter().enumerate() {
        ranks[resource.index()] = rank;
    }
    ranks
}

fn check_history<'c>(run: &mut Run<'c>, node: NodeId, id: ResourceId, history: ElementRef<'c>) {
    if run[id].removed {
        if !run.cluster.is_anonymous_clone(run.cluster.top_of(id)) {
            clean_up(run, id, node);
        }
        return;
    }
    let active = run[id].active_on.contains(&node);
    if has_other_agent(run, node, id, history) {
        if active {
            request(run, id, ActionKey::once(Task::Stop), Some(node), false);
            // ACT-34: makes it start again, though its role doesn't change, and forbids migration.
            run[id].start_pending = true;
        }
        clean_up(run, id, node);
    }
    if active {
        check_entries(run, node, id, history);
    }
}

/// Whether the history is of another agent than the configured one (ACT-34).
fn has_other_agent(run: &mut Run<'_>, node: NodeId, id: ResourceId, history: ElementRef<'_>) -> bool {
    let count = differing(run, run[id].xml, history).count();
    for _ in 0..count {
        trigger_unfencing(run, id, node, Reason::DeviceDefinitionChanged);
    }
    count > 0
}

/// The attributes that name an agent and differ between a definition and a history, or another definition.
fn differing(run: &Run<'_>, definition: ElementId, other: ElementRef<'_>) -> impl Iterator<Item = &'static str> {
    let definition = run.cluster.definitions.get(definition);
    ["type", "class", "provider"].into_iter().filter(move |name| definition.attr(name) != other.attr(name))
}

fn check_entries<'c>(run: &mut Run<'c>, node: NodeId, id: ResourceId, history: ElementRef<'c>) {
    let entries = sorted_entries(history);
    let span = Span::of(&entries);
    if span.is_stopped() {
        return;
    }
    for (index, entry) in entries.iter().enumerate() {
        if !span.covers(index) {
            continue;
        }
        let recurring = entry.interval_ms() > 0;
        if recurring && (run[id].maintenance || run[node].maintenance) {
            cancel_entry(run, node, id, entry, Reason::Maintenance);
        } else if recurring || tells_parameters(entry) {
            if digest::has_late_address(run, id) {
                let check = DeferredCheck { resource: id, node, entry: entry.element, failure: false };
                run.history.deferred_checks.push(check);
            } else {
                check_and_clear(run, node, id, entry);
            }
        }
    }
}

/// Whether the resource runs with the parameters of this one-time operation.
fn tells_parameters(entry: &Entry<'_>) -> bool {
    let operation = entry.operation.unwrap_or_default();
    ["monitor", "start", "promote", "migrate_from"].iter().any(|known| operation.eq_ignore_ascii_case(known))
}

/// The checks that had to wait until containers have nodes, latest first (HIST-90).
pub(super) fn check_deferred(run: &mut Run<'_>) {
    let cib = run.cib;
    for check in std::mem::take(&mut run.history.deferred_checks).into_iter().rev() {
        let entry = Entry::read(cib.element(check.entry));
        if !check.failure {
            check_and_clear(run, check.node, check.resource, &entry);
        } else if is_failure_outdated(run, check.resource, check.node, &entry) {
            clear_fail_count(run, check.resource, check.node, Reason::ParametersChanged);
        }
    }
}

/// ACT-41: failures with other parameters don't count any more.
fn check_and_clear(run: &mut Run<'_>, node: NodeId, id: ResourceId, entry: &Entry<'_>) {
    if check_entry(run, node, id, entry) && fail_count(run, id, node, Counting::Effective).count != 0 {
        clear_fail_count(run, id, node, Reason::OperationChanged);
    }
}

/// Compares one entry with the configuration and plans what follows; whether something changed (HIST-88).
fn check_entry(run: &mut Run<'_>, node: NodeId, id: ResourceId, entry: &Entry<'_>) -> bool {
    let key = entry.action_key(run);
    if key.interval > 0 && !is_configured(run, id, key) {
        if run.cluster.options.cancel_removed_actions {
            cancel_entry(run, node, id, entry, Reason::Removed);
        }
        return true;
    }
    let verdict = digest::compare(run, id, node, entry);
    if verdict != Verdict::Match && run.settings.sanitized && digest::differs_only_privately(run, id, node, entry) {
        note_private_change(run, node, id, entry, key);
        return false;
    }
    match verdict {
        Verdict::Match => return false,
        Verdict::Restart => restart(run, node, id, key),
        Verdict::Unknown | Verdict::Changed if key.interval > 0 => reschedule(run, node, id, key),
        Verdict::Unknown | Verdict::Changed if digest::restart_digest(run, entry).is_some() => reload(run, node, id),
        Verdict::Unknown | Verdict::Changed => restart(run, node, id, key),
    }
    true
}

/// Whether the operation is configured and not switched off.
fn is_configured(run: &Run<'_>, id: ResourceId, key: ActionKey) -> bool {
    run[id].ops.iter().any(|op| op.enabled && op.task == key.task && op.interval_ms == key.interval)
}

/// Cancels a recurring operation that the node carries out (ACT-36).
fn cancel_entry(run: &mut Run<'_>, node: NodeId, id: ResourceId, entry: &Entry<'_>, reason: Reason) {
    let key = entry.action_key(run);
    let action = cancel(run, id, key, node);
    if let Some(call) = entry.call_id {
        run[action].meta.insert("call-id", call.to_owned());
    }
    set_reason(run, action, reason, true);
    stop_before_cancel(run, id, action);
}

/// ACT-37: a start without node, which whatever brings the resource up later takes over.
fn restart(run: &mut Run<'_>, node: NodeId, id: ResourceId, key: ActionKey) {
    let is_once = key.interval == 0;
    let key = match key.task {
        Task::Monitor | Task::MigrateFrom | Task::Promote if is_once => ActionKey::once(Task::Start),
        _ => key,
    };
    let action = request(run, id, key, None, false);
    set_reason(run, action, Reason::DefinitionChange, true);
    trigger_unfencing(run, id, node, Reason::DeviceParametersChanged);
}

/// ACT-38.
fn reschedule(run: &mut Run<'_>, node: NodeId, id: ResourceId, key: ActionKey) {
    trigger_unfencing(run, id, node, Reason::DeviceParametersChangedReschedule);
    let action = request(run, id, key, Some(node), true);
    run[action].reschedule = true;
}

/// ACT-39.
fn reload(run: &mut Run<'_>, node: NodeId, id: ResourceId) {
    trigger_unfencing(run, id, node, Reason::DeviceParametersChangedReload);
    if !run[id].managed || run[id].failed {
        return;
    }
    if run[id].start_pending {
        request(run, id, ActionKey::once(Task::Stop), Some(node), false);
        return;
    }
    run[id].reload = true;
    let action = request(run, id, ActionKey::once(Task::ReloadAgent), Some(node), false);
    set_reason(run, action, Reason::DefinitionChange, false);
    for task in [Task::Stop, Task::Demote] {
        let then = Side::Key(id, ActionKey::once(task));
        order(run, Side::Action(action), then, Kinds::SEQUENCE | Kinds::THEN_CANCELS_FIRST);
    }
}

fn note_private_change(run: &mut Run<'_>, node: NodeId, id: ResourceId, entry: &Entry<'_>, key: ActionKey) {
    if run.settings.keep_scores || run.settings.keep_utilization {
        let text = format!(
            "Only 'private' parameters to {}-interval {} for {} on {} changed: {}",
            readable_interval(key.interval),
            run.cluster.tasks.name(key.task),
            run[id].id,
            run[node].name,
            entry.transition_magic.unwrap_or_default()
        );
        run.scores.push(ScoreLine::Note(text));
    }
}

/// An interval as people write it: `1m30s`.
fn readable_interval(ms: u32) -> String {
    let units = [("d", ms / 86_400_000), ("h", ms / 3_600_000 % 24), ("m", ms / 60_000 % 60), ("s", ms / 1000 % 60)];
    let mut text: String = units.iter().filter(|(_, count)| *count > 0).map(|(unit, count)| format!("{count}{unit}")).collect();
    if !ms.is_multiple_of(1000) {
        text += &format!("{}ms", ms % 1000);
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::readable_interval;

    #[test]
    fn intervals_are_readable() {
        assert_eq!(readable_interval(0), "0s");
        assert_eq!(readable_interval(10_000), "10s");
        assert_eq!(readable_interval(90_500), "1m30s500ms");
    }
}
