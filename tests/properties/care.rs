//! What the cluster does not take care of is not touched.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::clusters;

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_is_left_alone_is_not_touched(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let touches = |action: &&Action| !matches!(action.task.as_str(), "monitor" | "cancel" | "clear_failcount" | "lrm_delete");
        for part in cluster.parts() {
            for node in cluster.nodes() {
                let Some(why) = plan.left_alone(part, node).filter(|_| !plan.is_joined(part, node)) else { continue };
                let here = |action: &&Action| part.is_single || action.node == Some(cluster.node_name(node));
                let touched = plan.graph.of_part(part).filter(here).find(touches);
                prop_assert!(touched.is_none(), "{}: {why}", touched.map(Action::key).unwrap_or_default());
            }
        }
    }
}
