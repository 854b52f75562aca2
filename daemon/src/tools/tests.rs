//! The tools as agents call them, with a daemon that has an answer to each question.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use pengine_control::{
    AgentAnswer, AgentRequest, Change, Dampening, Lifetime, NodeName, NodeValue, Refusal, Reply, Request, ResourceChange,
    UtilizationOwner, Version,
};

use super::*;

/// What a tool is expected to ask, and what it gets.
type Exchange = (Request, Reply);

/// Runs a tool for the resource `db` on the node `alice`; `''` stands for an empty word.
fn tool(line: &str, environment: &Environment) -> Outcome {
    let words: Vec<OsString> = line.split(' ').map(|word| if word == "''" { "" } else { word }.into()).collect();
    answer(&words, environment).unwrap()
}

/// Runs a tool with a daemon that expects the given questions, and no others.
fn talk(line: &str, exchanges: Vec<Exchange>, attribute_node: Option<&str>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let expected = exchanges.len();
    let daemon = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut asked = 0;
        for (line, (request, reply)) in BufReader::new(&stream).lines().zip(exchanges) {
            assert_eq!(serde_json::from_str::<Request>(&line.unwrap()).unwrap(), request);
            writeln!(&stream, "{}", serde_json::to_string(&reply).unwrap()).unwrap();
            asked += 1;
        }
        asked
    });
    let attribute_node = attribute_node.map(str::to_owned);
    let outcome = tool(line, &Environment { socket, resource: Some("db".to_owned()), attribute_node });
    assert_eq!(daemon.join().unwrap(), expected, "{line}");
    outcome
}

fn agent(request: AgentRequest) -> Request {
    Request::Agent(request)
}

fn done(request: AgentRequest) -> Exchange {
    (agent(request), Reply::Agent(AgentAnswer::Done))
}

fn value(request: AgentRequest, value: Option<&str>) -> Exchange {
    let values = value.map(|value| NodeValue { node: "alice".to_owned(), value: value.to_owned() }).into_iter().collect();
    (agent(request), Reply::Agent(AgentAnswer::Values { values }))
}

fn nodes() -> Exchange {
    let node = |name: &str, id: &str, online| NodeName { name: name.to_owned(), id: id.to_owned(), online };
    let nodes = vec![node("alice", "1", true), node("bob", "2", true), node("carol", "3", false)];
    (agent(AgentRequest::Nodes), Reply::Agent(AgentAnswer::Nodes { nodes, have_quorum: true }))
}

fn get(name: &str, node: &str, lifetime: Lifetime) -> AgentRequest {
    AgentRequest::GetAttribute { name: name.to_owned(), node: Some(node.to_owned()), lifetime: Some(lifetime) }
}

fn set(name: &str, value: Option<&str>, node: Option<&str>, lifetime: Lifetime) -> AgentRequest {
    let (name, value, node) = (name.to_owned(), value.map(str::to_owned), node.map(str::to_owned));
    AgentRequest::SetAttribute { name, value, node, lifetime, private: false, dampening: None }
}

fn get_option(name: &str, set: Option<&str>) -> AgentRequest {
    AgentRequest::GetOption { name: name.to_owned(), set: set.map(str::to_owned) }
}

fn printed(out: &str) -> Outcome {
    Outcome { out: out.to_owned(), ..Outcome::default() }
}

fn failed(status: u8, err: &str) -> Outcome {
    Outcome { status, err: err.to_owned(), ..Outcome::default() }
}

use Lifetime::{Forever, Reboot};

#[test]
fn promotion_scores_are_set_asked_for_and_removed() {
    for (line, request) in [
        ("crm_attribute --promotion -v 5", set("master-db", Some("5"), None, Reboot)),
        ("crm_attribute -p -D", set("master-db", None, None, Reboot)),
        ("crm_attribute -p -N bob -v 100", set("master-db", Some("100"), Some("bob"), Reboot)),
        ("crm_attribute -p -v -INFINITY", set("master-db", Some("-INFINITY"), None, Reboot)),
        ("crm_attribute --promotion=web -v 5", set("master-web", Some("5"), None, Reboot)),
        ("/run/tools/crm_master -l reboot -v 10", set("master-db", Some("10"), None, Reboot)),
        ("crm_master -Q -v 100 -l reboot", set("master-db", Some("100"), None, Reboot)),
        ("crm_master -N bob -l reboot -D", set("master-db", None, Some("bob"), Reboot)),
        ("crm_master -l forever -v 1", set("master-db", Some("1"), None, Forever)),
    ] {
        assert_eq!(talk(line, vec![done(request)], None), printed(""), "{line}");
    }
    let score = || vec![value(get("master-db", "bob", Reboot), Some("15"))];
    assert_eq!(talk("crm_master -N bob -l reboot -G --quiet", score(), None), printed("15\n"));
    assert_eq!(talk("crm_attribute -p -G -N bob", score(), None), printed("scope=status  name=master-db value=15\n"));
    let none = failed(105, "crm_attribute: node 'bob' has no attribute 'master-db'\n");
    assert_eq!(talk("crm_attribute -p -G -N bob", vec![value(get("master-db", "bob", Reboot), None)], None), none);
}

