//! A load balancer for an application: what the outside calls, and what passes calls on to those that answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as Live, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::attributes::{Attributes, Setting, changed};
use super::fault::{ElbFault, lacking, taken};
use super::tags::Listed;
use super::{names, tags};
use crate::ec2::{RouteTable, SecurityGroupId, Subnet, SubnetId, Target};
use crate::iam::Arn;
use crate::pages::each;
use crate::s3::{Bucket, BucketName, BucketPolicy, Encryption};
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// A load balancer for an application: what the outside calls, and what passes calls on to those that answer.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::ec2::{SecurityGroupId, SubnetId};
/// use infra_aws::elb::{AddressFamily, Desync, LoadBalancer, Scheme};
/// use infra_engine::model::Ref;
///
/// let subnets: BTreeSet<Ref<SubnetId>> = [Ref::known("subnet-1"), Ref::known("subnet-2")].into();
/// let group: Ref<SecurityGroupId> = Ref::known("sg-1");
/// let balancer = LoadBalancer {
///     name: "shop".into(),
///     scheme: Scheme::InternetFacing,
///     subnets,
///     security_groups: [group].into(),
///     addresses: AddressFamily::Ipv4,
///     idle_seconds: 60,
///     http2: true,
///     drops_invalid_headers: true,
///     desync: Desync::Defensive,
///     deletion_protection: false,
///     access_logs: None,
/// };
/// ```
///
/// It is ready after two or three minutes, and costs money by the hour. AWS answers the creation of one that there is
/// with that one: it is taken for ours only if its tags say so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elb/load-balancer", id = LoadBalancerArn, after = ["ec2/internet-gateway"])]
#[resource(outputs(
    /// The name that it is called by: `shop-1234567890.eu-central-1.elb.amazonaws.com`.
    DNS_NAME: new LoadBalancerDnsName,
    /// The hosted zone that its name is in: for alias records.
    ZONE: new LoadBalancerZone,
    /// How metrics name it: `app/shop/50dc6c495c0c9188`.
    SUFFIX: new LoadBalancerSuffix,
))]
pub struct LoadBalancer {
    /// Its name, unique in account and region.
    #[key]
    pub name: String,
    /// Who can reach it.
    #[replace]
    pub scheme: Scheme,
    /// Where it stands: in two availability zones at least, one subnet in each.
    pub subnets: BTreeSet<Ref<SubnetId>>,
    /// What is let through to it, and from it.
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// By which addresses it is called.
    pub addresses: AddressFamily,
    /// After how many seconds of silence a connection is closed: 1 to 4000. AWS begins with 60.
    pub idle_seconds: u16,
    /// Whether HTTP/2 is spoken with clients. AWS begins with `true`.
    pub http2: bool,
    /// Whether headers with names that HTTP does not allow are dropped. AWS begins with `false`.
    pub drops_invalid_headers: bool,
    /// What becomes of requests that others may understand otherwise. AWS begins with `defensive`.
    pub desync: Desync,
    /// Whether AWS refuses to delete it, whoever asks. It must be `false` before it can go.
    pub deletion_protection: bool,
    /// Where each request is written down, and what became of it; none is nowhere.
    pub access_logs: Option<AccessLogs>,
}

/// Where a load balancer writes down each request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessLogs {
    /// The bucket, of the same region and encrypted with S3's own keys. Its policy lets
    /// `logdelivery.elasticloadbalancing.amazonaws.com` write into `PREFIX/AWSLogs/ACCOUNT/`: AWS tries that when logs are
    /// turned on, so refer to the policy's output `bucket`, which is there after the policy.
    pub bucket: Ref<BucketName>,
    /// What the names of files begin with. Empty is nothing.
    pub prefix: String,
}

/// Who can reach a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Everybody.
    InternetFacing,
    /// Who is in its network, or in one that is connected to it.
    Internal,
}

/// By which addresses a load balancer is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFamily {
    /// IPv4.
    Ipv4,
    /// IPv4 and IPv6.
    Dualstack,
    /// IPv6 from outside, IPv4 from within.
    DualstackWithoutPublicIpv4,
}

/// What becomes of requests that the load balancer and those behind it may understand otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desync {
    /// They are counted and passed on.
    Monitor,
    /// The dangerous ones are stopped.
    Defensive,
    /// All of them are stopped.
    Strictest,
}

impl Arn for LoadBalancerArn {}

