//! Networks in a real EC2: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, SecurityGroupRuleRequest, SecurityGroupRuleUpdate};
use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ec2::{
    Allocation, Allow, DefaultSecurityGroup, ElasticIp, Image, ImageFamily, InternetGateway, NatGateway, Reach,
    RootVolume, RouteTable, SecurityGroup, SecurityGroupRules, SpotFleet, Subnet, Target, Traffic, Upkeep, VolumeKind,
    Vpc,
};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, Order, Retag};
use infra_engine::model::{Address, Ref, Tags, keys};
use infra_values::Cidr;

fn vpc(cidr: &str) -> Vpc {
    let default_security_group = DefaultSecurityGroup::Open;
    Vpc { cidr: cidr.parse().unwrap(), dns_support: true, dns_hostnames: true, default_security_group }
}

fn subnet(vpc: &Walk<'_, Vpc>, cidr: &str) -> Subnet {
    let zone = "us-east-1a".parse().unwrap();
    Subnet { vpc: Ref::known(&vpc.id), cidr: cidr.parse().unwrap(), zone, public_ips: false }
}

/// A second resource of a kind, beside the one that walks: its owner is another.
async fn beside<'a, R>(aws: &'a Aws, definition: R) -> Walk<'a, R>
where
    R: Behaviour<Cloud = Aws> + PartialEq + std::fmt::Debug,
{
    Walk::begin(aws, &project(), definition).await
}

#[tokio::test]
async fn a_nat_gateway_is_ordered_once() {
    let (aws, project) = (aws().await, project());
    let vpc = Walk::begin(&aws, &project, vpc("10.0.0.0/16")).await;
    let subnet = Walk::begin(&aws, &project, subnet(&vpc, "10.0.1.0/24")).await;
    let gateway = Walk::begin(&aws, &project, InternetGateway { vpc: Ref::known(&vpc.id) }).await;
    let address = Walk::begin(&aws, &project, ElasticIp {}).await;
    let public_ip = address.settled().await.outputs["public_ip"].clone();
    assert!(public_ip.parse::<std::net::Ipv4Addr>().is_ok(), "{public_ip}");

    let reach = Reach::Public(Ref::known(&address.id));
    let walk = Walk::begin(&aws, &project, NatGateway { subnet: Ref::known(&subnet.id), reach }).await;
    walk.order_again().await;
    walk.end().await;
    address.end().await;
    gateway.end().await;
    subnet.end().await;
    vpc.end().await;
}

#[tokio::test]
async fn a_rule_that_somebody_adds_to_a_closed_default_group_is_seen_and_removed() {
    let (aws, project) = (aws().await, project());
    let closed = Vpc { default_security_group: DefaultSecurityGroup::Closed, ..vpc("10.0.0.0/16") };
    let walk = Walk::begin(&aws, &project, closed).await;
    let of_network = Filter::builder().name("vpc-id").values(&walk.id).build();
    let groups = aws.ec2().describe_security_groups().filters(of_network).send().await.unwrap();
    let group = groups.security_groups()[0].group_id().unwrap().to_owned();
    let anywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let ssh = IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(anywhere).build();
    let foreign = aws.ec2().authorize_security_group_ingress().group_id(&group).ip_permissions(ssh);
    foreign.send().await.unwrap();
    walk.mend().await;
    let by_group = Filter::builder().name("group-id").values(&group).build();
    let left = aws.ec2().describe_security_group_rules().filters(by_group).send().await.unwrap();
    assert_eq!(left.security_group_rules(), []);
    walk.end().await;
}

