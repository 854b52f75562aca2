//! Cluster options and the settings derived from them.

use smol_str::SmolStr;

use super::{
    Cib, HealthWords, IdScope, NameValues, NextChange, RuleInput, Score, is_true, leading_integer, parse_bool, parse_integer,
    parse_interval_ms, read_sets,
};

/// What is done without quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum NoQuorumPolicy {
    #[default]
    Stop,
    Freeze,
    Ignore,
    Demote,
    Fence,
}

/// How `#health` attributes of nodes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum HealthStrategy {
    #[default]
    None,
    Custom,
    OnlyGreen,
    Progressive,
    MigrateOnRed,
}

/// How capacity counts when a node is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum PlacementStrategy {
    #[default]
    Default,
    Utilization,
    Minimal,
    Balanced,
}

/// Cluster options (CIB section 8).
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Options {
    /// Every option's text: as configured, or the default.
    pub texts: NameValues,
    pub no_quorum_policy: NoQuorumPolicy,
    pub shutdown_lock: bool,
    /// In milliseconds; 0 is no limit.
    pub shutdown_lock_limit_ms: u32,
    pub symmetric_cluster: bool,
    pub maintenance_mode: bool,
    pub start_failure_is_fatal: bool,
    pub enable_startup_probes: bool,
    pub fence_remote_without_quorum: bool,
    pub fencing_enabled: bool,
    /// `reboot` or `off`.
    pub fencing_action: String,
    pub have_watchdog: bool,
    pub concurrent_fencing: bool,
    /// Only ever true with fencing enabled (CIB-96).
    pub startup_fencing: bool,
    /// In milliseconds.
    pub priority_fencing_delay_ms: u32,
    /// In milliseconds; 0 is no timeout.
    pub node_pending_timeout_ms: u32,
    pub stop_all_resources: bool,
    pub stop_removed_resources: bool,
    pub cancel_removed_actions: bool,
    pub health_strategy: HealthStrategy,
    pub health_base: Score,
    pub health_words: HealthWords,
    pub placement_strategy: PlacementStrategy,
    pub cluster_name: Option<String>,
}

impl Options {
    /// The text of an option, for the graph's header.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).unwrap_or_default()
    }
}

/// What texts an option accepts.
#[derive(Clone, Copy)]
enum Accepts {
    Boolean,
    Interval,
    /// An integer of 64 bits, or one of the forms of infinity (CIB-91).
    Integer,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    /// One of these words exactly.
    ExactWord(&'static [&'static str]),
}

/// An option that is looked at.
struct Known {
    name: &'static str,
    old_name: Option<&'static str>,
    default: &'static str,
    accepts: Accepts,
}

const fn known(name: &'static str, default: &'static str, accepts: Accepts) -> Known {
    Known { name, old_name: None, default, accepts }
}

const fn renamed(name: &'static str, old_name: &'static str, default: &'static str, accepts: Accepts) -> Known {
    Known { name, old_name: Some(old_name), default, accepts }
}

use Accepts::{Boolean, ExactWord, Integer, Interval, Word};

const QUORUM_POLICIES: &[&str] = &["stop", "freeze", "ignore", "demote", "fence", "suicide"];
const FENCING_ACTIONS: &[&str] = &["reboot", "off"];
const HEALTH_STRATEGIES: &[&str] = &["none", "custom", "only-green", "progressive", "migrate-on-red"];
const PLACEMENT_STRATEGIES: &[&str] = &["default", "utilization", "minimal", "balanced"];

/// The table of CIB-90. `cluster-name` is not in it: it has no default and accepts anything.
const KNOWN: &[Known] = &[
    known("no-quorum-policy", "stop", Word(QUORUM_POLICIES)),
    known("shutdown-lock", "false", Boolean),
    known("shutdown-lock-limit", "0", Interval),
    known("symmetric-cluster", "true", Boolean),
    known("maintenance-mode", "false", Boolean),
    known("start-failure-is-fatal", "true", Boolean),
    known("enable-startup-probes", "true", Boolean),
    known("fence-remote-without-quorum", "false", Boolean),
    renamed("fencing-enabled", "stonith-enabled", "true", Boolean),
    renamed("fencing-action", "stonith-action", "reboot", ExactWord(FENCING_ACTIONS)),
    renamed("fencing-timeout", "stonith-timeout", "60s", Interval),
    known("have-watchdog", "false", Boolean),
    known("concurrent-fencing", "true", Boolean),
    known("startup-fencing", "true", Boolean),
    known("priority-fencing-delay", "0", Interval),
    known("node-pending-timeout", "0", Interval),
    known("cluster-delay", "60s", Interval),
    known("batch-limit", "0", Integer),
    known("migration-limit", "-1", Integer),
    known("stop-all-resources", "false", Boolean),
    renamed("stop-removed-resources", "stop-orphan-resources", "true", Boolean),
    renamed("cancel-removed-actions", "stop-orphan-actions", "true", Boolean),
    known("node-health-strategy", "none", Word(HEALTH_STRATEGIES)),
    known("node-health-base", "0", Integer),
    known("node-health-green", "0", Integer),
    known("node-health-yellow", "0", Integer),
    known("node-health-red", "-INFINITY", Integer),
    known("placement-strategy", "default", Word(PLACEMENT_STRATEGIES)),
];

