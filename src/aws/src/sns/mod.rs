//! SNS: topics, and who hears of what is published to them. One file for each kind.

mod arn;

pub use arn::TopicArn;
