//! The cache: Redis, that forgets what was used longest ago, and is reached by the services alone.

use infra_aws::elasticache::{
    AtRest, CacheParameterGroup, CacheSubnetGroup, Destination, Failover, Family, InTransit, LogDelivery, LogFormat,
    LogKind, Mode, ReplicationGroup,
};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_engine::model::{Handle, Platform, Stack};

use crate::environment::Environment;
use crate::network::{Network, REDIS_PORT};

/// What the stacks on top of the cache build on.
pub struct Cache {
    /// Redis.
    pub group: Handle<ReplicationGroup>,
    /// What clients must show to it.
    pub token: Handle<Secret>,
}

/// Adds the cache to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, network: &Network) -> Cache {
    let mut stack = platform.stack("cache");
    let cache = &environment.cache;

    let subnets = stack.add(
        "subnets",
        CacheSubnetGroup {
            name: environment.named("redis"),
            description: "Where Redis stands".into(),
            subnets: network.private.iter().map(Handle::id).collect(),
        },
    );
    let parameters = parameters(&mut stack, environment);
    let token = stack.add(
        "token",
        Secret {
            name: format!("{}/redis-auth-token", environment.project),
            description: "What services show to Redis".into(),
            key: None,
            value: Value::Generated(Recipe { length: 64, characters: Characters::AuthToken }),
        },
    );
    let slow_log = stack.add(
        "slow-log",
        LogGroup {
            name: format!("/elasticache/{}/slow-log", environment.project),
            class: Class::Standard,
            retention: Retention::Days30,
            key: None,
        },
    );

    let group = stack.add(
        "redis",
        ReplicationGroup {
            name: environment.named("redis"),
            description: "What the services share and may forget".into(),
            engine: cache.engine,
            node: cache.node.clone(),
            mode: cache.mode(),
            shards: cache.shards.unwrap_or(1),
            replicas: cache.replicas,
            failover: match (cache.replicas, cache.mode()) {
                // A sharded group must be able to, whether or not there is a replica to do it with.
                (0, Mode::Sharded) => Failover::Automatic,
                (0, _) => Failover::Off,
                (1.., _) => Failover::AcrossZones,
            },
            port: REDIS_PORT,
            subnets: subnets.id(),
            parameters: parameters.id(),
            security_groups: [network.groups.redis.id()].into(),
            at_rest: AtRest::AwsKey,
            in_transit: InTransit::Required,
            token: Some(token.id()),
            snapshots_kept: cache.snapshots_kept,
            minor_upgrades: true,
            logs: [(
                LogKind::SlowLog,
                LogDelivery { to: Destination::LogGroup(slow_log.id()), format: LogFormat::Json },
            )]
            .into(),
        },
    );
    Cache { group, token }
}

fn parameters(stack: &mut Stack, environment: &Environment) -> Handle<CacheParameterGroup> {
    // Full is no error: what was used longest ago makes room.
    let mut parameters = vec![
        ("maxmemory-policy", "allkeys-lru"),
        // Who listens is told when a key has expired.
        ("notify-keyspace-events", "Ex"),
        // In microseconds: what takes 10 ms is slow.
        ("slowlog-log-slower-than", "10000"),
    ];
    // A group in use changes neither its form nor its engine: the other one has a group of its own, and the cache moves
    // over.
    let engine = environment.cache.engine;
    let name = match environment.cache.mode() {
        Mode::Sharded | Mode::Compatible => {
            parameters.push(("cluster-enabled", "yes"));
            format!("{}-sharded-params", engine.name())
        }
        Mode::SingleShard => format!("{}-params", engine.name()),
    };
    stack.add(
        "parameters",
        CacheParameterGroup {
            name: environment.named(&name),
            family: engine.family().unwrap_or(Family::Redis7),
            description: "Redis as a cache that may forget".into(),
            parameters: parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{changed, environment, the};

    #[test]
    fn what_is_forgotten_is_what_was_used_longest_ago() {
        let parameters: CacheParameterGroup = the(&environment("prod"), "cache.parameters");
        let parameters: Vec<_> = parameters.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            parameters,
            ["maxmemory-policy=allkeys-lru", "notify-keyspace-events=Ex", "slowlog-log-slower-than=10000"]
        );
    }

    #[test]
    fn production_has_three_nodes_of_which_one_may_go_down() {
        let redis: ReplicationGroup = the(&environment("prod"), "cache.redis");
        assert_eq!((redis.mode, redis.shards, redis.replicas), (Mode::SingleShard, 1, 2));
        assert_eq!(
            (redis.failover, redis.in_transit, redis.at_rest),
            (Failover::AcrossZones, InTransit::Required, AtRest::AwsKey)
        );
    }

    #[test]
    fn keys_may_be_spread_over_shards() {
        let mut environment = environment("prod");
        (environment.cache.shards, environment.cache.replicas) = (Some(3), 1);
        let redis: ReplicationGroup = the(&environment, "cache.redis");
        assert_eq!((redis.mode, redis.shards, redis.replicas), (Mode::Sharded, 3, 1));
        let parameters: CacheParameterGroup = the(&environment, "cache.parameters");
        assert_eq!(parameters.parameters["cluster-enabled"], "yes");
    }

    #[test]
    fn the_way_to_shards_goes_by_a_step_that_serves_everybody() {
        let mut environment = environment("prod");
        environment.cache.compatible = true;
        let redis: ReplicationGroup = the(&environment, "cache.redis");
        assert_eq!((redis.mode, redis.shards, redis.replicas), (Mode::Compatible, 1, 2));
        let parameters: CacheParameterGroup = the(&environment, "cache.parameters");
        assert_eq!(parameters.parameters["cluster-enabled"], "yes");
    }

    #[test]
    fn it_may_be_valkey() {
        let environment = changed("prod", &[("engine = \"redis 7.1\"", "engine = \"valkey 8.0\"")]);
        let redis: ReplicationGroup = the(&environment, "cache.redis");
        let parameters: CacheParameterGroup = the(&environment, "cache.parameters");
        assert_eq!((redis.engine.to_string().as_str(), parameters.family), ("valkey 8.0", Family::Valkey8));
        assert!(parameters.name.ends_with("-valkey-params"), "{}", parameters.name);
    }

    #[test]
    fn without_a_replica_nothing_takes_over() {
        let redis: ReplicationGroup = the(&environment("dev"), "cache.redis");
        assert_eq!((redis.replicas, redis.failover), (0, Failover::Off));
    }
}
