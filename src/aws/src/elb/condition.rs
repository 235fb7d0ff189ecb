//! Which requests a rule is for.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderConditionConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig, PathPatternConditionConfig,
    QueryStringConditionConfig, QueryStringKeyValuePair, RuleCondition as Live, SourceIpConditionConfig,
};
use infra_engine::check::Violation;
use infra_engine::model::{Ref, Secret as Hidden};
use infra_values::Cidr;
use serde::{Deserialize, Serialize};

use crate::secretsmanager::{Note, SecretArn, SecretValue, SecretVersion};

/// Which requests a rule is for. All conditions of a rule must hold; of the values of one, any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The path, with `*` for any characters and `?` for one.
    Path(BTreeSet<String>),
    /// The host that is asked for, with `*` and `?`, in any case of letters.
    Host(BTreeSet<String>),
    /// The method: `GET`.
    Method(BTreeSet<String>),
    /// Where the client is.
    Source(BTreeSet<Cidr>),
    /// A header, with `*` and `?`.
    Header {
        /// Its name.
        name: String,
        /// Its values.
        values: BTreeSet<String>,
    },
    /// A header whose value is a secret's: who does not know it is none of those that the rule is for. Headers called
    /// `X-Origin-Verify` are never shown with their values; of others, those that this program has written.
    SecretHeader {
        /// Its name.
        name: String,
        /// The secret, generated of letters and digits: `*` and `?` would fit anything.
        secret: Ref<SecretArn>,
        /// Its version that is to be used.
        version: Ref<SecretVersion>,
        /// The one before, which is right as well: who sends it is told the new one after this rule.
        before: Ref<SecretVersion>,
    },
    /// A part of the query, with `*` and `?`.
    Query(BTreeSet<Parameter>),
    /// Something that this program does not write, by AWS's name for it. Only ever read: a definition cannot ask for it.
    Foreign(String),
}

/// A part of a query: `version=2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name; without one any name will do.
    pub name: Option<String>,
    /// Its value.
    pub value: String,
}

impl Condition {
    /// Any of these paths: `Condition::path(["/users", "/users/*"])`.
    pub fn path<T: Into<String>>(paths: impl IntoIterator<Item = T>) -> Condition {
        Condition::Path(paths.into_iter().map(Into::into).collect())
    }

    /// Any of these hosts.
    pub fn host<T: Into<String>>(hosts: impl IntoIterator<Item = T>) -> Condition {
        Condition::Host(hosts.into_iter().map(Into::into).collect())
    }

    /// AWS's name for what is looked at.
    fn field(&self) -> &str {
        match self {
            Condition::Path(_) => "path-pattern",
            Condition::Host(_) => "host-header",
            Condition::Method(_) => "http-request-method",
            Condition::Source(_) => "source-ip",
            Condition::Header { .. } | Condition::SecretHeader { .. } => "http-header",
            Condition::Query(_) => "query-string",
            Condition::Foreign(field) => field,
        }
    }

    /// The secret whose values it is about, and their versions.
    pub(super) fn secret(&self) -> Option<(String, Vec<String>)> {
        match self {
            Condition::SecretHeader { secret, version, before, .. } => {
                Some((secret.value(), vec![version.value(), before.value()]))
            }
            _ => None,
        }
    }

    /// The condition as AWS takes it, with the values of its secret.
    pub(super) fn written(&self, values: &[Hidden]) -> Live {
        let list = |values: &BTreeSet<String>| Some(values.iter().cloned().collect());
        let live = Live::builder().field(self.field());
        match self {
            Condition::Path(paths) => {
                live.path_pattern_config(PathPatternConditionConfig::builder().set_values(list(paths)).build())
            }
            Condition::Host(hosts) => {
                live.host_header_config(HostHeaderConditionConfig::builder().set_values(list(hosts)).build())
            }
            Condition::Method(methods) => {
                let config = HttpRequestMethodConditionConfig::builder().set_values(list(methods));
                live.http_request_method_config(config.build())
            }
            Condition::Source(ranges) => {
                let ranges = ranges.iter().map(ToString::to_string).collect();
                live.source_ip_config(SourceIpConditionConfig::builder().set_values(Some(ranges)).build())
            }
            Condition::Header { name, values } => {
                let config = HttpHeaderConditionConfig::builder().http_header_name(name).set_values(list(values));
                live.http_header_config(config.build())
            }
            Condition::SecretHeader { name, .. } => {
                let values: BTreeSet<String> = values.iter().map(|value| value.expose().to_owned()).collect();
                let config = HttpHeaderConditionConfig::builder().http_header_name(name).set_values(list(&values));
                live.http_header_config(config.build())
            }
            Condition::Query(parameters) => {
                let pair = |Parameter { name, value }: &Parameter| {
                    QueryStringKeyValuePair::builder().set_key(name.clone()).value(value).build()
                };
                let pairs = parameters.iter().map(pair).collect();
                live.query_string_config(QueryStringConditionConfig::builder().set_values(Some(pairs)).build())
            }
            Condition::Foreign(_) => live,
        }
        .build()
    }

