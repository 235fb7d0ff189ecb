//! JSON, and object literals of JavaScript as people write them: keys without quotes, single quotes, commas at the end,
//! comments. What is no data in a script is kept as [`Value::Code`].

use super::{DEEPEST, Member, Node, Value};
use crate::import::NoImport;

/// Reads JSON.
pub(in crate::import) fn json(text: &str) -> Result<Node, NoImport> {
    let mut reader = Reader { rest: text, line: 1, relaxed: false };
    let node = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(node) } else { Err(reader.wrong("something follows the end of the JSON")) }
}

/// Reads the object that a script gives a name: `export const options = {…}`. None if there is none.
pub(in crate::import) fn script(text: &str, name: &str) -> Option<Result<Node, NoImport>> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let (begin, end) = (from + found, from + found + name.len());
        from = end;
        let whole_word = !text[..begin].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
        let after = text[end..].trim_start();
        // `options: Options = {` of TypeScript.
        let after = after
            .strip_prefix(':')
            .map_or(after, |of| of.trim_start_matches(|c: char| c.is_alphanumeric() || c == ' '));
        let Some(object) = after.strip_prefix('=').map(str::trim_start) else { continue };
        if whole_word && object.starts_with('{') {
            let line = text[..text.len() - object.len()].matches('\n').count() + 1;
            return Some(Reader { rest: object, line, relaxed: true }.value(0));
        }
    }
    None
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
    relaxed: bool,
}

impl<'t> Reader<'t> {
    fn wrong(&self, why: &str) -> NoImport {
        NoImport::at(self.line, why)
    }

    fn take(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.space();
        self.rest.starts_with(wanted) && self.take().is_some()
    }

    fn skip_to(&mut self, end: &str) {
        let length = self.rest.find(end).map_or(self.rest.len(), |place| place + end.len());
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }

