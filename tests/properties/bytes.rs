//! The same input gives the same bytes, also if what has no order stands in another order.

use pengine_tests::Arrangement;
use proptest::prelude::*;

use crate::random_cluster::clusters;
use crate::{config, outputs, parse, settings};

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn the_same_input_gives_the_same_bytes(cluster in clusters(), turn in 0..8usize, backwards in any::<bool>()) {
        let expected = outputs(&cluster.to_xml());
        prop_assert_eq!(&outputs(&cluster.to_xml()), &expected);
        let arranged = cluster.to_xml_arranged(Arrangement { turn, backwards });
        prop_assert_eq!(outputs(&arranged), expected, "in another order: {}", arranged);
    }

    #[test]
    fn the_written_graph_is_that_of_the_value(cluster in clusters()) {
        let (cib, settings) = (parse(&cluster.to_xml()), settings());
        let schedule = pengine::schedule(&cib, &settings);
        prop_assert_eq!(schedule.graph(), schedule.transition().to_xml());
    }
}
