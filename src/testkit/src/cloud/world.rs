//! What stands in the model cloud, what may not be, and from when on it is seen. Pure: the time is an argument.

use std::collections::BTreeSet;
use std::time::Duration;

use infra_engine::live::{Fault, FaultKind, State};
use infra_engine::model::{Document, Tags};
use serde_json::Value;
use tokio::time::Instant;

use super::things::{Nature, Thing, refused};

/// What stands.
pub struct World {
    /// How long it takes until something that was done is seen.
    lag: Duration,
    made: u64,
    standing: Vec<Standing>,
}

struct Standing {
    thing: Thing,
    /// When its last making or changing is over.
    ready: Instant,
    /// When it is gone, once it was told to go.
    gone: Option<Instant>,
    /// What readers see until then; nothing, if it is new.
    seen: (Instant, Option<(Document, Tags)>),
}

impl World {
    /// An empty world.
    pub fn new(lag: Duration) -> World {
        World { lag, made: 0, standing: Vec::new() }
    }

    /// Everything that stands and is not about to go.
    pub fn things(&mut self, now: Instant) -> Vec<Thing> {
        self.pass(now);
        let staying = self.standing.iter().filter(|standing| standing.gone.is_none());
        staying.map(|standing| standing.thing.clone()).collect()
    }

    /// What a reader sees of a kind.
    pub fn seen(&mut self, kind: &str, now: Instant) -> Vec<Thing> {
        self.pass(now);
        let of_kind = self.standing.iter().filter(|standing| standing.thing.kind == kind);
        of_kind.filter_map(|standing| standing.seen(now)).collect()
    }

    /// Makes a thing and gives its identifier.
    pub fn make(
        &mut self,
        kind: &'static str,
        document: Document,
        tags: Tags,
        nature: Nature,
        now: Instant,
    ) -> Result<String, Fault> {
        self.pass(now);
        let operation = format!("model:Create({kind})");
        self.check_references(&operation, &document)?;
        self.check_place(&operation, kind, &document)?;
        let name = nature.name.and_then(|field| text(&document, field));
        let parent = nature.parent.and_then(|field| text(&document, field));
        let taken = |thing: &Thing| {
            thing.kind == kind
                && (name.is_some() && thing.name == name || parent.as_ref().is_some_and(|id| *id == thing.id))
        };
        if self.standing.iter().any(|standing| taken(&standing.thing)) {
            let message = format!("there is a {kind} named {}", name.or(parent).unwrap_or_default());
            return Err(Fault::new(FaultKind::Exists, operation, message));
        }
        self.made += 1;
        let short = kind.rsplit('/').next().unwrap_or(kind);
        let id = parent.clone().unwrap_or_else(|| format!("{short}~{:04x}", self.made));
        let outputs = nature.outputs.iter().map(|output| ((*output).to_owned(), format!("{output}.{id}.model")));
        let thing = Thing {
            kind,
            id: id.clone(),
            name: name.or(parent),
            document,
            tags,
            outputs: outputs.collect(),
            state: State::Ready,
            nature,
        };
        let seen = (now + self.lag, None);
        self.standing.push(Standing { thing, ready: now + nature.making, gone: None, seen });
        Ok(id)
    }

    /// Changes some fields of a thing.
    pub fn change(
        &mut self,
        kind: &str,
        id: &str,
        wanted: &Document,
        fields: &[&str],
        now: Instant,
    ) -> Result<(), Fault> {
        self.pass(now);
        let operation = format!("model:Modify({kind})");
        self.check_references(&operation, wanted)?;
        let lag = self.lag;
        let standing = self.find(&operation, kind, id)?;
        if standing.gone.is_some() || standing.ready > now {
            return Err(Fault::new(FaultKind::Busy, operation, format!("{id} is being made, changed or deleted")));
        }
        standing.remember(now, lag);
        let mut value = standing.thing.document.value().clone();
        for field in fields {
            value[*field] = wanted.field(field).cloned().unwrap_or(Value::Null);
        }
        standing.thing.document = Document::from_value(value);
        standing.ready = now + standing.thing.nature.making;
        Ok(())
    }

