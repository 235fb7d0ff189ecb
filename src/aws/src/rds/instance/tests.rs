//! Live databases and rules, without a cloud.

use aws_sdk_rds::types::{
    DbParameterGroupStatus, DbSubnetGroup, Endpoint, MasterUserSecret, Tag, VpcSecurityGroupMembership,
};
use infra_engine::check::{Surroundings, Violation};
use infra_engine::live::State;
use infra_engine::model::{Platform, Ref, Stack};

use super::super::{DatabaseParameterGroup, Family, Replica, Settings};
use super::*;
use crate::Text;

fn database() -> Database {
    Database {
        name: "shop-db".into(),
        version: "16".parse().unwrap(),
        class: "db.r6g.large".parse().unwrap(),
        storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: Some(500) },
        encrypted: true,
        key: None,
        database: "shop".into(),
        user: "shop".into(),
        password: Password::ManagedByAws,
        port: 5432,
        standby: true,
        subnets: Ref::known("shop-db"),
        parameters: Ref::known("shop-postgres16"),
        security_groups: BTreeSet::from([Ref::known("sg-1")]),
        public: false,
        backups_kept: 7,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: Some(Monitoring { seconds: 60, role: Ref::known("arn:aws:iam::1:role/monitoring") }),
        logs: BTreeSet::from([LogExport::Postgresql]),
        deletion_protection: true,
        last_snapshot: false,
    }
}

fn live(version: &str, gib: i32, note: Option<&str>) -> Live {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let mut tags = vec![tag("Name", "shop")];
    tags.extend(note.map(|note| tag(NOTE, note)));
    Live::builder()
        .db_instance_identifier("shop-db")
        .db_instance_arn("arn:aws:rds:us-east-1:123456789012:db:shop-db")
        .dbi_resource_id("db-ABC")
        .db_instance_status("storage-optimization")
        .engine("postgres")
        .engine_version(version)
        .db_instance_class("db.r6g.large")
        .storage_type("gp3")
        .allocated_storage(gib)
        .max_allocated_storage(500)
        .storage_encrypted(true)
        .db_name("shop")
        .master_username("shop")
        .master_user_secret(MasterUserSecret::builder().secret_arn("arn:secret").build())
        .endpoint(Endpoint::builder().address("shop-db.example").port(5432).build())
        .multi_az(true)
        .db_subnet_group(DbSubnetGroup::builder().db_subnet_group_name("shop-db").build())
        .db_parameter_groups(DbParameterGroupStatus::builder().db_parameter_group_name("shop-postgres16").build())
        .vpc_security_groups(
            VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").status("active").build(),
        )
        .vpc_security_groups(
            VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-2").status("removing").build(),
        )
        .publicly_accessible(false)
        .backup_retention_period(7)
        .auto_minor_version_upgrade(true)
        .performance_insights_enabled(true)
        .performance_insights_retention_period(7)
        .monitoring_interval(60)
        .monitoring_role_arn("arn:aws:iam::1:role/monitoring")
        .enabled_cloudwatch_logs_exports("postgresql")
        .deletion_protection(true)
        .set_tag_list(Some(tags))
        .build()
}

#[test]
fn a_live_database_tells_what_it_is() {
    let found = understand(&live("16.6", 120, Some("16 100 no-snapshot")), &Versions::default());
    assert_eq!((found.id.as_str(), &found.definition), ("shop-db", &database()));
    assert_eq!(found.tags, Tags::from([("Name".into(), "shop".into())]));
    assert_eq!((&found.outputs["address"][..], &found.outputs["secret"][..]), ("shop-db.example", "arn:secret"));
    assert_eq!(found.state, State::Ready);
}

#[test]
fn without_a_note_all_is_as_it_is() {
    let found = understand(&live("16.6", 120, None), &Versions::default()).definition;
    assert_eq!((found.version.to_string().as_str(), found.storage.gib), ("16.6", 120));
    assert!(found.last_snapshot, "on the safe side");
}

#[test]
fn what_goes_beyond_a_note_is_seen() {
    let of = |version, gib, note| understand(&live(version, gib, Some(note)), &Versions::default()).definition;
    assert_eq!(of("17.1", 120, "16 100 snapshot").version, "17.1".parse().unwrap());
    assert_eq!(of("16.6", 90, "16 100 snapshot").storage.gib, 90, "it is smaller than was said");
    let mut fixed = live("16.6", 120, Some("16 100 snapshot"));
    fixed.max_allocated_storage = None;
    assert_eq!(understand(&fixed, &Versions::default()).definition.storage.gib, 120, "it does not grow by itself");
}

#[test]
fn replicas_clusters_and_other_engines_are_none_of_this_kind() {
    let elsewhere = |change: fn(&mut Live, String)| {
        let mut other = live("16.6", 20, None);
        change(&mut other, "other".to_owned());
        !is_database(&other)
    };
    assert!(elsewhere(|live, other| live.read_replica_source_db_instance_identifier = Some(other)));
    assert!(elsewhere(|live, other| live.db_cluster_identifier = Some(other)));
    assert!(elsewhere(|live, other| live.engine = Some(other)));
    assert!(!elsewhere(|live, other| live.db_name = Some(other)));
}

