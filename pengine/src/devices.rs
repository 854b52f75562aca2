//! Who can fence: the configured devices with their parameters, and the levels in which they are tried for a node.
//!
//! The policy engine decides that a node is to be fenced; whoever carries that out asks here by what.

use std::collections::BTreeMap;

use crate::Snapshot;
use crate::cib::{ElementRef, parse_integer};
use crate::cluster::build::parameters;
use crate::cluster::{NodeId, ResourceId};
use crate::constraints::extended_pattern;

/// A configured fence device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceDevice {
    /// The id of its resource.
    pub id: String,
    /// The name of its agent, as `fence_ipmilan`.
    pub agent: String,
    /// Its parameters, those for the cluster (`pcmk_…`) among them.
    pub parameters: BTreeMap<String, String>,
    /// The names of the nodes that it is active on; one of them should use it.
    pub active_on: Vec<String>,
}

impl Snapshot<'_> {
    /// All fence devices that are not disabled, in the order of the configuration.
    #[must_use]
    pub fn fence_devices(&mut self) -> Vec<FenceDevice> {
        let cluster = &self.run.cluster;
        let is_device = |&id: &ResourceId| {
            let resource = &cluster[id];
            let disabled = resource.meta("target-role").is_some_and(|role| role.eq_ignore_ascii_case("stopped"));
            resource.is_primitive() && resource.meta("class") == Some("stonith") && !resource.removed && !disabled
        };
        let devices: Vec<ResourceId> = cluster.resources.ids().filter(is_device).collect();
        devices.into_iter().map(|id| self.fence_device(id)).collect()
    }

    fn fence_device(&mut self, id: ResourceId) -> FenceDevice {
        let parameters = parameters(&mut self.run, id, None);
        let resource = &self.run[id];
        FenceDevice {
            id: resource.id.clone(),
            agent: resource.meta("type").unwrap_or_default().to_owned(),
            parameters: parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            active_on: resource.active_on.iter().map(|&node| self.run[node].name.clone()).collect(),
        }
    }

    /// The ids of devices to fence a node with, level by level: all of a level are needed, and the first level that works is enough.
    ///
    /// Levels of the node's name go before those of a pattern, and these before those of one of its attributes. Empty if the
    /// configuration has no level for the node: then any device that can fence it will do.
    #[must_use]
    pub fn fencing_levels(&self, node: &str) -> Vec<Vec<String>> {
        let configuration = self.run.cib.root().child("configuration");
        let topology = configuration.and_then(|at| at.child("fencing-topology"));
        let levels: Vec<ElementRef<'_>> =
            topology.into_iter().flat_map(|topology| topology.children_named("fencing-level")).collect();
        let id = self.run.cluster.node_named(node);
        let by_name = |level: &ElementRef<'_>| level.attr("target").is_some_and(|target| target.eq_ignore_ascii_case(node));
        let by_pattern = |level: &ElementRef<'_>| {
            let pattern = level.attr("target-pattern").and_then(extended_pattern);
            pattern.is_some_and(|pattern| pattern.is_match(node))
        };
        let by_attribute = |level: &ElementRef<'_>| id.is_some_and(|id| self.has_value(id, *level));
        let ways: [&dyn Fn(&ElementRef<'_>) -> bool; 3] = [&by_name, &by_pattern, &by_attribute];
        let mut found = ways.into_iter().map(|is_meant| levels.iter().copied().filter(is_meant).collect::<Vec<_>>());
        let meant = found.find(|levels| !levels.is_empty()).unwrap_or_default();
        (1..=9).map(|index| devices_of(&meant, index)).filter(|devices| !devices.is_empty()).collect()
    }

    fn has_value(&self, node: NodeId, level: ElementRef<'_>) -> bool {
        let wanted = level.attr("target-attribute").zip(level.attr("target-value"));
        wanted.is_some_and(|(name, value)| self.run[node].attribute(name) == Some(value))
    }
}

fn devices_of(levels: &[ElementRef<'_>], index: i64) -> Vec<String> {
    let is_meant = |level: &&ElementRef<'_>| level.attr("index").and_then(parse_integer) == Some(index);
    let lists = levels.iter().filter(is_meant).filter_map(|level| level.attr("devices"));
    let names = lists.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::{Cib, Settings, Snapshot};

    #[test]
    fn levels_of_the_name_go_before_those_of_a_pattern_and_of_an_attribute() {
        let cib = Cib::parse(
            r#"<cib validate-with="pacemaker-4.0"><configuration>
                 <nodes>
                   <node id="1" uname="a"><instance_attributes id="s"><nvpair id="r" name="rack" value="1"/></instance_attributes></node>
                   <node id="2" uname="b1"/>
                 </nodes>
                 <resources>
                   <primitive id="ipmi" class="stonith" type="fence_ipmilan">
                     <instance_attributes id="p"><nvpair id="h" name="pcmk_host_list" value="a"/></instance_attributes>
                   </primitive>
                   <primitive id="other" class="ocf" provider="heartbeat" type="Dummy"/>
                 </resources>
                 <fencing-topology>
                   <fencing-level id="1" target="A" index="2" devices="pdu1, pdu2"/>
                   <fencing-level id="2" target="a" index="1" devices="ipmi"/>
                   <fencing-level id="3" target-pattern="^b[0-9]$" index="1" devices="disk"/>
                   <fencing-level id="4" target-attribute="rack" target-value="1" index="1" devices="rack"/>
                 </fencing-topology>
               </configuration></cib>"#,
        );
        let (cib, settings) = (cib.unwrap(), Settings::default());
        let mut snapshot = Snapshot::read(&cib, &settings);
        assert_eq!(snapshot.fencing_levels("a"), [vec!["ipmi"], vec!["pdu1", "pdu2"]]);
        assert_eq!(snapshot.fencing_levels("b1"), [["disk"]]);
        assert!(snapshot.fencing_levels("c").is_empty());
        let devices = snapshot.fence_devices();
        assert_eq!(
            devices.iter().map(|device| (device.id.as_str(), device.agent.as_str())).collect::<Vec<_>>(),
            [("ipmi", "fence_ipmilan")]
        );
        assert_eq!(devices[0].parameters.get("pcmk_host_list").map(String::as_str), Some("a"));
    }
}
