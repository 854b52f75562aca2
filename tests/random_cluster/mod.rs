//! Small random clusters: nodes and resources in any state, and constraints between them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The digest of an operation without parameters, as it stands in the history.
const NO_PARAMETERS: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";

/// When the history begins.
const BEGIN: i64 = 1_700_000_000;

/// A cluster, and how things are in it.
#[derive(Debug, Clone)]
pub struct RandomCluster {
    nodes: Vec<NodeState>,
    fencing: bool,
    stickiness: u32,
    resources: Vec<Resource>,
    constraints: Vec<Constraint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NodeState {
    Online,
    Standby,
    /// It left in order.
    Offline,
    /// It was expected to be there.
    Lost,
}

#[derive(Debug, Clone)]
struct Resource {
    kind: Kind,
    /// For each primitive, for each node.
    history: Vec<Vec<History>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primitive,
    Group,
    Clone { interleave: bool },
    ClonedGroup { interleave: bool },
}

/// What is known of a primitive on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum History {
    Nothing,
    Stopped,
    Started,
    MonitorFailed,
}

/// Resources and nodes by number. A resource depends on earlier ones only, since a loop of constraints need not have a solution.
#[derive(Debug, Clone)]
enum Constraint {
    Location { resource: usize, node: usize, score: &'static str },
    Colocation { dependent: usize, primary: usize, score: &'static str },
    Order { first: usize, then: usize, kind: &'static str },
}

/// Clusters of 2 to 4 nodes and 1 to 4 resources.
pub fn clusters() -> impl Strategy<Value = RandomCluster> {
    (2..=4usize, 1..=4usize).prop_flat_map(|(nodes, resources)| {
        let constraints = vec(constraint(nodes, resources), 0..=4);
        let parts =
            (vec(node_state(), nodes), any::<bool>(), select(&[0, 1, 100][..]), vec(resource(nodes), resources), constraints);
        parts.prop_map(|(nodes, fencing, stickiness, resources, constraints)| {
            // Two colocations of the same resources may contradict each other, and then neither place is good enough to stay.
            let mut colocated = BTreeSet::new();
            let is_first = |constraint: &Constraint| match *constraint {
                Constraint::Colocation { dependent, primary, .. } => colocated.insert((dependent, primary)),
                Constraint::Location { .. } | Constraint::Order { .. } => true,
            };
            let constraints = constraints.into_iter().flatten().filter(|constraint| constraint.settles(&resources));
            RandomCluster { nodes, fencing, stickiness, constraints: constraints.filter(is_first).collect(), resources }
        })
    })
}

fn node_state() -> impl Strategy<Value = NodeState> {
    prop_oneof![
        6 => Just(NodeState::Online),
        1 => Just(NodeState::Standby),
        1 => Just(NodeState::Offline),
        1 => Just(NodeState::Lost),
    ]
}

fn resource(nodes: usize) -> impl Strategy<Value = Resource> {
    let kind = prop_oneof![
        3 => Just(Kind::Primitive),
        1 => Just(Kind::Group),
        1 => any::<bool>().prop_map(|interleave| Kind::Clone { interleave }),
        1 => any::<bool>().prop_map(|interleave| Kind::ClonedGroup { interleave }),
    ];
    let history = prop_oneof![
        2 => Just(History::Nothing),
        3 => Just(History::Stopped),
        3 => Just(History::Started),
        1 => Just(History::MonitorFailed),
    ];
    let history = vec(history, nodes);
    (kind, 2..=3usize).prop_flat_map(move |(kind, members)| {
        let members = if matches!(kind, Kind::Group | Kind::ClonedGroup { .. }) { members } else { 1 };
        vec(history.clone(), members).prop_map(move |history| Resource { kind, history })
    })
}

/// A constraint; nothing if it would need another resource and there is none.
fn constraint(nodes: usize, resources: usize) -> impl Strategy<Value = Option<Constraint>> {
    let scores = select(&["-INFINITY", "-100", "100", "INFINITY"][..]);
    // Not `Serialize`: what is serialized with an action that can't be done waits for it in vain, by the rules of GRAPH-24.
    let kinds = select(&["Mandatory", "Optional"][..]);
    let location = (0..resources, 0..nodes, scores.clone())
        .prop_map(|(resource, node, score)| Some(Constraint::Location { resource, node, score }));
    let pair = || (0..resources, 0..resources).prop_map(|(a, b)| (a != b).then(|| (a.min(b), a.max(b))));
    let colocation = (pair(), scores)
        .prop_map(|(pair, score)| pair.map(|(primary, dependent)| Constraint::Colocation { dependent, primary, score }));
    let order = (pair(), kinds).prop_map(|(pair, kind)| pair.map(|(first, then)| Constraint::Order { first, then, kind }));
    prop_oneof![location, colocation, order]
}

impl RandomCluster {
    /// The names of the primitives that may run only once.
    pub fn single_primitives(&self) -> Vec<String> {
        let resources = self.resources.iter().enumerate();
        let single = resources.filter(|(_, resource)| matches!(resource.kind, Kind::Primitive | Kind::Group));
        single.flat_map(|(at, resource)| resource.primitives(at)).collect()
    }

    /// The CIB.
    pub fn to_xml(&self) -> String {
        let mut xml = String::new();
        self.write(&mut xml).expect("writing to a string succeeds");
        xml
    }

    fn write(&self, xml: &mut String) -> std::fmt::Result {
        write!(
            xml,
            "<cib crm_feature_set='3.20.5' validate-with='pacemaker-4.0' epoch='1' num_updates='0' admin_epoch='0' \
             have-quorum='1' dc-uuid='1'><configuration><crm_config><cluster_property_set id='options'>\
             <nvpair id='options-fencing' name='fencing-enabled' value='{}'/></cluster_property_set></crm_config><nodes>",
            self.fencing
        )?;
        for (number, state) in (1..).zip(&self.nodes) {
            write!(xml, "<node id='{number}' uname='n{number}'>")?;
            if *state == NodeState::Standby {
                write!(xml, "<instance_attributes id='n{number}-a'><nvpair id='n{number}-standby' name='standby' value='on'/>")?;
                write!(xml, "</instance_attributes>")?;
            }
            write!(xml, "</node>")?;
        }
        write!(xml, "</nodes><resources>")?;
        if self.fencing {
            write!(xml, "<primitive id='fence' class='stonith' type='fence_dummy'/>")?;
        }
        for (at, resource) in self.resources.iter().enumerate() {
            resource.write(at, xml)?;
        }
        write!(xml, "</resources><constraints>")?;
        for (at, constraint) in self.constraints.iter().enumerate() {
            constraint.write(at, &self.resources, xml)?;
        }
        write!(
            xml,
            "</constraints><rsc_defaults><meta_attributes id='defaults'><nvpair id='defaults-stickiness' \
             name='resource-stickiness' value='{}'/></meta_attributes></rsc_defaults></configuration><status>",
            self.stickiness
        )?;
        for (at, state) in self.nodes.iter().enumerate() {
            self.write_state(at, *state, xml)?;
        }
        write!(xml, "</status></cib>")
    }

    fn write_state(&self, node: usize, state: NodeState, xml: &mut String) -> std::fmt::Result {
        let (here, join, expected) = match state {
            NodeState::Online | NodeState::Standby => (1, "member", "member"),
            NodeState::Offline => (0, "down", "down"),
            NodeState::Lost => (0, "down", "member"),
        };
        let id = node + 1;
        write!(
            xml,
            "<node_state id='{id}' uname='n{id}' in_ccm='{here}' crmd='{here}' join='{join}' expected='{expected}'>\
             <lrm id='{id}'><lrm_resources>"
        )?;
        for (at, resource) in self.resources.iter().enumerate() {
            for (name, history) in resource.primitives(at).iter().zip(&resource.history) {
                // A node that left in order stopped everything before.
                let gone = state == NodeState::Offline;
                let history = history.get(node).copied().filter(|_| !gone).unwrap_or(History::Nothing);
                history.write(name, xml)?;
            }
        }
        write!(xml, "</lrm_resources></lrm></node_state>")
    }
}

impl Resource {
    fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone { .. } | Kind::ClonedGroup { .. })
    }

    fn id(&self, at: usize) -> String {
        match self.kind {
            Kind::Primitive => format!("p{at}"),
            Kind::Group => format!("g{at}"),
            Kind::Clone { .. } | Kind::ClonedGroup { .. } => format!("c{at}"),
        }
    }

    /// The names of its primitives.
    fn primitives(&self, at: usize) -> Vec<String> {
        match self.kind {
            Kind::Primitive | Kind::Clone { .. } => vec![format!("p{at}")],
            Kind::Group | Kind::ClonedGroup { .. } => (1..=self.history.len()).map(|member| format!("p{at}-{member}")).collect(),
        }
    }

    fn write(&self, at: usize, xml: &mut String) -> std::fmt::Result {
        let id = self.id(at);
        let clone = match self.kind {
            Kind::Clone { interleave } | Kind::ClonedGroup { interleave } => Some(interleave),
            Kind::Primitive | Kind::Group => None,
        };
        if let Some(interleave) = clone {
            write!(xml, "<clone id='{id}'><meta_attributes id='{id}-meta'>")?;
            write!(xml, "<nvpair id='{id}-interleave' name='interleave' value='{interleave}'/></meta_attributes>")?;
        }
        let is_group = matches!(self.kind, Kind::Group | Kind::ClonedGroup { .. });
        if is_group {
            write!(xml, "<group id='g{at}'>")?;
        }
        for name in self.primitives(at) {
            write!(xml, "<primitive id='{name}' class='ocf' provider='heartbeat' type='Dummy'><operations>")?;
            write!(xml, "<op id='{name}-monitor' name='monitor' interval='10s'/></operations></primitive>")?;
        }
        if is_group {
            write!(xml, "</group>")?;
        }
        if clone.is_some() {
            write!(xml, "</clone>")?;
        }
        Ok(())
    }
}

impl Constraint {
    /// Whether a cluster with it comes to rest. Clones that keep away from something need not: where the others are is not known yet when
    /// an instance is assigned, and one that is unwelcome on its own node is not recognized as running there.
    fn settles(&self, resources: &[Resource]) -> bool {
        let is_clone = |number: usize| resources.get(number).is_some_and(Resource::is_clone);
        match *self {
            Constraint::Location { resource, score, .. } => score != "-100" || !is_clone(resource),
            Constraint::Colocation { dependent, primary, score } => {
                !score.starts_with('-') || !(is_clone(dependent) || is_clone(primary))
            }
            Constraint::Order { .. } => true,
        }
    }

