//! Where primitives go, worked out from the definition alone: small, slow, and without a line of the engine's.
//!
//! Each function is one rule, whose number stands with it. Tables are whole, every node is looked at each time, and nothing is remembered.

use std::cmp::Reverse;

use super::cluster::{Colocation, NODES, RESOURCES, SmallCluster};

const INFINITY: i32 = 1_000_000;

/// A score for each node.
pub type Table = Vec<i32>;

/// What was worked out so far.
pub struct Oracle<'c> {
    cluster: &'c SmallCluster,
    tables: Vec<Table>,
    states: Vec<State>,
    /// The table of each primitive when it was assigned.
    shown: Vec<Table>,
    /// Which primitives are the source of a merge that is under way.
    merging: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It has not been through assignment.
    Provisional,
    UnderWay,
    Assigned(Option<usize>),
}

/// Where each primitive goes, and the scores by which that was chosen.
pub fn place(cluster: &SmallCluster) -> (Vec<Option<usize>>, Vec<Table>) {
    let count = cluster.primitives.len();
    let tables: Vec<Table> = (0..count).map(|primitive| own_table(cluster, primitive)).collect();
    let states = vec![State::Provisional; count];
    let mut oracle = Oracle { cluster, shown: tables.clone(), tables, states, merging: vec![false; count] };
    // PLACE-4, PLACE-56: higher priorities first, otherwise in the order of the document.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&primitive| Reverse(cluster.primitives[primitive].priority));
    order.into_iter().for_each(|primitive| oracle.assign(primitive));
    let places = oracle.states.iter().map(|state| if let State::Assigned(node) = state { *node } else { None });
    (places.collect(), oracle.shown)
}

/// PLACE-8: minus infinity wins, then infinity, then the sum within both.
fn add(a: i32, b: i32) -> i32 {
    match () {
        () if a <= -INFINITY || b <= -INFINITY => -INFINITY,
        () if a >= INFINITY || b >= INFINITY => INFINITY,
        () => (a + b).clamp(-INFINITY, INFINITY),
    }
}

/// PLACE-18, PLACE-41, PLACE-50: where it is left alone, its locations from the last to the first, its stickiness.
fn own_table(cluster: &SmallCluster, at: usize) -> Table {
    let primitive = &cluster.primitives[at];
    let mut table = vec![0; cluster.nodes.len()];
    if let Some(node) = primitive.active_on.filter(|_| !primitive.is_managed) {
        table[node] = add(table[node], INFINITY);
    }
    for location in cluster.locations.iter().rev().filter(|location| location.primitive == at) {
        table[location.node] = add(table[location.node], location.score);
    }
    if let Some(node) = primitive.active_on.filter(|_| primitive.is_managed && primitive.stickiness >= 1) {
        table[node] = add(table[node], primitive.stickiness);
    }
    table
}

fn is_mandatory(colocation: &Colocation) -> bool {
    colocation.score.abs() >= INFINITY
}

