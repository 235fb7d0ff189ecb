//! From a plan to what is live, under the lock: plan, show, ask, write down, apply, write down, tell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use infra_engine::event::{Listener, Outcome};
use infra_engine::plan::{Options, Plan};
use infra_engine::record::{Extent, Holder, Lease, Lock, LockError, Store, Timing, prefix};
use infra_engine::run::{Locking, Performed, Performing, perform};
use serde_json::json;

use crate::args::Carrying;
use crate::consent::{Asked, Consent, Purpose, consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, Report, Troubles, apply_complete, apply_incomplete, destroy_complete, plan_text};
use crate::saved::SavedPlan;
use crate::session::{Blueprint, Cloud, Planned, Session};
use crate::{endpoints, packages, records};

/// What is to be carried out.
pub(crate) struct Order<'a> {
    /// The command, for the lock and the history.
    pub command: &'static str,
    /// The command that continues it.
    pub again: String,
    /// What is about to be done.
    pub purpose: Purpose,
    /// What is asked for.
    pub options: Options,
    /// The plan that was shown before; the one that is made now must be the same.
    pub shown: Option<&'a SavedPlan>,
    /// What is left of a new plan: all of it, or only its tags.
    pub narrow: fn(&Plan) -> Plan,
    /// How it is carried out.
    pub carrying: Carrying,
    /// `--allow-destroy`.
    pub allow_destroy: Option<usize>,
    /// `--confirm`.
    pub confirm: Option<String>,
    /// What becomes of the records.
    pub records: Records,
}

/// What becomes of the records of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    /// They stay.
    Stay,
    /// They go when nothing else is left of it: all of them, or all but the history.
    GoWithTheLast(Extent),
}

/// How it ended.
pub(crate) struct Carried {
    /// How the program ends.
    pub exit: Exit,
    /// True when all of the plan was done.
    pub complete: bool,
}

/// Carries an order out. The lock is released on every way out.
pub(crate) async fn carry_out(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    order: &Order<'_>,
) -> Result<Carried, Failure> {
    // Before the lock: while something is being made, others may be at work.
    packages::made(session, blueprint, &order.options).await?;
    let run = run_id();
    let (result, cleared) = locked(session, blueprint, cloud, (order.command, order.carrying), &run, async |held| {
        let result = under_lock(session, blueprint, held, order, &run).await;
        let cleared = match &result {
            Ok(Carried { complete: true, .. }) => match order.records {
                Records::GoWithTheLast(extent) => records::clear(session, blueprint, &held.cloud, extent).await,
                Records::Stay => Ok(false),
            },
            _ => Ok(false),
        };
        (result, cleared)
    })
    .await?;
    if cleared? {
        cloud.store.sweep(&prefix(&blueprint.owner)).await?;
    }
    result
}

/// The cloud while the lock is held.
pub(crate) struct Held {
    /// Its records can be written only as long as the lock is ours.
    pub cloud: Cloud,
    /// Leave to change things.
    pub lease: Lease,
    /// The records, also when the lock is lost: for the history.
    pub story: Arc<dyn Store>,
}

/// Works under the environment's lock, waiting for it as long as was asked for.
pub(crate) async fn locked<T>(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    (command, carrying): (&str, Carrying),
    run: &str,
    work: impl AsyncFnOnce(&Held) -> T,
) -> Result<T, Failure> {
    let locking = Locking {
        store: &cloud.store,
        owner: &blueprint.owner,
        holder: Holder::this(run, command),
        patience: carrying.lock_timeout.0,
        timing: Timing::USUAL,
        listener: session.console.listener(),
        interrupt: session.interrupt,
    };
    let under = async |lock: &Lock| {
        blueprint.guard_changes(lock.lease());
        if cloud.store.was_made() {
            session.console.say(&format!(
                "Made {}: it keeps the lock, the ledger and the history of the environments here.",
                cloud.store.place()
            ));
        }
        let held = Cloud { identity: cloud.identity.clone(), store: lock.records() };
        work(&Held { cloud: held, lease: lock.lease(), story: Arc::clone(&cloud.store) }).await
    };
    match infra_engine::run::locked(locking, under).await {
        Ok((done, not_released)) => {
            if let Some(fault) = not_released {
                session.console.warn(&format!("the lock was not released, and expires by itself: {fault}"));
            }
            Ok(done)
        }
        Err(LockError::Held(holder)) => {
            Err(Failure::new("another run holds the lock on this environment; nothing was changed")
                .because(holder.to_string())
                .way_out("wait for it with --lock-timeout 5m; if that run is gone for good, break the lock:")
                .command(format!("infra unlock {} --env {}", holder.id, blueprint.name)))
        }
        Err(LockError::Interrupted) => {
            Err(Failure::interrupted("interrupted while waiting for the lock; nothing was changed"))
        }
        Err(LockError::Fault(fault)) => {
            Err(Failure::from(fault).because("the lock was not taken; nothing was changed"))
        }
        Err(error @ LockError::OtherId { .. }) => Err(Failure::new(error.to_string())),
    }
}

