//! Fencing by the whole daemon: a node that is configured and not there, and Debian's `fence_dummy`, which writes the power state
//! into a file.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::Path;

use pengine_control::{Change, CibChange, ClusterStatus, Request};
use support::needs::{has_program, is_skipped};
use support::{Home, primitive, resource, wait_for};

/// Alice has a service and devices, and Bob is nowhere to be seen.
fn cib(devices: &str, topology: &str) -> String {
    let service = primitive("web", "");
    format!(
        r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0"><configuration>
             <crm_config><cluster_property_set id="options">
               <nvpair id="fencing-action" name="fencing-action" value="off"/>
             </cluster_property_set></crm_config>
             <nodes><node id="1" uname="alice"/><node id="2" uname="bob"/></nodes>
             <resources>{devices}{service}</resources>
             <constraints/>{topology}
           </configuration></cib>"#
    )
}

/// A device that switches Bob off by some action of its agent. Bob's power state is in a file.
fn device(id: &str, file: &Path, action: &str) -> String {
    format!(
        r#"<primitive id="{id}" class="stonith" type="fence_dummy">
             <instance_attributes id="{id}-parameters">
               <nvpair id="{id}-hosts" name="pcmk_host_list" value="bob"/>
               <nvpair id="{id}-retries" name="pcmk_off_retries" value="0"/>
               <nvpair id="{id}-action" name="pcmk_off_action" value="{action}"/>
               <nvpair id="{id}-file" name="status_file" value="{}"/>
             </instance_attributes>
           </primitive>"#,
        file.display()
    )
}

fn is_skipped_for_lack_of_agents(test: &str) -> bool {
    is_skipped(test, &[("the package fence-agents", has_program("fence_dummy"))])
}

fn is_unclean(status: &ClusterStatus) -> bool {
    status.nodes.iter().any(|node| node.name == "bob" && node.unclean)
}

/// The line of the log that has all these words.
fn line(log: &str, words: &[&str]) -> Option<usize> {
    log.lines().position(|line| words.iter().all(|word| line.contains(word)))
}

#[test]
fn a_node_that_was_never_seen_is_fenced_before_anything_starts() {
    if is_skipped_for_lack_of_agents("a_node_that_was_never_seen_is_fenced_before_anything_starts") {
        return;
    }
    let home = Home::new("");
    let power = home.path("power");
    let devices = [device("broken", &power, "nonsense"), device("working", &power, "off")].concat();
    let topology = r#"<fencing-topology>
        <fencing-level id="first" target="bob" index="1" devices="broken"/>
        <fencing-level id="second" target="bob" index="2" devices="working"/>
      </fencing-topology>"#;
    fs::write(&power, "on").unwrap();
    fs::write(home.cib(), cib(&devices, topology)).unwrap();
    let mut daemon = home.start(&[]);
    let status = daemon.status_with_running(&["web", "broken", "working"]);
    assert!(!is_unclean(&status) && status.nodes.iter().any(|node| node.name == "bob" && !node.online));
    assert_eq!(fs::read_to_string(&power).unwrap(), "off");
    let log = home.log();
    let fenced = line(&log, &["succeeded", "off of bob"]).unwrap();
    assert!(fenced < line(&log, &["succeeded", "web_start_0"]).unwrap(), "{log}");
    assert!(daemon.terminate().success());
}

#[test]
fn nothing_starts_as_long_as_fencing_fails() {
    if is_skipped_for_lack_of_agents("nothing_starts_as_long_as_fencing_fails") {
        return;
    }
    let home = Home::new("");
    let power = home.path("power");
    fs::write(&power, "on").unwrap();
    fs::write(home.cib(), cib(&device("late", &power, "nonsense"), "")).unwrap();
    let mut daemon = home.start(&[]);
    wait_for("second failure", || {
        let log = home.log();
        let failures = log.lines().filter(|line| line.contains("failed: Error occurred: late: ") && line.contains("off of bob"));
        (failures.count() >= 2).then_some(())
    });
    let status = daemon.status_when("word of the node", is_unclean);
    assert_eq!(resource(&status, "web").role, "Stopped");
    let xml = r#"<modify><nvpair id="late-action" value="off"/></modify>"#.to_owned();
    let change = Change::Cib(CibChange::Patch { xml, base: None });
    daemon.client().ask(&Request::Change { change, dry_run: false }).unwrap();
    let status = daemon.status_with_running(&["web"]);
    assert!(!is_unclean(&status));
    assert_eq!(fs::read_to_string(&power).unwrap(), "off");
    assert!(daemon.terminate().success());
}
