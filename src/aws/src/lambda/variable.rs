//! Values of a function's environment: written out, or what another definition gives.

use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

/// A value of a function's environment.
///
/// ```
/// use infra_aws::lambda::Variable;
/// use infra_aws::logs::LogGroupName;
/// use infra_engine::model::Ref;
///
/// let group: Ref<LogGroupName> = Ref::known("/shop/load-test");
/// assert_eq!(Variable::from(group).value(), "/shop/load-test");
/// assert_eq!(Variable::from(300).value(), "300");
/// ```
///
/// Whoever may read the function may read it: a secret does not belong here, but the ARN of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variable(Ref<AnyValue>);

#[derive(Debug)]
enum AnyValue {}

impl Variable {
    /// The value; for an output that is not known yet, its address.
    pub fn value(&self) -> String {
        self.0.value()
    }
}

impl From<&str> for Variable {
    fn from(text: &str) -> Variable {
        Variable(Ref::known(text))
    }
}

impl From<String> for Variable {
    fn from(text: String) -> Variable {
        Variable(Ref::known(text))
    }
}

impl From<u32> for Variable {
    fn from(number: u32) -> Variable {
        Variable(Ref::known(number.to_string()))
    }
}

impl<T> From<Ref<T>> for Variable {
    fn from(output: Ref<T>) -> Variable {
        Variable(output.marked())
    }
}
