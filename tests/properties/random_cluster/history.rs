//! What is known of a resource on a node, as results of operations.

use pengine_tests::Element;
use proptest::prelude::*;

use super::part::Part;

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
    /// The same of something that a machine or container runs: it counts as stopped, since that is restarted (HIST-39).
    StopForgiven,
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
    (0..12usize, 0..12usize, history).prop_map(|(primitive, node, history)| Event { primitive, node, history })
}

/// A result of an operation: whether it is kept as a failure, its name, whether it is repeated, exit status and execution status.
type Entry = (bool, &'static str, bool, u8, i8);

impl History {
    /// Whether the resource is active there, or may be.
    pub fn may_be_active(self) -> bool {
        !matches!(self, History::Nothing | History::Probed | History::Stopped | History::StopForgiven)
    }

    fn entries(self) -> &'static [Entry] {
        match self {
            History::Nothing => &[],
            History::Probed => &[(false, "monitor", false, 7, 0)],
            History::Stopped => &[(false, "stop", false, 0, 0)],
            History::Started => &[(false, "start", false, 0, 0)],
            History::Promoted => &[(false, "promote", false, 0, 0)],
            History::MonitorFailed => &[(false, "start", false, 0, 0), (true, "monitor", true, 1, 0)],
            History::StartFailed => &[(false, "start", false, 1, 0), (true, "start", false, 1, 0)],
            History::StopFailed | History::StopForgiven => &[(false, "stop", false, 1, 0), (true, "stop", false, 1, 0)],
            History::StartPending => &[(false, "start", false, 193, -1)],
            History::StopPending => &[(false, "monitor", true, 0, 0), (false, "stop", false, 193, -1)],
        }
    }

    /// The operation that counts as having failed, and how often.
    pub fn failure(self, part: &Part) -> Option<(String, &'static str)> {
        match self {
            History::MonitorFailed => Some((format!("monitor_{}", part.role.interval()), "1")),
            History::StartFailed => Some(("start_0".to_owned(), "INFINITY")),
            History::StopFailed | History::StopForgiven => Some(("stop_0".to_owned(), "INFINITY")),
            _ => None,
        }
    }

    /// A primitive's entry in the history of a node; nothing if there is none.
    pub fn resource(self, part: &Part) -> Option<Element> {
        let entries: Vec<_> = (1i32..).zip(self.entries()).map(|(call, entry)| operation(part, call, entry)).collect();
        let (provider, agent) = part.role.agent();
        let resource = Element::bag("lrm_resource").with("id", &part.name).with("class", "ocf").with("provider", provider);
        (!entries.is_empty()).then(|| resource.with("type", agent).holding(entries))
    }
}

fn operation(part: &Part, call: i32, &(is_failure, task, is_repeated, exit, status): &Entry) -> Element {
    let name = &part.name;
    let interval = if is_repeated { part.role.interval() } else { 0 };
    let id = match (is_failure, is_repeated) {
        (true, _) => "last_failure_0".to_owned(),
        (false, true) => format!("{task}_{interval}"),
        (false, false) => "last_0".to_owned(),
    };
    let expected = if task == "monitor" && interval == 0 { 7 } else { 0 };
    let key = format!("1:1:{expected}:00000000-0000-0000-0000-000000000000");
    let call_id = if status < 0 { -1 } else { call };
    let operation = Element::new("lrm_rsc_op").with("id", format!("{name}_{id}")).with("operation", task);
    let operation = operation.with("operation_key", format!("{name}_{task}_{interval}")).with("interval", interval);
    let operation = operation.with("call-id", call_id).with("last-rc-change", BEGIN + i64::from(call)).with("rc-code", exit);
    let operation = operation.with("op-status", status).with("crm_feature_set", "3.20.5").with("transition-key", &key);
    let operation = operation.with("transition-magic", format!("{status}:{exit};{key}"));
    operation.with("op-digest", part.digest(interval))
}
