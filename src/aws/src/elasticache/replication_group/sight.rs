//! A live group as AWS tells it: half on the group, half on its nodes, its tags apart, and its token in a note.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, ClusterMode, MultiAzStatus, NodeGroup, ReplicationGroup as Live, SourceType,
    TransitEncryptionMode,
};
use futures::try_join;
use infra_engine::live::{Ask, Awaited, Fault, FaultKind, Found, State};
use infra_engine::model::{Ref, Tags};

use super::super::engine::{Engine, NodeType};
use super::super::tags;
use super::token::{NOTE, Note, Seen, told};
use super::{AtRest, Failover, InTransit, Mode, ReplicationGroup, logs};
use crate::named::meant;
use crate::pages::each;
use crate::secretsmanager::{Versions, versions};
use crate::{Aws, Sorted};

/// A live group, and what a change needs to know beside its definition.
pub(super) struct Sight {
    pub(super) found: Found<ReplicationGroup>,
    /// What was last done about its token.
    pub(super) note: Option<Note>,
    /// What AWS says of its token.
    pub(super) seen: Seen,
    /// One of its nodes, of which snapshots can be made.
    pub(super) member: Option<String>,
    /// Its shards, in order.
    pub(super) shards: Vec<String>,
}

/// What is said of a group whose tags nobody tells before ElastiCache is done with it.
const UNTOLD: &str = "and its tags are not told before it is available";

/// Refuses to judge by its tags a group that tells none at the moment.
pub(super) fn with_tags(found: &Found<ReplicationGroup>, operation: &str) -> Result<(), Fault> {
    match &found.state {
        State::Pending(doing) if doing.ends_with(UNTOLD) => {
            Err(Fault::new(FaultKind::Busy, operation, format!("{} is {doing}", found.id)))
        }
        _ => Ok(()),
    }
}

