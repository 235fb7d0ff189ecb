//! What S3 would refuse of a bucket.

use infra_engine::check::{Otherwise, Passage, Rule, Severity, Surroundings, Violation};

use super::{Bucket, Encryption, Versioning};
use crate::s3::names;
use crate::s3::{BucketPolicy, Expiry, LifecycleRule, StorageClass, When};

pub(super) static PASSAGES: &[Passage<Bucket>] = &[Passage {
    code: "V99a",
    says: "a bucket that has kept versions never goes back to not knowing them",
    source: "S3 API: PutBucketVersioning",
    otherwise: Otherwise::Refused,
    check: |live, wanted| match live.versioning != Versioning::Never && wanted.versioning == Versioning::Never {
        true => vec![Violation::of("versioning", wanted.versioning, "it has kept some", "write `Suspended`")],
        false => Vec::new(),
    },
}];

pub(super) static ALL: &[Rule<Bucket>] = &[
    Rule {
        code: "V96",
        says: "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and is none that AWS keeps",
        source: "S3 User Guide: bucket naming rules",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V98",
        says: "objects move and expire in an order that S3 follows: downward, each move later than the one before, \
               expiry last",
        source: "S3 User Guide: lifecycle configuration elements, transitions",
        severity: Severity::Error,
        check: rules_can_be_followed,
    },
    Rule {
        code: "V99",
        says: "objects are archived after 90 to 730 days, to the deep archive after 180 to 730, the deep one later",
        source: "S3 API model: PutBucketIntelligentTieringConfiguration",
        severity: Severity::Error,
        check: tiering_fits,
    },
    Rule {
        code: "V98a",
        says: "rules about old versions need a bucket that keeps them",
        source: "S3 User Guide: lifecycle configuration elements (not seen live)",
        severity: Severity::Warning,
        check: old_versions_exist,
    },
    Rule {
        code: "V100",
        says: "a key is named by its whole ARN, not by its number or an alias",
        source: "S3 User Guide: specifying server-side encryption with AWS KMS; a bare name is looked for in the caller's account",
        severity: Severity::Error,
        check: keys_are_named_whole,
    },
    Rule {
        code: "V96c",
        says: "a bucket has a policy that refuses what comes in the clear",
        source: "AWS Foundational Security Best Practices: S3.5; S3 User Guide: security best practices",
        severity: Severity::Warning,
        check: refuses_plain_http,
    },
];

fn refuses_plain_http(bucket: &Bucket, around: &Surroundings<'_>) -> Vec<Violation> {
    let this = format!("{}.id", around.address());
    let of_this = |policy: &BucketPolicy| policy.bucket.value() == this || policy.bucket.value() == bucket.name;
    if around.all::<BucketPolicy>().any(|(_, policy)| of_this(policy) && policy.refuses_plain_http()) {
        return Vec::new();
    }
    let way_out = "add `BucketPolicy::over_tls(&bucket, [])`, or make the one that there is with it";
    vec![Violation::of("name", &bucket.name, "it answers over plain HTTP too", way_out)]
}

fn name_fits(bucket: &Bucket, _: &Surroundings<'_>) -> Vec<Violation> {
    let wrong = names::wrong(&bucket.name).into_iter();
    wrong.map(|(wrong, way_out)| Violation::of("name", &bucket.name, wrong, way_out)).collect()
}

fn keys_are_named_whole(bucket: &Bucket, _: &Surroundings<'_>) -> Vec<Violation> {
    let (Encryption::Kms { key: Some(key), .. } | Encryption::KmsTwice { key: Some(key) }) = &bucket.encryption else {
        return Vec::new();
    };
    // What another definition gives is an ARN, and is not known yet.
    let known = serde_json::to_value(key).is_ok_and(|key| key.is_string());
    let name = key.value();
    if !known || (name.starts_with("arn:") && name.contains(":kms:") && name.contains(":key/")) {
        return Vec::new();
    }
    let way_out = "write `arn:aws:kms:REGION:ACCOUNT:key/ID`";
    vec![Violation::of("encryption", key, format!("`{name}` is not a key's ARN"), way_out)]
}

