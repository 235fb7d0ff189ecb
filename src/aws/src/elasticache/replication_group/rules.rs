//! What ElastiCache would refuse of a replication group.

use infra_engine::check::{Otherwise, Passage, Rule, Severity, Surroundings, Violation};
use serde::Serialize;

use super::super::{CacheParameterGroup, CacheSubnetGroup, Engine};
use super::{Failover, InTransit, LogKind, Mode, ReplicationGroup};
use crate::ec2::Subnet;
use crate::hyphenated;
use crate::secretsmanager::{Characters, Secret, Value};

const MODEL: &str = "ElastiCache API model: CreateReplicationGroup";

pub(super) static PASSAGES: &[Passage<ReplicationGroup>] = &[
    Passage {
        code: "V110a",
        says: "a cache goes to a newer version, and from Redis to Valkey; the way back is a new cache, without what is in it",
        source: "ElastiCache user guide: Engine versions and upgrading",
        otherwise: Otherwise::Refused,
        check: engine_rises,
    },
    Passage {
        code: "V114",
        says: "a cache comes to shards step by step, `Compatible` in between, each step an apply of its own",
        source: "ElastiCache API model: ModifyReplicationGroup, ClusterMode",
        otherwise: Otherwise::Refused,
        check: |live, wanted| match (live.mode, wanted.mode) {
            (Mode::SingleShard, Mode::Sharded) => broken(
                "mode",
                wanted.mode,
                "clients that do not know shards would lose it",
                "make it compatible first; when all clients follow shards, make it sharded",
            ),
            _ => Vec::new(),
        },
    },
    Passage {
        code: "V114a",
        says: "from shards there is no way back",
        source: "ElastiCache API model: ModifyReplicationGroup, ClusterMode",
        otherwise: Otherwise::Replaced,
        check: |live, wanted| match (live.mode, wanted.mode) {
            (Mode::Sharded, Mode::SingleShard | Mode::Compatible) => {
                broken("mode", wanted.mode, "it has shards", "leave it so")
            }
            _ => Vec::new(),
        },
    },
    Passage {
        code: "V103a",
        says: "a cache that asks for a token goes on asking for one",
        source: "ElastiCache API model: AuthTokenUpdateStrategy; DELETE is for groups that come to have users",
        otherwise: Otherwise::Replaced,
        check: |live, wanted| match live.token.is_some() && wanted.token.is_none() {
            true => broken("token", &wanted.token, "there is one", "refer to a secret"),
            false => Vec::new(),
        },
    },
    Passage {
        code: "V111a",
        says: "before version 7 connections are encrypted from the beginning, or never",
        source: "ElastiCache user guide: Enabling in-transit encryption",
        otherwise: Otherwise::Replaced,
        check: encryption_stays,
    },
];

fn engine_rises(live: &ReplicationGroup, wanted: &ReplicationGroup) -> Vec<Violation> {
    if wanted.engine >= live.engine || (wanted.minor_upgrades && wanted.engine.is_older_minor_of(live.engine)) {
        return Vec::new();
    }
    let wrong = format!("{} cannot become {}", live.engine, wanted.engine);
    let way_out = format!("write {} or a newer one; `--replace` makes a new cache, which is empty", live.engine);
    vec![Violation::of("engine", wanted.engine, wrong, way_out)]
}

fn encryption_stays(live: &ReplicationGroup, wanted: &ReplicationGroup) -> Vec<Violation> {
    let old = matches!(live.engine, Engine::Redis(major, _) if major < 7);
    if !old || live.in_transit == wanted.in_transit {
        return Vec::new();
    }
    let wrong = format!("{} cannot begin or end it", live.engine);
    vec![Violation::of("in_transit", wanted.in_transit, wrong, "bring the engine to version 7 first")]
}

