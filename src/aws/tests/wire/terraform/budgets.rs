//! Budgets.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::budgets::{Audience, Budget, Filter, Period, Trigger};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Ours, Theirs};
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Server, aws, json, xml};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:shop-alerts";
const ARN: &str = "arn:aws:budgets::123456789012:budget/shop-budget";
const WITH_THE_BUDGET: &str =
    "notifications are made by the call that makes the budget: a budget without is never seen";
const UNTIL_2087: &str = "the end that AWS gives to a budget without an end";

fn audience(emails: &[&str], topic: Option<&str>) -> Audience {
    let emails = emails.iter().map(|email| email.parse().unwrap()).collect();
    Audience { emails, topic: topic.map(Ref::known) }
}

fn budget() -> Budget {
    Budget {
        name: "shop-budget".into(),
        period: Period::Monthly,
        limit: 2000.into(),
        filters: BTreeSet::from([Filter::tag("Project", "shop")]),
        notifications: BTreeMap::from([
            (Trigger::actual_over(80), audience(&["ops@example.com"], Some(TOPIC))),
            (Trigger::forecasted_over(100), audience(&["ops@example.com"], None)),
        ]),
    }
}

fn changed() -> Budget {
    Budget {
        limit: "2500.5".parse().unwrap(),
        filters: BTreeSet::from([
            Filter::tag("Project", "shop"),
            Filter::Service("Amazon Elastic Container Service".into()),
        ]),
        notifications: BTreeMap::from([
            (Trigger::actual_over(90), audience(&["ops@example.com"], Some(TOPIC))),
            (Trigger::forecasted_over(100), audience(&["finance@example.com", "ops@example.com"], None)),
        ]),
        ..budget()
    }
}

/// Who is calling, and an empty answer to everything else.
async fn server() -> Server {
    let caller = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ops</Arn>\
                  <UserId>ops</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
                  </GetCallerIdentityResponse>";
    // As DescribeBudget answers: what is computed is there too.
    let live = r#"{"Budget": {"BudgetName": "shop-budget", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "2000.0", "Unit": "USD"}, "CostFilters": {"TagKeyValue": ["user:Project$shop"]},
        "TimePeriod": {"Start": 1793491200, "End": 3706473600}, "LastUpdatedTime": 1793491200,
        "CalculatedSpend": {"ActualSpend": {"Amount": "12.5", "Unit": "USD"}}}}"#;
    let replies = [("GetCallerIdentity", xml(200, caller)), ("DescribeBudget", json(200, live)), ("", json(200, "{}"))];
    Server::answering(replies).await
}

#[tokio::test]
async fn creating() {
    let server = server().await;
    Budget::create(&aws(&server.url).await, &order(budget())).await.unwrap();
    Recorded {
        call: "AWSBudgetServiceGateway.CreateBudget",
        body: include_str!("recorded/budget-create.json"),
        sets: &[],
        differences: &[
            Ours("ResourceTags", OWNERSHIP),
            Ours("NotificationsWithSubscribers", WITH_THE_BUDGET),
            Theirs("Budget.TimePeriod.End", UNTIL_2087),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_one_without_filters_for_each_day() {
    let server = server().await;
    let trigger: Trigger = "actual > 12.5".parse().unwrap();
    let everything = Budget {
        name: "everything-budget".into(),
        period: Period::Daily,
        limit: 10.into(),
        filters: BTreeSet::new(),
        notifications: BTreeMap::from([(trigger, audience(&[], Some(TOPIC)))]),
    };
    Budget::create(&aws(&server.url).await, &order(everything.clone())).await.unwrap();
    Recorded {
        call: "AWSBudgetServiceGateway.CreateBudget",
        body: include_str!("recorded/budget-everything.json"),
        sets: &[],
        differences: &[
            Ours("ResourceTags", OWNERSHIP),
            Ours("NotificationsWithSubscribers", WITH_THE_BUDGET),
            Theirs("Budget.TimePeriod.End", UNTIL_2087),
        ],
    }
    .check(&server);

    // The same notification by a call of its own: when it is added later.
    let live = Budget { notifications: BTreeMap::new(), ..everything.clone() };
    let live = found("everything-budget", live, &[(Budget::ARN.name, ARN)]);
    Budget::update(&aws(&server.url).await, &live, &everything).await.unwrap();
    Recorded {
        call: "AWSBudgetServiceGateway.CreateNotification",
        body: include_str!("recorded/budget-everything-notification.json"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}

#[tokio::test]
async fn changing() {
    let server = server().await;
    let live = found("shop-budget", budget(), &[(Budget::ARN.name, ARN)]);
    Budget::update(&aws(&server.url).await, &live, &changed()).await.unwrap();
    let messages = [
        ("AWSBudgetServiceGateway.UpdateBudget", include_str!("recorded/budget-update.json")),
        ("AWSBudgetServiceGateway.CreateNotification", include_str!("recorded/budget-notification.json")),
        ("AWSBudgetServiceGateway.DeleteNotification", include_str!("recorded/budget-notification-delete.json")),
    ];
    for (call, body) in messages {
        Recorded { call, body, sets: &[], differences: &[] }.check(&server);
    }
    // Where Terraform deletes a notification and makes it anew, whoever else is to be told is added to it.
    let added = server.requests().into_iter().find(|request| request.contains("CreateSubscriber")).unwrap();
    assert!(added.contains(r#""Subscriber":{"SubscriptionType":"EMAIL","Address":"finance@example.com"}"#), "{added}");
}

#[tokio::test]
async fn deleting() {
    let server = server().await;
    let live = found("shop-budget", budget(), &[(Budget::ARN.name, ARN)]);
    Budget::delete(&aws(&server.url).await, &live).await.unwrap();
    Recorded {
        call: "AWSBudgetServiceGateway.DeleteBudget",
        body: include_str!("recorded/budget-delete.json"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}