fn rules_can_be_followed(bucket: &Bucket, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if bucket.lifecycle.len() > 1000 {
        let wrong = format!("there are {} rules", bucket.lifecycle.len());
        violations.push(Violation::of("lifecycle", bucket.lifecycle.len(), wrong, "write at most 1000"));
    }
    for (name, rule) in &bucket.lifecycle {
        let told = faults(name, rule)
            .into_iter()
            .map(|(wrong, way_out)| Violation::of("lifecycle", name, format!("the rule `{name}`: {wrong}"), way_out));
        violations.extend(told);
    }
    violations
}

/// What S3 would not follow in one rule.
fn faults(name: &str, rule: &LifecycleRule) -> Vec<(String, &'static str)> {
    let LifecycleRule { enabled: _, objects, moves, expires, old_versions, incomplete_uploads } = rule;
    let mut faults = Vec::new();
    if name.is_empty() || name.len() > 255 {
        faults.push((format!("its name has {} characters", name.len()), "write 1 to 255"));
    }
    let nothing = moves.is_empty() && expires.is_none() && old_versions.moves.is_empty();
    if nothing && old_versions.expire.is_none() && incomplete_uploads.is_none() {
        faults.push(("it does nothing".to_owned(), "say what becomes of the objects, or remove it"));
    }
    let narrowed = !objects.tags.is_empty() || objects.larger_than.is_some() || objects.smaller_than.is_some();
    if narrowed && incomplete_uploads.is_some() {
        let wrong = "it throws away unfinished uploads, which have neither tags nor a size".to_owned();
        faults.push((wrong, "move that into a rule of its own, by prefix"));
    }
    if let (Some(larger), Some(smaller)) = (objects.larger_than, objects.smaller_than)
        && smaller <= larger
    {
        faults.push(("no object is larger and smaller at the same time".to_owned(), "widen the range of sizes"));
    }
    let (mut last, mut days, mut dates) = (None, false, false);
    for (class, when) in moves {
        match when {
            When::Date(_) => dates = true,
            When::Days(after) => {
                days = true;
                let infrequent = matches!(class, StorageClass::StandardInfrequent | StorageClass::OneZoneInfrequent);
                if infrequent && *after < 30 {
                    let wrong = format!("objects move to an infrequent class after {after} days");
                    faults.push((wrong, "let them stay for 30 days at least"));
                }
                if last.is_some_and(|last| *after <= last) {
                    let wrong =
                        format!("a move to a cheaper class after {after} days is not later than the one before");
                    faults.push((wrong, "let the cheaper class come later"));
                }
                last = Some(*after);
            }
        }
    }
    match expires {
        Some(Expiry::Days(0)) => faults.push(("objects expire after 0 days".to_owned(), "write 1 or more")),
        Some(Expiry::Days(after)) => {
            days = true;
            if last.is_some_and(|last| *after <= last) {
                let wrong = format!("objects expire after {after} days, and would still move after that");
                faults.push((wrong, "let them expire after the last move"));
            }
        }
        Some(Expiry::Date(_)) => dates = true,
        Some(Expiry::EmptyMarks) | None => {}
    }
    if days && dates {
        faults.push(("it counts days here and names a date there".to_owned(), "do one or the other"));
    }
    let olds = old_versions.moves.values().chain(&old_versions.expire);
    if olds.clone().any(|after| after.spared.is_some_and(|spared| !(1..=100).contains(&spared))) {
        faults.push(("it spares none of the old versions, or more than 100".to_owned(), "spare 1 to 100"));
    }
    if incomplete_uploads == &Some(0) || olds.clone().any(|after| after.days == 0) {
        faults.push(("something happens after 0 days".to_owned(), "write 1 or more"));
    }
    faults
}

fn tiering_fits(bucket: &Bucket, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, tiering) in &bucket.tiering {
        let outside = |days: Option<u32>, least: u32| days.filter(|days| !(least..=730).contains(days));
        let wrong = if tiering.archive.is_none() && tiering.deep_archive.is_none() {
            "it archives nothing".to_owned()
        } else if let Some(days) = outside(tiering.archive, 90) {
            format!("it archives after {days} days")
        } else if let Some(days) = outside(tiering.deep_archive, 180) {
            format!("it moves to the deep archive after {days} days")
        } else if matches!((tiering.archive, tiering.deep_archive), (Some(one), Some(deep)) if deep <= one) {
            "the deep archive does not come after the other".to_owned()
        } else {
            continue;
        };
        let way_out = "write 90 to 730 days for `archive`, or 180 to 730 and later for `deep_archive`, or both";
        violations.push(Violation::of("tiering", name, format!("`{name}`: {wrong}"), way_out));
    }
    violations
}

