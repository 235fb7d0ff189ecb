//! The workers: a spot fleet of machines that join the cluster, for work that can wait.

use std::collections::BTreeMap;

use infra_aws::ec2::{Allocation, Image, ImageFamily, RootVolume, SpotFleet, Upkeep, VolumeKind};
use infra_aws::ecs;
use infra_aws::iam::{InstanceProfile, Policy, Role, Service};
use infra_engine::model::{Handle, Platform, Ref};

use crate::cluster::Cluster;
use crate::environment::{self, Environment};
use crate::network::Network;

/// What the stacks on top of the workers build on.
pub struct Workers {
    /// The machines, where the environment has any.
    pub fleet: Option<Handle<SpotFleet>>,
}

/// Adds the workers to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, network: &Network, cluster: &Cluster) -> Workers {
    let Some(wanted) = &environment.workers else { return Workers { fleet: None } };
    let mut stack = platform.stack("workers");

    // AWS's own policies for these two roles: they are what the services behind them ask for, and AWS keeps them so.
    let fleet = "arn:aws:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole";
    let starter =
        role(environment, "fleet", "What the fleet may do: start machines and end them", Service::SpotFleet, fleet);
    let starter = stack.add("fleet-role", starter);
    let agent = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
    let agent =
        role(environment, "ecs-agent", "What a machine may do: join the cluster and run tasks", Service::Ec2, agent);
    let agent = stack.add("agent-role", agent);
    let profile = InstanceProfile { name: environment.named("ecs-agent"), path: "/".into(), role: agent.id() };
    let profile = stack.add("agent-profile", profile);

    let fleet = stack.add("fleet", fleet_of(environment, wanted, network, cluster, &starter, &profile));
    Workers { fleet: Some(fleet) }
}

fn fleet_of(
    environment: &Environment,
    wanted: &environment::Workers,
    network: &Network,
    cluster: &Cluster,
    starter: &Handle<Role>,
    profile: &Handle<InstanceProfile>,
) -> SpotFleet {
    let tag = |key: &str, value: String| (key.to_owned(), value);
    SpotFleet {
        role: starter.output(Role::ARN),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: wanted.capacity,
        maximum_price: Some(wanted.maximum_price.clone()),
        instance_types: wanted.instance_types.clone(),
        subnets: network.private.iter().map(Handle::id).collect(),
        security_groups: [network.groups.ecs.id()].into(),
        profile: Some(profile.id()),
        image: Image::Newest(ImageFamily::Ecs2023),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: wanted.disk, encrypted: true }),
        user_data: format!("#!/bin/bash\necho ECS_CLUSTER={} >> /etc/ecs/ecs.config\n", environment.named("cluster")),
        instance_tags: BTreeMap::from([
            tag("Name", environment.named("worker")),
            tag("Project", environment.project.to_string()),
            tag("Environment", environment.name.to_string()),
        ]),
        until: None,
        terminate_when_expired: true,
    }
}

/// A role that bears one of AWS's own policies.
fn role(environment: &Environment, name: &str, description: &str, player: Service, policy: &str) -> Role {
    Role {
        name: environment.named(name),
        path: "/".into(),
        description: description.into(),
        longest_session: 3600,
        trust: Policy::trust(player),
        inline: BTreeMap::new(),
        attached: [Ref::known(policy)].into(),
        boundary: None,
    }
}
