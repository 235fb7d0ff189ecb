//! Right plans are read whole and write themselves back; of wrong ones everything is told, with its line.

use super::*;

/// Every key that a plan can have.
const WHOLE: &str = include_str!("tests/whole.toml");

/// What is wrong, as lines of `line: message`, and the number of them.
fn told(text: &str) -> Vec<(usize, String)> {
    let problems = read(text, "plan.toml").unwrap_err();
    problems.each().map(|(line, _, problem)| (line, problem.wrong().to_owned())).collect()
}

#[test]
fn a_plan_writes_itself_back() {
    let plan = read(WHOLE, "whole.toml").unwrap_or_else(|problems| panic!("{problems}"));
    let again = read(&plan.to_toml(), "again.toml").unwrap_or_else(|problems| panic!("{problems}\n{}", plan.to_toml()));
    assert_eq!(again, plan);
}

/// What the schema knows and what is read are the same: a key that is only in one of them is found here.
#[test]
fn the_schema_has_the_keys_that_are_read_and_no_others() {
    let schema = crate::plan::json_schema();
    let written: serde_json::Value = serde_json::to_value(read(WHOLE, "whole.toml").unwrap()).unwrap();
    let (mut in_schema, mut in_plan) = (Default::default(), Default::default());
    properties(&schema, &mut in_schema);
    keys(&written, &mut in_plan);
    let missing: Vec<_> = in_schema.difference(&in_plan).filter(|key| !WHOLE.contains(key.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new(), "the schema has what whole.toml does not show");
    for key in ["rate", "in_flight", "on_error", "abort_after", "multipart", "each-once"] {
        assert!(schema.to_string().contains(key), "{key}");
    }
}

fn properties(schema: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(|properties| properties.as_object()) {
        found.extend(properties.keys().cloned());
    }
    match schema {
        serde_json::Value::Object(members) => members.values().for_each(|value| properties(value, found)),
        serde_json::Value::Array(items) => items.iter().for_each(|value| properties(value, found)),
        _ => {}
    }
}

fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            found.extend(members.keys().cloned());
            members.values().for_each(|value| keys(value, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn ten_mistakes_are_ten_messages_with_their_lines() {
    let text = r#"name = "checkout"
[load]
rate = "fast"
phases = "10m"
in_flite = 5

[[scenario]]
name = "buy"
[[scenario.step]]
name = "login"
post = "api/login"
json = { user = "${nobody}" }
take.token = { json = "token" }
[[scenario.step]]
name = "cart"
get = "/cart/${tokne}"
expect = { status = 99 }
[[threshold]]
metric = "latency"
step = "logn"
at = "p95"
under = "1%"
"#;
    let told = told(text);
    let lines: Vec<usize> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 11, 12, 13, 16, 17, 20, 22], "{told:#?}");
}

#[test]
fn a_message_shows_the_line_and_what_to_write() {
    let text = WHOLE.replace("step = \"login\"\nat", "step = \"logn\"\nat");
    let shown = read(&text, "plan.toml").unwrap_err().to_string();
    assert!(shown.starts_with("error: `threshold[0].step`: there is no step `logn`\n"), "{shown}");
    assert!(shown.contains("= did you mean `login`?"), "{shown}");
    assert!(shown.contains("| step = \"logn\"\n") && shown.contains("^^^^^^"), "{shown}");
}

/// The right plan with one line otherwise, and what is said of it.
fn said(right: &str, wrong: &str) -> String {
    assert!(WHOLE.contains(right), "{right}");
    read(&WHOLE.replacen(right, wrong, 1), "plan.toml").map(|_| ()).unwrap_err().to_string()
}

#[test]
fn each_kind_of_mistake_is_told() {
    let token = "headers = { authorization = \"Bearer ${token}\" }";
    for (right, wrong, message) in [
        ("rate = 2000", "rate = 0", "`load.rate` is 0: it must be 0.001 to 1000000"),
        ("rate = 2000", "rate = \"2000\"", "write it without quotes: 2000"),
        ("rate = 2000", "rate = \"fast\"", "= give a number from 0.001 to 1000000"),
        ("rate = 2000", "rate = 2000\nusers = 5", "`load` has `rate` and `users`"),
        ("rate = 2000", "", "`load` has none of `rate`, `users`"),
        ("timeout = \"5s\"", "timeout = 5", "write it in quotes: \"5\""),
        ("timeout = \"5s\"", "timeout = \"0s\"", "no time at all"),
        ("target = \"https://", "target = \"ftp://", "it must begin with http:// or https://"),
        ("file = \"users.csv\"", "fiel = \"users.csv\"", "`data.users` has no `file`"),
        ("order = \"each-once\"", "order = \"each_once\"", "did you mean \"each-once\"?"),
        ("weight = 3", "weight = 0", "it must be 1 to 1000"),
        ("get = \"/api/cart\"", "get = \"/api/cart\"\npost = \"/api/cart\"", "only one of `get`, `post`"),
        ("get = \"/api/cart\"", "", "has none of `get`, `post`"),
        ("get = \"/api/cart\"", "get = \"/api/my cart\"", "an address has no spaces"),
        (token, "headers = { authorization = \"${later}\" }", "step `upload` takes it; write this step after that one"),
        (token, "headers = { authorization = \"${users}\" }", "name a column, as ${users.id}"),
        (token, "headers = { authorization = \"${user.name}\" }", "did you mean `users`?"),
        (token, "headers = { authorization = \"${users.nmae}\" }", "did you mean `name`?"),
        (token, "headers = { authorization = \"${token\" }", "a `${` has no `}`"),
        (token, "headers = { \"content-length\" = \"5\" }", "it follows from the request"),
        ("when = \"${token}\"", "when = \"always\"", "it looks at no value"),
        ("name = \"cart\"", "name = \"login\"", "two steps of one scenario are called `login`"),
        ("name = \"browse\"", "name = \"buy\"", "two scenarios are called `buy`"),
        ("regex = \"id=", "regex = \"(id=", "it is no regular expression"),
        ("json = \"$.total\"", "json = \"total\"", "a path begins with `$`"),
        ("step = \"cart\"\nunit", "step = \"card\"\nunit", "there is no step `card`"),
        ("under = \"500ms\"", "under = \"1%\"", "p95 of `latency` is a time, not a share"),
        ("under = \"500ms\"", "", "has none of `under`, `over`"),
        ("at = \"p95\"", "at = \"rate\"", "there is no rate of `latency`"),
        ("phase = \"full\"", "phase = 9", "the load has no phase `9`"),
        ("metric = \"cart_total\"", "metric = \"cart\"", "there is no metric `cart`"),
        (
            "metric = \"cart_total\"",
            "metric = \"cart_total\"\nstep = \"cart\"",
            "`cart_total` is not measured by `step`",
        ),
        ("abort_after = \"10s\"", "abort_after = \"soon\"", "`threshold[1].abort_after`: give a time"),
        ("[variables]\nrun = \"${uuid}\"", "variables = 5", "= write it as a table: { key = \"value\" }"),
        ("columns = [\"name\", \"age\"]", "columns = \"name\"", "= write it in brackets"),
        ("about = ", "abuot = ", "did you mean `about`?"),
    ] {
        let said = said(right, wrong);
        assert!(said.contains(message), "{wrong}\n{said}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    for text in
        ["", "[", "name = 3", "load = 1", "scenario = [1]", "[[scenario]]\nstep = 3", "🦀 = 1", "threshold = {}"]
    {
        let Err(problems) = read(text, "plan.toml") else { panic!("{text} is no plan") };
        assert!(problems.count() > 0 && problems.each().all(|(line, column, _)| line > 0 && column > 0), "{text}");
    }
}
