//! Every kind that there is, one line each, grouped by service. Nothing else lists them.

use std::sync::Arc;

use infra_engine::live::Registry;

use crate::Aws;

/// Hands the types of all kinds to a macro, so that what must be said of each of them cannot be forgotten: a kind of which
/// it is not said does not compile.
#[macro_export]
macro_rules! every_kind {
    ($with:ident) => {
        $with! {
            $crate::autoscaling::PredictivePolicy,
            $crate::autoscaling::ScalableTarget,
            $crate::autoscaling::ScheduledAction,
            $crate::autoscaling::StepPolicy,
            $crate::autoscaling::TargetTrackingPolicy,
            $crate::budgets::Budget,
            $crate::costs::AllocationTag,
            $crate::costs::AnomalyMonitor,
            $crate::costs::AnomalySubscription,
            $crate::costs::UsageReport,
            $crate::cloudfront::Distribution,
            $crate::cloudfront::OriginAccessControl,
            $crate::cloudfront::ResponseHeadersPolicy,
            $crate::cloudwatch::Alarm,
            $crate::cloudwatch::Dashboard,
            $crate::ec2::ElasticIp,
            $crate::ec2::FlowLog,
            $crate::ec2::InternetGateway,
            $crate::ec2::NatGateway,
            $crate::ec2::RouteTable,
            $crate::ec2::SecurityGroup,
            $crate::ec2::SecurityGroupRules,
            $crate::ec2::SpotFleet,
            $crate::ec2::Subnet,
            $crate::ec2::Vpc,
            $crate::ecs::Cluster,
            $crate::ecs::GroupProvider,
            $crate::ecs::Service,
            $crate::ecs::TaskDefinition,
            $crate::elasticache::CacheParameterGroup,
            $crate::elasticache::CacheSubnetGroup,
            $crate::elasticache::ReplicationGroup,
            $crate::events::EventRule,
            $crate::events::EventTarget,
            $crate::elb::Listener,
            $crate::elb::ListenerRule,
            $crate::elb::LoadBalancer,
            $crate::elb::TargetGroup,
            $crate::iam::InstanceProfile,
            $crate::iam::Role,
            $crate::iam::ServiceLinkedRole,
            $crate::lambda::Function,
            $crate::lambda::Permission,
            $crate::logs::Delivery,
            $crate::logs::DeliveryDestination,
            $crate::logs::DeliverySource,
            $crate::logs::LogGroup,
            $crate::rds::Database,
            $crate::rds::DatabaseParameterGroup,
            $crate::rds::DatabaseSubnetGroup,
            $crate::rds::Replica,
            $crate::s3::Bucket,
            $crate::s3::BucketPolicy,
            $crate::secretsmanager::Secret,
            $crate::sns::Subscription,
            $crate::sns::Topic,
            $crate::waf::WebAcl,
            $crate::waf::WebAclAssociation,
        }
    };
}

macro_rules! registered {
    ($($kind:ty),* $(,)?) => {
        /// The kinds, with their calls going through `aws`.
        pub fn registry(aws: Arc<Aws>) -> Registry {
            Registry::new()$(.with::<$kind>(&aws))*
        }
    };
}

every_kind!(registered);
