//! A web ACL: which requests a distribution or a load balancer answers, by how many come from one address and by what is in them.

use std::collections::BTreeMap;

use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::operation::get_web_acl::GetWebAclOutput;
use aws_sdk_wafv2::types::{Rule as SdkRule, Scope as LiveScope, VisibilityConfig, WebAcl as Live, WebAclSummary};
use futures::try_join;
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::Tags;
use serde::{Deserialize, Serialize};

use crate::again::made_before;
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::unreadable::or_stand_in;
use crate::{Aws, Sorted, index};

mod logging;
mod rules;
mod wire;

pub use logging::{LoggingConfiguration, RedactedField};

/// Which requests a distribution or a load balancer answers.
///
/// ```
/// use infra_aws::waf::{Answer, Inspection, RateRule, WebAcl, WebAclRule, Window};
///
/// let at_most = |requests, path: &str| WebAclRule {
///     priority: requests,
///     inspection: Inspection::Rate(RateRule { requests, window: Window::OneMinute, path: Some(path.into()) }),
///     answer: Answer::Block,
/// };
/// let acl = WebAcl {
///     rules: [("login".into(), at_most(600, "/auth")), ("api".into(), at_most(6000, "/api/"))].into(),
///     ..WebAcl::open("shop-prod", "What the shop answers")
/// };
/// ```
///
/// It has these rules and no others, beside those that AWS Shield adds while it fends off an attack. A distribution names
/// its own; a load balancer has one by a [`WebAclAssociation`](super::WebAclAssociation).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "waf/web-acl", id = WebAclId, replacement = "create_first")]
#[resource(outputs(
    /// Its Amazon Resource Name: what a distribution refers to.
    ARN: new WebAclArn,
))]
pub struct WebAcl {
    /// Its name, unique in the account. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What it can stand in front of. AWS keeps names apart by it.
    #[replace]
    pub scope: Scope,
    /// What it is for. Empty is none.
    pub description: String,
    /// What becomes of requests that no rule decides.
    pub verdict: Verdict,
    /// Its rules by name.
    pub rules: BTreeMap<String, WebAclRule>,
    /// Where it writes down what it has decided; none is nowhere.
    pub logging_configuration: Option<LoggingConfiguration>,
}

/// What a web ACL can stand in front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Distributions. It is there once for all regions.
    Cloudfront,
    /// What is in its own region: load balancers.
    Regional,
}

impl Scope {
    fn written(self) -> LiveScope {
        match self {
            Scope::Cloudfront => LiveScope::Cloudfront,
            Scope::Regional => LiveScope::Regional,
        }
    }

    /// The scope of a web ACL with this ARN.
    pub(super) fn of(arn: &str) -> Scope {
        if arn.contains(":global/webacl/") { Scope::Cloudfront } else { Scope::Regional }
    }

    /// Who answers for web ACLs of this scope.
    pub(super) fn client(self, aws: &Aws) -> &Client {
        match self {
            Scope::Cloudfront => aws.wafv2(),
            Scope::Regional => aws.regional_wafv2(),
        }
    }
}

/// What becomes of requests that no rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They are answered.
    Allow,
    /// They are refused.
    Block,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAclRule {
    /// Which comes first: the one with the lowest number.
    pub priority: u32,
    /// Of which requests it speaks.
    pub inspection: Inspection,
    /// What becomes of them.
    pub answer: Answer,
}

/// Of which requests a rule speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inspection {
    /// Of those from addresses from which too many come.
    Rate(RateRule),
    /// Of those that a group of rules finds, which AWS or somebody else keeps.
    Managed(ManagedGroup),
}

/// Too many requests from one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    /// How many are not too many, within the window.
    pub requests: u32,
    /// The window.
    pub window: Window,
    /// Only requests whose path starts with this are counted; none is all.
    pub path: Option<String>,
}

/// Over which time requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// 60 seconds.
    OneMinute,
    /// 120 seconds.
    TwoMinutes,
    /// 300 seconds.
    FiveMinutes,
    /// 600 seconds.
    TenMinutes,
}

impl Window {
    /// How many requests come within it at so many a second.
    pub fn at(self, per_second: u32) -> u32 {
        u32::try_from(self.seconds()).unwrap_or(u32::MAX).saturating_mul(per_second)
    }

    fn seconds(self) -> i64 {
        match self {
            Window::OneMinute => 60,
            Window::TwoMinutes => 120,
            Window::FiveMinutes => 300,
            Window::TenMinutes => 600,
        }
    }
}

/// A group of rules that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedGroup {
    /// Who: `AWS`.
    pub vendor: String,
    /// Its name: `AWSManagedRulesCommonRuleSet`.
    pub name: String,
    /// Its version; none follows the newest.
    pub version: Option<String>,
}

