//! Definitions joined by what they need: an order, or everything that is wrong with them. Pure.

mod build;
mod edge;
mod nearest;

pub use build::{Graph, GraphProblem};
pub use edge::Edge;
pub use nearest::nearest;
