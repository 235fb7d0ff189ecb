//! When somebody is told of a budget: `actual > 80%`.

use std::fmt;
use std::str::FromStr;

use aws_sdk_budgets::types::{ComparisonOperator, Notification, NotificationType, ThresholdType};
use infra_engine::live::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

use crate::Decimal;

/// When somebody is told: what has been spent, or will have been, in comparison with so much. A budget has each of
/// them once.
///
/// ```
/// use infra_aws::budgets::Trigger;
///
/// assert_eq!(Trigger::actual_over(80).to_string(), "actual > 80%");
/// assert_eq!("forecasted > 100%".parse(), Ok(Trigger::forecasted_over(100)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trigger {
    /// What is looked at.
    pub spend: Spend,
    /// How it must be.
    pub comparison: Comparison,
    /// In comparison with what.
    pub threshold: Threshold,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spend {
    /// What has been spent.
    Actual,
    /// What will have been spent at the end, as AWS expects. It needs five weeks of history.
    Forecasted,
}

/// How it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// More.
    Greater,
    /// Less.
    Less,
    /// Just as much.
    Equal,
}

/// In comparison with what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threshold {
    /// So much of the limit, in percent.
    Percent(Decimal),
    /// So much, in the budget's own unit.
    Absolute(Decimal),
}

/// A text that is no trigger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not tell when: write `actual > 80%`, or `forecasted > 2000`")]
pub struct TriggerError(String);

impl Trigger {
    /// More than so much of the limit has been spent, in percent.
    pub fn actual_over(percent: u32) -> Trigger {
        let threshold = Threshold::Percent(percent.into());
        Trigger { spend: Spend::Actual, comparison: Comparison::Greater, threshold }
    }

    /// More than so much of the limit will have been spent, in percent.
    pub fn forecasted_over(percent: u32) -> Trigger {
        Trigger { spend: Spend::Forecasted, ..Trigger::actual_over(percent) }
    }

    /// The trigger as the API takes it.
    pub(super) fn to_sdk(&self) -> Notification {
        let Trigger { spend, comparison, threshold } = self;
        let (sort, amount) = match threshold {
            Threshold::Percent(amount) => (ThresholdType::Percentage, amount),
            Threshold::Absolute(amount) => (ThresholdType::AbsoluteValue, amount),
        };
        Notification::builder()
            .notification_type(match spend {
                Spend::Actual => NotificationType::Actual,
                Spend::Forecasted => NotificationType::Forecasted,
            })
            .comparison_operator(match comparison {
                Comparison::Greater => ComparisonOperator::GreaterThan,
                Comparison::Less => ComparisonOperator::LessThan,
                Comparison::Equal => ComparisonOperator::EqualTo,
            })
            .threshold(amount.nearest())
            .threshold_type(sort)
            .build()
            .expect("a notification is its type, its comparison and its threshold, and all are there")
    }

    /// The trigger that a live notification has. AWS leaves out that a threshold is in percent.
    pub(super) fn from_sdk(live: &Notification) -> Result<Trigger, Fault> {
        let amount = Decimal::of_float(live.threshold()).map_err(|error| {
            Fault::new(FaultKind::Broken, "budgets:DescribeBudgetNotificationsForAccount", error.to_string())
        })?;
        Ok(Trigger {
            spend: match live.notification_type() {
                NotificationType::Forecasted => Spend::Forecasted,
                _ => Spend::Actual,
            },
            comparison: match live.comparison_operator() {
                ComparisonOperator::LessThan => Comparison::Less,
                ComparisonOperator::EqualTo => Comparison::Equal,
                _ => Comparison::Greater,
            },
            threshold: match live.threshold_type() {
                Some(ThresholdType::AbsoluteValue) => Threshold::Absolute(amount),
                _ => Threshold::Percent(amount),
            },
        })
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spend = match self.spend {
            Spend::Actual => "actual",
            Spend::Forecasted => "forecasted",
        };
        let comparison = match self.comparison {
            Comparison::Greater => ">",
            Comparison::Less => "<",
            Comparison::Equal => "=",
        };
        match &self.threshold {
            Threshold::Percent(amount) => write!(f, "{spend} {comparison} {amount}%"),
            Threshold::Absolute(amount) => write!(f, "{spend} {comparison} {amount}"),
        }
    }
}

impl FromStr for Trigger {
    type Err = TriggerError;

    fn from_str(text: &str) -> Result<Trigger, TriggerError> {
        let wrong = || TriggerError(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let [spend, comparison, threshold] = words[..] else { return Err(wrong()) };
        let spend = match spend {
            "actual" => Spend::Actual,
            "forecasted" => Spend::Forecasted,
            _ => return Err(wrong()),
        };
        let comparison = match comparison {
            ">" => Comparison::Greater,
            "<" => Comparison::Less,
            "=" => Comparison::Equal,
            _ => return Err(wrong()),
        };
        let threshold = match threshold.strip_suffix('%') {
            Some(percent) => Threshold::Percent(percent.parse().map_err(|_| wrong())?),
            None => Threshold::Absolute(threshold.parse().map_err(|_| wrong())?),
        };
        Ok(Trigger { spend, comparison, threshold })
    }
}

impl TryFrom<String> for Trigger {
    type Error = TriggerError;

    fn try_from(text: String) -> Result<Trigger, TriggerError> {
        text.parse()
    }
}

impl From<Trigger> for String {
    fn from(trigger: Trigger) -> String {
        trigger.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_survives_the_way_to_aws_and_into_a_plan() {
        for text in ["actual > 80%", "forecasted > 100%", "actual < 12.5%", "actual = 2000"] {
            let trigger: Trigger = text.parse().unwrap();
            assert_eq!(trigger.to_string(), text);
            assert_eq!(Trigger::from_sdk(&trigger.to_sdk()).unwrap(), trigger);
        }
    }

    #[test]
    fn a_threshold_of_no_type_is_in_percent() {
        let mut live = Trigger::actual_over(80).to_sdk();
        live.threshold_type = None;
        assert_eq!(Trigger::from_sdk(&live).unwrap(), Trigger::actual_over(80));
    }

    #[test]
    fn what_tells_no_time_is_refused() {
        for text in ["", "80%", "spent > 80%", "actual >= 80%", "actual > eighty", "actual > 80 %"] {
            assert!(text.parse::<Trigger>().is_err(), "{text}");
        }
    }
}
