//! The network: public and private subnets in several zones, the ways out, who may speak to whom, and who did.

use std::collections::BTreeSet;

use infra_aws::ec2::{
    Allow, DefaultSecurityGroup, ElasticIp, FlowLog, FlowLogResource, InternetGateway, LogDestination,
    MaxAggregationInterval, NatGateway, Peer, Reach, RouteTable, SecurityGroup, SecurityGroupRules, Subnet, Target,
    Traffic, TrafficType, Vpc, VpcId,
};
use infra_aws::iam::{Policy, Role, Service, Statement};
use infra_aws::logs::{Class, LogGroup};
use infra_engine::model::{Handle, Platform, Ref, Stack};
use infra_values::{Cidr, Name, Zone};

use crate::cluster;
use crate::environment::{Backend, Callers, Environment, FlowLogs, Nat, Watched};

/// The port that every service listens on.
pub const SERVICE_PORT: u16 = 8000;
/// Redis's port.
pub const REDIS_PORT: u16 = 6379;
/// Postgres's port, and that of the pool in front of it.
pub const POSTGRES_PORT: u16 = 5432;

/// What the stacks on top of the network build on.
pub struct Network {
    /// The network.
    pub vpc: Handle<Vpc>,
    /// For what the internet may reach: one subnet in each zone.
    pub public: Vec<Handle<Subnet>>,
    /// For everything else: one subnet in each zone.
    pub private: Vec<Handle<Subnet>>,
    /// Who may speak to whom.
    pub groups: Groups,
}

/// The security groups of what is no service. What each lets in and out is in [`rules`]: that is about services.
pub struct Groups {
    /// The load balancer's.
    pub alb: Handle<SecurityGroup>,
    /// That of all services, where the environment keeps it until no task is in it any more.
    pub shared: Option<Handle<SecurityGroup>>,
    /// Redis's.
    pub redis: Handle<SecurityGroup>,
    /// Postgres's.
    pub rds: Handle<SecurityGroup>,
}

/// Adds the network to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform) -> Network {
    let mut stack = platform.stack("network");
    let cidr = environment.network.cidr;
    // What names no group of its own would be in that of the network: it lets nothing through.
    let default_security_group = DefaultSecurityGroup::Closed;
    let vpc = stack.add("vpc", Vpc { cidr, dns_support: true, dns_hostnames: true, default_security_group });
    platform.output("vpc", vpc.id());
    let internet = stack.add("igw", InternetGateway { vpc: vpc.id() });

    let public = subnets(&mut stack, environment, &vpc, Side::Public);
    let private = subnets(&mut stack, environment, &vpc, Side::Private);

    let everywhere = |target| [(Cidr::ANYWHERE.into(), target)].into();
    stack.add(
        "public",
        RouteTable {
            vpc: vpc.id(),
            routes: everywhere(Target::InternetGateway(internet.id())),
            subnets: public.iter().map(Handle::id).collect(),
        },
    );
    match environment.network.nat {
        Nat::One => {
            let nat = nat_gateway(&mut stack, "nat", &public[0]);
            stack.add(
                "private",
                RouteTable {
                    vpc: vpc.id(),
                    routes: everywhere(Target::Nat(nat.id())),
                    subnets: private.iter().map(Handle::id).collect(),
                },
            );
        }
        Nat::EachZone => {
            for (place, zone) in environment.network.zones.iter().enumerate() {
                let nat = nat_gateway(&mut stack, &in_zone("nat", zone), &public[place]);
                stack.add(
                    in_zone("private-routes", zone),
                    RouteTable {
                        vpc: vpc.id(),
                        routes: everywhere(Target::Nat(nat.id())),
                        subnets: [private[place].id()].into(),
                    },
                );
            }
        }
    }

    if let Some(wanted) = environment.network.flow_logs {
        flow_log(&mut stack, environment, &vpc, wanted);
    }
    let groups = groups(&mut stack, environment, &vpc);
    Network { vpc, public, private, groups }
}

/// On which side of the load balancer a subnet is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Public,
    Private,
}

