//! What EC2 would refuse in a spot fleet, or take and never start a machine.

use infra_engine::check::{Otherwise, Passage, Rule, Severity, Surroundings, Violation};

use super::{Allocation, SpotFleet, Upkeep};
use crate::ec2::{Image, SecurityGroup, Subnet};
use crate::iam::{Service, passed};

/// The most bytes of user data.
const USER_DATA: usize = 16 * 1024;

pub(super) static PASSAGES: &[Passage<SpotFleet>] = &[Passage {
    code: "V147a",
    says: "AWS changes the capacity of a fleet only where the fleet keeps it",
    source: "EC2 API: ModifySpotFleetRequest",
    otherwise: Otherwise::Replaced,
    check: |live, wanted| match live.upkeep == Upkeep::Request && live.capacity != wanted.capacity {
        true => vec![Violation::of("capacity", wanted.capacity, "it is asked for once", "let the fleet maintain it")],
        false => Vec::new(),
    },
}];

pub(super) static ALL: &[Rule<SpotFleet>] = &[
    Rule {
        code: "V40",
        says: "the role of a spot fleet trusts `spotfleet.amazonaws.com`",
        source: "EC2 User Guide: IAM role for Spot Fleet; not seen refused by AWS",
        severity: Severity::Warning,
        check: |fleet, around| passed("role", &fleet.role, &Service::SpotFleet, around).into_iter().collect(),
    },
    Rule {
        code: "V142",
        says: "user data has 16 KiB at most; a gp2 or gp3 volume has 1 to 65536 GiB",
        source: "EC2 API: RequestSpotFleet, SpotFleetLaunchSpecification and EbsBlockDevice",
        severity: Severity::Error,
        check: sizes,
    },
    Rule {
        code: "V143",
        says: "a spot fleet names one type, one subnet and one security group at least",
        source: "EC2 API: RequestSpotFleet; machines of a network have a security group",
        severity: Severity::Error,
        check: named,
    },
    Rule {
        code: "V144",
        says: "a capacity of 0 is for fleets that maintain it, and the pools to use are 1 at least",
        source: "EC2 API: SpotFleetRequestConfigData, TargetCapacity and InstancePoolsToUseCount",
        severity: Severity::Error,
        check: capacity,
    },
    Rule {
        code: "V145",
        says: "a maximum price is more than nothing",
        source: "EC2 API: SpotFleetRequestConfigData, SpotPrice",
        severity: Severity::Error,
        check: price,
    },
    Rule {
        code: "V145b",
        says: "a diversified fleet has two pools at least: types times subnets",
        source: "EC2 User Guide: allocation strategies for Spot Instances",
        severity: Severity::Warning,
        check: pools,
    },
    Rule {
        code: "V145c",
        says: "the types of a fleet have the processor that its image is made for",
        source: "EC2 User Guide: compatibility for changing the instance type, architecture",
        severity: Severity::Error,
        check: processor,
    },
    Rule {
        code: "V146",
        says: "the security groups of a fleet are of the network of its subnets",
        source: "EC2 API: RunInstances, InvalidGroup.NotFound",
        severity: Severity::Error,
        check: one_network,
    },
];

fn sizes(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let bytes = fleet.user_data.len();
    if bytes > USER_DATA {
        let wrong = format!("it has {bytes} bytes");
        let way_out = "fetch the larger part from a bucket when the machine starts";
        violations.push(Violation::of("user_data", format!("{bytes} bytes"), wrong, way_out));
    }
    if let Some(root) = fleet.root.filter(|root| !(1..=65536).contains(&root.gigabytes)) {
        let wrong = format!("there is no volume of {} GiB", root.gigabytes);
        violations.push(Violation::of("root", root, wrong, "write 1 to 65536 GiB, and not less than the image has"));
    }
    violations
}

fn named(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let fields = [
        ("instance_types", fleet.instance_types.is_empty()),
        ("subnets", fleet.subnets.is_empty()),
        ("security_groups", fleet.security_groups.is_empty()),
    ];
    let empty = fields.into_iter().filter(|(_, empty)| *empty);
    empty.map(|(field, _)| Violation::of(field, [(); 0], "it is empty", "name one at least")).collect()
}

fn capacity(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if fleet.capacity == 0 && fleet.upkeep == Upkeep::Request {
        let way_out = "ask for one machine at least, or write `Upkeep::Maintain`";
        violations.push(Violation::of("capacity", 0, "a fleet that is asked for once would never start one", way_out));
    }
    if i32::try_from(fleet.capacity).is_err() {
        violations.push(Violation::of("capacity", fleet.capacity, "EC2 cannot count so far", "write a smaller one"));
    }
    if fleet.allocation == Allocation::LowestPrice(0) {
        violations.push(Violation::of("allocation", fleet.allocation, "it uses no pool", "write 1 at least"));
    }
    violations
}

fn price(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let free = fleet.maximum_price.iter().filter(|price| price.is_zero());
    let way_out = "write dollars for an hour, such as `0.10`, or none: then it is the price on demand";
    free.map(|price| Violation::of("maximum_price", price, "no machine costs nothing", way_out)).collect()
}

fn pools(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let pools = fleet.instance_types.len() * fleet.subnets.len();
    if fleet.allocation != Allocation::Diversified || pools != 1 {
        return Vec::new();
    }
    let wrong = "there is one pool to spread over: when AWS needs it, all machines go at once";
    vec![Violation::of("instance_types", &fleet.instance_types, wrong, "name more types, or more subnets")]
}

fn processor(fleet: &SpotFleet, _: &Surroundings<'_>) -> Vec<Violation> {
    let Image::Newest(family) = &fleet.image else { return Vec::new() };
    let others = fleet.instance_types.iter().filter(|kind| kind.processor() != family.processor());
    let others: Vec<String> = others.map(ToString::to_string).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let wrong = format!("{} has another processor than the image", others.join(" and "));
    vec![Violation::of("instance_types", &fleet.instance_types, wrong, "take other types, or the other image")]
}

fn one_network(fleet: &SpotFleet, around: &Surroundings<'_>) -> Vec<Violation> {
    let of_subnets = fleet.subnets.iter().filter_map(|subnet| Some(&around.of::<Subnet, _>(subnet)?.vpc));
    let networks: Vec<_> = of_subnets.collect();
    let Some(network) = networks.first() else { return Vec::new() };
    let mut violations = Vec::new();
    if networks.iter().any(|other| other != network) {
        let wrong = "they are of more than one network";
        violations.push(Violation::of("subnets", &fleet.subnets, wrong, "take subnets of one network"));
    }
    for group in &fleet.security_groups {
        if around.of::<SecurityGroup, _>(group).is_some_and(|definition| definition.vpc != **network) {
            let wrong = format!("{} is of another network than the subnets", group.value());
            violations.push(Violation::of("security_groups", group, wrong, "take a group of the subnets' network"));
        }
    }
    violations
}
