//! PgBouncer: a few connections to Postgres, shared out among the many that the services open.
//!
//! Postgres pays for every connection with memory, and every task of every service wants some. So services are told of
//! the pool alone, which asks them for the same name and password as Postgres does.

use infra_aws::Text;
use infra_aws::ecs::{self, Connect, Container, Count, Offer, Port, SecretSource};
use infra_aws::rds;
use infra_aws::secretsmanager::SecretArn;
use infra_engine::model::{Ref, Stack};

use super::{Around, Running, fargate, ground, logs, task};
use crate::database;
use crate::environment::{PGBOUNCER, Pgbouncer};
use crate::network::POSTGRES_PORT;

/// What the pool's port is called, among the names by which services find each other.
const PORT: &str = "postgres";

/// Adds the pool, which the services find by its service's name.
pub(super) fn add(stack: &mut Stack, around: &Around<'_>) -> Running {
    let Around { environment, database, .. } = around;
    let Pgbouncer { image, registry_login, size, count, mode, clients, connections } = &environment.pgbouncer;
    let password = database.instance.output(rds::Database::SECRET);
    let login: Option<Ref<SecretArn>> = registry_login.as_deref().map(Ref::known);
    let secrets = [password.clone()].into_iter().chain(login.clone());
    let ground = ground(stack, environment, PGBOUNCER, image, secrets);

    let variables: [(&str, Text); 9] = [
        ("DB_HOST", database.instance.output(rds::Database::ADDRESS).into()),
        ("DB_PORT", POSTGRES_PORT.to_string().into()),
        ("DB_NAME", database::NAME.into()),
        ("LISTEN_PORT", POSTGRES_PORT.to_string().into()),
        ("AUTH_TYPE", "scram-sha-256".into()),
        ("SERVER_TLS_SSLMODE", "require".into()),
        ("POOL_MODE", mode.word().into()),
        ("MAX_CLIENT_CONN", clients.to_string().into()),
        ("DEFAULT_POOL_SIZE", connections.to_string().into()),
    ];
    let container = Container {
        ports: [Port { name: Some(PORT.into()), ..Port::tcp(POSTGRES_PORT) }].into(),
        environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        secrets: [
            ("DB_USER".into(), SecretSource::key(password.clone(), "username")),
            ("DB_PASSWORD".into(), SecretSource::key(password, "password")),
        ]
        .into(),
        logs: Some(logs(environment, &ground)),
        registry_login: login,
        ..Container::of(image)
    };
    let task =
        stack.add(format!("{PGBOUNCER}-task-definition"), task(environment, PGBOUNCER, *size, &ground, container));
    let offer = Offer { port: PORT.into(), host: environment.named(PGBOUNCER), at: POSTGRES_PORT };
    let definition = ecs::Service {
        count: Count::Fixed(*count),
        connect: Connect::Known([offer].into()),
        ..fargate(around, PGBOUNCER, &task)
    };
    let service = stack.add(format!("{PGBOUNCER}-service"), definition);
    Running { ground, task, service }
}
