//! Bundles: containers, addresses, connections, and the clone inside (RSC-100 to RSC-114).

use std::net::Ipv4Addr;

use crate::cib::{ElementId, ElementRef, Score, Tree, leading_integer, parse_bool, xml_id};
use crate::cluster::{Bundle, Discovery, Entry, Kind, NodeId, NodeTable, Replica, ResourceId};
use crate::ledger::Cause;
use crate::limits::Granted;
use crate::placement::{ban_where, insert_node, replace_table, set_score};
use crate::run::Run;

use super::definition::Source;
use super::nodes::{Connection, add_set};

/// The port that connections use by default.
const DEFAULT_PORT: &str = "3121";
/// Where the cluster's key is, outside and inside of containers.
const KEY_FILE: &str = "/etc/pacemaker/authkey";
/// Where containers' logs are kept.
const LOG_ROOT: &str = "/var/log/pacemaker/bundles";

/// What a bundle's element says.
struct Config<'c> {
    id: &'c str,
    technology: &'static str,
    container: ElementRef<'c>,
    network: Option<ElementRef<'c>>,
    content: Option<ElementRef<'c>>,
    promoted_max: u32,
    replica_count: u32,
    per_host: u32,
    first_address: Option<&'c str>,
    mounts: Vec<Mount>,
    ports: Vec<(String, String)>,
}

struct Mount {
    source: String,
    target: String,
    options: Option<String>,
    per_replica: bool,
}

/// Builds a bundle's parts: first the clone inside, then replica by replica; the clone is the last child.
pub(super) fn build<'c>(run: &mut Run<'c>, bundle: ResourceId, source: Source<'c>) -> Option<()> {
    let Source::Document(element) = source else { return None };
    let mut config = Config::read(element)?;
    config.replica_count = super::limit(run, bundle, config.replica_count, Granted::replicas);
    // RSC-104: `control-port` alone limits replicas to one on a host, but the bundle still counts as unique.
    run[bundle].unique = config.per_host > 1;
    if config.content.is_some() {
        config.check_network()?;
    }
    run[bundle].kind = Kind::Bundle(Bundle {
        technology: config.technology,
        image: config.container.attr("image").unwrap_or_default().to_owned(),
        replicas_per_host: config.per_host,
        replicas: Vec::new(),
        inner: None,
    });
    let inner = match config.content {
        Some(content) => Some(build_inner(run, bundle, &config, content)?),
        None => None,
    };
    if inner.is_some() {
        config.add_defaults();
    }
    let mut replicas = plan_replicas(run, &config, inner);
    let host_options = config.host_options(&replicas);
    for replica in &mut replicas {
        build_replica(run, bundle, &config, replica, &host_options)?;
    }
    if let Some(inner) = inner {
        run[bundle].children.push(inner);
        finish_inner(run, bundle, inner, &replicas);
    }
    if let Kind::Bundle(bundle) = &mut run[bundle].kind {
        bundle.replicas = replicas;
        bundle.inner = inner;
    }
    Some(())
}

impl<'c> Config<'c> {
    fn read(element: ElementRef<'c>) -> Option<Self> {
        let technology = ["docker", "podman"].into_iter().find(|name| element.child(name).is_some())?;
        let container = element.child(technology)?;
        let network = element.child("network");
        let promoted_max = number(container, "promoted-max", 0, 0);
        let replicas_default = if promoted_max > 0 { promoted_max } else { 1 };
        Some(Self {
            id: element.id()?,
            technology,
            container,
            network,
            content: element.child("primitive"),
            promoted_max,
            replica_count: number(container, "replicas", replicas_default, 1),
            per_host: number(container, "replicas-per-host", 1, 1),
            first_address: network.and_then(|network| network.attr("ip-range-start")),
            mounts: read_mounts(element),
            ports: read_ports(network),
        })
    }

    /// A resource inside needs a way in (RSC-104, RSC-105).
    fn check_network(&mut self) -> Option<()> {
        let has_port = self.network.is_some_and(|network| network.attr("control-port").is_some());
        if self.first_address.is_none() {
            if !has_port {
                return None;
            }
            self.per_host = 1;
        }
        Some(())
    }

