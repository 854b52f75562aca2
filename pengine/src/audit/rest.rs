//! Carrying out one transition after the other until nothing is left to do, or until it goes round in circles.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::cib::{Cib, ElementId, ElementRef, parse_integer};
use crate::cluster::{Cluster, ResourceId};
use crate::plan::Task;
use crate::simulate::{Agenda, Event, ExecutionOptions, ORIGIN, SimulateError, execute};
use crate::transition::{Errand, Work};
use crate::{Schedule, Settings, Snapshot};

use super::services::{Services, leaves, service_of};

/// How many transitions are carried out at most.
const MOST_ROUNDS: usize = 12;

/// What carrying transitions out ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum End {
    /// Nothing is left to do.
    Settled,
    /// The same is done again and again.
    Cycle {
        /// What, transition by transition.
        rounds: Vec<Vec<String>>,
    },
    /// Something was left to do after as many transitions as anybody would wait for.
    Unsettled,
    /// It could not be carried out.
    Broken {
        /// Why.
        problem: String,
    },
}

/// How a cluster came to rest.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub end: End,
    /// How many transitions that took.
    pub rounds: usize,
    /// Services that were stopped, and those that were started, with the nodes.
    pub stopped: BTreeSet<(String, String)>,
    pub started: BTreeSet<(String, String)>,
    /// Nodes whose connections were stopped.
    pub disconnected: BTreeSet<String>,
}

impl Rest {
    fn new() -> Self {
        let (stopped, started, disconnected) = Default::default();
        Self { end: End::Unsettled, rounds: 0, stopped, started, disconnected }
    }

    /// Notes which services were stopped and started.
    fn note(&mut self, cluster: &Cluster, events: Vec<Event>) {
        let named: FxHashMap<&str, ResourceId> = leaves(cluster).map(|leaf| (cluster[leaf].id.as_str(), leaf)).collect();
        for event in events {
            let Event::Resource { name, operation, node, .. } = event else { continue };
            let leaf = named.get(name.as_str()).copied();
            if operation == "stop" && leaf.is_some_and(|leaf| cluster[leaf].is_connection) {
                self.disconnected.insert(name.to_string());
            }
            let service = leaf.map_or(name.as_str(), |leaf| service_of(cluster, leaf)).to_owned();
            match operation.as_str() {
                "stop" => self.stopped.insert((service, node.into())),
                "start" => self.started.insert((service, node.into())),
                _ => continue,
            };
        }
    }

    /// What could not even begin.
    pub fn broken(error: &SimulateError) -> Self {
        Self { end: End::Broken { problem: error.to_string() }, ..Self::new() }
    }
}

/// What is to be done next.
struct Round {
    cluster: Cluster,
    services: Services,
    agenda: Agenda,
    actions: Vec<String>,
}

impl Round {
    fn plan(cib: &Cib, settings: &Settings) -> Self {
        let snapshot = Snapshot::read(cib, settings);
        let services = Services::in_cluster(&snapshot.run.cluster);
        let Schedule { run, selection } = snapshot.schedule();
        let agenda = Agenda::of(&run, &selection);
        let actions = agenda.errands().iter().filter_map(|errand| telling(&run.cluster, errand)).collect();
        Self { cluster: run.cluster, services, agenda, actions }
    }
}

/// Carries out transitions on a CIB.
pub(super) fn come_to_rest(cib: &mut Cib, settings: &Settings) -> Rest {
    let mut rest = Rest::new();
    let mut done: Vec<(Services, Vec<String>)> = Vec::new();
    let real_now = settings.now.max(latest_result(cib).map_or(i64::MIN, |latest| latest.saturating_add(1)));
    for round in 0..=MOST_ROUNDS {
        rest.rounds = round;
        let Round { cluster, services, agenda, actions } = Round::plan(cib, settings);
        if actions.is_empty() {
            rest.end = End::Settled;
            break;
        }
        let now = (services, actions);
        if let Some(first) = done.iter().position(|before| *before == now) {
            rest.end = End::Cycle { rounds: done.split_off(first).into_iter().map(|(_, actions)| actions).collect() };
            break;
        }
        done.push(now);
        let options = ExecutionOptions { real_now, forgets: true, ..ExecutionOptions::default() };
        match execute(cib, &cluster, agenda, options) {
            Ok(execution) => {
                forget_restart_digests(cib);
                rest.note(&cluster, execution.events);
            }
            Err(error) => {
                rest.end = End::Broken { problem: error.to_string() };
                break;
            }
        }
    }
    rest
}

/// When the latest result that the histories know came; what is carried out now comes later, whatever time is planned for.
fn latest_result(cib: &Cib) -> Option<i64> {
    let entries = cib.root().descendants().filter(|at| at.name() == "lrm_rsc_op");
    entries.filter_map(|entry| parse_integer(entry.attr("last-rc-change")?)).max()
}

/// Drops what agents told of parameters that need a restart from the entries that they would tell it anew in.
fn forget_restart_digests(cib: &mut Cib) {
    let written = |at: &ElementRef<'_>| at.name() == "lrm_rsc_op" && at.attr("crm-debug-origin") == Some(ORIGIN);
    let entries: Vec<ElementId> = cib.root().descendants().filter(written).map(ElementRef::element_id).collect();
    for entry in entries {
        for name in ["op-force-restart", "op-restart-digest", "op-secure-params", "op-secure-digest"] {
            cib.tree_mut().unset(entry, name);
        }
    }
}

