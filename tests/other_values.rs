//! Another platform on the same stacks, `environments/other.toml`: nothing of what is an environment's is in the code.

use serde_json::{Value, json};

use crate::support::{Comparison, Inventory, Project, items, tag};

const OTHER: &str = include_str!("environments/other.toml");

#[test]
fn another_environment_is_live_with_its_own_values() {
    let project = Project::of_the_platform_as(OTHER);
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
    let live = Inventory::of(&project.client);
    let mut all = Comparison::of(&live);
    network(&mut all);
    services(&mut all);
    scaling(&mut all);
    cdn(&mut all);
    data(&mut all);
    watch(&mut all);
    what_is_not_there(&mut all);
    all.finish();
}

fn network(all: &mut Comparison<'_>) {
    let vpc = all.named("vpcs", "bakery-vpc");
    all.has("vpc", vpc, &json!({"CidrBlock": "10.20.0.0/20"}));
    let subnets = all.live.all("subnets").iter().filter(|subnet| subnet["VpcId"] == vpc["VpcId"]);
    let subnets = subnets.filter_map(|subnet| subnet["CidrBlock"].as_str());
    all.lines("subnets", subnets, [0, 1, 2, 10, 11, 12].map(|third| format!("10.20.{third}.0/24")));
    all.has("NAT gateways", &json!(all.live.all("nat gateways").len()), &json!(3));
    let zones = ["a", "b", "c"].map(|zone| format!("us-east-1{zone}"));
    let balancer = all.the("load balancers", "LoadBalancerName", "bakery-alb");
    let stands = items(&balancer["AvailabilityZones"]).filter_map(|zone| zone["ZoneName"].as_str());
    all.lines("zones of the load balancer", stands, zones);
}

