//! `pengine cluster` with machines that are folders, and an ssh that goes from one to the other.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What ssh and corosync-cfgtool do here: another machine's folder is that of its name.
const SSH: &str = r#"#!/bin/sh
exec sh -c "$(echo "$5" | sed "s,ROOT/alice,ROOT/$4,g; s,corosync-cfgtool -R,touch 'ROOT/$4/reloaded',")"
"#;

struct Machines(TempDir);

impl Machines {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ssh = folder.path().join("ssh");
        fs::write(&ssh, SSH.replace("ROOT", folder.path().to_str().unwrap())).unwrap();
        fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn folder(&self, machine: &str) -> PathBuf {
        self.0.path().join(machine)
    }

    /// Runs it on alice.
    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_pengine"))
            .arg("cluster")
            .args(words)
            .args(["--here", "alice", "--directory"])
            .arg(self.folder("alice"))
            .env("PATH", path)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }
}

fn configuration(folder: &Path) -> String {
    fs::read_to_string(folder.join("corosync.conf")).unwrap_or_default()
}

#[test]
fn a_cluster_is_made_and_made_known() {
    let machines = Machines::new();
    let (status, text) = machines.run(&["init", "--name", "web", "alice=192.0.2.1", "bob"]);
    assert_eq!(status, Some(0), "{text}");
    let (alice, bob) = (machines.folder("alice"), machines.folder("bob"));
    assert!(configuration(&alice).contains("cluster_name: web") && configuration(&alice).contains("two_node: 1"));
    let key = fs::metadata(alice.join("authkey")).unwrap();
    assert_eq!((key.len(), key.permissions().mode() & 0o777), (256, 0o400));
    assert_eq!(machines.run(&["propagate", "--dry-run"]).0, Some(0));
    assert!(!bob.exists());
    let (status, text) = machines.run(&["propagate"]);
    assert_eq!((status, text.as_str()), (Some(0), "Copied corosync.conf and authkey to bob\n"));
    for name in ["authkey", "corosync.conf"] {
        assert_eq!(fs::read(alice.join(name)).unwrap(), fs::read(bob.join(name)).unwrap());
    }
}

#[test]
fn a_machine_joins_a_cluster() {
    let machines = Machines::new();
    let (bob, carol) = (machines.folder("bob"), machines.folder("carol"));
    assert_eq!(machines.run(&["init", "bob", "carol"]).0, Some(0));
    fs::rename(machines.folder("alice"), &bob).unwrap();
    let (status, text) = machines.run(&["join", "bob", "--dry-run"]);
    assert!(status == Some(0) && text.contains("name: alice") && !machines.folder("alice").exists(), "{text}");
    let (status, text) = machines.run(&["join", "bob", "--address", "192.0.2.1"]);
    assert_eq!(status, Some(0), "{text}");
    let here = configuration(&machines.folder("alice"));
    assert!(here.contains("ring0_addr: 192.0.2.1") && here.contains("nodeid: 3") && !here.contains("two_node"), "{here}");
    assert_eq!([configuration(&bob), configuration(&carol)], [here.clone(), here]);
    assert!(bob.join("reloaded").exists());
    let (status, text) = machines.run(&["join", "bob"]);
    assert!(status == Some(64) && text.contains("--here"), "{text}");
}

#[test]
fn what_can_not_be_reached_is_named() {
    let machines = Machines::new();
    let (status, text) = machines.run(&["propagate"]);
    assert!(status == Some(65) && text.contains("pengine cluster init"), "{text}");
    let (status, text) = machines.run(&["join", "nobody"]);
    assert!(status == Some(102) && text.contains("nobody"), "{text}");
}
