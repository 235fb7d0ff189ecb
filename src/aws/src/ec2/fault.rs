//! What EC2's codes mean. It has no typed errors, and a code means one thing in a change and another in a deletion.

use std::fmt;
use std::str::FromStr;

use infra_engine::live::{Fault, FaultKind};

/// Something else still uses it, or works on it.
const IN_USE: &[&str] = &[
    "DependencyViolation",
    "IncorrectState",
    "InvalidGroup.InUse",
    "InvalidIPAddress.InUse",
    "OperationInProgress",
    "ResourceInUse",
];

/// Sorts a failed call by what it was for.
pub(super) trait Ec2Fault<T> {
    /// In a change: what is missing was made a moment ago and is not seen everywhere yet.
    fn changing(self) -> Result<T, Fault>;
    /// In a deletion: what is missing is deleted, and what something else still uses goes later.
    fn deleting(self) -> Result<(), Fault>;
    /// In a reading call about one resource: what is missing is no answer.
    fn reading(self) -> Result<Option<T>, Fault>;
}

impl<T> Ec2Fault<T> for Result<T, Fault> {
    fn changing(self) -> Result<T, Fault> {
        self.map_err(|fault| if is_missing(&fault) { fault.sorted(FaultKind::NotYet) } else { in_use(fault) })
    }

    fn deleting(self) -> Result<(), Fault> {
        match self {
            Err(fault) if is_missing(&fault) => Ok(()),
            other => other.map(drop).map_err(in_use),
        }
    }

    fn reading(self) -> Result<Option<T>, Fault> {
        match self {
            Err(fault) if is_missing(&fault) => Ok(None),
            other => other.map(Some),
        }
    }
}

/// A field that an answer must have, as what it means.
pub(super) fn given<T>(value: Option<&str>, operation: &str, field: &str) -> Result<T, Fault>
where
    T: FromStr<Err: fmt::Display>,
{
    let broken = |wrong: String| Fault::new(FaultKind::Broken, operation, wrong);
    let text = value.ok_or_else(|| broken(format!("the answer has no {field}")))?;
    text.parse().map_err(|error| broken(format!("the answer's {field}: {error}")))
}

/// True when something is not there: `InvalidVpcID.NotFound` and its many kin.
fn is_missing(fault: &Fault) -> bool {
    let code = fault.code.as_deref().unwrap_or_default();
    fault.kind == FaultKind::Gone
        || code.ends_with(".NotFound")
        || matches!(code, "NatGatewayNotFound" | "Gateway.NotAttached")
}

fn in_use(fault: Fault) -> Fault {
    fault.when(FaultKind::Busy, IN_USE, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: &str) -> Result<u8, Fault> {
        Err(Fault { code: Some(code.into()), ..Fault::new(FaultKind::Refused, "ec2:Test", "no") })
    }

    #[test]
    fn what_is_missing_is_not_there_yet_or_gone_already() {
        for code in ["InvalidVpcID.NotFound", "InvalidGroup.NotFound", "NatGatewayNotFound", "Gateway.NotAttached"] {
            assert_eq!(failed(code).changing().unwrap_err().kind, FaultKind::NotYet, "{code}");
            failed(code).deleting().unwrap();
            assert_eq!(failed(code).reading().unwrap(), None);
        }
    }

    #[test]
    fn what_is_in_use_is_busy_and_everything_else_stays_as_it_was() {
        for (code, kind) in [("DependencyViolation", FaultKind::Busy), ("InvalidParameterValue", FaultKind::Refused)] {
            assert_eq!(failed(code).changing().unwrap_err().kind, kind);
            assert_eq!(failed(code).deleting().unwrap_err().kind, kind);
        }
    }
}
