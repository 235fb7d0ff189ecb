//! What CloudFront would refuse of a distribution.

use std::collections::BTreeSet;

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::{
    Behavior, Cache, CachedMethods, Certificate, Countries, Distribution, Methods, OriginProtocol, OriginSource,
};
use crate::elb::{Listener, LoadBalancer, Serves};
use crate::waf::{Scope, WebAcl};

const SOURCE: &str = "CloudFront API model and Developer Guide: DistributionConfig";

pub(super) static ALL: &[Rule<Distribution>] = &[
    Rule {
        code: "V78",
        says: "an answer is kept for no less than at least and no more than at most",
        source: "CloudFront API model: InvalidTTLOrder",
        severity: Severity::Error,
        check: times_are_in_order,
    },
    Rule {
        code: "V79",
        says: "each behavior names one of the origins, and each path is there once",
        source: SOURCE,
        severity: Severity::Error,
        check: origins_are_there,
    },
    Rule {
        code: "V81",
        says: "only answers to methods that are allowed can be kept",
        source: SOURCE,
        severity: Severity::Error,
        check: kept_methods_are_allowed,
    },
    Rule {
        code: "V82",
        says: "access to a website of S3 cannot be signed: an origin with access control is the bucket itself",
        source: "CloudFront Developer Guide: restrict access to an Amazon S3 origin",
        severity: Severity::Error,
        check: signed_origins_can_be,
    },
    Rule {
        code: "V83",
        says: "an origin is tried 1 to 3 times for 1 to 10 seconds, and answers within 1 to 120; idle connections are \
               kept for 1 to 120",
        source: "CloudFront API model: Origin, CustomOriginConfig",
        severity: Severity::Error,
        check: patience_fits,
    },
    Rule {
        code: "V84",
        says: "aliases are domain names, and need a certificate of us-east-1 that is not CloudFront's own",
        source: SOURCE,
        severity: Severity::Error,
        check: aliases_have_a_certificate,
    },
    Rule {
        code: "V86",
        says: "a comment has at most 128 characters; what is answered for `/` has at most 255 and no leading `/`",
        source: SOURCE,
        severity: Severity::Error,
        check: texts_fit,
    },
    Rule {
        code: "V88",
        says: "countries are written with two capital letters, and a restriction names some",
        source: "CloudFront Developer Guide: geographic restrictions (not seen live)",
        severity: Severity::Warning,
        check: countries_are_some,
    },
    Rule {
        code: "V91",
        says: "the firewall of a distribution is a web ACL of the scope CLOUDFRONT, in us-east-1",
        source: "CloudFront API model: WebACLId",
        severity: Severity::Error,
        check: firewall_is_global,
    },
    Rule {
        code: "V224",
        says: "a load balancer that is spoken with over HTTPS has a listener for HTTPS at that port",
        source: "CloudFront Developer Guide: HTTP 502, SSL/TLS negotiation failure between CloudFront and a custom origin",
        severity: Severity::Error,
        check: balancers_speak_https,
    },
];

fn behaviors(cdn: &Distribution) -> impl Iterator<Item = (&str, &Behavior)> {
    let paths = cdn.behaviors.iter().map(|path| (path.path.as_str(), &path.behavior));
    [("*", &cdn.default_behavior)].into_iter().chain(paths)
}

fn field(path: &str) -> &'static str {
    if path == "*" { "default_behavior" } else { "behaviors" }
}

fn times_are_in_order(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let disordered = behaviors(cdn).filter_map(|(path, behavior)| match &behavior.cache {
        Cache::Here { ttl, .. } if ttl.min > ttl.default || ttl.default > ttl.max => Some((path, ttl)),
        _ => None,
    });
    disordered
        .map(|(path, ttl)| {
            let wrong = format!("for `{path}` it is {} ≤ {} ≤ {}", ttl.min, ttl.default, ttl.max);
            Violation::of(field(path), ttl, wrong, "write `min` ≤ `default` ≤ `max`")
        })
        .collect()
}

fn origins_are_there(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if cdn.origins.is_empty() {
        violations.push(Violation::of("origins", (), "there is no origin", "add one: `Origin::web(…)`"));
    }
    for (path, behavior) in behaviors(cdn).filter(|(_, behavior)| !cdn.origins.contains_key(&behavior.origin)) {
        let origins: Vec<&str> = cdn.origins.keys().map(String::as_str).collect();
        let way_out = format!("name one of them: {}", origins.join(", "));
        let wrong = format!("for `{path}` it names the origin `{}`, which there is not", behavior.origin);
        violations.push(Violation::of(field(path), &behavior.origin, wrong, way_out));
    }
    let mut seen = BTreeSet::from(["*"]);
    for path in cdn.behaviors.iter().map(|path| path.path.as_str()) {
        let wrong = match () {
            () if path.is_empty() => "a path is empty".to_owned(),
            () if path == "*" => "`*` is what the default behavior is for".to_owned(),
            () if !seen.insert(path) => format!("the path `{path}` is there twice"),
            () => continue,
        };
        violations.push(Violation::of("behaviors", path, wrong, "write another path, or remove it"));
    }
    violations
}

