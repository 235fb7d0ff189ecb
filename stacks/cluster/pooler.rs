//! PgBouncer: a few connections to Postgres, shared out among the many that the services open.
//!
//! Postgres pays for every connection with memory, and every task of every service wants some. So services are told of
//! the pool alone.
//!
//! What services show to the pool is not what the pool shows to Postgres, so that each can change without the other:
//!
//! * A new password of Postgres is the pool's business alone. Postgres knows one password of a user: when it has
//!   changed, what is connected stays connected, and who connects must show the new one. The pool keeps its connections
//!   open, and is started anew with the new password in the apply that has changed it. Two users of Postgres that take
//!   turns would do without that, but RDS makes one user, and the second would have to be made by somebody who is
//!   connected.
//! * What services show is a name and a password that go together: the name has the password's version in it. The pool
//!   takes the newest pair and the one before, and starts anew before the first service does: at every moment, what a
//!   task was started with is taken.

use infra_aws::Text;
use infra_aws::ecs::{self, Connect, Container, Count, Offer, Port, SecretSource};
use infra_aws::rds;
use infra_aws::secretsmanager::{Characters, Recipe, Secret, SecretArn, SecretVersion, Value};
use infra_engine::model::{Handle, Ref, Stack};

use super::{Around, Running, fargate, ground, logs, task};
use crate::database;
use crate::environment::{PGBOUNCER, Pgbouncer};
use crate::network::POSTGRES_PORT;

/// What the pool's port is called, among the names by which services find each other.
const PORT: &str = "postgres";

/// What the pool is started with: its settings come from variables, and its secrets are in no file of the image. Any
/// image with a shell and PgBouncer will do.
const START: &str = r#"set -eu
umask 077
folder=$(mktemp -d)
quoted() { printf %s "$1" | sed "s/'/''/g"; }
{
  printf '"%s" "%s"\n' "$CLIENT_USER" "$CLIENT_PASSWORD"
  [ "$CLIENT_USER" = "$FORMER_CLIENT_USER" ] || printf '"%s" "%s"\n' "$FORMER_CLIENT_USER" "$FORMER_CLIENT_PASSWORD"
} > "$folder/users.txt"
cat > "$folder/pgbouncer.ini" <<END
[databases]
$DB_NAME = host=$DB_HOST port=$DB_PORT user=$DB_USER password='$(quoted "$DB_PASSWORD")'
[pgbouncer]
listen_addr = *
listen_port = $LISTEN_PORT
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/users.txt
server_tls_sslmode = $SERVER_TLS_SSLMODE
server_login_retry = 1
server_idle_timeout = 0
pool_mode = $POOL_MODE
max_client_conn = $MAX_CLIENT_CONN
default_pool_size = $DEFAULT_POOL_SIZE
min_pool_size = $DEFAULT_POOL_SIZE
ignore_startup_parameters = extra_float_digits
END
exec pgbouncer "$folder/pgbouncer.ini"
"#;

/// What services show to the pool.
pub(super) fn password(stack: &mut Stack, around: &Around<'_>) -> Handle<Secret> {
    let password = Secret {
        name: format!("{}/pool-password", around.environment.project),
        description: "What services show to the pool of connections".into(),
        key: None,
        value: Value::Generated(Recipe { length: 48, characters: Characters::LettersAndDigits }),
    };
    stack.add("pool-password", password)
}

/// The name that goes with a version of that password.
pub(super) fn user(version: Ref<SecretVersion>) -> Text {
    Text::from("services-").and(version)
}

/// Adds the pool, which the services find by its service's name.
pub(super) fn add(stack: &mut Stack, around: &Around<'_>, shown: &Handle<Secret>) -> Running {
    let Around { environment, database, .. } = around;
    let Pgbouncer { image, registry_login, size, count, mode, clients, connections } = &environment.pgbouncer;
    let (secret, password) = match &database.password {
        Some(own) => (own.id(), SecretSource::from(own.id()).of_version(own.output(Secret::VERSION))),
        // What AWS rotates by itself has no version that is known here: each task has what there is when it starts.
        None => {
            let secret = database.instance.output(rds::Database::SECRET);
            (secret.clone(), SecretSource::key(secret, "password"))
        }
    };
    let login: Option<Ref<SecretArn>> = registry_login.as_deref().map(Ref::known);
    let secrets = [secret, shown.id()].into_iter().chain(login.clone());
    let ground = ground(stack, environment, PGBOUNCER, image, secrets);
    let (newest, before) = (shown.output(Secret::VERSION), shown.output(Secret::BEFORE));

    let variables: [(&str, Text); 11] = [
        ("DB_HOST", database.instance.output(rds::Database::ADDRESS).into()),
        ("DB_PORT", POSTGRES_PORT.to_string().into()),
        ("DB_NAME", database::NAME.into()),
        ("LISTEN_PORT", POSTGRES_PORT.to_string().into()),
        ("DB_USER", database::USER.into()),
        ("CLIENT_USER", user(newest.clone())),
        ("FORMER_CLIENT_USER", user(before.clone())),
        ("SERVER_TLS_SSLMODE", "require".into()),
        ("POOL_MODE", mode.word().into()),
        ("MAX_CLIENT_CONN", clients.to_string().into()),
        ("DEFAULT_POOL_SIZE", connections.to_string().into()),
    ];
    let container = Container {
        entry_point: vec!["/bin/sh".into(), "-c".into()],
        command: vec![START.into()],
        ports: [Port { name: Some(PORT.into()), ..Port::tcp(POSTGRES_PORT) }].into(),
        environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        secrets: [
            ("DB_PASSWORD".into(), password),
            ("CLIENT_PASSWORD".into(), SecretSource::from(shown.id()).of_version(newest)),
            ("FORMER_CLIENT_PASSWORD".into(), SecretSource::from(shown.id()).of_version(before)),
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

#[cfg(test)]
mod tests;
