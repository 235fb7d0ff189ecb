//! What is handed over from one definition to another is served all the while: nothing lets go before its taker has it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Call, Project, Treatment};

/// Every change of a network takes a while, as on AWS; a NAT gateway takes longest.
fn slow(call: &Call) -> Treatment {
    match call.operation.as_str() {
        "CreateNatGateway" => Treatment::Delay(Duration::from_millis(1500)),
        _ if call.changes && call.service == "ec2" => Treatment::Delay(Duration::from_millis(100)),
        _ => Treatment::Pass,
    }
}

/// The subnets that follow a table with a way out, by what that table says.
fn subnets_with_a_way_out(project: &Project) -> BTreeSet<String> {
    let tables = project.client.ec2("DescribeRouteTables", &[]);
    let sets = tables.all("routeTableSet");
    let tables = sets.iter().flat_map(|set| &set.children).filter(|table| {
        let routes = table.all("routeSet").into_iter().flat_map(|set| &set.children);
        routes.into_iter().any(|route| route.first("destinationCidrBlock") == Some("0.0.0.0/0"))
    });
    let followers = tables.flat_map(|table| table.all("subnetId"));
    followers.map(|subnet| subnet.text.clone()).collect()
}

/// Applies while somebody looks all the time which subnets have no way out. Gives those that ever had none.
fn ever_without_a_way_out(project: &Project) -> BTreeSet<String> {
    let before = subnets_with_a_way_out(project);
    assert_eq!(before.len(), 4, "two public subnets and two private ones");
    project.proxy.treat(slow);
    let done = Arc::new(AtomicBool::new(false));
    let lost = thread::scope(|scope| {
        let (done, before) = (Arc::clone(&done), &before);
        let looking = {
            let done = Arc::clone(&done);
            scope.spawn(move || {
                let mut lost = BTreeSet::new();
                while !done.load(Ordering::Acquire) {
                    lost.extend(before.difference(&subnets_with_a_way_out(project)).cloned());
                    thread::sleep(Duration::from_millis(20));
                }
                lost
            })
        };
        project.apply().ended(0);
        done.store(true, Ordering::Release);
        looking.join().unwrap()
    });
    project.proxy.pass();
    project.plan().ended(0).saying("No changes.");
    assert_eq!(subnets_with_a_way_out(project), before);
    lost
}

#[test]
fn from_one_nat_gateway_to_one_for_each_zone_and_back_every_subnet_has_a_way_out() {
    let project = Project::new();
    project.set("nat", "\"one\"");
    project.apply().ended(0);
    for nat in ["\"each-zone\"", "\"one\""] {
        project.set("nat", nat);
        assert_eq!(ever_without_a_way_out(&project), BTreeSet::new(), "on the way to nat = {nat}");
    }
}
