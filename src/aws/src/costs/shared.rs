//! What monitors and subscriptions have in common: their tags, and what Cost Explorer's codes mean.

use infra_engine::live::{Ask, Fault, FaultKind, GoneIsFine, Retag};
use infra_engine::model::Tags;

use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// The permissions that tags need.
pub(super) const LIST: &str = "ce:ListTagsForResource";
/// See [`LIST`].
pub(super) const TAG: &str = "ce:TagResource";
/// See [`LIST`].
pub(super) const UNTAG: &str = "ce:UntagResource";

/// Sorts a failed call about a monitor or a subscription.
pub(super) fn sorted(fault: Fault) -> Fault {
    if is_not_enabled(&fault) {
        let message = "nobody has opened Cost Explorer in this account yet, and no call can: open it once in the console \
                       (Billing, Cost Explorer; in an organization, the account that pays), then apply again a day later";
        return Fault { message: message.to_owned(), ..fault.sorted(FaultKind::Refused) };
    }
    fault
        .when(FaultKind::Gone, &["UnknownMonitorException", "UnknownSubscriptionException"], "")
        // A quota, and not the rate of calls.
        .when(FaultKind::Refused, &["LimitExceededException"], "dimensional")
}

/// True where nobody has opened Cost Explorer yet. Permissions do not help then; AWS says that they are missing.
pub(super) fn is_not_enabled(fault: &Fault) -> bool {
    let said = fault.message.to_lowercase();
    fault.has_code(&["AccessDeniedException"]) && said.contains("not enabled for cost explorer")
}

/// Nothing, where nobody has opened Cost Explorer yet: there is nothing to be found then, and the rest can be planned.
pub(super) fn where_enabled<T: Default>(listed: Result<T, Fault>) -> Result<T, Fault> {
    match listed {
        Err(fault) if is_not_enabled(&fault) => Ok(T::default()),
        other => other.map_err(sorted),
    }
}

/// A resource's tags. `None` when it has gone in the meantime.
pub(super) async fn tags(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    let alone = async {
        let answer = aws.costexplorer().list_tags_for_resource().resource_arn(arn).send().await;
        let answer = answer.sorted(LIST).map_err(sorted).map(Some).gone_is_fine()?;
        Ok(answer.map(|answer| from_sdk(answer.resource_tags())))
    };
    index::tags(aws, ask, arn, alone).await
}

/// Sets and removes tags.
pub(super) async fn retag(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.costexplorer().tag_resource().resource_arn(arn).set_resource_tags(Some(to_sdk(set)));
        call.send().await.sorted(TAG).map_err(sorted)?;
    }
    if !remove.is_empty() {
        let call = aws.costexplorer().untag_resource().resource_arn(arn).set_resource_tag_keys(Some(remove.clone()));
        call.send().await.sorted(UNTAG).map_err(sorted)?;
    }
    Ok(())
}

/// What is wrong with the name of a monitor or a subscription.
pub(super) fn name(name: &str) -> Option<infra_engine::check::Violation> {
    let fits = (1..=1024).contains(&name.chars().count()) && !name.trim().is_empty();
    let wrong = "it is empty, or has more than 1024 characters";
    (!fits).then(|| infra_engine::check::Violation::of("name", name, wrong, "write a plain name"))
}
