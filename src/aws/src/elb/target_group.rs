//! A target group: those that answer one sort of request, and how it is shared out among them.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetGroup as Live, TargetGroupAttribute, TargetTypeEnum};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, GoneIsFine, Order, Retag, Waits};
use infra_engine::model::{Ref, Replacement, Tags, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::attributes::{Attributes, Setting, changed};
use super::fault::{ElbFault, lacking, taken};
use super::health_check::{self, HealthCheck};
use super::names::LONGEST;
use super::tags::Listed;
use super::{names, tags};
use crate::ec2::VpcId;
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// A target group: those that answer one sort of request, and how it is shared out among them.
///
/// ```
/// use infra_aws::ec2::VpcId;
/// use infra_aws::elb::{
///     Algorithm, HealthCheck, Protocol, ProtocolVersion, Stickiness, TargetGroup, TargetKind,
/// };
/// use infra_engine::model::Ref;
///
/// let vpc: Ref<VpcId> = Ref::known("vpc-1");
/// let group = TargetGroup {
///     name: "shop-api".into(),
///     vpc,
///     port: 8000,
///     protocol: Protocol::Http,
///     version: ProtocolVersion::Http1,
///     targets: TargetKind::Ip,
///     health_check: HealthCheck { healthy_after: 2, ..HealthCheck::at("/health") },
///     deregistration_seconds: 30,
///     algorithm: Algorithm::LeastOutstandingRequests,
///     anomaly_mitigation: false,
///     slow_start_seconds: 0,
///     stickiness: Stickiness::Off,
/// };
/// ```
///
/// A group that must be replaced is in use until its listeners have moved to the new one, and its name with it. So the
/// new one is named with four letters more for the time: `shop-api-3f2a`. They are not a difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elb/target-group", id = TargetGroupArn)]
#[resource(outputs(
    /// How metrics name it: `targetgroup/shop-api/943f017f100becff`.
    SUFFIX: new TargetGroupSuffix,
))]
pub struct TargetGroup {
    /// Its name, unique in account and region. With 27 characters or fewer it can be replaced while it is in use.
    #[key]
    pub name: String,
    /// The network that its targets are in.
    #[replace]
    pub vpc: Ref<VpcId>,
    /// The port that a target answers at, where it does not say another.
    #[replace]
    pub port: u16,
    /// How targets are spoken to.
    #[replace]
    pub protocol: Protocol,
    /// In which version of HTTP.
    #[replace]
    pub version: ProtocolVersion,
    /// What is registered in it.
    #[replace]
    pub targets: TargetKind,
    /// How it is found out who can answer.
    pub health_check: HealthCheck,
    /// For so many seconds a target that goes finishes what it has begun: 0 to 3600. AWS begins with 300.
    pub deregistration_seconds: u16,
    /// To whom the next request goes.
    pub algorithm: Algorithm,
    /// Whether targets that answer worse than the others get less. Only with `weighted_random`.
    pub anomaly_mitigation: bool,
    /// For so many seconds a new target gets less: 30 to 900, or 0 for full measure at once. Only with `round_robin`.
    pub slow_start_seconds: u16,
    /// Whether a client stays with its target.
    pub stickiness: Stickiness,
}

/// How targets are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// In the clear.
    Http,
    /// Encrypted. The target's certificate is not looked at.
    Https,
}

/// Which version of HTTP targets are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC, over HTTP/2.
    Grpc,
}

/// What is registered in a target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Addresses: of tasks on Fargate, for one.
    Ip,
    /// Instances.
    Instance,
}

/// To whom the next request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// To the next one in turn.
    RoundRobin,
    /// To the one that has the fewest requests in hand.
    LeastOutstandingRequests,
    /// To anyone.
    WeightedRandom,
}

/// Whether a client stays with its target, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stickiness {
    /// It does not.
    Off,
    /// By a cookie that the load balancer sets.
    LoadBalancerCookie {
        /// For so many seconds: 1 to 604800, a week.
        seconds: u32,
    },
    /// By a cookie that the application sets.
    ApplicationCookie {
        /// Its name.
        cookie: String,
        /// For so many seconds: 1 to 604800, a week.
        seconds: u32,
    },
}

impl Arn for TargetGroupArn {}

impl Behaviour for TargetGroup {
    type Cloud = Aws;

    const SECOND_NAME: bool = true;

