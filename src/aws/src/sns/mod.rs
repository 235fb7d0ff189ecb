//! SNS: topics, and who hears of what is published to them. One file for each kind.

mod arn;
mod subscription;
mod topic;

pub use arn::TopicArn;
pub use subscription::{Filter, Protocol, Subscription, SubscriptionId};
pub use topic::Topic;
