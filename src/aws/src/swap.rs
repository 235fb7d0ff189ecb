//! Changes in which something must go before another can take its place: no refusal in between may lose it.

use std::future::Future;

use infra_engine::live::{Fault, FaultKind};

/// Gives what came of putting something in the place of what was there; where that failed, the former is put back, and
/// the fault says whether it is.
pub(crate) async fn or_back<F>(came: Result<(), Fault>, back: impl FnOnce() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    let Err(fault) = came else { return Ok(()) };
    // Somebody else may be at work.
    if fault.kind == FaultKind::LockLost {
        return Err(fault);
    }
    match back().await {
        Ok(()) => Err(Fault { message: format!("{} (what was there before is back)", fault.message), ..fault }),
        // It may have come unseen, and keeps the other out: who looks again sees it.
        Err(_) if fault.kind == FaultKind::Lost => Err(fault),
        Err(other) => {
            let message =
                format!("{}; what was there before could not be put back, and is missing: {other}", fault.message);
            // Nothing is left that a repetition could find.
            Err(Fault { message, ..fault.sorted(FaultKind::Refused) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind) -> Fault {
        Fault::new(kind, "lambda:AddPermission", "no")
    }

    #[tokio::test]
    async fn what_was_there_is_put_back_and_the_fault_says_so() {
        let back = |answer: Result<(), Fault>| move || std::future::ready(answer);
        assert!(or_back(Ok(()), back(Err(fault(FaultKind::Refused)))).await.is_ok());
        for kind in [FaultKind::Refused, FaultKind::Throttled, FaultKind::Denied, FaultKind::Lost] {
            let told = or_back(Err(fault(kind)), back(Ok(()))).await.unwrap_err();
            assert_eq!(told.kind, kind, "whether it is tried again depends on the first fault");
            assert!(told.message.contains("is back"), "{told}");
        }
        for kind in [FaultKind::Refused, FaultKind::Throttled, FaultKind::Denied] {
            let told = or_back(Err(fault(kind)), back(Err(fault(FaultKind::Denied)))).await.unwrap_err();
            assert!(told.kind == FaultKind::Refused && told.message.contains("is missing"), "{told}");
        }
        let told = or_back(Err(fault(FaultKind::Lost)), back(Err(fault(FaultKind::Exists)))).await.unwrap_err();
        assert!(told.kind == FaultKind::Lost && !told.message.contains("missing"), "it came unseen: {told}");
        let never = || async { panic!("nothing is sent without the lock") };
        assert_eq!(or_back(Err(fault(FaultKind::LockLost)), never).await.unwrap_err().kind, FaultKind::LockLost);
    }
}