    const WAITS: Waits = Waits { usual: Duration::from_secs(2), ..Waits::QUICK };

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        DESCRIBE,
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        tags::ADD,
        tags::DESCRIBE,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<TargetGroup>] {
        RULES
    }

    /// The old one is in use until the listeners have moved: with another name, the new one can stand beside it.
    fn replacement(live: &TargetGroup, wanted: &TargetGroup) -> Replacement {
        let beside = live.name != wanted.name || wanted.second_name().len() <= LONGEST;
        if beside { Replacement::CreateFirst } else { Replacement::DeleteFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<TargetGroup>>, Fault> {
        let groups = if ask.only.is_empty() {
            all(aws).await?
        } else {
            each(ask.only.clone(), async |arn: String| one(aws, &arn).await).await?.into_iter().flatten().collect()
        };
        // Groups of network load balancers and of functions are another matter.
        let ours = groups.into_iter().filter(|group| outline(group).is_some()).collect();
        let whole = async |(group, tags): (Live, Tags)| {
            let attributes = attributes(aws, &group.arn()).await?;
            Ok(attributes.and_then(|attributes| understand(&group, &attributes, tags)))
        };
        Ok(each(tags::asked(aws, ask, ours).await?, whole).await?.into_iter().flatten().collect())
    }

    /// The creating call gives back one of this name that there is, even somebody else's: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<TargetGroup>) -> Result<String, Fault> {
        let wanted = &order.definition;
        let [plain, second] = [wanted.name.clone(), wanted.second_name()];
        let bearer = async |name: String| {
            if name.len() > LONGEST {
                return Ok(None);
            }
            let Some(group) = named(aws, &name).await? else { return Ok(None) };
            let arn = group.arn();
            let tags = tags::read(aws, std::slice::from_ref(&arn)).await?.remove(&arn);
            Ok(Some(Bearer::of(order, arn, &tags.unwrap_or_default())))
        };
        let (first, other) = (bearer(plain.clone()).await?, bearer(second.clone()).await?);
        let name = match (first, other) {
            (Some(Bearer::This(arn)), _) | (_, Some(Bearer::This(arn))) => return Ok(arn),
            (None, _) => plain,
            (Some(Bearer::Predecessor), None) if second.len() <= LONGEST => second,
            _ => return Err(taken(CREATE, "target group", &plain)),
        };
        let check = &wanted.health_check;
        let call = aws
            .elb()
            .create_target_group()
            .name(name)
            .vpc_id(wanted.vpc.value())
            .port(i32::from(wanted.port))
            .protocol(wanted.protocol.into())
            .protocol_version(wanted.version.text())
            .target_type(wanted.targets.into())
            .health_check_enabled(true)
            .health_check_path(&check.path)
            .health_check_protocol(check.protocol.into())
            .health_check_port(check.port_text())
            .health_check_interval_seconds(i32::from(check.interval_seconds))
            .health_check_timeout_seconds(i32::from(check.timeout_seconds))
            .healthy_threshold_count(i32::from(check.healthy_after))
            .unhealthy_threshold_count(i32::from(check.unhealthy_after))
            .matcher(check.matcher(wanted.version))
            .set_tags(Some(to_sdk(&order.tags)));
        let made = call.send().await.sorted(CREATE).changing()?.target_groups.unwrap_or_default();
        made.first().map(Live::arn).ok_or_else(|| lacking(CREATE, "ARN"))
    }

    async fn update(aws: &Aws, found: &Found<TargetGroup>, wanted: &TargetGroup) -> Result<(), Fault> {
        let check = &wanted.health_check;
        if found.definition.health_check != *check {
            let call = aws
                .elb()
                .modify_target_group()
                .target_group_arn(&found.id)
                .health_check_enabled(true)
                .health_check_path(&check.path)
                .health_check_protocol(check.protocol.into())
                .health_check_port(check.port_text())
                .health_check_interval_seconds(i32::from(check.interval_seconds))
                .health_check_timeout_seconds(i32::from(check.timeout_seconds))
                .healthy_threshold_count(i32::from(check.healthy_after))
                .unhealthy_threshold_count(i32::from(check.unhealthy_after))
                .matcher(check.matcher(wanted.version));
            call.send().await.sorted("elasticloadbalancing:ModifyTargetGroup").changing()?;
        }
        let settings = changed(&settings(&found.definition), settings(wanted));
        if settings.is_empty() {
            return Ok(());
        }
        let attribute = |(key, value)| TargetGroupAttribute::builder().key(key).value(value).build();
        let call = aws.elb().modify_target_group_attributes().target_group_arn(&found.id);
        let call = call.set_attributes(Some(settings.into_iter().map(attribute).collect()));
        call.send().await.sorted("elasticloadbalancing:ModifyTargetGroupAttributes").changing().map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<TargetGroup>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.id, retag).await
    }

    /// While a listener or a rule still names it, AWS refuses, and it is tried again.
    async fn delete(aws: &Aws, found: &Found<TargetGroup>) -> Result<(), Fault> {
        let call = aws.elb().delete_target_group().target_group_arn(&found.id);
        call.send().await.sorted("elasticloadbalancing:DeleteTargetGroup").map(drop).gone_is_fine()
    }
}

