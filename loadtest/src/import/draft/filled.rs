//! Every place of a plan that is filled in, so that none is left that nothing fills.

use std::collections::{BTreeMap, BTreeSet};

use hyper::header::HeaderName;

use super::{Draft, is_set};
use crate::plan::words::{Piece, Reference, Template};
use crate::plan::{Content, Part, Step};

/// Variables that are made of others, which are made of others, end here.
const DEEPEST: usize = 8;

impl Draft {
    /// Gives each variable that is used and set by nothing a place in the plan, and names it.
    pub(super) fn name_what_is_not_set(&mut self) {
        for _ in 0..DEEPEST {
            self.fill_variables_in();
        }
        let mut missing = BTreeSet::new();
        let none = BTreeSet::new();
        let plan = &self.plan;
        for template in plan.headers.values().chain(plan.variables.values()) {
            missing.extend(not_set(plan, &none, template));
        }
        for scenario in &plan.scenario {
            // What a step takes is known to those after it.
            let mut taken = BTreeSet::new();
            for step in &scenario.step {
                let early = step.when.iter().flat_map(|when| when.templates());
                let all: BTreeSet<_> = scenario.step.iter().flat_map(|step| step.take.keys().cloned()).collect();
                missing.extend(early.flat_map(|template| not_set(plan, &all, template)));
                missing.extend(of_step(step).into_iter().flat_map(|template| not_set(plan, &taken, template)));
                taken.extend(step.take.keys().cloned());
            }
        }
        for name in missing {
            let instead = format!("give `{name}` a value under [variables]; `TODO` stands there");
            self.taking.not(format!("variable {name}"), 0, "nothing that was taken sets it before it is used", instead);
            self.plan.variables.insert(name, Template::literal("TODO"));
        }
        // Those that name each other in a circle are still there.
        for _ in 0..DEEPEST {
            self.fill_variables_in();
        }
        let circles: Vec<_> = self
            .plan
            .variables
            .iter()
            .filter(|(_, value)| names_another(value))
            .map(|(name, _)| name.clone())
            .collect();
        for name in circles {
            let instead = format!("give `{name}` a value under [variables]; `TODO` stands there");
            self.taking.not(format!("variable {name}"), 0, "it is made of itself", instead);
            self.plan.variables.insert(name, Template::literal("TODO"));
        }
    }

    /// Leaves out headers that no request can have, and names them.
    pub(super) fn leave_out_headers(&mut self) {
        let steps = self.plan.scenario.iter_mut().flat_map(|scenario| &mut scenario.step);
        let all = [&mut self.plan.headers].into_iter().chain(steps.map(|step| &mut step.headers));
        for headers in all {
            headers.retain(|name, _| {
                let known = HeaderName::from_bytes(name.as_bytes());
                let good = known.is_ok_and(|name| !crate::input::FRAMING.contains(&name));
                if !good {
                    self.taking.not(format!("header {name}"), 0, "no request can be given such a header", "nothing");
                }
                good
            });
        }
    }

    /// A plan's variables are not made of each other: where one names another, that one's text is put.
    fn fill_variables_in(&mut self) {
        let before = self.plan.variables.clone();
        for value in self.plan.variables.values_mut().filter(|value| names_another(value)) {
            *value = filled(value, &before);
        }
    }
}

fn names_another(value: &Template) -> bool {
    value.references().any(|reference| matches!(reference, Reference::Variable(_)))
}

fn filled(value: &Template, variables: &BTreeMap<String, Template>) -> Template {
    let piece = |piece: &Piece| match piece {
        Piece::Value(Reference::Variable(name)) if variables.contains_key(name) => variables[name].to_string(),
        Piece::Value(reference) => format!("${{{reference}}}"),
        Piece::Text(text) => super::escaped(text),
    };
    let text: String = value.pieces().iter().map(piece).collect();
    // A text that doubles each time is a circle.
    if text.len() > 100_000 { Template::literal("TODO") } else { text.parse().unwrap_or_else(|_| value.clone()) }
}

fn not_set(plan: &crate::plan::Plan, taken: &BTreeSet<String>, template: &Template) -> Vec<String> {
    let missing = template.references().filter(|reference| !is_set(plan, taken, reference));
    missing
        .filter_map(|reference| match reference {
            Reference::Variable(name) => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// Every template of a step but its condition's.
fn of_step(step: &Step) -> Vec<&Template> {
    let Step {
        name: _,
        asked,
        headers,
        query,
        content,
        expect,
        take,
        when: _,
        repeat: _,
        think: _,
        group: _,
        on_error: _,
    } = step;
    let mut all = vec![asked.parts().1];
    all.extend(headers.values().chain(query.values()));
    match content {
        None => {}
        Some(Content::Json(json)) => all.extend(json.templates()),
        Some(Content::Form(fields)) => all.extend(fields.values()),
        Some(Content::Body(body)) => all.push(body),
        Some(Content::Multipart(parts)) => all.extend(parts.values().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            Part::File { .. } => None,
        })),
    }
    all.extend(
        expect.body.iter().chain(expect.headers.values()).chain(expect.json.iter().filter_map(|json| json.is.as_ref())),
    );
    all.extend(take.values().filter_map(|take| take.default.as_ref()));
    all
}
