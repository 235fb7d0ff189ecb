//! What is set on load balancers and target groups by name: AWS gives and takes it as texts.

use std::collections::BTreeMap;
use std::str::FromStr;

/// The attributes of one live resource. AWS lists all that it has, set or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// Attributes from an answer's keys and values.
    pub(super) fn of(pairs: impl IntoIterator<Item = (Option<String>, Option<String>)>) -> Attributes {
        Attributes(pairs.into_iter().filter_map(|(key, value)| Some((key?, value?))).collect())
    }

    /// One attribute's text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// One attribute's value, or what AWS begins with.
    pub(super) fn value<T: FromStr>(&self, key: &str, initial: T) -> T {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or(initial)
    }
}

/// An attribute that a definition sets.
pub(super) type Setting = (&'static str, String);

/// The settings in which what is wanted differs from what is live.
pub(super) fn changed(live: &[Setting], wanted: Vec<Setting>) -> Vec<Setting> {
    wanted.into_iter().filter(|setting| !live.contains(setting)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_what_they_are() {
        let pair = |key: &str, value: &str| (Some(key.to_owned()), Some(value.to_owned()));
        let attributes = Attributes::of([pair("a", "true"), pair("b", "300"), (Some("c".into()), None)]);
        assert!(attributes.value("a", false));
        assert_eq!((attributes.value("b", 1_u16), attributes.value("c", 7_u16)), (300, 7));
    }

    #[test]
    fn only_what_differs_is_set() {
        let live = [("a", "true".to_owned()), ("b", "1".to_owned())];
        let wanted = vec![("a", "true".to_owned()), ("b", "2".to_owned()), ("c", "3".to_owned())];
        assert_eq!(changed(&live, wanted), [("b", "2".to_owned()), ("c", "3".to_owned())]);
    }
}
