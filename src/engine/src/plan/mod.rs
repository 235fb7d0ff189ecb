//! From what is wanted and what is live to what is to be done: values with reasons, decided once. Pure.
//!
//! `plan` decides, [`Plan`] holds the decision, `run::apply` carries it out without deciding anything again.

mod change;
mod confirm;
mod decide;
mod fingerprint;
mod guards;
mod matching;
mod options;
mod packages;
mod proof;
mod rotation;
mod selection;
mod spec;
mod steps;

pub use change::{Action, Cause, Change, Counts, FieldChange, Note, Plan, Reason, Side, Stop, TagChange};
pub use confirm::confirm;
pub use decide::plan;
pub use fingerprint::{Fingerprint, Moved};
pub use guards::other_home;
pub use options::{Goal, Options};
pub use packages::packages;
pub use proof::{Proof, name as ledger_name};
pub use selection::selected;
pub use spec::Spec;
pub use steps::{Step, StepId, Verb, Work};
