//! `loadtest pairs A1 B1 A2 B2…`: A against B, run in turns.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use infra_loadtest::history::pairs::{Answer, Wanted, compare};

use super::{Failed, NOT_PASSED, print, read_entries, results};

pub(super) fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("NUMBER")
            .default_value(default)
            .value_parser(value_parser!(f64))
            .help(help)
    };
    Command::new("pairs")
        .about("Tells whether B is better or worse than A, of runs in pairs, or that it cannot tell; ends with 3 if it is worse, and with 1 if it cannot tell")
        .arg(results(2))
        .arg(Arg::new("figure").long("figure").value_name("NAME").default_value("latency p95").help("Which figure"))
        .arg(number("confidence", "0.95", "How certain an answer must be"))
        .arg(number("least", "0.02", "A difference within this share is none"))
}

pub(super) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let entries = read_entries(given)?;
    let name = given.get_one::<String>("figure").map_or("latency p95", String::as_str);
    let number = |name: &str, default| given.get_one::<f64>(name).copied().unwrap_or(default);
    let wanted = Wanted { confidence: number("confidence", 0.95), least: number("least", 0.02) };
    if entries.len() % 2 == 1 {
        return Err((2, "the results come in pairs: A1 B1 A2 B2 …; one is without its other".to_owned()));
    }
    let mut pairs = Vec::new();
    let mut better = None;
    for pair in entries.chunks_exact(2) {
        let incomplete = pair.iter().find(|entry| !entry.complete);
        if let Some(entry) = incomplete {
            return Err((1, format!("{} is incomplete, and cannot be compared", entry.run)));
        }
        let figures = (pair[0].figures.get(name), pair[1].figures.get(name));
        let (Some(a), Some(b)) = figures else {
            let known: Vec<_> = pair[0].figures.keys().map(String::as_str).collect();
            return Err((2, format!("there is no figure `{name}` in both of a pair; there are {}", known.join(", "))));
        };
        better = Some(a.better);
        pairs.push((a.value, b.value));
    }
    let Some(better) = better else { return Err((2, "give at least one pair".to_owned())) };
    let answer = compare(&pairs, better, &wanted);
    print(&format!("{name}: {answer}"))?;
    Ok(match answer {
        Answer::Better(_) | Answer::Same(_) => ExitCode::SUCCESS,
        Answer::Worse(_) => ExitCode::from(NOT_PASSED),
        Answer::CannotTell(_) => ExitCode::FAILURE,
    })
}
