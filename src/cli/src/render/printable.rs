//! Text that does nothing but be read. What came from a cloud or a file may hold what moves a terminal's cursor, wipes
//! its lines, turns its writing around or is not seen at all, and so hide what somebody is asked to agree to.
//!
//! Everything goes through here on its last step, see `Console`; only the colours of [`Paint`] stay what they are.

use std::borrow::Cow;

use super::paint::Paint;

/// A text for people: what would not be seen as what it is, is written out as in Rust, `\u{1b}`. Ends of lines and tabs
/// stay, and so do our own colours where there are any.
pub fn printable(text: &str, paint: Paint) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let own = paint.codes().iter().find(|code| rest.starts_with(**code));
        let taken = match own {
            Some(code) => {
                out.push_str(code);
                code.len()
            }
            None => {
                written_out(next, &mut out);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// The same for what belongs on one line, such as a name or a tag: ends of lines are written out as well, so that
/// nothing looks like a line of ours.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let each = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(each).collect())
}

/// JSON whose texts hold nothing that a terminal would take for more than a text. It means the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_unseen) {
        return Cow::Borrowed(json);
    }
    // Outside of its texts JSON holds none of these.
    let mut units = [0; 2];
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match is_unseen(c) {
            true => c.encode_utf16(&mut units).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn written_out(c: char, out: &mut String) {
    match c {
        '\r' => out.push_str("\\r"),
        c if is_unseen(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// True for what is not seen as what it is: controls of terminals (C0, DEL, C1), of the direction of writing, and what
/// has no width.
fn is_unseen(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator, byte order mark.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        // Without width, marks and controls of direction, separators of lines and paragraphs.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Annotations and tags.
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves up, wipes the line, turns the writing around, and C1's way to begin the same.
    const HOSTILE: &str = "a\u{1b}[1A\u{1b}[2K\u{202e}b\u{9b}2K\u{200b}\u{7f}\r\u{e0041}c\u{1b}]0;title\u{7}";

    #[test]
    fn what_controls_a_terminal_is_written_out() {
        let shown = r"a\u{1b}[1A\u{1b}[2K\u{202e}b\u{9b}2K\u{200b}\u{7f}\r\u{e0041}c\u{1b}]0;title\u{7}";
        assert_eq!(printable(HOSTILE, Paint::PLAIN), shown);
        assert_eq!(printable(HOSTILE, Paint::COLOUR), shown);
        assert_eq!(printable(&printable(HOSTILE, Paint::PLAIN), Paint::PLAIN), shown, "twice is once");
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["plain\n\tindented", "Größe → 日本語, עברית, العربية", "e\u{301}"] {
            assert!(matches!(printable(text, Paint::PLAIN), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn our_own_colours_stay_where_there_are_any() {
        let paint = Paint::COLOUR;
        let text = format!("{} {}", paint.red("no"), paint.bold(paint.cyan("\u{1b}[8mhidden\u{1b}[1;8m")));
        let shown = "\u{1b}[31mno\u{1b}[0m \u{1b}[1m\u{1b}[36m\\u{1b}[8mhidden\\u{1b}[1;8m\u{1b}[0m\u{1b}[0m";
        assert_eq!(printable(&text, paint), shown);
        assert!(!printable(&text, Paint::PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(one_line("a\nNo changes.\r\u{85}"), "a\\nNo changes.\\r\\u{85}");
        assert_eq!(one_line("plain → text"), "plain → text");
    }

    #[test]
    fn json_means_the_same_and_holds_no_controls() {
        let json = serde_json::to_string_pretty(&serde_json::json!({ "name": HOSTILE, "next": ["ü", 1] })).unwrap();
        let safe = printable_json(&json);
        assert!(!safe.chars().any(is_unseen), "{safe}");
        let (read, meant): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&safe).unwrap(), serde_json::from_str(&json).unwrap());
        assert_eq!(read, meant);
    }
}
