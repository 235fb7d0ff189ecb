//! Random platforms of the model's kinds: each is decoded from a few bytes, so that it shrinks to less and less.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use infra_engine::model::{Definition, Handle, Secret, Stack};
use infra_testkit::cloud::kinds::{Alarm, Gate, Network, Pool, Rules, Segment, Slow};
use infra_testkit::session::definitions;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// What a platform is decoded from.
#[derive(Clone)]
pub struct Genes(Vec<u8>);

impl fmt::Debug for Genes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for definition in platform(self, None) {
            write!(f, "\n{} {:?}", definition.address, definition.document)?;
        }
        Ok(())
    }
}

const THINGS: usize = 17;
const EACH: usize = 6;

/// The genes of any platform.
pub fn genes() -> impl Strategy<Value = Genes> {
    vec(0_u8..8, THINGS * EACH + 2).prop_map(Genes)
}

/// A platform's genes and those of what becomes of it: some are others.
pub fn two_versions() -> impl Strategy<Value = (Genes, Genes)> {
    (genes(), genes(), vec(0_u8..4, THINGS * EACH + 2)).prop_map(|(first, other, keep)| {
        let mix = first.0.iter().zip(&other.0).zip(&keep);
        let second = mix.map(|((first, other), keep)| if *keep == 0 { *other } else { *first }).collect();
        (first, Genes(second))
    })
}

/// The genes of one thing.
#[derive(Clone, Copy)]
struct Gene<'a>(&'a [u8]);

impl Gene<'_> {
    fn is_there(self) -> bool {
        self.0[0] > 1
    }

    fn is_renamed(self) -> bool {
        self.0[1] > 5
    }

    fn link(self) -> usize {
        self.0[2].into()
    }

    fn number(self) -> u32 {
        (self.0[3] / 3).into()
    }

    fn flag(self) -> bool {
        self.0[4] > 3
    }

    fn bits(self) -> u8 {
        self.0[5]
    }
}

/// The definitions of a platform. Things that were there before under another name are renamed from it.
pub fn platform(genes: &Genes, before: Option<&Genes>) -> Vec<Definition> {
    definitions(|platform| {
        let stack = platform.stack("random");
        let (turn, shift): (usize, usize) = (genes.0[THINGS * EACH].into(), genes.0[THINGS * EACH + 1].into());
        Decoder { genes, before, stack }.decode(turn, shift);
    })
}

struct Decoder<'a> {
    genes: &'a Genes,
    before: Option<&'a Genes>,
    stack: Stack,
}

