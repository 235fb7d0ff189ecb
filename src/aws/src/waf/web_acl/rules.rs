//! What WAF would refuse of a web ACL.

use std::collections::BTreeMap;

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::{Answer, Inspection, LoggingConfiguration, RedactedField, WebAcl};
use crate::logs::LogGroup;

pub(super) static ALL: &[Rule<WebAcl>] = &[
    Rule {
        code: "V93",
        says: "a web ACL's rules have priorities of their own, and a managed group answers for itself or is counted",
        source: "WAF API model: Rule",
        severity: Severity::Error,
        check: rules_stand_beside_each_other,
    },
    Rule {
        code: "V94",
        says: "a rate is 10 to 2000000000 requests, and counts requests of a path of at most 200 characters",
        source: "WAF API model: RateBasedStatement, ByteMatchStatement",
        severity: Severity::Error,
        check: rates_fit,
    },
    Rule {
        code: "V95",
        says: "names have 1 to 128 letters, digits, hyphens and underscores, and are no metric of WAF's own; a \
               description has 3 to 256 letters, digits, spaces within and any of `+=:#@/-,._`",
        source: "WAF API model: EntityName, EntityDescription, MetricName",
        severity: Severity::Error,
        check: texts_fit,
    },
    Rule {
        code: "V96b",
        says: "a log of a web ACL goes to a log group whose name begins with `aws-waf-logs-`, and headers that it leaves \
               out are in small letters",
        source: "WAF API model: LoggingConfiguration; WAF developer guide, logging destinations",
        severity: Severity::Error,
        check: log_fits,
    },
];

fn log_fits(acl: &WebAcl, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(LoggingConfiguration { log_destination, redacted_fields }) = &acl.logging_configuration else {
        return Vec::new();
    };
    let field = "logging_configuration";
    let mut violations = Vec::new();
    let group = around.all::<LogGroup>().find(|(address, _)| format!("{address}.arn") == log_destination.value());
    if let Some((address, _)) = group.filter(|(_, group)| !group.name.starts_with("aws-waf-logs-")) {
        let wrong = format!("the name of {address} begins otherwise");
        violations.push(Violation::of(field, log_destination, wrong, "name it `aws-waf-logs-…`"));
    }
    for redacted in redacted_fields {
        if let RedactedField::SingleHeader(name) = redacted
            && (name.is_empty() || name.len() > 64 || name.chars().any(|c| c.is_ascii_uppercase()))
        {
            let wrong = format!("`{name}` is no header in small letters");
            violations.push(Violation::of(field, redacted, wrong, "write it as `authorization`"));
        }
    }
    violations
}

fn rules_stand_beside_each_other(acl: &WebAcl, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut bearers = BTreeMap::new();
    for (name, rule) in &acl.rules {
        if let Some(other) = bearers.insert(rule.priority, name) {
            let wrong = format!("`{other}` and `{name}` both have the priority {}", rule.priority);
            violations.push(Violation::of("rules", rule.priority, wrong, "give each its own"));
        }
        if matches!(rule.inspection, Inspection::Managed(_)) && !matches!(rule.answer, Answer::Block | Answer::Count) {
            let wrong = format!("the managed group `{name}` has an answer that only a single rule can have");
            let way_out = "write `Answer::Block` (what the group says) or `Answer::Count`";
            violations.push(Violation::of("rules", rule.answer, wrong, way_out));
        }
    }
    violations
}

fn rates_fit(acl: &WebAcl, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, rule) in &acl.rules {
        let Inspection::Rate(rate) = &rule.inspection else { continue };
        if !(10..=2_000_000_000).contains(&rate.requests) {
            let wrong = format!("the rule `{name}` lets {} requests through", rate.requests);
            let way_out = "write 10 or more; a longer window takes a lower rate";
            violations.push(Violation::of("rules", rate.requests, wrong, way_out));
        }
        if rate.path.as_ref().is_some_and(|path| !path.starts_with('/') || path.len() > 200) {
            let wrong = format!("the path of the rule `{name}` does not start with `/`, or is too long");
            violations.push(Violation::of("rules", &rate.path, wrong, "write a path: `/auth`"));
        }
    }
    violations
}

