//! What S3 takes as a bucket's name.

/// What is wrong with a name, and what to do about it.
pub(crate) fn wrong(name: &str) -> Option<(String, &'static str)> {
    const WRITE: &str = "write 3 to 63 lower-case letters, digits and hyphens";
    const STARTS: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
    const ENDS: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let wrong = if !(3..=63).contains(&name.len()) {
        format!("it has {} characters", name.len())
    } else if let Some(odd) = name.chars().find(|c| !plain(*c)) {
        format!("it has `{odd}` in it")
    } else if !edge(name.chars().next()) || !edge(name.chars().last()) {
        "it does not start and end with a letter or a digit".to_owned()
    } else if name.contains("..") {
        "it has two dots in a row".to_owned()
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        "it looks like an IP address".to_owned()
    } else {
        let start = STARTS.iter().find(|start| name.starts_with(**start)).map(|start| format!("starts with `{start}`"));
        let end = || ENDS.iter().find(|end| name.ends_with(**end)).map(|end| format!("ends with `{end}`"));
        let kept = start.or_else(end)?;
        return Some((format!("it {kept}, which AWS keeps to itself"), "write another"));
    };
    Some((wrong, WRITE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_certain_characters_and_not_what_aws_keeps_to_itself() {
        for good in ["shop", "shop-reports.123", "1a2", &"b".repeat(63)] {
            assert_eq!(wrong(good), None, "{good}");
        }
        let bad = ["", "ab", "Shop", "shop_reports", "-shop", "shop-", "a..b", "10.0.0.1", "xn--shop", "shop-s3alias"];
        for bad in bad.into_iter().chain([&*"b".repeat(64)]) {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
