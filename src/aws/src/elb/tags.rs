//! Tags of load balancers and of what belongs to them: no list has them. The index of all
//! tags is asked first; of those that it does not know, one call reads twenty.

use std::collections::BTreeMap;

use infra_engine::live::{Ask, Fault, FaultKind, Retag};
use infra_engine::model::Tags;

use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// The permissions that tags need.
pub(super) const ADD: &str = "elasticloadbalancing:AddTags";
/// See [`ADD`].
pub(super) const DESCRIBE: &str = "elasticloadbalancing:DescribeTags";
/// See [`ADD`].
pub(super) const REMOVE: &str = "elasticloadbalancing:RemoveTags";

/// The most resources whose tags one call reads.
const AT_A_TIME: usize = 20;

/// What a listing call has found: its ARN and its natural name.
pub(super) trait Listed {
    /// Its Amazon Resource Name, which is its identifier.
    fn arn(&self) -> String;
    /// Its natural name, as its definition would give it.
    fn key(&self) -> String;
}

/// Those that are asked for, with their tags.
pub(super) async fn asked<L: Listed>(aws: &Aws, ask: &Ask, listed: Vec<L>) -> Result<Vec<(L, Tags)>, Fault> {
    let (mut tags, mut unknown) = (BTreeMap::new(), Vec::new());
    for arn in listed.iter().map(Listed::arn) {
        match index::known(aws, ask, &arn).await? {
            Some(known) => drop(tags.insert(arn, known)),
            None => unknown.push(arn),
        }
    }
    tags.extend(read(aws, &unknown).await?);
    let with_tags = listed.into_iter().filter_map(|one| {
        let tags = tags.remove(&one.arn())?;
        Some((one, tags))
    });
    Ok(with_tags.filter(|(one, tags)| ask.wants(&one.arn(), Some(&one.key()), tags)).collect())
}

/// The tags of these resources, without those that have gone in the meantime.
pub(super) async fn read(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>, Fault> {
    let portions = arns.chunks(AT_A_TIME).map(<[String]>::to_vec);
    let together = each(portions, async |portion: Vec<String>| match describe(aws, portion.clone()).await {
        // One that is not there spoils the call for all.
        Err(fault) if fault.kind == FaultKind::Gone && portion.len() > 1 => {
            let alone = each(portion, async |arn: String| present(describe(aws, vec![arn]).await)).await?;
            Ok(alone.into_iter().flatten().collect())
        }
        answer => present(answer),
    });
    Ok(together.await?.into_iter().flatten().collect())
}

fn present(answer: Result<Vec<(String, Tags)>, Fault>) -> Result<Vec<(String, Tags)>, Fault> {
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(Vec::new()),
        answer => answer,
    }
}

async fn describe(aws: &Aws, arns: Vec<String>) -> Result<Vec<(String, Tags)>, Fault> {
    let answer = aws.elb().describe_tags().set_resource_arns(Some(arns)).send().await.sorted(DESCRIBE)?;
    let descriptions = answer.tag_descriptions.unwrap_or_default().into_iter();
    Ok(descriptions.filter_map(|one| Some((one.resource_arn?, from_sdk(&one.tags.unwrap_or_default())))).collect())
}

/// Sets and removes tags.
pub(super) async fn change(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.elb().add_tags().resource_arns(arn).set_tags(Some(to_sdk(set)));
        call.send().await.sorted(ADD)?;
    }
    if !remove.is_empty() {
        let call = aws.elb().remove_tags().resource_arns(arn).set_tag_keys(Some(remove.clone()));
        call.send().await.sorted(REMOVE)?;
    }
    Ok(())
}
