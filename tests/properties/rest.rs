//! A cluster comes to rest: carried out to its end a few times, a transition leaves nothing to do.

use std::collections::BTreeSet;

use pengine::record::StatusSection;
use pengine::report::document::PrimitiveStatus;
use pengine::simulate::{SessionOptions, simulate};
use pengine::transition::{ElementKind, Transition};
use pengine::{Cib, Snapshot};
use pengine_tests::REAL_NOW;
use proptest::prelude::*;

use crate::graph::{Action, Graph};
use crate::places::is_banned;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, Fencing, History, Kind, NodeState, Part, PartRole, RandomCluster, Resource, clusters};
use crate::{config, parse, settings};

/// How often a cluster may have to be scheduled before there is nothing left to do.
const ROUNDS: usize = 4;

/// Schedules and carries the transition out: the transition, and whether all of it could be done.
fn carry_out(cib: &mut Cib) -> (Transition, bool) {
    let wanted = SessionOptions { process: true, execute: true, transition: true, ..SessionOptions::default() };
    let options = SessionOptions { real_now: REAL_NOW, ..wanted };
    let session = simulate(cib.clone(), &options).expect("the states of all nodes are known");
    let transition = session.transition.expect("it was asked for");
    *cib = session.cib;
    forget_guests(cib, &transition);
    (transition, session.complete)
}

/// Forgets what ran on guests that are fenced, which a simulation does not (SIM-115).
fn forget_guests(cib: &mut Cib, transition: &Transition) {
    let mut section = StatusSection::new(cib, false);
    let graph = Graph::of(transition);
    for fencing in graph.fencings().filter(|fencing| fencing.kind == ElementKind::Pseudo) {
        if let Ok(state) = section.node_state(&fencing.resource, None) {
            section.forget(state);
        }
    }
}

/// What an action would change if it were the only one; nothing if it comes again in every round. An instance that may not start leaves
/// pseudo-actions behind, which do nothing; a simulated shutdown takes no node off, and simulated ends of repetitions and failures leave them
/// in the history (SIM-114); what can't be done is announced all the same, each time (the older program does it, too).
fn change(action: &Action, plan: &Plan<'_>, (transition, rest): (&Transition, &Graph), cib: &Cib) -> Option<String> {
    let is_done = |task: &str| rest.actions.iter().any(|action| action.is_real() && action.task == task);
    let changes = action.kind != ElementKind::Pseudo
        && match action.task.as_str() {
            "do_shutdown" | "cancel" | "clear_failcount" => false,
            "stonith" => !is_lost_for_good(plan, cib, &action.resource),
            "start" => !is_started_out_of_reach(plan, &action.resource),
            "monitor" => !is_watched_anew(plan, cib, &action.resource) && !is_started_out_of_reach(plan, &action.resource),
            "notify" => transition.synapses[action.at].action.detail("CRM_meta_notify_operation").is_some_and(is_done),
            _ => true,
        };
    changes.then(|| action.key())
}

/// Whether a connection failed, which stays known on the node where it did: as long as it is, what runs a guest is restarted for it, even if
/// it is elsewhere by then (HIST-56), and a remote node is fenced (HIST-57), of which a simulation leaves no mark.
fn remembers_lost_connection(cluster: &RandomCluster) -> bool {
    let has_consequence = |part: &&Part| match part.role {
        PartRole::Remote => cluster.options.fencing != Fencing::Disabled,
        role => role.is_connection(),
    };
    let mut connections = cluster.parts().filter(has_consequence);
    connections.any(|part| cluster.nodes().any(|node| cluster.history(part, node).failure(part).is_some()))
}

/// Whether an instance is meant to start and can't, since a node only joins where it has to be looked for first (ORD-60), since something is
/// left alone, or since it has no partner among those that come before it (INST-64): what comes after the instances is restarted for it each
/// time.
fn waits_for_an_instance(plan: &Plan<'_>) -> bool {
    let cluster = plan.cluster;
    let joins = cluster.members.contains(&NodeState::Pending);
    let is_many = |&number: &usize| {
        let is_hindered = cluster.parts_of(number).iter().any(|part| plan.is_hindered(part));
        let is_waiting = joins || is_hindered || plan.may_lack_partners(number);
        cluster.resources[number].is_collective() && is_waiting
    };
    let mut constraints = cluster.constraints.iter();
    constraints.any(|constraint| match constraint {
        Constraint::Order { pair, .. } => is_many(&pair.primary),
        Constraint::OrderSet { resources, .. } => resources.iter().any(is_many),
        _ => false,
    })
}

/// Whether a guest ought to be given up and can't, since what launches it is left alone (FENCE-37), while there are instances of groups: as
/// it never counts as known that they were not there, their starts wait for that in vain (FENCE-26), and who is started nevertheless is stopped.
fn waits_for_a_guest(plan: &Plan<'_>) -> bool {
    let is_guest = |node: &usize| plan.cluster.link(*node).is_some_and(|link| link.launcher.is_some());
    let is_kept = plan.cluster.nodes().filter(is_guest).any(|node| plan.is_left_unclean(node));
    is_kept && plan.cluster.resources.iter().any(Resource::has_groups)
}

