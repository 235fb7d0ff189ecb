//! Task definitions and services.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::ecs::{
    Architecture, Attachment, Breaker, Capacity, Connect, Container, Count, Cpu512, Fargate, Health, Logs, Port,
    Propagation, Rollout, SecretSource, Service, TaskDefinition,
};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Other, Ours, Theirs};
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Server, aws, json};

const TASK: &str = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop-web:1";
const GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067";
const NONE: &str = "a list of nothing says as much as none";
const BY_NAME: &str = "ECS takes a name as well as an ARN";
const NO_WORD: &str = "a definition has no word for it: ECS chooses, and keeps what somebody else has chosen";

fn task() -> TaskDefinition {
    let secret: Ref<()> = Ref::known("arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf");
    let web = Container {
        command: vec!["gunicorn".into(), "shop.wsgi".into()],
        environment: BTreeMap::from([("DEBUG".into(), "false".into()), ("REGION".into(), "eu-central-1".into())]),
        secrets: BTreeMap::from([("DATABASE_PASSWORD".into(), SecretSource::key(secret, "password"))]),
        ports: BTreeSet::from([Port::tcp(8000)]),
        health: Some(Health {
            command: vec!["CMD-SHELL".into(), "curl -f http://localhost:8000/health || exit 1".into()],
            interval: 30,
            timeout: 5,
            retries: 3,
            start_period: 60,
        }),
        logs: Some(Logs::CloudWatch {
            group: Ref::known("/ecs/shop/web"),
            region: "eu-central-1".into(),
            prefix: "web".into(),
        }),
        ..Container::of("registry.example.com/web:1.0.0")
    };
    TaskDefinition {
        family: "shop-web".into(),
        size: Fargate::Cpu512(Cpu512::Gb1),
        architecture: Architecture::Arm,
        disk: None,
        task_role: Some(Ref::known("arn:aws:iam::123456789012:role/shop-web")),
        execution_role: Some(Ref::known("arn:aws:iam::123456789012:role/shop-execution")),
        containers: BTreeMap::from([("web".into(), web)]),
        volumes: BTreeSet::new(),
    }
}

fn service() -> Service {
    Service {
        cluster: Ref::known("shop"),
        name: "shop-web".into(),
        task: Ref::known(TASK),
        count: Count::Fixed(2),
        capacity: Capacity::Fargate,
        subnets: ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"].map(Ref::known).into(),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        public_ips: false,
        load_balancers: BTreeSet::from([Attachment {
            target_group: Ref::known(GROUP),
            container: "web".into(),
            port: 8000,
        }]),
        grace: 60,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: true,
        propagate_tags: Propagation::Service,
        connect: Connect::Off,
        rebalances: true,
        quick_metrics: false,
    }
}

/// ECS, which has made what was asked for.
async fn server() -> Server {
    let made = r#"{"taskDefinition": {"taskDefinitionArn": "TASK"}, "service": {"serviceArn":
        "arn:aws:ecs:eu-central-1:123456789012:service/shop/shop-web", "status": "ACTIVE"}}"#;
    Server::start([json(200, &made.replace("TASK", TASK))]).await
}

#[tokio::test]
async fn registering_a_task_definition() {
    let server = server().await;
    TaskDefinition::create(&aws(&server.url).await, &order(task())).await.unwrap();
    Recorded {
        call: "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
        body: include_str!("recorded/task-register.json"),
        sets: &[],
        differences: &[
            Ours("tags", OWNERSHIP),
            Ours("containerDefinitions.cpu", "nought means that no processors are kept for a container alone"),
            Ours("containerDefinitions.dependsOn", NONE),
            Ours("containerDefinitions.mountPoints", NONE),
            Ours("volumes", NONE),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_service() {
    let server = server().await;
    Service::create(&aws(&server.url).await, &order(service())).await.unwrap();
    Recorded {
        call: "AmazonEC2ContainerServiceV20141113.CreateService",
        body: include_str!("recorded/service-create.json"),
        sets: &["subnets"],
        differences: &[
            Ours("tags", OWNERSHIP),
            Other("clientToken", "ours is the order's own, so that an order that is repeated makes no second one"),
            Other("cluster", BY_NAME),
            Ours("serviceConnectConfiguration", "that it is off is said, as it is in the definition"),
            Other("availabilityZoneRebalancing", "that it is on is said, as it is in the definition"),
            Theirs("capacityProviderStrategy", NONE),
            Theirs("enableECSManagedTags", NO_WORD),
            Theirs("platformVersion", "Fargate takes the latest where nothing is said"),
            Theirs("schedulingStrategy", "ECS takes this one where nothing is said"),
            Theirs("vpcLatticeConfigurations", NONE),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_a_service() {
    let server = server().await;
    let wanted = Service {
        task: Ref::known(TASK.replace("web:1", "web:2")),
        grace: 120,
        rollout: Rollout { maximum: 150, ..service().rollout },
        ..service()
    };
    let live = found("arn:aws:ecs:eu-central-1:123456789012:service/shop/shop-web", service(), &[]);
    Service::update(&aws(&server.url).await, &live, &wanted).await.unwrap();
    Recorded {
        call: "AmazonEC2ContainerServiceV20141113.UpdateService",
        body: include_str!("recorded/service-update.json"),
        sets: &[],
        differences: &[
            Other("cluster", BY_NAME),
            Other("service", BY_NAME),
            Ours(
                "deploymentConfiguration.deploymentCircuitBreaker",
                "how a revision takes over is one choice, sent whole",
            ),
            Theirs("availabilityZoneRebalancing", NO_WORD),
        ],
    }
    .check(&server);
}
