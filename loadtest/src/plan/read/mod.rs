//! From a file's text to a [`Plan`]: everything that is wrong is told at once, with its line. Nothing is asked of the
//! world.

mod answer;
mod content;
mod known;
mod scope;
mod step;
mod threshold;

use std::collections::BTreeMap;

use super::data::ORDERS;
use super::toml::{self, Fields, Item, Problems};
use super::words::{Template, Time, is_name};
use super::{Data, IN_FLIGHT, LoadPlan, Model, Order, Plan, Scenario, THINK, TIMEOUT};
use crate::input::target;
use known::Known;
use scope::Scope;

/// Reads a plan, or tells everything that is wrong with it. `file` is what the text is called in messages.
pub fn read(text: &str, file: &str) -> Result<Plan, Problems> {
    toml::read(text, file, plan)
}

fn plan(file: Fields<'_, '_>) -> Option<Plan> {
    let known = Known::of(&file);
    let scope = Scope::new(&known);

    let called = file.need("name", "add it: `name = \"checkout\"`");
    let name = called.and_then(|item| named(&item));
    let about = file.get("about").and_then(|item| item.text()).map(str::to_owned);
    let target = file.get("target").and_then(|item| address(&item));
    let timeout = file.get("timeout").map_or(Some(TIMEOUT), |item| some_time(&item));
    let variables =
        file.get("variables").map_or(Some(BTreeMap::new()), |item| templates(&item, &Scope::beginning(&known)));
    let headers = file.get("headers").map_or(Some(BTreeMap::new()), |item| headers(&item, &scope));
    let load =
        file.need("load", "add a table `[load]`: `rate = 100` and `phases = \"5m:100\"`").and_then(|item| load(&item));
    let data = file.get("data").map_or(Some(BTreeMap::new()), |item| entries(&item, data));
    let scenario = file.need("scenario", "add a table `[[scenario]]` with a `name`, and its steps").and_then(|item| {
        let scenarios: Vec<_> = item.list()?.iter().map(|item| scenario(item, &known, &scope)).collect();
        if scenarios.is_empty() {
            item.wrong("there is none", "add a table `[[scenario]]`");
        }
        scenarios.into_iter().collect::<Option<Vec<_>>>()
    });
    let metrics =
        file.get("metrics").map_or(Some(BTreeMap::new()), |item| entries(&item, |item| answer::metric(item, &known)));
    let phases = load.as_ref().map(|load: &LoadPlan| &load.phases);
    let threshold = file.get("threshold").map_or(Some(Vec::new()), |item| {
        let all: Vec<_> = item.list()?.iter().map(|item| threshold::threshold(item, &known, phases)).collect();
        all.into_iter().collect()
    });
    file.finish();
    known.tell_twice();
    Some(Plan {
        name: name?,
        about,
        target,
        timeout: timeout?,
        headers: headers?,
        variables: variables?,
        load: load?,
        data: data?,
        scenario: scenario?,
        threshold: threshold?,
        metrics: metrics?,
    })
}

/// A name that can stand in a file's name and in `${…}`.
fn named(item: &Item<'_, '_>) -> Option<String> {
    let name = item.text()?;
    if is_name(name) {
        return Some(name.to_owned());
    }
    item.wrong(format!("`{name}` is no name"), "a name has letters, digits, `-` and `_`, and no spaces");
    None
}

/// A name of something that is only shown.
fn shown(item: &Item<'_, '_>) -> Option<String> {
    let name = item.text()?;
    if !name.trim().is_empty() && !name.contains(|c: char| c.is_control()) {
        return Some(name.to_owned());
    }
    item.wrong("it is empty, or has characters that cannot be shown", "give it a name, as \"login\"");
    None
}

fn address(item: &Item<'_, '_>) -> Option<String> {
    let text = item.text()?;
    match target(text) {
        Ok(_) => Some(text.trim().to_owned()),
        Err(rule) => {
            item.wrong(rule, "write it as https://staging.example.com");
            None
        }
    }
}

/// A time that is not nothing.
fn some_time(item: &Item<'_, '_>) -> Option<Time> {
    let time: Time = item.word()?;
    if time.0.is_zero() {
        item.wrong("no time at all", "give a time, as 10s");
        return None;
    }
    Some(time)
}

