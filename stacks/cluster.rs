//! The cluster, and the services that run on it.
//!
//! What every service stands on before it runs is in `ground`, who may speak to whom in `groups`, the pool of connections
//! to Postgres in `pooler`. What a service is, is in the environment's table of its name: no service is named here.

mod ground;
mod groups;
mod pooler;

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::Text;
use infra_aws::ec2::SecurityGroup;
use infra_aws::ecs::{
    self, Architecture, Attachment, Breaker, Capabilities, Capacity, CapacityProvider, Connect, Container, Count, Logs,
    Port, Propagation, Rollout, SecretSource, Share, TaskDefinition, Tmpfs,
};
use infra_aws::elasticache::ReplicationGroup;
use infra_aws::iam::Role;
use infra_aws::secretsmanager::{Secret, SecretArn};
use infra_engine::model::{Handle, Platform, Ref, Stack};
use infra_values::Name;

pub use self::ground::{Ground, ground, repository};
pub use self::groups::{Groups, groups};
use crate::cache::Cache;
use crate::database::{self, Database};
use crate::edge::Edge;
use crate::environment::{Backend, Containers, Environment, Service};
use crate::network::{Network, POSTGRES_PORT, REDIS_PORT, SERVICE_PORT};

/// What the stacks on top of the cluster build on.
pub struct Cluster {
    /// Where the services run.
    pub cluster: Handle<ecs::Cluster>,
    /// The services, by name.
    pub services: BTreeMap<Name, Running>,
    /// The pool of connections to Postgres.
    pub pooler: Running,
}

/// A service, and what it is made of.
pub struct Running {
    /// What it stands on.
    pub ground: Ground,
    /// What it runs.
    pub task: Handle<TaskDefinition>,
    /// The service.
    pub service: Handle<ecs::Service>,
}

/// The pool of connections, and the password that services show to it.
type Pool<'a> = (&'a Running, &'a Handle<Secret>);

/// What the services speak to: each of them is told where it is.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// What differs between environments.
    pub environment: &'a Environment,
    /// Where they run.
    pub network: &'a Network,
    /// Who may speak to whom.
    pub groups: &'a Groups,
    /// Redis.
    pub cache: &'a Cache,
    /// Postgres.
    pub database: &'a Database,
    /// What calls them.
    pub edge: &'a Edge,
}

/// Where they run, and what is around it.
struct Site<'a> {
    around: Around<'a>,
    cluster: &'a Handle<ecs::Cluster>,
}

/// Adds the cluster and its services to the platform.
pub fn stack(platform: &mut Platform, around: Around<'_>) -> Cluster {
    let environment = around.environment;
    let mut stack = platform.stack("cluster");
    let cluster = cluster(&mut stack, environment);
    platform.output("cluster", cluster.output(ecs::Cluster::ARN));
    let around = Site { around, cluster: &cluster };
    let shown = pooler::password(&mut stack, environment);
    let pooler = pooler::add(&mut stack, &around, &shown);
    let pool = (&pooler, &shown);
    let mut services = BTreeMap::new();
    for (name, service) in &environment.services {
        services.insert(name.clone(), add(&mut stack, &around, pool, name, service));
    }
    Cluster { cluster, services, pooler }
}

/// The cluster alone.
pub fn cluster(stack: &mut Stack, environment: &Environment) -> Handle<ecs::Cluster> {
    stack.add(
        "cluster",
        ecs::Cluster {
            name: environment.named("cluster"),
            insights: environment.cluster.insights.into(),
            capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
            default_strategy: [Share { provider: CapacityProvider::Fargate, base: 0, weight: 1 }].into(),
            connects: true,
        },
    )
}

