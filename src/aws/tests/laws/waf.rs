//! Web ACLs.

use infra_aws::logs::LogGroupArn;
use infra_aws::waf::{
    Answer, Inspection, LoggingConfiguration, ManagedGroup, RateRule, RedactedField, Scope, Verdict, WebAcl,
    WebAclRule, Window,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

fn rate(priority: u32, window: Window, path: Option<&str>) -> WebAclRule {
    let rate = RateRule { requests: 600, window, path: path.map(str::to_owned) };
    WebAclRule { priority, inspection: Inspection::Rate(rate), answer: Answer::Block }
}

fn managed(name: &str, version: Option<&str>) -> Inspection {
    let (vendor, name) = ("AWS".to_owned(), name.to_owned());
    Inspection::Managed(ManagedGroup { vendor, name, version: version.map(str::to_owned) })
}

fn stack(platform: &mut Platform, project: &str, log: Ref<LogGroupArn>) {
    let group = managed("AWSManagedRulesCommonRuleSet", None);
    let rules = [
        ("auth".into(), rate(0, Window::OneMinute, Some("/auth"))),
        ("all".into(), rate(1, Window::FiveMinutes, None)),
        ("common".into(), WebAclRule { priority: 2, inspection: group, answer: Answer::Block }),
    ];
    let acl = WebAcl::open(format!("{project}-firewall"), "What the shop answers");
    let logging_configuration = Some(LoggingConfiguration {
        log_destination: log,
        redacted_fields: [RedactedField::SingleHeader("authorization".into()), RedactedField::QueryString].into(),
    });
    platform.stack("cdn").add("firewall", WebAcl { rules: rules.into(), logging_configuration, ..acl });
}

/// A log group that the sample stands on.
async fn group(ground: &Ground, name: &str) -> Ref<LogGroupArn> {
    let name = format!("aws-waf-logs-{}-{name}", ground.project);
    ground.aws.logs().create_log_group().log_group_name(&name).send().await.unwrap();
    Ref::known(format!("arn:aws:logs:us-east-1:000000000000:log-group:{name}"))
}

/// Another log.
fn log(sample: Sample, edit: impl FnOnce(&mut LoggingConfiguration)) -> Sample {
    sample.change("cdn.firewall", |it: &mut WebAcl| edit(it.logging_configuration.as_mut().unwrap()))
}

/// Another rule of this name.
fn rule(sample: Sample, name: &str, edit: impl FnOnce(&mut WebAclRule)) -> Sample {
    sample.change("cdn.firewall", |it: &mut WebAcl| edit(it.rules.get_mut(name).unwrap()))
}

/// Another rate in the rule `auth`.
fn rate_of(sample: Sample, edit: impl FnOnce(&mut RateRule)) -> Sample {
    rule(sample, "auth", |rule| match &mut rule.inspection {
        Inspection::Rate(rate) => edit(rate),
        Inspection::Managed(_) => unreachable!("it is a rate"),
    })
}

#[tokio::test]
async fn waf() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let (one, other) = (group(&ground, "one").await, group(&ground, "other").await);
    let mut sample = Sample::of(|platform| stack(platform, &project, one.clone()))
        .change("cdn.firewall", |it: &mut WebAcl| it.name.push('2'))
        .change("cdn.firewall", |it: &mut WebAcl| it.scope = Scope::Regional)
        .change("cdn.firewall", |it: &mut WebAcl| it.description.push_str(", and what not"))
        .change("cdn.firewall", |it: &mut WebAcl| it.description.clear())
        .change("cdn.firewall", |it: &mut WebAcl| it.verdict = Verdict::Block)
        .change("cdn.firewall", |it: &mut WebAcl| it.rules.clear())
        .change("cdn.firewall", |it: &mut WebAcl| drop(it.rules.remove("all")))
        .change("cdn.firewall", |it: &mut WebAcl| {
            drop(it.rules.insert("new".into(), rate(9, Window::TenMinutes, None)))
        });
    sample = sample.change("cdn.firewall", |it: &mut WebAcl| it.logging_configuration = None);
    sample = log(sample, |log| log.log_destination = other);
    sample = log(sample, |log| log.redacted_fields = [RedactedField::Method, RedactedField::UriPath].into());
    sample = rule(sample, "auth", |rule| rule.priority = 7);
    for answer in [Answer::Count, Answer::Challenge, Answer::Captcha] {
        sample = rule(sample, "auth", |rule| rule.answer = answer);
    }
    sample = rate_of(sample, |rate| rate.requests = 100);
    for window in [Window::TwoMinutes, Window::FiveMinutes, Window::TenMinutes] {
        sample = rate_of(sample, |rate| rate.window = window);
    }
    sample = rate_of(sample, |rate| rate.path = Some("/login".into()));
    sample = rate_of(sample, |rate| rate.path = None);
    sample = rule(sample, "common", |rule| rule.answer = Answer::Count);
    sample = rule(sample, "common", |rule| rule.inspection = managed("AWSManagedRulesSQLiRuleSet", None));
    sample = rule(sample, "common", |rule| {
        rule.inspection = managed("AWSManagedRulesCommonRuleSet", Some("Version_1.4"));
    });
    sample = rule(sample, "common", |rule| {
        let (vendor, name) = ("Somebody".to_owned(), "AWSManagedRulesCommonRuleSet".to_owned());
        rule.inspection = Inspection::Managed(ManagedGroup { vendor, name, version: None });
    });
    sample = rule(sample, "common", |other| *other = rate(2, Window::OneMinute, None));
    ground.obeys(&sample).await;
}
