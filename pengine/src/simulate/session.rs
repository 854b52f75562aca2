//! A whole simulation: status, injections, schedule, transition summary, execution, and the status after it (SIM section 1).

use std::fmt::Display;

use crate::cib::Cib;
use crate::report::document::{Recorder, SimulationReport};
use crate::report::{self, Chunk, Page, StatusOptions};
use crate::run::Run;
use crate::transition::{DotOptions, Selection, Transition, dot, graph};
use crate::{Schedule, Settings, Severity, Snapshot};

use super::{Agenda, EffectiveTime, Event, Execution, ExecutionOptions, Injections, SimulateError, execute, inject};

/// What a simulation does and shows.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Schedule and show the transition summary.
    pub process: bool,
    /// Carry the transition out, and so schedule, too.
    pub execute: bool,
    /// Show node attributes.
    pub show_attributes: bool,
    /// Show fail counts and failed actions.
    pub show_failcounts: bool,
    /// Show scores.
    pub show_scores: bool,
    /// Show utilization.
    pub show_utilization: bool,
    /// Show only what was asked for by name.
    pub quiet: bool,
    /// Make the XML graph.
    pub graph: bool,
    /// Make the transition as a value.
    pub transition: bool,
    /// Make the DOT graph, showing this.
    pub dot: Option<DotOptions>,
    /// Tell what is wrong with the configuration, from this severity on.
    pub diagnostics: Option<Severity>,
    /// Keep a copy of the CIB as it is after the injections.
    pub keep_input: bool,
    /// The effective time, as text.
    pub datetime: Option<String>,
    /// Digests without private parameters are compared (SIM-13).
    pub sanitized: bool,
    /// Changes to the input.
    pub injections: Injections,
    /// Operations to fail in the execution.
    pub failures: Vec<String>,
    /// The real time in seconds since the epoch.
    pub real_now: i64,
}

/// What a simulation made.
#[derive(Debug, Clone)]
pub struct Session {
    /// All that was written, in order.
    pub output: Vec<Chunk>,
    /// The transition, if it was asked for.
    pub transition: Option<Transition>,
    /// The transition graph as XML, if it was asked for.
    pub graph: Option<String>,
    /// The DOT graph, if it was asked for.
    pub dot: Option<String>,
    /// The CIB as it was scheduled for, if it was asked for.
    pub input: Option<Cib>,
    /// The CIB as it is in the end.
    pub cib: Cib,
    /// The execution came to its end, or there was none.
    pub complete: bool,
}

