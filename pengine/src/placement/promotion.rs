//! Choosing which instances of a promotable clone are promoted (INST sections 7 and 8).

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::run::{Run, ScoreLine};

use super::colocation::{Merge, apply, has_influence, this_with, with_this};
use super::instance_order::sort_for_promotion;
use super::instances::{count, reset_counts};
use super::primitive::is_frozen;
use super::promotion_score::promotion_score;
use super::scores::{add_if_known, add_score, known_nodes};

/// Lets instances go first and where they want to be promoted (INST-30).
pub(super) fn prefer_promoted_nodes(run: &mut Run<'_>, clone: ResourceId) {
    let Some(config) = run[clone].clone_config_mut() else { return };
    if std::mem::replace(&mut config.promotion_scores_added, true) {
        return;
    }
    for instance in run[clone].children.clone() {
        for node in known_nodes(run, instance) {
            if !run[node].is_available() {
                continue;
            }
            let score = promotion_score(run, instance, node).unwrap_or_default();
            if score > 0 {
                add_if_known(run, instance, node, Score::new(score.into()), Cause::Promotion);
            }
            run[instance].priority = run[instance].priority.max(score);
        }
    }
}

/// Chooses a role for each instance, once all are assigned.
pub(super) fn choose_roles(run: &mut Run<'_>, clone: ResourceId) {
    reset_counts(run, clone);
    for instance in run[clone].children.clone() {
        set_priority(run, clone, instance);
    }
    sort(run, clone);
    let Some(config) = run[clone].clone_config() else { return };
    let (max, node_max) = (config.promoted_max, config.promoted_node_max);
    let mut chosen = 0;
    for instance in run[clone].children.clone() {
        note_promotion(run, instance);
        let has_room = chosen < max || !run[clone].managed;
        let wanted = run[instance].promotion_priority >= 0 && has_room;
        let node = if wanted { node_to_promote_on(run, clone, instance, node_max) } else { None };
        match node.filter(|_| run.cluster.role_of(instance) >= Role::Promoted || !is_frozen(run)) {
            Some(node) => {
                count(run, clone, node);
                chosen += 1;
                promote(run, instance);
            }
            None => leave_unpromoted(run, instance),
        }
    }
}

fn note_promotion(run: &mut Run<'_>, resource: ResourceId) {
    if run.settings.keep_scores {
        let node = run.cluster.single_assigned_node(resource);
        let score = Score::new(run[resource].promotion_priority.into());
        run.scores.push(ScoreLine::Promotion { resource, node, score });
    }
}

/// How much an instance should be promoted where it is assigned (INST-41).
fn set_priority(run: &mut Run<'_>, clone: ResourceId, instance: ResourceId) {
    if run.cluster.role_of(instance) == Role::Started {
        for at in run.cluster.tree_of(instance) {
            if run[at].role == Role::Started {
                run[at].role = Role::Unpromoted;
            }
        }
    }
    if let Some(node) = run.cluster.single_assigned_node(instance) {
        match run.cluster.next_role_of(instance) {
            Role::Unknown | Role::Started => {
                run[instance].priority = promotion_score(run, instance, node).unwrap_or(-1);
            }
            Role::Stopped | Role::Unpromoted => run[instance].priority = Score::MINUS_INFINITY.value(),
            Role::Promoted => {}
        }
        add_locations(run, clone, instance, node);
        for id in this_with(run, instance) {
            let primary = run[id].primary;
            apply(run, instance, primary, id);
        }
    }
    let is_promoted = run.cluster.next_role_of(instance) == Role::Promoted;
    let priority = run[instance].priority;
    run[instance].promotion_priority = if is_promoted { Score::INFINITY.value() } else { priority };
}

/// INST-41.4: locations for the promoted role that name the node.
fn add_locations(run: &mut Run<'_>, clone: ResourceId, instance: ResourceId, node: NodeId) {
    let locations = run[instance].locations.iter().chain(&run[clone].locations).map(|&id| &run[id]);
    let promoted = locations.filter(|location| location.role == Some(Role::Promoted));
    let scores = promoted.flat_map(|location| &location.nodes).filter(|(at, _)| *at == node).map(|&(_, score)| score);
    let add = |priority: i32, score| (Score::new(priority.into()) + score).value();
    run[instance].priority = scores.fold(run[instance].priority, add);
}

/// Sorts the instances by what the clone's table makes of their priorities (INST-43).
fn sort(run: &mut Run<'_>, clone: ResourceId) {
    let Some(config) = run[clone].clone_config_mut() else { return };
    if std::mem::replace(&mut config.promotion_sorted, true) {
        return;
    }
    let mut instances = run[clone].children.clone();
    for &instance in &instances {
        let priority = run[instance].promotion_priority;
        if priority >= 0
            && let Some(node) = run.cluster.single_assigned_node(instance)
        {
            add_if_known(run, clone, node, Score::new(priority.into()), Cause::Promotion);
        }
    }
    heed_dependents(run, clone);
    ban_by_tickets(run, clone);
    for &instance in &instances {
        run[instance].promotion_priority = final_priority(run, clone, instance);
    }
    sort_for_promotion(run, &mut instances);
    run.cluster.reorder_instances(clone, instances);
}

