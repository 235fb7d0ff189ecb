//! A target: what a rule of EventBridge calls.

use aws_sdk_eventbridge::types::{RetryPolicy, Target as Live};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::sorted;
use super::rule::EventRuleName;
use crate::iam::{Pattern, RoleArn, Service, passed};
use crate::pages::each;
use crate::{Aws, Sorted};

/// A target: what a rule of EventBridge calls.
///
/// ```
/// use infra_aws::events::{EventTarget, Retries};
/// use infra_aws::lambda::FunctionArn;
/// use infra_engine::model::Ref;
///
/// let function: Ref<FunctionArn> = Ref::known("arn:aws:lambda:us-east-1:123456789012:function:shop-load-test");
/// let target = EventTarget {
///     rule: Ref::known("shop-load-test"),
///     name: "LoadTestTarget".into(),
///     calls: function.into(),
///     role: None,
///     input: None,
///     retries: Retries::USUAL,
/// };
/// ```
///
/// A function must be called with a permission of its own, see [`Permission`](crate::lambda::Permission). It has no
/// tags, and is ours when its rule is. What is not said of it here (where a call goes that fails) stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "events/target", id = EventTargetId)]
#[resource(parent(field = "rule", kind = "events/rule"))]
pub struct EventTarget {
    /// Whose target it is.
    #[key]
    pub rule: Ref<EventRuleName>,
    /// Its name among the targets of the rule.
    #[key]
    pub name: String,
    /// What is called.
    pub calls: Pattern,
    /// What EventBridge may do to call it: for all but functions, queues and topics.
    pub role: Option<Ref<RoleArn>>,
    /// What it is called with. Without it: the event.
    #[json]
    pub input: Option<Value>,
    /// How often a call is repeated that does not get through.
    pub retries: Retries,
}

/// How often a call is repeated that does not get through: it is over when the one or the other is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// So many times at most: 0 to 185.
    pub times: u16,
    /// For so many seconds at most: 60 to 86400.
    pub seconds: u32,
}

const LIST: &str = "events:ListTargetsByRule";
const PUT: &str = "events:PutTargets";
const REMOVE: &str = "events:RemoveTargets";

impl Behaviour for EventTarget {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[LIST, PUT, REMOVE, "iam:PassRole"];

    fn rules() -> &'static [Rule<EventTarget>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<EventTarget>>, Fault> {
        let of_ids = ask.only.iter().filter_map(|id| id.split_once('/')).map(|(rule, _)| rule.to_owned());
        let mut rules: Vec<String> = ask.parents.iter().cloned().chain(of_ids).collect();
        rules.sort();
        rules.dedup();
        let of_rule = async |rule: String| {
            let live = targets(aws, &rule).await?;
            Ok(live.iter().map(|target| understand(&rule, target)).collect::<Vec<_>>())
        };
        let mut found: Vec<Found<EventTarget>> = each(rules, of_rule).await?.into_iter().flatten().collect();
        found.retain(|target| ask.only.is_empty() || ask.only.contains(&target.id));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<EventTarget>) -> Result<String, Fault> {
        let target = &order.definition;
        let live = Live::builder().id(&target.name).arn(target.calls.value()).build().sorted(PUT)?;
        put(aws, target, live).await?;
        Ok(id(&target.rule.value(), &target.name))
    }

    /// A target is written as a whole, so what its definition does not say is sent back as it is.
    async fn update(aws: &Aws, _: &Found<EventTarget>, wanted: &EventTarget) -> Result<(), Fault> {
        let live = targets(aws, &wanted.rule.value()).await?.into_iter().find(|target| target.id == wanted.name);
        let missing = || Fault::new(FaultKind::Gone, LIST, "the target is not there any more");
        put(aws, wanted, live.ok_or_else(missing)?).await
    }

    async fn retag(_: &Aws, _: &Found<EventTarget>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<EventTarget>) -> Result<(), Fault> {
        let EventTarget { rule, name, .. } = &found.definition;
        let call = aws.events().remove_targets().rule(rule.value()).ids(name);
        let answer = call.send().await.sorted(REMOVE).map_err(sorted).map(Some).gone_is_fine()?;
        match answer.and_then(|answer| answer.failed_entries.unwrap_or_default().pop()) {
            Some(failed) => Err(entry(REMOVE, failed.error_code, failed.error_message)).gone_is_fine(),
            None => Ok(()),
        }
    }
}

/// Writes a target on top of what is there. AWS answers that the call succeeded when the target did not.
async fn put(aws: &Aws, target: &EventTarget, live: Live) -> Result<(), Fault> {
    let EventTarget { rule, name, calls, role, input, retries } = target;
    let mut sent = live;
    (sent.id, sent.arn) = (name.clone(), calls.value());
    sent.role_arn = role.as_ref().map(Ref::value);
    sent.input = input.as_ref().map(Value::to_string);
    // What is usual need not be said, and is not by Terraform either.
    sent.retry_policy = (*retries != Retries::USUAL).then(|| retries.written());
    // At most one of the three may be there.
    (sent.input_path, sent.input_transformer) = (None, None);
    let answer =
        aws.events().put_targets().rule(rule.value()).targets(sent).send().await.sorted(PUT).map_err(sorted)?;
    match answer.failed_entries.unwrap_or_default().pop() {
        Some(failed) => Err(entry(PUT, failed.error_code, failed.error_message)),
        None => Ok(()),
    }
}

