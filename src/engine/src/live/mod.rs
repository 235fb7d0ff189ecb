//! What is live, and the one trait through which the engine meets a kind of resource.
//!
//! A kind's file implements [`Behaviour`], typed. The engine sees [`Kind`], which knows only documents.
//! Nothing here plans: reading answers what is there, and nothing else.

mod behaviour;
mod fault;
mod found;
mod kind;
mod registry;
mod shared;

pub use behaviour::{Behaviour, HandOver, Order, Retag, Rotation, Waits};
pub use fault::{Fault, FaultKind, GoneIsFine};
pub use found::{Ask, Awaited, Found, Live, State, may_be_taken};
pub use kind::{FIRST_PAUSE, Kind, Ordered, natural_key};
pub use registry::Registry;
pub use shared::Shared;
