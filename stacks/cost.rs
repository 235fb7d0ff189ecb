//! The cost: how much may be spent, who is told before it is, and every line of the bill where it is wanted.
//!
//! Everything here counts what bears the tag `Project`. Bills know a tag once it is activated, which AWS allows about a
//! day after it was first billed: a new account's first plans say so, and a later apply activates it.

use std::collections::BTreeSet;

use infra_aws::budgets::{Audience, Budget, Filter, Period, TopicArn, Trigger};
use infra_aws::costs::{Alerts, AllocationTag, AnomalyMonitor, AnomalySubscription, Detail, UsageReport, Watch};
use infra_aws::iam::{Service, Statement};
use infra_aws::s3::{Bucket, BucketPolicy, Contents, Expiry, LifecycleRule, StorageClass, Tiering, When};
use infra_engine::model::{Handle, Platform, Ref, Stack};

use crate::environment::{self, Environment};

/// What there is of the cost.
pub struct Cost {
    /// What may be spent in a month.
    pub budget: Handle<Budget>,
    /// Every line of the bill, where the environment wants it.
    pub report: Option<Handle<UsageReport>>,
}

/// The tags by which bills are divided. Everything that can bear tags bears these.
const TAGS: [(&str, &str); 2] = [("project-tag", PROJECT), ("environment-tag", "Environment")];
const PROJECT: &str = "Project";

/// Adds what watches the cost to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform) -> Cost {
    let wanted = &environment.cost;
    let mut stack = platform.stack("cost");
    if wanted.divided_by_tags {
        for (name, key) in TAGS {
            stack.add(name, AllocationTag::active(key));
        }
    }
    let budget = stack.add("budget", budget(environment));
    anomalies(&mut stack, environment);
    let report = wanted.report.map(|wanted| report(&mut stack, environment, wanted));
    Cost { budget, report }
}

/// What may be spent in a month. Those who are named are told when most of it is spent, and when it will not do.
fn budget(environment: &Environment) -> Budget {
    let cost = &environment.cost;
    let audience = Audience { emails: cost.addresses.clone(), topic: topic(cost) };
    Budget {
        name: environment.named("budget"),
        period: Period::Monthly,
        limit: cost.limit.clone(),
        filters: [Filter::tag(PROJECT, environment.project.to_string())].into(),
        notifications: [(Trigger::actual_over(80), audience.clone()), (Trigger::forecasted_over(100), audience)].into(),
    }
}

/// Spend that is out of the ordinary: people are told once a day, a topic at once.
fn anomalies(stack: &mut Stack, environment: &Environment) {
    let cost = &environment.cost;
    let name = |what: &str| environment.named(&format!("{}-{what}", environment.name));
    let values = [environment.project.to_string()].into();
    let watches = Watch::Tag { key: PROJECT.into(), values };
    let monitor = stack.add("monitor", AnomalyMonitor { name: name("spend"), watches });
    let told = |what: &str, alerts: Alerts| AnomalySubscription {
        name: name(what),
        monitors: BTreeSet::from([monitor.id()]),
        impact: cost.unusual.clone(),
        alerts,
    };
    stack.add("subscription", told("unusual-spend", Alerts::Daily(cost.addresses.clone())));
    if let Some(topic) = topic(cost) {
        stack.add("subscription-at-once", told("unusual-spend-at-once", Alerts::Immediately([topic].into())));
    }
}

fn topic(cost: &environment::Cost) -> Option<Ref<TopicArn>> {
    cost.topic.as_ref().map(Ref::known)
}

/// Every line of the bill with the resource that it is for, in a bucket of its own that Athena can be asked about.
fn report(stack: &mut Stack, environment: &Environment, wanted: environment::Report) -> Handle<UsageReport> {
    let bucket = stack.add("reports", bucket(environment, wanted)).protected_when(environment.protected);
    let policy = stack.add("reports-policy", written_by_aws(environment, &bucket));
    let name = environment.named(&format!("{}-usage", environment.name));
    let plain = UsageReport::for_athena(name, policy.output(BucketPolicy::BUCKET), environment.region.clone());
    stack.add("report", UsageReport { details: [Detail::Resources].into(), ..plain })
}

