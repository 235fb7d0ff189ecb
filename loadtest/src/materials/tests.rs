//! What is missing is told at the plan's line.

use super::*;
use crate::plan;

const PLAN: &str = r#"name = "shop"
target = "http://localhost"
load = { rate = 10, phases = "1s:100" }
[data.users]
file = "users.csv"
order = "each-once"
[[scenario]]
name = "buy"
[[scenario.step]]
name = "login"
post = "/login"
json = { user = "${users.name}", password = "${secret:LOGIN}" }
[[scenario.step]]
name = "photo"
post = "/photo"
multipart = { photo = { file = "photo.jpg" } }
"#;

fn gathered(users: &str, secret: Option<&str>) -> Result<Materials, String> {
    let plan = plan::read(PLAN, "plan.toml").unwrap();
    let file = |name: &str| match name {
        "users.csv" => Ok(users.as_bytes().to_vec()),
        _ => Err("there is no such file".to_owned()),
    };
    let source = Source { file: "plan.toml", text: PLAN };
    gather(&plan, source, file, |_| secret.map(str::to_owned)).map_err(|problems| problems.to_string())
}

fn users(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(|number| format!("user{number},{number}")).collect();
    format!("name,age\n{}", rows.join("\n"))
}

#[test]
fn what_is_missing_is_told_at_once_and_with_its_line() {
    let told = gathered("nmae\nAnn\n", None).unwrap_err();
    for (message, line) in [
        ("`data.users`: users.csv has 1 rows, and the run takes 10, each once", "plan.toml:5:9"),
        ("`${users.name}`: users.csv has no such column", "plan.toml:12:20"),
        ("did you mean `nmae`?", "plan.toml:12:20"),
        ("`${secret:LOGIN}` is not set", "plan.toml:12:48"),
        ("photo.jpg: there is no such file", "plan.toml:16:33"),
    ] {
        assert!(told.contains(message) && told.contains(line), "{message} {line}\n{told}");
    }
}

#[test]
fn rows_that_are_no_table_are_refused() {
    for (text, message) in [
        ("", "it is empty; its first row has the columns' names"),
        ("name,age\n", "it has no row"),
        ("name,age\nAnn\n", "row 1 has 1 values, and there are 2 columns"),
        ("name\n\"Ann\n", "line 2: a quote is opened and not closed"),
    ] {
        let told = gathered(text, Some("x")).unwrap_err();
        assert!(told.contains(message), "{text}\n{told}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let plan = plan::read(PLAN, "plan.toml").unwrap();
    let source = Source { file: "plan.toml", text: PLAN };
    let materials = gather(&plan, source, |_| Ok(users(10).into_bytes()), |_| Some("hidden".to_owned())).unwrap();
    assert_eq!(materials.secrets["LOGIN"].reveal(), "hidden");
    assert!(!format!("{materials:?}").contains("hidden"));
    assert_eq!(materials.rows["users"].rows.len(), 10);
}
