#![allow(clippy::unwrap_used)]

use super::*;
use crate::cib::{Cib, format_utc, parse_epoch_seconds};

/// Evaluates the rule in the middle of a document; `now` is a date text.
fn evaluate(rule: &str, now: &str, input: RuleInput<'_>) -> (bool, Option<String>) {
    let cib = Cib::parse(format!("<cib validate-with='none'>{rule}</cib>")).unwrap();
    let rule = cib.root().child("rule").unwrap();
    let input = RuleInput { now: parse_epoch_seconds(now, 0).unwrap(), ..input };
    let mut change = NextChange::default();
    let passes = rule_passes(rule, IdScope { cib: &cib, own: None }, &input, &mut change);
    (passes, change.0.map(format_utc))
}

fn passes_with(condition: &str, input: RuleInput<'_>) -> bool {
    evaluate(&format!("<rule id='r'>{condition}</rule>"), "epoch", input).0
}

fn at(condition: &str, now: &str) -> (bool, Option<String>) {
    evaluate(&format!("<rule id='r'>{condition}</rule>"), now, RuleInput::default())
}

/// Evaluates an expression for a node with the attributes `text=Abc`, `num=10` and `frac=9.5`.
fn on_node(expression: &str) -> bool {
    let pairs = [("text", "Abc"), ("num", "10"), ("frac", "9.5"), ("huge", "99999999999999999999")];
    let node: NameValues = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    passes_with(&format!("<expression id='e' {expression}/>"), RuleInput { node: Some(&node), ..RuleInput::default() })
}

#[test]
fn rules_combine_their_conditions() {
    let (yes, no) = ("<rule id='y'/>", "<expression id='n'/>");
    let rule = |attributes: &str, conditions: &str| {
        evaluate(&format!("<rule {attributes}>{conditions}</rule>"), "epoch", RuleInput::default()).0
    };
    assert!(rule("id='r'", ""));
    assert!(rule("id='r' boolean-op='OR'", ""));
    assert!(!rule("id=''", ""));
    assert!(!rule("id='r' boolean-op='xor'", yes));
    assert!(!rule("id='r'", &format!("{yes}{no}")));
    assert!(rule("id='r' boolean-op='or'", &format!("{no}{yes}")));
    assert!(!rule("id='r'", "<other id='o'/>"));
    assert!(!rule("id='r'", "<rsc_expression/>"));
    assert!(rule("id='r'", "<rule id-ref='elsewhere'/></rule><rule id='elsewhere'>"));
}

#[test]
fn rules_that_refer_to_themselves_or_never_end_do_not_pass() {
    let twice = "<rule id-ref='r'/><rule id-ref='r'/>";
    assert!(!evaluate(&format!("<rule id='r' boolean-op='or'>{twice}</rule>"), "epoch", RuleInput::default()).0);
    let nested = |depth| format!("{}{}", "<rule id='r'>".repeat(depth), "</rule>".repeat(depth));
    assert!(evaluate(&nested(100), "epoch", RuleInput::default()).0);
    assert!(!evaluate(&nested(100_000), "epoch", RuleInput::default()).0);
}

#[test]
fn expressions_need_the_right_attributes() {
    assert!(on_node("attribute='text' operation='Defined'"));
    assert!(on_node("attribute='none' operation='not_defined'"));
    assert!(!on_node("attribute='none' operation='not_defined' value=''"));
    assert!(!on_node("attribute='text' operation='eq'"));
    assert!(!on_node("attribute='text' operation='like' value='Abc'"));
    assert!(!on_node("attribute='text' operation='eq' value='Abc' type='blob'"));
    assert!(!on_node("operation='eq' value='Abc'"));
}

#[test]
fn expressions_compare_by_type() {
    assert!(on_node("attribute='text' operation='eq' value='aBC'"));
    assert!(on_node("attribute='num' operation='gt' value='9'"));
    assert!(on_node("attribute='num' operation='lt' value='9' type='string'"));
    assert!(on_node("attribute='num' operation='eq' value='10x' type='integer'"));
    assert!(!on_node("attribute='num' operation='eq' value='10x'"));
    assert!(on_node("attribute='frac' operation='lt' value='10'"));
    assert!(on_node("attribute='frac' operation='eq' value='9.50' type='number'"));
    assert!(on_node("attribute='frac' operation='lt' value='9.10' type='version'"));
    // Beyond 64 bits, and no numbers: as texts.
    assert!(on_node("attribute='huge' operation='gt' value='5'"));
    assert!(on_node("attribute='huge' operation='lt' value='9A'"));
    assert!(on_node("attribute='text' operation='lt' value='B.'"));
}

#[test]
fn undefined_values_sort_first() {
    assert!(on_node("attribute='none' operation='ne' value='x'"));
    assert!(!on_node("attribute='none' operation='lt' value='5'"));
    assert!(on_node("attribute='none' operation='eq' value='p' value-source='param'"));
    assert!(on_node("attribute='text' operation='ne' value='p' value-source='meta'"));
    assert!(!on_node("attribute='text' operation='ne' value='p' value-source='moon'"));
}

#[test]
fn values_may_come_from_the_resource() {
    let table = |value: &str| NameValues::from_iter([("p".to_owned(), value.to_owned())]);
    let (node, parameters, meta) = (table("1"), table("1"), table("2"));
    let location = LocationInput { parameters: &parameters, meta: &meta, submatches: None };
    let input = RuleInput { node: Some(&node), location: Some(location), ..RuleInput::default() };
    let equal = |source: &str| format!("<expression id='e' attribute='p' operation='eq' value='p' value-source='{source}'/>");
    assert!(passes_with(&equal("PARAM"), input));
    assert!(!passes_with(&equal("meta"), input));
}

