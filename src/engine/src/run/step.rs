//! One step carried out so that it may be killed, or answered by nobody, at any point, and repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Attempt;
use super::interrupt::Interrupt;
use super::journal::{Journal, entry};
use crate::diff::differences;
use crate::event::{Event, Listener};
use crate::live::{
    Ask, Fault, FaultKind, GoneIsFine, Kind, Live, Ordered, Registry, Retag, Rotation, State, natural_key,
};
use crate::model::{Address, Document, Entry, Mutability, Owner, Ownership, Reference, Tags, digest, keys};
use crate::plan::{Spec, Step, Verb, Work, ledger_name};
use crate::record::Lease;

/// Where the steps of one run work.
pub(super) struct Site<'a> {
    pub(super) owner: &'a Owner,
    pub(super) registry: &'a Registry,
    pub(super) listener: &'a dyn Listener,
    pub(super) interrupt: &'a Interrupt,
    pub(super) journal: &'a Journal<'a>,
    /// Leave to change things, while the lock is ours.
    pub(super) lease: Option<Lease>,
    /// The addresses of what the code protects.
    pub(super) protected: BTreeSet<Address>,
    /// What is being replaced and still stands, by kind and identifier: never to be taken for its successor, although the
    /// cloud may be late in telling the mark on it.
    pub(super) retired: Mutex<BTreeSet<(&'static str, String)>>,
    /// What stands, by address: outputs for those that refer to it.
    pub(super) known: Mutex<BTreeMap<Address, Live>>,
}

/// How a step ended.
pub(super) enum Ended {
    Done { id: String, elapsed: Duration },
    Failed(Box<Fault>),
    Abandoned,
}

/// Why a step did not get to its end.
pub(super) enum Halt {
    Failed(Box<Fault>),
    Abandoned,
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Halt {
        Halt::Failed(Box::new(fault))
    }
}

/// How often a resource that reads back otherwise than wanted is changed before that is told and accepted.
const CORRECTIONS: usize = 3;

/// How often a change is looked for before it is made again: a cloud may show for a while what was before.
const LOOKS: usize = 3;

/// How often something whose making was not answered is looked for before it is made again.
const VISIBLE: usize = 5;

/// The same when an answer is lost once more.
const VISIBLE_AGAIN: usize = 2;

/// The share of the time for making one in which it is looked for where it could be made twice without anybody noticing:
/// it has no name that would be taken, and the cloud is told nothing by which it knows a repetition.
const SHARE_FOR_LOOKING: u32 = 10;

/// As long as that at least.
const LOOKING: Duration = Duration::from_secs(60);

/// Carries out one step.
pub(super) async fn carry_out(site: &Site<'_>, step: &Step) -> Ended {
    let (address, kind, verb) = (step.address.clone(), step.kind, step.verb());
    let id = step.live().map(|live| live.id.clone());
    site.listener.hear(&Event::StepStarted { address, kind, verb, id });
    site.journal.commit().await;
    let started = Instant::now();
    match work(site, step).await {
        Ok(id) => Ended::Done { id, elapsed: started.elapsed() },
        Err(Halt::Failed(fault)) => Ended::Failed(fault),
        Err(Halt::Abandoned) => Ended::Abandoned,
    }
}

