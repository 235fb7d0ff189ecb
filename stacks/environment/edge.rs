//! `[edge]`: the load balancer that the outside calls.

use std::collections::BTreeMap;

use infra_cli::environment::Conflict;
use infra_values::Name;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Service;

/// The load balancer that the outside calls.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The service that gets every request that no other one's paths are for.
    pub front: Name,
    /// How it is called over HTTPS. Without this table it is called over HTTP alone.
    #[serde(default)]
    pub https: Option<Https>,
    /// For so many seconds a task that goes finishes what it has begun.
    #[schemars(range(max = 3600))]
    pub deregistration_seconds: u16,
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
    pub(super) fn conflicts(&self, services: &BTreeMap<Name, Service>) -> Vec<Conflict> {
        let Edge { front, https, deregistration_seconds: _ } = self;
        let mut conflicts = Vec::new();
        if !services.contains_key(front) {
            conflicts.push(Conflict {
                at: "edge.front".into(),
                wrong: format!("there is no service {front}"),
                way_out: "name one of the tables `[services.…]`".into(),
            });
        }
        if let Some(Https { certificate, host }) = https {
            if !certificate.starts_with("arn:") {
                conflicts.push(Conflict {
                    at: "edge.https.certificate".into(),
                    wrong: format!("`{certificate}` is not an ARN"),
                    way_out: "write the certificate's ARN: `arn:aws:acm:us-east-1:…:certificate/…`".into(),
                });
            }
            if !host.contains('.') || host.contains(['/', ':']) || host.ends_with(".elb.amazonaws.com") {
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
