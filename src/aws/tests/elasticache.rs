//! Caches in a real ElastiCache: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ec2::SubnetId;
use infra_aws::elasticache::{
    AtRest, CacheParameterGroup, CacheSubnetGroup, Destination, Engine, Failover, Family, InTransit, LogDelivery,
    LogFormat, LogKind, Mode, ReplicationGroup,
};
use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, HandOver, Rotation};
use infra_engine::model::{Ref, Secret as Hidden};

/// Two subnets of a network of their own.
async fn subnets(aws: &Aws) -> BTreeSet<Ref<SubnetId>> {
    let vpc = aws.ec2().create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let mut subnets = BTreeSet::new();
    for (number, zone) in ["us-east-1a", "us-east-1b"].into_iter().enumerate() {
        let call =
            aws.ec2().create_subnet().vpc_id(&vpc).cidr_block(format!("10.9.{number}.0/24")).availability_zone(zone);
        subnets.insert(Ref::known(call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap()));
    }
    subnets
}

#[tokio::test]
async fn a_subnet_group_walks() {
    let (aws, project) = (aws().await, project());
    let group = CacheSubnetGroup {
        name: project.clone(),
        description: "Where Redis stands".into(),
        subnets: subnets(&aws).await,
    };
    let walk = Walk::begin(&aws, &project, group).await;
    walk.order_again().await;
    walk.order_by_another().await;
    walk.end().await;
}

#[tokio::test]
async fn a_parameter_group_walks() {
    let (aws, project) = (aws().await, project());
    let group = CacheParameterGroup {
        name: project.clone(),
        family: Family::Redis7,
        description: "A cache".into(),
        parameters: BTreeMap::new(),
    };
    let walk = Walk::begin(&aws, &project, group).await;
    walk.order_by_another().await;
    walk.end().await;
}