#[test]
fn node_attributes_last_as_long_as_was_asked_for() {
    for (line, request) in [
        ("crm_attribute -N bob -l reboot --name x -v 1", set("x", Some("1"), Some("bob"), Reboot)),
        ("crm_attribute -n x -v 0 -l reboot", set("x", Some("0"), None, Reboot)),
        ("crm_attribute -l forever --node=bob -n x -v 1|2", set("x", Some("1|2"), Some("bob"), Forever)),
        ("crm_attribute --lifetime=reboot --name=x --node=bob --update=", set("x", Some(""), Some("bob"), Reboot)),
        ("crm_attribute -t nodes -N bob -n standby -v on --lifetime=forever", set("standby", Some("on"), Some("bob"), Forever)),
        ("crm_attribute --name x --update 1 --node bob", set("x", Some("1"), Some("bob"), Forever)),
        ("crm_attribute -N bob -l reboot --name x --delete", set("x", None, Some("bob"), Reboot)),
    ] {
        assert_eq!(talk(line, vec![done(request)], None), printed(""), "{line}");
    }
    for (line, lifetime, out) in [
        ("crm_attribute -N bob -l reboot --name x --query", Reboot, "scope=status  name=x value=7\n"),
        ("crm_attribute -N bob -l reboot --name x --quiet", Reboot, "7\n"),
        ("crm_attribute --type nodes --node bob -n x -G -q", Forever, "7\n"),
        ("crm_attribute -N bob -l forever --query --name x", Forever, "scope=nodes  name=x value=7\n"),
    ] {
        assert_eq!(talk(line, vec![value(get("x", "bob", lifetime), Some("7"))], None), printed(out), "{line}");
    }
}

#[test]
fn without_a_node_the_agents_own_is_meant() {
    let line = "crm_attribute -l forever -n x -G --quiet";
    assert_eq!(talk(line, vec![nodes(), value(get("x", "alice", Forever), Some("7"))], None), printed("7\n"));
    assert_eq!(talk(line, vec![value(get("x", "host", Forever), Some("7"))], Some("host")), printed("7\n"));
    let update = set("x", Some("1"), Some("host"), Reboot);
    assert_eq!(talk("attrd_updater -n x -U 1", vec![done(update)], Some("host")), printed(""));
}

#[test]
fn cluster_options_are_read_and_written_in_their_set() {
    for (line, request, known, out) in [
        (
            "crm_attribute --type=crm_config --name=stonith-enabled --query --quiet --default=true",
            get_option("stonith-enabled", None),
            None,
            "true\n",
        ),
        (
            "crm_attribute --type=crm_config --name=no-quorum-policy --query",
            get_option("no-quorum-policy", None),
            Some("freeze"),
            "scope=crm_config  name=no-quorum-policy value=freeze\n",
        ),
        (
            "crm_attribute --type crm_config --name db_REPL_INFO -s mysql_replication --query -q",
            get_option("db_REPL_INFO", Some("mysql_replication")),
            Some("alice|bin.1|4"),
            "alice|bin.1|4\n",
        ),
        ("crm_attribute --name x --query --quiet --default '' --type crm_config", get_option("x", None), None, "\n"),
    ] {
        assert_eq!(talk(line, vec![value(request, known)], None), printed(out), "{line}");
    }
    let set = Some("redis_replication".to_owned());
    let request = AgentRequest::SetOption { name: "db_REPL_INFO".to_owned(), value: Some("bob".to_owned()), set };
    let line = "crm_attribute --type crm_config --name db_REPL_INFO -s redis_replication -v bob -q";
    assert_eq!(talk(line, vec![done(request)], None), printed(""));
    let missing = failed(105, "crm_attribute: there is no cluster option 'x'\n");
    assert_eq!(talk("crm_attribute -n x -G", vec![value(get_option("x", None), None)], None), missing);
}

