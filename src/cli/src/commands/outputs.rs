//! `infra outputs`: what the platform tells the world, read live. Only outputs of definitions are announced, and those
//! hold no secrets.

use infra_engine::model::{Announced, Announcement, Reference};
use infra_engine::run::World;
use serde_json::{Map, Value, json};

use crate::args::{DataFormat, Outputs, Selection};
use crate::environment::nearest;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Level;
use crate::session::{Blueprint, Planned, Session};

/// An output, and its value if there is one already.
struct Row<'a> {
    name: &'a str,
    value: Option<String>,
}

pub(super) async fn run(arguments: Outputs, session: &Session<'_>) -> Result<Exit, Failure> {
    let Outputs { name, format } = arguments;
    let blueprint = session.unchecked().await?;
    let announced: Vec<&Announced> = match &name {
        Some(name) => vec![one(&blueprint, name)?],
        None => blueprint.outputs.iter().collect(),
    };
    let cloud = session.connect(&blueprint).await?;
    let planned = session.plan(&blueprint, &cloud, &blueprint.options(&Selection::default())).await?;
    let rows: Vec<Row<'_>> = announced.iter().map(|output| row(output, &planned)).collect();
    if let (Some(_), [Row { name, value: None }]) = (&name, &rows[..]) {
        return Err(Failure::new(format!("`{name}` has no value yet: what it is an output of is not live"))
            .way_out("to make it:")
            .command(format!("infra apply --env {}", blueprint.name)));
    }
    let console = session.console;
    match (console.json(), format, name) {
        (Some(lines), ..) => lines.line(Level::Info, "outputs", "the outputs", json!({ "outputs": document(&rows) })),
        (None, DataFormat::Json, None) => console.document(&document(&rows)),
        (None, DataFormat::Json, Some(_)) => console.document(&rows[0].value),
        (None, DataFormat::Text, None) => console.data(&table(&rows)),
        // For `$(infra outputs alb-dns)`: the value, and nothing else.
        (None, DataFormat::Text, Some(_)) => {
            console.data(&format!("{}\n", rows[0].value.as_deref().unwrap_or_default()))
        }
    }
    console.say(&console.talk.dim(session.cost(&blueprint, planned.world().lives.len())));
    Ok(Exit::Done)
}

fn one<'a>(blueprint: &'a Blueprint, name: &str) -> Result<&'a Announced, Failure> {
    blueprint.outputs.iter().find(|output| output.name == name).ok_or_else(|| {
        let all: Vec<&str> = blueprint.outputs.iter().map(|output| output.name.as_str()).collect();
        let failure = Failure::new(format!("the platform has no output `{name}`; nothing was called"));
        match all.is_empty() {
            true => failure.way_out("announce it in a stack: platform.output(\"alb-dns\", …)"),
            false => {
                let failure = failure.because(format!("there are: {}", all.join(", ")));
                match nearest(name, all.iter().copied()) {
                    Some(meant) => failure.way_out(format!("did you mean `{meant}`?")),
                    None => failure,
                }
            }
        }
    })
}

fn row<'a>(output: &'a Announced, planned: &Planned) -> Row<'a> {
    let value = match &output.value {
        Announcement::Known(value) => Some(value.clone()),
        Announcement::Output(reference) => live_value(reference, planned),
    };
    Row { name: &output.name, value }
}

/// What the live resource gives. What is about to be replaced gives what it does until then.
fn live_value(reference: &Reference, planned: &Planned) -> Option<String> {
    let (World { lives, .. }, plan) = (planned.world(), planned.plan());
    let owner = plan.owner.to_string();
    let by_tag = || {
        let ours = |live: &&infra_engine::live::Live| live.owner() == Some(&owner) && !live.is_retired();
        lives.iter().filter(ours).find(|live| live.address().as_ref() == Some(&reference.address))
    };
    plan.known.get(&reference.address).or_else(by_tag)?.output(&reference.output).map(str::to_owned)
}

fn document(rows: &[Row<'_>]) -> Value {
    let entries = rows.iter().map(|Row { name, value }| ((*name).to_owned(), json!(value)));
    entries.collect::<Map<String, Value>>().into()
}

fn table(rows: &[Row<'_>]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let line = |Row { name, value }: &Row<'_>| {
        format!("{name:<width$}  {}\n", value.as_deref().unwrap_or("(known after apply)"))
    };
    rows.iter().map(line).collect()
}
