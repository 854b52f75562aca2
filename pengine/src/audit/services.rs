//! What runs where: the primitives of a cluster by their configured ids, all instances of a clone together, and all that makes up a
//! bundle but what is inside.

use std::collections::{BTreeMap, BTreeSet};

use crate::cib::Cib;
use crate::cluster::{Cluster, ResourceId, Role};
use crate::{Settings, Snapshot};

/// Where the services of a cluster are active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Services(pub BTreeMap<String, Places>);

/// Where a service is active, and what it does there.
pub(super) type Places = BTreeMap<String, Role>;

impl Services {
    /// The services that a CIB tells of.
    pub fn of(cib: &Cib, settings: &Settings) -> Self {
        Self::in_cluster(&Snapshot::read(cib, settings).run.cluster)
    }

    /// The services of a cluster; what was removed from its configuration is none.
    pub fn in_cluster(cluster: &Cluster) -> Self {
        let mut services: BTreeMap<String, Places> = BTreeMap::new();
        for leaf in leaves(cluster) {
            let places = services.entry(service_of(cluster, leaf).to_owned()).or_default();
            for &node in cluster[leaf].active_on.iter().filter(|&&node| cluster[node].is_online_clean()) {
                let role = places.entry(cluster[node].name.clone()).or_default();
                *role = (*role).max(cluster[leaf].role);
            }
        }
        Self(services)
    }

    /// Where a service is active.
    pub fn nodes(&self, service: &str) -> BTreeSet<&str> {
        self.0.get(service).into_iter().flat_map(|places| places.keys()).map(String::as_str).collect()
    }

    /// Whether a service is promoted anywhere.
    pub fn has_promoted(&self, service: &str) -> bool {
        self.0.get(service).is_some_and(|places| places.values().any(|&role| role == Role::Promoted))
    }
}

/// The configured primitives of a cluster.
pub(super) fn leaves(cluster: &Cluster) -> impl Iterator<Item = ResourceId> {
    let leaves = cluster.top.iter().flat_map(|&top| cluster.leaves(top));
    leaves.filter(|&leaf| !cluster[leaf].removed)
}

/// The service that a primitive is, or is part of; what is inside a bundle is one of its own.
pub(super) fn service_of(cluster: &Cluster, leaf: ResourceId) -> &str {
    let is_inside = || cluster.ancestry(leaf).any(|at| cluster[at].is_clone());
    let bundle = cluster.bundle_of(leaf).filter(|_| !is_inside());
    &cluster[bundle.unwrap_or(leaf)].xml_id
}
