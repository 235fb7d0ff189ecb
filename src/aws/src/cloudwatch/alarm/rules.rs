//! What CloudWatch would refuse of an alarm.
//!
//! That it looks at one metric or at a computation (V44), that one thing is computed (V46), and that a threshold is a
//! number and no band (V46, V48) holds by its type.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::watched::RESULT;
use super::{Alarm, Summary, Watched};
use crate::Decimal;
use crate::cloudwatch::Measure;

pub(super) static ALL: &[Rule<Alarm>] = &[
    Rule {
        code: "V44",
        says: "a period has 10, 20, 30 or a multiple of 60 seconds, and 60 at least with a metric that AWS keeps",
        source: "CloudWatch API: PutMetricAlarm",
        severity: Severity::Error,
        check: periods_fit,
    },
    Rule {
        code: "V44b",
        says: "an alarm's name has 1 to 255 characters, its description 1024 at most",
        source: "CloudWatch API model: PutMetricAlarm",
        severity: Severity::Error,
        check: texts_fit,
    },
    Rule {
        code: "V45",
        says: "an alarm looks back a day at most, or seven with periods of an hour or more; of so many periods, so many",
        source: "CloudWatch API: PutMetricAlarm",
        severity: Severity::Error,
        check: looks_back_so_far,
    },
    Rule {
        code: "V46",
        says: "a computation has an expression and 1 to 9 terms, each named by a small letter and more letters, digits, `_`",
        source: "CloudWatch API: MetricDataQuery; an alarm has 10 of them, one of which is the result",
        severity: Severity::Error,
        check: terms_fit,
    },
    Rule {
        code: "V47",
        says: "what is made of values is a statistic, a percentile up to p100, or one of AWS's other words",
        source: "CloudWatch user guide: statistics definitions",
        severity: Severity::Error,
        check: summaries_exist,
    },
    Rule {
        code: "V48",
        says: "an alarm calls 5 at most in each state, and a metric has 30 dimensions at most",
        source: "CloudWatch API model: PutMetricAlarm",
        severity: Severity::Error,
        check: few_enough,
    },
];

const DAY: u64 = 86_400;

fn periods_fit(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let wrong = |measure: &Measure| {
        let Measure { metric, period, .. } = measure;
        let fine = matches!(period, 10 | 20 | 30);
        if !fine && (*period == 0 || period % 60 != 0) {
            let way_out = "write 10, 20, 30, or a multiple of 60";
            return Some(Violation::of("watches", period, format!("a period has {period} seconds"), way_out));
        }
        if fine && metric.namespace.starts_with("AWS/") {
            let wrong = format!("{} has a value a minute at most, and the period is {period} seconds", metric.name);
            return Some(Violation::of("watches", period, wrong, "write 60 or more"));
        }
        None
    };
    alarm.watches.measures().into_iter().filter_map(wrong).collect()
}

fn texts_fit(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let Alarm { name, description, .. } = alarm;
    let length = name.chars().count();
    let odd = !(1..=255).contains(&length) || name.chars().any(|c| c.is_ascii_control());
    let name = odd.then(|| {
        let wrong = "it is empty, too long, or has control characters in it";
        Violation::of("name", name, wrong, "write 1 to 255 characters, such as `shop-error-rate`")
    });
    let long = description.chars().count() > 1024;
    let description =
        long.then(|| Violation::of("description", description, "it is longer than that", "write a shorter one"));
    name.into_iter().chain(description).collect()
}

fn looks_back_so_far(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let evaluation = alarm.evaluation;
    let (periods, breaching) = (evaluation.periods, evaluation.breaching);
    let mut violations = Vec::new();
    if periods == 0 || !(1..=periods).contains(&breaching) {
        let wrong = format!("{breaching} of {periods} periods cannot be");
        violations.push(Violation::of("evaluation", evaluation, wrong, "write 1 at least, and no more than there are"));
    }
    let longest = alarm.watches.measures().iter().map(|measure| u64::from(measure.period)).max().unwrap_or_default();
    let (limit, said) = if longest >= 3600 { (7 * DAY, "seven days") } else { (DAY, "a day") };
    if longest * u64::from(periods) > limit {
        let wrong = format!("{periods} periods of {longest} seconds are more than {said}");
        violations.push(Violation::of("evaluation", evaluation, wrong, "take fewer periods, or shorter ones"));
    }
    violations
}

fn terms_fit(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let Watched::Math(math) = &alarm.watches else { return Vec::new() };
    let mut violations = Vec::new();
    if math.expression.trim().is_empty() {
        let way_out = "write how it is computed, such as `100 * errors / requests`";
        violations.push(Violation::of("watches", &math.expression, "nothing is computed", way_out));
    }
    let count = math.terms.len();
    if !(1..=9).contains(&count) {
        let way_out = "name 1 to 9 terms; several alarms may share what one cannot hold";
        violations.push(Violation::of("watches", count, format!("there are {count} terms"), way_out));
    }
    for name in math.terms.keys() {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let wrong = if name == RESULT {
            "it is what the result is called"
        } else if !plain || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 255 {
            "it is no name for a term"
        } else {
            continue;
        };
        violations.push(Violation::of("watches", name, wrong, "write a word of small letters, such as `errors`"));
    }
    violations
}

fn summaries_exist(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let wrong = |measure: &Measure| {
        let (wrong, way_out) = match &measure.summary {
            Summary::Percentile(percent) if *percent > Decimal::from(100) => {
                ("there are no more than a hundred percent", "write a percentile up to 100")
            }
            Summary::Other(word) if !is_known(word) => ("AWS does not know it", "write a statistic or a percentile"),
            _ => return None,
        };
        Some(Violation::of("watches", &measure.summary, wrong, way_out))
    };
    alarm.watches.measures().into_iter().filter_map(wrong).collect()
}

/// `IQM`, `tm90`, `TM(10%:90%)`, `PR(:300)` and their like.
fn is_known(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let trimmed = ["tm", "tc", "ts", "wm"].iter().any(|start| word.strip_prefix(start).is_some_and(number));
    let range = |start: &&str| word.strip_prefix(*start).is_some_and(|rest| rest.ends_with(')') && rest.contains(':'));
    word == "IQM" || trimmed || ["TM(", "TC(", "TS(", "WM(", "PR("].iter().any(range)
}

fn few_enough(alarm: &Alarm, _: &Surroundings<'_>) -> Vec<Violation> {
    let states = [("on_alarm", &alarm.on_alarm), ("on_ok", &alarm.on_ok), ("on_no_data", &alarm.on_no_data)];
    let many = states.into_iter().filter(|(_, actions)| actions.len() > 5).map(|(field, actions)| {
        let way_out = "name one topic that tells all of them";
        Violation::of(field, actions, format!("it calls {}", actions.len()), way_out)
    });
    let wide = alarm.watches.measures().into_iter().filter(|measure| measure.metric.dimensions.len() > 30);
    let wide = wide.map(|measure| {
        let count = measure.metric.dimensions.len();
        Violation::of("watches", count, format!("{} has {count} dimensions", measure.metric.name), "leave some out")
    });
    many.chain(wide).collect()
}
