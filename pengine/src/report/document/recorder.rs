//! Writing down what a simulation shows, phase by phase.

use std::fmt::Display;

use crate::report::execution::{INCOMPLETE, complaint_text};
use crate::report::{Chunk, StatusOptions, summary};
use crate::run::{Run, ScoreLine};
use crate::simulate::{EffectiveTime, Event, Execution, Presenter, SessionOptions};
use crate::transition::{Selection, Transition};

use super::outcome::{Names, planned_actions, score_entries};
use super::{ClusterStatus, DiagnosticEntry, ExecutionReport, ExitStatus, FORMAT, SimulationReport, Step};

/// Fills in a report.
pub(crate) struct Recorder<'a> {
    report: SimulationReport,
    /// What goes to the error stream nevertheless.
    notes: Vec<Chunk>,
    options: &'a SessionOptions,
}

impl<'a> Recorder<'a> {
    /// A report of a run that nothing was shown of yet.
    pub(crate) fn new(options: &'a SessionOptions, time: &EffectiveTime) -> Self {
        let effective_time = Some(time.into());
        let report =
            SimulationReport { format: FORMAT, effective_time, status: ExitStatus::of(0), ..SimulationReport::default() };
        Self { report, notes: Vec::new(), options }
    }

    /// The report, and what is for the error stream.
    pub(crate) fn finish(self) -> (SimulationReport, Vec<Chunk>) {
        (self.report, self.notes)
    }

    fn status(&self, run: &mut Run<'_>, pending: bool) -> Option<ClusterStatus> {
        let (attributes, failures) = (self.options.show_attributes, self.options.show_failcounts);
        (!self.options.quiet).then(|| ClusterStatus::of(run, StatusOptions { pending, attributes, failures }))
    }

    /// Splits events into what was done and what could not be done.
    fn steps(&mut self, events: &[Event]) -> Option<Vec<Step>> {
        let complaints = events.iter().filter_map(|event| match event {
            Event::Complaint(complaint) => Some(complaint_text(complaint)),
            _ => None,
        });
        self.report.errors.extend(complaints);
        (!self.options.quiet).then(|| events.iter().filter_map(Step::of).collect())
    }

    fn scores(&mut self, run: &Run<'_>) {
        let names = Names(&run.cluster);
        let lines = run.scores.iter();
        self.report.scores = self.options.show_scores.then(|| score_entries(&run.cluster, &run.scores));
        self.report.utilization =
            self.options.show_utilization.then(|| lines.clone().filter_map(|line| names.utilization(line)).collect());
        let messages = lines.filter_map(|line| match line {
            ScoreLine::Note(note) => Some(note.clone()),
            _ => None,
        });
        self.report.messages.extend(messages);
    }
}

impl Presenter for Recorder<'_> {
    fn note(&mut self, note: &dyn Display) {
        self.report.messages.push(note.to_string());
        self.notes.push(Chunk::Err(format!("{note}\n")));
    }

    fn current_status(&mut self, run: &mut Run<'_>) {
        self.report.current_status = self.status(run, true);
    }

    fn modifications(&mut self, events: &[Event]) {
        self.report.modifications = self.steps(events);
    }

    fn diagnostics(&mut self, run: &Run<'_>) {
        self.report.diagnostics = run.diagnostics.iter().map(DiagnosticEntry::from).collect();
        if let Some(least) = self.options.diagnostics {
            let shown = run.diagnostics.iter().filter(|diagnostic| diagnostic.severity >= least);
            self.notes.extend(shown.map(|diagnostic| Chunk::Err(format!("{diagnostic}\n"))));
        }
    }

    fn schedule(&mut self, run: &mut Run<'_>, selection: &Selection) {
        self.scores(run);
        if !self.options.quiet {
            let lines = summary(run);
            self.report.actions = Some(planned_actions(&run.cluster, &lines));
        }
        self.report.transition = Some(Transition::of(run, selection));
    }

    fn execution(&mut self, execution: &Execution) {
        let complete = execution.complete;
        self.report.execution = self.steps(&execution.events).map(|steps| ExecutionReport { steps, complete });
        if !complete {
            self.report.errors.extend(INCOMPLETE.map(str::to_owned));
            self.report.status = ExitStatus::of(1);
        }
    }

    fn revised_status(&mut self, run: &mut Run<'_>) {
        self.report.revised_status = self.status(run, false);
    }
}
