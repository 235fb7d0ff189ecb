//! From the command line to an exit code.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use infra_engine::run::Interrupt;
use tracing_subscriber::EnvFilter;

use crate::args::{Arguments, Common, spelled};
use crate::commands;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::program::{Definer, Program};
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
    trace(verbose);
    let exit = start(arguments, &console, &program).unwrap_or_else(|failure| {
        console.failure(&failure);
        failure.exit
    });
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
    let parsed = command.try_get_matches_from(given).and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
            _ => Exit::Failed,
        }
    })
}

/// Traces go to standard error: every call with `--verbose`, and whatever RUST_LOG says.
fn trace(verbose: bool) {
    let usual = if verbose { "infra=debug,infra_aws=debug,infra_engine=debug" } else { "off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let set = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    // Only a second subscriber fails, and a program has one.
    let _ = set;
}