    fn write(&self, at: usize, resources: &[Resource], xml: &mut String) -> std::fmt::Result {
        let id = |number: usize| resources.get(number).map(|resource| resource.id(number)).unwrap_or_default();
        match *self {
            Constraint::Location { resource, node, score } => {
                let (resource, node) = (id(resource), node + 1);
                write!(xml, "<rsc_location id='constraint{at}' rsc='{resource}' node='n{node}' score='{score}'/>")
            }
            Constraint::Colocation { dependent, primary, score } => {
                let (dependent, primary) = (id(dependent), id(primary));
                write!(xml, "<rsc_colocation id='constraint{at}' rsc='{dependent}' with-rsc='{primary}' score='{score}'/>")
            }
            Constraint::Order { first, then, kind } => {
                let (first, then) = (id(first), id(then));
                write!(xml, "<rsc_order id='constraint{at}' first='{first}' then='{then}' kind='{kind}'/>")
            }
        }
    }
}

impl History {
    fn write(self, name: &str, xml: &mut String) -> std::fmt::Result {
        let operations: &[(&str, &str, u32, u8)] = match self {
            History::Nothing => return Ok(()),
            History::Stopped => &[("last_0", "monitor", 0, 7)],
            History::Started => &[("last_0", "start", 0, 0)],
            History::MonitorFailed => &[("last_0", "start", 0, 0), ("last_failure_0", "monitor", 10_000, 1)],
        };
        write!(xml, "<lrm_resource id='{name}' class='ocf' provider='heartbeat' type='Dummy'>")?;
        for (call, &(id, task, interval, status)) in (1i32..).zip(operations) {
            let expected = if task == "monitor" && interval == 0 { 7 } else { 0 };
            let key = format!("1:1:{expected}:00000000-0000-0000-0000-000000000000");
            let digest = if interval == 0 { format!(" op-digest='{NO_PARAMETERS}'") } else { String::new() };
            write!(
                xml,
                "<lrm_rsc_op id='{name}_{id}' operation_key='{name}_{task}_{interval}' operation='{task}' interval='{interval}' \
                 call-id='{call}' last-rc-change='{}' rc-code='{status}' op-status='0' crm_feature_set='3.20.5' transition-key='{key}' \
                 transition-magic='0:{status};{key}'{digest}/>",
                BEGIN + i64::from(call),
            )?;
        }
        write!(xml, "</lrm_resource>")
    }
}
