//! Load balancers as they are read, and both sides of their rules.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{AvailabilityZone, LoadBalancerState};
use infra_engine::model::Stack;

use super::*;
use crate::ec2::testing::check;
use crate::iam::Policy;

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";

fn balancer() -> LoadBalancer {
    LoadBalancer {
        name: "shop".into(),
        scheme: Scheme::InternetFacing,
        subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
        security_groups: [Ref::known("sg-1")].into(),
        addresses: AddressFamily::Ipv4,
        idle_seconds: 60,
        http2: true,
        drops_invalid_headers: false,
        desync: Desync::Defensive,
        deletion_protection: false,
        access_logs: None,
    }
}

fn live(state: LoadBalancerStateEnum) -> Live {
    let zone = |subnet: &str| AvailabilityZone::builder().subnet_id(subnet).build();
    Live::builder()
        .load_balancer_arn(ARN)
        .load_balancer_name("shop")
        .dns_name("shop-1.us-east-1.elb.amazonaws.com")
        .scheme(LoadBalancerSchemeEnum::InternetFacing)
        .state(LoadBalancerState::builder().code(state).reason("too many").build())
        .availability_zones(zone("subnet-2"))
        .availability_zones(zone("subnet-1"))
        .security_groups("sg-1")
        .ip_address_type(IpAddressType::Ipv4)
        .build()
}

#[test]
fn a_live_one_tells_what_it_is() {
    let found = understand(&live(LoadBalancerStateEnum::Active), &Attributes::default(), Tags::new());
    assert_eq!((found.id.as_str(), &found.definition, &found.state), (ARN, &balancer(), &State::Ready));
    assert_eq!(found.outputs["suffix"], "app/shop/50dc6c495c0c9188");
    assert_eq!(found.outputs["dns_name"], "shop-1.us-east-1.elb.amazonaws.com");
}

#[test]
fn one_on_its_way_is_waited_for_and_a_failed_one_says_why() {
    let state = |state| understand(&live(state), &Attributes::default(), Tags::new()).state;
    assert_eq!(state(LoadBalancerStateEnum::Provisioning), State::Pending("provisioning".into()));
    assert_eq!(state(LoadBalancerStateEnum::ActiveImpaired), State::Ready);
    assert_eq!(state(LoadBalancerStateEnum::Failed), State::Failed("too many".into()));
}

#[test]
fn v16c_logs_go_where_aws_writes() {
    let beside = |encryption: Encryption, prefix: &str| {
        let prefix = prefix.to_owned();
        check("V16c", move |stack: &mut Stack| {
            let bucket = stack.add("logs", Bucket { encryption, ..Bucket::closed("shop-logs") });
            let policy = stack.add("policy", BucketPolicy { bucket: bucket.id(), policy: Policy::of([]) });
            let access_logs = Some(AccessLogs { bucket: policy.output(BucketPolicy::BUCKET), prefix });
            stack.add("main", LoadBalancer { access_logs, ..balancer() })
        })
    };
    beside(Encryption::Kms { key: None, bucket_key: true }, "").refuses("encrypted with another key");
    beside(Encryption::S3, "AWSLogs/alb").refuses("`AWSLogs`");
    beside(Encryption::S3, "alb/").refuses("a slash");
    beside(Encryption::S3, "alb").holds();
    check("V16c", |stack| stack.add("main", balancer())).holds();
}

#[test]
fn a_bucket_that_does_not_let_aws_write_yet_is_asked_again() {
    let said = |message: &str| {
        let fault = Fault::new(FaultKind::Refused, "elasticloadbalancing:ModifyLoadBalancerAttributes", message);
        bucket_not_open(Fault { code: Some("InvalidConfigurationRequest".into()), ..fault }).kind
    };
    assert_eq!(said("Access Denied for bucket: shop-logs. Please check S3bucket permission"), FaultKind::NotYet);
    assert_eq!(said("Load balancer attribute is not supported"), FaultKind::Refused);
}

