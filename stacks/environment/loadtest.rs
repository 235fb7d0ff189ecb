//! `[loadtest]`: what the load test asks, how hard, and when.

use infra_cli::environment::Conflict;
use infra_values::Schedule;
use schemars::JsonSchema;
use serde::Deserialize;

/// The load test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadTest {
    /// What is asked: `https://www.example.com/`. Without it, the content delivery network.
    pub target: Option<String>,
    /// For how many seconds.
    #[schemars(range(min = 1, max = 890))]
    pub seconds: u32,
    /// How many users ask at a time, each with a connection of its own.
    #[schemars(range(min = 1, max = 900))]
    pub users: u32,
    /// When it begins, in UTC.
    pub schedule: Schedule,
}

impl LoadTest {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("loadtest.{at}"), wrong, way_out: way_out.to_owned() });
        };
        if let Some(target) = &self.target {
            let host = target.strip_prefix("https://").or(target.strip_prefix("http://"));
            let host = host.and_then(|rest| rest.split(['/', ':', '?', '#']).next());
            let plain = target.bytes().all(|byte| byte.is_ascii_graphic());
            // A name and a password before an `@` would be read by everybody who reads the function.
            let host = host.filter(|host| !host.is_empty() && plain && !target.contains('@'));
            match host {
                None => conflict(
                    "target",
                    format!("`{target}` is no address"),
                    "write one such as `https://www.example.com/`, without a password, or leave it out: the network is asked then",
                ),
                Some(host)
                    if target.starts_with("https://") && host.to_ascii_lowercase().ends_with(".elb.amazonaws.com") =>
                {
                    conflict(
                        "target",
                        format!("`{host}` is a load balancer's own name: nobody but AWS can have a certificate for it"),
                        "write a name that the load balancer's certificate is for, or leave it out",
                    )
                }
                Some(_) => {}
            }
        }
        if let Schedule::At(moment) = &self.schedule {
            conflict(
                "schedule",
                format!("EventBridge's rules know no single moment, such as {moment}"),
                "write `cron(…)` or `rate(…)`",
            );
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    fn said_of(target: &str) -> String {
        let table = "[loadtest]";
        problems("prod", &[(table, &format!("{table}\ntarget = \"{target}\""))])
    }

    #[test]
    fn a_load_balancers_own_name_is_not_asked_over_https() {
        let said = said_of("https://shop-123.us-east-1.elb.amazonaws.com/");
        assert!(said.contains("nobody but AWS can have a certificate for it"), "{said}");
        for target in ["www.example.com", "https://", "https://a b/", "https://me:secret@example.com/"] {
            assert!(said_of(target).contains("is no address"), "{target}");
        }
    }

    #[test]
    fn it_comes_again_and_again() {
        let said = problems("prod", &[("\"cron(0 2 * * ? *)\"", "\"at(2027-01-01T00:00:00)\"")]);
        assert!(said.contains("know no single moment"), "{said}");
    }
}
