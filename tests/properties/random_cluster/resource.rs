//! Resources of every kind.

use pengine_tests::Element;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::bundle::Bundle;
use super::history::{Event, event};
use super::node::{Link, Standing, standing};
use super::part::{Part, PartRole};

/// The template that some primitives are derived from.
const TEMPLATE: &str = "t";

#[derive(Debug, Clone)]
pub struct Resource {
    pub kind: Kind,
    pub meta: Meta,
    /// What is known of it where it was found neither active nor failed.
    pub events: Vec<Event>,
    /// What is known of the nodes that it leads to.
    standing: Standing,
    from_template: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Primitive,
    /// A connection to a machine that is a node without cluster software of its own.
    Remote,
    /// A virtual machine that is a node.
    Guest,
    Group {
        members: usize,
    },
    Clone {
        members: usize,
        copies: Copies,
    },
    Bundle {
        replicas: usize,
        contents: Contents,
    },
}

/// What is in the containers of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    Nothing,
    Service,
    Promotable,
}

/// What a clone's instances are like; a clone with more than one member clones a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies {
    pub interleave: bool,
    pub notify: bool,
    pub sort: CopySort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySort {
    Anonymous,
    Promotable,
    /// Two instances with names of their own, which one node may run both.
    Unique,
}

/// Meta-attributes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meta {
    pub care: Care,
    pub target: Option<&'static str>,
    pub requires: Option<&'static str>,
    pub multiple_active: Option<&'static str>,
    pub on_fail: Option<&'static str>,
    pub threshold: Option<u32>,
    pub priority: Option<u32>,
    pub allow_migrate: bool,
    pub is_dispensable: bool,
}

/// Whether the cluster takes care of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Care {
    #[default]
    Managed,
    Unmanaged,
    Maintenance,
}

pub fn resource() -> impl Strategy<Value = Resource> {
    let parts = (kind(), meta(), vec(event(), 0..=4), standing(), prop::bool::weighted(0.1));
    parts.prop_map(|(kind, meta, events, standing, from_template)| Resource { kind, meta, events, standing, from_template })
}

fn kind() -> impl Strategy<Value = Kind> {
    let members = prop_oneof![2 => Just(1usize), 1 => 2..=3usize];
    prop_oneof![
        6 => Just(Kind::Primitive),
        3 => (2..=3usize).prop_map(|members| Kind::Group { members }),
        5 => (members, copies()).prop_map(|(members, copies)| Kind::Clone { members, copies }),
        1 => (1..=2usize, contents()).prop_map(|(replicas, contents)| Kind::Bundle { replicas, contents }),
        1 => Just(Kind::Remote),
        1 => Just(Kind::Guest),
    ]
}

fn contents() -> impl Strategy<Value = Contents> {
    prop_oneof![2 => Just(Contents::Nothing), 1 => Just(Contents::Service), 1 => Just(Contents::Promotable)]
}

fn copies() -> impl Strategy<Value = Copies> {
    let sort = prop_oneof![3 => Just(CopySort::Anonymous), 2 => Just(CopySort::Promotable), 1 => Just(CopySort::Unique)];
    (any::<bool>(), prop::bool::weighted(0.2), sort).prop_map(|(interleave, notify, sort)| Copies { interleave, notify, sort })
}

fn meta() -> impl Strategy<Value = Meta> {
    let care = prop_oneof![16 => Just(Care::Managed), 1 => Just(Care::Unmanaged), 1 => Just(Care::Maintenance)];
    let parts = (
        care,
        weighted(0.1, select(&["Stopped", "Started"][..])),
        weighted(0.1, select(&["nothing", "quorum"][..])),
        weighted(0.1, select(&["stop_only", "block", "stop_unexpected"][..])),
        weighted(0.1, select(&["block", "fence", "ignore", "stop", "standby", "demote"][..])),
        weighted(0.1, select(&[1, 3][..])),
        weighted(0.1, select(&[10][..])),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    );
    parts.prop_map(|(care, target, requires, multiple_active, on_fail, threshold, priority, allow_migrate, is_dispensable)| {
        Meta { care, target, requires, multiple_active, on_fail, threshold, priority, allow_migrate, is_dispensable }
    })
}

