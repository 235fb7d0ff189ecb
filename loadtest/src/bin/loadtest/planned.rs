//! `loadtest run PLAN`: carries out a plan on this machine, and judges it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use infra_loadtest::client::Client;
use infra_loadtest::materials::{Source, gather};
use infra_loadtest::plan::{self, Model, Plan};
use infra_loadtest::play::load_test;
use infra_loadtest::result::{Ended, Part, WorkerResult, WorkerShown, merge};
use infra_loadtest::summary::Summary;
use infra_loadtest::{Report, run};

use crate::{Failed, INTERRUPTED, interrupted, outputs, runtime, tell};

/// The command's arguments.
pub(crate) fn command() -> Command {
    let instead = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("run")
        .about("Carries out a plan, and tells whether its thresholds held: exit code 0 if they did, 3 if not")
        .arg(
            Arg::new("plan")
                .value_name("PLAN")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The plan's file"),
        )
        .arg(instead("target", "URL", "What is asked, instead of the plan's target"))
        .arg(instead("phases", "PHASES", "How the load changes, instead of the plan's phases: 30s:0-100, 4m:100"))
        .arg(instead("rate", "NUMBER", "Scenarios a second, instead of the plan's").value_parser(value_parser!(f64)))
        .arg(instead("users", "NUMBER", "Users, instead of the plan's").value_parser(value_parser!(u32).range(1..)))
        .arg(
            instead(
                "part",
                "I/N",
                "Carry out one worker's part alone: worker I of N, from 0. `loadtest merge` makes one result of all",
            )
            .value_parser(value_parser!(Part)),
        )
        .args(outputs())
}

/// Reads the plan, carries it out, and says how it ended.
pub(crate) fn carry_out(given: &ArgMatches) -> Result<ExitCode, Failed> {
    let path = given.get_one::<PathBuf>("plan").map_or(Path::new(""), PathBuf::as_path);
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| (2, format!("error: {shown} cannot be read: {error}")))?;
    let wrong = |message: String| (2, message);
    let mut plan = plan::read(&text, &shown).map_err(|problems| wrong(problems.to_string()))?;
    instead(&mut plan, given)?;

    let folder = path.parent().unwrap_or(Path::new(""));
    let file = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let secret = |name: &str| std::env::var(name).ok();
    let materials = gather(&plan, Source { file: &shown, text: &text }, file, secret);
    let materials = materials.map_err(|problems| wrong(problems.to_string()))?;
    let target = given.get_one::<String>("target").map(String::as_str);
    let part = given.get_one::<Part>("part").copied().unwrap_or(Part::WHOLE);
    let test = load_test(&plan, &materials, target, part);
    let test = test.map_err(|error| wrong(format!("error: {error}")))?;
    let client = Client::new(&test).map_err(|error| wrong(format!("error: {error}")))?;

    let result = runtime()?.block_on(run(&test, client, part, interrupted(), |_, _| {}));
    if part != Part::WHOLE {
        return one_part(given, &result);
    }
    let result = merge(vec![result]).map_err(|error| (1, format!("error: {error}")))?;
    tell(given, &result, &Summary(&Report::of(&result)).to_string())?;
    Ok(ExitCode::from(result.verdict.outcome.exit_code()))
}

/// Tells what one worker of several found. Only all of them together can be judged.
fn one_part(given: &ArgMatches, result: &WorkerResult) -> Result<ExitCode, Failed> {
    let WorkerShown { worker, finished, errors, seconds, .. } = WorkerShown::of(result);
    let of = result.part.of;
    let text = format!("worker {worker} of {of}: {finished} requests finished, {errors} with an error, {seconds:.1} s");
    let printed = tell(given, result, &text)?;
    Ok(match result.ended {
        Ended::Complete => printed,
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
        Ended::Aborted | Ended::Stopped | Ended::Deadline => ExitCode::FAILURE,
    })
}

/// Puts what the command says in place of what the plan does.
fn instead(plan: &mut Plan, given: &ArgMatches) -> Result<(), Failed> {
    if let Some(phases) = given.get_one::<String>("phases") {
        plan.load.phases = phases.parse().map_err(|rule| (2, format!("error: --phases: {rule}")))?;
    }
    let said = |rate: Option<&f64>, users: Option<&u32>| match (rate, users) {
        (Some(_), Some(_)) => Err((2, "error: --rate and --users: only one of them can be".to_owned())),
        (Some(rate), None) if !(0.001..=1_000_000.0).contains(rate) => {
            Err((2, format!("error: --rate is {rate}: it must be 0.001 to 1000000")))
        }
        (rate, users) => Ok((rate.copied(), users.copied())),
    };
    match (said(given.get_one("rate"), given.get_one("users"))?, plan.load.model) {
        ((Some(rate), _), Model::Open { rate: _, in_flight }) => plan.load.model = Model::Open { rate, in_flight },
        ((Some(rate), _), Model::Closed { .. }) => {
            plan.load.model = Model::Open { rate, in_flight: plan::IN_FLIGHT };
        }
        ((_, Some(users)), Model::Closed { users: _, think }) => plan.load.model = Model::Closed { users, think },
        ((_, Some(users)), Model::Open { .. }) => plan.load.model = Model::Closed { users, think: plan::THINK },
        ((None, None), _) => {}
    }
    Ok(())
}
