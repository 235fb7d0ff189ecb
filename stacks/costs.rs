//! What the environments cost, to the cent: the sums that were counted by hand, and why ours are others.

use infra_engine::graph::Graph;
use infra_operate::cost::{Estimate, Figures, Inventory, Money, PriceBook, Usage};

use crate::environment::Environment;
use crate::testing::{changed, definitions, environment};

fn estimate(environment: &Environment) -> Estimate {
    let graph = Graph::build(definitions(environment)).unwrap();
    Estimate::of(&Inventory::of_graph(&graph), &Usage::default(), PriceBook::of("us-east-1").unwrap())
}

/// The lines of resources whose address and whose words begin like this, added up.
fn lines(estimate: &Estimate, address: &str, what: &str) -> Figures {
    let of = estimate.resources.iter().filter(|resource| resource.address.starts_with(address));
    of.flat_map(|resource| &resource.lines).filter(|line| line.what.starts_with(what)).map(|line| line.figures).sum()
}

fn floor(estimate: &Estimate, address: &str, what: &str) -> String {
    lines(estimate, address, what).floor.known.to_string()
}

/// The services' tasks, without the pool of connections.
fn services(estimate: &Estimate) -> Figures {
    let pool = |address: &str| address.contains("pgbouncer");
    let of = estimate.resources.iter().filter(|resource| resource.kind == "ecs/service" && !pool(&resource.address));
    of.map(|resource| resource.figures).sum()
}

/// Production as the table was counted for: with one task at weekends where there are two, and one service of one task.
fn as_counted() -> Environment {
    changed(
        "prod",
        &[
            ("at = \"0 0 ? * SAT *\"\nfactor = 1", "at = \"0 0 ? * SAT *\"\nfactor = 0.5"),
            ("minimum = 2, desired = 2, maximum = 4", "minimum = 1, desired = 1, maximum = 4"),
        ],
    )
}

/// The lines of the table, each with where it is here.
const TABLE: [(&str, &str, &str, &str); 10] = [
    ("two tasks of the pool of connections", "cluster.pgbouncer-service", "", "$18.02"),
    ("three NAT gateways", "network.nat-", "NAT gateway", "$98.55"),
    ("their addresses", "network.nat-", "public IPv4", "$10.95"),
    ("the load balancer's addresses", "edge.", "public IPv4", "$10.95"),
    ("the load balancer", "edge.", "load balancer", "$16.43"),
    ("Postgres and its standby", "database.postgres", "machine and its standby", "$328.50"),
    ("its replica", "database.", "machine", "$492.75"),
    ("their disks", "database.", "disk", "$34.50"),
    ("three nodes of Redis", "cache.", "nodes", "$479.61"),
    ("the list of the firewall", "cdn.", "access control list", "$5.00"),
];

#[test]
fn production_as_it_was_counted_by_hand() {
    let counted = estimate(&as_counted());
    // 8 tasks at least over the week are 9.524, one is 1.357; each is 18.02005 dollars.
    assert_eq!(services(&counted).floor.known.to_string(), "$196.08");
    for (line, address, what, dollars) in TABLE {
        assert_eq!(floor(&counted, address, what), dollars, "{line}");
    }
    assert_eq!(floor(&counted, "workers.", "disks of the machines"), "$4.80");
    let sum: Money = [
        services(&counted),
        lines(&counted, "cluster.pgbouncer-service", ""),
        lines(&counted, "network.nat-", "NAT gateway"),
        lines(&counted, "network.", "public IPv4"),
        lines(&counted, "edge.", "public IPv4"),
        lines(&counted, "edge.", "load balancer"),
        lines(&counted, "database.", "machine"),
        lines(&counted, "database.", "disk"),
        lines(&counted, "cache.", "nodes"),
        lines(&counted, "cdn.", "access control list"),
        lines(&counted, "workers.", "disks of the machines"),
    ]
    .into_iter()
    .map(|figures| figures.floor.known)
    .sum();
    assert_eq!(sum.to_string(), "$1,367.63");
}

