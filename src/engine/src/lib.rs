//! The engine: from definitions and what is live to a plan, and from a plan to what is live.
//!
//! It knows no cloud and no terminal. Kinds of resources are met through [`live::Kind`], people through [`event::Event`].
//! Everything is synchronous and total, except in [`run`] and in what [`record`] writes, which are all that has effects.

pub mod check;
pub mod diff;
pub mod event;
pub mod graph;
pub mod live;
pub mod model;
pub mod plan;
pub mod record;
pub mod run;
#[cfg(test)]
mod testing;
