//! `[cdn]`: the names that the platform answers by, what is kept where, and how much one address may ask.

use std::collections::BTreeSet;

use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::written::Arn;

/// The content delivery network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cdn {
    /// From where in the world it answers: the more places, the dearer.
    pub places: Places,
    /// The names that it answers by beside its own, and the certificate for them. Without this table it has
    /// CloudFront's: `d111111abcdef8.cloudfront.net`.
    pub names: Option<Names>,
    /// Whether what never changes (`/static/*`) is in a bucket that only the network may read. Without one the load
    /// balancer is asked for it too.
    pub assets: bool,
    /// How many requests of one address are answered. Without this table, all of them.
    pub limits: Option<Limits>,
}

/// The names of one's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The names: `www.example.com`. The first is the one to call.
    #[schemars(length(min = 1))]
    pub aliases: Vec<String>,
    /// The certificate for all of them: of the Certificate Manager, and of us-east-1, wherever everything else is.
    #[schemars(regex(pattern = r"^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$"))]
    pub certificate: String,
}

/// From where in the world the network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Places {
    /// Europe and North America.
    EuropeAndNorthAmerica,
    /// All but South America, Australia and New Zealand.
    Most,
    /// Everywhere.
    All,
}

/// How many requests of one address are answered.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// To `/api/`, each second on average.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub api_per_second: u32,
    /// To `/auth`, where passwords are guessed, each second on average.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub auth_per_second: u32,
}

impl Cdn {
    /// Values that do not go together.
    pub(super) fn conflicts(&self, edge: &Edge) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let Some(Names { aliases, certificate }) = &self.names else { return conflicts };
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("cdn.names.{at}"), wrong, way_out: way_out.to_owned() });
        };
        if !Arn::of(certificate).is_some_and(|arn| arn.is_certificate_of("us-east-1")) {
            let wrong = format!("`{certificate}` is no certificate of us-east-1, and CloudFront takes no other");
            conflict("certificate", wrong, "write one of us-east-1: `arn:aws:acm:us-east-1:…:certificate/…`");
        }
        let mut seen = BTreeSet::new();
        for alias in aliases {
            if !seen.insert(alias) {
                conflict("aliases", format!("`{alias}` is there twice"), "name each once");
            }
            if edge.https.as_ref().is_some_and(|https| https.host == *alias) {
                let wrong = format!("`{alias}` leads to the load balancer, says `edge.https.host`, and not here");
                conflict("aliases", wrong, "give the load balancer a name of its own: `origin.example.com`");
            }
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    const NAMES: &str = r#"
[cdn.names]
aliases = ["www.example.com", "www.example.com"]
certificate = "arn:aws:acm:eu-west-1:333333333333:certificate/00000000-0000-0000-0000-000000000000"

[cdn.limits]"#;

    #[test]
    fn names_are_there_once_and_have_a_certificate_that_cloudfront_takes() {
        let said = problems("staging", &[("\n[cdn.limits]", NAMES)]);
        assert!(said.contains("is no certificate of us-east-1"), "{said}");
        assert!(said.contains("`www.example.com` is there twice"), "{said}");
    }

    #[test]
    fn a_name_leads_to_the_network_or_to_the_load_balancer() {
        let both = NAMES.replace("eu-west-1", "us-east-1").replace(r#", "www.example.com""#, "") + "\n";
        let edge = "[edge.https]\ncertificate = \"arn:aws:acm:us-east-1:111111111111:certificate/1\"\n\
                    host = \"www.example.com\"\n\n[cdn]";
        let said = problems("local", &[("\n[cdn.limits]", &both), ("[cdn]", edge)]);
        assert!(said.contains("leads to the load balancer"), "{said}");
    }
}
