//! `[edge]`: the load balancer that the outside calls.

use std::collections::BTreeMap;

use infra_aws::logs::Retention;
use infra_cli::environment::Conflict;
use infra_values::{Name, Region};
use schemars::JsonSchema;
use serde::Deserialize;

use super::written::{Arn, is_host};
use super::{Found, Service};

/// The load balancer that the outside calls.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The service that gets every request that no other one's paths are for.
    pub front: Name,
    /// Whom it answers.
    pub callers: Callers,
    /// Each request, written down in a bucket, and what became of it. Without this table none is.
    #[serde(default)]
    pub access_logs: Option<AccessLogs>,
    /// A firewall of its own, for those who do not come through the content delivery network. Without this table, none.
    #[serde(default)]
    pub firewall: Option<EdgeFirewall>,
    /// How it is called over HTTPS. Without this table it is called over HTTP alone.
    #[serde(default)]
    pub https: Option<Https>,
    /// For so many seconds a task that goes finishes what it has begun.
    #[schemars(range(max = 3600))]
    pub deregistration_seconds: u16,
}

/// Each request to the load balancer, written down.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLogs {
    /// For how many days.
    #[schemars(range(min = 1, max = 3650))]
    pub kept_days: u32,
}

/// What is looked for in each request to the load balancer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeFirewall {
    /// What becomes of a request that one of AWS's own groups of rules finds: known attackers, known attacks (Log4j among
    /// them), and what the common rules take for an attack. Five dollars a month, one more for each of the three groups, and 60
    /// cents for a million requests. With `callers = "cdn"` the network's own firewall has looked at each request already.
    pub managed_rules: Found,
    /// For how many days each request is kept that the firewall has looked at, without its `Authorization` and its
    /// cookies: `30`, or `"forever"`. Without it, none is written down.
    #[serde(default)]
    pub log_retention_in_days: Option<Retention>,
}

/// Whom the load balancer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Callers {
    /// Everybody: whoever knows its own name passes by the content delivery network and its limits.
    Everybody,
    /// Everybody still, and the content delivery network shows already what it will be asked for: the step between the
    /// other two for a platform that stands, since CloudFront takes minutes to know something everywhere.
    Announced,
    /// The content delivery network alone: its addresses, and of those only who shows a secret.
    Cdn,
}

/// How the load balancer is called over HTTPS.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// The certificate that it shows: `arn:aws:acm:…`, of the load balancer's own region.
    pub certificate: String,
    /// A name that leads to the load balancer and that the certificate is for. The load balancer's own name is not:
    /// nobody but AWS can have a certificate for it.
    pub host: String,
}

impl Edge {
    /// Values that do not go together.
    pub(super) fn conflicts(&self, services: &BTreeMap<Name, Service>, region: &Region) -> Vec<Conflict> {
        let Edge { front, callers: _, access_logs: _, firewall: _, https, deregistration_seconds: _ } = self;
        let mut conflicts = Vec::new();
        if !services.contains_key(front) {
            conflicts.push(Conflict {
                at: "edge.front".into(),
                wrong: format!("there is no service {front}"),
                way_out: "name one of the tables `[services.…]`".into(),
            });
        }
        if let Some(Https { certificate, host }) = https {
            if !Arn::of(certificate).is_some_and(|arn| arn.is_certificate_of(region.as_str())) {
                conflicts.push(Conflict {
                    at: "edge.https.certificate".into(),
                    wrong: format!("`{certificate}` is no certificate of {region}, where the load balancer is"),
                    way_out: format!("write its ARN: `arn:aws:acm:{region}:…:certificate/…`"),
                });
            }
            if !is_host(host) || host.to_ascii_lowercase().ends_with(".elb.amazonaws.com") {
                conflicts.push(Conflict {
                    at: "edge.https.host".into(),
                    wrong: format!("`{host}` is not a name that a certificate can be for"),
                    way_out: "write a name of your own that leads to the load balancer: `origin.example.com`".into(),
                });
            }
        }
        conflicts
    }
}
