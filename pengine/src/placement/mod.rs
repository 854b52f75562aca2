//! Where: scores, colocations, and a node for every primitive (chapters 05 to 07).
//!
//! Constraints, stickiness and failures first go into each resource's table of nodes; then one resource after the other
//! is assigned, each after the primaries that it is colocated with. A primitive takes the best node of its table; groups,
//! clones and bundles assign their parts and have no node themselves.

mod assignment;
mod bundle;
mod choose;
mod clone;
mod colocated_set;
mod colocation;
mod commit;
mod compatible;
mod criteria;
mod demands;
mod draft;
mod group;
mod instance_order;
mod instances;
mod lines;
mod location;
mod node_order;
mod primitive;
mod promotion;
mod promotion_score;
mod resource_order;
mod scores;
mod utilization;

use crate::cib::PlacementStrategy;
use crate::cluster::ResourceId;
use crate::run::{Run, ScoreLine};

use assignment::{Request, assign};

pub use assignment::Mode;
pub use colocation::{Tails, colocate, with_this};
pub use commit::force_unassigned;
pub use compatible::{Partners, Phase, compatible_instance};
pub use criteria::{apply_health, apply_node_criteria};
pub(crate) use demands::Demands;
pub use location::add_location;
pub use scores::{add_score, ban_where, enter_node, insert_node, replace_table, set_score};

/// Assigns every resource (PLACE-1 phase 18).
pub fn assign_all(run: &mut Run<'_>) {
    if run.cluster.options.placement_strategy != PlacementStrategy::Default {
        resource_order::sort_top(run);
    }
    lines::note_capacities(run, |node, values| ScoreLine::OriginalCapacity { node, values });
    let connections_first = run.cluster.has_remote_nodes;
    let is_first = |run: &Run<'_>, top: ResourceId| connections_first && run[top].is_connection;
    let tops = run.cluster.top.clone();
    for &top in &tops {
        if is_first(run, top) {
            let target = run[top].partial_migration.map(|migration| migration.target);
            assign(run, Request { resource: top, preferred: target, mode: Mode::Final });
        }
    }
    for &top in &tops {
        if !is_first(run, top) {
            assign(run, Request { resource: top, preferred: None, mode: Mode::Final });
        }
    }
    lines::note_capacities(run, |node, values| ScoreLine::RemainingCapacity { node, values });
}
