//! What is in an account, as lines that two accounts can be compared by: without identifiers, times and addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::aws_client::AwsClient;
use super::xml::Element;

/// Calls of EC2 that list something.
const EC2: [&str; 8] = [
    "DescribeVpcs",
    "DescribeSubnets",
    "DescribeInternetGateways",
    "DescribeAddresses",
    "DescribeNatGateways",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSecurityGroupRules",
];

/// Elements that differ between two accounts in which all is the same.
const PASSING: [&str; 12] = [
    "requestId",
    "createTime",
    "deleteTime",
    "attachTime",
    "publicIp",
    "privateIp",
    "privateIpAddress",
    "networkInterfaceId",
    "associationId",
    "allocationId",
    "RequestId",
    "dhcpOptionsId",
];

/// What is in an account.
pub fn snapshot(client: &AwsClient) -> BTreeSet<String> {
    let names = names_of_ids(client);
    let mut lines = Vec::new();
    for action in EC2 {
        let answer = client.ec2(action, &[]);
        let sets = answer.children.iter().filter(|child| child.name.ends_with("Set") || child.name.ends_with("Info"));
        let items = sets.flat_map(|set| &set.children).filter(|item| item.first("state") != Some("deleted"));
        lines.extend(items.map(|item| format!("{action} {}", told(item, &names))));
    }
    for (action, member) in [("ListRoles", "Roles"), ("ListInstanceProfiles", "InstanceProfiles")] {
        let answer = client.iam(action, &[]);
        for role in answer.all(member).into_iter().flat_map(|list| &list.children) {
            let name = role.first("RoleName").or(role.first("InstanceProfileName")).unwrap_or_default();
            lines.push(format!("{action} {name}"));
            if action == "ListRoles" {
                lines.extend(policies(client, name, &names));
            }
        }
    }
    for group in client.logs("DescribeLogGroups", &json!({}))["logGroups"].as_array().into_iter().flatten() {
        let (name, days) = (&group["logGroupName"], &group["retentionInDays"]);
        let tags = client.logs("ListTagsForResource", &json!({ "resourceArn": group["logGroupArn"] }));
        lines.push(format!("log group {name} {days} {}", tags_told(&tags["tags"], &names)));
    }
    let clusters = client.ecs("ListClusters", &json!({}))["clusterArns"].clone();
    let clusters = client.ecs("DescribeClusters", &json!({"clusters": clusters, "include": ["SETTINGS", "TAGS"]}));
    for cluster in clusters["clusters"].as_array().into_iter().flatten() {
        let Value::Object(cluster) = cluster else { continue };
        let kept = ["clusterName", "settings", "capacityProviders", "defaultCapacityProviderStrategy", "status"];
        let kept: Vec<String> = kept.iter().filter_map(|key| Some(sorted(cluster.get(*key)?))).collect();
        lines.push(format!("cluster {} {}", kept.join(" "), tags_told(&cluster["tags"], &names)));
    }
    lines.extend(client.buckets().into_iter().map(|bucket| format!("bucket {bucket}")));
    // What is there twice is told twice.
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines {
        *counted.entry(line.replace(&client.account, "ACCOUNT")).or_default() += 1;
    }
    counted.into_iter().map(|(line, count)| format!("{count} x {line}")).collect()
}

/// What is only in one of two snapshots; empty when they are the same.
pub fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let gone = before.difference(after).map(|line| format!("- {line}\n"));
    gone.chain(after.difference(before).map(|line| format!("+ {line}\n"))).collect()
}

fn policies(client: &AwsClient, role: &str, names: &BTreeMap<String, String>) -> Vec<String> {
    let of_role = [("RoleName", role)];
    let mut lines = Vec::new();
    for policy in client.iam("ListRolePolicies", &of_role).all("member") {
        let one = client.iam("GetRolePolicy", &[("RoleName", role), ("PolicyName", &policy.text)]);
        lines.push(format!("policy {role}/{} {}", policy.text, one.first("PolicyDocument").unwrap_or_default()));
    }
    let attached = client.iam("ListAttachedRolePolicies", &of_role);
    lines.extend(attached.all("PolicyArn").iter().map(|policy| format!("attached {role} {}", policy.text)));
    let tags = client.iam("ListRoleTags", &of_role);
    lines.extend(tags.all("Tags").iter().map(|tags| format!("tags of {role} {}", told(tags, names))));
    lines
}

/// Which address an identifier belongs to.
fn names_of_ids(client: &AwsClient) -> BTreeMap<String, String> {
    let tags = client.ec2("DescribeTags", &[]);
    let addresses = tags.all("item").into_iter().filter(|item| item.first("key") == Some("infra:address"));
    addresses.filter_map(|item| Some((item.first("resourceId")?.to_owned(), item.first("value")?.to_owned()))).collect()
}

fn told(element: &Element, names: &BTreeMap<String, String>) -> String {
    if PASSING.contains(&element.name.as_str()) {
        return String::new();
    }
    // Digests of what was applied: identifiers are in them.
    if element.children.iter().any(|key| key.name.eq_ignore_ascii_case("key") && key.text.starts_with("infra:spec")) {
        return "(spec)".to_owned();
    }
    if element.children.is_empty() {
        return format!("{}={}", element.name, named(&element.text, names));
    }
    let mut parts: Vec<String> = element.children.iter().map(|child| told(child, names)).collect();
    parts.retain(|part| !part.is_empty());
    parts.sort();
    format!("{}[{}]", element.name, parts.join(" "))
}

fn tags_told(tags: &Value, names: &BTreeMap<String, String>) -> String {
    let mut tags = tags.clone();
    for tag in tags.as_array_mut().into_iter().flatten() {
        if tag["key"] == "infra:spec" {
            tag["value"] = json!("(spec)");
        }
    }
    if let Some(spec) = tags.get_mut("infra:spec") {
        *spec = json!("(spec)");
    }
    named(&sorted(&tags), names)
}

/// A value whose lists and keys stand in one order.
fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(sorted).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let fields: BTreeMap<&String, String> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{fields:?}")
        }
        plain => plain.to_string(),
    }
}

/// An identifier of ours is its address; any other one of EC2's is its kind.
fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    if let Some(name) = names.get(text) {
        return name.clone();
    }
    match text.rsplit_once('-') {
        Some((kind, number)) if number.len() >= 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{kind}-…")
        }
        _ => text.to_owned(),
    }
}
