//! `infra show`: what is live and ours, as definitions; or a saved plan.

use std::path::Path;

use infra_engine::live::Live;
use infra_engine::model::Address;

use crate::args::{Format, Selection, Show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{
    Form, Level, Paint, Picture, live_html, live_json, live_text, live_tfjson, plan_html, plan_markdown, plan_text,
    plan_tfjson,
};
use crate::saved::SavedPlan;
use crate::session::{Blueprint, Session};

use super::owned::Mine;

pub(super) async fn run(arguments: Show, session: &Session<'_>) -> Result<Exit, Failure> {
    let Show { what, format } = arguments;
    let file = what.as_ref().map(|what| session.folder.join(what)).filter(|file| file.is_file());
    match file {
        Some(file) => {
            let saved = SavedPlan::read(&file)?;
            refuse_another_environment(session, &saved, &file)?;
            show_plan(&saved, format, session)?;
        }
        None => show_live(what.as_deref(), format, session).await?,
    }
    Ok(Exit::Done)
}

/// A flag that says something else than the file is a mistake.
fn refuse_another_environment(session: &Session<'_>, saved: &SavedPlan, file: &Path) -> Result<(), Failure> {
    let said = session.common.env.as_ref().filter(|_| session.common.env_by_flag);
    match said.filter(|said| **said != saved.environment) {
        Some(said) => {
            Err(Failure::new(format!("--env says {said}, and {} was made for {}", file.display(), saved.environment))
                .way_out("leave --env out, or give the plan of that environment"))
        }
        None => Ok(()),
    }
}

fn show_plan(saved: &SavedPlan, format: Format, session: &Session<'_>) -> Result<(), Failure> {
    let (console, SavedPlan { made, report, picture, .. }) = (session.console, saved);
    match (console.json(), format) {
        (Some(lines), _) => lines.plan(report),
        (None, Format::Json) => console.document(saved),
        (None, Format::Tfjson) => match picture {
            Some(picture) => console.document(&plan_tfjson(report, picture, *made)),
            None => {
                return Err(Failure::new("the last plan is kept without the resources whole, which this form needs")
                    .way_out("plan in this form, or into a file:")
                    .command(format!("infra plan --env {} --format tfjson", saved.environment)));
            }
        },
        (None, Format::Markdown) => console.data(&plan_markdown(report, usize::MAX)),
        (None, Format::Html) => console.data(&plan_html(report, &saved.when_and_by_whom())),
        (None, Format::Text) => console.data(&plan_text(report, console.paint)),
    }
    console.say(&console.talk.dim(saved.when_and_by_whom()));
    Ok(())
}

async fn show_live(what: Option<&str>, format: Format, session: &Session<'_>) -> Result<(), Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let listener = session.console.listener();
    let (world, kept) =
        session.observe(&blueprint, &cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let mine = Mine { blueprint: &blueprint, ledger: &kept.ledger, lives: &world.lives };
    let addressed = mine.all().map(|live| (mine.address(live), live));
    let shown: Vec<(Option<Address>, &Live)> =
        addressed.filter(|(address, live)| what.is_none_or(|what| is(address.as_ref(), live, what))).collect();
    if let Some(what) = what.filter(|_| shown.is_empty()) {
        let wrong = format!("no resource of ours is `{what}`, and no file of a saved plan");
        return Err(mine.meant(Failure::new(wrong), what));
    }
    let console = session.console;
    let texts = |paint: Paint| -> Vec<String> {
        let text = |(address, live): &(Option<Address>, &Live)| {
            live_text(address.as_ref(), live, |field| form(&blueprint, live, field), paint)
        };
        shown.iter().map(text).collect()
    };
    match (console.json(), format) {
        (Some(lines), _) => shown.iter().for_each(|(address, live)| {
            let message = format!("{} {}", live.kind, live.id);
            lines.line(
                Level::Info,
                "resource",
                &message,
                serde_json::json!({ "resource": live_json(address.as_ref(), live) }),
            );
        }),
        (None, Format::Json) => {
            let documents = shown.iter().map(|(address, live)| live_json(address.as_ref(), live));
            console.document(&documents.collect::<Vec<_>>());
        }
        (None, Format::Tfjson) => {
            let region = blueprint.environment.facts.region.as_str();
            console.document(&live_tfjson(&Picture::of_lives(&shown, region)));
        }
        (None, Format::Text | Format::Markdown) => console.data(&texts(console.paint).join("\n")),
        (None, Format::Html) => console.data(&live_html(&blueprint.owner.to_string(), &texts(Paint::PLAIN), "")),
    }
    console.say(&console.talk.dim(session.cost(&blueprint, world.lives.len())));
    Ok(())
}

/// An address, a stack, a kind, or a kind and an identifier.
fn is(address: Option<&Address>, live: &Live, what: &str) -> bool {
    let named = address.is_some_and(|address| address.to_string() == what || address.stack() == what);
    named || live.kind == what || live.id == what || format!("{}/{}", live.kind, live.id) == what
}

fn form(blueprint: &Blueprint, live: &Live, field: &str) -> Form {
    let schema = blueprint.registry.kind(live.kind).map(|kind| kind.schema());
    schema.and_then(|schema| schema.field(field)).map_or(Form::Plain, |field| Form::of(field.shape))
}
