//! EventBridge: rules that wait for a time or an event, and what they call then. One file for each kind.

mod fault;
mod rule;
mod target;

pub use rule::{EventRule, EventRuleArn, EventRuleName};
pub use target::{EventTarget, EventTargetId, Retries};