impl Behaviour for LoadBalancer {
    type Cloud = Aws;

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(150),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(10 * 60),
    };

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        DESCRIBE,
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
        tags::ADD,
        tags::DESCRIBE,
        tags::REMOVE,
        // The first load balancer of an account brings a role of AWS's own with it.
        "iam:CreateServiceLinkedRole",
    ];

    fn rules() -> &'static [Rule<LoadBalancer>] {
        RULES
    }

    fn replacement(live: &LoadBalancer, wanted: &LoadBalancer) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<LoadBalancer>>, Fault> {
        let balancers = if ask.only.is_empty() {
            all(aws, ask).await?
        } else {
            each(ask.only.clone(), async |arn: String| one(aws, &arn).await).await?.into_iter().flatten().collect()
        };
        let asked = tags::asked(aws, ask, balancers).await?;
        let whole = async |(balancer, tags): (Live, Tags)| {
            let attributes = attributes(aws, &balancer.arn()).await?;
            Ok(attributes.map(|attributes| understand(&balancer, &attributes, tags)))
        };
        Ok(each(asked, whole).await?.into_iter().flatten().collect())
    }

    /// The creating call gives back one of this name that there is, even somebody else's: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<LoadBalancer>) -> Result<String, Fault> {
        let LoadBalancer { name, scheme, subnets, security_groups, addresses, .. } = &order.definition;
        if let Some(earlier) = named(aws, name).await? {
            let arn = earlier.arn();
            let ours =
                tags::read(aws, std::slice::from_ref(&arn)).await?.get(&arn).is_some_and(|tags| order.made(tags));
            return if ours { Ok(arn) } else { Err(taken(CREATE, "load balancer", name)) };
        }
        let call = aws
            .elb()
            .create_load_balancer()
            .name(name)
            .r#type(LoadBalancerTypeEnum::Application)
            .scheme((*scheme).into())
            .set_subnets(Some(values(subnets)))
            .set_security_groups(Some(values(security_groups)))
            .ip_address_type((*addresses).into())
            .set_tags(Some(to_sdk(&order.tags)));
        let made = call.send().await.sorted(CREATE).changing()?.load_balancers.unwrap_or_default();
        made.first().map(Live::arn).ok_or_else(|| lacking(CREATE, "ARN"))
    }

    async fn update(aws: &Aws, found: &Found<LoadBalancer>, wanted: &LoadBalancer) -> Result<(), Fault> {
        let live = &found.definition;
        if live.security_groups != wanted.security_groups {
            let call = aws.elb().set_security_groups().load_balancer_arn(&found.id);
            let call = call.set_security_groups(Some(values(&wanted.security_groups)));
            call.send().await.sorted("elasticloadbalancing:SetSecurityGroups").changing()?;
        }
        if live.subnets != wanted.subnets {
            let call = aws.elb().set_subnets().load_balancer_arn(&found.id).set_subnets(Some(values(&wanted.subnets)));
            let call = call.ip_address_type(wanted.addresses.into());
            call.send().await.sorted("elasticloadbalancing:SetSubnets").changing()?;
        } else if live.addresses != wanted.addresses {
            let call = aws.elb().set_ip_address_type().load_balancer_arn(&found.id);
            let call = call.ip_address_type(wanted.addresses.into());
            call.send().await.sorted("elasticloadbalancing:SetIpAddressType").changing()?;
        }
        let settings = changed(&settings(live), settings(wanted));
        if settings.is_empty() {
            return Ok(());
        }
        let attribute = |(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build();
        let call = aws.elb().modify_load_balancer_attributes().load_balancer_arn(&found.id);
        let call = call.set_attributes(Some(settings.into_iter().map(attribute).collect()));
        let sent = call.send().await.sorted("elasticloadbalancing:ModifyLoadBalancerAttributes").changing();
        sent.map_err(bucket_not_open).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<LoadBalancer>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.id, retag).await
    }

    /// Its listeners and their rules go with it. Where AWS's own protection is on, AWS refuses.
    async fn delete(aws: &Aws, found: &Found<LoadBalancer>) -> Result<(), Fault> {
        let call = aws.elb().delete_load_balancer().load_balancer_arn(&found.id);
        call.send().await.sorted("elasticloadbalancing:DeleteLoadBalancer").map(drop).gone_is_fine()
    }
}

pub(super) const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";
const CREATE: &str = "elasticloadbalancing:CreateLoadBalancer";

impl Listed for Live {
    fn arn(&self) -> String {
        self.load_balancer_arn().unwrap_or_default().to_owned()
    }

