//! Lines for the score output, in the order of events (PLACE section 14).

use crate::cib::NameValues;
use crate::cluster::{NodeId, ResourceId};
use crate::compat;
use crate::run::{AssignStep, Run, ScoreLine};

/// Notes the scores of a resource and all below it (PLACE-98).
pub(super) fn note_scores(run: &mut Run<'_>, step: AssignStep, resource: ResourceId) {
    if !(run.settings.keep_scores || run.settings.keep_causes) || run[resource].removed {
        return;
    }
    let Run { cluster, scores, ledger, .. } = run;
    let table = &cluster.allowed[resource];
    let known = cluster.node_order.iter().filter_map(|&node| Some((node, table.score(node)?)));
    if let Some(ledger) = ledger {
        ledger.show(step, resource, known.clone().collect());
    }
    if run.settings.keep_scores {
        scores.extend(known.map(|(node, score)| ScoreLine::Assignment { step, resource, node, score }));
    }
    for child in run[resource].children.clone() {
        note_scores(run, step, child);
    }
}

/// Notes the capacity of every node but those of bundles, before or after assignment (PLACE-103).
pub(super) fn note_capacities(run: &mut Run<'_>, line: impl Fn(NodeId, Vec<(String, String)>) -> ScoreLine) {
    if !run.settings.keep_utilization {
        return;
    }
    for node in run.cluster.node_order.clone() {
        if !run.cluster.is_bundle_node(node) {
            let values = in_table_order(&run[node].utilization);
            run.scores.push(line(node, values));
        }
    }
}

/// Notes what a resource uses of the node it was given (PLACE-104).
pub(super) fn note_utilization(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    if run.settings.keep_utilization {
        let values = in_table_order(&run[resource].utilization);
        run.scores.push(ScoreLine::Utilization { resource, node, values });
    }
}

fn in_table_order(values: &NameValues) -> Vec<(String, String)> {
    let names: Vec<&str> = values.names().collect();
    let order = compat::table_order(&names);
    let pairs: Vec<_> = values.iter().collect();
    order.into_iter().filter_map(|index| pairs.get(index)).map(|(name, value)| (name.to_string(), value.to_string())).collect()
}
