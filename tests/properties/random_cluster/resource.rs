//! Resources of every kind.

use pengine_tests::Element;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::history::{Event, event};

/// The template that some primitives are derived from.
const TEMPLATE: &str = "t";

#[derive(Debug, Clone)]
pub struct Resource {
    pub kind: Kind,
    pub meta: Meta,
    /// What is known of it where it was found neither active nor failed.
    pub events: Vec<Event>,
    from_template: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Primitive,
    Group { members: usize },
    Clone { members: usize, copies: Copies },
    Bundle { replicas: usize, has_primitive: bool },
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
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    pub care: Care,
    pub target: Option<&'static str>,
    pub requires: Option<&'static str>,
    pub multiple_active: Option<&'static str>,
    pub on_fail: Option<&'static str>,
    threshold: Option<u32>,
    priority: Option<u32>,
    allow_migrate: bool,
    is_dispensable: bool,
}

/// Whether the cluster takes care of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    Managed,
    Unmanaged,
    Maintenance,
}

pub fn resource() -> impl Strategy<Value = Resource> {
    (kind(), meta(), vec(event(), 0..=4), prop::bool::weighted(0.1)).prop_map(|(kind, meta, events, from_template)| Resource {
        kind,
        meta,
        events,
        from_template,
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let members = prop_oneof![2 => Just(1usize), 1 => 2..=3usize];
    prop_oneof![
        6 => Just(Kind::Primitive),
        3 => (2..=3usize).prop_map(|members| Kind::Group { members }),
        5 => (members, copies()).prop_map(|(members, copies)| Kind::Clone { members, copies }),
        1 => (1..=2usize, any::<bool>()).prop_map(|(replicas, has_primitive)| Kind::Bundle { replicas, has_primitive }),
    ]
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
            Kind::Primitive => format!("p{at}"),
            Kind::Group { .. } => format!("g{at}"),
            Kind::Clone { .. } => format!("c{at}"),
            Kind::Bundle { .. } => format!("b{at}"),
        }
    }

    pub fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone { .. })
    }

    pub fn is_promotable(&self) -> bool {
        matches!(self.kind, Kind::Clone { copies: Copies { sort: CopySort::Promotable, .. }, .. })
    }

    /// Whether a name of its history means one thing, which may run only once.
    pub fn has_single_parts(&self) -> bool {
        match self.kind {
            Kind::Primitive | Kind::Group { .. } => true,
            Kind::Clone { copies, .. } => copies.sort == CopySort::Unique,
            Kind::Bundle { .. } => false,
        }
    }

    /// The names that its primitives have in the configuration.
    fn primitives(&self, at: usize) -> Vec<String> {
        match self.kind {
            Kind::Primitive | Kind::Clone { members: 1, .. } | Kind::Bundle { .. } => vec![format!("p{at}")],
            Kind::Group { members } | Kind::Clone { members, .. } => {
                (1..=members).map(|member| format!("p{at}-{member}")).collect()
            }
        }
    }

    /// The names that its primitives have in the history and in a transition, member by member; several in a row if instances have names
    /// of their own. None for a bundle, of which nothing is known.
    pub fn names(&self, at: usize) -> Vec<String> {
        match self.kind {
            Kind::Bundle { .. } => Vec::new(),
            Kind::Clone { copies: Copies { sort: CopySort::Unique, .. }, .. } => {
                self.primitives(at).iter().flat_map(|name| [format!("{name}:0"), format!("{name}:1")]).collect()
            }
            _ => self.primitives(at),
        }
    }

    /// Its configuration.
    pub fn element(&self, at: usize) -> Element {
        let id = self.id(at);
        let primitives = self.primitives(at).into_iter().map(|name| self.primitive(&name));
        match self.kind {
            Kind::Primitive => self.primitive(&id).holding(self.meta_attributes(&id)),
            Kind::Group { .. } => group(&id).holding(self.meta_attributes(&id)).holding(primitives),
            Kind::Clone { members, .. } => {
                let clone = Element::new("clone").with("id", &id).holding(self.meta_attributes(&id));
                if members == 1 {
                    clone.holding(primitives)
                } else {
                    clone.holding([group(&format!("g{at}")).holding(primitives)])
                }
            }
            Kind::Bundle { replicas, has_primitive } => {
                let container = Element::new("podman").with("image", "image").with("replicas", replicas);
                let network = Element::new("network").with("ip-range-start", format!("192.0.2.{}", 8 * at));
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

fn dummy(element: Element) -> Element {
    element.with("class", "ocf").with("provider", "heartbeat").with("type", "Dummy")
}

/// The template that some primitives are derived from.
pub fn template() -> Element {
    let monitor = Element::new("op").with("id", "t-monitor-10").with("name", "monitor").with("interval", "10s");
    dummy(Element::new("template").with("id", TEMPLATE)).holding([Element::new("operations").holding([monitor])])
}
