//! Agents of Debian's packages, with the real services behind them.

use std::fs;
use std::process::Command;

use crate::bench::{Bench, Resource, adopt, is_root, kill_and_bury};
use crate::namespace::Namespace;
use crate::needs::{has_agent, has_program, is_skipped};

const FOREIGN_PACKAGE: &str = "the package resource-agents";

#[tokio::test]
async fn dummy() {
    if is_skipped("dummy", &[(FOREIGN_PACKAGE, has_agent("heartbeat/Dummy"))]) {
        return;
    }
    let mut bench = Bench::new();
    let dummy = Resource::new("dummy", "ocf:heartbeat:Dummy");
    bench.live(&dummy).await;
    bench.expect(&dummy, "start", 0).await;
    bench.run_out_of_time(&dummy).await;
    fs::remove_file(bench.path("state/rsctmp/Dummy-dummy.state")).unwrap();
    bench.expect(&dummy, "monitor", 7).await;
    let unwritable = Resource::new("dummy", "ocf:heartbeat:Dummy").with("state", "/proc/nothing/state");
    bench.expect(&unwritable, "start", 1).await;
    let unwritable = bench.expect(&unwritable, "validate-all", 2).await;
    assert!(unwritable.reason.contains("/proc/nothing"), "{unwritable:?}");
    bench.expect(&dummy, "dance", 3).await;
    let (agent, facts) = bench.known.first().unwrap();
    assert_eq!((agent.name.as_str(), facts.parameter("state").map(|state| state.unique)), ("Dummy", Some(true)));
}

#[tokio::test]
async fn stateful() {
    if is_skipped("stateful", &[(FOREIGN_PACKAGE, has_agent("heartbeat/Stateful"))]) {
        return;
    }
    let mut bench = Bench::new();
    let log = bench.path("scores");
    bench.script("tools/crm_master", &format!("#!/bin/sh\necho \"$OCF_RESOURCE_INSTANCE $*\" >>{}\n", log.display()));
    let stateful = Resource::new("db:1", "ocf:heartbeat:Stateful");
    for (action, exit_status) in
        [("monitor", 7), ("start", 0), ("monitor", 0), ("promote", 0), ("monitor", 8), ("demote", 0), ("monitor", 0), ("stop", 0)]
    {
        bench.expect(&stateful, action, exit_status).await;
    }
    bench.expect(&stateful, "promote", 7).await;
    let told = fs::read_to_string(log).unwrap();
    assert!(told.lines().count() >= 4 && told.lines().all(|line| line.starts_with("db:1 -")), "{told}");
    bench.expect(&stateful, "start", 0).await;
    bench.run_out_of_time(&stateful).await;
}

