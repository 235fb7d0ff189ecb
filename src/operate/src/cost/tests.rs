//! Laws of every estimate and every difference, on platforms drawn by chance.

use infra_aws::autoscaling::{ScalableTarget, ScheduledAction, Suspended};
use infra_aws::ec2::{ElasticIp, NatGateway, Reach};
use infra_aws::ecs::{
    Architecture, Breaker, Capacity, Connect, Count, Fargate, Propagation, Rollout, Service, TaskDefinition,
};
use infra_aws::elasticache::{AtRest, Engine, Failover, InTransit, Mode, ReplicationGroup};
use infra_aws::lambda::Function;
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::secretsmanager::{self, Secret};
use infra_engine::model::{Document, Ref, Resource};
use infra_values::TimeZone;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn item<R: Resource>(address: &str, definition: &R) -> Item {
    let document = Document::of(definition).unwrap();
    Item { address: address.into(), kind: R::SCHEMA.kind.into(), document, known_as: Default::default() }
}

fn raw(address: &str, kind: &str, definition: serde_json::Value) -> Item {
    let document = Document::from_value(definition);
    Item { address: address.into(), kind: kind.into(), document, known_as: Default::default() }
}

fn book() -> &'static PriceBook {
    PriceBook::of("us-east-1").unwrap()
}

fn estimate(items: Vec<Item>) -> Estimate {
    Estimate::of(&Inventory::new(items), &Usage::default(), book())
}

/// A service of so many tasks at least and at most, with the number of processors, and perhaps a schedule.
fn service(name: &str, bounds: (u32, u32), size: Fargate, night: Option<u32>) -> Vec<Item> {
    let service = format!("app.{name}");
    let task = TaskDefinition {
        family: name.into(),
        size,
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: None,
        containers: Default::default(),
        volumes: Default::default(),
    };
    let target = format!("{service}-target");
    let definition = Service {
        cluster: Ref::known("shop"),
        name: name.into(),
        task: Ref::output(format!("{service}-task").parse().unwrap(), "id"),
        count: Count::Autoscaled { from: bounds.0 },
        capacity: Capacity::Fargate,
        subnets: Default::default(),
        security_groups: Default::default(),
        public_ips: false,
        load_balancers: Default::default(),
        grace: 0,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: false,
        propagate_tags: Propagation::Service,
        connect: Connect::Off,
        rebalances: true,
        quick_metrics: false,
    };
    let scaled = ScalableTarget {
        resource: Ref::output(service.parse().unwrap(), "scalable"),
        minimum: bounds.0,
        maximum: bounds.1,
        suspended: Suspended::default(),
    };
    let at_night = night.map(|minimum| ScheduledAction {
        target: Ref::output(target.parse().unwrap(), "id"),
        name: "night".into(),
        schedule: "cron(0 20 * * ? *)".parse().unwrap(),
        zone: TimeZone::UTC,
        start: None,
        end: None,
        minimum: Some(minimum),
        maximum: None,
    });
    let mut items = vec![item(&format!("{service}-task"), &task), item(&service, &definition), item(&target, &scaled)];
    items.extend(at_night.map(|action| item(&format!("{service}-night"), &action)));
    items
}

fn cache(nodes: u8, node: &str) -> Item {
    let group = ReplicationGroup {
        name: "shop".into(),
        description: String::new(),
        engine: Engine::Redis(7, 1),
        node: node.parse().unwrap(),
        mode: Mode::SingleShard,
        shards: 1,
        replicas: nodes - 1,
        failover: Failover::Off,
        port: 6379,
        subnets: Ref::known("a"),
        parameters: Ref::known("b"),
        security_groups: Default::default(),
        at_rest: AtRest::Off,
        in_transit: InTransit::Off,
        token: None,
        snapshots_kept: 0,
        minor_upgrades: true,
        logs: Default::default(),
    };
    item("data.cache", &group)
}

