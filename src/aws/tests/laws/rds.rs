//! Databases, their replicas, and what they stand on.

use infra_aws::ec2::SubnetId;
use infra_aws::rds::{
    Amount, Database, DatabaseName, DatabaseParameterGroup, DatabaseParameterGroupName, DatabaseSubnetGroup,
    DatabaseSubnetGroupName, Family, LogExport, Monitoring, Password, Replica, Settings, Storage, StorageKind,
};
use infra_aws::secretsmanager::SecretArn;
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, Network};

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";
const NO_OLDER: &str = "RDS has no way to an older version";

fn monitoring(seconds: u8, role: &str) -> Option<Monitoring> {
    Some(Monitoring { seconds, role: Ref::known(format!("arn:aws:iam::000000000000:role/{role}")) })
}

fn subnet_group(name: String, subnets: &[Ref<SubnetId>]) -> DatabaseSubnetGroup {
    let description = "Where databases stand".into();
    DatabaseSubnetGroup { name, description, subnets: subnets.iter().cloned().collect() }
}

fn parameters(name: String, family: Family) -> DatabaseParameterGroup {
    let parameters = Settings::new().max_connections(200).work_mem(Amount::Mib(16)).other("statement_timeout", 30_000);
    DatabaseParameterGroup { name, family, description: "How databases are set up".into(), parameters }
}

fn database(
    name: String,
    network: &Network,
    subnets: &Ref<DatabaseSubnetGroupName>,
    parameters: &Ref<DatabaseParameterGroupName>,
    password: &Ref<SecretArn>,
) -> Database {
    Database {
        name,
        version: "16".parse().unwrap(),
        class: "db.t4g.medium".parse().unwrap(),
        storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: Some(500) },
        encrypted: true,
        key: None,
        database: "shop".into(),
        user: "shop".into(),
        password: Password::FromSecret(password.clone()),
        port: 5432,
        standby: true,
        subnets: subnets.clone(),
        parameters: parameters.clone(),
        security_groups: [network.groups[0].clone()].into(),
        public: false,
        backups_kept: 7,
        minor_upgrades: true,
        insights: Some(7),
        monitoring: monitoring(60, "monitoring"),
        logs: [LogExport::Postgresql].into(),
        deletion_protection: false,
        last_snapshot: false,
    }
}

/// What databases stand on, or may.
struct Others {
    subnets: [Ref<DatabaseSubnetGroupName>; 2],
    parameters: [Ref<DatabaseParameterGroupName>; 2],
    newer: Ref<DatabaseParameterGroupName>,
    /// Another database that a replica may follow.
    plain: Ref<DatabaseName>,
    /// Another secret that a password may come from.
    password: Ref<SecretArn>,
}

fn stack(
    platform: &mut Platform,
    project: &str,
    network: &Network,
    elsewhere: &Network,
    passwords: &[Ref<SecretArn>; 2],
) -> Others {
    let mut stack = platform.stack("db");
    let named = |name: &str| format!("{project}-{name}");
    let subnets = [
        stack.add("subnets", subnet_group(named("subnets"), &network.subnets[..2])).id(),
        stack.add("elsewhere", subnet_group(named("elsewhere"), &elsewhere.subnets)).id(),
    ];
    let parameters = ["parameters", "spare", "newer"].map(|name| {
        let family = if name == "newer" { Family::Postgres17 } else { Family::Postgres16 };
        stack.add(name, parameters(named(name), family)).id()
    });
    let [first, spare, newer] = parameters;
    let database = |name: &str| database(named(name), network, &subnets[0], &first, &passwords[0]);
    let main = stack.add("main", database("main"));
    let replica = Replica {
        name: named("replica"),
        source: main.id(),
        class: "db.t4g.medium".parse().unwrap(),
        grows_to: None,
        standby: false,
        parameters: first.clone(),
        security_groups: [network.groups[0].clone()].into(),
        public: false,
        minor_upgrades: true,
        insights: None,
        monitoring: monitoring(60, "monitoring"),
        logs: [LogExport::Postgresql].into(),
        deletion_protection: false,
    };
    stack.add("replica", replica);
    let storage = Storage { kind: StorageKind::Gp3, gib: 100, grows_to: None };
    let plain = Database { storage, standby: false, minor_upgrades: false, ..database("plain") };
    let plain = stack.add("plain", Database { version: "16.3".parse().unwrap(), ..plain }).id();
    Others { subnets, parameters: [first, spare], newer, plain, password: passwords[1].clone() }
}

/// A secret with a value, beside the sample.
async fn password(ground: &Ground, name: &str) -> Ref<SecretArn> {
    let call = ground.aws.secretsmanager().create_secret().name(format!("{}/password-{name}", ground.project));
    Ref::known(call.secret_string(format!("the-password-of-{name}")).send().await.unwrap().arn.unwrap())
}

#[tokio::test]
async fn rds() {
    let ground = Ground::new().await;
    let (network, elsewhere) = (Network::new(&ground).await, Network::new(&ground).await);
    let project = ground.project.clone();
    let passwords = [password(&ground, "one").await, password(&ground, "other").await];
    let (sample, others) = Sample::with(|platform| stack(platform, &project, &network, &elsewhere, &passwords));
    let sample = what_databases_stand_on(sample, &network);
    let sample = databases(sample, &network, &elsewhere, &others);
    let sample = storage_and_versions(sample, &others);
    let sample = replicas(sample, &network, &others);
    ground.obeys(&sample).await;
}

