//! What a platform tells the world once it stands: values under names, each an output of a definition.

use std::fmt;

use super::reference::{Ref, Reference};

/// A value under a name, for people and scripts: where the load balancer is, which cluster to look at.
///
/// Only a [`Ref`] is announced, and the cloud's outputs hold no secrets: a [`Secret`](super::Secret) does not compile
/// here.
///
/// ```compile_fail
/// use infra_engine::model::{Platform, Secret};
///
/// Platform::new().output("token", Secret::new("no"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its name, unique in the platform.
    pub name: String,
    /// The value, or whose output it is.
    pub value: Announcement,
}

/// A value, or whose output it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// It is known by itself.
    Known(String),
    /// The cloud gives it.
    Output(Reference),
}

impl Announced {
    pub(super) fn of<T>(name: &str, value: &Ref<T>) -> Announced {
        let value = match value.reference() {
            Some(reference) => Announcement::Output(reference.clone()),
            None => Announcement::Known(value.value()),
        };
        Announced { name: name.to_owned(), value }
    }

    /// What is wrong with a name, if anything is.
    pub(super) fn wrong_name(name: &str) -> Option<String> {
        let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        (!fits).then(|| {
            format!("an output is named `{name}`: a letter first, then small letters, digits and hyphens (`alb-dns`)")
        })
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Announcement::Known(value) => f.write_str(value),
            Announcement::Output(reference) => write!(f, "{reference}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Platform;

    #[test]
    fn names_are_checked_and_unique() {
        let mut platform = Platform::new();
        for name in ["alb-dns", "alb-dns", "Alb", "", "a_b"] {
            platform.output(name, Ref::<()>::known("x"));
        }
        assert_eq!(platform.outputs().len(), 5);
        let problems = platform.finish().unwrap_err();
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].contains("twice"), "{problems:?}");
    }

    #[test]
    fn what_the_cloud_gives_and_what_is_known_are_told_apart() {
        let mut platform = Platform::new();
        platform.output("known", Ref::<()>::known("x"));
        platform.output("vpc", Ref::<()>::output("network.vpc".parse().unwrap(), "id"));
        let values: Vec<String> = platform.outputs().iter().map(|output| output.value.to_string()).collect();
        assert_eq!(values, ["x", "network.vpc.id"]);
        assert!(matches!(platform.outputs()[1].value, Announcement::Output(_)));
    }
}