#[test]
fn utilization_belongs_to_nodes_and_resources() {
    let of_node = || UtilizationOwner::Node("bob".to_owned());
    let of_resource = || UtilizationOwner::Resource("db".to_owned());
    let get = |of| AgentRequest::GetUtilization { of, name: "cpu".to_owned() };
    let set =
        |of, value: Option<&str>| AgentRequest::SetUtilization { of, name: "cpu".to_owned(), value: value.map(str::to_owned) };
    for (line, exchange, out) in [
        ("crm_attribute --quiet -t nodes --node bob -z -n cpu", value(get(of_node()), Some("8")), "8\n"),
        ("crm_attribute -t nodes --node bob -z -n cpu -v 4", done(set(of_node(), Some("4"))), ""),
        ("crm_resource -Q -r db -z -g cpu", value(get(of_resource()), Some("2")), "2\n"),
        ("crm_resource -r db -z -p cpu -v 3", done(set(of_resource(), Some("3"))), ""),
        ("crm_resource --resource=db --utilization --delete-parameter=cpu", done(set(of_resource(), None)), ""),
    ] {
        assert_eq!(talk(line, vec![exchange], None), printed(out), "{line}");
    }
    let missing = failed(105, "crm_resource: resource 'db' has no attribute 'cpu'\n");
    assert_eq!(talk("crm_resource -Q -r db -z -g cpu", vec![value(get(of_resource()), None)], None), missing);
}

#[test]
fn attributes_of_the_nodes_state_are_updated() {
    let private = |value: Option<&str>, node: Option<&str>| AgentRequest::SetAttribute {
        name: "x".to_owned(),
        value: value.map(str::to_owned),
        node: node.map(str::to_owned),
        lifetime: Reboot,
        private: true,
        dampening: None,
    };
    let damped = |value: Option<&str>, delay_ms, anew| AgentRequest::SetAttribute {
        name: "x".to_owned(),
        value: value.map(str::to_owned),
        node: None,
        lifetime: Reboot,
        private: false,
        dampening: Some(Dampening { delay_ms, anew }),
    };
    for (line, request) in [
        ("attrd_updater -n x -B 100 -d 5s", damped(Some("100"), 5_000, true)),
        ("attrd_updater -n x -v -1 -d 5s -VV", damped(Some("-1"), 5_000, false)),
        ("attrd_updater -d 0s -S status -n x -v 4", damped(Some("4"), 0, false)),
        ("attrd_updater 0 -n x -v 4", set("x", Some("4"), None, Reboot)),
        ("attrd_updater -n x -v 4 -q", set("x", Some("4"), None, Reboot)),
        ("attrd_updater -d 0s -D -S state -n x", damped(None, 0, false)),
        ("attrd_updater -n x -N bob -D", set("x", None, Some("bob"), Reboot)),
        ("attrd_updater -p -n x -U true", private(Some("true"), None)),
        ("attrd_updater -p --name x --node bob --update 1", private(Some("1"), Some("bob"))),
        ("attrd_updater -p -n x -Q -N bob -U yes", private(Some("yes"), Some("bob"))),
    ] {
        assert_eq!(talk(line, vec![done(request)], None), printed(""), "{line}");
    }
    let asked = |known| vec![value(get("x", "bob", Reboot), known)];
    let line = "attrd_updater -p -N bob -n x -Q";
    assert_eq!(talk(line, asked(Some("0-1-7")), None), printed("name=\"x\" host=\"bob\" value=\"0-1-7\"\n"));
    assert_eq!(talk(line, asked(None), None), failed(105, "attrd_updater: node 'bob' has no attribute 'x'\n"));
}

#[test]
fn nodes_are_told_in_the_forms_that_scripts_read() {
    for (line, out) in [
        ("crm_node -n", "alice\n"),
        ("crm_node -i", "1\n"),
        ("crm_node -l", "1 alice member\n2 bob member\n3 carol lost\n"),
        ("crm_node --list", "1 alice member\n2 bob member\n3 carol lost\n"),
        ("crm_node -p", "alice bob\n"),
        ("crm_node -l -p", "alice bob\n"),
        ("crm_node -q", "1\n"),
    ] {
        assert_eq!(talk(line, vec![nodes()], None), printed(out), "{line}");
    }
}

