//! `infra plan`: shows what would change, saves it, and changes nothing.

use jiff::Timestamp;

use crate::args::{Format, Plan};
use crate::carry_out::all_of;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{PlanCost, plan_html, plan_markdown, plan_text, plan_tfjson};
use crate::saved::{SavedEndpoint, SavedPlan, exactly, forget_last_plan, last_plan};
use crate::session::Session;

pub(super) async fn run(arguments: Plan, session: &Session<'_>) -> Result<Exit, Failure> {
    let Plan { selection, destroy, out, format, max_bytes, detailed_exitcode, cost, usage, cost_limit } = arguments;
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let options = blueprint.options(&selection);
    let options = if destroy { all_of(options) } else { options };
    let planned = session.plan(&blueprint, &cloud, &options).await?;
    let picture = planned.picture(&blueprint);
    let mut report = planned.report.clone();
    if cost {
        let whole = selection.target.is_empty() && selection.exclude.is_empty();
        report.cost = Some(super::cost::of_plan(&blueprint, &picture, usage.as_deref(), whole, session)?);
    }
    let saved = SavedPlan {
        version: SavedPlan::VERSION,
        environment: blueprint.name.clone(),
        account: blueprint.environment.facts.account.to_string(),
        region: blueprint.environment.facts.region.to_string(),
        endpoints: SavedEndpoint::of(&blueprint.detours),
        made: Timestamp::now(),
        by: cloud.identity.arn.clone(),
        options,
        fingerprint: planned.plan().fingerprint.clone(),
        report,
        picture: None,
    };
    let (console, report) = (session.console, &saved.report);
    match (console.json(), format) {
        (Some(lines), _) => lines.plan(report),
        (None, Format::Text) => console.data(&plan_text(report, console.paint)),
        (None, Format::Json) => console.document(report),
        (None, Format::Tfjson) => console.document(&plan_tfjson(report, &picture, saved.made)),
        (None, Format::Markdown) => console.data(&plan_markdown(report, max_bytes as usize)),
        (None, Format::Html) => console.data(&plan_html(report, &saved.when_and_by_whom())),
    }
    console.say(&console.talk.dim(session.cost(&blueprint, planned.world().lives.len())));
    // A plan that cannot be applied is not kept: `infra apply` must not find it.
    if !report.stops.is_empty() {
        forget_last_plan(&blueprint.environment);
        return Err(Failure::said());
    }
    let last = last_plan(&blueprint.environment.root, blueprint.environment.facts.name.as_str());
    match report.changes.is_empty() {
        true => forget_last_plan(&blueprint.environment),
        false => saved.write(&last)?,
    }
    if let Some(file) = &out {
        let whole = SavedPlan { picture: Some(picture.kept()), ..saved.clone() };
        whole.write(&session.folder.join(file))?;
    }
    if cost_limit && report.cost.as_ref().is_some_and(PlanCost::exceeds_the_limit) {
        return Err(Failure::new("what is expected to be spent rises above the budget that the code declares")
            .because("the plan is kept, and changes nothing by itself")
            .way_out("raise the budget in the environment, or take something back; to carry it out all the same, apply the plan"));
    }
    if report.changes.is_empty() {
        return Ok(Exit::Done);
    }
    if console.json().is_none() && format == Format::Text {
        let file = out.as_ref().map_or(last, |file| session.folder.join(file));
        let command = console.talk.cyan(exactly(session, &blueprint, &file));
        let deletions = match report.deletions() {
            0 => String::new(),
            count => format!(" --allow-destroy {count}"),
        };
        let unasked = console.talk.dim(format!("without a terminal, add: --yes{deletions}"));
        console.say(&format!("\nTo carry out exactly this plan:\n  {command}\n  {unasked}"));
    }
    Ok(if detailed_exitcode { Exit::Changes } else { Exit::Done })
}
