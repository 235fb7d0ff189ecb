//! What others may change is theirs: a desired count, bounds that a schedule moves, the capacity of a fleet that is
//! scaled. It is no difference, a saved plan holds against it, and an apply leaves it as it is.

use serde_json::{Value, json};

use crate::support::{Inventory, Project, Run};

const COUNTED: &str = "shop-order-service";
const POOL: &str = "shop-pgbouncer";

/// Somebody else sets the desired count of a service.
fn count(project: &Project, service: &str, desired: u32) {
    let update = json!({"cluster": "shop-cluster", "service": service, "desiredCount": desired});
    project.client.ecs("UpdateService", &update);
}

/// Somebody else moves the bounds of a target: `service/…`, `spot-fleet-request/…`.
fn bound(project: &Project, resource: &str, bounds: &Value) {
    let (namespace, dimension) = match resource.starts_with("service/") {
        true => ("ecs", "ecs:service:DesiredCount"),
        false => ("ec2", "ec2:spot-fleet-request:TargetCapacity"),
    };
    let mut register = json!({"ServiceNamespace": namespace, "ScalableDimension": dimension, "ResourceId": resource});
    for (name, value) in bounds.as_object().unwrap() {
        register[name] = value.clone();
    }
    project.client.autoscaling("RegisterScalableTarget", &register);
}

/// Somebody else sets the capacity of a fleet.
fn fill(project: &Project, fleet: &str, capacity: u32) {
    let capacity = capacity.to_string();
    let modify = [("SpotFleetRequestId", fleet), ("TargetCapacity", capacity.as_str())];
    project.client.ec2("ModifySpotFleetRequest", &modify);
}

/// The only fleet of the account.
fn fleet(project: &Project) -> String {
    let fleets = project.client.ec2("DescribeSpotFleetRequests", &[]);
    let live = fleets.all("spotFleetRequestId");
    assert_eq!(live.len(), 1, "{live:?}");
    live[0].text.clone()
}

fn plan(project: &Project) -> Run {
    project.run(&["plan", "--env", "test", "--detailed-exitcode"])
}

/// The desired count of a service, the bounds of its target, the capacity of the fleet.
fn counted(project: &Project) -> (Value, Value, Value, Value) {
    let live = Inventory::of(&project.client);
    let target = live.one("scalable targets of ecs", "ResourceId", &format!("service/shop-cluster/{COUNTED}"));
    (
        live.one("services", "serviceName", COUNTED)["desiredCount"].clone(),
        target["MinCapacity"].clone(),
        target["MaxCapacity"].clone(),
        live.all("spot fleets")[0]["SpotFleetRequestConfig"]["TargetCapacity"].clone(),
    )
}

#[test]
fn what_an_owner_explains_is_no_difference_and_what_it_does_not_explain_is_one() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    let (fleet, target) = (fleet(&project), format!("service/shop-cluster/{COUNTED}"));
    let scaled = format!("spot-fleet-request/{fleet}");
    // The fleet has an owner too, whom this project knows nothing of.
    bound(&project, &scaled, &json!({"MinCapacity": 1, "MaxCapacity": 5}));

    // A plan of something else, which all of this must not spoil.
    project.set("insights", "\"enhanced\"");
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0).saying("0 to add, 1 to change, 0 to destroy");

    // Autoscaling counts tasks and machines, and business hours begin.
    count(&project, COUNTED, 2);
    bound(&project, &target, &json!({"MinCapacity": 2}));
    fill(&project, &fleet, 3);
    let run = project.run(&["apply", "a.plan", "--yes"]).ended(0);
    run.saying("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    let run = plan(&project).ended(0).saying("No changes.");
    run.saying("autoscaling").saying("a scheduled action");
    project.run(&["drift", "--env", "test", "--detailed-exitcode"]).ended(0);
    project.apply().ended(0).saying("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
    assert_eq!(counted(&project), (json!(2), json!(2), json!(2), json!(3)), "an apply leaves it as it was");

    // No schedule sets this maximum, nobody scales the pool, and the fleet is beyond its bounds.
    project.run(&["plan", "--env", "test", "--out", "b.plan"]).ended(0).saying("No changes.");
    bound(&project, &target, &json!({"MaxCapacity": 9}));
    count(&project, POOL, 4);
    fill(&project, &fleet, 7);
    let run = plan(&project).ended(2).saying("Plan: 0 to add, 3 to change, 0 to destroy.");
    let run = run.saying("scaling.order-service").saying("cluster.pgbouncer-service").saying("workers.fleet");
    run.not_saying("cluster.order-service-service ecs/service").not_saying("changed in the code");
    project.run(&["drift", "--env", "test"]).ended(0).saying("Drift: 3 resources changed outside of the code.");
    project.apply().ended(0).saying("0 added, 3 changed, 0 destroyed.");
    // What a schedule has moved stays, what nobody explains is put back.
    assert_eq!(counted(&project), (json!(2), json!(2), json!(2), json!(1)));
    plan(&project).ended(0).saying("No changes.");
}

#[test]
fn other_bounds_in_the_code_count_at_once_though_a_schedule_explains_those_that_stand() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    // What stands is what the evening's action sets, until this very apply changes the action as well.
    project.set("count", "{ minimum = 2, desired = 2, maximum = 4 }");
    project.apply().ended(0);
    let (_, minimum, maximum, _) = counted(&project);
    assert_eq!((minimum, maximum), (json!(2), json!(4)));
    plan(&project).ended(0).saying("No changes.");
}

#[test]
fn a_saved_plan_is_refused_when_more_than_an_owners_has_moved() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    project.set("insights", "\"enhanced\"");
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0);
    bound(&project, &format!("service/shop-cluster/{COUNTED}"), &json!({"MaxCapacity": 9}));
    let run = project.run(&["apply", "a.plan", "--yes"]).ended(1);
    run.saying("changed in AWS: ").saying("autoscaling/scalable-target service/shop-cluster/shop-order-service");
}
