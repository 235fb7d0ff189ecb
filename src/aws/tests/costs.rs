//! Budgets, anomaly monitors, and those they tell, in a real account: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Walk, aws, project};
use infra_aws::budgets::{Audience, Budget, Filter, Period, TopicArn, Trigger};
use infra_aws::costs::{
    Activation, Alerts, AllocationTag, AnomalyMonitor, AnomalySubscription, Detail, UsageReport, Watch,
};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found};
use infra_engine::model::Ref;

fn monitor(project: &str) -> AnomalyMonitor {
    let watches = Watch::Tag { key: "Project".into(), values: [project.to_owned()].into() };
    AnomalyMonitor { name: format!("{project}-monitor"), watches }
}

#[tokio::test]
async fn a_monitor_walks() {
    let (aws, project) = (aws().await, project());
    let wanted = monitor(&project);
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    let rename = aws.costexplorer().update_anomaly_monitor().monitor_arn(&walk.id).monitor_name("another");
    rename.send().await.unwrap();
    walk.mend().await;
    walk.end().await;
}

#[tokio::test]
async fn a_monitor_of_each_service_comes_back_as_it_was_made() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, AnomalyMonitor { watches: Watch::EachService, ..monitor(&project) }).await;
    walk.end().await;
    let unknown = Ask::only(["arn:aws:ce::000000000000:anomalymonitor/unknown".to_owned()]);
    assert_eq!(AnomalyMonitor::read(&aws, &unknown).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_subscription_walks() {
    let (aws, project) = (aws().await, project());
    let watched = Walk::begin(&aws, &format!("{project}-watched"), monitor(&project)).await;
    let emails = || ["ops@example.com".parse().unwrap()].into();
    let wanted = AnomalySubscription {
        name: format!("{project}-subscription"),
        monitors: [Ref::known(&watched.id)].into(),
        impact: 100.into(),
        alerts: Alerts::Daily(emails()),
    };
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    let update = aws.costexplorer().update_anomaly_subscription().subscription_arn(&walk.id);
    update.subscription_name("another").send().await.unwrap();
    walk.mend().await;
    walk.end().await;
    watched.end().await;
}

#[tokio::test]
async fn an_allocation_tag_is_activated_for_the_whole_account() {
    let (aws, project) = (aws().await, project());
    let key = format!("{project}-key");
    let read = async || -> Found<AllocationTag> {
        let ask = Ask { names: [key.clone()].into(), ..Ask::default() };
        let [tag] = &AllocationTag::read(&aws, &ask).await.unwrap()[..] else { panic!("every key is there") };
        tag.clone()
    };
    let inactive = AllocationTag { activation: Activation::Inactive, ..AllocationTag::active(&key) };
    assert_eq!((read().await.definition, read().await.id), (inactive.clone(), key.clone()));
    for wanted in [AllocationTag::active(&key), AllocationTag::active(&key), inactive, AllocationTag::active(&key)] {
        AllocationTag::update(&aws, &read().await, &wanted).await.unwrap();
        assert_eq!(read().await.definition, wanted);
    }
    let kept = AllocationTag::delete(&aws, &read().await).await.unwrap_err();
    assert_eq!((kept.kind, read().await.definition.activation), (FaultKind::Refused, Activation::Active), "{kept}");
    let nothing = AllocationTag::read(&aws, &Ask { owner: Some("p/e".parse().unwrap()), ..Ask::default() }).await;
    assert_eq!(nothing.unwrap().len(), 0, "nobody asked for a key");
}

#[tokio::test]
async fn a_usage_report_walks() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-usage");
    let details = [Detail::Resources, Detail::SplitCosts].into();
    let plain = UsageReport::for_athena(&name, Ref::known(format!("{project}-reports")), "us-east-1".parse().unwrap());
    let wanted = UsageReport { details, ..plain };
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    // Somebody else's hand: another bucket, and closed months are left alone.
    let pages = aws.costreports().describe_report_definitions().into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let mut reports = pages.into_iter().flat_map(|page| page.report_definitions.unwrap_or_default());
    let mut live = reports.find(|report| report.report_name() == name).unwrap();
    (live.s3_bucket, live.refresh_closed_reports) = ("another".into(), Some(false));
    let modify = aws.costreports().modify_report_definition().report_name(&name).report_definition(live);
    modify.send().await.unwrap();
    walk.mend().await;

    walk.end().await;
}

#[tokio::test]
async fn reports_beyond_the_first_page_are_found() {
    let (aws, project) = (aws().await, project());
    let mut walks = Vec::new();
    for number in 0..7 {
        let project = format!("{project}-{number}");
        let report = UsageReport::for_athena(&project, Ref::known("reports"), "us-east-1".parse().unwrap());
        walks.push(Walk::begin(&aws, &project, report).await);
    }
    for walk in walks {
        walk.end().await;
    }
}

fn audience(emails: &[&str]) -> Audience {
    Audience { emails: emails.iter().map(|email| email.parse().unwrap()).collect(), topic: None }
}

fn budget(name: String) -> Budget {
    Budget {
        name,
        period: Period::Monthly,
        limit: "2000.50".parse().unwrap(),
        filters: [Filter::tag("Project", "walk"), Filter::Region("us-east-1".parse().unwrap())].into(),
        notifications: [
            (Trigger::actual_over(80), audience(&["ops@example.com"])),
            (Trigger::forecasted_over(100), audience(&["ops@example.com", "boss@example.com"])),
        ]
        .into(),
    }
}

#[tokio::test]
async fn a_budget_walks() {
    let (aws, project) = (aws().await, project());
    let account = aws.identity().await.unwrap().account;
    let name = format!("{project}-budget");
    let walk = Walk::begin(&aws, &project, budget(name.clone())).await;
    walk.order_again().await;
    walk.order_by_another().await;
    let started = started(&aws, &account, &name).await;

    // Somebody else's hand: no notification, another limit.
    let describe = aws.budgets().describe_notifications_for_budget().account_id(&account).budget_name(&name);
    let notification = describe.send().await.unwrap().notifications.unwrap().swap_remove(0);
    let delete = aws.budgets().delete_notification().account_id(&account).budget_name(&name);
    delete.notification(notification).send().await.unwrap();
    walk.mend().await;
    let mut live = one(&aws, &account, &name).await;
    live.budget_limit.as_mut().unwrap().amount = "1.0".into();
    aws.budgets().update_budget().account_id(&account).new_budget(live).send().await.unwrap();
    walk.mend().await;

    let topic: Ref<TopicArn> = Ref::known("arn:aws:sns:us-east-1:000000000000:alarms");
    let wanted = Budget {
        period: Period::Quarterly,
        limit: 5000.into(),
        filters: [Filter::tag("Environment", "prod")].into(),
        notifications: [
            (Trigger::actual_over(80), Audience { topic: Some(topic), ..audience(&["new@example.com"]) }),
            ("actual > 6000".parse().unwrap(), audience(&["boss@example.com"])),
        ]
        .into(),
        ..budget(name.clone())
    };
    walk.turn_into(wanted).await;
    assert_eq!(self::started(&aws, &account, &name).await, started, "a budget keeps the day on which it began");
    walk.end().await;
}

async fn one(aws: &infra_aws::Aws, account: &str, name: &str) -> aws_sdk_budgets::types::Budget {
    let call = aws.budgets().describe_budget().account_id(account).budget_name(name);
    call.send().await.unwrap().budget.unwrap()
}

async fn started(aws: &infra_aws::Aws, account: &str, name: &str) -> i64 {
    one(aws, account, name).await.time_period.unwrap().start.unwrap().secs()
}
