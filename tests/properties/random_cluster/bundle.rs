//! The parts that a bundle is made of besides what it contains.

use super::part::{Part, PartRole};

/// A bundle by its number among the resources.
#[derive(Debug, Clone, Copy)]
pub struct Bundle {
    pub at: usize,
    pub replicas: usize,
    /// Whether something is in its containers, which then are nodes.
    pub has_primitive: bool,
}

impl Bundle {
    fn id(self) -> String {
        format!("b{}", self.at)
    }

    /// The address of a replica; that of the first one is where the range of the bundle starts.
    pub fn address(self, replica: usize) -> String {
        format!("192.0.2.{}", 8 * self.at + replica)
    }

    /// Its containers, each followed by its address and its connection.
    pub fn parts(self) -> Vec<Part> {
        let parts = (0..self.replicas).flat_map(|replica| self.parts_of(replica)).enumerate();
        parts.map(|(member, part)| Part { member, ..part }).collect()
    }

    fn parts_of(self, replica: usize) -> Vec<Part> {
        let (id, address) = (self.id(), self.address(replica));
        let container = replica * if self.has_primitive { 3 } else { 2 };
        let part = |name: String, role: PartRole, parameters: Vec<(&'static str, String)>| Part {
            name,
            resource: self.at,
            member: 0,
            role,
            is_single: true,
            parameters,
        };
        let mut parts = vec![
            part(format!("{id}-podman-{replica}"), PartRole::Container { is_node: self.has_primitive }, self.container(replica)),
            part(
                format!("{id}-ip-{address}"),
                PartRole::Address { container },
                vec![("ip", address.clone()), ("cidr_netmask", "32".to_owned())],
            ),
        ];
        if self.has_primitive {
            let parameters = vec![("addr", address), ("port", "3121".to_owned())];
            parts.push(part(format!("{id}-{replica}"), PartRole::Connection { launcher: container }, parameters));
        }
        parts
    }

    /// What a container is made with (RSC-110, RSC-111).
    fn container(self, replica: usize) -> Vec<(&'static str, String)> {
        let (id, address) = (self.id(), self.address(replica));
        let name = format!("{id}-{replica}");
        let hosts: String = (0..self.replicas).map(|other| format!(" --add-host={id}-{other}:{}", self.address(other))).collect();
        let log = format!("/var/log/pacemaker/bundles/{name}");
        let inside = if self.has_primitive {
            format!(" -v /etc/pacemaker/authkey:/etc/pacemaker/authkey -v {log}:/var/log -p {address}:3121:3121")
        } else {
            String::new()
        };
        let options = format!(" -h {name} -e PCMK_stderr=1 -e PCMK_remote_port=3121{inside} {hosts}");
        let always = [
            ("image", "image".to_owned()),
            ("allow_pull", "true".to_owned()),
            ("force_kill", "false".to_owned()),
            ("reuse", "false".to_owned()),
            ("run_opts", options),
            ("mount_points", if self.has_primitive { log } else { String::new() }),
            ("monitor_cmd", "/bin/true".to_owned()),
        ];
        let command = self.has_primitive.then(|| ("run_cmd", "/usr/sbin/pacemaker-remoted".to_owned()));
        always.into_iter().chain(command).collect()
    }
}
