//! When objects of the storage class Intelligent-Tiering are archived: a bucket's tiering configurations as values.

use aws_sdk_s3::types::{
    IntelligentTieringAccessTier as Tier, IntelligentTieringAndOperator, IntelligentTieringConfiguration as Live,
    IntelligentTieringFilter, IntelligentTieringStatus as Status, Tag, Tiering as Step,
};
use infra_engine::live::Fault;
use infra_engine::model::Tags;
use serde::{Deserialize, Serialize};

use crate::Sorted;
use crate::tags::{from_sdk, to_sdk};

/// When objects that nobody reads are archived. Only those of the storage class Intelligent-Tiering are.
///
/// ```
/// use infra_aws::s3::Tiering;
///
/// let tiering = Tiering { archive: Some(90), deep_archive: Some(180), ..Tiering::of_everything() };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tiering {
    /// Whether it is followed.
    pub enabled: bool,
    /// What the names of its objects start with. Empty is everything.
    pub prefix: String,
    /// The tags that its objects bear.
    pub tags: Tags,
    /// After how many days without a reader an object is archived: it then takes minutes to hours to read.
    pub archive: Option<u32>,
    /// After how many days without a reader it goes to the deep archive: half a day to read.
    pub deep_archive: Option<u32>,
}

impl Tiering {
    /// A configuration for all objects that archives nothing yet.
    pub fn of_everything() -> Tiering {
        Tiering { enabled: true, prefix: String::new(), tags: Tags::new(), archive: None, deep_archive: None }
    }

    /// The configuration as S3 takes it.
    pub(super) fn to_sdk(&self, id: &str) -> Result<Live, Fault> {
        const OPERATION: &str = "s3:PutBucketIntelligentTieringConfiguration";
        let Tiering { enabled, prefix, tags, archive, deep_archive } = self;
        let prefix = Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
        let mut tags: Vec<Tag> = to_sdk(tags);
        let filter = IntelligentTieringFilter::builder();
        let filter = match (tags.len(), prefix) {
            (0, None) => None,
            (0, prefix) => Some(filter.set_prefix(prefix).build()),
            (1, None) => Some(filter.set_tag(tags.pop()).build()),
            (_, prefix) => {
                let all = IntelligentTieringAndOperator::builder().set_prefix(prefix).set_tags(Some(tags));
                Some(filter.and(all.build()).build())
            }
        };
        let step = |tier: Tier, days: &Option<u32>| {
            let days = i32::try_from((*days)?).unwrap_or(i32::MAX);
            Some(Step::builder().access_tier(tier).days(days).build().sorted(OPERATION))
        };
        let steps = [step(Tier::ArchiveAccess, archive), step(Tier::DeepArchiveAccess, deep_archive)];
        Live::builder()
            .id(id)
            .status(if *enabled { Status::Enabled } else { Status::Disabled })
            .set_filter(filter)
            .set_tierings(Some(steps.into_iter().flatten().collect::<Result<_, _>>()?))
            .build()
            .sorted(OPERATION)
    }

    /// The configuration that would have produced a live one, and its name.
    pub(super) fn from_sdk(live: &Live) -> (String, Tiering) {
        let filter = live.filter();
        let all = filter.and_then(IntelligentTieringFilter::and);
        let prefix =
            all.map_or(filter.and_then(IntelligentTieringFilter::prefix), IntelligentTieringAndOperator::prefix);
        let tag = filter.and_then(IntelligentTieringFilter::tag).map(std::slice::from_ref);
        let tags = all.map_or(tag.unwrap_or_default(), IntelligentTieringAndOperator::tags);
        let days = |tier: Tier| {
            let step = live.tierings().iter().find(|step| *step.access_tier() == tier)?;
            u32::try_from(step.days()).ok()
        };
        let tiering = Tiering {
            enabled: *live.status() == Status::Enabled,
            prefix: prefix.unwrap_or_default().to_owned(),
            tags: from_sdk(tags),
            archive: days(Tier::ArchiveAccess),
            deep_archive: days(Tier::DeepArchiveAccess),
        };
        (live.id().to_owned(), tiering)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiering_survives_the_way_and_back() {
        let tags = Tags::from([("kind".into(), "report".into())]);
        let all = Tiering { archive: Some(90), deep_archive: Some(180), ..Tiering::of_everything() };
        let part = Tiering { prefix: "old/".into(), deep_archive: Some(365), ..Tiering::of_everything() };
        let tagged = Tiering { tags: tags.clone(), archive: Some(100), enabled: false, ..Tiering::of_everything() };
        for tiering in [all, part.clone(), tagged, Tiering { tags, ..part }] {
            assert_eq!(Tiering::from_sdk(&tiering.to_sdk("whole").unwrap()), ("whole".to_owned(), tiering));
        }
    }
}
