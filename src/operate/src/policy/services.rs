//! What each action may be done to: a table of what AWS lets one name, and what it lets one tell by tags.
//!
//! Which action takes which resources and which conditions is AWS's to say:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
//! Roles, keys and the records have rooms of their own: [`super::roles`], [`super::keys`], [`super::records`].

use super::home::{in_request, on_resource};
use super::names::Names;
use super::statement::Reach;

/// A way in which an action may be done.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// On everything: AWS takes neither a name nor an identifier.
    Everything,
    /// On these, whoever's they are: what is looked at, or used as AWS hands it out.
    These(&'static [&'static str]),
    /// On what has one of our names, unless it bears another owner's tag.
    Named(&'static [&'static str]),
    /// On what the code names, and nothing else of the family.
    Exactly(&'static [&'static str]),
    /// On what bears our owner's tag.
    Ours(&'static [&'static str]),
    /// On what is made with our owner's tag.
    Made(&'static [&'static str]),
    /// On what is made with our owner's tag in something that bears it.
    MadeWithin(&'static [&'static str]),
    /// Tags that come with a creating call: the key that names the call, and the calls.
    TaggedBy(&'static str, &'static [&'static str], &'static [&'static str]),
    /// On what bears nobody's tag of ownership.
    Nobodys(&'static [&'static str]),
    /// The first tags of something, our owner's among them: AWS does not tell by which call.
    TaggedFirst(&'static [&'static str]),
}

use self::Way::{Everything, Exactly, Made, MadeWithin, Named, Nobodys, Ours, TaggedBy, TaggedFirst, These};

/// A service, and how its actions may be done.
struct Service {
    name: &'static str,
    /// Actions by name, and how they may be done.
    ways: &'static [(&'static [&'static str], &'static [Way])],
    /// How those may be done that change something and are not named above.
    changes: &'static [Way],
}

/// Services that are in no region, or whose calls go to one that AWS has chosen.
const GLOBAL: &[&str] = &["acm", "budgets", "ce", "cloudfront", "cur", "iam", "s3", "sts", "wafv2"];

/// Services whose actions that take something away can be told by our tag alone, whatever its name is.
const TOLD_BY_TAGS: &[&str] = &[
    "application-autoscaling",
    "budgets",
    "ce",
    "cloudfront",
    "cloudwatch",
    "ec2",
    "ecs",
    "elasticache",
    "elasticloadbalancing",
    "events",
    "iam",
    "lambda",
    "logs",
    "rds",
    "secretsmanager",
    "sns",
    "wafv2",
];

/// How actions begin that take something away, or prepare that.
const LEAVING: &[&str] = &[
    "AddTags",
    "CancelSpotFleet",
    "CreateTags",
    "Delete",
    "Deregister",
    "Detach",
    "Disassociate",
    "ModifyLoadBalancerAttributes",
    "ReleaseAddress",
    "Remove",
    "Revoke",
    "TagResource",
    "Untag",
    "UpdateDistribution",
    "UpdateService",
];

const EC2: &[&str] = &["ec2:{region}:{account}:*/*"];
const EC2_MADE: &[&str] = &[
    "ec2:{region}:{account}:elastic-ip/*",
    "ec2:{region}:{account}:internet-gateway/*",
    "ec2:{region}:{account}:natgateway/*",
    "ec2:{region}:{account}:route-table/*",
    "ec2:{region}:{account}:security-group/*",
    "ec2:{region}:{account}:spot-fleet-request/*",
    "ec2:{region}:{account}:subnet/*",
    "ec2:{region}:{account}:vpc-flow-log/*",
    "ec2:{region}:{account}:vpc/*",
];
// By name, beside the tag: listeners and rules go with their load balancer, and what is gone has no tags to be told by.
const ELB: &[&str] = &[
    "elasticloadbalancing:{region}:{account}:listener-rule/app/{name}/*",
    "elasticloadbalancing:{region}:{account}:listener/app/{name}/*",
    "elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/*",
    "elasticloadbalancing:{region}:{account}:targetgroup/{name}/*",
];
const ALL_OF_ELB: &[&str] = &["elasticloadbalancing:{region}:{account}:*"];
const SCALABLE: &[&str] = &["application-autoscaling:{region}:{account}:scalable-target/*"];
const DISTRIBUTIONS: &[&str] = &["cloudfront::{account}:distribution/*"];
const COSTS: &[&str] = &["ce::{account}:anomalymonitor/*", "ce::{account}:anomalysubscription/*"];
const CLUSTERS: &[&str] = &["ecs:{region}:{account}:cluster/{name}"];
const ECS: &[&str] = &[
    "ecs:{region}:{account}:capacity-provider/{name}",
    "ecs:{region}:{account}:cluster/{name}",
    "ecs:{region}:{account}:service/{name}/*",
    "ecs:{region}:{account}:task-definition/{name}:*",
];
const ALARMS: &[&str] = &["cloudwatch:{region}:{account}:alarm:{name}", "cloudwatch::{account}:dashboard/{name}"];
const FUNCTIONS: &[&str] = &["lambda:{region}:{account}:function:{name}"];
// AWS ends the ARN of a secret with a dash and six characters of its own.
const SECRETS: &[&str] =
    &["secretsmanager:{region}:{account}:secret:{name}", "secretsmanager:{region}:{account}:secret:{name}-??????"];
