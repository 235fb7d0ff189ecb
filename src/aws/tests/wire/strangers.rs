//! What stands beside ours and cannot be put in this program's words: it never ends a command. What nobody asks for is
//! passed over; what is ours is shown as what cannot be read.

use infra_aws::autoscaling::{PredictivePolicy, ScalableTarget, ScheduledAction, StepPolicy, TargetTrackingPolicy};
use infra_aws::ec2::{ElasticIp, RouteTable};
use infra_aws::ecs::{Service, TaskDefinition};
use infra_aws::events::EventRule;
use infra_aws::s3::Bucket;
use infra_aws::waf::WebAcl;
use infra_engine::live::{Ask, Behaviour, Found, Retag, State};
use infra_engine::model::keys;

use crate::server::{Reply, Server, aws, json, xml};

const NO_INDEX: (&str, &str) = ("GetResources", r#"{"ResourceTagMappingList": []}"#);

/// What a kind reads of a cloud that answers so.
async fn read<R: Behaviour<Cloud = infra_aws::Aws>>(replies: Vec<(&'static str, Reply)>, ask: Ask) -> Vec<Found<R>> {
    let server = Server::answering(replies).await;
    R::read(&aws(&server.url).await, &ask).await.unwrap()
}

fn answers(replies: &[(&'static str, &str)]) -> Vec<(&'static str, Reply)> {
    [NO_INDEX].iter().chain(replies).map(|(words, body)| (*words, json(200, body))).collect()
}

fn ours() -> Ask {
    Ask { owner: "shop/test".parse().ok(), ..Ask::default() }
}

/// What is said of one that cannot be read.
#[track_caller]
fn why<R: std::fmt::Debug>(found: &Found<R>) -> &str {
    match &found.state {
        State::Unreadable(why) => why,
        other => panic!("{} can be read: {other:?}", found.id),
    }
}

fn ids<R>(found: &[Found<R>]) -> Vec<&str> {
    found.iter().map(|found| found.id.as_str()).collect()
}

#[tokio::test]
async fn task_definitions_for_machines() {
    let arn = |family: &str| format!("arn:aws:ecs:eu-central-1:1:task-definition/{family}");
    let list = format!(
        r#"{{"taskDefinitionArns": ["{}", "{}", "{}"]}}"#,
        arn("shop-worker:7"),
        arn("shop-own:2"),
        arn("shop-web:3")
    );
    let definition = |family: &str, revision: u32, more: &str, tags: &str| {
        format!(
            r#"{{"taskDefinition": {{"taskDefinitionArn": "{}", "family": "{family}", "revision": {revision},
                "status": "ACTIVE", "containerDefinitions": [{{"name": "web", "image": "web:1"}}], {more}}}, "tags": [{tags}]}}"#,
            arn(&format!("{family}:{revision}"))
        )
    };
    let owner = format!(r#"{{"key": "{}", "value": "shop/test"}}"#, keys::OWNER);
    let found: Vec<Found<TaskDefinition>> = read(
        answers(&[
            ("ListTaskDefinitions", &list),
            ("shop-worker:7", &definition("shop-worker", 7, r#""cpu": "100", "memory": "256""#, "")),
            ("shop-own:2", &definition("shop-own", 2, r#""requiresCompatibilities": ["EC2"]"#, &owner)),
            ("shop-web:3", &definition("shop-web", 3, r#""cpu": "256", "memory": "512""#, &owner)),
        ]),
        ours(),
    )
    .await;
    assert_eq!(ids(&found), [arn("shop-own:2"), arn("shop-web:3")]);
    assert_eq!(why(&found[0]), "the task definition shop-own:2: it is not made for Fargate");
    assert_eq!((found[0].definition.family.as_str(), &found[1].state), ("shop-own", &State::Ready));
}

/// A pipeline of somebody else's has left 500 revisions of a family with the project's name in it, and ours are two.
#[tokio::test]
async fn of_what_a_pipeline_has_left_the_newest_revision_alone_is_looked_at() {
    let arn = |family: &str| format!("arn:aws:ecs:eu-central-1:1:task-definition/{family}");
    let theirs = (1..=500).map(|revision| arn(&format!("shop-ci:{revision}")));
    let all = theirs.chain(["shop-web:3", "shop-web:4"].map(arn)).map(|arn| format!("{arn:?}")).collect::<Vec<_>>();
    let list = format!(r#"{{"taskDefinitionArns": [{}]}}"#, all.join(", "));
    let definition = |family: &str, revision: u32, tags: &str| {
        format!(
            r#"{{"taskDefinition": {{"taskDefinitionArn": "{}", "family": "{family}", "revision": {revision},
                "status": "ACTIVE", "cpu": "256", "memory": "512", "containerDefinitions": [{{"name": "web",
                "image": "web:1"}}]}}, "tags": [{tags}]}}"#,
            arn(&format!("{family}:{revision}"))
        )
    };
    let owner = format!(r#"{{"key": "{}", "value": "shop/test"}}"#, keys::OWNER);
    let resource = |revision: u32| {
        let tag = format!(r#"{{"Key": "{}", "Value": "shop/test"}}"#, keys::OWNER);
        format!(r#"{{"ResourceARN": "{}", "Tags": [{tag}]}}"#, arn(&format!("shop-web:{revision}")))
    };
    // The index may know both of ours, the older one alone, or nothing at all.
    let indices = [vec![resource(3), resource(4)], vec![resource(3)], vec![]];
    for index in indices.map(|known| format!(r#"{{"ResourceTagMappingList": [{}]}}"#, known.join(", "))) {
        let server = Server::answering([
            ("GetResources", json(200, &index)),
            ("ListTaskDefinitions", json(200, &list)),
            ("shop-ci:500", json(200, &definition("shop-ci", 500, ""))),
            ("shop-web:3", json(200, &definition("shop-web", 3, &owner))),
            ("shop-web:4", json(200, &definition("shop-web", 4, &owner))),
        ])
        .await;
        let found = TaskDefinition::read(&aws(&server.url).await, &ours()).await.unwrap();
        assert_eq!(ids(&found), [arn("shop-web:4"), arn("shop-web:3")], "{index}");
        let looks = server.requests().iter().filter(|request| request.contains("DescribeTaskDefinition")).count();
        assert_eq!(looks, 3, "{index}");
    }
}

/// Services in the shapes in which AWS has answered others: of a time before ARNs had the cluster in them, on machines,
/// and deployed by something else than ECS, with sets of tasks and nothing else.
#[tokio::test]
async fn services_of_other_times_and_by_other_means() {
    let arn = |rest: &str| format!("arn:aws:ecs:eu-central-1:1:service/{rest}");
    let start = |rest: &str, name: &str| {
        format!(
            r#""serviceArn": "{}", "serviceName": "{name}", "clusterArn": "arn:aws:ecs:eu-central-1:1:cluster/shop",
               "status": "ACTIVE", "desiredCount": 1, "runningCount": 1, "pendingCount": 0, "loadBalancers": [],
               "createdAt": 1515935469.848"#,
            arn(rest)
        )
    };
    let machines = format!(
        r#"{{{}, "launchType": "EC2", "taskDefinition": "arn:aws:ecs:eu-central-1:1:task-definition/old:1",
            "deploymentConfiguration": {{"maximumPercent": 200, "minimumHealthyPercent": 100}},
            "deployments": [{{"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 1, "runningCount": 0,
                "taskDefinition": "arn:aws:ecs:eu-central-1:1:task-definition/old:1", "launchType": "EC2"}}],
            "placementStrategy": [{{"type": "spread", "field": "instanceId"}}], "events": [], "propagateTags": "NONE"}}"#,
        start("shop/on-machines", "on-machines")
    );
    let sets = format!(
        r#"{{{}, "deploymentController": {{"type": "EXTERNAL"}}, "deployments": [], "taskSets": [{{"id": "ecs-svc/2",
            "status": "ACTIVE", "taskDefinition": "arn:aws:ecs:eu-central-1:1:task-definition/blue:3",
            "scale": {{"value": 100.0, "unit": "PERCENT"}}, "stabilityStatus": "STABILIZING"}}]}}"#,
        start("shop/in-sets", "in-sets")
    );
    let list = format!(
        r#"{{"serviceArns": ["{}", "{}", "{}"]}}"#,
        arn("shop-old"),
        arn("shop/on-machines"),
        arn("shop/in-sets")
    );
    let described = format!(r#"{{"services": [{machines}, {sets}], "failures": []}}"#);
    let found: Vec<Found<Service>> = read(
        answers(&[
            ("ListClusters", r#"{"clusterArns": ["arn:aws:ecs:eu-central-1:1:cluster/shop"]}"#),
            ("ListServices", &list),
            ("DescribeServices", &described),
        ]),
        ours(),
    )
    .await;
    assert_eq!(ids(&found), [arn("shop/on-machines"), arn("shop/in-sets")]);
    assert!(found.iter().all(|found| found.tags.is_empty()), "nobody has marked them: {found:?}");
    assert_eq!(found[1].definition.task.value(), "", "a service of sets has no task definition of its own");
}

#[tokio::test]
async fn targets_from_before_there_were_tags() {
    let target = r#"{"ScalableTargets": [{"ServiceNamespace": "ecs", "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 2, "MaxCapacity": 4,
        "RoleARN": "arn:aws:iam::1:role/scaling", "CreationTime": 1}]}"#;
    let server = Server::answering(answers(&[
        ("DescribeScalableTargets", target),
        ("DescribeScheduledActions", r#"{"ScheduledActions": []}"#),
        (
            "RegisterScalableTarget",
            r#"{"ScalableTargetARN": "arn:aws:application-autoscaling:eu-central-1:1:scalable-target/1"}"#,
        ),
        ("TagResource", "{}"),
    ]))
    .await;
    let aws = aws(&server.url).await;
    let found = ScalableTarget::read(&aws, &Ask::only(["service/shop/web".to_owned()])).await.unwrap().pop().unwrap();
    assert!(found.tags.is_empty(), "nobody is asked for tags that there cannot be");
    let set = [(keys::OWNER.to_owned(), "shop/test".to_owned())].into();
    ScalableTarget::retag(&aws, &found, &Retag { set, remove: Vec::new() }).await.unwrap();
    let requests = server.requests();
    let [.., register, tag] = &requests[..] else { panic!("{requests:?}") };
    assert!(register.contains("RegisterScalableTarget") && register.contains(r#""MinCapacity":2"#), "{register}");
    assert!(tag.contains("scalable-target/1") && tag.contains("shop/test"), "{tag}");
}

/// A policy of the console's on a service of ours.
fn policies(kind: &str, configuration: &str) -> String {
    format!(
        r#"{{"ScalingPolicies": [{{"PolicyARN": "arn:policy", "PolicyName": "clicked", "ServiceNamespace": "ecs",
            "ResourceId": "service/shop/web", "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "{kind}",
            "CreationTime": 1 {configuration}}}]}}"#
    )
}

