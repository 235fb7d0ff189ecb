//! Plays a plan's scenarios: fills in what their steps ask, looks at the answers, and keeps what later steps need.

mod answer;
mod request;
mod rows;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;

use self::rows::Dealing;
use self::values::Values;
use crate::input;
use crate::materials::{Materials, ranks};
use crate::plan::words::Template;
use crate::plan::{self, Failing, Metric, Model, Plan, Step};
use crate::result::Part;
use crate::scenario::{Going, Scenario, Stopped, User};
use crate::test::{Load, LoadTest, digest, shown_target};

/// Why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotPlay {
    /// A path, and nowhere to begin.
    #[error(
        "step `{step}` asks for a path, and the plan has no target\n  add `target = \"https://staging.example.com\"` to the plan, or say it to the run"
    )]
    NoTarget {
        /// The first such step.
        step: String,
    },
    /// A target that is no address.
    #[error("the target `{target}` cannot be asked: {why}")]
    Target {
        /// What was said.
        target: String,
        /// What is wrong.
        why: String,
    },
}

/// The test that a plan says, for one of its workers. `target` is used instead of the plan's own.
pub fn load_test(plan: &Plan, materials: &Materials, target: Option<&str>, part: Part) -> Result<LoadTest, CannotPlay> {
    let target = target.or(plan.target.as_deref());
    let base = target.map(|target| {
        let wrong = |why| CannotPlay::Target { target: target.to_owned(), why };
        input::target(target).map_err(wrong)
    });
    let base: Option<Uri> = base.transpose()?;
    let steps = || plan.scenario.iter().flat_map(|scenario| &scenario.step);
    let path = |step: &Step| step.asked.parts().1.to_string();
    if let (None, Some(step)) = (&base, steps().find(|step| path(step).starts_with('/'))) {
        return Err(CannotPlay::NoTarget { step: step.name.clone() });
    }
    let closed = matches!(plan.load.model, Model::Closed { .. });
    let dealings = plan.data.iter().filter_map(|(name, data)| {
        let rows = Arc::clone(materials.rows.get(name)?);
        Some((name.clone(), Dealing::new(rows, data.order, ranks(plan, name), closed, part)))
    });
    let shared = Arc::new(Shared {
        base: base.clone(),
        headers: plan.headers.clone(),
        variables: plan.variables.clone(),
        rows: dealings.collect(),
        materials: materials.clone(),
        metrics: plan.metrics.iter().map(|(name, metric)| (Arc::from(name.as_str()), metric.clone())).collect(),
    });
    let scenarios: Vec<Arc<dyn Scenario>> = plan
        .scenario
        .iter()
        .map(|scenario| Arc::new(Played::new(scenario, Arc::clone(&shared))) as Arc<dyn Scenario>)
        .collect();
    let load = match plan.load.model {
        Model::Open { rate, in_flight } => Load::Open { rate, in_flight: in_flight as usize },
        Model::Closed { users, think } => Load::Closed { users, think },
    };
    let shown = base.as_ref().map(shown_target).unwrap_or_default();
    let mut test = LoadTest::new(&plan.name, &shown, scenarios, load, plan.load.phases.0.clone(), plan.timeout.0)
        .with_thresholds(plan.threshold.clone());
    test.shown.digest = digest(&format!("{shown}\n{}", plan.to_toml()));
    // What is filled in may be an address of either kind.
    test.secure |= steps().any(|step| ["https://", "${"].iter().any(|begin| path(step).starts_with(begin)));
    test.units = plan.metrics.iter().map(|(name, metric)| (name.clone(), metric.unit.clone())).collect();
    Ok(test)
}

/// What all scenarios of a plan have in common.
#[derive(Debug)]
struct Shared {
    base: Option<Uri>,
    headers: BTreeMap<String, Template>,
    variables: BTreeMap<String, Template>,
    rows: BTreeMap<String, Dealing>,
    materials: Materials,
    metrics: Vec<(Arc<str>, Metric)>,
}