fn texts_fit(acl: &WebAcl, _: &Surroundings<'_>) -> Vec<Violation> {
    let plain = |name: &str| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        letters && (1..=128).contains(&name.len()) && !["All", "Default_Action"].contains(&name)
    };
    let mut violations = Vec::new();
    for (field, name) in [("name", &acl.name)].into_iter().chain(acl.rules.keys().map(|name| ("rules", name))) {
        if !plain(name) {
            let way_out = "write 1 to 128 letters, digits, hyphens and underscores";
            violations.push(Violation::of(field, name, format!("`{name}` is no name of WAF's"), way_out));
        }
    }
    let description = &acl.description;
    let odd = description.chars().find(|c| !c.is_ascii_alphanumeric() && !" +=:#@/-,._".contains(*c));
    let wrong = match odd {
        _ if description.is_empty() => None,
        Some(odd) => Some(format!("it has `{odd}` in it")),
        None if description.trim() != description => Some("it has spaces around it".to_owned()),
        None if (3..=256).contains(&description.len()) => None,
        None => Some(format!("it has {} characters", description.len())),
    };
    if let Some(wrong) = wrong {
        let way_out = "write 3 to 256 letters, digits, spaces within and any of `+=:#@/-,._`, or nothing";
        violations.push(Violation::of("description", description, wrong, way_out));
    }
    violations
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Address, Ref, Stack};

    use super::*;
    use crate::ec2::testing::check;
    use crate::logs::{Class, Retention};
    use crate::waf::{ManagedGroup, RateRule, WebAclRule, Window};

    fn codes(change: impl FnOnce(&mut WebAcl)) -> Vec<&'static str> {
        let mut acl = WebAcl::open("shop-prod", "What the shop answers");
        acl.rules.insert("api".into(), rate(1, 6000, Some("/api/")));
        change(&mut acl);
        let address = Address::new("cdn", "firewall").unwrap();
        let around = Surroundings::new(&[], &address);
        ALL.iter().flat_map(|rule| rule.violations(&acl, &around)).map(|violation| violation.code).collect()
    }

    fn rate(priority: u32, requests: u32, path: Option<&str>) -> WebAclRule {
        let rate = RateRule { requests, window: Window::OneMinute, path: path.map(str::to_owned) };
        WebAclRule { priority, inspection: Inspection::Rate(rate), answer: Answer::Block }
    }

    #[test]
    fn v96b_a_log_goes_where_waf_writes() {
        let header = |name: &str| {
            let log_destination = Ref::known("arn:aws:logs:us-east-1:1:log-group:aws-waf-logs-shop");
            let redacted_fields = [RedactedField::SingleHeader(name.into())].into();
            codes(|acl| acl.logging_configuration = Some(LoggingConfiguration { log_destination, redacted_fields }))
        };
        assert_eq!(
            (header("authorization"), header("Authorization"), header("")),
            (vec![], vec!["V96b"], vec!["V96b"])
        );
        let named = |name: &str| {
            check("V96b", |stack: &mut Stack| {
                let (class, retention) = (Class::Standard, Retention::Days30);
                let group = stack.add("logs", LogGroup { name: name.into(), class, retention, key: None });
                let log_destination = group.output(LogGroup::ARN);
                let logging_configuration = LoggingConfiguration { log_destination, redacted_fields: [].into() };
                let logging_configuration = Some(logging_configuration);
                stack.add("firewall", WebAcl { logging_configuration, ..WebAcl::open("shop", "What is answered") })
            })
        };
        named("/waf/shop").refuses("begins otherwise");
        named("aws-waf-logs-shop").holds();
    }

    #[test]
    fn v93_rules_stand_beside_each_other() {
        let another = |priority| codes(|acl| drop(acl.rules.insert("all".into(), rate(priority, 10, None))));
        assert_eq!((another(2), another(1)), (vec![], vec!["V93"]));
        let managed = |answer| {
            let group =
                ManagedGroup { vendor: "AWS".into(), name: "AWSManagedRulesCommonRuleSet".into(), version: None };
            let rule = WebAclRule { priority: 2, inspection: Inspection::Managed(group), answer };
            codes(|acl| drop(acl.rules.insert("common".into(), rule)))
        };
        assert_eq!((managed(Answer::Count), managed(Answer::Captcha)), (vec![], vec!["V93"]));
    }

    #[test]
    fn v94_rates_are_neither_too_low_nor_of_no_path() {
        let single = |rule| codes(|acl| drop(acl.rules.insert("api".into(), rule)));
        assert_eq!((single(rate(1, 10, None)), single(rate(1, 9, None))), (vec![], vec!["V94"]));
        assert_eq!(single(rate(1, 10, Some("auth"))), ["V94"]);
    }

    #[test]
    fn v95_texts_are_what_waf_takes() {
        assert_eq!(codes(|acl| acl.description.clear()), [""; 0]);
        assert_eq!(codes(|acl| acl.name = "shop prod".into()), ["V95"]);
        assert_eq!(codes(|acl| acl.name = "All".into()), ["V95"]);
        for bad in [" shop", "hi", "the shop's"] {
            assert_eq!(codes(|acl| acl.description = bad.into()), ["V95"], "{bad}");
        }
    }
}
