//! Launchers, and the nodes that connections are for (RSC-61, RSC-62).

use crate::cluster::ResourceId;
use crate::run::Run;

/// Links every resource to its launcher and every top-level connection to its node.
pub(super) fn link_all(run: &mut Run<'_>) {
    for top in run.cluster.top.clone() {
        for leaf in run.cluster.leaves(top) {
            link_launcher(run, leaf);
        }
        if run[top].is_connection {
            link_connection(run, top);
        }
    }
}

fn link_launcher(run: &mut Run<'_>, resource: ResourceId) {
    let Some(name) = run[resource].meta("container").filter(|&name| name != run[resource].id) else { return };
    if let Some(launcher) = run.cluster.find(name) {
        run[resource].launcher = Some(launcher);
        if !run[launcher].launched.contains(&resource) {
            run[launcher].launched.push(resource);
        }
    }
}

/// Links a connection to the node of its name: a remote node starts unseen, a guest becomes one (RSC-61).
pub fn link_connection(run: &mut Run<'_>, connection: ResourceId) {
    let Some(node) = run.cluster.node_of_connection(connection) else { return };
    run[node].connection = Some(connection);
    if run[connection].launcher.is_none() {
        super::start_unclean(&mut run.cluster, node);
    } else {
        run[node].attributes.insert("#kind".to_owned(), "container".to_owned());
    }
}
