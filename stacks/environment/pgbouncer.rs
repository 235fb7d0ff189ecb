//! `[pgbouncer]`: the pool of connections that stands between the services and Postgres.

use super::containers::Exceptions;
use super::written::{is_image, is_secret};
use infra_aws::ecs::Fargate;
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// The pool of connections that stands between the services and Postgres.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pgbouncer {
    /// Its image: one with a shell and PgBouncer. Whoever owns a tag may move it, and nobody a digest:
    /// `edoburu/pgbouncer:v1.23.1-p3@sha256:…`.
    pub image: String,
    /// The ARN of the secret with the name and the password for its image's registry: Docker Hub lets only so many
    /// images go to who has none. Without it the registry must be open, or AWS's own.
    #[serde(default)]
    pub registry_login: Option<String>,
    /// How large each of its tasks is.
    pub size: Fargate,
    /// How many tasks there are: each has a pool of its own.
    #[schemars(range(min = 1, max = 5000))]
    pub count: u32,
    /// How long a client keeps a connection.
    pub mode: PoolMode,
    /// So many clients may be connected to each task.
    #[schemars(range(min = 1))]
    pub clients: u32,
    /// So many connections each task has to Postgres.
    #[schemars(range(min = 1))]
    pub connections: u32,
    /// The certificates that Postgres's own must be signed by, as PEM: RDS's of the region, from
    /// `https://truststore.pki.rds.amazonaws.com/us-east-1/us-east-1-bundle.pem`. With them the pool speaks to nobody
    /// else; without, what it says is encrypted, and to whom is not known.
    #[serde(default)]
    pub server_ca: Option<String>,
    /// A user of Postgres for the pool, in the place of the master. Somebody has to make it: see `docs/rotating.md`.
    #[serde(default)]
    pub login: Option<Login>,
    /// Where its container needs more, or less, than `[cluster.containers]` says.
    #[serde(default)]
    pub containers: Exceptions,
}

/// A user of Postgres that somebody has made, and where its password is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Its name.
    pub user: String,
    /// The ARN of the secret with its password.
    pub secret: String,
    /// The password's key in the secret, where that is JSON.
    #[serde(default)]
    pub key: Option<String>,
    /// The secret's version. Another one here is another deployment; without it each task has the password that there is
    /// when it starts.
    #[serde(default)]
    pub version: Option<String>,
}

/// What a PEM file of certificates has in it.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The most that a task definition has room for, beside what else it says.
const LARGEST_CA: usize = 32 * 1024;

/// How long a client keeps a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolMode {
    /// As long as it is connected itself.
    Session,
    /// For a transaction. Django must not use server-side cursors then.
    Transaction,
    /// For a statement: there are no transactions of several.
    Statement,
}

impl PoolMode {
    /// As PgBouncer calls it.
    pub fn word(self) -> &'static str {
        match self {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
            PoolMode::Statement => "statement",
        }
    }
}

impl Pgbouncer {
    /// Values that do not go together, where Postgres has so many connections.
    pub(super) fn conflicts(&self, most: u32) -> Vec<Conflict> {
        let Pgbouncer { image, registry_login, count, clients, connections, server_ca, login: of_its_own, .. } = self;
        let no_ca = |ca: &&String| !ca.trim_start().starts_with(CERTIFICATE) || ca.len() > LARGEST_CA;
        let no_ca = server_ca.iter().filter(no_ca).map(|ca| Conflict {
            at: "pgbouncer.server_ca".into(),
            wrong: format!("these {} bytes are no certificates, or too many", ca.len()),
            way_out: format!("write what is in RDS's bundle of the region, from `{CERTIFICATE}` on"),
        });
        let no_secret = of_its_own.iter().filter(|login| !is_secret(&login.secret)).map(|login| Conflict {
            at: "pgbouncer.login.secret".into(),
            wrong: format!("`{}` is no ARN of a secret", login.secret),
            way_out: "write `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-ABCDEF`".into(),
        });
        let of_postgres = |login: &&Login| {
            login.user.is_empty() || !login.user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let no_user = of_its_own.iter().filter(of_postgres).map(|login| Conflict {
            at: "pgbouncer.login.user".into(),
            wrong: format!("`{}` is no name", login.user),
            way_out: "write letters, digits and `_`".into(),
        });
        let no_image = (!is_image(image)).then(|| Conflict {
            at: "pgbouncer.image".into(),
            wrong: format!("`{image}` is no image"),
            way_out: "write a repository and a tag: `edoburu/pgbouncer:v1.23.1-p3`".into(),
        });
        let no_pool = (connections > clients).then(|| Conflict {
            at: "pgbouncer.connections".into(),
            wrong: format!("{connections} connections for {clients} clients are no pool"),
            way_out: "allow more clients than connections".into(),
        });
        let login = registry_login.iter().filter(|login| !is_secret(login)).map(|login| Conflict {
            at: "pgbouncer.registry_login".into(),
            wrong: format!("`{login}` is no ARN of a secret"),
            way_out: "write `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-ABCDEF`".into(),
        });
        // Each task keeps its connections open, and while a new revision comes there are twice as many tasks.
        let at_once = 2 * u64::from(*count) * u64::from(*connections);
        let too_many = (at_once > u64::from(most)).then(|| Conflict {
            at: "pgbouncer.connections".into(),
            wrong: format!("while it is rolled out there are {at_once} connections, and Postgres has {most}"),
            way_out: "write fewer connections, or more `max_connections`".into(),
        });
        no_image
            .into_iter()
            .chain(no_pool)
            .chain(too_many)
            .chain(login)
            .chain(no_ca)
            .chain(no_secret)
            .chain(no_user)
            .collect()
    }
}