fn what_databases_stand_on(sample: Sample, network: &Network) -> Sample {
    let three = network.subnets.iter().cloned().collect();
    let settings = Settings::new().max_connections(100).work_mem(Amount::OfMemory(1)).other("lock_timeout", 10_000);
    sample
        .change("db.elsewhere", |it: &mut DatabaseSubnetGroup| it.name.push('2'))
        .change("db.subnets", |it: &mut DatabaseSubnetGroup| it.description.push('!'))
        .change("db.subnets", |it: &mut DatabaseSubnetGroup| it.subnets = three)
        .change("db.parameters", |it: &mut DatabaseParameterGroup| it.name.push('2'))
        .change("db.spare", |it: &mut DatabaseParameterGroup| it.family = Family::Postgres15)
        .change("db.parameters", |it: &mut DatabaseParameterGroup| it.description.push('!'))
        .change("db.parameters", |it: &mut DatabaseParameterGroup| it.parameters = Settings::new())
        .change("db.parameters", |it: &mut DatabaseParameterGroup| it.parameters = settings)
}

fn databases(sample: Sample, network: &Network, elsewhere: &Network, others: &Others) -> Sample {
    sample
        .change("db.main", |it: &mut Database| it.name.push('2'))
        .change("db.main", |it: &mut Database| it.class = "db.r6g.large".parse().unwrap())
        .change("db.plain", |it: &mut Database| it.encrypted = false)
        .change("db.main", |it: &mut Database| it.key = Some(Ref::known(KEY)))
        .change("db.plain", |it: &mut Database| it.database = "other".into())
        .change("db.plain", |it: &mut Database| it.user = "other".into())
        .change("db.main", |it: &mut Database| it.password = Password::FromSecret(others.password.clone()))
        .change("db.plain", |it: &mut Database| it.password = Password::ManagedByAws)
        .change("db.main", |it: &mut Database| it.port = 5433)
        .change("db.main", |it: &mut Database| it.standby = false)
        .change_together("db.plain", |it: &mut Database| {
            (it.subnets, it.security_groups) = (others.subnets[1].clone(), [elsewhere.groups[0].clone()].into());
        })
        .change("db.main", |it: &mut Database| it.parameters = others.parameters[1].clone())
        .change("db.main", |it: &mut Database| it.security_groups = network.groups.clone().into())
        .change("db.main", |it: &mut Database| it.public = true)
        .change("db.main", |it: &mut Database| it.backups_kept = 14)
        .change("db.plain", |it: &mut Database| it.backups_kept = 0)
        .change("db.main", |it: &mut Database| it.minor_upgrades = false)
        .change("db.main", |it: &mut Database| it.insights = None)
        .change("db.main", |it: &mut Database| it.insights = Some(731))
        .change("db.main", |it: &mut Database| it.monitoring = None)
        .change("db.main", |it: &mut Database| it.monitoring = monitoring(30, "monitoring"))
        .change("db.main", |it: &mut Database| it.monitoring = monitoring(60, "other"))
        .change("db.main", |it: &mut Database| it.logs = [].into())
        .change("db.main", |it: &mut Database| it.logs = [LogExport::Upgrade].into())
        .change("db.main", |it: &mut Database| it.deletion_protection = true)
        .change("db.main", |it: &mut Database| it.last_snapshot = true)
}

fn storage_and_versions(sample: Sample, others: &Others) -> Sample {
    sample
        .change("db.main", |it: &mut Database| it.storage.kind = StorageKind::Gp2)
        .change("db.main", |it: &mut Database| it.storage.gib = 200)
        .change("db.main", |it: &mut Database| it.storage.grows_to = None)
        .change("db.main", |it: &mut Database| it.storage.grows_to = Some(1000))
        .change("db.plain", |it: &mut Database| it.storage.gib = 200)
        .for_good("a disk does not shrink")
        .change("db.plain", |it: &mut Database| it.storage.grows_to = Some(200))
        .change("db.main", |it: &mut Database| it.version = "16.4".parse().unwrap())
        .for_good(NO_OLDER)
        .change("db.plain", |it: &mut Database| it.version = "16.4".parse().unwrap())
        .for_good(NO_OLDER)
        .change_together("db.plain", |it: &mut Database| {
            (it.version, it.parameters) = ("17.2".parse().unwrap(), others.newer.clone());
        })
        .for_good(NO_OLDER)
}

fn replicas(sample: Sample, network: &Network, others: &Others) -> Sample {
    sample
        .change("db.replica", |it: &mut Replica| it.source = others.plain.clone())
        .change("db.replica", |it: &mut Replica| it.name.push('2'))
        .change("db.replica", |it: &mut Replica| it.class = "db.r6g.large".parse().unwrap())
        .change("db.replica", |it: &mut Replica| it.standby = true)
        .change("db.replica", |it: &mut Replica| it.parameters = others.parameters[1].clone())
        .change("db.replica", |it: &mut Replica| it.security_groups = network.groups.clone().into())
        .change("db.replica", |it: &mut Replica| it.public = true)
        .change("db.replica", |it: &mut Replica| it.minor_upgrades = false)
        .change("db.replica", |it: &mut Replica| it.insights = Some(7))
        .change("db.replica", |it: &mut Replica| it.monitoring = None)
        .change("db.replica", |it: &mut Replica| it.monitoring = monitoring(30, "other"))
        .change("db.replica", |it: &mut Replica| it.logs = [LogExport::Upgrade].into())
        .change("db.replica", |it: &mut Replica| it.grows_to = Some(500))
        .change("db.replica", |it: &mut Replica| it.deletion_protection = true)
}