    fn space(&mut self) {
        loop {
            if self.rest.starts_with(|c: char| c.is_whitespace() || c == '\u{feff}') {
                self.take();
            } else if self.relaxed && self.rest.starts_with("//") {
                self.skip_to("\n");
            } else if self.relaxed && self.rest.starts_with("/*") {
                self.skip_to("*/");
            } else {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, NoImport> {
        self.space();
        if depth > DEEPEST {
            return Err(self.wrong("it is nested too deeply"));
        }
        let (line, before) = (self.line, self.rest);
        let value = match self.rest.chars().next() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Text(self.text('"')?),
            Some(quote @ ('\'' | '`')) if self.relaxed => Value::Text(self.text(quote)?),
            Some(_) => self.word(),
            None => return Err(self.wrong("it ends too early")),
        };
        self.space();
        let ended = self.rest.is_empty() || self.rest.starts_with([',', ']', '}', ':']);
        let plain = ended || depth == 0;
        let value = match value {
            Value::Text(text) if self.relaxed && before.starts_with('`') && text.contains("${") => self.code(before),
            value if plain && !matches!(&value, Value::Code(code) if code.is_empty()) => value,
            _ if self.relaxed => self.code(before),
            _ => return Err(self.wrong("this is no JSON value")),
        };
        match value {
            Value::Code(_) if !self.relaxed => Err(NoImport::at(line, "this is no JSON value")),
            value => Ok(Node { line, value }),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, NoImport> {
        self.take();
        let mut members = Vec::new();
        while !self.takes('}') {
            if !members.is_empty() && !self.takes(',') {
                return Err(self.wrong("a comma or `}` is missing"));
            }
            if self.relaxed && self.takes('}') {
                break;
            }
            self.space();
            let line = self.line;
            let key = match self.rest.chars().next() {
                Some('"') => self.text('"')?,
                Some('\'') if self.relaxed => self.text('\'')?,
                _ if self.relaxed => self.name(),
                _ => return Err(self.wrong("a key in quotes is missing")),
            };
            let node = if self.takes(':') {
                self.value(depth + 1)?
            } else if self.relaxed {
                // `...shared`, `name,` or `name() {}`: an object that only the running script knows.
                let before = self.rest;
                let code = self.code(before);
                Node { line, value: if code == Value::Code(String::new()) { Value::Code(key.clone()) } else { code } }
            } else {
                return Err(self.wrong("a `:` is missing"));
            };
            members.push(Member { key, line, node });
        }
        Ok(Value::Map(members))
    }

    fn list(&mut self, depth: usize) -> Result<Value, NoImport> {
        self.take();
        let mut items = Vec::new();
        while !self.takes(']') {
            if !items.is_empty() && !self.takes(',') {
                return Err(self.wrong("a comma or `]` is missing"));
            }
            if self.relaxed && self.takes(']') {
                break;
            }
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::List(items))
    }

    /// A name without quotes, or the dots before one.
    fn name(&mut self) -> String {
        let end =
            self.rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.to_owned()
    }

    /// A number, true, false, null; anything else is code, and empty here.
    fn word(&mut self) -> Value {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "null" | "undefined" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number
                if number.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'))
                    && number.parse::<f64>().is_ok() =>
            {
                Value::Number(number.to_owned())
            }
            _ => Value::Code(String::new()),
        }
    }

    fn text(&mut self, quote: char) -> Result<String, NoImport> {
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                None => return Err(self.wrong("a text has no end")),
                Some(next) if next == quote => return Ok(text),
                Some('\\') => text.push(self.escaped()?),
                Some(next) => text.push(next),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, NoImport> {
        Ok(match self.take() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => {
                let high = self.four()?;
                if (0xd800..0xdc00).contains(&high) && self.rest.starts_with("\\u") {
                    self.rest = &self.rest[2..];
                    let low = self.four()?;
                    let pair = 0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
                    char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER)
                } else {
                    char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            Some(other) => other,
            None => return Err(self.wrong("a text has no end")),
        })
    }

    fn four(&mut self) -> Result<u32, NoImport> {
        let digits = self.rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = digits.ok_or_else(|| self.wrong("after `\\u` four hexadecimal digits are missing"))?;
        self.rest = &self.rest[4..];
        Ok(number)
    }

    /// Everything up to the comma or bracket that ends this value, as it was written.
    fn code(&mut self, from: &'t str) -> Value {
        self.line -= from[..from.len() - self.rest.len()].matches('\n').count();
        let (mut depth, mut quote, mut before, mut end) = (0_usize, None, ' ', from.len());
        for (place, c) in from.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open && before != '\\' => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'' | '`') => quote = Some(c),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}' | ',') if depth == 0 => {
                    end = place;
                    break;
                }
                (None, ')' | ']' | '}') => depth -= 1,
                _ => {}
            }
            before = c;
        }
        self.line += from[..end].matches('\n').count();
        self.rest = &from[end..];
        Value::Code(from[..end].trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_with_its_lines() {
        let node = json("{\n \"a\": [1, -2.5e3, true],\n \"b\": {\"c\": \"\\u00e9\\ud83d\\ude00\\n\"}\n}").unwrap();
        assert_eq!(node.to_json(), serde_json::json!({"a": [1, -2500.0, true], "b": {"c": "é😀\n"}}));
        assert_eq!((node.get("a").unwrap().line, node.at(&["b", "c"]).unwrap().line), (2, 3));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, line) in
            [("{\n\"a\": }", 2), ("[1,\n2", 2), ("{a: 1}", 1), ("[1] 2", 1), ("[\n1 2]", 2), ("\"", 1), ("[nul]", 1)]
        {
            let Err(NoImport::Unreadable { line: told, .. }) = json(text) else { panic!("{text}") };
            assert_eq!(told, line, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(json(&deep).is_err());
    }

    #[test]
    fn an_object_of_a_script_is_data_where_it_is_and_code_where_not() {
        let text = "import http from 'k6/http';\nconst n = 5;\nexport const options = {\n  // users\n  vus: 10, 'duration': '30s',\n  thresholds: { http_req_failed: ['rate<0.01',], },\n  stages: makeStages(n, [1, 2]),\n  ...shared,\n  tags: { name: `x${n}` },\n  rps: 2 * n,\n};\nexport default function () {}\n";
        let node = script(text, "options").unwrap().unwrap();
        assert_eq!(node.number_at("vus"), Some(10.0));
        assert_eq!(node.text_at("duration"), Some("30s"));
        assert_eq!(node.get("thresholds").unwrap().to_json(), serde_json::json!({"http_req_failed": ["rate<0.01"]}));
        let stages = node.get("stages").unwrap();
        assert_eq!((&stages.value, stages.line), (&Value::Code("makeStages(n, [1, 2])".to_owned()), 7));
        assert_eq!(node.get("...shared").unwrap().value, Value::Code("...shared".to_owned()));
        assert_eq!(node.at(&["tags", "name"]).unwrap().value, Value::Code("`x${n}`".to_owned()));
        assert_eq!(node.get("rps").unwrap().value, Value::Code("2 * n".to_owned()));
        assert_eq!(script("const other = 1", "options"), None);
    }
}
