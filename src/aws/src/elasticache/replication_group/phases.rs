//! From what a group is to what it should be, in an order in which it serves all the while. Pure.
//!
//! ElastiCache takes one change at a time and works on it for minutes.

use super::{InTransit, Mode, ReplicationGroup};

/// One change, by one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// To so many shards.
    Reshard,
    /// To more replicas in each shard.
    MoreReplicas,
    /// All that one call changes.
    General,
    /// To this encryption on the way: one step on the way to the wanted one.
    Transit(InTransit),
    /// The token that the group accepts.
    Token,
    /// To fewer replicas: last, so that failover can be switched off before.
    FewerReplicas,
}

/// The changes that are left, the next one first.
pub(super) fn phases(live: &ReplicationGroup, wanted: &ReplicationGroup) -> Vec<Phase> {
    let ReplicationGroup {
        name: _,
        description,
        engine,
        node,
        mode,
        shards,
        replicas,
        failover,
        port: _,
        subnets: _,
        parameters,
        security_groups,
        at_rest: _,
        in_transit,
        token,
        snapshots_kept,
        minor_upgrades,
        logs,
    } = wanted;
    let general = description != &live.description
        || engine != &live.engine
        || node != &live.node
        || failover != &live.failover
        || parameters != &live.parameters
        || security_groups != &live.security_groups
        || snapshots_kept != &live.snapshots_kept
        || minor_upgrades != &live.minor_upgrades
        || logs != &live.logs
        || mode != &live.mode;
    let mut phases = Vec::new();
    let mut add = |phase: Phase, needed: bool| {
        if needed {
            phases.push(phase);
        }
    };
    let reshard = *mode == Mode::Sharded && *shards != live.shards;
    // What is no cluster yet has one shard until it is.
    let turns = live.mode != Mode::Sharded;
    add(Phase::Reshard, reshard && !turns);
    add(Phase::MoreReplicas, *replicas > live.replicas);
    add(Phase::General, general);
    add(Phase::Reshard, reshard && turns);
    let tokens = *token != live.token;
    // A token needs encryption: on the way up it comes after, and there is no way down with one.
    for step in steps(live.in_transit, *in_transit) {
        add(Phase::Transit(step), true);
    }
    add(Phase::Token, tokens);
    add(Phase::FewerReplicas, *replicas < live.replicas);
    phases
}

/// Encryption on the way is never switched at once: in between, clients may come either way.
fn steps(from: InTransit, to: InTransit) -> Vec<InTransit> {
    match (from, to) {
        (InTransit::Off, InTransit::Required) => vec![InTransit::Preferred, InTransit::Required],
        (InTransit::Required, InTransit::Off) => vec![InTransit::Preferred, InTransit::Off],
        (from, to) if from == to => Vec::new(),
        (_, to) => vec![to],
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Ref;

    use super::super::tests::group;
    use super::super::{Engine, Failover};
    use super::*;

    fn check(change: impl FnOnce(&mut ReplicationGroup), expected: &[Phase]) {
        let mut wanted = group();
        change(&mut wanted);
        assert_eq!(phases(&group(), &wanted), expected);
    }

    #[test]
    fn nothing_to_change_is_nothing_to_do() {
        check(|_| {}, &[]);
    }

    #[test]
    fn what_one_call_changes_is_one_call() {
        let change = |group: &mut ReplicationGroup| {
            group.description = "Another".into();
            group.engine = Engine::Valkey(8, 0);
            group.parameters = Ref::known("other");
            group.snapshots_kept = 3;
            group.logs.clear();
        };
        check(change, &[Phase::General]);
    }

    #[test]
    fn replicas_come_before_and_go_after_everything_else() {
        let more = |group: &mut ReplicationGroup| (group.replicas, group.minor_upgrades) = (3, false);
        check(more, &[Phase::MoreReplicas, Phase::General]);
        let fewer = |group: &mut ReplicationGroup| (group.replicas, group.failover) = (0, Failover::Off);
        check(fewer, &[Phase::General, Phase::FewerReplicas]);
    }

    #[test]
    fn only_a_sharded_group_is_resharded() {
        let mut live = group();
        live.mode = Mode::Sharded;
        live.shards = 3;
        let wanted = ReplicationGroup { shards: 4, replicas: 1, ..live.clone() };
        assert_eq!(phases(&live, &wanted), [Phase::Reshard, Phase::FewerReplicas]);
    }

    #[test]
    fn what_becomes_a_cluster_has_more_shards_only_then() {
        let mut live = group();
        live.mode = Mode::Compatible;
        let wanted = ReplicationGroup { mode: Mode::Sharded, shards: 3, replicas: 3, ..live.clone() };
        assert_eq!(phases(&live, &wanted), [Phase::MoreReplicas, Phase::General, Phase::Reshard]);
    }

    #[test]
    fn encryption_on_the_way_takes_every_step() {
        let mut live = group();
        (live.in_transit, live.token) = (InTransit::Off, None);
        let wanted = group();
        let both = [Phase::Transit(InTransit::Preferred), Phase::Transit(InTransit::Required), Phase::Token];
        assert_eq!(phases(&live, &wanted), both);
        live.in_transit = InTransit::Preferred;
        assert_eq!(phases(&live, &wanted), both[1..]);
    }
}
