//! Terraform writes long flags with one dash: `-auto-approve`, `-out=plan`. They are understood here too.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Arg, Command};

/// The arguments with every long flag of the program spelled with two dashes.
pub(crate) fn spelled(arguments: impl IntoIterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let known = long_flags(command);
    let mut words_only = false;
    let spell = |argument: OsString| {
        words_only |= argument == "--";
        match argument.to_str().and_then(|text| text.strip_prefix('-')) {
            Some(flag) if !words_only && is_long(flag, &known) => OsString::from(format!("--{flag}")),
            _ => argument,
        }
    };
    arguments.into_iter().map(spell).collect()
}

fn is_long(flag: &str, known: &BTreeSet<String>) -> bool {
    known.contains(flag.split('=').next().unwrap_or(flag))
}

fn long_flags(command: &Command) -> BTreeSet<String> {
    let names = |argument: &Arg| {
        let long = argument.get_long().map(str::to_owned);
        let aliases = argument.get_all_aliases().unwrap_or_default();
        long.into_iter().chain(aliases.into_iter().map(str::to_owned)).collect::<Vec<_>>()
    };
    let own = command.get_arguments().flat_map(names);
    let below = command.get_subcommands().flat_map(long_flags);
    own.chain(below).chain(["help".to_owned(), "version".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Arguments;
    use super::*;

    fn check(given: &[&str], expected: &[&str]) {
        let spelled = spelled(given.iter().map(OsString::from), &Arguments::command());
        assert_eq!(spelled, expected.iter().map(OsString::from).collect::<Vec<_>>());
    }

    #[test]
    fn long_flags_may_have_one_dash() {
        check(
            &["infra", "apply", "-auto-approve", "-target=network"],
            &["infra", "apply", "--auto-approve", "--target=network"],
        );
        check(&["infra", "plan", "-out", "a", "-json", "-help"], &["infra", "plan", "--out", "a", "--json", "--help"]);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        check(&["infra", "-v", "plan", "--", "-out"], &["infra", "-v", "plan", "--", "-out"]);
        check(&["infra", "show", "-", "-unknown"], &["infra", "show", "-", "-unknown"]);
    }
}
