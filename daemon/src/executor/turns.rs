//! Whose turn it is.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use crate::core::{AgentCall, AgentClass};

/// Bounds on what runs at once: of all agents, and on each fence device.
#[derive(Debug)]
pub(super) struct Turns {
    places: Arc<Semaphore>,
    devices: Mutex<HashMap<String, Device>>,
}

#[derive(Debug)]
struct Device {
    limit: usize,
    places: Arc<Semaphore>,
}

/// The right to run, while it is kept.
#[derive(Debug)]
pub(super) struct Turn {
    _device: Option<OwnedSemaphorePermit>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Turns for so many calls at once.
    pub(super) fn new(most_at_once: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(most_at_once.max(1))), devices: Mutex::default() }
    }

    /// Waits for the turn of a call: first come, first served. Fencing doesn't wait for other agents, which may hang because of
    /// the very node that has to be fenced.
    pub(super) async fn wait(&self, call: &AgentCall) -> Turn {
        let device = match device_limit(call) {
            // A semaphore that nobody closes always gives a place in the end.
            Some(limit) => self.device(&call.resource, limit).await.acquire_owned().await.ok(),
            None => None,
        };
        let place = if is_fencing(call) { None } else { Arc::clone(&self.places).acquire_owned().await.ok() };
        Turn { _device: device, _place: place }
    }

    async fn device(&self, name: &str, limit: usize) -> Arc<Semaphore> {
        let mut devices = self.devices.lock().await;
        let fresh = || Device { limit, places: Arc::new(Semaphore::new(limit)) };
        let device = devices.entry(name.to_owned()).or_insert_with(fresh);
        if device.limit != limit {
            *device = fresh();
        }
        Arc::clone(&device.places)
    }
}

/// How many actions a device does at once; none if there is no limit.
fn device_limit(call: &AgentCall) -> Option<usize> {
    if call.agent.class != AgentClass::Stonith {
        return None;
    }
    let configured = call.parameters.get("pcmk_action_limit").and_then(|limit| limit.trim().parse::<i64>().ok());
    match configured.unwrap_or(1) {
        ..0 => None,
        limit => Some(usize::try_from(limit).unwrap_or(1).clamp(1, Semaphore::MAX_PERMITS)),
    }
}

fn is_fencing(call: &AgentCall) -> bool {
    call.agent.class == AgentClass::Stonith && matches!(call.action.as_str(), "on" | "off" | "reboot")
}