    /// The condition that would have produced a live one. Older answers have the values of paths and hosts apart. What
    /// was noted of a secret's value says under which name it is wanted.
    pub(super) fn of(live: &Live, noted: Option<&(String, Note)>) -> Condition {
        let set = |values: &[String]| values.iter().cloned().collect::<BTreeSet<String>>();
        let apart = || set(live.values());
        let field = live.field().unwrap_or_default();
        let understood = match field {
            // Regular expressions are another matter.
            _ if !live.regex_values().is_empty() => None,
            "path-pattern" => {
                Some(Condition::Path(live.path_pattern_config().map_or_else(apart, |of| set(of.values()))))
            }
            "host-header" => Some(Condition::Host(live.host_header_config().map_or_else(apart, |of| set(of.values())))),
            "http-request-method" => {
                let methods = live.http_request_method_config().map_or_else(apart, |of| set(of.values()));
                Some(Condition::Method(methods))
            }
            "source-ip" => {
                let ranges = live.source_ip_config().map_or_else(apart, |of| set(of.values()));
                let ranges: Option<BTreeSet<Cidr>> = ranges.iter().map(|range| range.parse().ok()).collect();
                ranges.map(Condition::Source)
            }
            "http-header" => live.http_header_config().map(|config| {
                let name = config.http_header_name().unwrap_or_default().to_owned();
                let noted = noted.filter(|(noted, _)| name.eq_ignore_ascii_case(noted));
                if noted.is_none() && !name.eq_ignore_ascii_case(ORIGIN_HEADER) {
                    return Condition::Header { name, values: set(config.values()) };
                }
                let live: Vec<&str> = config.values().iter().map(String::as_str).collect();
                let [newest, before] = Note::told(noted.map(|(_, note)| note), &live, 2)
                    .try_into()
                    .unwrap_or([SecretValue::from_elsewhere(), SecretValue::from_elsewhere()]);
                Condition::SecretHeader { name, secret: newest.secret, version: newest.version, before: before.version }
            }),
            "query-string" => live.query_string_config().map(|config| {
                let parameter = |pair: &QueryStringKeyValuePair| Parameter {
                    name: pair.key().map(str::to_owned),
                    value: pair.value().unwrap_or_default().to_owned(),
                };
                Condition::Query(config.values().iter().map(parameter).collect())
            }),
            _ => None,
        };
        understood.unwrap_or_else(|| Condition::Foreign(field.to_owned()))
    }

    /// Its values, as texts.
    fn values(&self) -> Vec<String> {
        match self {
            Condition::Path(values) | Condition::Host(values) | Condition::Method(values) => {
                values.iter().cloned().collect()
            }
            Condition::Header { values, .. } => values.iter().cloned().collect(),
            // How long they are is the secret's business.
            Condition::SecretHeader { .. } => vec!["newest".to_owned(), "before".to_owned()],
            Condition::Source(ranges) => ranges.iter().map(ToString::to_string).collect(),
            Condition::Query(parameters) => parameters.iter().map(|parameter| parameter.value.clone()).collect(),
            Condition::Foreign(_) => Vec::new(),
        }
    }
}

/// The header by which a load balancer knows that a request has come through the network in front of it.
pub const ORIGIN_HEADER: &str = "X-Origin-Verify";

