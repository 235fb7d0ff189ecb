//! Broken environment files: every problem at once, where it stands, what was expected, and not one call.

use crate::support::Project;

/// Writes a file that is broken three times; each problem is a place and some words.
#[track_caller]
fn refused(text: &str, problems: [(&str, &[&str]); 3]) {
    let project = Project::new();
    std::fs::write(project.file(), text).unwrap();
    for command in ["plan", "apply", "validate", "destroy"] {
        let run = project.run(&[command, "--env", "test"]).ended(1);
        for (place, words) in problems {
            assert!(run.said(&format!("environments/test.toml:{place}")), "a problem at {place}\n{run}");
            for word in words {
                assert!(run.said(word), "it says {word:?}\n{run}");
            }
        }
        run.saying("3 problems").saying("nothing was called");
    }
    assert_eq!(project.proxy.calls(), [], "no call was made");
}

/// The platform's file for the local cloud, as it should be.
fn right() -> String {
    include_str!("../environments/local.toml").replace("\"local\"", "\"test\"")
}

/// The line and column of a text in a file.
fn place(text: &str, of: &str) -> String {
    let at = text.find(of).unwrap_or_else(|| panic!("{of:?} stands in it"));
    let line = text[..at].matches('\n').count() + 1;
    let column = at - text[..at].rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("{line}:{column}")
}

#[test]
fn misspelled_keys_name_the_nearest_ones() {
    let text = right().replace("region =", "regoin =").replace("cidr =", "cider =").replace("insights =", "insight =");
    let project = Project::new();
    std::fs::write(project.file(), &text).unwrap();
    let run = project.run(&["plan", "--env", "test"]).ended(1);
    for (wrong, nearest) in [("regoin", "region"), ("cider", "cidr"), ("insight", "insights")] {
        let place = place(&text, &format!("{wrong} ="));
        assert!(run.said(&format!("environments/test.toml:{place}")), "{wrong} at {place}\n{run}");
        assert!(run.said(&format!("`{nearest}`")), "{nearest}\n{run}");
    }
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn values_of_the_wrong_type() {
    let text = right().replace("protected = false", "protected = \"no\"").replace("start = true", "start = 1");
    let text = text.replace("zones = [\"us-east-1a\", \"us-east-1b\"]", "zones = \"us-east-1a\"");
    let (protected, start, zones) = (place(&text, "\"no\""), place(&text, "1 # run"), place(&text, "\"us-east-1a\""));
    refused(&text, [(&protected, &["true"]), (&start, &["start"]), (&zones, &["zones"])]);
}

#[test]
fn values_that_are_not_what_they_should_be() {
    let text = right().replace("10.0.0.0/16", "10.0.0.0/160").replace("nat = \"one\"", "nat = \"two\"");
    let text = text.replace("account = \"000000000000\"", "account = \"12345\"");
    let (cidr, nat, account) = (place(&text, "\"10.0.0.0/160\""), place(&text, "\"two\""), place(&text, "\"12345\""));
    refused(&text, [(&cidr, &["10.0.0.0/160"]), (&nat, &["each-zone"]), (&account, &["12"])]);
}

#[test]
fn what_is_missing_twice_there_or_too_little() {
    let text = right().replace("region = \"us-east-1\"\n", "").replace("insights = \"enabled\"\n", "");
    let text = text.replace("[\"us-east-1a\", \"us-east-1b\"]", "[\"us-east-1a\"]");
    let zones = place(&text, "[\"us-east-1a\"]");
    let cluster = place(&text, "[cluster]");
    refused(&text, [(&zones, &["2"]), (&cluster, &["insights"]), ("", &["region"])]);
}

#[test]
fn what_is_not_toml_is_shown_where_it_stops_being_toml() {
    let project = Project::new();
    std::fs::write(project.file(), right().replace("name = \"test\"", "name = \"test")).unwrap();
    let run = project.run(&["plan", "--env", "test"]).ended(1);
    run.saying("environments/test.toml:").saying("nothing was called");
    std::fs::write(project.file(), right().replace("[network]", "name = \"again\"\n[network]")).unwrap();
    project.run(&["plan", "--env", "test"]).ended(1).saying("environments/test.toml:").saying("name");
    std::fs::write(project.file(), [0xff, 0xfe, 0x00]).unwrap();
    project.run(&["plan", "--env", "test"]).ended(1).saying("environments/test.toml");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn an_environment_that_does_not_exist_names_those_that_do() {
    let project = Project::new();
    project.run(&["plan", "--env", "tset"]).ended(1).saying("did you mean `test`?");
    project.run(&["plan"]).ended(1).saying("--env");
    project.run(&["plan", "--env", "environments/none.toml"]).ended(1).saying("none.toml");
}
