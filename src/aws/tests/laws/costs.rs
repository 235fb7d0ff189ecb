//! Budgets, anomaly monitors and those they tell, cost allocation tags, usage reports.

use infra_aws::budgets::{Audience, Budget, Filter, Period, Trigger};
use infra_aws::costs::{
    Activation, Alerts, AllocationTag, AnomalyMonitor, AnomalyMonitorArn, AnomalySubscription, Companion, Detail,
    Grain, Layout, UsageReport, Versions, Watch,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:costs";

fn audience(emails: &[&str], topic: Option<&str>) -> Audience {
    Audience { emails: emails.iter().map(|email| email.parse().unwrap()).collect(), topic: topic.map(Ref::known) }
}

fn tagged(value: &str) -> Watch {
    Watch::Tag { key: "Project".into(), values: [value.to_owned()].into() }
}

fn stack(platform: &mut Platform, project: &str) -> Ref<AnomalyMonitorArn> {
    let mut stack = platform.stack("cost");
    let budget = Budget {
        name: format!("{project}-budget"),
        period: Period::Monthly,
        limit: "2000.50".parse().unwrap(),
        filters: [Filter::tag("Project", "shop"), Filter::Region("us-east-1".parse().unwrap())].into(),
        notifications: [
            (Trigger::actual_over(80), audience(&["ops@example.com"], None)),
            (Trigger::forecasted_over(100), audience(&["ops@example.com", "boss@example.com"], Some(TOPIC))),
        ]
        .into(),
    };
    stack.add("budget", budget);
    let monitor = |name: &str| AnomalyMonitor { name: format!("{project}-{name}"), watches: tagged(project) };
    let watched = stack.add("monitor", monitor("monitor")).id();
    let other = stack.add("other", monitor("other")).id();
    let subscription = AnomalySubscription {
        name: format!("{project}-subscription"),
        monitors: [watched].into(),
        impact: 100.into(),
        alerts: Alerts::Daily(["ops@example.com".parse().unwrap()].into()),
    };
    stack.add("subscription", subscription);
    stack.add("tag", AllocationTag::active(format!("{project}-key")));
    let bucket = Ref::known(format!("{project}-reports"));
    let report = UsageReport::for_athena(format!("{project}-usage"), bucket, "us-east-1".parse().unwrap());
    stack.add("report", report.clone());
    let csv = UsageReport { layout: Layout::CsvInGzip, companions: [].into(), ..report };
    stack.add("lines", UsageReport { name: format!("{project}-lines"), ..csv });
    other
}

#[tokio::test]
async fn costs() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let (sample, other) = Sample::with(|platform| stack(platform, &project));
    let sample = reports(anomalies(budgets(sample), &other)).change("cost.tag", |it: &mut AllocationTag| {
        it.activation = Activation::Inactive;
    });
    ground.obeys(&sample).await;
}

fn budgets(mut sample: Sample) -> Sample {
    for period in [Period::Daily, Period::Quarterly, Period::Annually] {
        sample = sample.change("cost.budget", |it: &mut Budget| it.period = period);
    }
    for filter in [
        Filter::tag("Environment", "prod"),
        Filter::Service("Amazon Elastic Container Service".into()),
        Filter::Region("eu-central-1".parse().unwrap()),
        Filter::Account("000000000000".parse().unwrap()),
        Filter::Other { name: "UsageType".into(), value: "BoxUsage".into() },
    ] {
        sample = sample.change("cost.budget", |it: &mut Budget| {
            it.filters.insert(filter);
        });
    }
    for trigger in ["actual > 90%", "actual < 10%", "actual = 50%", "actual > 1500.5", "forecasted > 3000"] {
        let trigger = trigger.parse().unwrap();
        let told = audience(&["ops@example.com"], None);
        sample = sample.change("cost.budget", |it: &mut Budget| drop(it.notifications.insert(trigger, told)));
    }
    for told in [
        audience(&["ops@example.com", "more@example.com"], None),
        audience(&["other@example.com"], None),
        audience(&["ops@example.com"], Some(TOPIC)),
        audience(&[], Some(TOPIC)),
    ] {
        let over = Trigger::actual_over(80);
        sample = sample.change("cost.budget", |it: &mut Budget| drop(it.notifications.insert(over, told)));
    }
    let (over, boss) = (Trigger::forecasted_over(100), audience(&["boss@example.com"], None));
    sample
        .change("cost.budget", |it: &mut Budget| drop(it.notifications.insert(over, boss)))
        .change("cost.budget", |it: &mut Budget| it.notifications.clear())
        .change("cost.budget", |it: &mut Budget| it.filters.clear())
        .change("cost.budget", |it: &mut Budget| it.limit = 5000.into())
        .change("cost.budget", |it: &mut Budget| it.name.push('2'))
}

