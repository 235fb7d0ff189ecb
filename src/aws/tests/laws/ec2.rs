//! Networks: addresses, gateways, routes, and what may speak to whom.

use infra_aws::ec2::{
    Allow, DefaultSecurityGroup, Destination, DestinationOptions, ElasticIp, ElasticIpId, FileFormat, FlowLog,
    FlowLogResource, Icmp, InternetGateway, InternetGatewayId, LogDestination, MaxAggregationInterval, NatGateway,
    Peer, Reach, RouteTable, SecurityGroup, SecurityGroupRules, Subnet, SubnetId, Target, Traffic, TrafficType, Vpc,
    VpcId,
};
use infra_engine::model::{Platform, Ref, Stack};
use infra_testkit::laws::Sample;
use infra_values::Cidr;

use crate::ground::{Ground, Network};

/// What references of changed definitions may name.
struct Others {
    address: Ref<ElasticIpId>,
    gateway: Ref<InternetGatewayId>,
    subnet: Ref<SubnetId>,
}

fn stack(platform: &mut Platform, network: &Network) -> Others {
    let mut stack = platform.stack("net");
    let cidr = |text: &str| -> Cidr { text.parse().unwrap() };
    let (dns_support, dns_hostnames) = (true, true);
    let default_security_group = DefaultSecurityGroup::Closed;
    let vpc = Vpc { cidr: cidr("10.0.0.0/16"), dns_support, dns_hostnames, default_security_group };
    let plain = Vpc {
        cidr: cidr("10.1.0.0/16"),
        dns_hostnames: false,
        default_security_group: DefaultSecurityGroup::Open,
        ..vpc.clone()
    };
    let (vpc, plain) = (stack.add("main", vpc), stack.add("plain", plain));
    let subnet = |number: u8, zone: &str| Subnet {
        vpc: vpc.id(),
        cidr: cidr(&format!("10.0.{number}.0/24")),
        zone: zone.parse().unwrap(),
        public_ips: false,
    };
    let (a, b) = (stack.add("a", subnet(1, "us-east-1a")), stack.add("b", subnet(2, "us-east-1b")));
    let c = stack.add("c", subnet(3, "us-east-1a"));
    let gateway = stack.add("gateway", InternetGateway { vpc: vpc.id() });
    stack.add("spare", InternetGateway { vpc: plain.id() });
    let address = stack.add("address", ElasticIp {});
    let other_address = stack.add("other-address", ElasticIp {});
    let nat = stack.add("nat", NatGateway { subnet: a.id(), reach: Reach::Public(address.id()) });
    let private = stack.add("private", NatGateway { subnet: b.id(), reach: Reach::Private });
    let table = |target, subnets: &[Ref<SubnetId>]| RouteTable {
        vpc: vpc.id(),
        routes: [(Cidr::ANYWHERE.into(), target)].into(),
        subnets: subnets.iter().cloned().collect(),
    };
    stack.add("public", table(Target::InternetGateway(gateway.id()), &[a.id()]));
    stack.add("through", table(Target::Nat(nat.id()), &[b.id()]));
    let free = RouteTable { subnets: [].into(), ..table(Target::Nat(private.id()), &[]) };
    stack.add("free", free);
    let group = |name: &str| SecurityGroup {
        vpc: network.vpc.clone(),
        name: name.to_owned(),
        description: "What a law may reach".to_owned(),
    };
    let web = stack.add("web", group("web"));
    let app = stack.add("app", group("app"));
    let https = Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS from anywhere");
    let ingress = [https, Traffic::tcp(8000..=8100).with(app.id())].into();
    let egress = [Traffic::All.with(Cidr::ANYWHERE)].into();
    stack.add("rules", SecurityGroupRules { group: web.id(), ingress, egress });
    flow_logs(&mut stack, vpc.id(), c.id());
    Others { address: other_address.id(), gateway: gateway.id(), subnet: c.id() }
}

/// Logs of a network to a group, and of a subnet to a bucket.
fn flow_logs(stack: &mut Stack, vpc: Ref<VpcId>, subnet: Ref<SubnetId>) {
    let to_group = FlowLog {
        resource: FlowLogResource::Vpc(vpc),
        traffic_type: TrafficType::All,
        log_destination: LogDestination::CloudWatchLogs {
            log_group_name: Ref::known("/vpc/law"),
            deliver_logs_permission_arn: Ref::known("arn:aws:iam::000000000000:role/law-flow-logs"),
        },
        log_format: None,
        max_aggregation_interval: MaxAggregationInterval::TenMinutes,
    };
    let to_bucket = FlowLog {
        resource: FlowLogResource::Subnet(subnet),
        log_destination: LogDestination::S3 {
            log_destination: Ref::known("arn:aws:s3:::law-flow-logs"),
            destination_options: DestinationOptions::default(),
        },
        ..to_group.clone()
    };
    stack.add("flow-log", to_group);
    stack.add("flow-log-of-subnet", to_bucket);
}