    fn control_port(&self) -> &'c str {
        self.network.and_then(|network| network.attr("control-port")).unwrap_or(DEFAULT_PORT)
    }

    /// What a container with a resource inside needs besides (RSC-106).
    fn add_defaults(&mut self) {
        let plain = |source: &str, target: &str, per_replica: bool| Mount {
            source: source.to_owned(),
            target: target.to_owned(),
            options: None,
            per_replica,
        };
        let has_log = self.mounts.iter().any(|mount| mount.target == "/var/log");
        self.mounts.push(plain(KEY_FILE, KEY_FILE, false));
        if !has_log {
            self.mounts.push(plain(LOG_ROOT, "/var/log", true));
        }
        let port = self.control_port().to_owned();
        self.ports.push((port.clone(), port));
    }

    /// The options that make all replicas' names known in each container (RSC-107).
    fn host_options(&self, replicas: &[Replica]) -> String {
        let add_host = self.network.and_then(|network| network.attr("add-host")).and_then(parse_bool) != Some(false);
        let mut text = String::new();
        for replica in replicas {
            let Some(address) = &replica.address else { continue };
            let name = format!("{}-{}", self.id, replica.offset);
            text += &if add_host { format!(" --add-host={name}:{address}") } else { format!(" --hosts-entry={address}={name}") };
        }
        text
    }

    /// The container's `run_opts`: the exact text enters digests (RSC-111).
    fn run_options(&self, replica: &Replica, host_options: &str) -> String {
        let name = format!("{}-{}", self.id, replica.offset);
        let mut text = String::new();
        if self.technology == "docker" {
            text += " --restart=no";
        }
        if self.first_address.is_some() {
            text += &format!(" -h {name}");
        }
        text += " -e PCMK_stderr=1";
        let network = self.container.attr("network");
        if let Some(network) = network {
            text += &format!(" --net={network}");
        }
        text += &format!(" -e PCMK_remote_port={}", self.control_port());
        for mount in &self.mounts {
            let subdirectory = if mount.per_replica { format!("/{name}") } else { String::new() };
            text += &format!(" -v {}{subdirectory}:{}", mount.source, mount.target);
            if let Some(options) = &mount.options {
                text += &format!(":{options}");
            }
        }
        for (source, target) in &self.ports {
            match &replica.address {
                Some(address) => text += &format!(" -p {address}:{source}:{target}"),
                None if network == Some("host") => {}
                None => text += &format!(" -p {source}:{target}"),
            }
        }
        if let Some(options) = self.container.attr("options") {
            text += &format!(" {options}");
        }
        text + " " + host_options
    }
}

fn number(element: ElementRef<'_>, name: &str, default: u32, minimum: u32) -> u32 {
    let Some(text) = element.attr(name) else { return default };
    let value = leading_integer(text).map_or(0, |number| number.value.clamp(0, i64::from(i32::MAX)));
    u32::try_from(value).unwrap_or(minimum).max(minimum)
}

fn read_mounts(bundle: ElementRef<'_>) -> Vec<Mount> {
    let mappings = bundle.child("storage").into_iter().flat_map(|storage| storage.children_named("storage-mapping"));
    let read = |mapping: ElementRef<'_>| {
        let plain = mapping.attr("source-dir");
        Some(Mount {
            source: plain.or_else(|| mapping.attr("source-dir-root"))?.to_owned(),
            target: mapping.attr("target-dir")?.to_owned(),
            options: mapping.attr("options").map(str::to_owned),
            per_replica: plain.is_none(),
        })
    };
    mappings.filter_map(read).collect()
}

fn read_ports(network: Option<ElementRef<'_>>) -> Vec<(String, String)> {
    let mappings = network.into_iter().flat_map(|network| network.children_named("port-mapping"));
    let read = |mapping: ElementRef<'_>| {
        let (source, target) = match mapping.attr("port") {
            Some(port) => (port, mapping.attr("internal-port")),
            None => (mapping.attr("range")?, None),
        };
        (!source.is_empty()).then(|| (source.to_owned(), target.unwrap_or(source).to_owned()))
    };
    mappings.filter_map(read).collect()
}

/// The clone of what runs inside (RSC-106).
fn build_inner<'c>(run: &mut Run<'c>, bundle: ResourceId, config: &Config<'c>, content: ElementRef<'c>) -> Option<ResourceId> {
    let suffix = if config.promoted_max > 0 { "master" } else { "clone" };
    let replicas = config.replica_count.to_string();
    let per_host = config.per_host.to_string();
    let promoted_max = config.promoted_max.to_string();
    let promoted = config.promoted_max > 0;
    let tree = &mut run.cluster.definitions;
    let element = tree.add_root("clone");
    tree.set(element, "id", &format!("{}-{suffix}", config.id));
    let values = [
        ("ordered", Some("true")),
        ("clone-max", Some(replicas.as_str())),
        ("clone-node-max", Some(per_host.as_str())),
        ("globally-unique", Some(if config.per_host > 1 { "true" } else { "false" })),
        ("promotable", promoted.then_some("true")),
        ("promoted-max", promoted.then_some(promoted_max.as_str())),
    ];
    add_set(tree, element, "meta_attributes", &values);
    let definition = super::define(run, Source::Made(element), None)?;
    let inner = super::allocate(run, &definition, Some(bundle), None);
    run[inner].meta = super::meta::read(run, inner);
    super::properties::derive(run, inner);
    super::clone::build_of(run, inner, content.parent()?)?;
    super::add_default_nodes(run, inner);
    Some(inner)
}