#[test]
fn a_password_is_its_secrets_until_there_is_a_newer_one() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf";
    let mut one = live("16.6", 120, Some("16 100 no-snapshot"));
    one.tag_list.as_mut().unwrap().push(Tag::builder().key(password::NOTE).value(format!("{arn} v1")).build());
    assert_eq!(
        understand(&one, &Versions::default()).definition.password,
        Password::ManagedByAws,
        "AWS has taken it over"
    );
    one.master_user_secret = None;
    let of = |current: &str| Versions { current: Some(current.to_owned()), ..Versions::default() };
    let read = understand(&one, &of("v1"));
    assert_eq!(read.definition.password, Password::FromSecret(Ref::known(arn)));
    assert_eq!(read.tags, Tags::from([("Name".into(), "shop".into())]), "its notes are no tags of the definition's");
    let Password::FromSecret(told) = understand(&one, &of("v2")).definition.password else { panic!("whose is it?") };
    assert_eq!(told.value(), format!("{arn} (its current value is not in force yet)"));
    one.tag_list = None;
    assert_eq!(understand(&one, &of("v1")).definition.password, Password::SetElsewhere);
}

#[test]
fn what_cannot_be_put_in_words_is_there_all_the_same() {
    for (version, class) in [("19beta1-aws", "db.r6g.large"), ("16.6", "db.r6g.Gigantic")] {
        let mut odd = live(version, 120, Some("16 100 no-snapshot"));
        odd.db_instance_class = Some(class.to_owned());
        let found = understand(&odd, &Versions::default());
        assert_eq!((found.id.as_str(), found.tags.len()), ("shop-db", 1));
        assert!(
            matches!(&found.state, State::Unreadable(why) if why.contains(version) || why.contains(class)),
            "{found:?}"
        );
    }
    let supported = understand(&live("13.22-rds.20260312", 120, None), &Versions::default());
    assert_eq!((supported.state, supported.definition.version), (State::Ready, "13.22".parse().unwrap()));
}

/// The codes of the rules that the database breaks that `build` adds.
fn broken(
    build: impl FnOnce(&mut Stack) -> Database,
    beside: impl FnOnce(&mut Stack, Ref<DatabaseName>),
) -> Vec<&'static str> {
    said(build, beside).into_iter().map(|broken| broken.code).collect()
}

/// The same, in full.
fn said(
    build: impl FnOnce(&mut Stack) -> Database,
    beside: impl FnOnce(&mut Stack, Ref<DatabaseName>),
) -> Vec<Violation> {
    let mut platform = Platform::new();
    let mut stack = platform.stack("database");
    let database = build(&mut stack);
    let handle = stack.add("main", database.clone());
    beside(&mut stack, handle.id());
    let address = handle.address().clone();
    let definitions = platform.finish().unwrap();
    let around = Surroundings::new(&definitions, &address);
    Database::rules().iter().flat_map(|rule| rule.violations(&database, &around)).collect()
}

fn codes(change: impl FnOnce(&mut Database)) -> Vec<&'static str> {
    let mut changed = database();
    change(&mut changed);
    broken(|_| changed, |_, _| {})
}

#[test]
fn what_aws_would_refuse_is_refused() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
    assert_eq!(codes(|database| database.name = "Shop".into()), ["V117"]);
    assert_eq!(codes(|database| database.user = "rdsadmin".into()), ["V117b"]);
    assert_eq!(codes(|database| database.database = "my-shop".into()), ["V117b"]);
    assert_eq!(codes(|database| database.password = Password::SetElsewhere), ["V118"]);
    assert_eq!(codes(|database| database.storage.gib = 19), ["V119"]);
    assert_eq!(codes(|database| database.storage.grows_to = Some(109)), ["V119"]);
    assert_eq!(codes(|database| database.storage.grows_to = Some(110)), Vec::<&str>::new());
    assert_eq!(codes(|database| database.monitoring.as_mut().unwrap().seconds = 20), ["V121"]);
    assert_eq!(codes(|database| database.insights = Some(62)), Vec::<&str>::new());
    assert_eq!(codes(|database| database.insights = Some(60)), ["V122"]);
    assert_eq!(codes(|database| database.backups_kept = 36), ["V123"]);
    assert_eq!(codes(|database| database.backups_kept = 0), Vec::<&str>::new());
    let key = || Some(Ref::known("arn:aws:kms:us-east-1:123456789012:key/1"));
    assert_eq!(codes(|database| (database.key, database.encrypted) = (key(), false)), ["V126"]);
    assert_eq!(codes(|database| database.key = key()), Vec::<&str>::new());
}