impl Decoder<'_> {
    fn decode(&mut self, turn: usize, shift: usize) {
        let networks: Vec<_> = (0..3).filter_map(|i| self.network(i)).collect();
        let segments: Vec<_> = (0..4).filter_map(|i| self.segment(i, (i + shift) % 4, &networks)).collect();
        let mut gates: Vec<(usize, Handle<Gate>)> = Vec::new();
        for i in 0..3 {
            gates.extend(self.gate(i, (i + turn) % 3, &networks, &segments).map(|gate| (i, gate)));
        }
        for i in 0..3 {
            self.rules(i, &gates);
        }
        let slows: Vec<_> = (0..2).filter_map(|i| self.slow(i, &segments)).collect();
        self.pool(&gates);
        self.alarm(&slows);
    }

    fn gene(&self, place: usize) -> Option<Gene<'_>> {
        Some(Gene(&self.genes.0[place * EACH..(place + 1) * EACH])).filter(|gene| gene.is_there())
    }

    /// Adds a thing under the name that its gene gives it now.
    fn add<R: infra_engine::model::Resource>(&mut self, place: usize, name: &str, definition: R) -> Handle<R> {
        let named = |gene: Gene<'_>| if gene.is_renamed() { format!("{name}-renamed") } else { name.to_owned() };
        let before = self.before.map(|genes| Gene(&genes.0[place * EACH..(place + 1) * EACH]));
        let before = before.filter(|gene| gene.is_there()).map(named);
        let now = named(Gene(&self.genes.0[place * EACH..(place + 1) * EACH]));
        let handle = self.stack.add(&now, definition);
        match before.filter(|before| *before != now) {
            Some(before) => handle.renamed_from(&before),
            None => handle,
        }
    }

    fn network(&mut self, i: usize) -> Option<Handle<Network>> {
        let gene = self.gene(i)?;
        let peer = gene.flag().then(|| "peer".to_owned());
        let network = Network { range: format!("10.{}.0.0/16", gene.number()), peer, names: gene.bits() > 3 };
        Some(self.add(i, &format!("network-{i}"), network))
    }

    fn segment(&mut self, i: usize, at: usize, networks: &[Handle<Network>]) -> Option<Handle<Segment>> {
        let gene = self.gene(3 + i)?;
        let network = networks.get(gene.link() % networks.len().max(1))?.id();
        let zone = if gene.flag() { "a" } else { "b" };
        let segment = Segment { network, place: format!("p{at}"), zone: zone.to_owned(), public: gene.bits() > 3 };
        Some(self.add(3 + i, &format!("segment-{i}"), segment))
    }

    fn gate(
        &mut self,
        i: usize,
        name: usize,
        networks: &[Handle<Network>],
        segments: &[Handle<Segment>],
    ) -> Option<Handle<Gate>> {
        let gene = self.gene(7 + i)?;
        let chosen = segments.iter().enumerate().filter(|(at, _)| gene.bits() >> at & 1 == 1);
        let gate = Gate {
            name: format!("g{name}"),
            network: networks.get(gene.link() % networks.len().max(1))?.id(),
            segments: chosen.map(|(_, segment)| segment.id()).collect(),
            sign: gene.flag().then(|| "sign".to_owned()),
            width: gene.number(),
            barred: false,
        };
        Some(self.add(7 + i, &format!("gate-{i}"), gate))
    }

    fn rules(&mut self, i: usize, gates: &[(usize, Handle<Gate>)]) -> Option<Handle<Rules>> {
        let gene = self.gene(10 + i)?;
        let gate = gates.iter().find(|(of, _)| *of == i)?.1.id();
        let callers = gates.iter().filter(|(at, _)| gene.bits() >> at & 1 == 1).map(|(_, gate)| gate.id()).collect();
        let ports = BTreeSet::from([80, 8000 + gene.number() as u16]);
        Some(self.add(10 + i, &format!("rules-{i}"), Rules { gate, ports, callers }))
    }

    fn slow(&mut self, i: usize, segments: &[Handle<Segment>]) -> Option<Handle<Slow>> {
        let gene = self.gene(13 + i)?;
        let segment = segments.get(gene.link() % segments.len().max(1))?.id();
        let name = if gene.flag() { format!("slow-{i}") } else { format!("slower-{i}") };
        Some(self.add(13 + i, &format!("slow-{i}"), Slow { name, segment, size: gene.number() }))
    }

    fn pool(&mut self, gates: &[(usize, Handle<Gate>)]) -> Option<Handle<Pool>> {
        let gene = self.gene(15)?;
        let listens = gates.get(gene.link()).map(|(_, gate)| gate.output(Gate::ADDRESS));
        let pool = Pool {
            name: "pool".to_owned(),
            workers: 1,
            first: 1,
            password: Secret::new("secret"),
            script: format!("line\n{}\n", gene.number()),
            policy: json!({"b": gene.bits(), "a": [1]}),
            zones: (0..3).filter(|bit| gene.bits() >> bit & 1 == 1).map(|bit| format!("z{bit}")).collect(),
            settings: BTreeMap::from([("flag".to_owned(), gene.flag().to_string())]),
            listens,
        };
        Some(self.add(15, "pool", pool))
    }

    fn alarm(&mut self, slows: &[Handle<Slow>]) -> Option<Handle<Alarm>> {
        let gene = self.gene(16)?;
        let watches = slows.get(gene.link() % slows.len().max(1))?.output(Slow::ENDPOINT);
        Some(self.add(16, "alarm", Alarm { name: "alarm".to_owned(), watches, volume: gene.number() }))
    }
}