/// One replica for each instance inside, or as many as asked for; each with its address (RSC-107).
fn plan_replicas(run: &Run<'_>, config: &Config<'_>, inner: Option<ResourceId>) -> Vec<Replica> {
    let children = inner.map_or(&[][..], |inner| &run[inner].children);
    let count = if inner.is_some() { children.len() } else { config.replica_count as usize };
    let mut replicas = Vec::new();
    let mut last: Option<String> = None;
    for offset in 0..count {
        let address = match (&last, config.first_address) {
            (Some(last), _) => next_address(last),
            (None, first) => first.map(str::to_owned),
        };
        last.clone_from(&address);
        let offset_number = u32::try_from(offset).unwrap_or(u32::MAX);
        let child = children.get(offset).copied();
        replicas.push(Replica { offset: offset_number, address, child, ..Replica::default() });
    }
    replicas
}

fn next_address(address: &str) -> Option<String> {
    let [a, b, c, d] = address.parse::<Ipv4Addr>().ok()?.octets();
    match (c, d) {
        (254.., _) => None,
        (_, 254..) => Some(format!("{a}.{b}.{}.1", c + 1)),
        _ => Some(format!("{a}.{b}.{c}.{}", d + 1)),
    }
}

fn build_replica<'c>(
    run: &mut Run<'c>,
    bundle: ResourceId,
    config: &Config<'c>,
    replica: &mut Replica,
    host_options: &str,
) -> Option<()> {
    if let Some(child) = replica.child {
        run[child].exclusive_discovery = true;
    }
    replica.container = Some(build_container(run, bundle, config, replica, host_options)?);
    if let Some(address) = replica.address.clone() {
        replica.ip = Some(build_address(run, bundle, config, &address)?);
    }
    if let Some(child) = replica.child {
        replica.connection = Some(build_connection(run, bundle, config, replica, child)?);
        // RSC-114: what the primitive inside uses is used by its container.
        if let Some(container) = replica.container {
            let used = std::mem::take(&mut run[child].utilization);
            run[child].utilization = std::mem::replace(&mut run[container].utilization, used);
        }
    }
    Some(())
}

/// Makes a part of the bundle from its element and puts it behind the other children.
fn add_part(run: &mut Run<'_>, bundle: ResourceId, element: ElementId) -> Option<ResourceId> {
    let part = super::build(run, Source::Made(element), Some(bundle), None)?;
    run[bundle].children.push(part);
    Some(part)
}

fn part_element(tree: &mut Tree, id: &str, kind: &str, parameters: &[(&str, Option<&str>)]) -> ElementId {
    let element = tree.add_root("primitive");
    for (name, value) in [("id", id), ("class", "ocf"), ("provider", "heartbeat"), ("type", kind)] {
        tree.set(element, name, value);
    }
    add_set(tree, element, "instance_attributes", parameters);
    let operations = tree.add_child(element, "operations");
    let monitor = format!("{id}-monitor-60s");
    let attributes = [("id", monitor.as_str()), ("name", "monitor"), ("interval", "60s")];
    tree.add_child_with(operations, "op", &attributes);
    element
}

fn build_container(
    run: &mut Run<'_>,
    bundle: ResourceId,
    config: &Config<'_>,
    replica: &Replica,
    host_options: &str,
) -> Option<ResourceId> {
    let id = xml_id(&format!("{}-{}-{}", config.id, config.technology, replica.offset));
    let per_replica = config.mounts.iter().filter(|mount| mount.per_replica);
    let sources: Vec<_> = per_replica.map(|mount| format!("{}/{}-{}", mount.source, config.id, replica.offset)).collect();
    let (mount_points, run_options) = (sources.join(","), config.run_options(replica, host_options));
    let default_command = replica.child.map(|_| "/usr/sbin/pacemaker-remoted");
    let parameters = [
        ("image", config.container.attr("image")),
        ("allow_pull", Some("true")),
        ("force_kill", Some("false")),
        ("reuse", Some("false")),
        ("run_opts", Some(run_options.as_str())),
        ("mount_points", Some(mount_points.as_str())),
        ("run_cmd", config.container.attr("run-command").or(default_command)),
        ("monitor_cmd", Some("/bin/true")),
    ];
    let element = part_element(&mut run.cluster.definitions, &id, config.technology, &parameters);
    let container = add_part(run, bundle, element)?;
    run[container].replica_container = true;
    Some(container)
}

