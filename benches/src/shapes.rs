//! Clusters of one unbroken shape, as large as one likes: where something grows with the square, they show it.

use super::put;

/// What a cluster is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One group.
    Group,
    /// Primitives, each with the one before it.
    Colocations,
    /// Primitives, each after the one before it.
    Orders,
    /// As colocations, with something that each of them needs a node's capacity for.
    Utilization,
    /// Four interleaved clones one after the other, with an instance on each node.
    PairedClones,
}

impl Shape {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("one group", Shape::Group),
        ("colocations", Shape::Colocations),
        ("orders", Shape::Orders),
        ("utilization", Shape::Utilization),
        ("paired clones", Shape::PairedClones),
    ];

    /// A cluster of this shape with so many primitives, on two nodes or, for clones, on a quarter as many as there are instances.
    #[must_use]
    pub fn cib(self, size: usize) -> String {
        let nodes = if self == Shape::PairedClones { size / 4 } else { 2 };
        let (resources, constraints) = self.configuration(size);
        let (mut node_list, mut status) = (String::new(), String::new());
        for id in 1..=nodes {
            let capacity = "<nvpair id=\"c\" name=\"units\" value=\"1000000\"/>";
            put(&mut node_list, format_args!("<node id=\"{id}\" uname=\"n{id}\"><utilization>{capacity}</utilization></node>"));
            put(
                &mut status,
                format_args!(
                    "<node_state id=\"{id}\" uname=\"n{id}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
                ),
            );
        }
        let strategy = if self == Shape::Utilization { "balanced" } else { "default" };
        format!(
            "<cib crm_feature_set=\"3.20.5\" validate-with=\"pacemaker-4.0\" epoch=\"1\" num_updates=\"1\" admin_epoch=\"0\" \
             have-quorum=\"1\"><configuration><crm_config><cluster_property_set id=\"options\">\
             <nvpair id=\"fencing\" name=\"fencing-enabled\" value=\"false\"/>\
             <nvpair id=\"strategy\" name=\"placement-strategy\" value=\"{strategy}\"/></cluster_property_set></crm_config>\
             <nodes>{node_list}</nodes><resources>{resources}</resources><constraints>{constraints}</constraints>\
             </configuration><status>{status}</status></cib>"
        )
    }

    fn configuration(self, size: usize) -> (String, String) {
        let (mut resources, mut constraints) = (String::new(), String::new());
        let count = if self == Shape::PairedClones { 4 } else { size };
        for at in 0..count {
            self.add_resource(&mut resources, at);
            if at > 0 {
                self.add_constraint(&mut constraints, at);
            }
        }
        if self == Shape::Group {
            resources = format!("<group id=\"g\">{resources}</group>");
        }
        (resources, constraints)
    }

    fn add_resource(self, resources: &mut String, at: usize) {
        let inside = match self {
            Shape::Utilization => {
                format!("<utilization id=\"u{at}\"><nvpair id=\"v{at}\" name=\"units\" value=\"1\"/></utilization>")
            }
            _ => String::new(),
        };
        let primitive =
            format!("<primitive id=\"r{at}\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\">{inside}</primitive>");
        match self {
            Shape::PairedClones => put(
                resources,
                format_args!(
                    "<clone id=\"k{at}\"><meta_attributes id=\"m{at}\"><nvpair id=\"i{at}\" name=\"interleave\" value=\"true\"/>\
                     </meta_attributes>{primitive}</clone>"
                ),
            ),
            _ => resources.push_str(&primitive),
        }
    }

    fn add_constraint(self, constraints: &mut String, at: usize) {
        let before = at - 1;
        match self {
            Shape::Group => {}
            Shape::Orders => put(constraints, format_args!("<rsc_order id=\"o{at}\" first=\"r{before}\" then=\"r{at}\"/>")),
            Shape::PairedClones => put(constraints, format_args!("<rsc_order id=\"o{at}\" first=\"k{before}\" then=\"k{at}\"/>")),
            Shape::Colocations | Shape::Utilization => put(
                constraints,
                format_args!("<rsc_colocation id=\"c{at}\" rsc=\"r{at}\" with-rsc=\"r{before}\" score=\"INFINITY\"/>"),
            ),
        }
    }
}
