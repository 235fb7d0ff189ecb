//! Who a policy speaks of: services, accounts, roles, everyone.

use std::collections::BTreeSet;
use std::fmt;

use infra_engine::model::Ref;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::RoleArn;
use super::term::one_or_many;

/// Those a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principals {
    /// `"*"`: with or without credentials.
    Everyone,
    /// These and nobody else.
    Only(BTreeSet<Principal>),
}

/// One that a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A service of AWS.
    Service(Service),
    /// An account, a role, a user or a session.
    Aws(Identity),
    /// An identity provider.
    Federated(String),
    /// A user of S3 by its canonical identifier.
    CanonicalUser(String),
}

/// An account by its number, or a role, a user or a session by its ARN.
///
/// AWS writes an account as `arn:aws:iam::123456789012:root`; here it is its number. A role that has been deleted
/// stands in a policy by its dead identifier (`AROA…`), and stays so: that is drift, and it is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Identity(Ref<AnyIdentity>);

#[derive(Debug)]
enum AnyIdentity {}

impl Principal {
    /// A whole account, by its number.
    pub fn account(number: impl fmt::Display) -> Principal {
        Principal::Aws(Identity(Ref::known(number.to_string())))
    }
}

impl From<Service> for Principal {
    fn from(service: Service) -> Principal {
        Principal::Service(service)
    }
}

impl From<Ref<RoleArn>> for Principal {
    fn from(role: Ref<RoleArn>) -> Principal {
        Principal::Aws(Identity(role.marked()))
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Principals::Everyone => EVERYONE.serialize(serializer),
            Principals::Only(principals) => grouped::serialize(principals, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Principals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Principals, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == EVERYONE => Ok(Principals::Everyone),
            sorts => grouped::deserialize(sorts).map(Principals::Only).map_err(serde::de::Error::custom),
        }
    }
}

/// How a policy says everyone.
const EVERYONE: &str = "*";

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
        let said: Ref<AnyIdentity> = Ref::deserialize(deserializer)?;
        let text = said.value();
        Ok(Identity(account_of_root(&text).map_or(said, Ref::known)))
    }
}

