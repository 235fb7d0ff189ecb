//! Which step goes next: of those that are ready, the one with the longest way behind it. Pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::plan::{Step, StepId};

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    Running,
    Done,
    Failed,
    Abandoned,
    /// Not started, because something before it was not done.
    Skipped,
}

/// The steps of a plan on their way.
pub(super) struct Schedule<'a> {
    steps: &'a [Step],
    standing: Vec<Standing>,
    /// What each step and the longest way after it usually take.
    ways: Vec<Duration>,
    /// How many steps each one still waits for, and who waits for it.
    waits_for: Vec<usize>,
    waiting: Vec<Vec<StepId>>,
    /// Those that can start: the longest way last, and of equal ways the first step.
    ready: BTreeSet<(Duration, Reverse<StepId>)>,
    /// Those that were not done, and whose followers have not been looked at.
    undone: Vec<StepId>,
    running: usize,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Schedule<'a> {
        let mut ways: Vec<Duration> = steps.iter().map(|step| step.usual).collect();
        let mut waits_for = vec![0; steps.len()];
        let mut waiting = vec![Vec::new(); steps.len()];
        // Steps come after what they wait for, so walking backwards sees every way whole.
        for step in steps.iter().rev() {
            waits_for[step.id.0] = step.after.len();
            for edge in &step.after {
                waiting[edge.step.0].push(step.id);
                let way = steps[edge.step.0].usual + ways[step.id.0];
                ways[edge.step.0] = ways[edge.step.0].max(way);
            }
        }
        let free = steps.iter().filter(|step| step.after.is_empty());
        let ready = free.map(|step| (ways[step.id.0], Reverse(step.id))).collect();
        let standing = vec![Standing::Waiting; steps.len()];
        Schedule { steps, standing, ways, waits_for, waiting, ready, undone: Vec::new(), running: 0 }
    }

    /// Starts the next step, if one is ready.
    pub(super) fn start(&mut self) -> Option<&'a Step> {
        let (_, Reverse(id)) = self.ready.pop_last()?;
        self.standing[id.0] = Standing::Running;
        self.running += 1;
        self.steps.get(id.0)
    }

    /// Says how a step ended that was running.
    pub(super) fn end(&mut self, step: StepId, standing: Standing) {
        self.standing[step.0] = standing;
        self.running -= 1;
        if standing != Standing::Done {
            self.undone.push(step);
            return;
        }
        for later in self.waiting[step.0].clone() {
            self.waits_for[later.0] -= 1;
            if self.waits_for[later.0] == 0 && self.standing[later.0] == Standing::Waiting {
                self.ready.insert((self.ways[later.0], Reverse(later)));
            }
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Marks what can never start because something before it was not done, and says why.
    pub(super) fn skip_hopeless(&mut self) -> Vec<(&'a Step, String)> {
        let mut skipped = Vec::new();
        while let Some(undone) = self.undone.pop() {
            for later in self.waiting[undone.0].clone() {
                if self.standing[later.0] != Standing::Waiting {
                    continue;
                }
                let step = &self.steps[later.0];
                let why = step.after.iter().find(|edge| edge.step == undone).map_or("", |edge| &edge.why);
                skipped.push((step, format!("{} was not done ({why})", self.steps[undone.0].address)));
                self.standing[later.0] = Standing::Skipped;
                self.undone.push(later);
            }
        }
        skipped.sort_by_key(|(step, _)| step.id);
        skipped
    }

    /// Marks everything that has not started.
    pub(super) fn skip_rest(&mut self) -> Vec<&'a Step> {
        let waiting = self.steps.iter().filter(|step| self.standing[step.id.0] == Standing::Waiting);
        let rest: Vec<&Step> = waiting.collect();
        for step in &rest {
            self.standing[step.id.0] = Standing::Skipped;
        }
        rest
    }

    pub(super) fn count(&self, standing: Standing) -> usize {
        self.standing.iter().filter(|one| **one == standing).count()
    }

    /// The steps that are done.
    pub(super) fn done(&self) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(|step| self.standing[step.id.0] == Standing::Done)
    }
}