#[test]
fn resources_are_banned_and_found() {
    let ban = Change::Resource { resource: "db".to_owned(), change: ResourceChange::Ban { node: Some("bob".to_owned()) } };
    let exchange = (Request::Change { change: ban, dry_run: false }, Reply::Changed { version: Version::default() });
    assert_eq!(talk("crm_resource -B -r db -N bob -Q", vec![exchange], None), printed(""));
    let locate = || agent(AgentRequest::Locate { resource: "db".to_owned() });
    let active = vec![("alice".to_owned(), false), ("bob".to_owned(), true)];
    let exchange = || vec![(locate(), Reply::Agent(AgentAnswer::Active { nodes: active.clone() }))];
    let lines = "resource db is running on: alice\nresource db is running on: bob Promoted\n";
    assert_eq!(talk("crm_resource --locate", exchange(), None), printed(lines));
    assert_eq!(talk("crm_resource --locate -Q", exchange(), None), printed("alice\nbob\n"));
    let exchange = vec![(locate(), Reply::Agent(AgentAnswer::Active { nodes: Vec::new() }))];
    assert_eq!(talk("crm_resource -W -r db", exchange, None), printed("resource db is NOT running\n"));
    let parameter = AgentRequest::GetParameter { resource: "db".to_owned(), name: "target-role".to_owned(), meta: true };
    let exchange = vec![value(parameter, Some("Stopped"))];
    assert_eq!(talk("crm_resource -m -g target-role", exchange, None), printed("Stopped\n"));
}

#[test]
fn fail_counts_are_told_and_forgotten() {
    let count = |node: Option<&str>| AgentRequest::GetFailCount { resource: "db".to_owned(), node: node.map(str::to_owned) };
    assert_eq!(talk("crm_failcount -G -q", vec![value(count(None), Some("INFINITY"))], None), printed("INFINITY\n"));
    let line = "scope=status  name=fail-count-db value=0\n";
    assert_eq!(talk("crm_failcount -r db -N bob", vec![value(count(Some("bob")), None)], None), printed(line));
    let clear = AgentRequest::ClearFailCount { resource: "db".to_owned(), node: None };
    assert_eq!(talk("crm_failcount -D", vec![done(clear)], None), printed(""));
}

const CIB: &str = r#"<cib validate-with="pacemaker-4.0" crm_feature_set="3.20.5" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config/>
    <nodes><node id="1" uname="alice"/><node id="2" uname="bob"/></nodes>
    <resources>
      <clone id="dbs">
        <meta_attributes id="dbs-meta"><nvpair id="dbs-promotable" name="promotable" value="true"/></meta_attributes>
        <primitive id="db" class="ocf" provider="heartbeat" type="pgsql"/>
      </clone>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="alice" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="1"><lrm_resources><lrm_resource id="db" class="ocf" provider="heartbeat" type="pgsql">
        <lrm_rsc_op id="db_last_0" operation_key="db_promote_0" operation="promote" call-id="7" rc-code="0" op-status="0"
          interval="0" exec-time="42" crm_feature_set="3.20.5" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
    <node_state id="2" uname="bob" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="2"><lrm_resources><lrm_resource id="db" class="ocf" provider="heartbeat" type="pgsql">
        <lrm_rsc_op id="db_last_0" operation_key="db_start_0" operation="start" call-id="-1" rc-code="193" op-status="-1"
          interval="0" exec-time="0" crm_feature_set="3.20.5" transition-key="2:1:0:x" transition-magic="-1:193;2:1:0:x"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
  </status>
</cib>
"#;

fn cib() -> Exchange {
    (Request::Cib { section: None }, Reply::Cib { xml: CIB.trim_end().to_owned(), version: Version::default() })
}

#[test]
fn operations_end_with_whether_they_are_pending() {
    let alice = "db\t(ocf:heartbeat:pgsql):\t db_promote_0 (node=alice, call=7, rc=0, exec=42ms): complete\n";
    let bob = "db\t(ocf:heartbeat:pgsql):\t db_start_0 (node=bob, call=-1, rc=193, exec=0ms): pending\n";
    assert_eq!(talk("crm_resource --list-operations -N bob", vec![cib()], None), printed(bob));
    assert_eq!(talk("crm_resource --list-operations", vec![cib()], None), printed(&[alice, bob].concat()));
    assert_eq!(talk("crm_resource -O -r web", vec![cib()], None), printed(""));
}

