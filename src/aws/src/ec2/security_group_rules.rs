//! What a security group lets through: all of its rules, and no others.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{ManagedPrefixList, SecurityGroupRule, SecurityGroupRuleUpdate};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::ask::matching;
use super::fault::Ec2Fault;
use super::security_group::{SecurityGroup, SecurityGroupId};
use super::traffic::{Allow, Peer, TAKEN, Traffic, untaken};
use crate::{Aws, Sorted};

/// What a security group lets through: these rules, and no others.
///
/// ```
/// use infra_aws::ec2::{SecurityGroupId, SecurityGroupRules, Traffic};
/// use infra_engine::model::Ref;
/// use infra_values::Cidr;
///
/// let (web, app): (Ref<SecurityGroupId>, Ref<SecurityGroupId>) = (Ref::known("sg-1"), Ref::known("sg-2"));
/// let rules = SecurityGroupRules {
///     group: web,
///     ingress: [Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS from anywhere")].into(),
///     egress: [Traffic::tcp(8000..=8100).with(app)].into(),
/// };
/// ```
///
/// A rule that somebody else has added is removed. A group without rules has no such definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/security-group-rules", id = SecurityGroupRulesId)]
#[resource(parent(field = "group", kind = "ec2/security-group"))]
pub struct SecurityGroupRules {
    /// Whose rules.
    #[key]
    pub group: Ref<SecurityGroupId>,
    /// What may come in, and from whom.
    pub ingress: BTreeSet<Allow>,
    /// What may go out, and to whom.
    pub egress: BTreeSet<Allow>,
}

impl Behaviour for SecurityGroupRules {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "ec2:DescribeSecurityGroupRules",
        LISTS,
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:ModifySecurityGroupRules",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ];

    fn rules() -> &'static [Rule<SecurityGroupRules>] {
        RULES
    }

    /// The rules of a group are there when it has any: their identifier is the group's.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<SecurityGroupRules>>, Fault> {
        let groups: BTreeSet<String> = if ask.only.is_empty() { &ask.parents | &ask.names } else { ask.only.clone() };
        let (mut found, mut odd) = (BTreeMap::new(), Vec::new());
        for (rule, allow) in live(aws, groups).await? {
            let group = rule.group_id().unwrap_or_default().to_owned();
            let empty =
                SecurityGroupRules { group: Ref::known(&group), ingress: BTreeSet::new(), egress: BTreeSet::new() };
            let rules = &mut found.entry(group.clone()).or_insert(Found::ready(&group, empty, Tags::new())).definition;
            let side = if Side::of(&rule) == Side::Ingress { &mut rules.ingress } else { &mut rules.egress };
            match allow {
                Ok(allow) => drop(side.insert(allow)),
                Err(wrong) => odd.push((group, wrong)),
            }
        }
        for (group, wrong) in odd {
            if let Some(rules) = found.get_mut(&group) {
                rules.state = State::Unreadable(format!("a rule of the security group {group}: {wrong}"));
            }
        }
        Ok(found.into_values().collect())
    }

    async fn create(aws: &Aws, order: &Order<SecurityGroupRules>) -> Result<String, Fault> {
        settle(aws, &order.definition).await?;
        Ok(order.definition.group.value())
    }

    async fn update(aws: &Aws, _: &Found<SecurityGroupRules>, wanted: &SecurityGroupRules) -> Result<(), Fault> {
        settle(aws, wanted).await
    }

    /// They have no tags: they are ours when their group is.
    async fn retag(_: &Aws, _: &Found<SecurityGroupRules>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<SecurityGroupRules>) -> Result<(), Fault> {
        remove_all(aws, &found.id).await
    }
}

