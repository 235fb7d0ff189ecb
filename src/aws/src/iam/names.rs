//! What IAM takes as a name and as a path.

use infra_engine::check::Violation;

/// Where the rules on names come from.
pub(super) const SOURCE: &str = "IAM API model: CreateRole, CreateInstanceProfile, PutRolePolicy";

/// What is wrong with a name of at most so many characters.
pub(super) fn name(field: &str, name: &str, most: usize) -> Option<Violation> {
    let wrong = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.len() > most {
        format!("it has {} characters", name.len())
    } else {
        let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"_+=,.@-".contains(*c))?;
        format!("it has `{odd}` in it")
    };
    Some(Violation::of(field, name, wrong, format!("write 1 to {most} letters, digits and any of `_+=,.@-`")))
}

/// What is wrong with a path.
pub(super) fn path(field: &str, path: &str) -> Option<Violation> {
    let framed = path == "/" || (path.len() > 2 && path.starts_with('/') && path.ends_with('/'));
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    let wrong = match (framed, plain, path.len() <= 512) {
        (false, _, _) => "it does not start and end with `/`",
        (_, false, _) => "it has white space or characters outside of ASCII in it",
        (_, _, false) => "it has more than 512 characters",
        (true, true, true) => return None,
    };
    Some(Violation::of(field, path, wrong, "write `/`, or a path such as `/shop/`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_certain_characters_and_not_too_long() {
        assert_eq!(name("name", "shop-web_1+=,.@", 64), None);
        assert_eq!(name("name", &"n".repeat(64), 64), None);
        for bad in ["", "shop web", "shop/web", "shöp", &"n".repeat(65)] {
            assert!(name("name", bad, 64).is_some(), "{bad}");
        }
    }

    #[test]
    fn paths_start_and_end_with_a_slash() {
        for good in ["/", "/shop/", "/shop/web/"] {
            assert_eq!(path("path", good), None, "{good}");
        }
        for bad in ["", "shop", "/shop", "shop/", "//", "/a b/", &format!("/{}/", "p".repeat(511))] {
            assert!(path("path", bad).is_some(), "{bad}");
        }
    }
}
