//! The one place where it is decided what happens to each definition and to each live resource. Pure.
//!
//! Ordered passes: definitions in the order of what they need, then what is left over, then the steps, then what a
//! reader should know of the whole.

mod leftovers;
mod tell;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::change::{Action, Cause, Change, FieldChange, Note, Plan, Reason, Side, Stop, TagChange};
use super::fingerprint::{Fingerprint, name_of};
use super::guards;
use super::matching::{Match, Matching};
use super::options::{Goal, Options};
use super::proof::Proof;
use super::rotation;
use super::selection::{Selection, selects, unknown_words};
use super::spec::{Spec, parent_of};
use super::steps::{self, Decided};
use crate::check::Otherwise;
use crate::diff::{Difference, differences, fields_of};
use crate::graph::Graph;
use crate::live::{HandOver, Live, Registry, State, natural_key};
use crate::model::{
    Address, Definition, Document, Ledger, Mutability, Ownership, Path, Reference, Replacement, Schema, Shape, Tags,
    keys,
};

/// What is to be done so that what is live becomes what the code says. The ledger proves what is ours; it decides
/// nothing else.
pub fn plan(graph: &Graph, lives: &[Live], ledger: &Ledger, registry: &Registry, options: &Options) -> Plan {
    let lives = without_beginnings(lives, registry);
    let lives = &*lives;
    let mut decision = Decision {
        registry,
        lives,
        ledger,
        proof: Proof::new(registry, ledger),
        options,
        selection: Selection::new(graph, options),
        matching: Matching::new(graph, registry, lives, ledger, options),
        held: BTreeSet::new(),
        known: BTreeMap::new(),
        standing: BTreeMap::new(),
        settled: BTreeMap::new(),
        rotated: BTreeSet::new(),
        decided: Vec::new(),
        unchanged: 0,
        stops: unknown_words(graph, lives, options),
        notes: Vec::new(),
    };
    decision.held = decision.held_by_children();
    for definition in graph.definitions() {
        decision.judge(graph, definition);
    }
    decision.hold_back(graph);
    decision.judge_leftovers(graph);
    decision.judge_strangers();
    decision.note_likely_renames();
    decision.finish(graph)
}

struct Decision<'a> {
    registry: &'a Registry,
    lives: &'a [Live],
    ledger: &'a Ledger,
    proof: Proof<'a>,
    options: &'a Options,
    selection: Selection<'a>,
    matching: Matching<'a>,
    /// What has a protected child, which would go with it.
    held: BTreeSet<(&'a str, &'a str)>,
    /// The live resources that keep standing, by their definition's address: their outputs are known.
    known: BTreeMap<Address, &'a Live>,
    /// Those, and the ones that are about to be replaced: what stands now.
    standing: BTreeMap<Address, &'a Live>,
    /// The documents of live resources that somebody else may move, without what was moved.
    settled: BTreeMap<String, Document>,
    /// The definitions whose values are made anew.
    rotated: BTreeSet<Address>,
    decided: Vec<Decided<'a>>,
    unchanged: usize,
    stops: Vec<Stop>,
    notes: Vec<Note>,
}

impl<'a> Decision<'a> {
    fn judge(&mut self, graph: &Graph, definition: &'a Definition) {
        let document = self.resolve(definition, &self.known, &self.rotated);
        let before = self.resolve(definition, &self.standing, &BTreeSet::new());
        let found = self.matching.find(definition, &before);
        if let Match::Live(live, _) = found {
            self.standing.insert(definition.address.clone(), live);
        }
        let covered = self.selection.covers(&definition.address, definition.schema.kind);
        let shared = definition.schema.ownership == Ownership::Shared;
        let kind = self.registry.kind(definition.schema.kind);
        let over = kind.is_some_and(|kind| kind.is_over(&document, self.options.now));
        match (found, self.options.goal) {
            (Match::Unclear, _) => {}
            (Match::None, Goal::Converge) if covered && over => {
                self.notes.push(Note::Over { address: definition.address.clone() });
            }
            (Match::Live(live, _), Goal::Converge) if covered && over => {
                self.unchanged += 1;
                self.known.insert(definition.address.clone(), live);
            }
            (Match::None, Goal::Converge) if covered => self.create(definition, document),
            (Match::None, _) => {}
            (Match::Live(live, _), Goal::Destroy) if covered && shared => self.note_shared(&definition.address, live),
            (Match::Live(live, _), Goal::Destroy) if covered => {
                self.delete(definition.address.clone(), live, Reason::Destroyed, Some((definition, &document)));
            }
            (Match::Live(live, why), Goal::Converge) if covered => {
                self.converge(graph, definition, document, live, why);
            }
            (Match::Live(live, _), _) => {
                self.known.insert(definition.address.clone(), live);
            }
        }
    }

