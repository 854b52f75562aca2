//! The state of the cluster, section by section (SIM section 6).

use crate::cib::format_utc;
use crate::run::Run;
use crate::simulate::{EffectiveTime, TimeSource};

use super::{InstanceCounts, Page, attributes, count_instances, failures, nodes, resources};

/// What a status shows besides nodes and resources.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusOptions {
    /// Actions begun and not finished.
    pub pending: bool,
    /// Node attributes.
    pub attributes: bool,
    /// Fail counts and failed actions.
    pub failures: bool,
}

/// Writes the state of the cluster below a title.
pub fn status(page: &mut Page, run: &mut Run<'_>, title: &str, options: StatusOptions) {
    page.begin(title);
    if nodes::node_list(page, &run.cluster) {
        page.blank();
    }
    resources::resource_list(page, run, options.pending);
    if options.attributes {
        attributes::node_attributes(page, run);
    }
    if options.failures {
        failures::fail_counts(page, run);
        failures::failed_actions(page, run);
    }
    page.end();
}

/// Writes what time everything is judged by, unless that is the real one (SIM-40).
pub fn effective_time(page: &mut Page, time: &EffectiveTime) {
    match &time.source {
        TimeSource::Given(text) => page.line(format_args!("Setting effective cluster time: {text}")),
        TimeSource::Recorded => {
            page.line(format_args!("Using the original execution date of: {}", format_utc(time.now)));
        }
        TimeSource::Real => {}
    }
}

/// Writes what a reader should know before the state: that nothing is managed, that resources are disabled (SIM-41, SIM-42).
pub fn restrictions(page: &mut Page, run: &Run<'_>) {
    if run.cluster.options.maintenance_mode {
        page.blank();
        page.line("              *** Resource management is DISABLED ***");
        page.line("  The cluster will not attempt to start, stop or recover services");
        page.mark_section();
    }
    let InstanceCounts { all, disabled, blocked } = count_instances(&run.cluster);
    if disabled > 0 || blocked > 0 {
        page.begin_section();
        let what = format_args!("{disabled} of {all} resource instances DISABLED and {blocked} BLOCKED");
        page.line(format_args!("{what} from further action due to failure"));
    }
}
