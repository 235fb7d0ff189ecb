//! `loadtest nightly RESULT…`: whether the last of many nights is slower.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use infra_loadtest::history::bounds::{NIGHTS, learn};
use infra_loadtest::history::compare::costs;
use infra_loadtest::history::nightly::{Bounds, Verdict, judge, standing};

use super::{Failed, NOT_PASSED, print, read_entries, results};

pub(super) fn command() -> Command {
    Command::new("nightly")
        .about("Judges the last of many nights by those before it; ends with 3 if there is a regression")
        .arg(results(1))
        .arg(Arg::new("figure").long("figure").value_name("NAME").default_value("latency p95").help("Which figure"))
}

pub(super) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let mut entries = read_entries(given)?;
    entries.sort_by(|one, other| one.at.cmp(&other.at));
    let name = given.get_one::<String>("figure").map_or("latency p95", String::as_str);
    // Only nights of the same test are nights of one history.
    if let Some(last) = entries.last().map(|entry| entry.fingerprint.clone()) {
        entries.retain(|entry| entry.fingerprint == last);
    }
    let nights = costs(&entries, name);
    if nights.is_empty() {
        return Err((2, format!("no night has a figure `{name}` of enough samples")));
    }
    let learnt = learn(&nights);
    let bounds = learnt.map_or_else(Bounds::default, |learnt| learnt.bounds);
    let verdict = judge(&nights, &bounds);
    let mut text = format!("{name}, {} nights of the same test: {verdict}", nights.len());
    match learnt {
        Some(learnt) => text += &format!("\n{learnt}"),
        None => text += &format!("\nbounds are the usual ones; after {NIGHTS} nights they are learnt from these"),
    }
    let standing = standing(&nights, &bounds);
    if let Some(standing) = standing {
        let more = (standing.now / standing.before - 1.0) * 100.0;
        text += &format!("\na regression stands since night {}: {more:+.0} %", standing.since + 1);
    }
    print(&text)?;
    let slower = standing.is_some() || matches!(verdict, Verdict::Regression { .. });
    Ok(if slower { ExitCode::from(NOT_PASSED) } else { ExitCode::SUCCESS })
}
