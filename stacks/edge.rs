//! The edge: the load balancer that the outside calls, and which service answers what.

use std::collections::BTreeMap;

use infra_aws::elb::{
    AccessLogs, Action, AddressFamily, Algorithm, Condition, Desync, HealthCheck, Listener, ListenerRule, LoadBalancer,
    ORIGIN_HEADER, Protocol, ProtocolVersion, Scheme, Serves, Stickiness, TargetGroup, TargetKind, TlsPolicy,
};
use infra_aws::iam::{Service as Player, Statement};
use infra_aws::s3::{Bucket, BucketPolicy, Contents, Expiry, LifecycleRule};
use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_aws::waf::{Scope, WebAcl, WebAclAssociation};
use infra_engine::model::{Handle, Platform, Ref, Stack};
use infra_values::Name;

use crate::environment::{self, Callers, EdgeFirewall, Environment, Https, Service};
use crate::firewall;
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
    /// What the content delivery network shows to it, where the environment wants that.
    pub key: Option<Handle<Secret>>,
}

/// Adds the edge to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, network: &Network) -> Edge {
    let mut stack = platform.stack("edge");
    let access_logs = environment.edge.access_logs.map(|wanted| access_logs(&mut stack, environment, wanted));
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
            // AWS itself refuses to delete it then, whoever asks: the environment's `protected` is turned off before.
            deletion_protection: environment.protected,
            access_logs,
        },
    );
    if let Some(EdgeFirewall { managed_rules, log_retention_in_days }) = environment.edge.firewall {
        let logs = log_retention_in_days.map(|retention| {
            firewall::logs(&mut stack, format!("aws-waf-logs-{}-alb", environment.project), retention)
        });
        // No limits of an address: those of the content delivery network speak for many.
        let acl = WebAcl {
            scope: Scope::Regional,
            rules: firewall::managed(managed_rules),
            logging_configuration: logs,
            ..WebAcl::open(environment.named("alb"), "What is refused that passes by the CDN")
        };
        let acl = stack.add("firewall", acl);
        let association = WebAclAssociation { resource_arn: balancer.id(), web_acl_arn: acl.output(WebAcl::ARN) };
        stack.add("firewall-association", association);
    }
    let group = |(name, service): (&Name, &Service)| {
        let group = stack.add(name.to_string(), target_group(environment, network, name, service));
        (name.clone(), group)
    };
    let groups: BTreeMap<Name, Handle<TargetGroup>> = environment.services.iter().map(group).collect();

    let key = (environment.edge.callers != Callers::Everybody).then(|| origin_key(&mut stack, environment));
    let proof = key.as_ref().filter(|_| environment.edge.callers == Callers::Cdn).map(proof);

    // Every request is answered by a service, over HTTPS where there is a certificate; then HTTP only sends there. Where it
    // must have come through the content delivery network, one that has not is answered by nobody.
    let front = Action::forward(groups[&environment.edge.front].id());
    let otherwise = if proof.is_some() { Action::respond(403, "Forbidden") } else { front.clone() };
    let listener = |port, serves, action| Listener { load_balancer: balancer.id(), port, serves, action };
    let (http, https) = match &environment.edge.https {
        None => (stack.add("http", listener(80, Serves::Http, otherwise)), None),
        Some(Https { certificate, host: _ }) => {
            let serves = Serves::Https { certificate: Ref::known(certificate), policy: TlsPolicy::tls13() };
            let https = stack.add("https", listener(443, serves, otherwise));
            (stack.add("http", listener(80, Serves::Http, Action::to_https())), Some(https))
        }
    };
    let entry = https.as_ref().unwrap_or(&http);
    for (name, service) in &environment.services {
        rule(&mut stack, entry, name, service, &groups[name], proof.as_ref());
    }
    if let Some(proof) = &proof {
        let conditions = [proof.clone()].into();
        stack.add("front", ListenerRule { listener: entry.id(), priority: LAST, conditions, action: front });
    }
    platform.output("load-balancer", balancer.output(LoadBalancer::DNS_NAME));
    Edge { balancer, groups, http, https, key }
}

