//! What EventBridge's codes mean.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed change of a rule or a target.
pub(super) fn sorted(fault: Fault) -> Fault {
    let invalid = &["ValidationException"];
    fault
        .when(FaultKind::NotYet, invalid, "cannot be assumed by principal")
        .when(FaultKind::Busy, invalid, "since it has targets")
        .when(FaultKind::Busy, &["ConcurrentModificationException"], "")
        // A rule that a service of AWS made for itself.
        .when(FaultKind::Refused, &["ManagedRuleException"], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        let kind = |code: &str, message: &str| {
            let code = Some(code.into());
            sorted(Fault { code, ..Fault::new(FaultKind::Refused, "events:Test", message) }).kind
        };
        assert_eq!(kind("ValidationException", "Rule can't be deleted since it has targets."), FaultKind::Busy);
        assert_eq!(kind("ValidationException", "role/x cannot be assumed by principal 'events'"), FaultKind::NotYet);
        assert_eq!(kind("ValidationException", "Parameter ScheduleExpression is not valid."), FaultKind::Refused);
        assert_eq!(kind("ConcurrentModificationException", "again"), FaultKind::Busy);
    }
}
