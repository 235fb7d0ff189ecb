//! A replication group: Redis or Valkey on several nodes, as one shard or as many.

mod change;
mod logs;
mod phases;
mod rules;
mod sight;
#[cfg(test)]
mod tests;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use infra_derive::Resource;
use infra_engine::check::{Passage, Rule};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, Waits};
use infra_engine::model::{Ref, keys};
use serde::{Deserialize, Serialize};

use super::engine::{Engine, NodeType};
use super::{CacheParameterGroupName, CacheSubnetGroupName, tags};
use crate::again::resume;
use crate::ec2::SecurityGroupId;
use crate::iam::{Arn, KeyArn};
use crate::secretsmanager::{self, SecretArn};
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

pub use logs::{Destination, LogDelivery, LogFormat, LogKind, StreamName};

/// A replication group: Redis or Valkey on several nodes, as one shard or as many.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use infra_aws::elasticache::{
///     AtRest, Destination, Engine, Failover, InTransit, LogDelivery, LogFormat, LogKind, Mode, ReplicationGroup,
/// };
/// use infra_engine::model::Ref;
///
/// let slow_log = LogDelivery { to: Destination::LogGroup(Ref::known("/elasticache/shop/slow-log")), format: LogFormat::Json };
/// let redis = ReplicationGroup {
///     name: "shop-redis".into(),
///     description: "What services share".into(),
///     engine: Engine::Redis(7, 1),
///     node: "cache.r7g.large".parse()?,
///     mode: Mode::SingleShard,
///     shards: 1,
///     replicas: 2,
///     failover: Failover::AcrossZones,
///     port: 6379,
///     subnets: Ref::known("shop-redis"),
///     parameters: Ref::known("shop-redis7"),
///     security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
///     at_rest: AtRest::AwsKey,
///     in_transit: InTransit::Required,
///     token: Some(Ref::known("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/redis-AbCdEf")),
///     snapshots_kept: 1,
///     minor_upgrades: true,
///     logs: BTreeMap::from([(LogKind::SlowLog, slow_log)]),
/// };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The token is taken out of its secret in the very call that sends it. When the secret has a new value, the next plan
/// shows it: it is added first (ROTATE), and a day later a plan shows that the value before is still accepted, and ends
/// that (SET). `infra apply --rotate cache.token` makes a new value, adds it, and only then hands it out to clients: at
/// every moment, what a client is given is accepted. Both are until the first plan that is applied a day later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elasticache/replication-group", id = ReplicationGroupName, replacement = "delete_first")]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new ReplicationGroupArn,
    /// The name that clients connect to: of the primary node, or of the whole where there are several shards.
    ENDPOINT: new CacheAddress,
    /// The name that clients only read from. A sharded group has none.
    READER: CacheAddress,
))]
pub struct ReplicationGroup {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The engine and its version. There is no way back to an older one but a new cache.
    pub engine: Engine,
    /// The machines.
    pub node: NodeType,
    /// Whether keys are spread over shards. Clients must know how to follow them; on the way there they are served
    /// either way by [`Mode::Compatible`]. There is no way back from shards but a new cache.
    pub mode: Mode,
    /// How many parts the keys are spread over.
    pub shards: u16,
    /// How many copies of each shard there are, beside the primary node.
    pub replicas: u8,
    /// What happens when a primary node fails.
    pub failover: Failover,
    /// The port that clients connect to; AWS's own choice is 6379.
    #[replace]
    pub port: u16,
    /// Where its nodes stand.
    #[replace]
    pub subnets: Ref<CacheSubnetGroupName>,
    /// How its engines are set up.
    pub parameters: Ref<CacheParameterGroupName>,
    /// Who may connect.
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// How what is on disks is encrypted.
    #[replace]
    pub at_rest: AtRest,
    /// Whether connections are encrypted. Before Redis 7 that is settled when the group is made.
    pub in_transit: InTransit,
    /// The secret whose value clients must show. A group that has one is never without it again.
    pub token: Option<Ref<SecretArn>>,
    /// For how many days snapshots are kept; with 0 none are made.
    pub snapshots_kept: u8,
    /// Whether AWS brings the engine to newer minor versions by itself.
    pub minor_upgrades: bool,
    /// Where its logs go.
    pub logs: BTreeMap<LogKind, LogDelivery>,
}