#[tokio::test]
async fn what_others_do_to_a_route_table_is_seen_and_mended() {
    let (aws, project) = (aws().await, project());
    let vpc = Walk::begin(&aws, &project, vpc("10.0.0.0/16")).await;
    let gateway = Walk::begin(&aws, &project, InternetGateway { vpc: Ref::known(&vpc.id) }).await;
    let (one, other) = (subnet(&vpc, "10.0.1.0/24"), subnet(&vpc, "10.0.2.0/24"));
    let (one, other) = (beside(&aws, one).await, beside(&aws, other).await);
    let nat = NatGateway { subnet: Ref::known(&one.id), reach: Reach::Private };
    let nat = Walk::begin(&aws, &project, nat).await;
    let to_the_internet = || Target::InternetGateway(Ref::known(&gateway.id));
    let to_the_nat = || Target::Nat(Ref::known(&nat.id));
    let table = |target, subnets: &[&str]| RouteTable {
        vpc: Ref::known(&vpc.id),
        routes: [(Cidr::ANYWHERE.into(), target)].into(),
        subnets: subnets.iter().map(|subnet| Ref::known(*subnet)).collect(),
    };
    let walk = Walk::begin(&aws, &project, table(to_the_internet(), &[&one.id])).await;

    let foreign = aws.ec2().create_route().route_table_id(&walk.id).destination_cidr_block("192.168.0.0/16");
    foreign.nat_gateway_id(&nat.id).send().await.unwrap();
    walk.mend().await;
    let lost = aws.ec2().delete_route().route_table_id(&walk.id).destination_cidr_block("0.0.0.0/0");
    lost.send().await.unwrap();
    walk.mend().await;
    let led_elsewhere = aws.ec2().replace_route().route_table_id(&walk.id).destination_cidr_block("0.0.0.0/0");
    led_elsewhere.nat_gateway_id(&nat.id).send().await.unwrap();
    walk.mend().await;
    // Its subnet follows another table, and comes back; one more subnet follows it.
    let rival = beside(&aws, table(to_the_nat(), &[&other.id])).await;
    rival.turn_into(table(to_the_nat(), &[&one.id])).await;
    let associate = aws.ec2().associate_route_table().route_table_id(&walk.id).subnet_id(&other.id);
    associate.send().await.unwrap();
    walk.mend().await;

    walk.end().await;
    rival.end().await;
    nat.end().await;
    one.end().await;
    other.end().await;
    gateway.end().await;
    vpc.end().await;
}

#[tokio::test]
async fn a_security_group_is_ordered_once_and_lets_nothing_through() {
    let (aws, project) = (aws().await, project());
    let vpc = Walk::begin(&aws, &project, vpc("10.0.0.0/16")).await;
    let description = "The load balancer".to_owned();
    let group = SecurityGroup { vpc: Ref::known(&vpc.id), name: project.clone(), description };
    let walk = Walk::begin(&aws, &project, group).await;
    walk.order_by_another().await;
    assert_eq!(rules(&aws, &walk.id).await.map(|rules| rules.definition), None, "a new group lets nothing through");

    let name = format!("{}/{project}", vpc.id);
    let by_name = Ask { names: [name].into(), ..Ask::default() };
    let found = SecurityGroup::read(&aws, &by_name).await.unwrap();
    assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [&walk.id]);
    walk.end().await;
    vpc.end().await;
}

/// An order of a project's one definition.
fn order<R>(project: &str, definition: R, token: &str) -> Order<R> {
    let tags = Tags::from([
        (keys::OWNER.to_owned(), format!("{project}/test")),
        (keys::ADDRESS.to_owned(), "walk.one".to_owned()),
    ]);
    Order { address: Address::new("walk", "one").unwrap(), definition, tags, token: format!("{project}-{token}") }
}

/// Tells a resource that another one takes its place.
async fn retire<R: Behaviour<Cloud = Aws>>(aws: &Aws, id: &str) {
    let live = R::read(aws, &Ask::only([id.to_owned()])).await.unwrap().pop().unwrap();
    let set = Tags::from([(keys::RETIRED.to_owned(), "true".to_owned())]);
    R::retag(aws, &live, &Retag { set, remove: Vec::new() }).await.unwrap();
}

#[tokio::test]
async fn a_security_group_takes_a_second_name_while_its_predecessor_is_in_use() {
    let (aws, project) = (aws().await, project());
    let vpc = beside(&aws, vpc("10.0.0.0/16")).await;
    let group = SecurityGroup { vpc: Ref::known(&vpc.id), name: project.clone(), description: "The shop".into() };
    let first = SecurityGroup::create(&aws, &order(&project, group.clone(), "a")).await.unwrap();
    let corrected = SecurityGroup { description: "The bakery".into(), ..group };

    // Of one that nobody has retired the name stays its own.
    let fault = SecurityGroup::create(&aws, &order(&project, corrected.clone(), "b")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Exists, "{fault}");

    retire::<SecurityGroup>(&aws, &first).await;
    let second = SecurityGroup::create(&aws, &order(&project, corrected.clone(), "b")).await.unwrap();
    assert_ne!(second, first);
    let live = SecurityGroup::read(&aws, &Ask::only([second.clone()])).await.unwrap().pop().unwrap();
    assert_eq!(live.definition, corrected, "it is read under the name that it was ordered by");
    for id in [first, second] {
        aws.ec2().delete_security_group().group_id(id).send().await.unwrap();
    }
    vpc.end().await;
}

