//! Creating what may have been created in an earlier try, for kinds whose names are unique.

use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Order};
use infra_engine::model::keys;

use crate::Aws;

/// Goes on where a creating call failed because there is one of that name: if this very order made it in an earlier
/// try, it is that one; if it is anybody else's, the fault stands.
pub(crate) async fn resume<R>(aws: &Aws, order: &Order<R>, name: &str, fault: Fault) -> Result<String, Fault>
where
    R: Behaviour<Cloud = Aws>,
{
    if fault.kind != FaultKind::Exists {
        return Err(fault);
    }
    let live = R::read(aws, &Ask::only([name.to_owned()])).await?;
    match live.into_iter().find(|found| order.made(&found.tags)) {
        Some(found) => Ok(found.id),
        None => Err(fault),
    }
}

/// Goes on where a creating call failed because there is one already, for kinds whose identifier is not their name:
/// if this very order made it in an earlier try, it is the one; if it is anybody else's, the fault stands.
pub(crate) async fn made_before<R>(
    aws: &Aws,
    order: &Order<R>,
    name: Option<&str>,
    fault: Fault,
) -> Result<String, Fault>
where
    R: Behaviour<Cloud = Aws>,
{
    if fault.kind != FaultKind::Exists {
        return Err(fault);
    }
    let owner = order.tags.get(keys::OWNER).and_then(|owner| owner.parse().ok());
    let ask = Ask { owner, names: name.map(str::to_owned).into_iter().collect(), ..Ask::default() };
    let live = R::read(aws, &ask).await?;
    live.into_iter().find(|found| order.made(&found.tags)).map(|found| found.id).ok_or(fault)
}
