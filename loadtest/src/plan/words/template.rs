//! A text with places that are filled in: `${token}`, `${users.name}`, `${secret:LOGIN}`, `${random:1..100}`, `${uuid}`,
//! `${now}`, `${counter}`, `${user}`. `$${` is `${` itself.

use std::fmt;
use std::str::FromStr;

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Stands as it is.
    Text(String),
    /// Is filled in.
    Value(Reference),
}

/// What a place is filled in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// What a step took from an answer, or the plan says under `variables`.
    Variable(String),
    /// A column of this iteration's row of a data file.
    Column {
        /// The data's name in the plan.
        data: String,
        /// The column's name.
        column: String,
    },
    /// A variable of the environment that is never shown.
    Secret(String),
    /// A whole number, another each time.
    Random {
        /// The least.
        from: i64,
        /// The greatest.
        to: i64,
    },
    /// An identifier that nothing else has.
    Uuid,
    /// The time.
    Now(Moment),
    /// The iteration's number over all workers, from 1: no two have the same.
    Counter,
    /// The user's number over all workers, from 1; in the open model the iteration's.
    User,
}

/// How the time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As `2026-01-02T03:04:05.678Z`.
    Text,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// The names that are no variables.
pub(crate) const FUNCTIONS: [&str; 6] = ["random", "uuid", "now", "counter", "user", "secret"];

impl Template {
    /// A text in which nothing is filled in, whatever it holds.
    pub fn literal(text: impl Into<String>) -> Template {
        let text = text.into();
        Template { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] } }
    }

    /// Its parts, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What is filled in.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(reference) => Some(reference),
            Piece::Text(_) => None,
        })
    }

    /// The one value that it stands for, with nothing around it.
    pub fn only(&self) -> Option<&Reference> {
        match self.pieces.as_slice() {
            [Piece::Value(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Its text, if nothing is filled in.
    pub fn plain(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Template, String> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(place) = rest.find("${") {
            plain.push_str(&rest[..place]);
            rest = &rest[place + 2..];
            if plain.ends_with('$') {
                // The second of `$$` is taken away: what follows stands as it is.
                plain.push('{');
                continue;
            }
            let end = rest.find('}').ok_or("a `${` has no `}`; write `$${` for `${` itself")?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Value(reference(rest[..end].trim())?));
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Template { pieces })
    }
}

fn reference(text: &str) -> Result<Reference, String> {
    let (name, said) = text.split_once(':').map_or((text, None), |(name, said)| (name.trim(), Some(said.trim())));
    match (name, said) {
        ("secret", Some(secret)) if is_name(secret) => Ok(Reference::Secret(secret.to_owned())),
        ("secret", _) => Err("`${secret:…}` wants the name of an environment variable, as ${secret:LOGIN}".to_owned()),
        ("random", said) => {
            let bounds = said.and_then(|said| said.split_once(".."));
            let bounds = bounds.and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
            match bounds {
                Some((from, to)) if from <= to => Ok(Reference::Random { from, to }),
                _ => Err(format!("`${{{text}}}` wants two whole numbers, the smaller first, as ${{random:1..100}}")),
            }
        }
        ("uuid", None) => Ok(Reference::Uuid),
        ("counter", None) => Ok(Reference::Counter),
        ("user", None) => Ok(Reference::User),
        ("now", None) => Ok(Reference::Now(Moment::Text)),
        ("now", Some("seconds")) => Ok(Reference::Now(Moment::Seconds)),
        ("now", Some("milliseconds")) => Ok(Reference::Now(Moment::Milliseconds)),
        ("now", Some(_)) => {
            Err(format!("`${{{text}}}` is no time; there are ${{now}}, ${{now:seconds}} and ${{now:milliseconds}}"))
        }
        (name, None) => match name.split_once('.') {
            Some((data, column)) if is_name(data) && !column.trim().is_empty() => {
                Ok(Reference::Column { data: data.to_owned(), column: column.trim().to_owned() })
            }
            None if is_name(name) => Ok(Reference::Variable(name.to_owned())),
            _ => Err(format!("`${{{text}}}` names nothing; a name has letters, digits, `-` and `_`")),
        },
        (_, Some(_)) => {
            Err(format!("`${{{text}}}`: with a colon there are {}", "${secret:…}, ${random:…} and ${now:…}"))
        }
    }
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(&text.replace("${", "$${")),
            Piece::Value(reference) => write!(f, "${{{reference}}}"),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Variable(name) => f.write_str(name),
            Reference::Column { data, column } => write!(f, "{data}.{column}"),
            Reference::Secret(name) => write!(f, "secret:{name}"),
            Reference::Random { from, to } => write!(f, "random:{from}..{to}"),
            Reference::Uuid => f.write_str("uuid"),
            Reference::Now(Moment::Text) => f.write_str("now"),
            Reference::Now(Moment::Seconds) => f.write_str("now:seconds"),
            Reference::Now(Moment::Milliseconds) => f.write_str("now:milliseconds"),
            Reference::Counter => f.write_str("counter"),
            Reference::User => f.write_str("user"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_found_between_texts() {
        let text = "Bearer ${token} of ${users.name}: ${secret:LOGIN}, ${random:-5..5}${uuid} ${now:seconds}";
        let template: Template = text.parse().unwrap();
        assert_eq!(template.references().count(), 6);
        assert_eq!(template.to_string(), text);
        assert_eq!("${ token }".parse::<Template>().unwrap().only(), Some(&Reference::Variable("token".into())));
    }

    #[test]
    fn two_dollars_are_one_and_no_place() {
        let template: Template = "$${a} costs $5 ${b}".parse().unwrap();
        assert_eq!(template.pieces()[0], Piece::Text("${a} costs $5 ".into()));
        assert_eq!(template.to_string(), "$${a} costs $5 ${b}");
        assert_eq!(Template::literal("${a}").plain(), Some("${a}"));
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        for text in [
            "${",
            "${}",
            "${a b}",
            "${.a}",
            "${a.}",
            "${secret:}",
            "${random}",
            "${random:2..1}",
            "${now:soon}",
            "${a:b}",
        ] {
            assert!(text.parse::<Template>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(text in "([a-z$ {}]|\\$\\{[a-z]{1,3}\\}){0,8}") {
            if let Ok(template) = text.parse::<Template>() {
                prop_assert_eq!(template.to_string().parse(), Ok(template));
            }
        }

        #[test]
        fn a_literal_is_read_back_as_it_was(text in "[a-z${} ]{0,12}") {
            // A `$` before a literal `${` cannot be told from an escaped one, in this language as in any.
            prop_assume!(!text.contains("$${"));
            let literal = Template::literal(text);
            prop_assert_eq!(literal.to_string().parse(), Ok(literal));
        }
    }
}
