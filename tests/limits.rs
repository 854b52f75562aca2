//! Documents that ask for too much: each is refused or planned, in time and memory that grow no faster than what is planned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use pengine::simulate::{SessionOptions, simulate};
use pengine::transition::{ElementKind, GraphAction};
use pengine::{Cib, CibError, Limits, Problem, Schedule, Settings, schedule};
use pengine_tests::REAL_NOW;

/// A cluster of two nodes with these resources, constraints and options.
fn cluster(resources: &str, constraints: &str, options: &str) -> String {
    cluster_of(2, resources, constraints, options)
}

fn cluster_of(nodes: usize, resources: &str, constraints: &str, options: &str) -> String {
    let mut text = format!(
        "<cib validate-with='pacemaker-4.0' crm_feature_set='3.20.5' have-quorum='1'><configuration><crm_config><cluster_property_set \
         id='options'><nvpair id='fencing' name='fencing-enabled' value='false'/>{options}</cluster_property_set></crm_config><nodes>"
    );
    (1..=nodes).for_each(|node| write!(text, "<node id='{node}' uname='node{node}'/>").unwrap());
    write!(text, "</nodes><resources>{resources}</resources><constraints>{constraints}</constraints></configuration><status>")
        .unwrap();
    for node in 1..=nodes {
        write!(text, "<node_state id='{node}' uname='node{node}' in_ccm='1' crmd='1' join='member' expected='member'/>").unwrap();
    }
    text + "</status></cib>"
}

fn primitive(id: &str) -> String {
    format!("<primitive id='{id}' class='ocf' provider='heartbeat' type='Dummy'/>")
}

fn settings() -> Settings {
    Settings { now: REAL_NOW, ..Settings::default() }
}

/// Plans a document; the number of actions.
fn actions(text: impl Into<String>) -> usize {
    let cib = Cib::parse(text).expect("it is a document");
    schedule(&cib, &settings()).transition().synapses.len()
}

fn problems(schedule: &Schedule<'_>) -> Vec<Problem> {
    schedule.diagnostics().iter().map(|diagnostic| diagnostic.what.clone()).collect()
}

