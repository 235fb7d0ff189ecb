//! The network: three zones, each with its own way out, and groups that let in nothing but each other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{COUNTS, named};
use crate::support::{Comparison, items, tag};

pub fn compare(all: &mut Comparison<'_>) {
    let vpc = all.named("vpcs", &named("vpc"));
    all.has("vpc", vpc, &json!({"CidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true}));
    let of_vpc = |item: &&Value| item["VpcId"] == vpc["VpcId"];

    let subnets = all.live.all("subnets").iter().filter(of_vpc).map(|subnet| {
        let text = |member: &str| subnet[member].as_str().unwrap_or_default();
        let reach = if subnet["MapPublicIpOnLaunch"] == true { "gives addresses" } else { "gives none" };
        let name = tag(subnet, "Name").unwrap_or_default();
        format!("{name} {} {} {reach}", text("AvailabilityZone"), text("CidrBlock"))
    });
    let required = ["a", "b", "c"].into_iter().zip([0, 1, 2]).flat_map(|(zone, third)| {
        let (public, private) = (named(&format!("public-{zone}")), named(&format!("private-{zone}")));
        [
            format!("{public} us-east-1{zone} 10.0.{third}.0/24 gives none"),
            format!("{private} us-east-1{zone} 10.0.{}.0/24 gives none", third + 10),
        ]
    });
    all.lines("subnets", subnets, required);
    routes(all, vpc);
    rules(all);
    let role = all.the("roles", "RoleName", &named("flow-logs"));
    let log = json!({
        "ResourceId": vpc["VpcId"], "TrafficType": "ALL", "LogGroupName": "/vpc/django-microservices/flow-logs",
        "DeliverLogsPermissionArn": role["Arn"], "MaxAggregationInterval": 600, "FlowLogStatus": "ACTIVE",
    });
    let live = all.the_only("flow logs");
    all.has("flow log", live, &log);
}

/// Where each subnet's traffic to everywhere goes.
fn routes(all: &mut Comparison<'_>, vpc: &Value) {
    let subnets = all.names("subnets", "SubnetId");
    let mut ways: BTreeMap<&str, String> = all
        .names("internet gateways", "InternetGatewayId")
        .into_iter()
        .map(|(id, name)| (id, name.to_owned()))
        .collect();
    for nat in all.live.all("nat gateways") {
        let text = |member: &str| nat[member].as_str().unwrap_or_default();
        let stands = subnets.get(text("SubnetId")).copied().unwrap_or_default();
        let reach = text("ConnectivityType");
        ways.insert(text("NatGatewayId"), format!("a {reach} NAT gateway in {stands}"));
    }
    let mut live = Vec::new();
    for table in all.live.all("route tables").iter().filter(|table| table["VpcId"] == vpc["VpcId"]) {
        let everywhere = items(&table["Routes"]).find(|route| route["DestinationCidrBlock"] == "0.0.0.0/0");
        let way = everywhere.and_then(|route| route["NatGatewayId"].as_str().or(route["GatewayId"].as_str()));
        let way = way.and_then(|id| ways.get(id)).cloned().unwrap_or_default();
        let inside = items(&table["Associations"]).filter_map(|association| association["SubnetId"].as_str());
        live.extend(inside.map(|subnet| format!("{} by {way}", subnets.get(subnet).copied().unwrap_or_default())));
    }
    let required = ["a", "b", "c"].into_iter().flat_map(|zone| {
        let (public, private) = (named(&format!("public-{zone}")), named(&format!("private-{zone}")));
        [format!("{public} by {}", named("igw")), format!("{private} by a public NAT gateway in {public}")]
    });
    all.lines("ways to the internet", live, required);
}

/// Who may speak to whom. From outside there is a way from CloudFront to the load balancer, and to nothing else; and what
/// names no group speaks to nobody.
fn rules(all: &mut Comparison<'_>) {
    let groups = all.names("security groups", "GroupId");
    let vpc = all.named("vpcs", &named("vpc"));
    let of_vpc = all.live.all("security groups").iter().filter(|group| group["VpcId"] == vpc["VpcId"]);
    for group in of_vpc.filter(|group| group["GroupName"] == "default") {
        all.has("default security group", group, &json!({"IpPermissions": [], "IpPermissionsEgress": []}));
    }
    let lists: BTreeMap<&str, &str> = all
        .live
        .all("prefix lists of aws")
        .iter()
        .filter_map(|list| Some((list["PrefixListId"].as_str()?, list["PrefixListName"].as_str()?)))
        .collect();
    let of_ours = all.live.all("security group rules").iter().filter_map(|rule| {
        let group = groups.get(rule["GroupId"].as_str()?)?;
        let other = rule["ReferencedGroupInfo"]["GroupId"].as_str().and_then(|id| groups.get(id).copied());
        let list = rule["PrefixListId"].as_str().and_then(|id| lists.get(id).copied());
        let other = other.or(rule["CidrIpv4"].as_str()).or(list).unwrap_or("somebody");
        let (protocol, first, last) = (rule["IpProtocol"].as_str()?, &rule["FromPort"], &rule["ToPort"]);
        let way = if rule["IsEgress"] == true { "to" } else { "from" };
        let line = format!("{group}: {protocol} {first}-{last} {way} {other}");
        Some(line.replace("django-microservices-", ""))
    });
    // Images and AWS's own endpoints have no group to be named by.
    let anywhere = |group: &str| format!("{group}: tcp 443-443 to 0.0.0.0/0");
    let of_services = COUNTS.iter().flat_map(|(service, ..)| {
        [
            format!("alb: tcp 8000-8000 to {service}"),
            format!("{service}: tcp 8000-8000 from alb"),
            format!("{service}: tcp 5432-5432 to pgbouncer"),
            format!("{service}: tcp 6379-6379 to redis"),
            format!("pgbouncer: tcp 5432-5432 from {service}"),
            format!("redis: tcp 6379-6379 from {service}"),
            anywhere(service),
        ]
    });
    let others = [
        "alb: tcp 443-443 from com.amazonaws.global.cloudfront.origin-facing",
        "pgbouncer: tcp 5432-5432 to rds",
        "rds: tcp 5432-5432 from pgbouncer",
    ];
    let others = others.map(str::to_owned).into_iter().chain(["pgbouncer", "workers"].map(anywhere));
    all.lines("security group rules", of_ours, of_services.chain(others));
}