fn heed_dependents(run: &mut Run<'_>, clone: ResourceId) {
    // COLO-79: loops back to the clone end here.
    run[clone].merging = true;
    let merge = Merge { target: clone, nonnegative: true, may_roll_back: true };
    for id in with_this(run, clone) {
        if run[id].primary_role == Some(Role::Promoted) && has_influence(run, &run[id], run[id].primary) {
            merge.heed_dependent(run, id);
        }
    }
    run[clone].merging = false;
}

/// Without its ticket nothing is promoted, while the assigned nodes stay as they are.
fn ban_by_tickets(run: &mut Run<'_>, clone: ResourceId) {
    for id in run[clone].tickets.clone() {
        let usage = &run.cluster[id];
        let is_held = run.cluster.tickets.get(usage.ticket).is_some_and(|ticket| ticket.granted && !ticket.standby);
        if usage.role == Some(Role::Promoted) && !is_held {
            for node in run.cluster.node_order.clone() {
                add_score(run, clone, Some(node), Score::MINUS_INFINITY, Cause::Ticket(id));
            }
        }
    }
}

fn final_priority(run: &Run<'_>, clone: ResourceId, instance: ResourceId) -> i32 {
    let priority = run[instance].promotion_priority;
    if !run[instance].managed && run.cluster.next_role_of(instance) == Role::Promoted {
        return Score::INFINITY.value();
    }
    match run.cluster.single_assigned_node(instance) {
        None => Score::MINUS_INFINITY.value(),
        Some(node) if priority >= 0 => run.cluster.allowed[clone].score(node).map_or(priority, Score::value),
        Some(_) => priority,
    }
}

/// The node of an instance, if it can be promoted there (INST-47).
fn node_to_promote_on(run: &Run<'_>, clone: ResourceId, resource: ResourceId, node_max: u32) -> Option<NodeId> {
    let mut members = run[resource].children.iter();
    if !members.all(|&member| node_to_promote_on(run, clone, member, node_max).is_some()) {
        return None;
    }
    let node = run.cluster.single_assigned_node(resource)?;
    if !run[resource].managed {
        return Some(node).filter(|_| run.cluster.role_of(resource) == Role::Promoted);
    }
    let is_launched = run.cluster.launcher_of(node).is_none_or(|launcher| run[launcher].assigned.is_some());
    let has_room = run.cluster.allowed[clone].get(node).is_some_and(|entry| entry.count < node_max);
    let fits = run[resource].priority >= 0 && run[node].is_available() && is_launched && has_room;
    Some(node).filter(|_| fits)
}

fn promote(run: &mut Run<'_>, instance: ResourceId) {
    for at in run.cluster.tree_of(instance) {
        if run[at].next_role == Role::Unknown {
            run[at].next_role = Role::Promoted;
        }
    }
}

fn leave_unpromoted(run: &mut Run<'_>, instance: ResourceId) {
    for at in run.cluster.tree_of(instance) {
        let is_placed = !run.cluster.assigned_nodes(at).is_empty();
        run[at].next_role = if is_placed { Role::Unpromoted } else { Role::Stopped };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Cib, Settings, schedule};

    /// Where an instance of a group of two is promoted, by what the members' agents say on each of two nodes.
    fn promoted_on(scores: [[&str; 2]; 2]) -> String {
        let node = |id: usize| {
            let [first, second] = scores[id - 1];
            let history = |member: &str| {
                format!(
                    "<lrm_resource id='{member}' class='ocf' provider='p' type='t'><lrm_rsc_op id='{member}_last_0' \
                     operation='monitor' operation_key='{member}_monitor_0' call-id='1' transition-key='1:1:7:x' \
                     transition-magic='0:7;1:1:7:x' rc-code='7' op-status='0' interval='0'/></lrm_resource>"
                )
            };
            format!(
                "<node_state id='{id}' uname='n{id}' in_ccm='true' crmd='online' join='member'><lrm><lrm_resources>\
                 {}{}</lrm_resources></lrm><transient_attributes><instance_attributes><nvpair name='master-a' value='{first}'/>\
                 <nvpair name='master-b' value='{second}'/></instance_attributes></transient_attributes></node_state>",
                history("a"),
                history("b")
            )
        };
        let member = |id: &str| format!("<primitive id='{id}' class='ocf' provider='p' type='t'/>");
        let text = format!(
            "<cib validate-with='none' have-quorum='1'><configuration><crm_config><cluster_property_set>\
             <nvpair name='fencing-enabled' value='false'/></cluster_property_set></crm_config><nodes><node id='1' uname='n1'/>\
             <node id='2' uname='n2'/></nodes><resources><clone id='c'><meta_attributes><nvpair name='promotable' value='true'/>\
             </meta_attributes><group id='g'>{}{}</group></clone></resources></configuration><status>{}{}</status></cib>",
            member("a"),
            member("b"),
            node(1),
            node(2)
        );
        let cib = Cib::parse(&text).unwrap();
        let settings = Settings { now: 1_700_000_000, ..Settings::default() };
        let run = schedule(&cib, &settings).run;
        let promoted = run.cluster.all_resources().into_iter().find(|&at| run[at].next_role == Role::Promoted).unwrap();
        run[run.cluster.single_assigned_node(promoted).unwrap()].name.clone()
    }

    #[test]
    fn members_scores_add_up_beyond_infinity() {
        assert_eq!(promoted_on([["5", "0"], ["0", "6"]]), "n2");
        assert_eq!(promoted_on([["INFINITY", "0"], ["INFINITY", "0"]]), "n1");
        assert_eq!(promoted_on([["INFINITY", "0"], ["INFINITY", "100"]]), "n2");
    }
}
