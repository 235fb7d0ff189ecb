//! A listener: at which port a load balancer is called, and what becomes of a request that no rule is for.

use std::fmt;

use aws_sdk_elasticloadbalancingv2::types::{Certificate, Listener as Live, ProtocolEnum};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::fault::{ElbFault, lacking, taken};
use super::load_balancer::LoadBalancerArn;
use super::look::{self, LISTENERS};
use super::tags::{self, Listed};
use super::target_group::Protocol;
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// A listener: at which port a load balancer is called, and what becomes of a request that no rule is for.
///
/// ```
/// use infra_aws::elb::{Action, CertificateArn, Listener, LoadBalancerArn, Serves, TargetGroupArn, TlsPolicy};
/// use infra_engine::model::Ref;
///
/// let balancer: Ref<LoadBalancerArn> = Ref::known("arn:aws:elasticloadbalancing:…:loadbalancer/app/shop/1");
/// let api: Ref<TargetGroupArn> = Ref::known("arn:aws:elasticloadbalancing:…:targetgroup/shop-api/1");
/// let certificate: Ref<CertificateArn> = Ref::known("arn:aws:acm:…:certificate/1");
///
/// let http = Listener {
///     load_balancer: balancer.clone(),
///     port: 80,
///     serves: Serves::Http,
///     action: Action::to_https(),
/// };
/// let https = Listener {
///     load_balancer: balancer,
///     port: 443,
///     serves: Serves::Https { certificate, policy: TlsPolicy::tls13() },
///     action: Action::forward(api),
/// };
/// ```
///
/// When its code is removed, it is found again only if its load balancer is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elb/listener", id = ListenerArn)]
pub struct Listener {
    /// The load balancer that is called.
    #[key]
    pub load_balancer: Ref<LoadBalancerArn>,
    /// At which port.
    #[key(in_place)]
    pub port: u16,
    /// What is spoken there.
    pub serves: Serves,
    /// What becomes of a request that no rule is for.
    pub action: Action,
}

/// What is spoken at a listener's port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serves {
    /// HTTP, in the clear.
    Http,
    /// HTTP, encrypted.
    Https {
        /// The certificate that it is shown by.
        certificate: Ref<CertificateArn>,
        /// Which versions and ciphers are spoken.
        policy: TlsPolicy,
    },
}

/// A certificate of the Certificate Manager, or of IAM: `arn:aws:acm:…:certificate/…`.
pub enum CertificateArn {}

/// Which versions of TLS are spoken, and with which ciphers: one of the sets that AWS names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TlsPolicy(String);

impl TlsPolicy {
    /// TLS 1.3 and 1.2, as AWS recommends.
    pub fn tls13() -> TlsPolicy {
        TlsPolicy::named("ELBSecurityPolicy-TLS13-1-2-2021-06")
    }

    /// What AWS takes where nothing is said. It speaks versions that nobody should any more.
    pub fn oldest() -> TlsPolicy {
        TlsPolicy::named("ELBSecurityPolicy-2016-08")
    }

    /// The set of that name.
    pub fn named(name: impl Into<String>) -> TlsPolicy {
        TlsPolicy(name.into())
    }
}

impl fmt::Display for TlsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Arn for ListenerArn {}
impl Arn for CertificateArn {}

