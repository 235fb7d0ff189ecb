//! What S3's codes mean in a reading call, in a change and in a deletion.

use infra_engine::live::{Fault, FaultKind};

/// Sorts a failed call by what it was for.
pub(super) trait S3Fault<T> {
    /// In a reading call about one part of a bucket: `None` where the part was never set.
    fn unset(self) -> Result<Option<T>, Fault>;
    /// In a change: a bucket that is not found was made a moment ago and is not seen everywhere yet.
    fn changing(self) -> Result<T, Fault>;
}

impl<T> S3Fault<T> for Result<T, Fault> {
    fn unset(self) -> Result<Option<T>, Fault> {
        match self {
            Err(fault) if fault.kind == FaultKind::Gone && !is_no_bucket(&fault) => Ok(None),
            other => other.map(Some),
        }
    }

    fn changing(self) -> Result<T, Fault> {
        self.map_err(|fault| {
            fault.when(FaultKind::NotYet, &[NO_BUCKET], "").when(
                FaultKind::NotYet,
                &["MalformedPolicy"],
                "Invalid principal",
            )
        })
    }
}

const NO_BUCKET: &str = "NoSuchBucket";

/// True when the whole bucket is missing, and not only a part of it.
pub(super) fn is_no_bucket(fault: &Fault) -> bool {
    fault.has_code(&[NO_BUCKET])
}

/// `None` where the whole bucket is missing.
pub(super) fn missing<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Err(fault) if is_no_bucket(&fault) => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str) -> Fault {
        let code = Some(code.to_owned());
        Fault { code, ..Fault::new(FaultKind::Gone, "s3:GetBucketPolicy", "it is not there: Invalid principal") }
    }

    #[test]
    fn a_missing_part_is_not_set_and_a_missing_bucket_is_gone() {
        assert!(matches!(Err::<(), _>(fault("NoSuchBucketPolicy")).unset(), Ok(None)));
        assert_eq!(Err::<(), _>(fault("NoSuchBucket")).unset().unwrap_err().kind, FaultKind::Gone);
        assert!(matches!(missing::<()>(Err(fault("NoSuchBucket"))), Ok(None)));
    }

    #[test]
    fn in_a_change_what_is_new_is_waited_for() {
        for code in ["NoSuchBucket", "MalformedPolicy"] {
            assert_eq!(Err::<(), _>(fault(code)).changing().unwrap_err().kind, FaultKind::NotYet, "{code}");
        }
    }
}
