//! Merges that take short cuts, against those that go all the way.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use super::*;
use crate::Settings;
use crate::arena::Id;
use crate::cib::{Cib, Options, PlacementStrategy, RuleInput};
use crate::cluster::{Cluster, Colocation, Discovery, Group, Kind, Node, NodeKind, Resource};
use crate::ledger::Ledger;
use crate::placement::Tails;
use crate::placement::colocation::lists::add_colocation;

/// Resources with any tables and any colocations between them, and what happens to them.
#[derive(Debug, Clone)]
struct Story {
    nodes: usize,
    balanced: bool,
    /// How many members each resource has; a single one is a primitive.
    resources: Vec<usize>,
    links: Vec<Link>,
    events: Vec<Event>,
}

/// A colocation; its ends count resources and members in the order of [`Story::build`].
#[derive(Debug, Clone, Copy)]
struct Link {
    dependent: usize,
    primary: usize,
    score: Score,
    influence: bool,
    by_rack: bool,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Merge { link: usize, nonnegative: bool, may_roll_back: bool, only_on: Option<usize> },
    Sort { resource: usize },
    Score { resource: usize, node: usize, score: Option<Score> },
    Availability { node: usize, available: bool },
}

fn score() -> impl Strategy<Value = Score> {
    let finite = select(&[-999_999, -500_000, -100, -5, -1, 0, 0, 0, 1, 5, 100, 500_000, 999_999][..]);
    let score = prop_oneof![6 => finite, 1 => Just(1_000_000), 1 => Just(-1_000_000)];
    score.prop_map(Score::new)
}

fn link_score() -> impl Strategy<Value = Score> {
    let score = prop_oneof![6 => Just(1_000_000), 1 => Just(-1_000_000), 2 => select(&[-100, 100, 500_000, 999_999][..])];
    score.prop_map(Score::new)
}

fn link(dependent: impl Strategy<Value = usize>, primary: impl Strategy<Value = usize>) -> impl Strategy<Value = Link> {
    let influence = prop_oneof![9 => Just(true), 1 => Just(false)];
    let by_rack = prop_oneof![9 => Just(false), 1 => Just(true)];
    let parts = (dependent, primary, link_score(), influence, by_rack);
    parts.prop_map(|(dependent, primary, score, influence, by_rack)| Link { dependent, primary, score, influence, by_rack })
}

/// One of a list, whatever its length.
fn number() -> impl Strategy<Value = usize> {
    0..100usize
}

fn event() -> impl Strategy<Value = Event> {
    let merge = (number(), any::<bool>(), any::<bool>(), prop::option::weighted(0.2, number()));
    let change = (number(), number(), prop::option::weighted(0.9, score()));
    prop_oneof![
        8 => merge.prop_map(|(link, nonnegative, may_roll_back, only_on)| Event::Merge { link, nonnegative, may_roll_back, only_on }),
        2 => number().prop_map(|resource| Event::Sort { resource }),
        3 => change.prop_map(|(resource, node, score)| Event::Score { resource, node, score }),
        1 => (number(), any::<bool>()).prop_map(|(node, available)| Event::Availability { node, available }),
    ]
}

fn stories() -> impl Strategy<Value = Story> {
    let resources = vec(prop_oneof![3 => Just(1usize), 1 => 2..=3usize], 2..=7);
    let chain: Vec<_> = (1..9usize).map(|at| prop::option::weighted(0.8, link(Just(at), Just(at - 1)))).collect();
    let others = vec(link(number(), number()), 0..=4);
    let scores = vec((number(), number(), score().prop_map(Some)), 0..40);
    let parts = (1..=4usize, any::<bool>(), resources, chain, others, scores, vec(event(), 1..30));
    parts.prop_map(|(nodes, balanced, resources, chain, others, scores, events)| {
        let links = chain.into_iter().flatten().chain(others).collect();
        let scores = scores.into_iter().map(|(resource, node, score)| Event::Score { resource, node, score });
        Story { nodes, balanced, resources, links, events: scores.chain(events).collect() }
    })
}

