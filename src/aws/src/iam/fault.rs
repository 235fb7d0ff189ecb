//! What IAM's codes mean in a change and in a deletion.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed call by what it was for.
pub(super) trait IamFault<T> {
    /// In a change: a role that is not found was made a moment ago and is not seen everywhere yet.
    fn changing(self) -> Result<T, Fault>;
    /// In a deletion: what is missing is deleted.
    fn deleting(self) -> Result<(), Fault>;
    /// In a reading call about one: what is missing is no answer.
    fn reading(self) -> Result<Option<T>, Fault>;
}

impl<T> IamFault<T> for Result<T, Fault> {
    fn changing(self) -> Result<T, Fault> {
        self.map_err(|fault| {
            sorted(fault)
                .when(FaultKind::NotYet, MISSING, "role with name")
                .when(FaultKind::NotYet, MISSING, "Role ")
                // A policy that does not exist will not come into being by waiting.
                .when(FaultKind::Refused, MISSING, "olicy arn")
                .when(
                    FaultKind::NotYet,
                    &["MalformedPolicyDocument", "MalformedPolicyDocumentException"],
                    "Invalid principal",
                )
        })
    }

    fn deleting(self) -> Result<(), Fault> {
        match self.map_err(sorted) {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(()),
            other => other.map(drop),
        }
    }

    fn reading(self) -> Result<Option<T>, Fault> {
        match self.map_err(sorted) {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
            other => other.map(Some),
        }
    }
}

const MISSING: &[&str] = &["NoSuchEntity", "NoSuchEntityException"];

fn sorted(fault: Fault) -> Fault {
    fault
        .when(FaultKind::Gone, MISSING, "")
        .when(FaultKind::Exists, &["EntityAlreadyExists", "EntityAlreadyExistsException"], "")
        .when(FaultKind::Busy, &["ConcurrentModification", "ConcurrentModificationException"], "")
        .when(FaultKind::Busy, &["DeleteConflict", "DeleteConflictException"], "")
        .when(FaultKind::Busy, &["EntityTemporarilyUnmodifiable", "EntityTemporarilyUnmodifiableException"], "")
        // A quota, and not the rate of calls.
        .when(FaultKind::Refused, &["LimitExceeded", "LimitExceededException"], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: &str, message: &str) -> Result<u8, Fault> {
        Err(Fault { code: Some(code.into()), ..Fault::new(FaultKind::Broken, "iam:Test", message) })
    }

    #[test]
    fn a_change_waits_for_what_was_made_a_moment_ago() {
        for (code, message, kind) in [
            ("NoSuchEntity", "The role with name shop-web cannot be found.", FaultKind::NotYet),
            (
                "NoSuchEntity",
                "Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.",
                FaultKind::Refused,
            ),
            ("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"arn:…\"", FaultKind::NotYet),
            ("MalformedPolicyDocument", "Syntax errors in policy.", FaultKind::Broken),
            ("ConcurrentModification", "try again", FaultKind::Busy),
            ("EntityAlreadyExists", "Role with name shop-web already exists.", FaultKind::Exists),
            ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", FaultKind::Refused),
        ] {
            assert_eq!(failed(code, message).changing().unwrap_err().kind, kind, "{code}: {message}");
        }
    }

    #[test]
    fn what_is_missing_is_deleted_and_what_is_used_goes_later() {
        failed("NoSuchEntity", "gone").deleting().unwrap();
        assert_eq!(failed("NoSuchEntity", "gone").reading().unwrap(), None);
        assert_eq!(failed("DeleteConflict", "in use").deleting().unwrap_err().kind, FaultKind::Busy);
    }
}
