//! How long objects are kept, and in which storage class: a bucket's lifecycle rules as values.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule as Live,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, NoncurrentVersionTransition, Tag,
    Transition, TransitionStorageClass,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Tags;
use infra_values::Date;
use serde::{Deserialize, Serialize};

use crate::Sorted;
use crate::tags::{from_sdk, to_sdk};

/// What becomes of objects as they grow old.
///
/// ```
/// use infra_aws::s3::{Expiry, LifecycleRule, StorageClass, When};
///
/// let rule = LifecycleRule {
///     moves: [(StorageClass::IntelligentTiering, When::Days(0))].into(),
///     expires: Some(Expiry::Days(365)),
///     incomplete_uploads: Some(7),
///     ..LifecycleRule::of_everything()
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifecycleRule {
    /// Whether it is followed.
    pub enabled: bool,
    /// Of which objects it speaks.
    pub objects: Objects,
    /// Into which storage class they move, and when.
    pub moves: BTreeMap<StorageClass, When>,
    /// When they expire.
    pub expires: Option<Expiry>,
    /// What becomes of versions that have been overwritten or deleted.
    pub old_versions: OldVersions,
    /// After how many days an upload that was never finished is thrown away.
    pub incomplete_uploads: Option<u32>,
}

/// Of which objects a rule speaks: of those for which all of this holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Objects {
    /// What their names start with. Empty is everything.
    pub prefix: String,
    /// The tags that they bear.
    pub tags: Tags,
    /// They have more bytes than this.
    pub larger_than: Option<u64>,
    /// They have fewer bytes than this.
    pub smaller_than: Option<u64>,
}

/// What becomes of versions that have been overwritten or deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OldVersions {
    /// Into which storage class they move, and when.
    pub moves: BTreeMap<StorageClass, OldAfter>,
    /// When they are deleted for good.
    pub expire: Option<OldAfter>,
}

/// Since when a version is an old one, and how many of them are spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldAfter {
    /// So many days after it was overwritten or deleted.
    pub days: u32,
    /// So many of the newest old versions are spared.
    pub spared: Option<u32>,
}

/// When something happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many days after it was made.
    Days(u32),
    /// On a day, at midnight UTC.
    Date(Date),
}

/// When an object expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// So many days after it was made.
    Days(u32),
    /// On a day, at midnight UTC.
    Date(Date),
    /// When it is the mark of a deleted object of which no version is left.
    EmptyMarks,
}

/// Where objects can move to, the cheapest last. Nothing moves back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// Read less than once a month.
    StandardInfrequent,
    /// Moved by S3 itself, by how often each object is read.
    IntelligentTiering,
    /// Read less than once a month, and kept in one zone only.
    OneZoneInfrequent,
    /// Read once a quarter, and at once.
    GlacierInstant,
    /// Read once a year, after minutes or hours.
    Glacier,
    /// Hardly ever read, after half a day.
    DeepArchive,
}

impl LifecycleRule {
    /// A rule that speaks of all objects and does nothing with them yet.
    pub fn of_everything() -> LifecycleRule {
        LifecycleRule {
            enabled: true,
            objects: Objects::default(),
            moves: BTreeMap::new(),
            expires: None,
            old_versions: OldVersions::default(),
            incomplete_uploads: None,
        }
    }