/// A failure that stands within an answer.
fn entry(operation: &str, code: Option<String>, message: Option<String>) -> Fault {
    let kind = match code.as_deref() {
        Some("ConcurrentModificationException") => FaultKind::Busy,
        Some("ResourceNotFoundException") => FaultKind::Gone,
        Some("ThrottlingException") => FaultKind::Throttled,
        _ => FaultKind::Refused,
    };
    sorted(Fault { code, ..Fault::new(kind, operation, message.unwrap_or_default()) })
}

fn id(rule: &str, name: &str) -> String {
    format!("{rule}/{name}")
}

/// The targets of a rule; none when it is not there.
async fn targets(aws: &Aws, rule: &str) -> Result<Vec<Live>, Fault> {
    let mut targets = Vec::new();
    let mut next = None;
    loop {
        let call = aws.events().list_targets_by_rule().rule(rule).limit(100).set_next_token(next);
        let Some(page) = call.send().await.sorted(LIST).map(Some).gone_is_fine()? else { return Ok(Vec::new()) };
        targets.extend(page.targets.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(targets);
        }
    }
}

/// The definition that would have produced a live one; one whose input is no JSON has none here.
fn understand(rule: &str, live: &Live) -> Found<EventTarget> {
    let (input, state) = match live.input().map(serde_json::from_str).transpose() {
        Ok(input) => (input, State::Ready),
        Err(error) => {
            let why = format!("the input of the target {rule}/{} is no JSON: {error}", live.id);
            (None, State::Unreadable(why))
        }
    };
    let definition = EventTarget {
        rule: Ref::known(rule),
        name: live.id().to_owned(),
        calls: Pattern::from(live.arn()),
        role: live.role_arn().map(Ref::known),
        input,
        retries: Retries::understand(live.retry_policy()),
    };
    Found::ready(id(rule, live.id()), definition, Tags::new()).in_state(state)
}

impl Retries {
    /// AWS's own choice: for a day, at most 185 times.
    pub const USUAL: Retries = Retries { times: 185, seconds: 86400 };

    /// A call that fails is not repeated.
    pub const NONE: Retries = Retries { times: 0, seconds: 60 };

    fn written(self) -> RetryPolicy {
        let Retries { times, seconds } = self;
        let age = i32::try_from(seconds).unwrap_or(i32::MAX);
        RetryPolicy::builder().maximum_retry_attempts(times.into()).maximum_event_age_in_seconds(age).build()
    }

    fn understand(live: Option<&RetryPolicy>) -> Retries {
        let Retries { times, seconds } = Retries::USUAL;
        let said = |part: fn(&RetryPolicy) -> Option<i32>| live.and_then(part);
        Retries {
            times: said(RetryPolicy::maximum_retry_attempts).and_then(|number| number.try_into().ok()).unwrap_or(times),
            seconds: said(RetryPolicy::maximum_event_age_in_seconds)
                .and_then(|number| number.try_into().ok())
                .unwrap_or(seconds),
        }
    }
}

static RULES: &[Rule<EventTarget>] = &[
    Rule {
        code: "V40",
        says: "the role of a target trusts `events.amazonaws.com`",
        source: "EventBridge user guide: using identity-based policies; not seen refused by AWS",
        severity: Severity::Warning,
        check: |target, around| {
            let role = target.role.as_ref();
            role.and_then(|role| passed("role", role, &Service::Events, around)).into_iter().collect()
        },
    },
    Rule {
        code: "V141",
        says: "a target's name has 1 to 64 letters, digits and any of `.-_`, and its input 8192 characters at most",
        source: "EventBridge API model: Target",
        severity: Severity::Error,
        check: named,
    },
    Rule {
        code: "V141b",
        says: "a rule has 5 targets at most",
        source: "EventBridge quotas: targets for each rule",
        severity: Severity::Warning,
        check: few,
    },
    Rule {
        code: "V141c",
        says: "what is neither a function, a queue nor a topic is called with a role",
        source: "EventBridge user guide: permissions for targets",
        severity: Severity::Error,
        check: with_role,
    },
    Rule {
        code: "V141d",
        says: "a call is repeated at most 185 times, for a minute at least and a day at most",
        source: "EventBridge API model: RetryPolicy",
        severity: Severity::Error,
        check: repeats,
    },
];

