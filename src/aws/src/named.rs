//! Resources that are found by their name and whose tags cost a call each.
//!
//! An account may hold hundreds that are nobody's business here: their tags are never asked for.

use infra_engine::live::Ask;

/// True when a resource of this name is worth asking for its tags: it is asked for by name, or the project's name is
/// in it. One of ours that is named otherwise is found as long as its code stands.
pub(crate) fn may_be_asked_for(ask: &Ask, name: &str) -> bool {
    let projects = |project: &str| name.to_lowercase().contains(&project.to_lowercase());
    ask.only.contains(name)
        || ask.names.contains(name)
        || ask.owner.as_ref().is_some_and(|owner| projects(&owner.project))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_asked_for_or_has_the_projects_in_it() {
        let ask = Ask { owner: "shop/prod".parse().ok(), names: ["other".into()].into(), ..Ask::default() };
        assert_eq!(
            ["shop-redis", "my-Shop", "other", "others"].map(|name| may_be_asked_for(&ask, name)),
            [true, true, true, false]
        );
        assert!(may_be_asked_for(&Ask::only(["a".to_owned()]), "a"));
        assert!(!may_be_asked_for(&Ask::only(["a".to_owned()]), "b"));
    }
}