    /// A definition's document with the references filled in of which `known` tells, and which a rotation of these does
    /// not renew.
    fn resolve(
        &self,
        definition: &Definition,
        known: &BTreeMap<Address, &Live>,
        rotated: &BTreeSet<Address>,
    ) -> Document {
        let renewed = |reference: &Reference| {
            let kind = || self.registry.kind(known.get(&reference.address)?.kind);
            rotated.contains(&reference.address)
                && kind().is_some_and(|kind| kind.renews().contains(&reference.output.as_str()))
        };
        let document =
            definition.document.resolve(&|reference| output(known, reference).filter(|_| !renewed(reference)));
        match self.registry.kind(definition.schema.kind) {
            Some(kind) => kind.canonical(&document),
            None => document,
        }
    }

    fn create(&mut self, definition: &'a Definition, document: Document) {
        let fields = fields_of(definition.schema, &document, true);
        let change = Change {
            address: definition.address.clone(),
            kind: definition.schema.kind,
            id: None,
            action: Action::Create,
            reasons: vec![self.gone_outside(definition).unwrap_or(Reason::New)],
            fields: fields.into_iter().map(whole).collect(),
            tags: Vec::new(),
        };
        let tags = wanted_tags(definition, &document, self.options);
        self.decided.push(Decided {
            change,
            definition: Some(definition),
            document,
            tags,
            live: None,
            deleted: None,
            rotation: None,
            stays: false,
        });
    }

    /// What we have made at a definition's address, and is not there any more.
    fn gone_outside(&self, definition: &Definition) -> Option<Reason> {
        let kind = definition.schema.kind;
        let mut entries = self.ledger.entries().filter(|entry| entry.kind == kind && entry.retired.is_none());
        let entry = entries.find(|entry| entry.address == definition.address)?;
        let stands = self.lives.iter().any(|live| self.proof.entry(live).is_some_and(|known| known == entry));
        (!stands).then(|| Reason::DeletedOutside(entry.id.clone()))
    }

