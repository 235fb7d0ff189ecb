//! Broken files, each with all that is said of it.

use std::collections::BTreeSet;

use infra_values::{Cidr, Email, Schedule, Zone};
use serde::Deserialize;

use super::*;

/// A shop's environment.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "reading them is what is tested")]
#[serde(deny_unknown_fields)]
struct Shop {
    /// The project.
    project: Name,
    /// The environment's name.
    name: Name,
    /// The account.
    account: AccountId,
    /// The region.
    region: Region,
    /// The network.
    network: Network,
    /// Who is told.
    #[serde(default)]
    alarms: BTreeSet<Email>,
    /// When the working day begins.
    #[serde(default)]
    morning: Option<Schedule>,
    /// The services, by name.
    #[serde(default)]
    services: BTreeMap<Name, Service>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "reading them is what is tested")]
#[serde(deny_unknown_fields)]
struct Network {
    /// Its addresses.
    cidr: Cidr,
    /// Its zones.
    #[schemars(length(min = 2))]
    zones: Vec<Zone>,
    /// How many ways out.
    nat: Nat,
}

/// How many ways out there are.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Nat {
    /// One.
    One,
    /// One for each zone.
    EachZone,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "reading them is what is tested")]
#[serde(deny_unknown_fields)]
struct Service {
    /// The fewest tasks.
    #[schemars(range(min = 1, max = 100))]
    min: u16,
    /// The most tasks.
    max: u16,
    /// Whether it is seen from outside.
    #[serde(default)]
    public: bool,
    /// How many requests are too many.
    #[serde(default)]
    limit: f64,
    /// What is looked at.
    #[serde(default)]
    metric: Option<Metric>,
}

/// What is looked at.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "reading them is what is tested")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Metric {
    /// The requests.
    Requests,
    /// The errors.
    Errors,
    /// One of its own.
    Own {
        /// Its name.
        name: String,
    },
}

impl Environment for Shop {
    fn facts(&self) -> Facts {
        Facts {
            project: self.project.clone(),
            name: self.name.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            profile: None,
            endpoint: None,
            endpoints: BTreeMap::new(),
            records: None,
            start_local: false,
            protected: false,
        }
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let backwards = self.services.iter().filter(|(_, service)| service.min > service.max);
        backwards
            .map(|(name, Service { min, max, .. })| Conflict {
                at: format!("services.{name}.min"),
                wrong: format!("`min` is {min}, and `max` is {max}"),
                way_out: "write the smaller one first".into(),
            })
            .collect()
    }
}

const RIGHT: &str = r#"project = "shop"
name = "dev"
account = "111111111111"
region = "us-east-1"
alarms = ["ann@example.com"]
morning = "cron(0 8 ? * MON-FRI *)"

[network]
cidr = "10.0.0.0/16"
zones = ["us-east-1a", "us-east-1b"]
nat = "each-zone"

[services.web]
min = 1
max = 3
"#;

fn said(text: &str) -> String {
    parse::<Shop>(text, "environments/dev.toml", Some("dev")).map(|_| ()).unwrap_err().to_string()
}

/// What is said when one text in the right file is written otherwise.
fn said_with(right: &str, wrong: &str) -> String {
    assert!(RIGHT.contains(right), "{right}");
    said(&RIGHT.replace(right, wrong))
}

#[test]
fn the_right_file_is_read() {
    let shop: Shop = parse(RIGHT, "environments/dev.toml", Some("dev")).unwrap();
    assert_eq!((shop.services[&"web".parse().unwrap()].max, shop.alarms.len()), (3, 1));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    insta::assert_snapshot!(said(
        r#"project = "Shop"
name = "dev"
acount = "111111111111"
region = "us-east-1a"
alarms = ["ann.example.com"]
morning = "cron(0 8 * * MON-FRI)"

[network]
cidr = "10.0.0.5/16"
zones = "us-east-1a"
nat = "each_zone"

[services.web]
min = 0
max = "3"
visible = true

[services.worker]
min = 1
max = 70000
public = "yes"
"#
    ));
}

#[test]
fn a_missing_table_and_missing_values_are_named_with_what_they_are_for() {
    insta::assert_snapshot!(said(
        "project = \"shop\"\nname = \"dev\"\nregion = \"us-east-1\"\n\n[services.web]\nmax = 3\n"
    ));
}

#[test]
fn what_is_not_toml_is_shown_where_it_breaks() {
    insta::assert_snapshot!(said_with("min = 1\n", "min = 1\nmin = 2\nmax 3\n"));
}

#[test]
fn a_number_without_an_end_is_refused() {
    for number in ["nan", "inf", "-inf", "1e999"] {
        let said = said_with("max = 3", &format!("max = 3\nlimit = {number}"));
        assert!(said.contains("`services.web.limit` is") && said.contains("a number that has an end"), "{said}");
    }
}

#[test]
fn a_set_has_each_of_its_values_once() {
    let said = said_with("[\"ann@example.com\"]", "[\"ann@example.com\", \"bob@example.com\", \"ann@example.com\"]");
    assert!(said.contains("`alarms` has the text \"ann@example.com\" twice"), "{said}");
}

#[test]
fn all_words_are_named_and_the_table_beside_them() {
    let said = said_with("max = 3", "max = 3\nmetric = \"request\"");
    assert!(said.contains("it must be \"requests\", \"errors\" or { own = … }"), "{said}");
    assert!(said.contains("did you mean \"requests\"?"), "{said}");
    let said = said_with("max = 3", "max = 3\nmetric = { own = { nam = \"Loaves\" } }");
    assert!(said.contains("did you mean `name`?"), "{said}");
}

#[test]
fn every_key_that_is_no_name_is_told() {
    let said = said_with("[services.web]", "[services.Back_End]\nmin = 1\nmax = 2\n\n[services.\"\"]");
    assert!(said.contains("`Back_End` has") && said.contains("`` is empty"), "{said}");
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    insta::assert_snapshot!(said_with("max = 3", "max = 0"), @r#"
    error: `min` is 1, and `max` is 0
      --> environments/dev.toml:14:7
       |
    14 | min = 1
       |       ^
       = write the smaller one first
    "#);
}

#[test]
fn a_copied_file_that_keeps_its_first_name_is_refused() {
    let said = said_with("name = \"dev\"", "name = \"prod\"");
    assert!(said.contains("this file is the environment `dev`, and calls itself `prod`"), "{said}");
}

#[test]
fn a_date_without_quotes_and_numbers_with_them_are_told_apart() {
    let date = said_with("\"cron(0 8 ? * MON-FRI *)\"", "2026-12-01");
    assert!(date.contains("write it in quotes: \"2026-12-01\""), "{date}");
    let number = said_with("max = 3", "max = \"3\"");
    assert!(number.contains("write it without quotes: 3"), "{number}");
    let account = said_with("\"111111111111\"", "111111111111");
    assert!(account.contains("write it in quotes: \"111111111111\""), "{account}");
}

#[test]
fn no_text_makes_it_panic() {
    for text in
        ["", "\u{feff}", "[", "=", "a = [", "[[network]]", "network = 3", "\"\" = 1", "project = 1e999", "🦀 = 1"]
    {
        let Err(problems) = parse::<Shop>(text, "a.toml", None) else { panic!("{text} is no environment") };
        assert!(problems.count() > 0, "{text}");
        assert!(problems.each().all(|(line, column, _)| line > 0 && column > 0));
    }
}
