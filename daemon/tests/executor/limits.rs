//! What is bounded: how long calls take, how many run at once, how much they say.

use std::fs;
use std::time::{Duration, Instant};

use pengined::core::{CallEnd, CallResult};

use crate::bench::{Bench, Resource, eventually, kill, lives};

/// An agent that is a shell script, where `$1` is the action.
fn agent(bench: &Bench, body: &str) -> Resource {
    bench.script(
        "ocf/resource.d/test/Agent",
        &format!("#!/bin/sh\n[ $1 = meta-data ] && exit 3\ncd {}\n{body}\n", bench.path("").display()),
    );
    Resource::new("it", "ocf:test:Agent")
}

#[tokio::test]
async fn what_takes_too_long_is_ended_with_all_that_it_started() {
    let mut bench = Bench::new();
    let body = "sleep 1000 & echo $! >child; (trap '' TERM; echo stubborn >&2; sleep 1000; sleep 1000) & echo $! >stubborn; wait";
    let slow = agent(&bench, body).within(Duration::from_secs(2));
    let begun = Instant::now();
    let result = bench.run(&slow, "start").await;
    assert_eq!(
        (result.end, result.exit_status, result.reason.as_str()),
        (CallEnd::TimedOut, 1, "start took longer than 2s and was ended")
    );
    assert!(result.exec_ms >= 2000, "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(900));
    for process in ["child", "stubborn"] {
        let pid = fs::read_to_string(bench.path(process)).unwrap();
        eventually("the whole group is gone", || !lives(&pid)).await;
    }
    assert_eq!(result.output, "stubborn\n", "what it said is kept");
}

#[tokio::test]
async fn what_ends_when_asked_is_not_killed() {
    let mut bench = Bench::new();
    let polite =
        agent(&bench, "trap 'echo asked >>asked; exit 0' TERM; while :; do sleep 0.01; done").within(Duration::from_secs(2));
    assert_eq!(bench.run(&polite, "start").await.end, CallEnd::TimedOut);
    assert_eq!(fs::read_to_string(bench.path("asked")).unwrap(), "asked\n");
}

#[tokio::test]
async fn a_call_ends_with_its_process_though_others_keep_its_streams() {
    let mut bench = Bench::new();
    let starter = agent(&bench, "(while :; do echo noise; sleep 0.01; done) & echo $! >daemon; echo started; exit 0");
    let result = bench.expect(&starter, "start", 0).await;
    assert!(result.output.contains("started\n"), "{result:?}");
    let pid = fs::read_to_string(bench.path("daemon")).unwrap();
    assert!(lives(&pid));
    // It goes on writing, and is not killed for that.
    bench.expect(&agent(&bench, "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.02; done"), "monitor", 0).await;
    assert!(lives(&pid), "a service must not die because nobody reads what it writes");
    kill("-9", &pid);
}

#[tokio::test]
async fn what_is_said_last_is_kept() {
    let mut bench = Bench::new();
    let body =
        "i=0; while [ $i -lt 3000 ]; do echo \"line $i\"; i=$((i + 1)); done; echo 'ocf-exit-reason:in the end' >&2; exit 1";
    let result = bench.expect(&agent(&bench, body), "start", 1).await;
    assert!(result.output.len() <= CallResult::MOST_OUTPUT, "{}", result.output.len());
    assert!(result.output.ends_with("line 2999\nocf-exit-reason:in the end\n"));
    assert_eq!(result.reason, "in the end");
}

#[tokio::test]
async fn what_a_signal_ends_is_an_error() {
    let mut bench = Bench::new();
    let result = bench.run(&agent(&bench, "kill -9 $$"), "monitor").await;
    assert_eq!((result.end, result.exit_status, result.reason.as_str()), (CallEnd::Error, 1, "the agent died of signal 9"));
    bench.script("ocf/resource.d/test/Agent", "\u{7f}ELF\n");
    let result = bench.run(&Resource::new("it", "ocf:test:Agent"), "monitor").await;
    assert_eq!(result.end, CallEnd::Error, "{result:?}");
    assert!(result.reason.contains("can't be run"), "{result:?}");
}

#[tokio::test]
async fn so_many_run_at_once_and_the_others_wait() {
    let mut bench = Bench::with(|settings| settings.most_at_once = 2);
    // Each waits until two are there, so that it is the bound that they meet; one that finds more than two says so.
    let body = "echo x >in.$$; while [ $(ls out in.* 2>/dev/null | wc -l) -lt 2 ]; do sleep 0.01; done
        [ $(ls in.* | wc -l) -le 2 ] || exit 1; touch out; sleep 0.05; rm in.$$";
    let resource = agent(&bench, body);
    let calls: Vec<_> = (0..6).map(|_| bench.begin(&resource, "monitor")).collect();
    let mut waited = Vec::new();
    for call in calls {
        let result = bench.end(call).await;
        assert_eq!((result.end, result.exit_status), (CallEnd::Exited, 0), "{result:?}");
        waited.push(result.queue_ms);
    }
    assert!(waited[0] < waited[5], "{waited:?}");
    assert!(waited[5] >= 100, "two rounds come before the last: {waited:?}");
}

#[tokio::test]
async fn calls_are_cancelled_whether_they_run_or_wait() {
    let mut bench = Bench::with(|settings| settings.most_at_once = 1);
    let endless = agent(&bench, "echo $$ >running; while :; do sleep 0.01; done");
    let running = bench.begin(&endless, "start");
    let waiting = bench.begin(&endless, "monitor");
    let file = bench.path("running");
    eventually("the first one runs", || fs::read_to_string(&file).is_ok_and(|pid| pid.ends_with('\n'))).await;
    bench.cancel(waiting);
    let result = bench.end(waiting).await;
    assert_eq!((result.end, result.reason.as_str(), result.exec_ms), (CallEnd::Cancelled, "monitor was cancelled", 0));
    bench.cancel(running);
    let result = bench.end(running).await;
    assert_eq!((result.end, result.reason.as_str()), (CallEnd::Cancelled, "start was cancelled"));
    assert!(!lives(&fs::read_to_string(file).unwrap()));
    bench.cancel(running);
    bench.expect(&agent(&bench, "exit 0"), "stop", 0).await;
}

#[tokio::test]
async fn agents_see_nothing_of_the_daemons_environment() {
    let mut bench = Bench::new();
    let resource = agent(&bench, "env; cat; pwd").with("name", "va l'ue").with("CRM_meta_on-fail", "block");
    let output = bench.expect(&resource, "start", 0).await.output;
    let lines: Vec<&str> = output.lines().collect();
    let state = bench.path("state/rsctmp");
    for line in [
        "OCF_RESKEY_name=va l'ue",
        "OCF_RESKEY_CRM_meta_on_fail=block",
        "OCF_RESKEY_CRM_meta_interval=0",
        "OCF_RESOURCE_INSTANCE=it",
        "OCF_RESOURCE_TYPE=Agent",
        "OCF_RESOURCE_PROVIDER=test",
        "OCF_RA_VERSION_MAJOR=1",
        "LANG=C",
        &format!("HA_RSCTMP={}", state.display()),
        &format!("PENGINE_SOCKET={}", bench.path("socket").display()),
    ] {
        assert!(lines.contains(&line), "no {line} in {output}");
    }
    assert!(lines.iter().any(|line| line.starts_with(&format!("PATH={}:/", bench.path("tools").display()))), "{output}");
    assert!(!lines.iter().any(|line| line.starts_with("CARGO")), "{output}");
}
