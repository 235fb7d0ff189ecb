//! Answers that are not what they should be. Which way, a [`Chance`] says, the same each time.

use serde_json::{Value, json};

/// Texts where something else is expected: numbers without a place, characters of several bytes where somebody might
/// cut, halves of identifiers, times that never were, and what controls a terminal.
const TEXTS: &[&str] = &[
    "",
    " ",
    "-1",
    "0",
    "2147483648",
    "-2147483649",
    "18446744073709551616",
    "999999999999999999999999999999",
    "1e400",
    "NaN",
    "true",
    "null",
    "arn:",
    "arn:aws:iam",
    ":::::::::",
    "a/b/c/d/e",
    "/",
    "//",
    "é",
    "日本語日本語",
    "\u{202e}\u{200b}",
    "a\u{301}",
    "%",
    "%zz%",
    "{",
    "[1",
    "{\"Statement\":[{\"Effect\":7}]}",
    "0000-00-00",
    "2026-99-99T99:99:99Z",
    "cron(",
    "rate(é)",
    "10.0.0.0/99",
    "::/129",
    "sg-",
    "-",
    "\n",
    ",",
    "=",
    "infra:owner",
    "django-microservices/local",
];

/// What happens, by a number: the same for the same.
pub struct Chance(u64);

impl Chance {
    /// Of one answer in one round.
    pub fn of(round: u64, what: &str) -> Chance {
        let start = what.bytes().fold(round.wrapping_mul(0x9e37_79b9_7f4a_7c15), |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Chance(start)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of several; there is at least one.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// An answer as it is, or with a few things wrong in it.
pub fn spoiled(answer: &[u8], chance: &mut Chance) -> Vec<u8> {
    // Most of them are left alone: what comes after the first fault of a kind is seen only if there is none.
    if chance.below(3) > 0 {
        return answer.to_vec();
    }
    let Ok(text) = str::from_utf8(answer) else { return spoil_bytes(answer, chance) };
    let mut text = text.to_owned();
    for _ in 0..=chance.below(3) {
        text = match serde_json::from_str::<Value>(&text) {
            Ok(mut value) => {
                let count = count(&value);
                let at = chance.below(count);
                spoil_json(&mut value, &mut at.clone(), chance);
                value.to_string()
            }
            Err(_) => spoil_xml(&text, chance),
        };
    }
    let mut bytes = text.into_bytes();
    match chance.below(20) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 if !bytes.is_empty() => {
            let at = chance.below(bytes.len());
            bytes[at] = chance.one_of(&[0, 0x1b, 0x9b, 0xff, 0xc3, b'<', b'"']);
        }
        2 => bytes = chance.one_of(&["", "null", "[]", "{}", "<a/>", "7", "\"\""]).into(),
        _ => {}
    }
    bytes
}

/// CBOR: types and lengths are single bytes in it.
fn spoil_bytes(answer: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = answer.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(4) {
            0 => bytes.truncate(at.max(1)),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, chance.one_of(&[0x1b, 0x60, 0xff])),
            _ => bytes[at] = chance.next().to_le_bytes()[0],
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Spoils the value that is `left` values further on.
fn spoil_json(value: &mut Value, left: &mut usize, chance: &mut Chance) -> bool {
    if *left == 0 {
        *value = match chance.below(9) {
            0 => Value::Null,
            1 => json!([]),
            2 => json!({}),
            3 => json!([value.clone(), value.clone()]),
            4 => {
                chance.one_of(&[json!(-1), json!(u64::MAX), json!(1e300), json!(0), json!(i64::MIN)].each_ref()).clone()
            }
            5 => json!(true),
            6 => json!({ "Key": value.clone() }),
            _ => json!(chance.one_of(TEXTS)),
        };
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => match items.iter_mut().position(|item| spoil_json(item, left, chance)) {
            Some(at) if chance.below(4) == 0 => {
                items.remove(at);
                true
            }
            found => found.is_some(),
        },
        Value::Object(map) => {
            let found = map.iter_mut().find_map(|(key, value)| spoil_json(value, left, chance).then(|| key.clone()));
            if let Some(key) = found.as_ref().filter(|_| chance.below(4) == 0) {
                map.remove(key);
            }
            found.is_some()
        }
        _ => false,
    }
}

/// Takes an element out, doubles it, empties it, or writes something else into it.
fn spoil_xml(text: &str, chance: &mut Chance) -> String {
    let starts: Vec<usize> = text
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect();
    if starts.is_empty() {
        return chance.one_of(TEXTS).to_owned();
    }
    let start = chance.one_of(&starts);
    let Some((inside, inner_end, end)) = element(text, start) else { return text[..start].to_owned() };
    let (before, after) = (&text[..start], &text[end..]);
    let whole = &text[start..end];
    match chance.below(6) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{whole}{whole}{after}"),
        2 => format!("{}{}", &text[..inside], &text[inner_end..]),
        _ => format!("{}{}{}", &text[..inside], escaped(chance.one_of(TEXTS)), &text[inner_end..]),
    }
}

/// Where the inside of an element begins and ends, and where the element ends.
fn element(text: &str, start: usize) -> Option<(usize, usize, usize)> {
    let head_end = start + text[start..].find('>')? + 1;
    let name = text[start + 1..head_end - 1].split([' ', '/']).next()?;
    if text[start..head_end].ends_with("/>") {
        return None;
    }
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (mut depth, mut at) = (1, head_end);
    loop {
        let closes = at + text[at..].find(&close)?;
        depth += text[at..closes].matches(&open).count();
        depth -= 1;
        at = closes + close.len();
        if depth == 0 {
            return Some((head_end, closes, at));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[test]
fn elements_end_where_they_end() {
    let text = "<a><b>1</b><b><b>2</b></b></a>";
    assert_eq!(element(text, 3), Some((6, 7, 11)));
    assert_eq!(element(text, 11).map(|(inside, end, _)| &text[inside..end]), Some("<b>2</b>"));
}

#[test]
fn a_round_is_the_same_each_time_and_another_round_is_another() {
    let answer = br#"{"a": [1, {"b": "c"}], "d": "e"}"#;
    let of = |round| (0..50).map(|n| spoiled(answer, &mut Chance::of(round, &n.to_string()))).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    assert!(of(1).iter().filter(|one| *one != answer).count() > 5);
}
