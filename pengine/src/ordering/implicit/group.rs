//! A group's own orderings and the colocation of its members (INST-67).

use crate::cib::Score;
use crate::cluster::{Group, ResourceId};
use crate::plan::{Kinds, Task};
use crate::run::Run;

use super::{colocate_parts, link};

/// What holds for each member.
struct Member {
    group: ResourceId,
    id: ResourceId,
    previous: Option<ResourceId>,
    last_active: Option<ResourceId>,
    config: Group,
    promotable: bool,
}

pub(super) fn create(run: &mut Run<'_>, id: ResourceId) {
    let Some(config) = run[id].group() else { return };
    link(run, id, Task::Stop, id, Task::Stopped, Kinds::UNRUNNABLE_BLOCKS);
    link(run, id, Task::Stopped, id, Task::Start, Kinds::SEQUENCE);
    link(run, id, Task::Start, id, Task::Running, Kinds::UNRUNNABLE_BLOCKS);
    let promotable = run.cluster.is_promotable(id);
    let (mut previous, mut last_active) = (None, None);
    for member in run[id].children.clone() {
        super::create(run, member);
        let member = Member { group: id, id: member, previous, last_active, config, promotable };
        member.create(run);
        previous = Some(member.id);
        if run.cluster.is_active(member.id) {
            last_active = Some(member.id);
        }
    }
}

impl Member {
    fn create(&self, run: &mut Run<'_>) {
        let is_first = self.previous.is_none();
        if let Some(previous) = self.previous.filter(|_| self.config.collocated) {
            let influence = run[self.id].critical;
            colocate_parts(run, "#group-members", self.id, previous, Score::INFINITY, influence);
        }
        let leads = is_first && self.config.ordered;
        if self.promotable {
            self.bind_down(run, Task::Demote, Task::Demoted, leads);
            self.bind_up(run, Task::Promote, Task::Promoted, true);
        }
        self.bind_down(run, Task::Stop, Task::Stopped, leads);
        self.bind_up(run, Task::Start, Task::Running, false);
        match self.previous {
            _ if !self.config.ordered => {
                let kinds = Kinds::FIRST_IMPLIES_THEN | Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IN_GRAPH;
                self.follow_group(run, kinds);
            }
            // ORD-52: without kind it relates nothing, yet its missing first would be created.
            None => self.follow_group(run, Kinds::empty()),
            Some(previous) => self.follow_member(run, previous),
        }
    }

    /// The group's stop is before the member's, which is before the group's being stopped; so for demotion.
    fn bind_down(&self, run: &mut Run<'_>, task: Task, done: Task, leads: bool) {
        let sequence = if leads { Kinds::SEQUENCE } else { Kinds::empty() };
        link(run, self.group, task, self.id, task, Kinds::FIRST_IN_GRAPH | sequence);
        let kinds = if leads { Kinds::FIRST_IMPLIES_THEN } else { Kinds::THEN_IN_GRAPH };
        link(run, self.id, task, self.group, done, kinds);
    }

    /// The group's start is before the member's, which is before the group's running; so for promotion, the other way
    /// round in creation.
    fn bind_up(&self, run: &mut Run<'_>, task: Task, done: Task, done_first: bool) {
        let completes = Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IMPLIES_THEN | Kinds::THEN_IN_GRAPH;
        if done_first {
            link(run, self.id, task, self.group, done, completes);
        }
        link(run, self.group, task, self.id, task, Kinds::FIRST_IN_GRAPH);
        if !done_first {
            link(run, self.id, task, self.group, done, completes);
        }
    }

    fn follow_group(&self, run: &mut Run<'_>, kinds: Kinds) {
        link(run, self.group, Task::Start, self.id, Task::Start, kinds);
        if self.promotable {
            link(run, self.group, Task::Promote, self.id, Task::Promote, kinds);
        }
    }

    fn follow_member(&self, run: &mut Run<'_>, previous: ResourceId) {
        let follows = Kinds::FIRST_IMPLIES_THEN | Kinds::UNRUNNABLE_BLOCKS;
        link(run, previous, Task::Start, self.id, Task::Start, follows);
        link(run, self.id, Task::Stop, previous, Task::Stop, Kinds::SEQUENCE | Kinds::RESTART);
        let active = run.cluster.is_active(self.id);
        let previous_active = run.cluster.is_active(previous);
        if active && !previous_active {
            let kinds = Kinds::THEN_IMPLIES_FIRST | Kinds::UNRUNNABLE_BLOCKS;
            link(run, self.id, Task::Stop, previous, Task::Start, kinds);
        }
        if self.promotable {
            link(run, previous, Task::Promote, self.id, Task::Promote, follows);
            link(run, self.id, Task::Demote, previous, Task::Demote, Kinds::SEQUENCE);
        }
        if let Some(earlier) = self.last_active
            && active
            && !previous_active
        {
            link(run, self.id, Task::Stop, earlier, Task::Stop, Kinds::SEQUENCE);
        }
    }
}
