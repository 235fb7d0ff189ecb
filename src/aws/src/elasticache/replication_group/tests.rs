//! Live groups and rules, without a cloud.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticache::primitives::DateTime;
use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, CacheParameterGroupStatus, CloudWatchLogsDestinationDetails,
    DestinationDetails, Endpoint, LogDeliveryConfiguration, LogFormat as LiveFormat, LogType, MultiAzStatus, NodeGroup,
    NodeGroupMember, ReplicationGroup as Live, SecurityGroupMembership, TransitEncryptionMode,
};
use infra_engine::check::{Otherwise, Surroundings, Violation};
use infra_engine::live::{Behaviour, Found, State};
use infra_engine::model::{Handle, Platform, Ref, Stack, Tags};

use super::super::{CacheParameterGroup, Family};
use super::sight::{Sight, understand};
use super::token::{Act, GRACE, Note};
use super::*;
use crate::secretsmanager::{Characters, Recipe, Secret, Value, Versions};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/redis-AbCdEf";
const ARN: &str = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:shop-redis";

/// A single shard on three nodes.
pub(super) fn group() -> ReplicationGroup {
    let slow_log = LogDelivery { to: Destination::LogGroup(Ref::known("/slow")), format: LogFormat::Json };
    ReplicationGroup {
        name: "shop-redis".into(),
        description: "What services share".into(),
        engine: Engine::Redis(7, 1),
        node: "cache.r7g.large".parse().unwrap(),
        mode: Mode::SingleShard,
        shards: 1,
        replicas: 2,
        failover: Failover::AcrossZones,
        port: 6379,
        subnets: Ref::known("shop-redis"),
        parameters: Ref::known("shop-redis7"),
        security_groups: BTreeSet::from([Ref::known("sg-1")]),
        at_rest: AtRest::AwsKey,
        in_transit: InTransit::Required,
        token: Some(Ref::known(SECRET)),
        snapshots_kept: 1,
        minor_upgrades: true,
        logs: BTreeMap::from([(LogKind::SlowLog, slow_log)]),
    }
}

fn endpoint(address: &str) -> Endpoint {
    Endpoint::builder().address(address).port(6379).build()
}

fn live() -> aws_sdk_elasticache::types::builders::ReplicationGroupBuilder {
    let member = |name: &str| NodeGroupMember::builder().cache_cluster_id(name).build();
    let shard = NodeGroup::builder()
        .node_group_id("0001")
        .primary_endpoint(endpoint("primary.example"))
        .reader_endpoint(endpoint("reader.example"))
        .set_node_group_members(Some(["a", "b", "c"].map(member).to_vec()));
    let details = CloudWatchLogsDestinationDetails::builder().log_group("/slow").build();
    let details = DestinationDetails::builder().cloud_watch_logs_details(details).build();
    let log = LogDeliveryConfiguration::builder().log_type(LogType::SlowLog).log_format(LiveFormat::Json);
    Live::builder()
        .replication_group_id("shop-redis")
        .description("What services share")
        .status("available")
        .arn(ARN)
        .cache_node_type("cache.r7g.large")
        .cluster_enabled(false)
        .set_member_clusters(Some(["a", "b", "c"].map(str::to_owned).to_vec()))
        .node_groups(shard.build())
        .automatic_failover(AutomaticFailoverStatus::Enabling)
        .multi_az(MultiAzStatus::Enabled)
        .snapshot_retention_limit(1)
        .at_rest_encryption_enabled(true)
        .transit_encryption_enabled(true)
        .transit_encryption_mode(TransitEncryptionMode::Required)
        .auth_token_enabled(true)
        .auth_token_last_modified_date(DateTime::from_secs(1000))
        .auto_minor_version_upgrade(true)
        .log_delivery_configurations(log.destination_details(details).build())
}

fn node(status: &str) -> CacheCluster {
    let parameters = CacheParameterGroupStatus::builder().cache_parameter_group_name("shop-redis7").build();
    CacheCluster::builder()
        .cache_cluster_status(status)
        .engine("redis")
        .engine_version("7.1.0")
        .cache_parameter_group(parameters)
        .cache_subnet_group_name("shop-redis")
        .security_groups(SecurityGroupMembership::builder().security_group_id("sg-1").build())
        .build()
}

fn note(act: Act, since: Option<i64>) -> Note {
    Note { secret: SECRET.into(), version: "v1".into(), act, since }
}

fn seen(live: &Live, note: Option<Note>, current: &str, now: i64) -> Sight {
    let versions = Versions { current: Some(current.to_owned()), ..Versions::default() };
    understand(live, &[&node("available")], Tags::new(), note, &versions, now).unwrap()
}

