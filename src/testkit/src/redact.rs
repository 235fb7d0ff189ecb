//! Makes output the same on every run: what changes from run to run becomes a placeholder of the same width.
//!
//! Widths are kept so that aligned output stays aligned, and a test of it stays a test of its alignment.

/// A text in which identifiers, times and durations are placeholders of the same width.
///
/// - an identifier is a word, a hyphen and at least eight hexadecimal digits: `subnet-0a1b2c3d` → `subnet-xxxxxxxx`;
/// - a time has a date, a `T` and more: `2026-11-21T01:02:03Z` → `0000-00-00T00:00:00Z`;
/// - a duration is a number with a unit: `12.3 s` → `00.0 s`, `1m 04s` → `0m 00s`.
pub fn redact(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut words = text.split_inclusive(|c: char| c.is_whitespace()).peekable();
    while let Some(piece) = words.next() {
        let word = piece.trim_end();
        let space = &piece[word.len()..];
        let next = words.peek().map_or("", |next| next.trim_end());
        redacted.push_str(&self::word(word, next));
        redacted.push_str(space);
    }
    redacted
}

fn word(word: &str, next: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let Some(at) = word.find(bare).filter(|_| !bare.is_empty()) else { return word.to_owned() };
    let (before, after) = (&word[..at], &word[at + bare.len()..]);
    let next = next.trim_matches(|c: char| !c.is_alphanumeric());
    let middle = if is_time(bare) || is_duration(bare) || (is_number(bare) && after.is_empty() && is_unit(next)) {
        zeroed(bare)
    } else {
        identifiers(bare)
    };
    format!("{before}{middle}{after}")
}

fn is_time(word: &str) -> bool {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match word.split_once('T') {
        Some((date, time)) => {
            let parts: Vec<&str> = date.split('-').collect();
            parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && digits(part)) && time.contains(':')
        }
        None => false,
    }
}

fn is_duration(word: &str) -> bool {
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    number.len() < word.len() && is_number(number) && is_unit(&word[number.len()..])
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_unit(word: &str) -> bool {
    matches!(word, "h" | "m" | "min" | "s" | "ms")
}

fn zeroed(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

/// Every `word-0123456789abcdef` in a word, wherever it stands in it.
fn identifiers(word: &str) -> String {
    let mut parts = word.split('-');
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_hexdigit).count();
        let is_identifier = digits >= 8 && part.chars().any(|c| c.is_ascii_digit());
        redacted.push('-');
        if is_identifier {
            redacted.push_str(&"x".repeat(digits));
            redacted.push_str(&part[digits..]);
        } else {
            redacted.push_str(part);
        }
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_redacted(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
        assert_eq!(redact(text).chars().count(), text.chars().count(), "its width is kept: {text}");
    }

    #[test]
    fn identifiers_times_and_durations_keep_their_widths() {
        check_redacted("+ subnet-0a1b2c3d  made\n", "+ subnet-xxxxxxxx  made\n");
        check_redacted("(vpc-0123456789abcdef0)", "(vpc-xxxxxxxxxxxxxxxxx)");
        check_redacted("at 2026-11-21T01:02:03.456Z, done", "at 0000-00-00T00:00:00.000Z, done");
        check_redacted("41 calls · 0.9 s", "41 calls · 0.0 s");
        check_redacted("  done after 1m 04s", "  done after 0m 00s");
        check_redacted("rds  12s  (140ms)", "rds  00s  (000ms)");
    }

    #[test]
    fn words_and_counts_stay() {
        for text in ["3 to add, 1 to change", "10.0.0.0/16", "private-deadbeef", "m5.large", "ec2/subnet", "", "\n"] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn columns_stay_under_each_other() {
        let text = "a  vpc-0a1b2c3d4  1.25 s\nbb vpc-99        12.5 s\n";
        assert_eq!(redact(text), "a  vpc-xxxxxxxxx  0.00 s\nbb vpc-99        00.0 s\n");
    }
}
