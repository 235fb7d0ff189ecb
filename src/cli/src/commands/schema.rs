//! `infra schema`: the JSON Schema that editors check environment files by.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    session.console.document(&session.definer.schema());
    Ok(Exit::Done)
}
