//! JMeter's texts, with `${name}` and `${__function(…)}` in them, as templates.

use std::collections::BTreeMap;

use crate::import::draft::{Draft, escaped, variable, word};
use crate::plan::words::Template;

/// What is known of names before a text is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Columns of files, by the variable that JMeter gives them: how a plan writes them.
    pub(super) columns: BTreeMap<String, String>,
    /// Variables with a fixed text, for where a plan needs a number.
    pub(super) values: BTreeMap<String, String>,
}

impl Words {
    /// A text as a template. What cannot be filled in becomes a place that says so.
    pub(super) fn template(&self, text: &str, draft: &mut Draft, element: &str, line: usize) -> Template {
        let mut written = String::new();
        let mut rest = text;
        while let Some(place) = rest.find("${") {
            let (before, from) = rest.split_at(place);
            if let Some(before) = before.strip_suffix('\\') {
                written += before;
                written += "$${";
                rest = &from[2..];
                continue;
            }
            written += before;
            let Some(length) = closing(&from[2..]) else {
                written += &escaped(from);
                rest = "";
                break;
            };
            written += &self.place(&from[2..2 + length], draft, element, line);
            rest = &from[2 + length + 1..];
        }
        written += rest;
        written.parse().unwrap_or_else(|_| Template::literal(text))
    }

    /// What stands between `${` and `}`.
    fn place(&self, inner: &str, draft: &mut Draft, element: &str, line: usize) -> String {
        let inner = inner.trim();
        let Some(function) = inner.strip_prefix("__") else {
            return self.columns.get(inner).cloned().unwrap_or_else(|| variable(inner));
        };
        let (name, arguments) = call(function);
        let argument = |place: usize| arguments.get(place).map_or("", String::as_str);
        let number = |text: &str| self.fixed(text).trim().parse::<i64>().ok();
        match name {
            "P" | "property" => {
                let default = argument(if name == "P" { 1 } else { 2 });
                let name = word(argument(0));
                if !name.is_empty() {
                    draft.plan.variables.entry(name.clone()).or_insert_with(|| Template::literal(default));
                    return variable(&name);
                }
            }
            "Random" => {
                if let (Some(from), Some(to)) = (number(argument(0)), number(argument(1)))
                    && from <= to
                    && argument(2).is_empty()
                {
                    return format!("${{random:{from}..{to}}}");
                }
            }
            "UUID" => return "${uuid}".to_owned(),
            "time" if argument(0).is_empty() => return "${now:milliseconds}".to_owned(),
            "time" if argument(0) == "/1000" => return "${now:seconds}".to_owned(),
            "threadNum" => return "${user}".to_owned(),
            "counter" => return "${counter}".to_owned(),
            "env" if !argument(0).is_empty() => return format!("${{secret:{}}}", word(argument(0))),
            "V" | "evalVar" if !argument(0).is_empty() => return self.place(argument(0), draft, element, line),
            "eval" if argument(0).starts_with("${") && argument(0).ends_with('}') => {
                return self.place(&argument(0)[2..argument(0).len() - 1], draft, element, line);
            }
            _ => {}
        }
        let todo = draft.todo(&format!("was ${{__{function}}}"));
        let instead = format!("give `{todo}` a value under [variables]; `TODO` stands there");
        draft.taking.not(format!("function __{name} in {element}"), line, "a plan cannot compute it", instead);
        variable(&todo)
    }

    /// A text in which what is fixed has been filled in.
    pub(super) fn fixed(&self, text: &str) -> String {
        let Some(place) = text.find("${") else { return text.to_owned() };
        let Some(length) = closing(&text[place + 2..]) else { return text.to_owned() };
        let inner = text[place + 2..place + 2 + length].trim();
        let value = match inner.strip_prefix("__").map(call) {
            Some(("P", arguments)) => arguments.get(1).cloned(),
            Some(("property", arguments)) => arguments.get(2).cloned(),
            Some(_) => None,
            None => self.values.get(inner).cloned(),
        };
        match value {
            // A variable may be made of others, but not of itself without end.
            Some(value) if !value.contains(&format!("${{{inner}}}")) => {
                self.fixed(&format!("{}{value}{}", &text[..place], &text[place + 2 + length + 1..]))
            }
            _ => text.to_owned(),
        }
    }

    /// A number, if it is fixed.
    pub(super) fn number(&self, text: &str) -> Option<f64> {
        self.fixed(text).trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
    }
}

/// Where the bracket is that closes a place, with others inside.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(place),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A function's name and its arguments.
fn call(function: &str) -> (&str, Vec<String>) {
    let Some((name, rest)) = function.split_once('(') else { return (function.trim(), Vec::new()) };
    let inner = rest.trim_end().strip_suffix(')').unwrap_or(rest);
    let (mut arguments, mut current, mut depth, mut escaped) = (Vec::new(), String::new(), 0_usize, false);
    for c in inner.chars() {
        match c {
            _ if escaped => current.push(c),
            '\\' => {}
            ',' if depth == 0 => arguments.push(std::mem::take(&mut current)),
            c => {
                depth = match c {
                    '(' | '{' => depth + 1,
                    ')' | '}' => depth.saturating_sub(1),
                    _ => depth,
                };
                current.push(c);
            }
        }
        escaped = c == '\\' && !escaped;
    }
    arguments.push(current);
    (name.trim(), arguments.iter().map(|argument| argument.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Secrets;

    fn template(text: &str) -> (String, Vec<String>) {
        let mut draft = Draft::new("x", Secrets::Named);
        let mut words = Words::default();
        words.columns.insert("user".to_owned(), "${users.user}".to_owned());
        words.values.insert("most".to_owned(), "9".to_owned());
        let written = words.template(text, &mut draft, "x", 1).to_string();
        (written, draft.taking.not_taken.into_iter().map(|not| not.element).collect())
    }

    #[test]
    fn places_and_functions_become_those_of_a_plan() {
        for (text, wanted) in [
            ("/a/${id}?u=${user}", "/a/${id}?u=${users.user}"),
            ("${__Random(1,${most})}-${__UUID}-${__UUID()}", "${random:1..9}-${uuid}-${uuid}"),
            ("${__time()} ${__time(/1000,)} ${__time}", "${now:milliseconds} ${now:seconds} ${now:milliseconds}"),
            ("${__P(host,shop.example)} ${__property(port)}", "${host} ${port}"),
            ("${__threadNum} ${__counter(FALSE,)}", "${user} ${counter}"),
            ("costs \\${x} and $5", "costs $${x} and $5"),
            ("no end ${x", "no end $${x"),
            ("${a.b c}", "${a-b-c}"),
        ] {
            assert_eq!(template(text), (wanted.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_must_be_computed_becomes_a_place_and_is_named() {
        let (written, not) = template("x=${__groovy(vars.get(\"a\")[0..${most}])}");
        assert_eq!((written.as_str(), not.as_slice()), ("x=${todo-1}", &["function __groovy in x".to_owned()][..]));
        assert_eq!(template("${__Random(1,2,keep)}").1, ["function __Random in x"]);
    }

    #[test]
    fn numbers_are_found_behind_names_and_defaults() {
        let mut words = Words::default();
        words.values.insert("users".to_owned(), "${__P(users,50)}".to_owned());
        words.values.insert("self".to_owned(), "${self}".to_owned());
        assert_eq!(words.number("${users}"), Some(50.0));
        assert_eq!((words.number("${self}"), words.number("${other}"), words.number("-1")), (None, None, None));
    }
}
