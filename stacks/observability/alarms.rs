//! The alarms: each thing that is watched has one at the level of a warning and one at the critical level.

use infra_aws::cloudwatch::metrics::{Cache as Node, Database as Instance, Ecs, LoadBalancer as Balancer};
use infra_aws::cloudwatch::{Alarm, Condition, Evaluation, Math, Measure, Metric, Missing, Watched as Looked};
use infra_aws::ecs;
use infra_aws::elb::LoadBalancer;
use infra_aws::sns::Topic;
use infra_engine::model::{Handle, Stack};

use super::Watched;
use crate::environment::{Environment, Levels, PGBOUNCER};

/// The seconds of which values are drawn together: a minute, and five where few values would make much noise.
const MINUTE: u32 = 60;
const FIVE_MINUTES: u32 = 300;

/// The bytes of a gibibyte.
const GIB: f64 = 1_073_741_824.0;

/// The alarms, by their level.
#[derive(Default)]
pub(super) struct Alarms {
    /// What is worth a look.
    pub(super) warnings: Vec<Handle<Alarm>>,
    /// What somebody must get up for.
    pub(super) critical: Vec<Handle<Alarm>>,
}

/// Something that is watched.
struct Pair {
    /// The first part of both names.
    name: String,
    /// What is wrong when it rings.
    says: String,
    /// What is looked at.
    watches: Looked,
    /// How a level becomes a condition.
    condition: fn(f64) -> Condition,
    /// The levels.
    levels: Levels,
}

/// Adds all of them.
pub(super) fn add(stack: &mut Stack, environment: &Environment, watched: Watched<'_>, topic: &Handle<Topic>) -> Alarms {
    let parts = [balancer, services, redis, postgres];
    let pairs = parts.into_iter().flat_map(|part| part(environment, watched));
    let mut alarms = Alarms::default();
    for Pair { name, says, watches, condition, levels: Levels { warning, critical } } in pairs {
        let mut level = |level: &str, threshold| {
            let name = format!("{name}-{level}");
            let alarm = Alarm {
                name: environment.named(&name),
                description: says.clone(),
                watches: watches.clone(),
                condition: condition(threshold),
                evaluation: Evaluation { periods: 5, breaching: 3 },
                // Without requests, errors or keys there are no values, and nothing is wrong.
                missing: Missing::Fine,
                enabled: true,
                on_alarm: [topic.id().into()].into(),
                on_ok: [topic.id().into()].into(),
                on_no_data: [].into(),
            };
            stack.add(name, alarm)
        };
        alarms.warnings.push(level("warning", warning));
        alarms.critical.push(level("critical", critical));
    }
    alarms
}

impl Pair {
    fn above(name: impl Into<String>, says: impl Into<String>, watches: impl Into<Looked>, levels: Levels) -> Pair {
        Pair { name: name.into(), says: says.into(), watches: watches.into(), condition: Condition::Above, levels }
    }
}

/// How fast the platform answers, and how often it fails: as the load balancer sees it.
fn balancer(environment: &Environment, Watched { edge, .. }: Watched<'_>) -> Vec<Pair> {
    let wanted = &environment.observability;
    let of = |metric: Balancer| metric.of(edge.balancer.output(LoadBalancer::SUFFIX));
    // An error that has not happened has no value; a request that has not come leaves nothing to divide by.
    let error_rate = Math::of("100 * (FILL(targets, 0) + FILL(balancer, 0)) / requests", "Errors, in percent")
        .with("targets", of(Balancer::TargetErrors5xx).sum(MINUTE))
        .with("balancer", of(Balancer::OwnErrors5xx).sum(MINUTE))
        .with("requests", of(Balancer::Requests).sum(MINUTE));
    let response_time = of(Balancer::TargetResponseTime).percentile(95, MINUTE);
    vec![
        Pair::above("response-time", "Answers take too long", response_time, wanted.response_seconds),
        Pair::above("error-rate", "Too many requests end in an error", error_rate, wanted.error_percent),
    ]
}

