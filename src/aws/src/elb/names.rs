//! What Elastic Load Balancing takes as a name.

use infra_engine::check::Violation;

/// The longest name.
pub(super) const LONGEST: usize = 32;

/// V16: what is wrong with the name of a load balancer or of a target group.
pub(super) fn name(name: &str) -> Vec<Violation> {
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-');
    let wrong = match odd {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > LONGEST => format!("it has {} characters", name.len()),
        Some(odd) => format!("it has `{odd}` in it"),
        None if name.starts_with('-') || name.ends_with('-') => "it begins or ends with a hyphen".to_owned(),
        None => return Vec::new(),
    };
    vec![Violation::of("name", name, wrong, "write 1 to 32 letters, digits and hyphens, no hyphen at either end")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_words_with_hyphens() {
        for good in ["shop", "a", "Shop-2", &"n".repeat(32)] {
            assert_eq!(name(good), [], "{good}");
        }
        for bad in ["", "-shop", "shop-", "shop_api", &"n".repeat(33)] {
            assert_eq!(name(bad).len(), 1, "{bad}");
        }
    }
}
