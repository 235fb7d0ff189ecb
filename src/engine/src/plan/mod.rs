//! From what is wanted and what is live to what is to be done: values with reasons, decided once. Pure.
//!
//! `plan` decides, [`Plan`] holds the decision, `run::apply` carries it out without deciding anything again.

mod change;
mod decide;
mod fingerprint;
mod matching;
mod options;
mod packages;
mod rotation;
mod selection;
mod spec;
mod steps;

pub use change::{Action, Cause, Change, Counts, FieldChange, Note, Plan, Reason, Side, Stop, TagChange};
pub use decide::plan;
pub use fingerprint::{Fingerprint, Moved};
pub use options::{Goal, Options};
pub use packages::packages;
pub use spec::{Spec, child_spec_key};
pub use steps::{Step, StepId, Verb, Work};
