//! A plan in the making: names that are used once, texts of other tools as templates, and what every plan must have.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::taking::Taking;
use super::{Imported, NoImport, Secrets};
use crate::plan::words::{Between, Phases, Reference, Template};
use crate::plan::{Asked, Content, Expect, Failing, LoadPlan, Metric, Model, Plan, Scenario, Step, TIMEOUT};
use crate::test::Phase;

mod filled;

/// What is put where a source does not say how long.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// A plan in the making.
pub(super) struct Draft {
    pub(super) plan: Plan,
    pub(super) taking: Taking,
    pub(super) secrets: Secrets,
    scenarios: BTreeSet<String>,
    todo: usize,
}

impl Draft {
    pub(super) fn new(name: &str, secrets: Secrets) -> Draft {
        let name = word(name);
        let plan = Plan {
            name: if name.is_empty() { "imported".to_owned() } else { name },
            about: None,
            target: None,
            timeout: TIMEOUT,
            headers: BTreeMap::new(),
            variables: BTreeMap::new(),
            load: one_user(),
            data: BTreeMap::new(),
            scenario: Vec::new(),
            threshold: Vec::new(),
            metrics: BTreeMap::<String, Metric>::new(),
        };
        Draft { plan, taking: Taking::default(), secrets, scenarios: BTreeSet::new(), todo: 0 }
    }

    /// Adds a scenario under a name that no other has; one without steps is left out.
    pub(super) fn scenario(&mut self, name: &str, weight: u32, steps: Steps) {
        if !steps.steps.is_empty() {
            let name = unique(&mut self.scenarios, name, "scenario");
            self.plan.scenario.push(Scenario { name, weight: weight.clamp(1, 1000), step: steps.steps });
        }
    }

    /// A text of the source as it is, with nothing to fill in.
    pub(super) fn literal(text: &str) -> Template {
        Template::literal(text)
    }

    /// A place to be filled in by hand: a variable that stands in the plan and says so.
    pub(super) fn todo(&mut self, hint: &str) -> String {
        self.todo += 1;
        let name = format!("todo-{}", self.todo);
        self.plan.variables.insert(name.clone(), Template::literal(format!("TODO {hint}")));
        name
    }

    /// A variable, of which the name may say that its value is nobody's business.
    pub(super) fn variable(&mut self, name: &str, value: Template, line: usize) {
        let lower = name.to_lowercase();
        let is_secret = ["password", "passwd", "secret", "token", "api_key", "apikey", "access_key"];
        let value = if is_secret.iter().any(|word| lower.contains(word)) {
            self.secret(name, value, &format!("variable {name}"), line)
        } else {
            value
        };
        self.plan.variables.insert(word(name), value);
    }

    /// A text that may say who asks: named, unless it was said to keep it.
    pub(super) fn secret(&mut self, name: &str, value: Template, element: &str, line: usize) -> Template {
        if self.secrets == Secrets::Kept || value.plain().is_none_or(str::is_empty) {
            return value;
        }
        let variable = word(name).replace('-', "_").to_uppercase();
        let why = "what says who asks is not written into a plan";
        let instead = format!("set the environment variable {variable}, or import again with --keep-secrets");
        if self.taking.not_taken.iter().all(|not| not.instead != instead) {
            self.taking.not(element, line, why, instead);
        }
        format!("${{secret:{variable}}}").parse().unwrap_or(value)
    }

    /// The plan, with every variable that nothing sets as a place to be filled in.
    pub(super) fn done(mut self) -> Result<Imported, NoImport> {
        if self.plan.scenario.is_empty() {
            return Err(NoImport::nothing(&self.taking));
        }
        self.name_what_is_not_set();
        self.leave_out_headers();
        let Draft { plan, taking, .. } = self;
        Ok(taking.done(plan))
    }
}

/// One user, for a minute: where a source says nothing of the load.
pub(super) fn one_user() -> LoadPlan {
    LoadPlan { model: Model::Closed { users: 1, think: crate::plan::THINK }, phases: steady(MINUTE) }
}

/// One phase of full load.
pub(super) fn steady(length: Duration) -> Phases {
    Phases(vec![Phase::steady(length)])
}

/// Up to the full load, and then on it.
pub(super) fn ramped(ramp: Duration, hold: Duration) -> Phases {
    let mut phases = Vec::new();
    if !ramp.is_zero() {
        phases.push(Phase { length: ramp, from: 0.0, to: 1.0 });
    }
    if !hold.is_zero() || phases.is_empty() {
        phases.push(Phase::steady(if hold.is_zero() { MINUTE } else { hold }));
    }
    Phases(phases)
}

/// The steps of one scenario, under names that are used once.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    names: BTreeSet<String>,
}

impl Steps {
    /// Adds a step under a name that no other has.
    pub(super) fn add(&mut self, mut step: Step) -> &mut Step {
        step.name = unique(&mut self.names, &step.name, "step");
        self.steps.push(step);
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// From here on, for what holds of all steps that follow.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}

/// A step that only asks. None where a plan has no such method.
pub(super) fn step(name: &str, method: &str, path: Template) -> Option<Step> {
    // An address has no spaces; other tools write them away by themselves.
    let written: String = path.to_string().trim().chars().filter(|c| !c.is_control()).collect();
    let path = written.replace(' ', "%20").parse().ok()?;
    Some(Step {
        name: name.to_owned(),
        asked: Asked::new(method, path)?,
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
        content: None::<Content>,
        expect: Expect::default(),
        take: BTreeMap::new(),
        when: None,
        repeat: 1,
        think: None::<Between>,
        group: None,
        on_error: Failing::End,
    })
}

/// A name that is not used yet, and its note that it is now.
pub(super) fn unique(used: &mut BTreeSet<String>, wanted: &str, otherwise: &str) -> String {
    let cleaned: String = wanted.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
    let cleaned = cleaned.trim();
    let wanted = if cleaned.is_empty() { otherwise } else { cleaned };
    let mut name = wanted.to_owned();
    let mut number = 1;
    while !used.insert(name.clone()) {
        number += 1;
        name = format!("{wanted} {number}");
    }
    name
}

/// A text as a name of letters, digits, `-` and `_`.
pub(super) fn word(text: &str) -> String {
    let kept = text.trim().chars().map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '-' });
    kept.collect::<String>().trim_matches('-').to_owned()
}

/// A variable as a plan writes it.
pub(super) fn variable(name: &str) -> String {
    format!("${{{}}}", word(name))
}

/// A text with nothing to fill in, as a template writes it.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// Names that are functions or of a file with rows.
fn is_set(plan: &Plan, taken: &BTreeSet<String>, reference: &Reference) -> bool {
    match reference {
        Reference::Variable(name) => plan.variables.contains_key(name) || taken.contains(name),
        Reference::Column { data, .. } => plan.data.contains_key(data),
        _ => true,
    }
}