const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";
const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";

/// Who bears a name that an order wants.
enum Bearer {
    /// What this very order has made, in an earlier try.
    This(String),
    /// The one that is being replaced.
    Predecessor,
    /// Anybody else.
    Stranger,
}

impl Bearer {
    fn of(order: &Order<TargetGroup>, arn: String, tags: &Tags) -> Bearer {
        if order.made(tags) {
            Bearer::This(arn)
        } else if order.succeeds(tags) {
            Bearer::Predecessor
        } else {
            Bearer::Stranger
        }
    }
}

impl Listed for Live {
    fn arn(&self) -> String {
        self.target_group_arn().unwrap_or_default().to_owned()
    }

    fn key(&self) -> String {
        let name = self.target_group_name().unwrap_or_default();
        outline(self).map_or_else(|| name.to_owned(), |group| group.plain_name(name))
    }
}

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let pages = aws.elb().describe_target_groups().page_size(400).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE)
}

async fn one(aws: &Aws, arn: &str) -> Result<Option<Live>, Fault> {
    let call = aws.elb().describe_target_groups().target_group_arns(arn);
    let answer = call.send().await.sorted(DESCRIBE).reading()?;
    Ok(answer.and_then(|answer| answer.target_groups.unwrap_or_default().pop()))
}

async fn named(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.elb().describe_target_groups().names(name).send().await.sorted(DESCRIBE).reading()?;
    Ok(answer.and_then(|answer| answer.target_groups.unwrap_or_default().pop()))
}

async fn attributes(aws: &Aws, arn: &str) -> Result<Option<Attributes>, Fault> {
    let call = aws.elb().describe_target_group_attributes().target_group_arn(arn);
    let answer = call.send().await.sorted("elasticloadbalancing:DescribeTargetGroupAttributes").reading()?;
    let pairs = |attribute: TargetGroupAttribute| (attribute.key, attribute.value);
    Ok(answer.map(|answer| Attributes::of(answer.attributes.unwrap_or_default().into_iter().map(pairs))))
}

const DELAY: &str = "deregistration_delay.timeout_seconds";
const ALGORITHM: &str = "load_balancing.algorithm.type";
const ANOMALY: &str = "load_balancing.algorithm.anomaly_mitigation";
const SLOW_START: &str = "slow_start.duration_seconds";
const STICKY: &str = "stickiness.enabled";
const STICKY_TYPE: &str = "stickiness.type";
const STICKY_SECONDS: &str = "stickiness.lb_cookie.duration_seconds";
const STICKY_COOKIE: &str = "stickiness.app_cookie.cookie_name";
const STICKY_COOKIE_SECONDS: &str = "stickiness.app_cookie.duration_seconds";

/// What a definition says by attributes.
fn settings(group: &TargetGroup) -> Vec<Setting> {
    let TargetGroup { name: _, vpc: _, port: _, protocol: _, version: _, targets: _, health_check: _, .. } = group;
    let TargetGroup { deregistration_seconds, algorithm, anomaly_mitigation, slow_start_seconds, stickiness, .. } =
        group;
    let on_or_off = |on: bool| if on { "on" } else { "off" };
    let mut settings = vec![
        (DELAY, deregistration_seconds.to_string()),
        (ALGORITHM, algorithm.text().to_owned()),
        (ANOMALY, on_or_off(*anomaly_mitigation).to_owned()),
        (SLOW_START, slow_start_seconds.to_string()),
        (STICKY, (*stickiness != Stickiness::Off).to_string()),
    ];
    match stickiness {
        Stickiness::Off => {}
        Stickiness::LoadBalancerCookie { seconds } => {
            settings.push((STICKY_TYPE, "lb_cookie".to_owned()));
            settings.push((STICKY_SECONDS, seconds.to_string()));
        }
        Stickiness::ApplicationCookie { cookie, seconds } => {
            settings.push((STICKY_TYPE, "app_cookie".to_owned()));
            settings.push((STICKY_COOKIE, cookie.clone()));
            settings.push((STICKY_COOKIE_SECONDS, seconds.to_string()));
        }
    }
    settings
}