#[tokio::test]
async fn a_spot_fleet_stays_until_the_machines_of_its_successor_are_there() {
    let (aws, project) = (aws().await, project());
    let image = newest(&aws, &project).await;
    let old = SpotFleet { image: image.clone(), ..fleet() };
    let new = SpotFleet { user_data: "#!/bin/bash\necho more\n".into(), ..old.clone() };
    let first = SpotFleet::create(&aws, &order(&project, old, "a")).await.unwrap();
    retire::<SpotFleet>(&aws, &first).await;
    let second = SpotFleet::create(&aws, &order(&project, new, "b")).await.unwrap();
    let old = SpotFleet::read(&aws, &Ask::only([first])).await.unwrap().pop().unwrap();
    let fault = SpotFleet::delete(&aws, &old).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    assert!(fault.message.starts_with(&format!("{second}, which takes its place, has 0 of 2 machines")), "{fault}");
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    SpotFleet::delete(&aws, &old).await.unwrap();
    let new = SpotFleet::read(&aws, &Ask::only([second])).await.unwrap().pop().unwrap();
    SpotFleet::delete(&aws, &new).await.unwrap();
}

#[tokio::test]
async fn a_spot_fleet_stays_where_its_successor_has_failed() {
    let (aws, project) = (aws().await, project());
    let image = newest(&aws, &project).await;
    let old = SpotFleet { image: image.clone(), ..fleet() };
    let new = SpotFleet { role: Ref::known("arn:aws:iam::000000000000:role/fleet-that-may-not"), ..old.clone() };
    let first = SpotFleet::create(&aws, &order(&project, old, "a")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    retire::<SpotFleet>(&aws, &first).await;
    let second = SpotFleet::create(&aws, &order(&project, new, "b")).await.unwrap();
    let old = SpotFleet::read(&aws, &Ask::only([first.clone()])).await.unwrap().pop().unwrap();
    assert_eq!(SpotFleet::delete(&aws, &old).await.unwrap_err().kind, FaultKind::Busy, "nothing is said of it yet");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let fault = SpotFleet::delete(&aws, &old).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("has 0 of 2 machines: The fleet's role may not start machines."), "{fault}");
    let new = SpotFleet::read(&aws, &Ask::only([second])).await.unwrap().pop().unwrap();
    SpotFleet::delete(&aws, &new).await.unwrap();
    SpotFleet::delete(&aws, &old).await.unwrap();
    assert!(SpotFleet::read(&aws, &Ask::only([first])).await.unwrap().is_empty());
}

async fn rules(aws: &Aws, group: &str) -> Option<Found<SecurityGroupRules>> {
    let ask = Ask { parents: [group.to_owned()].into(), ..Ask::default() };
    let mut found = SecurityGroupRules::read(aws, &ask).await.unwrap();
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

#[tokio::test]
async fn what_others_do_to_the_rules_of_a_security_group_is_seen_and_mended() {
    let (aws, project) = (aws().await, project());
    let vpc = Walk::begin(&aws, &project, vpc("10.0.0.0/16")).await;
    let description = "The load balancer".to_owned();
    let group = SecurityGroup { vpc: Ref::known(&vpc.id), name: project.clone(), description };
    let group = Walk::begin(&aws, &project, group).await;

    let https = || Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS from anywhere");
    let inside = Traffic::tcp(8000..=8100).with(Ref::known(&group.id));
    let egress: BTreeSet<Allow> = [Traffic::All.with(Cidr::ANYWHERE)].into();
    let ingress: BTreeSet<Allow> = [https(), inside.clone()].into();
    let definition = SecurityGroupRules { group: Ref::known(&group.id), ingress, egress };
    let order = Order {
        address: Address::new("walk", "rules").unwrap(),
        definition: definition.clone(),
        tags: Tags::new(),
        token: String::new(),
    };
    // Ordered again, it stays what it is.
    for _ in 0..2 {
        assert_eq!(SecurityGroupRules::create(&aws, &order).await.unwrap(), group.id);
        assert_eq!(live(&aws, &group.id).await.definition, definition);
    }

    // Somebody opens a port, closes another, and describes a third otherwise.
    let ssh = IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22);
    let ssh = ssh.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
    let open = aws.ec2().authorize_security_group_ingress().group_id(&group.id).ip_permissions(ssh);
    open.send().await.unwrap();
    let everything = IpPermission::builder().ip_protocol("-1");
    let everything = everything.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
    let close = aws.ec2().revoke_security_group_egress().group_id(&group.id).ip_permissions(everything);
    close.send().await.unwrap();
    let shown = aws.ec2().describe_security_group_rules();
    let shown = shown.filters(Filter::builder().name("group-id").values(&group.id).build());
    let shown = shown.send().await.unwrap();
    let described = shown.security_group_rules().iter().find(|rule| rule.from_port() == Some(443)).unwrap();
    let otherwise = SecurityGroupRuleRequest::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let otherwise = otherwise.cidr_ipv4("0.0.0.0/0").description("otherwise").build();
    let update =
        SecurityGroupRuleUpdate::builder().set_security_group_rule_id(described.security_group_rule_id.clone());
    let update = update.security_group_rule(otherwise).build();
    let describe = aws.ec2().modify_security_group_rules().group_id(&group.id).security_group_rules(update);
    describe.send().await.unwrap();

    let changed = live(&aws, &group.id).await;
    let ssh = Traffic::tcp(22).with(Cidr::ANYWHERE);
    let seen = SecurityGroupRules {
        ingress: [ssh, https().described("otherwise"), inside].into(),
        egress: BTreeSet::new(),
        ..definition.clone()
    };
    assert_eq!(changed.definition, seen);
    SecurityGroupRules::update(&aws, &changed, &definition).await.unwrap();
    let last = live(&aws, &group.id).await;
    assert_eq!(last.definition, definition);

    SecurityGroupRules::delete(&aws, &last).await.unwrap();
    assert!(rules(&aws, &group.id).await.is_none());
    SecurityGroupRules::delete(&aws, &last).await.unwrap();
    group.end().await;
    vpc.end().await;
}

