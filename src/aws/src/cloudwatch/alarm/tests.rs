//! What a live alarm tells, and what its rules say.

use aws_sdk_cloudwatch::types::{
    Dimension, EvaluationWindow, Metric as LiveMetric, MetricDataQuery, MetricStat, SlidingWindow, StandardUnit,
    Statistic as Word,
};
use infra_engine::check::Surroundings;
use infra_engine::model::Address;

use super::*;
use crate::cloudwatch::Statistic;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:shop-alarms";

fn processors() -> Metric {
    Metric::named("AWS/ECS", "CPUUtilization").with("ClusterName", "shop").with("ServiceName", "shop-web")
}

fn alarm() -> Alarm {
    Alarm {
        name: "shop-web-cpu".into(),
        description: "The web service has too much to do".into(),
        watches: processors().average(60).into(),
        condition: Condition::AtLeast(80.0),
        evaluation: Evaluation { periods: 5, breaching: 3 },
        missing: Missing::Unknown,
        enabled: true,
        on_alarm: [TOPIC.into()].into(),
        on_ok: BTreeSet::new(),
        on_no_data: BTreeSet::new(),
    }
}

fn live() -> aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    Live::builder()
        .alarm_name("shop-web-cpu")
        .alarm_arn("arn:alarm")
        .alarm_description("The web service has too much to do")
        .namespace("AWS/ECS")
        .metric_name("CPUUtilization")
        .dimensions(dimension("ServiceName", "shop-web"))
        .dimensions(dimension("ClusterName", "shop"))
        .statistic(Word::Average)
        .period(60)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
        .threshold(80.0)
        .evaluation_periods(5)
        .datapoints_to_alarm(3)
        .actions_enabled(true)
        .alarm_actions(TOPIC)
}

#[test]
fn a_live_alarm_tells_what_it_is() {
    let found = understand(&live().build(), Tags::new());
    assert_eq!((found.id.as_str(), &found.definition), ("shop-web-cpu", &alarm()));
    assert_eq!(found.outputs["arn"], "arn:alarm");
}

#[test]
fn what_an_alarm_does_not_say_is_what_aws_makes_of_it() {
    let found = understand(&live().set_datapoints_to_alarm(None).set_actions_enabled(None).build(), Tags::new());
    let wanted = Alarm { evaluation: Evaluation { periods: 5, breaching: 5 }, ..alarm() };
    assert_eq!(found.definition, wanted);
}

#[test]
fn what_is_not_said_here_is_no_difference() {
    let window = EvaluationWindow::SlidingWindow(SlidingWindow::builder().build());
    let found = understand(
        &live().evaluation_window(window).evaluate_low_sample_count_percentile("ignore").build(),
        Tags::new(),
    );
    assert_eq!(found.definition, alarm());
}

#[test]
fn percentiles_and_units_are_read() {
    let live = live().set_statistic(None).extended_statistic("p99.0").unit(StandardUnit::Percent).build();
    let Watched::Metric(measure) = understand(&live, Tags::new()).definition.watches else { panic!("one metric") };
    assert_eq!(measure.summary, Summary::Percentile(99.into()));
    assert_eq!(measure.unit.as_deref(), Some("Percent"));
}

#[test]
fn conditions_and_words_survive_the_way_and_back() {
    let conditions = [Condition::Above, Condition::AtLeast, Condition::Below, Condition::AtMost].map(|of| of(0.5));
    for condition in conditions {
        let (comparison, threshold) = condition.written();
        assert_eq!(Condition::understand(Some(&comparison), threshold), condition);
    }
    for (missing, word) in WORDS {
        assert_eq!((Missing::of_word(word), missing.word()), (missing, word));
    }
    assert_eq!(Missing::of_word(""), Missing::Unknown);
}

fn error_rate() -> Math {
    let count = |name: &str| Metric::named("AWS/ApplicationELB", name).with("LoadBalancer", "app/shop/1").sum(60);
    Math::of("100 * bad", "Error rate")
        .with("bad", "errors / requests")
        .with("errors", count("HTTPCode_Target_5XX_Count"))
        .with("requests", count("RequestCount"))
}

fn query(id: &str) -> aws_sdk_cloudwatch::types::builders::MetricDataQueryBuilder {
    MetricDataQuery::builder().id(id).return_data(false)
}

fn counted(name: &str) -> MetricStat {
    let dimension = Dimension::builder().name("LoadBalancer").value("app/shop/1").build();
    let metric = LiveMetric::builder().namespace("AWS/ApplicationELB").metric_name(name).dimensions(dimension);
    MetricStat::builder().metric(metric.build()).period(60).stat("Sum").build()
}

#[test]
fn a_computation_is_read_whatever_its_result_is_called() {
    let result = query("e1").expression("100 * bad").label("Error rate").return_data(true);
    let live = Live::builder()
        .alarm_name("shop-error-rate")
        .metrics(query("errors").metric_stat(counted("HTTPCode_Target_5XX_Count")).build())
        .metrics(result.build())
        .metrics(query("requests").metric_stat(counted("RequestCount")).build())
        .metrics(query("bad").expression("errors / requests").build());
    assert_eq!(understand(&live.build(), Tags::new()).definition.watches, error_rate().into());
}