fn build_address(run: &mut Run<'_>, bundle: ResourceId, config: &Config<'_>, address: &str) -> Option<ResourceId> {
    let id = xml_id(&format!("{}-ip-{address}", config.id));
    let network = |name: &str| config.network.and_then(|network| network.attr(name));
    let parameters = [
        ("ip", Some(address)),
        ("nic", network("host-interface")),
        ("cidr_netmask", Some(network("host-netmask").unwrap_or("32"))),
    ];
    let element = part_element(&mut run.cluster.definitions, &id, "IPaddr2", &parameters);
    add_part(run, bundle, element)
}

/// The connection into a container, and the node that it makes (RSC-112).
fn build_connection(
    run: &mut Run<'_>,
    bundle: ResourceId,
    config: &Config<'_>,
    replica: &mut Replica,
    child: ResourceId,
) -> Option<ResourceId> {
    let plain = format!("{}-{}", config.id, replica.offset);
    let taken = run.cluster.find(&plain).is_some();
    let name = if taken { format!("pcmk-internal-{}-remote-{}", run[child].id, replica.offset) } else { plain };
    let container = replica.container?;
    let launcher = run[container].id.clone();
    let connection = Connection {
        name: &name,
        launcher: &launcher,
        migratable: None,
        managed: None,
        address: Some(replica.address.as_deref().unwrap_or("#uname")),
        port: Some(config.control_port()),
        start_timeout: None,
    };
    let element = connection.define(run);
    let node = make_bundle_node(run, &name);
    replica.node = Some(node);
    enter_bundle_node(run, child, node);
    let connection = add_part(run, bundle, element)?;
    ban_from_remote_kind(run, connection, node);
    run[connection].allows_nested_remote = true;
    run[connection].launcher = Some(container);
    run[container].launched.push(connection);
    run[node].connection = Some(connection);
    run[node].attributes.insert("#kind", "container");
    if let Some(address) = &replica.address {
        run[child].meta.insert("external-ip", address.clone());
    }
    Some(connection)
}

/// The node inside a container: nothing is placed on it or probed there but what is meant for it (RSC-112.1).
fn make_bundle_node(run: &mut Run<'_>, name: &str) -> NodeId {
    let node = super::create_remote_node(&mut run.cluster, name);
    run[node].score = Score::MINUS_INFINITY;
    run[node].discovery = Discovery::Never;
    for at in run.cluster.all_resources() {
        set_score(run, at, node, Score::MINUS_INFINITY, Cause::BundleNode);
        if let Some(entry) = run.cluster.allowed.change(at).get_mut(node) {
            entry.discovery = Discovery::Never;
        }
    }
    node
}

/// The instance inside knows this node alone, and the clone inside knows it as banned (RSC-112.2).
fn enter_bundle_node(run: &mut Run<'_>, child: ResourceId, node: NodeId) {
    let mut table = NodeTable::default();
    table.insert(node, Entry { score: Score::new(500), count: 0, discovery: Discovery::Exclusive });
    replace_table(run, child, table, Cause::BundleNode);
    if let Some(inner) = run[child].parent {
        let banned = Entry { score: Score::MINUS_INFINITY, count: 0, discovery: Discovery::Exclusive };
        insert_node(run, inner, node, banned, Cause::BundleNode);
    }
}

/// Connections don't run on nodes that are themselves connected; the node at hand counts as one already.
fn ban_from_remote_kind(run: &mut Run<'_>, connection: ResourceId, own: NodeId) {
    ban_where(run, connection, Cause::NestedRemote, |run, node| run[node].is_remote_kind() || node == own);
}

/// What the clone inside takes over from its instances (RSC-108, RSC-109).
fn finish_inner(run: &mut Run<'_>, bundle: ResourceId, inner: ResourceId, replicas: &[Replica]) {
    let children = run[inner].children.clone();
    if children.iter().any(|&child| run[child].notify) {
        run[inner].notify = true;
    }
    let last = replicas.last().and_then(|replica| replica.child);
    if let Some(target) = last.and_then(|child| run[child].meta("container-attribute-target")).map(str::to_owned) {
        for at in [bundle, inner] {
            run[at].meta.insert("container-attribute-target", target.clone());
        }
    }
}
