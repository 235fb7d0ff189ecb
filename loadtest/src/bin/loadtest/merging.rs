//! `loadtest merge FILE…`: makes one result of those of a run's workers, and judges it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use infra_loadtest::Report;
use infra_loadtest::result::{WorkerResult, merge};
use infra_loadtest::summary::Summary;

use crate::{Failed, outputs, tell};

/// The command's arguments.
pub(crate) fn command() -> Command {
    Command::new("merge")
        .about("Makes one result of those of all workers of a run, exactly, and tells whether it is passed")
        .arg(
            Arg::new("results")
                .value_name("FILE")
                .required(true)
                .action(ArgAction::Append)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .help("A worker's result each"),
        )
        .args(outputs())
}

/// Reads the results, merges them, and says how the run ended.
pub(crate) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let files = given.get_many::<PathBuf>("results").into_iter().flatten();
    let read = |file: &PathBuf| -> Result<WorkerResult, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("error: {} is no worker's result: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        serde_json::from_str(&text).map_err(|error| wrong(&error))
    };
    let (mut results, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match read(file) {
            Ok(result) => results.push(result),
            Err(message) => wrong.push(message),
        }
    }
    if !wrong.is_empty() {
        return Err((1, wrong.join("\n")));
    }
    let result = merge(results).map_err(|error| (1, format!("error: {error}")))?;
    tell(given, &result, &Summary(&Report::of(&result)).to_string())?;
    Ok(ExitCode::from(result.verdict.outcome.exit_code()))
}
