//! Our own agents.

use std::fs;

use pengined::core::{CallEnd, CallResult};

use crate::bench::{Bench, Resource, eventually, kill, lives};

/// The process behind an instance of our `Service`.
fn process(bench: &Bench, instance: &str) -> String {
    fs::read_to_string(bench.path(&format!("state/rsctmp/Service-{instance}.pid"))).unwrap()
}

#[tokio::test]
async fn a_service_lives_and_dies() {
    let mut bench = Bench::new();
    let web = Resource::new("web", "ocf:pengine:Service");
    bench.live(&web).await;

    bench.expect(&web, "start", 0).await;
    let pid = process(&bench, "web");
    assert!(lives(&pid));
    kill("-9", &pid);
    eventually("its death is noticed", || !lives(&pid)).await;
    bench.expect(&web, "monitor", 7).await;
    bench.expect(&web, "start", 0).await;
    let reborn = process(&bench, "web");
    assert_ne!(pid, reborn);
    bench.run_out_of_time(&web).await;
    bench.expect(&web, "stop", 0).await;
    assert!(!lives(&reborn));
}

#[tokio::test]
async fn a_service_fails_as_it_is_told() {
    let mut bench = Bench::new();
    let web = Resource::new("web", "ocf:pengine:Service").with("fail_on", "start monitor");
    let result = bench.expect(&web, "start", 1).await;
    assert_eq!(result.reason, "told to fail on start");
    assert_eq!(result.output, "ocf-exit-reason:told to fail on start\n");
    bench.expect(&web, "monitor", 1).await;
    bench.expect(&web, "stop", 0).await;
    let wrong = Resource::new("web", "ocf:pengine:Service").with("start_delay", "soon");
    assert_eq!(bench.expect(&wrong, "start", 6).await.reason, "start_delay is 'soon', but has to be a number of seconds");
    bench.expect(&wrong, "validate-all", 6).await;
    bench.expect(&wrong, "dance", 3).await;
    bench.expect(&wrong, "stop", 0).await;
}

#[tokio::test]
async fn what_is_missing_is_not_installed() {
    let mut bench = Bench::new();
    let missing = bench.run(&Resource::new("web", "ocf:pengine:Nothing"), "monitor").await;
    assert_eq!((missing.end, missing.exit_status), (CallEnd::NotInstalled, 5));
    assert!(missing.reason.starts_with("there is no agent resource.d/pengine/Nothing below "), "{}", missing.reason);
    let outside = bench.run(&Resource::new("web", "ocf:pengine:../../../../bin/true"), "monitor").await;
    assert_eq!(outside.end, CallEnd::NotInstalled);
    for agent in ["lsb:nothing", "service:nothing", "heartbeat:nothing", "stonith:fence_nothing", "stonith:sh"] {
        let missing = bench.run(&Resource::new("it", agent), "monitor").await;
        assert_eq!((missing.end, missing.exit_status), (CallEnd::NotInstalled, 5), "{agent}: {missing:?}");
        assert!(missing.reason.contains("there is no "), "{agent}: {missing:?}");
    }
}

#[tokio::test]
async fn a_stateful_service_tells_its_promotion_score() {
    let mut bench = Bench::new();
    let log = bench.path("scores");
    bench.script("tools/crm_attribute", &format!("#!/bin/sh\necho \"$*\" >>{}\n", log.display()));
    let database = Resource::new("db:0", "ocf:pengine:Stateful").with("score", "7");
    for (action, exit_status) in [
        ("monitor", 7),
        ("promote", 7),
        ("start", 0),
        ("monitor", 0),
        ("promote", 0),
        ("monitor", 8),
        ("notify", 0),
        ("demote", 0),
        ("monitor", 0),
        ("stop", 0),
        ("monitor", 7),
    ] {
        bench.expect(&database, action, exit_status).await;
    }
    let told = fs::read_to_string(log).unwrap();
    let updates: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("--promotion db:0 --lifetime reboot ")).collect();
    assert_eq!(updates, ["--update 7", "--update 12", "--update 7", "--delete"], "{told}");

    bench.script("tools/crm_attribute", "#!/bin/sh\nexit 102\n");
    assert_eq!(bench.expect(&database, "start", 1).await.reason, "the promotion score could not be told");
    bench.expect(&database.with("score", "high"), "start", 6).await;
}

#[tokio::test]
async fn agents_are_told_of_once_and_again_when_they_change() {
    let mut bench = Bench::new();
    let (web, database) = (Resource::new("web", "ocf:pengine:Service"), Resource::new("db", "ocf:pengine:Stateful"));
    let calls = [&web, &web, &database].map(|resource| bench.begin(resource, "monitor"));
    for call in calls {
        bench.end(call).await;
    }
    let mut names: Vec<&str> = bench.known.iter().map(|(agent, _)| agent.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Service", "Stateful"], "once each");
    for (agent, facts) in &bench.known {
        assert_eq!(facts.standard, "1.1", "{agent:?}");
        assert!(facts.offers("reload-agent") && facts.offers("validate-all") && !facts.offers("migrate_to"), "{facts:?}");
        assert!(facts.parameter("fail_on").is_some_and(|parameter| parameter.reloadable && !parameter.required), "{facts:?}");
    }

    bench.script(
        "ocf/resource.d/pengine/Service",
        "#!/bin/sh\n[ $1 = meta-data ] && echo '<resource-agent><actions><action name=\"start\"/></actions></resource-agent>'\nexit 0\n",
    );
    bench.expect(&web, "monitor", 0).await;
    let (agent, facts) = bench.known.last().unwrap();
    assert_eq!((bench.known.len(), agent.name.as_str()), (3, "Service"));
    assert!(facts.offers("start") && !facts.offers("stop"));

    bench.script("ocf/resource.d/pengine/Service", "#!/bin/sh\necho 'this is no meta-data'\n");
    let CallResult { output, .. } = bench.expect(&web, "monitor", 0).await;
    assert_eq!((output.as_str(), bench.known.len()), ("this is no meta-data\n", 3), "an agent need not be able to tell");
}

#[tokio::test]
async fn state_is_forgotten_with_a_reboot() {
    let bench = Bench::new();
    let state = bench.path("state");
    let left_behind = state.join("rsctmp").join("Service-web.pid");
    fs::write(&left_behind, "1\n").unwrap();
    let again = |state: &std::path::Path| {
        let state = state.to_owned();
        Bench::with(|settings| settings.state = state)
    };
    drop(again(&state));
    assert!(left_behind.exists(), "a restart of the daemon forgets nothing");
    fs::write(state.join("boot"), "another\n").unwrap();
    drop(again(&state));
    assert!(!left_behind.exists());
    assert!(state.join("rsctmp").is_dir());
}
