//! Alarms and dashboards.

use infra_aws::cloudwatch::{
    Alarm, AlarmStates, Body, Condition, Content, Dashboard, Evaluation, Graph, Line, Mark, Math, Measure, Metric,
    Missing, Statistic, Summary, View, Watched,
};
use infra_engine::model::Platform;
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:alarms";

fn metric() -> Metric {
    Metric::named("Shop/Orders", "Placed").with("Service", "web")
}

fn rate(expression: &str) -> Math {
    Math::of(expression, "Errors, in percent").with("errors", metric().sum(60)).with("all", metric().average(60))
}

fn stack(platform: &mut Platform, project: &str) -> Body {
    let mut stack = platform.stack("watch");
    let alarm = |name: &str, watches: Watched| Alarm {
        name: format!("{project}-{name}"),
        description: "Something is wrong".into(),
        watches,
        condition: Condition::Above(10.0),
        evaluation: Evaluation { periods: 5, breaching: 3 },
        missing: Missing::Fine,
        enabled: true,
        on_alarm: [TOPIC.into()].into(),
        on_ok: [TOPIC.into()].into(),
        on_no_data: [].into(),
    };
    let plain = stack.add("plain", alarm("plain", metric().sum(60).into()));
    stack.add("math", alarm("math", rate("100 * errors / all").into()));
    let graph = Graph::of("Orders", "us-east-1".parse().unwrap(), View::Lines)
        .line(Line::of(metric(), Statistic::Sum).labelled("web"))
        .mark(Mark::at(80.0, "busy"));
    let states = AlarmStates::of("Alarms", [plain.output(Alarm::ARN)]);
    let body =
        |graph: Graph| Body::rows([(6, vec![graph.into()]), (2, vec!["# Orders".into(), states.clone().into()])]);
    stack.add("board", Dashboard { name: format!("{project}-board"), body: body(graph.clone()) });
    body(graph.in_percent())
}

/// A change of the one metric that an alarm watches.
fn measured(edit: impl FnOnce(&mut Measure)) -> impl FnOnce(&mut Alarm) {
    |alarm| match &mut alarm.watches {
        Watched::Metric(measure) => edit(measure),
        Watched::Math(_) => panic!("the alarm watches one metric"),
    }
}

#[tokio::test]
async fn cloudwatch() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let (sample, body) = Sample::with(|platform| stack(platform, &project));
    let sample = sample
        .change("watch.plain", |it: &mut Alarm| it.name.push('2'))
        .change("watch.plain", |it: &mut Alarm| it.description = "Something else is wrong".into())
        .change("watch.plain", |it: &mut Alarm| it.description.clear())
        .change("watch.plain", |it: &mut Alarm| it.watches = rate("errors").into())
        .change("watch.math", |it: &mut Alarm| it.watches = metric().sum(60).into())
        .change("watch.math", |it: &mut Alarm| it.watches = rate("errors / all").into())
        .change("watch.math", |it: &mut Alarm| {
            it.watches = rate("100 * errors / all").with("half", "errors / 2").into()
        })
        .change("watch.plain", measured(|it| it.metric.namespace.push('2')))
        .change("watch.plain", measured(|it| it.metric.name.push('2')))
        .change("watch.plain", measured(|it| it.metric.dimensions.clear()))
        .change("watch.plain", measured(|it| it.summary = Statistic::Maximum.into()))
        .change("watch.plain", measured(|it| it.summary = Summary::Percentile("99.9".parse().unwrap())))
        .change("watch.plain", measured(|it| it.summary = Summary::Other("tm90".into())))
        .change("watch.plain", measured(|it| it.period = 300))
        .change("watch.plain", measured(|it| it.unit = Some("Count".into())))
        .change("watch.plain", |it: &mut Alarm| it.condition = Condition::Above(12.5))
        .change("watch.plain", |it: &mut Alarm| it.condition = Condition::AtLeast(10.0))
        .change("watch.plain", |it: &mut Alarm| it.condition = Condition::Below(10.0))
        .change("watch.plain", |it: &mut Alarm| it.condition = Condition::AtMost(10.0))
        .change("watch.plain", |it: &mut Alarm| it.evaluation.periods = 6)
        .change("watch.plain", |it: &mut Alarm| it.evaluation.breaching = 5)
        .change("watch.plain", |it: &mut Alarm| it.missing = Missing::Unknown)
        .change("watch.plain", |it: &mut Alarm| it.missing = Missing::Breaching)
        .change("watch.plain", |it: &mut Alarm| it.missing = Missing::Ignored)
        .change("watch.plain", |it: &mut Alarm| it.enabled = false)
        .change("watch.plain", |it: &mut Alarm| it.on_alarm.clear())
        .change("watch.plain", |it: &mut Alarm| {
            it.on_ok.insert(TOPIC.replace("alarms", "more").as_str().into());
        })
        .change("watch.plain", |it: &mut Alarm| it.on_no_data = [TOPIC.into()].into())
        .change("watch.board", |it: &mut Dashboard| it.name.push('2'))
        .change("watch.board", |it: &mut Dashboard| it.body = body)
        .change("watch.board", |it: &mut Dashboard| {
            it.body = Body::rows([(2, vec![Content::Text("# Nothing to see".into())])]);
        });
    ground.obeys(&sample).await;
}
