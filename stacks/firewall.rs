//! What the platform's firewalls look for, and where they write down what they have decided: the same for the content
//! delivery network's and the load balancer's.

use std::collections::BTreeMap;

use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::waf::{Answer, Inspection, LoggingConfiguration, ManagedGroup, RedactedField, WebAclRule};
use infra_engine::model::Stack;

use crate::environment::Found;

/// AWS's own groups of rules, in the order in which they are asked: who is known to attack, what is known to be an attack
/// (Log4j's `jndi:` among it), and what has the look of one. Together they take 925 of the 1500 units that cost nothing more.
const MANAGED: [(&str, &str); 3] = [
    ("reputation", "AWSManagedRulesAmazonIpReputationList"),
    ("known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet"),
    ("common", "AWSManagedRulesCommonRuleSet"),
];

/// The rules that look for what AWS knows of attacks. They come after a firewall's own.
pub fn managed(found: Found) -> BTreeMap<String, WebAclRule> {
    let answer = match found {
        Found::Block => Answer::Block,
        Found::Count => Answer::Count,
    };
    let rules = (10..).zip(MANAGED).map(|(priority, (name, group))| {
        let group = ManagedGroup { vendor: "AWS".into(), name: group.into(), version: None };
        (name.to_owned(), WebAclRule { priority, inspection: Inspection::Managed(group), answer })
    });
    rules.collect()
}

/// Where a firewall writes down what it has decided, without what tells who somebody is.
pub fn logs(stack: &mut Stack, name: String, retention: Retention) -> LoggingConfiguration {
    let group = stack.add("firewall-logs", LogGroup { name, class: Class::Standard, retention, key: None });
    let header = |name: &str| RedactedField::SingleHeader(name.to_owned());
    LoggingConfiguration {
        log_destination: group.output(LogGroup::ARN),
        redacted_fields: ["authorization", "cookie"].map(header).into(),
    }
}
