//! What the tests of the stacks have in common: the environments of the project, and what is defined for them.

use infra_cli::environment::{load, parse};
use infra_engine::model::{Definition, Platform, Resource};

use crate::environment::Environment;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// An environment of the project.
pub(crate) fn environment(name: &str) -> Environment {
    load::<Environment>(name, ROOT.as_ref()).unwrap_or_else(|error| panic!("{error}")).value
}

/// Everything that is defined for an environment.
pub(crate) fn definitions(environment: &Environment) -> Vec<Definition> {
    let mut platform = Platform::new();
    crate::platform(environment, &mut platform);
    platform.finish().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The definition at an address.
pub(crate) fn the<R: Resource>(environment: &Environment, address: &str) -> R {
    let definitions = definitions(environment);
    let definition = definitions.iter().find(|definition| definition.address.to_string() == address);
    definition.unwrap_or_else(|| panic!("there is no {address}")).document.reveal().unwrap()
}

/// What is said of an environment of the project in which each of these texts is another one.
pub(crate) fn problems(name: &str, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(format!("{ROOT}/environments/{name}.toml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no `{from}`");
        text = text.replace(from, to);
    }
    parse::<Environment>(&text, "changed.toml", None).unwrap_err().to_string()
}
