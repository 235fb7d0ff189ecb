//! The load test as a command. Its flags grow from the table of settings; standard output has the result, standard
//! error everything else.
//!
//! Exit codes: 0 a result, 1 no request had a good answer or the result could not be written, 2 wrong settings,
//! 130 interrupted, with the result so far.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use infra_loadtest::client::Client;
use infra_loadtest::report::Ended;
use infra_loadtest::settings::{Name, SETTINGS, Setting, Settings};
use infra_loadtest::summary::Summary;
use infra_loadtest::{Report, input, run};

#[path = "loadtest/commands.rs"]
mod commands;

const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let given = command().get_matches();
    if given.get_flag("schema") {
        return print(&pretty(&schemars::schema_for!(Report)));
    }
    match commands::carry_out(&given).unwrap_or_else(|| carry_out(&given)) {
        Ok(code) => code,
        Err((code, message)) => {
            drop(writeln!(io::stderr(), "error: {}", message.replace('\n', "\nerror: ")));
            ExitCode::from(code)
        }
    }
}

fn command() -> Command {
    Command::new("loadtest")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Sends requests to one address, and tells what came back and how fast. Ctrl-C ends it with the result so far.")
        .subcommands(commands::all())
        .args_conflicts_with_subcommands(true)
        .args(SETTINGS.iter().map(argument))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the result as JSON"))
        .arg(Arg::new("out").long("out").value_name("FILE").value_parser(value_parser!(PathBuf)).help("Write the result to a file too, as JSON"))
        .arg(Arg::new("schema").long("schema").action(ArgAction::SetTrue).help("Print the JSON Schema of the result, and end"))
}

/// A setting's flag. Values are read later, all together, so that everything wrong is said at once.
fn argument(setting: &'static Setting) -> Arg {
    let Setting { name, field, variable, default, help } = *setting;
    let help = if default.is_empty() { help.to_owned() } else { format!("{help} [default: {default}]") };
    let argument = Arg::new(field).env(variable).hide_env_values(true).allow_hyphen_values(true).help(help);
    match name {
        Name::TargetUrl => argument.value_name("TARGET_URL"),
        Name::Headers => argument.long("header").short('H').value_name("NAME: VALUE").action(ArgAction::Append),
        Name::InFlight => argument.long("in-flight").value_name("VALUE"),
        _ => argument.long(field).value_name("VALUE"),
    }
}

fn settings(given: &ArgMatches) -> Settings {
    let mut settings = Settings::default();
    for setting in &SETTINGS {
        let values: Vec<_> =
            given.get_many::<String>(setting.field).into_iter().flatten().map(String::as_str).collect();
        if values.iter().any(|value| !value.is_empty()) {
            settings.set(setting.name, values.join("\n"));
        }
    }
    settings
}

fn carry_out(given: &ArgMatches) -> Result<ExitCode, (u8, String)> {
    let test = input::read(&settings(given)).map_err(|problems| (2, problems.to_string()))?;
    let client = Client::new(&test).map_err(|error| (2, error.to_string()))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| (1, format!("no threads to work with: {error}")))?;
    let report = runtime.block_on(run(&test, client, interrupted()));

    if let Some(path) = given.get_one::<PathBuf>("out") {
        let written = std::fs::write(path, pretty(&report) + "\n");
        written.map_err(|error| (1, format!("the result cannot be written to {}: {error}", path.display())))?;
    }
    let text = if given.get_flag("json") { pretty(&report) } else { Summary(&report).to_string() };
    let printed = print(&text);
    Ok(match report.ended {
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
        Ended::Complete | Ended::Deadline if report.any_good() => printed,
        Ended::Complete | Ended::Deadline => ExitCode::FAILURE,
    })
}

/// Ctrl-C. Where it cannot be listened for, it ends the program as ever.
async fn interrupted() -> Ended {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Ended::Interrupted,
        Err(_) => std::future::pending().await,
    }
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("a result and its schema have only text for keys")
}

fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