const RULES: &[Rule<SecurityGroupRules>] = &[
    Rule {
        code: "V09",
        says: "a rule's description has only characters that AWS takes",
        source: "EC2 API, IpRange: Description",
        severity: Severity::Error,
        check: |rules, _| each(rules, strange_description),
    },
    Rule {
        code: "V11",
        says: "a range of ports begins with its lowest port",
        source: "EC2 API, IpPermission: FromPort, ToPort",
        severity: Severity::Error,
        check: |rules, _| each(rules, upside_down),
    },
    Rule {
        code: "V12",
        says: "ICMP goes with IPv4, and ICMPv6 with IPv6",
        source: "VPC user guide, security group rules",
        severity: Severity::Warning,
        check: |rules, _| each(rules, other_family),
    },
    Rule {
        code: "V13",
        says: "no two rules of a group let the same through",
        source: "EC2 API, AuthorizeSecurityGroupIngress: InvalidPermission.Duplicate",
        severity: Severity::Error,
        check: twice,
    },
    Rule {
        code: "V14",
        says: "a rule names groups of its own network, or of one that is peered with it",
        source: "VPC user guide, security groups across peered networks",
        severity: Severity::Warning,
        check: other_network,
    },
    Rule {
        code: "V15",
        says: "a group has at most 60 rules each way, of which the addresses of CloudFront take 55",
        source: "VPC user guide, quotas: rules for each security group; AWS-managed prefix lists: weight",
        severity: Severity::Warning,
        check: too_many,
    },
    Rule {
        code: "V203",
        says: "a definition of rules has at least one rule",
        source: "infra: rules are there when a group has any",
        severity: Severity::Error,
        check: none,
    },
];

/// What a function finds wrong with each rule: what, and the way out.
fn each(rules: &SecurityGroupRules, wrong: impl Fn(&Allow) -> Option<(String, String)>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for side in Side::BOTH {
        for allow in side.rules(rules) {
            violations.extend(wrong(allow).map(|(wrong, way_out)| Violation::of(side.name(), allow, wrong, way_out)));
        }
    }
    violations
}

/// V09.
fn strange_description(allow: &Allow) -> Option<(String, String)> {
    untaken(&allow.description).map(|wrong| (wrong, TAKEN.to_owned()))
}

/// V11.
fn upside_down(allow: &Allow) -> Option<(String, String)> {
    let ports = allow.traffic.ports().filter(|ports| !ports.are_in_order())?;
    Some((format!("the ports {ports} run backwards"), "write the lowest port first".to_owned()))
}

/// V12.
fn other_family(allow: &Allow) -> Option<(String, String)> {
    let Peer::Cidr(cidr) = &allow.peer else { return None };
    let instead = match allow.traffic {
        Traffic::Icmp(_) if cidr.is_ipv6() => "icmpv6",
        Traffic::Icmpv6(_) if !cidr.is_ipv6() => "icmp",
        _ => return None,
    };
    Some((format!("{cidr} is a range of the other family"), format!("write `{instead}`, or a range of this family")))
}

/// V13: such rules differ in their descriptions only.
fn twice(rules: &SecurityGroupRules, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for side in Side::BOTH {
        let mut seen = BTreeSet::new();
        for allow in side.rules(rules).iter().filter(|allow| !seen.insert(allow.identity())) {
            let wrong = "another rule lets the same through, under another description";
            violations.push(Violation::of(side.name(), allow, wrong, "keep one of the two"));
        }
    }
    violations
}

/// V14, for groups that are in the code.
fn other_network(rules: &SecurityGroupRules, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(own) = around.of::<SecurityGroup, _>(&rules.group) else { return Vec::new() };
    each(rules, |allow| {
        let Peer::Group(peer) = &allow.peer else { return None };
        let peer = around.of::<SecurityGroup, _>(peer).filter(|peer| peer.vpc != own.vpc)?;
        let wrong = format!("`{}` is a group of another network", peer.name);
        Some((wrong, "peer the two networks, or name a range of addresses".to_owned()))
    })
}

