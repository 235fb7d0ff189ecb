//! `infra destroy`: deletes everything of an environment; when nothing is left, its records too. Its history stays, unless
//! that is to go as well.

use infra_engine::plan::Options;
use infra_engine::record::Extent;

use crate::args::{Destroy, Selection};
use crate::carry_out::{Order, Records, all_of, carry_out, whole};
use crate::consent::Purpose;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(arguments: Destroy, session: &Session<'_>) -> Result<Exit, Failure> {
    let Destroy { target, exclude, allow_destroy, confirm, leave_unknown, purge_history, carrying } = arguments;
    let extent = if purge_history { Extent::Everything } else { Extent::AllButHistory };
    let everything = target.is_empty() && exclude.is_empty();
    let selection = Selection { target, exclude, ..Selection::default() };
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let order = Order {
        command: "destroy",
        again: format!("infra destroy --env {}{}", blueprint.name, selection.flags()),
        purpose: Purpose::Destroy,
        options: Options { leave_unknown, ..all_of(blueprint.options(&selection)) },
        shown: None,
        narrow: whole,
        carrying,
        allow_destroy,
        confirm,
        records: if everything { Records::GoWithTheLast(extent) } else { Records::Stay },
    };
    Ok(carry_out(session, &blueprint, &cloud, &order).await?.exit)
}
