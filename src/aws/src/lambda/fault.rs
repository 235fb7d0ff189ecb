//! What Lambda's codes mean. It says `ResourceConflictException` of what exists and of what is busy alike.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed change of a function or a permission.
pub(super) fn sorted(fault: Fault) -> Fault {
    let conflict = &["ResourceConflictException"];
    fault
        .when(FaultKind::Exists, conflict, "already exist")
        // The role was made a moment ago. If its permissions stay wrong, the limit of the wait ends it.
        .when(FaultKind::NotYet, &["InvalidParameterValueException"], "The role defined for the function")
        .when(FaultKind::NotYet, &["InvalidParameterValueException"], "KMS key is invalid for CreateGrant")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_told_from_another_by_its_words() {
        let kind = |message: &str| {
            let code = Some("ResourceConflictException".into());
            sorted(Fault { code, ..Fault::new(FaultKind::Busy, "lambda:CreateFunction", message) }).kind
        };
        assert_eq!(kind("Function already exist: shop"), FaultKind::Exists);
        assert_eq!(kind("The statement id (events) provided already exists."), FaultKind::Exists);
        assert_eq!(kind("An update is in progress for resource: shop"), FaultKind::Busy);
    }
}