/// V15.
fn too_many(rules: &SecurityGroupRules, _: &Surroundings<'_>) -> Vec<Violation> {
    let count = |side: &Side| -> usize { side.rules(rules).iter().map(weight).sum() };
    let over = |side: &Side| count(side) > 60;
    let tell = |side: Side| {
        let count = count(&side);
        let way_out = "name groups or prefix lists instead of addresses, or ask AWS for a higher quota";
        Violation::of(side.name(), count, format!("there are {count} rules"), way_out)
    };
    Side::BOTH.into_iter().filter(over).map(tell).collect()
}

/// How many rules a rule counts for: those about AWS's own lists, what AWS says of each.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>
fn weight(allow: &Allow) -> usize {
    match allow.named_list().unwrap_or_default() {
        list if list.ends_with(".cloudfront.origin-facing") => 55,
        list if list.ends_with(".route53-healthchecks") => 25,
        list if list.ends_with(".vpc-lattice") => 10,
        _ => 1,
    }
}

/// V203: with no rule there is nothing that could be read, and the definition would be made again and again.
fn none(rules: &SecurityGroupRules, _: &Surroundings<'_>) -> Vec<Violation> {
    let empty = Side::BOTH.into_iter().all(|side| side.rules(rules).is_empty());
    let way_out = "remove the definition: a group without one lets nothing through";
    let tell = || Violation::of("group", &rules.group, "there is no rule, neither in nor out", way_out);
    empty.then(tell).into_iter().collect()
}

/// Which way traffic goes: each way has calls of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ingress,
    Egress,
}

impl Side {
    const BOTH: [Side; 2] = [Side::Ingress, Side::Egress];

    fn of(rule: &SecurityGroupRule) -> Side {
        if rule.is_egress() == Some(true) { Side::Egress } else { Side::Ingress }
    }

    fn name(self) -> &'static str {
        match self {
            Side::Ingress => "ingress",
            Side::Egress => "egress",
        }
    }

    fn rules(self, of: &SecurityGroupRules) -> &BTreeSet<Allow> {
        let SecurityGroupRules { group: _, ingress, egress } = of;
        match self {
            Side::Ingress => ingress,
            Side::Egress => egress,
        }
    }
}

/// What is to be done on one side of a group.
#[derive(Debug, Default, PartialEq)]
struct Steps<'a> {
    authorize: Vec<&'a Allow>,
    describe: Vec<(&'a SecurityGroupRule, &'a Allow)>,
    revoke: Vec<&'a SecurityGroupRule>,
}

