//! Resources that are found by their name and whose tags cost a call each.
//!
//! An account may hold hundreds that are nobody's business here: their tags are never asked for. Which of them are ours
//! is told by the index of all tags, whatever they are called; their names tell of those that the index has not yet, and
//! of all of them where it may not be read.

use std::sync::Arc;

use infra_engine::live::{Ask, Fault};

use crate::Aws;
use crate::index::{self, Index};

/// Which resources are worth asking for their tags.
pub(crate) struct Meant<'a> {
    ask: &'a Ask,
    index: Arc<Index>,
}

/// What may be meant when this is asked for. The index is read once for all kinds.
pub(crate) async fn meant<'a>(aws: &Aws, ask: &'a Ask) -> Result<Meant<'a>, Fault> {
    Ok(Meant { ask, index: index::all(aws, ask).await? })
}

impl Meant<'_> {
    /// True when a resource of this name may be: it is asked for, the project's name is in it, or the index has one of
    /// ours that is called so. That it may be another service's costs a call, and no more.
    pub(crate) fn by_name(&self, name: &str) -> bool {
        let called = |arn: &String| arn.strip_suffix(name).is_some_and(|rest| rest.ends_with([':', '/']));
        self.in_words(name) || self.index.keys().any(called)
    }

    /// The same where the ARN of a resource is known, which may have more in it than the name.
    pub(crate) fn by_arn(&self, name: &str, arn: &str) -> bool {
        self.in_words(name) || self.index.contains_key(arn)
    }

    /// True when the index has this very one of ours.
    pub(crate) fn is_known(&self, arn: &str) -> bool {
        self.index.contains_key(arn)
    }

    /// The parts of those ARNs of ours that follow `start`: `:parameter/` gives the names of parameters.
    pub(crate) fn ours_after<'b>(&'b self, start: &'b str) -> impl Iterator<Item = &'b str> {
        self.index.keys().filter_map(move |arn| arn.split_once(start).map(|(_, rest)| rest))
    }

    fn in_words(&self, name: &str) -> bool {
        let Ask { owner, names, only, .. } = self.ask;
        let projects = |project: &str| name.to_lowercase().contains(&project.to_lowercase());
        only.contains(name) || names.contains(name) || owner.as_ref().is_some_and(|owner| projects(&owner.project))
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Tags;

    use super::*;

    fn known(arns: &[&str]) -> Arc<Index> {
        Arc::new(arns.iter().map(|arn| ((*arn).to_owned(), Tags::new())).collect())
    }

    #[test]
    fn a_name_that_is_asked_for_or_has_the_projects_in_it_or_is_in_the_index() {
        let ask = Ask { owner: "shop/prod".parse().ok(), names: ["other".into()].into(), ..Ask::default() };
        let index = known(&["arn:aws:sns:eu-west-1:1:alerts", "arn:aws:events:eu-west-1:1:rule/nightly"]);
        let meant = Meant { ask: &ask, index };
        assert_eq!(
            ["shop-redis", "my-Shop", "other", "alerts", "nightly", "lerts", "others", ""]
                .map(|name| meant.by_name(name)),
            [true, true, true, true, true, false, false, false]
        );
        assert_eq!(meant.ours_after(":rule/").collect::<Vec<_>>(), ["nightly"]);
        assert!(meant.by_arn("n", "arn:aws:sns:eu-west-1:1:alerts") && !meant.by_arn("n", "arn:aws:sns:eu-west-1:1:n"));
        let only = Ask::only(["a".to_owned()]);
        let meant = Meant { ask: &only, index: known(&[]) };
        assert!(meant.by_name("a") && !meant.by_name("b"));
    }
}
