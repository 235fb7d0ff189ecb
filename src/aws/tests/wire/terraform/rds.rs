//! Databases and their replicas.

use std::collections::BTreeSet;

use infra_aws::rds::{Database, LogExport, Monitoring, Password, Replica, Storage, StorageKind};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Other, Ours, Theirs};
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Reply, Server, aws, json, xml};

const ARN: &str = "arn:aws:rds:eu-central-1:123456789012:db:shop-db";
const SAID: &str = "what AWS would choose is said, as it is in the definition";
const KEPT: &str = "what was deleted by mistake can be brought back as long as there are backups";
const WHOLE: &str = "what belongs together is sent together";
const SAME: &str = "it stays as it is";

fn monitoring(seconds: u8) -> Option<Monitoring> {
    Some(Monitoring { seconds, role: Ref::known("arn:aws:iam::123456789012:role/shop-monitoring") })
}

fn database() -> Database {
    let key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    Database {
        name: "shop-db".into(),
        version: "16.4".parse().unwrap(),
        class: "db.r6g.large".parse().unwrap(),
        storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: Some(500) },
        encrypted: true,
        key: Some(Ref::known(key)),
        database: "shop".into(),
        user: "shop".into(),
        password: Password::ManagedByAws,
        port: 5432,
        standby: true,
        subnets: Ref::known("shop-db"),
        parameters: Ref::known("shop-postgres16"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        public: false,
        backups_kept: 7,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: monitoring(60),
        logs: BTreeSet::from([LogExport::Postgresql]),
        deletion_protection: true,
        last_snapshot: false,
    }
}

fn replica() -> Replica {
    Replica {
        name: "shop-db-replica".into(),
        source: Ref::known("shop-db"),
        class: "db.r6g.large".parse().unwrap(),
        grows_to: None,
        standby: false,
        parameters: Ref::known("shop-postgres16"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        public: false,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: monitoring(60),
        logs: BTreeSet::from([LogExport::Postgresql]),
        deletion_protection: false,
    }
}

/// RDS with the database in it.
async fn server() -> Server {
    let live = xml(200, include_str!("answers/database.xml"));
    let secret = json(200, r#"{"ARN": "a", "VersionIdsToStages": {"v1": ["AWSCURRENT"]}}"#);
    let answers =
        [("Action=DescribeDBInstances", live), ("secretsmanager.DescribeSecret", secret), ("Action=", Reply::Done)];
    Server::answering(answers).await
}

#[tokio::test]
async fn creating_a_replica() {
    let server = server().await;
    Replica::create(&aws(&server.url).await, &order(replica())).await.unwrap();
    Recorded {
        call: "Action=CreateDBInstanceReadReplica",
        body: include_str!("recorded/replica-create.txt"),
        sets: &[],
        differences: &[Ours("Tags.Tag", OWNERSHIP), Ours("MultiAZ", SAID)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_plain_replica() {
    let server = server().await;
    let plain = Replica {
        name: "shop-db-plain".into(),
        class: "db.t4g.medium".parse().unwrap(),
        insights: None,
        monitoring: None,
        logs: BTreeSet::new(),
        ..replica()
    };
    Replica::create(&aws(&server.url).await, &order(plain)).await.unwrap();
    Recorded {
        call: "Action=CreateDBInstanceReadReplica",
        body: include_str!("recorded/replica-plain.txt"),
        sets: &[],
        differences: &[
            Ours("Tags.Tag", OWNERSHIP),
            Ours("MultiAZ", SAID),
            Ours("EnablePerformanceInsights", SAID),
            Ours("MonitoringInterval", SAID),
            Ours("EnableCloudwatchLogsExports", "a list of nothing says as much as none"),
            Other("CopyTagsToSnapshot", "whose a snapshot is stands in its tags too"),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_a_replica() {
    let server = server().await;
    let wanted = Replica {
        class: "db.r6g.xlarge".parse().unwrap(),
        standby: true,
        parameters: Ref::known("shop-postgres16-reading"),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60719")]),
        minor_upgrades: false,
        insights: Some(31),
        monitoring: monitoring(30),
        logs: BTreeSet::from([LogExport::Upgrade]),
        ..replica()
    };
    let live = found("shop-db-replica", replica(), &[(Replica::ARN.name, ARN)]);
    Replica::update(&aws(&server.url).await, &live, &wanted).await.unwrap();
    Recorded {
        call: "Action=ModifyDBInstance",
        body: include_str!("recorded/replica-modify.txt"),
        sets: &[],
        differences: &[Ours("MonitoringRoleArn", WHOLE), Theirs("DeletionProtection", SAME)],
    }
    .check(&server);
}

#[tokio::test]
async fn deleting_a_replica() {
    let server = server().await;
    let live = found("shop-db-replica", replica(), &[(Replica::ARN.name, ARN)]);
    Replica::delete(&aws(&server.url).await, &live).await.unwrap();
    Recorded {
        call: "Action=DeleteDBInstance",
        body: include_str!("recorded/replica-delete.txt"),
        sets: &[],
        differences: &[Other("DeleteAutomatedBackups", KEPT)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_database() {
    let server = server().await;
    Database::create(&aws(&server.url).await, &order(database())).await.unwrap();
    Recorded {
        call: "Action=CreateDBInstance",
        body: include_str!("recorded/database-create.txt"),
        sets: &[],
        differences: &[Ours("Tags.Tag", OWNERSHIP)],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_a_database() {
    let server = server().await;
    let wanted = Database {
        version: "16.6".parse().unwrap(),
        class: "db.r6g.xlarge".parse().unwrap(),
        storage: Storage { gib: 150, ..database().storage },
        standby: false,
        backups_kept: 14,
        logs: BTreeSet::from([LogExport::Postgresql, LogExport::Upgrade]),
        deletion_protection: false,
        ..database()
    };
    let live = found("shop-db", database(), &[(Database::ARN.name, ARN)]);
    Database::update(&aws(&server.url).await, &live, &wanted).await.unwrap();
    Recorded {
        call: "Action=ModifyDBInstance",
        body: include_str!("recorded/database-modify.txt"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}

#[tokio::test]
async fn deleting_a_database() {
    let server = server().await;
    let live = found("shop-db", database(), &[(Database::ARN.name, ARN)]);
    Database::delete(&aws(&server.url).await, &live).await.unwrap();
    Recorded {
        call: "Action=DeleteDBInstance",
        body: include_str!("recorded/database-delete.txt"),
        sets: &[],
        differences: &[Other("DeleteAutomatedBackups", KEPT)],
    }
    .check(&server);
}
