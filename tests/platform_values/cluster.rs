//! The cluster: five services that go back when they do not start, and the pool in front of Postgres.

use serde_json::{Value, json};

use super::{COUNTS, named};
use crate::support::{Comparison, items, tag, texts};

pub fn compare(all: &mut Comparison<'_>) {
    let cluster = all.the("clusters", "clusterName", &named("cluster"));
    all.has("cluster", cluster, &json!({"status": "ACTIVE"}));
    let settings = items(&cluster["settings"]).map(Value::to_string);
    all.lines("cluster's settings", settings, [json!({"name": "containerInsights", "value": "enhanced"}).to_string()]);

    for (service, minimum, _) in COUNTS {
        runs(all, service, minimum);
        let live = all.the("services", "serviceName", &named(service));
        all.has(service, live, &json!({"healthCheckGracePeriodSeconds": 60}));
        let target = json!({"containerName": service, "containerPort": 8000});
        all.has(&format!("{service} · loadBalancers"), &live["loadBalancers"][0], &target);
        let group = live["loadBalancers"][0]["targetGroupArn"].as_str().unwrap_or_default();
        all.has(service, &json!(group.contains(&format!(":targetgroup/tg-{service}/"))), &json!(true));

        let container = container(all, service);
        all.has(
            &format!("container of {service}"),
            container,
            &json!({"image": format!("registry.example.com/{service}:1.0.0")}),
        );
        let told = items(&container["environment"]).map(pair);
        all.lines(
            &format!("{service} is told"),
            told.filter(|line| {
                !line.starts_with("DATABASE_REPLICA_HOST=") && !line.starts_with("DATABASE_USER=services-")
            }),
            [
                "ENVIRONMENT=test",
                &format!("SERVICE={service}"),
                "METRICS_NAMESPACE=django-microservices",
                "DATABASE_HOST=django-microservices-pgbouncer",
                "DATABASE_REPLICA_NAME=django-replica",
                "DATABASE_PORT=5432",
                "DATABASE_NAME=django",
                "REDIS_HOST=redis",
                "REDIS_PORT=6379",
                "REDIS_CLUSTER=false",
            ],
        );
        let secrets = items(&container["secrets"]).filter_map(|secret| secret["name"].as_str());
        let secret = ["DATABASE_PASSWORD", "REDIS_AUTH_TOKEN"];
        all.lines(&format!("secrets of {service}"), secrets, secret);
        let task = definition(all, service);
        all.has(&format!("task of {service}"), task, &json!({"cpu": "512", "memory": "1024"}));
    }
    pool(all);
}

/// What all of them have in common, the pool too.
fn runs(all: &mut Comparison<'_>, service: &str, count: u32) {
    let live = all.the("services", "serviceName", &named(service));
    all.has(
        service,
        live,
        &json!({
            "status": "ACTIVE", "launchType": "FARGATE", "desiredCount": count,
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
            "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "DISABLED"}},
        }),
    );
    let place = &live["networkConfiguration"]["awsvpcConfiguration"];
    let (subnets, groups) = (all.names("subnets", "SubnetId"), all.names("security groups", "GroupId"));
    let stands = texts(&place["subnets"]).filter_map(|id| subnets.get(id).copied());
    let required = ["a", "b", "c"].map(|zone| named(&format!("private-{zone}")));
    all.lines(&format!("subnets of {service}"), stands, required);
    let group = texts(&place["securityGroups"]).filter_map(|id| groups.get(id).copied());
    all.lines(&format!("security groups of {service}"), group, [named(service)]);

    let task = definition(all, service);
    all.has(
        &format!("task of {service}"),
        task,
        &json!({
            "taskDefinitionArn": live["taskDefinition"], "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        }),
    );
    let account = &all.live.one("clusters", "clusterName", &named("cluster"))["clusterArn"];
    let account = account.as_str().and_then(|arn| arn.split(':').nth(4)).unwrap_or_default();
    let group = format!("/ecs/django-microservices/{service}");
    let options = json!({"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"});
    let required = json!({
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        "user": "1000:1000", "readonlyRootFilesystem": true,
        "linuxParameters": {
            "initProcessEnabled": true, "capabilities": {"drop": ["ALL"]},
            "tmpfs": [{"containerPath": "/tmp", "size": 64}],
        },
    });
    all.has(&format!("container of {service}"), container(all, service), &required);
    let kept = all.the("log groups", "logGroupName", &group);
    all.has(&group, kept, &json!({"retentionInDays": 30}));
    for (member, purpose) in [("taskRoleArn", "task"), ("executionRoleArn", "execution")] {
        let name = named(&format!("{service}-{purpose}"));
        all.has(service, &task[member], &json!(format!("arn:aws:iam::{account}:role/{name}")));
        let role = all.the("roles", "RoleName", &name);
        let trust = &role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
        all.lines(&name, texts(trust), ["ecs-tasks.amazonaws.com"]);
    }
}

/// Two tasks that share out a few connections.
fn pool(all: &mut Comparison<'_>) {
    runs(all, "pgbouncer", 2);
    let task = definition(all, "pgbouncer");
    all.has("task of pgbouncer", task, &json!({"cpu": "256", "memory": "512"}));
    let container = container(all, "pgbouncer");
    all.has("container of pgbouncer", container, &json!({"image": "edoburu/pgbouncer:v1.23.1-p3"}));
    let database = all.the("databases", "DBInstanceIdentifier", &named("db"));
    let address = database["Endpoint"]["Address"].as_str().unwrap_or_default();
    let replica = all.the("databases", "DBInstanceIdentifier", &named("db-replica"));
    let replica = replica["Endpoint"]["Address"].as_str().unwrap_or_default();
    let told = items(&container["environment"]).map(pair);
    all.lines(
        "pgbouncer is told",
        told.filter(|line| !line.contains("CLIENT_USER=services-")),
        [
            &format!("DB_HOST={address}"),
            &format!("DB_REPLICA_HOST={replica}"),
            "DB_PORT=5432",
            "DB_NAME=django",
            "LISTEN_PORT=5432",
            "DB_USER=django",
            "SERVER_CA=",
            "SERVER_TLS_SSLMODE=require",
            "POOL_MODE=transaction",
            "MAX_CLIENT_CONN=1000",
            "DEFAULT_POOL_SIZE=40",
        ],
    );
    let secrets = items(&container["secrets"]).filter_map(|secret| secret["name"].as_str());
    all.lines("secrets of pgbouncer", secrets, ["CLIENT_PASSWORD", "DB_PASSWORD", "FORMER_CLIENT_PASSWORD"]);
    let live = all.the("services", "serviceName", &named("pgbouncer"));
    let connect = &live["deployments"][0]["serviceConnectConfiguration"]["services"][0]["clientAliases"][0];
    all.has("pgbouncer's name", connect, &json!({"dnsName": named("pgbouncer"), "port": 5432}));
}

fn definition<'a>(all: &Comparison<'a>, service: &str) -> &'a Value {
    let of_service = |item: &&Value| item["taskDefinition"]["family"] == named(service);
    let found = all.live.all("task definitions").iter().find(of_service);
    found.filter(|item| tag(item, "Name").is_some()).map_or(&Value::Null, |item| &item["taskDefinition"])
}

fn container<'a>(all: &Comparison<'a>, service: &str) -> &'a Value {
    let mut containers = items(&definition(all, service)["containerDefinitions"]);
    containers.find(|container| container["name"] == service).unwrap_or(&Value::Null)
}

fn pair(variable: &Value) -> String {
    let text = |member: &str| variable[member].as_str().unwrap_or_default();
    format!("{}={}", text("name"), text("value"))
}