/// The place of what is for every request that no other rule is for.
const LAST: u16 = 50_000;

/// What the content delivery network shows, and nobody else knows. `infra apply --rotate edge.origin-key` makes another
/// one: the load balancer takes both, then the network shows the new one.
fn origin_key(stack: &mut Stack, environment: &Environment) -> Handle<Secret> {
    stack.add(
        "origin-key",
        Secret {
            name: format!("{}/origin-key", environment.project),
            description: "What the content delivery network shows to the load balancer".into(),
            key: None,
            // In a condition of the load balancer's, `*` and `?` would fit anything.
            value: Value::Generated(Recipe { length: 64, characters: Characters::LettersAndDigits }),
        },
    )
}

/// That a request shows it.
fn proof(key: &Handle<Secret>) -> Condition {
    Condition::SecretHeader {
        name: ORIGIN_HEADER.into(),
        secret: key.id(),
        version: key.output(Secret::VERSION),
        before: key.output(Secret::BEFORE),
    }
}

/// A closed bucket that AWS's load balancers of this account write into, and nobody else.
fn access_logs(stack: &mut Stack, environment: &Environment, wanted: environment::AccessLogs) -> AccessLogs {
    let environment::AccessLogs { kept_days } = wanted;
    let account = environment.account.to_string();
    // Names of buckets are unique in the world: the account's number makes this one so.
    let name = format!("{}-{account}", environment.named(&format!("{}-access-logs", environment.name)));
    let lifecycle = LifecycleRule {
        expires: Some(Expiry::Days(kept_days)),
        incomplete_uploads: Some(7),
        ..LifecycleRule::of_everything()
    };
    let bucket = stack.add(
        "access-logs",
        Bucket {
            lifecycle: [("access-logs".to_owned(), lifecycle)].into(),
            contents: if environment.protected { Contents::Kept } else { Contents::Deleted },
            ..Bucket::closed(&name)
        },
    );
    // What others' load balancers write is below their own account's number.
    let files = format!("arn:aws:s3:::{name}/AWSLogs/{account}/*");
    let write = Statement::allow(["s3:PutObject"]).on([files.as_str()]).to(Player::LoadBalancerLogs);
    let policy = stack.add("access-logs-policy", BucketPolicy::over_tls(&bucket, [write]));
    AccessLogs { bucket: policy.output(BucketPolicy::BUCKET), prefix: String::new() }
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
fn rule(
    stack: &mut Stack,
    entry: &Handle<Listener>,
    name: &Name,
    service: &Service,
    group: &Handle<TargetGroup>,
    proof: Option<&Condition>,
) {
    stack.add(
        format!("{name}-rule"),
        ListenerRule {
            listener: entry.id(),
            priority: service.route.priority,
            conditions: [Condition::path(service.route.paths.iter())].into_iter().chain(proof.cloned()).collect(),
            action: Action::forward(group.id()),
        },
    );
}

#[cfg(test)]
mod tests {
    use infra_aws::cloudfront::Distribution;
    use infra_aws::ec2::{Peer, SecurityGroupRules, Traffic};

    use super::*;
    use crate::testing::{changed, environment, the};

    #[test]
    fn a_certificate_moves_the_services_to_https() {
        let prod = environment("prod");
        let rule: ListenerRule = the(&prod, "edge.order-service-rule");
        assert_eq!((rule.listener.value(), rule.priority), ("edge.https.id".to_owned(), 102));
        assert_eq!(the::<Listener>(&prod, "edge.http").action, Action::to_https());
        let dev = environment("dev");
        assert_eq!(the::<ListenerRule>(&dev, "edge.order-service-rule").listener.value(), "edge.http.id");
        let front: ListenerRule = the(&dev, "edge.front");
        assert_eq!(front.action, Action::forward(Ref::output("edge.api-gateway".parse().unwrap(), "id")));
    }

    #[test]
    fn who_has_not_come_through_the_network_is_answered_by_nobody() {
        let is_proof = |condition: &Condition| matches!(condition, Condition::SecretHeader { .. });
        let prod = environment("prod");
        assert_eq!(the::<Listener>(&prod, "edge.https").action, Action::respond(403, "Forbidden"));
        for service in prod.services.keys() {
            let rule: ListenerRule = the(&prod, &format!("edge.{service}-rule"));
            assert!(rule.conditions.iter().any(is_proof), "{service}: {:?}", rule.conditions);
        }
        let ingress = |environment: &Environment| the::<SecurityGroupRules>(environment, "network.alb-rules").ingress;
        let from_cloudfront = |port| {
            let from = Peer::PrefixList("com.amazonaws.global.cloudfront.origin-facing".into());
            let name = if port == 443 { "HTTPS" } else { "HTTP" };
            [Traffic::tcp(port).with(from).described(format!("{name} from CloudFront"))].into()
        };
        assert_eq!((ingress(&prod), ingress(&environment("dev"))), (from_cloudfront(443), from_cloudfront(80)));
    }

    #[test]
    fn what_is_asked_is_written_where_this_accounts_load_balancers_alone_write() {
        let prod = environment("prod");
        let balancer: LoadBalancer = the(&prod, "edge.alb");
        assert_eq!(balancer.access_logs.unwrap().bucket.value(), "edge.access-logs-policy.bucket");
        assert!(
            balancer.deletion_protection && !the::<LoadBalancer>(&environment("dev"), "edge.alb").deletion_protection
        );
        let policy = the::<BucketPolicy>(&prod, "edge.access-logs-policy").policy.document();
        for said in [
            r#""Service":["logdelivery.elasticloadbalancing.amazonaws.com"]"#,
            r#""arn:aws:s3:::django-microservices-prod-access-logs-333333333333/AWSLogs/333333333333/*""#,
        ] {
            assert!(policy.contains(said), "{said}: {policy}");
        }
    }

    #[test]
    fn who_passes_by_the_network_meets_a_firewall_where_the_environment_wants_that() {
        let table = "[edge.firewall]\nmanaged_rules = \"count\"\nlog_retention_in_days = 30\n\n[edge.access_logs]";
        let open = [(r#"callers = "cdn""#, r#"callers = "everybody""#), ("[edge.access_logs]", table)];
        let everybody = changed("prod", &open);
        let acl: WebAcl = the(&everybody, "edge.firewall");
        assert_eq!((acl.scope, acl.rules.len()), (Scope::Regional, 3));
        assert_eq!(acl.logging_configuration.unwrap().log_destination.value(), "edge.firewall-logs.arn");
        let WebAclAssociation { resource_arn, web_acl_arn } = the(&everybody, "edge.firewall-association");
        assert_eq!((resource_arn.value(), web_acl_arn.value()), ("edge.alb.id".into(), "edge.firewall.arn".into()));
    }

    #[test]
    fn what_is_announced_shuts_nobody_out_yet() {
        let announced = changed("prod", &[(r#"callers = "cdn""#, r#"callers = "announced""#)]);
        let cdn: Distribution = the(&announced, "cdn.distribution");
        let balancer = &cdn.origins[&format!("ALB-{}", announced.project)];
        assert_eq!(balancer.custom_headers.keys().collect::<Vec<_>>(), [ORIGIN_HEADER]);
        let front = Action::forward(Ref::output("edge.api-gateway".parse().unwrap(), "id"));
        assert_eq!(the::<Listener>(&announced, "edge.https").action, front);
        let everybody = changed("prod", &[(r#"callers = "cdn""#, r#"callers = "everybody""#)]);
        let cdn: Distribution = the(&everybody, "cdn.distribution");
        assert!(cdn.origins.values().all(|origin| origin.custom_headers.is_empty()));
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
