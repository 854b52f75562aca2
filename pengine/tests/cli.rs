//! The program as its users see it: output, files, exit statuses, messages.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Three nodes, one of them in standby; one resource that may not run and one that may.
const CIB: &str = r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="7" have-quorum="1" execution-date="1500000000">
  <configuration>
    <crm_config>
      <cluster_property_set id="options">
        <nvpair id="options-fencing" name="stonith-enabled" value="false"/>
      </cluster_property_set>
    </crm_config>
    <nodes>
      <node id="1" uname="n1"/>
      <node id="2" uname="n2"/>
      <node id="3" uname="n3">
        <instance_attributes id="n3-attributes">
          <nvpair id="n3-standby" name="standby" value="on"/>
        </instance_attributes>
      </node>
    </nodes>
    <resources>
      <primitive id="D" class="ocf" provider="pacemaker" type="Dummy">
        <meta_attributes id="D-meta">
          <nvpair id="D-role" name="target-role" value="Stopped"/>
        </meta_attributes>
      </primitive>
      <primitive id="R" class="ocf" provider="pacemaker" type="Dummy">
        <instance_attributes id="R-parameters">
          <nvpair id="R-parameters-1" name="1" value="192.0.2.1"/>
        </instance_attributes>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/>
    <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/>
    <node_state id="3" uname="n3" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
"#;

/// What a simulation of it shows in which n2 goes down.
const COMPLETE_RUN: &str = "\
Using the original execution date of: 2017-07-14 02:40:00Z
1 of 2 resource instances DISABLED and 0 BLOCKED from further action due to failure

Current cluster status:
  * Node List:
    * Node n3: standby
    * Online: [ n1 n2 ]

  * Full List of Resources:
    * D\t(ocf:pacemaker:Dummy):\t Stopped (disabled)
    * R\t(ocf:pacemaker:Dummy):\t Stopped

Performing Requested Modifications:
  * Taking node n2 offline
Using the original execution date of: 2017-07-14 02:40:00Z

Assignment Scores:
  * pcmk__primitive_assign: D allocation score on n1: -INFINITY
  * pcmk__primitive_assign: D allocation score on n2: -INFINITY
  * pcmk__primitive_assign: D allocation score on n3: -INFINITY
  * pcmk__primitive_assign: R allocation score on n1: 0
  * pcmk__primitive_assign: R allocation score on n2: 0
  * pcmk__primitive_assign: R allocation score on n3: 0

Transition Summary:
  * Start      R       (    n1 )

Executing Cluster Transition:
  * Resource action: D               monitor on n3
  * Resource action: D               monitor on n1
  * Resource action: R               monitor on n3
  * Resource action: R               monitor on n1
  * Resource action: R               start on n1
Using the original execution date of: 2017-07-14 02:40:00Z

Revised Cluster Status:
  * Node List:
    * Node n3: standby
    * Online: [ n1 ]
    * OFFLINE: [ n2 ]

  * Full List of Resources:
    * D\t(ocf:pacemaker:Dummy):\t Stopped (disabled)
    * R\t(ocf:pacemaker:Dummy):\t Started n1
";