    fn key(&self) -> String {
        self.load_balancer_name().unwrap_or_default().to_owned()
    }
}

/// Every load balancer for applications. Listeners and rules need them too, and in one look they are read once.
pub(super) async fn all(aws: &Aws, ask: &Ask) -> Result<Vec<Live>, Fault> {
    let read = async {
        let pages = aws.elb().describe_load_balancers().page_size(400).into_paginator().items().send();
        let mut balancers: Vec<Live> = pages.try_collect().await.sorted(DESCRIBE)?;
        balancers.retain(|balancer| balancer.r#type() == Some(&LoadBalancerTypeEnum::Application));
        Ok(balancers)
    };
    ask.shared.once("load balancers", read).await.map(|balancers| balancers.to_vec())
}

async fn one(aws: &Aws, arn: &str) -> Result<Option<Live>, Fault> {
    let call = aws.elb().describe_load_balancers().load_balancer_arns(arn);
    let answer = call.send().await.sorted(DESCRIBE).reading()?;
    Ok(answer.and_then(|answer| answer.load_balancers.unwrap_or_default().pop()))
}

/// The one of that name, of whatever sort: network load balancers have the same names.
async fn named(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.elb().describe_load_balancers().names(name).send().await.sorted(DESCRIBE).reading()?;
    Ok(answer.and_then(|answer| answer.load_balancers.unwrap_or_default().pop()))
}

async fn attributes(aws: &Aws, arn: &str) -> Result<Option<Attributes>, Fault> {
    let call = aws.elb().describe_load_balancer_attributes().load_balancer_arn(arn);
    let answer = call.send().await.sorted("elasticloadbalancing:DescribeLoadBalancerAttributes").reading()?;
    let pairs = |attribute: LoadBalancerAttribute| (attribute.key, attribute.value);
    Ok(answer.map(|answer| Attributes::of(answer.attributes.unwrap_or_default().into_iter().map(pairs))))
}

const IDLE: &str = "idle_timeout.timeout_seconds";
const HTTP2: &str = "routing.http2.enabled";
const DROP: &str = "routing.http.drop_invalid_header_fields.enabled";
const DESYNC: &str = "routing.http.desync_mitigation_mode";
const PROTECTION: &str = "deletion_protection.enabled";
const LOGS: &str = "access_logs.s3.enabled";
const LOGS_BUCKET: &str = "access_logs.s3.bucket";
const LOGS_PREFIX: &str = "access_logs.s3.prefix";

/// What a definition says by attributes.
fn settings(balancer: &LoadBalancer) -> Vec<Setting> {
    let LoadBalancer { name: _, scheme: _, subnets: _, security_groups: _, addresses: _, .. } = balancer;
    let LoadBalancer { idle_seconds, http2, drops_invalid_headers, desync, deletion_protection, access_logs, .. } =
        balancer;
    let mut settings = vec![
        (IDLE, idle_seconds.to_string()),
        (HTTP2, http2.to_string()),
        (DROP, drops_invalid_headers.to_string()),
        (DESYNC, desync.text().to_owned()),
        (PROTECTION, deletion_protection.to_string()),
        (LOGS, access_logs.is_some().to_string()),
    ];
    if let Some(AccessLogs { bucket, prefix }) = access_logs {
        settings.extend([(LOGS_BUCKET, bucket.value()), (LOGS_PREFIX, prefix.clone())]);
    }
    settings
}

/// The bucket's policy was written a moment ago. If it stays so, the limit of the wait ends it.
fn bucket_not_open(fault: Fault) -> Fault {
    fault.when(FaultKind::NotYet, &["InvalidConfigurationRequest"], "Access Denied for bucket")
}

/// The definition that would have produced a live one.
fn understand(live: &Live, attributes: &Attributes, tags: Tags) -> Found<LoadBalancer> {
    let arn = live.arn();
    let subnets = live.availability_zones().iter().filter_map(|zone| zone.subnet_id()).map(Ref::known).collect();
    let definition = LoadBalancer {
        name: live.key(),
        scheme: match live.scheme() {
            Some(LoadBalancerSchemeEnum::Internal) => Scheme::Internal,
            _ => Scheme::InternetFacing,
        },
        subnets,
        security_groups: live.security_groups().iter().map(Ref::known).collect(),
        addresses: match live.ip_address_type() {
            Some(IpAddressType::Dualstack) => AddressFamily::Dualstack,
            Some(IpAddressType::DualstackWithoutPublicIpv4) => AddressFamily::DualstackWithoutPublicIpv4,
            _ => AddressFamily::Ipv4,
        },
        idle_seconds: attributes.value(IDLE, 60),
        http2: attributes.value(HTTP2, true),
        drops_invalid_headers: attributes.value(DROP, false),
        desync: attributes.text(DESYNC).and_then(Desync::of).unwrap_or(Desync::Defensive),
        deletion_protection: attributes.value(PROTECTION, false),
        access_logs: attributes.value(LOGS, false).then(|| AccessLogs {
            bucket: Ref::known(attributes.text(LOGS_BUCKET).unwrap_or_default()),
            prefix: attributes.text(LOGS_PREFIX).unwrap_or_default().to_owned(),
        }),
    };
    let code = live.state().and_then(|state| state.code());
    let reason = live.state().and_then(|state| state.reason()).unwrap_or("AWS gives no reason");
    let state = match code {
        Some(LoadBalancerStateEnum::Provisioning) => State::Pending("provisioning".into()),
        Some(LoadBalancerStateEnum::Failed) => State::Failed(reason.to_owned()),
        _ => State::Ready,
    };
    let outputs = BTreeMap::from([
        (LoadBalancer::DNS_NAME.name.to_owned(), live.dns_name().unwrap_or_default().to_owned()),
        (LoadBalancer::ZONE.name.to_owned(), live.canonical_hosted_zone_id().unwrap_or_default().to_owned()),
        (LoadBalancer::SUFFIX.name.to_owned(), suffix(&arn)),
    ]);
    Found { id: arn, definition, outputs, tags, state, others: Vec::new(), awaited: Vec::new() }
}

/// How metrics name what has this ARN.
fn suffix(arn: &str) -> String {
    arn.split_once(":loadbalancer/").map_or(arn, |(_, suffix)| suffix).to_owned()
}

fn values<T>(references: &BTreeSet<Ref<T>>) -> Vec<String> {
    references.iter().map(Ref::value).collect()
}

impl Desync {
    const ALL: [Desync; 3] = [Desync::Monitor, Desync::Defensive, Desync::Strictest];

    fn text(self) -> &'static str {
        match self {
            Desync::Monitor => "monitor",
            Desync::Defensive => "defensive",
            Desync::Strictest => "strictest",
        }
    }

    fn of(text: &str) -> Option<Desync> {
        Desync::ALL.into_iter().find(|mode| mode.text() == text)
    }
}

