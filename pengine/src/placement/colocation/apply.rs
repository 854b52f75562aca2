//! Applying a colocation to its dependent: where it goes, or which role it gets (COLO section 9).

use crate::cib::{Score, is_true};
use crate::cluster::{ColocationId, Kind, NodeId, NodeSet, ResourceId, Role};
use crate::ledger::Cause;
use crate::run::Run;

use super::super::commit::force_unassigned;
use super::super::compatible::{Phase, compatible_instance};
use super::super::draft::Draft;
use super::super::node_order::sorted;
use super::super::scores::has_usable;
use super::effect::{Effect, effect, is_blocked, role_view};
use super::view::View;

/// Applies a colocation to a dependent that it concerns, with one primary (COLO-51, COLO-52). Returns what it added to
/// the dependent's priority.
pub(in crate::placement) fn apply(run: &mut Run<'_>, dependent: ResourceId, primary: ResourceId, id: ColocationId) -> Score {
    if let Some(group) = run[dependent].group() {
        let members = run[dependent].children.clone();
        let change = match members.first() {
            None => return Score::ZERO,
            Some(&first) if group.collocated => apply(run, first, primary, id),
            Some(_) if run[id].score.is_infinite() => Score::ZERO,
            Some(_) => sum(members, |member| apply_to_primitive(run, member, primary, id)),
        };
        return add_to_priority(run, dependent, change);
    }
    match run[primary].kind.clone() {
        Kind::Primitive => apply_to_primitive(run, dependent, primary, id),
        Kind::Group(group) => apply_to_group(run, dependent, primary, group.collocated, id),
        Kind::Clone(_) => apply_to_clone(run, dependent, primary, id),
        Kind::Bundle(_) => apply_to_bundle(run, dependent, primary, id),
    }
}

fn sum(resources: Vec<ResourceId>, change: impl FnMut(ResourceId) -> Score) -> Score {
    resources.into_iter().map(change).fold(Score::ZERO, |sum, change| sum + change)
}

fn add_to_priority(run: &mut Run<'_>, resource: ResourceId, change: Score) -> Score {
    if change != Score::ZERO {
        let priority = Score::new(run[resource].priority.into()) + change;
        run[resource].priority = priority.value();
    }
    change
}

/// The primitive rule (COLO-53).
fn apply_to_primitive(run: &mut Run<'_>, dependent: ResourceId, primary: ResourceId, id: ColocationId) -> Score {
    match effect(run, dependent, primary, &run[id]) {
        Effect::Nothing => Score::ZERO,
        Effect::Location => {
            change_location(run, dependent, primary, id);
            Score::ZERO
        }
        Effect::Role => {
            let change = role_change(run, dependent, primary, id);
            add_to_priority(run, dependent, change)
        }
    }
}

/// COLO-55.
fn change_location(run: &mut Run<'_>, dependent: ResourceId, primary: ResourceId, id: ColocationId) {
    let colocation = &run[id];
    let score = colocation.score;
    let mut draft = Draft::of_copy(run, dependent);
    let cause = Cause::Colocation { via: id, with: primary };
    if let Some(node) = run[primary].assigned {
        let wanted = View::new(run, &colocation.attribute, primary).value(node);
        let view = View::new(run, &colocation.attribute, dependent);
        draft.add(cause, |node| match (view.value(node) == wanted, score.is_infinite()) {
            (false, true) => Score::MINUS_INFINITY,
            (true, false) => score,
            _ => Score::ZERO,
        });
    } else if score.is_negative() {
        return;
    } else {
        draft.add(cause, |_| -score);
    }
    if score.is_mandatory() || has_usable(run, &draft.table) {
        draft.put(run, dependent);
    }
}

/// COLO-58.
fn role_change(run: &Run<'_>, dependent: ResourceId, primary: ResourceId, id: ColocationId) -> Score {
    let colocation = &run[id];
    let Some(node) = run[dependent].assigned else { return Score::ZERO };
    let at = run[primary].assigned;
    if at.is_some() && colocation.primary_role.is_some_and(|role| role != run[role_view(run, primary)].next_role) {
        return Score::ZERO;
    }
    let value = View::new(run, &colocation.attribute, dependent).value(node);
    let primary_view = View::new(run, &colocation.attribute, primary);
    let is_same = at.map_or_else(|| value.is_absent(), |at| value == primary_view.value(at));
    match (is_same, colocation.dependent_role) {
        (true, Some(Role::Unpromoted)) => -colocation.score,
        (true, Some(Role::Promoted)) => colocation.score,
        (false, Some(Role::Promoted)) if colocation.score == Score::INFINITY => Score::MINUS_INFINITY,
        _ => Score::ZERO,
    }
}

