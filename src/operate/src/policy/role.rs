//! The roles that work on an environment, and what each of them does.

use std::collections::BTreeSet;

use infra_engine::graph::Graph;
use infra_engine::live::{Kind, Registry};

use super::services::{leaves, only_looks};

/// What somebody does with an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Looks: `plan`, `drift`, `show`, `owned`, `outputs`, `history`. It changes nothing, and takes no lock.
    Plan,
    /// Carries plans out: makes, changes, rotates, deletes.
    Apply,
    /// Keeps it running: changes how many tasks there are and values that nothing has to be deployed for, starts the load
    /// test, breaks a lock.
    Operate,
    /// Takes over what is nobody's: `adopt`.
    Adopt,
}

/// What Application Auto Scaling asks of whoever registers a target or puts a policy or an action: it tries these in the
/// caller's name, without saying on what. So they are allowed on everything in the region that bears no other owner's tag.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html>
const SCALING_CHECKS: &[&str] = &[
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "ecs:DescribeServices",
    "ecs:UpdateService",
];

/// The same of whoever lets it scale a spot fleet.
const SCALING_CHECKS_OF_FLEETS: &[&str] = &["ec2:DescribeSpotFleetRequests", "ec2:ModifySpotFleetRequest"];

/// What Application Auto Scaling asks of whoever scales what is defined.
pub(super) fn scaling_checks(graph: &Graph) -> impl Iterator<Item = &'static str> {
    let fleets = graph.definitions().iter().any(|definition| definition.schema.kind == "ec2/spot-fleet");
    let of_fleets = if fleets { SCALING_CHECKS_OF_FLEETS } else { &[] };
    SCALING_CHECKS.iter().chain(of_fleets).copied()
}

/// What keeps an environment running, beside looking.
const OPERATING: &[&str] = &[
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:TagResource",
    "application-autoscaling:UntagResource",
    "ecs:TagResource",
    "ecs:UntagResource",
    "ecs:UpdateService",
    "elasticache:AddTagsToResource",
    "elasticache:ModifyReplicationGroup",
    "elasticache:RemoveTagsFromResource",
    "lambda:InvokeFunction",
    "rds:AddTagsToResource",
    "rds:ModifyDBInstance",
    "rds:RemoveTagsFromResource",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
];

/// True for what writes down the owner of something without tags that AWS looks at: it goes by names, or not at all.
pub(super) fn notes_owner(action: &str) -> bool {
    matches!(
        action,
        "s3:PutBucketTagging"
            | "cloudfront:UpdateOriginAccessControl"
            | "cloudfront:UpdateResponseHeadersPolicy"
            | "sns:SetSubscriptionAttributes"
    )
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Plan, Role::Apply, Role::Operate, Role::Adopt];

    /// Its word: `plan`.
    pub fn word(self) -> &'static str {
        match self {
            Role::Plan => "plan",
            Role::Apply => "apply",
            Role::Operate => "operate",
            Role::Adopt => "adopt",
        }
    }

    /// The actions that it takes: what is left over is looked for everywhere, so all kinds are looked at.
    pub(super) fn actions(self, graph: &Graph, registry: &Registry) -> BTreeSet<&'static str> {
        let in_use: BTreeSet<&str> = graph.definitions().iter().map(|definition| definition.schema.kind).collect();
        let needed = |kind: &dyn Kind| -> Vec<&'static str> {
            let used = in_use.contains(kind.schema().kind);
            let takes = |action: &&'static str| {
                only_looks(action) || (used && self.changes(action)) || (self == Role::Apply && leaves(action))
            };
            kind.actions().iter().copied().filter(takes).collect()
        };
        let mut actions: BTreeSet<&'static str> = registry.kinds().flat_map(|kind| needed(&**kind)).collect();
        if self == Role::Operate && in_use.contains("lambda/function") {
            actions.insert("lambda:InvokeFunction");
        }
        actions
    }

    fn changes(self, action: &str) -> bool {
        match self {
            Role::Plan => false,
            Role::Apply => true,
            Role::Operate => OPERATING.contains(&action),
            Role::Adopt => self.takes_over(action),
        }
    }

    /// True for what writes the first tags on something that is nobody's, for whoever takes it over.
    pub(super) fn takes_over(self, action: &str) -> bool {
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        let tags = ["AddTags", "CreateTags", "Tag"].iter().any(|verb| name.starts_with(verb));
        self == Role::Adopt && (tags || notes_owner(action))
    }

    /// True when it writes the lock, the scope and the history.
    pub(super) fn writes_records(self) -> bool {
        self != Role::Plan
    }

    /// True when it may be the first to write, and so makes the bucket.
    pub(super) fn makes_records(self) -> bool {
        matches!(self, Role::Apply | Role::Adopt)
    }

    /// True when it makes and changes roles.
    pub(super) fn changes_roles(self) -> bool {
        self == Role::Apply
    }

    /// True when it changes how something scales.
    pub(super) fn scales(self, graph: &Graph) -> bool {
        let scales = graph.definitions().iter().any(|definition| definition.schema.kind.starts_with("autoscaling/"));
        scales && matches!(self, Role::Apply | Role::Operate)
    }
}
