//! Which step goes next: of those that are ready, the one with the longest way behind it. Pure.

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
}

impl<'a> Schedule<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Schedule<'a> {
        let mut ways: Vec<Duration> = steps.iter().map(|step| step.usual).collect();
        // Steps come after what they wait for, so walking backwards sees every way whole.
        for step in steps.iter().rev() {
            for edge in &step.after {
                let way = steps[edge.step.0].usual + ways[step.id.0];
                ways[edge.step.0] = ways[edge.step.0].max(way);
            }
        }
        Schedule { steps, standing: vec![Standing::Waiting; steps.len()], ways }
    }

    /// The step to start next, if one is ready.
    pub(super) fn next(&self) -> Option<&'a Step> {
        let ready = |step: &&Step| {
            self.standing[step.id.0] == Standing::Waiting
                && step.after.iter().all(|edge| self.standing[edge.step.0] == Standing::Done)
        };
        let longest = |step: &&Step| (self.ways[step.id.0], std::cmp::Reverse(step.id));
        self.steps.iter().filter(ready).max_by_key(longest)
    }

    pub(super) fn set(&mut self, step: StepId, standing: Standing) {
        self.standing[step.0] = standing;
    }

    pub(super) fn running(&self) -> usize {
        self.standing.iter().filter(|standing| **standing == Standing::Running).count()
    }

    /// Marks what can never start because something before it was not done, and says why.
    pub(super) fn skip_hopeless(&mut self) -> Vec<(&'a Step, String)> {
        let mut skipped = Vec::new();
        for step in self.steps {
            let hopeless = |standing| matches!(standing, Standing::Failed | Standing::Skipped | Standing::Abandoned);
            let blocker = step.after.iter().find(|edge| hopeless(self.standing[edge.step.0]));
            if let (Standing::Waiting, Some(edge)) = (self.standing[step.id.0], blocker) {
                let blocker = &self.steps[edge.step.0];
                skipped.push((step, format!("{} was not done ({})", blocker.address, edge.why)));
                self.standing[step.id.0] = Standing::Skipped;
            }
        }
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