/// What each service uses of what it has, the connection pool too.
fn services(environment: &Environment, Watched { cluster, .. }: Watched<'_>) -> Vec<Pair> {
    let wanted = &environment.observability;
    let services = cluster.services.iter().map(|(name, running)| (name.as_str(), running));
    let pairs = services.chain([(PGBOUNCER, &cluster.pooler)]).flat_map(|(name, running)| {
        let of = |metric: Ecs| metric.of(cluster.cluster.id(), running.service.output(ecs::Service::NAME));
        [
            Pair::above(
                format!("{name}-cpu"),
                format!("The processors of {name} are busy"),
                of(Ecs::Cpu).average(MINUTE),
                wanted.cpu_percent,
            ),
            Pair::above(
                format!("{name}-memory"),
                format!("The memory of {name} is nearly full"),
                of(Ecs::Memory).average(MINUTE),
                wanted.memory_percent,
            ),
        ]
    });
    pairs.collect()
}

/// What each node of Redis has to forget, and what it is asked for in vain.
fn redis(environment: &Environment, watched: Watched<'_>) -> Vec<Pair> {
    let wanted = &environment.observability;
    let pairs = nodes(environment, watched).into_iter().flat_map(|(name, of)| {
        let hit_rate = Math::of("100 * hits / (hits + misses)", "Hits, in percent")
            .with("hits", of(Node::Hits).sum(FIVE_MINUTES))
            .with("misses", of(Node::Misses).sum(FIVE_MINUTES));
        let says = format!("The node {name} is asked for what it does not have");
        [
            Pair::above(
                format!("{name}-evictions"),
                format!("The node {name} has no room for all that it should keep"),
                of(Node::Evictions).sum(MINUTE),
                wanted.evictions,
            ),
            Pair {
                condition: Condition::Below,
                ..Pair::above(format!("{name}-hit-rate"), says, hit_rate, wanted.hit_percent)
            },
        ]
    });
    pairs.collect()
}

/// The nodes of Redis: what each is called, and how its metrics are found.
pub(super) fn nodes<'a>(
    environment: &Environment,
    Watched { cache, .. }: Watched<'a>,
) -> Vec<(String, impl Fn(Node) -> Metric + use<'a>)> {
    let of_shard = 1..=environment.cache.replicas + 1;
    let shards: Vec<Option<u16>> = match environment.cache.shards {
        None => vec![None],
        Some(count) => (1..=count).map(Some).collect(),
    };
    let nodes = shards.into_iter().flat_map(|shard| of_shard.clone().map(move |node| (shard, node)));
    let named = nodes.map(|(shard, node)| {
        let name = match shard {
            None => format!("redis-{node}"),
            Some(shard) => format!("redis-{shard}-{node}"),
        };
        let of = move |metric: Node| match shard {
            None => metric.of(cache.group.id(), node),
            Some(shard) => metric.of_shard(cache.group.id(), shard, node),
        };
        (name, of)
    });
    named.collect()
}

/// How near Postgres is to its last connection, how much room is on its disks, and how far its replica is behind.
fn postgres(environment: &Environment, Watched { database, .. }: Watched<'_>) -> Vec<Pair> {
    let wanted = &environment.observability;
    let most = f64::from(environment.database.postgres.max_connections);
    let Levels { warning, critical } = wanted.connection_percent;
    let levels = Levels { warning: most * warning / 100.0, critical: most * critical / 100.0 };
    let connections: Measure = Instance::Connections.of(database.instance.id()).maximum(MINUTE);
    let connections = Pair::above("postgres-connections", "Postgres has few connections left", connections, levels);
    let lag = database.replica.as_ref().map(|replica| {
        let lag = Instance::ReplicaLag.of_replica(replica.id()).maximum(MINUTE);
        Pair::above("postgres-replica-lag", "What the replica answers is old", lag, wanted.replica_lag_seconds)
    });
    let free = |name: &str, says: &str, metric: Metric| Pair {
        condition: |gib| Condition::Below(gib * GIB),
        ..Pair::above(name, says, metric.minimum(FIVE_MINUTES), wanted.free_storage_gib)
    };
    let own = free(
        "postgres-storage",
        "The disk of Postgres is nearly full",
        Instance::FreeStorage.of(database.instance.id()),
    );
    let replica = database.replica.as_ref().map(|replica| {
        let says = "The disk of the replica is nearly full: it would follow no more";
        free("postgres-replica-storage", says, Instance::FreeStorage.of_replica(replica.id()))
    });
    [connections, own].into_iter().chain(lag).chain(replica).collect()
}