/// What becomes of requests of which a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// They are refused; in a managed group, what the group says of them.
    Block,
    /// They are only counted.
    Count,
    /// The browser must prove itself, which its user does not see. Not in a managed group.
    Challenge,
    /// The user must solve a puzzle. Not in a managed group.
    Captcha,
}

impl WebAcl {
    /// A web ACL for distributions that lets through what no rule refuses, without rules yet.
    pub fn open(name: impl Into<String>, description: impl Into<String>) -> WebAcl {
        WebAcl {
            name: name.into(),
            scope: Scope::Cloudfront,
            description: description.into(),
            verdict: Verdict::Allow,
            rules: BTreeMap::new(),
            logging_configuration: None,
        }
    }
}

impl Behaviour for WebAcl {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["cloudfront/distribution", "waf/web-acl-association"];

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        // In the caller's name WAF lets itself write into the log group.
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
        "wafv2:CreateWebACL",
        "wafv2:DeleteLoggingConfiguration",
        "wafv2:DeleteWebACL",
        "wafv2:GetLoggingConfiguration",
        "wafv2:GetWebACL",
        "wafv2:ListTagsForResource",
        "wafv2:ListWebACLs",
        "wafv2:PutLoggingConfiguration",
        "wafv2:TagResource",
        "wafv2:UntagResource",
        "wafv2:UpdateWebACL",
    ];

    fn rules() -> &'static [Rule<WebAcl>] {
        rules::ALL
    }

    /// The list has neither tags nor rules: a call for each of those whose name is asked for or has the project's in
    /// it.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<WebAcl>>, Fault> {
        let (mut listed, of_region) = try_join!(list(aws, Scope::Cloudfront), list(aws, Scope::Regional))?;
        listed.extend(of_region);
        let meant = meant(aws, ask).await?;
        listed.retain(|acl| {
            let asked = acl.id().is_some_and(|id| ask.only.contains(id));
            asked || meant.by_arn(acl.name().unwrap_or_default(), acl.arn().unwrap_or_default())
        });
        let found = each(listed, async |acl: WebAclSummary| {
            let (Some(name), Some(id), Some(arn)) = (acl.name(), acl.id(), acl.arn()) else { return Ok(None) };
            let Some(tags) = index::tags(aws, ask, arn, tags(aws, arn)).await? else { return Ok(None) };
            if !ask.wants(id, Some(name), &tags) {
                return Ok(None);
            }
            let scope = Scope::of(arn);
            let Some((live, _)) = get(aws, scope, name, id).await? else { return Ok(None) };
            let with_log = async {
                let logging_configuration = logging::get(aws, arn).await?;
                Ok(WebAcl { logging_configuration, ..wire::read(&live, scope)? })
            };
            let understood = with_log.await.map(|definition| Found::ready(id, definition, tags.clone()));
            let nothing = || WebAcl { scope, ..WebAcl::open(name, "") };
            let found = or_stand_in(understood, || Found::ready(id, nothing(), tags))?;
            Ok(Some(found.with(WebAcl::ARN.name, arn)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<WebAcl>) -> Result<String, Fault> {
        const OPERATION: &str = "wafv2:CreateWebACL";
        let WebAcl { name, scope, description, verdict, rules, logging_configuration: _ } = &order.definition;
        let call = scope
            .client(aws)
            .create_web_acl()
            .name(name)
            .scope(scope.written())
            .set_description(Some(description.clone()).filter(|text| !text.is_empty()))
            .default_action(wire::default_action(*verdict))
            .set_rules(Some(wire::rules(rules, OPERATION)?))
            .visibility_config(wire::visibility(name, OPERATION)?)
            .set_tags(Some(to_sdk(&order.tags)));
        match call.send().await.sorted(OPERATION) {
            Ok(answer) => {
                let nameless = || Fault::new(FaultKind::Broken, OPERATION, "the answer does not name what was made");
                answer.summary.and_then(|summary| summary.id).ok_or_else(nameless)
            }
            Err(fault) => made_before(aws, order, Some(name), fault).await,
        }
    }

    /// All of it is written, so what somebody else has changed since it was read would be lost: then nothing is
    /// written. Rules that are AWS's own stay.
    async fn update(aws: &Aws, found: &Found<WebAcl>, wanted: &WebAcl) -> Result<(), Fault> {
        const OPERATION: &str = "wafv2:UpdateWebACL";
        let WebAcl { name, scope, description, verdict, rules, logging_configuration } = wanted;
        if *logging_configuration != found.definition.logging_configuration {
            let arn = &found.outputs[WebAcl::ARN.name];
            match logging_configuration {
                Some(wanted) => logging::put(aws, arn, wanted).await?,
                None => logging::delete(aws, arn).await?,
            }
        }
        let Some((live, lock)) = get(aws, *scope, name, &found.id).await? else {
            return Err(Fault::new(FaultKind::Gone, OPERATION, "it is not there any more: plan again"));
        };
        let now = WebAcl { logging_configuration: logging_configuration.clone(), ..wire::read(&live, *scope)? };
        if now == *wanted {
            return Ok(());
        }
        if now != (WebAcl { logging_configuration: logging_configuration.clone(), ..found.definition.clone() }) {
            let message = "somebody has changed it since it was read: plan again";
            return Err(Fault::new(FaultKind::Refused, OPERATION, message));
        }
        let mut sdk = wire::rules(rules, OPERATION)?;
        sdk.extend(live.rules().iter().filter(|rule| wire::is_of_aws(rule)).cloned());
        let visibility = live.visibility_config.clone().map_or_else(|| wire::visibility(name, OPERATION), Ok)?;
        write(aws, found, live, lock, Written { description, verdict: *verdict, rules: sdk, visibility }).await
    }

    async fn retag(aws: &Aws, found: &Found<WebAcl>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[WebAcl::ARN.name];
        let client = found.definition.scope.client(aws);
        if !set.is_empty() {
            let call = client.tag_resource().resource_arn(arn).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("wafv2:TagResource")?;
        }
        if !remove.is_empty() {
            let call = client.untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("wafv2:UntagResource")?;
        }
        Ok(())
    }

    /// A distribution that had it a moment ago holds it for some minutes: the call says so, and is repeated.
    async fn delete(aws: &Aws, found: &Found<WebAcl>) -> Result<(), Fault> {
        let WebAcl { name, scope, .. } = &found.definition;
        if found.definition.logging_configuration.is_some() {
            logging::delete(aws, &found.outputs[WebAcl::ARN.name]).await?;
        }
        let Some((_, lock)) = get(aws, *scope, name, &found.id).await? else { return Ok(()) };
        let call = scope.client(aws).delete_web_acl().name(name).scope(scope.written()).id(&found.id);
        call.set_lock_token(lock).send().await.sorted("wafv2:DeleteWebACL").map(drop).gone_is_fine()
    }
}

/// What is written of a web ACL.
struct Written<'a> {
    description: &'a str,
    verdict: Verdict,
    rules: Vec<SdkRule>,
    visibility: VisibilityConfig,
}

/// Writes a web ACL, with what the definition does not say as it is.
async fn write(
    aws: &Aws,
    found: &Found<WebAcl>,
    live: Live,
    lock: Option<String>,
    written: Written<'_>,
) -> Result<(), Fault> {
    let Written { description, verdict, rules, visibility } = written;
    let WebAcl { name, scope, .. } = &found.definition;
    let call = scope
        .client(aws)
        .update_web_acl()
        .name(name)
        .scope(scope.written())
        .id(&found.id)
        .set_lock_token(lock)
        .set_description(Some(description.to_owned()).filter(|text| !text.is_empty()))
        .default_action(wire::default_action(verdict))
        .set_rules(Some(rules))
        .visibility_config(visibility)
        .set_data_protection_config(live.data_protection_config)
        .set_custom_response_bodies(live.custom_response_bodies)
        .set_captcha_config(live.captcha_config)
        .set_challenge_config(live.challenge_config)
        .set_token_domains(live.token_domains)
        .set_association_config(live.association_config)
        .set_on_source_d_do_s_protection_config(live.on_source_d_do_s_protection_config)
        .set_application_config(live.application_config)
        .set_monetization_config(live.monetization_config);
    call.send().await.sorted("wafv2:UpdateWebACL").map(drop)
}

async fn list(aws: &Aws, scope: Scope) -> Result<Vec<WebAclSummary>, Fault> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let call = scope.client(aws).list_web_acls().scope(scope.written()).limit(100).set_next_marker(next);
        let page = call.send().await.sorted("wafv2:ListWebACLs")?;
        found.extend(page.web_acls.unwrap_or_default());
        next = page.next_marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn get(aws: &Aws, scope: Scope, name: &str, id: &str) -> Result<Option<(Live, Option<String>)>, Fault> {
    let call = scope.client(aws).get_web_acl().name(name).scope(scope.written()).id(id);
    match call.send().await.sorted("wafv2:GetWebACL") {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        other => other.map(|GetWebAclOutput { web_acl, lock_token, .. }| Some((web_acl?, lock_token))),
    }
}

async fn tags(aws: &Aws, arn: &str) -> Result<Option<Tags>, Fault> {
    let mut found = Tags::new();
    let mut next = None;
    loop {
        let call =
            Scope::of(arn).client(aws).list_tags_for_resource().resource_arn(arn).limit(100).set_next_marker(next);
        let page = match call.send().await.sorted("wafv2:ListTagsForResource") {
            Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
            other => other?,
        };
        found.extend(page.tag_info_for_resource.map(|info| from_sdk(info.tag_list())).unwrap_or_default());
        next = page.next_marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(Some(found));
        }
    }
}