fn kept_methods_are_allowed(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let unknown = behaviors(cdn).filter(|(_, behavior)| {
        behavior.cached_methods == CachedMethods::ReadAndOptions && behavior.methods == Methods::Read
    });
    unknown
        .map(|(path, behavior)| {
            let wrong = format!("for `{path}` answers to OPTIONS are kept, and OPTIONS is not allowed");
            let way_out = "write `methods: Methods::ReadAndOptions`, or `cached_methods: CachedMethods::Read`";
            Violation::of(field(path), behavior.cached_methods, wrong, way_out)
        })
        .collect()
}

fn signed_origins_can_be(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, origin) in &cdn.origins {
        let domain = origin.domain.value();
        let website = domain.contains(".s3-website");
        if website && (origin.access.is_some() || origin.source == OriginSource::Bucket) {
            let wrong = format!("the origin `{name}` is a website of S3");
            let way_out = "refer to the bucket's own domain (`Bucket::DOMAIN`), or use `Origin::web` without access";
            violations.push(Violation::of("origins", domain, wrong, way_out));
        }
    }
    violations
}

fn patience_fits(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, origin) in &cdn.origins {
        let mut outside = |what: &str, value: u32, most: u32| {
            if !(1..=most).contains(&value) {
                let wrong = format!("the origin `{name}` has {value} for `{what}`");
                violations.push(Violation::of("origins", value, wrong, format!("write 1 to {most}")));
            }
        };
        outside("attempts", origin.attempts, 3);
        outside("connect_timeout", origin.connect_timeout, 10);
        if let OriginSource::Web(web) = &origin.source {
            outside("read_timeout", web.read_timeout, 120);
            outside("keep_alive", web.keep_alive, 120);
            if web.tls.is_empty() {
                let way_out = "write `TlsVersion::Tls12`";
                let wrong = format!("the origin `{name}` may speak no version of TLS");
                violations.push(Violation::of("origins", name, wrong, way_out));
            }
        }
    }
    violations
}

fn aliases_have_a_certificate(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !cdn.aliases.is_empty() && cdn.certificate == Certificate::CloudFront {
        let wrong = "CloudFront's own certificate does not fit them";
        let way_out = "give a certificate that fits: `Certificate::Acm { … }`, or leave the aliases out";
        violations.push(Violation::of("aliases", &cdn.aliases, wrong, way_out));
    }
    if let Certificate::Acm { certificate, .. } = &cdn.certificate {
        let arn = certificate.value();
        let elsewhere = arn.starts_with("arn:aws:") && !arn.starts_with("arn:aws:acm:us-east-1:");
        if elsewhere {
            let wrong = "it is not a certificate of us-east-1";
            violations.push(Violation::of("certificate", arn, wrong, "request or import it in us-east-1"));
        }
    }
    for alias in cdn.aliases.iter().filter(|alias| !is_domain(alias)) {
        let way_out = "write a domain name: `www.example.com`, or `*.example.com`";
        violations.push(Violation::of("aliases", alias, format!("`{alias}` is not a domain name"), way_out));
    }
    violations
}

/// True for a domain name, of which the leftmost label may be `*`.
fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let rest = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && rest.contains('.') && rest.split('.').all(label)
}

fn texts_fit(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if cdn.comment.chars().count() > 128 {
        let wrong = format!("it has {} characters", cdn.comment.chars().count());
        violations.push(Violation::of("comment", &cdn.comment, wrong, "write at most 128"));
    }
    let root = &cdn.root_object;
    if root.starts_with('/') {
        violations.push(Violation::of("root_object", root, "it starts with `/`", "write it without"));
    }
    if root.len() > 255 {
        let wrong = format!("it has {} characters", root.len());
        violations.push(Violation::of("root_object", root, wrong, "write at most 255"));
    }
    violations
}

fn countries_are_some(cdn: &Distribution, _: &Surroundings<'_>) -> Vec<Violation> {
    let (Countries::Only(countries) | Countries::Except(countries)) = &cdn.countries else { return Vec::new() };
    let mut violations = Vec::new();
    if countries.is_empty() {
        let way_out = "name some, or write `Countries::Everywhere`";
        violations.push(Violation::of("countries", &cdn.countries, "it names none", way_out));
    }
    let two_letters = |country: &String| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    for country in countries.iter().filter(|country| !two_letters(country)) {
        let wrong = format!("`{country}` is not how a country is written");
        violations.push(Violation::of("countries", country, wrong, "write two capital letters: `DE`"));
    }
    violations
}

