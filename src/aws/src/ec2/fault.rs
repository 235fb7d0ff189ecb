//! What EC2's codes mean. It has no typed errors, and a code means one thing in a change and another in a deletion.

use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

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

/// How long to wait, in milliseconds, before asking again for a new resource that is not seen everywhere.
const PAUSES: &[u64] = &[200, 400, 800, 1600, 3200, 6400];

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

/// Finishes what a creating call began, with calls that may be repeated where the creating call may not.
///
/// While the new resource is not seen everywhere, it tries again for a few seconds. What fails even so is `Lost`:
/// something has been made, so whoever ordered it must look for it before ordering again.
pub(super) async fn finish<F>(step: impl Fn() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    finish_within(PAUSES, step).await
}

async fn finish_within<F>(pauses: &[u64], step: impl Fn() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    for pause in pauses {
        match step().await {
            Err(fault) if fault.may_pass() => tokio::time::sleep(Duration::from_millis(*pause)).await,
            done_or_refused => return done_or_refused,
        }
    }
    step().await.map_err(|fault| if fault.may_pass() { fault.sorted(FaultKind::Lost) } else { fault })
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
    use std::cell::Cell;

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

    /// Finishes by steps of which the first ones fail, and counts them.
    async fn finished(failures: u32, code: &str) -> (Result<(), FaultKind>, u32) {
        let steps = Cell::new(0);
        let step = || {
            steps.set(steps.get() + 1);
            let result = if steps.get() <= failures { failed(code).changing().map(drop) } else { Ok(()) };
            async { result }
        };
        let result = finish_within(&[1, 1, 1], step).await;
        (result.map_err(|fault| fault.kind), steps.get())
    }

    #[tokio::test]
    async fn finishing_waits_until_the_new_one_is_seen() {
        assert_eq!(finished(2, "InvalidVpcID.NotFound").await, (Ok(()), 3));
        assert_eq!(finished(9, "InvalidParameterValue").await, (Err(FaultKind::Refused), 1));
    }

    #[tokio::test]
    async fn finishing_in_vain_never_invites_a_second_creation() {
        assert_eq!(finished(9, "InvalidVpcID.NotFound").await, (Err(FaultKind::Lost), 4));
    }
}
