//! What is known of a node's membership, and whether it is online (STATE sections 7 and 8).

use crate::NodeMembership;
use crate::cib::{ElementRef, leading_integer, ms_to_seconds, parse_bool};
use crate::cluster::NodeId;
use crate::plan::FenceReason;
use crate::run::Run;

/// A node's membership, from its `node_state` or from what stands in for that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership<'c> {
    /// Member since that time; 0 if it is none, nothing if that isn't known.
    member_since: Option<i64>,
    /// Its controller is there.
    controller: bool,
    join: Option<&'c str>,
    expected: Option<&'c str>,
}

impl<'c> Membership<'c> {
    /// Reads the attributes of a `node_state` (STATE-43).
    pub fn of_state(state: ElementRef<'c>, now: i64) -> Self {
        let since = |text: &str| leading_integer(text).map(|number| number.value).filter(|&time| time >= 0);
        let member_since = state.attr("in_ccm").and_then(|text| match parse_bool(text) {
            Some(member) => Some(if member { now } else { 0 }),
            None => since(text),
        });
        let controller = state
            .attr("crmd")
            .is_some_and(|text| text.eq_ignore_ascii_case("online") || since(text).is_some_and(|time| time > 0));
        Self { member_since, controller, join: state.attr("join"), expected: state.attr("expected") }
    }

    /// Takes over a state that is kept elsewhere.
    pub fn of_settings(settings: &'c NodeMembership, now: i64) -> Self {
        Self {
            member_since: Some(if settings.member { now } else { 0 }),
            controller: settings.controller,
            join: Some(&settings.join),
            expected: Some(&settings.expected),
        }
    }

    fn is_member(&self) -> bool {
        self.member_since.is_some_and(|since| since > 0)
    }

    /// A missing `expected` counts as `down`.
    fn is_expected_down(&self) -> bool {
        self.expected.is_none_or(|expected| expected == "down")
    }

    /// Whether the node should be there: it is so expected, and nobody asked it to leave (STATE-42).
    pub fn is_expected_up(&self, shutdown_requested: bool) -> bool {
        !shutdown_requested && self.expected.is_some_and(|expected| expected.eq_ignore_ascii_case("member"))
    }
}

/// What follows from a node's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    pub online: bool,
    pub pending: bool,
    pub fence: Option<FenceReason>,
}

impl Verdict {
    fn of(online: bool) -> Self {
        Self { online, ..Self::default() }
    }

    fn fence(online: bool, reason: FenceReason) -> Self {
        Self { online, fence: Some(reason), ..Self::default() }
    }

    fn pending(online: bool) -> Self {
        Self { online, pending: true, ..Self::default() }
    }
}

/// Judges a cluster node by its membership.
pub(super) fn judge(run: &mut Run<'_>, node: NodeId, membership: &Membership<'_>) -> Verdict {
    if run.cluster.options.fencing_enabled {
        judge_with_fencing(run, node, membership)
    } else {
        judge_without_fencing(run, node, membership)
    }
}

/// STATE-44: the first row that applies.
fn judge_with_fencing(run: &mut Run<'_>, node: NodeId, membership: &Membership<'_>) -> Verdict {
    let (member, controller) = (membership.is_member(), membership.controller);
    if run[node].shutting_down {
        return Verdict::of(controller);
    }
    if membership.member_since.is_none() {
        return Verdict::fence(false, FenceReason::PeerNotSeen);
    }
    if membership.join == Some("banned") {
        return Verdict::fence(member, FenceReason::PeerBanned);
    }
    if is_termination_requested(run, node) {
        let was_fenced = !member && !controller && membership.join == Some("down");
        return if was_fenced { Verdict::of(false) } else { Verdict::fence(member, FenceReason::FencingRequested) };
    }
    if membership.is_expected_down() {
        return if is_pending_too_long(run, membership) {
            Verdict::fence(true, FenceReason::PendingTimeout)
        } else if member || controller {
            Verdict::pending(member)
        } else {
            Verdict::of(false)
        };
    }
    match membership.join {
        _ if !member => Verdict::fence(false, FenceReason::NoLongerMember),
        _ if !controller => Verdict::fence(true, FenceReason::ProcessGone),
        Some("member") => Verdict::of(true),
        Some("pending" | "down") => Verdict::pending(true),
        _ => Verdict::fence(true, FenceReason::UnknownState),
    }
}

/// STATE-45.
fn judge_without_fencing(run: &Run<'_>, node: NodeId, membership: &Membership<'_>) -> Verdict {
    if !membership.is_member() {
        Verdict::of(false)
    } else if membership.controller {
        Verdict::of(membership.join.is_some_and(|join| join.eq_ignore_ascii_case("member")))
    } else if run[node].expected_up {
        Verdict::fence(false, FenceReason::UnexpectedlyDown)
    } else {
        Verdict::of(false)
    }
}

/// STATE-39.
fn is_termination_requested(run: &Run<'_>, node: NodeId) -> bool {
    run[node]
        .attribute("terminate")
        .is_some_and(|text| parse_bool(text).unwrap_or_else(|| leading_integer(text).is_some_and(|number| number.value > 0)))
}

/// Whether a member has been without controller for too long; if it still has time, that decides when to look again
/// (STATE-38).
fn is_pending_too_long(run: &mut Run<'_>, membership: &Membership<'_>) -> bool {
    let timeout = ms_to_seconds(run.cluster.options.node_pending_timeout_ms);
    let Some(since) = membership.member_since.filter(|&since| timeout > 0 && since > 0 && !membership.controller) else {
        return false;
    };
    let until = since.saturating_add(timeout);
    run.cluster.recheck_at(until);
    run.cluster.now >= until
}
