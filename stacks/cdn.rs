//! The content delivery network: what the world calls, what it keeps, and whom it asks for the rest.
//!
//! Between it and the load balancer nothing can be read where the environment has a certificate for that
//! (`[edge.https]`): the load balancer is asked by the name that the certificate is for, over HTTPS alone. Without
//! one the load balancer speaks HTTP alone, and so it is asked over HTTP: viewers still have HTTPS as far as CloudFront.
//! Asked over HTTPS, a load balancer without a certificate would be a network that answers 502.

use std::collections::BTreeMap;

use infra_aws::cloudfront::{
    Behavior, Cache, Certificate, Cookies, Distribution, Headers, Methods, Origin, OriginAccessControl, OriginProtocol,
    OriginSource, OriginType, PathBehavior, PriceClass, QueryStrings, ResponseHeadersPolicy, SecurityHeaders, Signing,
    TlsFrom, Ttl, WebOrigin,
};
use infra_aws::elb::{LoadBalancer, ORIGIN_HEADER};
use infra_aws::iam::{Service, Statement};
use infra_aws::logs::{Class, Delivery, DeliveryDestination, DeliverySource, LogGroup, OutputFormat, Retention};
use infra_aws::s3::{Bucket, BucketPolicy};
use infra_aws::secretsmanager::{Secret, SecretValue};
use infra_aws::waf::{Answer, Inspection, RateRule, WebAcl, WebAclRule, Window};
use infra_engine::model::{Handle, Platform, Ref, Stack};

use crate::edge::Edge;
use crate::environment::{AccessLog, Environment, Firewall, Limits, Names, Places};
use crate::firewall;

/// What the stacks on top of the network build on.
pub struct Cdn {
    /// What the world calls.
    pub distribution: Handle<Distribution>,
    /// What never changes, where the environment keeps it in a bucket.
    pub assets: Option<Handle<Bucket>>,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// The paths of what never changes: each version of a file has a name of its own.
const STATIC: &str = "/static/*";
const ASSETS: &str = "assets";

/// Adds the network to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, edge: &Edge) -> Cdn {
    let mut stack = platform.stack("cdn");
    let cdn = &environment.cdn;

    let balancer = format!("ALB-{}", environment.project);
    let mut origins = vec![(balancer.clone(), balancer_origin(environment, edge))];
    let assets = cdn.assets.then(|| assets(&mut stack, environment));
    if let Some((_, origin)) = &assets {
        origins.push((ASSETS.to_owned(), origin.clone()));
    }

    let headers = stack.add(
        "headers",
        ResponseHeadersPolicy {
            name: environment.named("security-headers"),
            security: SecurityHeaders::strict(),
            headers: [].into(),
        },
    );
    let behavior =
        |origin: &str, cache| Behavior { response_headers: Some(headers.id()), ..Behavior::of(origin, cache) };
    let pages = Cache::forwarding(["Host", "Authorization"], Ttl { min: 0, default: 5 * MINUTE, max: DAY });
    let kept = match &assets {
        Some(_) => Behavior { methods: Methods::Read, ..behavior(ASSETS, kept_long()) },
        None => Behavior { methods: Methods::Read, ..behavior(&balancer, kept_long()) },
    };

    let wanted = cdn.limits.is_some() || cdn.firewall.is_some();
    let firewall = wanted.then(|| web_acl(&mut stack, environment));
    let distribution = stack.add(
        "distribution",
        Distribution {
            aliases: cdn.names.iter().flat_map(|names| names.aliases.iter().cloned()).collect(),
            certificate: certificate(cdn.names.as_ref()),
            origins: origins.into_iter().collect(),
            behaviors: vec![
                PathBehavior { path: "/api/*".into(), behavior: behavior(&balancer, Cache::nothing()) },
                PathBehavior { path: STATIC.into(), behavior: kept },
            ],
            root_object: "index.html".into(),
            price_class: match cdn.places {
                Places::EuropeAndNorthAmerica => PriceClass::Class100,
                Places::Most => PriceClass::Class200,
                Places::All => PriceClass::All,
            },
            web_acl: firewall.map(|firewall| firewall.output(WebAcl::ARN)),
            ..Distribution::of(format!("{} CDN", environment.project), behavior(&balancer, pages))
        },
    );
    if let Some((bucket, _)) = &assets {
        stack.add("assets-policy", only_read_by(&distribution, bucket));
    }
    if let Some(AccessLog { retention_in_days }) = cdn.access_logs {
        access_logs(&mut stack, environment, &distribution, retention_in_days);
    }
    platform.output("url", distribution.output(Distribution::URL));
    Cdn { distribution, assets: assets.map(|(bucket, _)| bucket) }
}

/// What is told of each request: all that CloudFront knows of it but its cookies, and what nobody uses here.
const RECORD_FIELDS: [&str; 29] = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "c-country",
];

