//! From what is wanted to a plan: the ledger is read, then what is live, and what the plan makes doubtful once more.

use super::home::elsewhere;
use super::look_again::look_again;
use super::observe::{Observing, Selected, World, observe};
use crate::event::Listener;
use crate::graph::Graph;
use crate::live::{Fault, Registry};
use crate::model::Owner;
use crate::plan::{Options, Plan, plan};
use crate::record::{Kept, Store};

/// What a survey is made of.
#[derive(Clone, Copy)]
pub struct Surveying<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// Where the records are.
    pub store: &'a dyn Store,
    /// Whose resources.
    pub owner: &'a Owner,
    /// What is wanted.
    pub graph: &'a Graph,
    /// What is asked for.
    pub options: &'a Options,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
}

/// What was found, and what is to be done about it.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// What was written down before.
    pub kept: Kept,
    /// What is live.
    pub world: World,
    /// What is to be done.
    pub plan: Plan,
}

/// What is live, and the plan for it; or all that stood in the way of finding out.
pub async fn survey(surveying: &Surveying<'_>) -> Result<Surveyed, Vec<Fault>> {
    let Surveying { registry, graph, options, .. } = *surveying;
    let (kept, mut world) = look(surveying).await?;
    let selected = Selected::of(graph, options);
    let observing = observing(surveying, &kept, &selected);
    let mut made = plan(graph, &world.lives, &kept.ledger, registry, options);
    while look_again(&observing, &mut world, &made).await? {
        made = plan(graph, &world.lives, &kept.ledger, registry, options);
    }
    let away = elsewhere(surveying.store, surveying.owner, &kept, options).await.map_err(|fault| vec![fault])?;
    made.stops.extend(away);
    Ok(Surveyed { kept, world, plan: made })
}

/// What is live, and what was written down before.
pub async fn look(surveying: &Surveying<'_>) -> Result<(Kept, World), Vec<Fault>> {
    let kept = Kept::read(surveying.store, surveying.owner).await.map_err(|fault| vec![fault])?;
    let selected = Selected::of(surveying.graph, surveying.options);
    let world = observe(&observing(surveying, &kept, &selected)).await?;
    Ok((kept, world))
}

fn observing<'a>(surveying: &Surveying<'a>, kept: &'a Kept, selected: &'a Selected) -> Observing<'a> {
    let Surveying { registry, owner, graph, options, listener, .. } = *surveying;
    let ledger = kept.exists().then_some(&kept.ledger);
    Observing { registry, owner, graph, adopt: &options.adopt, bearing: options.bearing(), ledger, selected, listener }
}
