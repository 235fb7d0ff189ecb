//! What boto3 sees of an account: a client that shares nothing with the program, over all of its services.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::aws_client::AwsClient;

/// The resources of an account, by kind.
pub struct Inventory(Value);

impl Inventory {
    /// Reads the whole account.
    pub fn of(client: &AwsClient) -> Inventory {
        Inventory(serde_json::from_str(&read(client, &[])).unwrap())
    }

    /// All resources of a kind: `target groups`.
    #[track_caller]
    pub fn all(&self, kind: &str) -> &[Value] {
        self.0[kind].as_array().unwrap_or_else(|| panic!("the inventory knows no {kind}"))
    }

    /// The one resource of a kind of which a member has that value.
    #[track_caller]
    pub fn one(&self, kind: &str, member: &str, value: &str) -> &Value {
        let found: Vec<&Value> = self.all(kind).iter().filter(|item| item[member] == value).collect();
        assert_eq!(found.len(), 1, "one of the {kind} has {member} = {value}; there are {:#?}", self.all(kind));
        found[0]
    }

    /// Every text that is written anywhere in the account.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let mut left = vec![&self.0];
        std::iter::from_fn(move || {
            while let Some(value) = left.pop() {
                match value {
                    Value::String(text) => return Some(text.as_str()),
                    Value::Array(items) => left.extend(items),
                    Value::Object(members) => left.extend(members.values()),
                    _ => {}
                }
            }
            None
        })
    }
}

/// What is in an account, as lines that two accounts can be compared by: without identifiers, times and addresses.
pub fn inventory_lines(client: &AwsClient) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for line in read(client, &["--lines"]).lines() {
        // What is there twice is told twice.
        let times = (1..).find(|times| lines.insert(format!("{line} ({times})")));
        assert!(times.is_some());
    }
    lines
}

fn read(client: &AwsClient, flags: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/inventory.py");
    let mut command = Command::new(infra_local_cloud::python());
    command.arg(script).args(["--endpoint", infra_local_cloud::endpoint(), "--account", &client.account]).args(flags);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