/// V32: what is wrong with the conditions of a rule.
pub(super) fn fit(conditions: &BTreeSet<Condition>) -> Vec<Violation> {
    const ONCE: &[&str] = &["path-pattern", "host-header", "http-request-method", "source-ip"];
    let mut violations = Vec::new();
    let mut wrong = |wrong: String, way_out| violations.push(Violation::of("conditions", conditions, wrong, way_out));
    let values: Vec<String> = conditions.iter().flat_map(Condition::values).collect();
    if conditions.is_empty() || conditions.iter().any(|condition| condition.values().is_empty()) {
        wrong("there is none, or one without values".to_owned(), "say which requests it is for");
    }
    let mut seen = BTreeSet::new();
    for condition in conditions {
        let field = condition.field();
        if ONCE.contains(&field) && !seen.insert(field) {
            wrong(format!("there are two for `{field}`"), "put their values into one");
        }
        if let Condition::Header { name, .. } | Condition::SecretHeader { name, .. } = condition
            && (name.is_empty() || name.len() > 40 || name.eq_ignore_ascii_case("host"))
        {
            wrong(format!("`{name}` is no header that can be looked at"), "name another, or write `Condition::Host`");
        }
        if let Condition::Foreign(field) = condition {
            wrong(format!("`{field}` is nothing that this program writes"), "look at something else");
        }
    }
    if conditions.iter().filter(|condition| condition.secret().is_some()).count() > 1 {
        wrong("two of them are about secrets".to_owned(), "keep one");
    }
    if values.len() > 5 {
        wrong(format!("they have {} values", values.len()), "write at most five, and a second rule for more");
    }
    if values.iter().map(|value| value.matches(['*', '?']).count()).sum::<usize>() > 5 {
        wrong("they have more than five `*` and `?`".to_owned(), "use fewer, or a second rule");
    }
    if let Some(long) = values.iter().find(|value| value.len() > 128) {
        wrong(format!("`{long}` is longer than 128 characters"), "shorten it with `*`");
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_survives_the_way_and_back() {
        let values = || BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let parameter = |name: Option<&str>| Parameter { name: name.map(str::to_owned), value: "2".into() };
        for condition in [
            Condition::path(["/users", "/users/*"]),
            Condition::host(["*.example.com"]),
            Condition::Method(values()),
            Condition::Source(["10.0.0.0/8".parse().unwrap()].into()),
            Condition::Header { name: "X-Shop".into(), values: values() },
            Condition::Query([parameter(Some("version")), parameter(None)].into()),
        ] {
            assert_eq!(Condition::of(&condition.written(&[]), None), condition);
            let document = serde_json::to_value(&condition).unwrap();
            assert_eq!(serde_json::from_value::<Condition>(document).unwrap(), condition);
        }
    }

    #[test]
    fn values_that_stand_apart_are_the_same() {
        let live = Live::builder().field("path-pattern").values("/users/*").build();
        assert_eq!(Condition::of(&live, None), Condition::path(["/users/*"]));
    }

    #[test]
    fn what_this_program_does_not_write_is_seen() {
        let live = Live::builder().field("path-pattern").regex_values("^/a").build();
        assert_eq!(Condition::of(&live, None), Condition::Foreign("path-pattern".into()));
    }

    #[test]
    fn a_secret_header_is_read_by_its_note_and_its_value_is_never_told() {
        let versions = ["v2".to_owned(), "v1".to_owned()];
        let values = ["planted-canary", "planted-before"].map(Hidden::new);
        let header = |secret: &str, version: &str, before: &str| Condition::SecretHeader {
            name: ORIGIN_HEADER.into(),
            secret: Ref::known(secret),
            version: Ref::known(version),
            before: Ref::known(before),
        };
        let condition = header("arn", "v2", "v1");
        let (live, note) = (condition.written(&values), Note::of("arn", &versions, &values));
        let noted = (ORIGIN_HEADER.to_lowercase(), note);
        assert_eq!(Condition::of(&live, Some(&noted)), condition);
        assert_eq!(live.http_header_config().unwrap().values().len(), 2);
        // Somebody has put another value there, or has taken the note away.
        let other = condition.written(&["planted-other"].map(Hidden::new));
        for (live, noted) in [(&other, Some(&noted)), (&live, None)] {
            let told = Condition::of(live, noted);
            assert_ne!(told, condition);
            assert!(!format!("{told:?}").contains("planted"), "{told:?}");
        }
    }

    #[test]
    fn v32_conditions() {
        let count = |conditions: &[Condition]| fit(&conditions.iter().cloned().collect()).len();
        assert_eq!(count(&[Condition::path(["/users/*"]), Condition::host(["example.com"])]), 0);
        assert_eq!(count(&[]), 1);
        assert_eq!(count(&[Condition::path(Vec::<String>::new())]), 1);
        assert_eq!(count(&[Condition::path(["/a"]), Condition::path(["/b"])]), 1);
        assert_eq!(count(&[Condition::path(["/1", "/2", "/3", "/4", "/5"])]), 0);
        assert_eq!(count(&[Condition::path(["/1", "/2", "/3", "/4", "/5", "/6"])]), 1);
        assert_eq!(count(&[Condition::path(["/*/*/*/*/*/*"])]), 1);
        assert_eq!(count(&[Condition::path([format!("/{}", "x".repeat(128))])]), 1);
        let header = |name: &str| Condition::Header { name: name.into(), values: ["a".into()].into() };
        assert_eq!((count(&[header("Host")]), count(&[header("X-Shop")])), (1, 0));
        let secret = |name: &str| Condition::SecretHeader {
            name: name.into(),
            secret: Ref::known("arn"),
            version: Ref::known("v1"),
            before: Ref::known("v1"),
        };
        assert_eq!(count(&[secret("X-One"), Condition::path(["/1", "/2", "/3"])]), 0);
        assert_eq!(count(&[secret("X-One"), Condition::path(["/1", "/2", "/3", "/4"])]), 1);
        assert_eq!(count(&[secret("X-One"), secret("X-Two")]), 1);
        assert_eq!(count(&[Condition::Foreign("new".into())]), 2);
    }
}