    fn converge(
        &mut self,
        graph: &Graph,
        definition: &'a Definition,
        document: Document,
        live: &'a Live,
        why: Option<Reason>,
    ) {
        let tags = wanted_tags(definition, &document, self.options);
        let spec = self.spec(definition.schema, live);
        let shared = definition.schema.ownership == Ownership::Shared;
        let mut reasons: Vec<Reason> = why.into_iter().collect();
        let mut fields = Vec::new();
        for difference in differences(definition.schema, &live.document, &document) {
            let cause = cause(&difference, spec.as_ref(), definition.schema, &document);
            if let Some(owner) =
                self.elsewhere(&difference, live, &document, !matches!(cause, Cause::Drift | Cause::Unknown))
            {
                let settled = self.settled.entry(name_of(live.kind, &live.id));
                settled.or_insert_with(|| live.document.clone()).take_field(difference.path.root(), &document);
                self.note_external(&definition.address, difference, owner);
                continue;
            }
            fields.push(told(difference, cause));
        }
        let tag_changes = match definition.schema.ownership {
            Ownership::Tags => changed_tags(live, &tags, spec.as_ref(), &reasons),
            Ownership::Parent { .. } | Ownership::Shared => Vec::new(),
        };
        if !live.others.is_empty() {
            let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
            self.notes.push(Note::AddedByOthers { address, kind, id, what: live.others.clone() });
        }
        self.notes.extend(live.awaited.iter().map(|awaited| {
            let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
            Note::NotInForce { address, kind, id, awaited: awaited.clone() }
        }));
        let requested = selects(&self.options.replace, &definition.address, definition.schema.kind);
        match (requested, shared) {
            (true, true) if fields.is_empty() => self.note_shared(&definition.address, live),
            (true, false) if self.is_written_over(definition, live, &document, &fields) => {
                reasons.push(Reason::WrittenOver);
            }
            (true, false) => reasons.push(Reason::Requested),
            // Another environment may want it otherwise: two that each put it right would do so for ever.
            (false, true) => {
                let (moved, rest) = fields.into_iter().partition(|field| field.cause == Cause::Drift);
                fields = rest;
                self.note_moved(&definition.address, live, moved);
            }
            (true, true) | (false, false) => {}
        }
        match &live.state {
            State::Failed(why) if !requested && self.holds_data(live) => {
                let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
                self.stops.push(Stop::FailedWithData { address, kind, id, why: why.clone() });
            }
            State::Failed(why) => reasons.push(Reason::Failed(why.clone())),
            // What it is cannot be told, so neither can what would have to change; but it can become ours.
            State::Unreadable(why) if !requested => {
                self.known.insert(definition.address.clone(), live);
                self.tell_unreadable(definition, live, (&document, spec.as_ref()), why);
                if !reasons.contains(&Reason::Adopted) {
                    return;
                }
                fields.clear();
            }
            State::Unreadable(_) | State::Ready | State::Pending(_) | State::Leaving => {}
        }
        self.bar(definition, live, &document, &mut fields, reasons.contains(&Reason::Requested));
        reasons.extend(reasons_of(&fields, &tag_changes));
        if reasons.contains(&Reason::Unprotected) {
            let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
            self.notes.push(Note::LosesProtection { address, kind, id });
        }
        let rotation = self.rotation(definition, live, graph);
        if rotation.is_some() {
            reasons.push(Reason::Rotated);
            fields.extend(self.registry.kind(live.kind).and_then(|kind| kind.rotates()).map(rotation::of_value));
        }
        if let Some((from, sent)) = self.sent(definition, &document)
            && fields.iter().all(|field| field.path != sent.path)
        {
            reasons.push(Reason::SendsRotated(from));
            fields.push(sent);
        }
        let replaced = !shared
            && (fields.iter().any(|field| field.replaces)
                || reasons.iter().any(|reason| matches!(reason, Reason::Failed(_) | Reason::Requested)));
        if let State::Pending(doing) = &live.state {
            self.notes.push(Note::StillPending { address: definition.address.clone(), doing: doing.clone() });
        }
        if !replaced {
            self.known.insert(definition.address.clone(), live);
        }
        let action = match replaced {
            true => Action::Replace(self.replacement(definition, live, &document)),
            false => Action::Update,
        };
        let pending = matches!(live.state, State::Pending(_));
        let unchanged =
            !replaced && fields.is_empty() && tag_changes.is_empty() && !reasons.contains(&Reason::WrittenOver);
        if unchanged {
            self.unchanged += 1;
        }
        if unchanged && !pending {
            return;
        }
        if replaced {
            self.stop_replacement(definition, live, reasons.contains(&Reason::Adopted));
        }
        let stays = action.creates_first() && self.is_still_used(&definition.address, live);
        let deleted = (replaced && !stays).then(|| self.proof.as_deleted(live, Some(&document)));
        let change = Change {
            address: definition.address.clone(),
            kind: live.kind,
            id: Some(live.id.clone()),
            action,
            reasons,
            fields,
            tags: if replaced { Vec::new() } else { tag_changes },
        };
        self.decided.push(Decided {
            change,
            definition: Some(definition),
            document,
            tags,
            live: Some(live),
            deleted,
            rotation,
            stays,
        });
    }

    fn held_by_children(&self) -> BTreeSet<(&'a str, &'a str)> {
        let protected = self.lives.iter().filter(|live| self.proof.is_protected(live));
        let parents = protected.filter_map(|child| self.matching.parent(child));
        parents.map(|parent| (parent.kind, parent.id.as_str())).collect()
    }

