//! Init scripts and scripts of heartbeat's first version.

use std::fs;

use pengined::core::CallEnd;

use crate::bench::{Bench, Resource};

/// An init script that keeps to the standard, and counts a file as its service.
fn init_script(bench: &Bench, name: &str) {
    let text = format!(
        r#"#!/bin/sh
        file={}
        case $1 in
            start) [ -e "$file.broken" ] && echo "$0: broken" >&2 && exit 1; touch "$file" ;;
            stop) [ -e "$file" ] || exit 7; rm "$file" ;;
            status)
                [ -e "$file.dead" ] && exit 1
                sleep 0.02
                [ -e "$file" ] || exit 3 ;;
            reload) exit 0 ;;
            *) exit 3 ;;
        esac"#,
        bench.path("running").display()
    );
    bench.script(&format!("init.d/{name}"), &text);
}

async fn check(bench: &mut Bench, service: &Resource) {
    bench.live(service).await;
    bench.expect(service, "start", 0).await;
    bench.expect(service, "reload", 0).await;
    bench.run_out_of_time(service).await;
    fs::write(bench.path("running.dead"), "").unwrap();
    bench.expect(service, "monitor", 7).await;
    fs::remove_file(bench.path("running.dead")).unwrap();
    bench.expect(service, "stop", 0).await;
    fs::write(bench.path("running.broken"), "").unwrap();
    let failed = bench.expect(service, "start", 1).await;
    assert!(failed.reason.ends_with("broken"), "{failed:?}");
    bench.expect(service, "promote", 3).await;
}

#[tokio::test]
async fn init_scripts_are_services() {
    let mut bench = Bench::new();
    init_script(&bench, "web");
    check(&mut bench, &Resource::new("web", "lsb:web")).await;
}

#[tokio::test]
async fn without_systemd_a_service_is_an_init_script() {
    let mut bench = Bench::with(|settings| settings.bus = Some("unix:path=/nowhere/bus".to_owned()));
    init_script(&bench, "web");
    check(&mut bench, &Resource::new("web", "service:web")).await;
    let unit = bench.run(&Resource::new("web", "systemd:web"), "monitor").await;
    assert_eq!((unit.end, unit.exit_status), (CallEnd::NotInstalled, 5), "{unit:?}");
    assert!(unit.reason.starts_with("there is no bus to reach systemd on"), "{unit:?}");
}

#[tokio::test]
async fn legacy_scripts_get_their_parameters_by_position() {
    let mut bench = Bench::new();
    let text = format!(
        r#"#!/bin/sh
        cd {}
        echo "$*" >>calls
        [ $# = 3 ] || {{ echo "usage: $0 address device action" >&2; exit 1; }}
        case $3 in
            start) touch running ;;
            stop) rm -f running ;;
            status) sleep 0.02; if [ -e running ]; then echo "$1 is running"; else echo "$1 is stopped"; fi ;;
        esac"#,
        bench.path("").display()
    );
    bench.script("legacy/Address", &text);
    let address = Resource::new("ip", "heartbeat:Address").with("2", "eth0").with("1", "192.0.2.1").with("other", "ignored");
    bench.live(&address).await;
    bench.expect(&address, "start", 0).await;
    bench.run_out_of_time(&address).await;
    fs::remove_file(bench.path("running")).unwrap();
    bench.expect(&address, "monitor", 7).await;
    let calls = fs::read_to_string(bench.path("calls")).unwrap();
    assert!(calls.starts_with("192.0.2.1 eth0 status\n192.0.2.1 eth0 start\n"), "{calls}");
    let wrong = Resource::new("ip", "heartbeat:Address").with("1", "192.0.2.1");
    let failed = bench.expect(&wrong, "start", 1).await;
    assert!(failed.reason.starts_with("usage: "), "{failed:?}");
    bench.expect(&wrong, "promote", 3).await;
}
