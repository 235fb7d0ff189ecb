//! The laws that every kind must obey, written once: for any registry, and any sample of definitions.
//!
//! A law panics where it is broken and says which, on what. [`Ground`] is where it is tried, [`Sample`] is what on.
//!
//! - [`life`]: from nothing through every change back to nothing; what is planned is done, and nothing is left to plan;
//! - [`drift`]: what is changed outside is seen, said to be so, and put right;
//! - [`renames`]: an address is a tag; a rename makes and deletes nothing;
//! - [`leavings`]: what leaves the code goes, also the last of its kind, also when the records are lost;
//! - [`deaths`], [`faults`] and [`storms`]: whatever happens at whatever call, one run more converges, and nothing is twice;
//! - [`refused_twice`], [`replaced_on_request`] and [`taken_back`]: a successor stands before its predecessor goes;
//! - [`secrets`]: a planted secret is seen nowhere.

mod changes;
mod drift;
mod ground;
mod leavings;
mod portrait;
mod sample;
mod secrets;
mod storms;
mod successors;

pub use changes::{life, renames};
pub use drift::drift;
pub use ground::{Ground, Weathered};
pub use leavings::leavings;
pub use portrait::{Portrait, portrait};
pub use sample::{Sample, Variant};
pub use secrets::{CANARY, secrets};
pub use storms::{deaths, faults, same, storms};
pub use successors::{refused_twice, replaced_on_request, taken_back};
