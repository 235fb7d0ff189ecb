//! A web ACL's rules on their way to WAF and back.

use std::collections::BTreeMap;

use aws_sdk_wafv2::types::{
    AllowAction, BlockAction, ByteMatchStatement, CaptchaAction, ChallengeAction, CountAction, DefaultAction,
    FieldToMatch, ManagedRuleGroupStatement, NoneAction, OverrideAction, PositionalConstraint, RateBasedStatement,
    RateBasedStatementAggregateKeyType as KeyType, Rule as Sdk, RuleAction, Statement, TextTransformation,
    TextTransformationType, UriPath, VisibilityConfig, WebAcl as Live,
};
use aws_smithy_types::Blob;
use infra_engine::live::{Fault, FaultKind};

use super::{Answer, Inspection, ManagedGroup, RateRule, Scope, Verdict, WebAcl, WebAclRule, Window};
use crate::Sorted;

/// What the names of the rules begin with that AWS Shield adds while it fends off an attack.
const OF_SHIELD: &str = "ShieldMitigationRuleGroup_";

/// True for a rule that AWS itself has added. It is never touched.
pub(super) fn is_of_aws(rule: &Sdk) -> bool {
    rule.name().starts_with(OF_SHIELD)
}

/// The definition that would have produced a live web ACL.
pub(super) fn read(live: &Live, scope: Scope) -> Result<WebAcl, Fault> {
    let blocks = live.default_action().is_some_and(|action| action.block().is_some());
    let rules = live.rules().iter().filter(|rule| !is_of_aws(rule));
    Ok(WebAcl {
        name: live.name().to_owned(),
        scope,
        description: live.description().unwrap_or_default().to_owned(),
        verdict: if blocks { Verdict::Block } else { Verdict::Allow },
        rules: rules.map(rule).collect::<Result<_, _>>()?,
        // It has a call of its own.
        logging_configuration: None,
    })
}

pub(super) fn default_action(verdict: Verdict) -> DefaultAction {
    match verdict {
        Verdict::Allow => DefaultAction::builder().allow(AllowAction::builder().build()).build(),
        Verdict::Block => DefaultAction::builder().block(BlockAction::builder().build()).build(),
    }
}

/// What is counted, under which name: always everything, and samples of it.
pub(super) fn visibility(name: &str, operation: &'static str) -> Result<VisibilityConfig, Fault> {
    VisibilityConfig::builder()
        .cloud_watch_metrics_enabled(true)
        .sampled_requests_enabled(true)
        .metric_name(name)
        .build()
        .sorted(operation)
}

/// Rules as WAF takes them, the first one first.
pub(super) fn rules(rules: &BTreeMap<String, WebAclRule>, operation: &'static str) -> Result<Vec<Sdk>, Fault> {
    let mut rules: Vec<(&String, &WebAclRule)> = rules.iter().collect();
    rules.sort_by_key(|(_, rule)| rule.priority);
    rules.into_iter().map(|(name, rule)| to_sdk(name, rule, operation)).collect()
}

fn to_sdk(name: &str, rule: &WebAclRule, operation: &'static str) -> Result<Sdk, Fault> {
    let WebAclRule { priority, inspection, answer } = rule;
    let sdk = Sdk::builder()
        .name(name)
        .priority(i32::try_from(*priority).unwrap_or(i32::MAX))
        .visibility_config(visibility(name, operation)?);
    let sdk = match inspection {
        Inspection::Rate(rate) => sdk.statement(rate_statement(rate, operation)?).action(action(*answer)),
        Inspection::Managed(ManagedGroup { vendor, name, version }) => {
            let group = ManagedRuleGroupStatement::builder().vendor_name(vendor).name(name);
            let group = group.set_version(version.clone()).build().sorted(operation)?;
            let over = match answer {
                Answer::Count => OverrideAction::builder().count(CountAction::builder().build()),
                Answer::Block | Answer::Challenge | Answer::Captcha => {
                    OverrideAction::builder().none(NoneAction::builder().build())
                }
            };
            let statement = Statement::builder().managed_rule_group_statement(group).build();
            sdk.statement(statement).override_action(over.build())
        }
    };
    sdk.build().sorted(operation)
}

fn action(answer: Answer) -> RuleAction {
    match answer {
        Answer::Block => RuleAction::builder().block(BlockAction::builder().build()),
        Answer::Count => RuleAction::builder().count(CountAction::builder().build()),
        Answer::Challenge => RuleAction::builder().challenge(ChallengeAction::builder().build()),
        Answer::Captcha => RuleAction::builder().captcha(CaptchaAction::builder().build()),
    }
    .build()
}

fn rate_statement(rate: &RateRule, operation: &'static str) -> Result<Statement, Fault> {
    let RateRule { requests, window, path } = rate;
    let path = path.as_ref().map(|path| path_statement(path, operation)).transpose()?;
    let statement = RateBasedStatement::builder()
        .limit(i64::from(*requests))
        .evaluation_window_sec(window.seconds())
        .aggregate_key_type(KeyType::Ip)
        .set_scope_down_statement(path.map(Box::new))
        .build()
        .sorted(operation)?;
    Ok(Statement::builder().rate_based_statement(statement).build())
}

/// The path starts with this, as the viewer wrote it: servers do not agree on what else would be the same.
fn path_statement(path: &str, operation: &'static str) -> Result<Statement, Fault> {
    let plain = TextTransformation::builder().priority(0).r#type(TextTransformationType::None);
    let statement = ByteMatchStatement::builder()
        .search_string(Blob::new(path))
        .field_to_match(FieldToMatch::builder().uri_path(UriPath::builder().build()).build())
        .positional_constraint(PositionalConstraint::StartsWith)
        .text_transformations(plain.build().sorted(operation)?)
        .build()
        .sorted(operation)?;
    Ok(Statement::builder().byte_match_statement(statement).build())
}