    /// The rule as S3 takes it.
    pub(super) fn to_sdk(&self, id: &str) -> Result<Live, Fault> {
        let LifecycleRule { enabled, objects, moves, expires, old_versions, incomplete_uploads } = self;
        let OldVersions { moves: old_moves, expire: old_expire } = old_versions;
        let transition = |(class, when): (&StorageClass, &When)| {
            let (days, date) = match when {
                When::Days(days) => (Some(number(*days)), None),
                When::Date(date) => (None, Some(midnight(*date))),
            };
            Transition::builder().storage_class(class.into()).set_days(days).set_date(date).build()
        };
        let old_transition = |(class, after): (&StorageClass, &OldAfter)| {
            let call = NoncurrentVersionTransition::builder().storage_class(class.into());
            call.noncurrent_days(number(after.days)).set_newer_noncurrent_versions(after.spared.map(number)).build()
        };
        let old_expiration = |after: OldAfter| {
            let call = NoncurrentVersionExpiration::builder().noncurrent_days(number(after.days));
            call.set_newer_noncurrent_versions(after.spared.map(number)).build()
        };
        let expiration = |expiry: Expiry| match expiry {
            Expiry::Days(days) => LifecycleExpiration::builder().days(number(days)).build(),
            Expiry::Date(date) => LifecycleExpiration::builder().date(midnight(date)).build(),
            Expiry::EmptyMarks => LifecycleExpiration::builder().expired_object_delete_marker(true).build(),
        };
        let abort = |days| AbortIncompleteMultipartUpload::builder().days_after_initiation(number(days)).build();
        Live::builder()
            .id(id)
            .status(if *enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
            .filter(objects.to_sdk())
            .set_transitions(some(moves.iter().map(transition)))
            .set_expiration(expires.map(expiration))
            .set_noncurrent_version_transitions(some(old_moves.iter().map(old_transition)))
            .set_noncurrent_version_expiration(old_expire.map(old_expiration))
            .set_abort_incomplete_multipart_upload(incomplete_uploads.map(abort))
            .build()
            .sorted("s3:PutBucketLifecycleConfiguration")
    }

    /// The rule that would have produced a live one, and its name.
    pub(super) fn from_sdk(live: &Live) -> Result<(String, LifecycleRule), Fault> {
        let moves = live.transitions().iter().map(|transition| {
            let when = match (transition.date(), transition.days()) {
                (Some(date), _) => When::Date(day(date)?),
                (None, days) => When::Days(count(days)),
            };
            Ok::<_, Fault>((class(transition.storage_class())?, when))
        });
        let expires = live.expiration().map(|expiration| match (expiration.date(), expiration.days()) {
            (Some(date), _) => Ok::<_, Fault>(Expiry::Date(day(date)?)),
            (None, Some(days)) => Ok(Expiry::Days(count(Some(days)))),
            (None, None) => Ok(Expiry::EmptyMarks),
        });
        let old_moves = live.noncurrent_version_transitions().iter().map(|transition| {
            let after = old_after(transition.noncurrent_days(), transition.newer_noncurrent_versions());
            Ok::<_, Fault>((class(transition.storage_class())?, after))
        });
        let old_expire = live.noncurrent_version_expiration();
        let rule = LifecycleRule {
            enabled: *live.status() == ExpirationStatus::Enabled,
            objects: Objects::from_sdk(live),
            moves: moves.collect::<Result<_, _>>()?,
            expires: expires.transpose()?,
            old_versions: OldVersions {
                moves: old_moves.collect::<Result<_, _>>()?,
                expire: old_expire
                    .map(|expire| old_after(expire.noncurrent_days(), expire.newer_noncurrent_versions())),
            },
            incomplete_uploads: live
                .abort_incomplete_multipart_upload()
                .map(|abort| count(abort.days_after_initiation())),
        };
        Ok((live.id().unwrap_or_default().to_owned(), rule))
    }
}

impl Objects {
    /// The filter as S3 takes it: one condition stands alone, several stand together.
    fn to_sdk(&self) -> LifecycleRuleFilter {
        let Objects { prefix, tags, larger_than, smaller_than } = self;
        let (larger, smaller) = (larger_than.map(bytes), smaller_than.map(bytes));
        let conditions = [!prefix.is_empty(), larger.is_some(), smaller.is_some()];
        let conditions = conditions.into_iter().filter(|there| *there).count() + tags.len();
        let filter = LifecycleRuleFilter::builder();
        let tags: Vec<Tag> = to_sdk(tags);
        match conditions {
            0 => filter.prefix("").build(),
            1 => {
                let prefix = Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
                let filter = filter.set_prefix(prefix).set_tag(tags.into_iter().next());
                filter.set_object_size_greater_than(larger).set_object_size_less_than(smaller).build()
            }
            _ => {
                let prefix = Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
                let all = LifecycleRuleAndOperator::builder().set_prefix(prefix).set_tags(some(tags));
                let all = all.set_object_size_greater_than(larger).set_object_size_less_than(smaller);
                filter.and(all.build()).build()
            }
        }
    }

