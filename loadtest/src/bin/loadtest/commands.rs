//! The commands that send nothing: they read files and tell what is in them.

#[path = "compare.rs"]
mod compare;
#[path = "import.rs"]
mod import;
#[path = "nightly.rs"]
mod nightly;
#[path = "pairs.rs"]
mod pairs;
#[path = "report.rs"]
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use infra_loadtest::history::Entry;
use infra_loadtest::result::RunResult;

use crate::Failed;

/// A command and what carries it out.
type Carried = (fn() -> Command, fn(&ArgMatches) -> Result<ExitCode, Failed>);

/// All of them.
const ALL: [Carried; 5] = [
    (import::command, import::carry_out),
    (report::command, report::carry_out),
    (compare::command, compare::carry_out),
    (pairs::command, pairs::carry_out),
    (nightly::command, nightly::carry_out),
];

/// What ran, and was not passed.
const NOT_PASSED: u8 = 3;

/// The commands, for the command line.
pub(crate) fn all() -> impl Iterator<Item = Command> {
    ALL.iter().map(|(command, _)| command())
}

/// Carries out the command of this name.
pub(crate) fn carry_out(name: &str, given: &ArgMatches) -> Result<ExitCode, Failed> {
    let found = ALL.iter().find(|(command, _)| command().get_name() == name);
    let (_, carry_out) = found.ok_or_else(|| (2, format!("error: there is no command {name}")))?;
    carry_out(given).map_err(|(code, message)| (code, format!("error: {}", message.replace('\n', "\nerror: "))))
}

/// An argument that is a file.
fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}

/// The files with results.
fn results(least: usize) -> Arg {
    let help = "Results as JSON, as `--out` writes them, the oldest first";
    Arg::new("results")
        .value_name("RESULT")
        .value_parser(value_parser!(PathBuf))
        .num_args(least..)
        .required(true)
        .help(help)
}

fn read_text(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|error| (1, format!("{} cannot be read: {error}", path.display())))
}

fn read_result(path: &Path) -> Result<RunResult, Failed> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| (2, format!("{} is no result of a load test: {error}", path.display())))
}

/// The results that were given, as the history knows them. A file's name is the run's.
fn read_entries(given: &ArgMatches) -> Result<Vec<Entry>, Failed> {
    let paths = given.get_many::<PathBuf>("results").into_iter().flatten();
    let entry = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Entry::of(&read_result(path)?, &name, 0))
    };
    paths.map(entry).collect()
}

/// Writes a file; `-` is standard output.
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    if path == Path::new("-") {
        return print(text);
    }
    std::fs::write(path, text).map_err(|error| (1, format!("{} cannot be written: {error}", path.display())))
}

fn print(text: &str) -> Result<(), Failed> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write!(std::io::stdout(), "{text}{end}").map_err(|error| (1, format!("standard output cannot be written: {error}")))
}

fn tell(text: &str) {
    // Nobody listens if this fails.
    drop(writeln!(std::io::stderr(), "{text}"));
}
