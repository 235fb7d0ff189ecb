//! The word that was meant.

/// The known word that differs least from what was written, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|word| (distance(written, word), *word)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, word)| *distance <= word.len().div_ceil(3)).map(|(_, word)| word)
}

/// How many letters must be added, dropped or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_different_word_is_not() {
        let known = ["kind", "id", "outputs", "replacement"];
        assert_eq!(nearest("knd", &known), Some("kind"));
        assert_eq!(nearest("output", &known), Some("outputs"));
        assert_eq!(nearest("replace", &known), Some("replacement"));
        assert_eq!(nearest("provider", &known), None);
        assert_eq!(nearest("colour", &known), None);
    }

    #[test]
    fn a_distance_counts_letters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