fn children() -> Ask {
    Ask { parents: ["service/shop/web".to_owned()].into(), ..ours() }
}

#[tokio::test]
async fn policies_that_were_clicked_together() {
    let computed = r#", "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0,
        "CustomizedMetricSpecification": {"Metrics": [{"Id": "m1", "Expression": "m2 / m3", "ReturnData": true}]}}"#;
    let replies = answers(&[("DescribeScalingPolicies", &policies("TargetTrackingScaling", computed))]);
    let found: Vec<Found<TargetTrackingPolicy>> = read(replies, children()).await;
    assert_eq!(why(&found[0]), "the policy service/shop/web/clicked follows a metric that is computed from others");
    assert_eq!((found[0].definition.name.as_str(), found[0].outputs["arn"].as_str()), ("clicked", "arn:policy"));

    let apart = r#", "PredictiveScalingPolicyConfiguration": {"MetricSpecifications": [{"TargetValue": 50.0,
        "CustomizedLoadMetricSpecification": {"MetricDataQueries": []}}]}"#;
    let replies = answers(&[("DescribeScalingPolicies", &policies("PredictiveScaling", apart))]);
    let found: Vec<Found<PredictivePolicy>> = read(replies, children()).await;
    assert!(why(&found[0]).starts_with("the policy service/shop/web/clicked learns from other metrics"));

    let replies = answers(&[("DescribeScalingPolicies", &policies("StepScaling", ""))]);
    let found: Vec<Found<StepPolicy>> = read(replies, children()).await;
    assert_eq!(why(&found[0]), "the policy service/shop/web/clicked says nothing of its steps");
}

