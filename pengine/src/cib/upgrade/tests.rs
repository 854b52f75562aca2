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

#[test]
fn old_options_move_to_the_defaults() {
    let pair = |name: &str, value: &str| format!("<nvpair name='{name}' value='{value}'/>");
    let options = pair("default-resource-stickiness", "7") + &pair("is_managed_default", "0") + &pair("stonith_enabled", "0");
    let (xml, notes) = upgraded(
        "pacemaker-2.0",
        &format!(
            "<crm_config><cluster_property_set id='s'>{options}</cluster_property_set></crm_config><rsc_defaults>\
             <meta_attributes><nvpair name='is-managed' value='1'/></meta_attributes></rsc_defaults>"
        ),
    );
    assert_eq!(notes.len(), 3);
    assert!(
        xml.contains("<cluster_property_set id=\"s\"><nvpair name=\"stonith-enabled\" value=\"0\"/></cluster_property_set>"),
        "{xml}"
    );
    assert!(xml.contains("name=\"resource-stickiness\" value=\"7\""), "{xml}");
    assert_eq!(xml.matches("is-managed").count(), 1, "{xml}");
}

#[test]
fn what_a_start_requires_becomes_a_matter_of_the_resource() {
    let op = "<operations><op id='o' name='start' requires='nothing'><instance_attributes><nvpair name='timeout' value='9'/>\
              </instance_attributes></op></operations>";
    let (xml, _) = upgraded("pacemaker-2.0", &format!("<primitive id='p'>{op}</primitive>"));
    let moved = "<meta_attributes><nvpair name=\"timeout\" value=\"9\"/></meta_attributes></op>";
    assert!(xml.contains(moved) && xml.contains("name=\"requires\" value=\"nothing\"/></meta_attributes></primitive>"), "{xml}");
}
