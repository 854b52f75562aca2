//! What scores are made of adds up.

use pengine::Settings;
use pengine::cib::Score;
use proptest::prelude::*;

use crate::random_cluster::clusters;
use crate::{config, parse, settings};

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn what_scores_are_made_of_adds_up_and_changes_nothing(cluster in clusters()) {
        let (cib, settings) = (parse(&cluster.to_xml()), settings());
        let asking = Settings { keep_causes: true, ..settings.clone() };
        let asked = pengine::schedule(&cib, &asking);
        prop_assert_eq!(asked.graph(), pengine::schedule(&cib, &settings).graph());
        for sheet in asked.score_sheets() {
            for at in &sheet.nodes {
                let sum = at.contributions.iter().fold(Score::ZERO, |sum, next| sum + next.score);
                prop_assert_eq!(sum, at.score, "{} on {}: {:?}", sheet.resource, at.node, at.contributions);
            }
        }
    }
}
