//! A rule of EventBridge: when something is called.

use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types::{Rule as Listed, RuleState};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::Tags;
use infra_values::Schedule;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::sorted;
use crate::iam::Arn;
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// A rule of EventBridge: when something is called.
///
/// ```
/// use infra_aws::events::EventRule;
///
/// let nightly = EventRule {
///     name: "shop-load-test".into(),
///     description: "Scheduled load testing".into(),
///     schedule: Some("cron(0 2 * * ? *)".parse().unwrap()),
///     pattern: None,
///     enabled: true,
/// };
/// ```
///
/// It belongs to the account's default bus. Its times are in UTC, always.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "events/rule", id = EventRuleName)]
#[resource(outputs(
    /// Its Amazon Resource Name: for the permission to call a function.
    ARN: new EventRuleArn,
))]
pub struct EventRule {
    /// Its name, unique on the bus. When its code is removed and the index of tags may not be read, it is found again
    /// only if the project's name is in it.
    #[key]
    pub name: String,
    /// What it is for. Empty is none.
    pub description: String,
    /// When it calls.
    pub schedule: Option<Schedule>,
    /// On which events it calls.
    #[json]
    pub pattern: Option<Value>,
    /// Whether it calls at all.
    pub enabled: bool,
}

impl Arn for EventRuleArn {}

const LIST: &str = "events:ListRules";
const DESCRIBE: &str = "events:DescribeRule";
const TAGS: &str = "events:ListTagsForResource";
const PUT: &str = "events:PutRule";

impl Behaviour for EventRule {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] =
        &["events:DeleteRule", DESCRIBE, LIST, TAGS, PUT, "events:TagResource", "events:UntagResource"];

    fn rules() -> &'static [Rule<EventRule>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<EventRule>>, Fault> {
        let live = match ask.only.is_empty() {
            true => all(aws).await?,
            false => {
                let one = async |name: String| one(aws, &name).await;
                each(ask.only.clone(), one).await?.into_iter().flatten().collect()
            }
        };
        let meant = meant(aws, ask).await?;
        let asked = live
            .into_iter()
            .filter(|rule| meant.by_arn(rule.name().unwrap_or_default(), rule.arn().unwrap_or_default()));
        let with_tags = async |rule: Listed| {
            let arn = rule.arn().unwrap_or_default();
            let alone = async {
                let answer = aws.events().list_tags_for_resource().resource_arn(arn).send().await.sorted(TAGS);
                answer.map(|answer| Some(from_sdk(answer.tags()))).gone_is_fine()
            };
            let name = rule.name().unwrap_or_default();
            let tags = index::tags(aws, ask, arn, alone).await?;
            let wanted = tags.filter(|tags| ask.wants(name, Some(name), tags));
            Ok(wanted.map(|tags| understand(&rule, tags)))
        };
        Ok(each(asked, with_tags).await?.into_iter().flatten().collect())
    }

    /// The creating call would take over a rule of the same name, whoever's it is: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<EventRule>) -> Result<String, Fault> {
        let name = &order.definition.name;
        if let Some(found) = EventRule::read(aws, &Ask::only([name.clone()])).await?.pop() {
            if order.made(&found.tags) {
                return Ok(found.id);
            }
            return Err(Fault::new(
                FaultKind::Exists,
                PUT,
                format!("there is a rule named {name}, and it is not ours"),
            ));
        }
        put(aws, &order.definition, &order.tags).await?;
        Ok(name.clone())
    }

    async fn update(aws: &Aws, _: &Found<EventRule>, wanted: &EventRule) -> Result<(), Fault> {
        put(aws, wanted, &Tags::new()).await
    }

    async fn retag(aws: &Aws, found: &Found<EventRule>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[EventRule::ARN.name];
        if !set.is_empty() {
            let call = aws.events().tag_resource().resource_arn(arn).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("events:TagResource").map_err(sorted)?;
        }
        if !remove.is_empty() {
            let call = aws.events().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("events:UntagResource").map_err(sorted)?;
        }
        Ok(())
    }

    /// What it calls is deleted before, as its children.
    async fn delete(aws: &Aws, found: &Found<EventRule>) -> Result<(), Fault> {
        let call = aws.events().delete_rule().name(&found.id);
        call.send().await.sorted("events:DeleteRule").map_err(sorted).map(drop).gone_is_fine()
    }
}

