//! The data: Redis with its three nodes, Postgres with its standby, its replica and its tuning in the units of RDS.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, items};

pub fn compare(all: &mut Comparison<'_>) {
    cache(all);
    database(all);
    tuning(all);
}

fn cache(all: &mut Comparison<'_>) {
    let redis = all.the("replication groups", "ReplicationGroupId", &named("redis"));
    let required = json!({
        "Status": "available", "CacheNodeType": "cache.r7g.large", "ClusterEnabled": false, "MultiAZ": "enabled",
        "AutomaticFailover": "enabled", "AtRestEncryptionEnabled": true, "TransitEncryptionEnabled": true,
        "TransitEncryptionMode": "required", "AuthTokenEnabled": true, "SnapshotRetentionLimit": 1,
    });
    all.has("redis", redis, &required);
    let log = "/elasticache/django-microservices/slow-log";
    let delivery = json!({
        "LogType": "slow-log", "LogFormat": "json", "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": log}},
    });
    all.has("redis · log", &redis["LogDeliveryConfigurations"][0], &delivery);
    let kept = all.the("log groups", "logGroupName", log);
    all.has(log, kept, &json!({"retentionInDays": 30}));

    let (groups, subnets) = (all.names("security groups", "GroupId"), all.names("subnets", "SubnetId"));
    let nodes = all.live.all("cache clusters").iter().map(|node| {
        let group = node["SecurityGroups"][0]["SecurityGroupId"].as_str().and_then(|id| groups.get(id).copied());
        let text = |member: &str| node[member].as_str().unwrap_or_default();
        let parameters = node["CacheParameterGroup"]["CacheParameterGroupName"].as_str().unwrap_or_default();
        let (engine, version, zone) = (text("Engine"), text("EngineVersion"), text("PreferredAvailabilityZone"));
        format!("{engine} {version} in {zone} with {parameters} behind {}", group.unwrap_or_default())
    });
    let required = ["a", "b", "c"]
        .map(|zone| format!("redis 7.1 in us-east-1{zone} with {} behind {}", named("redis-params"), named("redis")));
    all.lines("nodes of redis", nodes, required);
    let group = all.the("cache subnet groups", "CacheSubnetGroupName", &named("redis"));
    let stands =
        items(&group["Subnets"]).filter_map(|subnet| subnets.get(subnet["SubnetIdentifier"].as_str()?).copied());
    all.lines("subnets of redis", stands, ["a", "b", "c"].map(|zone| named(&format!("private-{zone}"))));

    let parameters = all.the("cache parameter groups", "CacheParameterGroupName", &named("redis-params"));
    all.has("parameters of redis", parameters, &json!({"CacheParameterGroupFamily": "redis7"}));
    let required = ["maxmemory-policy=allkeys-lru", "notify-keyspace-events=Ex", "slowlog-log-slower-than=10000"];
    all.lines("parameters of redis", parameters_of(parameters), required);
}

fn database(all: &mut Comparison<'_>) {
    let shared = json!({
        "DBInstanceStatus": "available", "DBInstanceClass": "db.r6g.large", "Engine": "postgres",
        "StorageType": "gp3", "StorageEncrypted": true, "AllocatedStorage": 100, "PubliclyAccessible": false,
        "PerformanceInsightsEnabled": true, "PerformanceInsightsRetentionPeriod": 7, "MonitoringInterval": 60,
        "EnabledCloudwatchLogsExports": ["postgresql"],
    });
    let alone = json!({
        "EngineVersion": "16", "MultiAZ": true, "BackupRetentionPeriod": 7, "DBName": "django",
        "MasterUsername": "django", "MaxAllocatedStorage": 500,
        "Endpoint": {"Port": 5432}, "DBSubnetGroup": {"DBSubnetGroupName": named("db")},
        "ReadReplicaDBInstanceIdentifiers": [named("db-replica")],
    });
    let follows = json!({"ReadReplicaSourceDBInstanceIdentifier": named("db"), "MaxAllocatedStorage": 500});
    let groups = all.names("security groups", "GroupId");
    for (name, own) in [("db", alone), ("db-replica", follows)] {
        let live = all.the("databases", "DBInstanceIdentifier", &named(name));
        all.has(name, live, &shared);
        all.has(name, live, &own);
        let parameters = json!({"DBParameterGroupName": named("pg")});
        all.has(&format!("{name} · parameters"), &live["DBParameterGroups"][0], &parameters);
        let group = items(&live["VpcSecurityGroups"]).filter_map(|of| groups.get(of["VpcSecurityGroupId"].as_str()?));
        all.lines(&format!("security groups of {name}"), group.copied(), [named("rds")]);
        let role = live["MonitoringRoleArn"].as_str().and_then(|arn| arn.rsplit('/').next());
        all.lines(&format!("who watches {name}"), role, [named("rds-monitoring")]);
        let log = format!("/aws/rds/instance/{}/postgresql", named(name));
        let kept = all.the("log groups", "logGroupName", &log);
        all.has(&log, kept, &json!({"retentionInDays": 30}));
    }
    let role = all.the("roles", "RoleName", &named("rds-monitoring"));
    let attached = items(&role["Attached"]).filter_map(|policy| policy["PolicyName"].as_str());
    all.lines("what the watch may do", attached, ["AmazonRDSEnhancedMonitoringRole"]);
    let subnets = all.names("subnets", "SubnetId");
    let group = all.the("database subnet groups", "DBSubnetGroupName", &named("db"));
    let stands =
        items(&group["Subnets"]).filter_map(|subnet| subnets.get(subnet["SubnetIdentifier"].as_str()?).copied());
    all.lines("subnets of Postgres", stands, ["a", "b", "c"].map(|zone| named(&format!("private-{zone}"))));
}

/// The tuning table: pages of 8 KiB for buffers, KiB for memory of queries, MiB for the log's size, seconds, milliseconds.
fn tuning(all: &mut Comparison<'_>) {
    let group = all.the("database parameter groups", "DBParameterGroupName", &named("pg"));
    all.has("parameters of Postgres", group, &json!({"DBParameterGroupFamily": "postgres16"}));
    all.lines(
        "parameters of Postgres",
        parameters_of(group),
        [
            "max_connections=200",
            // A quarter and three quarters of the memory, which RDS gives in bytes, in pages.
            "shared_buffers={DBInstanceClassMemory/32768}",
            "effective_cache_size={DBInstanceClassMemory*3/32768}",
            "work_mem=16384",
            "maintenance_work_mem=262144",
            "wal_buffers=4096",
            "max_wal_size=8192",
            "min_wal_size=2048",
            "checkpoint_completion_target=0.9",
            "checkpoint_timeout=900",
            "effective_io_concurrency=200",
            "random_page_cost=1.1",
            "default_statistics_target=1000",
            "max_parallel_workers_per_gather=4",
            "max_parallel_workers=8",
            "max_parallel_maintenance_workers=4",
            "log_min_duration_statement=1000",
        ],
    );
}

/// The parameters of a group that are not the engine's own: `work_mem=16384`.
pub fn parameters_of(group: &Value) -> impl Iterator<Item = String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items(&group["Parameters"])
        .map(move |one| format!("{}={}", text(&one["ParameterName"]), text(&one["ParameterValue"])))
}
