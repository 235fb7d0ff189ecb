//! What an action may be done to: resources by name where IAM takes names, anything in the region where it does not.
//!
//! Which actions take names is AWS's to say:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
//! What a service gives identifiers instead of names to (VPCs, distributions) cannot be named before it is there.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::graph::Graph;
use infra_engine::live::Registry;
use infra_engine::model::Definition;
use serde_json::{Value, json};

/// Where an environment is.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Its project, with which names begin.
    pub project: &'a str,
    /// Its account.
    pub account: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The bucket of its records.
    pub bucket: &'a str,
}

impl Home<'_> {
    /// The part of AWS that it is in.
    pub(super) fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

/// What an action may be done to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// To resources of a service, by name.
    Named(&'static str, Vec<String>),
    /// To anything in the region.
    InRegion,
    /// To anything: of services that are in no region, or in one of AWS's own choice.
    Anywhere,
}

impl Reach {
    pub(super) fn statement(&self, actions: &BTreeSet<&'static str>, home: &Home<'_>) -> Value {
        match self {
            Reach::Named(service, resources) => {
                // The services' own roles have a statement of their own.
                let own = resources.iter().any(|resource| resource.contains(SERVICE_ROLES));
                let sid: String = service.chars().filter(char::is_ascii_alphanumeric).collect();
                let sid = if own { format!("{sid}OfServices") } else { sid };
                json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources })
            }
            Reach::InRegion => {
                let region = json!({ "StringEquals": { "aws:RequestedRegion": home.region } });
                json!({ "Sid": "inRegion", "Effect": "Allow", "Action": actions, "Resource": "*", "Condition": region })
            }
            Reach::Anywhere => json!({ "Sid": "anywhere", "Effect": "Allow", "Action": actions, "Resource": "*" }),
        }
    }
}

/// A service whose resources have names in their ARNs.
struct Service {
    name: &'static str,
    /// The ARNs after the partition; `{region}`, `{account}` and `{name}` are filled in.
    arns: &'static [&'static str],
    /// Actions that take no resource though they neither list nor describe.
    free: &'static [&'static str],
}

/// Services that are in no region, or whose calls go to one that AWS has chosen.
const GLOBAL: &[&str] = &["acm", "budgets", "ce", "cloudfront", "cur", "iam", "s3", "sts", "wafv2"];

const SERVICE_ROLES: &str = "role/aws-service-role/";

const SERVICES: &[Service] = &[
    Service { name: "budgets", arns: &["budgets::{account}:budget/{name}"], free: &[] },
    Service {
        name: "cloudwatch",
        arns: &["cloudwatch:{region}:{account}:alarm:{name}", "cloudwatch::{account}:dashboard/{name}"],
        free: &["GetMetricData", "GetMetricStatistics"],
    },
    Service {
        name: "ecs",
        arns: &[
            "ecs:{region}:{account}:cluster/{name}",
            "ecs:{region}:{account}:service/{name}/*",
            "ecs:{region}:{account}:task-definition/{name}:*",
        ],
        free: &["CreateCluster", "DeregisterTaskDefinition", "RegisterTaskDefinition"],
    },
    Service {
        name: "elasticache",
        arns: &[
            "elasticache:{region}:{account}:cluster:{name}",
            "elasticache:{region}:{account}:parametergroup:{name}",
            "elasticache:{region}:{account}:parametergroup:default.*",
            "elasticache:{region}:{account}:replicationgroup:{name}",
            "elasticache:{region}:{account}:subnetgroup:{name}",
        ],
        free: &[],
    },
    Service {
        name: "elasticloadbalancing",
        arns: &[
            "elasticloadbalancing:{region}:{account}:listener-rule/app/{name}/*",
            "elasticloadbalancing:{region}:{account}:listener/app/{name}/*",
            "elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/*",
            "elasticloadbalancing:{region}:{account}:targetgroup/{name}/*",
        ],
        free: &[],
    },
    Service { name: "events", arns: &["events:{region}:{account}:rule/{name}"], free: &[] },
    Service {
        name: "iam",
        arns: &[
            "iam::{account}:instance-profile/*/{name}",
            "iam::{account}:instance-profile/{name}",
            "iam::{account}:role/*/{name}",
            "iam::{account}:role/{name}",
        ],
        free: &["GetAccountAuthorizationDetails"],
    },
    Service { name: "lambda", arns: &["lambda:{region}:{account}:function:{name}"], free: &[] },
    Service {
        name: "logs",
        arns: &["logs:{region}:{account}:log-group:{name}", "logs:{region}:{account}:log-group:{name}:*"],
        free: &[
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DeleteResourcePolicy",
            "GetLogDelivery",
            "PutResourcePolicy",
            "UpdateLogDelivery",
        ],
    },
    Service {
        name: "rds",
        arns: &[
            "rds:{region}:{account}:db:{name}",
            "rds:{region}:{account}:og:default:*",
            "rds:{region}:{account}:pg:default.*",
            "rds:{region}:{account}:pg:{name}",
            "rds:{region}:{account}:snapshot:{name}",
            "rds:{region}:{account}:subgrp:{name}",
        ],
        free: &[],
    },
    Service { name: "s3", arns: &["s3:::{name}", "s3:::{name}/*"], free: &["ListAllMyBuckets"] },
    Service {
        name: "secretsmanager",
        // RDS keeps the passwords that it manages under names of its own.
        arns: &["secretsmanager:{region}:{account}:secret:rds!*", "secretsmanager:{region}:{account}:secret:{name}"],
        free: &[],
    },
    Service {
        name: "sns",
        arns: &["sns:{region}:{account}:{name}"],
        free: &["GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"],
    },
    Service {
        name: "wafv2",
        arns: &[
            "wafv2:*:*:*/managedruleset/*/*",
            "wafv2:us-east-1:{account}:global/webacl/{name}/*",
            "wafv2:{region}:{account}:regional/webacl/{name}/*",
        ],
        free: &[],
    },
];

