//! Replication groups, and what they stand on.

use std::collections::BTreeMap;

use infra_aws::elasticache::{
    AtRest, CacheParameterGroup, CacheParameterGroupName, CacheSubnetGroup, CacheSubnetGroupName, Destination, Engine,
    Failover, Family, InTransit, LogDelivery, LogFormat, LogKind, Mode, ReplicationGroup,
};
use infra_aws::secretsmanager::SecretArn;
use infra_engine::model::{Platform, Ref, Stack};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, Network};

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";

fn parameters(name: String, family: Family, set: &[(&str, &str)]) -> CacheParameterGroup {
    let parameters = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    CacheParameterGroup { name, family, description: "How caches are set up".into(), parameters }
}

fn log(group: &str, format: LogFormat) -> LogDelivery {
    LogDelivery { to: Destination::LogGroup(Ref::known(group)), format }
}

/// What groups stand on, twice.
struct Grounds {
    subnets: [Ref<CacheSubnetGroupName>; 2],
    single: [Ref<CacheParameterGroupName>; 2],
    valkey: Ref<CacheParameterGroupName>,
}

/// Two secrets with values that tokens may have.
async fn tokens(ground: &Ground) -> [Ref<SecretArn>; 2] {
    let mut tokens = Vec::new();
    for name in ["one", "other"] {
        let call = ground.aws.secretsmanager().create_secret().name(format!("{}/{name}", ground.project));
        let made = call.secret_string(format!("the-value-of-the-{name}")).send().await.unwrap();
        tokens.push(Ref::known(made.arn.unwrap()));
    }
    tokens.try_into().unwrap()
}

fn grounds(stack: &mut Stack, project: &str, network: &Network) -> Grounds {
    let mut subnets = |name: &str| {
        let group = CacheSubnetGroup {
            name: format!("{project}-{name}"),
            description: "Where caches stand".into(),
            subnets: network.subnets[..2].iter().cloned().collect(),
        };
        stack.add(name, group).id()
    };
    let subnets = [subnets("subnets-a"), subnets("subnets-b")];
    let mut group = |name: &str, family, set: &[(&str, &str)]| {
        stack.add(name, parameters(format!("{project}-{name}"), family, set)).id()
    };
    let single = [
        group("single-a", Family::Redis7, &[("maxmemory-policy", "allkeys-lru"), ("timeout", "300")]),
        group("single-b", Family::Redis7, &[]),
    ];
    let valkey = group("valkey", Family::Valkey8, &[]);
    Grounds { subnets, single, valkey }
}

fn single(name: String, network: &Network, grounds: &Grounds, token: &Ref<SecretArn>) -> ReplicationGroup {
    ReplicationGroup {
        name,
        description: "What services share".into(),
        engine: Engine::Redis(7, 0),
        node: "cache.t4g.small".parse().unwrap(),
        mode: Mode::SingleShard,
        shards: 1,
        replicas: 2,
        failover: Failover::AcrossZones,
        port: 6379,
        subnets: grounds.subnets[0].clone(),
        parameters: grounds.single[0].clone(),
        security_groups: [network.groups[0].clone()].into(),
        at_rest: AtRest::AwsKey,
        in_transit: InTransit::Required,
        token: Some(token.clone()),
        snapshots_kept: 1,
        minor_upgrades: true,
        logs: BTreeMap::from([(LogKind::SlowLog, log("/cache/slow", LogFormat::Json))]),
    }
}

fn stack(platform: &mut Platform, project: &str, network: &Network, token: &Ref<SecretArn>) -> Grounds {
    let mut stack = platform.stack("cache");
    let grounds = grounds(&mut stack, project, network);
    stack.add("alone", parameters(format!("{project}-alone"), Family::Redis7, &[("timeout", "300")]));
    let spread = parameters(format!("{project}-spread"), Family::Redis7, &[("cluster-enabled", "yes")]);
    let spread = stack.add("spread", spread).id();
    let single = single(format!("{project}-s"), network, &grounds, token);
    let sharded = ReplicationGroup {
        name: format!("{project}-n"),
        mode: Mode::Sharded,
        shards: 3,
        replicas: 1,
        parameters: spread,
        token: None,
        engine: Engine::Redis(7, 1),
        ..single.clone()
    };
    stack.add("single", single);
    stack.add("sharded", sharded);
    grounds
}

#[tokio::test]
async fn elasticache() {
    let ground = Ground::new().await;
    let network = Network::new(&ground).await;
    let tokens = tokens(&ground).await;
    let project = ground.project.clone();
    let (sample, grounds) = Sample::with(|platform| stack(platform, &project, &network, &tokens[0]));
    let sample = what_groups_stand_on(sample, &network);
    let sample = what_one_call_changes(sample, &network, &grounds);
    let sample = what_takes_its_own_way(sample, &grounds, &tokens);
    ground.obeys(&sample).await;
}