async fn under_lock(
    session: &Session<'_>,
    blueprint: &Blueprint,
    held: &Held,
    order: &Order<'_>,
    run: &str,
) -> Result<Carried, Failure> {
    let cloud = &held.cloud;
    let mut planned = session.plan(blueprint, cloud, &order.options).await?;
    if let Some(saved) = order.shown {
        refuse_if_moved(saved, &planned, blueprint)?;
    }
    let plan = (order.narrow)(planned.plan());
    let report = Report::of(&plan, &blueprint.name);
    show(session, blueprint, &planned, &report);
    // What nobody can have read is not carried out.
    session.console.written().map_err(|failure| failure.because("nothing was changed"))?;
    if !plan.stops.is_empty() {
        return Err(Failure::said());
    }
    if plan.steps.is_empty() {
        tell(session, order, &Outcome::default());
        return Ok(Carried { exit: Exit::Done, complete: true });
    }
    if !plan.is_empty() {
        let shown = Instant::now();
        agree(session, blueprint, order, &report).await?;
        if shown.elapsed() > STALE {
            planned = still_true(session, blueprint, cloud, order, planned).await?;
        }
    }
    let outcome = change(session, blueprint, held, order, planned, &plan, run).await?;
    let exit = match (outcome.is_complete(), outcome.interrupted) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    };
    Ok(Carried { exit, complete: outcome.is_complete() })
}

/// How long an answer may take until what is live is looked at again.
const STALE: Duration = Duration::from_secs(5 * 60);

/// The same plan of what is live by now; where that has moved, nothing is carried out.
async fn still_true(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    order: &Order<'_>,
    before: Planned,
) -> Result<Planned, Failure> {
    let now = session.plan(blueprint, cloud, &order.options).await?;
    let moved = before.plan().fingerprint.moved(&now.plan().fingerprint);
    if moved.is_empty() && before.report.changes == now.report.changes {
        return Ok(now);
    }
    let failure = Failure::new("AWS has changed while the question waited for an answer; nothing was changed");
    let failure = moved.live.iter().fold(failure, |failure, live| failure.because(format!("  changed in AWS: {live}")));
    Err(failure.way_out("look at the plan as it is now:").command(order.again.clone()))
}

fn show(session: &Session<'_>, blueprint: &Blueprint, planned: &Planned, report: &Report) {
    let console = session.console;
    match console.json() {
        Some(lines) => lines.plan(report),
        None => console.data(&plan_text(report, console.paint)),
    }
    console.say(&console.talk.dim(session.cost(blueprint, planned.world().lives.len())));
}

/// A plan that AWS or the code has moved away from is not the one that was agreed to.
fn refuse_if_moved(saved: &SavedPlan, now: &Planned, blueprint: &Blueprint) -> Result<(), Failure> {
    let moved = saved.fingerprint.moved(&now.plan().fingerprint);
    // Only the changes: a note tells of what others do, and of that a saved plan is independent.
    if moved.is_empty() && saved.report.changes == now.report.changes {
        return Ok(());
    }
    let mut failure = Failure::new("the saved plan is not true any more; nothing was changed")
        .because(format!("it was made at {}; since then:", saved.made.strftime("%Y-%m-%d %H:%M:%S UTC")));
    for address in &moved.wanted {
        failure = failure.because(format!("  changed in the code or the environment: {address}"));
    }
    for live in &moved.live {
        failure = failure.because(format!("  changed in AWS: {live}"));
    }
    if moved.is_empty() {
        failure = failure.because("  infra itself has changed: the same differences are dealt with in another way");
    }
    let goal = if saved.options.goal == infra_engine::plan::Goal::Destroy { " --destroy" } else { "" };
    Err(failure.way_out("look at a new plan:").command(format!("infra plan --env {}{goal}", blueprint.name)))
}