/// A service of the platform, with what it stands on and what it runs.
fn add(stack: &mut Stack, site: &Site<'_>, pool: Pool<'_>, name: &Name, service: &Service) -> Running {
    let Around { environment, groups, cache, edge, .. } = &site.around;
    let (_, password) = pool;
    let login: Option<Ref<SecretArn>> = service.registry_login.as_deref().map(Ref::known);
    let shown =
        [(Backend::Database, "DATABASE_PASSWORD", password), (Backend::Cache, "REDIS_AUTH_TOKEN", &cache.token)];
    let shown: Vec<_> = shown.into_iter().filter(|(backend, ..)| service.uses.contains(backend)).collect();
    let secrets = shown.iter().map(|(.., secret)| secret.id()).chain(login.clone());
    let ground = ground(stack, environment, name.as_str(), &service.image, secrets);

    // A task has what there was when it started: a new version is a new revision, and so a rollout.
    let newest = |secret: &Handle<Secret>| SecretSource::from(secret.id()).of_version(secret.output(Secret::VERSION));
    let container = Container {
        ports: [Port::tcp(SERVICE_PORT)].into(),
        environment: variables(&site.around, pool, name, service),
        secrets: shown.iter().map(|(_, variable, secret)| ((*variable).to_owned(), newest(secret))).collect(),
        logs: Some(logs(environment, &ground)),
        registry_login: login,
        ..confined(&service.image, &environment.cluster.containers.with(&service.containers))
    };
    let task = stack
        .add(format!("{name}-task-definition"), task(environment, name.as_str(), service.size, &ground, container));
    let definition = ecs::Service {
        count: Count::Autoscaled { from: service.count.desired },
        load_balancers: [Attachment {
            target_group: edge.groups[name].id(),
            container: name.to_string(),
            port: SERVICE_PORT,
        }]
        .into(),
        grace: service.health.grace_seconds,
        quick_metrics: environment.scaling.quick_metrics,
        ..fargate(site, name.as_str(), &groups.services[name], &task)
    };
    let service = stack.add(format!("{name}-service"), definition);
    Running { ground, task, service }
}

/// What a service is told in the open: who it is, and where everything is that it speaks to.
fn variables(around: &Around<'_>, pool: Pool<'_>, name: &Name, service: &Service) -> BTreeMap<String, Text> {
    let (pooler, password) = pool;
    let Around { environment, cache, database, .. } = around;
    let mut variables: BTreeMap<String, Text> =
        service.variables.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut tell = |variable: &str, value: Text| variables.insert(variable.to_owned(), value);
    tell("ENVIRONMENT", environment.name.as_str().into());
    tell("SERVICE", name.as_str().into());
    // Where its own metrics go: the scaling looks for them there.
    tell("METRICS_NAMESPACE", environment.project.as_str().into());
    if service.uses.contains(&Backend::Database) {
        // Never Postgres itself, nor its replica: the pool goes by its service's name.
        let pool = || Text::from(pooler.service.output(ecs::Service::NAME));
        tell("DATABASE_HOST", pool());
        tell("DATABASE_PORT", POSTGRES_PORT.to_string().into());
        tell("DATABASE_NAME", database::NAME.into());
        tell("DATABASE_USER", pooler::user(password.output(Secret::VERSION)));
        if database.replica.is_some() {
            tell("DATABASE_REPLICA_HOST", pool());
            tell("DATABASE_REPLICA_NAME", pooler::replica_name().into());
        }
    }
    if service.uses.contains(&Backend::Cache) {
        tell("REDIS_HOST", cache.group.output(ReplicationGroup::ENDPOINT).into());
        tell("REDIS_PORT", REDIS_PORT.to_string().into());
        tell("REDIS_CLUSTER", environment.cache.shards.is_some().to_string().into());
    }
    variables
}

/// A container of an image that gets at as much of its machine as it is said to.
fn confined(image: &str, containers: &Containers) -> Container {
    let Containers { user, readonly_root_filesystem, init_process_enabled, drop_capabilities, tmpfs } = containers;
    let tmpfs = tmpfs.iter().map(|(path, size)| (path.clone(), Tmpfs { size: *size, mount_options: BTreeSet::new() }));
    Container {
        user: Some(user.clone()).filter(|user| !user.is_empty()),
        read_only: *readonly_root_filesystem,
        init: *init_process_enabled,
        capabilities: Capabilities { add: BTreeSet::new(), drop: drop_capabilities.clone() },
        tmpfs: tmpfs.collect(),
        ..Container::of(image)
    }
}

