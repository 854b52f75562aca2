//! Synthetic clusters of any size, for benches and for trying things out.

mod shapes;

use std::fmt::Write;
use std::str::FromStr;

pub use shapes::Shape;

/// What the resources of a synthetic cluster are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Independent primitives.
    Primitives,
    /// Chains of ten primitives, each with and after the one before it.
    Chains,
    /// Groups of ten members.
    Groups,
    /// One anonymous clone for twenty resources.
    Clones,
    /// A quarter of each.
    Mixed,
}

/// What the status section of a synthetic cluster tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing runs and nothing was probed.
    Cold,
    /// Everything runs where it should, with a full history.
    Warm,
    /// As warm, but the first node is lost.
    Failover,
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "prim" => Kind::Primitives,
            "chain" => Kind::Chains,
            "group" => Kind::Groups,
            "clone" => Kind::Clones,
            "mixed" => Kind::Mixed,
            _ => return Err(format!("unknown kind '{text}': use prim, chain, group, clone or mixed")),
        })
    }
}

impl FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "cold" => State::Cold,
            "warm" => State::Warm,
            "failover" => State::Failover,
            _ => return Err(format!("unknown state '{text}': use cold, warm or failover")),
        })
    }
}

/// A synthetic cluster.
#[derive(Debug, Clone, Copy)]
pub struct Synthetic {
    /// What its resources are.
    pub kind: Kind,
    /// How many nodes it has.
    pub nodes: usize,
    /// How many resources, about.
    pub resources: usize,
    /// What its status tells.
    pub state: State,
}

/// A primitive and the nodes that it is active on; an instance of a clone is active on all.
struct Placed {
    name: String,
    on: Option<usize>,
}

/// The CIB as it is put together.
#[derive(Default)]
struct Body {
    resources: String,
    constraints: String,
    placed: Vec<Placed>,
}

impl Synthetic {
    /// The cluster's CIB.
    #[must_use]
    pub fn cib(&self) -> String {
        let mut body = Body::default();
        let parts: &[(Kind, &str)] = match self.kind {
            Kind::Mixed => &[(Kind::Primitives, "p"), (Kind::Chains, "c"), (Kind::Groups, "g"), (Kind::Clones, "k")],
            Kind::Primitives => &[(Kind::Primitives, "r")],
            Kind::Chains => &[(Kind::Chains, "r")],
            Kind::Groups => &[(Kind::Groups, "r")],
            Kind::Clones => &[(Kind::Clones, "r")],
        };
        for &(kind, prefix) in parts {
            body.add(kind, self.resources / parts.len(), prefix, self.nodes);
        }
        self.document(&body)
    }

    fn document(&self, body: &Body) -> String {
        let fencing = self.state == State::Failover;
        let mut nodes = String::new();
        let mut status = String::new();
        for node in 0..self.nodes {
            put(&mut nodes, format_args!("<node id=\"{}\" uname=\"n{node:03}\"/>", node + 1));
            self.add_node_state(&mut status, node, body);
        }
        let device = if fencing { "<primitive id=\"fence\" class=\"stonith\" type=\"fence_dummy\"/>" } else { "" };
        format!(
            "<cib crm_feature_set=\"3.20.5\" validate-with=\"pacemaker-3.0\" epoch=\"1\" num_updates=\"1\" admin_epoch=\"0\" \
             have-quorum=\"1\" dc-uuid=\"{}\">\n<configuration><crm_config><cluster_property_set id=\"options\">\
             <nvpair id=\"fencing\" name=\"stonith-enabled\" value=\"{fencing}\"/>\
             <nvpair id=\"quorum\" name=\"no-quorum-policy\" value=\"ignore\"/></cluster_property_set></crm_config>\n\
             <nodes>{nodes}</nodes>\n<resources>{}{device}</resources>\n<constraints>{}</constraints></configuration>\n\
             <status>{status}</status>\n</cib>\n",
            self.nodes.min(2),
            body.resources,
            body.constraints,
        )
    }

    fn add_node_state(&self, status: &mut String, node: usize, body: &Body) {
        let lost = self.state == State::Failover && node == 0;
        let join = if lost {
            "in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"member\""
        } else {
            "in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\""
        };
        let id = node + 1;
        put(status, format_args!("<node_state id=\"{id}\" uname=\"n{node:03}\" {join}><lrm id=\"{id}\"><lrm_resources>"));
        if self.state != State::Cold {
            let mut call = 0;
            for placed in &body.placed {
                placed.add_history(status, node, &mut call);
            }
        }
        status.push_str("</lrm_resources></lrm></node_state>");
    }
}

