//! What other services name when they publish.

use crate::iam::Arn;

/// A topic's Amazon Resource Name, which is its identifier.
pub enum TopicArn {}

impl Arn for TopicArn {}
