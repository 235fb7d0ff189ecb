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

/// Refuses what must not be told by a file or a shell: a protected environment, to believe somebody else than AWS; any
/// environment, to ask AWS for the account and others for the rest, or the other way round.
pub(crate) fn check(detours: &[Detour], facts: &Facts) -> Result<(), Failure> {
    check_split(detours, infra_aws::services())?;
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

/// Of so many services some are AWS's own, and others are not: who says which account it is does not answer for the rest.
fn check_split(detours: &[Detour], services: usize) -> Result<(), Failure> {
    let elsewhere: Vec<&Detour> = detours.iter().filter(|detour| !detour.at_aws).collect();
    let guard = elsewhere.iter().find(|detour| detour.services.contains(&GUARD));
    let (place, rest) = match guard {
        Some(guard) if elsewhere.iter().map(|detour| detour.services.len()).sum::<usize>() < services => {
            (guard.url.as_str(), "AWS answers for the others")
        }
        None if !elsewhere.is_empty() => ("AWS", "others answer for some of the rest"),
        Some(_) | None => return Ok(()),
    };
    let wrong = format!("the account is asked for at {place}, and {rest}; nothing was called");
    let failure = elsewhere.into_iter().map(told).fold(Failure::new(wrong), Failure::because);
    Err(failure.because("nothing says that it is the same account").way_out(
        "take it out of the environment's file, the shell, or the profile; if all calls are to go there, say it: \
         --endpoint URL",
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

/// The account is asked for in one place. What answers in another may be anybody's, where neither is AWS.
fn unguarded(detours: &[Detour]) -> Option<String> {
    let elsewhere = || detours.iter().filter(|detour| !detour.at_aws);
    let guard = elsewhere().find(|detour| detour.services.contains(&GUARD))?;
    let others = elsewhere().filter(|detour| detour.url != guard.url);
    let others: Vec<&str> = others.flat_map(|detour| detour.services.iter().copied()).collect();
    let told = format!(
        "the account is asked for at {}; nothing says that the same account answers for {}",
        guard.url,
        others.join(", ")
    );
    (!others.is_empty()).then_some(told)
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
            assert_eq!((&refused.because[0], refused.way_out.is_some()), (&line, true));
            assert_eq!(check(&evil(source), &facts(false)).unwrap_err(), refused, "STS is AWS's own");
        }
        let all = |source: Source| [everything("https://evil.example.com", source)];
        for source in [Source::File, Source::Profile, Source::Variable("AWS_ENDPOINT_URL".into())] {
            assert!(check(&all(source.clone()), &facts(true)).is_err());
            assert_eq!(check(&all(source), &facts(false)), Ok(()));
        }
        assert_eq!(check(&all(Source::Flag), &facts(true)), Ok(()));
        let own = detour(&["sts"], "https://sts.eu-central-1.amazonaws.com", Source::File);
        assert_eq!(check(&[own], &facts(true)), Ok(()));
    }

    /// As many services as there are, STS among them.
    fn everything(url: &str, source: Source) -> Detour {
        let services = vec![GUARD; infra_aws::services()];
        Detour { services, everything: true, url: url.into(), source, at_aws: false }
    }

    #[test]
    fn nobody_asks_aws_for_the_account_and_others_for_the_rest_or_the_other_way_round() {
        let (file, aws) = (Source::File, "https://s3.eu-central-1.amazonaws.com");
        let refused = |detours: &[Detour]| check_split(detours, 4).map_err(|failure| failure.wrong);
        let sts = |url: &str| detour(&["sts"], url, file.clone());
        let rest = |url: &str| detour(&["ec2", "s3", "iam"], url, file.clone());
        for fine in [&[][..], &[sts(aws), rest(aws)], &[sts("http://localhost:1"), rest("http://localhost:2")]] {
            assert_eq!(refused(fine), Ok(()));
        }
        let told = refused(&[rest("http://localhost:1")]).unwrap_err();
        assert!(told.starts_with("the account is asked for at AWS, and others answer for some of the rest"), "{told}");
        for detours in [vec![sts("http://localhost:1")], vec![sts("http://localhost:1"), rest(aws)]] {
            let told = refused(&detours).unwrap_err();
            assert!(
                told.contains("at http://localhost:1, and AWS answers for the others; nothing was called"),
                "{told}"
            );
        }
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
        let elsewhere = detour(&["s3", "ec2"], "http://localhost:2", file.clone());
        let said = unguarded(&[detour(&["sts"], "http://localhost:1", file), elsewhere]).unwrap();
        assert!(said.starts_with("the account is asked for at http://localhost:1; nothing says"), "{said}");
        assert!(said.ends_with("for s3, ec2"), "{said}");
    }
}
