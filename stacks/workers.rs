//! The workers: a spot fleet of machines that join the cluster, for work that can wait.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::ec2::{Allocation, Image, ImageFamily, RootVolume, SecurityGroup, SpotFleet, Upkeep, VolumeKind};
use infra_aws::ecs;
use infra_aws::iam::{InstanceProfile, LinkedService, Policy, Role, Service, ServiceLinkedRole, Statement};
use infra_engine::model::{Handle, Platform, Ref};

use crate::cluster::{Cluster, Groups, repository};
use crate::environment::{self, Environment};
use crate::network::Network;

/// What the stacks on top of the workers build on.
pub struct Workers {
    /// The machines, where the environment has any.
    pub fleet: Option<Handle<SpotFleet>>,
}

/// Adds the workers to the platform.
pub fn stack(
    environment: &Environment,
    platform: &mut Platform,
    network: &Network,
    groups: &Groups,
    cluster: &Cluster,
) -> Workers {
    let (Some(wanted), Some(group)) = (&environment.workers, &groups.workers) else { return Workers { fleet: None } };
    let mut stack = platform.stack("workers");

    // The console makes these when a fleet is first asked for there. Who asks through the API has to see to them.
    for (name, service) in [("spot", LinkedService::Spot), ("spot-fleet", LinkedService::SpotFleet)] {
        stack.add(format!("{name}-linked-role"), ServiceLinkedRole { service });
    }
    // What a fleet needs is AWS's to know, and AWS keeps a policy of it.
    let tagging = Ref::known("arn:aws:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole");
    let starter = stack.add(
        "fleet-role",
        Role {
            attached: [tagging].into(),
            ..role(environment, "fleet", "What the fleet may do: start machines and end them", Service::SpotFleet)
        },
    );
    let agent = stack.add(
        "agent-role",
        Role {
            inline: [("agent".to_owned(), joining(environment, &cluster.cluster))].into(),
            ..role(environment, "ecs-agent", "What a machine may do: join the cluster and run tasks", Service::Ec2)
        },
    );
    let profile = InstanceProfile { name: environment.named("ecs-agent"), path: "/".into(), role: agent.id() };
    let profile = stack.add("agent-profile", profile);

    let fleet = stack.add("fleet", fleet(environment, wanted, network, group, &starter, &profile));
    Workers { fleet: Some(fleet) }
}

/// The machines: as many as the environment says, of whichever of its types AWS has to spare.
fn fleet(
    environment: &Environment,
    wanted: &environment::Workers,
    network: &Network,
    group: &Handle<SecurityGroup>,
    starter: &Handle<Role>,
    profile: &Handle<InstanceProfile>,
) -> SpotFleet {
    let cluster = environment.named("cluster");
    let tag = |key: &str, value: String| (key.to_owned(), value);
    SpotFleet {
        role: starter.output(Role::ARN),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: wanted.capacity,
        maximum_price: Some(wanted.maximum_price.clone()),
        instance_types: wanted.instance_types.clone(),
        subnets: network.private.iter().map(Handle::id).collect(),
        security_groups: [group.id()].into(),
        profile: Some(profile.id()),
        image: Image::Newest(ImageFamily::Ecs2023),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: wanted.disk, encrypted: true }),
        user_data: joins(&cluster),
        instance_tags: BTreeMap::from([
            tag("Name", environment.named("worker")),
            tag("Project", environment.project.to_string()),
            tag("Environment", environment.name.to_string()),
        ]),
        until: None,
        terminate_when_expired: true,
    }
}

/// What a machine runs when it starts first: its agent joins the cluster, and lets no task with a network of its own ask
/// the machine's metadata, where the machine's own role is.
fn joins(cluster: &str) -> String {
    let settings = [format!("ECS_CLUSTER={cluster}"), "ECS_AWSVPC_BLOCK_IMDS=true".to_owned()];
    let lines = settings.map(|setting| format!("echo {setting} >> /etc/ecs/ecs.config\n"));
    format!("#!/bin/bash\n{}", lines.concat())
}

/// What ECS's agent on a machine does: it joins this cluster and no other, and runs what it is given. Of the account's
/// images it fetches the project's and its services', and it writes to the project's log groups alone.
fn joining(environment: &Environment, cluster: &Handle<ecs::Cluster>) -> Policy {
    let Environment { project, region, account, services, .. } = environment;
    let of_project = ["/*", "-*"].map(|rest| format!("arn:aws:ecr:{region}:{account}:repository/{project}{rest}"));
    let of_services = services.values().filter_map(|service| repository(&service.image));
    let arn = || [cluster.output(ecs::Cluster::ARN)];
    Policy::of([
        Statement::allow(["ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance"]).on(arn()),
        Statement::allow(["ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"])
            .on(["*"])
            .when("ArnEquals", "ecs:cluster", arn()),
        Statement::allow([
            "ec2:DescribeTags",
            "ecr:GetAuthorizationToken",
            "ecs:DiscoverPollEndpoint",
            "ecs:SubmitAttachmentStateChanges",
            "ecs:SubmitContainerStateChange",
            "ecs:SubmitTaskStateChange",
        ])
        .on(["*"]),
        Statement::allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on(of_project.into_iter().chain(of_services)),
        Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"])
            .on([format!("arn:aws:logs:{region}:{account}:log-group:/ecs/{project}/*")]),
    ])
}

/// A role that may do nothing yet.
fn role(environment: &Environment, name: &str, description: &str, player: Service) -> Role {
    Role {
        name: environment.named(name),
        path: "/".into(),
        description: description.into(),
        longest_session: 3600,
        trust: Policy::trust(player),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary: environment.boundary(),
    }
}

#[cfg(test)]
mod tests {
    use infra_aws::iam::Pattern;

    use super::*;
    use crate::testing::{changed, environment, the};

    #[test]
    fn a_machine_fetches_the_projects_images_and_writes_the_projects_logs() {
        let own = "222222222222.dkr.ecr.us-east-1.amazonaws.com/team/user-service:1.0.0";
        let other = changed("prod", &[("registry.example.com/user-service:1.0.0", own)]);
        let agent: Role = the(&other, "workers.agent-role");
        let on = |action: &str| {
            let statements = agent.inline["agent"].statements().filter(|one| one.actions.contains(action));
            statements.flat_map(|one| one.resources.iter().map(Pattern::value)).collect::<Vec<_>>()
        };
        let repositories = [
            "arn:aws:ecr:us-east-1:222222222222:repository/team/user-service",
            "arn:aws:ecr:us-east-1:333333333333:repository/django-microservices-*",
            "arn:aws:ecr:us-east-1:333333333333:repository/django-microservices/*",
        ];
        assert_eq!(on("ecr:BatchGetImage"), repositories);
        assert_eq!(
            on("logs:PutLogEvents"),
            ["arn:aws:logs:us-east-1:333333333333:log-group:/ecs/django-microservices/*"]
        );
    }

    #[test]
    fn a_task_does_not_ask_its_machine_who_that_is() {
        let fleet: SpotFleet = the(&environment("prod"), "workers.fleet");
        assert!(fleet.user_data.contains("ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config\n"), "{}", fleet.user_data);
    }
}
