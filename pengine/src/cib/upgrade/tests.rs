#![allow(clippy::unwrap_used)]

use crate::cib::Cib;

fn upgraded(schema: &str, configuration: &str) -> (String, Vec<String>) {
    let text = format!("<cib validate-with='{schema}'><configuration>{configuration}</configuration></cib>");
    let cib = Cib::parse(&text).unwrap();
    let configuration = cib.root().child("configuration").unwrap();
    let xml = crate::cib::write_xml(configuration);
    (xml.lines().map(str::trim).collect(), cib.notes().to_vec())
}

/// The configuration after the upgrade from 3.x, without its own tags; no notes.
fn quietly(configuration: &str) -> String {
    let (xml, notes) = upgraded("pacemaker-3.7", configuration);
    assert!(notes.is_empty(), "{notes:?}");
    xml.trim_start_matches("<configuration>").trim_end_matches("</configuration>").to_owned()
}

#[test]
fn the_schema_of_the_result_is_the_newest() {
    for (schema, newest) in [("pacemaker-2.10", "pacemaker-4.0"), ("pacemaker-4.0", "pacemaker-4.0"), ("none", "none")] {
        let cib = Cib::parse(format!("<cib epoch='1' validate-with='{schema}' have-quorum='1'/>")).unwrap();
        let attributes: Vec<_> = cib.root().attributes().collect();
        assert_eq!(attributes, [("epoch", "1"), ("validate-with", newest), ("have-quorum", "1")]);
    }
}

#[test]
fn unchecked_and_current_documents_stay() {
    let master = "<resources><master id='m'/></resources>";
    let (xml, notes) = upgraded("none", master);
    assert!(xml.contains("<master"));
    assert_eq!(notes.len(), 1);
    assert!(upgraded("pacemaker-4.0", master).0.contains("<master"));
}

#[test]
fn options_get_their_new_names() {
    let set = |pairs: &str| format!("<crm_config><cluster_property_set>{pairs}</cluster_property_set></crm_config>");
    let pair = |name, value| format!("<nvpair name=\"{name}\" value=\"{value}\"/>");
    let old = pair("crmd-transition-delay", "5s") + &pair("stonith-action", "poweroff") + &pair("fencing-action", "poweroff");
    let new = pair("transition-delay", "5s") + &pair("stonith-action", "off") + &pair("fencing-action", "poweroff");
    assert_eq!(quietly(&set(&(old + "<nvpair name='x'/>"))), set(&new));
}

#[test]
fn a_reference_with_a_name_becomes_a_pair() {
    let set = |inner: &str| format!("<s><nvpair id=\"a\" name=\"x\" value=\"1\"/>{inner}</s>");
    assert_eq!(quietly(&set("<nvpair id-ref='a' name='y'/>")), set("<nvpair name=\"y\" value=\"1\"/>"));
    let plain = set("<nvpair id-ref=\"a\"/>");
    assert_eq!(quietly(&plain), plain);
}

#[test]
fn masters_become_promotable_clones() {
    let xml = quietly("<master id='m'><primitive id='p'/></master><bundle><docker masters='2' image='i'/></bundle>");
    assert!(xml.starts_with("<clone id=\"m\"><primitive id=\"p\"/><meta_attributes"), "{xml}");
    assert!(xml.contains("score=\"INFINITY\"") && xml.contains("name=\"promotable\" value=\"true\""), "{xml}");
    assert!(xml.contains("<docker promoted-max=\"2\" image=\"i\"/>"), "{xml}");
}

#[test]
fn ping_nodes_are_members_where_nothing_runs() {
    let xml = quietly("<nodes><node id='1' uname='n' type='ping'/></nodes><constraints/>");
    let expected = "<nodes><node id=\"1\" uname=\"n\" type=\"member\"/></nodes><constraints><rsc_location \
                    id=\"pcmk__3_10_upgrade-ping-node-ban-n\" rsc-pattern=\".*\" node=\"n\" score=\"-INFINITY\" \
                    resource-discovery=\"never\"/></constraints>";
    assert_eq!(xml, expected);
}

