//! What is scaled: a service of ECS or a spot fleet, which its resource's name tells. Each has one dimension.

use std::collections::BTreeSet;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};
use infra_engine::live::{Fault, FaultKind};

use crate::subject::Subject;

/// The actions of a kind, and between them those that Application Auto Scaling tries in the caller's name whenever a target,
/// a policy or an action is put.
macro_rules! with_tried {
    ([$($before:expr),* $(,)?], [$($after:expr),* $(,)?]) => {
        &[
            $($before,)*
            "cloudwatch:DeleteAlarms",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:PutMetricAlarm",
            "ec2:DescribeSpotFleetRequests",
            "ec2:ModifySpotFleetRequest",
            "ecs:DescribeServices",
            "ecs:UpdateService",
            $($after,)*
        ]
    };
}

pub(super) use with_tried;

/// What can be scaled, as Application Auto Scaling names it: `service/CLUSTER/NAME`, `spot-fleet-request/sfr-…`.
pub enum ScalableResource {}

/// What is scaled, and which number of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) namespace: ServiceNamespace,
    pub(super) dimension: ScalableDimension,
    pub(super) resource: String,
}

impl Subject for Place {
    fn subject(&self) -> String {
        self.resource.clone()
    }
}

/// The services whose resources are scaled here.
pub(super) const NAMESPACES: [ServiceNamespace; 2] = [ServiceNamespace::Ecs, ServiceNamespace::Ec2];

impl Place {
    /// The place that a resource's name tells.
    pub(super) fn of(resource: &str) -> Option<Place> {
        let (namespace, dimension) = match resource.split('/').collect::<Vec<_>>()[..] {
            ["service", _, _] => (ServiceNamespace::Ecs, ScalableDimension::EcsServiceDesiredCount),
            ["spot-fleet-request", _] => (ServiceNamespace::Ec2, ScalableDimension::Ec2SpotFleetRequestTargetCapacity),
            _ => return None,
        };
        Some(Place { namespace, dimension, resource: resource.to_owned() })
    }

    /// The services that these places are of, each once.
    pub(super) fn namespaces(places: &[Place]) -> BTreeSet<ServiceNamespace> {
        places.iter().map(|place| place.namespace.clone()).collect()
    }

    /// The place for a call, which is not made where there is none.
    pub(super) fn for_call(resource: &str, operation: &'static str) -> Result<Place, Fault> {
        Place::of(resource).ok_or_else(|| {
            let message = format!("`{resource}` is neither `service/CLUSTER/NAME` nor `spot-fleet-request/ID`");
            Fault::new(FaultKind::Refused, operation, message)
        })
    }

    /// The place and the name of what hangs on a target: its identifier is both, joined by a slash.
    pub(super) fn and_name(id: &str) -> Option<(Place, &str)> {
        let parts = if id.starts_with("service/") { 3 } else { 2 };
        let (end, _) = id.match_indices('/').nth(parts - 1)?;
        Some((Place::of(&id[..end])?, &id[end + 1..]))
    }
}

/// What is known of this service's failures alone.
pub(super) fn sorted(fault: Fault) -> Fault {
    fault
        .when(FaultKind::Gone, &["ObjectNotFoundException", "ResourceNotFoundException"], "")
        .when(FaultKind::Busy, &["ConcurrentUpdateException"], "")
        .when(FaultKind::NotYet, &["ValidationException"], "ECS service doesn't exist")
        .when(FaultKind::NotYet, &["ValidationException"], "nable to assume IAM role")
        // The alarms, or what is scaled, would not let it in: mostly because of what was made a moment ago.
        .when(FaultKind::NotYet, &["FailedResourceAccessException"], "")
        .when(FaultKind::Throttled, &["FailedResourceAccessException"], "Rate exceeded")
}

/// The same where nothing is changed: whatever the other service says, asking again is all that there is to do.
pub(super) fn sorted_reading(fault: Fault) -> Fault {
    sorted(fault).when(FaultKind::Throttled, &["FailedResourceAccessException"], "")
}

/// The same where something is put on a target, which was registered a moment ago.
pub(super) fn sorted_on_target(fault: Fault) -> Fault {
    sorted(fault).when(FaultKind::NotYet, &["ObjectNotFoundException"], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_tells_its_place_and_an_identifier_the_name_too() {
        let service = Place::of("service/shop/web").unwrap();
        assert_eq!(service.namespace, ServiceNamespace::Ecs);
        assert_eq!(Place::and_name("service/shop/web/cpu/70"), Some((service, "cpu/70")));
        let fleet = Place::of("spot-fleet-request/sfr-1").unwrap();
        assert_eq!(fleet.dimension, ScalableDimension::Ec2SpotFleetRequestTargetCapacity);
        assert_eq!(Place::and_name("spot-fleet-request/sfr-1/queue"), Some((fleet, "queue")));
        for other in ["", "service/web", "table/orders", "sfr-1"] {
            assert_eq!(Place::of(other), None, "{other}");
            assert_eq!(Place::and_name(other), None, "{other}");
        }
    }
}
