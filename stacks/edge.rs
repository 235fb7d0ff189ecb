//! The edge: the load balancer that the outside calls, and which service answers what.

use std::collections::BTreeMap;

use infra_aws::elb::{
    Action, AddressFamily, Algorithm, Condition, Desync, HealthCheck, Listener, ListenerRule, LoadBalancer, Protocol,
    ProtocolVersion, Scheme, Serves, Stickiness, TargetGroup, TargetKind, TlsPolicy,
};
use infra_engine::model::{Handle, Platform, Ref, Stack};
use infra_values::Name;

use crate::environment::{Environment, Https, Service};
use crate::network::{Network, SERVICE_PORT};

/// What the stacks on top of the edge build on.
pub struct Edge {
    /// The load balancer.
    pub balancer: Handle<LoadBalancer>,
    /// Those that answer, by service.
    pub groups: BTreeMap<Name, Handle<TargetGroup>>,
    /// Where it is called over HTTP.
    pub http: Handle<Listener>,
    /// Where it is called over HTTPS, where the environment has a certificate.
    pub https: Option<Handle<Listener>>,
}

/// Adds the edge to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, network: &Network) -> Edge {
    let mut stack = platform.stack("edge");
    let balancer = stack.add(
        "alb",
        LoadBalancer {
            name: environment.named("alb"),
            scheme: Scheme::InternetFacing,
            subnets: network.public.iter().map(Handle::id).collect(),
            security_groups: [network.groups.alb.id()].into(),
            addresses: AddressFamily::Ipv4,
            idle_seconds: 60,
            http2: true,
            drops_invalid_headers: true,
            desync: Desync::Defensive,
            deletion_protection: false,
            access_logs: None,
        },
    );
    let group = |(name, service): (&Name, &Service)| {
        let group = stack.add(name.to_string(), target_group(environment, network, name, service));
        (name.clone(), group)
    };
    let groups: BTreeMap<Name, Handle<TargetGroup>> = environment.services.iter().map(group).collect();

    // Every request is answered by a service, over HTTPS where there is a certificate; then HTTP only sends there.
    let front = Action::forward(groups[&environment.edge.front].id());
    let listener = |port, serves, action| Listener { load_balancer: balancer.id(), port, serves, action };
    let (http, https) = match &environment.edge.https {
        None => (stack.add("http", listener(80, Serves::Http, front)), None),
        Some(Https { certificate, host: _ }) => {
            let serves = Serves::Https { certificate: Ref::known(certificate), policy: TlsPolicy::tls13() };
            let https = stack.add("https", listener(443, serves, front));
            (stack.add("http", listener(80, Serves::Http, Action::to_https())), Some(https))
        }
    };
    let entry = https.as_ref().unwrap_or(&http);
    for (name, service) in &environment.services {
        rule(&mut stack, entry, name, service, &groups[name]);
    }
    platform.output("load-balancer", balancer.output(LoadBalancer::DNS_NAME));
    Edge { balancer, groups, http, https }
}

/// Those that answer for a service. A name has room for 32 characters, so the project's is not in it.
fn target_group(environment: &Environment, network: &Network, name: &Name, service: &Service) -> TargetGroup {
    TargetGroup {
        name: format!("tg-{name}"),
        vpc: network.vpc.id(),
        port: SERVICE_PORT,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck { healthy_after: 2, unhealthy_after: 3, ..HealthCheck::at(&service.health.path) },
        deregistration_seconds: environment.edge.deregistration_seconds,
        algorithm: service.balancing,
        anomaly_mitigation: service.balancing == Algorithm::WeightedRandom,
        slow_start_seconds: 0,
        stickiness: match service.sticky_seconds {
            Some(seconds) => Stickiness::LoadBalancerCookie { seconds },
            None => Stickiness::Off,
        },
    }
}

/// Which requests a service gets.
fn rule(stack: &mut Stack, entry: &Handle<Listener>, name: &Name, service: &Service, group: &Handle<TargetGroup>) {
    stack.add(
        format!("{name}-rule"),
        ListenerRule {
            listener: entry.id(),
            priority: service.route.priority,
            conditions: [Condition::path(service.route.paths.iter())].into(),
            action: Action::forward(group.id()),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{environment, the};

    #[test]
    fn a_certificate_moves_the_services_to_https() {
        let prod = environment("prod");
        let rule: ListenerRule = the(&prod, "edge.order-service-rule");
        assert_eq!((rule.listener.value(), rule.priority), ("edge.https.id".to_owned(), 102));
        assert_eq!(the::<Listener>(&prod, "edge.http").action, Action::to_https());
        let dev = environment("dev");
        assert_eq!(the::<ListenerRule>(&dev, "edge.order-service-rule").listener.value(), "edge.http.id");
        let http: Listener = the(&dev, "edge.http");
        assert_eq!(http.action, Action::forward(Ref::output("edge.api-gateway".parse().unwrap(), "id")));
    }

    #[test]
    fn a_group_answers_as_its_service_wants() {
        let prod = environment("prod");
        let users: TargetGroup = the(&prod, "edge.user-service");
        assert_eq!((users.name.as_str(), users.health_check.path.as_str()), ("tg-user-service", "/health"));
        assert_eq!(users.stickiness, Stickiness::LoadBalancerCookie { seconds: 3600 });
        let products: TargetGroup = the(&prod, "edge.product-service");
        assert_eq!((products.algorithm, products.anomaly_mitigation), (Algorithm::WeightedRandom, true));
    }
}
