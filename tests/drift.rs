//! What somebody changes outside is shown as such, what it was and what it is, and put back.

use serde_json::{Value, json};

use crate::support::{Project, difference, snapshot};

/// The planned change of an address, as `--json` tells it.
fn change_of(lines: &[Value], address: &str) -> Value {
    let of_address = |line: &&Value| line["change"]["address"] == address;
    lines.iter().find(of_address).map(|line| line["change"].clone()).unwrap_or_default()
}

/// The field of a change.
fn field(change: &Value, path: &str) -> Value {
    let fields = change["fields"].as_array().into_iter().flatten();
    fields.into_iter().find(|field| field["path"] == path).cloned().unwrap_or_default()
}

#[test]
fn what_was_changed_outside_is_told_apart_from_the_code_and_put_back() {
    let project = Project::new();
    project.apply().ended(0);
    let applied = snapshot(&project.client);
    let client = &project.client;

    let vpc = client.id("network.vpc");
    client.ec2("CreateTags", &[("ResourceId.1", &vpc), ("Tag.1.Key", "Project"), ("Tag.1.Value", "hijacked")]);
    let group = client.id("network.redis");
    let open = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "22"),
        ("IpPermissions.1.ToPort", "22"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    client.ec2("AuthorizeSecurityGroupIngress", &open);
    client.logs("PutRetentionPolicy", &json!({"logGroupName": "/ecs/shop/user-service", "retentionInDays": 7}));
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let policy = [("RoleName", "shop-order-service-task"), ("PolicyName", "metrics"), ("PolicyDocument", all)];
    client.iam("PutRolePolicy", &policy);
    let (table, gateway) = (client.id("network.private"), client.id("network.igw"));
    let route =
        [("RouteTableId", table.as_str()), ("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", gateway.as_str())];
    client.ec2("ReplaceRoute", &route);

    let run = project.run(&["plan", "--env", "test", "--json", "--detailed-exitcode"]).ended(2);
    let lines = run.lines();
    let addresses = [
        "cluster.order-service-task",
        "cluster.user-service-logs",
        "network.private",
        "network.redis-rules",
        "network.vpc",
    ];
    for address in addresses {
        let change = change_of(&lines, address);
        assert_eq!(change["reasons"], json!(["changed outside (drift)"]), "{address}: {change}\n{run}");
        assert_eq!(change["action"], "update", "{address}: {change}");
    }
    assert_eq!(lines.iter().filter(|line| line["type"] == "planned_change").count(), addresses.len(), "{run}");
    let retention = field(&change_of(&lines, "cluster.user-service-logs"), "retention");
    assert_eq!((&retention["before"]["known"], &retention["after"]["known"]), (&json!(7), &json!(30)));
    assert_eq!(retention["cause"], "drift");
    let tag = &change_of(&lines, "network.vpc")["tags"][0];
    assert_eq!(*tag, json!({"key": "Project", "before": "hijacked", "after": "shop", "cause": "drift"}));

    project.plan().ended(0).saying("drifted: was 30, is 7").not_saying("changed in the code");
    let drift = project.run(&["drift", "--env", "test", "--detailed-exitcode"]).ended(2);
    drift.saying("Drift: 5 resources changed outside of the code.");
    project.apply().ended(0).saying("Apply complete! Resources: 0 added, 5 changed, 0 destroyed.");
    assert_eq!(difference(&applied, &snapshot(&project.client)), "", "all of it is as it was applied");
    project.run(&["drift", "--env", "test", "--detailed-exitcode"]).ended(0);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn what_somebody_deleted_is_made_again() {
    let project = Project::new();
    project.apply().ended(0);
    let applied = snapshot(&project.client);
    project.client.logs("DeleteLogGroup", &json!({"logGroupName": "/ecs/shop/user-service"}));
    let table = project.client.id("network.public");
    let route = [("RouteTableId", table.as_str()), ("DestinationCidrBlock", "0.0.0.0/0")];
    project.client.ec2("DeleteRoute", &route);
    let drift = project.run(&["drift", "--env", "test", "--detailed-exitcode"]).ended(2);
    drift.saying("cluster.user-service-logs").saying("was deleted outside");
    // The role that names the log group changes with it: the group's ARN is only known when it is there.
    project.plan().ended(0).saying("Plan: 1 to add, 2 to change, 0 to destroy.");
    project.apply().ended(0);
    assert_eq!(difference(&applied, &snapshot(&project.client)), "");
}

#[test]
fn a_tag_that_somebody_has_taken_is_drift_although_no_field_differs() {
    let project = Project::new();
    project.apply().ended(0);
    let vpc = project.client.id("network.vpc");
    project.client.ec2("DeleteTags", &[("ResourceId.1", &vpc), ("Tag.1.Key", "infra:owner")]);
    let drift = project.run(&["drift", "--env", "test", "--detailed-exitcode"]).ended(2);
    drift.saying("has lost its `infra:owner` tag").saying("infra adopt network.vpc").not_saying("No drift");
    let lines = project.run(&["drift", "--env", "test", "--json"]).ended(0).lines();
    let told = |line: &&Value| line["type"] == "resource_drift" && line["outside"]["about"] == "lost_tag";
    assert_eq!(lines.iter().filter(told).count(), 1, "{lines:#?}");
}

#[test]
fn the_code_and_the_world_moving_at_once_are_told_apart() {
    let project = Project::new();
    project.apply().ended(0);
    project.client.logs("PutRetentionPolicy", &json!({"logGroupName": "/ecs/shop/user-service", "retentionInDays": 7}));
    project.set("insights", "\"enhanced\"");
    let run = project.run(&["plan", "--env", "test", "--json"]).ended(0);
    let lines = run.lines();
    assert_eq!(change_of(&lines, "cluster.cluster")["reasons"], json!(["changed in the code"]));
    assert_eq!(change_of(&lines, "cluster.user-service-logs")["reasons"], json!(["changed outside (drift)"]));
    let drift = project.run(&["drift", "--env", "test"]).ended(0).saying("cluster.user-service-logs");
    drift.not_saying("cluster.cluster ");
}