/// Whether keys are spread over shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All keys are on every node ("cluster mode disabled").
    SingleShard,
    /// So far they are, and clients that follow shards are served beside those that do not: a step between the other two
    /// ("cluster mode compatible"), for Redis 7 and Valkey.
    Compatible,
    /// Each key is in one of the shards ("cluster mode enabled").
    Sharded,
}

/// What happens when a primary node fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failover {
    /// It is repaired; until then nothing can be written.
    Off,
    /// A replica takes over, wherever it stands.
    Automatic,
    /// A replica in another availability zone takes over ("Multi-AZ").
    AcrossZones,
}

/// How what is on disks is encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtRest {
    /// Not at all.
    Off,
    /// With a key of AWS's.
    AwsKey,
    /// With a key of the account's own.
    Key(Ref<KeyArn>),
}

/// Whether connections are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InTransit {
    /// None is.
    Off,
    /// Clients choose: a step between the other two.
    Preferred,
    /// All are.
    Required,
}

impl Arn for ReplicationGroupArn {}

/// Refuses to give a group to somebody whom its tags do not name.
fn owned_by_another(found: &Found<ReplicationGroup>, retag: &Retag) -> Result<(), Fault> {
    match (found.tags.get(keys::OWNER), retag.set.get(keys::OWNER)) {
        (Some(is), Some(is_to_be)) if is != is_to_be => {
            let message = format!("{} belongs to {is}: plan again", found.id);
            Err(Fault::new(FaultKind::Refused, tags::ADD, message))
        }
        _ => Ok(()),
    }
}

const MINUTE: u64 = 60;

impl Behaviour for ReplicationGroup {
    type Cloud = Aws;