async fn work(site: &Site<'_>, step: &Step) -> Result<String, Halt> {
    let kind = site.kind(step.kind)?;
    let waits = kind.waits();
    match &step.work {
        Work::Create { document, tags, predecessor } => {
            let mut attempt = Attempt::new(site, step, waits.create);
            let document = site.resolve(kind, document)?;
            let tags = with_spec(kind, &document, tags);
            site.about_to_write(kind, step, &document).await?;
            let order = Ordered { address: step.address.clone(), document, tags, token: site.token(&step.address) };
            let id = match make(site, kind, &order, &mut attempt).await {
                Ok(id) => id,
                Err(NotMade { halt, nothing_made }) => {
                    if nothing_made {
                        site.journal.not_made(step.kind, &step.address);
                    }
                    if let (Some(predecessor), true) = (predecessor, nothing_made) {
                        take_back(site, step, kind, predecessor).await;
                    }
                    return Err(halt);
                }
            };
            site.made(kind, &step.address, &id, &order.document);
            let live = settle(site, step, kind, &id, (&order.document, &BTreeSet::new()), &mut attempt).await?;
            retag(site, kind, &live, &order.tags, &mut attempt).await?;
            site.has_written(kind, step, &order.document);
            site.stands(&step.address, live);
            Ok(id)
        }
        Work::Update { live, document, tags, fields, over } => {
            let mut attempt = Attempt::new(site, step, waits.update);
            let document = site.resolve(kind, document)?;
            let tags = with_spec(kind, &document, tags);
            site.about_to_write(kind, step, &document).await?;
            retag(site, kind, live, &tags, &mut attempt).await?;
            site.journal.taken_back(live.kind, &live.id);
            if *over {
                attempt
                    .repeat(|| async {
                        site.may_change()?;
                        kind.write_over(live, &document).await
                    })
                    .await?;
            }
            let live = match fields.is_empty() && !over {
                false => settle(site, step, kind, &live.id, (&document, fields), &mut attempt).await?,
                true => Live::clone(live),
            };
            let id = live.id.clone();
            site.has_written(kind, step, &document);
            site.stands(&step.address, live);
            Ok(id)
        }
        Work::Rotate { live, hand_over } => {
            let mut attempt = Attempt::new(site, step, waits.update);
            let rotation = Rotation { token: site.token(&step.address), hand_over: *hand_over };
            attempt
                .repeat(|| async {
                    site.may_change()?;
                    kind.rotate(live, &rotation).await
                })
                .await?;
            let live = read_ready(kind, &live.id, &mut attempt).await?;
            let id = live.id.clone();
            site.stands(&step.address, live);
            Ok(id)
        }
        Work::Await { live } => {
            let mut attempt = Attempt::new(site, step, waits.create);
            let live = read_ready(kind, &live.id, &mut attempt).await?;
            let id = live.id.clone();
            site.stands(&step.address, live);
            Ok(id)
        }
        Work::Retire { live } => {
            let mut attempt = Attempt::new(site, step, waits.update);
            // The owner with it: one that is adopted and replaced at once bears none yet, and would be left over.
            let set = Tags::from([
                (keys::RETIRED.to_owned(), "true".to_owned()),
                (keys::OWNER.to_owned(), site.owner.to_string()),
                (keys::ADDRESS.to_owned(), step.address.to_string()),
            ]);
            let retag = Retag { set, remove: Vec::new() };
            attempt
                .repeat(|| async {
                    site.may_change()?;
                    kind.retag(live, &retag).await
                })
                .await?;
            Ok(live.id.clone())
        }
        Work::Delete { live } => {
            let mut attempt = Attempt::new(site, step, waits.delete);
            attempt
                .repeat(|| async {
                    site.may_change()?;
                    kind.delete(live).await.gone_is_fine()
                })
                .await?;
            let ask = Ask::only([live.id.clone()]);
            while attempt.repeat(|| kind.read(&ask)).await?.iter().any(|live| !kind.goes_by_itself(live)) {
                attempt.wait_for("being deleted").await?;
            }
            site.journal.gone(site.registry, live);
            // What comes after it may have its identifier, which is its name.
            site.retired().remove(&(live.kind, live.id.clone()));
            Ok(live.id.clone())
        }
    }
}

/// Why a create did not come about, and whether it is certain that nothing was made.
struct NotMade {
    halt: Halt,
    nothing_made: bool,
}

/// Makes a resource once. A create whose answer was lost is looked for before it is repeated.
async fn make(site: &Site<'_>, kind: &dyn Kind, order: &Ordered, attempt: &mut Attempt<'_>) -> Result<String, NotMade> {
    // What was not answered, and not found since, may still come to light.
    let mut unanswered = false;
    let not_made = |unanswered: bool| move |halt| NotMade { halt, nothing_made: !unanswered };
    loop {
        let created = match site.may_change() {
            Ok(()) => kind.create(order).await,
            Err(fault) => Err(fault),
        };
        let fault = match created {
            Ok(id) if site.is_retired(kind, &id) => taken_for_its_successor(kind, &id),
            Ok(id) => return Ok(id),
            Err(fault) => fault,
        };
        let unsure = matches!(fault.kind, FaultKind::Lost | FaultKind::Broken);
        let again = unsure && unanswered;
        unanswered |= unsure;
        if unsure || fault.kind == FaultKind::Exists {
            // Made a second time it would be refused, or be known: the first one has long become visible by then.
            let told = kind.is_idempotent() || natural_key(kind.schema(), &order.document).is_some();
            let looks = match unsure {
                false => 1,
                true if again => VISIBLE_AGAIN,
                true => VISIBLE,
            };
            let until = Instant::now() + LOOKING.max(kind.waits().create / SHARE_FOR_LOOKING);
            let (mut traces, mut looked) = (Traces::None, 0);
            while looked < looks || (unsure && !told && Instant::now() < until) {
                looked += 1;
                traces = look(site, kind, order, attempt).await.map_err(not_made(unanswered))?;
                if let Traces::Made(id) = traces {
                    return Ok(id);
                }
                if unsure {
                    attempt.wait_for("looking whether it was made").await.map_err(not_made(unanswered))?;
                }
            }
            if let Traces::Leaving = traces {
                attempt.wait_for("waiting for the one of its name to be gone").await.map_err(not_made(unanswered))?;
                continue;
            }
        }
        attempt.rest_after(fault).await.map_err(not_made(unanswered))?;
    }
}

