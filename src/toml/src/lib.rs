//! TOML that people write: every mistake with its line, and what was probably meant.

mod nearest;
mod problem;
mod tree;

pub use nearest::nearest;
pub use problem::{Problem, Problems};
pub use tree::{Table, described, locate, parse};