fn repeats(target: &EventTarget, _: &Surroundings<'_>) -> Vec<Violation> {
    let Retries { times, seconds } = target.retries;
    if times <= 185 && (60..=86400).contains(&seconds) {
        return Vec::new();
    }
    let wrong = format!("{times} times for {seconds} seconds");
    vec![Violation::of("retries", target.retries, wrong, "write 0 to 185 times, and 60 to 86400 seconds")]
}

fn named(target: &EventTarget, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &target.name;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let odd = (!plain || !(1..=64).contains(&name.len())).then(|| {
        let wrong = "it is empty, too long, or has other characters in it";
        Violation::of("name", name, wrong, "write 1 to 64 letters, digits and any of `.-_`")
    });
    let length = target.input.as_ref().map_or(0, |input| input.to_string().chars().count());
    let long = (length > 8192).then(|| {
        let way_out = "put it into a bucket, and its name here";
        Violation::of("input", length, format!("it has {length} characters"), way_out)
    });
    odd.into_iter().chain(long).collect()
}

fn few(target: &EventTarget, around: &Surroundings<'_>) -> Vec<Violation> {
    let count = around.all::<EventTarget>().filter(|(_, other)| other.rule == target.rule).count();
    if count <= 5 {
        return Vec::new();
    }
    let way_out = "make another rule, or ask AWS for a higher quota";
    vec![Violation::of("rule", &target.rule, format!("it has {count} targets"), way_out)]
}

fn with_role(target: &EventTarget, _: &Surroundings<'_>) -> Vec<Violation> {
    let arn = target.calls.value();
    let needs_role = ["ecs", "kinesis", "states", "batch", "events", "firehose"];
    let service = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1));
    if target.role.is_some() || !service.is_some_and(|service| needs_role.contains(&service)) {
        return Vec::new();
    }
    vec![Violation::of("role", (), "EventBridge may not call it", "name a role that trusts `events.amazonaws.com`")]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Platform;
    use serde_json::json;

    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:shop-load-test";

    fn target() -> EventTarget {
        EventTarget {
            rule: Ref::known("shop-load-test"),
            name: "LoadTestTarget".into(),
            calls: FUNCTION.into(),
            role: None,
            input: Some(json!({"users": 100})),
            retries: Retries::USUAL,
        }
    }

    #[test]
    fn a_live_target_tells_what_it_is() {
        let live = Live::builder().id("LoadTestTarget").arn(FUNCTION).input(r#"{ "users" : 100 }"#).build().unwrap();
        let found = understand("shop-load-test", &live);
        assert_eq!((found.id.as_str(), found.definition), ("shop-load-test/LoadTestTarget", target()));
        let once = Live::builder().id("LoadTestTarget").arn(FUNCTION).input("{").retry_policy(Retries::NONE.written());
        let found = understand("shop-load-test", &once.build().unwrap());
        assert_eq!(found.definition, EventTarget { retries: Retries::NONE, input: None, ..target() });
        let State::Unreadable(why) = found.state else { panic!("no JSON is no input") };
        assert!(why.starts_with("the input of the target shop-load-test/LoadTestTarget is no JSON"), "{why}");
    }

    #[test]
    fn a_failure_within_an_answer_is_sorted_too() {
        let kind = |code: &str| entry(PUT, Some(code.into()), None).kind;
        assert_eq!(kind("ConcurrentModificationException"), FaultKind::Busy);
        assert_eq!(kind("ResourceNotFoundException"), FaultKind::Gone);
        assert_eq!(kind("ValidationException"), FaultKind::Refused);
    }

    fn codes(siblings: usize, change: impl FnOnce(&mut EventTarget)) -> Vec<&'static str> {
        let mut changed = target();
        change(&mut changed);
        let mut platform = Platform::new();
        let mut stack = platform.stack("loadtest");
        for number in 0..siblings {
            stack.add(format!("sibling-{number}"), EventTarget { name: number.to_string(), ..target() });
        }
        let handle = stack.add("target", changed.clone());
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, handle.address());
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v141_names_inputs_numbers_and_roles_are_checked() {
        assert_eq!(codes(4, |_| ()), Vec::<&str>::new());
        assert_eq!(codes(5, |_| ()), ["V141b"]);
        for bad in ["", "a b", &"n".repeat(65)] {
            assert_eq!(codes(0, |target| target.name = bad.into()), ["V141"], "{bad}");
        }
        assert_eq!(codes(0, |target| target.input = Some(json!("x".repeat(8191)))), ["V141"]);
        for retries in [Retries { times: 186, seconds: 60 }, Retries { times: 0, seconds: 59 }] {
            assert_eq!(codes(0, |target| target.retries = retries), ["V141d"], "{retries:?}");
        }
        assert_eq!(codes(0, |target| target.retries = Retries::NONE), Vec::<&str>::new());
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:shop";
        assert_eq!(codes(0, |target| target.calls = machine.into()), ["V141c"]);
        let role = Some(Ref::known("arn:aws:iam::123456789012:role/events"));
        assert_eq!(codes(0, |target| (target.calls, target.role) = (machine.into(), role)), Vec::<&str>::new());
    }
}
