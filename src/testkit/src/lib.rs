//! What tests stand on: a model cloud in memory, the laws that every kind must obey, bad weather, and a redactor.
//!
//! Nothing of it is part of the program. [`laws`] know no cloud: they hold for any registry and any sample of definitions.

pub mod cloud;
pub mod laws;
pub mod redact;
pub mod session;
pub mod walk;
pub mod weather;
