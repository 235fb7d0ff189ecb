//! ECS: tasks by their processors and their memory, as many as the calendar and the scaling let run.

use infra_aws::autoscaling::{ScalableTarget, ScheduledAction};
use infra_aws::ecs::{
    Architecture, Capacity, CapacityProvider, Cluster, Count, GroupProvider, Insights, Service, TaskDefinition,
};

use super::ec2::PUBLIC_ADDRESS;
use super::{Priced, free};
use crate::cost::calendar::{self, Bounds};
use crate::cost::{Around, Costs, Fraction, Line, Quantity, UsageKey};

free!(
    GroupProvider: "its machines cost, where they are defined",
    TaskDefinition: "its tasks cost, at the service that runs them",
);

const INSIGHTS: &UsageKey =
    &UsageKey { name: "insights_metrics", about: "How many metrics Container Insights keeps of the cluster." };

impl Priced for Cluster {
    const USAGE: &'static [&'static UsageKey] = &[INSIGHTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let price = match self.insights {
            Insights::Disabled => return Costs::Free("its tasks cost, at their services"),
            Insights::Enabled => "cloudwatch.metric.month",
            Insights::Enhanced => "cloudwatch.insights.enhanced.metric.month",
        };
        Costs::Lines(vec![around.by_usage("metrics of Container Insights", price, INSIGHTS)])
    }
}

const TASKS: &UsageKey =
    &UsageKey { name: "tasks", about: "How many tasks of each service run, on an average over the month." };

/// The gibibytes of disk that every task has for nothing.
const FREE_DISK: u32 = 20;

impl Priced for Service {
    const USAGE: &'static [&'static UsageKey] = &[TASKS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let spot = match &self.capacity {
            Capacity::Fargate => false,
            Capacity::Shares(shares) => {
                let own = |provider: &CapacityProvider| matches!(provider, CapacityProvider::Own(_));
                if shares.iter().all(|share| own(&share.provider)) {
                    return Costs::Free("it runs on machines of the account's own, which cost where they are defined");
                }
                // How many run where, ECS decides: a mixture is not known.
                shares.iter().any(|share| share.provider != CapacityProvider::Fargate)
            }
        };
        let (usual, seasons) = bounds(self, around);
        let given = around.used(TASKS);
        let mut lines = of_tasks(self, around, spot, Quantity::between(usual.minimum, given, usual.maximum).hourly());
        if let Some(first) = lines.first_mut()
            && usual.minimum != usual.maximum
        {
            first.missing = given.is_none().then_some(TASKS);
        }
        for season in seasons {
            let more = |of: fn(&Bounds) -> Fraction| (of(&season.bounds) - of(&usual)).larger(Fraction::ZERO);
            let floor = more(|bounds| bounds.minimum);
            let quantity = Quantity { floor, expected: floor, ceiling: more(|bounds| bounds.maximum) };
            let days = Some((season.from.clone(), season.to.clone()));
            let of_season = of_tasks(self, around, spot, quantity.times(season.hours)).into_iter();
            lines.extend(of_season.map(|line| Line { season: days.clone(), ..line }));
        }
        Costs::Lines(lines)
    }
}

/// How many tasks run: what is scaled goes by its target's bounds, and by what the calendar makes of them.
fn bounds(service: &Service, around: &Around<'_>) -> (Bounds, Vec<calendar::Season>) {
    let targets = around.leading_here(|target: &ScalableTarget| &target.resource);
    let Some((target, beside)) = targets.into_iter().next() else {
        let (Count::Fixed(count) | Count::Autoscaled { from: count }) = service.count;
        return (Bounds { minimum: count.into(), maximum: count.into() }, Vec::new());
    };
    let actions = beside.leading_here(|action: &ScheduledAction| &action.target);
    let actions: Vec<ScheduledAction> = actions.into_iter().map(|(action, _)| action).collect();
    (calendar::ordinary(&target, &actions), calendar::seasons(&target, &actions))
}

fn of_tasks(service: &Service, around: &Around<'_>, spot: bool, task_hours: Quantity) -> Vec<Line> {
    let Some(task) = around.follow::<TaskDefinition, _>(&service.task) else {
        return vec![Line::of("tasks of a size that is not known", "fargate.unknown.hour", task_hours)];
    };
    let machine = match (spot, task.architecture) {
        (false, Architecture::X86) => "fargate",
        (false, Architecture::Arm) => "fargate.arm",
        (true, Architecture::X86) => "fargate.spot",
        (true, Architecture::Arm) => "fargate.spot.arm",
    };
    let of_1024 = |number: u32| Fraction::of(number.into(), 1024);
    let mut lines = vec![
        Line::of("processors of the tasks", format!("{machine}.vcpu.hour"), task_hours.times(of_1024(task.size.cpu()))),
        Line::of("memory of the tasks", format!("{machine}.gb.hour"), task_hours.times(of_1024(task.size.memory()))),
    ];
    let disk = u32::from(task.disk.unwrap_or_default()).saturating_sub(FREE_DISK);
    if disk > 0 {
        lines.push(Line::of("disks of the tasks", "fargate.disk.gb.hour", task_hours.times(disk)));
    }
    if service.public_ips {
        lines.push(Line::of("public IPv4 addresses of the tasks", PUBLIC_ADDRESS, task_hours));
    }
    lines
}
