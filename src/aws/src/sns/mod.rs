//! SNS: topics, and who hears of what is published to them. One file for each kind.

mod arn;
mod topic;

pub use arn::TopicArn;
pub use topic::Topic;