#[test]
fn a_metric_that_is_the_result_is_an_expression_of_its_name() {
    let alone = query("m1").metric_stat(counted("RequestCount")).return_data(true);
    let found = understand(&Live::builder().metrics(alone.build()).build(), Tags::new());
    let requests = Metric::named("AWS/ApplicationELB", "RequestCount").with("LoadBalancer", "app/shop/1");
    assert_eq!(found.definition.watches, Math::of("m1", "").with("m1", requests.sum(60)).into());
}

#[test]
fn a_band_is_nothing_that_can_be_wanted() {
    let band = query("ad1").expression("ANOMALY_DETECTION_BAND(m1, 2)").return_data(true).build();
    let metric = query("m1").metric_stat(counted("RequestCount")).return_data(true).build();
    let found =
        understand(&Live::builder().metrics(metric).metrics(band).threshold_metric_id("ad1").build(), Tags::new());
    assert_eq!(found.definition.watches, Math::of("ANOMALY_DETECTION_BAND(m1, 2)", "").into());
}

fn codes(change: impl FnOnce(&mut Alarm)) -> Vec<&'static str> {
    let mut changed = alarm();
    change(&mut changed);
    let address = Address::new("observability", "web-cpu").unwrap();
    let around = Surroundings::new(&[], &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn v44_periods_are_those_that_there_are() {
    let with = |metric: Metric, period| codes(|alarm| alarm.watches = metric.average(period).into());
    for good in [60, 120, 3600] {
        assert_eq!(with(processors(), good), NONE, "{good}");
    }
    for bad in [0, 1, 10, 30, 61, 90] {
        assert_eq!(with(processors(), bad), ["V44"], "{bad}");
    }
    let own = || Metric::named("Shop", "Orders");
    for good in [10, 20, 30, 60] {
        assert_eq!(with(own(), good), NONE, "{good}");
    }
    assert_eq!(with(own(), 15), ["V44"]);
}

#[test]
fn v44b_names_and_descriptions_have_a_length() {
    for bad in ["", "a\tb", &"n".repeat(256)] {
        assert_eq!(codes(|alarm| alarm.name = bad.into()), ["V44b"], "{bad}");
    }
    assert_eq!(codes(|alarm| alarm.name = "Größer als 5 %".into()), NONE);
    assert_eq!(codes(|alarm| alarm.description = "d".repeat(1024)), NONE);
    assert_eq!(codes(|alarm| alarm.description = "d".repeat(1025)), ["V44b"]);
}

#[test]
fn v45_an_alarm_looks_back_a_day_or_seven() {
    let with = |period, periods, breaching| {
        codes(|alarm| {
            alarm.watches = processors().average(period).into();
            alarm.evaluation = Evaluation { periods, breaching };
        })
    };
    for (period, periods) in [(60, 1440), (3600, 168), (86_400, 7)] {
        assert_eq!(with(period, periods, 1), NONE);
        assert_eq!(with(period, periods + 1, 1), ["V45"]);
    }
    for (periods, breaching) in [(0, 0), (3, 0), (3, 4)] {
        assert_eq!(with(60, periods, breaching), ["V45"]);
    }
}

#[test]
fn v46_terms_have_names_and_are_not_too_many() {
    let with = |math: Math| codes(|alarm| alarm.watches = math.into());
    assert_eq!(with(error_rate()), NONE);
    for bad in ["Errors", "1st", "a-b", "result", ""] {
        assert_eq!(with(error_rate().with(bad, "1")), ["V46"], "{bad}");
    }
    assert_eq!(with(Math::of(" ", "nothing").with("a", "1")), ["V46"]);
    assert_eq!(with(Math::of("1", "nothing")), ["V46"]);
    let many = |count| (0..count).fold(Math::of("sum", "many"), |math, number| math.with(&format!("m{number}"), "1"));
    assert_eq!(with(many(9)), NONE);
    assert_eq!(with(many(10)), ["V46"]);
}

#[test]
fn v47_what_is_made_of_values_exists() {
    let with =
        |word: &str| codes(|alarm| alarm.watches = processors().measured(Summary::from(word.to_owned()), 60).into());
    for good in ["Sum", "p0", "p99.9", "p100", "tm90", "IQM", "TM(10%:90%)", "PR(:300)"] {
        assert_eq!(with(good), NONE, "{good}");
    }
    for bad in ["average", "p101", "tm", "TM(10%)", ""] {
        assert_eq!(with(bad), ["V47"], "{bad}");
    }
    assert_eq!(Summary::from(Statistic::Sum).to_string(), "Sum");
}

#[test]
fn v48_calls_and_dimensions_are_few() {
    let topics = |count| (0..count).map(|number: u8| Action::from(format!("{TOPIC}-{number}").as_str())).collect();
    assert_eq!(codes(|alarm| alarm.on_ok = topics(5)), NONE);
    assert_eq!(codes(|alarm| alarm.on_ok = topics(6)), ["V48"]);
    let wide = |count| (0..count).fold(processors(), |metric, number: u8| metric.with(&format!("d{number}"), "x"));
    assert_eq!(codes(|alarm| alarm.watches = wide(28).average(60).into()), NONE);
    assert_eq!(codes(|alarm| alarm.watches = wide(29).average(60).into()), ["V48"]);
}
