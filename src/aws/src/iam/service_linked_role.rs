//! A service-linked role: what a service does in the account's name, of which each account has one for each service.

use std::fmt;

use aws_sdk_iam::types::Role as Live;
use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag};
use infra_engine::model::Tags;
use serde::{Deserialize, Serialize};

use super::fault::IamFault;
use super::role::listed;
use super::{RoleArn, Service};
use crate::{Aws, Sorted};

/// A service-linked role: what a service does in the account's name.
///
/// ```
/// use infra_aws::iam::{LinkedService, ServiceLinkedRole};
///
/// let role = ServiceLinkedRole { service: LinkedService::Spot };
/// ```
///
/// Most services make theirs when they are first used, if the caller may. Its name, its policies and its tags are the
/// service's. The whole account shares it: it is made where it is not there yet, and never deleted. Roles with a suffix
/// are other roles, and not of this kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/service-linked-role", id = ServiceLinkedRoleName, shared)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: RoleArn,
))]
pub struct ServiceLinkedRole {
    /// The service that takes it on.
    #[key]
    pub service: LinkedService,
}

macro_rules! linked_services {
    ($($(#[$document:meta])* $name:ident = $principal:literal;)*) => {
        /// A service that has a role of its own in each account.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum LinkedService {
            $($(#[$document])* #[serde(rename = $principal)] $name,)*
        }

        impl LinkedService {
            /// All of them.
            pub const ALL: &'static [LinkedService] = &[$(LinkedService::$name),*];

            /// Its principal: `ecs.amazonaws.com`.
            pub fn principal(self) -> &'static str {
                match self {
                    $(LinkedService::$name => $principal,)*
                }
            }
        }
    };
}

linked_services! {
    /// Application Auto Scaling, for services of ECS.
    ScalingOfEcs = "ecs.application-autoscaling.amazonaws.com";
    /// Application Auto Scaling, for spot fleets.
    ScalingOfSpotFleets = "ec2.application-autoscaling.amazonaws.com";
    /// ECS.
    Ecs = "ecs.amazonaws.com";
    /// ElastiCache.
    ElastiCache = "elasticache.amazonaws.com";
    /// Elastic Load Balancing.
    LoadBalancing = "elasticloadbalancing.amazonaws.com";
    /// RDS.
    Rds = "rds.amazonaws.com";
    /// Spot instances.
    Spot = "spot.amazonaws.com";
    /// Spot fleets.
    SpotFleet = "spotfleet.amazonaws.com";
}

impl From<LinkedService> for Service {
    fn from(service: LinkedService) -> Service {
        Service::from(service.principal().to_owned())
    }
}

impl fmt::Display for LinkedService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.principal())
    }
}

/// Where AWS puts all roles of this sort; the service's principal follows.
const PATH: &str = "/aws-service-role/";

const CREATE: &str = "iam:CreateServiceLinkedRole";

impl Behaviour for ServiceLinkedRole {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] = &[CREATE, "iam:ListRoles"];

    /// All of an account stand under one path, which also tells the service: names do not say it plainly.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ServiceLinkedRole>>, Fault> {
        let roles = listed(aws, ask).await?;
        let found = roles.iter().filter(|role| role.path().starts_with(PATH)).filter_map(understand);
        Ok(found.filter(|role| ask.wants(&role.id, Some(role.definition.service.principal()), &role.tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<ServiceLinkedRole>) -> Result<String, Fault> {
        let ServiceLinkedRole { service } = &order.definition;
        let call = aws.iam().create_service_linked_role().aws_service_name(service.principal());
        let answer = call.send().await.sorted(CREATE).changing().map_err(taken)?;
        answer
            .role
            .map(|role| role.role_name)
            .ok_or_else(|| Fault::new(FaultKind::Lost, CREATE, "no role in the answer"))
    }

    /// Its one field is its name.
    async fn update(_: &Aws, _: &Found<ServiceLinkedRole>, _: &ServiceLinkedRole) -> Result<(), Fault> {
        Ok(())
    }

    async fn retag(_: &Aws, _: &Found<ServiceLinkedRole>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(_: &Aws, found: &Found<ServiceLinkedRole>) -> Result<(), Fault> {
        let message = format!("{} is the whole account's, and other environments may need it", found.id);
        Err(Fault::new(FaultKind::Refused, "iam:DeleteServiceLinkedRole", message))
    }
}

/// That there is one already is not told by a code of its own.
fn taken(fault: Fault) -> Fault {
    fault.when(FaultKind::Exists, &["InvalidInput", "InvalidInputException"], "has been taken in this account")
}

/// The definition of a live role; `None` for those of services that are none of ours.
fn understand(live: &Live) -> Option<Found<ServiceLinkedRole>> {
    let principal = live.path().strip_prefix(PATH)?.strip_suffix('/')?;
    let service = *LinkedService::ALL.iter().find(|service| service.principal() == principal)?;
    let found = Found::ready(live.role_name(), ServiceLinkedRole { service }, Tags::new());
    Some(found.with(ServiceLinkedRole::ARN.name, live.arn()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::primitives::DateTime;
    use infra_engine::live::natural_key;
    use infra_engine::model::{Document, Resource as _};

    use super::*;

    fn live(path: &str, name: &str) -> Live {
        let role = Live::builder().path(path).role_name(name).role_id("AROA").create_date(DateTime::from_secs(0));
        role.arn(format!("arn:aws:iam::123456789012:role{path}{name}")).build().unwrap()
    }

    #[test]
    fn each_service_is_known_by_the_path_of_its_role() {
        for service in LinkedService::ALL {
            let role = live(&format!("/aws-service-role/{service}/"), "AWSServiceRoleForSomething");
            let found = understand(&role).unwrap();
            assert_eq!((found.definition.service, found.id.as_str()), (*service, "AWSServiceRoleForSomething"));
            let document = Document::of(&found.definition).unwrap();
            let key = natural_key(ServiceLinkedRole::SCHEMA, &document);
            assert_eq!(key.as_deref(), Some(service.principal()), "its name is its principal");
        }
        assert!(understand(&live("/", "shop-web")).is_none());
        assert!(understand(&live("/aws-service-role/lex.amazonaws.com/", "AWSServiceRoleForLexBots")).is_none());
    }

    #[test]
    fn a_principal_is_the_one_that_policies_use() {
        assert_eq!(Service::from(LinkedService::SpotFleet), Service::SpotFleet);
        assert_eq!(Service::from(LinkedService::Spot), Service::Other("spot.amazonaws.com".into()));
    }

    #[test]
    fn one_that_is_there_is_no_failure() {
        let fault = |message: &str| {
            taken(Fault { code: Some("InvalidInput".into()), ..Fault::new(FaultKind::Refused, CREATE, message) })
        };
        let there =
            "Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.";
        assert_eq!(fault(there).kind, FaultKind::Exists);
        assert_eq!(fault("Custom suffix is not allowed for ecs.amazonaws.com").kind, FaultKind::Refused);
    }
}