#[test]
fn production_at_most_as_it_was_counted_by_hand() {
    let counted = estimate(&as_counted());
    assert_eq!(services(&counted).ceiling.known.to_string(), "$684.76");
    assert_eq!(lines(&counted, "workers.", "spot machines").ceiling.known.to_string(), "$146.00");
    // The disks of both databases grow from 100 to 500 GiB: 400 × (0.23 + 0.115).
    let disks = lines(&counted, "database.", "disk");
    assert_eq!((disks.ceiling.known - disks.floor.known).to_string(), "$138.00");
}

/// What production has that the table does not count, each with why: what it adds to the floor, and to the ceiling.
const BESIDE: [(&str, &str, &str); 7] = [
    ("services: two tasks at weekends too, so that one zone may go down, and two of each", "48.48", "0"),
    ("firewall: two limits of addresses, three groups of AWS's rules", "5", "5"),
    ("secrets: of the cache, the database, the pool, and CloudFront's", "1.60", "1.60"),
    ("alarms that people are told by, 58 metrics", "5.80", "5.80"),
    ("the dashboard", "3", "3"),
    ("alarms that call the rules by steps, six metrics for each service", "3", "3"),
    ("alarms of tracking by requests and by business, two each; those of quick metrics have no price yet", "2", "2"),
];

#[test]
fn production_is_the_table_and_what_it_does_not_count() {
    let prod = estimate(&environment("prod"));
    let dollars = |text: &str| text.parse::<Money>().unwrap();
    let floor: Money = BESIDE.iter().map(|(_, floor, _)| dollars(floor)).sum();
    let ceiling: Money = BESIDE.iter().map(|(_, _, ceiling)| dollars(ceiling)).sum();
    let cent = |one: Money, other: Money| (one.cents() - other.cents()).abs() <= 1;
    assert!(cent(prod.total.floor.known, dollars("1367.63") + floor), "{:?}", prod.total.floor);
    assert!(cent(prod.total.ceiling.known, dollars("2140.31") + ceiling), "{:?}", prod.total.ceiling);
    assert_eq!(services(&prod).floor.known.to_string(), "$244.56");
    // Flow logs, access logs, the firewall's log and the buckets: by usage, and nothing until somebody says how much.
    let logs =
        prod.resources.iter().filter(|resource| ["logs/log-group", "s3/bucket"].contains(&resource.kind.as_str()));
    assert!(
        logs.clone().all(|resource| resource.figures.is_nothing() && !resource.lines.is_empty()) && logs.count() > 10
    );
    assert_eq!(prod.unknown_prices, ["cloudwatch.alarm.quick.month"]);
    assert_eq!(prod.total.floor.unknown, 10, "two policies of each service that follow quick metrics");
}

#[test]
fn the_stacks_of_every_environment_are_its_total() {
    let other = infra_cli::environment::parse(include_str!("../tests/environments/other.toml"), "other.toml", None);
    let other: Environment = other.unwrap_or_else(|problems| panic!("{problems}"));
    for environment in ["local", "dev", "staging", "prod"].map(environment).into_iter().chain([other]) {
        let estimate = estimate(&environment);
        assert_eq!(estimate.stacks.iter().map(|stack| stack.figures).sum::<Figures>(), estimate.total);
        assert!(estimate.resources.iter().all(|resource| resource.unknown.is_none()), "{}", environment.name);
        assert!(!estimate.total.floor.known.is_zero());
    }
}

#[test]
fn what_is_known_of_an_environment_that_is_not_ours() {
    let other = infra_cli::environment::parse(include_str!("../tests/environments/other.toml"), "other.toml", None);
    let estimate = estimate(&other.unwrap_or_else(|problems| panic!("{problems}")));
    // Three shards of two nodes of Valkey; its machine of Postgres has no price yet.
    assert_eq!(floor(&estimate, "cache.", "nodes"), "$767.38");
    assert!(estimate.unknown_prices.contains(&"rds.postgres.db.m6g.large.single.hour".to_owned()));
    // From four in the morning on three times the minimum, for ever: no schedule takes it back.
    let oven = estimate.resource("cluster.oven-service").unwrap();
    assert_eq!(oven.lines[0].quantity[0], "547.5", "three tasks of a quarter of a processor");
}
