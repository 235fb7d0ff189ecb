//! Replication groups.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::elasticache::{
    AtRest, Destination, Engine, Failover, InTransit, LogDelivery, LogFormat, LogKind, Mode, ReplicationGroup,
};
use infra_engine::live::{Behaviour, FaultKind};
use infra_engine::model::Ref;

use super::Difference::Ours;
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Reply, Server, aws, json, xml};

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/redis-AbCdEf";
const SAID: &str = "what AWS would choose is said, as it is in the definition";

fn log(group: &str, format: LogFormat) -> LogDelivery {
    LogDelivery { to: Destination::LogGroup(Ref::known(group)), format }
}

fn group() -> ReplicationGroup {
    ReplicationGroup {
        name: "shop-redis".into(),
        description: "What services share".into(),
        engine: Engine::Redis(7, 0),
        node: "cache.t4g.small".parse().unwrap(),
        mode: Mode::SingleShard,
        shards: 1,
        replicas: 2,
        failover: Failover::AcrossZones,
        port: 6379,
        subnets: Ref::known("shop-redis"),
        parameters: Ref::known("default.redis7"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        at_rest: AtRest::AwsKey,
        in_transit: InTransit::Required,
        token: Some(Ref::known(SECRET)),
        snapshots_kept: 0,
        minor_upgrades: true,
        logs: BTreeMap::from([(LogKind::SlowLog, log("/elasticache/shop/slow-log", LogFormat::Json))]),
    }
}

fn sharded() -> ReplicationGroup {
    let key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    ReplicationGroup {
        name: "shop-shards".into(),
        description: "What is sharded".into(),
        engine: Engine::Redis(7, 1),
        node: "cache.r7g.large".parse().unwrap(),
        mode: Mode::Sharded,
        shards: 3,
        replicas: 1,
        parameters: Ref::known("default.redis7.cluster.on"),
        at_rest: AtRest::Key(Ref::known(key)),
        in_transit: InTransit::Preferred,
        token: None,
        snapshots_kept: 1,
        logs: BTreeMap::new(),
        ..group()
    }
}

fn open() -> ReplicationGroup {
    ReplicationGroup {
        name: "shop-open".into(),
        description: "What is open".into(),
        engine: Engine::Redis(7, 1),
        replicas: 1,
        in_transit: InTransit::Off,
        token: None,
        snapshots_kept: 1,
        logs: BTreeMap::from([
            (LogKind::SlowLog, log("/elasticache/shop/slow-log", LogFormat::Json)),
            (LogKind::EngineLog, log("/elasticache/shop/engine-log", LogFormat::Json)),
        ]),
        ..group()
    }
}

/// ElastiCache with the group in it, and Secrets Manager with its token: the first value as long as there is no note of
/// one that was sent, and then another.
async fn server(note: &str) -> Server {
    let tag = format!("<Tag><Key>infra:token</Key><Value>{SECRET} {note}</Value></Tag>");
    let tags = format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>{tag}</TagList></ListTagsForResourceResult>\
         </ListTagsForResourceResponse>"
    );
    let secret = r#"{"VersionIdsToStages": {"first": ["AWSPREVIOUS"], "second": ["AWSCURRENT"]}}"#;
    let value = if note.is_empty() { "made-up-token-0123456789" } else { "another-token-0123456789" };
    let value = format!(r#"{{"VersionId": "second", "SecretString": "{value}"}}"#);
    let replies = [
        ("Action=DescribeReplicationGroups", xml(200, include_str!("answers/cache.xml"))),
        ("Action=DescribeCacheClusters", xml(200, include_str!("answers/cache-nodes.xml"))),
        ("Action=ListTagsForResource", xml(200, &tags)),
        ("secretsmanager.DescribeSecret", json(200, secret)),
        ("secretsmanager.GetSecretValue", json(200, &value)),
        ("Action=", Reply::Done),
    ];
    Server::answering(replies).await
}

/// ElastiCache with this group and its nodes in it.
async fn server_of(group: &str, nodes: &str) -> Server {
    let replies = [
        ("Action=DescribeReplicationGroups", xml(200, group)),
        ("Action=DescribeCacheClusters", xml(200, nodes)),
        ("Action=", Reply::Done),
    ];
    Server::answering(replies).await
}

/// ElastiCache with the sharded group in it.
async fn server_of_shards() -> Server {
    server_of(include_str!("answers/shards.xml"), include_str!("answers/shards-nodes.xml")).await
}

/// Changes a group from what it is, and takes what is sent first.
async fn change(server: &Server, live: ReplicationGroup, wanted: &ReplicationGroup) {
    let live = found(&live.name.clone(), live, &[]);
    // What is left to change after the first call is reported as a fault that means: go on.
    let outcome = ReplicationGroup::update(&aws(&server.url).await, &live, wanted).await;
    assert!(outcome.as_ref().err().is_none_or(|fault| fault.kind == FaultKind::Busy), "{outcome:?}");
}

#[tokio::test]
async fn creating_one_of_a_single_shard() {
    let server = server("").await;
    ReplicationGroup::create(&aws(&server.url).await, &order(group())).await.unwrap();
    Recorded {
        call: "Action=CreateReplicationGroup",
        body: include_str!("recorded/cache-create.txt"),
        sets: &[],
        differences: &[
            Ours("Tags.Tag", OWNERSHIP),
            Ours("SnapshotRetentionLimit", SAID),
            Ours("LogDeliveryConfigurationRequest.Enabled", SAID),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_one_of_several_shards() {
    let server = server_of_shards().await;
    ReplicationGroup::create(&aws(&server.url).await, &order(sharded())).await.unwrap();
    Recorded {
        call: "Action=CreateReplicationGroup",
        body: include_str!("recorded/shards-create.txt"),
        sets: &[],
        differences: &[Ours("Tags.Tag", OWNERSHIP), Ours("AutoMinorVersionUpgrade", SAID)],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_all_that_one_call_changes() {
    let server = server("second made").await;
    let wanted = ReplicationGroup {
        description: "What all services share".into(),
        engine: Engine::Redis(7, 1),
        node: "cache.r7g.large".parse().unwrap(),
        failover: Failover::Automatic,
        parameters: Ref::known("shop-redis7"),
        security_groups: BTreeSet::from(["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"].map(Ref::known)),
        snapshots_kept: 7,
        logs: BTreeMap::from([
            (LogKind::SlowLog, log("/elasticache/shop/slow-log", LogFormat::Text)),
            (LogKind::EngineLog, log("/elasticache/shop/engine-log", LogFormat::Json)),
        ]),
        ..group()
    };
    change(&server, group(), &wanted).await;
    Recorded {
        call: "Action=ModifyReplicationGroup&",
        body: include_str!("recorded/cache-modify.txt"),
        sets: &[],
        differences: &[
            Ours("AutomaticFailoverEnabled", "failover and zones are one choice, which is sent whole"),
            Ours("LogDeliveryConfigurationRequest.Enabled", SAID),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_the_number_of_replicas() {
    for (replicas, call, body) in [
        (3, "Action=IncreaseReplicaCount", include_str!("recorded/cache-more-replicas.txt")),
        (1, "Action=DecreaseReplicaCount", include_str!("recorded/cache-fewer-replicas.txt")),
    ] {
        let server = server("second made").await;
        change(&server, group(), &ReplicationGroup { replicas, ..group() }).await;
        Recorded { call, body, sets: &[], differences: &[] }.check(&server);
    }
}

#[tokio::test]
async fn changing_the_number_of_shards() {
    let call = "Action=ModifyReplicationGroupShardConfiguration";
    for (shards, body) in
        [(5, include_str!("recorded/shards-more.txt")), (2, include_str!("recorded/shards-fewer.txt"))]
    {
        let server = server_of_shards().await;
        change(&server, sharded(), &ReplicationGroup { shards, ..sharded() }).await;
        Recorded { call, body, sets: &["NodeGroupToRemove"], differences: &[] }.check(&server);
    }
}

/// The new value is added, and later it is the only one.
#[tokio::test]
async fn changing_the_token() {
    for (note, body) in [
        ("first made", include_str!("recorded/cache-token-rotate.txt")),
        ("second rotated", include_str!("recorded/cache-token-set.txt")),
    ] {
        let server = server(note).await;
        change(&server, group(), &group()).await;
        Recorded { call: "Action=ModifyReplicationGroup&", body, sets: &[], differences: &[] }.check(&server);
    }
}

#[tokio::test]
async fn creating_one_that_is_not_encrypted() {
    let server = server_of("", "").await;
    ReplicationGroup::create(&aws(&server.url).await, &order(open())).await.unwrap();
    Recorded {
        call: "Action=CreateReplicationGroup",
        body: include_str!("recorded/open-create.txt"),
        sets: &[],
        differences: &[
            Ours("Tags.Tag", OWNERSHIP),
            Ours("AutoMinorVersionUpgrade", SAID),
            Ours("LogDeliveryConfigurationRequest.Enabled", SAID),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_the_engine_and_ending_failover_and_logs() {
    let server = server_of(include_str!("answers/open.xml"), include_str!("answers/open-nodes.xml")).await;
    let wanted = ReplicationGroup {
        engine: Engine::Valkey(8, 0),
        parameters: Ref::known("default.valkey8"),
        failover: Failover::Off,
        logs: BTreeMap::new(),
        ..open()
    };
    change(&server, open(), &wanted).await;
    let body = include_str!("recorded/open-modify.txt");
    Recorded { call: "Action=ModifyReplicationGroup&", body, sets: &[], differences: &[] }.check(&server);
}

/// Clients may come either way first, and then they must be encrypted.
#[tokio::test]
async fn encrypting_what_was_open() {
    let off = include_str!("answers/open.xml");
    let encrypted = "<TransitEncryptionEnabled>true</TransitEncryptionEnabled>\
                     <TransitEncryptionMode>preferred</TransitEncryptionMode>";
    let preferred = off.replace("<TransitEncryptionEnabled>false</TransitEncryptionEnabled>", encrypted);
    for (live, body) in [
        (off, include_str!("recorded/open-encrypt.txt")),
        (preferred.as_str(), include_str!("recorded/open-require.txt")),
    ] {
        let server = server_of(live, include_str!("answers/open-nodes.xml")).await;
        change(&server, open(), &ReplicationGroup { in_transit: InTransit::Required, ..open() }).await;
        Recorded { call: "Action=ModifyReplicationGroup&", body, sets: &[], differences: &[] }.check(&server);
    }
}

#[tokio::test]
async fn deleting() {
    let server = server("").await;
    let live = found("shop-redis", group(), &[]);
    ReplicationGroup::delete(&aws(&server.url).await, &live).await.unwrap();
    Recorded {
        call: "Action=DeleteReplicationGroup",
        body: include_str!("recorded/cache-delete.txt"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}
