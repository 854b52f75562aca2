//! Units of systemd, through D-Bus.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use futures_lite::StreamExt as _;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};
use zbus::Connection;
use zbus::connection::Builder;
use zbus::proxy::CacheProperties;
use zbus::zvariant::OwnedObjectPath;

use super::bounds::Bounds;
use super::outcome::{Outcome, ocf_status};
use crate::core::AgentCall;

/// How often a unit on its way to another state is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long systemd has to answer that a job is cancelled.
const CANCEL_TIME: Duration = Duration::from_secs(2);
/// What the names of units end with; a name that ends otherwise is that of a service.
const KINDS: [&str; 11] =
    ["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1",
    gen_blocking = false
)]
trait Manager {
    fn subscribe(&self) -> zbus::Result<()>;
    fn load_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn reload_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    #[zbus(signal)]
    fn job_removed(&self, id: u32, job: OwnedObjectPath, unit: String, result: String) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.freedesktop.systemd1.Unit", default_service = "org.freedesktop.systemd1", gen_blocking = false)]
trait Unit {
    #[zbus(property)]
    fn load_state(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn active_state(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn sub_state(&self) -> zbus::Result<String>;
}

#[zbus::proxy(interface = "org.freedesktop.systemd1.Job", default_service = "org.freedesktop.systemd1", gen_blocking = false)]
trait Job {
    fn cancel(&self) -> zbus::Result<()>;
}

/// A job under way, if there is one.
type CurrentJob = OnceLock<OwnedObjectPath>;

/// The systemd that is on a bus.
#[derive(Debug)]
pub(super) struct Systemd {
    bus: Option<String>,
    /// Made when it is first needed, and again after it broke.
    connection: Mutex<Option<Connection>>,
}

impl Systemd {
    /// The systemd on the bus of an address, or on the system's.
    pub(super) fn new(bus: Option<String>) -> Self {
        Self { bus, connection: Mutex::new(None) }
    }

    /// Whether there is a unit for an agent's name.
    pub(super) async fn has_unit(&self, name: &str) -> bool {
        let load_state = async { self.open(&unit_name(name)).await?.1.load_state().await };
        match load_state.await {
            Ok(state) => state != "not-found",
            Err(error) => {
                self.hang_up(&error).await;
                false
            }
        }
    }

    pub(super) async fn run(&self, call: &AgentCall, bounds: &Bounds) -> Outcome {
        let unit = unit_name(&call.agent.name);
        let job = CurrentJob::new();
        let acted = tokio::select! {
            acted = self.act(call, &unit, &job) => acted,
            end = bounds.reached() => {
                self.cancel(&job).await;
                return Outcome::ended(end);
            }
        };
        match acted {
            Ok(outcome) => outcome,
            Err(error) => {
                self.hang_up(&error).await;
                of_error(&unit, call, &error)
            }
        }
    }

    async fn act(&self, call: &AgentCall, unit: &str, job: &CurrentJob) -> zbus::Result<Outcome> {
        match call.action.as_str() {
            "monitor" | "status" => self.monitor(unit).await,
            "start" | "stop" | "reload" => self.change(&call.action, unit, job).await,
            action => Ok(Outcome::unimplemented(action)),
        }
    }

    /// Tells the state of a unit, when it has one.
    async fn monitor(&self, unit: &str) -> zbus::Result<Outcome> {
        loop {
            let (_, proxy) = self.open(unit).await?;
            let state = proxy.active_state().await?;
            return Ok(match state.as_str() {
                "active" | "reloading" | "refreshing" => Outcome::exited(ocf_status::FINE, ""),
                "activating" | "deactivating" => {
                    sleep(LOOK).await;
                    continue;
                }
                _ if proxy.load_state().await? == "not-found" => not_installed(unit),
                "failed" => Outcome::exited(ocf_status::NOT_RUNNING, failed(unit, &proxy.sub_state().await?)),
                _ => Outcome::exited(ocf_status::NOT_RUNNING, ""),
            });
        }
    }

    /// Changes a unit, and waits until that is done.
    async fn change(&self, action: &str, unit: &str, job: &CurrentJob) -> zbus::Result<Outcome> {
        let (manager, proxy) = self.open(unit).await?;
        if action != "stop" && proxy.load_state().await? == "not-found" {
            return Ok(not_installed(unit));
        }
        // Signals come to those who ask; it is refused to those who have asked before.
        let _ = manager.subscribe().await;
        let mut removed_jobs = manager.receive_job_removed().await?;
        let begun = match action {
            "start" => manager.start_unit(unit, "replace").await?,
            "stop" => manager.stop_unit(unit, "replace").await?,
            _ => manager.reload_unit(unit, "replace").await?,
        };
        let begun = job.get_or_init(|| begun);
        while let Some(removed) = removed_jobs.next().await {
            let removed = removed.args()?;
            if removed.job == *begun {
                return match removed.result.as_str() {
                    "done" if action == "start" && proxy.active_state().await? == "failed" => {
                        Ok(Outcome::exited(ocf_status::FAILED, failed(unit, &proxy.sub_state().await?)))
                    }
                    "done" => Ok(Outcome::exited(ocf_status::FINE, "")),
                    result => Ok(Outcome::exited(ocf_status::FAILED, failed(unit, result))),
                };
            }
        }
        Err(zbus::Error::InputOutput(io::Error::from(io::ErrorKind::BrokenPipe).into()))
    }

    /// Finds the unit of a name, which exists for systemd even if there is no file for it.
    async fn open(&self, unit: &str) -> zbus::Result<(ManagerProxy<'static>, UnitProxy<'static>)> {
        let connection = self.connection().await?;
        let manager = ManagerProxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let path = manager.load_unit(unit).await?;
        let unit = UnitProxy::builder(&connection).path(path)?.cache_properties(CacheProperties::No).build().await?;
        Ok((manager, unit))
    }

    async fn connection(&self) -> zbus::Result<Connection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = connection.as_ref() {
            return Ok(connection.clone());
        }
        let builder = self.bus.as_deref().map_or_else(Builder::system, Builder::address)?;
        Ok(connection.insert(builder.build().await?).clone())
    }

    /// Makes the next call connect anew, if an error may have come from the connection.
    async fn hang_up(&self, error: &zbus::Error) {
        if !matches!(error, zbus::Error::MethodError(..) | zbus::Error::FDO(_)) {
            *self.connection.lock().await = None;
        }
    }

    /// Takes back a job whose end nobody waits for any more.
    async fn cancel(&self, job: &CurrentJob) {
        let Some(path) = job.get() else { return };
        let cancel = async {
            let connection = self.connection().await?;
            JobProxy::builder(&connection).path(path)?.cache_properties(CacheProperties::No).build().await?.cancel().await
        };
        if let Ok(Err(error)) = timeout(CANCEL_TIME, cancel).await {
            tracing::debug!(%error, "a job of systemd's could not be cancelled");
        }
    }
}

/// The unit that is meant by an agent's name.
fn unit_name(name: &str) -> String {
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    if kind.is_some_and(|kind| KINDS.contains(&kind)) { name.to_owned() } else { format!("{name}.service") }
}

fn not_installed(unit: &str) -> Outcome {
    Outcome::not_installed(format!("there is no unit {unit}"))
}

fn failed(unit: &str, how: &str) -> String {
    format!("{unit} failed ({how}); 'journalctl --unit={unit}' tells more")
}

/// What it means that systemd could not be asked, or did not want to.
fn of_error(unit: &str, call: &AgentCall, error: &zbus::Error) -> Outcome {
    let name = match error {
        zbus::Error::MethodError(name, ..) => name.as_str(),
        _ => "",
    };
    match (name, error) {
        // What systemd has never heard of is not running.
        ("org.freedesktop.systemd1.NoSuchUnit", _) if call.action == "stop" => Outcome::exited(ocf_status::FINE, ""),
        ("org.freedesktop.systemd1.NoSuchUnit", _) => not_installed(unit),
        // A bus without systemd may still have a file that tells how to start it.
        ("org.freedesktop.DBus.Error.ServiceUnknown", _) => Outcome::not_installed("there is no systemd on the bus"),
        (name, _) if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => {
            Outcome::not_installed("there is no systemd on the bus")
        }
        ("", zbus::Error::Connection(cause, _)) if cause.kind() == io::ErrorKind::NotFound => {
            Outcome::not_installed(format!("there is no bus to reach systemd on: {error}"))
        }
        ("", error) => Outcome::error(format!("systemd can't be asked: {error}")),
        (_, error) => Outcome::exited(ocf_status::FAILED, format!("systemd refuses to {} {unit}: {error}", call.action)),
    }
}

#[cfg(test)]
mod tests {
    use super::unit_name;

    #[test]
    fn names_of_units_are_completed() {
        assert_eq!(unit_name("nginx"), "nginx.service");
        assert_eq!(unit_name("getty@tty1"), "getty@tty1.service");
        assert_eq!(unit_name("srv-data.mount"), "srv-data.mount");
        assert_eq!(unit_name("php8.2-fpm"), "php8.2-fpm.service");
    }
}
