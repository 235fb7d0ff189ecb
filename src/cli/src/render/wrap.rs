//! Sentences on lines of the usual width.

use super::WIDTH;

/// A sentence broken between words; lines after the first are indented. A word that is too long keeps its line.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrapped_to(WIDTH, text, indent)
}

/// The same for another width.
pub(crate) fn wrapped_to(width: usize, text: &str, indent: usize) -> String {
    let words = text.trim_start_matches(' ');
    let mut lines = vec![" ".repeat(text.len() - words.len())];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let start = line.trim().is_empty();
        if !start && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("{}{word}", " ".repeat(indent)));
        } else {
            *line += if start { "" } else { " " };
            *line += word;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_and_never_apart() {
        let text = format!("{} {} end", "a".repeat(70), "b".repeat(100));
        assert_eq!(wrapped(&text, 2), format!("{}\n  {}\n  end", "a".repeat(70), "b".repeat(100)));
        assert_eq!(wrapped("  short", 2), "  short");
    }
}