/// The kind found what is being replaced, without the mark on it that the cloud tells late.
fn taken_for_its_successor(kind: &dyn Kind, id: &str) -> Fault {
    let message = format!("{id}, which is being replaced, is told without its mark for now");
    Fault::new(FaultKind::NotYet, kind.schema().kind, message)
}

/// Takes the mark of being replaced away again: nothing has come of the replacement. If that does not succeed either,
/// the next plan does it.
async fn take_back(site: &Site<'_>, step: &Step, kind: &dyn Kind, predecessor: &Live) {
    let retag = Retag { set: Tags::new(), remove: vec![keys::RETIRED.to_owned()] };
    if site.may_change().is_ok() && kind.retag(predecessor, &retag).await.is_ok() {
        site.journal.taken_back(predecessor.kind, ledger_name(site.registry, predecessor));
        let (address, kind, id) = (step.address.clone(), step.kind, predecessor.id.clone());
        site.listener.hear(&Event::TakenBack { address, kind, id });
    }
}

/// What is there where a create was refused or not answered.
enum Traces {
    /// What an earlier try has made: ours, of this address, not retired.
    Made(String),
    /// Something of its name that is about to go.
    Leaving,
    /// Nothing that tells.
    None,
}

async fn look(site: &Site<'_>, kind: &dyn Kind, order: &Ordered, attempt: &mut Attempt<'_>) -> Result<Traces, Halt> {
    let key = natural_key(kind.schema(), &order.document);
    let mut ask = Ask { owner: Some(site.owner.clone()), ..Ask::default() };
    match kind.schema().ownership {
        Ownership::Tags | Ownership::Shared => ask.names.extend(key.clone()),
        Ownership::Parent { field, .. } => {
            ask.parents.extend(order.document.field(field).and_then(|id| id.as_str()).map(str::to_owned));
        }
    }
    let found = attempt.repeat(|| kind.read(&ask)).await?;
    let (going, standing): (Vec<Live>, Vec<Live>) = found.into_iter().partition(|live| live.state == State::Leaving);
    let ours = standing.into_iter().find(|live| match kind.schema().ownership {
        Ownership::Tags => {
            live.address().as_ref() == Some(&order.address)
                && live.owner() == Some(&site.owner.to_string())
                && !live.is_retired()
                && !site.is_retired(kind, &live.id)
        }
        Ownership::Parent { .. } | Ownership::Shared => live.key == key,
    });
    let in_the_way = key.is_some() && going.iter().any(|live| live.key == key);
    Ok(match ours {
        Some(live) => Traces::Made(live.id),
        None if in_the_way => Traces::Leaving,
        None => Traces::None,
    })
}

/// Waits until a resource is ready, and changes it until it reads back as wanted. What somebody else has moved is wanted
/// where it is, unless it is among the fields that were `planned` to change.
async fn settle(
    site: &Site<'_>,
    step: &Step,
    kind: &dyn Kind,
    id: &str,
    (wanted, planned): (&Document, &BTreeSet<String>),
    attempt: &mut Attempt<'_>,
) -> Result<Live, Halt> {
    let mut live = read_ready(kind, id, attempt).await?;
    let wanted = |live: &Live| with_what_was_moved(kind, live, wanted, planned);
    for _ in 0..CORRECTIONS {
        if unsettled(kind, &live, &wanted(&live)).is_empty() {
            return Ok(live);
        }
        // A change of several calls that was cut off goes on from what is done, not from its beginning.
        while let Err(fault) = changed(site, kind, &live, &wanted(&live)).await {
            attempt.rest_after(fault).await?;
            live = read_ready(kind, id, attempt).await?;
            if unsettled(kind, &live, &wanted(&live)).is_empty() {
                return Ok(live);
            }
        }
        live = read_ready(kind, id, attempt).await?;
        for _ in 0..LOOKS {
            if unsettled(kind, &live, &wanted(&live)).is_empty() {
                break;
            }
            attempt.wait_for("being seen as it was changed").await?;
            live = read_ready(kind, id, attempt).await?;
        }
    }
    let fields = unsettled(kind, &live, &wanted(&live));
    if fields.is_empty() {
        return Ok(live);
    }
    let message = format!("{id} does not match the code after {CORRECTIONS} changes: {}", fields.join(", "));
    let (address, name) = (step.address.clone(), step.kind);
    site.listener.hear(&Event::StepUnsettled { address, kind: name, fields });
    Err(Fault::new(FaultKind::Refused, name, message).into())
}

