//! What the kinds send, beside what Terraform's provider sends for the same configuration.
//!
//! `recorded/` holds the configurations (`*.tf`) and the bodies that Terraform 1.11.4 with version 5.100.0 of the
//! provider for AWS sent for them, with line breaks for whoever reads them: they were applied to the local cloud
//! through a proxy that writes down what passes, first with `stage = 1` and then with those that change something.
//! Identifiers that the local cloud gave were replaced by others. `answers/` holds what a service says of what is
//! there, where a kind looks before it changes something.
//!
//! Each test has a kind send its message for the same configuration to a server that answers by a script, and compares
//! what the two say. Whatever differs stands in the test, with the reason; what does not, fails it, and so does a
//! reason without a difference.

mod autoscaling;
mod balancers;
mod budgets;
mod cloudfront;
mod cloudfront_parts;
mod ec2;
mod ecs;
mod elasticache;
mod elb;
mod events;
mod lambda;
mod message;
mod rds;
mod waf;

use infra_engine::live::{Found, Order};
use infra_engine::model::{Address, Tags, keys};

use crate::server::Server;
use message::{passes, read};

/// A message of Terraform's, and how ours may differ from it.
pub struct Recorded<'a> {
    /// What tells the call in a request: its method and path, its target, or its action.
    pub call: &'a str,
    /// The body.
    pub body: &'a str,
    /// Lists whose order means nothing, by the last steps of the way to them.
    pub sets: &'a [&'a str],
    /// What differs on purpose, each with the reason.
    pub differences: &'a [Difference],
}

/// A difference at the values to which the way passes these steps, `TimePeriod.End`, whatever comes before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Difference {
    /// Terraform says it, and we do not.
    Theirs(&'static str, &'static str),
    /// We say it, and Terraform does not.
    Ours(&'static str, &'static str),
    /// Both say it, and not the same.
    Other(&'static str, &'static str),
}

/// Why our messages have tags that Terraform's do not.
pub const OWNERSHIP: &str = "whose a resource is stands in its tags: there is no state file";

impl Recorded<'_> {
    /// Fails unless the message that the server has got differs from Terraform's just as is said.
    #[track_caller]
    pub fn check(&self, server: &Server) {
        let (call, requests) = (self.call, server.requests());
        let [request] = &requests.iter().filter(|request| request.contains(call)).collect::<Vec<_>>()[..] else {
            panic!("one request has `{call}` in it: {requests:#?}");
        };
        let wrong = self.wrong(request.split_once("\r\n\r\n").unwrap().1);
        assert!(wrong.is_empty(), "{call} is not what Terraform sends:\n{}", wrong.join("\n"));
    }

    /// What differs and is not said, and what is said and does not differ.
    fn wrong(&self, body: &str) -> Vec<String> {
        let (theirs, ours) = (read(self.body, self.sets), read(body, self.sets));
        let (mut wrong, mut met) = (Vec::new(), Vec::new());
        for way in theirs.keys().chain(ours.keys().filter(|way| !theirs.contains_key(*way))) {
            let (their, our) = (theirs.get(way), ours.get(way));
            let told = |difference: &&Difference| match **difference {
                Difference::Theirs(steps, _) => our.is_none() && passes(way, steps),
                Difference::Ours(steps, _) => their.is_none() && passes(way, steps),
                Difference::Other(steps, _) => their.is_some() && our.is_some() && passes(way, steps),
            };
            match self.differences.iter().find(told) {
                _ if their == our => {}
                Some(difference) => met.push(*difference),
                None => wrong.push(format!("{way}: Terraform's {their:?}, ours {our:?}")),
            }
        }
        let stale = self.differences.iter().filter(|difference| !met.contains(difference));
        wrong.extend(stale.map(|difference| format!("no such difference any more: {difference:?}")));
        wrong
    }
}

#[test]
fn only_what_is_told_may_differ_and_all_of_it_must() {
    let told = [Difference::Theirs("B", "so"), Difference::Ours("C", "so"), Difference::Other("D.E", "so")];
    let recorded = Recorded { call: "", body: r#"{"A": 1, "B": 2, "D": {"E": 3}}"#, sets: &[], differences: &told };
    assert!(recorded.wrong(r#"{"A": 1, "C": 2, "D": {"E": 4}}"#).is_empty());
    let wrong = recorded.wrong(r#"{"A": "1", "C": 2, "D": {"E": 3}, "F": 5}"#);
    let expected = [
        r#"A: Terraform's Some("`1`"), ours Some("1")"#,
        r#"F: Terraform's None, ours Some("`5`")"#,
        r#"no such difference any more: Other("D.E", "so")"#,
    ];
    assert_eq!(wrong, expected);
}

/// An order of it, with the tag that the configurations have and those that tell whose it is.
pub fn order<R>(definition: R) -> Order<R> {
    Order { address: Address::new("shop", "it").unwrap(), definition, tags: tags(), token: "0".repeat(32) }
}

/// It as it was found, with these outputs.
pub fn found<R>(id: &str, definition: R, outputs: &[(&'static str, &str)]) -> Found<R> {
    let found = Found::ready(id, definition, tags());
    outputs.iter().fold(found, |found, (name, value)| found.with(name, *value))
}

fn tags() -> Tags {
    let tags = [("Project", "shop"), (keys::OWNER, "shop/prod"), (keys::ADDRESS, "shop.it")];
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}