/// Whether one of the instances that share a name migrates to a node whose history is read only after others have been given their numbers:
/// the migration then is taken for that of another instance (HIST-4).
fn migrates_instance_out(plan: &Plan<'_>, graph: &Graph) -> bool {
    let is_shared = |name: &str| plan.cluster.parts().any(|part| !part.is_single && part.is_called(name));
    let is_out = |node: usize| plan.cluster.link(node).is_some();
    let mut arrivals = graph.done().filter(|action| action.task == "migrate_from");
    arrivals.any(|arrival| is_shared(&arrival.resource) && plan.node_of(arrival).is_some_and(is_out))
}

/// Whether a remote node is fenced again each time, since its connection can neither be made anew nor end (FENCE-46): a simulation leaves no
/// mark on it.
fn is_lost_for_good(plan: &Plan<'_>, cib: &Cib, node: &str) -> bool {
    let mut remotes = plan.cluster.parts().filter(|part| part.role == PartRole::Remote && part.name == node);
    remotes.any(|part| Plan::at(plan.cluster, cib).is_hindered(part))
}

/// Whether a start is under way on a node of which nothing more is heard: it goes on each time, wherever that may be by now (ACT-50).
fn is_started_out_of_reach(plan: &Plan<'_>, name: &str) -> bool {
    let cluster = plan.cluster;
    let is_out_of_reach = |part: &Part, node: usize| !cluster.obeys(node) && cluster.history(part, node) == History::StartPending;
    let mut parts = cluster.parts().filter(|part| part.is_called(name));
    parts.any(|part| cluster.nodes().any(|node| is_out_of_reach(part, node)))
}

/// Whether a primitive is left alone although it ought to be started anew, since it failed, is active twice, is on a guest that is given up, or
/// is in the middle of something of which a simulation never tells how it ended: it is to be watched anew each time (ACT-63).
fn is_watched_anew(plan: &Plan<'_>, cib: &Cib, name: &str) -> bool {
    let settings = settings();
    let status = Snapshot::read(cib, &settings).status();
    let is_left_alone = |part: &&Part| part.is_called(name) && plan.is_partly_left_alone(part);
    let parts: Vec<&Part> = plan.cluster.parts().filter(is_left_alone).collect();
    // Connections to guests are not part of the status.
    if parts.iter().any(|part| plan.is_starting(part)) {
        return true;
    }
    let primitives = status.primitives().into_iter().filter(|primitive| primitive.id == name || primitive.name == name);
    let mut left_alone = primitives.filter(|primitive| !parts.is_empty() || !primitive.managed || primitive.blocked);
    let is_out_of_reach = |primitive: &PrimitiveStatus| primitive.nodes.iter().any(|node| !node.online);
    left_alone.any(|primitive| {
        primitive.failed || primitive.nodes.len() > 1 || primitive.pending.is_some() || is_out_of_reach(primitive)
    })
}

/// A primitive that may run only once and is active on several nodes, although the cluster takes care of it; unless its stop waits for
/// something that is left alone (ORD-66), or it was on a guest that nobody knew of: where that is started it is found again, since a
/// simulation forgets nothing.
fn active_twice(plan: &Plan<'_>, cib: &Cib) -> Option<String> {
    let settings = settings();
    let status = Snapshot::read(cib, &settings).status();
    let is_known = |part: &Part| plan.cluster.may_be_active_on(part).all(|node| plan.knows(node));
    let is_single = |part: &&Part| part.is_single && is_known(part) && !plan.is_partly_left_alone(part);
    let singles: Vec<_> = plan.cluster.parts().filter(is_single).collect();
    let twice = status
        .primitives()
        .into_iter()
        .filter(|primitive| {
            primitive.managed && !primitive.blocked && primitive.nodes.iter().filter(|node| node.online).count() > 1
        })
        .map(|primitive| primitive.id.clone());
    let is_hindered = |part: &Part| Plan::at(plan.cluster, cib).is_hindered(part);
    twice.into_iter().find(|name| singles.iter().any(|part| part.name == *name && !is_hindered(part)))
}

/// Whether something is watched where it has just been stopped, since a connection that is started begins again all that was repeated behind
/// it (FENCE-46); a simulation finds it there.
fn is_watched_in_vain(graph: &Graph, name: &str) -> bool {
    let of_it = || graph.done().filter(|action| action.resource == name);
    let happens = |task: &str, watch: &Action| of_it().any(|action| action.task == task && action.node == watch.node);
    of_it().any(|watch| watch.interval > 0 && happens("stop", watch) && !happens("start", watch))
}