#[test]
fn settings_survive_the_way_and_back() {
    let other = LoadBalancer {
        idle_seconds: 120,
        http2: false,
        drops_invalid_headers: true,
        desync: Desync::Strictest,
        deletion_protection: true,
        ..balancer()
    };
    let sent = settings(&other).into_iter().map(|(key, value)| (Some(key.to_owned()), Some(value)));
    let found = understand(&live(LoadBalancerStateEnum::Active), &Attributes::of(sent), Tags::new());
    assert_eq!(found.definition, other);
}

#[test]
fn one_of_the_same_name_waits_until_the_old_one_is_gone() {
    let internal = LoadBalancer { scheme: Scheme::Internal, ..balancer() };
    assert_eq!(LoadBalancer::replacement(&balancer(), &internal), Replacement::DeleteFirst);
    let renamed = LoadBalancer { name: "other".into(), ..internal };
    assert_eq!(LoadBalancer::replacement(&balancer(), &renamed), Replacement::CreateFirst);
}

#[test]
fn v16_names() {
    check("V16", |stack| stack.add("main", LoadBalancer { name: "internal-shop".into(), ..balancer() }))
        .refuses("begins with `internal-`");
    check("V16", |stack| stack.add("main", LoadBalancer { name: "shop_1".into(), ..balancer() })).refuses("`_`");
    check("V16", |stack| stack.add("main", balancer())).holds();
}

/// Two subnets of these zones; the first has a route table with this way out.
fn beside(stack: &mut Stack, zones: [&str; 2], way: Option<Target>) -> BTreeSet<Ref<SubnetId>> {
    let mut subnets = BTreeSet::new();
    for (number, zone) in zones.into_iter().enumerate() {
        let cidr = format!("10.0.{number}.0/24").parse().unwrap();
        let zone = zone.parse().unwrap();
        let subnet = Subnet { vpc: Ref::known("vpc-1"), cidr, zone, public_ips: true };
        subnets.insert(stack.add(format!("subnet-{number}"), subnet).id());
    }
    if let Some(way) = way {
        let routes = BTreeMap::from([("0.0.0.0/0".parse().unwrap(), way)]);
        stack.add(
            "table",
            RouteTable { vpc: Ref::known("vpc-1"), routes, subnets: subnets.iter().take(1).cloned().collect() },
        );
    }
    subnets
}

#[test]
fn v17_one_subnet_in_each_of_two_zones() {
    let one = LoadBalancer { subnets: [Ref::known("subnet-1")].into(), ..balancer() };
    check("V17", |stack| stack.add("main", one)).refuses("there are 1 subnets");
    let within = |zones| {
        check("V17", move |stack| {
            let subnets = beside(stack, zones, None);
            stack.add("main", LoadBalancer { subnets, ..balancer() })
        })
    };
    within(["us-east-1a", "us-east-1a"]).refuses("two of its subnets are in us-east-1a");
    within(["us-east-1a", "us-east-1b"]).holds();
}

#[test]
fn v18_facing_the_internet_from_public_subnets() {
    let within = |scheme, way| {
        check("V18", move |stack| {
            let subnets = beside(stack, ["us-east-1a", "us-east-1b"], Some(way));
            stack.add("main", LoadBalancer { subnets, scheme, ..balancer() })
        })
    };
    within(Scheme::InternetFacing, Target::Nat(Ref::known("nat-1"))).refuses("no route leads");
    within(Scheme::Internal, Target::Nat(Ref::known("nat-1"))).holds();
    within(Scheme::InternetFacing, Target::InternetGateway(Ref::known("igw-1"))).holds();
}

#[test]
fn v16a_and_v16b() {
    let bare = LoadBalancer { security_groups: BTreeSet::new(), ..balancer() };
    check("V16a", |stack| stack.add("main", bare)).refuses("there is none");
    check("V16a", |stack| stack.add("main", balancer())).holds();
    check("V16b", |stack| stack.add("main", LoadBalancer { idle_seconds: 4001, ..balancer() })).refuses("range");
    check("V16b", |stack| stack.add("main", LoadBalancer { idle_seconds: 4000, ..balancer() })).holds();
}