fn nat(zone: char) -> Vec<Item> {
    let address = format!("net.ip-{zone}");
    let reach = Reach::Public(Ref::output(address.parse().unwrap(), "id"));
    vec![
        item(&address, &ElasticIp {}),
        item(&format!("net.nat-{zone}"), &NatGateway { subnet: Ref::known("s"), reach }),
    ]
}

/// What is in a platform.
#[derive(Clone, Debug)]
struct Drawn {
    zones: usize,
    services: Vec<(u32, u32, bool, Option<u32>)>,
    cache: Option<(u8, usize)>,
    secrets: usize,
}

/// The last one has no price in the book.
const NODES: [&str; 3] = ["cache.r7g.large", "cache.t4g.micro", "cache.r9g.large"];

fn items(drawn: &Drawn) -> Vec<Item> {
    let mut all: Vec<Item> = ['a', 'b', 'c'].into_iter().take(drawn.zones).flat_map(nat).collect();
    for (position, (minimum, more, large, night)) in drawn.services.iter().enumerate() {
        let size = Fargate::of(if *large { 1024 } else { 256 }, if *large { 2048 } else { 512 }).unwrap();
        all.extend(service(&format!("s{position}"), (*minimum, minimum + more), size, *night));
    }
    all.extend(drawn.cache.map(|(nodes, node)| cache(nodes, NODES[node])));
    let secret = |number: usize| {
        let value = secretsmanager::Value::WrittenElsewhere;
        let secret = Secret { name: format!("s{number}"), description: String::new(), key: None, value };
        item(&format!("app.secret-{number}"), &secret)
    };
    all.extend((0..drawn.secrets).map(secret));
    all
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let service = (0..5_u32, 0..9_u32, any::<bool>(), prop::option::of(0..9_u32));
    let cache = prop::option::of((1..6_u8, 0..NODES.len()));
    (0..4_usize, prop::collection::vec(service, 0..4), cache, 0..4_usize)
        .prop_map(|(zones, services, cache, secrets)| Drawn { zones, services, cache, secrets })
}

fn each(figures: Figures) -> [Sum; 3] {
    [figures.floor, figures.expected, figures.ceiling]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_stacks_are_the_total_and_the_floor_is_below_the_ceiling(drawn in drawn()) {
        let estimate = estimate(items(&drawn));
        prop_assert!(estimate.resources.iter().all(|resource| resource.unknown.is_none()), "{:?}", estimate.resources);
        prop_assert_eq!(estimate.stacks.iter().map(|stack| stack.figures).sum::<Figures>(), estimate.total);
        let [floor, expected, ceiling] = each(estimate.total);
        prop_assert!(floor.known <= expected.known && expected.known <= ceiling.known);
    }

    #[test]
    fn the_difference_is_after_less_before_whatever_is_made_changed_replaced_and_deleted(before in drawn(), after in drawn()) {
        let (before, after) = (estimate(items(&before)), estimate(items(&after)));
        let difference = Difference::between(&before, &after);
        let sides = [before.total, after.total, difference.difference].map(each);
        for ((before, after), difference) in sides[0].into_iter().zip(sides[1]).zip(sides[2]) {
            prop_assert_eq!(after.known - before.known, difference.known);
        }
        for change in &difference.changes {
            let sides = [change.before, change.after, change.difference].map(each);
            for ((before, after), difference) in sides[0].into_iter().zip(sides[1]).zip(sides[2]) {
                prop_assert_eq!(after.known - before.known, difference.known);
                prop_assert!(difference.unknown <= before.unknown + after.unknown);
            }
        }
        let moved: Figures = difference.changes.iter().map(|change| change.difference).sum();
        prop_assert_eq!(moved, difference.difference);
        let back = Difference::between(&after, &before);
        prop_assert_eq!(back.difference.expected.known, -difference.difference.expected.known);
        prop_assert!(Difference::between(&before, &before).changes.is_empty());
    }

    #[test]
    fn twice_as_many_cost_twice_as_much(nodes in 1..3_u8, tasks in 1..40_u32) {
        let floor = |items: Vec<Item>| estimate(items).total.floor.known;
        let once = floor(vec![cache(nodes, NODES[0])]);
        prop_assert_eq!(floor(vec![cache(nodes * 2, NODES[0])]), once + once);
        let size = Fargate::of(512, 1024).unwrap();
        let once = floor(service("web", (tasks, tasks), size, None));
        prop_assert_eq!(floor(service("web", (tasks * 2, tasks * 2), size, None)), once + once);
    }
}