    const HOLDS_DATA: bool = true;
    const WAITS: Waits = Waits {
        usual: Duration::from_secs(10 * MINUTE),
        create: Duration::from_secs(60 * MINUTE),
        update: Duration::from_secs(120 * MINUTE),
        delete: Duration::from_secs(45 * MINUTE),
    };

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticache:CreateReplicationGroup",
        "elasticache:DecreaseReplicaCount",
        "elasticache:DeleteReplicationGroup",
        "elasticache:DescribeCacheClusters",
        "elasticache:DescribeEvents",
        "elasticache:DescribeReplicationGroups",
        "elasticache:IncreaseReplicaCount",
        "elasticache:ModifyReplicationGroup",
        "elasticache:ModifyReplicationGroupShardConfiguration",
        tags::ADD,
        tags::LIST,
        tags::REMOVE,
        // The first group of an account brings ElastiCache's own role with it.
        "iam:CreateServiceLinkedRole",
        // ElastiCache lets itself write to a log group in the name of who asks for it.
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ];

    const SENDS: &'static [&'static str] = &["token"];

    fn ends_former(_: &str, live: &Found<ReplicationGroup>) -> bool {
        live.definition.token.as_ref().is_some_and(|told| token::is_overdue(&told.value()))
    }

    fn rules() -> &'static [Rule<ReplicationGroup>] {
        rules::RULES
    }

    fn passages() -> &'static [Passage<ReplicationGroup>] {
        rules::PASSAGES
    }

    /// Where AWS brings the engine to newer minor versions, a newer one is nothing to be undone.
    fn moved_by(field: &str, live: &Found<ReplicationGroup>, wanted: &ReplicationGroup) -> Option<&'static str> {
        let newer = wanted.minor_upgrades && wanted.engine.is_older_minor_of(live.definition.engine);
        (field == "engine" && newer).then_some("AWS, which brings it to newer minor versions")
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ReplicationGroup>>, Fault> {
        Ok(sight::sights(aws, ask).await?.into_iter().map(|sight| sight.found).collect())
    }

    async fn create(aws: &Aws, order: &Order<ReplicationGroup>) -> Result<String, Fault> {
        let operation = "elasticache:CreateReplicationGroup";
        let ReplicationGroup {
            name,
            description,
            engine,
            node,
            mode,
            shards,
            replicas,
            failover,
            port,
            subnets,
            parameters,
            security_groups,
            at_rest,
            in_transit,
            token,
            snapshots_kept,
            minor_upgrades,
            logs,
        } = &order.definition;
        let mut call = aws
            .elasticache()
            .create_replication_group()
            .replication_group_id(name)
            .replication_group_description(description)
            .engine(engine.name())
            .engine_version(engine.version())
            .cache_node_type(node.as_str())
            .automatic_failover_enabled(*failover != Failover::Off)
            .multi_az_enabled(*failover == Failover::AcrossZones)
            .port(i32::from(*port))
            .cache_subnet_group_name(subnets.value())
            .cache_parameter_group_name(parameters.value())
            .set_security_group_ids(Some(security_groups.iter().map(Ref::value).collect()))
            .at_rest_encryption_enabled(*at_rest != AtRest::Off)
            .transit_encryption_enabled(*in_transit != InTransit::Off)
            .snapshot_retention_limit(i32::from(*snapshots_kept))
            .auto_minor_version_upgrade(*minor_upgrades)
            .set_log_delivery_configurations(logs::requests(&BTreeMap::new(), logs));
        call = match mode {
            // What begins as a step between begins as what comes before it.
            Mode::SingleShard | Mode::Compatible => call.num_cache_clusters(1 + i32::from(*replicas)),
            Mode::Sharded => call.num_node_groups(i32::from(*shards)).replicas_per_node_group(i32::from(*replicas)),
        };
        if *in_transit == InTransit::Preferred {
            // Where nothing is said, clients must. Engines before Redis 7 know no modes.
            call = call.set_transit_encryption_mode(change::transit_mode(*in_transit));
        }
        if let AtRest::Key(key) = at_rest {
            call = call.kms_key_id(key.value());
        }
        let mut tags = order.tags.clone();
        if let Some(secret) = token {
            let (version, value) = secretsmanager::current(aws, &secret.value()).await?;
            let note = token::Note { secret: secret.value(), version, act: token::Act::Made, since: None };
            tags.insert(token::NOTE.to_owned(), note.to_string());
            call = call.auth_token(value.expose());
        }
        match call.set_tags(Some(to_sdk(&tags))).send().await.sorted(operation) {
            Ok(_) => Ok(name.clone()),
            Err(fault) if fault.kind == FaultKind::Exists => {
                // Whether an earlier try made it is told by its tags.
                let there = sight::sights(aws, &Ask::only([name.clone()])).await?;
                there.iter().try_for_each(|sight| sight::with_tags(&sight.found, operation))?;
                resume(aws, order, name, fault).await
            }
            Err(fault) => Err(fault),
        }
    }

    /// One change at a time: after each, the group is looked at anew, so that what was done is not done again.
    async fn update(aws: &Aws, found: &Found<ReplicationGroup>, wanted: &ReplicationGroup) -> Result<(), Fault> {
        let operation = "elasticache:ModifyReplicationGroup";
        let Some(sight) = sight::sights(aws, &Ask::only([found.id.clone()])).await?.pop() else {
            return Err(Fault::new(FaultKind::Gone, operation, format!("there is no group {}", found.id)));
        };
        let phases = phases::phases(&sight.found.definition, wanted);
        let Some(next) = phases.first() else { return Ok(()) };
        if let infra_engine::live::State::Pending(doing) = &sight.found.state {
            return Err(Fault::new(FaultKind::Busy, operation, format!("the group is {doing}")));
        }
        change::carry_out(aws, &sight, wanted, *next).await?;
        match phases.len() - 1 {
            0 => Ok(()),
            left => Err(Fault::new(FaultKind::Busy, operation, format!("{left} more changes wait for this one"))),
        }
    }

    /// What was taken over while it told no tags may be another owner's.
    async fn retag(aws: &Aws, found: &Found<ReplicationGroup>, retag: &Retag) -> Result<(), Fault> {
        if sight::with_tags(found, tags::ADD).is_err() {
            let now = sight::sights(aws, &Ask::only([found.id.clone()])).await?;
            for sight in &now {
                sight::with_tags(&sight.found, tags::ADD)?;
                owned_by_another(&sight.found, retag)?;
            }
        }
        tags::change(aws, &found.outputs[ReplicationGroup::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<ReplicationGroup>) -> Result<(), Fault> {
        let call = aws.elasticache().delete_replication_group().replication_group_id(&found.id);
        match call.send().await.sorted("elasticache:DeleteReplicationGroup").map(drop).gone_is_fine() {
            // It is on its way already.
            Err(fault) if fault.kind == FaultKind::Busy && fault.message.contains("deleting") => Ok(()),
            answer => answer,
        }
    }
}
