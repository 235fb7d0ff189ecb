//! Old versions go by themselves: a lock's, which is renewed each few seconds, soon; all others after a season. Pure.
//!
//! A rule says a prefix or a tag, and the records of an environment have a prefix of its own. So locks are written with
//! a tag; where two rules fit, S3 takes the shorter time.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, Tag,
};
use aws_smithy_types::error::operation::BuildError;

/// The tag that locks are written with, as the header of a write has it.
pub(super) const LOCK_TAGGING: &str = "infra:record=lock";

/// The same tag, in two parts.
const LOCK_TAG: (&str, &str) = ("infra:record", "lock");

/// For so many days a lock's old versions are kept.
const DAYS_OF_LOCKS: i32 = 2;

/// For so many days all others are: what the history and the records of kinds were.
const DAYS_OF_RECORDS: i32 = 90;

/// The rules of the bucket.
pub(super) fn rules() -> Result<Vec<LifecycleRule>, BuildError> {
    let (key, value) = LOCK_TAG;
    let locks = LifecycleRuleFilter::builder().tag(Tag::builder().key(key).value(value).build()?).build();
    let all = LifecycleRuleFilter::builder().prefix("").build();
    let old = |days: i32| NoncurrentVersionExpiration::builder().noncurrent_days(days).build();
    let rule = |id: &str, filter: LifecycleRuleFilter, days: i32| {
        let rule = LifecycleRule::builder().id(id).status(ExpirationStatus::Enabled).filter(filter);
        rule.noncurrent_version_expiration(old(days))
    };
    Ok(vec![
        rule("infra-locks", locks, DAYS_OF_LOCKS).build()?,
        rule("infra-records", all, DAYS_OF_RECORDS)
            .expiration(LifecycleExpiration::builder().expired_object_delete_marker(true).build())
            .abort_incomplete_multipart_upload(
                AbortIncompleteMultipartUpload::builder().days_after_initiation(1).build(),
            )
            .build()?,
    ])
}

/// Whether these are the rules, all of them and no others: one of somebody else's could delete what stands.
pub(super) fn is_ours(found: &[LifecycleRule]) -> bool {
    let Ok(wanted) = rules() else { return false };
    let (found, wanted): (Vec<_>, Vec<_>) = (found.iter().map(plain).collect(), wanted.iter().map(plain).collect());
    found.len() == wanted.len() && wanted.iter().all(|rule| found.contains(rule))
}

/// A rule without what says nothing: empty prefixes and empty lists.
fn plain(rule: &LifecycleRule) -> LifecycleRule {
    let mut rule = rule.clone();
    let said = |prefix: &String| !prefix.is_empty();
    #[expect(deprecated, reason = "old rules are answered with it")]
    let prefix = &mut rule.prefix;
    *prefix = prefix.take().filter(said);
    rule.transitions = rule.transitions.filter(|transitions| !transitions.is_empty());
    rule.noncurrent_version_transitions = rule.noncurrent_version_transitions.filter(|moves| !moves.is_empty());
    if let Some(filter) = &mut rule.filter {
        filter.prefix = filter.prefix.take().filter(said);
    }
    rule.filter = rule.filter.filter(|filter| *filter != LifecycleRuleFilter::builder().build());
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_known_again_however_they_are_written_and_no_others_are_taken_for_them() {
        let ours = || rules().unwrap();
        assert!(is_ours(&ours()));
        let mut written = ours();
        written.reverse();
        written[0].filter = None;
        written[0].transitions = Some(Vec::new());
        assert!(is_ours(&written));

        assert!(!is_ours(&ours()[..1]));
        let mut longer = ours();
        longer[1].noncurrent_version_expiration =
            Some(NoncurrentVersionExpiration::builder().noncurrent_days(3650).build());
        assert!(!is_ours(&longer));
        let mut off = ours();
        off[0].status = ExpirationStatus::Disabled;
        assert!(!is_ours(&off));
        let mut deleting = ours();
        let tomorrow = LifecycleExpiration::builder().days(1).build();
        let all = LifecycleRule::builder().id("theirs").status(ExpirationStatus::Enabled).expiration(tomorrow);
        deleting.push(all.build().unwrap());
        assert!(!is_ours(&deleting), "it deletes what stands");
    }

    #[test]
    fn the_tag_that_is_written_is_the_one_that_the_rule_is_about() {
        let (key, value) = LOCK_TAG;
        assert_eq!(LOCK_TAGGING, format!("{key}={value}"));
    }
}