fn what_groups_stand_on(sample: Sample, network: &Network) -> Sample {
    let three = network.subnets.iter().cloned().collect();
    sample
        .change("cache.subnets-a", |it: &mut CacheSubnetGroup| it.name.push('2'))
        .change("cache.subnets-a", |it: &mut CacheSubnetGroup| it.description.push('!'))
        .change("cache.subnets-a", |it: &mut CacheSubnetGroup| it.subnets = three)
        .change("cache.single-a", |it: &mut CacheParameterGroup| it.name.push('2'))
        .change("cache.alone", |it: &mut CacheParameterGroup| it.family = Family::Redis6)
        .change("cache.alone", |it: &mut CacheParameterGroup| it.description.push('!'))
        .change("cache.single-a", |it: &mut CacheParameterGroup| {
            it.parameters.insert("maxmemory-policy".into(), "volatile-ttl".into());
        })
        .change("cache.single-a", |it: &mut CacheParameterGroup| {
            it.parameters.insert("notify-keyspace-events".into(), "Ex".into());
        })
        .change("cache.single-a", |it: &mut CacheParameterGroup| {
            it.parameters.remove("timeout");
        })
}

fn what_one_call_changes(sample: Sample, network: &Network, grounds: &Grounds) -> Sample {
    let stream = LogDelivery { to: Destination::Stream(Ref::known("slow-logs")), format: LogFormat::Json };
    let change_logs = |sample: Sample, slow: LogDelivery| {
        sample.change("cache.single", |it: &mut ReplicationGroup| drop(it.logs.insert(LogKind::SlowLog, slow)))
    };
    let sample = sample
        .change("cache.single", |it: &mut ReplicationGroup| it.name.push('2'))
        .change("cache.single", |it: &mut ReplicationGroup| it.description.push('!'))
        .change_together("cache.single", |it: &mut ReplicationGroup| {
            (it.engine, it.parameters) = (Engine::Valkey(8, 0), grounds.valkey.clone());
        })
        .for_good("an engine does not go back to an older version")
        .change("cache.single", |it: &mut ReplicationGroup| it.node = "cache.r7g.large".parse().unwrap())
        .change("cache.single", |it: &mut ReplicationGroup| it.failover = Failover::Automatic)
        .change("cache.single", |it: &mut ReplicationGroup| it.failover = Failover::Off)
        .change("cache.single", |it: &mut ReplicationGroup| it.parameters = grounds.single[1].clone())
        .change("cache.single", |it: &mut ReplicationGroup| it.security_groups = network.groups.clone().into())
        .change("cache.single", |it: &mut ReplicationGroup| it.snapshots_kept = 7)
        .change("cache.single", |it: &mut ReplicationGroup| it.snapshots_kept = 0)
        .change("cache.single", |it: &mut ReplicationGroup| it.minor_upgrades = false)
        .change("cache.single", |it: &mut ReplicationGroup| it.logs.clear())
        .change("cache.single", |it: &mut ReplicationGroup| {
            it.logs.insert(LogKind::EngineLog, log("/cache/engine", LogFormat::Text));
        });
    let sample = change_logs(sample, log("/cache/slow", LogFormat::Text));
    let sample = change_logs(sample, log("/cache/other", LogFormat::Json));
    change_logs(sample, stream)
}

fn what_takes_its_own_way(sample: Sample, grounds: &Grounds, tokens: &[Ref<SecretArn>; 2]) -> Sample {
    sample
        .change_together("cache.sharded", |it: &mut ReplicationGroup| {
            (it.mode, it.shards, it.parameters) = (Mode::SingleShard, 1, grounds.single[0].clone());
        })
        .by_another()
        .for_good("a cache comes to shards step by step")
        .change_together("cache.single", |it: &mut ReplicationGroup| {
            (it.mode, it.parameters) = (Mode::Compatible, Ref::known("default.redis7.cluster.on"));
        })
        .change("cache.sharded", |it: &mut ReplicationGroup| it.shards = 5)
        .change("cache.sharded", |it: &mut ReplicationGroup| it.replicas = 2)
        .change("cache.sharded", |it: &mut ReplicationGroup| it.failover = Failover::Automatic)
        .change("cache.sharded", |it: &mut ReplicationGroup| it.in_transit = InTransit::Preferred)
        .change("cache.sharded", |it: &mut ReplicationGroup| it.in_transit = InTransit::Off)
        .change("cache.sharded", |it: &mut ReplicationGroup| it.token = Some(tokens[0].clone()))
        .change("cache.single", |it: &mut ReplicationGroup| it.replicas = 3)
        .change("cache.single", |it: &mut ReplicationGroup| it.replicas = 1)
        .change("cache.single", |it: &mut ReplicationGroup| it.port = 6380)
        .change("cache.single", |it: &mut ReplicationGroup| it.subnets = grounds.subnets[1].clone())
        .change("cache.single", |it: &mut ReplicationGroup| it.at_rest = AtRest::Key(Ref::known(KEY)))
        .change("cache.single", |it: &mut ReplicationGroup| it.at_rest = AtRest::Off)
        .change("cache.single", |it: &mut ReplicationGroup| it.token = Some(tokens[1].clone()))
        .change("cache.single", |it: &mut ReplicationGroup| it.token = None)
        .by_another()
}