fn old_versions_exist(bucket: &Bucket, _: &Surroundings<'_>) -> Vec<Violation> {
    if bucket.versioning != Versioning::Never {
        return Vec::new();
    }
    let speaks = |rule: &LifecycleRule| !rule.old_versions.moves.is_empty() || rule.old_versions.expire.is_some();
    let rules = bucket.lifecycle.iter().filter(|(_, rule)| speaks(rule));
    rules
        .map(|(name, _)| {
            let wrong = format!("the rule `{name}` speaks of old versions, and the bucket keeps none");
            Violation::of("lifecycle", name, wrong, "write `versioning: Versioning::Enabled`, or take it out")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Address, Handle, Platform, Ref};

    use super::*;
    use crate::iam::Statement;
    use crate::s3::{Objects, OldAfter, OldVersions, Tiering};

    fn codes(change: impl FnOnce(&mut Bucket)) -> Vec<&'static str> {
        let mut bucket = Bucket::closed("shop-reports");
        change(&mut bucket);
        let mut platform = Platform::new();
        let mut stack = platform.stack("cost");
        let handle = stack.add("reports", bucket.clone());
        stack.add("policy", BucketPolicy::over_tls(&handle, []));
        codes_among(&bucket, platform)
    }

    fn codes_among(bucket: &Bucket, platform: Platform) -> Vec<&'static str> {
        let definitions = platform.finish().unwrap();
        let address = Address::new("cost", "reports").unwrap();
        let around = Surroundings::new(&definitions, &address);
        ALL.iter().flat_map(|rule| rule.violations(bucket, &around)).map(|violation| violation.code).collect()
    }

    fn rule(change: impl FnOnce(&mut LifecycleRule)) -> Vec<&'static str> {
        let mut rule = LifecycleRule { incomplete_uploads: Some(7), ..LifecycleRule::of_everything() };
        change(&mut rule);
        codes(|bucket| drop(bucket.lifecycle.insert("old".into(), rule)))
    }

    #[test]
    fn v96_a_name_is_one_that_s3_takes() {
        assert_eq!(codes(|_| ()), [""; 0]);
        assert_eq!(codes(|bucket| bucket.name = "Shop".into()), ["V96"]);
    }

    #[test]
    fn v96c_nobody_is_answered_in_the_clear() {
        let bucket = Bucket::closed("shop-reports");
        let with = |policy: &dyn Fn(&Handle<Bucket>) -> Option<BucketPolicy>| {
            let mut platform = Platform::new();
            let mut stack = platform.stack("cost");
            let handle = stack.add("reports", bucket.clone());
            if let Some(policy) = policy(&handle) {
                stack.add("policy", policy);
            }
            codes_among(&bucket, platform)
        };
        let read = || Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::shop-reports/*"]).to_everyone();
        assert_eq!(with(&|_| None), ["V96c"]);
        assert_eq!(with(&|bucket| Some(BucketPolicy { bucket: bucket.id(), policy: read().into() })), ["V96c"]);
        let half = |bucket: &Handle<Bucket>| {
            let policy = read().when("Bool", "aws:SecureTransport", [false]).into();
            Some(BucketPolicy { bucket: bucket.id(), policy })
        };
        assert_eq!(with(&half), ["V96c"], "it allows, and denies nothing");
        assert_eq!(with(&|bucket| Some(BucketPolicy::over_tls(bucket, [read()]))), [""; 0]);
    }

    #[test]
    fn v99a_versions_are_suspended_and_not_forgotten() {
        let kept = |versioning| Bucket { versioning, ..Bucket::closed("shop-reports") };
        let said = |from, to| PASSAGES[0].violations(&kept(from), &kept(to)).len();
        assert_eq!(said(Versioning::Enabled, Versioning::Never), 1);
        assert_eq!(said(Versioning::Suspended, Versioning::Never), 1);
        assert_eq!(said(Versioning::Never, Versioning::Enabled), 0);
        assert_eq!(said(Versioning::Enabled, Versioning::Suspended), 0);
    }

    #[test]
    fn v98_objects_move_downward_and_expire_last() {
        let (tiering, glacier) = (StorageClass::IntelligentTiering, StorageClass::Glacier);
        let moves = move |first, second| [(tiering, When::Days(first)), (glacier, When::Days(second))].into();
        assert_eq!(rule(|_| ()), [""; 0]);
        assert_eq!(rule(|rule| rule.moves = moves(0, 90)), [""; 0]);
        assert_eq!(rule(|rule| rule.moves = moves(90, 90)), ["V98"]);
        assert_eq!(rule(|rule| (rule.moves, rule.expires) = (moves(0, 90), Some(Expiry::Days(91)))), [""; 0]);
        assert_eq!(rule(|rule| (rule.moves, rule.expires) = (moves(0, 90), Some(Expiry::Days(90)))), ["V98"]);
        assert_eq!(rule(|rule| rule.moves = [(StorageClass::StandardInfrequent, When::Days(29))].into()), ["V98"]);
        assert_eq!(rule(|rule| rule.expires = Some(Expiry::Days(0))), ["V98"]);
        let date = When::Date("2027-01-01".parse().unwrap());
        assert_eq!(rule(|rule| rule.moves = [(tiering, When::Days(0)), (glacier, date)].into()), ["V98"]);
    }

    #[test]
    fn v98_a_rule_does_something_that_can_be_done() {
        assert_eq!(rule(|rule| rule.incomplete_uploads = None), ["V98"]);
        assert_eq!(rule(|rule| rule.incomplete_uploads = Some(0)), ["V98"]);
        assert_eq!(rule(|rule| rule.objects = Objects { larger_than: Some(1), ..Objects::default() }), ["V98"]);
    }

    #[test]
    fn v98a_old_versions_are_spoken_of_where_they_are_kept() {
        let speak = |rule: &mut LifecycleRule| {
            rule.old_versions = OldVersions { expire: Some(OldAfter { days: 30, spared: None }), ..Default::default() };
        };
        assert_eq!(rule(speak), ["V98a"]);
        let mut kept = LifecycleRule::of_everything();
        speak(&mut kept);
        let enabled = |bucket: &mut Bucket| {
            bucket.versioning = Versioning::Enabled;
            bucket.lifecycle.insert("old".into(), kept);
        };
        assert_eq!(codes(enabled), [""; 0]);
    }

    #[test]
    fn v99_archives_come_after_the_days_that_s3_takes() {
        let tiering = |archive, deep_archive| {
            codes(|bucket| {
                let tiering = Tiering { archive, deep_archive, ..Tiering::of_everything() };
                bucket.tiering.insert("whole".into(), tiering);
            })
        };
        for good in [(Some(90), None), (None, Some(180)), (Some(90), Some(730))] {
            assert_eq!(tiering(good.0, good.1), [""; 0], "{good:?}");
        }
        for bad in [(None, None), (Some(89), None), (None, Some(179)), (Some(300), Some(200)), (None, Some(731))] {
            assert_eq!(tiering(bad.0, bad.1), ["V99"], "{bad:?}");
        }
    }

    #[test]
    fn v100_a_key_is_named_by_its_arn() {
        let arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b";
        let once = |key: &str| {
            codes(|bucket| bucket.encryption = Encryption::Kms { key: Some(Ref::known(key)), bucket_key: true })
        };
        let twice = |key: &str| codes(|bucket| bucket.encryption = Encryption::KmsTwice { key: Some(Ref::known(key)) });
        assert_eq!((once(arn), twice(arn)), (vec![], vec![]));
        assert_eq!(codes(|bucket| bucket.encryption = Encryption::Kms { key: None, bucket_key: true }), [""; 0]);
        for name in ["0a1b", "alias/shop", "arn:aws:kms:eu-central-1:123456789012:alias/shop"] {
            assert_eq!((once(name), twice(name)), (vec!["V100"], vec!["V100"]), "{name}");
        }
    }
}