impl<'c> Oracle<'c> {
    /// COLO-34, COLO-35: the colocations of which a primitive is one end, by the other end: higher priority first, then by name, and of
    /// several with the same the last one first.
    fn colocations(
        &self,
        one: impl Fn(&Colocation) -> usize,
        primitive: usize,
        other: impl Fn(&Colocation) -> usize,
    ) -> Vec<&'c Colocation> {
        let mut found: Vec<&Colocation> = self.cluster.colocations.iter().rev().filter(|next| one(next) == primitive).collect();
        found.sort_by_key(|next| (Reverse(self.cluster.primitives[other(next)].priority), RESOURCES[other(next)]));
        found
    }

    fn this_with(&self, primitive: usize) -> Vec<&'c Colocation> {
        self.colocations(|next| next.dependent, primitive, |next| next.primary)
    }

    /// COLO-44: only those whose primary is inactive, or whose dependent is critical.
    fn with_this(&self, primitive: usize) -> Vec<&'c Colocation> {
        let mut found = self.colocations(|next| next.primary, primitive, |next| next.dependent);
        found.retain(|next| self.has_influence(next));
        found
    }

    fn has_influence(&self, colocation: &Colocation) -> bool {
        let primitives = &self.cluster.primitives;
        primitives[colocation.dependent].is_critical || primitives[colocation.primary].active_on.is_none()
    }

    /// PLACE-60: whether some node may be used that is not banned.
    fn is_possible(&self, table: &Table) -> bool {
        table.iter().zip(&self.cluster.nodes).any(|(&score, &is_usable)| is_usable && score >= 0)
    }

    /// PLACE-65.
    fn assign(&mut self, at: usize) {
        if self.states[at] != State::Provisional {
            return;
        }
        self.states[at] = State::UnderWay;
        for mandatory in [true, false] {
            for colocation in self.this_with(at).into_iter().filter(|next| is_mandatory(next) == mandatory) {
                self.assign(colocation.primary);
                self.heed(colocation);
            }
            for colocation in self.with_this(at).into_iter().filter(|next| is_mandatory(next) == mandatory) {
                let table = self.tables[at].clone();
                self.tables[at] = self.merge(colocation, table, factor(1.0, colocation));
            }
        }
        let primitive = &self.cluster.primitives[at];
        if !primitive.is_wanted {
            self.tables[at].fill(-INFINITY);
        }
        self.shown[at].clone_from(&self.tables[at]);
        let node = if primitive.is_managed { self.choose(at) } else { primitive.active_on };
        self.states[at] = State::Assigned(node);
    }

    /// COLO-53, COLO-55, PLACE-65.5: what a dependent makes of where its primary is.
    fn heed(&mut self, &Colocation { dependent, primary, score }: &Colocation) {
        let State::Assigned(place) = self.states[primary] else { return };
        let old = self.tables[dependent].clone();
        let changed = |(node, &at): (usize, &i32)| match place {
            None if score < 0 => at,
            None => add(at, -score),
            Some(place) if place == node => {
                if score < INFINITY {
                    add(at, score)
                } else {
                    at
                }
            }
            Some(_) if score >= INFINITY => -INFINITY,
            Some(_) => at,
        };
        let new: Table = old.iter().enumerate().map(changed).collect();
        let is_mandatory = score.abs() >= INFINITY;
        self.tables[dependent] = if is_mandatory || self.is_possible(&new) { new } else { old };
    }

    /// COLO-72: a table with the preferences of a dependent, and of what depends on that, in it.
    fn merge(&mut self, colocation: &Colocation, table: Table, factor_here: f32) -> Table {
        let source = colocation.dependent;
        if self.merging[source] {
            return table;
        }
        self.merging[source] = true;
        let mut work = self.with_own_scores(colocation, &table, factor_here);
        if self.is_possible(&work) {
            for next in self.with_this(source) {
                work = self.merge(next, work, factor(factor_here, next));
            }
        } else {
            work = table;
        }
        self.merging[source] = false;
        work
    }

    /// COLO-73, COLO-75: a table with a dependent's own scores in it.
    fn with_own_scores(&self, colocation: &Colocation, table: &Table, factor: f32) -> Table {
        let own = &self.tables[colocation.dependent];
        let allowed = own.iter().filter(|&&score| score >= 0).count();
        let stickiness = self.cluster.primitives[colocation.primary].stickiness;
        let changed = |(node, &at): (usize, &i32)| {
            let score = if self.cluster.nodes[node] { own[node] } else { -INFINITY };
            let is_only_place = stickiness < -score && self.has_influence(colocation) && allowed == 1;
            if factor < 0.0 && score < 0 && !is_only_place { at } else { add(weighted(factor, score), at) }
        };
        table.iter().enumerate().map(changed).collect()
    }

    /// PLACE-70 to 76: the best node, rather the one that it is on; none if that can't be used or is banned.
    fn choose(&self, at: usize) -> Option<usize> {
        let (table, usable) = (&self.tables[at], &self.cluster.nodes);
        let current = self.cluster.primitives[at].active_on;
        let load = |node: usize| self.states.iter().filter(|state| **state == State::Assigned(Some(node))).count();
        let score = |node: usize| if usable[node] { table[node] } else { -INFINITY };
        let best = (0..table.len()).min_by_key(|&node| (Reverse(score(node)), load(node), current != Some(node), NODES[node]))?;
        let stays = |&node: &usize| usable[node] && usable[best] && table[node] == table[best] && table[best] > 0;
        let chosen = current.filter(stays).unwrap_or(best);
        (usable[chosen] && table[chosen] >= 0).then_some(chosen)
    }
}

/// COLO-76: single precision at each step.
#[allow(clippy::cast_precision_loss)]
fn factor(before: f32, colocation: &Colocation) -> f32 {
    before * colocation.score as f32 / INFINITY as f32
}

/// COLO-76: rounded away from zero in the middle, and never to nothing.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn weighted(factor: f32, score: i32) -> i32 {
    let rounded = f64::from(factor * score as f32).round() as i32;
    match () {
        () if rounded != 0 || score == 0 || factor == 0.0 => rounded,
        () if factor > 0.0 => 1,
        () => -1,
    }
}
