//! The second name of a parameter group: one of another family is another group, and what uses the one before keeps it
//! from going. So the successor is made beside it, under a name of its own, and is told by the plain one all the same.

use std::future::Future;

use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Order};
use infra_engine::model::digest;
use serde_json::json;

use crate::Aws;
use crate::again::resume;

/// The longest name that a parameter group may have.
const LONGEST: usize = 255;

/// The name that a group takes while its predecessor still bears the plain one: with a digest of the family, which it is
/// replaced for. `None` where there is no room for it.
pub(crate) fn second_name(name: &str, family: &str) -> Option<String> {
    let second = format!("{name}-{}", &digest(&json!(family))[..4]);
    (second.len() <= LONGEST).then_some(second)
}

/// The name in the definition of a group that AWS knows under this one.
pub(crate) fn plain_name<'a>(live: &'a str, family: &str) -> &'a str {
    match live.rsplit_once('-') {
        Some((plain, _)) if second_name(plain, family).as_deref() == Some(live) => plain,
        _ => live,
    }
}

/// Makes a group under its plain name, or beside the predecessor that bears it; gives the name that it has.
pub(crate) async fn made<R, F>(
    aws: &Aws,
    order: &Order<R>,
    plain: &str,
    second: Option<String>,
    make: impl Fn(String) -> F,
) -> Result<String, Fault>
where
    R: Behaviour<Cloud = Aws>,
    F: Future<Output = Result<(), Fault>>,
{
    let fault = match make(plain.to_owned()).await {
        Ok(()) => return Ok(plain.to_owned()),
        Err(fault) => fault,
    };
    if fault.kind != FaultKind::Exists {
        return Err(fault);
    }
    let bearer = R::read(aws, &Ask::only([plain.to_owned()])).await?.pop();
    match (bearer, second) {
        (Some(bearer), _) if order.made(&bearer.tags) => Ok(bearer.id),
        (Some(bearer), Some(second)) if order.succeeds(&bearer.tags) => match make(second.clone()).await {
            Ok(()) => Ok(second),
            Err(fault) => resume(aws, order, &second, fault).await,
        },
        _ => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_name_tells_the_plain_one_and_nobody_elses_does() {
        let second = second_name("shop-pg", "postgres17").unwrap();
        assert_eq!(plain_name(&second, "postgres17"), "shop-pg");
        assert_eq!(plain_name(&second, "postgres16"), second, "it is named for another family");
        assert_eq!(plain_name("shop-pg", "postgres17"), "shop-pg");
        assert_eq!(second_name(&"a".repeat(251), "postgres17"), None);
    }
}
