//! What the codes of Elastic Load Balancing mean: one thing in a reading call, another in a change.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed call by what it was for.
pub(super) trait ElbFault<T> {
    /// In a change: what is missing was made a moment ago, and is not seen everywhere yet.
    fn changing(self) -> Result<T, Fault>;
    /// In a reading call about one resource: what is missing is no answer.
    fn reading(self) -> Result<Option<T>, Fault>;
}

impl<T> ElbFault<T> for Result<T, Fault> {
    fn changing(self) -> Result<T, Fault> {
        self.map_err(|fault| match fault.kind {
            // A certificate is made by nobody here: one that is not there was not made a moment ago.
            _ if fault.has_code(&["CertificateNotFound"]) => fault.sorted(FaultKind::Refused),
            FaultKind::Gone => fault.sorted(FaultKind::NotYet),
            _ => fault,
        })
    }

    fn reading(self) -> Result<Option<T>, Fault> {
        match self {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
            other => other.map(Some),
        }
    }
}

/// An answer that lacks what every such answer has.
pub(super) fn lacking(operation: &str, what: &str) -> Fault {
    Fault::new(FaultKind::Broken, operation, format!("the answer does not say its {what}"))
}

/// The fault of a create whose name is somebody else's.
pub(super) fn taken(operation: &str, what: &str, name: &str) -> Fault {
    Fault::new(FaultKind::Exists, operation, format!("there is a {what} {name} already, and it is not ours"))
}
