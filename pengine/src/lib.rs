//! A cluster policy engine: from a snapshot of a high-availability cluster to what has to be done, in what order, and why.
//!
//! The snapshot is a [`Cib`]: the cluster's configuration and state as one XML document. [`schedule`] decides, and gives a
//! [`Schedule`] with the transition graph of start, stop, promote, migrate and fence actions. Its decisions are those of
//! the scheduler of Pacemaker 3.0.2, as its published documentation and recorded results show them.
//!
//! The library is pure: it reads no clock, file, or environment. The same document and the same [`Settings`] give the
//! same result, byte for byte, on every machine. It doesn't panic, whatever the document says: what can't be read is an
//! error ([`CibError`]), what makes no sense is a [`Diagnostic`], and the run goes on.
//!
//! ```
//! use pengine::{Cib, Settings, schedule};
//!
//! let cib = Cib::parse(
//!     r#"<cib validate-with="pacemaker-4.0" crm_feature_set="3.20.5" have-quorum="1" dc-uuid="1">
//!          <configuration>
//!            <crm_config>
//!              <cluster_property_set id="options">
//!                <nvpair id="no-fencing" name="fencing-enabled" value="false"/>
//!              </cluster_property_set>
//!            </crm_config>
//!            <nodes><node id="1" uname="alice"/><node id="2" uname="bob"/></nodes>
//!            <resources><primitive id="web" class="ocf" provider="heartbeat" type="apache"/></resources>
//!            <constraints><rsc_location id="home" rsc="web" node="bob" score="100"/></constraints>
//!          </configuration>
//!          <status>
//!            <node_state id="1" uname="alice" in_ccm="true" crmd="online" join="member" expected="member"/>
//!            <node_state id="2" uname="bob" in_ccm="true" crmd="online" join="member" expected="member"/>
//!          </status>
//!        </cib>"#,
//! )?;
//! let settings = Settings { now: 1_700_000_000, ..Settings::default() };
//! let transition = schedule(&cib, &settings).transition();
//!
//! // A probe on each node, to see that nothing runs yet, and then the start where the resource wants to be.
//! let keys = transition.synapses.iter().filter_map(|synapse| {
//!     Some((synapse.action.attribute("operation_key")?, synapse.action.attribute("on_node")?))
//! });
//! assert_eq!(
//!     keys.collect::<Vec<_>>(),
//!     [("web_start_0", "bob"), ("web_monitor_0", "bob"), ("web_monitor_0", "alice")]
//! );
//! # Ok::<(), pengine::CibError>(())
//! ```
//!
//! Whoever keeps membership elsewhere than in the document passes it in [`Settings::membership`].
#![forbid(unsafe_code)]

mod arena;
pub mod audit;
#[cfg(feature = "check")]
pub mod check;
pub mod cib;
mod cluster;
mod compat;
mod constraints;
mod devices;
mod diagnostic;
mod digest;
mod digits;
pub mod explain;
mod history;
mod ledger;
mod limits;
mod ordering;
mod placement;
mod plan;
pub mod record;
pub mod report;
mod run;
mod schedule;
pub mod simulate;
pub mod transition;

pub use cib::{Cib, CibError};
pub use devices::FenceDevice;
pub use diagnostic::{Diagnostic, Problem, Severity};
pub use limits::Limits;
pub use schedule::{NodeMembership, Placement, Planned, Schedule, Settings, Snapshot, schedule};