#[test]
fn nesting_ends_without_overflowing_the_stack() {
    let (open, close) = ("<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(actions(cluster(&primitive("web"), &format!("{open}{close}"), "")), 3);
    let (open, close) = ("<group id='g'>".repeat(100_000), "</group>".repeat(100_000));
    actions(cluster(&format!("{open}{}{close}", primitive("web")), "", ""));
    let (open, close) = ("<rule id='r' score='1'>".repeat(100_000), "</rule>".repeat(100_000));
    let rule = format!(
        "<rsc_location id='l' rsc='web'>{open}<expression id='e' attribute='x' operation='defined'/>{close}</rsc_location>"
    );
    assert_eq!(actions(cluster(&primitive("web"), &rule, "")), 3);
}

#[test]
fn documents_do_not_unfold_themselves() {
    let laughs = "<!DOCTYPE cib [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]><cib validate-with='none'>&b;</cib>";
    assert!(matches!(Cib::parse(laughs), Err(CibError::NotXml { .. })));
}

#[test]
fn a_million_elements_and_200_megabytes_are_read() {
    let padding = "x".repeat(150);
    let mut options = String::with_capacity(210_000_000);
    for number in 0..1_000_000 {
        write!(options, "<nvpair id='o{number}' name='option{number}' value='{padding}'/>").unwrap();
    }
    let text = cluster(&primitive("web"), "", &options);
    assert!(text.len() > 200_000_000);
    assert_eq!(actions(text), 3);
}

#[test]
fn attributes_may_be_long_and_many() {
    let long = "y".repeat(1_000_000);
    let mut parameters = format!("<nvpair id='long' name='{long}' value='{long}'/>");
    (0..20_000).for_each(|number| write!(parameters, "<nvpair id='p{number}' name='p{number}' value='{number}'/>").unwrap());
    let web = format!(
        "<primitive id='web' class='ocf' provider='heartbeat' type='Dummy'><instance_attributes id='i'>{parameters}\
         </instance_attributes></primitive>"
    );
    assert_eq!(actions(cluster(&web, "", "")), 3);
}

#[test]
fn numbers_and_dates_may_be_beyond_every_integer() {
    for number in ["99999999999999999999999999", "-99999999999999999999999999", "9223372036854775807", "1e400", "INFINITY", ""] {
        let web = format!(
            "<primitive id='web' class='ocf' provider='heartbeat' type='Dummy'><meta_attributes id='m'><nvpair id='p' name='priority' \
             value='{number}'/><nvpair id='s' name='resource-stickiness' value='{number}'/><nvpair id='t' name='migration-threshold' \
             value='{number}'/><nvpair id='f' name='failure-timeout' value='{number}'/></meta_attributes><operations><op id='o' \
             name='monitor' interval='{number}' timeout='{number}'/></operations></primitive>"
        );
        let home = format!(
            "<rsc_location id='l' rsc='web' node='node1' score='{number}'/><rsc_location id='d' rsc='web'><rule id='r' score='{number}'>\
             <date_expression id='e' operation='in_range' start='9999999-12-31' end='{number}'/><date_expression id='f' operation='gt' \
             start='{number}-{number}-01T99:99:99Z'/></rule></rsc_location>"
        );
        let delay = format!("<nvpair id='c' name='cluster-recheck-interval' value='{number}'/>");
        assert!(actions(cluster(&web, &home, &delay)) >= 1, "{number}");
    }
}

#[test]
fn references_may_lead_in_circles() {
    let resources = "<template id='t' class='ocf' provider='heartbeat' type='Dummy'><meta_attributes id-ref='m'/></template>\
                     <primitive id='web' template='t'><meta_attributes id='m'><nvpair id-ref='n'/></meta_attributes>\
                     <instance_attributes id='i'><rule id='r'><rule id-ref='r'/></rule><nvpair id='n' name='n' value='1'/>\
                     </instance_attributes></primitive><primitive id='db' template='db'/>";
    let constraints = "<rsc_location id='l' rsc='web'><rule id='s' score='1'><rule id-ref='q'/></rule></rsc_location>\
                       <rsc_location id='k' rsc='web'><rule id='q' score='1'><rule id-ref='s'/><rule id-ref='s'/></rule></rsc_location>\
                       <rsc_order id='o'><resource_set id='set'><resource_ref id='x'/></resource_set><resource_set id-ref='set'/></rsc_order>\
                       <rsc_order id='p' first='web' then='web'/><rsc_colocation id='c' rsc='web' with-rsc='web' score='INFINITY'/>";
    let text = cluster(resources, constraints, "");
    let tags =
        "<tags><tag id='x'><obj_ref id='y'/></tag><tag id='y'><obj_ref id='x'/><obj_ref id='web'/></tag></tags></configuration>";
    actions(text.replace("</configuration>", tags));
}

#[test]
fn tags_of_tags_stand_for_no_more_than_the_limit() {
    let mut tags = String::from("<tags><tag id='t0'><obj_ref id='web'/><obj_ref id='web'/></tag>");
    for level in 1..60 {
        write!(tags, "<tag id='t{level}'>").unwrap();
        (0..2).for_each(|_| write!(tags, "<obj_ref id='t{}'/>", level - 1).unwrap());
        tags.push_str("</tag>");
    }
    let order = "<rsc_order id='o' first='t59' then='web'/>";
    let text = cluster(&primitive("web"), order, "").replace("</configuration>", &(tags + "</tags></configuration>"));
    assert_eq!(actions(text), 3);
}

#[test]
fn instances_are_limited_and_that_is_said() {
    let clone = format!(
        "<clone id='many'><meta_attributes id='m'><nvpair id='max' name='clone-max' value='10000'/><nvpair id='each' \
         name='clone-node-max' value='10000'/></meta_attributes>{}</clone>",
        primitive("web")
    );
    let cib = Cib::parse(cluster(&clone, "", "")).unwrap();
    let usual = settings();
    let planned = schedule(&cib, &usual);
    let said = |asked, most| Problem::TooManyInstances { resource: "many".to_owned(), asked, most };
    assert!(problems(&planned).contains(&said(10_000, 1000)));

    let cib = Cib::parse(cluster_of(1000, &clone, "", "")).unwrap();
    let careful = Settings { limits: Limits { instances: 20, ..Limits::default() }, ..settings() };
    let planned = schedule(&cib, &careful);
    assert!(problems(&planned).contains(&said(10_000, 20)));
    let starts =
        planned.transition().synapses.into_iter().filter(|synapse| synapse.action.attribute("operation") == Some("start"));
    // One for each instance, and the clone's own.
    assert_eq!(starts.count(), 21);
}

fn bundle(id: &str, content: &str, replicas: u32) -> String {
    format!(
        "<bundle id='{id}'><podman image='image' replicas='{replicas}'/><network ip-range-start='192.0.2.1' control-port='9999'/>{}</bundle>",
        primitive(content)
    )
}

#[test]
fn replicas_are_limited_and_that_is_said() {
    let cib = Cib::parse(cluster(&(bundle("one", "a", 101) + &bundle("other", "b", 60)), "", "")).unwrap();
    let careful = Settings { limits: Limits { all_replicas: 150, ..Limits::default() }, ..settings() };
    let said = |resource: &str, asked, most| Problem::TooManyInstances { resource: resource.to_owned(), asked, most };
    let told = problems(&schedule(&cib, &careful));
    assert!(told.contains(&said("one", 101, 100)), "{told:?}");
    // The first one has 100 of 150.
    assert!(told.contains(&said("other", 60, 50)), "{told:?}");
}

#[test]
fn many_replicas_on_many_nodes_are_planned() {
    let cib = Cib::parse(cluster_of(100, &bundle("httpd", "apache", 100), "", "")).unwrap();
    let usual = settings();
    let planned = schedule(&cib, &usual);
    // On each node an address, a container, its connection and what is in it.
    assert_eq!(starts(&planned), 100 * 4);
}

#[test]
fn a_thousand_replicas_without_room_are_planned() {
    let cib = Cib::parse(cluster(&bundle("httpd", "apache", 1000), "", "")).unwrap();
    let generous = Settings { limits: Limits { replicas: 1000, ..Limits::default() }, ..settings() };
    let planned = schedule(&cib, &generous);
    // On each node an address, a container, its connection and what is in it.
    assert_eq!(starts(&planned), 2 * 4);
}

/// How many starts of primitives are planned.
fn starts(planned: &Schedule<'_>) -> usize {
    let is_start = |action: &GraphAction| action.kind == ElementKind::Resource && action.attribute("operation") == Some("start");
    planned.transition().synapses.into_iter().filter(|synapse| is_start(&synapse.action)).count()
}

/// Resources of one kind, each tied to the next.
fn chain(length: usize, resource: impl Fn(usize) -> String, tie: impl Fn(usize, usize) -> String) -> (String, String) {
    let resources = (0..length).map(resource).collect();
    let ties = (1..length).map(|number| tie(number - 1, number)).collect();
    (resources, ties)
}

fn dummy(number: usize) -> String {
    primitive(&format!("r{number}"))
}

fn order(first: usize, then: usize) -> String {
    format!("<rsc_order id='o{first}-{then}' first='r{first}' then='r{then}'/>")
}

fn colocation(dependent: usize, primary: usize) -> String {
    format!("<rsc_colocation id='c{dependent}-{primary}' rsc='r{dependent}' with-rsc='r{primary}' score='INFINITY'/>")
}

/// The number of actions of a plan that is made, and carried out, with very little stack.
fn actions_with_little_stack(resources: &str, constraints: &str) -> usize {
    let text = cluster(resources, constraints, "");
    let work = move || {
        let options = SessionOptions { execute: true, real_now: REAL_NOW, ..SessionOptions::default() };
        simulate(Cib::parse(text.clone()).unwrap(), &options).expect("it is carried out");
        actions(text)
    };
    let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(work).expect("there may be a thread");
    thread.join().expect("it neither panics nor overflows the stack")
}

#[test]
fn chains_may_be_longer_than_any_stack() {
    const LONG: usize = 10_000;
    let (resources, ties) = chain(LONG, dummy, colocation);
    assert_eq!(actions_with_little_stack(&resources, &ties), LONG * 3);
    let (resources, ties) = chain(LONG, dummy, order);
    assert_eq!(actions_with_little_stack(&resources, &ties), LONG * 3);
    let (resources, ties) = chain(LONG, dummy, |first, then| order(then, first));
    assert_eq!(actions_with_little_stack(&resources, &ties), LONG * 3);
}

#[test]
fn what_can_not_start_blocks_chains_longer_than_any_stack() {
    const LONG: usize = 10_000;
    let broken = "<primitive id='broken' class='ocf' provider='heartbeat' type='Dummy'><meta_attributes id='m'><nvpair id='n' \
                  name='is-managed' value='false'/></meta_attributes></primitive>";
    let after_broken = "<rsc_order id='first' first='broken' then='r0'/>";
    for tie in [order, |first, then| colocation(then, first)] {
        let (resources, ties) = chain(LONG, dummy, tie);
        let actions = actions_with_little_stack(&(resources + broken), &(ties + after_broken));
        // Only the probes: nothing can start.
        assert_eq!(actions, (LONG + 1) * 2);
    }
}

#[test]
fn chains_of_groups_and_clones_may_be_longer_than_any_stack() {
    const LONG: usize = 2000;
    let group = |number| {
        format!("<group id='r{number}'>{}{}</group>", primitive(&format!("a{number}")), primitive(&format!("b{number}")))
    };
    let clone = |number| {
        format!(
            "<clone id='r{number}'><meta_attributes id='m{number}'><nvpair id='i{number}' name='interleave' value='true'/>\
             </meta_attributes>{}</clone>",
            primitive(&format!("a{number}"))
        )
    };
    // A group: its start and its end, a start and two probes of each member. A clone: that, a start and a probe of each instance.
    for (kind, actions) in [(&group as &dyn Fn(usize) -> String, 8), (&clone, 6)] {
        let (resources, ties) =
            chain(LONG, kind, |dependent, primary| colocation(dependent, primary) + &order(primary, dependent));
        assert_eq!(actions_with_little_stack(&resources, &ties), LONG * actions);
    }
}