#[test]
fn the_state_as_xml_has_what_scripts_look_for() {
    for line in ["crm_mon -1 --output-as=xml", "crm_mon -1 --as-xml", "crm_mon -1X", "crm_mon -r --as-xml"] {
        let Outcome { status: 0, out, err } = talk(line, vec![cib()], None) else { unreachable!() };
        assert_eq!(err, "");
        // The order of the attributes counts, since that is how pgsql, galera and redis look for them.
        let finds = |pattern: &[&str]| {
            out.lines().any(|line| {
                let mut rest = line;
                pattern.iter().all(|part| match rest.split_once(part) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
            })
        };
        assert!(finds(&[
            "<resource id=\"db\" ",
            " role=\"Promoted\"",
            " active=\"true\"",
            " orphaned=\"false\"",
            " failed=\"false\""
        ]));
        assert!(finds(&[
            "<node name=\"alice\" ",
            " online=\"true\"",
            " standby=\"false\"",
            " unclean=\"false\"",
            " type=\"member\""
        ]));
    }
    assert_eq!(talk("cibadmin -Q", vec![cib()], None), printed(CIB));
}

#[test]
fn the_version_lets_agents_ask_for_the_nodes_name() {
    let words = tool("pacemakerd -$", &Environment::default()).out;
    assert!(words.starts_with("Pacemaker 3.0.2 "), "{words}");
}

#[test]
fn refusals_have_a_status_of_their_own() {
    let request = || set("x", Some("1"), None, Reboot);
    let refused = |refusal| vec![(agent(request()), Reply::Refused(refusal))];
    let unknown = Refusal::Unknown { what: "node".to_owned(), id: "dave".to_owned(), known: "alice, bob".to_owned() };
    let told = failed(105, "attrd_updater: there is no node 'dave'; known: alice, bob\n");
    assert_eq!(talk("attrd_updater -n x -U 1", refused(unknown), None), told);
    assert_eq!(talk("attrd_updater -n x -U 1", refused(Refusal::NotAllowed), None).status, 77);
    assert_eq!(talk("attrd_updater -n x -U 1", refused(Refusal::ShuttingDown), None).status, 1);
    let odd = talk("attrd_updater -n x -U 1", vec![(agent(request()), Reply::Following)], None);
    assert_eq!(odd.status, 1);
    assert!(odd.err.starts_with("attrd_updater: the daemon's answer fits no question: Following"), "{}", odd.err);
}

#[test]
fn agents_can_tell_that_nobody_listens() {
    let nowhere = Environment { socket: "/nonexistent/socket".into(), ..Environment::default() };
    let Outcome { status, out, err } = tool("crm_resource -Q -r db -z -g cpu", &nowhere);
    assert_eq!((status, out.as_str()), (102, ""));
    assert!(err.starts_with("crm_resource: not connected: can't reach the daemon at /nonexistent/socket: "), "{err}");
}

#[test]
fn wrong_words_are_refused_before_anything_is_asked() {
    let nowhere = Environment::default();
    for line in [
        "crm_attribute -G",
        "crm_attribute -n x -l always",
        "crm_attribute -n x -P y",
        "crm_attribute -p -G",
        "attrd_updater -n x",
        "attrd_updater -Q",
        "crm_master -v",
        "crm_node",
        "crm_node -R bob",
        "crm_resource -r db",
        "crm_resource -r db -p cpu -v 1",
        "crm_resource -r db -z -p cpu",
        "crm_resource -r db --cleanup",
        "crm_mon -1",
        "crm_mon -d -i 15 -h file",
        "cibadmin -Q --xpath //node",
        "crm_failcount -D",
        "pacemakerd",
    ] {
        let Outcome { status, out, err } = tool(line, &nowhere);
        assert_eq!((status, out.as_str()), (64, ""), "{line}");
        assert!(!err.is_empty(), "{line}");
    }
}

#[test]
fn every_tool_tells_how_it_is_used() {
    for (name, _) in TOOLS {
        let Outcome { status, out, .. } = tool(&format!("{name} --help"), &Environment::default());
        assert_eq!(status, 0);
        assert!(out.contains(&format!("Usage: {name} ")), "{out}");
        let Outcome { status, out, .. } = tool(&format!("{name} --version"), &Environment::default());
        assert_eq!(status, 0);
        assert!(out.contains(env!("CARGO_PKG_VERSION")), "{out}");
    }
    assert!(answer(&["pengined".into()], &Environment::default()).is_none());
    assert!(answer(&[], &Environment::default()).is_none());
}
