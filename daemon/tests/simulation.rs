//! Thousands of lives of the daemon with agents that fail, hang and lie, a disk that breaks, and people who change their minds.
#![allow(clippy::unwrap_used, clippy::panic)]

mod lives;
mod world;

use fastrand::Rng;
use pengine_control::{AgentRequest, Change, Dampening, Lifetime, NodeChange, Refusal, Reply, Request, ResourceChange, Version};
use pengined::core::RequestId;
use world::World;

/// How many lives there are unless told otherwise.
const LIVES: u64 = 2_000;
/// How often something happens in a life.
const STEPS: usize = 40;

const RESOURCES: [&str; 4] = ["ip", "web", "db", "queue"];

/// A group of two, and two resources with orders and different ways to fail.
const CONFIGURATION: &str = r#"
    <group id="site">
      <primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2">
        <operations><op id="ip-m" name="monitor" interval="10s"/></operations>
      </primitive>
      <primitive id="web" class="ocf" provider="heartbeat" type="apache">
        <meta_attributes id="web-meta"><nvpair id="web-threshold" name="migration-threshold" value="3"/></meta_attributes>
        <operations><op id="web-m" name="monitor" interval="7s"/></operations>
      </primitive>
    </group>
    <primitive id="db" class="ocf" provider="heartbeat" type="pgsql">
      <operations>
        <op id="db-m" name="monitor" interval="5s" on-fail="restart"/><op id="db-stop" name="stop" interval="0" timeout="30s"/>
      </operations>
    </primitive>
    <primitive id="queue" class="lsb" type="queue">
      <operations><op id="queue-m" name="monitor" interval="11s" on-fail="ignore"/></operations>
    </primitive>"#;

/// One life and what is remembered of it.
struct Life {
    world: World,
    chance: Rng,
    waiting: Vec<RequestId>,
    acknowledged: Version,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let options = r#"<nvpair id="fatal" name="start-failure-is-fatal" value="false"/>"#;
        let mut world = World::new(CONFIGURATION, if chance.bool() { options } else { "" });
        world.leave_to_chance(seed ^ 0x5eed);
        Self { world, chance, waiting: Vec::new(), acknowledged: Version::default() }
    }

    fn live(&mut self) {
        for _ in 0..STEPS {
            self.step();
            let pause = self.chance.u64(..8_000);
            self.world.run_for(pause);
            self.read_replies();
        }
        self.recover();
    }

    fn resource(&mut self) -> &'static str {
        RESOURCES[self.chance.usize(..RESOURCES.len())]
    }

    fn step(&mut self) {
        let name = self.resource();
        let action = ["start", "stop", "monitor"][self.chance.usize(..3)];
        match self.chance.u8(..12) {
            0 | 1 => self.world.kill(name),
            2 => self.world.fail(name, action, [1, 2, 5, 6][self.chance.usize(..4)], "it does not want to"),
            3 => self.world.hang(name, action),
            4 => self.world.lie(name),
            5..=6 => self.world.mend(name),
            7 => self.world.break_disk(),
            8 => self.world.mend_disk(),
            _ => self.ask(),
        }
    }

    fn ask(&mut self) {
        let resource = [self.resource(), "site"][self.chance.usize(..2)].to_owned();
        let node = Some("alice".to_owned());
        let change = match self.chance.u8(..10) {
            0 => ResourceChange::Start,
            1 => ResourceChange::Stop,
            2 => ResourceChange::Restart,
            3 => ResourceChange::Ban { node },
            4 => ResourceChange::Clear { node: None },
            5 => ResourceChange::Manage,
            6 => ResourceChange::Unmanage,
            7 => ResourceChange::Cleanup { node },
            number => return self.ask_about_node(number),
        };
        let change = Change::Resource { resource, change };
        let dry_run = self.chance.u8(..4) == 0;
        let request = self.world.request(Request::Change { change, dry_run });
        self.waiting.push(request);
    }

    fn ask_about_node(&mut self, number: u8) {
        let on = self.chance.bool();
        let change = if number == 8 { NodeChange::Standby { on } } else { NodeChange::Maintenance { on } };
        let change = Change::Node { node: "alice".to_owned(), change };
        let attribute = AgentRequest::SetAttribute {
            name: "load".to_owned(),
            value: Some(self.chance.u8(..3).to_string()),
            node: None,
            lifetime: if on { Lifetime::Forever } else { Lifetime::Reboot },
            private: false,
            dampening: self.chance.bool().then_some(Dampening { delay_ms: 3_000, anew: false }),
        };
        for request in [Request::Change { change, dry_run: false }, Request::Agent(attribute)] {
            let request = self.world.request(request);
            self.waiting.push(request);
        }
    }

    /// What was acknowledged is saved.
    fn read_replies(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for request in waiting {
            match self.world.reply(request) {
                None => self.waiting.push(request),
                Some(Reply::Changed { version }) => self.acknowledged = self.acknowledged.max(version),
                Some(Reply::Plan { .. } | Reply::Agent(_)) => {}
                Some(Reply::Refused(Refusal::NotSaved { .. } | Refusal::Invalid { .. })) => {}
                Some(other) => panic!("{other:?}"),
            }
        }
        if self.acknowledged.epoch > 1 {
            let saved = pengine::Cib::parse(self.world.saved()).unwrap();
            let epoch: u32 = saved.root().attr("epoch").unwrap().parse().unwrap();
            assert!(epoch >= self.acknowledged.epoch, "{} was acknowledged, but {epoch} is saved", self.acknowledged);
        }
    }

    /// Once everybody behaves and everything is allowed, everything runs and nothing is left to do.
    fn recover(&mut self) {
        self.world.mend_disk();
        for name in RESOURCES {
            self.world.mend(name);
        }
        let node = |change| Change::Node { node: "alice".to_owned(), change };
        let mut changes = vec![node(NodeChange::Standby { on: false }), node(NodeChange::Maintenance { on: false })];
        for name in RESOURCES.iter().chain(&["site"]) {
            for change in [ResourceChange::Manage, ResourceChange::Start, ResourceChange::Clear { node: None }] {
                changes.push(Change::Resource { resource: (*name).to_owned(), change });
            }
        }
        for change in changes {
            self.change(change);
        }
        self.world.settle();
        for name in RESOURCES {
            self.change(Change::Resource { resource: name.to_owned(), change: ResourceChange::Cleanup { node: None } });
        }
        self.world.settle();
        self.world.run_for(30_000);
        self.world.settle();
        assert_eq!(self.world.active(), ["db", "ip", "queue", "web"]);
        let status = self.world.status();
        assert!(status.failures.is_empty(), "{:?}", status.failures);
        assert!(status.resources.iter().all(|resource| resource.role == "Started" && resource.managed && !resource.blocked));
    }

    fn change(&mut self, change: Change) {
        let reply = self.world.ask(Request::Change { change, dry_run: false });
        assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
    }
}

fn live(seed: u64) -> Vec<String> {
    let mut life = Life::new(seed);
    life.live();
    life.world.log()
}

#[test]
fn every_life_ends_well() {
    lives::all_end_well(LIVES, live);
}

#[test]
fn a_life_can_be_lived_again() {
    for seed in [1, 2, 3] {
        assert_eq!(live(seed), live(seed));
    }
}
