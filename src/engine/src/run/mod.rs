//! The engine's effects: looking at what is live, and carrying a plan out. Nothing is decided here.

mod apply;
mod attempt;
mod interrupt;
mod look_again;
mod observe;
mod pause;
mod schedule;
mod step;

pub use apply::{Applying, apply};
pub use interrupt::Interrupt;
pub use look_again::look_again;
pub use observe::{Observing, World, observe};
