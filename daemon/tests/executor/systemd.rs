//! Units of systemd: over a bus of the test's own, on which the test itself is systemd.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pengined::core::CallEnd;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};
use zbus::{Connection, fdo, interface};

use crate::bench::{Bench, Resource};
use crate::needs::{has_program, is_skipped};

/// A message bus.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn new() -> Self {
        let arguments = ["--session", "--nofork", "--nopidfile", "--print-address"];
        let mut daemon =
            Command::new("dbus-daemon").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, address: address.trim().to_owned() }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// The states of units, by name.
type States = Arc<Mutex<BTreeMap<String, &'static str>>>;

/// A systemd that has the units `web`, `broken` and `slow`.
struct Manager {
    states: States,
    jobs: u32,
}

/// One of its units.
struct Unit {
    name: String,
    states: States,
}

/// A job of its.
struct Job {
    states: States,
}

fn unit_path(name: &str) -> OwnedObjectPath {
    let escaped: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    ObjectPath::try_from(format!("/org/freedesktop/systemd1/unit/{escaped}")).unwrap().into()
}

impl Manager {
    fn knows(&self, name: &str) -> fdo::Result<()> {
        if self.states.lock().unwrap().contains_key(name) { Ok(()) } else { Err(fdo::Error::Failed(format!("no unit {name}"))) }
    }

    /// Begins a job that has come to its end at once, unless it is one of a slow unit's.
    async fn begin(
        &mut self,
        emitter: &SignalEmitter<'_>,
        unit: &str,
        result: &str,
        state: &'static str,
    ) -> fdo::Result<OwnedObjectPath> {
        self.knows(unit)?;
        self.jobs += 1;
        let path: OwnedObjectPath = ObjectPath::try_from(format!("/org/freedesktop/systemd1/job/{}", self.jobs)).unwrap().into();
        if unit == "slow.service" {
            emitter.connection().object_server().at(&path, Job { states: Arc::clone(&self.states) }).await?;
            return Ok(path);
        }
        self.states.lock().unwrap().insert(unit.to_owned(), state);
        Self::job_removed(emitter, 0, unit_path("another"), "other.service", "failed").await?;
        Self::job_removed(emitter, self.jobs, path.clone(), unit, result).await?;
        Ok(path)
    }
}

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    fn subscribe(&self) {}

    async fn load_unit(&self, name: &str, #[zbus(connection)] connection: &Connection) -> fdo::Result<OwnedObjectPath> {
        let path = unit_path(name);
        let unit = Unit { name: name.to_owned(), states: Arc::clone(&self.states) };
        connection.object_server().at(&path, unit).await?;
        Ok(path)
    }

    async fn start_unit(
        &mut self,
        name: &str,
        mode: &str,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(mode, "replace");
        let (result, state) = if name == "broken.service" { ("failed", "failed") } else { ("done", "active") };
        self.begin(&emitter, name, result, state).await
    }

    async fn stop_unit(
        &mut self,
        name: &str,
        mode: &str,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(mode, "replace");
        self.begin(&emitter, name, "done", "inactive").await
    }

    async fn reload_unit(
        &mut self,
        name: &str,
        mode: &str,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(mode, "replace");
        self.begin(&emitter, name, "done", "active").await
    }

    #[zbus(signal)]
    async fn job_removed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        job: OwnedObjectPath,
        unit: &str,
        result: &str,
    ) -> zbus::Result<()>;
}

#[interface(name = "org.freedesktop.systemd1.Unit")]
impl Unit {
    #[zbus(property)]
    fn load_state(&self) -> String {
        let known = self.states.lock().unwrap().contains_key(&self.name);
        if known { "loaded" } else { "not-found" }.to_owned()
    }

    /// A unit that is on its way to a state is seen there once.
    #[zbus(property)]
    fn active_state(&self) -> String {
        let mut states = self.states.lock().unwrap();
        match states.get_mut(&self.name) {
            Some(state) if *state == "activating" => std::mem::replace(state, "active").to_owned(),
            Some(state) => (*state).to_owned(),
            None => "inactive".to_owned(),
        }
    }

    #[zbus(property)]
    fn sub_state(&self) -> String {
        "somehow".to_owned()
    }
}

#[interface(name = "org.freedesktop.systemd1.Job")]
impl Job {
    fn cancel(&self) {
        self.states.lock().unwrap().insert("cancelled".to_owned(), "yes");
    }
}

