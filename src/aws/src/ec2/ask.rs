//! How what is asked for is found: by filters, never by identifiers outright. A filter that meets nothing gives an
//! empty answer, where an unknown identifier gives an error; and only filters can be paged.

use aws_sdk_ec2::types::Filter;
use infra_engine::live::Ask;
use infra_engine::model::keys;

/// The most values that one filter takes.
const VALUES: usize = 200;

/// The filters that find what is asked for, one call each. `id` is the name of the filter for identifiers.
pub(super) fn filters(ask: &Ask, id: &str) -> Vec<Filter> {
    match &ask.owner {
        Some(owner) if ask.only.is_empty() => {
            let ours = matching(&format!("tag:{}", keys::OWNER), [owner.to_string()]);
            // Of tags that must all be there one is enough to look for: each answer is looked through anyway.
            let free = ask.bearing.first_key_value();
            let free = free.map(|(key, value)| matching(&format!("tag:{key}"), [value.clone()]));
            ours.into_iter().chain(free.into_iter().flatten()).collect()
        }
        _ => matching(id, ask.only.iter().cloned()),
    }
}

/// The filters that find whatever has one of these values, one call each.
pub(super) fn matching(name: &str, values: impl IntoIterator<Item = String>) -> Vec<Filter> {
    let values: Vec<String> = values.into_iter().collect();
    let filter = |values: &[String]| Filter::builder().name(name).set_values(Some(values.to_vec())).build();
    values.chunks(VALUES).map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Ask {
        Ask { owner: Some("shop/dev".parse().unwrap()), ..Ask::default() }
    }

    #[test]
    fn ours_are_found_by_the_tag_of_ownership() {
        let [filter] = &filters(&owner(), "vpc-id")[..] else { panic!("one call") };
        assert_eq!((filter.name(), filter.values()), (Some("tag:infra:owner"), &["shop/dev".to_owned()][..]));
    }

    #[test]
    fn what_is_nobodys_is_found_by_a_tag_that_it_bears() {
        let bearing = [("Environment".to_owned(), "dev".to_owned()), ("Project".to_owned(), "shop".to_owned())].into();
        let [ours, free] = &filters(&Ask { bearing, ..owner() }, "vpc-id")[..] else { panic!("two calls") };
        assert_eq!(ours.name(), Some("tag:infra:owner"));
        assert_eq!((free.name(), free.values()), (Some("tag:Environment"), &["dev".to_owned()][..]));
    }

    #[test]
    fn identifiers_come_before_ownership_and_go_in_portions() {
        let ask = Ask { only: (0..450).map(|number| format!("vpc-{number}")).collect(), ..owner() };
        let filters = filters(&ask, "vpc-id");
        assert_eq!(filters.iter().map(|filter| filter.values().len()).collect::<Vec<_>>(), [200, 200, 50]);
        assert!(filters.iter().all(|filter| filter.name() == Some("vpc-id")));
    }

    #[test]
    fn nothing_asked_is_no_call() {
        assert!(filters(&Ask::default(), "vpc-id").is_empty());
    }
}