#[test]
fn parameters_that_wait_for_a_restart_are_told_of_each_node() {
    let parameters = CacheParameterGroupStatus::builder()
        .cache_parameter_group_name("shop-redis7")
        .parameter_apply_status("pending-reboot")
        .cache_node_ids_to_reboot("0001");
    let mut waiting = node("available");
    waiting.cache_cluster_id = Some("shop-redis-002".into());
    waiting.cache_parameter_group = Some(parameters.build());
    let members = [&node("available"), &waiting];
    let sight = understand(&live().build(), &members, Tags::new(), None, &Versions::default(), 2000).unwrap();
    let [awaited] = &sight.found.awaited[..] else { panic!("{:?}", sight.found.awaited) };
    assert_eq!(
        awaited.what,
        "some parameters of shop-redis7 are not in force on shop-redis-002 before it is restarted"
    );
    let command =
        "aws elasticache reboot-cache-cluster --cache-cluster-id shop-redis-002 --cache-node-ids-to-reboot 0001";
    assert_eq!(awaited.command.join(" "), command);
}

#[test]
fn a_live_group_tells_what_it_is() {
    let sight = seen(&live().build(), Some(note(Act::Made, None)), "v1", 2000);
    assert_eq!((sight.found.id.as_str(), &sight.found.definition), ("shop-redis", &group()));
    assert_eq!(
        (&sight.found.outputs["endpoint"][..], &sight.found.outputs["reader"][..]),
        ("primary.example", "reader.example")
    );
    assert_eq!((sight.found.state, sight.member.as_deref()), (State::Ready, Some("a")));
}

#[test]
fn a_sharded_group_has_one_endpoint() {
    let sharded = live().cluster_enabled(true).configuration_endpoint(endpoint("all.example")).build();
    let found = seen(&sharded, None, "v1", 0).found;
    assert_eq!((found.definition.mode, found.definition.replicas), (Mode::Sharded, 2));
    assert_eq!(found.outputs["endpoint"], "all.example");
    assert!(!found.outputs.contains_key("reader"));
}

#[test]
fn a_token_that_needs_something_says_what() {
    let token = |note, current, now| seen(&live().build(), note, current, now).found.definition.token.unwrap().value();
    assert_eq!(token(Some(note(Act::Made, None)), "v1", 2000), SECRET);
    assert_eq!(
        token(Some(note(Act::Made, None)), "v2", 2000),
        format!("{SECRET} (its current value is not accepted yet)")
    );
    let rotated = || Some(note(Act::Rotated, Some(500)));
    assert_eq!(token(rotated(), "v1", 2000), SECRET);
    assert_eq!(token(rotated(), "v1", 1001 + GRACE), format!("{SECRET} (the value before is still accepted)"));
    assert_eq!(token(None, "v1", 2000), "(a token from elsewhere)");
}

#[test]
fn what_has_no_words_is_there_all_the_same() {
    let mut odd = node("available");
    odd.engine = Some("dragonfly".into());
    let sight = understand(&live().build(), &[&odd], Tags::new(), None, &Versions::default(), 0).unwrap();
    assert!(matches!(sight.found.state, State::Unreadable(why) if why.contains("dragonfly")));
    let machines = live().cache_node_type("cache.x9.Gigantic").build();
    assert!(matches!(seen(&machines, None, "v1", 0).found.state, State::Unreadable(why) if why.contains("Gigantic")));
}

#[test]
fn a_group_rests_when_all_of_its_nodes_do() {
    let state = |status: &str, node_status: &str| {
        let live = live().status(status).build();
        understand(&live, &[&node("available"), &node(node_status)], Tags::new(), None, &Versions::default(), 0)
            .unwrap()
            .found
            .state
    };
    assert_eq!(state("available", "available"), State::Ready);
    assert_eq!(state("available", "modifying"), State::Pending("modifying a node".into()));
    assert_eq!(state("snapshotting", "available"), State::Pending("snapshotting".into()));
    assert_eq!(state("deleting", "deleting"), State::Leaving);
    assert!(matches!(state("create-failed", "available"), State::Failed(_)));
}

/// What the rule of that code says against the group that `build` adds.
fn check(code: &str, build: impl FnOnce(&mut Stack) -> ReplicationGroup) -> Vec<Violation> {
    let mut platform = Platform::new();
    let mut stack = platform.stack("cache");
    let definition = build(&mut stack);
    let handle: Handle<ReplicationGroup> = stack.add("redis", definition.clone());
    let address = handle.address().clone();
    let definitions = platform.finish().unwrap();
    let rule = ReplicationGroup::rules().iter().find(|rule| rule.code == code).unwrap();
    rule.violations(&definition, &Surroundings::new(&definitions, &address))
}

