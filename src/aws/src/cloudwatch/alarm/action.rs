//! Whom an alarm calls.

use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use crate::autoscaling::ScalingPolicyArn;
use crate::lambda::FunctionArn;
use crate::sns::TopicArn;

/// Whom an alarm calls: a topic, a scaling policy, a function, or anything else by its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Action(Ref<Called>);

#[derive(Debug)]
enum Called {}

impl Action {
    /// Its ARN; for an output that is not known yet, its address.
    pub fn value(&self) -> String {
        self.0.value()
    }
}

impl From<&str> for Action {
    fn from(arn: &str) -> Action {
        Action(Ref::known(arn))
    }
}

impl From<Ref<TopicArn>> for Action {
    fn from(topic: Ref<TopicArn>) -> Action {
        Action(topic.marked())
    }
}

impl From<Ref<ScalingPolicyArn>> for Action {
    fn from(policy: Ref<ScalingPolicyArn>) -> Action {
        Action(policy.marked())
    }
}

/// The function must let `lambda.alarms.cloudwatch.amazonaws.com` call it.
impl From<Ref<FunctionArn>> for Action {
    fn from(function: Ref<FunctionArn>) -> Action {
        Action(function.marked())
    }
}
