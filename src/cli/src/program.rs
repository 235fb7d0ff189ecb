//! What a program gives to the command line: its name, its type of environments, and its stacks.

use std::path::Path;

use infra_engine::model::Platform;
use serde_json::Value;

use crate::environment::{self, Environment, Facts, LoadError, Loaded};

/// A program made of stacks.
pub struct Program<E> {
    /// Its name, for messages, and for the ledger: what one program has made, no other changes.
    pub name: &'static str,
    /// Adds what an environment is to have to a platform. Pure: it reads and calls nothing.
    pub stacks: fn(&E, &mut Platform),
}

/// A program without its type of environments: all that commands need.
pub(crate) trait Definer {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Reads an environment, and collects what it is to have.
    fn define(&self, wanted: &str, from: &Path) -> Result<Defined, LoadError>;
    /// The schema of environment files.
    fn schema(&self) -> Value;
}

/// An environment, and what it is to have.
pub(crate) struct Defined {
    /// The environment, without the program's value.
    pub environment: Loaded<()>,
    /// What it is to have.
    pub platform: Platform,
}

impl<E: Environment> Definer for Program<E> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn define(&self, wanted: &str, from: &Path) -> Result<Defined, LoadError> {
        let Loaded { value, facts, file, root } = environment::load::<E>(wanted, from)?;
        let mut platform = Platform::new();
        (self.stacks)(&value, &mut platform);
        Ok(Defined { environment: Loaded { value: (), facts, file, root }, platform })
    }

    fn schema(&self) -> Value {
        environment::json_schema::<E>()
    }
}

/// The address of the local cloud, when an environment's endpoint is one: its port on the loopback address.
pub(crate) fn local_port(facts: &Facts) -> Option<u16> {
    let endpoint = facts.endpoint.as_deref()?.strip_prefix("http://")?.trim_end_matches('/');
    let (host, port) = endpoint.rsplit_once(':')?;
    let loopback = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
    port.parse().ok().filter(|_| loopback)
}