#[tokio::test]
async fn an_address() {
    let namespace = Namespace::new();
    let needs = [(FOREIGN_PACKAGE, has_agent("heartbeat/IPaddr2")), ("root and network namespaces", namespace.is_some())];
    let (false, Some(namespace)) = (is_skipped("an_address", &needs), namespace) else { return };
    let mut bench = Bench::new();
    adopt(&namespace, &bench, "heartbeat/IPaddr2");
    let address = Resource::new("vip", "ocf:inside:IPaddr2").with("ip", "192.0.2.7").with("cidr_netmask", "32").with("nic", "lo");
    let is_there = |namespace: &Namespace| namespace.run("ip address show dev lo").unwrap().contains("192.0.2.7/32");
    bench.live(&address).await;
    assert!(!is_there(&namespace));
    bench.expect(&address, "start", 0).await;
    assert!(is_there(&namespace));
    bench.run_out_of_time(&address).await;
    namespace.run("ip address delete 192.0.2.7/32 dev lo").unwrap();
    bench.expect(&address, "monitor", 7).await;
    bench.expect(&address, "stop", 0).await;
    let wrong = Resource::new("vip", "ocf:inside:IPaddr2").with("ip", "300.1.1.1").with("nic", "nothing0");
    let failed = bench.run(&wrong, "start").await;
    assert!(matches!(failed.exit_status, 1..=6) && !failed.reason.is_empty(), "{failed:?}");
    let failed = bench.expect(&Resource::new("vip", "ocf:inside:IPaddr2"), "start", 6).await;
    assert!(!failed.reason.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn a_mount() {
    let namespace = Namespace::new();
    let needs = [
        (FOREIGN_PACKAGE, has_agent("heartbeat/Filesystem")),
        ("the package kmod", has_program("modprobe")),
        ("root and mount namespaces", namespace.is_some()),
    ];
    let (false, Some(namespace)) = (is_skipped("a_mount", &needs), namespace) else { return };
    let mut bench = Bench::new();
    adopt(&namespace, &bench, "heartbeat/Filesystem");
    let (device, directory) = (bench.path("device"), bench.path("mounted"));
    fs::create_dir(&device).unwrap();
    fs::write(device.join("page"), "hello\n").unwrap();
    let resource = |device: &std::path::Path| {
        let resource = Resource::new("data", "ocf:inside:Filesystem").with("device", device).with("directory", &directory);
        resource.with("fstype", "none").with("options", "bind")
    };
    let data = resource(&device);
    bench.live(&data).await;
    bench.expect(&data, "start", 0).await;
    assert_eq!(namespace.run(&format!("cat {}/page", directory.display())).as_deref(), Some("hello\n"));
    assert!(!directory.join("page").exists(), "nothing is mounted out here");
    bench.run_out_of_time(&data).await;
    namespace.run(&format!("umount {}", directory.display())).unwrap();
    bench.expect(&data, "monitor", 7).await;
    bench.expect(&data, "stop", 0).await;
    let failed = bench.run(&resource(&bench.path("nothing")), "start").await;
    assert!(matches!(failed.exit_status, 1..=6) && !failed.reason.is_empty(), "{failed:?}");
    let incomplete = Resource::new("data", "ocf:inside:Filesystem").with("directory", &directory);
    bench.expect(&incomplete, "start", 6).await;
}

#[tokio::test]
async fn a_web_server() {
    let namespace = Namespace::new();
    let needs = [
        (FOREIGN_PACKAGE, has_agent("heartbeat/nginx")),
        ("nginx", has_program("nginx")),
        ("curl", has_program("curl")),
        ("root and network namespaces", namespace.is_some()),
    ];
    let (false, Some(namespace)) = (is_skipped("a_web_server", &needs), namespace) else { return };
    let mut bench = Bench::new();
    adopt(&namespace, &bench, "heartbeat/nginx");
    let (configuration, root) = (bench.path("nginx.conf"), bench.path(""));
    let root = root.display();
    let text = format!(
        "master_process off;\npid {root}/nginx.pid;\nerror_log {root}/error.log;\nevents {{}}\nhttp {{\n  access_log off;\n  server {{\n    \
         listen 127.0.0.1:80;\n    location / {{ return 200 'hello'; }}\n  }}\n}}\n"
    );
    fs::write(&configuration, &text).unwrap();
    let web = Resource::new("web", "ocf:inside:nginx").with("configfile", &configuration).with("httpd", "/usr/sbin/nginx");
    bench.live(&web).await;
    bench.expect(&web, "start", 0).await;
    assert_eq!(namespace.run("curl -s http://127.0.0.1/").as_deref(), Some("hello"));
    bench.run_out_of_time(&web).await;
    let pid = fs::read_to_string(bench.path("nginx.pid")).unwrap();
    kill_and_bury(&pid).await;
    bench.expect(&web, "monitor", 7).await;
    bench.expect(&web, "start", 0).await;
    bench.expect(&web, "stop", 0).await;
    fs::write(&configuration, text.replace("events", "evnets")).unwrap();
    let failed = bench.run(&web, "start").await;
    assert!(matches!(failed.exit_status, 1..=6), "{failed:?}");
    assert!(format!("{failed:?}").contains("evnets"), "nginx's own words: {failed:?}");
    bench.expect(&web, "monitor", 7).await;
}

#[tokio::test]
async fn a_database() {
    let binaries = postgresql_binaries();
    let needs =
        [(FOREIGN_PACKAGE, has_agent("heartbeat/pgsql")), ("the package postgresql", binaries.is_some()), ("root", is_root())];
    let (false, Some(binaries)) = (is_skipped("a_database", &needs), binaries) else { return };
    let mut bench = Bench::new();
    let home = bench.path("postgresql");
    let shell = |command: &str| {
        let status = Command::new("runuser").args(["-u", "postgres", "--", "sh", "-c", command]).current_dir("/").status();
        assert!(status.unwrap().success(), "{command}");
    };
    fs::set_permissions(bench.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::create_dir(&home).unwrap();
    assert!(Command::new("chown").arg("postgres").arg(&home).status().unwrap().success());
    let home = home.display();
    shell(&format!(
        "{binaries}/initdb --no-sync --pgdata {home}/data >/dev/null && echo fsync=off >>{home}/data/postgresql.conf"
    ));
    let database = Resource::new("db", "ocf:heartbeat:pgsql")
        .with("pgctl", format!("{binaries}/pg_ctl"))
        .with("psql", format!("{binaries}/psql"))
        .with("pgdata", format!("{home}/data"))
        .with("pgport", "54329")
        .with("socketdir", format!("{home}"))
        .with("logfile", format!("{home}/log"))
        .with("start_opt", format!("-k {home} -c listen_addresses="));
    bench.live(&database).await;
    bench.expect(&database, "start", 0).await;
    shell(&format!("test $({binaries}/psql -h {home} -p 54329 -d template1 -Atc 'select 6 * 7') = 42"));
    bench.run_out_of_time(&database).await;
    let pid = fs::read_to_string(format!("{home}/data/postmaster.pid")).unwrap();
    kill_and_bury(pid.lines().next().unwrap()).await;
    bench.expect(&database, "monitor", 7).await;
    bench.expect(&database, "start", 0).await;
    bench.expect(&database, "stop", 0).await;
    let wrong = database.with("pgdata", format!("{home}/nothing"));
    let failed = bench.run(&wrong, "start").await;
    assert!(matches!(failed.exit_status, 1..=6) && !failed.reason.is_empty(), "{failed:?}");
}

/// Where Debian has the programs of the newest PostgreSQL that is there.
fn postgresql_binaries() -> Option<String> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let binaries = versions.map(|version| version.path().join("bin")).filter(|binaries| binaries.join("initdb").exists());
    binaries.max().map(|binaries| binaries.display().to_string())
}
