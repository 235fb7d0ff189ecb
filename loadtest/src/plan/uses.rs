//! What a plan fills in, and where.

use super::words::Template;
use super::{Content, Expect, Part, Plan, Step};

impl Plan {
    /// Every template of the plan, with the place of its scenario; what belongs to all scenarios has none.
    pub fn templates(&self) -> Vec<(Option<usize>, &Template)> {
        let all = self.headers.values().chain(self.variables.values()).map(|template| (None, template));
        let steps = self.scenario.iter().enumerate();
        let steps = steps.flat_map(|(place, scenario)| scenario.step.iter().map(move |step| (place, step)));
        let of_steps =
            steps.flat_map(|(place, step)| step.templates().into_iter().map(move |template| (Some(place), template)));
        all.chain(of_steps).collect()
    }
}

impl Step {
    /// Every template of the step.
    pub fn templates(&self) -> Vec<&Template> {
        let Step { asked, headers, query, content, expect, take, when, .. } = self;
        let Expect { body, headers: expected, json, .. } = expect;
        let mut templates = vec![asked.parts().1];
        templates.extend(headers.values().chain(query.values()).chain(expected.values()).chain(body));
        templates.extend(json.iter().filter_map(|expected| expected.is.as_ref()));
        templates.extend(take.values().filter_map(|take| take.default.as_ref()));
        templates.extend(when.iter().flat_map(|when| when.templates()));
        match content {
            None => {}
            Some(Content::Json(json)) => templates.extend(json.templates()),
            Some(Content::Form(fields)) => templates.extend(fields.values()),
            Some(Content::Body(body)) => templates.push(body),
            Some(Content::Multipart(parts)) => templates.extend(parts.values().filter_map(|part| match part {
                Part::Text(text) => Some(text),
                Part::File { .. } => None,
            })),
        }
        templates
    }
}