async fn changed(site: &Site<'_>, kind: &dyn Kind, live: &Live, wanted: &Document) -> Result<(), Fault> {
    site.may_change()?;
    kind.update(live, wanted).await
}

/// What is wanted, with what somebody else has moved where it is now.
fn with_what_was_moved(kind: &dyn Kind, live: &Live, wanted: &Document, planned: &BTreeSet<String>) -> Document {
    let mut kept = wanted.clone();
    for difference in differences(kind.schema(), &live.document, wanted) {
        let field = difference.path.root();
        if !planned.contains(field) && kind.moved_by(field, live, wanted).is_some() {
            kept.take_field(field, &live.document);
        }
    }
    kept
}

fn unsettled(kind: &dyn Kind, live: &Live, wanted: &Document) -> Vec<String> {
    let differences = differences(kind.schema(), &live.document, wanted).into_iter();
    differences
        .filter(|difference| !matches!(difference.mutability, Mutability::External(_)))
        .map(|difference| difference.path.to_string())
        .collect()
}

async fn read_ready(kind: &dyn Kind, id: &str, attempt: &mut Attempt<'_>) -> Result<Live, Halt> {
    let ask = Ask::only([id.to_owned()]);
    loop {
        let found = attempt.repeat(|| kind.read(&ask)).await?;
        let Some(live) = found.into_iter().find(|live| live.id == id) else {
            attempt.wait_for("becoming visible").await?;
            continue;
        };
        match &live.state {
            State::Ready => return Ok(live),
            State::Pending(doing) => attempt.wait_for(doing).await?,
            State::Failed(why) => return Err(Fault::new(FaultKind::Refused, kind.schema().kind, why).into()),
            State::Unreadable(why) => {
                let message = format!("{id} reads back in a way that this program does not understand: {why}");
                return Err(Fault::new(FaultKind::Refused, kind.schema().kind, message).into());
            }
            State::Leaving => {
                let message = "it is being deleted by somebody else";
                return Err(Fault::new(FaultKind::Gone, kind.schema().kind, message).into());
            }
        }
    }
}

/// Sets the tags that a live resource should bear and does not; takes away a protection that is no longer wanted, a mark
/// of being replaced that came to nothing, and that of an unfinished making, once that is finished.
async fn retag(
    site: &Site<'_>,
    kind: &dyn Kind,
    live: &Live,
    wanted: &Tags,
    attempt: &mut Attempt<'_>,
) -> Result<(), Halt> {
    if kind.schema().ownership != Ownership::Tags {
        return Ok(());
    }
    let differs = |(key, value): &(&String, &String)| live.tags.get(*key) != Some(*value);
    let set: Tags = wanted.iter().filter(differs).map(|(key, value)| (key.clone(), value.clone())).collect();
    let unwanted = |key: &&str| live.tags.contains_key(*key) && !wanted.contains_key(*key);
    let marks = [keys::PROTECT, keys::RETIRED, keys::UNFINISHED];
    let remove: Vec<String> = marks.into_iter().filter(unwanted).map(str::to_owned).collect();
    if set.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let (retag, unfinished) = (Retag { set, remove }, live.tags.contains_key(keys::UNFINISHED));
    attempt
        .repeat(|| async {
            site.may_change()?;
            if unfinished {
                kind.finish(live).await?;
                site.may_change()?;
            }
            kind.retag(live, &retag).await
        })
        .await
}