/// The account's number in `arn:aws:iam::123456789012:root`.
fn account_of_root(arn: &str) -> Option<&str> {
    let mut parts = arn.strip_suffix(":root")?.split(':');
    let is_root = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("");
    parts.next().filter(|account| is_root && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A policy's own way to write principals: by the sort of each.
mod grouped {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Grouped {
        #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "BTreeSet::is_empty")]
        service: BTreeSet<Service>,
        #[serde(rename = "AWS", default, deserialize_with = "one_or_many", skip_serializing_if = "BTreeSet::is_empty")]
        aws: BTreeSet<Identity>,
        #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "BTreeSet::is_empty")]
        federated: BTreeSet<String>,
        #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "BTreeSet::is_empty")]
        canonical_user: BTreeSet<String>,
    }

    pub fn serialize<S: Serializer>(principals: &BTreeSet<Principal>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut grouped = Grouped::default();
        for principal in principals.iter().cloned() {
            match principal {
                Principal::Service(service) => grouped.service.insert(service),
                Principal::Aws(identity) => grouped.aws.insert(identity),
                Principal::Federated(provider) => grouped.federated.insert(provider),
                Principal::CanonicalUser(user) => grouped.canonical_user.insert(user),
            };
        }
        grouped.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Principal>, D::Error> {
        let Grouped { service, aws, federated, canonical_user } = Grouped::deserialize(deserializer)?;
        let services = service.into_iter().map(Principal::Service);
        let identities = aws.into_iter().map(Principal::Aws);
        let providers = federated.into_iter().map(Principal::Federated);
        let users = canonical_user.into_iter().map(Principal::CanonicalUser);
        Ok(services.chain(identities).chain(providers).chain(users).collect())
    }
}

macro_rules! services {
    ($($(#[$document:meta])* $name:ident = $principal:literal;)*) => {
        /// A service of AWS as a principal: what a role is for.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum Service {
            $($(#[$document])* $name,)*
            /// Any other, by its principal: `glue.amazonaws.com`.
            Other(String),
        }

        impl Service {
            /// Its principal: `ecs-tasks.amazonaws.com`.
            pub fn principal(&self) -> &str {
                match self {
                    $(Service::$name => $principal,)*
                    Service::Other(principal) => principal,
                }
            }
        }

        impl From<String> for Service {
            fn from(principal: String) -> Service {
                match principal.as_str() {
                    $($principal => Service::$name,)*
                    _ => Service::Other(principal),
                }
            }
        }
    };
}

services! {
    /// Budgets, for budget actions and alerts.
    Budgets = "budgets.amazonaws.com";
    /// Reports of cost and usage, which are put into a bucket.
    CostReports = "billingreports.amazonaws.com";
    /// Cost anomaly alerts.
    CostAlerts = "costalerts.amazonaws.com";
    /// CloudFront, which reads origins.
    CloudFront = "cloudfront.amazonaws.com";
    /// CloudWatch alarms.
    CloudWatch = "cloudwatch.amazonaws.com";
    /// Machines of EC2: what an instance profile is for.
    Ec2 = "ec2.amazonaws.com";
    /// ECS itself.
    Ecs = "ecs.amazonaws.com";
    /// Tasks of ECS: both of their roles.
    EcsTasks = "ecs-tasks.amazonaws.com";
    /// Rules of EventBridge.
    Events = "events.amazonaws.com";
    /// Functions of Lambda.
    Lambda = "lambda.amazonaws.com";
    /// RDS itself: its proxy reads secrets.
    Rds = "rds.amazonaws.com";
    /// Enhanced monitoring of RDS.
    RdsMonitoring = "monitoring.rds.amazonaws.com";
    /// EventBridge Scheduler.
    Scheduler = "scheduler.amazonaws.com";
    /// What writes the access logs of load balancers, in every region.
    LoadBalancerLogs = "logdelivery.elasticloadbalancing.amazonaws.com";
    /// Topics of SNS.
    Sns = "sns.amazonaws.com";
    /// Spot fleets: their fleet role.
    SpotFleet = "spotfleet.amazonaws.com";
    /// Flow logs of a network.
    VpcFlowLogs = "vpc-flow-logs.amazonaws.com";
}

impl From<Service> for String {
    fn from(service: Service) -> String {
        service.principal().to_owned()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.principal())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Principals {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_account_is_the_same_by_number_and_by_root() {
        assert_eq!(read(json!({"AWS": "123456789012"})), read(json!({"AWS": ["arn:aws:iam::123456789012:root"]})));
        assert_eq!(read(json!({"AWS": "123456789012"})), read(json!({"AWS": "arn:aws-cn:iam::123456789012:root"})));
        for other in ["arn:aws:iam::123456789012:role/root", "arn:aws:iam::12345678901:root", "AROAEXAMPLE", "*"] {
            assert_eq!(serde_json::to_value(read(json!({"AWS": other}))).unwrap(), json!({"AWS": [other]}), "{other}");
        }
    }

    #[test]
    fn everyone_is_not_every_account() {
        assert_eq!(read(json!("*")), Principals::Everyone);
        assert_ne!(read(json!("*")), read(json!({"AWS": "*"})));
        assert_eq!(serde_json::to_value(read(json!("*"))).unwrap(), json!("*"));
    }

    #[test]
    fn each_sort_of_principal_comes_back_as_it_was() {
        let all = json!({
            "Service": ["ecs-tasks.amazonaws.com", "glue.amazonaws.com"],
            "AWS": ["123456789012", "arn:aws:iam::123456789012:role/reader"],
            "Federated": ["cognito-identity.amazonaws.com"],
            "CanonicalUser": ["79a5"],
        });
        assert_eq!(serde_json::to_value(read(all.clone())).unwrap(), all);
    }

    #[test]
    fn a_sort_that_there_is_not_is_no_principal() {
        assert!(serde_json::from_value::<Principals>(json!({"Robot": "x"})).is_err());
        assert!(serde_json::from_value::<Principals>(json!("123456789012")).is_err());
    }
}