/// What a list tells of a group for an application; `None` for any other.
fn outline(live: &Live) -> Option<TargetGroup> {
    let targets = match live.target_type()? {
        TargetTypeEnum::Ip => TargetKind::Ip,
        TargetTypeEnum::Instance => TargetKind::Instance,
        _ => return None,
    };
    Some(TargetGroup {
        name: live.target_group_name()?.to_owned(),
        vpc: Ref::known(live.vpc_id()?),
        port: u16::try_from(live.port()?).ok()?,
        protocol: Protocol::of(live.protocol()?)?,
        version: ProtocolVersion::of(live.protocol_version()),
        targets,
        health_check: HealthCheck::of(live),
        deregistration_seconds: 300,
        algorithm: Algorithm::RoundRobin,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::Off,
    })
}

/// The definition that would have produced a live one.
fn understand(live: &Live, attributes: &Attributes, tags: Tags) -> Option<Found<TargetGroup>> {
    let begins = outline(live)?;
    // AWS gives the durations of both cookies, whichever is in use.
    let stickiness = match attributes.text(STICKY_TYPE) {
        _ if !attributes.value(STICKY, false) => Stickiness::Off,
        Some("app_cookie") => Stickiness::ApplicationCookie {
            cookie: attributes.text(STICKY_COOKIE).unwrap_or_default().to_owned(),
            seconds: attributes.value(STICKY_COOKIE_SECONDS, 86400),
        },
        _ => Stickiness::LoadBalancerCookie { seconds: attributes.value(STICKY_SECONDS, 86400) },
    };
    let definition = TargetGroup {
        deregistration_seconds: attributes.value(DELAY, begins.deregistration_seconds),
        algorithm: attributes.text(ALGORITHM).and_then(Algorithm::of).unwrap_or(begins.algorithm),
        anomaly_mitigation: attributes.text(ANOMALY) == Some("on"),
        slow_start_seconds: attributes.value(SLOW_START, begins.slow_start_seconds),
        stickiness,
        name: begins.plain_name(&begins.name),
        ..begins
    };
    let arn = live.arn();
    let suffix = arn.split_once(":targetgroup/").map_or_else(|| arn.clone(), |(_, rest)| format!("targetgroup/{rest}"));
    Some(Found::ready(arn, definition, tags).with(TargetGroup::SUFFIX.name, suffix))
}

impl TargetGroup {
    /// The name that it takes while its predecessor still bears the plain one: with a digest of all that it is replaced for.
    fn second_name(&self) -> String {
        let TargetGroup { name, vpc, port, protocol, version, targets, .. } = self;
        format!("{name}-{}", &digest(&json!([vpc.value(), port, protocol, version, targets]))[..4])
    }

    /// The name in the definition of a group that AWS knows under this one.
    fn plain_name(&self, live: &str) -> String {
        let plain = live.rsplit_once('-').map(|(plain, _)| TargetGroup { name: plain.to_owned(), ..self.clone() });
        match plain {
            Some(plain) if plain.second_name() == live => plain.name,
            _ => live.to_owned(),
        }
    }
}

impl Protocol {
    pub(super) fn of(protocol: &ProtocolEnum) -> Option<Protocol> {
        match protocol {
            ProtocolEnum::Http => Some(Protocol::Http),
            ProtocolEnum::Https => Some(Protocol::Https),
            _ => None,
        }
    }
}

impl From<Protocol> for ProtocolEnum {
    fn from(protocol: Protocol) -> ProtocolEnum {
        match protocol {
            Protocol::Http => ProtocolEnum::Http,
            Protocol::Https => ProtocolEnum::Https,
        }
    }
}

impl ProtocolVersion {
    fn text(self) -> &'static str {
        match self {
            ProtocolVersion::Http1 => "HTTP1",
            ProtocolVersion::Http2 => "HTTP2",
            ProtocolVersion::Grpc => "GRPC",
        }
    }

    fn of(text: Option<&str>) -> ProtocolVersion {
        match text {
            Some("HTTP2") => ProtocolVersion::Http2,
            Some("GRPC") => ProtocolVersion::Grpc,
            _ => ProtocolVersion::Http1,
        }
    }
}

impl From<TargetKind> for TargetTypeEnum {
    fn from(kind: TargetKind) -> TargetTypeEnum {
        match kind {
            TargetKind::Ip => TargetTypeEnum::Ip,
            TargetKind::Instance => TargetTypeEnum::Instance,
        }
    }
}

impl Algorithm {
    const ALL: [Algorithm; 3] = [Algorithm::RoundRobin, Algorithm::LeastOutstandingRequests, Algorithm::WeightedRandom];

