//! What is done with a platform beside planning and applying it. Values from values: the terminal is the CLI's.

mod policy;
mod reference;

pub use policy::{Home, LONGEST, least_policies};
pub use reference::{Page, reference};