/// Each request, written into a log group as JSON. Source and place are told by their names, which nothing else here has:
/// when all goes, what has the name of something is taken for what refers to it.
fn access_logs(
    stack: &mut Stack,
    environment: &Environment,
    distribution: &Handle<Distribution>,
    retention: Retention,
) {
    let logs = LogGroup {
        name: format!("/cdn/{}/access-logs", environment.project),
        class: Class::Standard,
        retention,
        key: None,
    };
    let logs = stack.add("access-logs", logs);
    let source = stack.add(
        "access-logs-source",
        DeliverySource {
            name: environment.named("cdn-access-logs"),
            resource_arn: distribution.output(Distribution::ARN).marked(),
            log_type: "ACCESS_LOGS".into(),
        },
    );
    let destination = stack.add(
        "access-logs-destination",
        DeliveryDestination {
            name: environment.named("cdn-access-logs-group"),
            destination_resource_arn: logs.output(LogGroup::ARN).marked(),
            output_format: OutputFormat::Json,
        },
    );
    stack.add(
        "access-logs-delivery",
        Delivery {
            delivery_source_name: source.id(),
            delivery_destination_arn: destination.output(DeliveryDestination::ARN),
            record_fields: RECORD_FIELDS.map(str::to_owned).into(),
            field_delimiter: None,
            s3_delivery_configuration: None,
        },
    );
}

/// The load balancer, and what it is shown.
fn balancer_origin(environment: &Environment, edge: &Edge) -> Origin {
    let shown = |key: &Handle<Secret>| {
        (ORIGIN_HEADER.to_owned(), SecretValue { secret: key.id(), version: key.output(Secret::VERSION) })
    };
    Origin { custom_headers: edge.key.iter().map(shown).collect(), ..called(environment, edge) }
}

/// The load balancer: by the name that its certificate is for and over TLS 1.2, or over HTTP where it has none.
fn called(environment: &Environment, edge: &Edge) -> Origin {
    match &environment.edge.https {
        Some(https) => Origin::web(Ref::known(&https.host)),
        None => {
            let origin = Origin::web(edge.balancer.output(LoadBalancer::DNS_NAME).marked());
            let OriginSource::Web(web) = origin.source else { return origin };
            let in_the_clear = WebOrigin { protocol: OriginProtocol::HttpOnly, ..web };
            Origin { source: OriginSource::Web(in_the_clear), ..origin }
        }
    }
}

/// A closed bucket, and how the network proves to it that it is the one who asks.
fn assets(stack: &mut Stack, environment: &Environment) -> (Handle<Bucket>, Origin) {
    // Names of buckets are unique in the world: the account's number makes this one so.
    let name = format!("{}-{}", environment.named(&format!("{}-assets", environment.name)), environment.account);
    let bucket = stack.add("assets", Bucket::closed(name)).protected_when(environment.protected);
    let access = stack.add(
        "assets-access",
        OriginAccessControl { name: environment.named("assets"), origin: OriginType::S3, signing: Signing::Always },
    );
    let origin = Origin::bucket(bucket.output(Bucket::DOMAIN).marked(), access.id());
    (bucket, origin)
}

/// What is in the bucket is read by this distribution, and by no other one of the world's.
fn only_read_by(distribution: &Handle<Distribution>, bucket: &Handle<Bucket>) -> BucketPolicy {
    let read = Statement::allow(["s3:GetObject"]).on([bucket.output(Bucket::OBJECTS)]).to(Service::CloudFront);
    let read = read.when("StringEquals", "AWS:SourceArn", [distribution.output(Distribution::ARN)]);
    BucketPolicy::over_tls(bucket, [read])
}

/// The origin sees nothing of who asks, so there is one answer for all of them.
fn kept_long() -> Cache {
    Cache::Here {
        headers: Headers::Only([].into()),
        cookies: Cookies::None,
        query: QueryStrings::None,
        ttl: Ttl { min: DAY, default: 30 * DAY, max: 365 * DAY },
    }
}

fn certificate(names: Option<&Names>) -> Certificate {
    match names {
        Some(names) => Certificate::Acm { certificate: Ref::known(&names.certificate), tls: TlsFrom::Tls12Of2021 },
        None => Certificate::CloudFront,
    }
}

/// Refuses an address that asks more than the environment allows, until it asks less, and what AWS's rules find.
fn web_acl(stack: &mut Stack, environment: &Environment) -> Handle<WebAcl> {
    let mut rules = environment.cdn.limits.map(limits).unwrap_or_default();
    if let Some(Firewall { managed_rules, .. }) = environment.cdn.firewall {
        rules.extend(firewall::managed(managed_rules));
    }
    let retention = environment.cdn.firewall.and_then(|firewall| firewall.log_retention_in_days);
    let logging_configuration = retention
        .map(|retention| firewall::logs(stack, format!("aws-waf-logs-{}-cdn", environment.project), retention));
    let acl = WebAcl::open(environment.named("cdn"), "How much one address may ask");
    stack.add("firewall", WebAcl { rules, logging_configuration, ..acl })
}