    /// As AWS writes it.
    pub fn text(self) -> &'static str {
        match self {
            Algorithm::RoundRobin => "round_robin",
            Algorithm::LeastOutstandingRequests => "least_outstanding_requests",
            Algorithm::WeightedRandom => "weighted_random",
        }
    }

    fn of(text: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.text() == text)
    }
}

static RULES: &[Rule<TargetGroup>] = &[
    Rule {
        code: "V16",
        says: "a target group's name has 1 to 32 letters, digits and hyphens",
        source: "Elastic Load Balancing API model: CreateTargetGroup",
        severity: Severity::Error,
        check: |group, _| names::name(&group.name),
    },
    Rule {
        code: "V22",
        says: "a health check waits shorter than it pauses, and counts from 2 to 10",
        source: "Elastic Load Balancing API model: CreateTargetGroup",
        severity: Severity::Error,
        check: health_check::times_fit,
    },
    Rule {
        code: "V24",
        says: "a health check asks for a path and expects codes of its protocol",
        source: "Elastic Load Balancing API model: Matcher",
        severity: Severity::Error,
        check: health_check::codes_fit,
    },
    Rule {
        code: "V25",
        says: "a slow start takes 30 to 900 seconds, and goes with `round_robin` alone",
        source: "Elastic Load Balancing API model: TargetGroupAttribute, slow_start.duration_seconds",
        severity: Severity::Error,
        check: slow_start_fits,
    },
    Rule {
        code: "V26",
        says: "anomaly mitigation goes with `weighted_random` alone",
        source: "Elastic Load Balancing API model: TargetGroupAttribute, anomaly_mitigation",
        severity: Severity::Error,
        check: mitigation_fits,
    },
    Rule {
        code: "V27",
        says: "a client stays with its target for a second to a week, by a cookie that is not the load balancer's own",
        source: "Elastic Load Balancing API model: TargetGroupAttribute, stickiness",
        severity: Severity::Error,
        check: stickiness_fits,
    },
    Rule {
        code: "V28",
        says: "a target that goes has an hour at most, and a port is not 0",
        source: "Elastic Load Balancing API model: TargetGroupAttribute, deregistration_delay.timeout_seconds",
        severity: Severity::Error,
        check: numbers_fit,
    },
];

fn slow_start_fits(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let (seconds, algorithm) = (group.slow_start_seconds, group.algorithm);
    let tell = |wrong: String, way_out| vec![Violation::of("slow_start_seconds", seconds, wrong, way_out)];
    match seconds {
        0 => Vec::new(),
        30..=900 if algorithm == Algorithm::RoundRobin => Vec::new(),
        30..=900 => tell(format!("there is none with `{}`", algorithm.text()), "write 0, or use `round_robin`"),
        _ => tell("it is out of range".to_owned(), "write 30 to 900, or 0 for none"),
    }
}

fn mitigation_fits(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    if !group.anomaly_mitigation || group.algorithm == Algorithm::WeightedRandom {
        return Vec::new();
    }
    let wrong = format!("there is none with `{}`", group.algorithm.text());
    vec![Violation::of("anomaly_mitigation", true, wrong, "turn it off, or use `weighted_random`")]
}

fn stickiness_fits(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    const OWN: &[&str] = &["AWSALB", "AWSALBAPP", "AWSALBTG"];
    let mut violations = Vec::new();
    let (seconds, cookie) = match &group.stickiness {
        Stickiness::Off => return violations,
        Stickiness::LoadBalancerCookie { seconds } => (*seconds, None),
        Stickiness::ApplicationCookie { cookie, seconds } => (*seconds, Some(cookie)),
    };
    if !(1..=604_800).contains(&seconds) {
        violations.push(Violation::of("stickiness", seconds, "its time is out of range", "write 1 to 604800 seconds"));
    }
    if let Some(cookie) = cookie.filter(|cookie| cookie.is_empty() || OWN.iter().any(|own| cookie.starts_with(own))) {
        let wrong = "the cookie has no name, or one that AWS keeps to itself";
        violations.push(Violation::of("stickiness", cookie, wrong, "name the application's own cookie"));
    }
    violations
}

fn numbers_fit(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let delay = group.deregistration_seconds;
    if delay > 3600 {
        let wrong = "it is longer than an hour";
        violations.push(Violation::of("deregistration_seconds", delay, wrong, "write 0 to 3600"));
    }
    if group.port == 0 {
        violations.push(Violation::of("port", 0, "there is no such port", "write 1 to 65535"));
    }
    violations
}

#[cfg(test)]
mod tests;