/// Writes a rule as a whole: what is left out is cleared. Tags are taken only by a rule that is new.
async fn put(aws: &Aws, rule: &EventRule, tags: &Tags) -> Result<(), Fault> {
    let EventRule { name, description, schedule, pattern, enabled } = rule;
    let call = aws
        .events()
        .put_rule()
        .name(name)
        .description(description)
        .set_schedule_expression(schedule.as_ref().map(Schedule::to_string))
        .set_event_pattern(pattern.as_ref().map(Value::to_string))
        .state(if *enabled { RuleState::Enabled } else { RuleState::Disabled })
        .set_tags(Some(to_sdk(tags)).filter(|tags| !tags.is_empty()));
    call.send().await.sorted(PUT).map_err(sorted).map(drop)
}

/// All rules of the default bus.
async fn all(aws: &Aws) -> Result<Vec<Listed>, Fault> {
    let mut rules = Vec::new();
    let mut next = None;
    loop {
        let page = aws.events().list_rules().limit(100).set_next_token(next).send().await.sorted(LIST)?;
        rules.extend(page.rules.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(rules);
        }
    }
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Listed>, Fault> {
    let answer = aws.events().describe_rule().name(name).send().await.sorted(DESCRIBE).map(Some).gone_is_fine()?;
    let listed = |rule: DescribeRuleOutput| {
        Listed::builder()
            .set_name(rule.name)
            .set_arn(rule.arn)
            .set_description(rule.description)
            .set_schedule_expression(rule.schedule_expression)
            .set_event_pattern(rule.event_pattern)
            .set_state(rule.state)
            .build()
    };
    Ok(answer.map(listed))
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(live: &Listed, tags: Tags) -> Found<EventRule> {
    let name = live.name().unwrap_or_default();
    let found = match definition(live) {
        Ok(definition) => Found::ready(name, definition, tags),
        Err(wrong) => {
            let stand_in = EventRule {
                name: name.to_owned(),
                description: String::new(),
                schedule: None,
                pattern: None,
                enabled: false,
            };
            Found::ready(name, stand_in, tags).in_state(State::Unreadable(format!("the rule {name}: {wrong}")))
        }
    };
    found.with(EventRule::ARN.name, live.arn().unwrap_or_default())
}

fn definition(live: &Listed) -> Result<EventRule, String> {
    let schedule = live.schedule_expression().filter(|text| !text.is_empty());
    let pattern = live.event_pattern().filter(|text| !text.is_empty());
    let schedule: Option<Schedule> = schedule.map(str::parse).transpose().map_err(|error| format!("{error}"))?;
    Ok(EventRule {
        name: live.name().unwrap_or_default().to_owned(),
        description: live.description().unwrap_or_default().to_owned(),
        schedule,
        pattern: pattern.map(serde_json::from_str).transpose().map_err(|error| format!("its pattern: {error}"))?,
        enabled: live.state() != Some(&RuleState::Disabled),
    })
}

static RULES: &[Rule<EventRule>] = &[
    Rule {
        code: "V140",
        says: "a rule's name has 1 to 64 letters, digits and any of `.-_`; it has a schedule, a pattern, or both",
        source: "EventBridge API model: PutRule",
        severity: Severity::Error,
        check: named_and_triggered,
    },
    Rule {
        code: "V140b",
        says: "a rule's schedule is `cron(…)` or `rate(…)`",
        source: "EventBridge user guide: rules on a schedule; `at(…)` is for EventBridge Scheduler",
        severity: Severity::Error,
        check: schedule_repeats,
    },
    Rule {
        code: "V140c",
        says: "an event pattern is an object of lists and objects, and has 4096 characters at most",
        source: "EventBridge user guide: event patterns",
        severity: Severity::Error,
        check: pattern_fits,
    },
];

fn named_and_triggered(rule: &EventRule, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &rule.name;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let odd = (!plain || !(1..=64).contains(&name.len())).then(|| {
        let wrong = "it is empty, too long, or has other characters in it";
        Violation::of("name", name, wrong, "write 1 to 64 letters, digits and any of `.-_`")
    });
    let idle = (rule.schedule.is_none() && rule.pattern.is_none()).then(|| {
        let way_out = "write a schedule, such as `rate(1 hour)`, or an event pattern";
        Violation::of("schedule", (), "nothing would make it call", way_out)
    });
    odd.into_iter().chain(idle).collect()
}

fn schedule_repeats(rule: &EventRule, _: &Surroundings<'_>) -> Vec<Violation> {
    let once = rule.schedule.iter().filter(|schedule| matches!(schedule, Schedule::At(_)));
    let way_out = "write `cron(…)` with a year, such as `cron(0 8 27 11 ? 2026)`";
    once.map(|schedule| Violation::of("schedule", schedule, "rules do not know `at(…)`", way_out)).collect()
}

fn pattern_fits(rule: &EventRule, _: &Surroundings<'_>) -> Vec<Violation> {
    let Some(pattern) = &rule.pattern else { return Vec::new() };
    let length = pattern.to_string().chars().count();
    let wrong = if !matches!(pattern, Value::Object(fields) if !fields.is_empty()) {
        "it is no object with fields".to_owned()
    } else if let Some(path) = plain_value(pattern) {
        format!("`{path}` is neither a list nor an object")
    } else if length > 4096 {
        format!("it has {length} characters")
    } else {
        return Vec::new();
    };
    vec![Violation::of(
        "pattern",
        pattern,
        wrong,
        "write `{\"source\": [\"aws.ecs\"]}`: each field a list of what fits",
    )]
}

/// The first field whose value is neither a list nor an object.
fn plain_value(pattern: &Value) -> Option<String> {
    let fields = pattern.as_object()?;
    fields.iter().find_map(|(name, value)| match value {
        Value::Array(_) => None,
        Value::Object(_) => plain_value(value).map(|path| format!("{name}.{path}")),
        _ => Some(name.clone()),
    })
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;
    use serde_json::json;

    use super::*;

    fn rule() -> EventRule {
        EventRule {
            name: "shop-load-test".into(),
            description: String::new(),
            schedule: Some("cron(0 2 * * ? *)".parse().unwrap()),
            pattern: None,
            enabled: true,
        }
    }

    #[test]
    fn a_live_rule_tells_what_it_is() {
        let live = Listed::builder().name("shop-load-test").arn("arn:rule").schedule_expression("cron(0 2 * * ? *)");
        let found = understand(&live.clone().state(RuleState::Enabled).build(), Tags::new());
        assert_eq!((found.id.as_str(), &found.definition), ("shop-load-test", &rule()));
        assert_eq!(found.outputs["arn"], "arn:rule");
        let off =
            understand(&live.state(RuleState::Disabled).event_pattern(r#"{"source":["a"]}"#).build(), Tags::new());
        let wanted = EventRule { enabled: false, pattern: Some(json!({"source": ["a"]})), ..rule() };
        let odd = Listed::builder().name("shop-odd").arn("arn:odd").schedule_expression("every now and then").build();
        let odd = understand(&odd, Tags::new());
        assert_eq!(
            (odd.id.as_str(), odd.definition.name.as_str(), odd.outputs["arn"].as_str()),
            ("shop-odd", "shop-odd", "arn:odd")
        );
        assert!(matches!(odd.state, State::Unreadable(why) if why.starts_with("the rule shop-odd: ")));
        assert_eq!(off.definition, wanted);
    }

    fn codes(change: impl FnOnce(&mut EventRule)) -> Vec<&'static str> {
        let mut changed = rule();
        change(&mut changed);
        let address = Address::new("loadtest", "rule").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v140_a_rule_has_a_name_and_something_to_wait_for() {
        assert_eq!(codes(|_| ()), Vec::<&str>::new());
        for bad in ["", "a b", "a/b", &"n".repeat(65)] {
            assert_eq!(codes(|rule| rule.name = bad.into()), ["V140"], "{bad}");
        }
        assert_eq!(codes(|rule| rule.schedule = None), ["V140"]);
    }

    #[test]
    fn v140b_a_schedule_repeats() {
        assert_eq!(codes(|rule| rule.schedule = "at(2026-11-27T00:00:00)".parse().ok()), ["V140b"]);
        assert_eq!(codes(|rule| rule.schedule = "rate(1 hour)".parse().ok()), Vec::<&str>::new());
    }

    #[test]
    fn v140c_a_pattern_is_made_of_lists() {
        let with = |pattern: Value| codes(|rule| rule.pattern = Some(pattern));
        assert_eq!(with(json!({"source": ["aws.ecs"], "detail": {"state": ["STOPPED"]}})), Vec::<&str>::new());
        for bad in [json!([]), json!({}), json!({"source": "aws.ecs"}), json!({"detail": {"state": 1}})] {
            assert_eq!(with(bad), ["V140c"]);
        }
        assert_eq!(with(json!({"source": ["x".repeat(4096)]})), ["V140c"]);
    }
}