fn firewall_is_global(cdn: &Distribution, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(acl) = &cdn.web_acl else { return Vec::new() };
    let arn = acl.value();
    let defined = around.all::<WebAcl>().find(|(address, _)| format!("{address}.{}", WebAcl::ARN.name) == arn);
    let regional = match defined {
        Some((_, acl)) => acl.scope == Scope::Regional,
        None => arn.starts_with("arn:") && (!arn.contains(":us-east-1:") || !arn.contains(":global/webacl/")),
    };
    if !regional {
        return Vec::new();
    }
    let way_out = "refer to a web ACL with `scope: Scope::Cloudfront`";
    vec![Violation::of("web_acl", arn, "it is of another scope", way_out)]
}

/// A load balancer of this program, by the name that AWS gives it, must listen where it is called.
fn balancers_speak_https(cdn: &Distribution, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, origin) in &cdn.origins {
        let OriginSource::Web(web) = &origin.source else { continue };
        let domain = origin.domain.value();
        let mut balancers = around.all::<LoadBalancer>();
        let is_it = |address: &dyn std::fmt::Display| format!("{address}.{}", LoadBalancer::DNS_NAME.name) == domain;
        let Some((balancer, _)) = balancers.find(|(address, _)| is_it(address)) else { continue };
        let listens = |listener: &Listener| {
            listener.load_balancer.value() == format!("{balancer}.id")
                && listener.port == web.https_port
                && matches!(listener.serves, Serves::Https { .. })
        };
        if web.protocol == OriginProtocol::HttpOnly || around.all::<Listener>().any(|(_, listener)| listens(listener)) {
            continue;
        }
        let port = web.https_port;
        let wrong =
            format!("the origin `{name}` is called over HTTPS at {port}, where {balancer} has no such listener");
        let way_out = "give the load balancer one (`Serves::Https`), or call it with `OriginProtocol::HttpOnly`";
        violations.push(Violation::of("origins", domain, wrong, way_out));
    }
    violations
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Address, Platform, Ref};

    use super::*;
    use crate::cloudfront::{Origin, PathBehavior, TlsFrom, Ttl};
    use crate::elb::{Action, AddressFamily, Desync, Scheme, TlsPolicy};

    fn codes(change: impl FnOnce(&mut Distribution)) -> Vec<&'static str> {
        let behavior = Behavior::of("web", Cache::nothing());
        let mut cdn = Distribution::of("The shop", behavior);
        cdn.origins.insert("web".into(), Origin::web(Ref::known("lb.example.com")));
        change(&mut cdn);
        let address = Address::new("cdn", "main").unwrap();
        let around = Surroundings::new(&[], &address);
        ALL.iter().flat_map(|rule| rule.violations(&cdn, &around)).map(|violation| violation.code).collect()
    }

    fn path(path: &str) -> PathBehavior {
        PathBehavior { path: path.into(), behavior: Behavior::of("web", Cache::nothing()) }
    }

    #[test]
    fn v78_times_are_in_order() {
        let kept = |min, default, max| {
            codes(|cdn| cdn.default_behavior.cache = Cache::forwarding(["Host"], Ttl { min, default, max }))
        };
        assert_eq!((kept(0, 300, 86_400), kept(0, 0, 0)), (vec![], vec![]));
        assert_eq!((kept(1, 0, 0), kept(0, 2, 1)), (vec!["V78"], vec!["V78"]));
    }

    #[test]
    fn v79_origins_and_paths_are_there_once() {
        assert_eq!(codes(|cdn| cdn.behaviors = vec![path("/api/*"), path("/static/*")]), [""; 0]);
        assert_eq!(codes(|cdn| cdn.behaviors = vec![path("/api/*"), path("/api/*")]), ["V79"]);
        assert_eq!(codes(|cdn| cdn.behaviors = vec![path("*")]), ["V79"]);
        assert_eq!(codes(|cdn| cdn.default_behavior.origin = "wep".into()), ["V79"]);
        assert_eq!(codes(|cdn| cdn.origins.clear()), ["V79", "V79"]);
    }

    #[test]
    fn v81_only_allowed_methods_are_kept() {
        let options = |methods| {
            codes(|cdn| {
                cdn.default_behavior.methods = methods;
                cdn.default_behavior.cached_methods = CachedMethods::ReadAndOptions;
            })
        };
        assert_eq!((options(Methods::All), options(Methods::Read)), (vec![], vec!["V81"]));
    }

    #[test]
    fn v82_a_website_is_not_signed() {
        let origin = |domain: &str| {
            let origin = Origin::bucket(Ref::known(domain), Ref::known("E1"));
            codes(|cdn| drop(cdn.origins.insert("web".into(), origin)))
        };
        assert_eq!(origin("shop.s3.eu-central-1.amazonaws.com"), [""; 0]);
        assert_eq!(origin("shop.s3-website.eu-central-1.amazonaws.com"), ["V82"]);
    }

    #[test]
    fn v83_patience_has_limits() {
        let origin = |change: fn(&mut Origin)| {
            let mut origin = Origin::web(Ref::known("lb.example.com"));
            change(&mut origin);
            codes(|cdn| drop(cdn.origins.insert("web".into(), origin)))
        };
        assert_eq!(origin(|origin| origin.attempts = 1), [""; 0]);
        assert_eq!(origin(|origin| origin.attempts = 4), ["V83"]);
        assert_eq!(origin(|origin| origin.connect_timeout = 0), ["V83"]);
    }

    #[test]
    fn v84_aliases_have_a_certificate_of_their_own() {
        let with = |alias: &str, arn: Option<&str>| {
            codes(|cdn| {
                cdn.aliases.insert(alias.into());
                if let Some(arn) = arn {
                    cdn.certificate = Certificate::Acm { certificate: Ref::known(arn), tls: TlsFrom::Tls12Of2021 };
                }
            })
        };
        let arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
        assert_eq!((with("*.example.com", Some(arn)), with("www.example.com", None)), (vec![], vec!["V84"]));
        assert_eq!(with("www.*.com", Some(arn)), ["V84"]);
        assert_eq!(with("www.example.com", Some(&arn.replace("us-east-1", "eu-west-1"))), ["V84"]);
    }

    #[test]
    fn v86_texts_are_not_too_long() {
        assert_eq!(codes(|cdn| (cdn.comment, cdn.root_object) = ("x".repeat(128), "index.html".into())), [""; 0]);
        assert_eq!(codes(|cdn| cdn.comment = "x".repeat(129)), ["V86"]);
        assert_eq!(codes(|cdn| cdn.root_object = "/index.html".into()), ["V86"]);
    }

    #[test]
    fn v88_countries_are_named() {
        let only = |countries: &[&str]| {
            codes(|cdn| cdn.countries = Countries::Only(countries.iter().map(|one| (*one).to_owned()).collect()))
        };
        assert_eq!((only(&["DE", "AT"]), only(&[]), only(&["de"])), (vec![], vec!["V88"], vec!["V88"]));
    }

    #[test]
    fn v91_a_firewall_is_global() {
        let acl = |arn: &str| codes(|cdn| cdn.web_acl = Some(Ref::known(arn)));
        assert_eq!(acl("arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1"), [""; 0]);
        assert_eq!(acl("arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/1"), ["V91"]);
    }

    fn balancer() -> LoadBalancer {
        LoadBalancer {
            name: "shop".into(),
            scheme: Scheme::InternetFacing,
            subnets: [].into(),
            security_groups: [].into(),
            addresses: AddressFamily::Ipv4,
            idle_seconds: 60,
            http2: true,
            drops_invalid_headers: false,
            desync: Desync::Defensive,
            deletion_protection: false,
            access_logs: None,
        }
    }

    /// The codes of a distribution before a load balancer that listens at this port.
    fn before_balancer(port: u16, https: bool, protocol: OriginProtocol) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("edge");
        let balancer = stack.add("alb", balancer());
        let certificate = Ref::known("arn:aws:acm:eu-west-1:123456789012:certificate/1");
        let serves = if https { Serves::Https { certificate, policy: TlsPolicy::tls13() } } else { Serves::Http };
        let action = Action::respond(404, "");
        stack.add("listener", Listener { load_balancer: balancer.id(), port, serves, action });
        let mut origin = Origin::web(balancer.output(LoadBalancer::DNS_NAME).marked());
        if let OriginSource::Web(web) = &mut origin.source {
            web.protocol = protocol;
        }
        let mut cdn = Distribution::of("The shop", Behavior::of("web", Cache::nothing()));
        cdn.origins.insert("web".into(), origin);
        let address = stack.add("cdn", cdn.clone()).address().clone();
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, &address);
        ALL.iter().flat_map(|rule| rule.violations(&cdn, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v224_a_balancer_is_called_over_https_where_it_listens() {
        use OriginProtocol::{AsViewer, HttpOnly, HttpsOnly};
        assert_eq!(before_balancer(443, true, HttpsOnly), [""; 0]);
        assert_eq!(before_balancer(443, true, AsViewer), [""; 0]);
        assert_eq!(before_balancer(80, false, HttpOnly), [""; 0]);
        for (port, https) in [(80, false), (443, false), (8443, true)] {
            assert_eq!(before_balancer(port, https, HttpsOnly), ["V224"], "{port}");
        }
        assert_eq!(before_balancer(80, false, AsViewer), ["V224"]);
    }
}
