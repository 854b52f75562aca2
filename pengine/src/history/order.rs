//! The order in which a resource's entries happened, and which of them are about its present run (HIST section 5).

use std::cmp::Ordering;

use crate::cib::ElementRef;
use crate::compat::merge_sort;

use super::entry::Entry;

/// The entries of an `lrm_resource`, oldest first.
pub(super) fn sorted_entries<'c>(history: ElementRef<'c>) -> Vec<Entry<'c>> {
    let mut entries: Vec<_> = history.children_named("lrm_rsc_op").map(Entry::read).collect();
    // HIST-26: of equal entries the later element comes first.
    entries.reverse();
    merge_sort(&mut entries, &mut compare);
    entries
}

/// Which of two entries is older (HIST-27). This is no total order: pending entries have no call id.
pub(super) fn compare(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let same_node = match (a.on_node, b.on_node) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let (call_a, call_b) = (a.call(), b.call());
    if same_node && a.id == b.id || call_a == -1 && call_b == -1 {
        return Ordering::Equal;
    }
    if same_node {
        let by_call = compare_known(call_a, call_b);
        if by_call.is_ne() {
            return by_call;
        }
    }
    if call_a >= 0 && call_b >= 0 {
        return compare_known(a.last_rc_change.unwrap_or(-1), b.last_rc_change.unwrap_or(-1));
    }
    compare_pending(a, b)
}

/// Orders by numbers of which a negative one is not known, so that it isn't less than anything.
fn compare_known(a: i64, b: i64) -> Ordering {
    if a >= 0 && a < b {
        Ordering::Less
    } else if b >= 0 && b < a {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// One of the two is pending: what their transitions tell.
fn compare_pending(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let (Some(of_a), Some(of_b)) = (a.transition(), b.transition()) else { return Ordering::Equal };
    if !of_a.uuid.eq_ignore_ascii_case(of_b.uuid) || of_a.transition == of_b.transition {
        return match (a.call(), b.call()) {
            (_, -1) => Ordering::Less,
            (-1, _) => Ordering::Greater,
            _ => Ordering::Equal,
        };
    }
    let (a, b) = (of_a.transition, of_b.transition);
    if a >= 0 && a < b || b == -1 {
        Ordering::Less
    } else if b >= 0 && a > b || a == -1 {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// Where, in sorted entries, the last start and the last stop are (HIST-29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    start: Option<usize>,
    stop: Option<usize>,
}

impl Span {
    /// Finds the last start and the last stop. If there is no start, a promotion or a successful monitor implies one.
    pub fn of(entries: &[Entry<'_>]) -> Self {
        let mut span = Self::default();
        let (mut implied_by_monitor, mut implied_by_promotion) = (None, None);
        for (index, entry) in entries.iter().enumerate() {
            let is = |name: &str| entry.operation.is_some_and(|operation| operation.eq_ignore_ascii_case(name));
            if is("stop") && entry.op_status == Some("0") {
                span.stop = Some(index);
            } else if is("start") || is("migrate_from") {
                span.start = Some(index);
            } else if is("monitor") {
                if implied_by_monitor <= span.stop && matches!(entry.rc_code, Some("0" | "8")) {
                    implied_by_monitor = Some(index);
                }
            } else if is("promote") || is("demote") {
                implied_by_promotion = Some(index);
            }
        }
        span.start = span.start.or(implied_by_promotion).or(implied_by_monitor);
        span
    }

    /// Whether the resource was stopped and not started again.
    pub fn is_stopped(self) -> bool {
        self.start < self.stop
    }

    /// Whether the entry at `index` belongs to the present run of the resource.
    pub fn covers(self, index: usize) -> bool {
        !(self.is_stopped() && Some(index) <= self.stop) && Some(index) >= self.start
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cib::Cib;

    fn ids(xml: &str) -> (Vec<String>, Span) {
        let cib = Cib::parse(format!("<cib validate-with='none'><status>{xml}</status></cib>")).unwrap();
        let entries = sorted_entries(cib.section("status").unwrap().child("r").unwrap());
        (entries.iter().map(|entry| entry.id.unwrap().to_owned()).collect(), Span::of(&entries))
    }

    #[test]
    fn call_ids_order_entries_of_a_node() {
        let xml = "<r><lrm_rsc_op id='b' call-id='7'/><lrm_rsc_op id='a' call-id='3'/></r>";
        assert_eq!(ids(xml).0, ["a", "b"]);
    }

    #[test]
    fn the_later_of_equal_elements_comes_first() {
        let xml = "<r><lrm_rsc_op id='last_failure' call-id='3' last-rc-change='5'/>\
                   <lrm_rsc_op id='last' call-id='3' last-rc-change='5'/></r>";
        assert_eq!(ids(xml).0, ["last", "last_failure"]);
    }

    #[test]
    fn a_pending_entry_comes_last_in_its_transition() {
        let xml = "<r><lrm_rsc_op id='p' call-id='-1' transition-magic='-1:193;1:2:0:u'/>\
                   <lrm_rsc_op id='d' call-id='3' transition-magic='0:0;1:2:0:u'/></r>";
        assert_eq!(ids(xml).0, ["d", "p"]);
    }

    #[test]
    fn a_monitor_implies_a_start() {
        let xml = "<r><lrm_rsc_op id='m' call-id='3' operation='monitor' rc-code='0'/>\
                   <lrm_rsc_op id='s' call-id='2' operation='stop' op-status='0'/></r>";
        let (_, span) = ids(xml);
        assert_eq!(span, Span { start: Some(1), stop: Some(0) });
        assert!(!span.is_stopped() && span.covers(1) && !span.covers(0));
    }
}
