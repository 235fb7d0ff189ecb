//! CloudWatch Logs: groups of log streams.

mod log_group;
mod retention;

pub use log_group::{Class, LogGroup, LogGroupArn, LogGroupName, LogStreamsArn};
pub use retention::{Retention, RetentionError};
