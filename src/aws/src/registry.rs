//! Every kind that there is, one line each, grouped by service. Nothing else lists them.

use std::sync::Arc;

use infra_engine::live::Registry;

use crate::{
    Aws, autoscaling, budgets, cloudfront, cloudwatch, costs, ec2, ecs, elasticache, elb, events, iam, lambda, logs,
    rds, s3, secretsmanager, sns, waf,
};

/// The kinds, with their calls going through `aws`.
pub fn registry(aws: Arc<Aws>) -> Registry {
    Registry::new()
        .with::<autoscaling::PredictivePolicy>(&aws)
        .with::<autoscaling::ScalableTarget>(&aws)
        .with::<autoscaling::ScheduledAction>(&aws)
        .with::<autoscaling::StepPolicy>(&aws)
        .with::<autoscaling::TargetTrackingPolicy>(&aws)
        .with::<budgets::Budget>(&aws)
        .with::<costs::AllocationTag>(&aws)
        .with::<costs::AnomalyMonitor>(&aws)
        .with::<costs::AnomalySubscription>(&aws)
        .with::<costs::UsageReport>(&aws)
        .with::<cloudfront::Distribution>(&aws)
        .with::<cloudfront::OriginAccessControl>(&aws)
        .with::<cloudfront::ResponseHeadersPolicy>(&aws)
        .with::<cloudwatch::Alarm>(&aws)
        .with::<cloudwatch::Dashboard>(&aws)
        .with::<ec2::ElasticIp>(&aws)
        .with::<ec2::FlowLog>(&aws)
        .with::<ec2::InternetGateway>(&aws)
        .with::<ec2::NatGateway>(&aws)
        .with::<ec2::RouteTable>(&aws)
        .with::<ec2::SecurityGroup>(&aws)
        .with::<ec2::SecurityGroupRules>(&aws)
        .with::<ec2::SpotFleet>(&aws)
        .with::<ec2::Subnet>(&aws)
        .with::<ec2::Vpc>(&aws)
        .with::<ecs::Cluster>(&aws)
        .with::<ecs::GroupProvider>(&aws)
        .with::<ecs::Service>(&aws)
        .with::<ecs::TaskDefinition>(&aws)
        .with::<elasticache::CacheParameterGroup>(&aws)
        .with::<elasticache::CacheSubnetGroup>(&aws)
        .with::<elasticache::ReplicationGroup>(&aws)
        .with::<events::EventRule>(&aws)
        .with::<events::EventTarget>(&aws)
        .with::<elb::Listener>(&aws)
        .with::<elb::ListenerRule>(&aws)
        .with::<elb::LoadBalancer>(&aws)
        .with::<elb::TargetGroup>(&aws)
        .with::<iam::InstanceProfile>(&aws)
        .with::<iam::Role>(&aws)
        .with::<iam::ServiceLinkedRole>(&aws)
        .with::<lambda::Function>(&aws)
        .with::<lambda::Permission>(&aws)
        .with::<logs::Delivery>(&aws)
        .with::<logs::DeliveryDestination>(&aws)
        .with::<logs::DeliverySource>(&aws)
        .with::<logs::LogGroup>(&aws)
        .with::<rds::Database>(&aws)
        .with::<rds::DatabaseParameterGroup>(&aws)
        .with::<rds::DatabaseSubnetGroup>(&aws)
        .with::<rds::Replica>(&aws)
        .with::<s3::Bucket>(&aws)
        .with::<s3::BucketPolicy>(&aws)
        .with::<secretsmanager::Secret>(&aws)
        .with::<sns::Subscription>(&aws)
        .with::<sns::Topic>(&aws)
        .with::<waf::WebAcl>(&aws)
        .with::<waf::WebAclAssociation>(&aws)
}
