//! `loadtest report RESULT.json --html F …`: the forms of a result.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use infra_loadtest::output;
use infra_loadtest::result::RunResult;

use super::{Failed, file, print, read_result, write};

type Form = (&'static str, &'static str, fn(&RunResult) -> String);

const FORMS: [Form; 8] = [
    ("html", "One page with charts", output::html),
    ("markdown", "For a pull request", |result| output::markdown(result, None)),
    ("junit", "For a CI", output::junit),
    ("csv", "One row for each stretch of time", output::csv),
    ("steps-csv", "One row for each step", output::steps_csv),
    ("hlog", "A log of histograms, for the tools of HdrHistogram", output::hlog),
    ("k6-summary", "As k6 would summarise it, schema 1.0.0", k6),
    ("json", "The result itself", output::json),
];

fn k6(result: &RunResult) -> String {
    format!("{:#}\n", output::k6_summary(result, &jiff::Timestamp::now().to_string()))
}

pub(super) fn command() -> Command {
    let result = Arg::new("result").value_name("RESULT").value_parser(value_parser!(PathBuf)).required(true);
    Command::new("report")
        .about("Writes a result in other forms; `-` is standard output, and Markdown is what is printed where none is said")
        .arg(result.help("A result as JSON, as `--out` writes it"))
        .args(FORMS.iter().map(|(name, help, _)| file(name, help)))
}

pub(super) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let Some(path) = given.get_one::<PathBuf>("result") else { return Err((2, "say which result".to_owned())) };
    let result = read_result(path)?;
    let wanted: Vec<_> =
        FORMS.iter().filter_map(|(name, _, form)| Some((given.get_one::<PathBuf>(name)?, form))).collect();
    for (path, form) in &wanted {
        write(path, &form(&result))?;
    }
    if wanted.is_empty() {
        print(&output::markdown(&result, None))?;
    }
    Ok(ExitCode::SUCCESS)
}