impl Behaviour for Listener {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
        LISTENERS,
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:ModifyListener",
        tags::ADD,
        tags::DESCRIBE,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<Listener>] {
        RULES
    }

    /// Another load balancer's can stand beside it.
    fn replacement(_: &Listener, _: &Listener) -> Replacement {
        Replacement::CreateFirst
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Listener>>, Fault> {
        let listeners = if ask.only.is_empty() {
            look::listeners(aws, ask, look::balancers(&ask.names)).await?
        } else {
            each(ask.only.clone(), async |arn: String| one(aws, &arn).await).await?.into_iter().flatten().collect()
        };
        let asked = tags::asked(aws, ask, listeners).await?;
        Ok(asked.into_iter().filter_map(|(listener, tags)| understand(&listener, tags)).collect())
    }

    /// The creating call gives back one at this port that there is, if it is equal: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<Listener>) -> Result<String, Fault> {
        let Listener { load_balancer, port, serves, action } = &order.definition;
        let balancer = load_balancer.value();
        let beside = look::listeners(aws, &Ask::default(), [balancer.clone()].into()).await?;
        if let Some(earlier) = beside.iter().find(|listener| listener.port() == Some(i32::from(*port))) {
            let arn = earlier.arn();
            let ours =
                tags::read(aws, std::slice::from_ref(&arn)).await?.get(&arn).is_some_and(|tags| order.made(tags));
            return if ours { Ok(arn) } else { Err(taken(CREATE, "listener at port", &port.to_string())) };
        }
        let (protocol, policy, certificates) = serves.written();
        let call = aws
            .elb()
            .create_listener()
            .load_balancer_arn(balancer)
            .port(i32::from(*port))
            .protocol(protocol)
            .set_ssl_policy(policy)
            .set_certificates(certificates)
            .set_default_actions(Some(action.written()))
            .set_tags(Some(to_sdk(&order.tags)));
        let made = call.send().await.sorted(CREATE).changing()?.listeners.unwrap_or_default();
        made.first().map(Live::arn).ok_or_else(|| lacking(CREATE, "ARN"))
    }

    async fn update(aws: &Aws, found: &Found<Listener>, wanted: &Listener) -> Result<(), Fault> {
        let Listener { load_balancer: _, port, serves, action } = wanted;
        let (protocol, policy, certificates) = serves.written();
        let call = aws
            .elb()
            .modify_listener()
            .listener_arn(&found.id)
            .port(i32::from(*port))
            .protocol(protocol)
            .set_ssl_policy(policy)
            .set_certificates(certificates)
            .set_default_actions(Some(action.written()));
        call.send().await.sorted("elasticloadbalancing:ModifyListener").changing().map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<Listener>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Listener>) -> Result<(), Fault> {
        let call = aws.elb().delete_listener().listener_arn(&found.id);
        let fault = |fault: Fault| fault.when(FaultKind::Gone, &["LoadBalancerNotFound"], "");
        call.send().await.sorted("elasticloadbalancing:DeleteListener").map_err(fault).map(drop).gone_is_fine()
    }
}

const CREATE: &str = "elasticloadbalancing:CreateListener";

impl Listed for Live {
    fn arn(&self) -> String {
        self.listener_arn().unwrap_or_default().to_owned()
    }

    fn key(&self) -> String {
        format!("{}/{}", self.load_balancer_arn().unwrap_or_default(), self.port().unwrap_or_default())
    }
}

async fn one(aws: &Aws, arn: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.elb().describe_listeners().listener_arns(arn).send().await.sorted(LISTENERS).reading()?;
    Ok(answer.and_then(|answer| answer.listeners.unwrap_or_default().pop()))
}

/// The definition that would have produced a live one; `None` for one of another sort of load balancer.
fn understand(live: &Live, tags: Tags) -> Option<Found<Listener>> {
    let serves = match live.protocol()? {
        ProtocolEnum::Http => Serves::Http,
        ProtocolEnum::Https => {
            // A list names the default certificate alone, though more may be shown to who asks for other names.
            let certificate = live.certificates().first().and_then(Certificate::certificate_arn);
            Serves::Https {
                certificate: Ref::known(certificate.unwrap_or("none")),
                policy: TlsPolicy::named(live.ssl_policy().unwrap_or_default()),
            }
        }
        _ => return None,
    };
    let definition = Listener {
        load_balancer: Ref::known(live.load_balancer_arn()?),
        port: u16::try_from(live.port()?).ok()?,
        serves,
        action: Action::of(live.default_actions()),
    };
    Some(Found::ready(live.arn(), definition, tags))
}

impl Serves {
    /// As AWS takes it: the protocol, the policy, the certificates.
    fn written(&self) -> (ProtocolEnum, Option<String>, Option<Vec<Certificate>>) {
        match self {
            Serves::Http => (ProtocolEnum::Http, None, None),
            Serves::Https { certificate, policy } => {
                let certificate = Certificate::builder().certificate_arn(certificate.value()).build();
                (ProtocolEnum::Https, Some(policy.0.clone()), Some(vec![certificate]))
            }
        }
    }

    fn protocol(&self) -> Protocol {
        match self {
            Serves::Http => Protocol::Http,
            Serves::Https { .. } => Protocol::Https,
        }
    }
}

static RULES: &[Rule<Listener>] = &[
    Rule {
        code: "V29",
        says: "a listener that encrypts names one of AWS's policies, and its port is not 0",
        source: "Elastic Load Balancing API model: CreateListener, SslPolicy",
        severity: Severity::Error,
        check: policy_fits,
    },
    Rule {
        code: "V30",
        says: "a request is shared out among one to five groups, one of which gets something",
        source: "Elastic Load Balancing API model: ForwardActionConfig",
        severity: Severity::Error,
        check: |listener, _| action::forward_fits(&listener.action),
    },
    Rule {
        code: "V33",
        says: "a request is passed on, sent elsewhere or answered",
        source: "infra: what is not written is only read",
        severity: Severity::Error,
        check: |listener, _| action::is_written(&listener.action),
    },
    Rule {
        code: "V34",
        says: "a client is sent somewhere else than it came from, and an answer has a code and at most 1024 characters",
        source: "Elastic Load Balancing API model: RedirectActionConfig, FixedResponseActionConfig",
        severity: Severity::Error,
        check: |listener, _| action::answer_fits(&listener.action, Some((listener.serves.protocol(), listener.port))),
    },
    Rule {
        code: "V29a",
        says: "a load balancer has one listener at a port",
        source: "Elastic Load Balancing API model: DuplicateListener",
        severity: Severity::Error,
        check: port_is_free,
    },
];