/// COLO-60: a dependent that needs the whole group follows the last member, any other the first.
fn apply_to_group(run: &mut Run<'_>, dependent: ResourceId, group: ResourceId, collocated: bool, id: ColocationId) -> Score {
    if run[group].provisional {
        return Score::ZERO;
    }
    let members = run[group].children.clone();
    let mandatory = run[id].score.is_infinite();
    if collocated {
        let member = if mandatory { members.last() } else { members.first() };
        return member.map_or(Score::ZERO, |&member| apply_to_primitive(run, dependent, member, id));
    }
    if mandatory { Score::ZERO } else { sum(members, |member| apply_to_primitive(run, dependent, member, id)) }
}

/// COLO-61.
fn apply_to_clone(run: &mut Run<'_>, dependent: ResourceId, clone: ResourceId, id: ColocationId) -> Score {
    if run[clone].provisional {
        return Score::ZERO;
    }
    if let Some(role) = run[id].primary_role
        && run[clone].promotable
    {
        if run[dependent].provisional {
            follow_role(run, dependent, clone, role, id);
            return Score::ZERO;
        }
        if run[id].dependent_role == Some(Role::Promoted) {
            let change = promotion_change(run, dependent, clone, role, id);
            return add_to_priority(run, dependent, change);
        }
    }
    if is_interleaved(run, clone, id) {
        let partner = compatible_instance(run, dependent, clone, None, Phase::Next, None);
        return apply_to_partner(run, dependent, partner, id);
    }
    let instances = run[clone].children.clone();
    if run[id].score.is_infinite() {
        let unblocked = instances.into_iter().filter(|&instance| !is_blocked(run, instance));
        let nodes = unblocked.filter_map(|instance| run.cluster.single_assigned_node(instance)).collect();
        keep_to(run, dependent, &nodes, id);
        return Score::ZERO;
    }
    sum(instances, |instance| apply(run, dependent, instance, id))
}

/// Applies a colocation with the instance that a dependent is paired with; without one, a mandatory colocation lets it
/// run nowhere.
fn apply_to_partner(run: &mut Run<'_>, dependent: ResourceId, partner: Option<ResourceId>, id: ColocationId) -> Score {
    match partner {
        Some(partner) => return apply(run, dependent, partner, id),
        None if run[id].score.is_infinite() => force_unassigned(run, dependent, run[id].primary),
        None => false,
    };
    Score::ZERO
}

/// Bans a dependent from all nodes but these.
fn keep_to(run: &mut Run<'_>, dependent: ResourceId, nodes: &NodeSet, id: ColocationId) {
    let mut draft = Draft::of_copy(run, dependent);
    let cause = Cause::Colocation { via: id, with: run[id].primary };
    draft.add(cause, |node| if nodes.contains(node) { Score::ZERO } else { Score::MINUS_INFINITY });
    draft.put(run, dependent);
}

/// COLO-62: goes where instances of a role are.
fn follow_role(run: &mut Run<'_>, dependent: ResourceId, clone: ResourceId, role: Role, id: ColocationId) {
    let colocation = &run[id];
    let mut draft = Draft::of_copy(run, dependent);
    let in_role = |&instance: &ResourceId| Some((instance, run.cluster.single_assigned_node(instance)?));
    let instances = run[clone].children.iter().filter(|&&instance| run.cluster.next_role_of(instance) == role);
    let instances: Vec<(ResourceId, NodeId)> = instances.filter_map(in_role).collect();
    let view = View::new(run, &colocation.attribute, dependent);
    if !colocation.score.is_infinite() {
        for &(instance, at) in &instances {
            let wanted = View::new(run, &colocation.attribute, instance).value(at);
            let added = |node| if view.value(node) == wanted { colocation.score } else { Score::ZERO };
            draft.add(Cause::Colocation { via: id, with: instance }, added);
        }
    } else if colocation.dependent_role != Some(Role::Promoted) || role != Role::Promoted {
        draft.add(Cause::Colocation { via: id, with: clone }, |node| {
            let there = instances.iter().rev().find(|(_, at)| *at == node);
            there.map_or(Score::MINUS_INFINITY, |&(instance, _)| score_when_assigned(run, instance))
        });
    }
    draft.put(run, dependent);
}

