//! Fence agents: Debian's `fence_dummy`, and one that tells what it is told.

use std::fs;
use std::time::Duration;

use pengined::core::{AgentCall, CallEnd};

use crate::bench::{Bench, Resource, eventually};
use crate::needs::{has_program, is_skipped};

#[tokio::test]
async fn fence_dummy() {
    if is_skipped("fence_dummy", &[("the package fence-agents", has_program("fence_dummy"))]) {
        return;
    }
    let mut bench = Bench::new();
    let file = bench.path("power");
    let device = Resource::new("fencing", "stonith:fence_dummy").with("status_file", &file).with("pcmk_host_list", "alice");
    fs::write(&file, "on").unwrap();
    for action in ["start", "monitor", "status"] {
        bench.expect(&device, action, 0).await;
    }
    let of_alice = device.clone().with(AgentCall::TARGET, "alice");
    bench.expect(&of_alice, "off", 0).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "off");
    bench.expect(&device, "status", 7).await;
    bench.expect(&of_alice, "on", 0).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "on");
    bench.expect(&of_alice, "reboot", 0).await;
    bench.expect(&device, "stop", 0).await;
    assert!(bench.known.iter().any(|(agent, facts)| agent.name == "fence_dummy" && facts.offers("reboot")), "{:?}", bench.known);

    let failing = Resource::new("fencing", "stonith:fence_dummy").with("status_file", "/proc/nothing/power");
    let failed = bench.expect(&failing.with(AgentCall::TARGET, "alice"), "on", 1).await;
    assert!(failed.reason.contains("/proc/nothing/power"), "{failed:?}");
    bench.expect(&device, "monitor", 7).await;
    let failed = bench.expect(&device.clone().with("delay", "soon"), "start", 1).await;
    assert_eq!(failed.reason, "Failed: The value you have entered for --delay is not a valid time in seconds");
    let slow = device.with("delay", "1000").with("pcmk_off_timeout", "500ms").with(AgentCall::TARGET, "alice");
    let late = bench.run(&slow, "off").await;
    assert_eq!(late.end, CallEnd::TimedOut, "{late:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "on");
}

/// A bench with a fence agent that is a shell script, where `options` is a file with what it was told; and its device.
fn device(body: &str) -> (Bench, Resource) {
    let mut place = None;
    let bench = Bench::with(|settings| {
        let own = settings.state.with_file_name("bin");
        settings.search_path.insert(0, own.clone());
        place = own.parent().map(std::path::Path::to_path_buf);
    });
    let metadata = "<resource-agent><parameters><parameter name=\"plug\"/></parameters>\
                    <actions><action name=\"status\"/></actions></resource-agent>";
    let text = format!(
        "#!/bin/sh\ncd {}\ncat >options.$$\ngrep -q action=metadata options.$$ && rm options.$$ && echo '{metadata}' && exit 0\n\
         mv options.$$ options\n{body}\n",
        bench.path("").display()
    );
    bench.script("bin/fence_test", &text);
    (bench, Resource::new("device", "stonith:fence_test"))
}

#[tokio::test]
async fn fence_agents_read_their_options() {
    let (mut bench, device) = device("echo list of machines; echo noise >&2");
    let device = device.with("ip", "192.0.2.9").with("pcmk_host_list", "alice").with("pcmk_off_action", "poweroff");
    let told = |bench: &Bench| fs::read_to_string(bench.path("options")).unwrap();
    bench.expect(&device, "start", 0).await;
    assert_eq!(told(&bench), "action=status\nip=192.0.2.9\n", "it can't monitor");
    let of_alice = device.clone().with(AgentCall::TARGET, "alice").with(AgentCall::TARGET_PORT, "outlet 3");
    bench.expect(&of_alice, "off", 0).await;
    assert_eq!(told(&bench), "action=poweroff\nnodename=alice\nplug=outlet 3\nip=192.0.2.9\n");
    assert_eq!(bench.expect(&device, "list", 0).await.output, "list of machines\n");
}

#[tokio::test]
async fn what_fails_is_tried_again() {
    let (mut bench, device) = device("echo x >>tries; [ $(wc -l <tries) -ge 3 ] || { echo 'ERROR: busy' >&2; exit 1; }");
    bench.expect(&device, "off", 0).await;
    assert_eq!(fs::read_to_string(bench.path("tries")).unwrap().lines().count(), 3);
    fs::remove_file(bench.path("tries")).unwrap();
    let once = device.with("pcmk_off_retries", "0");
    assert_eq!(bench.expect(&once, "off", 1).await.reason, "busy");
    assert_eq!(fs::read_to_string(bench.path("tries")).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_device_does_one_thing_after_another() {
    let (mut bench, device) = device("mkdir busy || exit 2; sleep 0.05; rmdir busy");
    let calls = ["status", "off", "off"].map(|action| bench.begin(&device, action));
    for call in calls {
        assert_eq!(bench.end(call).await.exit_status, 0);
    }
    let unlimited = device.with("pcmk_action_limit", "-1");
    fs::create_dir(bench.path("busy")).unwrap();
    assert_eq!(bench.run(&unlimited, "off").await.exit_status, 1, "the test would notice");
}

#[tokio::test]
async fn fencing_waits_for_no_other_agents() {
    let (mut bench, device) = device("exit 0");
    let held = bench.path("held");
    bench
        .script("ocf/resource.d/test/Hung", &format!("#!/bin/sh\n[ $1 = start ] && echo x >>{} && sleep 1000\n", held.display()));
    let hung = Resource::new("hung", "ocf:test:Hung").within(Duration::from_secs(900));
    let cores = std::thread::available_parallelism().unwrap().get();
    let calls: Vec<_> = (0..(2 * cores).max(4) + 1).map(|_| bench.begin(&hung, "start")).collect();
    let most = (2 * cores).max(4);
    eventually("all places are taken", || fs::read_to_string(&held).is_ok_and(|held| held.lines().count() == most)).await;
    assert_eq!(bench.run(&device, "off").await.exit_status, 0);
    for call in calls {
        bench.cancel(call);
        assert_eq!(bench.end(call).await.end, CallEnd::Cancelled);
    }
}
