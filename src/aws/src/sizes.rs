//! The sizes of machines, which EC2, ElastiCache and RDS write alike: `c6i.large`, `cache.r7g.large`, `db.r6g.large`.

/// Whether a word is a size. Families come every year, and sizes do not: a family is never judged.
pub(crate) fn is_size(word: &str) -> bool {
    let many = |text: &str| text.parse::<u16>().is_ok_and(|many| many > 1) && !text.starts_with(['0', '+']);
    match word {
        "nano" | "micro" | "small" | "medium" | "large" | "xlarge" | "metal" => true,
        _ => {
            let times = word.strip_suffix("xlarge").or_else(|| word.strip_prefix("metal-")?.strip_suffix("xl"));
            times.is_some_and(many)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_word_or_so_many_times_the_largest_of_them() {
        for size in ["nano", "large", "xlarge", "2xlarge", "112xlarge", "metal", "metal-24xl"] {
            assert!(is_size(size), "{size}");
        }
        for other in
            ["", "gigantic", "Large", "0xlarge", "1xlarge", "02xlarge", "xxlarge", "metal-xl", "metal-24", "24"]
        {
            assert!(!is_size(other), "{other}");
        }
    }
}
