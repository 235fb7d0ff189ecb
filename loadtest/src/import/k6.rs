//! The options of a k6 script: executors and thresholds, from JSON or from the object in the script itself. The script's
//! own code is never read: what it asks has to be written as steps.

use std::time::Duration;

use super::NoImport;
use super::draft::{self, Draft, Steps, escaped};
use super::levels::{Level, bound, milliseconds, schedule, threshold, time};
use super::tree::{self, Member, Node, Value};
use crate::plan::words::{Between, Limit, Measure, Statistic, Template, Time};
use crate::plan::{LoadPlan, Model};

/// Whether data looks like options.
pub(super) fn is_options(data: &Node) -> bool {
    let scenarios = data.get("scenarios").is_some_and(|scenarios| !scenarios.members().is_empty());
    scenarios || ["vus", "stages", "executor", "iterations"].iter().any(|key| data.get(key).is_some())
}

/// Reads options.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let scripted = tree::script(text, "options");
    let is_script = scripted.is_some();
    let options = match scripted {
        Some(read) => read?,
        None => tree::json(text)?,
    };
    let mut loads = Vec::new();
    for member in options.members() {
        match (member.key.as_str(), &member.node.value) {
            (key, Value::Code(code)) => {
                let instead = "run `k6 inspect --execution-requirements` on the script, and import what that prints";
                draft.taking.not(format!("options.{key}"), member.line, format!("it is code: {code}"), instead);
            }
            ("scenarios", _) => {
                for scenario in member.node.members() {
                    let load = executor(&scenario.key, scenario.line, &scenario.node, draft);
                    loads.push((scenario.key.clone(), scenario.line, load));
                }
            }
            ("thresholds", _) => member.node.members().iter().for_each(|metric| thresholds(metric, draft)),
            (
                "vus" | "duration" | "iterations" | "stages" | "paused" | "maxDuration" | "totalDuration" | "maxVUs",
                _,
            ) => {}
            ("userAgent", _) => {
                let value = Template::literal(member.node.text().unwrap_or_default());
                draft.plan.headers.insert("user-agent".to_owned(), value);
                draft.taking.took();
            }
            // What is told of results, and how cookies are kept, is as in every plan.
            (
                "summaryTrendStats" | "summaryTimeUnit" | "noCookiesReset" | "discardResponseBodies" | "systemTags",
                _,
            ) => draft.taking.took(),
            (_, Value::Null) => {}
            (other, _) => draft.taking.not(
                format!("options.{other}"),
                member.line,
                "a plan has nothing like it",
                "see what it does",
            ),
        }
    }
    if loads.is_empty() {
        let load = shortcut(&options, draft);
        loads.push(("default".to_owned(), options.line, load));
    }
    put(&loads, draft);
    let line = if is_script {
        text.lines().position(|line| line.contains("export default")).map_or(1, |line| line + 1)
    } else {
        options.line
    };
    draft.taking.not(
        "the script's functions",
        line,
        "JavaScript is not read",
        "write what they ask as [[scenario.step]]; `get = \"/\"` stands there",
    );
    Ok(())
}

/// A load: its model, how much, when.
type Load = Option<(Model, Vec<Level>)>;

/// `vus` with `duration` or `stages`, beside each other and without scenarios.
fn shortcut(options: &Node, draft: &mut Draft) -> Load {
    if options.get("iterations").is_some() {
        draft.taking.not(
            "options.iterations",
            options.line,
            "a test lasts a time, not a number of rounds",
            "set `load.phases`",
        );
    }
    let users = options.number_at("vus").unwrap_or(1.0);
    let load = match options.get("stages") {
        Some(stages) => levels(users, stages),
        None => options.get("duration").and_then(|length| level(length, users)).map(|level| vec![level]),
    }?;
    draft.taking.took();
    Some((closed(), load))
}

fn closed() -> Model {
    // Users of k6 wait where the script says so, not between rounds.
    Model::Closed { users: 1, think: Between::exactly(Duration::ZERO) }
}

