//! From the command line to an exit code.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use infra_engine::run::Interrupt;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::args::{Arguments, Common, Here, habit, spelled};
use crate::commands;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::program::{Definer, Program};
use crate::render::Paint;
use crate::session::Session;
use crate::{panic, signals};

/// Runs a program's command line.
pub fn run<E: Environment>(program: Program<E>) -> ExitCode {
    panic::install();
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let Common { json, no_color, verbose, .. } = arguments.common;
    let console = Console::new(json, no_color, verbose);
    trace(verbose, console.talk);
    let exit = start(arguments, &console, &program).unwrap_or_else(|failure| {
        console.failure(&failure);
        failure.exit
    });
    let exit = match console.written() {
        Ok(()) => exit,
        Err(failure) => {
            console.failure_of_output(&failure);
            Exit::Failed
        }
    };
    exit.into()
}

fn start(arguments: Arguments, console: &Console, definer: &dyn Definer) -> Result<Exit, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new("the working directory cannot be read").because(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("the machine gives no threads to work with").because(error.to_string()))?;
    let interrupt = Interrupt::new();
    let Arguments { command, common } = arguments;
    let session = Session { definer, common: &common, console, interrupt: &interrupt, folder, started: Instant::now() };
    let result = runtime.block_on(async {
        signals::listen(&interrupt);
        commands::run(command, &session).await
    });
    // A question that nobody has answered must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// What the command line says; help goes to standard output, a mistake to standard error.
fn parse() -> Result<Arguments, Exit> {
    let command = Arguments::command();
    let given = spelled(std::env::args_os(), &command);
    let words: Vec<String> = given.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let parsed = command.try_get_matches_from(given).and_then(|matches| {
        let mut arguments = Arguments::from_arg_matches(&matches)?;
        arguments.common.env_by_flag = by_flag(&matches, "env");
        Ok(arguments)
    });
    parsed.map_err(|error| {
        if let Some(Here { says, command }) = here(&error, &words) {
            let word = words.join(" ");
            let command = command.map(|command| format!("    {command}\n")).unwrap_or_default();
            let _ = write!(std::io::stderr(), "error: there is no `{word}`\n  {says}\n{command}");
            return Exit::Failed;
        }
        let printed = error.print().and_then(|()| std::io::stdout().flush());
        match (error.kind(), printed) {
            (_, Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let _ = writeln!(std::io::stderr(), "error: cannot write to standard output: {error}");
                Exit::Failed
            }
            (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => Exit::Done,
            _ => Exit::Failed,
        }
    })
}

/// What holds here for a command that another program has.
fn here(error: &clap::Error, words: &[String]) -> Option<Here> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let from = words.iter().skip(1).position(|word| word == unknown)? + 1;
    habit(&words[from..].iter().map(String::as_str).collect::<Vec<_>>())
}

/// True when an argument was given on the command line, before or after the command.
fn by_flag(matches: &ArgMatches, argument: &str) -> bool {
    let here = matches.value_source(argument) == Some(ValueSource::CommandLine);
    here || matches.subcommand().is_some_and(|(_, below)| by_flag(below, argument))
}

/// Traces go to standard error: every call with `--verbose`, and whatever RUST_LOG says; but for the finest of the SDK's,
/// in which answers stand whole, and with them what a distribution sends along as a secret.
fn trace(verbose: bool, paint: Paint) {
    let usual = if verbose { "infra=debug,infra_aws=debug,infra_engine=debug" } else { "off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let no_answers = filter_fn(|traced| *traced.level() != Level::TRACE || !traced.target().starts_with("aws_"));
    let traces = tracing_subscriber::fmt::layer().with_ansi(paint == Paint::COLOUR).with_writer(std::io::stderr);
    let set = tracing_subscriber::registry().with(traces.with_filter(filter.and(no_answers))).try_init();
    // Only a second subscriber fails, and a program has one.
    let _ = set;
}