async fn live(aws: &Aws, group: &str) -> Found<SecurityGroupRules> {
    rules(aws, group).await.expect("the group has rules")
}

#[tokio::test]
async fn an_unknown_identifier_is_an_empty_answer() {
    async fn check<R: Behaviour<Cloud = Aws> + std::fmt::Debug>(aws: &Aws, prefix: &str) {
        let ask = Ask::only([format!("{prefix}-00000000000000000")]);
        assert!(R::read(aws, &ask).await.unwrap().is_empty(), "{prefix}");
    }
    let aws = aws().await;
    check::<Vpc>(&aws, "vpc").await;
    check::<Subnet>(&aws, "subnet").await;
    check::<InternetGateway>(&aws, "igw").await;
    check::<ElasticIp>(&aws, "eipalloc").await;
    check::<NatGateway>(&aws, "nat").await;
    check::<RouteTable>(&aws, "rtb").await;
    check::<SecurityGroup>(&aws, "sg").await;
    check::<SecurityGroupRules>(&aws, "sg").await;
}

fn fleet() -> SpotFleet {
    SpotFleet {
        role: Ref::known("arn:aws:iam::000000000000:role/fleet"),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: 2,
        maximum_price: Some("0.10".parse().unwrap()),
        instance_types: ["c6i.large", "m5.large"].map(|kind| kind.parse().unwrap()).into(),
        subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
        security_groups: [Ref::known("sg-1")].into(),
        profile: Some(Ref::known("worker")),
        image: Image::Newest(ImageFamily::Ecs2023),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: 30, encrypted: true }),
        user_data: "#!/bin/bash\necho ECS_CLUSTER=walk >> /etc/ecs/ecs.config\n".into(),
        instance_tags: [("Project".to_owned(), "walk".to_owned())].into(),
        until: Some("2087-01-01T00:00:00".parse().unwrap()),
        terminate_when_expired: true,
    }
}

#[tokio::test]
async fn a_spot_fleet_is_ordered_once() {
    let (aws, project) = (aws().await, project());
    // Which image is the newest is asked once, by a fleet of its own.
    let newest = newest(&aws, &project).await;
    let walk = Walk::begin(&aws, &project, SpotFleet { image: newest, ..fleet() }).await;
    walk.order_again().await;
    walk.end().await;
}

/// What a fleet of the newest image is read as.
async fn newest(aws: &Aws, project: &str) -> Image {
    let address = Address::new("walk", "newest").unwrap();
    let token = format!("newest{project}");
    let order = Order { address, definition: fleet(), tags: Tags::new(), token };
    let id = SpotFleet::create(aws, &order).await.unwrap();
    let found = SpotFleet::read(aws, &Ask::only([id.clone()])).await.unwrap().pop().unwrap();
    assert_eq!(SpotFleet { image: found.definition.image.clone(), ..fleet() }, found.definition);
    SpotFleet::delete(aws, &found).await.unwrap();
    assert!(SpotFleet::read(aws, &Ask::only([id])).await.unwrap().is_empty());
    found.definition.image
}

#[tokio::test]
async fn an_unknown_spot_fleet_and_an_unknown_image_are_said() {
    let aws = aws().await;
    assert!(SpotFleet::read(&aws, &Ask::only(["sfr-unknown".to_owned()])).await.unwrap().is_empty());
    let address = Address::new("walk", "imageless").unwrap();
    let definition = SpotFleet { image: "ami-0a1b2c3d4e5f60718".parse().unwrap(), ..fleet() };
    let order = Order { address, definition, tags: Tags::new(), token: "imageless".into() };
    let fault = SpotFleet::create(&aws, &order).await.unwrap_err();
    assert!(fault.message.contains("ami-0a1b2c3d4e5f60718"), "{fault}");
}
