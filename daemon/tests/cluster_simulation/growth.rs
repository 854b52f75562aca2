//! How many messages a cluster needs. 32 nodes with 1,000 resources take their time in the dev profile: `PENGINE_LARGE=1` has them, too.

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

/// How many messages there are after the last of the nodes has come, and after it has lost its power.
fn messages(nodes: u32, services: u32) -> [u64; 2] {
    let mut world = World::new(1, nodes, &configuration(nodes, services));
    (world.is_calm, world.is_compared) = (true, false);
    for id in 1..nodes {
        world.switch_on(id);
    }
    world.run_for(60_000);
    let before = world.group.sent;
    world.switch_on(nodes);
    world.run_for(60_000);
    let joined = world.group.sent;
    assert_eq!(world.active.values().filter(|at| at.len() == 1).count(), services as usize);
    world.cut_power(nodes, None);
    world.run_for(60_000);
    assert_eq!(world.active.values().filter(|at| at.len() == 1).count(), services as usize);
    [joined - before, world.group.sent - joined]
}

#[test]
fn messages_grow_evenly() {
    let mut sizes = vec![(4, 32), (8, 64), (16, 128)];
    if std::env::var_os("PENGINE_LARGE").is_some() {
        sizes.push((32, 1_000));
    }
    for (nodes, services) in sizes {
        let [join, failure] = messages(nodes, services);
        println!("{nodes} nodes, {services} services: {join} messages for a join, {failure} for a node that is lost");
        // Each node says what it knows. Each service of the node is stopped elsewhere and started there, by an order and a finding each.
        let moved = u64::from(services / nodes + 1);
        let nodes = u64::from(nodes);
        assert!(join <= 2 * nodes + 4 * moved + 20, "{join} messages for a join");
        // It is fenced, its services are started elsewhere, and it comes back.
        assert!(failure <= 3 * nodes + 8 * moved + 30, "{failure} messages for a node that is lost");
    }
}