#[test]
fn v118_v123_what_a_database_with_a_replica_needs() {
    let with = |backups_kept, password: Password| {
        let build = |_: &mut Stack| Database { backups_kept, password, ..database() };
        broken(build, |stack, source| {
            let Database { class, parameters, security_groups, .. } = database();
            let replica = Replica {
                name: "shop-db-replica".into(),
                source,
                class,
                grows_to: None,
                standby: false,
                parameters,
                security_groups,
                public: false,
                minor_upgrades: true,
                insights: None,
                monitoring: None,
                logs: BTreeSet::new(),
                deletion_protection: false,
            };
            stack.add("replica", replica);
        })
    };
    let own =
        || Password::FromSecret(Ref::known("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"));
    assert_eq!(with(0, own()), ["V123"]);
    assert_eq!(with(1, own()), Vec::<&str>::new());
    assert_eq!(with(1, Password::ManagedByAws), ["V118a"]);
}

#[test]
fn v118b_a_password_that_aws_rotates_is_followed_by_an_apply_alone() {
    use crate::ecs::{Architecture, Container, Cpu256, Fargate, SecretSource, TaskDefinition};
    let given = |password: Password, follows: bool| {
        let build = |_: &mut Stack| Database { password, ..database() };
        said(build, |stack, _| {
            let main = "database.main".parse().unwrap();
            let version: Ref<SecretVersion> = Ref::output(main, Database::SECRET_VERSION.name);
            let secret: Ref<SecretArn> = Ref::output("database.main".parse().unwrap(), "secret");
            let environment = follows.then(|| ("DB_PASSWORD_VERSION".to_owned(), Text::from(version)));
            let pool = Container {
                secrets: [("DB_PASSWORD".to_owned(), SecretSource::key(secret, "password"))].into(),
                environment: environment.into_iter().collect(),
                ..Container::of("pool:1")
            };
            let task = TaskDefinition {
                family: "pool".into(),
                size: Fargate::Cpu256(Cpu256::Gb1),
                architecture: Architecture::X86,
                disk: None,
                task_role: None,
                execution_role: Some(Ref::known("arn:aws:iam::123456789012:role/pool")),
                containers: [("pool".to_owned(), pool)].into(),
                volumes: BTreeSet::new(),
            };
            stack.add("pool", task);
        })
    };
    for (follows, until) in [(false, "until it is started anew"), (true, "until the next apply")] {
        let [Violation { code, wrong, .. }] = &given(Password::ManagedByAws, follows)[..] else { panic!("one warns") };
        assert!(*code == "V118b" && wrong.contains(until), "{wrong}");
    }
    let own = Ref::known("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf");
    assert_eq!(given(Password::FromSecret(own), true), []);
}

#[test]
fn v124_the_parameter_group_is_of_the_engines_family() {
    let of = |family| {
        let build = |stack: &mut Stack| {
            let (name, description) = ("shop".to_owned(), "A database".to_owned());
            let group = DatabaseParameterGroup { name, family, description, parameters: Settings::new() };
            Database { parameters: stack.add("parameters", group).id(), ..database() }
        };
        broken(build, |_, _| {})
    };
    assert_eq!(of(Family::Postgres16), Vec::<&str>::new());
    assert_eq!(of(Family::Postgres17), ["V124"]);
}

/// The codes of the rules that a change of a living database breaks.
fn barred(before: impl FnOnce(&mut Database), after: impl FnOnce(&mut Database)) -> Vec<&'static str> {
    let (mut live, mut wanted) = (database(), database());
    before(&mut live);
    after(&mut wanted);
    let said = rules::PASSAGES.iter().flat_map(|rule| rule.violations(&live, &wanted));
    said.map(|(_, violation)| violation.code).collect()
}

#[test]
fn storage_grows_by_a_tenth_and_never_shrinks() {
    let sized = |gib, grows_to| move |it: &mut Database| (it.storage.gib, it.storage.grows_to) = (gib, grows_to);
    assert_eq!(barred(sized(100, None), sized(99, None)), ["V120"]);
    assert_eq!(barred(sized(100, None), sized(109, None)), ["V120"]);
    assert_eq!(barred(sized(101, Some(500)), sized(111, Some(500))), ["V120"]);
    for fine in [100, 110, 400] {
        assert_eq!(barred(sized(100, None), sized(fine, None)), [""; 0], "{fine}");
    }
    assert_eq!(barred(sized(100, Some(500)), sized(50, Some(500))), [""; 0], "it grows by itself, and has grown");
}

#[test]
fn versions_only_rise() {
    let version = |text: &'static str| move |it: &mut Database| it.version = text.parse().unwrap();
    for (before, after) in [("16.4", "16.3"), ("16.4", "15.9"), ("16", "15")] {
        assert_eq!(barred(version(before), version(after)), ["V120a"], "{before} to {after}");
    }
    for (before, after) in [("16.4", "16.6"), ("16.4", "17.1"), ("16.4", "16"), ("16", "16.4")] {
        assert_eq!(barred(version(before), version(after)), [""; 0], "{before} to {after}");
    }
}