const CACHES: &[&str] = &[
    "elasticache:{region}:{account}:cluster:{name}",
    "elasticache:{region}:{account}:parametergroup:{name}",
    "elasticache:{region}:{account}:replicationgroup:{name}",
    "elasticache:{region}:{account}:snapshot:{name}",
    "elasticache:{region}:{account}:subnetgroup:{name}",
];
const DATABASES: &[&str] = &[
    "rds:{region}:{account}:db:{name}",
    "rds:{region}:{account}:pg:{name}",
    "rds:{region}:{account}:snapshot:{name}",
    "rds:{region}:{account}:subgrp:{name}",
];
const LOG_GROUPS: &[&str] = &["logs:{region}:{account}:log-group:{name}", "logs:{region}:{account}:log-group:{name}:*"];
const LOG_SOURCES: &[&str] = &["logs:{region}:{account}:delivery-source:{name}"];
const LOG_PLACES: &[&str] = &["logs:{region}:{account}:delivery-destination:{name}"];
const DELIVERIES: &[&str] = &["logs:{region}:{account}:delivery:*"];
const RULES: &[&str] = &["events:{region}:{account}:rule/{name}"];
const BUCKETS: &[&str] = &["s3:::{name}"];
const OBJECTS: &[&str] = &["s3:::{name}/*"];

