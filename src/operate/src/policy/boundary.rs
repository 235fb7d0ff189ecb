//! A boundary to begin with: what the platform's own roles are given, and no more.

use std::collections::BTreeSet;

use infra_engine::graph::Graph;
use serde_json::{Value, json};

/// What AWS's own policies allow that are attached to roles, as AWS publishes them.
const ATTACHED: &[(&str, &[&str])] = &[
    (
        "service-role/AmazonEC2SpotFleetTaggingRole",
        &[
            "ec2:CreateTags",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeSubnets",
            "ec2:RequestSpotInstances",
            "ec2:RunInstances",
            "ec2:TerminateInstances",
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            "elasticloadbalancing:RegisterTargets",
            PASS,
        ],
    ),
    (
        "service-role/AmazonRDSEnhancedMonitoringRole",
        &[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:GetLogEvents",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
        ],
    ),
];

/// What gives a role to a service, which then plays it.
const PASS: &str = "iam:PassRole";

/// A managed policy that can bound the roles in the code.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// The policy.
    pub document: Value,
    /// Policies that are attached in the code and of which this program does not know what they allow: it is not in it.
    pub unknown: Vec<String>,
}

/// A boundary for the roles in the code: the actions that their own policies allow, on whatever resource.
pub fn boundary_for(graph: &Graph) -> Boundary {
    let mut actions: BTreeSet<String> = BTreeSet::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for role in graph.definitions().iter().filter(|one| one.schema.kind == "iam/role") {
        let inline = role.document.field("inline").and_then(Value::as_object);
        inline.into_iter().flat_map(|policies| policies.values()).for_each(|policy| allowed(policy, &mut actions));
        let attached = role.document.field("attached").and_then(Value::as_array);
        for arn in attached.into_iter().flatten().filter_map(Value::as_str) {
            match ATTACHED.iter().find(|(name, _)| arn.ends_with(&format!(":iam::aws:policy/{name}"))) {
                Some((_, allows)) => actions.extend(allows.iter().map(|action| (*action).to_owned())),
                None => drop(unknown.insert(arn.to_owned())),
            }
        }
    }
    let passes = actions.remove(PASS);
    let rest = (!actions.is_empty())
        .then(|| json!({"Sid": "OfThePlatform", "Effect": "Allow", "Action": actions, "Resource": "*"}));
    // Roles are given to machines alone: a fleet starts them.
    let to_machines = json!({"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}});
    let giving = passes.then(|| {
        json!({"Sid": "GivenToMachines", "Effect": "Allow", "Action": PASS, "Resource": "*", "Condition": to_machines})
    });
    let statements: Vec<Value> = rest.into_iter().chain(giving).collect();
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Boundary { document, unknown: unknown.into_iter().collect() }
}

/// The actions that a policy allows.
fn allowed(policy: &Value, actions: &mut BTreeSet<String>) {
    let Some(statements) = policy.get("Statement").and_then(Value::as_array) else { return };
    for statement in statements.iter().filter(|one| one.get("Effect") == Some(&json!("Allow"))) {
        let action = statement.get("Action");
        let one = action.and_then(Value::as_str).into_iter();
        let several = action.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        actions.extend(one.chain(several).map(str::to_owned));
    }
}