/// A folder of one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn simulate(words: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.arg("simulate").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    // A program that does not read its input closes it.
    let _ = program.stdin.take().unwrap().write_all(input.as_bytes());
    program.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_complete_run_shows_every_section() {
    let output = simulate(&["-S", "-s", "-d", "n2"], CIB);
    assert_eq!(stdout(&output), COMPLETE_RUN);
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn quiet_scores_are_plain_lines() {
    let output = simulate(&["-RsQ"], CIB);
    let lines = stdout(&output);
    assert_eq!(lines.lines().next(), Some("pcmk__primitive_assign: D allocation score on n1: -INFINITY"));
    assert_eq!(lines.lines().count(), 6);
    assert_eq!(stdout(&simulate(&["-SQ"], CIB)), "");
}

#[test]
fn operations_can_be_injected_and_made_to_fail() {
    let words = ["-S", "-c", "-i", "R_start_0@n1=1", "-i", "bad", "-i", "Z_start_0@n1=1", "-F", "r_START_0@n2=3"];
    let output = simulate(&words, CIB);
    let shown = stdout(&output);
    for line in [
        "  * Injecting attribute fail-count-R#start_0=INFINITY into /node_state '1'",
        "  * Recover    R       ( n1 -> n2 )",
        "  * Resource action: R               start on n2",
        "Pretending action 2 failed with rc=3",
        "    * R\t(ocf:pacemaker:Dummy):\t FAILED n2",
    ] {
        assert!(shown.lines().any(|at| at == line), "no line '{line}' in:\n{shown}");
    }
    assert!(shown.contains("R_start_0 on n1 'Error occurred' (1): call=1, status='Done', exitreason='Simulated action result'"));
    assert_eq!(stderr(&output), "Invalid operation spec: bad.  Only found 1 fields\nInvalid resource name: Z\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_result_can_be_simulated_again() {
    let folder = Folder::new("again");
    let result = folder.0.join("result.xml");
    assert!(simulate(&["-S", "-O", result.to_str().unwrap()], CIB).status.success());
    let output = simulate(&["-R", "-x", result.to_str().unwrap()], "");
    assert!(stdout(&output).contains("    * R\t(ocf:pacemaker:Dummy):\t Started n1\n"));
    assert!(stdout(&output).ends_with("Transition Summary:\n"));
}

#[test]
fn changes_are_made_where_the_cluster_keeps_them() {
    let folder = Folder::new("changes");
    let saved = folder.0.join("saved.xml");
    let changes = ["-u", "n4", "-f", "n2", "-d", "n1", "-g", "T", "-b", "T", "-q", "0", "-w", "true"];
    let words = [&["-Q", "-I", saved.to_str().unwrap()], changes.as_slice()].concat();
    let output = simulate(&words, CIB);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("", ""));
    let saved = fs::read_to_string(saved).unwrap();
    let origin = "crm-debug-origin=\"crm_simulate\"";
    for line in [
        "<node id=\"n4\" uname=\"n4\"/>".to_owned(),
        format!(
            "<node_state id=\"n4\" uname=\"n4\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\" {origin}/>"
        ),
        format!(
            "<node_state id=\"2\" uname=\"n2\" in_ccm=\"false\" crmd=\"online\" join=\"member\" expected=\"member\" {origin}/>"
        ),
        format!("<node_state id=\"1\" uname=\"n1\" in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\" {origin}/>"),
        "<ticket_state id=\"T\" granted=\"true\" standby=\"true\"/>".to_owned(),
        "<nvpair id=\"cib-bootstrap-options-have-watchdog\" name=\"have-watchdog\" value=\"true\"/>".to_owned(),
    ] {
        assert!(saved.lines().any(|at| at.trim() == line), "no line '{line}' in:\n{saved}");
    }
    assert!(saved.contains(" have-quorum=\"0\" "));
    // The watchdog and the new node change the configuration; what comes after that is counted alone.
    assert!(saved.contains(" epoch=\"3\" num_updates=\"6\" "), "{saved}");
}

#[test]
fn quorum_alone_changes_nothing() {
    let output = simulate(&["-R", "-q", "false"], CIB);
    assert!(!stdout(&output).contains("Modifications"));
}

#[test]
fn all_files_are_written() {
    let folder = Folder::new("files");
    let input = folder.file("cib.xml", CIB);
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let words = ["-SQ", "-x", input.to_str().unwrap(), "-I", &path("i"), "-O", &path("o"), "-G", &path("g"), "-D", &path("d")];
    assert!(simulate(&words, "").status.success());
    assert_eq!(folder.names(), ["cib.xml", "d", "g", "i", "o"]);
    assert!(fs::read_to_string(path("g")).unwrap().starts_with("<transition_graph "));
    assert!(fs::read_to_string(path("d")).unwrap().starts_with(" digraph \"g\" {\n"));
    assert_eq!(fs::read_to_string(path("i")).unwrap(), CIB);
    assert!(fs::read_to_string(path("o")).unwrap().contains("<lrm_rsc_op id=\"R_last_0\""));
    assert_eq!(fs::read_to_string(&input).unwrap(), CIB);
}

#[test]
fn in_place_changes_the_input_and_leaves_nothing_beside_it() {
    let folder = Folder::new("in-place");
    let input = folder.file("cib.xml", CIB);
    assert!(simulate(&["-XQ", "-x", input.to_str().unwrap()], "").status.success());
    assert!(fs::read_to_string(&input).unwrap().contains("<lrm_rsc_op id=\"R_last_0\""));
    assert_eq!(folder.names(), ["cib.xml"]);
    assert_eq!(simulate(&["-X"], CIB).status.code(), Some(78));
}

#[test]
fn a_failed_run_writes_over_nothing() {
    let folder = Folder::new("failed");
    let kept = folder.file("kept", "as it was");
    let kept = kept.to_str().unwrap();
    let unreadable = simulate(&["-S", "-O", kept], "<cib");
    assert_eq!(unreadable.status.code(), Some(65));
    let unknown_node = simulate(&["-S", "-O", kept, "-G", kept, "-d", "n9"], CIB);
    assert_eq!(unknown_node.status.code(), Some(70));
    assert_eq!(stderr(&unknown_node), "pengine: node 'n9' is unknown: only --node-up can add a node\n");
    assert_eq!(fs::read_to_string(kept).unwrap(), "as it was");
    assert_eq!(folder.names(), ["kept"]);
}

#[test]
fn places_that_cannot_be_written_are_told() {
    for (option, status) in [("-G", 74), ("-D", 74), ("-O", 105), ("-I", 105), ("--output-to", 105)] {
        let output = simulate(&["-S", option, "/nonexistent/file"], CIB);
        assert_eq!(output.status.code(), Some(status));
        assert!(stderr(&output).starts_with("pengine: could not create '/nonexistent/file': "));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn bad_input_is_told_with_its_place() {
    let folder = Folder::new("bad");
    for (text, status, place) in [
        ("<cib>\n <a>\n</cib>".as_bytes(), 65, "line 3, column 1: "),
        (b"<cib>\n\xff</cib>", 65, "line 2, column 1: "),
        (b"<cib/>", 78, "line 1, column 1: "),
    ] {
        let input = folder.file("bad.xml", text);
        let output = simulate(&["-S", "-x", input.to_str().unwrap()], "");
        let message = stderr(&output);
        assert!(message.starts_with(&format!("pengine: {}: {place}", input.display())), "{message}");
        assert_eq!(message.lines().count(), 1);
        assert_eq!((stdout(&output), output.status.code()), (String::new(), Some(status)));
    }
}

#[test]
fn packed_files_are_unpacked() {
    let folder = Folder::new("packed");
    let gz = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\x49\xce\x4c\xd2\xb7\x03\x00\xe9\xe9\xe8\xc2\x06\x00\x00\x00";
    let bz2 = b"\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x55\xb4\x0e\x86\x00\x00\x00\x99\x00\x00\x00\x80\x05\x18\x20\x20\x00\
        \x21\x80\x0c\x02\x47\xae\xe2\xee\x48\xa7\x0a\x12\x0a\xb6\x81\xd0\xc0";
    let xz = b"\xfd\x37\x7a\x58\x5a\x00\x00\x01\x69\x22\xde\x36\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x05\
        \x3c\x63\x69\x62\x2f\x3e\x00\x00\x00\xe9\xe9\xe8\xc2\x00\x01\x1a\x06\xc5\xea\xc8\x79\x90\x42\x99\x0d\x01\x00\x00\x00\
        \x00\x01\x59\x5a";
    for (name, bytes) in [("a.xml.gz", gz.as_slice()), ("a.xml.bz2", bz2), ("a.xml.xz", xz)] {
        let whole = folder.file(name, bytes);
        let output = simulate(&["-x", whole.to_str().unwrap()], "");
        assert!(stderr(&output).contains("the <cib> element has no validate-with attribute"), "{}", stderr(&output));
        let cut = folder.file(name, &bytes[..bytes.len() / 2]);
        assert_eq!(simulate(&["-x", cut.to_str().unwrap()], "").status.code(), Some(65));
    }
}

#[test]
fn what_is_not_supported_says_so() {
    for (words, status, message) in [
        (vec!["--output-as=html"], 105, "pengine: there is no output format 'html'; use --output-as=text, json, xml or none\n"),
        (
            vec!["-L"],
            102,
            "pengine: there is no running cluster to read from: --live-check is not supported yet; use --xml-file\n",
        ),
    ] {
        let output = simulate(&words, CIB);
        assert_eq!((stderr(&output).as_str(), output.status.code()), (message, Some(status)));
    }
    for wrong in [&["--no-such-option"][..], &["-Z"], &["--sim"], &["-x"], &["-N", "x"], &["--quiet=1"], &["-$", "-x"]] {
        let output = simulate(wrong, CIB);
        assert_eq!((stdout(&output).as_str(), output.status.code()), ("", Some(64)), "{wrong:?}");
    }
}

#[test]
fn all_parts_of_the_help_are_one() {
    let help = stdout(&simulate(&["--help"], ""));
    assert!(help.contains("Usage: pengine simulate [OPTIONS]"), "{help}");
    for part in ["all", "output", "operations", "synthetic", "artifact", "source"] {
        assert_eq!(stdout(&simulate(&[&format!("--help-{part}")], "")), help);
    }
}

#[test]
fn a_value_joined_to_its_option_is_understood_and_told() {
    let folder = Folder::new("joined");
    let input = folder.file("cib.xml", CIB);
    let output = simulate(&[&format!("-Rx{}", input.display())], "");
    let expected = format!(
        "Deprecated argument format '-x{0}' used.\n\
         Please use '-x {0}' instead.  Support will be removed in a future release.\n",
        input.display()
    );
    assert_eq!(stderr(&output), expected);
    assert!(stdout(&output).contains("Transition Summary:"));
}

#[test]
fn output_goes_where_it_is_sent() {
    let folder = Folder::new("sent");
    let target = folder.0.join("text");
    let output = simulate(&["-S", "-s", "-d", "n2", "--output-to", target.to_str().unwrap()], CIB);
    assert_eq!((stdout(&output).as_str(), fs::read_to_string(&target).unwrap().as_str()), ("", COMPLETE_RUN));
    assert_eq!(stdout(&simulate(&["-S", "--output-as=none"], CIB)), "");
}

#[test]
fn a_directory_can_be_profiled() {
    let folder = Folder::new("profile");
    folder.file("a.xml", CIB);
    folder.file("b.xml", "<broken");
    folder.file("c.txt", "");
    let output = simulate(&["-P", folder.0.to_str().unwrap(), "-N", "2"], "");
    let shown = stdout(&output);
    assert!(shown.starts_with(&format!("Timings:\n  * Testing {}/a.xml ... 0.", folder.0.display())), "{shown}");
    assert_eq!(shown.lines().count(), 2);
    assert!(stderr(&output).starts_with("pengine: left out: "));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.args(["simulate", "-S"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    drop(program.stdout.take());
    program.stdin.take().unwrap().write_all(CIB.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn an_impossible_date_is_told_and_the_clock_is_used() {
    let output = simulate(&["-R", "-t", "2026-13-45"], CIB);
    let message = "pengine: --set-datetime: '2026-13-45' is no date like '2026-11-24 15:30:00Z'; the current time is taken\n";
    assert_eq!((stderr(&output).as_str(), output.status.code()), (message, Some(0)));
    assert!(stdout(&output).starts_with("Setting effective cluster time: 2026-13-45\n"));
}
