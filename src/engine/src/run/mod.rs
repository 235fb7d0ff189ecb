//! The engine's effects: looking at what is live, and carrying a plan out. Nothing is decided here.

mod apply;
mod attempt;
mod home;
mod interrupt;
mod journal;
mod locked;
mod look_again;
mod observe;
mod pause;
mod perform;
mod schedule;
mod step;
mod survey;

pub use apply::{Applying, apply};
pub use home::away;
pub use interrupt::Interrupt;
pub use journal::Journal;
pub use locked::{Locking, NotLocked, locked};
pub use look_again::look_again;
pub use observe::{Observing, Selected, World, observe};
pub use perform::{Performed, Performing, perform};
pub use survey::{Surveyed, Surveying, look, survey};