impl From<Scheme> for LoadBalancerSchemeEnum {
    fn from(scheme: Scheme) -> LoadBalancerSchemeEnum {
        match scheme {
            Scheme::InternetFacing => LoadBalancerSchemeEnum::InternetFacing,
            Scheme::Internal => LoadBalancerSchemeEnum::Internal,
        }
    }
}

impl From<AddressFamily> for IpAddressType {
    fn from(family: AddressFamily) -> IpAddressType {
        match family {
            AddressFamily::Ipv4 => IpAddressType::Ipv4,
            AddressFamily::Dualstack => IpAddressType::Dualstack,
            AddressFamily::DualstackWithoutPublicIpv4 => IpAddressType::DualstackWithoutPublicIpv4,
        }
    }
}

static RULES: &[Rule<LoadBalancer>] = &[
    Rule {
        code: "V16",
        says: "a load balancer's name has 1 to 32 letters, digits and hyphens, and does not begin with `internal-`",
        source: "Elastic Load Balancing API model: CreateLoadBalancer",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V17",
        says: "a load balancer stands in two availability zones at least, in one subnet of each",
        source: "Elastic Load Balancing API model: CreateLoadBalancer, Subnets",
        severity: Severity::Error,
        check: stands_in_zones,
    },
    Rule {
        code: "V18",
        says: "a load balancer that faces the internet stands in public subnets",
        source: "Elastic Load Balancing user guide: subnets for your load balancer",
        severity: Severity::Warning,
        check: leads_out,
    },
    Rule {
        code: "V16a",
        says: "a load balancer has a security group",
        source: "Elastic Load Balancing API model: CreateLoadBalancer, SecurityGroups",
        severity: Severity::Error,
        check: has_a_group,
    },
    Rule {
        code: "V16b",
        says: "an idle connection is closed after 1 to 4000 seconds",
        source: "Elastic Load Balancing API model: LoadBalancerAttribute, idle_timeout.timeout_seconds",
        severity: Severity::Error,
        check: idle_fits,
    },
    Rule {
        code: "V16c",
        says: "access logs go to a bucket that is encrypted with S3's own keys, under a prefix without `AWSLogs`",
        source: "Elastic Load Balancing user guide: access logs, bucket requirements",
        severity: Severity::Error,
        check: logs_fit,
    },
];

