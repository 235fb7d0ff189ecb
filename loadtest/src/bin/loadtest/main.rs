//! The load test as a command: of one address, whose flags grow from the table of settings, or of a plan. Standard
//! output has the result, standard error everything else.
//!
//! Exit codes: 0 passed, 1 no result that can be judged, 2 a wrong plan or wrong settings, 3 a threshold did not hold,
//! 130 interrupted, with the result so far.

mod commands;
mod merging;
mod planned;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use infra_loadtest::client::Client;
use infra_loadtest::result::{Ended, Part, merge};
use infra_loadtest::settings::{Name, SETTINGS, Setting, Settings};
use infra_loadtest::summary::Summary;
use infra_loadtest::{Report, input, plan, run};

const INTERRUPTED: u8 = 130;

/// What went wrong, and the exit code that says so.
type Failed = (u8, String);

fn main() -> ExitCode {
    let given = command().get_matches();
    let carried_out = match given.subcommand() {
        Some(("run", given)) => planned::carry_out(given),
        Some(("merge", given)) => merging::carry_out(given),
        Some(("schema", _)) => Ok(print(&pretty(&plan::json_schema()))),
        Some((name, given)) => commands::carry_out(name, given),
        _ if given.get_flag("schema") => Ok(print(&pretty(&schemars::schema_for!(Report)))),
        _ => carry_out(&given),
    };
    match carried_out {
        Ok(code) => code,
        Err((code, message)) => {
            drop(writeln!(io::stderr(), "{message}"));
            ExitCode::from(code)
        }
    }
}

fn command() -> Command {
    Command::new("loadtest")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Sends requests to one address, or as a plan says, and tells what came back and how fast. Ctrl-C ends it with the result so far.")
        .args_conflicts_with_subcommands(true)
        .args(SETTINGS.iter().map(argument))
        .args(outputs())
        .arg(Arg::new("schema").long("schema").action(ArgAction::SetTrue).help("Print the JSON Schema of the result, and end"))
        .subcommand(planned::command())
        .subcommand(merging::command())
        .subcommands(commands::all())
        .subcommand(Command::new("schema").about("Prints the JSON Schema of plans"))
}

/// Where the result goes.
fn outputs() -> [Arg; 2] {
    [
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the result as JSON"),
        Arg::new("out")
            .long("out")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Write the result to a file too, as JSON"),
    ]
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

fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let wrong = |message: String| (2, format!("error: {}", message.replace('\n', "\nerror: ")));
    let test = input::read(&settings(given)).map_err(|problems| wrong(problems.to_string()))?;
    let client = Client::new(&test).map_err(|error| wrong(error.to_string()))?;
    let result = runtime()?.block_on(run(&test, client, Part::WHOLE, interrupted(), |_, _| {}));
    let report = Report::of(&merge(vec![result]).map_err(|error| (1, format!("error: {error}")))?);
    let printed = tell(given, &report, &Summary(&report).to_string())?;
    Ok(match report.ended {
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
        _ if report.any_good() => printed,
        _ => ExitCode::FAILURE,
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Runtime::new().map_err(|error| (1, format!("error: no threads to work with: {error}")))
}

/// Writes the result to the file that was asked for, and prints it in the form that was.
fn tell(given: &ArgMatches, result: &impl serde::Serialize, text: &str) -> Result<ExitCode, Failed> {
    if let Some(path) = given.get_one::<PathBuf>("out") {
        let written = std::fs::write(path, pretty(result) + "\n");
        written.map_err(|error| (1, format!("error: the result cannot be written to {}: {error}", path.display())))?;
    }
    Ok(if given.get_flag("json") { print(&pretty(result)) } else { print(text) })
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