    /// Protected is what the code, the tag, the ledger, or the cloud says; and nothing is replaced that we have not made.
    fn stop_replacement(&mut self, definition: &Definition, live: &Live, adopted: bool) {
        let (address, kind, id, replaced) = (definition.address.clone(), live.kind, live.id.clone(), true);
        if definition.protected || self.proof.is_protected(live) {
            self.stops.push(Stop::Protected { address, kind, id, replaced, guard: None });
        } else if let guard @ Some(_) = self.proof.guard(live) {
            self.stops.push(Stop::Protected { address, kind, id, replaced, guard });
        } else if !adopted && definition.schema.ownership == Ownership::Tags && !self.proof.proves(live) {
            self.stops.push(Stop::Unproven { address, kind, id, replaced });
        }
    }

    fn holds_data(&self, live: &Live) -> bool {
        self.registry.kind(live.kind).is_some_and(|kind| kind.holds_data())
    }

    /// Marks the fields that a living resource cannot change so far, and stops where it cannot change so at all.
    fn bar(
        &mut self,
        definition: &Definition,
        live: &Live,
        document: &Document,
        fields: &mut [FieldChange],
        replaced: bool,
    ) {
        let Some(kind) = self.registry.kind(live.kind).filter(|_| !replaced && !fields.is_empty()) else { return };
        for (otherwise, violation) in kind.barred(&live.document, document) {
            let root = violation.field.root().to_owned();
            let changed: Vec<&mut FieldChange> = fields.iter_mut().filter(|field| field.path.root() == root).collect();
            match otherwise {
                Otherwise::Refused if !changed.is_empty() => {
                    let (address, kind) = (definition.address.clone(), live.kind);
                    self.stops.push(Stop::Refused { address, kind, violation: Box::new(violation) });
                }
                Otherwise::Refused => {}
                Otherwise::Replaced => changed.into_iter().for_each(|field| field.replaces = true),
            }
        }
    }

    /// What was last applied to a live resource, by its own tag; to what has none, by the ledger.
    fn spec(&self, schema: &Schema, live: &Live) -> Option<Spec> {
        match schema.ownership {
            Ownership::Tags => Spec::parse(live.tags.get(keys::SPEC)?),
            Ownership::Parent { .. } | Ownership::Shared => Spec::parse(self.proof.entry(live)?.spec.as_ref()?),
        }
    }

    /// Which comes first. A child that follows its parent to a new one stands beside its predecessor, which goes with the
    /// old parent; and what cannot stand twice under one name is never made first.
    fn replacement(&self, definition: &Definition, live: &Live, document: &Document) -> Replacement {
        let moves = |(field, _)| live.document.field(field) != document.field(field);
        if parent_of(definition.schema).is_some_and(moves) {
            return Replacement::CreateFirst;
        }
        let Some(kind) = self.registry.kind(definition.schema.kind) else { return definition.schema.replacement };
        let said = kind.replacement(&live.document, document);
        let name = natural_key(definition.schema, document);
        let same_name = name.is_some() && name == live.key && !kind.has_second_name();
        match said {
            Replacement::CreateFirst if same_name => Replacement::DeleteFirst,
            said => said,
        }
    }

    /// Whether a replacement that was asked for is written in the place of what stands there: it stands under the wanted
    /// name, and nothing of it needs a new one.
    fn is_written_over(
        &self,
        definition: &Definition,
        live: &Live,
        document: &Document,
        fields: &[FieldChange],
    ) -> bool {
        let writes_over = self.registry.kind(live.kind).is_some_and(|kind| kind.writes_over());
        let name = natural_key(definition.schema, document);
        let can_be = matches!(live.state, State::Ready | State::Pending(_));
        writes_over && can_be && name.is_some() && name == live.key && !fields.iter().any(|field| field.replaces)
    }