/// How much one address may ask.
fn limits(limits: Limits) -> BTreeMap<String, WebAclRule> {
    let Limits { api_per_second, auth_per_second } = limits;
    let at_most = |priority, per_second, path: &str| WebAclRule {
        priority,
        // WAF counts over windows. The shortest that it has: who asks too much is refused within a minute.
        inspection: Inspection::Rate(RateRule {
            requests: Window::OneMinute.at(per_second),
            window: Window::OneMinute,
            path: Some(path.to_owned()),
        }),
        answer: Answer::Block,
    };
    [("auth".to_owned(), at_most(0, auth_per_second, "/auth")), ("api".to_owned(), at_most(1, api_per_second, "/api/"))]
        .into()
}

#[cfg(test)]
mod tests {
    use infra_aws::waf::RedactedField;

    use super::*;
    use crate::environment::Https;
    use crate::testing::{environment, the};

    fn balancer(environment: &Environment) -> (String, OriginProtocol) {
        let cdn: Distribution = the(environment, "cdn.distribution");
        let origin = &cdn.origins[&format!("ALB-{}", environment.project)];
        let OriginSource::Web(web) = &origin.source else { panic!("a load balancer is no bucket") };
        (origin.domain.value(), web.protocol)
    }

    #[test]
    fn https_is_asked_only_where_somebody_answers_it() {
        let mut environment = environment("prod");
        environment.edge.https = Some(Https {
            certificate: "arn:aws:acm:us-east-1:333333333333:certificate/1".into(),
            host: "origin.example.com".into(),
        });
        assert_eq!(balancer(&environment), ("origin.example.com".into(), OriginProtocol::HttpsOnly));
        environment.edge.https = None;
        assert_eq!(balancer(&environment), ("edge.alb.dns_name".into(), OriginProtocol::HttpOnly));
    }

    #[test]
    fn what_never_changes_comes_from_a_bucket_or_from_the_services() {
        let kept_by = |name: &str| {
            let cdn: Distribution = the(&environment(name), "cdn.distribution");
            cdn.behaviors.into_iter().find(|path| path.path == STATIC).map(|path| path.behavior.origin)
        };
        assert_eq!(kept_by("prod").as_deref(), Some("assets"));
        assert_eq!(kept_by("dev").as_deref(), Some("ALB-django-microservices"));
    }

    #[test]
    fn limits_are_written_in_the_windows_of_waf() {
        let firewall: WebAcl = the(&environment("prod"), "cdn.firewall");
        let rates = firewall.rules.values().filter_map(|rule| match &rule.inspection {
            Inspection::Rate(rate) => Some((rate.path.clone().unwrap_or_default(), rate.requests, rate.window)),
            Inspection::Managed(_) => None,
        });
        assert_eq!(
            rates.collect::<Vec<_>>(),
            [("/api/".into(), 6000, Window::OneMinute), ("/auth".into(), 600, Window::OneMinute)]
        );
    }

    #[test]
    fn what_is_written_down_of_a_request_has_no_cookies() {
        let delivery: Delivery = the(&environment("prod"), "cdn.access-logs-delivery");
        assert!(delivery.record_fields.contains(&"c-ip".to_owned()), "{:?}", delivery.record_fields);
        assert!(!delivery.record_fields.iter().any(|field| field.to_lowercase().contains("cookie")));
        let source: DeliverySource = the(&environment("prod"), "cdn.access-logs-source");
        assert_eq!(source.resource_arn.value(), "cdn.distribution.arn");
    }

    #[test]
    fn what_the_firewall_looks_for_and_writes_down_is_the_environments_choice() {
        let groups = |environment: &Environment| -> Vec<(String, Answer)> {
            let firewall: WebAcl = the(environment, "cdn.firewall");
            let groups = firewall.rules.values().filter_map(|rule| match &rule.inspection {
                Inspection::Rate(_) => None,
                Inspection::Managed(group) => Some((group.name.clone(), rule.answer)),
            });
            groups.collect()
        };
        let mut prod = environment("prod");
        let known = [
            "AWSManagedRulesCommonRuleSet",
            "AWSManagedRulesKnownBadInputsRuleSet",
            "AWSManagedRulesAmazonIpReputationList",
        ];
        assert_eq!(groups(&prod), known.map(|name| (name.to_owned(), Answer::Block)));
        let logs = the::<WebAcl>(&prod, "cdn.firewall").logging_configuration.unwrap();
        assert_eq!(logs.log_destination.value(), "cdn.firewall-logs.arn");
        let redacted = ["authorization", "cookie"].map(|name| RedactedField::SingleHeader(name.into()));
        assert_eq!(logs.redacted_fields, redacted.into());
        prod.cdn.firewall = None;
        assert_eq!(groups(&prod), []);
        assert_eq!(the::<WebAcl>(&prod, "cdn.firewall").logging_configuration, None);
    }
}