/// A table whose keys are names that the writer chose.
fn entries<T>(item: &Item<'_, '_>, read: impl Fn(&Item<'_, '_>) -> Option<T>) -> Option<BTreeMap<String, T>> {
    let fields = item.fields()?;
    let mut all = Some(BTreeMap::new());
    for (name, at, item) in fields.all() {
        if !is_name(name) {
            let help = "a name has letters, digits, `-` and `_`, and no spaces";
            fields.notes().wrong(at, format!("`{name}` is no name"), help);
            all = None;
        }
        match (read(&item), &mut all) {
            (Some(value), Some(all)) => drop(all.insert(name.to_owned(), value)),
            _ => all = None,
        }
    }
    all
}

/// A table of templates, under any keys.
fn templates(item: &Item<'_, '_>, scope: &Scope<'_>) -> Option<BTreeMap<String, Template>> {
    let all: Vec<_> = item
        .fields()?
        .all()
        .into_iter()
        .map(|(name, _, item)| Some((name.to_owned(), scope.template(&item)?)))
        .collect();
    all.into_iter().collect()
}

/// A table of headers.
fn headers(item: &Item<'_, '_>, scope: &Scope<'_>) -> Option<BTreeMap<String, Template>> {
    let fields = item.fields()?;
    let mut good = true;
    for (name, at, _) in fields.all() {
        if let Err(rule) = header_name(name) {
            fields.notes().wrong(at, format!("`{name}`: {rule}"), "a header has a name, as \"accept\"");
            good = false;
        }
    }
    templates(item, scope).filter(|_| good)
}

fn header_name(name: &str) -> Result<(), String> {
    match hyper::header::HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) if crate::input::FRAMING.contains(&name) => Err("it follows from the request".to_owned()),
        Ok(_) => Ok(()),
        Err(_) => Err("it is no header's name".to_owned()),
    }
}

fn load(item: &Item<'_, '_>) -> Option<LoadPlan> {
    let fields = item.fields()?;
    let phases = fields.need("phases", "say how the load changes: `phases = \"2m:0-100, 10m:100\"`");
    let phases = phases.and_then(|item| item.word());
    let model = fields.need_one(&["rate", "users"], "say who asks: `rate = 100` scenarios a second, or `users = 50`");
    let model = match model {
        Some(("rate", rate)) => {
            let rate = rate.number(0.001..=1_000_000.0);
            let in_flight = fields.get("in_flight").map_or(Some(IN_FLIGHT), |item| item.number(1..=10_000));
            rate.zip(in_flight).map(|(rate, in_flight)| Model::Open { rate, in_flight })
        }
        Some((_, users)) => {
            let users = users.number(1..=1_000_000);
            let think = fields.get("think").map_or(Some(THINK), |item| item.word());
            users.zip(think).map(|(users, think)| Model::Closed { users, think })
        }
        None => {
            // Both are looked at as if they were right, so that they are not told as unknown.
            drop((fields.get("in_flight"), fields.get("think")));
            None
        }
    };
    fields.finish();
    Some(LoadPlan { model: model?, phases: phases? })
}

fn data(item: &Item<'_, '_>) -> Option<Data> {
    let fields = item.fields()?;
    let file = fields.need("file", "say which: `file = \"users.csv\"`").and_then(|item| shown(&item));
    let columns = fields.get("columns").map_or(Some(Vec::new()), |item| {
        item.list()?.iter().map(|item| shown(item)).collect::<Vec<_>>().into_iter().collect()
    });
    let order = fields.get("order").map_or(Some(Order::default()), |item| item.choice(&ORDERS));
    fields.finish();
    Some(Data { file: file?, columns: columns?, order: order? })
}

fn scenario(item: &Item<'_, '_>, known: &Known<'_>, scope: &Scope<'_>) -> Option<Scenario> {
    let fields = item.fields()?;
    let name = fields.need("name", "give it a name: `name = \"buy\"`").and_then(|item| shown(&item));
    let weight = fields.get("weight").map_or(Some(1), |item| item.number(1..=1000));
    let help = "add a table `[[scenario.step]]`: `name = \"home\"` and `get = \"/\"`";
    let step = fields.need("step", help).and_then(|item| {
        let mut scope = scope.of_scenario(&item);
        let steps: Vec<_> = item.list()?.iter().map(|item| step::step(item, known, &mut scope)).collect();
        if steps.is_empty() {
            item.wrong("there is none", help);
        }
        steps.into_iter().collect()
    });
    fields.finish();
    Some(Scenario { name: name?, weight: weight?, step: step? })
}

#[cfg(test)]
mod tests;
