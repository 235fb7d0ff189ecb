//! `[pgbouncer]`: the pool of connections that stands between the services and Postgres.

use super::written::{is_image, is_secret};
use infra_aws::ecs::Fargate;
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// The pool of connections that stands between the services and Postgres.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pgbouncer {
    /// Its image: one that takes its settings from the variables `DB_HOST`, `POOL_MODE` and so on.
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
}

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
        let Pgbouncer { image, registry_login, count, clients, connections, .. } = self;
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
        no_image.into_iter().chain(no_pool).chain(too_many).chain(login).collect()
    }
}
