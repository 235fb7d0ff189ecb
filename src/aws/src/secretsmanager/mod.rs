//! Secrets Manager: values that this program generates, and shows to nobody.

mod recipe;
mod secret;
mod value;

pub use recipe::{Characters, Recipe};
pub use secret::{Secret, SecretArn, Value};

pub(crate) use value::{current, current_version};