#[track_caller]
fn check_both(code: &str, good: impl FnOnce(&mut ReplicationGroup), bad: impl FnOnce(&mut ReplicationGroup)) {
    let changed = |change: &mut dyn FnMut(&mut ReplicationGroup)| {
        let mut group = group();
        change(&mut group);
        group
    };
    let (mut good, mut bad) = (Some(good), Some(bad));
    let good = changed(&mut |group| good.take().unwrap()(group));
    let bad = changed(&mut |group| bad.take().unwrap()(group));
    assert_eq!(check(code, |_| good), []);
    assert_eq!(check(code, |_| bad).len(), 1);
}

#[test]
fn what_aws_would_refuse_is_refused() {
    check_both("V101", |_| {}, |group| group.name = "Shop".into());
    check_both(
        "V103",
        |group| (group.token, group.in_transit) = (None, InTransit::Off),
        |group| group.in_transit = InTransit::Preferred,
    );
    check_both("V105", |group| (group.replicas, group.failover) = (0, Failover::Off), |group| group.replicas = 0);
    check_both("V105", |_| {}, |group| (group.mode, group.failover) = (Mode::Sharded, Failover::Off));
    check_both("V107", |group| group.replicas = 5, |group| group.replicas = 6);
    check_both("V107", |group| (group.mode, group.shards) = (Mode::Sharded, 90), |group| group.shards = 2);
    check_both(
        "V110",
        |group| group.engine = Engine::Redis(6, 2),
        |group| (group.engine, group.logs) = (Engine::Redis(5, 0), BTreeMap::new()),
    );
    check_both(
        "V111",
        |group| group.in_transit = InTransit::Preferred,
        |group| (group.engine, group.in_transit) = (Engine::Redis(6, 2), InTransit::Preferred),
    );
    check_both("V112", |_| {}, |group| group.node = "cache.r6gd.xlarge".parse().unwrap());
    check_both("V113", |group| group.snapshots_kept = 35, |group| group.snapshots_kept = 36);
    check_both("V115", |group| group.engine = Engine::Redis(6, 0), |group| group.engine = Engine::Redis(5, 0));
}

#[test]
fn v102_a_generated_token_is_one_that_elasticache_takes() {
    let of = |length| {
        check("V102", |stack| {
            let value = Value::Generated(Recipe { length, characters: Characters::AuthToken });
            let secret = Secret { name: "token".into(), description: String::new(), key: None, value };
            ReplicationGroup { token: Some(stack.add("token", secret).id()), ..group() }
        })
    };
    assert_eq!(of(64), []);
    assert_eq!(of(129)[0].wrong, "the secret's value has 129 characters");
}

#[test]
fn v106_a_replica_in_another_zone_has_another_zone() {
    let of = |zones: [&str; 2]| {
        check("V106", |stack| {
            let subnets = zones.iter().enumerate().map(|(number, zone)| {
                let (cidr, zone) = (format!("10.0.{number}.0/24").parse().unwrap(), zone.parse().unwrap());
                let subnet = crate::ec2::Subnet { vpc: Ref::known("vpc-1"), cidr, zone, public_ips: false };
                stack.add(format!("subnet-{number}"), subnet).id()
            });
            let (name, description) = ("shop".to_owned(), "Where Redis stands".to_owned());
            let subnets = super::super::CacheSubnetGroup { name, description, subnets: subnets.collect() };
            ReplicationGroup { subnets: stack.add("subnets", subnets).id(), ..group() }
        })
    };
    assert_eq!(of(["us-east-1a", "us-east-1b"]), []);
    assert_eq!(of(["us-east-1a", "us-east-1a"])[0].wrong, "all of its subnets are in us-east-1a");
}

#[test]
fn v109_the_parameter_group_fits_the_engine_and_the_mode() {
    let of = |family, spread: bool, mode| {
        check("V109", |stack| {
            let (name, description) = ("shop".to_owned(), "A cache".to_owned());
            let parameters = spread.then(|| ("cluster-enabled".to_owned(), "yes".to_owned())).into_iter().collect();
            let parameters = stack.add("parameters", CacheParameterGroup { name, family, description, parameters });
            ReplicationGroup { parameters: parameters.id(), mode, ..group() }
        })
    };
    assert_eq!(of(Family::Redis7, false, Mode::SingleShard), []);
    assert_eq!(of(Family::Redis7, true, Mode::Sharded), []);
    assert_eq!(of(Family::Redis6, false, Mode::SingleShard).len(), 1);
    assert_eq!(of(Family::Redis7, true, Mode::SingleShard).len(), 1);
    assert_eq!(of(Family::Redis7, false, Mode::Sharded).len(), 1);
}

