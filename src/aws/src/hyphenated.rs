//! What RDS and ElastiCache take as a name: lower-case words with hyphens between them.

use infra_engine::check::Violation;

/// What is wrong with a name of at most so many characters.
pub(crate) fn name(name: &str, most: usize) -> Vec<Violation> {
    let odd = name.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && *c != '-');
    let wrong = match odd {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > most => format!("it has {} characters", name.len()),
        Some(odd) if odd.is_ascii_uppercase() => format!("it has `{odd}` in it, which AWS writes in lower case"),
        Some(odd) => format!("it has `{odd}` in it"),
        None if !name.starts_with(|c: char| c.is_ascii_lowercase()) => "it does not start with a letter".to_owned(),
        None if name.ends_with('-') || name.contains("--") => "it ends in a hyphen, or has two in a row".to_owned(),
        None => return Vec::new(),
    };
    let way_out = format!("write 1 to {most} lower-case letters, digits and single hyphens, a letter first");
    vec![Violation::of("name", name, wrong, way_out)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_words_with_hyphens() {
        for good in ["shop-db", "a", "a1-2", &"n".repeat(40)] {
            assert_eq!(name(good, 40), [], "{good}");
        }
        for bad in ["", "Shop", "1shop", "-shop", "shop-", "shop--db", "shop_db", &"n".repeat(41)] {
            assert_eq!(name(bad, 40).len(), 1, "{bad}");
        }
    }
}
