//! Calls that go elsewhere than to AWS's own addresses: told before anything is called, and refused where they would be
//! a surprise that nobody can make good again.

use infra_aws::{Detour, Source};
use serde_json::{Value, json};

use crate::console::Console;
use crate::environment::Facts;
use crate::failure::Failure;
use crate::render::Level;

/// The service that says whose credentials they are.
const GUARD: &str = "sts";

/// Refuses what a protected environment must not be told by a file or a shell: to believe somebody else than AWS.
pub(crate) fn check(detours: &[Detour], facts: &Facts) -> Result<(), Failure> {
    let wrong = |detour: &&Detour| facts.protected && !detour.at_aws && detour.source != Source::Flag;
    let wrong: Vec<String> = detours.iter().filter(wrong).map(told).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let failure =
        Failure::new(format!("{} is protected, and its calls would not go to AWS; nothing was called", facts.name));
    let failure = wrong.into_iter().fold(failure, Failure::because);
    Err(failure.way_out(
        "take it out of the environment's file, the shell, or the profile; if it is meant, say it: --endpoint URL",
    ))
}

/// Says where calls go, if that is not AWS's own addresses.
pub(crate) fn say(detours: &[Detour], console: &Console) {
    if detours.is_empty() {
        return;
    }
    if let Some(lines) = console.json() {
        let message = in_words(detours);
        return lines.line(Level::Info, "endpoints", &message, json!({ "endpoints": for_machines(detours) }));
    }
    console.say(&console.talk.dim(format!("{}.", in_words(detours))));
    if let Some(warning) = unguarded(detours) {
        console.warn(&warning);
    }
}

/// All of it in a sentence, without a full stop.
pub(crate) fn in_words(detours: &[Detour]) -> String {
    detours.iter().map(told).collect::<Vec<_>>().join("; ")
}

/// A line more for a question, where there is something to say.
pub(crate) fn in_question(detours: &[Detour]) -> String {
    if detours.is_empty() { String::new() } else { format!("\n({})", in_words(detours)) }
}

/// A command as the history tells it: with where its calls went.
pub(crate) fn in_history(command: &str, detours: &[Detour]) -> String {
    if detours.is_empty() { command.to_owned() } else { format!("{command} ({})", in_words(detours)) }
}

/// `All calls go to http://127.0.0.1:4566 (the environment's file)`
fn told(detour: &Detour) -> String {
    let Detour { services, everything, url, source, at_aws: _ } = detour;
    match everything {
        true => format!("All calls go to {url} ({source})"),
        false => format!("Calls of {} go to {url} ({source})", services.join(", ")),
    }
}

/// The account is asked for in one place. What answers in another may be anybody's.
fn unguarded(detours: &[Detour]) -> Option<String> {
    let guard = detours.iter().find(|detour| detour.services.contains(&GUARD));
    let at_aws = guard.is_none_or(|detour| detour.at_aws);
    let same = |detour: &&Detour| guard.is_some_and(|guard| guard.url == detour.url) || (at_aws && detour.at_aws);
    let others: Vec<&str> =
        detours.iter().filter(|detour| !same(detour)).flat_map(|detour| detour.services.iter().copied()).collect();
    // Where STS is elsewhere, what has no detour is AWS's.
    let rest = !at_aws && guard.is_some_and(|guard| !guard.everything) && others.is_empty();
    let others = match rest {
        true => "everything else".to_owned(),
        false if others.is_empty() => return None,
        false => others.join(", "),
    };
    let place = guard.map_or("AWS", |detour| detour.url.as_str());
    Some(format!("the account is asked for at {place}; nothing says that the same account answers for {others}"))
}

fn for_machines(detours: &[Detour]) -> Vec<Value> {
    let one = |detour: &Detour| {
        let Detour { services, everything, url, source, at_aws } = detour;
        let source = source.to_string();
        json!({"services": services, "everything": everything, "url": url, "source": source, "at_aws": at_aws})
    };
    detours.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn facts(protected: bool) -> Facts {
        Facts {
            project: "shop".parse().unwrap(),
            name: "prod".parse().unwrap(),
            account: "123456789012".parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            profile: None,
            endpoint: None,
            endpoints: BTreeMap::new(),
            records: None,
            start_local: false,
            protected,
        }
    }

    fn detour(services: &[&'static str], url: &str, source: Source) -> Detour {
        let at_aws = url.contains("amazonaws.com");
        Detour { services: services.to_vec(), everything: services.len() > 2, url: url.into(), source, at_aws }
    }

    #[test]
    fn a_protected_environment_takes_another_endpoint_from_the_command_line_alone() {
        let evil = |source: Source| [detour(&["secretsmanager"], "https://evil.example.com", source)];
        for source in [Source::File, Source::Profile, Source::Variable("AWS_ENDPOINT_URL_SECRETS_MANAGER".into())] {
            let refused = check(&evil(source.clone()), &facts(true)).unwrap_err();
            let line = format!("Calls of secretsmanager go to https://evil.example.com ({source})");
            assert_eq!((refused.because, refused.way_out.is_some()), (vec![line], true));
            assert_eq!(check(&evil(source), &facts(false)), Ok(()));
        }
        assert_eq!(check(&evil(Source::Flag), &facts(true)), Ok(()));
        let own = detour(&["sts"], "https://sts.eu-central-1.amazonaws.com", Source::File);
        assert_eq!(check(&[own], &facts(true)), Ok(()));
    }

    #[test]
    fn everything_in_one_place_is_a_short_line_and_no_warning() {
        let local = [detour(&["ec2", "s3", "sts"], "http://127.0.0.1:4566", Source::File)];
        assert_eq!(in_words(&local), "All calls go to http://127.0.0.1:4566 (the environment's file)");
        assert_eq!(in_question(&[]), "");
        assert_eq!(in_history("apply", &[]), "apply");
        assert_eq!(unguarded(&local), None);
    }

    #[test]
    fn what_answers_elsewhere_than_the_one_who_knows_the_account_is_told() {
        let (file, aws) = (Source::File, "https://s3.eu-central-1.amazonaws.com");
        assert_eq!(unguarded(&[]), None);
        assert_eq!(unguarded(&[detour(&["s3"], aws, file.clone())]), None);
        let elsewhere = detour(&["s3", "ec2"], "http://localhost:1", file.clone());
        let said = unguarded(&[elsewhere]).unwrap();
        assert!(
            said.starts_with("the account is asked for at AWS; nothing says") && said.ends_with("for s3, ec2"),
            "{said}"
        );
        let said = unguarded(&[detour(&["sts"], "http://localhost:1", file)]).unwrap();
        assert!(said.contains("http://localhost:1;") && said.ends_with("for everything else"), "{said}");
    }
}
