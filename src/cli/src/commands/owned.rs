//! `infra owned`: every live resource that is ours, in the code or not.

use infra_engine::live::Live;
use infra_engine::model::{Address, Definition, Ledger, Ownership, Reference};
use infra_engine::plan::Proof;
use serde::Serialize;

use crate::args::{DataFormat, Owned, Selection};
use crate::environment::nearest;
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
    proven: bool,
}

pub(super) async fn run(arguments: Owned, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let listener = session.console.listener();
    let (world, kept) =
        session.observe(&blueprint, &cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let mine = Mine { blueprint: &blueprint, ledger: &kept.ledger, lives: &world.lives };
    let mut rows: Vec<Row> = mine.all().map(|live| mine.row(live)).collect();
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
    if kept.exists() {
        let place = cloud.store.place();
        console.say(&format!("Beside them, {place} keeps the lock, the ledger and the history of this environment."));
    }
    console.say(&console.talk.dim(session.cost(&blueprint, rows.len())));
    Ok(Exit::Done)
}

/// What is live and ours.
pub(super) struct Mine<'a> {
    pub(super) blueprint: &'a Blueprint,
    pub(super) ledger: &'a Ledger,
    pub(super) lives: &'a [Live],
}

impl<'a> Mine<'a> {
    /// What bears our tag; of children, what we have made and what is in the code.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Live> {
        let is_ours =
            |live: &&Live| self.proof().is_of(live, &self.blueprint.owner) || self.called_the_same(live).is_some();
        self.lives.iter().filter(is_ours)
    }

    /// The address of a live resource: its own tag says it, or the ledger where it can bear none.
    pub(super) fn address(&self, live: &Live) -> Option<Address> {
        self.proof().address(live).or_else(|| self.called_the_same(live))
    }

    /// Why there is no such thing, with the one that was probably meant.
    pub(super) fn meant(&self, failure: Failure, what: &str) -> Failure {
        let addresses: Vec<String> = self.all().filter_map(|live| Some(self.address(live)?.to_string())).collect();
        match nearest(what, addresses.iter().map(String::as_str)) {
            Some(meant) => failure.way_out(format!("did you mean `{meant}`?")),
            None => failure
                .way_out("to see all that is ours:")
                .command(format!("infra owned --env {}", self.blueprint.name)),
        }
    }

    fn row(&self, live: &Live) -> Row {
        let address = self.address(live);
        let claims = self.schema(live).is_some_and(|schema| schema.ownership == Ownership::Tags);
        Row {
            in_code: address.as_ref().is_some_and(|address| self.blueprint.graph.definition(address).is_some()),
            address: address.map(|address| address.to_string()),
            kind: live.kind,
            id: live.id.clone(),
            protected: self.proof().is_protected(live),
            proven: !claims || self.proof().proves(live),
        }
    }

    fn proof(&self) -> Proof<'a> {
        Proof::new(&self.blueprint.registry, self.ledger)
    }

    fn schema(&self, live: &Live) -> Option<&'static infra_engine::model::Schema> {
        Some(self.blueprint.registry.kind(live.kind)?.schema())
    }

    /// The address of the definition that has the same parent and is called the same: of a child that nothing is written
    /// down of.
    fn called_the_same(&self, live: &Live) -> Option<Address> {
        let schema = self.schema(live)?;
        let Ownership::Parent { field, kind } = schema.ownership else { return None };
        let id = live.document.field(field)?.as_str()?;
        let is_parent =
            |other: &&Live| other.kind == kind && (other.id == id || other.outputs.values().any(|output| output == id));
        let parent = self.lives.iter().find(is_parent)?.address()?;
        let reference =
            |definition: &Definition, field: &str| definition.document.field(field).and_then(Reference::in_value);
        let is_it = |definition: &&Definition| {
            let mut names = schema.fields.iter().filter(|key| key.key && key.name != field).map(|key| key.name);
            definition.schema.kind == live.kind
                && reference(definition, field).is_some_and(|reference| reference.address == parent)
                && names.all(|name| {
                    reference(definition, name).is_some()
                        || definition.document.field(name) == live.document.field(name)
                })
        };
        self.blueprint.graph.definitions().iter().find(is_it).map(|definition| definition.address.clone())
    }
}

fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|Row { address, kind, id, protected, in_code, proven }| {
            let mut remarks = Vec::new();
            remarks.extend(protected.then_some("protected"));
            remarks.extend((!in_code).then_some("not in the code"));
            remarks.extend((!proven).then_some("not in the ledger"));
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