/// The codes of the rules that a change of a living group breaks: each of them makes it a new one, but for an older
/// engine, which is refused.
fn barred(before: impl FnOnce(&mut ReplicationGroup), after: impl FnOnce(&mut ReplicationGroup)) -> Vec<&'static str> {
    let (mut live, mut wanted) = (group(), group());
    before(&mut live);
    after(&mut wanted);
    let said: Vec<_> = rules::PASSAGES.iter().flat_map(|rule| rule.violations(&live, &wanted)).collect();
    let refused = |otherwise: &Otherwise| *otherwise == Otherwise::Refused;
    assert!(said.iter().all(|(otherwise, violation)| refused(otherwise) == (violation.code == "V110a")));
    said.into_iter().map(|(_, violation)| violation.code).collect()
}

#[test]
fn there_is_no_way_back_to_an_older_engine() {
    let runs = |engine| move |it: &mut ReplicationGroup| it.engine = engine;
    assert_eq!(barred(runs(Engine::Redis(7, 1)), runs(Engine::Redis(6, 2))), ["V110a"]);
    let by_hand = |engine| move |it: &mut ReplicationGroup| (it.engine, it.minor_upgrades) = (engine, false);
    assert_eq!(barred(by_hand(Engine::Redis(7, 1)), by_hand(Engine::Redis(7, 0))), ["V110a"]);
    assert_eq!(barred(runs(Engine::Valkey(8, 1)), runs(Engine::Valkey(8, 0))), [""; 0], "AWS has brought it there");
    assert_eq!(barred(runs(Engine::Valkey(7, 2)), runs(Engine::Redis(7, 1))), ["V110a"]);
    assert_eq!(barred(runs(Engine::Redis(7, 1)), runs(Engine::Valkey(8, 0))), [""; 0]);
}

#[test]
fn what_aws_has_upgraded_is_left_and_told() {
    let mut live = live_group();
    live.definition.engine = Engine::Valkey(8, 1);
    let wanted = ReplicationGroup { engine: Engine::Valkey(8, 0), ..group() };
    assert!(ReplicationGroup::moved_by("engine", &live, &wanted).is_some_and(|who| who.starts_with("AWS")));
    let by_hand = ReplicationGroup { minor_upgrades: false, ..wanted.clone() };
    assert_eq!(ReplicationGroup::moved_by("engine", &live, &by_hand), None);
    let other = ReplicationGroup { engine: Engine::Valkey(8, 2), ..wanted };
    assert_eq!(ReplicationGroup::moved_by("engine", &live, &other), None, "that one is newer");
}

fn live_group() -> Found<ReplicationGroup> {
    Found::ready("shop-redis", group(), Tags::new())
}

#[test]
fn old_engines_encrypt_connections_from_the_beginning_or_never() {
    let of = |engine, in_transit| move |it: &mut ReplicationGroup| (it.engine, it.in_transit) = (engine, in_transit);
    let (old, new) = (Engine::Redis(6, 2), Engine::Redis(7, 1));
    assert_eq!(barred(of(old, InTransit::Off), of(old, InTransit::Required)), ["V111a"]);
    assert_eq!(barred(of(new, InTransit::Off), of(new, InTransit::Required)), [""; 0]);
}

#[test]
fn what_asks_for_a_token_goes_on_asking() {
    let open = |it: &mut ReplicationGroup| it.token = None;
    assert_eq!(barred(|_| {}, open), ["V103a"]);
    assert_eq!(barred(open, |_| {}), [""; 0]);
}

#[test]
fn to_shards_it_goes_step_by_step_and_never_back() {
    let is = |mode| move |it: &mut ReplicationGroup| it.mode = mode;
    let said = |from: Mode, to: Mode| {
        let (mut live, mut wanted) = (group(), group());
        is(from)(&mut live);
        is(to)(&mut wanted);
        let said = rules::PASSAGES.iter().flat_map(|rule| rule.violations(&live, &wanted));
        said.map(|(_, violation)| violation.code).collect::<Vec<_>>()
    };
    assert_eq!(said(Mode::SingleShard, Mode::Sharded), ["V114"]);
    assert_eq!(said(Mode::Sharded, Mode::Compatible), ["V114a"]);
    assert_eq!(said(Mode::Sharded, Mode::SingleShard), ["V114a"]);
    for (from, to) in [
        (Mode::SingleShard, Mode::Compatible),
        (Mode::Compatible, Mode::Sharded),
        (Mode::Compatible, Mode::SingleShard),
    ] {
        assert_eq!(said(from, to), [""; 0], "{from:?} to {to:?}");
    }
    check_both("V114b", is(Mode::Compatible), |group| (group.mode, group.failover) = (Mode::Compatible, Failover::Off));
    let between = live().cluster_mode(aws_sdk_elasticache::types::ClusterMode::Compatible).build();
    assert_eq!(seen(&between, None, "v1", 0).found.definition.mode, Mode::Compatible);
}
