//! WAF: by the access control list, by the rule, and by the request.

use infra_aws::waf::{Inspection, ManagedGroup, WebAcl, WebAclAssociation};

use super::{Priced, free};
use crate::cost::{Around, Costs, Line, Quantity, UsageKey};

const REQUESTS: &UsageKey =
    &UsageKey { name: "requests_per_month", about: "The requests that the firewall looks at in a month." };

/// AWS's own groups that cost more than a rule does.
const DEARER: [&str; 3] =
    ["AWSManagedRulesBotControlRuleSet", "AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet"];

free!(WebAclAssociation: "what it looks at costs, at its access control list");

impl Priced for WebAcl {
    const USAGE: &'static [&'static UsageKey] = &[REQUESTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let many = |number: usize| Quantity::always(u32::try_from(number).unwrap_or(u32::MAX));
        let mut lines = vec![Line::of("access control list", "waf.acl.month", Quantity::always(1))];
        if !self.rules.is_empty() {
            lines.push(Line::of("rules", "waf.rule.month", many(self.rules.len())));
        }
        let dearer = self
            .rules
            .values()
            .filter(|rule| matches!(&rule.inspection, Inspection::Managed(group) if is_dearer(group)));
        let dearer = dearer.count();
        if dearer > 0 {
            lines.push(Line::of("groups of rules with a price of their own", "waf.group.month", many(dearer)));
        }
        lines.push(around.by_usage("requests", "waf.request", REQUESTS));
        Costs::Lines(lines)
    }
}

fn is_dearer(group: &ManagedGroup) -> bool {
    group.vendor != "AWS" || DEARER.contains(&group.name.as_str())
}