    /// Sets and removes tags.
    pub fn tag(&mut self, kind: &str, id: &str, set: &Tags, remove: &[String], now: Instant) -> Result<(), Fault> {
        self.pass(now);
        let lag = self.lag;
        let standing = self.find(&format!("model:Tag({kind})"), kind, id)?;
        standing.remember(now, lag);
        standing.thing.tags.extend(set.clone());
        standing.thing.tags.retain(|key, _| !remove.contains(key));
        Ok(())
    }

    /// Deletes a thing, and what belongs to it.
    pub fn remove(&mut self, kind: &str, id: &str, now: Instant) -> Result<(), Fault> {
        self.pass(now);
        let operation = format!("model:Delete({kind})");
        let held = self.standing.iter().find(|other| other.holds(id)).map(|other| other.thing.id.clone());
        let lag = self.lag;
        let standing = self.find(&operation, kind, id)?;
        if let Some(holder) = held {
            return Err(Fault::new(FaultKind::Busy, operation, format!("{holder} still needs {id}")));
        }
        let guard = standing.thing.nature.guard.and_then(|field| standing.thing.document.field(field));
        if guard == Some(&Value::Bool(true)) {
            return Err(refused(&operation, format!("{id} is guarded against that")));
        }
        if standing.gone.is_none() {
            standing.remember(now, lag);
            standing.gone = Some(now + standing.thing.nature.leaving);
        }
        self.standing.retain(|standing| standing.thing.nature.parent.is_none() || standing.thing.id != id);
        self.pass(now);
        Ok(())
    }

    /// What has had its time is gone.
    fn pass(&mut self, now: Instant) {
        self.standing.retain(|standing| standing.gone.is_none_or(|gone| gone > now));
    }

    fn find(&mut self, operation: &str, kind: &str, id: &str) -> Result<&mut Standing, Fault> {
        let gone = || Fault::new(FaultKind::Gone, operation, format!("there is no {id}"));
        let mut standing = self.standing.iter_mut();
        standing.find(|standing| standing.thing.kind == kind && standing.thing.id == id).ok_or_else(gone)
    }

    /// What looks like an identifier or an output of this cloud must be one.
    fn check_references(&self, operation: &str, document: &Document) -> Result<(), Fault> {
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for standing in self.standing.iter().filter(|standing| standing.gone.is_none()) {
            known.insert(&standing.thing.id);
            known.extend(standing.thing.outputs.values().map(String::as_str));
        }
        let names_something = |text: &&&str| text.contains('~') && !text.contains(' ');
        match document.texts().iter().filter(names_something).find(|text| !known.contains(**text)) {
            Some(missing) => Err(refused(operation, format!("{missing} does not exist"))),
            None => Ok(()),
        }
    }

    /// Two segments of a network are two places.
    fn check_place(&self, operation: &str, kind: &str, document: &Document) -> Result<(), Fault> {
        let place = |document: &Document| Some((text(document, "network")?, text(document, "place")?));
        let Some(wanted) = place(document).filter(|_| kind == "model/segment") else { return Ok(()) };
        let mut others = self.standing.iter().filter(|standing| standing.thing.kind == kind);
        match others.find(|other| place(&other.thing.document).as_ref() == Some(&wanted)) {
            Some(other) => Err(refused(operation, format!("{} is there already", other.thing.id))),
            None => Ok(()),
        }
    }
}

impl Standing {
    /// What a reader sees.
    fn seen(&self, now: Instant) -> Option<Thing> {
        let mut thing = self.thing.clone();
        if now < self.seen.0 {
            let (document, tags) = self.seen.1.clone()?;
            thing.document = document;
            thing.tags = tags;
        }
        thing.state = match self.gone {
            Some(_) => State::Leaving,
            None if now < self.ready => State::Pending("being made or changed".to_owned()),
            None => State::Ready,
        };
        thing.document = thing.document.clone();
        Some(thing)
    }

    /// Readers see for a while what was before.
    fn remember(&mut self, now: Instant, lag: Duration) {
        let before = self.seen(now).map(|thing| (thing.document, thing.tags));
        self.seen = (now + lag, before);
    }

    fn holds(&self, id: &str) -> bool {
        let Thing { document, nature, .. } = &self.thing;
        nature.holds.iter().any(|field| text(document, field).as_deref() == Some(id))
    }
}

fn text(document: &Document, field: &str) -> Option<String> {
    document.field(field).and_then(Value::as_str).map(str::to_owned)
}