/// An action that changes what runs where, or what is known of that; to watch it is no change.
fn telling(cluster: &Cluster, errand: &Errand) -> Option<String> {
    let changes = match &errand.work {
        Work::Nothing | Work::Cluster => false,
        Work::Fence(_) => true,
        Work::Agent(call) => match errand.task {
            Task::Monitor => call.interval == 0,
            Task::Cancel | Task::Delete | Task::Notify => false,
            task => cluster.tasks.name(task) != "meta-data",
        },
    };
    let node = errand.node.map_or("", |node| &cluster[node].name);
    changes.then(|| format!("{} on {node}", errand.key))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_known_no_more() {
        // The agent of what runs was another one.
        let text = "<cib validate-with='none' have-quorum='1'><configuration><crm_config><cluster_property_set><nvpair \
                    name='fencing-enabled' value='false'/></cluster_property_set></crm_config><nodes><node id='1' uname='n1'/></nodes>\
                    <resources><primitive id='d' class='ocf' provider='p' type='t'/></resources></configuration><status><node_state \
                    id='1' uname='n1' in_ccm='true' crmd='online' join='member'><lrm id='1'><lrm_resources><lrm_resource id='d' \
                    class='ocf' provider='p' type='before'><lrm_rsc_op id='d_last_0' operation='start' operation_key='d_start_0' \
                    call-id='1' transition-key='1:1:0:x' transition-magic='0:0;1:1:0:x' rc-code='0' op-status='0' interval='0'/>\
                    </lrm_resource></lrm_resources></lrm></node_state></status></cib>";
        let rest = come_to_rest(&mut Cib::parse(text).unwrap(), &Settings { now: 1_700_000_000, ..Settings::default() });
        assert_eq!((rest.end, rest.rounds), (End::Settled, 1));
    }

    #[test]
    fn a_remote_node_is_fenced_once() {
        // Its connection failed, which stays known where it did.
        let result = |task: &str, interval: u32, call: u32, status: u32| {
            format!(
                "<lrm_rsc_op id='far_{task}' operation='{task}' operation_key='far_{task}_{interval}' call-id='{call}' \
                 transition-key='1:1:0:x' transition-magic='0:{status};1:1:0:x' rc-code='{status}' op-status='0' \
                 interval='{interval}' last-rc-change='{call}'/>"
            )
        };
        let results = result("start", 0, 1, 0) + &result("monitor", 10_000, 4, 1);
        let text = format!(
            "<cib validate-with='none' have-quorum='1'><configuration><crm_config/><nodes><node id='1' uname='n1'/></nodes><resources>\
             <primitive id='f' class='stonith' type='fence_x'/><primitive id='far' class='ocf' provider='pacemaker' type='remote'>\
             <instance_attributes id='i'><nvpair id='r' name='reconnect_interval' value='60s'/></instance_attributes></primitive>\
             </resources></configuration><status><node_state id='1' uname='n1' in_ccm='true' crmd='online' join='member' \
             expected='member'><lrm id='1'><lrm_resources><lrm_resource id='far' class='ocf' provider='pacemaker' type='remote'>\
             {results}</lrm_resource></lrm_resources></lrm></node_state></status></cib>"
        );
        let rest = come_to_rest(&mut Cib::parse(text).unwrap(), &Settings { now: 1_700_000_000, ..Settings::default() });
        assert_eq!(rest.end, End::Settled, "{rest:?}");
        assert!(rest.stopped.contains(&("far".to_owned(), "n1".to_owned())), "{rest:?}");
    }

    /// A clone of two nodes of which the first is in standby, with the history of its instance there by a name.
    fn rest_with_history_of(name: &str) -> Rest {
        let text = format!(
            "<cib validate-with='none' have-quorum='1'><configuration><crm_config><cluster_property_set><nvpair name='fencing-enabled' \
             value='false'/></cluster_property_set></crm_config><nodes><node id='1' uname='n1'><instance_attributes><nvpair \
             name='standby' value='on'/></instance_attributes></node><node id='2' uname='n2'/></nodes><resources><clone id='c'>\
             <primitive id='d' class='ocf' provider='p' type='t'/></clone></resources></configuration><status>\
             <node_state id='1' uname='n1' in_ccm='true' crmd='online' join='member'><lrm id='1'><lrm_resources><lrm_resource \
             id='{name}' class='ocf' provider='p' type='t'><lrm_rsc_op id='{name}_last_0' operation='start' \
             operation_key='{name}_start_0' call-id='1' transition-key='1:1:0:x' transition-magic='0:0;1:1:0:x' rc-code='0' \
             op-status='0' interval='0'/></lrm_resource></lrm_resources></lrm></node_state><node_state id='2' uname='n2' \
             in_ccm='true' crmd='online' join='member'/></status></cib>"
        );
        come_to_rest(&mut Cib::parse(text).unwrap(), &Settings { now: 1_700_000_000, ..Settings::default() })
    }

    #[test]
    fn what_is_carried_out_leaves_nothing_to_do() {
        let rest = rest_with_history_of("d");
        assert_eq!((rest.end, rest.rounds), (End::Settled, 1));
        assert!(rest.stopped.contains(&("d".to_owned(), "n1".to_owned())));
    }

    #[test]
    fn what_is_done_again_and_again_is_named() {
        // A simulation writes what it does under another name than this one, so that the instance is active there for ever.
        let rest = rest_with_history_of("d:0");
        let End::Cycle { rounds } = &rest.end else { panic!("{rest:?}") };
        assert!(rounds.iter().flatten().any(|action| action == "d:0_stop_0 on n1"), "{rest:?}");
    }
}