    /// Who else owns the value of a field, or has just moved it. What the code is known to have changed may go first.
    fn elsewhere(
        &self,
        difference: &Difference,
        live: &Live,
        wanted: &Document,
        by_code: bool,
    ) -> Option<&'static str> {
        let kind = || self.registry.kind(live.kind);
        match difference.mutability {
            Mutability::External(owner) => Some(owner),
            _ if by_code && kind()?.code_goes_first() => None,
            _ => kind()?.moved_by(difference.path.root(), live, wanted),
        }
    }

    /// Whether the value of a living resource is made anew, and who hands it over.
    fn rotation(&mut self, definition: &Definition, live: &Live, graph: &Graph) -> Option<HandOver> {
        let asked = rotation::asked(definition, live, self.registry, self.options)?;
        match asked {
            Ok(()) => {
                self.rotated.insert(definition.address.clone());
                Some(rotation::hand_over(&definition.address, graph, self.registry))
            }
            Err(why) => {
                let (address, kind) = (definition.address.clone(), live.kind);
                self.stops.push(Stop::CannotRotate { address, kind, why });
                None
            }
        }
    }

    /// The field that sends on a value which is made anew.
    fn sent(&self, definition: &Definition, document: &Document) -> Option<(Address, FieldChange)> {
        let mut sends = rotation::sends(definition, self.registry);
        let (field, address) = sends.find(|(_, address)| self.rotated.contains(address))?;
        let change = rotation::of_sender(field, &address, document);
        Some((address, change))
    }

    /// A former value is not ended while somebody has yet to be given the new one: that is left, and told.
    fn hold_back(&mut self, graph: &Graph) {
        for index in (0..self.decided.len()).rev() {
            let Some((field, user)) = self.waited_for(graph, index) else { continue };
            let decided = &mut self.decided[index];
            let Some(live) = decided.live else { continue };
            let fields = std::mem::take(&mut decided.change.fields);
            let (held, kept): (Vec<_>, Vec<_>) = fields.into_iter().partition(|change| change.path.root() == field);
            decided.change.fields = kept;
            decided.document.take_field(field, &live.document);
            let address = decided.change.address.clone();
            let idle = decided.change.fields.is_empty() && decided.change.tags.is_empty();
            if idle && !matches!(live.state, State::Pending(_)) {
                self.decided.remove(index);
                self.unchanged += 1;
            }
            for FieldChange { path, before, after, .. } in held {
                let value = |side| if let Side::Value(value) = side { value } else { serde_json::Value::Null };
                let owner = format!("{user}, which is to be given the new value first");
                let (live, wanted) = (value(before), value(after));
                self.notes.push(Note::OwnedElsewhere { address: address.clone(), path, owner, live, wanted });
            }
        }
    }

    /// A field whose change would end a former value, and somebody who has yet to follow.
    fn waited_for(&self, graph: &Graph, index: usize) -> Option<(&'static str, Address)> {
        let Decided { change, definition, live, .. } = &self.decided[index];
        let (definition, live) = ((*definition)?, (*live)?);
        let kind = self.registry.kind(live.kind).filter(|_| change.action == Action::Update)?;
        let ends = |field: &str| {
            change.fields.iter().any(|change| change.path.root() == field) && kind.ends_former(field, live)
        };
        rotation::sends(definition, self.registry).filter(|(field, _)| ends(field)).find_map(|(field, secret)| {
            let users = rotation::users(graph, self.registry, &secret);
            let late = self.decided.iter().find(|other| users.contains(&other.change.address))?;
            Some((field, late.change.address.clone()))
        })
    }

    fn note_likely_renames(&mut self) {
        let goes = |decided: &&Decided<'_>| decided.change.reasons == [Reason::NotInCode];
        let comes = |decided: &&Decided<'_>| decided.change.action == Action::Create;
        let mut notes = Vec::new();
        for gone in self.decided.iter().filter(goes) {
            let twin = self.decided.iter().filter(comes).find(|come| {
                let Some(definition) = come.definition else { return false };
                definition.schema.kind == gone.change.kind
                    && differences(definition.schema, &gone.document, &come.document).is_empty()
            });
            if let Some(twin) = twin {
                notes.push(Note::LikelyRename { from: gone.change.address.clone(), to: twin.change.address.clone() });
            }
        }
        self.notes.extend(notes);
    }

    fn finish(mut self, graph: &Graph) -> Plan {
        let (steps, stops) = steps::build(graph, self.registry, self.lives, &mut self.decided);
        self.stops.extend(stops);
        let Decision { registry, lives, ledger, options, .. } = self;
        let (matching, decided) = (&self.matching, self.decided.as_slice());
        let about = guards::About { graph, registry, lives, ledger, options, matching, decided };
        let matches = self.matching.stops.iter().filter(|stop| stops_this(stop, &self.selection, options.goal));
        self.stops.extend(matches.map(|stop| about.with_holders(stop)));
        self.stops.extend(about.stops().into_iter().filter(|stop| stops_this(stop, &self.selection, options.goal)));
        self.notes.extend(self.matching.unclaimed().chain(self.matching.notes.iter().cloned()));
        self.notes.extend(about.notes());
        let Decision { known, settled, decided, unchanged, stops, notes, .. } = self;
        let mut changes: Vec<Change> =
            decided.into_iter().map(|decided| decided.change).filter(Change::is_a_change).collect();
        changes.sort_by(|left, right| (&left.address, left.kind).cmp(&(&right.address, right.kind)));
        let fingerprint = Fingerprint::of(graph.definitions(), lives, &settled);
        let known = known.into_iter().map(|(address, live)| (address, live.clone())).collect();
        let protected = graph.definitions().iter().filter(|definition| definition.protected);
        let protected = protected.map(|definition| definition.address.clone()).collect();
        Plan { owner: options.owner.clone(), changes, unchanged, stops, notes, steps, known, protected, fingerprint }
    }
}