/// Is systemd on a bus, until it is dropped.
async fn systemd(bus: &Bus) -> (Connection, States) {
    let units = ["web.service", "broken.service", "slow.service"].map(|unit| (unit.to_owned(), "inactive"));
    let states: States = Arc::new(Mutex::new(units.into()));
    let manager = Manager { states: Arc::clone(&states), jobs: 0 };
    let builder = zbus::connection::Builder::address(bus.address.as_str()).unwrap().name("org.freedesktop.systemd1").unwrap();
    let connection = builder.serve_at("/org/freedesktop/systemd1", manager).unwrap().build().await.unwrap();
    (connection, states)
}

fn bench_on(bus: &Bus) -> Bench {
    Bench::with(|settings| settings.bus = Some(bus.address.clone()))
}

fn is_impossible(test: &str) -> bool {
    is_skipped(test, &[("dbus-daemon", has_program("dbus-daemon"))])
}

#[tokio::test]
async fn units_are_started_watched_and_stopped() {
    if is_impossible("units_are_started_watched_and_stopped") {
        return;
    }
    let bus = Bus::new();
    let mut bench = bench_on(&bus);
    let web = Resource::new("web", "systemd:web");
    let nobody = bench.run(&web, "monitor").await;
    assert_eq!((nobody.end, nobody.reason.as_str()), (CallEnd::NotInstalled, "there is no systemd on the bus"));

    let (_systemd, states) = systemd(&bus).await;
    bench.live(&web).await;
    bench.live(&Resource::new("web", "service:web")).await;
    bench.expect(&web, "start", 0).await;
    bench.expect(&web, "reload", 0).await;
    let set = |state| states.lock().unwrap().insert("web.service".to_owned(), state);
    set("activating");
    bench.expect(&web, "monitor", 0).await;
    set("failed");
    let failed = bench.expect(&web, "monitor", 7).await;
    assert_eq!(failed.reason, "web.service failed (somehow); 'journalctl --unit=web.service' tells more");
    bench.expect(&web, "promote", 3).await;

    let failed = bench.expect(&Resource::new("broken", "systemd:broken"), "start", 1).await;
    assert!(failed.reason.starts_with("broken.service failed (failed)"), "{failed:?}");
    let missing = Resource::new("nothing", "systemd:nothing");
    for action in ["monitor", "start"] {
        let result = bench.run(&missing, action).await;
        assert_eq!(
            (result.end, result.exit_status, result.reason.as_str()),
            (CallEnd::NotInstalled, 5, "there is no unit nothing.service")
        );
    }
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_cancelled() {
    if is_impossible("a_job_that_takes_too_long_is_cancelled") {
        return;
    }
    let bus = Bus::new();
    let (_systemd, states) = systemd(&bus).await;
    let mut bench = bench_on(&bus);
    let slow = Resource::new("slow", "systemd:slow");
    let late = bench.run(&slow.clone().within(Duration::from_secs(2)), "start").await;
    assert_eq!(
        (late.end, late.exit_status, late.reason.as_str()),
        (CallEnd::TimedOut, 1, "start took longer than 2s and was ended")
    );
    assert!(states.lock().unwrap().contains_key("cancelled"));
    let call = bench.begin(&slow, "stop");
    bench.cancel(call);
    assert_eq!(bench.end(call).await.end, CallEnd::Cancelled);
}

#[tokio::test]
async fn a_bus_that_went_away_is_connected_to_again() {
    if is_impossible("a_bus_that_went_away_is_connected_to_again") {
        return;
    }
    let (place, web) = (tempfile::tempdir().unwrap(), Resource::new("web", "systemd:web"));
    let link = place.path().join("bus");
    let bus = Bus::new();
    let path = |bus: &Bus| bus.address.split(['=', ',']).nth(1).unwrap().to_owned();
    std::os::unix::fs::symlink(path(&bus), &link).unwrap();
    let mut bench = Bench::with(|settings| settings.bus = Some(format!("unix:path={}", link.display())));
    let connected = systemd(&bus).await;
    bench.expect(&web, "start", 0).await;
    drop((connected, bus));
    let lost = bench.run(&web, "monitor").await;
    assert_ne!(lost.exit_status, 0, "{lost:?}");

    let bus = Bus::new();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(path(&bus), &link).unwrap();
    let _connected = systemd(&bus).await;
    // The first call after that may still find out that the old connection is broken.
    bench.run(&web, "monitor").await;
    bench.expect(&web, "monitor", 7).await;
}