    #[expect(deprecated, reason = "rules that were made long ago say their prefix where it stood then")]
    fn from_sdk(rule: &Live) -> Objects {
        let size = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
        let Some(filter) = rule.filter() else {
            return Objects { prefix: rule.prefix().unwrap_or_default().to_owned(), ..Objects::default() };
        };
        match filter.and() {
            Some(all) => Objects {
                prefix: all.prefix().unwrap_or_default().to_owned(),
                tags: from_sdk(all.tags()),
                larger_than: size(all.object_size_greater_than()),
                smaller_than: size(all.object_size_less_than()),
            },
            None => Objects {
                prefix: filter.prefix().unwrap_or_default().to_owned(),
                tags: filter.tag().map(|tag| from_sdk(std::slice::from_ref(tag))).unwrap_or_default(),
                larger_than: size(filter.object_size_greater_than()),
                smaller_than: size(filter.object_size_less_than()),
            },
        }
    }
}

impl From<&StorageClass> for TransitionStorageClass {
    fn from(class: &StorageClass) -> TransitionStorageClass {
        match class {
            StorageClass::StandardInfrequent => TransitionStorageClass::StandardIa,
            StorageClass::IntelligentTiering => TransitionStorageClass::IntelligentTiering,
            StorageClass::OneZoneInfrequent => TransitionStorageClass::OnezoneIa,
            StorageClass::GlacierInstant => TransitionStorageClass::GlacierIr,
            StorageClass::Glacier => TransitionStorageClass::Glacier,
            StorageClass::DeepArchive => TransitionStorageClass::DeepArchive,
        }
    }
}

fn class(live: Option<&TransitionStorageClass>) -> Result<StorageClass, Fault> {
    match live {
        Some(TransitionStorageClass::StandardIa) => Ok(StorageClass::StandardInfrequent),
        Some(TransitionStorageClass::IntelligentTiering) => Ok(StorageClass::IntelligentTiering),
        Some(TransitionStorageClass::OnezoneIa) => Ok(StorageClass::OneZoneInfrequent),
        Some(TransitionStorageClass::GlacierIr) => Ok(StorageClass::GlacierInstant),
        Some(TransitionStorageClass::Glacier) => Ok(StorageClass::Glacier),
        Some(TransitionStorageClass::DeepArchive) => Ok(StorageClass::DeepArchive),
        other => Err(unknown(format!("a rule moves objects to a storage class that is not known here: {other:?}"))),
    }
}

fn unknown(message: String) -> Fault {
    Fault::new(FaultKind::Broken, "s3:GetBucketLifecycleConfiguration", message)
}

fn old_after(days: Option<i32>, spared: Option<i32>) -> OldAfter {
    OldAfter { days: count(days), spared: spared.map(|spared| count(Some(spared))) }
}

/// A number as the API takes it. One that does not fit is refused by a rule before.
fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn bytes(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(value: Option<i32>) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or_default()
}

/// A list, or nothing where it would be empty: S3 takes an empty list for a malformed one.
fn some<T>(items: impl IntoIterator<Item = T>) -> Option<Vec<T>> {
    let items: Vec<T> = items.into_iter().collect();
    Some(items).filter(|items| !items.is_empty())
}

fn midnight(date: Date) -> DateTime {
    let text = format!("{date}T00:00:00Z");
    DateTime::from_str(&text, Format::DateTime).expect("a day of the calendar and midnight make a moment")
}

fn day(moment: &DateTime) -> Result<Date, Fault> {
    let text = moment.fmt(Format::DateTime).unwrap_or_default();
    let day = text.split('T').next().unwrap_or_default();
    day.parse().map_err(|_| unknown(format!("a rule has a date that is none: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_way_and_back(rule: LifecycleRule) -> Live {
        let live = rule.to_sdk("old").unwrap();
        assert_eq!(LifecycleRule::from_sdk(&live).unwrap(), ("old".to_owned(), rule));
        live
    }

    #[test]
    fn a_rule_survives_the_way_and_back() {
        let whole = LifecycleRule {
            enabled: false,
            objects: Objects {
                prefix: "logs/".into(),
                tags: Tags::from([("kind".into(), "log".into())]),
                larger_than: Some(1),
                smaller_than: Some(1 << 40),
            },
            moves: [
                (StorageClass::IntelligentTiering, When::Days(0)),
                (StorageClass::DeepArchive, When::Date("2027-01-01".parse().unwrap())),
            ]
            .into(),
            expires: Some(Expiry::Date("2028-02-29".parse().unwrap())),
            old_versions: OldVersions {
                moves: [(StorageClass::Glacier, OldAfter { days: 30, spared: None })].into(),
                expire: Some(OldAfter { days: 90, spared: Some(3) }),
            },
            incomplete_uploads: Some(7),
        };
        check_way_and_back(whole);
        check_way_and_back(LifecycleRule { expires: Some(Expiry::EmptyMarks), ..LifecycleRule::of_everything() });
    }

    #[test]
    fn one_condition_stands_alone_and_several_stand_together() {
        let of = |objects: Objects| LifecycleRule { objects, ..LifecycleRule::of_everything() };
        let filter = |objects: Objects| check_way_and_back(of(objects)).filter.unwrap();
        assert_eq!(filter(Objects::default()).prefix(), Some(""));
        let prefix = Objects { prefix: "logs/".into(), ..Objects::default() };
        assert_eq!(filter(prefix.clone()).prefix(), Some("logs/"));
        let tags = Tags::from([("kind".into(), "log".into())]);
        assert!(filter(Objects { tags: tags.clone(), ..Objects::default() }).tag().is_some());
        let both = filter(Objects { tags, ..prefix });
        assert_eq!((both.prefix(), both.and().unwrap().prefix()), (None, Some("logs/")));
    }

    #[test]
    #[expect(deprecated, reason = "this is the old form")]
    fn a_prefix_of_the_old_form_is_one() {
        let live = Live::builder().prefix("logs/").status(ExpirationStatus::Enabled).build().unwrap();
        assert_eq!(LifecycleRule::from_sdk(&live).unwrap().1.objects.prefix, "logs/");
    }

    #[test]
    fn a_class_that_is_not_known_is_said_and_not_dropped() {
        let transition = Transition::builder().storage_class("FROZEN".into()).days(1).build();
        let live = Live::builder().status(ExpirationStatus::Enabled).transitions(transition).build().unwrap();
        assert!(LifecycleRule::from_sdk(&live).unwrap_err().message.contains("FROZEN"));
    }
}
