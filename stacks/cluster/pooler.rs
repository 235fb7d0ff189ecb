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

use super::{Around, Running, Site, confined, fargate, ground, logs, task};
use crate::database;
use crate::environment::{Environment, Login, PGBOUNCER, Pgbouncer};
use crate::network::POSTGRES_PORT;

/// What the pool's port is called, among the names by which services find each other.
const PORT: &str = "postgres";

/// What the pool is started with: its settings come from variables, and its secrets are in no file of the image. Any
/// image with a shell and PgBouncer will do.
const START: &str = r#"set -eu
umask 077
folder=$(mktemp -d)
quoted() { printf %s "$1" | sed "s/'/''/g"; }
replica() {
  [ -z "$DB_REPLICA_HOST" ] || printf "%s-replica = host=%s port=%s dbname=%s user=%s password='%s'" \
    "$DB_NAME" "$DB_REPLICA_HOST" "$DB_PORT" "$DB_NAME" "$DB_USER" "$(quoted "$DB_PASSWORD")"
}
{
  printf '"%s" "%s"\n' "$CLIENT_USER" "$CLIENT_PASSWORD"
  [ "$CLIENT_USER" = "$FORMER_CLIENT_USER" ] || printf '"%s" "%s"\n' "$FORMER_CLIENT_USER" "$FORMER_CLIENT_PASSWORD"
} > "$folder/users.txt"
[ -z "$SERVER_CA" ] || printf '%s\n' "$SERVER_CA" > "$folder/server-ca.pem"
cat > "$folder/pgbouncer.ini" <<END
[databases]
$DB_NAME = host=$DB_HOST port=$DB_PORT user=$DB_USER password='$(quoted "$DB_PASSWORD")'
$(replica)
[pgbouncer]
listen_addr = *
listen_port = $LISTEN_PORT
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/users.txt
server_tls_sslmode = $SERVER_TLS_SSLMODE
$([ -z "$SERVER_CA" ] || echo "server_tls_ca_file = $folder/server-ca.pem")
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
pub(super) fn password(stack: &mut Stack, environment: &Environment) -> Handle<Secret> {
    let password = Secret {
        name: format!("{}/pool-password", environment.project),
        description: "What services show to the pool of connections".into(),
        key: None,
        value: Value::Generated(Recipe { length: 48, characters: Characters::LettersAndDigits }),
    };
    stack.add("pool-password", password)
}

/// The password of a user that somebody has made in Postgres.
fn handed_in(login: &Login) -> (Ref<SecretArn>, SecretSource) {
    let Login { user: _, secret, key, version } = login;
    let secret: Ref<SecretArn> = Ref::known(secret);
    let source = match key {
        Some(key) => SecretSource::key(secret.clone(), key),
        None => SecretSource::from(secret.clone()),
    };
    let source = match version {
        Some(version) => source.of_version(Ref::known(version)),
        None => source,
    };
    (secret, source)
}

/// By which name services reach the replica, where there is one: they log in with the same name and password, and it is
/// not theirs to know Postgres's.
pub(super) fn replica_name() -> String {
    format!("{}{REPLICA}", database::NAME)
}

/// What follows the database's name in the replica's.
const REPLICA: &str = "-replica";

/// The name that goes with a version of that password.
pub(super) fn user(version: Ref<SecretVersion>) -> Text {
    Text::from("services-").and(version)
}

/// Adds the pool, which the services find by its service's name.
pub(super) fn add(stack: &mut Stack, site: &Site<'_>, shown: &Handle<Secret>) -> Running {
    let Around { environment, groups, database, .. } = &site.around;
    let Pgbouncer {
        image,
        registry_login,
        size,
        count,
        mode,
        clients,
        connections,
        server_ca,
        login: of_its_own,
        containers,
    } = &environment.pgbouncer;
    let (secret, password) = match (of_its_own, &database.password) {
        (Some(login), _) => handed_in(login),
        (None, Some(own)) => (own.id(), SecretSource::from(own.id()).of_version(own.output(Secret::VERSION))),
        // What AWS rotates by itself is not pinned: a task that is started anew has what there is then, and does not come
        // back with a password that is refused. That another version is there is told beside it.
        (None, None) => {
            let secret = database.instance.output(rds::Database::SECRET);
            (secret.clone(), SecretSource::key(secret, "password"))
        }
    };
    // Another version is another revision: the next apply starts the pool anew.
    let rotated_by_aws = (of_its_own.is_none() && database.password.is_none())
        .then(|| ("DB_PASSWORD_VERSION".to_owned(), database.instance.output(rds::Database::SECRET_VERSION).into()));
    let login: Option<Ref<SecretArn>> = registry_login.as_deref().map(Ref::known);
    let secrets = [secret, shown.id()].into_iter().chain(login.clone());
    let ground = ground(stack, environment, PGBOUNCER, image, secrets);
    let (newest, before) = (shown.output(Secret::VERSION), shown.output(Secret::BEFORE));

    let replica = database.replica.as_ref().map(|replica| Text::from(replica.output(rds::Replica::ADDRESS)));
    let variables: [(&str, Text); 13] = [
        ("DB_HOST", database.instance.output(rds::Database::ADDRESS).into()),
        ("DB_REPLICA_HOST", replica.unwrap_or_else(|| "".into())),
        ("DB_PORT", POSTGRES_PORT.to_string().into()),
        ("DB_NAME", database::NAME.into()),
        ("LISTEN_PORT", POSTGRES_PORT.to_string().into()),
        ("DB_USER", of_its_own.as_ref().map_or(database::USER, |login| &login.user).into()),
        ("CLIENT_USER", user(newest.clone())),
        ("FORMER_CLIENT_USER", user(before.clone())),
        ("SERVER_CA", server_ca.as_deref().unwrap_or_default().into()),
        ("SERVER_TLS_SSLMODE", if server_ca.is_some() { "verify-full" } else { "require" }.into()),
        ("POOL_MODE", mode.word().into()),
        ("MAX_CLIENT_CONN", clients.to_string().into()),
        ("DEFAULT_POOL_SIZE", connections.to_string().into()),
    ];
    let container = Container {
        entry_point: vec!["/bin/sh".into(), "-c".into()],
        command: vec![START.into()],
        ports: [Port { name: Some(PORT.into()), ..Port::tcp(POSTGRES_PORT) }].into(),
        environment: variables
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .chain(rotated_by_aws)
            .collect(),
        secrets: [
            ("DB_PASSWORD".into(), password),
            ("CLIENT_PASSWORD".into(), SecretSource::from(shown.id()).of_version(newest)),
            ("FORMER_CLIENT_PASSWORD".into(), SecretSource::from(shown.id()).of_version(before)),
        ]
        .into(),
        logs: Some(logs(environment, &ground)),
        registry_login: login,
        ..confined(image, &environment.cluster.containers.with(containers))
    };
    let task =
        stack.add(format!("{PGBOUNCER}-task-definition"), task(environment, PGBOUNCER, *size, &ground, container));
    let offer = Offer { port: PORT.into(), host: environment.named(PGBOUNCER), at: POSTGRES_PORT };
    let definition = ecs::Service {
        count: Count::Fixed(*count),
        connect: Connect::Known([offer].into()),
        ..fargate(site, PGBOUNCER, &groups.pooler, &task)
    };
    let service = stack.add(format!("{PGBOUNCER}-service"), definition);
    Running { ground, task, service }
}

#[cfg(test)]
mod tests;
