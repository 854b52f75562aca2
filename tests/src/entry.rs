//! What is called with whatever bytes, by a fuzzer and by random tests: nothing here may panic, hang, or take memory beyond all bounds.

use std::str;

use pengine::cib::Escaped;
use pengine::simulate::{SessionOptions, simulate};
use pengine::transition::DotOptions;
use pengine::{Cib, Settings, Severity, schedule};

use crate::REAL_NOW;

/// Some entry point.
pub type Entry = fn(&[u8]);

/// All of them, by name.
pub const ENTRIES: [(&str, Entry); 4] = [("parse", parse), ("rules", rules), ("dates", dates), ("run", run)];

/// The bytes are a document: what is read is written, and what was written is read again as the same.
///
/// # Panics
///
/// If that is not so.
pub fn parse(data: &[u8]) {
    let Some(cib) = document(data) else { return };
    let written = cib.to_xml();
    let again = Cib::parse(written.as_str()).map(|cib| cib.to_xml());
    assert_eq!(again.as_deref(), Ok(written.as_str()), "what was written is read as something else");
}

/// The bytes are what is inside of a rule.
pub fn rules(data: &[u8]) {
    let Ok(conditions) = str::from_utf8(data) else { return };
    plan(&with_rule(conditions, "10s"));
}

/// The bytes are a date, a time or a duration, wherever one may stand.
pub fn dates(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let date = Escaped(text);
    let conditions = format!(
        "<date_expression id='after' operation='gt' start='{date}'/>\
         <date_expression id='within' operation='in_range' start='{date}' end='{date}'><duration id='long' hours='{date}' \
         months='{date}'/></date_expression>\
         <date_expression id='spec' operation='date_spec'><date_spec id='when' hours='{date}' weekdays='{date}' years='{date}'/>\
         </date_expression>"
    );
    plan(&with_rule(&conditions, &date.to_string()));
    let options = SessionOptions { datetime: Some(text.to_owned()), real_now: REAL_NOW, ..SessionOptions::default() };
    if let Ok(cib) = Cib::parse(with_rule("", "10s")) {
        let _ = simulate(cib, &options);
    }
}

/// The bytes are a document that is simulated with all outputs.
pub fn run(data: &[u8]) {
    let Some(cib) = document(data) else { return };
    let options = SessionOptions {
        process: true,
        execute: true,
        show_attributes: true,
        show_failcounts: true,
        show_scores: true,
        show_utilization: true,
        graph: true,
        dot: Some(DotOptions { all_actions: true, numbers: true }),
        diagnostics: Some(Severity::Info),
        real_now: REAL_NOW,
        ..SessionOptions::default()
    };
    let _ = simulate(cib, &options);
}

fn document(data: &[u8]) -> Option<Cib> {
    Cib::parse(str::from_utf8(data).ok()?).ok()
}

/// A small cluster in which a rule decides where a resource may run and what options there are.
fn with_rule(conditions: &str, interval: &str) -> String {
    format!(
        "<cib validate-with='pacemaker-4.0' crm_feature_set='3.20.5' have-quorum='1'><configuration><crm_config>\
         <cluster_property_set id='options'><rule id='when'>{conditions}</rule><nvpair id='stickiness' name='fencing-enabled' \
         value='false'/></cluster_property_set></crm_config><nodes><node id='1' uname='alice'><instance_attributes id='attributes'>\
         <nvpair id='site' name='site' value='north'/></instance_attributes></node><node id='2' uname='bob'/></nodes><resources>\
         <primitive id='web' class='ocf' provider='heartbeat' type='apache'><operations><op id='watch' name='monitor' interval='{interval}' \
         timeout='{interval}'/></operations></primitive></resources><constraints><rsc_location id='home' rsc='web'><rule id='where' score='100'>{conditions}\
         </rule></rsc_location></constraints></configuration><status><node_state id='1' uname='alice' in_ccm='1' crmd='1' \
         join='member' expected='member'/></status></cib>"
    )
}

fn plan(text: &str) {
    if let Ok(cib) = Cib::parse(text) {
        let _ = schedule(&cib, &Settings { now: REAL_NOW, ..Settings::default() }).graph();
    }
}