#[test]
fn submatches_are_put_in() {
    let submatches = ["whole".to_owned(), "one".to_owned(), String::new()];
    assert_eq!(expand_submatches("%0-%1-%2-%9-%x-%", Some(&submatches)), "whole-one---%x-%");
    assert_eq!(expand_submatches("%0-%1", None), "%0-%1");
}

#[test]
fn resources_and_operations_are_compared_exactly() {
    let agent = Agent { class: Some("ocf"), provider: Some("heartbeat"), kind: Some("Dummy") };
    let input = RuleInput { agent: Some(agent), operation: Some(("monitor", 10_000)), ..RuleInput::default() };
    assert!(passes_with("<rsc_expression id='e' class='ocf' type='Dummy'/>", input));
    assert!(!passes_with("<rsc_expression id='e' type='dummy'/>", input));
    assert!(passes_with("<op_expression id='e' name='monitor'/>", input));
    assert!(passes_with("<op_expression id='e' name='monitor' interval='10s'/>", input));
    assert!(!passes_with("<op_expression id='e' name='monitor' interval='ten'/>", input));
    assert!(!passes_with("<op_expression id='e' interval='10s'/>", input));
    let unknown = RuleInput::default();
    assert!(passes_with("<rsc_expression id='e'/>", unknown));
    assert!(!passes_with("<rsc_expression id='e' class='ocf'/>", unknown));
    assert!(!passes_with("<op_expression id='e' name='monitor'/>", unknown));
}

#[test]
fn ranges_of_dates_include_their_ends() {
    let range = "<date_expression id='d' start='2024-01-10' end='2024-01-20'/>";
    let change = |text: &str| Some(text.to_owned());
    assert_eq!(at(range, "2024-01-09"), (false, change("2024-01-10 00:00:00Z")));
    assert_eq!(at(range, "2024-01-10"), (true, change("2024-01-20 00:00:01Z")));
    assert_eq!(at(range, "2024-01-20"), (true, change("2024-01-20 00:00:01Z")));
    assert_eq!(at(range, "2024-01-20 00:00:01"), (false, None));
    assert!(!at("<date_expression id='d' operation='in_range'/>", "2024-01-20").0);
    assert!(!at("<date_expression id='d' start='soon' end='2024-01-20'/>", "2024-01-15").0);
}

#[test]
fn durations_stand_in_for_an_end() {
    let range = |attributes: &str, duration: &str| {
        format!("<date_expression id='d' {attributes}><duration {duration}/></date_expression>")
    };
    let start = "start='2024-01-01'";
    assert!(at(&range(start, "id='x' months='1' days='3x'"), "2024-02-04").0);
    assert!(!at(&range(start, "id='x' months='1' days='3'"), "2024-02-04 00:00:01").0);
    assert!(!at(&range(start, "months='1'"), "2024-01-02").0);
    assert!(!at(&range(start, "id='x' hours='99999999999'"), "2024-01-02").0);
    assert!(at(&range("start='2024-01-01' end='2024-01-05'", "hours='x'"), "2024-01-02").0);
}

#[test]
fn before_and_after_are_strict() {
    let after = "<date_expression id='d' operation='gt' start='2024-01-10'/>";
    let before = "<date_expression id='d' operation='LT' end='2024-01-10'/>";
    assert_eq!(at(after, "2024-01-10"), (false, Some("2024-01-10 00:00:01Z".to_owned())));
    assert_eq!(at(after, "2024-01-10 00:00:01"), (true, None));
    assert_eq!(at(before, "2024-01-10"), (false, None));
    assert_eq!(at(before, "2024-01-09"), (true, Some("2024-01-10 00:00:00Z".to_owned())));
    assert!(!at("<date_expression id='d' operation='gt' end='2024-01-10'/>", "2024-02-01").0);
}

#[test]
fn specs_match_fields_of_the_date() {
    // A Sunday in the last ISO week of 2020.
    let now = "2021-01-03 10:20:30";
    let spec = |attributes: &str| {
        at(&format!("<date_expression id='d' operation='date_spec'><date_spec {attributes}/></date_expression>"), now)
    };
    assert_eq!(spec("id='s'"), (true, None));
    assert!(spec("id='s' years='2021' months='-1' monthdays='3' hours='9-17' minutes='20' seconds='30-'").0);
    assert!(spec("id='s' yeardays='3' weekyears='2020' weeks='53' weekdays='7' moon='9'").0);
    assert!(!spec("id='s' weekdays='1-6'").0);
    assert!(!spec("years='2021'").0);
    assert!(!at("<date_expression id='d' operation='date_spec'/>", now).0);
}

#[test]
fn conditions_that_are_not_needed_note_nothing() {
    let (soon, later) = (
        "<date_expression id='a' operation='lt' end='2024-01-10'/>",
        "<date_expression id='b' operation='lt' end='2024-01-05'/>",
    );
    let (both, change) =
        evaluate(&format!("<rule id='r' boolean-op='or'>{soon}{later}</rule>"), "2024-01-01", RuleInput::default());
    assert_eq!((both, change.as_deref()), (true, Some("2024-01-10 00:00:00Z")));
    let (_, change) = evaluate(&format!("<rule id='r'>{soon}{later}</rule>"), "2024-01-01", RuleInput::default());
    assert_eq!(change.as_deref(), Some("2024-01-05 00:00:00Z"));
}