/// What is live, without what belongs to something unfinished: it came along with that and goes when that is finished, and
/// nothing of ours is among it, because that comes afterwards.
fn without_beginnings<'a>(lives: &'a [Live], registry: &Registry) -> Cow<'a, [Live]> {
    let unfinished: BTreeSet<(&str, &str)> = lives
        .iter()
        .filter(|live| live.tags.contains_key(keys::UNFINISHED))
        .map(|live| (live.kind, live.id.as_str()))
        .collect();
    if unfinished.is_empty() {
        return Cow::Borrowed(lives);
    }
    let begins = |live: &Live| {
        let Some((field, parent)) = registry.kind(live.kind).and_then(|kind| parent_of(kind.schema())) else {
            return false;
        };
        live.document.field(field).and_then(|id| id.as_str()).is_some_and(|id| unfinished.contains(&(parent, id)))
    };
    Cow::Owned(lives.iter().filter(|live| !begins(live)).cloned().collect())
}

/// True when a stop is about what this plan is about. What is not ours is in nobody's way when everything is to go.
fn stops_this(stop: &Stop, selection: &Selection<'_>, goal: Goal) -> bool {
    match stop {
        Stop::Foreign { address, kind, .. } => goal == Goal::Converge && selection.covers(address, kind),
        Stop::TwoClaims { address, kind, .. }
        | Stop::Protected { address, kind, .. }
        | Stop::CannotRotate { address, kind, .. }
        | Stop::Refused { address, kind, .. }
        | Stop::FailedWithData { address, kind, .. }
        | Stop::NothingToAdopt { address, kind, .. }
        | Stop::HasAnother { address, kind, .. }
        | Stop::LostTag { address, kind, .. }
        | Stop::Unproven { address, kind, .. }
        | Stop::Unreadable { address, kind, .. }
        | Stop::StillReferred { address, kind, .. } => selection.covers(address, kind),
        Stop::UnknownAddress { .. }
        | Stop::OtherHome { .. }
        | Stop::OtherPlatform { .. }
        | Stop::StandsElsewhere { .. }
        | Stop::UnknownKinds { .. }
        | Stop::NoOrder { .. } => true,
    }
}

impl Change {
    /// False for a resource that is only waited for.
    fn is_a_change(&self) -> bool {
        let written_over = self.reasons.contains(&Reason::WrittenOver);
        self.action != Action::Update || !self.fields.is_empty() || !self.tags.is_empty() || written_over
    }
}

/// The tags that a definition's resource bears, without the digest of what was applied.
fn wanted_tags(definition: &Definition, document: &Document, options: &Options) -> Tags {
    if definition.schema.ownership != Ownership::Tags {
        return Tags::new();
    }
    let name = match definition.schema.fields.iter().find(|field| field.key && field.name == "name") {
        Some(field) => document.field(field.name).and_then(|name| name.as_str()).map(str::to_owned),
        None => None,
    };
    let name = name.unwrap_or_else(|| format!("{}-{}", options.owner.project, definition.address.name()));
    let mut tags = options.common_tags.clone();
    tags.insert("Name".to_owned(), name);
    tags.insert(keys::OWNER.to_owned(), options.owner.to_string());
    tags.insert(keys::ADDRESS.to_owned(), definition.address.to_string());
    if definition.protected {
        tags.insert(keys::PROTECT.to_owned(), "true".to_owned());
    }
    tags
}