/// Reading that names what it reads: the rest lists, and is done to everything.
const NAMED_READS: &[&str] = &["secretsmanager:DescribeSecret", "wafv2:GetWebACL"];

/// The names that an environment's resources have, by service, as patterns.
pub(super) struct Names<'a> {
    home: Home<'a>,
    by_service: BTreeMap<String, BTreeSet<String>>,
    /// ARNs that definitions name outright: what they refer to and do not make.
    outright: BTreeSet<String>,
}

impl<'a> Names<'a> {
    /// The names of the definitions. Whatever begins with the project's name is among them: what is no longer in the
    /// code must go, too.
    pub(super) fn of(graph: &Graph, registry: &Registry, home: &Home<'a>) -> Names<'a> {
        let mut by_service: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut outright = BTreeSet::new();
        for definition in graph.definitions() {
            outright.extend(
                definition.document.texts().into_iter().filter(|text| text.starts_with("arn:")).map(str::to_owned),
            );
            let Some(pattern) = name(definition).and_then(|name| pattern(&name, home.project)) else { continue };
            let actions = registry.kind(definition.schema.kind).map(|kind| kind.actions()).unwrap_or_default();
            for service in actions.iter().filter_map(|action| action.split_once(':')).map(|(service, _)| service) {
                by_service.entry(service.to_owned()).or_default().insert(pattern.clone());
            }
        }
        Names { home: *home, by_service, outright }
    }

    /// What an action may be done to.
    pub(super) fn reach(&self, action: &'static str) -> Reach {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        if action == "iam:CreateServiceLinkedRole" {
            return Reach::Named("iam", vec![self.filled("iam::{account}:role/aws-service-role/*", "")]);
        }
        let known =
            SERVICES.iter().find(|known| known.name == service).filter(|known| takes_names(known, name, action));
        match known {
            Some(known) => Reach::Named(known.name, self.arns(known)),
            None if GLOBAL.contains(&service) => Reach::Anywhere,
            None => Reach::InRegion,
        }
    }

    fn arns(&self, service: &Service) -> Vec<String> {
        // The names of buckets are the whole world's, and often begin with something else.
        let before = if service.name == "s3" { "*" } else { "" };
        let own = format!("{before}{}*", self.home.project);
        let others = self.by_service.get(service.name).into_iter().flatten();
        let names: Vec<&String> = std::iter::once(&own).chain(others).collect();
        let mut arns: BTreeSet<String> =
            service.arns.iter().flat_map(|arn| names.iter().map(|name| self.filled(arn, name))).collect();
        let prefix = format!("arn:{}:{}:", self.home.partition(), service.name);
        arns.extend(self.outright.iter().filter(|arn| arn.starts_with(&prefix)).cloned());
        arns.into_iter().collect()
    }

    fn filled(&self, arn: &str, name: &str) -> String {
        let Home { account, region, .. } = self.home;
        let arn = arn.replace("{region}", region).replace("{account}", account).replace("{name}", name);
        format!("arn:{}:{arn}", self.home.partition())
    }
}

fn takes_names(service: &Service, name: &str, action: &str) -> bool {
    // Of a bucket even what is listed is named.
    let lists = ["Describe", "List", "Get"].iter().any(|verb| name.starts_with(verb)) && service.name != "s3";
    !service.free.contains(&name) && (!lists || NAMED_READS.contains(&action) || action.ends_with(":GetSecretValue"))
}

/// The name that a definition gives its resource.
fn name(definition: &Definition) -> Option<String> {
    let is_name = |name: &str| name == "name" || name == "family";
    let field = definition.schema.fields.iter().find(|field| field.key && is_name(field.name))?;
    definition.document.field(field.name)?.as_str().map(str::to_owned)
}

/// A name as a pattern, unless the project's own covers it: `/ecs/shop/api` is one of `/ecs/shop*`.
fn pattern(name: &str, project: &str) -> Option<String> {
    match name.find(project) {
        Some(0) => None,
        Some(at) => Some(format!("{}*", &name[..at + project.len()])),
        // AWS adds characters of its own to the ARNs of some.
        None => Some(format!("{name}*")),
    }
}
