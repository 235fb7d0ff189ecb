//! What is wrong in a file, shown where it stands: the line, a mark below it, and what to write instead.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    span: Range<usize>,
    wrong: String,
    help: Vec<String>,
}

/// Everything that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    file: String,
    text: String,
    problems: Vec<Problem>,
}

impl Problem {
    /// Something wrong at a place, given as a range of bytes.
    pub fn at(span: Range<usize>, wrong: impl Into<String>) -> Problem {
        Problem { span, wrong: wrong.into(), help: Vec::new() }
    }

    /// The same with one line of help more.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(help.into());
        self
    }

    /// What the TOML parser, or a type's own reader, found.
    pub fn of_toml(error: &toml::de::Error) -> Problem {
        Problem::at(error.span().unwrap_or_default(), error.message())
    }

    /// What is wrong, without the place.
    pub fn wrong(&self) -> &str {
        &self.wrong
    }
}

impl Problems {
    /// Problems of one file, in the order of their places.
    pub fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Problems {
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup();
        Problems { file: file.to_owned(), text: text.to_owned(), problems }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// Each with its line and column, both counted from one.
    pub fn each(&self) -> impl Iterator<Item = (usize, usize, &Problem)> {
        self.problems.iter().map(|problem| {
            let place = Place::of(&self.text, &problem.span);
            (place.line, place.column, problem)
        })
    }

    fn show(&self, problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { span, wrong, help } = problem;
        let Place { line, column, source, width } = Place::of(&self.text, span);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "error: {wrong}")?;
        writeln!(f, "{margin}--> {}:{line}:{column}", self.file)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {source}")?;
        write!(f, "{margin} | {}{}", " ".repeat(column - 1), "^".repeat(width))?;
        help.iter().try_for_each(|line| write!(f, "\n{margin} = {line}"))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("\n\n")?;
            }
            self.show(problem, f)?;
        }
        Ok(())
    }
}

/// A span as people count: lines and columns from one, columns in characters.
struct Place<'a> {
    line: usize,
    column: usize,
    source: &'a str,
    width: usize,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, span: &Range<usize>) -> Place<'a> {
        let start = floor(text, span.start.min(text.len()));
        let end = floor(text, span.end.clamp(start, text.len()));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let marked = &text[start..end.min(line_end)];
        Place {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            source: text[line_start..line_end].trim_end_matches('\r'),
            width: marked.trim_end().chars().count().max(1),
        }
    }
}

/// The nearest boundary between characters at or below an index.
fn floor(text: &str, index: usize) -> usize {
    (0..=index).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_marked_below_its_line() {
        let text = "one = 1\ntwö = \"zwei\"\n";
        let start = text.find('"').unwrap();
        let problem = Problem::at(start..start + 6, "not a number").help("write 2");
        let shown = Problems::new("a.toml", text, vec![problem]).to_string();
        assert_eq!(
            shown,
            "error: not a number\n --> a.toml:2:7\n  |\n2 | twö = \"zwei\"\n  |       ^^^^^^\n  = write 2"
        );
    }

    #[test]
    fn a_place_outside_the_text_is_its_end() {
        let problems = Problems::new("a.toml", "", vec![Problem::at(7..9, "empty")]);
        assert_eq!(problems.each().next().map(|(line, column, _)| (line, column)), Some((1, 1)));
    }
}
