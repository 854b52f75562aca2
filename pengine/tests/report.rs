//! `pengine report` as a program: a page that needs nothing but itself, tried in a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name).join("cib.xml")
}

fn report(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pengine")).arg("report").args(words).output().unwrap()
}

fn page(name: &str) -> String {
    let output = report(&["-x", fixture(name).to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_page_needs_nothing_but_itself() {
    for name in ["web-standby", "bundle-promotable", "fencing-serial", "clone-notify", "unmanaged"] {
        let page = page(name);
        for outside in ["http:", "https:", " src=", "@import", "url("] {
            assert!(!page.contains(outside), "{name}: {outside}");
        }
        for link in page.match_indices("href=\"").map(|(at, _)| &page[at..]) {
            assert!(link.starts_with("href=\"#"), "{name}");
        }
        for section in ["states", "plan", "transition", "scores", "findings"] {
            assert!(page.contains(&format!("<section id=\"{section}\">")), "{name}: {section}");
        }
    }
}

#[test]
fn the_page_tells_what_is_and_what_will_be() {
    let page = page("web-standby");
    assert!(page.contains("<li><b>Move</b> webip from snn.abc.com to datanode4.abc.com"));
    assert!(page.contains("<td class=\"started changed\">Started</td><td class=\" changed\"></td>"));
    assert!(page.contains("<title>webip_start_0 datanode4.abc.com</title>"));
    assert!(page.contains("-INFINITY: colocation webserver-with-webdata"));
    assert!(page.contains("<b>no-fencing</b> fencing is switched off"));
}

#[test]
fn what_a_configuration_says_is_text_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cib.xml");
    let text = fs::read_to_string(fixture("web-standby")).unwrap();
    fs::write(&file, text.replace("\"webip\"", "\"&lt;script&gt;alert(1)&lt;/script&gt;\"")).unwrap();
    let target = folder.path().join("page.html");
    let output = report(&["-x", file.to_str().unwrap(), "-o", target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(target).unwrap();
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn exit_statuses_tell_what_was_wrong() {
    assert_eq!(report(&["-x", "no-such-file.xml"]).status.code(), Some(65));
    let cib = fixture("web-standby");
    assert_eq!(report(&["-x", cib.to_str().unwrap(), "-o", "no-such-folder/page.html"]).status.code(), Some(105));
}

/// Presses keys, and puts what the page says after each where the test finds it.
const KEYS: &str = r#"<script>
const told = [];
const output = document.querySelector(".controls output");
for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home"]) {
  document.getElementById("drawing").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  told.push(output.textContent + "/" + document.querySelectorAll(".card.now").length);
}
document.querySelector("[data-go=next]").click();
told.push(output.textContent);
document.body.dataset.told = told.join("|");
</script></body>"#;

#[test]
fn the_transition_can_be_followed_by_keyboard() {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    let Some(browser) = browser else {
        println!("skipped: no chromium, chromium-browser or google-chrome is installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, page("web-standby").replace("</body>", KEYS)).unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", &profile]);
    let output = command.arg(format!("file://{}", file.display())).output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let told = dom.split("data-told=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let told: Vec<&str> = told.split('|').collect();
    let steps = dom.split("data-steps=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let begins = ["Step 1 of ", "Step 2 of ", "Step 1 of "];
    assert_eq!(told.len(), 7, "{told:?}\n{}", String::from_utf8_lossy(&output.stderr));
    for (told, begin) in told.iter().zip(begins) {
        assert!(told.starts_with(begin) && !told.ends_with("/0"), "{told}");
    }
    let last = format!("Step {steps} of {steps}/");
    assert!(told[3].starts_with(&last) && told[4].starts_with(&last), "{told:?}");
    assert_eq!(told[5..], [format!("All {steps} steps/0"), format!("Step 1 of {steps}")]);
}