const SERVICES: &[Service] = &[
    Service {
        name: "application-autoscaling",
        ways: &[
            (&["RegisterScalableTarget"], &[Made(SCALABLE), Ours(SCALABLE)]),
            (&["TagResource"], &[TaggedFirst(SCALABLE), Ours(SCALABLE)]),
        ],
        changes: &[Ours(SCALABLE)],
    },
    Service {
        name: "budgets",
        ways: &[(&["ViewBudget", "ListTagsForResource"], &[These(&["budgets::{account}:budget/*"])])],
        changes: &[Named(&["budgets::{account}:budget/{name}"])],
    },
    Service {
        name: "ce",
        ways: &[
            (&["CreateAnomalyMonitor", "CreateAnomalySubscription"], &[Made(&["*"])]),
            (&["TagResource"], &[TaggedFirst(COSTS), Ours(COSTS)]),
            (&["UpdateCostAllocationTagsStatus"], &[Everything]),
        ],
        changes: &[Ours(COSTS)],
    },
    Service {
        name: "cloudfront",
        ways: &[
            (&["CreateDistribution"], &[Made(&["*"])]),
            (&["TagResource"], &[TaggedFirst(DISTRIBUTIONS), Ours(DISTRIBUTIONS)]),
            (&["GetDistribution", "GetDistributionConfig"], &[Ours(DISTRIBUTIONS)]),
            (
                &["DeleteOriginAccessControl", "UpdateOriginAccessControl"],
                &[These(&["cloudfront::{account}:origin-access-control/*"])],
            ),
            (
                &["DeleteResponseHeadersPolicy", "UpdateResponseHeadersPolicy"],
                &[These(&["cloudfront::{account}:response-headers-policy/*"])],
            ),
            (&["CreateOriginAccessControl", "CreateResponseHeadersPolicy"], &[Everything]),
        ],
        changes: &[Ours(DISTRIBUTIONS)],
    },
    Service { name: "cloudwatch", ways: &[], changes: &[Named(ALARMS)] },
    Service { name: "cur", ways: &[], changes: &[Named(&["cur:us-east-1:{account}:definition/{name}"])] },
    Service {
        name: "ec2",
        ways: &[
            (&["AllocateAddress", "CreateInternetGateway", "CreateVpc"], &[Made(EC2_MADE)]),
            (
                &["CreateFlowLogs", "CreateNatGateway", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet"],
                &[Made(EC2_MADE), Ours(EC2)],
            ),
            (
                &["RequestSpotFleet"],
                &[Made(EC2_MADE), Ours(EC2), These(&["ec2:{region}::image/*", "ec2:{region}::snapshot/*"])],
            ),
            // Machines only in subnets and security groups of ours.
            (
                &["RunInstances"],
                &[
                    Ours(EC2),
                    These(&["ec2:{region}::image/*", "ec2:{region}::snapshot/*"]),
                    These(&[
                        "ec2:{region}:{account}:instance/*",
                        "ec2:{region}:{account}:network-interface/*",
                        "ec2:{region}:{account}:volume/*",
                    ]),
                ],
            ),
            // The rules of a group have identifiers, and are the group's: without leave for that, this does nothing.
            (
                &["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"],
                &[Ours(EC2), These(&["ec2:{region}:{account}:security-group-rule/*"])],
            ),
            // The group that AWS makes along with a network bears no tag, and there is no telling it from others of
            // nobody's. Rules are only taken away from such groups.
            (
                &["RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"],
                &[Ours(EC2), Nobodys(&["ec2:{region}:{account}:security-group/*"])],
            ),
            (
                &["CreateTags"],
                &[
                    TaggedBy(
                        "ec2:CreateAction",
                        &[
                            "AllocateAddress",
                            "CreateFlowLogs",
                            "CreateInternetGateway",
                            "CreateNatGateway",
                            "CreateRouteTable",
                            "CreateSecurityGroup",
                            "CreateSubnet",
                            "CreateVpc",
                            "RequestSpotFleet",
                            "RunInstances",
                        ],
                        EC2,
                    ),
                    Ours(EC2),
                ],
            ),
        ],
        changes: &[Ours(EC2)],
    },
    Service {
        name: "ecs",
        ways: &[
            (&["CreateCapacityProvider", "CreateCluster", "CreateService", "RegisterTaskDefinition"], &[Made(ECS)]),
            (&["DeregisterTaskDefinition"], &[Everything]),
            (
                &["TagResource"],
                &[
                    TaggedBy(
                        "ecs:CreateAction",
                        &["CreateCapacityProvider", "CreateCluster", "CreateService", "RegisterTaskDefinition"],
                        ECS,
                    ),
                    Named(ECS),
                ],
            ),
            (&["PutClusterCapacityProviders", "UpdateCluster", "UpdateClusterSettings"], &[Named(CLUSTERS)]),
        ],
        changes: &[Named(ECS)],
    },
    Service {
        name: "elasticache",
        ways: &[(
            &["CreateReplicationGroup", "ModifyReplicationGroup"],
            &[Named(CACHES), These(&["elasticache:{region}:{account}:parametergroup:default.*"])],
        )],
        changes: &[Named(CACHES)],
    },
    Service {
        name: "elasticloadbalancing",
        ways: &[
            // A target group that takes another's place has a second name while both stand.
            (&["CreateLoadBalancer", "CreateTargetGroup"], &[Made(ALL_OF_ELB)]),
            (&["CreateListener", "CreateRule"], &[MadeWithin(ALL_OF_ELB)]),
            (
                &["AddTags"],
                &[
                    TaggedBy(
                        "elasticloadbalancing:CreateAction",
                        &["CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"],
                        ALL_OF_ELB,
                    ),
                    Ours(ALL_OF_ELB),
                ],
            ),
        ],
        changes: &[Named(ELB), Ours(ALL_OF_ELB)],
    },
    Service { name: "events", ways: &[(&["ListTargetsByRule"], &[Named(RULES)])], changes: &[Named(RULES)] },
    Service {
        name: "lambda",
        // Whoever may read a function is given its variables and its code.
        ways: &[(&["GetFunction", "GetPolicy"], &[Named(FUNCTIONS)])],
        changes: &[Named(FUNCTIONS)],
    },
    Service {
        name: "logs",
        ways: &[
            (
                &[
                    "CreateLogDelivery",
                    "DeleteLogDelivery",
                    "DeleteResourcePolicy",
                    "PutResourcePolicy",
                    "UpdateLogDelivery",
                ],
                &[Everything],
            ),
            (&["PutDeliverySource", "DeleteDeliverySource"], &[Named(LOG_SOURCES)]),
            (&["PutDeliveryDestination", "DeleteDeliveryDestination"], &[Named(LOG_PLACES)]),
            (&["CreateDelivery"], &[Made(DELIVERIES), Named(LOG_SOURCES), Named(LOG_PLACES)]),
            (&["DeleteDelivery", "UpdateDeliveryConfiguration"], &[Ours(DELIVERIES)]),
            (
                &["TagResource"],
                &[Named(LOG_GROUPS), Named(LOG_SOURCES), Named(LOG_PLACES), TaggedFirst(DELIVERIES), Ours(DELIVERIES)],
            ),
            (&["UntagResource"], &[Named(LOG_GROUPS), Named(LOG_SOURCES), Named(LOG_PLACES), Ours(DELIVERIES)]),
        ],
        changes: &[Named(LOG_GROUPS)],
    },
    Service {
        name: "rds",
        ways: &[(
            &["CreateDBInstance", "CreateDBInstanceReadReplica", "ModifyDBInstance"],
            &[Named(DATABASES), These(&["rds:{region}:{account}:og:default:*", "rds:{region}:{account}:pg:default.*"])],
        )],
        changes: &[Named(DATABASES)],
    },
    Service {
        name: "s3",
        ways: &[
            (&["ListAllMyBuckets"], &[Everything]),
            // Buckets are told by their tags before anything else of them is read.
            (&["GetBucketTagging"], &[These(&["s3:::*"])]),
            (&["AbortMultipartUpload", "DeleteObject", "DeleteObjectVersion"], &[Named(OBJECTS)]),
        ],
        changes: &[Named(BUCKETS)],
    },
    Service {
        name: "secretsmanager",
        ways: &[
            (&["DescribeSecret"], &[Named(SECRETS), Ours(&["secretsmanager:{region}:{account}:secret:*"])]),
            (
                &["CreateSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"],
                &[Exactly(SECRETS)],
            ),
            // A secret that was deleted a while ago is taken back under its name.
            (&["RestoreSecret"], &[Exactly(SECRETS)]),
            (&["RotateSecret"], &[]),
        ],
        changes: &[Named(SECRETS)],
    },
    // A namespace has an identifier, and ECS makes it in the caller's name.
    Service { name: "servicediscovery", ways: &[], changes: &[Everything] },
    Service {
        name: "sns",
        ways: &[
            (
                &["GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"],
                &[These(&["sns:{region}:{account}:*"])],
            ),
            (&["GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"], &[Everything]),
        ],
        changes: &[Named(&["sns:{region}:{account}:{name}"])],
    },
    // Images that AWS hands out, and no parameter of anybody's own.
    Service {
        name: "ssm",
        ways: &[(&["GetParameters"], &[These(&["ssm:{region}:*:parameter/aws/service/*"])])],
        changes: &[],
    },
    Service {
        name: "wafv2",
        ways: &[
            // A distribution may have one that somebody else made, and AWS asks whether the caller may see it.
            (&["GetWebACL"], &[These(&["wafv2:*:{account}:*/webacl/*/*"])]),
            // A load balancer may have one that somebody else made, too.
            (&["GetWebACLForResource"], &[These(&["wafv2:*:{account}:*/webacl/*/*"]), Named(ELB)]),
            (
                &["AssociateWebACL", "DisassociateWebACL"],
                &[Named(&["wafv2:*:{account}:*/webacl/{name}/*"]), Named(ELB)],
            ),
            (
                &["CreateWebACL", "UpdateWebACL"],
                &[Named(&["wafv2:*:{account}:*/webacl/{name}/*"]), These(&["wafv2:*:*:*/managedruleset/*/*"])],
            ),
        ],
        changes: &[Named(&["wafv2:*:{account}:*/webacl/{name}/*"])],
    },
];

/// What an action may be done to, by an environment of these names.
pub(super) fn reaches(names: &Names<'_>, action: &str) -> Vec<Reach> {
    if action == "autoscaling:CreateOrUpdateTags" {
        return vec![managed_groups(names)];
    }
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let known = SERVICES.iter().find(|known| known.name == service);
    let said = known.and_then(|known| known.ways.iter().find(|(actions, _)| actions.contains(&name)));
    let ways = match (said, known) {
        (Some((_, ways)), _) => ways,
        (None, Some(known)) if !only_looks(action) || service == "s3" => known.changes,
        _ => &[Everything][..],
    };
    let mut reaches: Vec<Reach> = ways.iter().map(|way| reach(names, service, action, *way)).collect();
    if leaves(action) && ways.iter().any(|way| matches!(way, Named(_))) {
        reaches.push(ours(names, "oursByTag", vec!["*".to_owned()]));
    }
    reaches
}

/// The groups of machines that a capacity provider is given: ECS marks them, in the caller's name, and nothing else.
fn managed_groups(names: &Names<'_>) -> Reach {
    let named = names.outright("autoscaling");
    let any = || names.home().arn("autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*");
    let groups = if named.is_empty() { vec![any()] } else { named };
    Reach::on("groupsOfMachines", groups).when("ForAllValues:StringEquals", "aws:TagKeys", &["AmazonECSManaged"])
}

/// True for what takes something away that is told by our tag alone: it is allowed even when no kind in the code needs
/// it any more, or what the code has let go of would stay.
pub(super) fn leaves(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let told = TOLD_BY_TAGS.contains(&service) && LEAVING.iter().any(|verb| name.starts_with(verb));
    // These are told neither by a tag nor by a name.
    let by_neither =
        ["LogDelivery", "OriginAccessControl", "ResponseHeadersPolicy", "ResourcePolicy", "TaskDefinition"];
    told && !by_neither.iter().any(|sort| name.ends_with(sort))
}

/// True for what changes nothing and gives no secret away.
pub(super) fn only_looks(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    let looks = ["List", "Describe", "Get", "View"].iter().any(|verb| name.starts_with(verb));
    looks && !matches!(action, "secretsmanager:GetSecretValue" | "s3:GetObject")
}

fn reach(names: &Names<'_>, service: &str, action: &str, way: Way) -> Reach {
    let home = names.home();
    let owner = home.owner.to_string();
    let owner = [owner.as_str()];
    let word: String = service.chars().filter(char::is_ascii_alphanumeric).collect();
    let arns = |templates: &[&str]| -> Vec<String> {
        templates.iter().map(|one| if *one == "*" { "*".to_owned() } else { home.arn(one) }).collect()
    };
    let reach = match way {
        Everything => return everything(names, service, action),
        These(templates) => Reach::on(format!("{word}These"), arns(templates)),
        Named(templates) => Reach::on(format!("{word}Named"), names.arns(service, templates)).when(
            "StringEqualsIfExists",
            on_resource(),
            &owner,
        ),
        Exactly(templates) => Reach::on(format!("{word}Exactly"), names.exactly(service, templates)),
        Ours(templates) => ours(names, &format!("{word}Ours"), arns(templates)),
        Made(templates) if templates.iter().any(|template| template.contains("{name}")) => {
            Reach::on(format!("{word}Made"), names.arns(service, templates)).when("StringEquals", in_request(), &owner)
        }
        Made(templates) => Reach::on(format!("{word}Made"), arns(templates)).when("StringEquals", in_request(), &owner),
        MadeWithin(templates) => {
            ours(names, &format!("{word}MadeWithin"), arns(templates)).when("StringEquals", in_request(), &owner)
        }
        TaggedBy(key, calls, templates) => {
            let arns = match templates.iter().any(|template| template.contains("{name}")) {
                true => names.arns(service, templates),
                false => arns(templates),
            };
            let reach = Reach::on(format!("{word}TaggedByMaking"), arns).when("StringEquals", in_request(), &owner);
            reach.when("StringEquals", key, calls)
        }
        Nobodys(templates) => {
            Reach::on(format!("{word}Nobodys"), arns(templates)).when("Null", on_resource(), &["true"])
        }
        TaggedFirst(templates) => Reach::on(format!("{word}TaggedFirst"), arns(templates))
            .when("StringEquals", in_request(), &owner)
            .when("Null", on_resource(), &["true"]),
    };
    // Names of buckets are the whole world's.
    if service == "s3" { reach.when("StringEquals", "aws:ResourceAccount", &[home.account]) } else { reach }
}

/// On what bears our owner's tag, which no call may turn into another's.
fn ours(names: &Names<'_>, sid: &str, resources: Vec<String>) -> Reach {
    let owner = names.home().owner.to_string();
    let reach = Reach::on(sid, resources).when("StringEquals", on_resource(), &[&owner]);
    if sid.ends_with("MadeWithin") { reach } else { reach.when("StringEqualsIfExists", in_request(), &[&owner]) }
}

/// On everything in the region; a change on nothing that bears another owner's tag, where AWS looks at tags.
pub(super) fn everything(names: &Names<'_>, service: &str, action: &str) -> Reach {
    let home = names.home();
    let (sid, region) = if GLOBAL.contains(&service) { ("anywhere", None) } else { ("inRegion", Some(home.region)) };
    let looks = only_looks(action);
    let reach = Reach::anything(if looks { format!("{sid}Looking") } else { format!("{sid}Changing") });
    let reach = match region {
        Some(region) => reach.when("StringEquals", "aws:RequestedRegion", &[region]),
        None => reach,
    };
    let owner = home.owner.to_string();
    if looks { reach } else { reach.when("StringEqualsIfExists", on_resource(), &[&owner]) }
}
