//! `infra completions`: what a shell needs to complete commands and flags.

use clap::CommandFactory;

use crate::args::{Arguments, Completions};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) fn run(arguments: Completions, session: &Session<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "infra", &mut script);
    session.console.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
