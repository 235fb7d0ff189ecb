//! `[cdn]`: the names that the platform answers by, what is kept where, and how much one address may ask.

use std::collections::BTreeSet;

use infra_aws::logs::Retention;
use infra_cli::environment::Conflict;
use infra_values::Region;
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
    /// What is looked for in each request, and where it is written down. Without this table, nothing is.
    #[serde(default)]
    pub firewall: Option<Firewall>,
    /// Each request, written down in a log group without its cookies. Without this table none is. Only where the region is
    /// us-east-1.
    #[serde(default)]
    pub access_logs: Option<AccessLog>,
    /// The oldest TLS that it speaks with viewers. With a certificate of one's own it is TLS 1.2, without one TLS 1.0,
    /// whatever one would like: a protected environment without one says that it knows.
    #[serde(default)]
    pub minimum_protocol_version: Option<OldestTls>,
}

/// Each request, written down.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLog {
    /// For how many days it is kept: `30`, or `"forever"`.
    pub retention_in_days: Retention,
}

/// The oldest TLS that is spoken with viewers, as AWS calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum OldestTls {
    /// TLS 1.0: what CloudFront's own certificate comes with.
    #[serde(rename = "TLSv1")]
    Tls10,
    /// TLS 1.2.
    #[serde(rename = "TLSv1.2_2021")]
    Tls12,
}

/// What is looked for in each request.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Firewall {
    /// What becomes of a request that one of AWS's own groups of rules finds: known attackers, known attacks (Log4j among
    /// them), and what the common rules hold for an attack.
    pub managed_rules: Found,
    /// For how many days each request is kept that the firewall has looked at, without its `Authorization` and its
    /// cookies: `30`, or `"forever"`. Without it, none is written down. Only where the region is us-east-1.
    #[serde(default)]
    pub log_retention_in_days: Option<Retention>,
}

/// What becomes of a request that a group of rules finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It is refused.
    Block,
    /// It is counted, and answered: to see what would be refused.
    Count,
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
    pub(super) fn conflicts(&self, edge: &Edge, region: &Region, protected: bool) -> Vec<Conflict> {
        let mut conflicts: Vec<Conflict> = self.tls_conflict(protected).into_iter().collect();
        let logs = [
            ("firewall.log_retention_in_days", self.firewall.and_then(|firewall| firewall.log_retention_in_days)),
            ("access_logs", self.access_logs.map(|logs| logs.retention_in_days)),
        ];
        for (at, _) in logs.iter().filter(|(_, kept)| kept.is_some() && region.as_str() != "us-east-1") {
            conflicts.push(Conflict {
                at: format!("cdn.{at}"),
                wrong: format!("a CDN writes into log groups of us-east-1 alone, and this is {region}"),
                way_out: "leave it out".into(),
            });
        }
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

impl Cdn {
    /// The certificate decides which TLS is spoken: what is said of it must be so, and known where it matters.
    fn tls_conflict(&self, protected: bool) -> Option<Conflict> {
        let conflict = |wrong: &str, way_out: &str| {
            let (wrong, way_out) = (wrong.to_owned(), way_out.to_owned());
            Some(Conflict { at: "cdn.minimum_protocol_version".into(), wrong, way_out })
        };
        match (&self.names, self.minimum_protocol_version) {
            (None, Some(OldestTls::Tls12)) => conflict(
                "with CloudFront's own certificate viewers may speak TLS 1.0, and nothing can be said against it",
                "give it a name and a certificate of your own, `[cdn.names]`",
            ),
            (None, None) if protected => conflict(
                "it is not said that viewers may speak TLS 1.0, as they may with CloudFront's own certificate",
                "give it a name and a certificate of your own, `[cdn.names]`, or write \
                 `minimum_protocol_version = \"TLSv1\"`",
            ),
            (Some(_), Some(OldestTls::Tls10)) => {
                conflict("with a certificate of one's own it is TLS 1.2", "leave it out")
            }
            _ => None,
        }
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
    fn the_firewall_writes_where_waf_can() {
        let moved = [("us-east-1", "eu-west-1")];
        let said = problems("local", &moved);
        assert_eq!(said.matches("log groups of us-east-1 alone, and this is eu-west-1").count(), 2, "{said}");
    }

    #[test]
    fn a_protected_environment_knows_that_viewers_may_speak_old_tls() {
        let prod = |minimum: &str| problems("prod", &[("minimum_protocol_version = \"TLSv1\"", minimum)]);
        let said = prod("");
        assert!(said.contains("it is not said that viewers may speak TLS 1.0"), "{said}");
        let said = prod("minimum_protocol_version = \"TLSv1.2_2021\"");
        assert!(said.contains("nothing can be said against it"), "{said}");
        let named = NAMES.replace("eu-west-1", "us-east-1").replace(r#", "www.example.com""#, "") + "\n";
        let said = problems("prod", &[("\n[cdn.limits]", &named)]);
        assert!(said.contains("with a certificate of one's own it is TLS 1.2"), "{said}");
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
