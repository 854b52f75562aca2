//! Which resource a history belongs to (HIST sections 3 and 4).

use crate::cib::ElementRef;
use crate::cluster::build::add_instance;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// The configured primitive that a history name on a node belongs to (HIST-13 to HIST-20).
pub(super) fn find(run: &mut Run<'_>, node: NodeId, name: &str) -> Option<ResourceId> {
    let base = base_name(name);
    let hint = match run.cluster.find(name) {
        Some(found) => found,
        None => run.cluster.find(&format!("{base}:0")).filter(|&instance| !run[instance].unique)?,
    };
    if !run[hint].is_primitive() {
        return None;
    }
    let top = run.cluster.top_of(hint);
    let resource = if !run.cluster.is_anonymous_clone(top) {
        hint
    } else if let Some(bundle) = run[top].parent {
        let mut replicas = run[bundle].bundle()?.replicas.iter();
        replicas.find(|replica| replica.node == Some(node))?.child?
    } else {
        choose_instance(run, top, base, node)?
    };
    if run[resource].id != name && run[resource].history_name.as_deref() != Some(name) {
        run.cluster.set_history_name(resource, Some(name));
    }
    Some(resource)
}

/// A name without the number of an instance: `a:1` is of `a`; `a:b` and `a:` keep theirs (RSC-121).
pub(super) fn base_name(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((base, digits)) if !base.is_empty() && is_number(digits) => base,
        _ => name,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The instance of an anonymous clone that a history on a node is taken for (HIST-17). Its own number plays no part.
fn choose_instance(run: &mut Run<'_>, clone: ResourceId, base: &str, node: NodeId) -> Option<ResourceId> {
    let chosen = match active_instance(run, clone, base, node) {
        Active::Is(resource) => Some(resource),
        // A second active history of the clone on this node must not take a number away from another node.
        Active::Taken => None,
        Active::No => free_instance(run, clone, base),
    };
    let is_wasted = |resource: ResourceId| {
        let clone_max = run[clone].clone_config().map_or(0, |config| config.max as usize);
        !run[resource].needs_fencing()
            && !run[node].is_online_clean()
            && !run.cluster.is_guest(node)
            && clone_max != run.cluster.nodes.len()
    };
    if let Some(resource) = chosen.filter(|&resource| !is_wasted(resource)) {
        return Some(resource);
    }
    let instance = add_instance(run, clone)?;
    part_named(run, instance, base)
}

/// Whether an instance is on the node already.
enum Active {
    /// With the wanted primitive not yet active anywhere.
    Is(ResourceId),
    /// With the wanted primitive active.
    Taken,
    No,
}

fn active_instance(run: &Run<'_>, clone: ResourceId, base: &str, node: NodeId) -> Active {
    let mut taken = false;
    for &instance in run.history.caches.instances.get(&(clone, node)).into_iter().flatten() {
        if run.cluster.active_or_pending_nodes(instance).first() != Some(&node) {
            continue;
        }
        match part_named(run, instance, base) {
            Some(part) if run[part].active_on.is_empty() => return Active::Is(part),
            Some(_) => taken = true,
            None => {}
        }
    }
    if taken { Active::Taken } else { Active::No }
}

/// The first instance that is nowhere. As none becomes free again, the search goes on where it ended last time.
fn free_instance(run: &mut Run<'_>, clone: ResourceId, base: &str) -> Option<ResourceId> {
    let is_free = |run: &Run<'_>, instance: ResourceId| run.cluster.active_or_pending_nodes(instance).is_empty();
    let mut first = run.history.caches.first_free.get(&clone).copied().unwrap_or(0);
    while run[clone].children.get(first).is_some_and(|&instance| !is_free(run, instance)) {
        first += 1;
    }
    run.history.caches.first_free.insert(clone, first);
    let candidates = run[clone].children.get(first..).unwrap_or_default().iter().copied();
    let mut free = candidates.filter(|&instance| !run[instance].blocked && is_free(run, instance));
    free.find_map(|instance| part_named(run, instance, base))
}

fn part_named(run: &Run<'_>, instance: ResourceId, name: &str) -> Option<ResourceId> {
    let mut parts = run.cluster.tree_of(instance).into_iter();
    parts.find(|&part| run[part].is_primitive() && (run[part].id == name || run[part].xml_id == name))
}

/// Notes that an instance of an anonymous clone is on a node, or has an action pending there.
pub(super) fn note_place(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    let top = run.cluster.top_of(resource);
    if !run.cluster.is_anonymous_clone(top) {
        return;
    }
    let Some(instance) = run.cluster.ancestry(resource).find(|&at| run[at].parent == Some(top)) else { return };
    let instances = run.history.caches.instances.entry((top, node)).or_default();
    if let Err(place) = instances.binary_search(&instance) {
        instances.insert(place, instance);
    }
}

/// Links removed resources to the containers that their histories name (HIST-7).
pub(super) fn link_removed(run: &mut Run<'_>, list: ElementRef<'_>) {
    for history in list.children_named("lrm_resource") {
        let (Some(id), Some(container)) = (history.id(), history.attr("container")) else { continue };
        let (Some(launcher), Some(resource)) = (run.cluster.find(container), run.cluster.find(id)) else { continue };
        if run[resource].removed_launched && run[resource].launcher.is_none() {
            run[resource].launcher = Some(launcher);
            run[launcher].launched.push(resource);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn only_a_number_behind_a_colon_is_an_instance() {
        assert_eq!(base_name("a:12"), "a");
        assert_eq!(base_name("a:b1"), "a:b1");
        assert_eq!(base_name("a:"), "a:");
        assert_eq!(base_name(":1"), ":1");
    }
}