impl<'a> Site<'a> {
    fn kind(&self, name: &'static str) -> Result<&'a dyn Kind, Fault> {
        let unknown = || Fault::new(FaultKind::Broken, name, "this program does not know the kind");
        self.registry.kind(name).map(AsRef::as_ref).ok_or_else(unknown)
    }

    /// Whether the lock is still ours: asked before every call that changes something.
    fn may_change(&self) -> Result<(), Fault> {
        self.lease.as_ref().map_or(Ok(()), Lease::may_change)
    }

    /// The idempotency token of a create: the same when it is repeated in this run.
    fn token(&self, address: &Address) -> String {
        digest(&serde_json::json!([self.journal.run(), address]))[..32].to_owned()
    }

    fn is_retired(&self, kind: &dyn Kind, id: &str) -> bool {
        self.retired().contains(&(kind.schema().kind, id.to_owned()))
    }

    fn retired(&self) -> std::sync::MutexGuard<'_, BTreeSet<(&'static str, String)>> {
        self.retired.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn stands(&self, address: &Address, live: Live) {
        self.known().insert(address.clone(), live);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<Address, Live>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The document with all its references filled in.
    fn resolve(&self, kind: &dyn Kind, document: &Document) -> Result<Document, Fault> {
        let known = self.known();
        let output = |reference: &Reference| Some(known.get(&reference.address)?.output(&reference.output)?.to_owned());
        let resolved = document.resolve(&output);
        match resolved.references().first() {
            None => Ok(kind.canonical(&resolved)),
            Some((path, reference)) => {
                let message = format!("`{path}` refers to {reference}, which the cloud did not give");
                Err(Fault::new(FaultKind::Broken, "resolving references", message))
            }
        }
    }

    /// Notes what is about to be applied to a child before it is, and that something is about to be applied to what the
    /// account shares: nothing can be written on them. The digests of all others are on their tags.
    async fn about_to_write(&self, kind: &dyn Kind, step: &Step, document: &Document) -> Result<(), Fault> {
        let (schema, address) = (kind.schema(), &step.address);
        let (Ownership::Parent { .. } | Ownership::Shared, Some(name)) =
            (schema.ownership, natural_key(schema, document))
        else {
            return Ok(());
        };
        let spec = Spec::of(schema, document, &Tags::new()).to_string();
        let known = self.journal.entry(schema.kind, &name);
        let says_so = |known: &Entry| {
            // Noted by a run that did not come to make it, it is made by this one.
            let by_this_run = known.run == self.journal.run() || step.verb() != Verb::Create;
            known.spec.as_ref() == Some(&spec) && known.address == *address && by_this_run
        };
        if known.as_ref().is_some_and(says_so) {
            return Ok(());
        }
        let is_new = known.is_none();
        let spec = Some(spec).filter(|_| schema.ownership != Ownership::Shared);
        self.journal.made(Entry { spec, ..self.entry(kind, &name, address, document) });
        if is_new { self.journal.write().await } else { Ok(()) }
    }

    /// Notes what was applied to what the account shares, only when it has been: noted before, a run that is cut off would
    /// make the next one believe that somebody else has changed it since.
    fn has_written(&self, kind: &dyn Kind, step: &Step, document: &Document) {
        let schema = kind.schema();
        if let (Ownership::Shared, Some(name)) = (schema.ownership, natural_key(schema, document)) {
            let spec = Some(Spec::of(schema, document, &Tags::new()).to_string());
            self.journal.made(Entry { spec, ..self.entry(kind, &name, &step.address, document) });
        }
    }

    /// Notes what was made.
    fn made(&self, kind: &dyn Kind, address: &Address, id: &str, document: &Document) {
        if kind.schema().ownership == Ownership::Tags {
            self.journal.made(self.entry(kind, id, address, document));
        }
    }

    fn entry(&self, kind: &dyn Kind, name: &str, address: &Address, document: &Document) -> Entry {
        let data =
            kind.keeps().iter().filter_map(|(field, _)| Some(((*field).to_owned(), document.field(field)?.clone())));
        let protected = self.protected.contains(address);
        let parent = match kind.schema().ownership {
            Ownership::Parent { field, .. } => document.field(field).and_then(|id| id.as_str()).map(str::to_owned),
            Ownership::Tags | Ownership::Shared => None,
        };
        Entry { data: data.collect(), protected, parent, ..entry(kind.schema().kind, name, address) }
    }
}

/// The tags with the digests of what is applied.
fn with_spec(kind: &dyn Kind, document: &Document, tags: &Tags) -> Tags {
    let mut tags = tags.clone();
    if kind.schema().ownership == Ownership::Tags {
        tags.insert(keys::SPEC.to_owned(), Spec::of(kind.schema(), document, &tags).to_string());
    }
    tags
}
