//! `loadtest import FILE`: makes a plan of what another tool was told.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use infra_loadtest::import::{Format, Secrets, import};
use infra_loadtest::plan;

use super::{Failed, NOT_PASSED, file, print, read_text, tell, write};

pub(super) fn command() -> Command {
    Command::new("import")
        .about("Makes a plan of a JMeter, Artillery or OpenAPI file, of k6's options, a HAR recording, curl commands or addresses")
        .arg(Arg::new("source").value_name("FILE").value_parser(value_parser!(PathBuf)).required(true).help("What to read"))
        .arg(Arg::new("format").long("format").value_name("FORMAT").help("What it is; found out, unless said").value_parser(["auto"].into_iter().chain(Format::NAMES).collect::<Vec<_>>()))
        .arg(file("out", "Write the plan here, not to standard output"))
        .arg(file("report", "Write what was not taken here too, as JSON"))
        .arg(Arg::new("keep-secrets").long("keep-secrets").action(ArgAction::SetTrue).help("Write cookies and authorization into the plan"))
        .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue).help("End with 3 if anything was not taken"))
}

pub(super) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let source = given.get_one::<PathBuf>("source").map(PathBuf::as_path).unwrap_or(Path::new("-"));
    let text = read_text(source)?;
    let format = given.get_one::<String>("format").filter(|format| *format != "auto");
    let format = format.map(|format| format.parse::<Format>()).transpose().map_err(|wrong| (2, wrong))?;
    let secrets = if given.get_flag("keep-secrets") { Secrets::Kept } else { Secrets::Named };
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let told = |why| (2, format!("{}: {why}", source.display()));
    let imported = import(&text, format, &name, secrets).map_err(told)?;
    let written = imported.plan.to_toml();
    // What is made is read as any other plan is: what could not be read would be a mistake of ours.
    plan::read(&written, "the plan that was made").map_err(|problems| (1, problems.to_string()))?;
    match given.get_one::<PathBuf>("out") {
        Some(path) => write(path, &written)?,
        None => print(&written)?,
    }
    if let Some(path) = given.get_one::<PathBuf>("report") {
        let report = serde_json::json!({ "taken": imported.taken, "not_taken": imported.not_taken, "disabled": imported.disabled });
        write(path, &format!("{report:#}\n"))?;
    }
    tell(&imported.to_string());
    let strict = given.get_flag("strict") && !imported.not_taken.is_empty();
    Ok(if strict { ExitCode::from(NOT_PASSED) } else { ExitCode::SUCCESS })
}