impl Accepts {
    fn accepts(self, text: &str) -> bool {
        match self {
            Boolean => parse_bool(text).is_some(),
            Interval => parse_interval_ms(text).is_some(),
            Integer => {
                let is_infinity = matches!(text, "INFINITY" | "+INFINITY" | "-INFINITY");
                is_infinity || leading_integer(text).is_some_and(|number| !number.overflow)
            }
            Word(words) => words.iter().any(|word| text.eq_ignore_ascii_case(word)),
            ExactWord(words) => words.contains(&text),
        }
    }
}

/// The names of all options that a scheduler looks at, old ones included.
#[cfg(feature = "check")]
pub(crate) fn option_names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().flat_map(|option| std::iter::once(option.name).chain(option.old_name))
}

/// Whether an option of that name, old or new, accepts a text; nothing if there is no such option.
#[cfg(feature = "check")]
pub(crate) fn option_accepts(name: &str, text: &str) -> Option<bool> {
    let known = KNOWN.iter().find(|option| option.name == name || option.old_name == Some(name))?;
    Some(known.accepts.accepts(text))
}

/// Puts in what is missing or invalid, and the values that stand under an old name (CIB-89).
fn fill_in(texts: &mut NameValues) {
    for option in KNOWN {
        let old = || option.old_name.and_then(|old| texts.get(old));
        let given = texts.get(option.name).or_else(old).filter(|text| option.accepts.accepts(text));
        let text = given.map_or_else(|| SmolStr::new_static(option.default), SmolStr::new);
        texts.insert(SmolStr::new_static(option.name), text);
    }
}

impl Options {
    /// Reads `crm_config` and derives the settings (CIB-88 to CIB-97).
    #[must_use]
    pub fn read(cib: &Cib, input: &RuleInput<'_>, has_quorum: bool, change: &mut NextChange) -> Self {
        let mut texts = NameValues::default();
        if let Some(section) = cib.section("crm_config") {
            let scope = IdScope { cib, own: None };
            read_sets(section.children(), "cluster_property_set", scope, input, HealthWords::default(), &mut texts, change);
        }
        let cluster_name = texts.get("cluster-name").map(str::to_owned);
        fill_in(&mut texts);

        let text = |name: &str| texts.get(name).unwrap_or_default();
        let flag = |name| is_true(text(name));
        let interval = |name| parse_interval_ms(text(name)).unwrap_or_default();
        let fencing_enabled = flag("fencing-enabled");
        let may_panic = has_quorum || cib.root().attr("no-quorum-panic").and_then(parse_integer).is_some_and(|panic| panic != 0);
        let shutdown_lock = flag("shutdown-lock");
        let health_strategy = HealthStrategy::parse(text("node-health-strategy"));
        Self {
            no_quorum_policy: NoQuorumPolicy::parse(text("no-quorum-policy"), fencing_enabled && may_panic),
            shutdown_lock,
            shutdown_lock_limit_ms: if shutdown_lock { interval("shutdown-lock-limit") } else { 0 },
            symmetric_cluster: flag("symmetric-cluster"),
            maintenance_mode: flag("maintenance-mode"),
            start_failure_is_fatal: flag("start-failure-is-fatal"),
            enable_startup_probes: flag("enable-startup-probes"),
            fence_remote_without_quorum: flag("fence-remote-without-quorum"),
            fencing_enabled,
            fencing_action: text("fencing-action").to_owned(),
            have_watchdog: flag("have-watchdog"),
            concurrent_fencing: flag("concurrent-fencing"),
            startup_fencing: fencing_enabled && flag("startup-fencing"),
            priority_fencing_delay_ms: interval("priority-fencing-delay"),
            node_pending_timeout_ms: interval("node-pending-timeout"),
            stop_all_resources: flag("stop-all-resources"),
            stop_removed_resources: flag("stop-removed-resources"),
            cancel_removed_actions: flag("cancel-removed-actions"),
            health_base: parse_score(text("node-health-base")),
            health_words: health_words(health_strategy, text),
            health_strategy,
            placement_strategy: PlacementStrategy::parse(text("placement-strategy")),
            cluster_name,
            texts,
        }
    }
}

fn parse_score(text: &str) -> Score {
    Score::parse(text, HealthWords::default()).unwrap_or_default()
}