/// A scenario of a plan.
#[derive(Debug)]
struct Played {
    scenario: plan::Scenario,
    /// The names of its steps and of their groups, as they are counted.
    names: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// The data files that it takes a row of.
    data: Vec<String>,
    shared: Arc<Shared>,
}

impl Played {
    fn new(scenario: &plan::Scenario, shared: Arc<Shared>) -> Played {
        let name = |step: &Step| (Arc::from(step.name.as_str()), step.group.as_deref().map(Arc::from));
        let all = scenario.step.iter().flat_map(Step::templates);
        let all = all.chain(shared.headers.values()).chain(shared.variables.values());
        let data = rows::named(all);
        Played { names: scenario.step.iter().map(name).collect(), scenario: scenario.clone(), data, shared }
    }

    async fn play(&self, user: &mut User) -> Result<(), Stopped> {
        let mut values = Values::begin(&self.shared, &self.data, user)?;
        let mut group = Group::default();
        let mut bad = false;
        for (step, (name, of_group)) in self.scenario.step.iter().zip(&self.names) {
            group.now(of_group.as_ref(), user);
            if step.when.as_ref().is_some_and(|when| !when.holds(|template| values.text(template).unwrap_or_default()))
            {
                continue;
            }
            for _ in 0..step.repeat {
                match self.step(step, name, user, &mut values).await {
                    Some(latency) => group.add(latency),
                    None if step.on_error == Failing::End => return Err(Stopped::BrokenOff),
                    None => {
                        bad = true;
                        group.spoil();
                    }
                }
                if let Some(think) = step.think {
                    user.think(think).await;
                }
            }
        }
        group.now(None, user);
        if bad { Err(Stopped::BrokenOff) } else { Ok(()) }
    }

    /// Does a step once. How long it took, if it ended well.
    async fn step(&self, step: &Step, name: &Arc<str>, user: &mut User, values: &mut Values<'_>) -> Option<Duration> {
        values.turn(user);
        let request = match request::request(&self.shared, step, values) {
            Ok(request) => request,
            Err(why) => {
                user.could_not_ask(Arc::clone(name), why);
                return None;
            }
        };
        let metrics = self.shared.metrics.iter().filter(|(_, metric)| metric.step == step.name);
        let mut found = answer::Found::default();
        let chance = user.chance();
        let answered = user
            .ask_and_judge(Arc::clone(name), request, |answer, latency, cookies| {
                let seen = answer::Seen::new(answer, latency, cookies, chance);
                Some(found.look(&seen, step, metrics, values))
            })
            .await;
        let answer::Found { taken, measured } = found;
        values.keep(taken);
        for (metric, value) in measured {
            user.measure(metric, value);
        }
        answered.failure.is_none().then_some(answered.latency)
    }
}

impl Scenario for Played {
    fn name(&self) -> &str {
        &self.scenario.name
    }

    fn weight(&self) -> u32 {
        self.scenario.weight
    }

    fn go<'u>(&'u self, user: &'u mut User) -> Going<'u> {
        Box::pin(self.play(user))
    }
}

/// The group of steps that is under way.
#[derive(Debug, Default)]
struct Group {
    name: Option<Arc<str>>,
    latency: Duration,
    steps: u32,
    spoilt: bool,
}

impl Group {
    /// The next step is of this group, or of none: what was under way may be over.
    fn now(&mut self, name: Option<&Arc<str>>, user: &User) {
        if self.name.as_ref() == name {
            return;
        }
        let Group { name: over, latency, steps, spoilt } =
            std::mem::replace(self, Group { name: name.cloned(), ..Group::default() });
        if let Some(over) = over.filter(|_| steps > 0 && !spoilt) {
            user.measure_group(over, latency);
        }
    }

    fn add(&mut self, latency: Duration) {
        self.latency += latency;
        self.steps += 1;
    }

    fn spoil(&mut self) {
        self.spoilt = true;
    }
}