impl Resource {
    /// The name that constraints use.
    pub fn id(&self, at: usize) -> String {
        match self.kind {
            Kind::Primitive | Kind::Guest => format!("p{at}"),
            Kind::Remote => format!("r{at}"),
            Kind::Group { .. } => format!("g{at}"),
            Kind::Clone { .. } => format!("c{at}"),
            Kind::Bundle { .. } => format!("b{at}"),
        }
    }

    /// What may be looked for on the node of another resource has to have a higher rank.
    pub fn rank(&self) -> u8 {
        match self.kind {
            Kind::Remote => 0,
            Kind::Guest => 1,
            _ => 2,
        }
    }

    pub fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone { .. })
    }

    /// Whether its instances are groups.
    pub fn has_groups(&self) -> bool {
        matches!(self.kind, Kind::Clone { members: 2.., .. })
    }

    pub fn is_bundle(&self) -> bool {
        matches!(self.kind, Kind::Bundle { .. })
    }

    /// Whether it has instances.
    pub fn is_collective(&self) -> bool {
        self.is_clone() || self.is_bundle()
    }

    /// Whether its instances are ordered and placed each with the one on its own node.
    pub fn is_interleaved(&self) -> bool {
        matches!(self.kind, Kind::Clone { copies, .. } if copies.interleave)
    }

    pub fn is_promotable(&self) -> bool {
        matches!(
            self.kind,
            Kind::Clone { copies: Copies { sort: CopySort::Promotable, .. }, .. }
                | Kind::Bundle { contents: Contents::Promotable, .. }
        )
    }

    /// The names that its primitives have in the configuration.
    fn primitives(&self, at: usize) -> Vec<String> {
        match self.kind {
            Kind::Primitive | Kind::Guest | Kind::Clone { members: 1, .. } | Kind::Bundle { .. } => vec![format!("p{at}")],
            Kind::Remote => vec![format!("r{at}")],
            Kind::Group { members } | Kind::Clone { members, .. } => {
                (1..=members).map(|member| format!("p{at}-{member}")).collect()
            }
        }
    }

    /// Its parts, member by member; several in a row if instances have names of their own.
    pub fn parts(&self, at: usize) -> Vec<Part> {
        let part = |name: String, role: PartRole| Part {
            name,
            resource: at,
            member: 0,
            role,
            is_single: self.is_single(role),
            parameters: Vec::new(),
        };
        let primitives = self.primitives(at).into_iter();
        let parts: Vec<Part> = match self.kind {
            Kind::Clone { copies: Copies { sort: CopySort::Unique, .. }, .. } => {
                primitives.flat_map(|name| [0, 1].map(|instance| part(format!("{name}:{instance}"), PartRole::Service))).collect()
            }
            Kind::Primitive | Kind::Group { .. } | Kind::Clone { .. } => {
                primitives.map(|name| part(name, PartRole::Service)).collect()
            }
            Kind::Remote => primitives.map(|name| part(name, PartRole::Remote)).collect(),
            Kind::Guest => {
                let connection = part(format!("v{at}"), PartRole::Connection { launcher: 0 });
                primitives.map(|name| part(name, PartRole::Machine)).chain([connection]).collect()
            }
            Kind::Bundle { replicas, contents } => {
                let has_primitive = contents != Contents::Nothing;
                let contained = primitives.map(|name| part(name, PartRole::Contained)).filter(|_| has_primitive);
                Bundle { at, replicas, has_primitive }.parts().into_iter().chain(contained).collect()
            }
        };
        parts.into_iter().enumerate().map(|(member, part)| Part { member, ..part }).collect()
    }

    /// Whether a name of its history means one thing, which may run only once.
    fn is_single(&self, role: PartRole) -> bool {
        match self.kind {
            Kind::Clone { copies, .. } => copies.sort == CopySort::Unique,
            _ => role != PartRole::Contained,
        }
    }

    /// The nodes that it leads to.
    pub fn links(&self, at: usize) -> Vec<Link> {
        let connections = self.parts(at).into_iter().filter(|part| part.role.is_connection());
        let is_reserved = self.is_bundle();
        let link = |part: Part| Link {
            resource: at,
            connection: part.member,
            launcher: part.role.support(),
            standing: self.standing,
            is_reserved,
        };
        connections.map(link).collect()
    }

    /// Its configuration.
    pub fn element(&self, at: usize) -> Element {
        let id = self.id(at);
        let primitives = self.primitives(at).into_iter().map(|name| self.primitive(&name));
        match self.kind {
            Kind::Primitive | Kind::Guest => self.primitive(&id).holding(self.meta_attributes(&id)),
            Kind::Remote => remote(&id).holding(self.meta_attributes(&id)).holding([self.operations(&id)]),
            Kind::Group { .. } => group(&id).holding(self.meta_attributes(&id)).holding(primitives),
            Kind::Clone { members, .. } => {
                let clone = Element::new("clone").with("id", &id).holding(self.meta_attributes(&id));
                if members == 1 {
                    clone.holding(primitives)
                } else {
                    clone.holding([group(&format!("g{at}")).holding(primitives)])
                }
            }
            Kind::Bundle { replicas, contents } => {
                let has_primitive = contents != Contents::Nothing;
                let container = Element::new("podman").with("image", "image").with("replicas", replicas);
                let container = if self.is_promotable() { container.with("promoted-max", 1) } else { container };
                let network = Element::new("network").with("ip-range-start", Bundle { at, replicas, has_primitive }.address(0));
                let inside = has_primitive.then_some(primitives).into_iter().flatten();
                let bundle = Element::new("bundle").with("id", &id).holding(self.meta_attributes(&id));
                bundle.holding([container, network]).holding(inside)
            }
        }
    }

    fn primitive(&self, name: &str) -> Element {
        let primitive = Element::new("primitive").with("id", name);
        if self.from_template {
            return primitive.with("template", TEMPLATE);
        }
        dummy(primitive).holding([self.operations(name)])
    }

    fn operations(&self, name: &str) -> Element {
        let monitor = |interval: u32, role: Option<&'static str>| {
            let operation = Element::new("op").with("id", format!("{name}-monitor-{interval}")).with("name", "monitor");
            let operation = operation.with("interval", format!("{interval}s"));
            let operation = role.into_iter().fold(operation, |operation, role| operation.with("role", role));
            self.meta.on_fail.into_iter().fold(operation, |operation, on_fail| operation.with("on-fail", on_fail))
        };
        let monitors = if self.is_promotable() {
            vec![monitor(10, Some("Unpromoted")), monitor(11, Some("Promoted"))]
        } else {
            vec![monitor(10, None)]
        };
        Element::new("operations").holding(monitors)
    }

    fn meta_attributes(&self, id: &str) -> Option<Element> {
        let Meta { care, target, requires, multiple_active, threshold, priority, allow_migrate, is_dispensable, .. } = self.meta;
        let text = |name: &'static str, value: Option<&'static str>| value.map(|value| (name, value.to_owned()));
        let flag = |name: &'static str, is_set: bool| is_set.then(|| (name, "true".to_owned()));
        let number = |name: &'static str, value: Option<u32>| value.map(|value| (name, value.to_string()));
        let mut pairs = vec![
            text("is-managed", (care == Care::Unmanaged).then_some("false")),
            flag("maintenance", care == Care::Maintenance),
            text("target-role", target),
            text("requires", requires),
            text("multiple-active", multiple_active),
            number("migration-threshold", threshold),
            number("priority", priority),
            flag("allow-migrate", allow_migrate),
            text("critical", is_dispensable.then_some("false")),
        ];
        if self.kind == Kind::Guest {
            pairs.push(Some(("remote-node", id.replace('p', "v"))));
        }
        if let Kind::Clone { copies, .. } = self.kind {
            let is_unique = copies.sort == CopySort::Unique;
            pairs.extend([
                flag("interleave", copies.interleave),
                flag("notify", copies.notify),
                flag("promotable", copies.sort == CopySort::Promotable),
                flag("globally-unique", is_unique),
                number("clone-max", is_unique.then_some(2)),
                number("clone-node-max", is_unique.then_some(2)),
            ]);
        }
        Element::set("meta_attributes", &format!("{id}-meta"), pairs.into_iter().flatten())
    }
}

fn group(id: &str) -> Element {
    Element::new("group").with("id", id)
}

fn remote(id: &str) -> Element {
    Element::new("primitive").with("id", id).with("class", "ocf").with("provider", "pacemaker").with("type", "remote")
}

fn dummy(element: Element) -> Element {
    element.with("class", "ocf").with("provider", "heartbeat").with("type", "Dummy")
}

/// The template that some primitives are derived from.
pub fn template() -> Element {
    let monitor = Element::new("op").with("id", "t-monitor-10").with("name", "monitor").with("interval", "10s");
    dummy(Element::new("template").with("id", TEMPLATE)).holding([Element::new("operations").holding([monitor])])
}