fn anomalies(sample: Sample, other: &Ref<AnomalyMonitorArn>) -> Sample {
    let email = |email: &str| [email.parse().unwrap()].into();
    sample
        .change("cost.monitor", |it: &mut AnomalyMonitor| it.name.push('2'))
        .change("cost.other", |it: &mut AnomalyMonitor| it.watches = tagged("another"))
        .change("cost.other", |it: &mut AnomalyMonitor| {
            it.watches = Watch::Accounts(["000000000000".parse().unwrap()].into());
        })
        .change("cost.monitor", |it: &mut AnomalyMonitor| it.watches = tagged("another"))
        .change("cost.subscription", |it: &mut AnomalySubscription| it.name.push('2'))
        .change("cost.subscription", |it: &mut AnomalySubscription| it.monitors = [other.clone()].into())
        .change("cost.subscription", |it: &mut AnomalySubscription| {
            it.monitors.insert(other.clone());
        })
        .change("cost.subscription", |it: &mut AnomalySubscription| it.impact = "12.5".parse().unwrap())
        .change("cost.subscription", |it: &mut AnomalySubscription| it.alerts = Alerts::Daily(email("a@example.com")))
        .change("cost.subscription", |it: &mut AnomalySubscription| it.alerts = Alerts::Weekly(email("a@example.com")))
        .change("cost.subscription", |it: &mut AnomalySubscription| {
            it.alerts = Alerts::Immediately([Ref::known(TOPIC)].into());
        })
}

fn reports(mut sample: Sample) -> Sample {
    for detail in [Detail::Resources, Detail::SplitCosts, Detail::ManualDiscounts] {
        sample = sample.change("cost.report", |it: &mut UsageReport| it.details = [detail].into());
    }
    for grain in [Grain::Day, Grain::Month] {
        sample = sample.change("cost.report", |it: &mut UsageReport| it.grain = grain);
    }
    // What Athena reads is in columns; the others read lines.
    for companions in [vec![Companion::QuickSight], vec![Companion::Redshift, Companion::QuickSight]] {
        sample = sample.change("cost.lines", |it: &mut UsageReport| it.companions = companions.into_iter().collect());
    }
    sample
        .change("cost.report", |it: &mut UsageReport| it.name.push('2'))
        .change("cost.report", |it: &mut UsageReport| it.bucket = Ref::known("other-reports"))
        .change("cost.report", |it: &mut UsageReport| it.region = "eu-central-1".parse().unwrap())
        .change("cost.report", |it: &mut UsageReport| it.prefix = "lines".into())
        .change_together("cost.report", |it: &mut UsageReport| {
            (it.layout, it.companions) = (Layout::CsvInZip, [].into());
        })
        .change("cost.lines", |it: &mut UsageReport| it.layout = Layout::CsvInZip)
        .change("cost.report", |it: &mut UsageReport| it.versions = Versions::Kept)
        .change("cost.report", |it: &mut UsageReport| it.corrected = false)
}