/// What a simulation shows itself to, phase by phase.
pub(crate) trait Presenter {
    /// Something to know about the document.
    fn note(&mut self, note: &dyn Display);
    /// The state in the input.
    fn current_status(&mut self, run: &mut Run<'_>);
    /// Changes to the input.
    fn modifications(&mut self, events: &[Event]);
    /// What is wrong with the configuration.
    fn diagnostics(&mut self, run: &Run<'_>);
    /// What shall be done.
    fn schedule(&mut self, run: &mut Run<'_>, selection: &Selection);
    /// What was done.
    fn execution(&mut self, execution: &Execution);
    /// The state after that.
    fn revised_status(&mut self, run: &mut Run<'_>);
}

/// Runs a simulation and shows it as text.
///
/// # Errors
///
/// If an injection or the execution can't go on; nothing is shown then.
pub fn simulate(cib: Cib, options: &SessionOptions) -> Result<Session, SimulateError> {
    let time = EffectiveTime::of(&cib, options.datetime.as_deref(), options.real_now);
    let page = Page::new(options.show_scores && options.quiet);
    let mut view = View { page, options, time: &time };
    let mut session = run_phases(cib, options, &time, &mut view)?;
    session.output = view.page.finish();
    Ok(session)
}

/// Runs a simulation and shows it as one value; only notes are left as text, for the error stream.
///
/// # Errors
///
/// If an injection or the execution can't go on.
pub fn simulate_report(cib: Cib, options: &SessionOptions) -> Result<(Session, SimulationReport), SimulateError> {
    let time = EffectiveTime::of(&cib, options.datetime.as_deref(), options.real_now);
    let mut recorder = Recorder::new(options, &time);
    let mut session = run_phases(cib, options, &time, &mut recorder)?;
    let (report, notes) = recorder.finish();
    session.output = notes;
    Ok((session, report))
}

/// The phases of a simulation in their order (SIM section 1); the output is left to the presenter.
fn run_phases(
    mut cib: Cib,
    options: &SessionOptions,
    time: &EffectiveTime,
    presenter: &mut impl Presenter,
) -> Result<Session, SimulateError> {
    cib.notes().iter().for_each(|note| presenter.note(note));
    let settings_now = settings(time, options, options.sanitized);
    let mut snapshot = Snapshot::read(&cib, &settings_now);
    presenter.current_status(&mut snapshot.run);
    if !options.injections.is_empty() {
        let cluster = snapshot.run.cluster;
        let events = inject(&mut cib, &cluster, &options.injections, options.real_now)?;
        presenter.modifications(&events);
        snapshot = Snapshot::read(&cib, &settings_now);
    }
    let input = options.keep_input.then(|| marked_input(&snapshot.run));
    if !options.process && !options.execute {
        presenter.diagnostics(&snapshot.run);
        return Ok(Session { output: Vec::new(), transition: None, graph: None, dot: None, input, cib, complete: true });
    }

    let Schedule { mut run, selection } = snapshot.schedule();
    let graph = options.graph.then(|| graph(&run, &selection));
    let transition = options.transition.then(|| Transition::of(&run, &selection));
    let dot = options.dot.map(|dot_options| dot(&run, &selection, dot_options));
    presenter.diagnostics(&run);
    presenter.schedule(&mut run, &selection);
    let agenda = options.execute.then(|| Agenda::of(&run, &selection));
    let mut complete = true;
    if let Some(agenda) = agenda {
        let cluster = run.cluster;
        let execution = execute(&mut cib, &cluster, agenda, options.execution())?;
        presenter.execution(&execution);
        complete = execution.complete;
        if !options.quiet {
            // What a simulation wrote has its digests in full, so private parameters are no question (SIM-50).
            let settings_then = settings(time, options, false);
            presenter.revised_status(&mut Snapshot::read(&cib, &settings_then).run);
        }
    }
    Ok(Session { output: Vec::new(), transition, graph, dot, input, cib, complete })
}

impl SessionOptions {
    fn execution(&self) -> ExecutionOptions<'_> {
        ExecutionOptions {
            failures: &self.failures,
            invents_nodes: self.injections.invents_nodes(),
            real_now: self.real_now,
            forgets: false,
        }
    }
}

fn settings(time: &EffectiveTime, options: &SessionOptions, sanitized: bool) -> Settings {
    Settings {
        now: time.now,
        sanitized,
        keep_scores: options.show_scores,
        keep_utilization: options.show_utilization,
        ..Settings::default()
    }
}

/// A copy of the CIB with the marks that reading leaves at failed entries (SIM-15, HIST-76).
fn marked_input(run: &Run<'_>) -> Cib {
    let mut input = run.cib.clone();
    for failed in &run.history.failed {
        let (node, resource) = (&run[failed.node].name, &run[failed.resource].id);
        input.tree_mut().set(failed.entry, "uname", node);
        input.tree_mut().set(failed.entry, "rsc-id", resource);
    }
    input
}

/// The page that a simulation writes, section by section, with the empty lines between them (SIM-34).
struct View<'a> {
    page: Page,
    options: &'a SessionOptions,
    time: &'a EffectiveTime,
}

impl View<'_> {
    fn date(&mut self) {
        if !self.options.quiet {
            report::effective_time(&mut self.page, self.time);
        }
    }

    fn status(&mut self, run: &mut Run<'_>, title: &str, pending: bool) {
        let (attributes, failures) = (self.options.show_attributes, self.options.show_failcounts);
        report::status(&mut self.page, run, title, StatusOptions { pending, attributes, failures });
    }

    fn scores(&mut self, run: &Run<'_>) {
        let heading = match (self.options.show_scores, self.options.show_utilization) {
            (true, true) => "Assignment Scores and Utilization Information",
            (true, false) => "Assignment Scores",
            (false, true) => "Utilization Information",
            (false, false) => return,
        };
        self.page.begin_section();
        self.page.begin(heading);
        report::scores(&mut self.page, &run.cluster, &run.scores, self.options.quiet);
        self.page.end();
    }

    fn summary(&mut self, run: &mut Run<'_>) {
        if self.options.quiet {
            return;
        }
        let lines = report::summary(run);
        self.page.separate_section();
        self.page.begin("Transition Summary");
        report::write_summary(&mut self.page, &run.cluster, &lines);
        self.page.end();
    }
}

impl Presenter for View<'_> {
    fn note(&mut self, note: &dyn Display) {
        self.page.note(note);
    }

    fn current_status(&mut self, run: &mut Run<'_>) {
        self.date();
        if !self.options.quiet {
            report::restrictions(&mut self.page, run);
            self.page.begin_section();
            self.status(run, "Current cluster status", true);
        }
    }

    fn modifications(&mut self, events: &[Event]) {
        self.page.begin_section();
        if !self.options.quiet {
            self.page.begin("Performing Requested Modifications");
        }
        report::write_events(&mut self.page, events, self.options.quiet);
        if !self.options.quiet {
            self.page.end();
        }
        self.date();
    }

    fn diagnostics(&mut self, run: &Run<'_>) {
        let Some(least) = self.options.diagnostics else { return };
        run.diagnostics.iter().filter(|diagnostic| diagnostic.severity >= least).for_each(|at| self.page.note(at));
    }

    fn schedule(&mut self, run: &mut Run<'_>, _: &Selection) {
        self.scores(run);
        self.summary(run);
    }

    fn execution(&mut self, execution: &Execution) {
        self.page.separate_section();
        if !self.options.quiet {
            self.page.begin("Executing Cluster Transition");
        }
        report::write_events(&mut self.page, &execution.events, self.options.quiet);
        if !execution.complete {
            report::execution::INCOMPLETE.iter().for_each(|line| self.page.note(line));
        }
        if !self.options.quiet {
            self.page.end();
        }
    }

    fn revised_status(&mut self, run: &mut Run<'_>) {
        self.date();
        self.page.blank();
        self.status(run, "Revised Cluster Status", false);
    }
}
