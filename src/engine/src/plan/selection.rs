//! Which definitions and live resources a plan is about: `--target` and `--exclude`. Pure.

use std::collections::BTreeSet;

use super::change::Stop;
use super::options::{Goal, Options};
use crate::graph::{Graph, nearest};
use crate::live::Live;
use crate::model::Address;

/// Which definitions and live resources a plan is about.
pub(super) struct Selection<'a> {
    options: &'a Options,
    chosen: BTreeSet<Address>,
    left_out: BTreeSet<Address>,
}

impl<'a> Selection<'a> {
    /// What the options choose. A target brings what it needs, an exclusion what needs it; the other way round
    /// when everything is to go.
    pub(super) fn new(graph: &Graph, options: &'a Options) -> Selection<'a> {
        let named = |words: &[String]| -> Vec<Address> {
            let definitions = graph.definitions().iter();
            definitions
                .filter(|definition| selects(words, &definition.address, definition.schema.kind))
                .map(|definition| definition.address.clone())
                .collect()
        };
        let (target, exclude) = (named(&options.target), named(&options.exclude));
        let (chosen, left_out) = match options.goal {
            Goal::Converge => (graph.with_needs(target), graph.with_dependents(exclude)),
            Goal::Destroy => (graph.with_dependents(target), graph.with_needs(exclude)),
        };
        Selection { options, chosen, left_out }
    }

    /// True when the plan is about the definition at this address, or about a live resource that was there.
    pub(super) fn covers(&self, address: &Address, kind: &str) -> bool {
        let Options { target, exclude, .. } = self.options;
        let chosen = target.is_empty() || self.chosen.contains(address) || selects(target, address, kind);
        chosen && !self.left_out.contains(address) && !selects(exclude, address, kind)
    }
}

/// The definitions that a plan is about, where it is not about all of them. Everything that is to go is looked at whole.
pub fn selected(graph: &Graph, options: &Options) -> Option<BTreeSet<Address>> {
    let partial = !options.target.is_empty() || !options.exclude.is_empty();
    if !partial || options.goal == Goal::Destroy {
        return None;
    }
    let selection = Selection::new(graph, options);
    let covered = graph.definitions().iter().filter(|one| selection.covers(&one.address, one.schema.kind));
    Some(covered.map(|definition| definition.address.clone()).collect())
}

/// True when one of the words is the address, its stack, or the kind.
pub(super) fn selects(words: &[String], address: &Address, kind: &str) -> bool {
    words.iter().any(|word| *word == address.to_string() || word == address.stack() || word == kind)
}

/// The words that select nothing at all.
pub(super) fn unknown_words(graph: &Graph, lives: &[Live], options: &Options) -> Vec<Stop> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let code = graph.definitions().iter().map(|definition| (definition.address.clone(), definition.schema.kind));
    let live = lives.iter().filter_map(|live| Some((live.address()?, live.kind)));
    for (address, kind) in code.chain(live) {
        known.extend([address.to_string(), address.stack().to_owned(), kind.to_owned()]);
    }
    let adopted: Vec<String> = options.adopt.keys().map(ToString::to_string).collect();
    let words = [&options.target, &options.exclude, &options.replace, &options.rotate, &adopted].into_iter().flatten();
    let unknown = words.filter(|word| !known.contains(*word));
    unknown
        .map(|word| Stop::UnknownAddress {
            address: word.clone(),
            nearest: nearest(word, known.iter().map(String::as_str)).map(str::to_owned),
        })
        .collect()
}
