//! What AWS answers while something that was made or changed a moment ago is not done with: it is waited for, and nothing is
//! sent or ended before.

use infra_aws::autoscaling::{Adjustment, Aggregation, Step, StepPolicy};
use infra_aws::ec2::SpotFleet;
use infra_aws::ecs::{Architecture, Container, Cpu256, Fargate, TaskDefinition};
use infra_aws::iam::{Policy, Role, Service, Statement};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order};
use infra_engine::model::{Ref, Tags, keys};

use crate::server::{Reply, Server, aws, json, xml};

fn order<R>(definition: R) -> Order<R> {
    Order { address: "shop.one".parse().unwrap(), definition, tags: Tags::new(), token: "0".repeat(32) }
}

/// A fleet of the address `workers.fleet`, in that state.
fn fleet(id: &str, retired: bool, state: &str, activity: Option<&str>, there: f64) -> String {
    let activity = activity.map(|activity| format!("<activityStatus>{activity}</activityStatus>")).unwrap_or_default();
    let tag = |key: &str, value: &str| format!("<item><key>{key}</key><value>{value}</value></item>");
    let mark = if retired { tag(keys::RETIRED, "true") } else { String::new() };
    format!(
        "<item><spotFleetRequestId>{id}</spotFleetRequestId><spotFleetRequestState>{state}</spotFleetRequestState>{activity}\
         <createTime>2026-11-26T08:00:00Z</createTime><spotFleetRequestConfig><iamFleetRole>arn:aws:iam::1:role/fleet\
         </iamFleetRole><targetCapacity>2</targetCapacity><fulfilledCapacity>{there}</fulfilledCapacity><type>maintain</type>\
         </spotFleetRequestConfig><tagSet>{}{}{mark}</tagSet></item>",
        tag(keys::OWNER, "shop/prod"),
        tag(keys::ADDRESS, "workers.fleet"),
    )
}

