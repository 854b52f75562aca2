//! What is known of a resource on a node, as results of operations.

use pengine_tests::Element;
use proptest::prelude::*;

/// The digest of an operation without parameters, as it stands in the history.
const NO_PARAMETERS: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";

/// When the history begins.
const BEGIN: i64 = 1_700_000_000;

/// What is known of a primitive on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It was not looked for yet.
    Nothing,
    /// It was found inactive.
    Probed,
    Stopped,
    Started,
    Promoted,
    MonitorFailed,
    StartFailed,
    StopFailed,
    StartPending,
    StopPending,
}

/// Something that is to be known of one of a resource's primitives on a node; both are numbers to be taken modulo how many there are.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    pub primitive: usize,
    pub node: usize,
    pub history: History,
}

pub fn event() -> impl Strategy<Value = Event> {
    let history = prop_oneof![
        6 => Just(History::Started),
        2 => Just(History::Nothing),
        1 => Just(History::Stopped),
        2 => Just(History::Promoted),
        1 => Just(History::MonitorFailed),
        1 => Just(History::StartFailed),
        1 => Just(History::StopFailed),
        1 => Just(History::StartPending),
        1 => Just(History::StopPending),
    ];
    (0..6usize, 0..8usize, history).prop_map(|(primitive, node, history)| Event { primitive, node, history })
}

/// A result of an operation: its entry's name, operation, interval, exit status and execution status.
type Entry = (&'static str, &'static str, u32, u8, i8);

impl History {
    /// Whether the resource is active there, or may be.
    pub fn may_be_active(self) -> bool {
        !matches!(self, History::Nothing | History::Probed | History::Stopped)
    }

    fn entries(self) -> &'static [Entry] {
        match self {
            History::Nothing => &[],
            History::Probed => &[("last_0", "monitor", 0, 7, 0)],
            History::Stopped => &[("last_0", "stop", 0, 0, 0)],
            History::Started => &[("last_0", "start", 0, 0, 0)],
            History::Promoted => &[("last_0", "promote", 0, 0, 0)],
            History::MonitorFailed => &[("last_0", "start", 0, 0, 0), ("last_failure_0", "monitor", 10_000, 1, 0)],
            History::StartFailed => &[("last_0", "start", 0, 1, 0), ("last_failure_0", "start", 0, 1, 0)],
            History::StopFailed => &[("last_0", "stop", 0, 1, 0), ("last_failure_0", "stop", 0, 1, 0)],
            History::StartPending => &[("last_0", "start", 0, 193, -1)],
            History::StopPending => &[("monitor_10000", "monitor", 10_000, 0, 0), ("last_0", "stop", 0, 193, -1)],
        }
    }

    /// The operation that counts as having failed, and how often.
    pub fn failure(self) -> Option<(&'static str, &'static str)> {
        match self {
            History::MonitorFailed => Some(("monitor_10000", "1")),
            History::StartFailed => Some(("start_0", "INFINITY")),
            History::StopFailed => Some(("stop_0", "INFINITY")),
            _ => None,
        }
    }

    /// A primitive's entry in the history of a node; nothing if there is none.
    pub fn resource(self, name: &str) -> Option<Element> {
        let entries: Vec<_> = (1i32..).zip(self.entries()).map(|(call, entry)| operation(name, call, entry)).collect();
        let resource = Element::bag("lrm_resource").with("id", name).with("class", "ocf").with("provider", "heartbeat");
        (!entries.is_empty()).then(|| resource.with("type", "Dummy").holding(entries))
    }
}

fn operation(name: &str, call: i32, &(id, task, interval, exit, status): &Entry) -> Element {
    let expected = if task == "monitor" && interval == 0 { 7 } else { 0 };
    let key = format!("1:1:{expected}:00000000-0000-0000-0000-000000000000");
    let call_id = if status < 0 { -1 } else { call };
    let operation = Element::new("lrm_rsc_op").with("id", format!("{name}_{id}")).with("operation", task);
    let operation = operation.with("operation_key", format!("{name}_{task}_{interval}")).with("interval", interval);
    let operation = operation.with("call-id", call_id).with("last-rc-change", BEGIN + i64::from(call)).with("rc-code", exit);
    let operation = operation.with("op-status", status).with("crm_feature_set", "3.20.5").with("transition-key", &key);
    let operation = operation.with("transition-magic", format!("{status}:{exit};{key}"));
    if interval == 0 { operation.with("op-digest", NO_PARAMETERS) } else { operation }
}
