//! What CloudFront's codes mean, in a reading call, in a change and in a deletion.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed call by what it was for.
pub(super) trait CloudFrontFault<T> {
    /// In a reading call about one: what is missing is no answer.
    fn reading(self) -> Result<Option<T>, Fault>;
    /// In a change.
    fn changing(self) -> Result<T, Fault>;
    /// In a deletion: what is missing is deleted.
    fn deleting(self) -> Result<(), Fault>;
}

impl<T> CloudFrontFault<T> for Result<T, Fault> {
    fn reading(self) -> Result<Option<T>, Fault> {
        match self {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
            other => other.map(Some),
        }
    }

    fn changing(self) -> Result<T, Fault> {
        self.map_err(sorted)
    }

    fn deleting(self) -> Result<(), Fault> {
        match self.map_err(sorted) {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(()),
            other => other.map(drop),
        }
    }
}

/// Of what a change refers to, and what is made before it: a certificate that was issued a moment ago, too.
const MADE_BEFORE: &[&str] = &[
    "InvalidViewerCertificate",
    "InvalidWebACLId",
    "NoSuchCachePolicy",
    "NoSuchOriginAccessControl",
    "NoSuchOriginRequestPolicy",
    "NoSuchResponseHeadersPolicy",
];

fn sorted(fault: Fault) -> Fault {
    fault
        // Somebody changed it after it was read: it is read again, and compared again.
        .when(FaultKind::Busy, &["PreconditionFailed", "InvalidIfMatchVersion"], "")
        .when(FaultKind::Busy, &["DistributionNotDisabled"], "")
        // What it refers to was made a moment ago, and is not seen everywhere yet. (2026-11: Terraform's provider repeats it.)
        .when(FaultKind::NotYet, MADE_BEFORE, "")
        // An alias that another distribution bears.
        .when(FaultKind::Refused, &["CNAMEAlreadyExists"], "")
}

/// Of an answer to a creating call that does not say what was made.
pub(super) fn nameless(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Broken, operation, "the answer does not name what was made")
}

/// Of what was there when it was read and is not when it is to be changed.
pub(super) fn gone(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Gone, operation, "it is not there any more: plan again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str, kind: FaultKind) -> Result<(), Fault> {
        Err(Fault { code: Some(code.to_owned()), ..Fault::new(kind, "cloudfront:UpdateDistribution", "no") })
    }

    #[test]
    fn what_was_changed_meanwhile_is_tried_again_and_an_alias_of_another_is_refused() {
        let kind = |code, kind| fault(code, kind).changing().unwrap_err().kind;
        assert_eq!(kind("PreconditionFailed", FaultKind::Refused), FaultKind::Busy);
        assert_eq!(kind("DistributionNotDisabled", FaultKind::Refused), FaultKind::Busy);
        assert_eq!(kind("CNAMEAlreadyExists", FaultKind::Exists), FaultKind::Refused);
        assert_eq!(kind("InvalidArgument", FaultKind::Refused), FaultKind::Refused);
        assert_eq!(kind("NoSuchResponseHeadersPolicy", FaultKind::Gone), FaultKind::NotYet);
        assert_eq!(kind("NoSuchOriginRequestPolicy", FaultKind::Gone), FaultKind::NotYet);
        assert_eq!(kind("InvalidWebACLId", FaultKind::Refused), FaultKind::NotYet);
        assert_eq!(kind("InvalidViewerCertificate", FaultKind::Refused), FaultKind::NotYet);
        assert_eq!(kind("NoSuchDistribution", FaultKind::Gone), FaultKind::Gone);
    }

    #[test]
    fn what_is_missing_is_no_answer_and_is_deleted() {
        let missing = || fault("NoSuchDistribution", FaultKind::Gone);
        assert!(matches!(missing().reading(), Ok(None)));
        assert!(missing().deleting().is_ok());
        assert!(missing().changing().is_err());
    }
}