pub(super) static RULES: &[Rule<ReplicationGroup>] = &[
    Rule {
        code: "V101",
        says: "a group's name has 1 to 40 lower-case letters, digits and single hyphens, a letter first",
        source: MODEL,
        severity: Severity::Error,
        check: |group, _| hyphenated::name(&group.name, 40),
    },
    Rule {
        code: "V102",
        says: "a token has 16 to 128 characters that ElastiCache takes",
        source: "ElastiCache API model: CreateReplicationGroup and ModifyReplicationGroup, AuthToken",
        severity: Severity::Error,
        check: token_fits,
    },
    Rule {
        code: "V103",
        says: "clients show a token only over encrypted connections",
        source: MODEL,
        severity: Severity::Error,
        check: token_is_encrypted,
    },
    Rule {
        code: "V105",
        says: "only a replica can take over, and a sharded group must be able to fail over",
        source: MODEL,
        severity: Severity::Error,
        check: failover_works,
    },
    Rule {
        code: "V114b",
        says: "a cache on its way to shards fails over by itself, and its engine is Redis 7 or Valkey",
        source: "ElastiCache user guide: Modifying cluster mode",
        severity: Severity::Error,
        check: way_to_shards,
    },
    Rule {
        code: "V106",
        says: "a replica in another zone needs subnets in two zones",
        source: "Terraform provider: replication_group.go; working knowledge",
        severity: Severity::Warning,
        check: zones_differ,
    },
    Rule {
        code: "V107",
        says: "there are up to 5 replicas of each shard, and 1 to 90 shards; a single shard is one",
        source: MODEL,
        severity: Severity::Error,
        check: sizes_fit,
    },
    Rule {
        code: "V109",
        says: "the parameter group is of the engine's family, and knows whether there are shards",
        source: "ElastiCache user guide: parameter groups; working knowledge",
        severity: Severity::Warning,
        check: parameters_fit,
    },
    Rule {
        code: "V110",
        says: "a version is written with its minor one alone from Redis 6 and Valkey 7 on; older ones are not for this kind",
        source: "ElastiCache user guide: engine versions; Terraform provider: engine_version.go",
        severity: Severity::Error,
        check: version_is_written,
    },
    Rule {
        code: "V111",
        says: "a new engine can choose its encryption later: clients may come either way from Redis 7.0.5 and Valkey on",
        source: "ElastiCache API model: TransitEncryptionMode",
        severity: Severity::Error,
        check: mode_is_known,
    },
    Rule {
        code: "V112",
        says: "machines with disks beside their memory are not for this kind, which does not manage tiering",
        source: "ElastiCache user guide: data tiering; working knowledge",
        severity: Severity::Warning,
        check: not_tiered,
    },
    Rule {
        code: "V113",
        says: "snapshots are kept for up to 35 days",
        source: "Terraform provider: replication_group.go; ElastiCache user guide",
        severity: Severity::Error,
        check: snapshots_fit,
    },
    Rule {
        code: "V115",
        says: "the slow log is there from Redis 6.0 on, the engine's log from 6.2 on",
        source: "ElastiCache user guide: log delivery; working knowledge",
        severity: Severity::Warning,
        check: logs_are_known,
    },
];

fn broken(field: &str, value: impl Serialize, wrong: impl Into<String>, way_out: &str) -> Vec<Violation> {
    vec![Violation::of(field, value, wrong, way_out)]
}

fn version_is_written(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match group.engine {
        Engine::Redis(6.., _) | Engine::Valkey(7.., _) => Vec::new(),
        engine => {
            broken("engine", engine, "ElastiCache has no such version, or asks for its patch", "write `redis 7.1`")
        }
    }
}

fn token_fits(group: &ReplicationGroup, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(secret) = group.token.as_ref().and_then(|token| around.of::<Secret, _>(token)) else { return Vec::new() };
    let Value::Generated(recipe) = secret.value else { return Vec::new() };
    // Both of the sorts that there are today fit; a new one has to be thought of here.
    match recipe.characters {
        Characters::AuthToken | Characters::LettersAndDigits => {}
    }
    if (16..=128).contains(&recipe.length) {
        return Vec::new();
    }
    let wrong = format!("the secret's value has {} characters", recipe.length);
    broken("token", &group.token, wrong, "generate one of 64 characters")
}

fn token_is_encrypted(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    if group.token.is_none() || group.in_transit == InTransit::Required {
        return Vec::new();
    }
    let wrong = "connections need not be encrypted, and there is a token";
    broken("in_transit", group.in_transit, wrong, "write `InTransit::Required`, or leave the token out")
}

fn failover_works(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match (group.mode, group.failover) {
        (Mode::Sharded, Failover::Off) => {
            let way_out = "write `Failover::Automatic`, or `Failover::AcrossZones`";
            broken("failover", group.failover, "a sharded group cannot be without it", way_out)
        }
        (Mode::SingleShard, Failover::Automatic) | (_, Failover::AcrossZones) if group.replicas == 0 => broken(
            "failover",
            group.failover,
            "there is no replica to take over",
            "add a replica, or write `Failover::Off`",
        ),
        _ => Vec::new(),
    }
}