/// The rule that would have produced a live one, and its name.
fn rule(live: &Sdk) -> Result<(String, WebAclRule), Fault> {
    let statement = live.statement();
    let rate = statement.and_then(Statement::rate_based_statement);
    let managed = statement.and_then(Statement::managed_rule_group_statement);
    let understood = match (rate, managed) {
        (Some(rate), _) => {
            rate_rule(rate).zip(answer(live.action())).map(|(rate, answer)| (Inspection::Rate(rate), answer))
        }
        (None, Some(group)) => managed_group(group).map(|group| {
            let counts = live.override_action().is_some_and(|over| over.count().is_some());
            (Inspection::Managed(group), if counts { Answer::Count } else { Answer::Block })
        }),
        (None, None) => None,
    };
    let Some((inspection, answer)) = understood else {
        let message = format!(
            "the rule `{}` of a web ACL says more than can be said here: take it out, or leave the web ACL to whoever \
             made it",
            live.name()
        );
        return Err(Fault::new(FaultKind::Broken, "wafv2:GetWebACL", message));
    };
    let priority = u32::try_from(live.priority()).unwrap_or_default();
    Ok((live.name().to_owned(), WebAclRule { priority, inspection, answer }))
}

fn rate_rule(live: &RateBasedStatement) -> Option<RateRule> {
    if *live.aggregate_key_type() != KeyType::Ip {
        return None;
    }
    Some(RateRule {
        requests: u32::try_from(live.limit()).ok()?,
        window: match live.evaluation_window_sec() {
            60 => Window::OneMinute,
            120 => Window::TwoMinutes,
            // Nought is how an answer without it reads.
            0 | 300 => Window::FiveMinutes,
            600 => Window::TenMinutes,
            _ => return None,
        },
        path: match live.scope_down_statement() {
            None => None,
            Some(statement) => Some(start_of_path(statement)?),
        },
    })
}

fn start_of_path(statement: &Statement) -> Option<String> {
    let matched = statement.byte_match_statement()?;
    let starts = *matched.positional_constraint() == PositionalConstraint::StartsWith;
    let of_path = matched.field_to_match()?.uri_path().is_some();
    let plain = matched.text_transformations().iter().all(|text| *text.r#type() == TextTransformationType::None);
    let path = String::from_utf8(matched.search_string().as_ref().to_vec()).ok()?;
    Some(path).filter(|_| starts && of_path && plain)
}

fn managed_group(live: &ManagedRuleGroupStatement) -> Option<ManagedGroup> {
    let plain = live.scope_down_statement().is_none()
        && live.managed_rule_group_configs().is_empty()
        && live.rule_action_overrides().is_empty();
    let group = ManagedGroup {
        vendor: live.vendor_name().to_owned(),
        name: live.name().to_owned(),
        version: live.version().map(str::to_owned),
    };
    Some(group).filter(|_| plain)
}

fn answer(live: Option<&RuleAction>) -> Option<Answer> {
    let live = live?;
    if live.block().is_some() {
        Some(Answer::Block)
    } else if live.count().is_some() {
        Some(Answer::Count)
    } else if live.challenge().is_some() {
        Some(Answer::Challenge)
    } else {
        live.captcha().map(|_| Answer::Captcha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(path: Option<&str>, answer: Answer) -> WebAclRule {
        let rate = RateRule { requests: 6000, window: Window::OneMinute, path: path.map(str::to_owned) };
        WebAclRule { priority: 1, inspection: Inspection::Rate(rate), answer }
    }

    #[test]
    fn rules_survive_the_way_and_back() {
        let group = ManagedGroup { vendor: "AWS".into(), name: "AWSManagedRulesCommonRuleSet".into(), version: None };
        let managed = |answer| WebAclRule { priority: 0, inspection: Inspection::Managed(group.clone()), answer };
        for said in [
            rate(None, Answer::Block),
            rate(Some("/auth"), Answer::Count),
            rate(Some("/"), Answer::Challenge),
            rate(None, Answer::Captcha),
            managed(Answer::Block),
            managed(Answer::Count),
        ] {
            assert_eq!(rule(&to_sdk("one", &said, "x:Y").unwrap()).unwrap(), ("one".to_owned(), said));
        }
    }

    #[test]
    fn rules_are_sent_in_their_order() {
        let first = WebAclRule { priority: 0, ..rate(None, Answer::Block) };
        let sent =
            rules(&[("a".to_owned(), rate(None, Answer::Block)), ("b".to_owned(), first)].into(), "x:Y").unwrap();
        assert_eq!(sent.iter().map(Sdk::name).collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn what_cannot_be_said_here_is_not_dropped() {
        let mut live = to_sdk("odd", &rate(Some("/auth"), Answer::Block), "x:Y").unwrap();
        live.statement.as_mut().unwrap().rate_based_statement.as_mut().unwrap().aggregate_key_type = KeyType::Constant;
        assert!(rule(&live).unwrap_err().message.contains("the rule `odd`"));
    }

    #[test]
    fn rules_of_shield_are_not_ours() {
        let named = |name: &str| to_sdk(name, &rate(None, Answer::Block), "x:Y").unwrap();
        assert!(is_of_aws(&named("ShieldMitigationRuleGroup_1_2")) && !is_of_aws(&named("api")));
    }

    #[test]
    fn a_rate_is_told_in_its_window() {
        assert_eq!((Window::OneMinute.at(100), Window::FiveMinutes.at(10)), (6000, 3000));
    }
}