/// Closed, and cheaper for whatever is not read: S3 moves each object by how often that happens.
fn bucket(environment: &Environment, wanted: environment::Report) -> Bucket {
    let environment::Report { kept_days, archived_days } = wanted;
    // Names of buckets are unique in the world: the account's number makes this one so.
    let name = format!("{}-{}", environment.named(&format!("{}-usage", environment.name)), environment.account);
    let lifecycle = LifecycleRule {
        moves: [(StorageClass::IntelligentTiering, When::Days(0))].into(),
        expires: Some(Expiry::Days(kept_days)),
        incomplete_uploads: Some(7),
        ..LifecycleRule::of_everything()
    };
    let archiving = archived_days.map(|days| Tiering { archive: Some(days), ..Tiering::of_everything() });
    Bucket {
        lifecycle: [("usage".to_owned(), lifecycle)].into(),
        tiering: archiving.map(|tiering| ("usage".to_owned(), tiering)).into_iter().collect(),
        contents: if environment.protected { Contents::Kept } else { Contents::Deleted },
        ..Bucket::closed(name)
    }
}

/// What AWS asks for before it puts reports anywhere: to write them, and to see whose bucket it is. For reports of this
/// account alone.
fn written_by_aws(environment: &Environment, bucket: &Handle<Bucket>) -> BucketPolicy {
    let account = environment.account.to_string();
    let of_ours = |statement: Statement| {
        let definitions = format!("arn:aws:cur:us-east-1:{account}:definition/*");
        let statement =
            statement.to(Service::CostReports).when("StringEquals", "aws:SourceAccount", [account.as_str()]);
        statement.when("ArnLike", "aws:SourceArn", [definitions.as_str()])
    };
    let look = Statement::allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"]).on([bucket.output(Bucket::ARN)]);
    let write = Statement::allow(["s3:PutObject"]).on([bucket.output(Bucket::OBJECTS)]);
    BucketPolicy::over_tls(bucket, [of_ours(look), of_ours(write)])
}

#[cfg(test)]
mod tests {
    use infra_aws::costs::Activation;

    use super::*;
    use crate::testing::{definitions, environment, the};

    #[test]
    fn people_are_told_when_most_of_it_is_spent_and_when_it_will_not_do() {
        let budget: Budget = the(&environment("prod"), "cost.budget");
        assert_eq!(budget.filters, BTreeSet::from([Filter::tag("Project", "django-microservices")]));
        let triggers: Vec<String> = budget.notifications.keys().map(ToString::to_string).collect();
        assert_eq!(triggers, ["actual > 80%", "forecasted > 100%"]);
        assert!(budget.notifications.values().all(|told| !told.emails.is_empty()));
    }

    #[test]
    fn a_topic_is_told_of_everything_and_at_once() {
        let mut environment = environment("prod");
        let topic = "arn:aws:sns:us-east-1:333333333333:costs";
        environment.cost.topic = Some(topic.into());
        let budget: Budget = the(&environment, "cost.budget");
        assert!(budget.notifications.values().all(|told| told.topic == Some(Ref::known(topic))));
        let at_once: AnomalySubscription = the(&environment, "cost.subscription-at-once");
        assert_eq!(at_once.alerts, Alerts::Immediately([Ref::known(topic)].into()));
        environment.cost.topic = None;
        let definitions = definitions(&environment);
        let names: BTreeSet<&str> = definitions.iter().map(|definition| definition.address.name()).collect();
        assert!(names.contains("subscription") && !names.contains("subscription-at-once"));
    }

    #[test]
    fn bills_are_divided_by_the_tags_that_everything_bears_where_the_account_may() {
        let mut environment = environment("prod");
        for (address, key) in [("cost.project-tag", "Project"), ("cost.environment-tag", "Environment")] {
            let tag: AllocationTag = the(&environment, address);
            assert_eq!((tag.key.as_str(), tag.activation), (key, Activation::Active));
        }
        environment.cost.divided_by_tags = false;
        assert!(definitions(&environment).iter().all(|definition| definition.schema.kind != "costs/allocation-tag"));
    }

    #[test]
    fn the_report_goes_into_a_closed_bucket_that_grows_cheaper() {
        let prod = environment("prod");
        let bucket: Bucket = the(&prod, "cost.reports");
        assert_eq!(bucket.public_access, infra_aws::s3::PublicAccess::CLOSED);
        assert_eq!(bucket.lifecycle["usage"].moves, [(StorageClass::IntelligentTiering, When::Days(0))].into());
        assert_eq!(bucket.tiering["usage"].archive, Some(180));
        assert_eq!(bucket.contents, Contents::Kept);
        let report: UsageReport = the(&prod, "cost.report");
        assert_eq!(report.bucket.value(), "cost.reports-policy.bucket", "AWS looks for the policy before");
        let policy: BucketPolicy = the(&prod, "cost.reports-policy");
        let text = policy.policy.document();
        for part in
            ["billingreports.amazonaws.com", "s3:GetBucketAcl", "arn:aws:cur:us-east-1:333333333333:definition/*"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(
            definitions(&environment("dev")).iter().all(|definition| definition.schema.kind != "costs/usage-report")
        );
    }
}
