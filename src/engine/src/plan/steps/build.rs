//! Decided changes taken apart into steps, and every reason why one step comes before another. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::{Edge, Step, StepId, Work};
use crate::graph::Graph;
use crate::live::{HandOver, Live, Registry, natural_key};
use crate::model::{Address, Definition, Document, Replacement, Shape, Tags};
use crate::plan::change::{Action, Change, Reason, Stop};
use crate::plan::spec::parent_of;

/// A change with all that carrying it out needs.
pub(in crate::plan) struct Decided<'a> {
    pub(in crate::plan) change: Change,
    /// The definition, unless there is none any more.
    pub(in crate::plan) definition: Option<&'a Definition>,
    /// What is wanted, as far as it is known; of what goes, what is live.
    pub(in crate::plan) document: Document,
    pub(in crate::plan) tags: Tags,
    pub(in crate::plan) live: Option<&'a Live>,
    /// The live resource as it is deleted, if it is: with what the code says of its data.
    pub(in crate::plan) deleted: Option<Live>,
    /// Its value is made anew.
    pub(in crate::plan) rotation: Option<HandOver>,
    /// What it replaces is still used by what the plan is not about, and goes when that has followed.
    pub(in crate::plan) stays: bool,
}

/// What refers to something that must go before its successor comes must go before it, too.
fn propagate_delete_first(graph: &Graph, decided: &mut [Decided<'_>]) {
    let mut going: BTreeSet<Address> = BTreeSet::new();
    let own: BTreeMap<Address, usize> =
        decided.iter().enumerate().filter_map(|(index, one)| Some((one.definition?.address.clone(), index))).collect();
    for definition in graph.definitions() {
        let forced = graph.needs(&definition.address).any(|edge| going.contains(&edge.to));
        let Some(index) = own.get(&definition.address) else { continue };
        if let Action::Replace(order) = &mut decided[*index].change.action {
            if forced {
                *order = Replacement::DeleteFirst;
            }
            if *order == Replacement::DeleteFirst {
                going.insert(definition.address.clone());
            }
        }
    }
}

/// The steps of all changes, in an order that can be carried out. Where two would take each other's places, one of them
/// goes before its successor comes, whatever was decided.
/// Where no order is right, the plan is stopped.
pub(in crate::plan) fn build(
    graph: &Graph,
    registry: &Registry,
    lives: &[Live],
    decided: &mut [Decided<'_>],
) -> (Vec<Step>, Option<Stop>) {
    loop {
        propagate_delete_first(graph, decided);
        let builder = Builder::of(graph, registry, lives, decided);
        match builder.gives_way(decided) {
            Some(index) => decided[index].change.action = Action::Replace(Replacement::DeleteFirst),
            None => {
                let (steps, circle) = super::sort::in_order(builder.steps);
                return (steps, circle.map(|addresses| Stop::NoOrder { addresses }));
            }
        }
    }
}

pub(super) struct Builder<'a> {
    pub(super) registry: &'a Registry,
    steps: Vec<Step>,
    /// Which edges there are: each once.
    edges: BTreeSet<(StepId, StepId)>,
    /// The step after which a definition's resource stands as wanted.
    pub(super) makes: BTreeMap<Address, StepId>,
    /// The steps that delete, with what they delete.
    pub(super) deletes: Vec<(StepId, &'a Live, bool)>,
    /// The steps that make something in a place, each with a step that frees it.
    places: Vec<(StepId, StepId)>,
}

impl<'a> Builder<'a> {
    fn of(graph: &Graph, registry: &'a Registry, lives: &[Live], decided: &[Decided<'a>]) -> Builder<'a> {
        let (steps, edges, makes) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        let mut builder = Builder { registry, steps, edges, makes, deletes: Vec::new(), places: Vec::new() };
        for one in decided {
            builder.add(one);
        }
        builder.order_makes(graph);
        builder.order_deletes();
        builder.order_deletes_after_moves(decided);
        builder.order_same_names();
        builder.order_retired(decided);
        builder.order_taken_back(decided);
        builder.order_children_of_other_names(decided);
        builder.order_hand_overs(lives, decided);
        builder.order_going_along(decided);
        builder
    }

    fn add(&mut self, decided: &Decided<'a>) {
        let Decided { change, definition, document, tags, live, deleted, rotation, stays } = decided;
        let create = |predecessor: Option<&Live>| Work::Create {
            document: document.clone(),
            tags: tags.clone(),
            predecessor: predecessor.cloned().map(Box::new),
        };
        let deleted = || deleted.as_ref().or(*live).cloned().map(Box::new);
        match (change.action, *live) {
            (Action::Create, _) => self.make(change, create(None)),
            (Action::Update, Some(live)) => {
                let live = Box::new(live.clone());
                // What a rotation changes is no difference of the definition's.
                let changing = change.fields.iter().filter(|field| rotation.is_none() || field.shape != Shape::Secret);
                let fields: BTreeSet<String> = changing.map(|field| field.path.root().to_owned()).collect();
                let over = change.reasons.contains(&Reason::WrittenOver);
                let differs = over || !fields.is_empty() || !change.tags.is_empty();
                let update =
                    Work::Update { live: live.clone(), document: document.clone(), tags: tags.clone(), fields, over };
                match (*rotation, differs) {
                    (None, true) => self.make(change, update),
                    (None, false) => self.make(change, Work::Await { live }),
                    (Some(hand_over), false) => self.make(change, Work::Rotate { live, hand_over }),
                    (Some(hand_over), true) => {
                        let first = self.step(change, update);
                        self.make(change, Work::Rotate { live, hand_over });
                        let rotate = self.makes[&change.address];
                        self.link(rotate, first, || "its definition is applied first".to_owned());
                    }
                }
            }
            (Action::Replace(Replacement::CreateFirst | Replacement::Revision), Some(live)) => {
                let retire = self.step(change, Work::Retire { live: Box::new(live.clone()) });
                self.make(change, create(Some(live)));
                let make = self.makes[&change.address];
                self.link(make, retire, || "its predecessor is retired first".to_owned());
                if !stays {
                    let delete = self.delete(change, live, deleted(), false);
                    self.link(delete, make, || "its successor is made first".to_owned());
                }
            }
            (Action::Replace(Replacement::DeleteFirst), Some(live)) => {
                let delete = self.delete(change, live, deleted(), true);
                self.make(change, create(None));
                let make = self.makes[&change.address];
                self.link(make, delete, || "its predecessor stands in its place".to_owned());
            }
            (Action::Delete, Some(live)) => {
                self.delete(change, live, deleted(), false);
            }
            (Action::Update | Action::Replace(_) | Action::Delete, None) => {
                debug_assert!(definition.is_some(), "only a definition can be without a live resource");
            }
        }
    }

    fn step(&mut self, change: &Change, work: Work) -> StepId {
        let id = StepId(self.steps.len());
        let usual = match &work {
            Work::Retire { .. } => Duration::from_millis(200),
            _ => self.registry.kind(change.kind).map_or(Duration::from_secs(1), |kind| kind.waits().usual),
        };
        let (address, kind) = (change.address.clone(), change.kind);
        self.steps.push(Step { id, address, kind, work, after: Vec::new(), usual });
        id
    }

    fn make(&mut self, change: &Change, work: Work) {
        let id = self.step(change, work);
        self.makes.insert(change.address.clone(), id);
    }

    /// `first` says that the successor waits for it.
    fn delete(&mut self, change: &Change, live: &'a Live, deleted: Option<Box<Live>>, first: bool) -> StepId {
        let id = self.step(change, Work::Delete { live: deleted.unwrap_or_else(|| Box::new(live.clone())) });
        self.deletes.push((id, live, first));
        id
    }

    pub(super) fn link(&mut self, step: StepId, after: StepId, why: impl FnOnce() -> String) {
        self.edge(step, after, true, why);
    }

    fn edge(&mut self, step: StepId, after: StepId, firm: bool, why: impl FnOnce() -> String) {
        if step != after && self.edges.insert((step, after)) {
            self.steps[step.0].after.push(Edge { step: after, why: why(), firm });
        }
    }

    /// What is needed is made first.
    fn order_makes(&mut self, graph: &Graph) {
        for edge in graph.edges() {
            if let (Some(&from), Some(&to)) = (self.makes.get(&edge.from), self.makes.get(&edge.to)) {
                self.link(from, to, || edge.why.clone());
            }
        }
    }

    /// What refers to something goes before it; so does what comes after it by its kind.
    fn order_deletes(&mut self) {
        let deletes = self.deletes.clone();
        let named = Named::of(deletes.iter().map(|(_, live, _)| *live));
        let mut of_kind: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, (_, live, _)) in deletes.iter().enumerate() {
            of_kind.entry(live.kind).or_default().push(index);
        }
        for (needing_step, needing, _) in &deletes {
            for index in named.by(needing) {
                let (needed_step, needed, _) = &deletes[index];
                if std::ptr::eq(*needed, *needing) || self.shares_identifier(needed) {
                    continue;
                }
                let mutual = refers(needed, needing) && !self.shares_identifier(needing);
                if !(mutual && is_namesake(needing, needed)) {
                    self.link(*needed_step, *needing_step, || format!("{} still refers to it", needing.id));
                }
            }
            let after = self.registry.kind(needing.kind).map(|kind| kind.schema().after).unwrap_or_default();
            for index in after.iter().filter_map(|kind| of_kind.get(kind)).flatten() {
                let (needed_step, needed, _) = &deletes[*index];
                let mutual = refers(needed, needing) && !self.shares_identifier(needing);
                if std::ptr::eq(*needed, *needing) || (mutual && is_namesake(needing, needed)) {
                    continue;
                }
                self.link(*needed_step, *needing_step, || format!("{} goes before every {}", needing.id, needed.kind));
            }
        }
    }

    /// True for a child that bears its parent's identifier: who names that means the parent.
    fn shares_identifier(&self, live: &Live) -> bool {
        let parent = self.registry.kind(live.kind).and_then(|kind| parent_of(kind.schema()));
        let id = parent.and_then(|(field, _)| live.document.field(field)).and_then(|id| id.as_str());
        id == Some(&live.id)
    }

    /// What moves away from something has moved before it goes. Not where the move waits for the successor.
    fn order_deletes_after_moves(&mut self, decided: &[Decided<'_>]) {
        let deletes = self.deletes.clone();
        let named = Named::of(deletes.iter().map(|(_, live, _)| *live));
        for one in decided {
            let moves = one.change.action == Action::Update || one.change.action.creates_first();
            let (true, Some(live), Some(&make)) = (moves, one.live, self.makes.get(&one.change.address)) else {
                continue;
            };
            for index in named.by(live) {
                let (step, gone, first) = deletes[index];
                if !first && !std::ptr::eq(live, gone) {
                    self.edge(step, make, false, || format!("{} moves away from it first", one.change.address));
                }
            }
        }
    }

    /// A name is free once its bearer is gone.
    fn order_same_names(&mut self) {
        let deletes = self.deletes.clone();
        let mut keyed: BTreeMap<(&str, &str), Vec<StepId>> = BTreeMap::new();
        let mut of_kind: BTreeMap<&str, Vec<(StepId, &Live)>> = BTreeMap::new();
        for (delete, live, _) in &deletes {
            of_kind.entry(live.kind).or_default().push((*delete, live));
            if let Some(key) = &live.key {
                keyed.entry((live.kind, key)).or_default().push(*delete);
            }
        }
        let makes: Vec<StepId> = self.makes.values().copied().collect();
        for make in makes {
            let step = &self.steps[make.0];
            let Work::Create { document, .. } = &step.work else { continue };
            let Some(kind) = self.registry.kind(step.kind) else { continue };
            let stand = of_kind.get(step.kind).map(Vec::as_slice).unwrap_or_default();
            let conflicts: Vec<StepId> = match natural_key(kind.schema(), document) {
                Some(key) => keyed.get(&(step.kind, key.as_str())).cloned().unwrap_or_default(),
                None => {
                    let collides = |live: &Live| kind.replacement(&live.document, document) == Replacement::DeleteFirst;
                    stand.iter().filter(|(_, live)| collides(live)).map(|(delete, _)| *delete).collect()
                }
            };
            for delete in conflicts {
                let address = self.steps[make.0].address != self.steps[delete.0].address;
                if address {
                    self.link(make, delete, || "what stands in its place goes first".to_owned());
                    self.places.push((make, delete));
                }
            }
        }
    }

    /// What an earlier run has marked as replaced goes once its successor stands: in this run as it would have in that.
    /// Where the two cannot stand side by side, it goes first.
    fn order_retired(&mut self, decided: &[Decided<'a>]) {
        for one in decided.iter().filter(|one| one.change.reasons.first() == Some(&Reason::Retired)) {
            let Some(gone) = one.live else { continue };
            let delete = self.deletes.iter().find(|(_, live, _)| std::ptr::eq(*live, gone)).map(|(step, ..)| *step);
            let successor = decided.iter().find(|other| {
                other.change.kind == gone.kind
                    && other.definition.is_some_and(|definition| {
                        definition.address == one.change.address
                            || definition.renamed_from.contains(&one.change.address)
                    })
            });
            let make = successor.and_then(|successor| self.makes.get(&successor.change.address)).copied();
            let (Some(delete), Some(make)) = (delete, make) else { continue };
            let in_its_place = match &self.steps[make.0].work {
                Work::Create { document, .. } => {
                    self.registry.kind(gone.kind).is_some_and(|kind| match natural_key(kind.schema(), document) {
                        Some(name) => gone.key.as_ref() == Some(&name) && !kind.has_second_name(),
                        None => kind.replacement(&gone.document, document) == Replacement::DeleteFirst,
                    })
                }
                _ => false,
            };
            match in_its_place {
                true => self.link(make, delete, || "what stands in its place goes first".to_owned()),
                false => self.link(delete, make, || "its successor is made first".to_owned()),
            }
        }
    }

    /// Where the code goes back to what is being replaced, the successor that stands already is marked first: at no moment
    /// do two of them claim one address. It goes when what has followed it has gone back, too.
    fn order_taken_back(&mut self, decided: &[Decided<'a>]) {
        for one in decided.iter().filter(|one| one.change.reasons.contains(&Reason::TakenBack)) {
            let Some(&make) = self.makes.get(&one.change.address) else { continue };
            let goes = |other: &&Decided<'a>| {
                other.change.action == Action::Delete
                    && (other.change.kind, &other.change.address) == (one.change.kind, &one.change.address)
            };
            for other in decided.iter().filter(goes) {
                let Some(gone) = other.live.filter(|live| !live.is_retired()) else { continue };
                let retire = self.step(&other.change, Work::Retire { live: Box::new(gone.clone()) });
                self.link(make, retire, || "what came in its place is retired first".to_owned());
                let delete = self.deletes.iter().find(|(_, live, _)| std::ptr::eq(*live, gone)).map(|(step, ..)| *step);
                if let Some(delete) = delete {
                    self.link(delete, make, || "what it replaced is taken back first".to_owned());
                }
            }
        }
    }

    /// A child is found by its name alone, so one of another name is another child, at the address of the one before: it
    /// comes before or after that as a replacement would.
    fn order_children_of_other_names(&mut self, decided: &[Decided<'a>]) {
        for one in decided.iter().filter(|one| one.definition.is_none()) {
            let Some(gone) = one.live else { continue };
            let delete = self.deletes.iter().find(|(_, live, _)| std::ptr::eq(*live, gone)).map(|(step, ..)| *step);
            let (Some(delete), Some(&make)) = (delete, self.makes.get(&one.change.address)) else { continue };
            let Work::Create { document, .. } = &self.steps[make.0].work else { continue };
            let Some(kind) = self.registry.kind(gone.kind).filter(|_| self.steps[make.0].kind == gone.kind) else {
                continue;
            };
            let Some((parent, _)) = parent_of(kind.schema()) else { continue };
            let moves = gone.document.field(parent) != document.field(parent);
            match kind.replacement(&gone.document, document) {
                Replacement::DeleteFirst if !moves => {
                    self.link(make, delete, || "what is there under another name goes first".to_owned());
                }
                _ => self.edge(delete, make, false, || "its successor under another name is made first".to_owned()),
            }
        }
    }

    /// What others have put on something of ours goes with it, and so not before it may go: whatever that waits for, but
    /// other deletes.
    fn order_going_along(&mut self, decided: &[Decided<'a>]) {
        let deletes: BTreeMap<(&str, &str), StepId> =
            self.deletes.iter().map(|(step, live, _)| ((live.kind, live.id.as_str()), *step)).collect();
        for one in decided.iter().filter(|one| matches!(one.change.reasons.first(), Some(Reason::GoesWith(_)))) {
            let Some(gone) = one.live else { continue };
            let schema = self.registry.kind(gone.kind).map(|kind| kind.schema());
            let Some((field, parent)) = schema.and_then(parent_of) else { continue };
            let on = gone.document.field(field).and_then(|id| id.as_str()).and_then(|id| deletes.get(&(parent, id)));
            let (Some(on), Some(child)) = (on, deletes.get(&(gone.kind, gone.id.as_str()))) else { continue };
            for edge in self.steps[on.0].after.clone() {
                if !matches!(self.steps[edge.step.0].work, Work::Delete { .. }) {
                    self.edge(*child, edge.step, edge.firm, || edge.why.clone());
                }
            }
        }
    }

    /// A change that makes its successor first, and so keeps a place from becoming free that others wait for in a circle.
    fn gives_way(&self, decided: &[Decided<'a>]) -> Option<usize> {
        let circles = self.places.iter().filter(|(make, delete)| self.waits(*delete, *make));
        circles.into_iter().find_map(|(make, delete)| {
            decided.iter().position(|one| {
                if !one.change.action.creates_first() {
                    return false;
                }
                let own = |(_, live, _): &&(StepId, &Live, bool)| one.live.is_some_and(|own| std::ptr::eq(own, *live));
                let (Some((gone, _, _)), Some(come)) =
                    (self.deletes.iter().find(own), self.makes.get(&one.change.address))
                else {
                    return false;
                };
                self.waits(*delete, *gone) && self.waits(*come, *make)
            })
        })
    }

    /// True when a step is another one, or cannot be done before it.
    pub(super) fn waits(&self, step: StepId, other: StepId) -> bool {
        let mut reached = BTreeSet::from([step]);
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            let firm = self.steps[step.0].after.iter().filter(|edge| edge.firm);
            open.extend(firm.map(|edge| edge.step).filter(|earlier| reached.insert(*earlier)));
        }
        reached.contains(&other)
    }
}

/// Which of some live resources are named by a text: by their identifiers and outputs.
pub(in crate::plan) struct Named<'a>(BTreeMap<&'a str, Vec<usize>>);

impl<'a> Named<'a> {
    /// These, in their order.
    pub(in crate::plan) fn of(lives: impl Iterator<Item = &'a Live>) -> Named<'a> {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, live) in lives.enumerate() {
            for text in live.outputs.values().chain([&live.id]) {
                named.entry(text).or_default().push(index);
            }
        }
        Named(named)
    }

    /// Those that a live resource names.
    pub(in crate::plan) fn by(&self, live: &Live) -> BTreeSet<usize> {
        live.document.texts().into_iter().filter_map(|text| self.0.get(text)).flatten().copied().collect()
    }
}

/// True when one live resource names another only by bearing the same name: a cache and its subnet group may both be
/// called `shop-redis`, and only the cache refers to the other.
fn is_namesake(one: &Live, other: &Live) -> bool {
    one.key.as_deref() == Some(&other.id) && times(&other.id, one.document.value()) == 1
}

/// How often a text stands in a value.
fn times(text: &str, value: &Value) -> usize {
    match value {
        Value::String(other) => usize::from(other == text),
        Value::Array(items) => items.iter().map(|item| times(text, item)).sum(),
        Value::Object(map) => map.values().map(|item| times(text, item)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// True when one live resource names another by its identifier or one of its outputs.
pub(in crate::plan) fn refers(from: &Live, to: &Live) -> bool {
    let texts = from.document.texts();
    texts.contains(to.id.as_str()) || to.outputs.values().any(|output| texts.contains(output.as_str()))
}