fn level(length: &Node, load: f64) -> Option<Level> {
    Some(Level { length: time(length.text()?)?, from: load, to: load })
}

/// From one load to the next, stage by stage.
fn levels(start: f64, stages: &Node) -> Option<Vec<Level>> {
    let mut before = start;
    let stage = |stage: &Node| {
        let level = Level { length: time(stage.text_at("duration")?)?, from: before, to: stage.number_at("target")? };
        before = level.to;
        Some(level)
    };
    stages.items().iter().map(stage).collect()
}

fn executor(name: &str, line: usize, node: &Node, draft: &mut Draft) -> Load {
    let element = format!("scenario {name}");
    for member in node.members() {
        match member.key.as_str() {
            "executor" | "vus" | "duration" | "startVUs" | "stages" | "rate" | "timeUnit" | "preAllocatedVUs"
            | "maxVUs" | "startRate" | "exec" | "gracefulStop" | "gracefulRampDown" => {}
            "startTime" if member.node.text().is_some_and(|text| time(text) == Some(Duration::ZERO)) => {}
            _ if member.node.value == Value::Null => {}
            other => draft.taking.not(
                format!("{other} of {element}"),
                member.line,
                "a scenario of a plan has nothing like it",
                "see what it does",
            ),
        }
    }
    let unit = node.text_at("timeUnit").map_or(Some(Duration::from_secs(1)), time).filter(|unit| !unit.is_zero());
    let each_second = |rate: f64| unit.map(|unit| rate / unit.as_secs_f64());
    let in_flight = node.number_at("maxVUs").or(node.number_at("preAllocatedVUs"));
    let open = Model::Open {
        rate: 1.0,
        in_flight: in_flight.map_or(crate::plan::IN_FLIGHT, |most| most.clamp(1.0, 900.0) as u32),
    };
    let load = match node.text_at("executor") {
        Some("constant-vus") => node
            .get("duration")
            .and_then(|length| level(length, node.number_at("vus").unwrap_or(1.0)))
            .map(|level| (closed(), vec![level])),
        Some("ramping-vus") => node
            .get("stages")
            .and_then(|stages| levels(node.number_at("startVUs").unwrap_or(1.0), stages))
            .map(|levels| (closed(), levels)),
        Some("constant-arrival-rate") => node
            .number_at("rate")
            .and_then(each_second)
            .zip(node.get("duration"))
            .and_then(|(rate, length)| level(length, rate))
            .map(|level| (open, vec![level])),
        Some("ramping-arrival-rate") => node
            .get("stages")
            .and_then(|stages| levels(node.number_at("startRate").unwrap_or(0.0), stages))
            .and_then(|levels| {
                let scaled = levels
                    .into_iter()
                    .map(|level| Some(Level { from: each_second(level.from)?, to: each_second(level.to)?, ..level }));
                scaled.collect::<Option<Vec<_>>>().map(|levels| (open, levels))
            }),
        Some("shared-iterations" | "per-vu-iterations") => {
            let users = node.number_at("vus").unwrap_or(1.0);
            draft.taking.not(
                element.clone(),
                line,
                "a test lasts a time, not a number of rounds",
                "one minute was put; set `load.phases`",
            );
            Some((closed(), vec![Level { length: draft::MINUTE, from: users, to: users }]))
        }
        _ => None,
    };
    match load {
        Some(load) => {
            draft.taking.took();
            Some(load)
        }
        None => {
            draft.taking.not(element, line, "its load is not known before the run", "set [load] of the plan");
            None
        }
    }
}

