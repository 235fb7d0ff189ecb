//! The commands, one file each. Each takes what the command line says and a session, and gives how the program ends.

mod adopt;
mod apply;
mod completions;
mod confirm;
mod cost;
mod destroy;
mod docs;
mod drift;
mod explain;
mod forget;
mod graph;
mod history;
mod outputs;
mod owned;
mod plan;
mod policy;
mod schema;
mod show;
mod unlock;
mod validate;

use crate::args::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Does what the command line says.
pub(crate) async fn run(command: Command, session: &Session<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Plan(arguments) => plan::run(arguments, session).await,
        Command::Apply(arguments) => apply::run(arguments, session).await,
        Command::Destroy(arguments) => destroy::run(arguments, session).await,
        Command::Drift(arguments) => drift::run(arguments, session).await,
        Command::Validate => validate::run(session).await,
        Command::Show(arguments) => show::run(arguments, session).await,
        Command::Outputs(arguments) => outputs::run(arguments, session).await,
        Command::Owned(arguments) => owned::run(arguments, session).await,
        Command::Graph(arguments) => graph::run(arguments, session).await,
        Command::Adopt(arguments) => adopt::run(arguments, session).await,
        Command::Forget(arguments) => forget::run(arguments, session).await,
        Command::Confirm(arguments) => confirm::run(arguments, session).await,
        Command::Unlock(arguments) => unlock::run(arguments, session).await,
        Command::History(arguments) => history::run(arguments, session).await,
        Command::Explain(arguments) => explain::run(arguments, session).await,
        Command::Policy(arguments) => policy::run(arguments, session).await,
        Command::Docs(arguments) => docs::run(arguments, session).await,
        Command::Cost(arguments) => cost::run(arguments, session).await,
        Command::Schema => schema::run(session),
        Command::Completions(arguments) => completions::run(arguments, session),
    }
}