#[test]
fn a_service_costs_more_when_its_target_changes_and_not_itself() {
    let size = Fargate::of(512, 1024).unwrap();
    let (before, after) = (estimate(service("web", (2, 4), size, None)), estimate(service("web", (4, 4), size, None)));
    let difference = Difference::between(&before, &after);
    let addresses: Vec<&str> = difference.changes.iter().map(|change| change.address.as_str()).collect();
    assert_eq!(addresses, ["app.web"]);
    assert_eq!(difference.difference.floor.known.to_string(), "$36.04");
}

#[test]
fn an_unknown_price_is_unknown_and_no_difference_hides_it() {
    let unknown = estimate(vec![cache(2, NODES[2])]);
    assert_eq!(unknown.total.floor, Sum { known: Money::ZERO, unknown: 1 });
    assert_eq!(unknown.total.floor.to_string(), "unknown");
    assert_eq!(unknown.unknown_prices, ["elasticache.redis.cache.r9g.large.hour"]);
    let more = estimate(vec![cache(3, NODES[2])]);
    let difference = Difference::between(&unknown, &more);
    assert_eq!(difference.difference.floor.short_signed(), "?");
    assert!(Difference::between(&unknown, &unknown).changes.is_empty());
}

#[test]
fn what_only_usage_tells_has_a_floor_of_nought_and_says_which_key_would_tell() {
    let group = LogGroup { name: "/a".into(), class: Class::Standard, retention: Retention::Days30, key: None };
    let items = || Inventory::new(vec![item("app.logs", &group)]);
    let without = Estimate::of(&items(), &Usage::default(), book());
    assert!(without.total.is_nothing() && without.unknown_prices.is_empty());
    let keys: Vec<&str> = without.by_usage().filter_map(|(_, line)| line.by_usage.as_deref()).collect();
    assert_eq!(keys, ["gb_written_per_month", "gb_kept"]);
    let mut usage = Usage::default();
    usage.set("logs/log-group", "gb_written_per_month", Fraction::whole(10));
    let with = Estimate::of(&items(), &usage, book());
    assert_eq!((with.total.floor.known, with.total.expected.known.to_string()), (Money::ZERO, "$5.00".into()));
}

#[test]
fn a_live_resource_is_found_by_what_it_is_known_as() {
    let size = Fargate::of(512, 1024).unwrap();
    let mut items = service("web", (3, 3), size, None);
    items[0].known_as.insert("id".into(), "arn:task:7".into());
    items[1].known_as.insert("scalable".into(), "service/shop/web".into());
    items[1].document.set_field("task", json!("arn:task:7"));
    items[2].document.set_field("resource", json!("service/shop/web"));
    assert_eq!(estimate(items).total.floor.known.to_string(), "$54.06");
}

#[test]
fn a_resource_that_reads_otherwise_is_unknown() {
    let odd = estimate(vec![raw("app.odd", "ecs/service", json!({ "name": 7 })), raw("app.new", "no/kind", json!({}))]);
    assert!(odd.resources.iter().all(|resource| resource.unknown.is_some()));
    assert_eq!(odd.total.floor.unknown, 2);
}

#[test]
fn every_usage_key_names_its_unit_and_no_kind_has_one_twice() {
    for (kind, keys) in costs_of_kinds() {
        let mut names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), keys.len(), "{kind}");
        assert!(keys.iter().all(|key| key.about.ends_with('.')), "{kind}");
    }
    assert!(costs_of_kinds().any(|(kind, _)| kind == Function::SCHEMA.kind));
}