/// A group and what it stands on.
async fn group(aws: &Aws, project: &str) -> ReplicationGroup {
    let description = "Where Redis stands".to_owned();
    let stands = CacheSubnetGroup { name: format!("{project}-subnets"), description, subnets: subnets(aws).await };
    let call = aws.elasticache().create_cache_subnet_group().cache_subnet_group_name(&stands.name);
    let call = call.cache_subnet_group_description(&stands.description);
    call.set_subnet_ids(Some(stands.subnets.iter().map(Ref::value).collect())).send().await.unwrap();
    ReplicationGroup {
        name: format!("{}-r", &project[project.len() - 20..].trim_start_matches(|c: char| !c.is_ascii_lowercase())),
        description: "What services share".into(),
        engine: Engine::Redis(7, 0),
        node: "cache.t4g.small".parse().unwrap(),
        mode: Mode::SingleShard,
        shards: 1,
        replicas: 2,
        failover: Failover::AcrossZones,
        port: 6379,
        subnets: Ref::known(stands.name),
        parameters: Ref::known("default.redis7"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        at_rest: AtRest::AwsKey,
        in_transit: InTransit::Required,
        token: None,
        snapshots_kept: 1,
        minor_upgrades: true,
        logs: BTreeMap::new(),
    }
}

/// Changes a group until nothing is left to change, as the engine does: each phase is one call.
async fn turn(aws: &Aws, id: &str, wanted: &ReplicationGroup) -> Found<ReplicationGroup> {
    for _ in 0..20 {
        let live = live(aws, id).await;
        if live.definition == *wanted {
            return live;
        }
        match ReplicationGroup::update(aws, &live, wanted).await {
            Err(fault) if fault.kind != FaultKind::Busy => panic!("{fault}"),
            _ => {}
        }
    }
    assert_eq!(live(aws, id).await.definition, *wanted);
    unreachable!("what is equal has been returned")
}

async fn live(aws: &Aws, id: &str) -> Found<ReplicationGroup> {
    ReplicationGroup::read(aws, &Ask::only([id.to_owned()])).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_single_shard_changes_in_many_ways_at_once() {
    let (aws, project) = (aws().await, project());
    let group = group(&aws, &project).await;
    let project = group.name.clone();
    let walk = Walk::begin(&aws, &project, group.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let log = |format| LogDelivery { to: Destination::LogGroup(Ref::known("/cache/slow")), format };
    let changed = ReplicationGroup {
        description: "Another".into(),
        engine: Engine::Redis(7, 1),
        node: "cache.r7g.large".parse().unwrap(),
        replicas: 1,
        failover: Failover::Automatic,
        parameters: Ref::known("default.redis7.cluster.on"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60719")]),
        in_transit: InTransit::Preferred,
        snapshots_kept: 0,
        minor_upgrades: false,
        logs: BTreeMap::from([(LogKind::SlowLog, log(LogFormat::Json)), (LogKind::EngineLog, log(LogFormat::Text))]),
        ..group.clone()
    };
    turn(&aws, &walk.id, &changed).await;
    // Its engine does not go back.
    let group = ReplicationGroup { engine: Engine::Redis(7, 1), ..group };
    let live = turn(&aws, &walk.id, &group).await;
    assert!(live.outputs.contains_key("endpoint") && live.outputs.contains_key("reader"), "{:?}", live.outputs);
    walk.end().await;
}

#[tokio::test]
async fn a_sharded_group_gets_shards_and_replicas_at_once() {
    let (aws, project) = (aws().await, project());
    let single = group(&aws, &project).await;
    let project = single.name.clone();
    let group = ReplicationGroup {
        mode: Mode::Sharded,
        shards: 3,
        replicas: 1,
        parameters: Ref::known("default.redis7.cluster.on"),
        ..single
    };
    let walk = Walk::begin(&aws, &project, group.clone()).await;
    walk.order_again().await;
    turn(&aws, &walk.id, &ReplicationGroup { shards: 5, replicas: 2, ..group.clone() }).await;
    let live = turn(&aws, &walk.id, &group).await;
    assert!(live.outputs.contains_key("endpoint") && !live.outputs.contains_key("reader"), "{:?}", live.outputs);
    walk.end().await;
}

#[tokio::test]
async fn a_token_comes_from_its_secret_and_follows_it() {
    let (aws, project) = (aws().await, project());
    let value = Value::Generated(Recipe { length: 64, characters: Characters::AuthToken });
    let secret = Secret { name: format!("{project}/token"), description: String::new(), key: None, value };
    let secret = Walk::begin(&aws, &project, secret).await;
    let without = group(&aws, &project).await;
    let project = without.name.clone();
    let group = ReplicationGroup { token: Some(Ref::known(&secret.id)), ..without.clone() };

    let walk = Walk::begin(&aws, &project, group.clone()).await;
    let value = aws.secretsmanager().get_secret_value().secret_id(&secret.id).send().await.unwrap();
    let value = Hidden::new(value.secret_string.unwrap());
    let shown = format!("{:?}", live(&aws, &walk.id).await);
    assert!(!shown.contains(value.expose()), "the value is nowhere in what is read");

    // A new value: it is added, and clients have a day until the one before is refused.
    let next = "another-value-of-the-token";
    aws.secretsmanager().put_secret_value().secret_id(&secret.id).secret_string(next).send().await.unwrap();
    let behind = live(&aws, &walk.id).await.definition.token.unwrap().value();
    assert_eq!(behind, format!("{} (its current value is not accepted yet)", secret.id));
    turn(&aws, &walk.id, &group).await;
    assert!(walk.settled().await.tags.values().all(|value| !value.contains(next)));

    // What is right already is not sent again.
    let before = aws.calls();
    ReplicationGroup::update(&aws, &live(&aws, &walk.id).await, &group).await.unwrap();
    assert!(aws.calls().since(&before).changes.is_empty());

    let fault = ReplicationGroup::update(&aws, &live(&aws, &walk.id).await, &without).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");

    // A rotation: the group is told the new value before anybody else is given it.
    let rotation = Rotation { token: "0123456789abcdef".repeat(2), hand_over: HandOver::WhenSent };
    let held = secret.settled().await;
    assert_eq!(Secret::cannot_rotate(&held), None);
    Secret::rotate(&aws, &held, &rotation).await.unwrap();
    Secret::rotate(&aws, &held, &rotation).await.unwrap();
    let given = aws.secretsmanager().get_secret_value().secret_id(&secret.id).send().await.unwrap();
    assert_eq!(given.secret_string.as_deref(), Some(next), "clients are given what the group accepts");
    let behind = live(&aws, &walk.id).await.definition.token.unwrap().value();
    assert_eq!(behind, format!("{} (its current value is not accepted yet)", secret.id));
    turn(&aws, &walk.id, &group).await;
    let given = aws.secretsmanager().get_secret_value().secret_id(&secret.id).send().await.unwrap();
    assert_eq!(given.version_id, Some(rotation.token), "it is handed out once it is accepted");
    let value = given.secret_string.unwrap();
    assert!(value.len() == 64 && walk.settled().await.tags.values().all(|tag| !tag.contains(&value)));
    let held = Secret::read(&aws, &Ask::only([secret.id.clone()])).await.unwrap().pop().unwrap();
    assert!(Secret::cannot_rotate(&held).is_some_and(|why| why.contains("not ended")));
    walk.end().await;
    secret.end().await;
}