/// A primitive that is active, when all is at rest, where a location bans it, likewise.
fn where_banned(plan: &Plan<'_>, cib: &Cib) -> Option<String> {
    let cluster = plan.cluster;
    let settings = settings();
    let status = Snapshot::read(cib, &settings).status();
    let is_banned = |part: &Part, name: &str| {
        let mut obeying = cluster.nodes().filter(|&node| cluster.obeys(node));
        obeying.any(|node| cluster.node_name(node) == name && is_banned(cluster, part.resource, node))
    };
    let found = |part: &Part| {
        let primitives = status.primitives().into_iter().filter(|primitive| primitive.managed && part.is_called(&primitive.id));
        primitives.flat_map(|primitive| &primitive.nodes).any(|node| is_banned(part, &node.name))
    };
    let mut parts = cluster.parts().filter(|part| part.role.is_located() && !plan.is_partly_left_alone(part) && found(part));
    parts.find(|part| !Plan::at(cluster, cib).is_hindered(part)).map(|part| part.name.clone())
}

/// Clusters without constraints that keep them from coming to rest.
fn settling_clusters() -> impl Strategy<Value = RandomCluster> {
    clusters().prop_map(|mut cluster| {
        let RandomCluster { constraints, resources, .. } = &mut cluster;
        let mut pairs = BTreeSet::new();
        let shuns = constraints.iter().any(|constraint| shunned(constraint).is_some());
        let attracts = |constraint: &Constraint| shuns && attracts_at_first(constraint, resources);
        constraints.retain(|constraint| {
            !is_unwelcome(constraint, resources) && !attracts(constraint) && !contradicts(constraint, &mut pairs)
        });
        cluster
    })
}

/// What is not welcome somewhere, but may be there if something else wants it.
fn shunned(constraint: &Constraint) -> Option<&usize> {
    match constraint {
        Constraint::Location { resource, score: "-100", .. } | Constraint::LocationElsewhere { resource, score: "-100", .. } => {
            Some(resource)
        }
        _ => None,
    }
}

/// Whether it draws something to a place for the sake of what is not critical, which counts only until it is active (COLO-45).
fn attracts_at_first(constraint: &Constraint, resources: &[Resource]) -> bool {
    matches!(constraint, Constraint::Colocation { pair, .. } if resources[pair.dependent].meta.is_dispensable)
}

/// Whether it keeps a clone or bundle away from something: where the others are is not known yet when an instance is assigned (COLO-61), and
/// an instance that is unwelcome on its own node is not known again there.
fn is_unwelcome(constraint: &Constraint, resources: &[Resource]) -> bool {
    let is_many =
        |&number: &usize| !matches!(resources[number].kind, Kind::Primitive | Kind::Remote | Kind::Guest | Kind::Group { .. });
    match constraint {
        Constraint::Location { .. } | Constraint::LocationElsewhere { .. } => shunned(constraint).is_some_and(is_many),
        Constraint::Colocation { pair, score } => score.starts_with('-') && (is_many(&pair.dependent) || is_many(&pair.primary)),
        Constraint::ColocationSet { resources, score, .. } => score.starts_with('-') && resources.iter().any(is_many),
        _ => false,
    }
}

/// Whether it may contradict another colocation, so that neither place is good enough to stay (COLO-24).
fn contradicts(constraint: &Constraint, pairs: &mut BTreeSet<(usize, usize)>) -> bool {
    match constraint {
        Constraint::Colocation { pair, .. } => !pairs.insert((pair.dependent, pair.primary)),
        Constraint::ColocationSet { .. } => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn a_cluster_comes_to_rest(cluster in settling_clusters()) {
        let (plan, mut cib) = (Plan::of(&cluster), parse(&cluster.to_xml()));
        if remembers_lost_connection(&cluster) {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let before = Plan::at(&cluster, &cib);
            if waits_for_an_instance(&before) || waits_for_a_guest(&before) {
                return Ok(());
            }
            let (transition, is_complete) = carry_out(&mut cib);
            let graph = Graph::of(&transition);
            prop_assert_eq!(is_complete, graph.stuck().next().is_none(), "what can be done is done to the end");
            if !is_complete {
                // What waits in vain does so in every round; whether it may is another property.
                return Ok(());
            }
            if migrates_instance_out(&plan, &graph) {
                return Ok(());
            }
            let waited = |name: &String| cluster.parts().any(|part| part.is_called(name) && before.is_hindered(part));
            let twice = active_twice(&plan, &cib).filter(|name| !is_watched_in_vain(&graph, name) && !waited(name));
            prop_assert_eq!(twice, None);
        }
        let before = cib.clone();
        let (transition, _) = carry_out(&mut cib);
        let rest = Graph::of(&transition);
        let left = rest.actions.iter().filter_map(|action| change(action, &plan, (&transition, &rest), &before));
        let left: Vec<String> = left.collect();
        prop_assert!(left.is_empty(), "still to do after {} rounds: {:?}", ROUNDS, left);
        prop_assert_eq!(where_banned(&plan, &cib), None);
    }
}