#[test]
fn locations_with_several_rules_are_split_in_place() {
    let xml =
        quietly("<constraints><a/><rsc_location id='l' rsc='r'><rule id='1'/><rule id='2'/></rsc_location><b/></constraints>");
    let location = |n| format!("<rsc_location id=\"pcmk__3_10_upgrade-l-{n}\" rsc=\"r\"><rule id=\"{n}\"/></rsc_location>");
    assert_eq!(xml, format!("<constraints><a/>{}{}<b/></constraints>", location(1), location(2)));
}

#[test]
fn a_lifetime_leaves_a_location_with_a_rule_without_score() {
    let lifetime = "<lifetime><rule id='d'/></lifetime>";
    let xml =
        quietly(&format!("<constraints><rsc_location id='l' rsc='r' node='n' score='5'>{lifetime}</rsc_location></constraints>"));
    let start =
        "<constraints><rsc_location id=\"l\" rsc=\"r\"><rule id=\"pcmk__3_10_upgrade-l-lifetime-rule\" boolean-op=\"and\"><rule";
    assert!(xml.starts_with(start) && xml.contains("value=\"n\"/></rule><rule id=\"d\"/></rule>"), "{xml}");
}

#[test]
fn what_goes_is_told() {
    let (_, notes) = upgraded(
        "pacemaker-3.0",
        "<resources><group id='g'><primitive id='p' class='upstart'/></group><clone id='c'><primitive id='q' class='ocf'>\
         <meta_attributes id='m'><nvpair name='restart-type' value='x'/></meta_attributes></primitive></clone></resources>\
         <constraints><rsc_order id='o'><lifetime/></rsc_order><rsc_location id='l' rsc='p'/></constraints>\
         <crm_config><cluster_property_set><nvpair id='r' name='remove-after-stop' value='1'/></cluster_property_set></crm_config>\
         <acls><acl_permission xpath='x'/></acls>",
    );
    let starts: Vec<&str> = notes.iter().map(|note| note.split(" because").next().unwrap_or_default()).collect();
    let expected = [
        "WARNING: Dropping nvpair r",
        "WARNING: Dropping lifetime element from constraint o",
        "INFO: Dropping group g",
        "WARNING: Dropping restart-type meta-attribute from m",
    ];
    assert_eq!(starts[..4], expected);
    assert!(starts[4].starts_with("WARNING: CIB syntax changes may invalidate ACLs"));
}

#[test]
fn what_goes_is_told_with_the_sets_of_each_element_last() {
    let pair = |name: &str| format!("<nvpair name='{name}' value='x'/>");
    let set = |id: &str, score: &str, name: &str| {
        format!("<meta_attributes id='{id}' score='{score}'>{}</meta_attributes>", pair(name))
    };
    let op = format!("<operations><op id='o' name='start'>{}</op></operations>", set("of-op", "0", "can_fail"));
    let sets = set("low", "1", "restart-type") + &set("high", "2", "restart-type");
    let (_, notes) =
        upgraded("pacemaker-3.0", &format!("<resources><primitive id='p' class='ocf'>{sets}{op}</primitive></resources>"));
    let told: Vec<_> = notes.iter().filter_map(|note| note.split(" from ").nth(1)?.split(' ').next()).collect();
    assert_eq!(told, ["of-op", "high", "low"]);
}

#[test]
fn constraints_lose_what_is_lost() {
    let resources = "<template id='t' class='NAGIOS'/><primitive id='p' template='t'/><primitive id='q' class='ocf'/>";
    let set = |members: &str| format!("<resource_set>{members}</resource_set>");
    let member = |id| format!("<resource_ref id=\"{id}\"/>");
    let mixed = set(&(member("p") + &member("q")));
    let (xml, notes) = upgraded(
        "pacemaker-3.0",
        &format!(
            "<resources>{resources}</resources><constraints><rsc_colocation rsc='q' with-rsc='p'/><rsc_order>{mixed}{}</rsc_order>\
             <rsc_location>{}</rsc_location></constraints>",
            set(&member("t")),
            set(&member("p")),
        ),
    );
    assert_eq!(notes.len(), 2);
    assert!(xml.contains(&format!("<constraints><rsc_order>{}</rsc_order></constraints>", set(&member("q")))), "{xml}");
}

/// The configuration after the upgrade of a document of 2.x with these options.
fn upgraded_from_2(options: &str, rest: &str) -> (String, Vec<String>) {
    let options = format!("<crm_config><cluster_property_set id='s'>{options}</cluster_property_set></crm_config>");
    upgraded("pacemaker-2.10", &(options + rest))
}