/// One subnet in each zone.
fn subnets(stack: &mut Stack, environment: &Environment, vpc: &Handle<Vpc>, side: Side) -> Vec<Handle<Subnet>> {
    let network = &environment.network;
    let mut subnet = |(place, zone): (usize, &Zone)| {
        let (name, cidr) = match side {
            Side::Public => ("public", network.public(place)),
            Side::Private => ("private", network.private(place)),
        };
        // What the internet may reach has an address of its own, and asks for it: nothing is given one for standing here.
        stack.add(in_zone(name, zone), Subnet { vpc: vpc.id(), cidr, zone: zone.clone(), public_ips: false })
    };
    network.zones.iter().enumerate().map(&mut subnet).collect()
}

/// A way from private subnets to the internet, with an address that stays.
fn nat_gateway(stack: &mut Stack, name: &str, public: &Handle<Subnet>) -> Handle<NatGateway> {
    let address = stack.add(format!("{name}-ip"), ElasticIp {});
    stack.add(name, NatGateway { subnet: public.id(), reach: Reach::Public(address.id()) })
}

/// Who spoke to whom, written into a log group by a role that can do nothing else, and only for this account.
fn flow_log(stack: &mut Stack, environment: &Environment, vpc: &Handle<Vpc>, wanted: FlowLogs) {
    let FlowLogs { traffic_type, retention_in_days } = wanted;
    let logs = stack.add(
        "flow-logs",
        LogGroup {
            name: format!("/vpc/{}/flow-logs", environment.project),
            class: Class::Standard,
            retention: retention_in_days,
            key: None,
        },
    );
    let assuming = Statement::allow(["sts:AssumeRole"]).to(Service::VpcFlowLogs);
    let assuming = assuming.when("StringEquals", "aws:SourceAccount", [environment.account.to_string()]);
    let writing = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
    let role = stack.add(
        "flow-logs-role",
        Role {
            name: environment.named("flow-logs"),
            path: "/".into(),
            description: "What writes down who spoke to whom in the network".into(),
            longest_session: 3600,
            trust: assuming.into(),
            inline: [(
                "logs".to_owned(),
                Policy::of([
                    Statement::allow(writing).on([logs.output(LogGroup::STREAMS)]),
                    Statement::allow(["logs:DescribeLogGroups"]).on(["*"]),
                ]),
            )]
            .into(),
            attached: [].into(),
            boundary: environment.boundary(),
        },
    );
    stack.add(
        "flow-log",
        FlowLog {
            resource: FlowLogResource::Vpc(vpc.id()),
            traffic_type: match traffic_type {
                Watched::All => TrafficType::All,
                Watched::Reject => TrafficType::Reject,
            },
            log_destination: LogDestination::CloudWatchLogs {
                log_group_name: logs.id(),
                deliver_logs_permission_arn: role.output(Role::ARN),
            },
            log_format: None,
            max_aggregation_interval: MaxAggregationInterval::TenMinutes,
        },
    );
}

/// The groups, and what each lets in and out. Apart from the load balancer's own ports, nothing is let in from
/// addresses: only from groups.
fn groups(stack: &mut Stack, environment: &Environment, vpc: &Handle<Vpc>) -> Groups {
    let mut group =
        |name: &str, description: &str| stack.add(name, security_group(environment, vpc.id(), name, description));
    Groups {
        alb: group("alb", "ALB"),
        shared: environment.network.shared_group.then(|| group("ecs", "ECS")),
        redis: group("redis", "Redis"),
        rds: group("rds", "RDS"),
    }
}

