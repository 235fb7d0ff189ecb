//! What every definition's type has: derived, never written by hand.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schema::Schema;

/// A definition of one resource of one kind. Implemented by `#[derive(Resource)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of resource",
    label = "a definition is a struct with `#[derive(Resource)]` and `#[resource(kind = \"service/kind\", id = SomeId)]`"
)]
pub trait Resource: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The mark of its identifier: `SubnetId`.
    type Id;
    /// What it says of itself.
    const SCHEMA: &'static Schema;
}
