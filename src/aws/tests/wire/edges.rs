//! What the network's edge is told: secrets on their way into headers, and logs that AWS says it has made and has not.

use infra_aws::cloudfront::{Behavior, Cache, Distribution, Origin};
use infra_aws::ec2::{FlowLog, FlowLogResource, LogDestination, MaxAggregationInterval, TrafficType};
use infra_aws::elb::{Action, Condition, ListenerRule, ORIGIN_HEADER};
use infra_aws::secretsmanager::SecretValue;
use infra_engine::live::{Behaviour, FaultKind};
use infra_engine::model::Ref;

use crate::server::{Reply, Server, aws, json, xml};
use crate::terraform::order;

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/origin-key-AbCdEf";

/// Each version of the secret has a value of its own.
fn secrets() -> [(&'static str, Reply); 2] {
    let value = |version: &str| format!(r#"{{"VersionId": "{version}", "SecretString": "planted-{version}"}}"#);
    [(r#""VersionId":"v2""#, json(200, &value("v2"))), (r#""VersionId":"v1""#, json(200, &value("v1")))]
}

#[tokio::test]
async fn a_rule_wants_both_values_of_a_secret_and_notes_neither() {
    let made = "<CreateRuleResponse><CreateRuleResult><Rules><member><RuleArn>arn:rule</RuleArn></member></Rules>\
                </CreateRuleResult></CreateRuleResponse>";
    let [newest, before] = secrets();
    let server = Server::answering([newest, before, ("Action=CreateRule", xml(200, made))]).await;
    let shown = Condition::SecretHeader {
        name: ORIGIN_HEADER.into(),
        secret: Ref::known(SECRET),
        version: Ref::known("v2"),
        before: Ref::known("v1"),
    };
    let action = Action::respond(404, "Nothing here");
    let rule = ListenerRule { listener: Ref::known("arn:listener"), priority: 1, conditions: [shown].into(), action };
    assert_eq!(ListenerRule::create(&aws(&server.url).await, &order(rule)).await.unwrap(), "arn:rule");
    let requests = server.requests();
    let sent = requests.iter().find(|request| request.contains("Action=CreateRule")).unwrap();
    assert_eq!((sent.matches("planted-v1").count(), sent.matches("planted-v2").count()), (1, 1), "{sent}");
    let tags: Vec<&str> = sent.split('&').filter(|part| part.starts_with("Tags.member")).collect();
    assert!(tags.iter().any(|part| part.contains("infra%3Asecret-header")), "{tags:?}");
    assert!(!tags.iter().any(|part| part.contains("planted")), "{tags:?}");
}

#[tokio::test]
async fn an_origin_is_sent_one_value_of_a_secret_and_the_note_has_none() {
    let made = "<Distribution><Id>E1</Id><ARN>arn:cdn</ARN><Status>InProgress</Status>\
                <LastModifiedTime>2026-11-26T00:00:00Z</LastModifiedTime><DomainName>d1.cloudfront.net</DomainName>\
                <InProgressInvalidationBatches>0</InProgressInvalidationBatches></Distribution>";
    let [newest, before] = secrets();
    let server = Server::answering([newest, before, ("DistributionConfigWithTags", xml(201, made))]).await;
    let key = SecretValue { secret: Ref::known(SECRET), version: Ref::known("v2") };
    let web = Origin::web(Ref::known("lb.example.com"));
    let web = Origin { custom_headers: [(ORIGIN_HEADER.into(), key)].into(), ..web };
    let behavior = Behavior::of("web", Cache::nothing());
    let cdn = Distribution { origins: [("web".into(), web)].into(), ..Distribution::of("The shop", behavior) };
    assert_eq!(Distribution::create(&aws(&server.url).await, &order(cdn)).await.unwrap(), "E1");
    let requests = server.requests();
    let sent = requests.iter().find(|request| request.contains("DistributionConfigWithTags")).unwrap();
    let header = "<HeaderName>X-Origin-Verify</HeaderName><HeaderValue>planted-v2</HeaderValue>";
    assert!(sent.contains(header), "{sent}");
    assert_eq!(sent.matches("planted").count(), 1, "{sent}");
    assert!(sent.contains("<Key>infra:header:web/x-origin-verify</Key>"), "{sent}");
}

#[tokio::test]
async fn a_flow_log_that_was_not_made_is_a_fault_though_aws_says_that_all_is_well() {
    let log = FlowLog {
        resource: FlowLogResource::Vpc(Ref::known("vpc-1")),
        traffic_type: TrafficType::All,
        log_destination: LogDestination::CloudWatchLogs {
            log_group_name: Ref::known("/vpc/shop"),
            deliver_logs_permission_arn: Ref::known("arn:aws:iam::123456789012:role/flow"),
        },
        log_format: None,
        max_aggregation_interval: MaxAggregationInterval::TenMinutes,
    };
    for (code, message, kind) in [
        ("InvalidVpcId.NotFound", "The ID 'vpc-1' does not exist", FaultKind::NotYet),
        ("InvalidParameter", "Unable to assume given IAM role: 'arn'", FaultKind::NotYet),
        ("FlowLogAlreadyExists", "There is an existing Flow Log with the same configuration", FaultKind::Refused),
    ] {
        let answer = format!(
            "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item><error><code>{code}</code><message>{message}</message>\
             </error><resourceId>vpc-1</resourceId></item></unsuccessful></CreateFlowLogsResponse>"
        );
        let server = Server::start([xml(200, &answer)]).await;
        let fault = FlowLog::create(&aws(&server.url).await, &order(log.clone())).await.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_deref()), (kind, Some(code)), "{fault}");
        assert!(server.requests()[0].contains("MaxAggregationInterval=600"), "{}", server.requests()[0]);
    }
}
