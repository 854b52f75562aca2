//! How many messages a cluster needs, and how long things take in it. 32 nodes with 1,000 resources take their time if not optimized:
//! `PENGINE_LARGE=1` has them, too.

use crate::world::{World, name};

/// A configuration of so many services, spread over the nodes.
fn configuration(nodes: u32, services: u32) -> String {
    let primitive = |number: u32| {
        let node = name(number % nodes + 1);
        let (id, place) = (format!("r{number}"), format!("l{number}"));
        (
            format!(r#"<primitive id="{id}" class="ocf" provider="heartbeat" type="Dummy"/>"#),
            format!(r#"<rsc_location id="{place}" rsc="{id}" node="{node}" score="100"/>"#),
        )
    };
    let (primitives, places): (String, String) = (0..services).map(primitive).unzip();
    format!(
        r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0"><configuration>
             <crm_config><cluster_property_set id="options">
               <nvpair id="probes" name="enable-startup-probes" value="false"/>
               <nvpair id="patience" name="dc-deadtime" value="3s"/>
               <nvpair id="off" name="fencing-action" value="off"/>
             </cluster_property_set></crm_config>
             <nodes/>
             <resources>
               <primitive id="power" class="stonith" type="fence_sim">
                 <instance_attributes id="power-params"><nvpair id="power-check" name="pcmk_host_check" value="none"/></instance_attributes>
               </primitive>
               {primitives}
             </resources>
             <constraints>{places}</constraints>
           </configuration></cib>"#
    )
}

/// What an event costs.
struct Cost {
    messages: u64,
    /// How long it takes until all is done that follows from it, in milliseconds.
    takes: u64,
}

/// What has come of an event after a minute.
fn cost(world: &mut World, act: impl FnOnce(&mut World)) -> Cost {
    let (begin, sent, lines) = (world.now, world.group.sent, world.log.len());
    act(world);
    world.run_for(60_000);
    let follows = |line: &&String| [" start", " stop", "\"elected\""].iter().any(|what| line.contains(what));
    let last = world.log[lines..].iter().rfind(follows).unwrap();
    let last: u64 = last.split_whitespace().next().unwrap().parse().unwrap();
    Cost { messages: world.group.sent - sent, takes: last - begin }
}

/// What it costs when the last of the nodes comes, and when it loses its power, and how many messages there are if nothing happens.
fn costs(nodes: u32, services: u32) -> ([Cost; 2], u64) {
    let mut world = World::new(1, nodes, &configuration(nodes, services));
    (world.is_calm, world.is_compared) = (true, false);
    let check = |world: &World| {
        assert_eq!(world.active.values().filter(|at| at.len() == 1).count(), services as usize);
    };
    for id in 1..nodes {
        world.switch_on(id);
    }
    world.run_for(60_000);
    let join = cost(&mut world, |world| world.switch_on(nodes));
    check(&world);
    let failure = cost(&mut world, |world| world.cut_power(nodes, None));
    check(&world);
    let sent = world.group.sent;
    world.run_for(60_000);
    ([join, failure], world.group.sent - sent)
}

#[test]
fn messages_grow_evenly() {
    let mut sizes = vec![(4, 32), (8, 64), (16, 128)];
    if std::env::var_os("PENGINE_LARGE").is_some() {
        sizes.push((32, 1_000));
    }
    for (nodes, services) in sizes {
        let ([join, failure], idle) = costs(nodes, services);
        println!(
            "{nodes} nodes, {services} services: {} messages and {} ms for a join, {} and {} ms for a node that is lost, {idle} in a minute",
            join.messages, join.takes, failure.messages, failure.takes
        );
        // Each node says what it knows. Each service of the node is stopped elsewhere and started there, by an order and a finding each.
        let moved = u64::from(services / nodes + 1);
        let nodes = u64::from(nodes);
        assert!(idle <= 7 * nodes, "a word of each node every ten seconds");
        assert!(join.messages <= idle + 2 * nodes + 4 * moved + 20);
        // It is fenced, and its services are started elsewhere.
        assert!(failure.messages <= idle + 2 * nodes + 4 * moved + 20);
    }
}