/// A task of one container that is called like its service.
fn task(
    environment: &Environment,
    name: &str,
    size: ecs::Fargate,
    ground: &Ground,
    container: Container,
) -> TaskDefinition {
    TaskDefinition {
        family: environment.named(name),
        size,
        architecture: Architecture::X86,
        disk: None,
        task_role: Some(ground.task.output(Role::ARN)),
        execution_role: Some(ground.execution.output(Role::ARN)),
        containers: [(name.to_owned(), container)].into(),
        volumes: BTreeSet::new(),
    }
}

/// Where a service's containers write.
fn logs(environment: &Environment, ground: &Ground) -> Logs {
    Logs::CloudWatch { group: ground.logs.id(), region: environment.region.to_string(), prefix: "ecs".into() }
}

/// A service on Fargate, in the private subnets, that goes back when a new revision does not start. It knows the others
/// by name and is called by nobody.
fn fargate(site: &Site<'_>, name: &str, group: &Handle<SecurityGroup>, task: &Handle<TaskDefinition>) -> ecs::Service {
    let Site { around, cluster } = site;
    ecs::Service {
        cluster: cluster.id(),
        name: around.environment.named(name),
        task: task.id(),
        count: Count::Fixed(1),
        capacity: Capacity::Fargate,
        subnets: around.network.private.iter().map(Handle::id).collect(),
        security_groups: [group.id()].into(),
        public_ips: false,
        load_balancers: BTreeSet::new(),
        grace: 0,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: false,
        propagate_tags: Propagation::Service,
        connect: Connect::Known([].into()),
        rebalances: true,
        quick_metrics: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{changed, definitions, environment, problems, the};

    #[test]
    fn services_are_what_the_environment_says() {
        let other = changed("local", &[("user-service", "web"), ("api-gateway", "front")]);
        let definitions = definitions(&other);
        let names: Vec<String> = definitions.iter().map(|definition| definition.address.to_string()).collect();
        for address in ["edge.web", "edge.web-rule", "cluster.web-service", "scaling.web", "scaling.front-cpu"] {
            assert!(names.iter().any(|name| name == address), "there is no {address}");
        }
        let text = format!("{definitions:?}");
        assert!(!text.contains("user-service") && !text.contains("api-gateway"));
    }

    #[test]
    fn services_are_told_of_the_pool_and_never_of_postgres() {
        let prod = environment("prod");
        let task: TaskDefinition = the(&prod, "cluster.order-service-task-definition");
        let Container { environment, secrets, .. } = &task.containers["order-service"];
        assert_eq!(environment["DATABASE_HOST"].value(), "cluster.pgbouncer-service.name");
        assert_eq!(environment["REDIS_HOST"].value(), "cache.redis.endpoint");
        assert!(environment.values().all(|value| !value.value().starts_with("database.")), "{environment:?}");
        assert_eq!(environment["DATABASE_USER"].value(), "services-cluster.pool-password.version");
        assert_eq!(Vec::from_iter(secrets.keys()), ["DATABASE_PASSWORD", "REDIS_AUTH_TOKEN"]);
        // None of them can be a variable of the service's own: AWS takes no name twice.
        let told: BTreeSet<&str> = environment.keys().chain(secrets.keys()).map(String::as_str).collect();
        assert_eq!(told, BTreeSet::from(crate::environment::TOLD));

        let pool: TaskDefinition = the(&prod, "cluster.pgbouncer-task-definition");
        assert_eq!(pool.containers["pgbouncer"].environment["DB_HOST"].value(), "database.postgres.address");
        assert_eq!(pool.containers["pgbouncer"].environment["DB_REPLICA_HOST"].value(), "database.replica.address");
        let shown = serde_json::to_string(&pool.containers["pgbouncer"].secrets).unwrap();
        for part in ["database.password", "cluster.pool-password", "\"version\"", "\"before\""] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn a_container_gets_at_as_little_as_it_needs_unless_it_is_said_to_need_more() {
        let container = |environment: &Environment, service: &str| {
            let task: TaskDefinition = the(environment, &format!("cluster.{service}-task-definition"));
            task.containers[service].clone()
        };
        let prod = environment("prod");
        for service in ["order-service", "pgbouncer"] {
            let Container { user, read_only, init, capabilities, tmpfs, privileged, .. } = container(&prod, service);
            assert_eq!((user.as_deref(), read_only, init, privileged), (Some("1000:1000"), true, true, false));
            assert_eq!(capabilities, Capabilities::none());
            assert_eq!(Vec::from_iter(tmpfs), [("/tmp".to_owned(), Tmpfs { size: 64, mount_options: [].into() })]);
        }
        let more = "containers = { user = \"\", readonly_root_filesystem = false, drop_capabilities = [], tmpfs = {} }";
        let front = "[services.order-service]";
        let other = changed("prod", &[(front, &format!("{front}\n{more}"))]);
        let Container { user, read_only, init, capabilities, tmpfs, .. } = container(&other, "order-service");
        assert_eq!((user, read_only, init, tmpfs.len()), (None, false, true, 0));
        assert_eq!(capabilities, Capabilities::default());
        assert_eq!(container(&other, "user-service"), container(&prod, "user-service"));
    }

    #[test]
    fn the_pool_is_somebody_else_in_postgres_where_that_is_said() {
        let secret = "arn:aws:secretsmanager:us-east-1:333333333333:secret:app-AbCdEf";
        let login = format!(
            "[pgbouncer]\nlogin = {{ user = \"app\", secret = \"{secret}\", key = \"password\", version = \"v1\" }}"
        );
        let other = changed("prod", &[("[pgbouncer]", &login)]);
        let pool: TaskDefinition = the(&other, "cluster.pgbouncer-task-definition");
        let Container { environment, secrets, .. } = &pool.containers["pgbouncer"];
        assert_eq!(environment["DB_USER"].value(), "app");
        assert!(!format!("{secrets:?}").contains("database.password"), "{secrets:?}");
        assert_eq!(
            secrets["DB_PASSWORD"],
            SecretSource::key(Ref::<SecretArn>::known(secret), "password").of_version(Ref::known("v1"))
        );
        let role = format!("{:?}", the::<Role>(&other, "cluster.pgbouncer-execution"));
        assert!(role.contains(secret) && !role.contains("database.password"), "{role}");
        assert_eq!(environment["SERVER_TLS_SSLMODE"].value(), "require");
        let ca = "[pgbouncer]\nserver_ca = \"\"\"\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n\"\"\"";
        let verified = changed("prod", &[("[pgbouncer]", ca)]);
        let pool: TaskDefinition = the(&verified, "cluster.pgbouncer-task-definition");
        assert_eq!(pool.containers["pgbouncer"].environment["SERVER_TLS_SSLMODE"].value(), "verify-full");
        for (written, told) in [
            ("server_ca = \"x\"", "these 1 bytes are no certificates"),
            ("login = { user = \"app\", secret = \"x\" }", "`x` is no ARN of a secret"),
            ("login = { user = \"a b\", secret = \"x\" }", "`a b` is no name"),
        ] {
            let said = problems("prod", &[("[pgbouncer]", &format!("[pgbouncer]\n{written}"))]);
            assert!(said.contains(told), "{said}");
        }
    }

    #[test]
    fn a_service_counts_by_itself_and_goes_back_when_it_does_not_start() {
        let prod = environment("prod");
        let service: ecs::Service = the(&prod, "cluster.order-service-service");
        assert_eq!((service.count, service.grace), (Count::Autoscaled { from: 2 }, 60));
        assert_eq!(service.rollout.breaker, Breaker::RollBack);
        let pool: ecs::Service = the(&prod, "cluster.pgbouncer-service");
        assert_eq!((pool.count, pool.load_balancers.len()), (Count::Fixed(2), 0));
    }
}