#[tokio::test]
async fn actions_at_times_that_are_none() {
    let action = r#"{"ScheduledActions": [{"ScheduledActionName": "odd", "ScheduledActionARN": "arn:action",
        "ServiceNamespace": "ecs", "Schedule": "whenever(it suits)", "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount", "CreationTime": 1}]}"#;
    let replies = answers(&[("DescribeScheduledActions", action)]);
    let found: Vec<Found<ScheduledAction>> = read(replies, children()).await;
    assert_eq!(ids(&found), ["service/shop/web/odd"]);
    assert!(why(&found[0]).starts_with("the scheduled action service/shop/web/odd: "), "{}", why(&found[0]));
}

#[tokio::test]
async fn rules_with_schedules_that_do_not_parse() {
    let rules = r#"{"Rules": [
        {"Name": "shop-theirs", "Arn": "arn:aws:events:eu-central-1:1:rule/shop-theirs", "ScheduleExpression": "odd"},
        {"Name": "shop-ours", "Arn": "arn:aws:events:eu-central-1:1:rule/shop-ours", "ScheduleExpression": "odd"}]}"#;
    let tags = format!(r#"{{"Tags": [{{"Key": "{}", "Value": "shop/test"}}]}}"#, keys::OWNER);
    let replies = answers(&[("ListRules", rules), ("rule/shop-theirs", r#"{"Tags": []}"#), ("rule/shop-ours", &tags)]);
    let found: Vec<Found<EventRule>> = read(replies, ours()).await;
    assert_eq!(ids(&found), ["shop-ours"]);
    assert!(why(&found[0]).starts_with("the rule shop-ours: "), "{}", why(&found[0]));
}

#[tokio::test]
async fn routes_to_what_is_not_known() {
    let table = |id: &str, tags: &str| {
        format!(
            "<item><routeTableId>{id}</routeTableId><vpcId>vpc-1</vpcId><tagSet>{tags}</tagSet><routeSet><item>\
             <destinationCidrBlock>10.9.0.0/16</destinationCidrBlock><quantumTunnelId>qt-1</quantumTunnelId>\
             <origin>CreateRoute</origin><state>active</state></item></routeSet></item>"
        )
    };
    let owner = format!("<item><key>{}</key><value>shop/test</value></item>", keys::OWNER);
    let body = format!(
        "<DescribeRouteTablesResponse><routeTableSet>{}{}</routeTableSet></DescribeRouteTablesResponse>",
        table("rtb-theirs", ""),
        table("rtb-ours", &owner)
    );
    let found: Vec<Found<RouteTable>> = read(vec![("DescribeRouteTables", xml(200, &body))], ours()).await;
    assert_eq!(ids(&found), ["rtb-ours"]);
    assert_eq!(why(&found[0]), "the route table rtb-ours: the route to 10.9.0.0/16 has no target");
}

#[tokio::test]
async fn a_policy_whose_alarms_cannot_be_asked_for_is_asked_for_again() {
    let refused = r#"{"__type": "FailedResourceAccessException", "message": "Unable to retrieve alarms"}"#;
    let server = Server::start([json(400, refused)]).await;
    let fault = TargetTrackingPolicy::read(&aws(&server.url).await, &children()).await.unwrap_err();
    assert_eq!(fault.kind, infra_engine::live::FaultKind::Throttled, "{fault}");
}

/// A firewall in which the console has turned on a group that has settings of its own.
#[tokio::test]
async fn firewalls_with_groups_that_have_settings() {
    let list = r#"{"WebACLs": [{"Name": "shop-edge", "Id": "acl-1", "LockToken": "lock",
        "ARN": "arn:aws:wafv2:us-east-1:1:global/webacl/shop-edge/acl-1"}]}"#;
    let metrics =
        r#""VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}"#;
    let rule = format!(
        r#"{{"Name": "AWS-AntiDDoS", "Priority": 0, "OverrideAction": {{"None": {{}}}}, {metrics}, "Statement":
            {{"ManagedRuleGroupStatement": {{"VendorName": "AWS", "Name": "AWSManagedRulesAntiDDoSRuleSet",
            "ManagedRuleGroupConfigs": [{{"LoginPath": "/login"}}]}}}}}}"#
    );
    let acl = format!(
        r#"{{"LockToken": "lock", "WebACL": {{"Name": "shop-edge", "Id": "acl-1", "Capacity": 50,
            "ARN": "arn:aws:wafv2:us-east-1:1:global/webacl/shop-edge/acl-1", "DefaultAction": {{"Allow": {{}}}},
            "Rules": [{rule}], {metrics}}}}}"#
    );
    for (owner, expected) in [("shop/test", 1), ("other/test", 0)] {
        let tags =
            format!(r#"{{"TagInfoForResource": {{"TagList": [{{"Key": "{}", "Value": "{owner}"}}]}}}}"#, keys::OWNER);
        let logging = r#"{"LoggingConfiguration": {
            "ResourceArn": "arn:aws:wafv2:us-east-1:1:global/webacl/shop-edge/acl-1",
            "LogDestinationConfigs": ["arn:aws:logs:us-east-1:1:log-group:aws-waf-logs-shop"]}}"#;
        let replies = answers(&[
            ("ListWebACLs", list),
            ("GetWebACL", &acl),
            ("GetLoggingConfiguration", logging),
            ("ListTagsForResource", &tags),
        ]);
        let found: Vec<Found<WebAcl>> = read(replies, ours()).await;
        // This server has the same answer for both scopes.
        assert_eq!(found.len(), 2 * expected, "{owner}");
        assert!(found.iter().all(|found| why(found).contains("`AWS-AntiDDoS`")), "{found:?}");
    }
}