/// Writing into a string can't fail.
fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}

impl Body {
    fn add(&mut self, kind: Kind, count: usize, prefix: &str, nodes: usize) {
        match kind {
            Kind::Primitives => (0..count).for_each(|at| self.add_primitive(&format!("{prefix}{at:05}"), at % nodes)),
            Kind::Chains => (0..count).for_each(|at| self.add_link(prefix, at, nodes)),
            Kind::Groups => (0..count / 10).for_each(|at| self.add_group(prefix, at, nodes)),
            Kind::Clones => (0..count / 20).for_each(|at| self.add_clone(&format!("{prefix}{at:04}"))),
            Kind::Mixed => {}
        }
    }

    fn write_primitive(&mut self, name: &str) {
        put(
            &mut self.resources,
            format_args!(
                "<primitive id=\"{name}\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"><operations>\
                 <op id=\"{name}-monitor-10s\" name=\"monitor\" interval=\"10s\" timeout=\"20s\"/></operations></primitive>"
            ),
        );
    }

    fn add_primitive(&mut self, name: &str, node: usize) {
        self.write_primitive(name);
        self.placed.push(Placed { name: name.to_owned(), on: Some(node) });
    }

    fn add_link(&mut self, prefix: &str, at: usize, nodes: usize) {
        let name = format!("{prefix}{at:05}");
        self.add_primitive(&name, at / 10 % nodes);
        if !at.is_multiple_of(10) {
            let other = format!("{prefix}{:05}", at - 1);
            put(
                &mut self.constraints,
                format_args!(
                    "<rsc_colocation id=\"with-{name}\" rsc=\"{name}\" with-rsc=\"{other}\" score=\"INFINITY\"/>\
                     <rsc_order id=\"after-{name}\" first=\"{other}\" then=\"{name}\"/>"
                ),
            );
        }
    }

    fn add_group(&mut self, prefix: &str, at: usize, nodes: usize) {
        put(&mut self.resources, format_args!("<group id=\"group-{prefix}{at:04}\">"));
        for member in 0..10 {
            self.add_primitive(&format!("{prefix}{at:04}m{member}"), at % nodes);
        }
        self.resources.push_str("</group>");
    }

    fn add_clone(&mut self, name: &str) {
        put(&mut self.resources, format_args!("<clone id=\"clone-{name}\">"));
        self.write_primitive(name);
        self.resources.push_str("</clone>");
        self.placed.push(Placed { name: name.to_owned(), on: None });
    }
}

impl Placed {
    fn add_history(&self, status: &mut String, node: usize, call: &mut u32) {
        let name = &self.name;
        put(status, format_args!("<lrm_resource id=\"{name}\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\">"));
        let mut entry = |key: &str, task: &str, interval: u32, rc: u32| {
            *call += 1;
            // The digests of no parameters, without and with a timeout of 20 s.
            let digest = if interval > 0 { "4811cef7f7f94e3a35a70be7916cb2fd" } else { "f2317cad3d54cec5d7d7aa7d0bf35cf8" };
            put(
                status,
                format_args!(
                    "<lrm_rsc_op id=\"{name}_{key}\" operation_key=\"{name}_{task}_{interval}\" operation=\"{task}\" \
                     crm_feature_set=\"3.20.5\" transition-key=\"{call}:1:{rc}:f0000000-0000-0000-0000-000000000000\" \
                     transition-magic=\"0:{rc};{call}:1:{rc}:f0000000-0000-0000-0000-000000000000\" exit-reason=\"\" \
                     on_node=\"n{node:03}\" call-id=\"{call}\" rc-code=\"{rc}\" op-status=\"0\" interval=\"{interval}\" \
                     last-rc-change=\"1700000000\" exec-time=\"5\" queue-time=\"0\" op-digest=\"{digest}\"/>"
                ),
            );
        };
        if self.on.is_none_or(|on| on == node) {
            entry("last_0", "start", 0, 0);
            entry("monitor_10000", "monitor", 10_000, 0);
        } else {
            entry("last_0", "monitor", 0, 7);
        }
        status.push_str("</lrm_resource>");
    }
}
