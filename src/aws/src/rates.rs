//! How often a service may be called: the limits that AWS documents, kept on this side of the connection.
//!
//! A call that comes too early waits for its turn and is not sent in vain: a throttled one counts against the limit as
//! well, and a step that is throttled again and again runs out of its time. Limits are AWS's own: an endpoint of
//! somebody else's has none that are known.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Operations that share a limit.
struct Limit {
    service: &'static str,
    /// None named are all of the service.
    operations: &'static [&'static str],
    /// So many at once.
    burst: u32,
    /// So many a second from then on.
    per_second: u32,
}

impl Limit {
    const fn of(service: &'static str, operations: &'static [&'static str], burst: u32, per_second: u32) -> Limit {
        Limit { service, operations, burst, per_second }
    }
}

/// The first that fits counts. What AWS publishes, read 2026-11-26:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html> (of changes as remembered),
/// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>. Application Auto Scaling publishes none: what it
/// bears was found out by others. For each page of policies it reads their alarms in the caller's name, so both share
/// what CloudWatch gives for alarms, nine a second.
const LIMITS: &[Limit] = &[
    Limit::of("autoscaling", &["DescribeScalingPolicies"], 4, 4),
    Limit::of("autoscaling", &[], 10, 10),
    Limit::of("cloudwatch", &["PutMetricAlarm"], 3, 3),
    Limit::of("cloudwatch", &["DeleteAlarms"], 3, 3),
    Limit::of("cloudwatch", &["DescribeAlarms"], 5, 5),
    Limit::of("cloudwatch", &["DeleteDashboards"], 10, 10),
    Limit::of("cloudwatch", &["GetDashboard"], 10, 10),
    Limit::of("cloudwatch", &["ListDashboards"], 10, 10),
    Limit::of("cloudwatch", &["PutDashboard"], 10, 10),
    Limit::of(
        "ecs",
        &["CreateCluster", "DeleteCluster", "PutClusterCapacityProviders", "UpdateCluster", "UpdateClusterSettings"],
        20,
        1,
    ),
    Limit::of("ecs", &["DescribeClusters", "ListClusters"], 50, 20),
    Limit::of("ecs", &["DeregisterTaskDefinition", "RegisterTaskDefinition"], 20, 1),
    Limit::of("ecs", &["DescribeTaskDefinition", "ListTaskDefinitions"], 50, 20),
    Limit::of("ecs", &["CreateService", "DeleteService", "UpdateService"], 50, 5),
    Limit::of("ecs", &["DescribeServices", "ListServices"], 100, 20),
    Limit::of("ecs", &["TagResource", "UntagResource"], 20, 10),
    Limit::of("ecs", &["ListTagsForResource"], 50, 20),
    Limit::of("ecs", &["DescribeServiceRevisions"], 50, 20),
    Limit::of("ecs", &["CreateCapacityProvider", "DeleteCapacityProvider", "UpdateCapacityProvider"], 10, 1),
    Limit::of("ecs", &["DescribeCapacityProviders"], 50, 20),
    Limit::of(
        "elb",
        &[
            "DescribeListeners",
            "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancers",
            "DescribeRules",
            "DescribeTags",
            "DescribeTargetGroupAttributes",
            "DescribeTargetGroups",
        ],
        40,
        10,
    ),
    Limit::of("elb", &[], 20, 3),
    Limit::of("logs", &["CreateLogGroup"], 10, 10),
    Limit::of("logs", &["DeleteLogGroup"], 10, 10),
    Limit::of("logs", &["DescribeLogGroups"], 10, 10),
    Limit::of("logs", &["DeleteRetentionPolicy"], 5, 5),
    Limit::of("logs", &["ListTagsForResource"], 5, 5),
    Limit::of("logs", &["PutRetentionPolicy"], 5, 5),
    Limit::of("logs", &["TagResource"], 5, 5),
    Limit::of("logs", &["UntagResource"], 5, 5),
    Limit::of("regional_wafv2", &["AssociateWebACL", "DisassociateWebACL"], 1, 1),
    Limit::of("regional_wafv2", &["CreateWebACL"], 1, 1),
    Limit::of("regional_wafv2", &["GetWebACL"], 5, 5),
    Limit::of("regional_wafv2", &["GetWebACLForResource"], 1, 1),
    Limit::of("regional_wafv2", &["ListTagsForResource"], 5, 5),
    Limit::of("regional_wafv2", &["ListWebACLs"], 5, 5),
    Limit::of("regional_wafv2", &["UpdateWebACL"], 1, 1),
    Limit::of("wafv2", &["CreateWebACL"], 1, 1),
    Limit::of("wafv2", &["GetWebACL"], 5, 5),
    Limit::of("wafv2", &["ListTagsForResource"], 5, 5),
    Limit::of("wafv2", &["ListWebACLs"], 5, 5),
    Limit::of("wafv2", &["UpdateWebACL"], 1, 1),
];

/// The turns at the limits of one service.
#[derive(Debug, Default)]
pub(crate) struct Rates(Vec<Turns>);

#[derive(Debug)]
struct Turns {
    operations: &'static [&'static str],
    /// How long one turn takes.
    each: Duration,
    /// How far ahead of their turns calls may be.
    ahead: Duration,
    /// When the turn of the next call is.
    next: Mutex<Option<Instant>>,
}