impl Story {
    /// Hands over a run in which all of it is there and nothing has happened yet.
    fn begin<T>(&self, tell: impl FnOnce(&mut Run<'_>) -> T) -> T {
        let (cib, settings) = (Cib::parse("<cib validate-with='pacemaker-4.0'/>").unwrap(), Settings::default());
        let mut run = Run::new(&cib, &settings, Cluster::new(Options::default(), &RuleInput::default(), true));
        self.build(&mut run.cluster);
        self.link(&mut run);
        tell(&mut run)
    }

    fn build(&self, cluster: &mut Cluster) {
        if self.balanced {
            cluster.options.placement_strategy = PlacementStrategy::Balanced;
        }
        // Tables of these change their order each time that they are copied.
        for (number, id) in ["D", "K", "R", "Y"].into_iter().enumerate().take(self.nodes) {
            let mut node = Node::new(id, id, NodeKind::Member, Score::ZERO);
            node.online = true;
            node.attributes.insert("rack".to_owned(), (number % 2).to_string());
            let id = cluster.nodes.alloc(node);
            cluster.node_order.push(id);
        }
        for (number, &members) in self.resources.iter().enumerate() {
            let id = cluster.resources.alloc(Resource::new(format!("r{number}"), Id::new(0)));
            if members > 1 {
                cluster[id].kind = Kind::Group(Group { collocated: true, ordered: true });
                for member in 0..members {
                    let child = cluster.resources.alloc(Resource::new(format!("r{number}-{member}"), Id::new(0)));
                    cluster[child].parent = Some(id);
                    cluster[id].children.push(child);
                }
            }
        }
        for resource in cluster.resources.ids() {
            for &node in &cluster.node_order {
                cluster.allowed.change(resource).insert(node, entry(Score::ZERO));
            }
        }
    }

    fn link(&self, run: &mut Run<'_>) {
        let all: Vec<ResourceId> = run.cluster.resources.ids().collect();
        let inner = run.cluster.resources.iter().flat_map(|(_, group)| group.children.windows(2).map(|pair| (pair[1], pair[0])));
        let inner: Vec<_> = inner.map(|(dependent, primary)| (dependent, primary, Score::INFINITY, true, false)).collect();
        let outer = self
            .links
            .iter()
            .map(|at| (all[at.dependent % all.len()], all[at.primary % all.len()], at.score, at.influence, at.by_rack));
        for (number, (dependent, primary, score, influence, by_rack)) in outer.chain(inner).enumerate() {
            let attribute = if by_rack { "rack" } else { "#uname" };
            let colocation = Colocation {
                id: number.to_string(),
                attribute: attribute.to_owned(),
                explicit: number < self.links.len(),
                influence,
                score,
                dependent,
                dependent_role: None,
                primary,
                primary_role: None,
            };
            // Where influence is in question, the primary has to be active.
            if !influence {
                run[primary].active_on = vec![Id::new(0)];
            }
            add_colocation(run, colocation);
        }
    }
}

fn entry(score: Score) -> Entry {
    Entry { score, count: 0, discovery: Discovery::Always }
}

/// What a merge makes of a table if it goes all the way.
fn walked(run: &mut Run<'_>, merge: Merge, step: Step, table: NodeTable) -> NodeTable {
    let mut walk = Walk { uses_tails: false, ..Walk::new(run, merge, Draft::scratch(table)) };
    walk.walk(step, merge.may_roll_back);
    walk.finish().table
}

fn tell(run: &mut Run<'_>, events: &[Event]) -> Result<(), TestCaseError> {
    let resources: Vec<ResourceId> = run.cluster.resources.ids().collect();
    let (nodes, links) = (run.cluster.node_order.clone(), run.cluster.colocations.len());
    for &event in events {
        match event {
            Event::Merge { .. } if links == 0 => {}
            Event::Merge { link, nonnegative, may_roll_back, only_on } => {
                let via: ColocationId = Id::new(link % links);
                let Colocation { dependent: source, primary: target, score, .. } = run[via];
                let merge = Merge { target, nonnegative, may_roll_back };
                let mut table = run.cluster.allowed[target].clone();
                if let Some(number) = only_on {
                    nodes.iter().filter(|&&node| node != nodes[number % nodes.len()]).for_each(|&node| table.remove(node));
                }
                let approach = Approach { factor: factor_over(1.0, score), follow: End::Primary };
                let expected = walked(run, merge, Step { source, via: Some(via), approach }, table.clone());
                prop_assert_eq!(merge.merge(run, source, via, table), expected);
            }
            Event::Sort { resource } => {
                let resource = resources[resource % resources.len()];
                let kept = table_with_primaries(run, resource);
                run.tails = Tails::default();
                prop_assert_eq!(kept, table_with_primaries(run, resource));
            }
            Event::Score { resource, node, score } => {
                let (resource, node) = (resources[resource % resources.len()], nodes[node % nodes.len()]);
                let table = run.cluster.allowed.change(resource);
                match score {
                    Some(score) => table.insert(node, entry(score)),
                    None => table.remove(node),
                }
            }
            Event::Availability { node, available } => run[nodes[node % nodes.len()]].standby = !available,
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn what_is_recalled_is_what_would_be_walked(story in stories()) {
        story.begin(|run| tell(run, &story.events))?;
    }
}

/// Each of these is colocated with the two before it, so that the number of ways to the first doubles every other time.
#[test]
fn a_ladder_has_more_ways_than_could_be_walked() {
    let link = |dependent, primary| Link { dependent, primary, score: Score::INFINITY, influence: true, by_rack: false };
    let links = (1..200).flat_map(|at| [Some(link(at, at - 1)), (at > 1).then(|| link(at, at - 2))]).flatten().collect();
    let story = Story { nodes: 2, balanced: false, resources: vec![1; 200], links, events: Vec::new() };
    let (near, far): (NodeId, NodeId) = (Id::new(0), Id::new(1));
    let target = Id::new(0);
    story.begin(|run| {
        run.ledger = Some(Ledger::default());
        run.cluster.allowed.change(Id::new(199)).insert(near, entry(Score::new(1)));
        Merge { target, nonnegative: false, may_roll_back: true }.heed_dependent(run, Id::new(0));
        let merged = &run.cluster.allowed[target];
        assert_eq!((merged.score(near), merged.score(far)), (Some(Score::INFINITY), Some(Score::ZERO)));
        let noted = run.ledger.as_ref().map(|ledger| ledger.sheet(target).on(near)).unwrap_or_default();
        assert_eq!(noted.iter().fold(Score::ZERO, |sum, next| sum + next.score), Score::INFINITY);
    });
}