fn zones_differ(group: &ReplicationGroup, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(subnets) = around.of::<CacheSubnetGroup, _>(&group.subnets) else { return Vec::new() };
    let subnets: Option<Vec<&Subnet>> = subnets.subnets.iter().map(|subnet| around.of::<Subnet, _>(subnet)).collect();
    let Some(subnets) = subnets.filter(|_| group.failover == Failover::AcrossZones) else { return Vec::new() };
    match subnets.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other.zone == first.zone) => {
            let wrong = format!("all of its subnets are in {}", first.zone);
            broken("failover", group.failover, wrong, "add a subnet of another zone to the subnet group")
        }
        _ => Vec::new(),
    }
}

fn way_to_shards(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    if group.mode != Mode::Compatible {
        return Vec::new();
    }
    let mut violations = Vec::new();
    if group.failover == Failover::Off {
        violations.extend(broken("failover", group.failover, "nothing takes over", "let a replica take over"));
    }
    if matches!(group.engine, Engine::Redis(..7, _)) {
        violations.extend(broken("engine", group.engine, "it knows no such step", "bring it to Redis 7 first"));
    }
    violations
}

fn sizes_fit(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if group.replicas > 5 {
        violations.extend(broken("replicas", group.replicas, "there are more than 5", "write 0 to 5"));
    }
    if !(1..=90).contains(&group.shards) {
        violations.extend(broken("shards", group.shards, "AWS has groups of 1 to 90", "write a number of them"));
    }
    if group.mode != Mode::Sharded && group.shards > 1 {
        let way_out = "write 1, or make the group `Mode::Sharded`";
        violations.extend(broken("shards", group.shards, "the group is to be a single shard", way_out));
    }
    violations
}

fn parameters_fit(group: &ReplicationGroup, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(parameters) = around.of::<CacheParameterGroup, _>(&group.parameters) else { return Vec::new() };
    let mut violations = Vec::new();
    if let Some(family) = group.engine.family().filter(|family| *family != parameters.family) {
        let wrong =
            format!("it is of the family {}, and {} is set up by one of {family}", parameters.family, group.engine);
        violations.extend(broken(
            "parameters",
            &group.parameters,
            wrong,
            "refer to a parameter group of the engine's family",
        ));
    }
    let spread = parameters.parameters.get("cluster-enabled").is_some_and(|value| value == "yes");
    let way_out = "set `cluster-enabled` to `yes` in the parameter group of a sharded group, or of one on the way there, and of no other";
    match (group.mode, spread) {
        (Mode::Sharded | Mode::Compatible, false) => {
            violations.extend(broken("parameters", &group.parameters, "it has no `cluster-enabled`", way_out));
        }
        (Mode::SingleShard, true) => {
            violations.extend(broken("parameters", &group.parameters, "it has `cluster-enabled`", way_out));
        }
        _ => {}
    }
    violations
}

fn mode_is_known(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let old = matches!(group.engine, Engine::Redis(..7, _));
    match group.in_transit {
        InTransit::Preferred if old => {
            let wrong = format!("{} takes encrypted connections or none", group.engine);
            broken("in_transit", group.in_transit, wrong, "write `InTransit::Required`, or take Redis 7.1")
        }
        _ => Vec::new(),
    }
}

fn not_tiered(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match group.node.is_tiered() {
        true => broken("node", &group.node, "it needs data tiering", "take a machine such as `cache.r7g.large`"),
        false => Vec::new(),
    }
}

fn snapshots_fit(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match group.snapshots_kept {
        0..=35 => Vec::new(),
        days => broken("snapshots_kept", days, "it is more than 35 days", "write 0 to 35"),
    }
}

fn logs_are_known(group: &ReplicationGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let lacks = |log: &&LogKind| match (log, group.engine) {
        (LogKind::SlowLog, Engine::Redis(major, _)) => major < 6,
        (LogKind::EngineLog, Engine::Redis(major, minor)) => (major, minor) < (6, 2),
        _ => false,
    };
    let tell = |log: &LogKind| {
        let wrong = format!("{} does not have this log", group.engine);
        Violation::of("logs", log, wrong, "leave it out, or take a newer engine")
    };
    group.logs.keys().filter(lacks).map(tell).collect()
}
