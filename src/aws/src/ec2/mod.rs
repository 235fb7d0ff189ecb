//! EC2's networks and machines: one file for each kind, and all of them have one shape.
//!
//! What the kinds have in common is in `ask` (how what is ours is found), `tags`, and `fault` (what EC2's codes mean
//! in a change and in a deletion). EC2 has no names: a resource is known by its tags, a security group by its name too.

mod ask;
mod elastic_ip;
mod fault;
mod flow_log;
mod image;
mod instance_type;
mod internet_gateway;
mod nat_gateway;
mod route;
mod route_table;
mod security_group;
mod security_group_rules;
mod spot_fleet;
mod subnet;
mod tags;
#[cfg(test)]
pub(crate) mod testing;
mod traffic;
mod vpc;

pub use elastic_ip::{ElasticIp, ElasticIpId, PublicIp};
pub use flow_log::{
    DestinationOptions, FileFormat, FlowLog, FlowLogId, FlowLogResource, LogDestination, MaxAggregationInterval,
    TrafficType,
};
pub use image::{Image, ImageError, ImageFamily, ImageId};
pub use instance_type::{InstanceType, InstanceTypeError, Processor};
pub use internet_gateway::{InternetGateway, InternetGatewayId};
pub use nat_gateway::{NatGateway, NatGatewayId, Reach};
pub use route::{Destination, Target};
pub use route_table::{RouteTable, RouteTableId};
pub use security_group::{SecurityGroup, SecurityGroupId};
pub use security_group_rules::{SecurityGroupRules, SecurityGroupRulesId};
pub use spot_fleet::{Allocation, RootVolume, SpotFleet, SpotFleetId, Upkeep, VolumeKind};
pub(crate) use subnet::one_stays;
pub use subnet::{Subnet, SubnetId};
pub use traffic::{Allow, Icmp, Peer, Ports, Traffic};
pub use vpc::{DefaultSecurityGroup, Vpc, VpcId};
