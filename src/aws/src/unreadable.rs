//! What is there and cannot be put in this program's words: it is found all the same.

use infra_engine::live::{Fault, FaultKind, Found, State};

/// What was understood of a resource that is asked for; where its answer has something that this program has no words
/// for, what stands in for it, with why. A call that failed is a fault as before.
pub(crate) fn or_stand_in<R>(
    understood: Result<Found<R>, Fault>,
    stand_in: impl FnOnce() -> Found<R>,
) -> Result<Found<R>, Fault> {
    match understood {
        Err(Fault { kind: FaultKind::Broken, code: None, source: None, message, .. }) => {
            Ok(stand_in().in_state(State::Unreadable(message)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Tags;

    use super::*;

    #[test]
    fn only_what_has_no_words_is_stood_in_for() {
        let stand_in = || Found::ready("shop", (), Tags::new());
        let odd = Fault::new(FaultKind::Broken, "s3:GetBucketLifecycleConfiguration", "a class that is not known here");
        let found = or_stand_in(Err(odd), stand_in).unwrap();
        assert_eq!(found.state, State::Unreadable("a class that is not known here".into()));
        let failed = Fault { code: Some("InternalError".into()), ..Fault::new(FaultKind::Broken, "s3:x", "try again") };
        assert!(or_stand_in(Err(failed), stand_in).is_err(), "nobody has answered");
        assert!(or_stand_in(Err(Fault::new(FaultKind::Denied, "s3:x", "no")), stand_in).is_err());
    }
}
