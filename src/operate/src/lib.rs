//! What is done with a platform beside planning and applying it. Values from values: the terminal is the CLI's.

mod policy;

pub use policy::least_policy;