fn changed_tags(live: &Live, wanted: &Tags, spec: Option<&Spec>, reasons: &[Reason]) -> Vec<TagChange> {
    let applied = spec.and_then(|spec| spec.says_tags(wanted));
    let mut changes = Vec::new();
    for (key, value) in wanted {
        let before = live.tags.get(key);
        if before != Some(value) {
            let cause = match applied {
                _ if key.starts_with("infra:") => Cause::Code,
                Some(true) => Cause::Drift,
                Some(false) => Cause::Code,
                None => Cause::Unknown,
            };
            changes.push(TagChange { key: key.clone(), before: before.cloned(), after: Some(value.clone()), cause });
        }
    }
    let unwanted = [
        (keys::PROTECT, live.is_protected() && !wanted.contains_key(keys::PROTECT)),
        (keys::RETIRED, reasons.contains(&Reason::TakenBack)),
        (keys::UNFINISHED, live.tags.contains_key(keys::UNFINISHED)),
    ];
    for (key, _) in unwanted.into_iter().filter(|(_, unwanted)| *unwanted) {
        let before = live.tags.get(key).cloned();
        changes.push(TagChange { key: key.to_owned(), before, after: None, cause: Cause::Code });
    }
    changes
}

fn cause(difference: &Difference, spec: Option<&Spec>, schema: &Schema, document: &Document) -> Cause {
    if let Some(reference) = &difference.awaits {
        return Cause::Follows(reference.address.clone());
    }
    let field = difference.path.root();
    let wanted = document.field(field).unwrap_or(&serde_json::Value::Null);
    match spec.and_then(|spec| spec.says(field, wanted)) {
        Some(true) => Cause::Drift,
        // Nothing has been written down yet of what the whole account shares.
        None if schema.ownership != Ownership::Shared => Cause::Unknown,
        Some(false) | None => Cause::Code,
    }
}

fn told(difference: Difference, cause: Cause) -> FieldChange {
    let Difference { path, before, after, awaits: _, shape, mutability } = difference;
    let replaces = mutability == Mutability::Replace && shape != Shape::Secret;
    FieldChange { path, before, after, cause, replaces, shape }
}

/// A field of a resource that comes or goes as a whole: nothing is replaced because of it.
fn whole(difference: Difference) -> FieldChange {
    FieldChange { replaces: false, ..told(difference, Cause::Code) }
}

/// Why a resource changes, as far as its fields and tags tell.
fn reasons_of(fields: &[FieldChange], tags: &[TagChange]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut add = |reason: Reason| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    for field in fields {
        match &field.cause {
            Cause::Code => add(Reason::ChangedInCode),
            Cause::Drift => add(Reason::Drifted),
            Cause::Unknown => add(Reason::Differs),
            Cause::Follows(address) => add(Reason::DependencyNew(address.clone())),
        }
    }
    if tags.iter().any(|tag| tag.key == keys::UNFINISHED) {
        add(Reason::Unfinished);
    }
    for tag in tags.iter().filter(|tag| tag.key == keys::PROTECT) {
        add(if tag.after.is_some() { Reason::Protected } else { Reason::Unprotected });
    }
    for tag in tags.iter().filter(|tag| !tag.key.starts_with("infra:")) {
        add(match tag.cause {
            Cause::Drift => Reason::Drifted,
            Cause::Unknown => Reason::Differs,
            Cause::Code | Cause::Follows(_) => Reason::ChangedInCode,
        });
    }
    for field in fields.iter().filter(|field| field.replaces) {
        add(Reason::CannotChange(Path::field(field.path.root())));
    }
    reasons
}

fn output(known: &BTreeMap<Address, &Live>, reference: &Reference) -> Option<String> {
    known.get(&reference.address)?.output(&reference.output).map(str::to_owned)
}

#[cfg(test)]
mod tests;