/// Adds what each group lets in and out. Apart from the load balancer's own ports, nothing is let in from addresses:
/// only from groups.
pub fn rules(environment: &Environment, platform: &mut Platform, network: &Network, cluster: &cluster::Groups) {
    let mut stack = platform.stack("network");
    let Groups { alb, shared, redis, rds } = &network.groups;
    let shared = shared.as_ref();
    let of_before = |port: u16| shared.map(|group| Traffic::tcp(port).with(group.id()).described("of before"));
    let to = |name: &Name, group: &Handle<SecurityGroup>| {
        Traffic::tcp(SERVICE_PORT).with(group.id()).described(format!("to {name}"))
    };

    stack.add(
        "alb-rules",
        SecurityGroupRules {
            group: alb.id(),
            ingress: callers(environment),
            egress: cluster
                .services
                .iter()
                .map(|(name, group)| to(name, group))
                .chain(of_before(SERVICE_PORT))
                .collect(),
        },
    );
    let using = cluster.using(environment, Backend::Cache);
    let clients =
        using.map(|(name, group)| Traffic::tcp(REDIS_PORT).with(group.id()).described(format!("from {name}")));
    let clients: BTreeSet<Allow> = clients.chain(of_before(REDIS_PORT)).collect();
    // A group without a rule has no definition of any, and lets nothing through.
    if !clients.is_empty() {
        stack.add("redis-rules", SecurityGroupRules { group: redis.id(), ingress: clients, egress: [].into() });
    }
    let pool = Traffic::tcp(POSTGRES_PORT).with(cluster.pooler.id()).described("from the pool");
    let clients = [pool].into_iter().chain(of_before(POSTGRES_PORT)).collect();
    stack.add("rds-rules", SecurityGroupRules { group: rds.id(), ingress: clients, egress: [].into() });
    if let Some(shared) = shared {
        stack.add("ecs-rules", rules_of_before(shared, &network.groups, cluster));
    }
}

/// What the group of all services let through. The pool of before is called by the services of now, and that of now by
/// those of before.
fn rules_of_before(shared: &Handle<SecurityGroup>, groups: &Groups, cluster: &cluster::Groups) -> SecurityGroupRules {
    let Groups { alb, shared: _, redis, rds } = groups;
    let clients = cluster.services.iter().map(|(name, group)| (name.to_string(), group));
    let clients = clients.chain([("tasks of before".to_owned(), shared)]);
    let clients =
        clients.map(|(name, group)| Traffic::tcp(POSTGRES_PORT).with(group.id()).described(format!("from {name}")));
    let from_outside = Traffic::tcp(SERVICE_PORT).with(alb.id()).described("from the load balancer");
    let pools =
        [shared, &cluster.pooler].map(|group| Traffic::tcp(POSTGRES_PORT).with(group.id()).described("to a pool"));
    let others = [
        Traffic::tcp(POSTGRES_PORT).with(rds.id()).described("to Postgres"),
        Traffic::tcp(REDIS_PORT).with(redis.id()).described("to Redis"),
        Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS to anywhere"),
    ];
    SecurityGroupRules {
        group: shared.id(),
        ingress: clients.chain([from_outside]).collect(),
        egress: pools.into_iter().chain(others).collect(),
    }
}

/// CloudFront's addresses, by the name that AWS has given to the list of them.
const CLOUDFRONT: &str = "com.amazonaws.global.cloudfront.origin-facing";

/// Who comes as far as the load balancer. CloudFront's list counts for 55 of the 60 rules that a group may have, so it is
/// let in by one port: the one that it calls.
fn callers(environment: &Environment) -> BTreeSet<Allow> {
    match (environment.edge.callers, &environment.edge.https) {
        (Callers::Everybody | Callers::Announced, _) => [
            Traffic::tcp(80).with(Cidr::ANYWHERE).described("HTTP from anywhere"),
            Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS from anywhere"),
        ]
        .into(),
        (Callers::Cdn, https) => {
            let (port, described) = if https.is_some() { (443, "HTTPS") } else { (80, "HTTP") };
            let from = Peer::PrefixList(CLOUDFRONT.into());
            [Traffic::tcp(port).with(from).described(format!("{described} from CloudFront"))].into()
        }
    }
}

fn security_group(environment: &Environment, vpc: Ref<VpcId>, name: &str, description: &str) -> SecurityGroup {
    SecurityGroup { vpc, name: environment.named(name), description: description.into() }
}

/// `public-a`: the name of what there is once in each zone.
fn in_zone(name: &str, zone: &Zone) -> String {
    format!("{name}-{}", zone.letter())
}