/// One load for all, and a scenario with a step to be filled in for each.
fn put(loads: &[(String, usize, Load)], draft: &mut Draft) {
    let known: Vec<_> = loads.iter().filter_map(|(name, line, load)| Some((name, line, load.as_ref()?))).collect();
    if let Some((_, _, (model, first))) = known.first() {
        let shape = |levels: &[Level]| schedule(levels).map(|(_, phases)| phases);
        let mut sum = first.clone();
        for (name, line, (other, levels)) in &known[1..] {
            let same = std::mem::discriminant(other) == std::mem::discriminant(model) && shape(levels) == shape(first);
            if same {
                sum.iter_mut().zip(levels).for_each(|(sum, level)| {
                    sum.from += level.from;
                    sum.to += level.to;
                });
            } else {
                let why = "all scenarios of a plan share one schedule, and this one has another than the first";
                draft.taking.not(format!("load of scenario {name}"), **line, why, "make a plan of its own for it");
            }
        }
        if let Some((full, phases)) = schedule(&sum) {
            let model = match *model {
                Model::Open { in_flight, .. } => Model::Open { rate: full, in_flight },
                Model::Closed { think, .. } => Model::Closed { users: full.round().clamp(1.0, 1e6) as u32, think },
            };
            draft.plan.load = LoadPlan { model, phases };
        }
    }
    for (name, _, load) in loads {
        let mut steps = Steps::default();
        if let Some(step) = draft::step(name, "GET", Draft::literal("/")) {
            steps.add(step);
        }
        let weight = load.as_ref().and_then(|(_, levels)| schedule(levels)).map_or(1.0, |(full, _)| full);
        draft.scenario(name, if loads.len() > 1 { weight.round().clamp(1.0, 1000.0) as u32 } else { 1 }, steps);
    }
}

fn thresholds(metric: &Member, draft: &mut Draft) {
    for limit in metric.node.one_or_more() {
        let text = limit.text_at("threshold").or(limit.text()).unwrap_or_default();
        let abort = limit.text_at("abortOnFail") == Some("true");
        let element = format!("threshold {}: {text}", metric.key);
        match self::limit(&metric.key, text) {
            Some(mut threshold) => {
                if abort {
                    let delay = limit.text_at("delayAbortEval").and_then(time).unwrap_or(Duration::from_secs(10));
                    threshold.abort_after = Some(Time(delay));
                }
                draft.plan.threshold.push(threshold);
                draft.taking.took();
            }
            None => draft.taking.not(
                element,
                limit.line,
                "a plan measures latency, errors, requests and iterations",
                "write a [[threshold]] for it",
            ),
        }
    }
}

/// A threshold, as `http_req_duration{name:login}` and `p(95)<500`.
fn limit(metric: &str, text: &str) -> Option<crate::plan::Threshold> {
    let (name, tags) = metric.split_once('{').map_or((metric, ""), |(name, tags)| (name, tags.trim_end_matches('}')));
    let place = text.find(['<', '>', '='])?;
    let statistic = text[..place].trim();
    let at: Statistic = match statistic {
        "avg" => Statistic::Mean,
        "med" => Statistic::Percentile(0.5),
        "min" => Statistic::Min,
        "max" => Statistic::Max,
        "count" => Statistic::Count,
        "rate" => Statistic::Rate,
        percentile => format!("p{}", percentile.strip_prefix("p(")?.strip_suffix(')')?).parse().ok()?,
    };
    let share = |share: f64| (0.0..=1.0).contains(&share).then_some(Limit::Share(share));
    let (measure, bound) = match name {
        "http_req_duration" | "http_req_waiting" if !matches!(at, Statistic::Count | Statistic::Rate) => {
            (Measure::Latency, bound(&text[place..], milliseconds)?)
        }
        "http_req_failed" if at == Statistic::Rate => (Measure::Errors, bound(&text[place..], share)?),
        "http_reqs" if matches!(at, Statistic::Count | Statistic::Rate) => {
            (Measure::Requests, bound(&text[place..], |number| Some(Limit::Number(number)))?)
        }
        "iterations" if matches!(at, Statistic::Count | Statistic::Rate) => {
            (Measure::Iterations, bound(&text[place..], |number| Some(Limit::Number(number)))?)
        }
        _ => return None,
    };
    let mut threshold = threshold(measure, at, bound);
    match tags.split_once(':') {
        None if tags.is_empty() => {}
        Some(("scenario", name)) if !tags.contains(',') => threshold.scenario = Some(escaped(name.trim())),
        Some(("expected_response", "true")) => {}
        _ => return None,
    }
    Some(threshold)
}
