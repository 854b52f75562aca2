//! Single events in a cluster of three that is whole and where nothing else happens.

use std::collections::BTreeSet;

use pengine_control::{Change, Lifetime, NodeChange, Reply, Request, ResourceChange};

use crate::world::{World, name};
use crate::{CONFIGURATION, SERVICES};

fn world() -> World {
    let mut world = World::new(1, 3, CONFIGURATION);
    world.is_calm = true;
    world
}

/// A world in which all three are there and everything runs.
fn whole() -> World {
    let mut world = world();
    (1..=3).for_each(|id| world.switch_on(id));
    world.run_for(60_000);
    check_services(&world);
    world
}

fn check_services(world: &World) {
    for service in SERVICES {
        assert_eq!(world.active[service].len(), 1, "{service} is active on {:?}", world.active[service]);
    }
    assert_eq!(world.promoted.len(), 1, "promoted on {:?}", world.promoted);
}

/// Those who are in a term.
fn members(world: &World) -> BTreeSet<u32> {
    let is_in_term = |id: &u32| world.machines[id].daemon.as_ref().is_some_and(|daemon| daemon.term().is_some());
    world.machines.keys().copied().filter(is_in_term).collect()
}

/// Those who take themselves for the coordinator.
fn coordinators(world: &World) -> Vec<u32> {
    let decides = |id: &u32| world.machines[id].daemon.as_ref().is_some_and(pengined::cluster::Member::is_coordinator);
    world.machines.keys().copied().filter(decides).collect()
}

/// When something was done, by the log.
fn moments(world: &World, what: &str) -> Vec<u64> {
    let lines = world.log.iter().filter(|line| line.ends_with(what));
    lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect()
}

#[test]
fn fencing_that_fails_is_tried_again_after_a_pause_whatever_happens() {
    let mut world = whole();
    let (decides, lost) = (coordinators(&world)[0], 3);
    assert_ne!(decides, lost);
    world.failing_fencing = 3;
    world.cut_power(lost, None);
    for number in 0..60 {
        let change =
            NodeChange::Attribute { name: "mark".to_owned(), value: Some(format!("{number}")), lifetime: Lifetime::Forever };
        let change = Change::Node { node: name(1), change };
        assert!(matches!(world.ask(decides, Request::Change { change, dry_run: false }), Reply::Changed { .. }));
        world.run_for(300);
    }
    let attempts = moments(&world, ": power reboot");
    assert_eq!(attempts.len(), 4, "{attempts:?}");
    assert!(attempts.windows(2).all(|pair| pair[1] - pair[0] >= 5_000), "{attempts:?}");
    world.run_for(60_000);
    check_services(&world);
}

#[test]
fn who_wants_to_leave_stays_until_all_is_stopped_though_fencing_fails() {
    let mut world = whole();
    let leaving = 2;
    let moved = Change::Resource { resource: "site".to_owned(), change: ResourceChange::Move { node: Some(name(leaving)) } };
    world.ask(1, Request::Change { change: moved, dry_run: false });
    world.run_for(10_000);
    assert!(world.active["web"].contains(&leaving));
    world.failing_fencing = u32::MAX;
    world.cut_power(3, None);
    world.run_for(5);
    world.stop_daemon(leaving);
    let runs = |world: &World| world.copies.contains(&leaving) || world.active.values().any(|nodes| nodes.contains(&leaving));
    for moment in 0..60_000 {
        if moment == 30_000 {
            world.failing_fencing = 0;
        }
        world.run_for(1);
        if world.machines[&leaving].daemon.is_none() {
            assert!(moment > 30_000 && !runs(&world), "after {moment} ms: {:?}", world.active);
            return;
        }
    }
    panic!("it never leaves");
}

#[test]
fn a_daemon_that_hangs_is_taken_for_lost() {
    for is_coordinator in [true, false] {
        let mut world = whole();
        let hanging = if is_coordinator { coordinators(&world)[0] } else { 3 };
        world.freeze(hanging, 3_600_000);
        world.run_for(35_000);
        assert_eq!(moments(&world, &format!("{} has no power", name(hanging))).len(), 1);
        check_services(&world);
        world.run_for(60_000);
        assert_eq!(members(&world).len(), 3);
        check_services(&world);
    }
}

#[test]
fn a_daemon_that_hung_for_a_while_goes_on() {
    let mut world = whole();
    world.freeze(3, 15_000);
    world.run_for(60_000);
    assert_eq!((members(&world).len(), world.fenced), (3, 0));
}

#[test]
fn who_hung_for_too_long_ends() {
    let mut world = whole();
    world.failing_fencing = u32::MAX;
    let hanging = coordinators(&world)[0];
    world.freeze(hanging, 100_000);
    world.run_for(99_000);
    assert_eq!(coordinators(&world).len(), 2, "one that hangs, and one that the others follow");
    world.run_for(10_000);
    assert_eq!(moments(&world, &format!("{}'s daemon is gone", name(hanging))).len(), 1);
    world.failing_fencing = 0;
    world.run_for(60_000);
    assert_eq!(members(&world).len(), 3);
    check_services(&world);
}

#[test]
fn nodes_agree_on_the_newest_version_that_all_speak() {
    for [first, last] in [[(1, 1), (1, 2)], [(1, 2), (1, 1)], [(1, 1), (1, 1)]] {
        let mut world = world();
        for (id, speaks) in [(1, first), (2, first), (3, last)] {
            world.machines.get_mut(&id).unwrap().speaks = Some(speaks);
            world.switch_on(id);
            world.run_for(30_000);
        }
        assert_eq!(members(&world).len(), 3);
        check_services(&world);
    }
}

#[test]
fn who_speaks_another_version_than_those_who_are_there_leaves() {
    for [first, last] in [[(1, 1), (2, 2)], [(2, 3), (1, 1)]] {
        let mut world = world();
        for (id, speaks) in [(1, first), (2, first), (3, last)] {
            world.machines.get_mut(&id).unwrap().speaks = Some(speaks);
            world.switch_on(id);
        }
        world.run_for(120_000);
        assert!(world.log.iter().any(|line| line.contains("n3: ") && line.contains("update one or the other")));
        assert_eq!(members(&world), BTreeSet::from([1, 2]));
        check_services(&world);
    }
}
