//! Services of the system, whichever way it starts them.

use super::bounds::Bounds;
use super::outcome::Outcome;
use super::{Context, lsb};
use crate::core::AgentCall;

pub(super) async fn run(context: &Context, call: &AgentCall, bounds: &Bounds) -> Outcome {
    let has_unit = tokio::select! {
        has_unit = context.systemd.has_unit(&call.agent.name) => has_unit,
        end = bounds.reached() => return Outcome::ended(end),
    };
    if has_unit { context.systemd.run(call, bounds).await } else { lsb::run(context, call, bounds).await }
}
