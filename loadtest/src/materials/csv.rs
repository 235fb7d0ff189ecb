//! Reads rows with commas between their values (RFC 4180).

/// The rows of a text; empty lines are none. An error is what is wrong, with its line.
pub(super) fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rows, mut row, mut value) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut was_quoted, mut line, mut opened) = (false, false, 1, 1);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                value.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => value.push(c),
            '"' if value.is_empty() && !was_quoted => (quoted, was_quoted, opened) = (true, true, line),
            ',' => {
                row.push(std::mem::take(&mut value));
                was_quoted = false;
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                if !(row.is_empty() && value.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut value));
                    rows.push(std::mem::take(&mut row));
                }
                was_quoted = false;
            }
            _ if was_quoted => return Err(format!("line {line}: there is more after a value in quotes")),
            c => value.push(c),
        }
    }
    if quoted {
        return Err(format!("line {opened}: a quote is opened and not closed"));
    }
    if !(row.is_empty() && value.is_empty() && !was_quoted) {
        row.push(value);
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_stand_between_commas() {
        let text = "\u{feff}name,age\r\n\"Ann, \"\"A\"\"\",7\n\n,\nBob,\"two\nlines\"";
        let wanted: &[&[&str]] = &[&["name", "age"], &["Ann, \"A\"", "7"], &["", ""], &["Bob", "two\nlines"]];
        assert_eq!(rows(text).unwrap(), wanted);
        assert_eq!(rows("\"\"\n").unwrap(), [[""]]);
        assert_eq!(rows("").unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn quotes_that_do_not_fit_are_told_with_their_line() {
        assert_eq!(rows("a\n\"b").unwrap_err(), "line 2: a quote is opened and not closed");
        assert_eq!(rows("a\n\"b\"c\n").unwrap_err(), "line 2: there is more after a value in quotes");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(wanted in prop::collection::vec(prop::collection::vec("[a-z,\"\n ]{0,5}", 1..4), 0..6)) {
            let quoted = |value: &String| format!("\"{}\"", value.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
            let text = wanted.iter().map(line).collect::<Vec<_>>().join("\r\n");
            prop_assert_eq!(rows(&text), Ok(wanted));
        }
    }
}
