//! Looks at an answer: whether it is as expected, what is kept of it, and what is measured. Messages name the plan's own
//! words, never a value that was filled in or came back.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::values::Values;
use crate::client::Answer;
use crate::cookies::Jar;
use crate::plan::words::Time;
use crate::plan::{Expect, Metric, Pick, Source, Step};
use crate::sample::{ErrorClass, Failure};

/// An answer, as far as it was looked at.
pub(super) struct Seen<'a> {
    answer: &'a Answer,
    latency: Duration,
    cookies: &'a Jar,
    /// From 0 to 1, for what is picked at random.
    chance: f64,
    text: OnceCell<String>,
    json: OnceCell<Option<Value>>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(answer: &'a Answer, latency: Duration, cookies: &'a Jar, chance: f64) -> Seen<'a> {
        Seen { answer, latency, cookies, chance, text: OnceCell::new(), json: OnceCell::new() }
    }

    fn text(&self) -> &str {
        self.text.get_or_init(|| String::from_utf8_lossy(&self.answer.body).into_owned())
    }

    fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_slice(&self.answer.body).ok()).as_ref()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value that a source leads to.
    fn value(&self, source: &Source, pick: Pick) -> Option<Value> {
        match source {
            Source::Json(path) => self.one_of(&path.find(self.json()?), pick).map(|value| (*value).clone()),
            Source::Regex(pattern) => self.one_of(&pattern.found(self.text()), pick).map(|text| Value::from(*text)),
            Source::Header(name) => {
                let all = self.answer.headers.get_all(name.as_str());
                let all: Vec<&str> = all.iter().filter_map(|value| value.to_str().ok()).collect();
                self.one_of(&all, pick).map(|text| Value::from(*text))
            }
            Source::Cookie(name) => self.cookies.get(name).map(Value::from),
        }
    }

    fn one_of<'l, T>(&self, all: &'l [T], pick: Pick) -> Option<&'l T> {
        match pick {
            Pick::First => all.first(),
            Pick::Last => all.last(),
            // From 0 to all, and all itself never.
            Pick::Random => all.get((self.chance * all.len() as f64) as usize),
        }
    }
}

/// What was found in an answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is kept, by the names of the variables.
    pub(super) taken: Vec<(String, Value)>,
    /// What is measured, by the names of the metrics.
    pub(super) measured: Vec<(Arc<str>, Option<f64>)>,
}

impl Found {
    /// Looks at an answer, and says what is wrong with it.
    pub(super) fn look<'m>(
        &mut self,
        seen: &Seen<'_>,
        step: &Step,
        metrics: impl Iterator<Item = &'m (Arc<str>, Metric)>,
        values: &Values<'_>,
    ) -> Result<(), Failure> {
        expected(seen, &step.expect, values)?;
        for (name, metric) in metrics {
            let value = seen.value(&metric.source, Pick::First).and_then(|value| match value {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            });
            self.measured.push((Arc::clone(name), value));
        }
        let mut missing = None;
        for (name, take) in &step.take {
            let value = seen.value(&take.source, take.pick);
            let default = || take.default.as_ref().and_then(|default| values.value(default).ok());
            match value.or_else(default) {
                Some(value) => self.taken.push((name.clone(), value)),
                None => missing = missing.or(Some(name)),
            }
        }
        match missing {
            Some(name) => Err(Failure::new(ErrorClass::Take, format_args!("the answer has nothing for `{name}`"))),
            None => Ok(()),
        }
    }
}

fn expected(seen: &Seen<'_>, expect: &Expect, values: &Values<'_>) -> Result<(), Failure> {
    let Expect { status, body, regex, headers, json, under } = expect;
    let wrong = |why: String| Err(Failure::new(ErrorClass::Expectation, why));
    let said = seen.answer.status.unwrap_or_default();
    let failure = Failure::of_status(said);
    if status.is_empty() {
        failure.map_or(Ok(()), Err)?;
    } else if !status.iter().any(|good| good.takes(said)) {
        let good: Vec<String> = status.iter().map(ToString::to_string).collect();
        return failure.map_or_else(|| wrong(format!("the status is {said}, and not {}", good.join(" or "))), Err);
    }
    let filled = |template| values.text(template).map_err(|why| Failure::new(ErrorClass::Expectation, why));
    if let Some(body) = body
        && !seen.text().contains(&filled(body)?)
    {
        return wrong(format!("the body does not hold `{body}`"));
    }
    if let Some(regex) = regex
        && !regex.matches(seen.text())
    {
        return wrong(format!("the body does not match `{regex}`"));
    }
    for (name, part) in headers {
        let part_filled = filled(part)?;
        if !seen.header(name).is_some_and(|value| value.contains(&part_filled)) {
            return wrong(format!("the header `{name}` does not hold `{part}`"));
        }
    }
    for expected in json {
        let found = seen.json().map(|json| expected.path.find(json)).unwrap_or_default();
        let Some(first) = found.first() else { return wrong(format!("the body has nothing at `{}`", expected.path)) };
        let Some(is) = &expected.is else { continue };
        let (wanted, found) = (filled(is)?, first.as_str().map_or_else(|| first.to_string(), str::to_owned));
        if wanted != found {
            return wrong(format!("what the body has at `{}` is not `{is}`", expected.path));
        }
    }
    match under {
        Some(Time(limit)) if seen.latency >= *limit => wrong(format!("the answer took {} or longer", Time(*limit))),
        _ => Ok(()),
    }
}
