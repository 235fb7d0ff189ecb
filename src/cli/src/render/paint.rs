//! Colour, where a terminal shows it and nobody said no. Text must read the same without.

use std::fmt::Display;
use std::io::IsTerminal;

/// Puts colour on text, or leaves it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    colour: bool,
}

impl Paint {
    /// Leaves text alone.
    pub const PLAIN: Paint = Paint { colour: false };

    /// Colours text.
    pub const COLOUR: Paint = Paint { colour: true };

    /// For a stream: colour in a terminal, unless `NO_COLOR` is set, the terminal is dumb, or a flag says no.
    pub fn for_stream(stream: &impl IsTerminal, no_colour: bool) -> Paint {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint { colour: stream.is_terminal() && !no_colour && !set("NO_COLOR") && !dumb }
    }

    /// For what is added.
    pub fn green(self, text: impl Display) -> String {
        self.with("32", text)
    }

    /// For what goes, and for what is wrong.
    pub fn red(self, text: impl Display) -> String {
        self.with("31", text)
    }

    /// For what changes.
    pub fn yellow(self, text: impl Display) -> String {
        self.with("33", text)
    }

    /// For what to do.
    pub fn cyan(self, text: impl Display) -> String {
        self.with("36", text)
    }

    /// For what is looked for first.
    pub fn bold(self, text: impl Display) -> String {
        self.with("1", text)
    }

    /// For what is there in case somebody wonders.
    pub fn dim(self, text: impl Display) -> String {
        self.with("2", text)
    }

    /// Everything that is ever put around a text.
    pub(super) fn codes(self) -> &'static [&'static str] {
        match self.colour {
            true => &["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"],
            false => &[],
        }
    }

    fn with(self, code: &str, text: impl Display) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_plain() {
        assert_eq!(Paint::PLAIN.red("no"), "no");
        assert_eq!(Paint::COLOUR.red("no"), "\u{1b}[31mno\u{1b}[0m");
    }

    #[test]
    fn all_that_is_put_around_a_text_is_known() {
        let paint = Paint::COLOUR;
        for one in [paint.green(""), paint.red(""), paint.yellow(""), paint.cyan(""), paint.bold(""), paint.dim("")] {
            let (begin, end) = one.split_at(one.len() - 4);
            assert!(paint.codes().contains(&begin) && paint.codes().contains(&end), "{one:?}");
        }
    }
}
