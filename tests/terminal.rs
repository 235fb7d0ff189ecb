//! What came from a cloud is read and does nothing else, whatever it holds.

use serde_json::{Value, json};

use crate::support::{Project, Run};

/// Up a line, wipe it, turn the writing around; and the same again as C1 controls write it.
const HOSTILE: &str = "one\u{1b}[1A\u{1b}[2Ktwo\u{202e}three\u{9b}2K\u{200b}four";

/// Nothing that a terminal would take for more than a text.
#[track_caller]
fn is_plain(run: &Run) {
    let controls = |c: char| (c.is_control() && c != '\n' && c != '\t') || ['\u{202e}', '\u{200b}'].contains(&c);
    for text in [&run.out, &run.err] {
        assert!(!text.contains(controls), "{text:?}");
    }
}

#[test]
fn what_controls_a_terminal_is_written_out_in_every_form() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    let secrets = project.client.secrets("ListSecrets", &json!({}));
    let is_ours = |one: &&Value| one["Name"].as_str().is_some_and(|name| name.ends_with("redis-auth-token"));
    let secret = secrets["SecretList"].as_array().unwrap().iter().find(is_ours).unwrap();
    project.client.secrets("UpdateSecret", &json!({"SecretId": secret["ARN"], "Description": HOSTILE}));

    let shown = r"one\u{1b}[1A\u{1b}[2Ktwo\u{202e}three\u{9b}2K\u{200b}four";
    let as_json = r"one\u001b[1A\u001b[2Ktwo\u202ethree\u009b2K\u200bfour";
    for (arguments, says) in [
        (&["plan"][..], shown),
        (&["plan", "--format", "markdown"], shown),
        (&["plan", "--format", "html"], shown),
        (&["plan", "--format", "json"], as_json),
        (&["plan", "--json"], as_json),
        (&["drift"], shown),
        (&["show"], shown),
        (&["show", "--format", "json"], as_json),
    ] {
        let run = project.run(&[arguments, &["--env", "test"]].concat()).ended(0).saying(says);
        is_plain(&run);
    }
}
