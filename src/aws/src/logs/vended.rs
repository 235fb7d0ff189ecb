//! What sources, places and deliveries of logs have in common: how they are found, their tags, and what is wrong with a name.

use infra_engine::check::Violation;
use infra_engine::live::{Ask, Fault, FaultKind, Order, Retag};
use infra_engine::model::Tags;

use crate::pages::each;
use crate::tags::{from_map, to_map};
use crate::{Aws, Sorted, index};

pub(super) const LIST_TAGS: &str = "logs:ListTagsForResource";
pub(super) const TAG: &str = "logs:TagResource";
pub(super) const UNTAG: &str = "logs:UntagResource";

/// What a list has given.
pub(super) trait Named {
    /// Its identifier.
    fn id(&self) -> &str;
    /// Its natural name, where it has one.
    fn key(&self) -> Option<&str>;
    /// Its Amazon Resource Name.
    fn arn(&self) -> &str;
}

/// Those that are asked for, with their tags. An account has few of them, so all that the index does not know are asked.
pub(super) async fn asked<L: Named>(aws: &Aws, ask: &Ask, listed: Vec<L>) -> Result<Vec<(L, Tags)>, Fault> {
    let with_tags = async |(arn, one): (String, L)| {
        let tags = index::tags(aws, ask, &arn, tags(aws, &arn)).await?;
        let wanted = tags.filter(|tags| ask.wants(one.id(), one.key(), tags));
        Ok(wanted.map(|tags| (one, tags)))
    };
    let listed = listed.into_iter().map(|one| (one.arn().to_owned(), one));
    Ok(each(listed, with_tags).await?.into_iter().flatten().collect())
}

/// What to do where there is one of that name already: it is this very order's, or the fault is that it is not.
pub(super) async fn made_before<R, L: Named>(
    aws: &Aws,
    order: &Order<R>,
    operation: &str,
    there: &L,
) -> Result<String, Fault> {
    let tags = tags(aws, there.arn()).await?.unwrap_or_default();
    if order.made(&tags) {
        return Ok(there.id().to_owned());
    }
    let message = format!("there is one called {} already, and it is not ours", there.id());
    Err(Fault::new(FaultKind::Exists, operation, message))
}

async fn tags(aws: &Aws, arn: &str) -> Result<Option<Tags>, Fault> {
    let answer = aws.logs().list_tags_for_resource().resource_arn(arn).send().await.sorted(LIST_TAGS);
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        answer => answer.map(|answer| Some(from_map(answer.tags()))),
    }
}

/// Sets and removes tags.
pub(super) async fn retag(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        aws.logs().tag_resource().resource_arn(arn).set_tags(Some(to_map(set))).send().await.sorted(TAG)?;
    }
    if !remove.is_empty() {
        let call = aws.logs().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
        call.send().await.sorted(UNTAG)?;
    }
    Ok(())
}

/// What it is about was made a moment ago.
pub(super) fn not_seen(fault: Fault) -> Fault {
    if fault.kind == FaultKind::Gone { fault.sorted(FaultKind::NotYet) } else { fault }
}

/// A delivery still uses it, or is being deleted.
pub(super) fn in_use(fault: Fault) -> Fault {
    fault.when(FaultKind::Busy, &["ConflictException"], "")
}

/// What is wrong with a name: both sources and places have 1 to 60 word characters and hyphens.
pub(super) fn wrong_name(name: &str) -> Option<Violation> {
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"_-".contains(*c));
    let wrong = match odd {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > 60 => format!("it has {} characters", name.len()),
        Some(odd) => format!("it has `{odd}` in it"),
        None => return None,
    };
    Some(Violation::of("name", name, wrong, "write a name like `shop-cdn`, of at most 60 characters"))
}
