//! Small clusters of primitives that prefer nodes and each other.

use std::fmt;

use pengine_tests::{Arrangement, Element};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

/// Names of nodes, whose order by bytes is not that by numbers.
pub const NODES: [&str; 4] = ["n10", "n2", "n1", "n3"];

/// Names of resources, whose order is not that of the document.
pub const RESOURCES: [&str; 7] = ["m", "c", "x", "a", "q", "f", "k"];

/// Primitives by number, and nodes likewise.
#[derive(Clone)]
pub struct SmallCluster {
    /// Whether each node may be used; one that may not is in standby.
    pub nodes: Vec<bool>,
    pub primitives: Vec<Primitive>,
    pub locations: Vec<Location>,
    pub colocations: Vec<Colocation>,
}

#[derive(Debug, Clone)]
pub struct Primitive {
    pub priority: i32,
    pub stickiness: i32,
    pub active_on: Option<usize>,
    pub is_managed: bool,
    pub is_wanted: bool,
    pub is_critical: bool,
}

#[derive(Debug, Clone)]
pub struct Location {
    pub primitive: usize,
    pub node: usize,
    pub score: i32,
}

#[derive(Debug, Clone)]
pub struct Colocation {
    pub dependent: usize,
    pub primary: usize,
    pub score: i32,
}

/// As scores are written.
const INFINITY: i32 = 1_000_000;

pub fn small_clusters() -> impl Strategy<Value = SmallCluster> {
    let nodes = vec(prop::bool::weighted(0.2).prop_map(|is_off| !is_off), 1..=NODES.len());
    let parts = (nodes, vec(primitive(), 1..=RESOURCES.len()), vec(location(), 0..=8), vec(colocation(), 0..=8));
    parts.prop_map(|(nodes, mut primitives, mut locations, mut colocations)| {
        for primitive in &mut primitives {
            primitive.active_on = primitive.active_on.map(|node| node % nodes.len());
        }
        for location in &mut locations {
            location.primitive %= primitives.len();
            location.node %= nodes.len();
        }
        for colocation in &mut colocations {
            colocation.dependent %= primitives.len();
            colocation.primary %= primitives.len();
        }
        SmallCluster { nodes, primitives, locations, colocations }
    })
}

fn primitive() -> impl Strategy<Value = Primitive> {
    let numbers = (prop_oneof![4 => Just(0), 1 => Just(5), 1 => Just(-5)], select(&[0, 1, 100, INFINITY, -100][..]));
    let state = (weighted(0.5, 0..NODES.len()), prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (numbers, state).prop_map(|((priority, stickiness), (active_on, is_unmanaged, is_unwanted, is_dispensable))| Primitive {
        priority,
        stickiness,
        active_on,
        is_managed: !is_unmanaged,
        is_wanted: !is_unwanted,
        is_critical: !is_dispensable,
    })
}

fn location() -> impl Strategy<Value = Location> {
    let scores = select(&[0, 1, 100, -1, -100, 600_000, -600_000, INFINITY, -INFINITY][..]);
    (0..RESOURCES.len(), 0..NODES.len(), scores).prop_map(|(primitive, node, score)| Location { primitive, node, score })
}

fn colocation() -> impl Strategy<Value = Colocation> {
    let scores = select(&[1, 50, 1_000, 700_000, INFINITY, -1, -50, -1_000, -700_000, -INFINITY][..]);
    let numbers = (0..RESOURCES.len(), 0..RESOURCES.len(), scores);
    numbers.prop_map(|(dependent, primary, score)| Colocation { dependent, primary, score })
}

/// The document, which says all and can be tried elsewhere.
impl fmt::Debug for SmallCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml())
    }
}

