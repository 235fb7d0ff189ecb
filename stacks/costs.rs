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

#[test]
fn what_the_table_does_not_count() {
    let (prod, counted) = (estimate(&environment("prod")), estimate(&as_counted()));
    for resource in prod
        .resources
        .iter()
        .filter(|resource| !resource.figures.floor.known.is_zero() || resource.figures.floor.unknown > 0)
    {
        println!(
            "{} {} {} {} {}",
            resource.address,
            resource.kind,
            resource.figures.floor.short(),
            resource.figures.expected.short(),
            resource.figures.ceiling.short()
        );
    }
    for s in &prod.stacks {
        println!("{s:?}");
    }
    println!("{:?} {:?}", prod.total, counted.total);
    println!("{:?} {:?} {:?}", prod.seasons, prod.unknown_prices, prod.unverified);
    println!("{}", services(&prod).floor.known);
}
