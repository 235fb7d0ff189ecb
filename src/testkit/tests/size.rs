//! Ten times the platform costs ten times: planning is never more than a little above linear.

#![expect(clippy::unwrap_used, reason = "what is made up here is as it is made up")]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use infra_engine::graph::Graph;
use infra_engine::live::{Live, Registry, State, natural_key};
use infra_engine::model::{Address, Definition, Entry, Ledger, Owner, Ownership, Reference, Tags, keys};
use infra_engine::plan::{Options, Plan, Spec, Work, plan};
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::{Alarm, Gate, Network, Rules, Segment, Slow};
use infra_testkit::session::definitions;

fn platform(size: usize) -> Vec<Definition> {
    definitions(|platform| {
        let stack = &mut platform.stack("size");
        for i in 0..size {
            let network =
                stack.add(format!("network-{i}"), Network { range: "10.0.0.0/16".into(), peer: None, names: false });
            let segment = stack.add(
                format!("segment-{i}"),
                Segment { network: network.id(), place: "p0".into(), zone: "b".into(), public: false },
            );
            let gate = stack.add(
                format!("gate-{i}"),
                Gate {
                    name: format!("g{i}"),
                    network: network.id(),
                    segments: [segment.id()].into(),
                    sign: None,
                    width: 0,
                },
            );
            stack.add(format!("rules-{i}"), Rules { gate: gate.id(), ports: [80].into(), callers: [].into() });
            let slow = stack.add(format!("slow-{i}"), Slow { name: format!("s{i}"), segment: segment.id(), size: 0 });
            stack.add(
                format!("alarm-{i}"),
                Alarm { name: format!("a{i}"), watches: slow.output(Slow::ENDPOINT), volume: 0 },
            );
        }
    })
}

/// What is live when a platform stands, and the ledger of it, without a cloud that is slow itself.
fn standing(graph: &Graph, created: &Plan) -> (Vec<Live>, Ledger) {
    let tags_of: BTreeMap<&Address, &Tags> = created
        .steps
        .iter()
        .filter_map(|step| match &step.work {
            Work::Create { tags, .. } => Some((&step.address, tags)),
            _ => None,
        })
        .collect();
    let mut outputs: BTreeMap<Reference, String> = BTreeMap::new();
    let (mut lives, mut ledger) = (Vec::new(), Ledger::default());
    for (number, definition) in graph.definitions().iter().enumerate() {
        let document = definition.document.resolve(&|reference| outputs.get(reference).cloned());
        let (schema, address) = (definition.schema, &definition.address);
        let key = natural_key(schema, &document);
        let id = match schema.ownership {
            Ownership::Parent { field, .. } => document.field(field).unwrap().as_str().unwrap().to_owned(),
            Ownership::Tags | Ownership::Shared => format!("{}~{number:06}", schema.kind),
        };
        let others: BTreeMap<String, String> = schema
            .outputs
            .iter()
            .map(|output| (output.name.to_owned(), format!("{}-{number:06}", output.name)))
            .collect();
        let all = others.iter().map(|(name, value)| (name.clone(), value.clone()));
        for (output, value) in all.chain([("id".to_owned(), id.clone())]) {
            outputs.insert(Reference { address: address.clone(), output }, value);
        }
        let mut tags = tags_of[address].clone();
        let spec = Spec::of(schema, &document, &tags).to_string();
        let name = match schema.ownership {
            Ownership::Parent { .. } => {
                tags.clear();
                key.clone().unwrap()
            }
            Ownership::Tags | Ownership::Shared => {
                tags.insert(keys::SPEC.to_owned(), spec.clone());
                id.clone()
            }
        };
        ledger.note(Entry { spec: Some(spec), ..Entry::new(schema.kind, name, address.clone(), "run") });
        lives.push(Live {
            kind: schema.kind,
            id,
            key,
            document,
            outputs: others,
            tags,
            state: State::Ready,
            others: Vec::new(),
            awaited: Default::default(),
        });
    }
    (lives, ledger)
}

/// What planning costs for a platform of a size, in time of this thread alone: of three times, the shortest.
fn cost(size: usize, registry: &Registry) -> BTreeMap<&'static str, Duration> {
    let owner: Owner = "shop/test".parse().unwrap();
    let (converge, destroy) = (Options::converge(owner.clone()), Options::destroy(owner));
    let graph = Graph::build(platform(size)).unwrap();
    let create = || plan(&graph, &[], &Ledger::default(), registry, &converge);
    let (lives, ledger) = standing(&graph, &create());
    let nothing = || plan(&graph, &lives, &ledger, registry, &converge);
    let all_gone = || plan(&graph, &lives, &ledger, registry, &destroy);
    assert_eq!((nothing().changes.len(), all_gone().changes.len()), (0, lives.len()));
    BTreeMap::from([
        ("joining", shortest(|| Graph::build(platform(size)))),
        ("nothing to do", shortest(nothing)),
        ("everything new", shortest(create)),
        ("everything gone", shortest(all_gone)),
    ])
}

fn shortest<T>(work: impl Fn() -> T) -> Duration {
    let took = |times: u32| {
        let began = worked();
        for _ in 0..times {
            drop(work());
        }
        worked() - began
    };
    // The system counts in ticks of a few milliseconds: what is short is done more often.
    let mut times = 1;
    while took(times) < Duration::from_millis(100) {
        times *= 2;
    }
    (0..3).map(|_| took(times) / times).min().unwrap()
}

/// How long this thread has been at work: what others do on the machine meanwhile does not count, where the system tells.
fn worked() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

#[test]
fn ten_times_the_platform_costs_little_more_than_ten_times() {
    let registry = ModelCloud::new().registry();
    let (small, large) = (cost(20, &registry), cost(200, &registry));
    for (what, large) in large {
        // With the square of the size it would be a hundred times; a busy machine spoils caches.
        let times = large.as_secs_f64() / small[what].as_secs_f64();
        assert!(times < 35.0, "{what}: {times:.0} times, {large:?}");
    }
}
