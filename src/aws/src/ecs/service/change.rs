//! The call that changes a service.

use std::collections::BTreeSet;

use aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder;
use infra_engine::live::Fault;

use super::{
    Attachment, Capacity, Count, Service, has_failed, monitoring, network, number, rebalancing, sorted_change,
};
use crate::ecs::cluster::{CapacityProvider, Share, strategy};
use crate::{Aws, Sorted};

pub(super) const UPDATE: &str = "ecs:UpdateService";

/// The call that makes one the other, with nothing in it that stays.
pub(super) fn changed(aws: &Aws, live: &Service, wanted: &Service) -> Result<UpdateServiceFluentBuilder, Fault> {
    let Service {
        cluster,
        name,
        task,
        count,
        capacity,
        subnets,
        security_groups,
        public_ips,
        load_balancers,
        grace,
        rollout,
        execute_command,
        propagate_tags,
        connect,
        rebalances,
        quick_metrics,
    } = wanted;
    let mut call = aws.ecs().update_service().cluster(cluster.value()).service(name);
    if *task != live.task {
        call = call.task_definition(task.value());
        // The same one as before is only tried again if that is asked for.
        call = if has_failed(&live.task) { call.force_new_deployment(true) } else { call };
    }
    // Where autoscaling counts, no number is sent: it would scale in at once.
    if let Count::Fixed(tasks) = count
        && *count != live.count
    {
        call = call.desired_count(number(*tasks));
    }
    if *capacity != live.capacity {
        let shares = match capacity {
            Capacity::Fargate => BTreeSet::from([Share { provider: CapacityProvider::Fargate, base: 0, weight: 1 }]),
            Capacity::Shares(shares) => shares.clone(),
        };
        call = call.set_capacity_provider_strategy(Some(strategy(&shares, UPDATE)?)).force_new_deployment(true);
    }
    if (subnets, security_groups, public_ips) != (&live.subnets, &live.security_groups, &live.public_ips) {
        call = call.network_configuration(network(wanted, UPDATE)?);
    }
    if *load_balancers != live.load_balancers {
        call = call.set_load_balancers(Some(load_balancers.iter().map(Attachment::written).collect()));
    }
    if *grace != live.grace {
        call = call.health_check_grace_period_seconds(number(*grace));
    }
    if *rollout != live.rollout {
        call = call.deployment_configuration(rollout.written());
    }
    if *execute_command != live.execute_command {
        call = call.enable_execute_command(*execute_command);
    }
    if *propagate_tags != live.propagate_tags {
        call = call.propagate_tags(propagate_tags.written());
    }
    if *connect != live.connect {
        call = call.service_connect_configuration(connect.written().sorted(UPDATE)?);
    }
    if *rebalances != live.rebalances {
        call = call.availability_zone_rebalancing(rebalancing(*rebalances));
    }
    if *quick_metrics != live.quick_metrics {
        call = call.monitoring(monitoring(*quick_metrics, UPDATE)?);
    }
    Ok(call)
}

pub(super) async fn send(aws: &Aws, call: UpdateServiceFluentBuilder) -> Result<(), Fault> {
    let answer = call.send().await.sorted(UPDATE).map_err(sorted_change)?;
    if let Some(service) = answer.service() {
        aws.rollouts().begin(service);
    }
    Ok(())
}
