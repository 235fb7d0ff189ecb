//! `loadtest compare A B…`: runs against the first of them.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use infra_loadtest::history::compare::compare;

use super::{Failed, NOT_PASSED, print, read_entries, results, tell};

pub(super) fn command() -> Command {
    Command::new("compare")
        .about("Compares runs with the first; ends with 3 if one is worse by more than runs differ by themselves, and with 1 if they are not of the same test")
        .arg(results(2))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the comparison as JSON"))
}

pub(super) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let entries = read_entries(given)?;
    let compared = compare(&entries.iter().collect::<Vec<_>>(), &BTreeMap::new());
    let compared = compared.ok_or_else(|| (2, "give at least two results".to_owned()))?;
    if given.get_flag("json") {
        print(&serde_json::to_string_pretty(&compared).map_err(|error| (1, error.to_string()))?)?;
    } else {
        print(&compared.to_string())?;
    }
    if !compared.is_fair() {
        tell("error: the runs are not complete, or not of the same test, so that nothing follows from their figures");
        return Ok(ExitCode::FAILURE);
    }
    Ok(if compared.any_worse() { ExitCode::from(NOT_PASSED) } else { ExitCode::SUCCESS })
}
