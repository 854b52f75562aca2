//! A whole run: the stages in their order.

use crate::cib::{Cib, NextChange, Options, RuleInput, is_true};
use crate::cluster::{self, Cluster};
use crate::explain::ScoreSheet;
use crate::report::document::{ClusterStatus, PlannedAction, ScoreEntry};
use crate::report::{Page, StatusOptions};
use crate::run::Run;
use crate::transition::{self, DotOptions, Selection, Transition};
use crate::{Diagnostic, Limits, constraints, history, ordering, placement, plan, report};

/// What a run is told besides the document.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Settings {
    /// The effective time in seconds since the epoch; rules, timeouts and locks are judged by it.
    pub now: i64,
    /// Node states that stand in for those of the document.
    pub membership: Vec<NodeMembership>,
    /// Digests without private parameters are compared (SIM-13).
    pub sanitized: bool,
    /// Keep scores (`--show-scores`).
    pub keep_scores: bool,
    /// Keep utilization (`--show-utilization`).
    pub keep_utilization: bool,
    /// Keep what each score is made of.
    pub keep_causes: bool,
    /// The number of the transition, from 1.
    pub transition_id: u32,
    /// How much the document may ask for.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            now: 0,
            membership: Vec::new(),
            sanitized: false,
            keep_scores: false,
            keep_utilization: false,
            keep_causes: false,
            transition_id: 1,
            limits: Limits::default(),
        }
    }
}

/// The state of one node, kept elsewhere than in the status section: it stands in for the `node_state` attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeMembership {
    /// The node's name.
    pub node: String,
    /// `in_ccm`: member of the cluster's communication.
    pub member: bool,
    /// `crmd`: its controller is there.
    pub controller: bool,
    /// `join`: `member`, `pending`, `down` or `banned`.
    pub join: String,
    /// `expected`: `member` or `down`.
    pub expected: String,
}

/// What was read, before anything is scheduled: the state to show.
#[derive(Debug)]
pub struct Snapshot<'c> {
    /// The run.
    pub(crate) run: Run<'c>,
}

/// A finished run.
#[derive(Debug)]
pub struct Schedule<'c> {
    /// The run with its plan.
    pub(crate) run: Run<'c>,
    /// What is in the transition.
    pub(crate) selection: Selection,
}

impl<'c> Snapshot<'c> {
    /// Reads the configuration and the status section.
    #[must_use]
    pub fn read(cib: &'c Cib, settings: &'c Settings) -> Self {
        let has_quorum = cib.root().attr("have-quorum").is_some_and(is_true);
        let mut change = NextChange::default();
        // CIB-7: of a document newer than this engine nothing is read.
        let too_new = cib.is_too_new();
        let rules = RuleInput { now: settings.now, most_conditions: settings.limits.rule_conditions, ..RuleInput::default() };
        let options = if too_new { Options::default() } else { Options::read(cib, &rules, has_quorum, &mut change) };
        let mut cluster = Cluster::new(options, &rules, has_quorum);
        if let Some(time) = change.0 {
            cluster.recheck_at(time);
        }
        let mut run = Run::new(cib, settings, cluster);
        if !too_new {
            cluster::build::read(&mut run);
            cluster::status::read(&mut run);
        }
        Self { run }
    }

    /// Decides what has to be done: the phases in the order of `ARCHITECTURE.md`.
    #[must_use]
    pub fn schedule(self) -> Schedule<'c> {
        self.place().plan().select()
    }

    /// Decides where everything has to be.
    #[must_use]
    pub fn place(self) -> Placement<'c> {
        let mut run = self.run;
        placement::apply_health(&mut run);
        constraints::read(&mut run);
        placement::apply_node_criteria(&mut run);
        ordering::implicit::create_all(&mut run);
        history::check_configuration_changes(&mut run);

        placement::assign_all(&mut run);
        Placement { run }
    }
}

/// A cluster whose resources have their nodes and roles.
#[derive(Debug)]
pub struct Placement<'c> {
    run: Run<'c>,
}

impl<'c> Placement<'c> {
    /// Makes the actions that lead there, and settles what each of them means for the others.
    #[must_use]
    pub fn plan(self) -> Planned<'c> {
        let mut run = self.run;
        history::check_deferred(&mut run);
        plan::probe::create_all(&mut run);
        plan::collective::clear_removed_fail_counts(&mut run);
        plan::collective::create_all(&mut run);
        plan::remote::order_all(&mut run);
        plan::node_actions::create_all(&mut run);
        ordering::settle(&mut run);
        Planned { run }
    }
}

/// A cluster with all actions that there could be, each with its flags.
#[derive(Debug)]
pub struct Planned<'c> {
    run: Run<'c>,
}

impl<'c> Planned<'c> {
    /// Selects what is in the transition.
    #[must_use]
    pub fn select(self) -> Schedule<'c> {
        let mut run = self.run;
        // ACT-94: summing up gives nodes to actions without one, and that is part of the result.
        report::summary(&mut run);
        let selection = transition::select(&mut run);
        Schedule { run, selection }
    }
}

impl Snapshot<'_> {
    /// The state of nodes and resources.
    #[must_use]
    pub fn status(&mut self) -> ClusterStatus {
        ClusterStatus::of(&mut self.run, StatusOptions { pending: true, attributes: true, failures: true })
    }

    /// The state of nodes and resources in the words of a simulation, below a title.
    pub fn write_status(&mut self, page: &mut Page, title: &str, options: StatusOptions) {
        report::restrictions(page, &self.run);
        page.begin_section();
        report::status(page, &mut self.run, title, options);
    }
}

impl Schedule<'_> {
    /// The transition graph as a value.
    #[must_use]
    pub fn transition(&self) -> Transition {
        Transition::of(&self.run, &self.selection)
    }

    /// The transition graph as XML, two blanks a level.
    #[must_use]
    pub fn graph(&self) -> String {
        transition::graph(&self.run, &self.selection)
    }

    /// What is done about nodes and resources, and why.
    #[must_use]
    pub fn summary(&mut self) -> Vec<PlannedAction> {
        let lines = report::summary(&mut self.run);
        report::document::planned_actions(&self.run.cluster, &lines)
    }

    /// Scores in the order they came up; none unless [`Settings::keep_scores`] asked for them.
    #[must_use]
    pub fn scores(&self) -> Vec<ScoreEntry> {
        report::document::score_entries(&self.run.cluster, &self.run.scores)
    }

    /// Scores in the order they came up, with what each is made of; none unless [`Settings::keep_causes`] asked for it.
    pub fn score_sheets(&self) -> impl Iterator<Item = ScoreSheet> {
        let shown = self.run.ledger.iter().flat_map(|ledger| &ledger.shown);
        shown.map(|sheet| ScoreSheet::of(&self.run.cluster, sheet))
    }

    /// When something may have to be decided anew though nothing happened, in seconds since the epoch.
    #[must_use]
    pub fn next_check(&self) -> Option<i64> {
        self.run.cluster.recheck_by
    }

    /// Writes scores and utilization as far as they were asked for.
    pub fn write_scores(&self, page: &mut Page, quiet: bool) {
        report::scores(page, &self.run.cluster, &self.run.scores, quiet);
    }

    /// The graph in Graphviz's language.
    #[must_use]
    pub fn dot(&self, options: DotOptions) -> String {
        transition::dot(&self.run, &self.selection, options)
    }

    /// What is wrong with the configuration.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.run.diagnostics
    }
}

/// Schedules in one go.
#[must_use]
pub fn schedule<'c>(cib: &'c Cib, settings: &'c Settings) -> Schedule<'c> {
    Snapshot::read(cib, settings).schedule()
}
