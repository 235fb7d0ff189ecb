//! `infra owned`: every live resource that is ours, in the code or not.

use infra_engine::live::Live;
use infra_engine::model::{Address, Definition, Ownership, Reference};
use infra_engine::plan::child_spec_key;
use serde::Serialize;

use crate::args::{DataFormat, Owned, Selection};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, RESOURCES, counted};
use crate::session::{Blueprint, Session};

#[derive(Serialize)]
struct Row {
    address: Option<String>,
    kind: &'static str,
    id: String,
    protected: bool,
    in_code: bool,
}

pub(super) async fn run(arguments: Owned, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let listener = session.console.listener();
    let (world, _) = session.observe(&blueprint, &cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let mut rows: Vec<Row> =
        super::show::ours(&blueprint, &world.lives).map(|live| row(&blueprint, live, &world.lives)).collect();
    rows.sort_by(|one, other| (&one.address, one.kind, &one.id).cmp(&(&other.address, other.kind, &other.id)));
    let console = session.console;
    match (console.json(), arguments.format) {
        (Some(lines), _) => rows.iter().for_each(|row| {
            lines.line(
                Level::Info,
                "owned",
                &format!("{} {}", row.kind, row.id),
                serde_json::json!({ "resource": row }),
            );
        }),
        (None, DataFormat::Json) => console.document(&rows),
        (None, DataFormat::Text) => console.data(&table(&rows)),
    }
    console.say(&console.talk.dim(session.cost(&blueprint, &world)));
    Ok(Exit::Done)
}

fn row(blueprint: &Blueprint, live: &Live, lives: &[Live]) -> Row {
    let address = address(blueprint, live, lives);
    Row {
        in_code: address.as_ref().is_some_and(|address| blueprint.graph.definition(address).is_some()),
        address: address.map(|address| address.to_string()),
        kind: live.kind,
        id: live.id.clone(),
        protected: live.is_protected(),
    }
}

/// The address of a live resource: its own tag says it, or one of its parent's where it can bear none.
pub(super) fn address(blueprint: &Blueprint, live: &Live, lives: &[Live]) -> Option<Address> {
    let of_parent = || {
        let schema = blueprint.registry.kind(live.kind)?.schema();
        let key = child_spec_key(schema, live.key.as_deref()?);
        let (address, _) = parent(blueprint, live, lives)?.tags.get(&key)?.split_once(' ')?;
        address.parse().ok()
    };
    live.address().or_else(of_parent).or_else(|| called_the_same(blueprint, live, lives))
}

/// The address of the definition that has the same parent and is called the same: of a child that was taken over,
/// nothing is noted on its parent.
fn called_the_same(blueprint: &Blueprint, live: &Live, lives: &[Live]) -> Option<Address> {
    let schema = blueprint.registry.kind(live.kind)?.schema();
    let Ownership::Parent { field, .. } = schema.ownership else { return None };
    let parent = parent(blueprint, live, lives)?.address()?;
    let reference =
        |definition: &Definition, field: &str| definition.document.field(field).and_then(Reference::in_value);
    let is_it = |definition: &&Definition| {
        let mut names = schema.fields.iter().filter(|key| key.key && key.name != field).map(|key| key.name);
        definition.schema.kind == live.kind
            && reference(definition, field).is_some_and(|reference| reference.address == parent)
            && names.all(|name| {
                reference(definition, name).is_some() || definition.document.field(name) == live.document.field(name)
            })
    };
    blueprint.graph.definitions().iter().find(is_it).map(|definition| definition.address.clone())
}

/// The live parent of a live child.
pub(super) fn parent<'a>(blueprint: &Blueprint, live: &Live, lives: &'a [Live]) -> Option<&'a Live> {
    let Ownership::Parent { field, kind } = blueprint.registry.kind(live.kind)?.schema().ownership else {
        return None;
    };
    let id = live.document.field(field)?.as_str()?;
    lives
        .iter()
        .find(|other| other.kind == kind && (other.id == id || other.outputs.values().any(|output| output == id)))
}

fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|Row { address, kind, id, protected, in_code }| {
            let mut remarks = Vec::new();
            remarks.extend(protected.then_some("protected"));
            remarks.extend((!in_code).then_some("not in the code"));
            [address.clone().unwrap_or_else(|| "-".into()), (*kind).to_owned(), id.clone(), remarks.join(", ")]
        })
        .collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second, third) = (width(0), width(1), width(2));
    let line = |[address, kind, id, remarks]: &[String; 4]| {
        format!("{address:<first$}  {kind:<second$}  {id:<third$}  {remarks}").trim_end().to_owned() + "\n"
    };
    let lines: String = cells.iter().map(line).collect();
    format!("{lines}{}\n", counted(rows.len(), RESOURCES))
}