fn score_when_assigned(run: &Run<'_>, instance: ResourceId) -> Score {
    let speaker = if run[instance].is_group() { run[instance].children.first() } else { None };
    run[*speaker.unwrap_or(&instance)].assigned_score
}

/// COLO-64: the instance of the other clone on the dependent's node, in the wanted role.
fn promotion_change(run: &Run<'_>, dependent: ResourceId, clone: ResourceId, role: Role, id: ColocationId) -> Score {
    let colocation = &run[id];
    let partner = compatible_instance(run, dependent, clone, Some(role), Phase::Next, Some(&colocation.attribute));
    match partner {
        Some(_) => colocation.score,
        None if colocation.score.is_infinite() => Score::MINUS_INFINITY,
        None => Score::ZERO,
    }
}

/// COLO-61.3: the dependent is a collective, wants pairs, and there are as many instances on a node.
fn is_interleaved(run: &Run<'_>, clone: ResourceId, id: ColocationId) -> bool {
    let dependent = run[id].dependent;
    let per_node = |resource: ResourceId| match &run[resource].kind {
        Kind::Clone(clone) => Some(clone.node_max),
        Kind::Bundle(bundle) => Some(bundle.replicas_per_host),
        Kind::Primitive | Kind::Group(_) => None,
    };
    let wanted = run[dependent].meta("interleave").is_some_and(is_true);
    wanted && per_node(dependent).is_some() && per_node(dependent) == per_node(clone)
}

/// COLO-65, COLO-66.
fn apply_to_bundle(run: &mut Run<'_>, dependent: ResourceId, bundle: ResourceId, id: ColocationId) -> Score {
    if run[bundle].provisional {
        return Score::ZERO;
    }
    let replicas = run[bundle].bundle().map(|bundle| bundle.replicas.clone()).unwrap_or_default();
    let configured = run[id].dependent;
    if run[configured].is_clone() || run[configured].is_bundle() {
        let containers: Vec<ResourceId> = replicas.iter().filter_map(|replica| replica.container).collect();
        let partner = container_for(run, dependent, &containers);
        return apply_to_partner(run, dependent, partner, id);
    }
    if !run[id].score.is_infinite() {
        let containers = replicas.iter().filter_map(|replica| replica.container).collect();
        return sum(containers, |container| apply_to_primitive(run, dependent, container, id));
    }
    let needs_promoted = run[id].primary_role == Some(Role::Promoted);
    let is_promoted = |child: Option<ResourceId>| child.is_some_and(|child| run[child].next_role == Role::Promoted);
    let fitting = replicas.iter().filter(|replica| !needs_promoted || is_promoted(replica.child));
    let containers = fitting.filter_map(|replica| replica.container).filter(|&container| !is_blocked(run, container));
    let hosts = containers.filter_map(|container| run[container].assigned).collect();
    keep_to(run, dependent, &hosts, id);
    Score::ZERO
}

/// The first container on the dependent's host, or on the best host that it may be on.
fn container_for(run: &Run<'_>, dependent: ResourceId, containers: &[ResourceId]) -> Option<ResourceId> {
    let host_of = |node: NodeId| {
        if run.cluster.is_bundle_node(node) {
            return run[run.cluster.launcher_of(node)?].assigned;
        }
        Some(node)
    };
    let on = |host: NodeId| {
        let fits = |&&container: &&ResourceId| run[container].assigned == Some(host) && !is_blocked(run, container);
        containers.iter().find(fits).copied()
    };
    if let Some(node) = run.cluster.single_assigned_node(dependent) {
        return host_of(node).and_then(on);
    }
    sorted(run, &run.cluster.allowed[dependent], None).into_iter().filter_map(host_of).find_map(on)
}