/// The log goes elsewhere.
fn other_group(log: &mut FlowLog) {
    if let LogDestination::CloudWatchLogs { log_group_name, deliver_logs_permission_arn: _ } = &mut log.log_destination
    {
        *log_group_name = Ref::known("/vpc/other");
    }
}

/// The log's files are written otherwise.
fn other_files(log: &mut FlowLog) {
    if let LogDestination::S3 { log_destination: _, destination_options } = &mut log.log_destination {
        *destination_options = DestinationOptions {
            file_format: FileFormat::Parquet,
            hive_compatible_partitions: true,
            per_hour_partition: true,
        };
    }
}

/// What a group may let through otherwise: another peer, other ports, another protocol, another description.
fn otherwise() -> [Allow; 7] {
    let private: Cidr = "10.0.0.0/8".parse().unwrap();
    let ipv6: Cidr = "2001:db8::/32".parse().unwrap();
    [
        Traffic::tcp(443).with(private).described("HTTPS from inside"),
        Traffic::tcp(443).with(ipv6),
        Traffic::udp(53).with(private),
        Traffic::Icmp(Icmp::Code(3, 4)).with(private),
        Traffic::Icmpv6(Icmp::Any).with(ipv6),
        Traffic::Protocol(50).with(Peer::PrefixList("pl-63a5400a".into())),
        Traffic::tcp(443).with(Peer::PrefixList("com.amazonaws.global.cloudfront.origin-facing".into())),
    ]
}

#[tokio::test]
async fn ec2() {
    let ground = Ground::new().await;
    let (network, elsewhere) = (Network::new(&ground).await, Network::new(&ground).await);
    let (sample, others) = Sample::with(|platform| stack(platform, &network));
    let somewhere: Destination = "192.168.0.0/16".parse().unwrap();
    let ipv6: Destination = "::/0".parse().unwrap();
    let sample = sample
        .change("net.main", |it: &mut Vpc| it.cidr = "10.0.0.0/17".parse().unwrap())
        .change("net.main", |it: &mut Vpc| it.dns_hostnames = false)
        .change("net.plain", |it: &mut Vpc| it.dns_support = false)
        .change("net.main", |it: &mut Vpc| it.default_security_group = DefaultSecurityGroup::Open)
        .change("net.flow-log", |it: &mut FlowLog| it.traffic_type = TrafficType::Reject)
        .change("net.flow-log", |it: &mut FlowLog| it.log_format = Some("${srcaddr} ${dstaddr} ${action}".into()))
        .change("net.flow-log", |it: &mut FlowLog| it.max_aggregation_interval = MaxAggregationInterval::OneMinute)
        .change("net.flow-log", |it: &mut FlowLog| it.resource = FlowLogResource::Subnet(others.subnet.clone()))
        .change("net.flow-log", other_group)
        .change("net.flow-log-of-subnet", other_files)
        .change("net.c", |it: &mut Subnet| it.vpc = elsewhere.vpc.clone())
        .change("net.c", |it: &mut Subnet| it.cidr = "10.0.4.0/24".parse().unwrap())
        .change("net.c", |it: &mut Subnet| it.cidr = "10.0.3.0/25".parse().unwrap())
        .change("net.b", |it: &mut Subnet| it.zone = "us-east-1c".parse().unwrap())
        .change("net.c", |it: &mut Subnet| it.public_ips = true)
        .change("net.spare", |it: &mut InternetGateway| it.vpc = elsewhere.vpc.clone())
        .change("net.nat", |it: &mut NatGateway| it.subnet = others.subnet.clone())
        .change("net.nat", |it: &mut NatGateway| it.reach = Reach::Public(others.address.clone()))
        .change("net.private", |it: &mut NatGateway| it.reach = Reach::Public(others.address.clone()))
        .change("net.free", |it: &mut RouteTable| it.vpc = elsewhere.vpc.clone())
        .change("net.free", |it: &mut RouteTable| it.routes.clear())
        .change("net.free", |it: &mut RouteTable| {
            it.routes.insert(somewhere, Target::Other("pcx-0a1b2c3d4e5f60718".into()));
        })
        .change("net.free", |it: &mut RouteTable| {
            it.routes = [(Cidr::ANYWHERE.into(), Target::InternetGateway(others.gateway.clone()))].into();
        })
        .change("net.free", |it: &mut RouteTable| {
            it.routes.insert(ipv6, Target::InternetGateway(others.gateway.clone()));
        })
        .change("net.public", |it: &mut RouteTable| it.subnets = [others.subnet.clone()].into())
        .change("net.app", |it: &mut SecurityGroup| it.vpc = elsewhere.vpc.clone())
        .change("net.app", |it: &mut SecurityGroup| it.name.push('2'))
        .change("net.web", |it: &mut SecurityGroup| it.description.push_str(", and more"))
        .change("net.rules", |it: &mut SecurityGroupRules| it.egress = [].into())
        .change("net.rules", |it: &mut SecurityGroupRules| it.egress = otherwise().into());
    let sample = otherwise().into_iter().fold(sample, |sample, allow| {
        sample.change("net.rules", |it: &mut SecurityGroupRules| it.ingress = [allow].into())
    });
    ground.obeys(&sample).await;
}