fn pair(id: &str, name: &str, value: &str) -> String {
    format!("<nvpair id=\"{id}\" name=\"{name}\" value=\"{value}\"/>")
}

#[test]
fn old_options_get_their_new_names() {
    let old = pair("1", "stonith_enabled", "0") + &pair("2", "expected-quorum-votes", "3");
    let (xml, notes) = upgraded_from_2(&(old + &pair("3", "cluster-infrastructure", "cman")), "");
    let expected = format!("<cluster_property_set id=\"s\">{}</cluster_property_set>", pair("1", "stonith-enabled", "0"));
    assert!(xml.contains(&expected), "{xml}");
    let expected = [
        "DEBUG: Cluster properties: 1: renaming stonith_enabled as stonith-enabled",
        "INFO: Cluster properties: 2: dropping expected-quorum-votes",
        "INFO: Cluster properties: ... corosync (2+) infrastructure tracks quorum on its own",
        "INFO: Cluster properties: 3: dropping cluster-infrastructure for matching heartbeat|openais|classic openais|classic \
         openais (with plugin)|cman",
        "INFO: Cluster properties: ... corosync (2+) infrastructure can be used instead, though the value is not of significance",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn old_options_move_to_the_defaults() {
    let stickiness = pair("1", "default-resource-stickiness", "7");
    let (xml, notes) = upgraded_from_2(&(stickiness.clone() + &pair("2", "default_action_timeout", "9s")), "");
    for made in [
        format!("<meta_attributes id=\"_2TO3_-rsc-defaults\">{}<", pair("1", "resource-stickiness", "7")),
        format!("<op_defaults><meta_attributes id=\"_2TO3_-op-defaults\">{}<", pair("2", "timeout", "9s")),
    ] {
        assert!(xml.contains(&made), "{xml}");
    }
    assert_eq!(notes.len(), 2);

    let defaults = |sets: &str| upgraded_from_2(&stickiness, &format!("<rsc_defaults>{sets}</rsc_defaults>")).0;
    let set = |inner: &str| format!("<meta_attributes id=\"m\">{inner}</meta_attributes>");
    let (rule, other) = ("<rule id=\"r\"/>", pair("3", "priority", "1"));
    let both = set(&(other.clone() + &pair("1", "resource-stickiness", "7")));
    assert!(defaults(&set(&other)).contains(&both));
    assert!(!defaults(&set(&pair("3", "resource-stickiness", "1"))).contains("value=\"7\""));
    // Defaults that exist are not given a set; what finds no place is lost.
    assert!(!defaults(&set(&(rule.to_owned() + &other))).contains("value=\"7\""));
    assert!(!defaults("").contains("value=\"7\""));
}

#[test]
fn what_3_0_accepts_is_no_reason_to_rewrite() {
    let meta = format!("<meta_attributes id='m'>{}</meta_attributes>", pair("1", "resource-failure-stickiness", "-INFINITY"));
    let resource = format!("<resources><primitive id='p'>{meta}</primitive></resources>");
    let (xml, notes) = upgraded_from_2("", &resource);
    assert!(xml.contains("resource-failure-stickiness") && notes.is_empty());
    let (xml, notes) = upgraded_from_2(&pair("2", "dc_deadtime", "5"), &resource);
    assert!(xml.contains(&pair("1", "migration-threshold", "1")), "{xml}");
    assert_eq!(
        notes[1],
        "DEBUG: Resource meta_attributes: p (meta=m): renaming resource-failure-stickiness as migration-threshold, redefined \
         as 1, for matching -INFINITY"
    );
}

#[test]
fn parameters_of_fencing_devices_get_their_new_names() {
    let device = |value| {
        let pairs = pair("1", "pcmk_off_cmd", "x") + &pair("2", "pcmk_arg_map", value);
        let parameters = format!("<instance_attributes id='i'>{pairs}</instance_attributes>");
        upgraded_from_2("", &format!("<resources><primitive id='p'>{parameters}</primitive></resources>"))
    };
    let (xml, notes) = device("port:plug");
    assert!(xml.contains(&(pair("1", "pcmk_off_action", "x") + &pair("2", "pcmk_host_argument", "plug"))), "{xml}");
    assert!(notes[1].ends_with("as pcmk_host_argument for matching port: prefix that will, meanwhile, get dropped"));
    assert!(!device("port:plug,a:b").0.contains("plug"));
}

/// The resource of a document of 2.x with these operations, without its own tags.
fn with_operations(own: &str, operations: &str) -> (String, Vec<String>) {
    let resource = format!("<resources><primitive id='p'>{own}<operations>{operations}</operations></primitive></resources>");
    let (xml, notes) = upgraded_from_2("", &resource);
    let start = xml.find("<primitive id=\"p\">").unwrap() + "<primitive id=\"p\">".len();
    (xml[start..xml.find("</primitive>").unwrap()].to_owned(), notes)
}

#[test]
fn what_a_start_requires_becomes_a_matter_of_the_resource() {
    let ops = "<op id='o' name='start' requires='nothing'/><op id='n' name='monitor' requires='quorum'/>";
    let (xml, notes) = with_operations("", ops);
    let made = format!(
        "<meta_attributes id=\"_2TO3_p-meta\">{}</meta_attributes>",
        pair("_2TO3_o-meta-requires", "requires", "nothing")
    );
    assert!(xml.ends_with(&made), "{xml}");
    let expected = [
        "DEBUG: Resources-operation: o (rsc=p): moving requires under meta_attributes as requires unless already defined there \
         for matching start|promote",
        "INFO: Resources-operation: n (rsc=p): dropping requires",
        "INFO: Resources-operation: ... only start/promote operation taken into account",
    ];
    assert_eq!(notes, expected);

    let own = format!("<meta_attributes id=\"m\">{}</meta_attributes>", pair("1", "requires", "fencing"));
    let (xml, _) = with_operations(&own, ops);
    assert!(xml.starts_with(&own) && !xml.contains("nothing"), "{xml}");
}

#[test]
fn of_several_requirements_the_last_of_the_most_prominent_place_counts() {
    let set = |kind: &str, value: &str| format!("<{kind} id='{value}'>{}</{kind}>", pair(value, "requires", value));
    let op = |inner: &str| format!("<op name='start'>{inner}</op>");
    let (parameters, meta) = (op(&set("instance_attributes", "quorum")), op(&set("meta_attributes", "nothing")));
    let attribute = "<op name='promote' requires='fencing'/>";
    let required = |ops: &str| {
        let (xml, _) = with_operations("", ops);
        xml.split("name=\"requires\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(required(&parameters), ["quorum"]);
    assert_eq!(required(&(meta.clone() + &parameters)), ["nothing"]);
    assert_eq!(required(&format!("{attribute}{meta}{parameters}")), ["fencing"]);
    assert_eq!(required(&(meta + &op(&set("meta_attributes", "unfencing")))), ["unfencing"]);
}

#[test]
fn settings_leave_the_parameters_of_operations() {
    let parameters =
        format!("<instance_attributes id='i'>{}{}</instance_attributes>", pair("1", "timeout", "9"), pair("2", "x", "1"));
    let (xml, notes) = with_operations("", &format!("<op id='o' name='start'>{parameters}</op>"));
    let moved = format!("<meta_attributes id=\"_2TO3_o-meta\">{}</meta_attributes></op>", pair("1", "timeout", "9"));
    assert!(xml.contains(&moved) && xml.contains(&pair("2", "x", "1")), "{xml}");
    let expected = "DEBUG: Resources-operation instance_attributes: o (rsc=p, meta=i): moving timeout under meta_attributes as \
                    timeout unless already defined there";
    assert_eq!(notes, [expected]);
}

#[test]
fn nodes_and_colocations_of_2_x() {
    let (xml, notes) = upgraded_from_2(
        "",
        "<nodes><node id='1' uname='n' type='normal'/></nodes><constraints><rsc_colocation id='c' score-attribute='x'/></constraints>",
    );
    assert!(xml.contains("type=\"member\"") && !xml.contains("score-attribute"), "{xml}");
    let expected = [
        "DEBUG: Cluster node: n (id=1): keeping type as type, redefined as member, for matching normal",
        "INFO: Constraints-colocation: c: dropping score-attribute",
        "INFO: Constraints-colocation: ... was actually never in effect",
    ];
    assert_eq!(notes, expected);
}