impl Rates {
    /// Those of a service.
    pub(crate) fn of(service: &str) -> Rates {
        let limits = LIMITS.iter().filter(|limit| limit.service == service);
        Rates(limits.map(Turns::at).collect())
    }

    /// Waits until a request may be sent.
    pub(crate) async fn turn(&self, request: &HttpRequest) {
        if self.0.is_empty() {
            return;
        }
        let operation = operation(request);
        let named =
            |turns: &&Turns| turns.operations.is_empty() || operation.is_some_and(|it| turns.operations.contains(&it));
        if let Some(turns) = self.0.iter().find(named) {
            let now = Instant::now();
            let start = turns.take(now);
            if start > now {
                tracing::debug!(operation, "waiting for a turn");
                tokio::time::sleep_until(start.into()).await;
            }
        }
    }
}

impl Turns {
    /// One less at once than AWS takes: what is sent evenly does not arrive evenly.
    fn at(limit: &Limit) -> Turns {
        let each = Duration::from_secs(1) / limit.per_second;
        Turns {
            operations: limit.operations,
            each,
            ahead: each * limit.burst.saturating_sub(2),
            next: Mutex::new(None),
        }
    }

    /// When the next call may be sent. Whoever asks has taken that turn.
    fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.each);
        turn.checked_sub(self.ahead).map_or(now, |start| start.max(now))
    }
}

/// The operation that a request asks for, where its protocol names it.
fn operation(request: &HttpRequest) -> Option<&str> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    let in_path =
        || request.uri().split_once("/operation/").map(|(_, rest)| rest.split(['?', '/']).next().unwrap_or(rest));
    let in_form = || {
        let form = std::str::from_utf8(request.body().bytes()?).ok()?;
        form.split('&').find_map(|pair| pair.strip_prefix("Action="))
    };
    target.or_else(in_path).or_else(in_form)
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// When each of so many calls at once may be sent, in milliseconds.
    fn starts(burst: u32, per_second: u32, calls: usize) -> Vec<u128> {
        let turns = Turns::at(&Limit::of("test", &[], burst, per_second));
        let now = Instant::now();
        (0..calls).map(|_| turns.take(now).duration_since(now).as_millis()).collect()
    }

    #[test]
    fn the_first_go_at_once_and_the_others_one_by_one() {
        assert_eq!(starts(4, 4, 6), [0, 0, 0, 250, 500, 750]);
        assert_eq!(starts(2, 1, 3), [0, 1000, 2000]);
        assert_eq!(starts(1, 1, 3), [0, 1000, 2000]);
    }

    #[test]
    fn who_has_been_silent_may_send_as_many_as_at_first() {
        let turns = Turns::at(&Limit::of("test", &[], 3, 1));
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let start = |at: Instant| turns.take(at).duration_since(at).as_secs();
        assert_eq!([start(now), start(now), start(now)], [0, 0, 1]);
        assert_eq!([start(later), start(later), start(later)], [0, 0, 1]);
    }

    #[test]
    fn an_operation_is_named_by_each_protocol_in_its_own_way() {
        let mut json = HttpRequest::new(SdkBody::from("{}"));
        json.headers_mut().insert("x-amz-target", "AmazonEC2ContainerServiceV20141113.CreateService");
        assert_eq!(operation(&json), Some("CreateService"));
        let mut cbor = HttpRequest::new(SdkBody::empty());
        cbor.set_uri("https://a/service/GraniteServiceVersion20100801/operation/PutMetricAlarm").unwrap();
        assert_eq!(operation(&cbor), Some("PutMetricAlarm"));
        let form = HttpRequest::new(SdkBody::from("Action=PutMetricAlarm&Version=2010-08-01"));
        assert_eq!(operation(&form), Some("PutMetricAlarm"));
        assert_eq!(operation(&HttpRequest::new(SdkBody::empty())), None);
    }

    #[test]
    fn alarms_that_are_read_for_policies_count_as_well() {
        let of = |service: &str, operation: &str| {
            let fits = |limit: &&Limit| {
                limit.service == service && (limit.operations.is_empty() || limit.operations.contains(&operation))
            };
            LIMITS.iter().find(fits).map(|limit| (limit.burst, limit.per_second)).unwrap()
        };
        let (policies, alarms) = (of("autoscaling", "DescribeScalingPolicies"), of("cloudwatch", "DescribeAlarms"));
        assert_eq!((policies.0 + alarms.0, policies.1 + alarms.1), (9, 9), "what CloudWatch gives for alarms");
        assert_eq!(of("autoscaling", "PutScalingPolicy"), (10, 10));
    }

    #[test]
    fn a_limit_is_of_a_service_that_there_is() {
        let services = ["autoscaling", "cloudwatch", "ecs", "elb", "logs", "regional_wafv2", "wafv2"];
        assert!(LIMITS.iter().all(|limit| services.contains(&limit.service)));
        assert!(services.iter().all(|service| !Rates::of(service).0.is_empty()));
        assert!(Rates::of("iam").0.is_empty());
    }
}
