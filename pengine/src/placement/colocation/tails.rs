//! Tails: what merges found behind resources, kept so that a chain of colocations needn't be walked to its end for each of
//! its members.
//!
//! What is behind a resource adds the same scores whoever asks, as long as no table there changes. A changed table drops
//! the tails that were worked out from it and no others, so that each is worked out about once.

use std::sync::Arc;

use crate::cluster::{NodeSet, NodeTable, ResourceId};
use crate::run::Run;

use super::course::Course;
use super::lists::End;
use super::steady::Steady;

/// How many tails are kept of one resource, for different factors and for tables that take different turns.
const MOST: usize = 16;

/// All tails that are kept.
#[derive(Debug, Default)]
pub struct Tails {
    /// What all of them depend on.
    world: World,
    steady: [Option<Steady>; 2],
    /// By resource.
    of: Vec<Behind>,
}

/// What else than tables decides about the course of merges.
#[derive(Debug, Default, PartialEq, Eq)]
struct World {
    available: NodeSet,
    colocations: usize,
}

/// What is known of one resource.
#[derive(Debug, Default)]
struct Behind {
    tails: Vec<Tail>,
    /// The resources that have this one's table in their tails.
    readers: Vec<ResourceId>,
}

/// How much of a score goes over the way to a resource, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Approach {
    pub factor: f32,
    pub follow: End,
}

#[derive(Debug)]
struct Tail {
    approach: Approach,
    course: Arc<Course>,
}

/// Drops the tails that may be wrong by now.
pub(super) fn refresh(run: &mut Run<'_>) {
    let available = run.cluster.nodes.iter().filter(|(_, node)| node.is_available()).map(|(id, _)| id);
    let world = World { available: available.collect(), colocations: run.cluster.colocations.len() };
    let changed = run.cluster.allowed.take_changed();
    if run.tails.world != world {
        run.tails = Tails { world, ..Tails::default() };
    }
    run.tails.drop_with(changed);
}

/// The course of what is behind a resource, if one is kept that the table surely takes.
pub(super) fn recall(
    run: &Run<'_>,
    source: ResourceId,
    approach: Approach,
    table: &NodeTable,
    nonnegative: bool,
) -> Option<Arc<Course>> {
    let tails = &run.tails.of.get(source.index())?.tails;
    let mut courses = tails.iter().rev().filter(|tail| tail.approach == approach).map(|tail| &tail.course);
    courses.find(|course| course.fits(run, table, nonnegative)).cloned()
}

/// Keeps the course of what is behind a resource, if it is the same wherever the resource is reached from.
pub(super) fn keep(run: &mut Run<'_>, source: ResourceId, approach: Approach, course: &Arc<Course>) {
    let end = approach.follow as usize;
    if run.tails.steady[end].is_none() {
        run.tails.steady[end] = Some(Steady::find(run, approach.follow));
    }
    if run.tails.steady[end].as_ref().is_some_and(|steady| steady.contains(source)) {
        let tails = &mut run.tails.of_mut(source).tails;
        if tails.len() == MOST {
            tails.remove(0);
        }
        tails.push(Tail { approach, course: Arc::clone(course) });
    }
}

impl Tails {
    /// Notes whose tables were read for the tail of a resource.
    pub(super) fn note_tables(&mut self, reader: ResourceId, read: [Option<ResourceId>; 3]) {
        for resource in read.into_iter().flatten() {
            let readers = &mut self.of_mut(resource).readers;
            if readers.last() != Some(&reader) {
                readers.push(reader);
            }
        }
    }

    fn of_mut(&mut self, resource: ResourceId) -> &mut Behind {
        let index = resource.index();
        if self.of.len() <= index {
            self.of.resize_with(index + 1, Behind::default);
        }
        &mut self.of[index]
    }

    /// Drops all that was worked out from these tables.
    fn drop_with(&mut self, changed: Vec<ResourceId>) {
        let mut open = changed;
        while let Some(read) = open.pop() {
            for reader in std::mem::take(&mut self.of_mut(read).readers) {
                self.of_mut(reader).tails.clear();
                open.push(reader);
            }
        }
    }
}