/// What comes of ending the old fleet while the new one stands so, and whether the old one was cancelled.
async fn ended_beside(state: &str, activity: Option<&str>, there: f64) -> (Result<(), Fault>, bool) {
    let old = fleet("sfr-old", true, "active", Some("fulfilled"), 2.0);
    let all = [old.as_str(), &fleet("sfr-new", false, state, activity, there)].concat();
    let fleets = |items: &str| {
        format!(
            "<DescribeSpotFleetRequestsResponse><spotFleetRequestConfigSet>{items}</spotFleetRequestConfigSet>\
             </DescribeSpotFleetRequestsResponse>"
        )
    };
    let history = "<DescribeSpotFleetRequestHistoryResponse><historyRecordSet><item><timestamp>2026-11-26T08:01:00Z</timestamp>\
                   <eventType>error</eventType><eventInformation><eventSubType>iamFleetRoleInvalid</eventSubType>\
                   <eventDescription>The role may not launch machines</eventDescription></eventInformation></item>\
                   </historyRecordSet></DescribeSpotFleetRequestHistoryResponse>";
    let server = Server::answering([
        ("Action=CancelSpotFleetRequests", xml(200, "<CancelSpotFleetRequestsResponse/>")),
        ("Action=DescribeSpotFleetRequestHistory", xml(200, history)),
        ("Action=DescribeSpotFleetRequests", xml(200, &fleets(&all))),
        ("DescribeScalableTargets", json(200, r#"{"ScalableTargets": []}"#)),
    ])
    .await;
    let clients = aws(&server.url).await;
    let ask = Ask { owner: "shop/prod".parse().ok(), ..Ask::default() };
    let fleets: Vec<Found<SpotFleet>> = SpotFleet::read(&clients, &ask).await.unwrap();
    let old = fleets.iter().find(|fleet| fleet.id == "sfr-old").unwrap();
    let ended = SpotFleet::delete(&clients, old).await;
    (ended, server.requests().iter().any(|request| request.contains("Action=CancelSpotFleetRequests")))
}

#[tokio::test]
async fn a_fleet_stays_until_its_successor_says_that_its_machines_are_there() {
    let waits = [
        ("submitted", None, 0.0),
        ("active", None, 0.0),
        ("active", Some("pending_fulfillment"), 1.0),
        ("modifying", None, 0.0),
        ("active", Some("pending_termination"), 1.0),
    ];
    for (state, activity, there) in waits {
        let (ended, cancelled) = ended_beside(state, activity, there).await;
        let fault = ended.unwrap_err();
        assert_eq!((fault.kind, cancelled), (FaultKind::Busy, false), "{state} {activity:?}: {fault}");
        let said = format!("sfr-new, which takes its place, has {there} of 2 machines: ");
        assert!(fault.message.starts_with(&said), "{fault}");
    }
    for (activity, there) in [(Some("fulfilled"), 2.0), (Some("pending_termination"), 3.0), (None, 2.0)] {
        let (ended, cancelled) = ended_beside("active", activity, there).await;
        assert!(ended.is_ok() && cancelled, "{activity:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_fleet_stays_where_its_successor_has_failed_and_the_reason_is_told() {
    let (ended, cancelled) = ended_beside("active", Some("error"), 0.0).await;
    let fault = ended.unwrap_err();
    assert_eq!((fault.kind, cancelled), (FaultKind::Refused, false), "{fault}");
    assert!(fault.message.contains("has 0 of 2 machines: The role may not launch machines"), "{fault}");
}

/// A policy that was put into a role is not in force everywhere at once, and a task that starts without it stops.
#[tokio::test]
async fn a_task_definition_waits_for_a_role_that_was_changed_a_moment_ago() {
    let server = Server::answering([("Action=", Reply::Done), ("RegisterTaskDefinition", json(200, "{}"))]).await;
    let clients = aws(&server.url).await;
    let role = Role {
        name: "shop-web-execution".into(),
        path: "/".into(),
        description: String::new(),
        longest_session: 3600,
        trust: Policy::trust(Service::EcsTasks),
        inline: Default::default(),
        attached: Default::default(),
        boundary: None,
    };
    let live = Found::ready("shop-web-execution", role.clone(), Tags::new());
    let reads = Policy::of([Statement::allow(["secretsmanager:GetSecretValue"]).on(["*"])]);
    let wanted = Role { inline: [("secrets".to_owned(), reads)].into(), ..role };
    Role::update(&clients, &live, &wanted).await.unwrap();
    assert!(server.requests().iter().any(|request| request.contains("Action=PutRolePolicy")));

    let task = |role: &str| TaskDefinition {
        family: "shop-web".into(),
        size: Fargate::Cpu256(Cpu256::Gb1),
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: Some(Ref::known(format!("arn:aws:iam::123456789012:role/{role}"))),
        containers: [("web".to_owned(), Container::of("web:1"))].into(),
        volumes: Default::default(),
    };
    let sent = || server.requests().iter().filter(|request| request.contains("RegisterTaskDefinition")).count();
    let fault = TaskDefinition::create(&clients, &order(task("shop-web-execution"))).await.unwrap_err();
    assert_eq!((fault.kind, sent()), (FaultKind::NotYet, 0), "{fault}");
    let _ = TaskDefinition::create(&clients, &order(task("another"))).await;
    assert_eq!(sent(), 1, "a role that nobody has changed is used at once");
}

/// Whatever the alarms or the service say that a policy is put on: Terraform's provider asks again for two minutes.
#[tokio::test]
async fn a_policy_that_is_refused_access_is_put_again() {
    let policy = StepPolicy {
        target: Ref::known("service/shop/web"),
        name: "out".into(),
        adjustment: Adjustment::Change,
        steps: vec![Step::above(0.0, 1)],
        cooldown: 300,
        aggregation: Aggregation::Average,
    };
    for (message, kind) in [
        ("Unable to retrieve alarms for the policy", FaultKind::NotYet),
        ("User is not authorized to perform: cloudwatch:PutMetricAlarm", FaultKind::NotYet),
        ("Rate exceeded", FaultKind::Throttled),
    ] {
        let refused = format!(r#"{{"__type": "FailedResourceAccessException", "message": "{message}"}}"#);
        let server = Server::start([json(400, &refused)]).await;
        let fault = StepPolicy::create(&aws(&server.url).await, &order(policy.clone())).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{message}");
    }
}