impl SmallCluster {
    pub fn to_xml(&self) -> String {
        let cib = Element::new("cib").with("crm_feature_set", "3.20.5").with("validate-with", "pacemaker-4.0");
        let cib = cib.with("epoch", 1).with("num_updates", 0).with("admin_epoch", 0).with("dc-uuid", 1).with("have-quorum", 1);
        let states = (0..self.nodes.len()).map(|node| self.state(node));
        cib.holding([self.configuration(), Element::new("status").holding(states)]).to_xml(Arrangement::default())
    }

    fn configuration(&self) -> Element {
        let nodes = self.nodes.iter().enumerate().map(|(node, &is_usable)| {
            let standby = (!is_usable).then_some(("standby", "on"));
            let attributes = Element::set("instance_attributes", &format!("{}-attributes", NODES[node]), standby);
            Element::new("node").with("id", node + 1).with("uname", NODES[node]).holding(attributes)
        });
        let primitives = self.primitives.iter().zip(RESOURCES).map(|(primitive, name)| primitive.element(name));
        let locations = self.locations.iter().enumerate().map(|(at, &Location { primitive, node, score })| {
            let location = Element::new("rsc_location").with("id", format!("location{at}")).with("rsc", RESOURCES[primitive]);
            location.with("node", NODES[node]).with("score", score)
        });
        let colocations = self.colocations.iter().enumerate().map(|(at, &Colocation { dependent, primary, score })| {
            let colocation = Element::new("rsc_colocation").with("id", format!("colocation{at}")).with("score", score);
            colocation.with("rsc", RESOURCES[dependent]).with("with-rsc", RESOURCES[primary])
        });
        Element::new("configuration").holding([
            Element::new("crm_config").holding(Element::set("cluster_property_set", "options", [("fencing-enabled", false)])),
            Element::new("nodes").holding(nodes),
            Element::new("resources").holding(primitives),
            Element::new("constraints").holding(locations).holding(colocations),
        ])
    }

    /// A node on which every primitive was looked for.
    fn state(&self, node: usize) -> Element {
        let histories = self.primitives.iter().zip(RESOURCES).map(|(primitive, name)| {
            let (task, status) = if primitive.active_on == Some(node) { ("start", 0) } else { ("monitor", 7) };
            let key = format!("1:1:{status}:00000000-0000-0000-0000-000000000000");
            let entry = Element::new("lrm_rsc_op").with("id", format!("{name}_last_0")).with("operation", task);
            let entry = entry.with("operation_key", format!("{name}_{task}_0")).with("interval", 0).with("call-id", 1);
            let entry = entry.with("rc-code", status).with("op-status", 0).with("transition-key", &key);
            let entry = entry.with("transition-magic", format!("0:{status};{key}")).with("last-rc-change", 1_700_000_000);
            let entry = entry.with("crm_feature_set", "3.20.5").with("op-digest", "f2317cad3d54cec5d7d7aa7d0bf35cf8");
            let resource = Element::new("lrm_resource").with("id", name).with("class", "ocf").with("provider", "heartbeat");
            resource.with("type", "Dummy").holding([entry])
        });
        let lrm = Element::new("lrm").with("id", node + 1).holding([Element::new("lrm_resources").holding(histories)]);
        let state = Element::new("node_state").with("id", node + 1).with("uname", NODES[node]).with("in_ccm", true);
        state.with("crmd", "online").with("join", "member").with("expected", "member").holding([lrm])
    }
}

impl Primitive {
    fn element(&self, name: &str) -> Element {
        let pairs = [
            ("priority", self.priority.to_string()),
            ("resource-stickiness", self.stickiness.to_string()),
            ("is-managed", self.is_managed.to_string()),
            ("critical", self.is_critical.to_string()),
            ("target-role", if self.is_wanted { "Started" } else { "Stopped" }.to_owned()),
        ];
        let primitive = Element::new("primitive").with("id", name).with("class", "ocf").with("provider", "heartbeat");
        primitive.with("type", "Dummy").holding(Element::set("meta_attributes", &format!("{name}-meta"), pairs))
    }
}
