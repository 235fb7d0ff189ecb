//! `infra adopt`: live resources that nobody owns become ours. Only tags are written; what else differs is for `apply`.

use std::collections::BTreeSet;

use infra_engine::live::Live;
use infra_engine::model::Tags;
use infra_engine::plan::{Action, Change, Options, Plan, Reason, Step, StepId, Work};

use crate::args::{Adopt, Selection};
use crate::carry_out::{Order, Records, carry_out};
use crate::consent::Purpose;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(arguments: Adopt, session: &Session<'_>) -> Result<Exit, Failure> {
    let Adopt { address, id, all, from, carrying } = arguments;
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let options = blueprint.options(&Selection::default());
    let options = match address.clone() {
        Some(address) => {
            Options { target: vec![address.to_string()], adopt: [(address, id)].into(), adopt_from: from, ..options }
        }
        None => Options { adopt_named: all, ..options },
    };
    let order = Order {
        command: "adopt",
        again: match address {
            Some(address) => format!("infra adopt {address} --env {}", blueprint.name),
            None => format!("infra adopt --all --env {}", blueprint.name),
        },
        purpose: Purpose::Tags,
        options,
        shown: None,
        narrow: only_tags,
        carrying,
        allow_destroy: None,
        confirm: None,
        records: Records::Stay,
    };
    let carried = carry_out(session, &blueprint, &cloud, &order).await?;
    if carried.complete {
        let command = session.console.talk.cyan(format!("infra plan --env {}", blueprint.name));
        session.console.say(&format!("What else differs is for a plan to show:\n  {command}"));
    }
    Ok(carried.exit)
}

/// Of a plan, the adoptions, and of these, the tags.
fn only_tags(plan: &Plan) -> Plan {
    let adopted = |change: &&Change| change.reasons.contains(&Reason::Adopted);
    let changes: Vec<Change> = plan
        .changes
        .iter()
        .filter(adopted)
        .map(|change| Change {
            action: Action::Update,
            fields: Vec::new(),
            reasons: vec![Reason::Adopted],
            ..change.clone()
        })
        .collect();
    let is_adopted =
        |step: &&Step| changes.iter().any(|change| change.address == step.address && change.kind == step.kind);
    // What it is to be is for another run: it is taken over as it stands.
    let as_it_stands = |live: &Live, tags: &Tags| Work::Update {
        document: live.document.clone(),
        live: Box::new(live.clone()),
        tags: tags.clone(),
        fields: BTreeSet::new(),
        over: false,
    };
    let retag = |step: &Step| match &step.work {
        Work::Update { live, tags, .. } => Some(as_it_stands(live, tags)),
        Work::Create { tags, .. } => {
            let of_it = |other: &&Step| other.address == step.address && other.kind == step.kind;
            Some(as_it_stands(plan.steps.iter().filter(of_it).find_map(Step::live)?, tags))
        }
        Work::Rotate { .. } | Work::Retire { .. } | Work::Delete { .. } | Work::Await { .. } => None,
    };
    let steps = plan.steps.iter().filter(is_adopted).filter_map(|step| Some((step, retag(step)?)));
    let steps: Vec<Step> = steps
        .enumerate()
        .map(|(place, (step, work))| Step { id: StepId(place), work, after: Vec::new(), ..step.clone() })
        .collect();
    Plan { changes, steps, ..plan.clone() }
}
