//! State of remote and guest nodes, which follows from their connections (STATE section 10).

use crate::cib::{ElementRef, is_true, parse_integer};
use crate::cluster::{NodeId, ResourceId, Role};
use crate::run::Run;

/// Finds out from its connection whether a node is online (STATE-53).
pub(super) fn update_online(run: &mut Run<'_>, node: NodeId) {
    let Some(connection) = run[node].connection else {
        run[node].online = false;
        return;
    };
    let launcher = run[connection].launcher;
    if run[connection].role == Role::Started {
        run[node].online = true;
        if run[connection].next_role == Role::Stopped {
            run[node].shutting_down = true;
        }
    }
    let is_stopped = |resource: ResourceId| run[resource].role == Role::Stopped;
    if launcher.is_some_and(|launcher| run[launcher].failed) {
        run[node].online = false;
        run[node].reset_needed = true;
    } else if run[connection].failed {
        run[node].online = false;
    } else if is_stopped(connection) || launcher.is_some_and(is_stopped) {
        run[node].online = false;
        run[node].reset_needed = false;
    } else if launcher.is_some()
        && let [host] = run[connection].active_on[..]
        && !run[host].online
        && run[host].unclean
    {
        run[node].online = false;
        run[node].reset_needed = true;
    }
}

/// Reads the attributes and flags of a node's `node_state` (STATE-54).
pub(super) fn read_state(run: &mut Run<'_>, node: NodeId, state: ElementRef<'_>) {
    run[node].recorded_maintenance = is_positive(state.attr("node_in_maintenance"));
    if !run[node].reset_needed {
        run[node].unclean = false;
        run[node].seen = true;
    }
    super::attributes::add_transient(run, node, Some(state));
    let connection_unmanaged = run[node].connection.is_some_and(|connection| !run[connection].managed);
    let discovery_counts = run.cluster.is_guest(node) || run.cluster.options.fencing_enabled;
    let at = &mut run[node];
    let holds = |name: &str| at.attribute(name).is_some_and(is_true);
    let (standby, maintenance) = (holds("standby"), holds("maintenance") || connection_unmanaged);
    let no_probes = discovery_counts && at.attribute("resource-discovery-enabled").is_some_and(|text| !is_true(text));
    at.shutting_down |= super::is_shutdown_requested(at);
    at.standby |= standby;
    at.maintenance |= maintenance;
    at.probes &= !no_probes;
}

/// Whether an attribute is an integer above 0.
pub(super) fn is_positive(text: Option<&str>) -> bool {
    text.and_then(parse_integer).is_some_and(|number| number > 0)
}