async fn agree(
    session: &Session<'_>,
    blueprint: &Blueprint,
    order: &Order<'_>,
    report: &Report,
) -> Result<(), Failure> {
    let facts = &blueprint.environment.facts;
    let asked = Asked {
        purpose: order.purpose,
        deletions: report.deletions(),
        yes: order.carrying.yes,
        allow_destroy: order.allow_destroy,
        confirm: order.confirm.as_deref(),
        somebody: session.console.somebody_is_there(),
        protected: facts.protected.then_some(facts.name.as_str()),
    };
    let Consent::Ask(word) = consent(&asked)? else { return Ok(()) };
    let what = match order.purpose {
        Purpose::Apply => "Carry out this plan",
        Purpose::Destroy => "Delete all of this",
        Purpose::Tags => "Write these tags",
    };
    let places = endpoints::in_question(&blueprint.detours);
    let question = format!("\n{what} in {}\n(account {}, {}){places}?", blueprint.owner, facts.account, facts.region);
    let answer = session.unless_interrupted(session.console.confirm(&question, &word)).await;
    if answer.is_err() {
        // The question's line has no end yet.
        session.console.say("");
    }
    match answer? {
        true => Ok(()),
        false => Err(Failure::new("that was not a yes; nothing was changed")),
    }
}

async fn change(
    session: &Session<'_>,
    blueprint: &Blueprint,
    Held { cloud, lease, story }: &Held,
    order: &Order<'_>,
    planned: Planned,
    plan: &Plan,
    run: &str,
) -> Result<Outcome, Failure> {
    let command = endpoints::in_history(order.command, &blueprint.detours);
    let troubles = Arc::new(Troubles::default());
    let listeners: Vec<Arc<dyn Listener>> = vec![session.console.listener(), Arc::<Troubles>::clone(&troubles)];
    let performing = Performing {
        registry: &blueprint.registry,
        store: &*cloud.store,
        story: &**story,
        graph: &planned.graph,
        options: &order.options,
        listener: &listeners,
        interrupt: session.interrupt,
        parallelism: order.carrying.parallelism.into(),
        run,
        who: &cloud.identity.arn,
        command: &command,
        lease: Some(lease),
    };
    let Performed { outcome, unwritten } = perform(planned.surveyed, plan, &performing)
        .await
        .map_err(|fault| Failure::from(fault).because("the ledger could not be written; nothing was changed"))?;
    drop(listeners);
    if let Some(fault) = unwritten {
        session.console.warn(&format!("not everything that run {run} did could be written down: {fault}"));
    }
    if !outcome.is_complete() && session.console.json().is_none() {
        session.console.say(&troubles.text(&outcome, &order.again, session.console.talk));
    }
    tell(session, order, &outcome);
    Ok(outcome)
}

/// The closing line.
fn tell(session: &Session<'_>, order: &Order<'_>, outcome: &Outcome) {
    let line = match order.purpose {
        _ if !outcome.is_complete() => apply_incomplete(outcome),
        Purpose::Destroy => destroy_complete(outcome),
        Purpose::Apply | Purpose::Tags => apply_complete(outcome),
    };
    if let Some(lines) = session.console.json() {
        let (level, operation) = (if outcome.is_complete() { Level::Info } else { Level::Error }, order.command);
        return lines.line(level, "change_summary", &line, json!({ "outcome": outcome, "operation": operation }));
    }
    let paint = session.console.paint;
    let line = if outcome.is_complete() { paint.green(line) } else { paint.red(line) };
    session.console.data(&format!("{line}\n"));
}

/// A run's identifier: different from every other, and short enough to be typed.
pub(crate) fn run_id() -> String {
    let mut bytes = [0; 6];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => format!("{:x}{:x}", std::process::id(), jiff::Timestamp::now().as_nanosecond()),
    }
}

/// What a plan is asked for when everything is to go.
pub(crate) fn all_of(options: Options) -> Options {
    Options { goal: infra_engine::plan::Goal::Destroy, adopt: BTreeMap::new(), ..options }
}

/// Nothing is left out.
pub(crate) fn whole(plan: &Plan) -> Plan {
    plan.clone()
}
