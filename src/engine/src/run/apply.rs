//! Carrying a plan out: whatever is ready starts, the longest way first, a bounded number side by side.
//! A failure stops what waits for it, nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::interrupt::Interrupt;
use super::journal::Journal;
use super::schedule::{Schedule, Standing};
use super::step::{Ended, Site, carry_out};
use crate::event::{Event, FaultText, Listener, Outcome};
use crate::live::Registry;
use crate::model::Address;
use crate::plan::{Action, Plan, Step, Verb, Work};
use crate::record::Lease;

/// What carrying a plan out needs.
pub struct Applying<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// How many steps go on side by side.
    pub parallelism: usize,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
    /// What is written down as it goes; its run is different from every other, and tokens of creates are made of it.
    pub journal: &'a Journal<'a>,
    /// Leave to change things, where a lock is held.
    pub lease: Option<Lease>,
}

/// How long calls in flight may go on once somebody has asked to stop.
const GRACE: Duration = Duration::from_secs(6);

/// Carries a plan out, as far as it goes, and says what became of it.
pub async fn apply(plan: &Plan, applying: &Applying<'_>) -> Outcome {
    let Applying { registry, parallelism, listener, interrupt, journal, ref lease } = *applying;
    let lease = lease.clone();
    let run = journal.run();
    listener.hear(&Event::ApplyStarted { run: run.to_owned(), steps: plan.steps.len() });
    let known = plan.known.clone().into_iter().collect();
    let protected = plan.protected.clone();
    let (owner, retired, known) = (&plan.owner, Mutex::new(retired(plan)), Mutex::new(known));
    let site = Site { owner, registry, listener, interrupt, journal, lease, protected, retired, known };
    let mut schedule = Schedule::new(&plan.steps);
    let mut running = FuturesUnordered::new();
    let mut told = false;
    loop {
        while running.len() < parallelism.max(1) && !interrupt.is_asked() {
            let Some(step) = schedule.start() else { break };
            let site = &site;
            running.push(async move { (step, with_grace(site, step).await) });
        }
        if interrupt.is_asked() && !told {
            told = true;
            if interrupt.by_somebody() {
                listener.hear(&Event::Interrupted { in_flight: running.len() });
            }
        }
        let ended = tokio::select! {
            ended = running.next() => ended,
            () = interrupt.asked(), if !told => continue,
        };
        let Some((step, ended)) = ended else { break };
        schedule.end(step.id, standing_after(listener, step, ended));
        for (step, because) in schedule.skip_hopeless() {
            skipped(listener, step, because);
        }
    }
    for step in schedule.skip_rest() {
        let because = if interrupt.by_somebody() { "the run was interrupted" } else { "the lock was lost" };
        skipped(listener, step, because.to_owned());
    }
    let outcome = outcome(plan, &schedule, interrupt.by_somebody());
    listener.hear(&Event::ApplyFinished { outcome });
    outcome
}

/// What is marked as replaced in this run, or was in an earlier one, and goes after its successor has come.
fn retired(plan: &Plan) -> BTreeSet<(&'static str, String)> {
    let marked = |step: &Step| match &step.work {
        Work::Retire { live } => Some((live.kind, live.id.clone())),
        Work::Delete { live } => live.is_retired().then(|| (live.kind, live.id.clone())),
        Work::Create { .. } | Work::Update { .. } | Work::Rotate { .. } | Work::Await { .. } => None,
    };
    plan.steps.iter().filter_map(marked).collect()
}

/// A step that is cut off when it goes on for too long after somebody asked to stop.
async fn with_grace(site: &Site<'_>, step: &Step) -> Ended {
    tokio::select! {
        ended = carry_out(site, step) => ended,
        () = async { site.interrupt.asked().await; tokio::time::sleep(GRACE).await } => Ended::Abandoned,
    }
}

fn standing_after(listener: &dyn Listener, step: &Step, ended: Ended) -> Standing {
    let (address, kind, verb) = (step.address.clone(), step.kind, step.verb());
    match ended {
        Ended::Done { id, elapsed } => {
            listener.hear(&Event::StepFinished { address, kind, verb, id, elapsed });
            Standing::Done
        }
        Ended::Failed(fault) => {
            listener.hear(&Event::StepFailed { address, kind, verb, fault: FaultText::from(&*fault) });
            Standing::Failed
        }
        Ended::Abandoned => {
            let because = "the run was stopped while it was at work; the next run picks it up".to_owned();
            listener.hear(&Event::StepSkipped { address, kind, verb, because });
            Standing::Abandoned
        }
    }
}

fn skipped(listener: &dyn Listener, step: &Step, because: String) {
    let (address, kind, verb) = (step.address.clone(), step.kind, step.verb());
    listener.hear(&Event::StepSkipped { address, kind, verb, because });
}

fn outcome(plan: &Plan, schedule: &Schedule<'_>, interrupted: bool) -> Outcome {
    let mut done: BTreeMap<Verb, BTreeSet<(&Address, &str)>> = BTreeMap::new();
    for step in schedule.done() {
        done.entry(step.verb()).or_default().insert((&step.address, step.kind));
    }
    let is_change = |address: &Address, kind: &str| {
        plan.changes
            .iter()
            .any(|change| change.action == Action::Update && change.address == *address && change.kind == kind)
    };
    let count = |verb: Verb| done.get(&verb).map_or(0, BTreeSet::len);
    let touched: BTreeSet<_> =
        [Verb::Update, Verb::Rotate].iter().filter_map(|verb| done.get(verb)).flatten().collect();
    let changed = touched.into_iter().filter(|(address, kind)| is_change(address, kind));
    Outcome {
        added: count(Verb::Create),
        changed: changed.count(),
        destroyed: schedule.done().filter(|step| step.verb() == Verb::Delete).count(),
        failed: schedule.count(Standing::Failed),
        not_started: schedule.count(Standing::Skipped),
        abandoned: schedule.count(Standing::Abandoned) + schedule.running(),
        interrupted,
    }
}