fn services(all: &mut Comparison<'_>) {
    let live = all.live.all("services").iter().filter_map(|service| service["serviceName"].as_str());
    all.lines("services", live, ["bakery-shop", "bakery-oven", "bakery-pgbouncer"]);
    for (service, count, grace, cpu, memory, image) in [
        ("shop", 4, 30, "1024", "2048", "registry.example.com/shop:2.0.0"),
        ("oven", 1, 90, "256", "1024", "registry.example.com/oven:0.3.1"),
    ] {
        let live = all.the("services", "serviceName", &format!("bakery-{service}"));
        all.has(service, live, &json!({"desiredCount": count, "healthCheckGracePeriodSeconds": grace}));
        let task = task(all, service);
        all.has(service, task, &json!({"cpu": cpu, "memory": memory}));
        all.has(service, &task["containerDefinitions"][0], &json!({"name": service, "image": image}));
    }
    let told = |service: &str, name: &str| {
        let variables = &task(all, service)["containerDefinitions"][0]["environment"];
        items(variables).find(|variable| variable["name"] == name).map_or(Value::Null, |one| one["value"].clone())
    };
    let greetings = [told("shop", "GREETING"), told("oven", "GREETING")];
    let replicas = [told("shop", "DATABASE_REPLICA_HOST"), told("shop", "REDIS_CLUSTER")];
    all.has("greetings", &json!(greetings), &json!(["Good morning", null]));
    all.has("the replica, and whether Redis has shards", &json!(replicas), &json!([null, "true"]));

    for (service, path, attributes) in [
        ("shop", "/alive", ["load_balancing.algorithm.type=weighted_random", "stickiness.enabled=false"]),
        ("oven", "/health", ["load_balancing.algorithm.type=round_robin", "stickiness.lb_cookie.duration_seconds=600"]),
    ] {
        let group = all.the("target groups", "TargetGroupName", &format!("tg-{service}"));
        all.has(service, group, &json!({"HealthCheckPath": path}));
        let live: Vec<String> = items(&group["Attributes"]["Attributes"])
            .map(|one| format!("{}={}", one["Key"], one["Value"]).replace('"', ""))
            .collect();
        for required in attributes.into_iter().chain(["deregistration_delay.timeout_seconds=7"]) {
            let there = live.iter().any(|one| one == required);
            all.has(&format!("{service} · {required}"), &json!(there), &json!(true));
        }
    }
    // It answers everybody, so that it has a firewall of its own.
    let acl = all.the("regional web acls", "Name", "bakery-alb");
    let balancer = all.the("load balancers", "LoadBalancerName", "bakery-alb");
    all.has("firewall", acl, &json!({"resources": [balancer["LoadBalancerArn"]]}));
    let answers = items(&acl["Rules"]).map(|rule| rule["OverrideAction"].to_string());
    all.lines("its answers", answers, [r#"{"Count":{}}"#; 3]);
    // Without a certificate HTTP is all that there is, and the paths are asked for there.
    let ports = all.live.all("listeners").iter().map(|listener| listener["Port"].to_string());
    all.lines("ports", ports, ["80"]);
    let rules = all.live.all("listener rules").iter().map(|rule| {
        let paths = &rule["Conditions"][0]["PathPatternConfig"]["Values"];
        format!("{} {paths}", rule["Priority"].as_str().unwrap_or_default())
    });
    all.lines("paths", rules, [r#"10 ["/","/shop/*"]"#, r#"20 ["/oven/*"]"#]);
}

fn task<'a>(all: &Comparison<'a>, service: &str) -> &'a Value {
    let family = format!("bakery-{service}");
    let mut definitions = all.live.all("task definitions").iter().map(|item| &item["taskDefinition"]);
    definitions.find(|task| task["family"] == family.as_str()).unwrap_or(&Value::Null)
}

fn scaling(all: &mut Comparison<'_>) {
    for (service, minimum, maximum, cpu, memory, requests, business) in
        [("shop", 3, 9, 55.0, 65.0, 400.0, 25.0), ("oven", 1, 3, 60.0, 75.0, 500.0, 12.5)]
    {
        let resource = format!("service/bakery-cluster/bakery-{service}");
        let target = all.the("scalable targets of ecs", "ResourceId", &resource);
        all.has(service, target, &json!({"MinCapacity": minimum, "MaxCapacity": maximum}));
        for (what, value) in [("cpu", cpu), ("memory", memory), ("requests-per-task", requests), ("business", business)]
        {
            let name = format!("bakery-{service}-{what}-scaling");
            let policy = all.the("scaling policies of ecs", "PolicyName", &name);
            let numbers = json!({"TargetValue": value, "ScaleInCooldown": 120, "ScaleOutCooldown": 120});
            all.has(&name, &policy["TargetTrackingScalingPolicyConfiguration"], &numbers);
        }
        let name = format!("bakery-{service}-before-breakfast");
        let action = all.the("scheduled actions of ecs", "ScheduledActionName", &name);
        let when = json!({
            "Schedule": "cron(0 4 * * ? *)", "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 3 * minimum},
        });
        all.has(&name, action, &when);
    }
    let steps = all.live.all("scaling policies of ecs").iter().filter(|policy| policy["PolicyType"] == "StepScaling");
    let names =
        ["shop-response-time", "shop-response-time-in", "oven-response-time", "oven-response-time-in", "oven-heat"];
    let live = steps.filter_map(|policy| policy["PolicyName"].as_str());
    all.lines("rules by steps", live, names.map(|name| format!("bakery-{name}-scaling")));
    let heat = all.the("alarms", "AlarmName", "bakery-oven-heat");
    let watches = json!({
        "Namespace": "bakery", "MetricName": "Degrees", "Statistic": "Average", "Threshold": 250.0,
        "EvaluationPeriods": 3, "Dimensions": [{"Name": "Service", "Value": "oven"}],
    });
    all.has("heat", heat, &watches);
}

fn cdn(all: &mut Comparison<'_>) {
    let distribution = &all.the_only("distributions")["Config"];
    all.has("distribution", distribution, &json!({"PriceClass": "PriceClass_100", "WebACLId": ""}));
    let balancer = all.the("load balancers", "LoadBalancerName", "bakery-alb");
    let origins = items(&distribution["Origins"]["Items"]);
    let origin = origins.into_iter().find(|origin| origin["Id"] == "ALB-bakery").unwrap_or(&Value::Null);
    // A load balancer without a certificate is asked by its own name, in the clear.
    let clear = json!({
        "DomainName": balancer["DNSName"], "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"},
    });
    all.has("origin", origin, &clear);
    let kept = &distribution["CacheBehaviors"]["Items"][1];
    all.has("what never changes", kept, &json!({"PathPattern": "/static/*", "TargetOriginId": "assets"}));
    let assets = all
        .live
        .all("buckets")
        .iter()
        .filter(|bucket| bucket["Name"].as_str().is_some_and(|name| name.starts_with("bakery-test-assets-")));
    all.has("buckets of assets", &json!(assets.count()), &json!(1));
}

fn data(all: &mut Comparison<'_>) {
    let redis = all.the("replication groups", "ReplicationGroupId", "bakery-redis");
    let required = json!({
        "ClusterEnabled": true, "AutomaticFailover": "enabled", "MultiAZ": "enabled", "SnapshotRetentionLimit": 0,
        "AuthTokenEnabled": true,
    });
    all.has("redis", redis, &required);
    let shards: Vec<usize> =
        items(&redis["NodeGroups"]).map(|shard| items(&shard["NodeGroupMembers"]).count()).collect();
    all.has("nodes of each shard", &json!(shards), &json!([2, 2, 2]));
    let parameters = all.the("cache parameter groups", "CacheParameterGroupName", "bakery-valkey-sharded-params");
    let sharded = items(&parameters["Parameters"]).find(|one| one["ParameterName"] == "cluster-enabled");
    all.has("parameters", sharded.unwrap_or(&Value::Null), &json!({"ParameterValue": "yes"}));

    let databases = all.live.all("databases").iter().filter_map(|one| one["DBInstanceIdentifier"].as_str());
    all.lines("databases", databases, ["bakery-db"]);
    all.has("parameters", parameters, &json!({"CacheParameterGroupFamily": "valkey8"}));
    let database = all.the("databases", "DBInstanceIdentifier", "bakery-db");
    let required = json!({
        "DBInstanceClass": "db.m6g.large", "AllocatedStorage": 50, "MultiAZ": false, "BackupRetentionPeriod": 3,
        "MonitoringInterval": 30, "MaxAllocatedStorage": null, "MasterUserSecret": {"SecretStatus": "active"},
    });
    all.has("database", database, &required);
    let group = all.the("database parameter groups", "DBParameterGroupName", "bakery-pg");
    let live = items(&group["Parameters"])
        .map(|one| format!("{}={}", one["ParameterName"], one["ParameterValue"]).replace('"', ""));
    all.lines(
        "parameters of Postgres",
        live,
        [
            "max_connections=120",
            "shared_buffers=262144",
            "effective_cache_size=786432",
            "work_mem=8192",
            "maintenance_work_mem=131072",
            "wal_buffers=2048",
            "max_wal_size=4096",
            "min_wal_size=1024",
            "checkpoint_completion_target=0.7",
            "checkpoint_timeout=600",
            "effective_io_concurrency=100",
            "random_page_cost=1.5",
            "default_statistics_target=250",
            "max_parallel_workers_per_gather=2",
            "max_parallel_workers=4",
            "max_parallel_maintenance_workers=2",
            "log_min_duration_statement=500",
        ],
    );
}

fn watch(all: &mut Comparison<'_>) {
    for (alarm, warning, critical) in [
        ("response-time", 1.0, 3.0),
        ("error-rate", 2.0, 4.0),
        ("oven-cpu", 70.0, 85.0),
        ("shop-memory", 75.0, 90.0),
        ("redis-3-2-evictions", 10.0, 20.0),
        ("redis-1-1-hit-rate", 80.0, 60.0),
        // Of 120 connections.
        ("postgres-connections", 60.0, 90.0),
    ] {
        for (level, threshold) in [("warning", warning), ("critical", critical)] {
            let name = format!("bakery-{alarm}-{level}");
            let live = all.the("alarms", "AlarmName", &name);
            all.has(&name, live, &json!({"Threshold": threshold}));
        }
    }
    let emails = all.live.all("subscriptions").iter().filter_map(|one| one["Endpoint"].as_str());
    all.lines("who is told", emails, ["baker@example.com", "miller@example.com"]);
    let budget = all.the_only("budgets");
    all.has("budget", budget, &json!({"CostFilters": {"TagKeyValue": ["user:Project$bakery"]}}));
    let told = items(&budget["Notifications"][0]["Subscribers"]).filter_map(|who| who["Address"].as_str());
    all.lines("who hears of the budget", told, ["baker@example.com", "arn:aws:sns:us-east-1:000000000000:costs"]);
    let at_once = all.live.all("anomaly subscriptions").iter().filter_map(|one| one["Frequency"].as_str());
    all.lines("how often anomalies are told", at_once, ["DAILY", "IMMEDIATE"]);
}

/// What the environment has no table for, and nothing of any other project's name.
fn what_is_not_there(all: &mut Comparison<'_>) {
    for kind in ["spot fleets", "instance profiles", "functions", "event rules", "web acls", "cost allocation tags"] {
        all.has(kind, &json!(all.live.all(kind).len()), &json!(0));
    }
    let lag = all.live.all("alarms").iter().filter_map(|alarm| alarm["AlarmName"].as_str());
    all.lines("alarms of a replica", lag.filter(|name| name.contains("replica")), [""; 0]);
    let forecasts =
        all.live.all("scaling policies of ecs").iter().filter(|policy| policy["PolicyType"] == "PredictiveScaling");
    all.has("forecasts", &json!(forecasts.count()), &json!(0));
    let foreign =
        all.live.texts().filter(|text| text.contains("django-microservices") || text.contains("user-service"));
    all.lines("what is of another project", foreign, [""; 0]);
    let owners = all.live.all("clusters").iter().filter_map(|cluster| tag(cluster, "infra:owner"));
    all.lines("owners", owners, ["bakery/test"]);
}
