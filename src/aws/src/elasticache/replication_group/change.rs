//! One change to a living group, by the one call that makes it.

use aws_sdk_elasticache::types::{AuthTokenUpdateStrategyType, ClusterMode, TransitEncryptionMode};
use infra_engine::live::{Fault, FaultKind, Retag};
use infra_engine::model::{Ref, Tags};

use super::super::tags;
use super::phases::Phase;
use super::sight::Sight;
use super::token::{Act, NOTE, Note, Standing};
use super::{Failover, InTransit, Mode, ReplicationGroup, logs};
use crate::secretsmanager;
use crate::{Aws, Sorted};

const MODIFY: &str = "elasticache:ModifyReplicationGroup";

/// Carries out one change.
pub(super) async fn carry_out(aws: &Aws, sight: &Sight, wanted: &ReplicationGroup, phase: Phase) -> Result<(), Fault> {
    match phase {
        Phase::Reshard => reshard(aws, sight, wanted).await,
        Phase::MoreReplicas => {
            let call = aws.elasticache().increase_replica_count().replication_group_id(&sight.found.id);
            let call = call.new_replica_count(i32::from(wanted.replicas)).apply_immediately(true);
            call.send().await.sorted("elasticache:IncreaseReplicaCount").map(drop)
        }
        Phase::FewerReplicas => {
            let call = aws.elasticache().decrease_replica_count().replication_group_id(&sight.found.id);
            let call = call.new_replica_count(i32::from(wanted.replicas)).apply_immediately(true);
            call.send().await.sorted("elasticache:DecreaseReplicaCount").map(drop)
        }
        Phase::General => general(aws, sight, wanted).await,
        Phase::Transit(step) => {
            let (was, is) = (sight.found.definition.in_transit != InTransit::Off, step != InTransit::Off);
            let call = aws.elasticache().modify_replication_group().replication_group_id(&sight.found.id);
            // A group that is encrypted already takes another mode, and is not told again to be encrypted.
            let call = call.apply_immediately(true).set_transit_encryption_enabled((was != is).then_some(is));
            call.set_transit_encryption_mode(transit_mode(step)).send().await.sorted(MODIFY).map(drop)
        }
        Phase::Token => token(aws, sight, wanted).await,
    }
}

/// How clients come, as AWS says it.
pub(super) fn transit_mode(wanted: InTransit) -> Option<TransitEncryptionMode> {
    match wanted {
        InTransit::Off => None,
        InTransit::Preferred => Some(TransitEncryptionMode::Preferred),
        InTransit::Required => Some(TransitEncryptionMode::Required),
    }
}

/// When there are to be fewer shards, the last ones go.
async fn reshard(aws: &Aws, sight: &Sight, wanted: &ReplicationGroup) -> Result<(), Fault> {
    let leaving: Vec<String> = sight.shards.iter().skip(usize::from(wanted.shards)).cloned().collect();
    let call = aws
        .elasticache()
        .modify_replication_group_shard_configuration()
        .replication_group_id(&sight.found.id)
        .node_group_count(i32::from(wanted.shards))
        .apply_immediately(true)
        .set_node_groups_to_remove((!leaving.is_empty()).then_some(leaving));
    call.send().await.sorted("elasticache:ModifyReplicationGroupShardConfiguration").map(drop)
}

/// Everything that one call takes; only what differs is said, so that nothing else is touched.
async fn general(aws: &Aws, sight: &Sight, wanted: &ReplicationGroup) -> Result<(), Fault> {
    let live = &sight.found.definition;
    let mut call =
        aws.elasticache().modify_replication_group().replication_group_id(&sight.found.id).apply_immediately(true);
    if wanted.description != live.description {
        call = call.replication_group_description(&wanted.description);
    }
    if wanted.engine != live.engine && !wanted.engine.is_older_minor_of(live.engine) {
        call = call.engine_version(wanted.engine.version());
    }
    if wanted.engine.name() != live.engine.name() {
        call = call.engine(wanted.engine.name());
    }
    if wanted.node != live.node {
        call = call.cache_node_type(wanted.node.as_str());
    }
    if wanted.mode != live.mode {
        call = call.cluster_mode(match wanted.mode {
            Mode::SingleShard => ClusterMode::Disabled,
            Mode::Compatible => ClusterMode::Compatible,
            Mode::Sharded => ClusterMode::Enabled,
        });
    }
    if wanted.failover != live.failover {
        let (automatic, zones) = (wanted.failover != Failover::Off, wanted.failover == Failover::AcrossZones);
        call = call.automatic_failover_enabled(automatic).multi_az_enabled(zones);
    }
    if wanted.parameters != live.parameters {
        call = call.cache_parameter_group_name(wanted.parameters.value());
    }
    if wanted.security_groups != live.security_groups {
        call = call.set_security_group_ids(Some(wanted.security_groups.iter().map(Ref::value).collect()));
    }
    if wanted.snapshots_kept != live.snapshots_kept {
        call = call.snapshot_retention_limit(i32::from(wanted.snapshots_kept));
        // Of a single shard, AWS wants to know which node snapshots are made of.
        if live.snapshots_kept == 0 && live.mode != Mode::Sharded {
            call = call.set_snapshotting_cluster_id(sight.member.clone());
        }
    }
    if wanted.minor_upgrades != live.minor_upgrades {
        call = call.auto_minor_version_upgrade(wanted.minor_upgrades);
    }
    call = call.set_log_delivery_configurations(logs::requests(&live.logs, &wanted.logs));
    call.send().await.sorted(MODIFY).map(drop)
}

/// The next phase of a new token. Its note comes first: see [`super::token`].
async fn token(aws: &Aws, sight: &Sight, wanted: &ReplicationGroup) -> Result<(), Fault> {
    let Some(secret) = wanted.token.as_ref().map(Ref::value) else {
        let message =
            "AWS takes a token away only when a user group takes its place: keep the token, or replace the group";
        return Err(Fault::new(FaultKind::Refused, MODIFY, message));
    };
    let versions = secretsmanager::versions(aws, &secret).await?;
    let standing = match &sight.note {
        // Whether the value before has had its time was found when the group was looked at.
        Some(note) if note.secret == secret && sight.seen.enabled => note.standing(sight.seen, &versions, i64::MAX),
        _ => Standing::Behind,
    };
    let (act, strategy) = match standing {
        Standing::Behind => (Act::Rotated, AuthTokenUpdateStrategyType::Rotate),
        Standing::Overdue => (Act::Set, AuthTokenUpdateStrategyType::Set),
        Standing::Unused => return secretsmanager::hand_over(aws, &secret, &versions).await,
        Standing::Unended => return secretsmanager::end_rotation(aws, &secret, &versions).await,
        Standing::Settled => return Ok(()),
    };
    let (version, value) = secretsmanager::version(aws, &secret, versions.newest()).await?;
    let note = Note { secret, version, act, since: sight.seen.changed };
    if sight.note.as_ref() != Some(&note) {
        let set = Tags::from([(NOTE.to_owned(), note.to_string())]);
        let arn = &sight.found.outputs[ReplicationGroup::ARN.name];
        tags::change(aws, arn, &Retag { set, remove: Vec::new() }).await?;
    }
    let call =
        aws.elasticache().modify_replication_group().replication_group_id(&sight.found.id).apply_immediately(true);
    call.auth_token(value.expose()).auth_token_update_strategy(strategy).send().await.sorted(MODIFY).map(drop)
}