/// Compares one side with what is live there. Rules are the same when they let the same through; the description of
/// such a rule changes in place.
fn steps<'a>(wanted: &'a BTreeSet<Allow>, live: &[(&'a SecurityGroupRule, Option<&Allow>)]) -> Steps<'a> {
    let mut steps = Steps::default();
    for allow in wanted {
        let same = |now: &Option<&Allow>| now.is_some_and(|now| now.identity() == allow.identity());
        match live.iter().find(|(_, now)| same(now)) {
            Some((_, Some(now))) if now.description == allow.description => {}
            Some((rule, _)) => steps.describe.push((rule, allow)),
            None => steps.authorize.push(allow),
        }
    }
    // What is not understood is none of those that are wanted.
    let wanted = |now: &Allow| wanted.iter().any(|allow| allow.identity() == now.identity());
    let unwanted = live.iter().filter(|(_, now)| !now.is_some_and(wanted));
    steps.revoke = unwanted.map(|(rule, _)| *rule).collect();
    steps
}

/// Leaves a group without a rule.
pub(super) async fn remove_all(aws: &Aws, group: &str) -> Result<(), Fault> {
    let live = live(aws, [group.to_owned()]).await?;
    for side in Side::BOTH {
        revoke(aws, group, side, live.iter().map(|(rule, _)| rule)).await?;
    }
    Ok(())
}

/// Brings a group's rules from what they are now to what is wanted, the missing ones first: traffic that is allowed
/// before and after is never cut.
pub(super) async fn settle(aws: &Aws, wanted: &SecurityGroupRules) -> Result<(), Fault> {
    let group = wanted.group.value();
    let live = live(aws, [group.clone()]).await?;
    let lists = lists_of_aws(aws, wanted).await?;
    for side in Side::BOTH {
        let on_this_side = live.iter().filter(|(rule, _)| Side::of(rule) == side);
        let on_this_side: Vec<_> = on_this_side.map(|(rule, allow)| (rule, allow.as_ref().ok())).collect();
        let Steps { authorize: missing, describe: changed, revoke: unwanted } =
            steps(side.rules(wanted), &on_this_side);
        authorize(aws, &group, side, &missing, &lists).await?;
        describe(aws, &group, &changed, &lists).await?;
        revoke(aws, &group, side, unwanted).await?;
    }
    Ok(())
}

/// Every rule of these groups, as AWS gives it and as it is understood, or why it is not.
async fn live(
    aws: &Aws,
    groups: impl IntoIterator<Item = String>,
) -> Result<Vec<(SecurityGroupRule, Result<Allow, String>)>, Fault> {
    let operation = "ec2:DescribeSecurityGroupRules";
    let mut live = Vec::new();
    for filter in matching("group-id", groups) {
        let pages = aws.ec2().describe_security_group_rules().filters(filter).into_paginator().items().send();
        for rule in pages.try_collect().await.sorted(operation)? {
            let allow = Allow::understand(&rule);
            live.push((rule, allow));
        }
    }
    let ids: BTreeSet<String> = live.iter().filter_map(|(rule, _)| rule.prefix_list_id.clone()).collect();
    let names: Lists = lists(aws, "prefix-list-id", ids).await?.into_iter().collect();
    for (rule, allow) in &mut live {
        if let (Some(name), Ok(allow)) = (rule.prefix_list_id().and_then(|id| names.get(id)), allow) {
            *allow = allow.about_list(name);
        }
    }
    Ok(live)
}

const LISTS: &str = "ec2:DescribeManagedPrefixLists";

/// Prefix lists of AWS's, by one name and under the other.
type Lists = BTreeMap<String, String>;

/// The identifiers of those lists of AWS's that a definition names.
async fn lists_of_aws(aws: &Aws, wanted: &SecurityGroupRules) -> Result<Lists, Fault> {
    let named = Side::BOTH.into_iter().flat_map(|side| side.rules(wanted)).filter_map(Allow::named_list);
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    let ids: Lists =
        lists(aws, "prefix-list-name", named.clone()).await?.into_iter().map(|(id, name)| (name, id)).collect();
    match named.iter().find(|name| !ids.contains_key(*name)) {
        Some(missing) => {
            let message = format!("AWS has no prefix list `{missing}` in {}", aws.region());
            Err(Fault::new(FaultKind::Refused, LISTS, message))
        }
        None => Ok(ids),
    }
}

/// Identifiers and names of lists of AWS's, by either.
async fn lists(aws: &Aws, by: &str, these: BTreeSet<String>) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    for filter in matching(by, these) {
        let pages = aws.ec2().describe_managed_prefix_lists().filters(filter).into_paginator().items().send();
        let lists: Vec<ManagedPrefixList> = pages.try_collect().await.sorted(LISTS)?;
        let of_aws = lists.into_iter().filter(|list| list.owner_id() == Some("AWS"));
        found.extend(of_aws.filter_map(|list| Some((list.prefix_list_id?, list.prefix_list_name?))));
    }
    Ok(found)
}

/// The rule as AWS takes it: its own prefix lists by their identifiers.
fn by_identifier(allow: &Allow, lists: &Lists) -> Allow {
    allow.named_list().and_then(|name| lists.get(name)).map_or_else(|| allow.clone(), |id| allow.about_list(id))
}

async fn authorize(aws: &Aws, group: &str, side: Side, missing: &[&Allow], lists: &Lists) -> Result<(), Fault> {
    if missing.is_empty() {
        return Ok(());
    }
    let permissions = Some(missing.iter().map(|allow| by_identifier(allow, lists).written()).collect());
    match side {
        Side::Ingress => {
            let call = aws.ec2().authorize_security_group_ingress().group_id(group).set_ip_permissions(permissions);
            call.send().await.sorted("ec2:AuthorizeSecurityGroupIngress").map(drop)
        }
        Side::Egress => {
            let call = aws.ec2().authorize_security_group_egress().group_id(group).set_ip_permissions(permissions);
            call.send().await.sorted("ec2:AuthorizeSecurityGroupEgress").map(drop)
        }
    }
    // The rule is there and was not seen yet: the repetition will see it.
    .map_err(|fault| fault.when(FaultKind::NotYet, &["InvalidPermission.Duplicate"], ""))
    .changing()
}

async fn describe(
    aws: &Aws,
    group: &str,
    changed: &[(&SecurityGroupRule, &Allow)],
    lists: &Lists,
) -> Result<(), Fault> {
    if changed.is_empty() {
        return Ok(());
    }
    let updates = changed.iter().map(|(rule, allow)| {
        let update = SecurityGroupRuleUpdate::builder().set_security_group_rule_id(rule.security_group_rule_id.clone());
        update.security_group_rule(by_identifier(allow, lists).rewritten()).build()
    });
    let call = aws.ec2().modify_security_group_rules().group_id(group);
    let sent = call.set_security_group_rules(Some(updates.collect())).send().await;
    sent.sorted("ec2:ModifySecurityGroupRules").changing().map(drop)
}

/// Revokes those of these rules that are on this side. If one of them is gone, AWS revokes none: that is sorted as
/// `NotYet`, and the repetition leaves it out.
async fn revoke<'a>(
    aws: &Aws,
    group: &str,
    side: Side,
    rules: impl IntoIterator<Item = &'a SecurityGroupRule>,
) -> Result<(), Fault> {
    let rules = rules.into_iter().filter(|rule| Side::of(rule) == side);
    let ids: Vec<String> = rules.filter_map(|rule| rule.security_group_rule_id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    match side {
        Side::Ingress => {
            let call = aws.ec2().revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(Some(ids));
            call.send().await.sorted("ec2:RevokeSecurityGroupIngress").changing().map(drop)
        }
        Side::Egress => {
            let call = aws.ec2().revoke_security_group_egress().group_id(group).set_security_group_rule_ids(Some(ids));
            call.send().await.sorted("ec2:RevokeSecurityGroupEgress").changing().map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Stack;
    use infra_values::Cidr;

    use super::super::testing::check;
    use super::super::traffic::Icmp;
    use super::*;

    fn range(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    fn https() -> Allow {
        Traffic::tcp(443).with(range("0.0.0.0/0"))
    }

    fn ingress(rules: impl IntoIterator<Item = Allow>) -> SecurityGroupRules {
        let ingress = rules.into_iter().collect();
        SecurityGroupRules { group: Ref::known("sg-1"), ingress, egress: BTreeSet::new() }
    }

    fn live(id: &str) -> SecurityGroupRule {
        SecurityGroupRule::builder().security_group_rule_id(id).is_egress(false).build()
    }

    #[test]
    fn v09_a_description_has_characters_that_aws_takes() {
        check("V09", |stack| stack.add("web", ingress([https().described("who's there")]))).refuses("`'`");
        check("V09", |stack| stack.add("web", ingress([https().described("HTTPS from anywhere")]))).holds();
        check("V09", |stack| stack.add("web", ingress([https()]))).holds();
    }

    #[test]
    fn v11_ports_run_upwards() {
        let ports = |text: &str| Traffic::Tcp(text.parse().unwrap()).with(range("10.0.0.0/8"));
        check("V11", |stack| stack.add("web", ingress([ports("8100-8000")]))).refuses("8100-8000 run backwards");
        check("V11", |stack| stack.add("web", ingress([ports("8000-8100"), ports("443")]))).holds();
    }

    #[test]
    fn v12_messages_go_with_their_family() {
        let with =
            |traffic, cidr| check("V12", move |stack| stack.add("web", ingress([Traffic::with(traffic, range(cidr))])));
        with(Traffic::Icmp(Icmp::Any), "::/0").refuses("::/0 is a range of the other family");
        with(Traffic::Icmpv6(Icmp::Any), "0.0.0.0/0").refuses("the other family");
        with(Traffic::Icmp(Icmp::Any), "0.0.0.0/0").holds();
        with(Traffic::Icmpv6(Icmp::Any), "::/0").holds();
        with(Traffic::tcp(443), "::/0").holds();
    }

    #[test]
    fn v13_the_same_is_not_let_through_twice() {
        let twice = || [https().described("one"), https().described("other")];
        check("V13", |stack| stack.add("web", ingress(twice()))).refuses("another rule lets the same through");
        let [one, other] = twice();
        let both_ways = SecurityGroupRules { egress: [other].into(), ..ingress([one]) };
        check("V13", |stack| stack.add("web", both_ways)).holds();
    }

    #[test]
    fn v14_groups_of_one_network_name_each_other() {
        let beside = |vpc: &str| {
            check("V14", |stack: &mut Stack| {
                let group = |vpc: &str, name: &str| SecurityGroup {
                    vpc: Ref::known(vpc),
                    name: name.into(),
                    description: "A group".into(),
                };
                let web = stack.add("web", group("vpc-1", "web")).id();
                let app = stack.add("app", group(vpc, "app")).id();
                stack.add("rules", SecurityGroupRules { group: web, ..ingress([Traffic::tcp(80).with(app)]) })
            })
        };
        beside("vpc-2").refuses("`app` is a group of another network");
        beside("vpc-1").holds();
    }

    #[test]
    fn v15_rules_are_counted() {
        let rules = |count: u16| ingress((1..=count).map(|port| Traffic::tcp(port).with(range("10.0.0.0/8"))));
        check("V15", |stack| stack.add("web", rules(61))).refuses("there are 61 rules");
        check("V15", |stack| stack.add("web", rules(60))).holds();
        let from_cloudfront =
            |port| Traffic::tcp(port).with(Peer::PrefixList("com.amazonaws.global.cloudfront.origin-facing".into()));
        let both = ingress([80, 443].map(from_cloudfront));
        check("V15", |stack| stack.add("web", both)).refuses("there are 110 rules");
        check("V15", |stack| stack.add("web", ingress([from_cloudfront(443)]))).holds();
    }

    #[test]
    fn v203_no_rule_is_no_definition() {
        check("V203", |stack| stack.add("web", ingress([]))).refuses("no rule");
        check("V203", |stack| stack.add("web", ingress([https()]))).holds();
    }

    #[test]
    fn rules_are_added_described_and_revoked_one_by_one() {
        let wanted = [https().described("new words"), Traffic::tcp(80).with(range("0.0.0.0/0"))].into();
        let (kept, foreign) = (live("sgr-1"), live("sgr-2"));
        let (was, other) = (https().described("old words"), Traffic::tcp(22).with(range("0.0.0.0/0")));
        let strange = live("sgr-3");
        let live = [(&kept, Some(&was)), (&foreign, Some(&other)), (&strange, None)];
        let described = https().described("new words");
        let added = Traffic::tcp(80).with(range("0.0.0.0/0"));
        let expected =
            Steps { authorize: vec![&added], describe: vec![(&kept, &described)], revoke: vec![&foreign, &strange] };
        assert_eq!(steps(&wanted, &live), expected);
    }

    #[test]
    fn what_is_as_it_should_be_is_left_alone() {
        let (rule, allow) = (live("sgr-1"), https());
        assert_eq!(steps(&[https()].into(), &[(&rule, Some(&allow))]), Steps::default());
    }
}