fn policy_fits(listener: &Listener, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Serves::Https { policy, .. } = &listener.serves
        && !policy.0.starts_with("ELBSecurityPolicy-")
    {
        let way_out = "write `TlsPolicy::tls13()`, or a name that begins with `ELBSecurityPolicy-`";
        violations.push(Violation::of("serves", policy, format!("`{policy}` is no policy of AWS's"), way_out));
    }
    if listener.port == 0 {
        violations.push(Violation::of("port", 0, "there is no such port", "write 1 to 65535"));
    }
    violations
}

fn port_is_free(listener: &Listener, around: &Surroundings<'_>) -> Vec<Violation> {
    let same = |other: &Listener| other.load_balancer == listener.load_balancer && other.port == listener.port;
    let tell = |(address, _)| {
        let wrong = format!("{address} listens there too");
        Violation::of("port", listener.port, wrong, "give one of them another port, or make rules of one of them")
    };
    around.others::<Listener>().find(|(_, other)| same(other)).map(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::action::Redirect;
    use super::*;
    use crate::ec2::testing::check;

    const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1";

    fn listener(port: u16, serves: Serves) -> Listener {
        Listener { load_balancer: Ref::known(BALANCER), port, serves, action: Action::respond(404, "") }
    }

    fn https(policy: TlsPolicy) -> Serves {
        Serves::Https { certificate: Ref::known("arn:aws:acm:us-east-1:123456789012:certificate/1"), policy }
    }

    #[test]
    fn a_live_listener_tells_what_it_is() {
        for wanted in [listener(80, Serves::Http), listener(443, https(TlsPolicy::tls13()))] {
            let (protocol, policy, certificates) = wanted.serves.written();
            let live = Live::builder()
                .listener_arn("arn")
                .load_balancer_arn(BALANCER)
                .port(i32::from(wanted.port))
                .protocol(protocol)
                .set_ssl_policy(policy)
                .set_certificates(certificates)
                .set_default_actions(Some(wanted.action.written()))
                .build();
            assert_eq!(live.key(), format!("{BALANCER}/{}", wanted.port));
            assert_eq!(understand(&live, Tags::new()).unwrap().definition, wanted);
        }
        let other = Live::builder().listener_arn("arn").load_balancer_arn(BALANCER).port(53);
        assert!(understand(&other.protocol(ProtocolEnum::Udp).build(), Tags::new()).is_none());
    }

    #[test]
    fn a_name_begins_with_its_load_balancer() {
        let names = [format!("{BALANCER}/80"), format!("{BALANCER}/443")].into();
        assert_eq!(look::balancers(&names), [BALANCER.to_owned()].into());
    }

    #[test]
    fn v29_policies_and_ports() {
        let with = |listener| check("V29", |stack| stack.add("main", listener));
        with(listener(443, https(TlsPolicy::named("TLSv1.2")))).refuses("no policy of AWS's");
        with(listener(0, Serves::Http)).refuses("no such port");
        with(listener(443, https(TlsPolicy::oldest()))).holds();
        check("V29a", |stack| {
            stack.add("one", listener(80, Serves::Http));
            stack.add("main", listener(80, Serves::Http))
        })
        .refuses("network.one listens there too");
        check("V29a", |stack| {
            stack.add("one", listener(80, Serves::Http));
            stack.add("main", listener(443, https(TlsPolicy::tls13())))
        })
        .holds();
    }

    #[test]
    fn v30_v33_and_v34_are_those_of_the_action() {
        let with = |code: &'static str, action| {
            check(code, |stack| stack.add("main", Listener { action, ..listener(80, Serves::Http) }))
        };
        with("V30", Action::weighted([])).refuses("names no group");
        with("V30", Action::forward(Ref::known("a"))).holds();
        with("V33", Action::Foreign("jwt-validation".into())).refuses("nothing that this program writes");
        with("V33", Action::to_https()).holds();
        with("V34", Action::Redirect(Redirect { port: Some(80), ..Redirect::default() })).refuses("come from");
        with("V34", Action::to_https()).holds();
    }
}
