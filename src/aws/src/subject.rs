//! What a call is about, so that a failure names it: AWS says what is wrong far more often than with what.

use infra_engine::live::Fault;

/// Something that calls are made about, one by one.
pub(crate) trait Subject {
    /// Its name or identifier; empty where it has none that would help.
    fn subject(&self) -> String;
}

/// The same failure, which names what the call was about.
pub(crate) fn about(fault: Fault, subject: &str) -> Fault {
    if subject.is_empty() || fault.message.contains(subject) {
        return fault;
    }
    Fault { message: format!("{subject}: {}", fault.message), ..fault }
}

impl Subject for String {
    fn subject(&self) -> String {
        self.clone()
    }
}

/// Of several in one call, the first few.
impl<T: Subject> Subject for Vec<T> {
    fn subject(&self) -> String {
        const TOLD: usize = 3;
        let names: Vec<String> = self.iter().take(TOLD).map(Subject::subject).collect();
        match self.len().saturating_sub(TOLD) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

/// What comes along with something is told by that.
impl<T: Subject, U> Subject for (T, U) {
    fn subject(&self) -> String {
        self.0.subject()
    }
}

/// Notifications have no names of their own: their budget's is told.
impl Subject for &aws_sdk_budgets::types::Notification {
    fn subject(&self) -> String {
        String::new()
    }
}

macro_rules! named {
    ($($kind:ty: |$it:ident| $name:expr;)*) => {$(
        impl Subject for $kind {
            fn subject(&self) -> String {
                let $it = self;
                let name: Option<&str> = $name.into();
                name.unwrap_or_default().to_owned()
            }
        }
    )*};
}

named! {
    aws_sdk_applicationautoscaling::types::ScalableTarget: |it| it.resource_id();
    aws_sdk_applicationautoscaling::types::ServiceNamespace: |it| it.as_str();
    aws_sdk_budgets::types::Budget: |it| it.budget_name();
    aws_sdk_cloudfront::types::DistributionSummary: |it| it.id();
    aws_sdk_cloudwatch::types::MetricAlarm: |it| it.alarm_name();
    aws_sdk_cloudwatchlogs::types::LogGroup: |it| it.log_group_name();
    aws_sdk_costandusagereport::types::ReportDefinition: |it| it.report_name();
    aws_sdk_costexplorer::types::AnomalyMonitor: |it| it.monitor_name();
    aws_sdk_costexplorer::types::AnomalySubscription: |it| it.subscription_name();
    aws_sdk_ecs::types::ContainerInstance: |it| it.container_instance_arn();
    aws_sdk_elasticache::types::CacheParameterGroup: |it| it.cache_parameter_group_name();
    aws_sdk_elasticache::types::CacheSubnetGroup: |it| it.cache_subnet_group_name();
    aws_sdk_elasticache::types::ReplicationGroup: |it| it.replication_group_id();
    aws_sdk_elasticloadbalancingv2::types::LoadBalancer: |it| it.load_balancer_arn();
    aws_sdk_elasticloadbalancingv2::types::TargetGroup: |it| it.target_group_arn();
    aws_sdk_eventbridge::types::Rule: |it| it.name();
    aws_sdk_iam::types::InstanceProfile: |it| it.instance_profile_name();
    aws_sdk_rds::types::DbInstance: |it| it.db_instance_identifier();
    aws_sdk_rds::types::DbParameterGroup: |it| it.db_parameter_group_name();
    aws_sdk_rds::types::DbSubnetGroup: |it| it.db_subnet_group_name();
    aws_sdk_wafv2::types::WebAclSummary: |it| it.name();
}

#[cfg(test)]
mod tests {
    use infra_engine::live::FaultKind;

    use super::*;

    #[test]
    fn a_failure_names_what_it_is_about_once() {
        let denied = |message: &str| Fault::new(FaultKind::Denied, "s3:GetBucketVersioning", message);
        assert_eq!(about(denied("Access Denied"), "shop-assets").message, "shop-assets: Access Denied");
        assert_eq!(about(denied("no bucket shop-assets"), "shop-assets").message, "no bucket shop-assets");
        assert_eq!(about(denied("Access Denied"), "").message, "Access Denied");
    }

    #[test]
    fn of_many_a_few_are_named() {
        let names = |many: usize| (0..many).map(|number| format!("n{number}")).collect::<Vec<_>>().subject();
        assert_eq!((names(2), names(5)), ("n0, n1".to_owned(), "n0, n1, n2 and 2 more".to_owned()));
    }
}
