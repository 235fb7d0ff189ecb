//! What CloudFront would refuse of a response-headers policy.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::{ResponseHeadersPolicy, SecurityHeaders};

pub(super) static ALL: &[Rule<ResponseHeadersPolicy>] = &[
    Rule {
        code: "V92",
        says: "a response-headers policy's name has 1 to 128 letters, digits, hyphens and underscores, and it adds \
               something",
        source: "CloudFront API model: ResponseHeadersPolicyConfig",
        severity: Severity::Error,
        check: says_something,
    },
    Rule {
        code: "V92b",
        says: "browsers take a domain on their HSTS list only with its subdomains and for a year or more",
        source: "hstspreload.org: submission requirements",
        severity: Severity::Warning,
        check: preload_is_whole,
    },
    Rule {
        code: "V92c",
        says: "a policy adds at most 10 headers of one's own, each once whatever the case of its letters, and none of \
               those that it has a field for",
        source: "CloudFront quotas and Developer Guide: custom headers",
        severity: Severity::Error,
        check: headers_fit,
    },
];

fn says_something(policy: &ResponseHeadersPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &policy.name;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let mut violations = Vec::new();
    if !plain || !(1..=128).contains(&name.len()) {
        let way_out = "write 1 to 128 letters, digits, hyphens and underscores";
        violations.push(Violation::of("name", name, "it is too long, or has something else in it", way_out));
    }
    if policy.security == SecurityHeaders::default() && policy.headers.is_empty() {
        let way_out = "say which headers: `SecurityHeaders::strict()`";
        violations.push(Violation::of("security", &policy.security, "it adds no header", way_out));
    }
    violations
}

fn preload_is_whole(policy: &ResponseHeadersPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    const YEAR: u32 = 365 * 24 * 60 * 60;
    let half = policy.security.hsts.iter().filter(|hsts| hsts.preload && (!hsts.subdomains || hsts.max_age < YEAR));
    half.map(|hsts| {
        let way_out = "write `subdomains: true` and 31536000 seconds or more, or leave out `preload`";
        Violation::of("security", hsts, "it asks for the list and does not fulfil its conditions", way_out)
    })
    .collect()
}

fn headers_fit(policy: &ResponseHeadersPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    const FIELDS: &[&str] = &[
        "content-security-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    ];
    let mut violations = Vec::new();
    if policy.headers.len() > 10 {
        let wrong = format!("there are {}", policy.headers.len());
        violations.push(Violation::of("headers", policy.headers.len(), wrong, "write at most 10"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for name in policy.headers.keys() {
        let lower = name.to_ascii_lowercase();
        if FIELDS.contains(&lower.as_str()) {
            let way_out = "say it in `security`";
            violations.push(Violation::of("headers", name, format!("`{name}` is a security header"), way_out));
        }
        if !seen.insert(lower) {
            violations.push(Violation::of("headers", name, format!("`{name}` is there twice"), "remove one of them"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;
    use crate::cloudfront::{CustomHeader, Hsts};

    fn codes(change: impl FnOnce(&mut ResponseHeadersPolicy)) -> Vec<&'static str> {
        let mut policy =
            ResponseHeadersPolicy { name: "shop".into(), security: SecurityHeaders::strict(), headers: [].into() };
        change(&mut policy);
        let address = Address::new("cdn", "security").unwrap();
        let around = Surroundings::new(&[], &address);
        ALL.iter().flat_map(|rule| rule.violations(&policy, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v92_a_policy_has_a_name_and_says_something() {
        assert_eq!(codes(|_| ()), [""; 0]);
        assert_eq!(codes(|policy| policy.name = "shop prod".into()), ["V92"]);
        assert_eq!(codes(|policy| policy.security = SecurityHeaders::default()), ["V92"]);
    }

    #[test]
    fn v92b_a_domain_on_the_list_is_there_as_a_whole() {
        let hsts = |subdomains, max_age| {
            codes(|policy| policy.security.hsts = Some(Hsts { max_age, subdomains, preload: true, overrides: true }))
        };
        assert_eq!(hsts(true, 31_536_000), [""; 0]);
        assert_eq!((hsts(false, 31_536_000), hsts(true, 31_535_999)), (vec!["V92b"], vec!["V92b"]));
    }

    #[test]
    fn v92c_headers_are_few_and_each_is_there_once() {
        let with = |names: &[&str]| {
            let header = || CustomHeader { value: String::new(), overrides: true };
            codes(|policy| policy.headers = names.iter().map(|name| ((*name).to_owned(), header())).collect())
        };
        let many: Vec<String> = (0..11).map(|number| format!("X-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!((with(&many[..10]), with(&many)), (vec![], vec!["V92c"]));
        assert_eq!((with(&["X-Frame-Options"]), with(&["X-Shop", "x-shop"])), (vec!["V92c"], vec!["V92c"]));
    }
}
