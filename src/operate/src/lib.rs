//! What is done with a platform beside planning and applying it. Values from values: the terminal is the CLI's.

pub mod cost;
mod policy;
mod reference;

pub use policy::{
    Boundary, Home, LONGEST, Named, Place, Purpose, Repository, Role, boundary_for, boundary_of, keeps_tags,
    least_policies, roles_without, trusts_github,
};
pub use reference::{Page, reference};