/// V16c. The bucket may be referred to by itself or by its policy.
fn logs_fit(balancer: &LoadBalancer, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(AccessLogs { bucket, prefix }) = &balancer.access_logs else { return Vec::new() };
    let mut violations = Vec::new();
    let named = bucket.value();
    let policy = around.all::<BucketPolicy>().find(|(address, _)| named == format!("{address}.bucket"));
    let meant = policy.map_or(named, |(_, policy)| policy.bucket.value());
    let found = around.all::<Bucket>().find(|(address, _)| meant == format!("{address}.id"));
    if let Some((address, _)) = found.filter(|(_, bucket)| bucket.encryption != Encryption::S3) {
        let wrong = format!("{address} is encrypted with another key");
        violations.push(Violation::of("access_logs", bucket, wrong, "write `Encryption::S3` there"));
    }
    if prefix.contains("AWSLogs") || prefix.starts_with('/') || prefix.ends_with('/') {
        let wrong = "it has `AWSLogs` in it, or a slash at an end: AWS adds both";
        violations.push(Violation::of("access_logs", prefix, wrong, "write a word such as `alb`, or nothing"));
    }
    violations
}

fn name_fits(balancer: &LoadBalancer, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = names::name(&balancer.name);
    if balancer.name.starts_with("internal-") {
        let wrong = "it begins with `internal-`, which AWS keeps to itself";
        violations.push(Violation::of("name", &balancer.name, wrong, "leave the word out, or put it at the end"));
    }
    violations
}

fn stands_in_zones(balancer: &LoadBalancer, around: &Surroundings<'_>) -> Vec<Violation> {
    let LoadBalancer { subnets, .. } = balancer;
    if subnets.len() < 2 {
        let wrong = format!("there are {} subnets", subnets.len());
        return vec![Violation::of("subnets", subnets, wrong, "name a subnet in each of two zones")];
    }
    let mut violations = Vec::new();
    let known: Vec<&Subnet> = subnets.iter().filter_map(|subnet| around.of::<Subnet, _>(subnet)).collect();
    let mut zones = BTreeSet::new();
    for subnet in known.iter().filter(|subnet| !zones.insert(subnet.zone.clone())) {
        let wrong = format!("two of its subnets are in {}", subnet.zone);
        violations.push(Violation::of("subnets", subnet.cidr, wrong, "name one subnet of each zone"));
    }
    if known.iter().any(|subnet| subnet.vpc != known[0].vpc) {
        let wrong = "its subnets are in different networks";
        violations.push(Violation::of("subnets", subnets, wrong, "name subnets of one network"));
    }
    violations
}

/// V18. A subnet or a route table that is not in the code may well be right.
fn leads_out(balancer: &LoadBalancer, around: &Surroundings<'_>) -> Vec<Violation> {
    if balancer.scheme == Scheme::Internal {
        return Vec::new();
    }
    let tables: Vec<(_, &RouteTable)> = around.all::<RouteTable>().collect();
    let closed = |subnet: &&Ref<SubnetId>| {
        let table = tables.iter().find(|(_, table)| table.subnets.contains(subnet));
        table.is_some_and(|(_, table)| !table.routes.values().any(|to| matches!(to, Target::InternetGateway(_))))
    };
    let tell = |subnet: &Ref<SubnetId>| {
        let wrong = "no route leads from this subnet to an internet gateway";
        Violation::of("subnets", subnet, wrong, "name public subnets, or write `scheme: Scheme::Internal`")
    };
    balancer.subnets.iter().filter(closed).map(tell).collect()
}

fn has_a_group(balancer: &LoadBalancer, _: &Surroundings<'_>) -> Vec<Violation> {
    if !balancer.security_groups.is_empty() {
        return Vec::new();
    }
    let wrong = "there is none, and AWS would take the network's default group";
    vec![Violation::of("security_groups", &balancer.security_groups, wrong, "name a group that lets its callers in")]
}

fn idle_fits(balancer: &LoadBalancer, _: &Surroundings<'_>) -> Vec<Violation> {
    if (1..=4000).contains(&balancer.idle_seconds) {
        return Vec::new();
    }
    vec![Violation::of("idle_seconds", balancer.idle_seconds, "it is out of range", "write 1 to 4000")]
}

#[cfg(test)]
mod tests;
