//! Databases in a real RDS: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::BTreeSet;

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ec2::SubnetId;
use infra_aws::rds::{
    Amount, Database, DatabaseParameterGroup, DatabaseSubnetGroup, Family, LogExport, Monitoring, Password, Replica,
    Settings, Storage, StorageKind,
};
use infra_engine::live::{Behaviour, Retag};
use infra_engine::model::{Ref, Tags};

/// Three subnets of a network of their own.
async fn subnets(aws: &Aws) -> BTreeSet<Ref<SubnetId>> {
    let vpc = aws.ec2().create_vpc().cidr_block("10.8.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let mut subnets = BTreeSet::new();
    for (number, zone) in ["us-east-1a", "us-east-1b", "us-east-1c"].into_iter().enumerate() {
        let cidr = format!("10.8.{number}.0/24");
        let call = aws.ec2().create_subnet().vpc_id(&vpc).cidr_block(cidr).availability_zone(zone);
        subnets.insert(Ref::known(call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap()));
    }
    subnets
}

#[tokio::test]
async fn a_subnet_group_walks() {
    let (aws, project) = (aws().await, project());
    let description = "Where the database stands".to_owned();
    let group = DatabaseSubnetGroup { name: project.clone(), description, subnets: subnets(&aws).await };
    let walk = Walk::begin(&aws, &project, group).await;
    walk.order_again().await;
    walk.order_by_another().await;
    walk.end().await;
}

#[tokio::test]
async fn a_parameter_group_walks() {
    let (aws, project) = (aws().await, project());
    let parameters = Settings::new()
        .max_connections(200)
        .shared_buffers(Amount::OfMemory(25))
        .effective_cache_size(Amount::OfMemory(75))
        .work_mem(Amount::Mib(16))
        .maintenance_work_mem(Amount::Mib(256))
        .wal_buffers(Amount::Mib(32))
        .max_wal_size(Amount::Gib(8))
        .min_wal_size(Amount::Gib(2))
        .checkpoint_completion_target(0.9)
        .checkpoint_timeout(15 * 60)
        .effective_io_concurrency(200)
        .random_page_cost(1.1)
        .default_statistics_target(1000)
        .max_parallel_workers_per_gather(4)
        .max_parallel_workers(8)
        .max_parallel_maintenance_workers(4)
        .log_min_duration_statement(1000)
        .other("autovacuum_naptime", 30)
        .other("idle_in_transaction_session_timeout", 60_000)
        .other("lock_timeout", 10_000)
        .other("statement_timeout", 30_000);
    let (family, description) = (Family::Postgres16, "A database".to_owned());
    let empty = DatabaseParameterGroup { name: project.clone(), family, description, parameters: Settings::new() };
    let group = DatabaseParameterGroup { parameters, ..empty.clone() };
    let walk = Walk::begin(&aws, &project, empty.clone()).await;
    walk.order_by_another().await;
    walk.turn_into(group).await;
    walk.turn_into(empty).await;
    walk.end().await;
}

/// A subnet group, made and left behind: a database stands in it.
async fn subnet_group(aws: &Aws, name: &str) -> String {
    let call = aws.rds().create_db_subnet_group().db_subnet_group_name(name).db_subnet_group_description("A database");
    let subnets = subnets(aws).await.iter().map(Ref::value).collect();
    call.set_subnet_ids(Some(subnets)).send().await.unwrap();
    name.to_owned()
}

async fn database(aws: &Aws, project: &str) -> Database {
    let role = Ref::known("arn:aws:iam::000000000000:role/monitoring");
    Database {
        name: project.to_owned(),
        version: "16".parse().unwrap(),
        class: "db.t4g.medium".parse().unwrap(),
        storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: Some(500) },
        encrypted: true,
        key: None,
        database: "shop".into(),
        user: "shop".into(),
        password: Password::ManagedByAws,
        port: 5432,
        standby: true,
        subnets: Ref::known(subnet_group(aws, &format!("{project}-subnets")).await),
        parameters: Ref::known("default.postgres16"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        public: false,
        backups_kept: 7,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: Some(Monitoring { seconds: 60, role }),
        logs: BTreeSet::from([LogExport::Postgresql]),
        deletion_protection: false,
        last_snapshot: false,
    }
}

#[tokio::test]
async fn a_database_walks() {
    let (aws, project) = (aws().await, project());
    let database = database(&aws, &project).await;
    let walk = Walk::begin(&aws, &project, database.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;
    let live = walk.settled().await;
    let outputs = ["arn", "address", "resource_id", "secret"];
    assert!(outputs.iter().all(|output| live.outputs.contains_key(*output)), "{:?}", live.outputs);

    let call = aws.rds().modify_db_instance().db_instance_identifier(&project).apply_immediately(true);
    call.manage_master_user_password(false).master_user_password("somebody-chose-it").send().await.unwrap();
    assert_eq!(walk.settled().await.definition.password, Password::SetElsewhere);
    walk.mend().await;

    // RDS has grown the disk by itself: nothing to change. Saying so in the code changes a note alone.
    let call = aws.rds().modify_db_instance().db_instance_identifier(&project).apply_immediately(true);
    call.allocated_storage(160).send().await.unwrap();
    assert_eq!(walk.settled().await.definition, database);
    let size = |gib| Storage { kind: StorageKind::Gp3, gib, grows_to: Some(500) };
    walk.turn_into(Database { storage: size(150), ..database.clone() }).await;
    walk.turn_into(Database { storage: size(200), ..database.clone() }).await;
    walk.end().await;
}

/// A secret with a value, made and left behind.
async fn secret(aws: &Aws, name: &str) -> String {
    let call = aws.secretsmanager().create_secret().name(name).secret_string("the-first-password");
    call.send().await.unwrap().arn.unwrap()
}

#[tokio::test]
async fn a_password_of_ones_own_is_set_handed_out_and_ended() {
    let (aws, project) = (aws().await, project());
    let arn = secret(&aws, &format!("{project}-password")).await;
    let own = Password::FromSecret(Ref::known(&arn));
    let database = Database { password: own.clone(), ..database(&aws, &project).await };
    let walk = Walk::begin(&aws, &project, database.clone()).await;
    assert!(!walk.settled().await.outputs.contains_key("secret"), "AWS has none");

    // A rotation begins with a version that nobody is given yet.
    let put = || aws.secretsmanager().put_secret_value().secret_id(&arn);
    put().secret_string("the-second-password").version_stages("infra-next").send().await.unwrap();
    let Password::FromSecret(told) = walk.settled().await.definition.password else { panic!("whose is it?") };
    assert_eq!(told.value(), format!("{arn} (its current value is not in force yet)"));
    let gives = async || aws.secretsmanager().get_secret_value().secret_id(&arn).send().await.unwrap().secret_string;
    Database::update(&aws, &walk.settled().await, &database).await.unwrap();
    assert_eq!(gives().await.as_deref(), Some("the-first-password"), "it is set, and nobody is given it");
    walk.mend().await;
    let value = aws.secretsmanager().get_secret_value().secret_id(&arn).send().await.unwrap();
    assert_eq!(value.secret_string(), Some("the-second-password"), "it is in force, and handed out");
    let stages = aws.secretsmanager().describe_secret().secret_id(&arn).send().await.unwrap().version_ids_to_stages;
    assert!(!stages.unwrap().values().flatten().any(|stage| stage == "infra-next"), "the next one may begin");

    // AWS may take it over, and give it back.
    walk.turn_into(Database { password: Password::ManagedByAws, ..database.clone() }).await;
    walk.turn_into(database).await;
    walk.end().await;
}

#[tokio::test]
async fn a_replica_walks() {
    let (aws, project) = (aws().await, project());
    let password = Password::FromSecret(Ref::known(secret(&aws, &format!("{project}-password")).await));
    let source = Database { name: format!("{project}-main"), password, ..database(&aws, &project).await };
    let main = Walk::begin(&aws, &format!("{project}-source"), source.clone()).await;
    let replica = Replica {
        name: project.clone(),
        source: Ref::known(&main.id),
        class: "db.r6g.large".parse().unwrap(),
        grows_to: Some(500),
        standby: false,
        parameters: Ref::known("default.postgres16"),
        security_groups: source.security_groups.clone(),
        public: false,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: source.monitoring.clone(),
        logs: source.logs.clone(),
        deletion_protection: false,
    };
    let walk = Walk::begin(&aws, &project, replica).await;
    walk.order_again().await;
    walk.order_by_another().await;
    assert_eq!(main.settled().await.definition, source, "the source is as it was, and no replica");

    walk.end().await;
    main.end().await;
}

#[tokio::test]
async fn a_protected_database_stays() {
    let (aws, project) = (aws().await, project());
    let protected = Database { deletion_protection: true, ..database(&aws, &project).await };
    let walk = Walk::begin(&aws, &project, protected.clone()).await;
    let live = walk.settled().await;
    let fault = Database::delete(&aws, &live).await.unwrap_err();
    assert!(fault.message.to_lowercase().contains("protection"), "{fault}");
    // A tag more is no change of the definition.
    let set = Tags::from([("Team".to_owned(), "shop".to_owned())]);
    Database::retag(&aws, &live, &Retag { set, remove: vec!["Team".to_owned()] }).await.unwrap();
    walk.turn_into(Database { deletion_protection: false, ..protected }).await;
    walk.end().await;
}
