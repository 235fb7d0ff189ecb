//! Alarms and dashboards in a real CloudWatch: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::BTreeSet;

use common::{Walk, aws, project};
use infra_aws::cloudwatch::metrics::{Ecs, LoadBalancer};
use infra_aws::cloudwatch::{
    Alarm, AlarmStates, Body, Condition, Dashboard, Evaluation, Graph, Line, Mark, Missing, Statistic, View,
};
use infra_engine::live::{Ask, Behaviour};
use infra_engine::model::Ref;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:walk";

fn alarm(name: String) -> Alarm {
    Alarm {
        name,
        description: "The web service has too much to do".into(),
        watches: Ecs::Cpu.of(Ref::known("walk"), Ref::known("walk-web")).average(60).into(),
        condition: Condition::Above(80.0),
        evaluation: Evaluation { periods: 5, breaching: 3 },
        missing: Missing::Unknown,
        enabled: true,
        on_alarm: [TOPIC.into()].into(),
        on_ok: [TOPIC.into()].into(),
        on_no_data: BTreeSet::new(),
    }
}

#[tokio::test]
async fn an_alarm_is_ordered_once_and_switched_on_again() {
    let (aws, project) = (aws().await, project());
    let wanted = alarm(format!("{project}-cpu"));
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    aws.cloudwatch().disable_alarm_actions().alarm_names(&wanted.name).send().await.unwrap();
    walk.mend().await;
    walk.end().await;
}

#[tokio::test]
async fn many_alarms_are_read_by_pages_and_those_of_target_tracking_never() {
    let (aws, project) = (aws().await, project());
    let names: Vec<String> = (0..105).map(|number| format!("{project}-{number}")).collect();
    let tracked = format!("TargetTracking-service/{project}/web-AlarmHigh-1");
    for name in names.iter().chain([&tracked]) {
        let put = aws.cloudwatch().put_metric_alarm().alarm_name(name).namespace("Walk").metric_name("Depth");
        let put = put.statistic("Sum".into()).period(60).evaluation_periods(1).threshold(1.0);
        put.comparison_operator("GreaterThanThreshold".into()).send().await.unwrap();
    }
    let all = || names.iter().cloned().chain([tracked.clone()]).collect::<BTreeSet<_>>();
    for ask in [Ask { owner: format!("{project}/test").parse().ok(), names: all(), ..Ask::default() }, Ask::only(all())]
    {
        assert_eq!(Alarm::read(&aws, &ask).await.unwrap().len(), names.len());
    }
    for names in all().into_iter().collect::<Vec<_>>().chunks(100) {
        aws.cloudwatch().delete_alarms().set_alarm_names(Some(names.to_vec())).send().await.unwrap();
    }
}

fn dashboard(name: String) -> Dashboard {
    let balancer = Ref::known("app/walk/50dc6c495c0c9188");
    let processors = Ecs::Cpu.of(Ref::known("walk"), Ref::known("walk-web"));
    let of = |title: &str, view| Graph::of(title, "us-east-1".parse().unwrap(), view);
    let busy = of("Processors", View::Lines).line(Line::of(processors, Statistic::Average)).in_percent();
    let requests = Line::of(LoadBalancer::Requests.of(balancer), Statistic::Sum).only_for("requests");
    let rate = of("Requests a second", View::Areas).lines([requests, Line::computed("requests / 60").labelled("rate")]);
    let states = AlarmStates::of("Alarms", [Ref::known("arn:aws:cloudwatch:us-east-1:000000000000:alarm:walk")]);
    let rows = [
        (2, vec!["# The \"shop\"\n\nIn **production** <&>.".into(), states.into()]),
        (6, vec![busy.mark(Mark::at(80.0, "busy")).into(), rate.into()]),
    ];
    Dashboard { name, body: Body::rows(rows) }
}

#[tokio::test]
async fn a_dashboard_is_ordered_once_and_what_others_draw_is_mended() {
    let (aws, project) = (aws().await, project());
    let wanted = dashboard(format!("{project}-dashboard"));
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let put = aws.cloudwatch().put_dashboard().dashboard_name(&wanted.name);
    put.dashboard_body(r#"{"widgets": [], "start": "-PT6H"}"#).send().await.unwrap();
    walk.mend().await;
    walk.end().await;
}

#[tokio::test]
async fn a_dashboard_of_a_wanted_name_is_found_whoever_made_it() {
    let (aws, project) = (aws().await, project());
    let name = format!("other-{}", project.to_uppercase());
    let put = aws.cloudwatch().put_dashboard().dashboard_name(&name).dashboard_body(r#"{"widgets": []}"#);
    put.send().await.unwrap();
    let owner = format!("{project}/test").parse().ok();
    let found = Dashboard::read(&aws, &Ask { owner, names: [name.clone()].into(), ..Ask::default() }).await.unwrap();
    let [theirs] = &found[..] else { panic!("it bears the wanted name: {found:?}") };
    assert_eq!((&theirs.id, theirs.tags.len()), (&name, 0));
    Dashboard::delete(&aws, theirs).await.unwrap();
    assert!(Dashboard::read(&aws, &Ask::only([name])).await.unwrap().is_empty());
}
