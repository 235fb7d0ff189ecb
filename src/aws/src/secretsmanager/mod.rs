//! Secrets Manager: values that this program generates, and shows to nobody.

mod recipe;
mod secret;
mod sent;
mod value;

pub use recipe::{Characters, Recipe};
pub use secret::{Secret, SecretArn, SecretVersion, Value};
pub use sent::SecretValue;

pub(crate) use sent::{Note, values};
pub(crate) use value::{Versions, current, end_rotation, hand_over, version, versions};