/// Every group that is asked for. Groups and nodes come by the page; tags, and the version of a token's secret, by the
/// group.
pub(super) async fn sights(aws: &Aws, ask: &Ask) -> Result<Vec<Sight>, Fault> {
    let groups = async {
        if ask.only.is_empty() {
            return all(aws).await;
        }
        let groups = each(ask.only.clone(), async |name: String| one(aws, &name).await).await?;
        Ok(groups.into_iter().flatten().collect())
    };
    let (groups, nodes) = try_join!(groups, nodes(aws))?;
    let meant = meant(aws, ask).await?;
    let asked = groups.into_iter().filter(|group| meant.by_name(group.replication_group_id().unwrap_or_default()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let nodes = &nodes;
    let whole = async |group: Live| {
        let name = group.replication_group_id().unwrap_or_default().to_owned();
        let (mut tags, untold) = match tags::read(aws, ask, group.arn().unwrap_or_default()).await {
            Ok(Some(tags)) => (tags, false),
            Ok(None) => return Ok(None),
            // What never had a tag is not in the index either: a stranger at work is nobody's business. What is asked for
            // is there; whose it is, it tells when it is done.
            Err(fault) if fault.kind == FaultKind::Busy => (Tags::new(), true),
            Err(fault) => return Err(fault),
        };
        if !ask.wants(&name, Some(&name), &tags) {
            return Ok(None);
        }
        let note = tags.remove(NOTE).and_then(|note| Note::parse(&note));
        let current = match &note {
            Some(note) => versions(aws, &note.secret).await?,
            None => Versions::default(),
        };
        let members: Vec<&CacheCluster> =
            nodes.iter().filter(|node| node.replication_group_id() == Some(name.as_str())).collect();
        let mut sight = understand(&group, &members, tags, note, &current, now);
        if let Some(Sight { found: Found { state: State::Failed(why), .. }, .. }) = &mut sight {
            *why = reason(aws, &name).await?.unwrap_or_else(|| why.clone());
        }
        if let Some(Sight { found: Found { state: state @ (State::Ready | State::Pending(_)), .. }, .. }) = &mut sight
            && untold
        {
            let doing = if let State::Pending(doing) = state { doing.as_str() } else { "at work" };
            *state = State::Pending(format!("{doing}, {UNTOLD}"));
        }
        Ok(sight)
    };
    Ok(each(asked, whole).await?.into_iter().flatten().collect())
}

const DESCRIBE: &str = "elasticache:DescribeReplicationGroups";

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let pages = aws.elasticache().describe_replication_groups().max_records(100).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE)
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    match aws.elasticache().describe_replication_groups().replication_group_id(name).send().await.sorted(DESCRIBE) {
        Ok(answer) => Ok(answer.replication_groups.unwrap_or_default().pop()),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn nodes(aws: &Aws) -> Result<Vec<CacheCluster>, Fault> {
    let pages = aws.elasticache().describe_cache_clusters().max_records(100).into_paginator().items().send();
    pages.try_collect().await.sorted("elasticache:DescribeCacheClusters")
}

/// The last that AWS tells of a group that could not be made.
async fn reason(aws: &Aws, name: &str) -> Result<Option<String>, Fault> {
    let call = aws.elasticache().describe_events().source_type(SourceType::ReplicationGroup).source_identifier(name);
    let answer = call.duration(24 * 60).send().await.sorted("elasticache:DescribeEvents")?;
    let latest = answer.events.unwrap_or_default().into_iter().max_by_key(|event| event.date().map(|date| date.secs()));
    Ok(latest.and_then(|event| event.message))
}

/// The definition that would have produced a live group. `None` while it has no node yet that tells the rest. What this
/// program has no words for is there all the same, and something stands in for it.
pub(super) fn understand(
    group: &Live,
    members: &[&CacheCluster],
    tags: Tags,
    note: Option<Note>,
    versions: &Versions,
    now: i64,
) -> Option<Sight> {
    let name = group.replication_group_id()?;
    let member = members.first()?;
    let shards = group.node_groups();
    let mode = match group.cluster_mode() {
        Some(ClusterMode::Compatible) => Mode::Compatible,
        Some(ClusterMode::Enabled) => Mode::Sharded,
        _ if group.cluster_enabled() == Some(true) => Mode::Sharded,
        _ => Mode::SingleShard,
    };
    let sharded = mode == Mode::Sharded;
    let endpoint = match group.configuration_endpoint() {
        Some(endpoint) if sharded => Some(endpoint),
        _ => shards.first().and_then(NodeGroup::primary_endpoint),
    };
    let seen = Seen {
        enabled: group.auth_token_enabled() == Some(true),
        changed: group.auth_token_last_modified_date().map(|date| date.secs()),
    };
    let token = seen.enabled.then(|| {
        let standing = note.as_ref().map(|note| note.standing(seen, versions, now));
        told(note.as_ref(), standing.unwrap_or(super::token::Standing::Behind))
    });
    let engine = Engine::of(member.engine().unwrap_or_default(), member.engine_version().unwrap_or_default());
    let node: Option<NodeType> =
        group.cache_node_type().or(member.cache_node_type()).and_then(|node| node.parse().ok());
    let unclear = match (engine, &node) {
        (Some(_), Some(_)) => None,
        (None, _) => Some(format!("its engine is {:?} {:?}", member.engine(), member.engine_version())),
        (_, None) => Some(format!("its machines are {:?}", group.cache_node_type().or(member.cache_node_type()))),
    };
    let definition = ReplicationGroup {
        name: name.to_owned(),
        description: group.description().unwrap_or_default().to_owned(),
        engine: engine.unwrap_or(Engine::Valkey(7, 2)),
        node: node.or_else(|| "cache.t4g.micro".parse().ok())?,
        mode,
        shards: u16::try_from(shards.len()).unwrap_or(u16::MAX).max(1),
        replicas: replicas(group, sharded),
        failover: failover(group),
        port: endpoint.and_then(|endpoint| endpoint.port()).and_then(|port| u16::try_from(port).ok()).unwrap_or(6379),
        subnets: Ref::known(member.cache_subnet_group_name().unwrap_or_default()),
        parameters: Ref::known(
            member.cache_parameter_group().and_then(|group| group.cache_parameter_group_name()).unwrap_or_default(),
        ),
        security_groups: member
            .security_groups()
            .iter()
            .filter_map(|one| one.security_group_id())
            .map(Ref::known)
            .collect(),
        at_rest: match (group.at_rest_encryption_enabled(), group.kms_key_id()) {
            (Some(true), Some(key)) => AtRest::Key(Ref::known(key)),
            (Some(true), None) => AtRest::AwsKey,
            _ => AtRest::Off,
        },
        in_transit: in_transit(group),
        token: token.map(Ref::known),
        snapshots_kept: group.snapshot_retention_limit().and_then(|days| u8::try_from(days).ok()).unwrap_or(0),
        minor_upgrades: group.auto_minor_version_upgrade().or(member.auto_minor_version_upgrade()).unwrap_or(true),
        logs: logs::read(group.log_delivery_configurations()),
    };
    let awaited = members.iter().filter_map(|node| awaited(node)).collect();
    let found = Found::ready(name, definition, tags).with_awaited(awaited);
    let mut found = found.with(ReplicationGroup::ARN.name, group.arn()?);
    if let Some(address) = endpoint.and_then(|endpoint| endpoint.address()) {
        found = found.with(ReplicationGroup::ENDPOINT.name, address);
    }
    let reader = shards.first().filter(|_| !sharded).and_then(|shard| shard.reader_endpoint()?.address());
    if let Some(address) = reader {
        found = found.with(ReplicationGroup::READER.name, address);
    }
    Some(Sight {
        found: found.in_state(unclear.map_or_else(|| state(group, members), State::Unreadable)),
        note,
        seen,
        member: group.member_clusters().first().cloned(),
        shards: shards.iter().filter_map(|shard| shard.node_group_id()).map(str::to_owned).collect(),
    })
}

/// What of a node's parameters is not in force before it is restarted, which ElastiCache never does for them.
fn awaited(node: &CacheCluster) -> Option<Awaited> {
    let parameters = node.cache_parameter_group()?;
    let (cluster, waiting) = (node.cache_cluster_id()?, parameters.cache_node_ids_to_reboot());
    if parameters.parameter_apply_status() != Some("pending-reboot") && waiting.is_empty() {
        return None;
    }
    let group = parameters.cache_parameter_group_name().unwrap_or("its group");
    // A node of a replication group is a cluster of its own, with one node.
    let nodes = if waiting.is_empty() { vec!["0001".to_owned()] } else { waiting.to_vec() };
    let command =
        ["aws", "elasticache", "reboot-cache-cluster", "--cache-cluster-id", cluster, "--cache-node-ids-to-reboot"];
    Some(Awaited {
        what: format!("some parameters of {group} are not in force on {cluster} before it is restarted"),
        command: command.into_iter().map(str::to_owned).chain(nodes).collect(),
    })
}

/// A group rests when it and all of its nodes do.
fn state(group: &Live, members: &[&CacheCluster]) -> State {
    match group.status().unwrap_or_default() {
        "available" => {
            let busy =
                members.iter().filter_map(|node| node.cache_cluster_status()).find(|status| *status != "available");
            busy.map_or(State::Ready, |status| State::Pending(format!("{status} a node")))
        }
        "deleting" => State::Leaving,
        "create-failed" => State::Failed("AWS could not make the group".to_owned()),
        doing => State::Pending(doing.to_owned()),
    }
}

/// How many nodes each shard has beside its primary one.
fn replicas(group: &Live, sharded: bool) -> u8 {
    let nodes = match sharded {
        true => group.node_groups().first().map_or(0, |shard| shard.node_group_members().len()),
        false => group.member_clusters().len(),
    };
    u8::try_from(nodes.saturating_sub(1)).unwrap_or(u8::MAX)
}

/// What is being switched counts as switched.
fn failover(group: &Live) -> Failover {
    let on = [AutomaticFailoverStatus::Enabled, AutomaticFailoverStatus::Enabling];
    match group.automatic_failover() {
        Some(status) if on.contains(status) => match group.multi_az() {
            Some(MultiAzStatus::Enabled) => Failover::AcrossZones,
            _ => Failover::Automatic,
        },
        _ => Failover::Off,
    }
}

fn in_transit(group: &Live) -> InTransit {
    match (group.transit_encryption_enabled(), group.transit_encryption_mode()) {
        (Some(true), Some(TransitEncryptionMode::Preferred)) => InTransit::Preferred,
        (Some(true), _) => InTransit::Required,
        _ => InTransit::Off,
    }
}