/// What the words of health are worth with a strategy (CIB-97).
fn health_words<'t>(strategy: HealthStrategy, text: impl Fn(&str) -> &'t str) -> HealthWords {
    let no = Score::MINUS_INFINITY;
    match strategy {
        HealthStrategy::None => HealthWords::default(),
        HealthStrategy::MigrateOnRed => HealthWords { red: no, ..HealthWords::default() },
        HealthStrategy::OnlyGreen => HealthWords { red: no, yellow: no, ..HealthWords::default() },
        HealthStrategy::Progressive | HealthStrategy::Custom => HealthWords {
            red: parse_score(text("node-health-red")),
            yellow: parse_score(text("node-health-yellow")),
            green: parse_score(text("node-health-green")),
        },
    }
}

impl NoQuorumPolicy {
    /// Reads a valid word; fencing falls back to stopping where it may not be done (CIB-95).
    fn parse(text: &str, may_fence: bool) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "freeze" => Self::Freeze,
            "ignore" => Self::Ignore,
            "demote" => Self::Demote,
            "fence" | "suicide" if may_fence => Self::Fence,
            _ => Self::Stop,
        }
    }
}

impl HealthStrategy {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "custom" => Self::Custom,
            "only-green" => Self::OnlyGreen,
            "progressive" => Self::Progressive,
            "migrate-on-red" => Self::MigrateOnRed,
            _ => Self::None,
        }
    }
}

impl PlacementStrategy {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "utilization" => Self::Utilization,
            "minimal" => Self::Minimal,
            "balanced" => Self::Balanced,
            _ => Self::Default,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(root_attributes: &str, options: &[(&str, &str)], has_quorum: bool) -> Options {
        let pairs: String = options.iter().map(|(name, value)| format!("<nvpair name='{name}' value='{value}'/>")).collect();
        let text = format!(
            "<cib validate-with='pacemaker-4.0' {root_attributes}><configuration><crm_config>\
             <cluster_property_set id='cib-bootstrap-options'>{pairs}</cluster_property_set>\
             <cluster_property_set score='INFINITY'><nvpair name='batch-limit' value='7'/></cluster_property_set>\
             </crm_config></configuration></cib>"
        );
        Options::read(&Cib::parse(&text).unwrap(), &RuleInput::default(), has_quorum, &mut NextChange::default())
    }

    #[test]
    fn defaults_old_names_and_invalid_values() {
        let options = read("", &[("stonith-timeout", "3m"), ("fencing-action", "poweroff"), ("cluster-delay", "-5s")], true);
        assert_eq!(options.text("fencing-timeout"), "3m");
        assert_eq!(options.fencing_action, "reboot");
        assert_eq!(options.text("cluster-delay"), "60s");
        assert_eq!(options.text("migration-limit"), "-1");
        assert!(options.symmetric_cluster && options.startup_fencing && !options.maintenance_mode);
    }

    #[test]
    fn an_invalid_new_name_beats_the_old_one() {
        let options = read("", &[("stonith-enabled", "false"), ("fencing-enabled", "perhaps")], true);
        assert!(options.fencing_enabled);
        assert!(!read("", &[("stonith-enabled", "false")], true).startup_fencing);
    }

    #[test]
    fn the_bootstrap_set_comes_first_whatever_its_score() {
        assert_eq!(read("", &[("batch-limit", "1")], true).text("batch-limit"), "1");
        assert_eq!(read("", &[], true).text("batch-limit"), "7");
    }

    #[test]
    fn fencing_for_lack_of_quorum_needs_to_have_had_it() {
        let policy = |attributes, has_quorum| read(attributes, &[("no-quorum-policy", "Suicide")], has_quorum).no_quorum_policy;
        assert_eq!(policy("", true), NoQuorumPolicy::Fence);
        assert_eq!(policy("", false), NoQuorumPolicy::Stop);
        assert_eq!(policy("no-quorum-panic='1'", false), NoQuorumPolicy::Fence);
        assert_eq!(policy("no-quorum-panic='true'", false), NoQuorumPolicy::Stop);
    }

    #[test]
    fn health_words_follow_the_strategy() {
        let words = |strategy| {
            let options = [("node-health-strategy", strategy), ("node-health-yellow", "-5"), ("node-health-green", "red")];
            let words = read("", &options, true).health_words;
            [words.red, words.yellow, words.green].map(Score::value)
        };
        assert_eq!(words("none"), [0, 0, 0]);
        assert_eq!(words("Only-Green"), [-1_000_000, -1_000_000, 0]);
        assert_eq!(words("migrate-on-red"), [-1_000_000, 0, 0]);
        assert_eq!(words("progressive"), [-1_000_000, -5, 0]);
    }
}