#[tokio::test]
async fn addresses_from_before_there_were_networks() {
    let tag = format!("<tagSet><item><key>{}</key><value>shop/test</value></item></tagSet>", keys::OWNER);
    let body = format!(
        "<DescribeAddressesResponse><addressesSet>\
         <item><publicIp>203.0.113.7</publicIp><domain>standard</domain>{tag}</item>\
         <item><publicIp>203.0.113.8</publicIp><allocationId>eipalloc-8</allocationId><domain>vpc</domain>{tag}</item>\
         </addressesSet></DescribeAddressesResponse>"
    );
    let found: Vec<Found<ElasticIp>> = read(vec![("DescribeAddresses", xml(200, &body))], ours()).await;
    assert_eq!(ids(&found), ["eipalloc-8"], "what has no identifier cannot be named or changed");
}

/// AWS says that something was denied, and not of what.
#[tokio::test]
async fn a_call_that_fails_names_what_it_was_about() {
    let denied = "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
    let buckets = "<ListAllMyBucketsResult><Buckets><Bucket><Name>shop-assets</Name></Bucket></Buckets>\
                   </ListAllMyBucketsResult>";
    let tags =
        format!("<Tagging><TagSet><Tag><Key>{}</Key><Value>shop/test</Value></Tag></TagSet></Tagging>", keys::OWNER);
    let server = Server::answering([
        (NO_INDEX.0, json(200, NO_INDEX.1)),
        ("GET /shop-assets/?tagging", xml(200, &tags)),
        ("GET /shop-assets", xml(400, denied)),
        ("GET /?", xml(200, buckets)),
    ])
    .await;
    let fault = Bucket::read(&aws(&server.url).await, &ours()).await.unwrap_err();
    assert!(fault.message.starts_with("shop-assets: "), "{fault}");
}
