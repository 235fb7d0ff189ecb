//! What is taken of answers.

use std::collections::BTreeMap;

use super::Reading;
use super::element::Item;
use crate::import::draft::word;
use crate::plan::words::Template;
use crate::plan::{Pick, Source, Take};

/// Whether it takes something of answers.
pub(super) fn is_extractor(kind: &str) -> bool {
    matches!(kind, "RegexExtractor" | "JSONPostProcessor" | "BoundaryExtractor")
}

impl Reading<'_> {
    /// An extractor.
    pub(super) fn extractor(&mut self, item: &Item<'_>, takes: &mut BTreeMap<String, Take>) {
        match item.kind() {
            "RegexExtractor" => self.regex(item, takes),
            "BoundaryExtractor" => self.boundary(item, takes),
            _ => self.json(item, takes),
        }
    }

    fn regex(&mut self, item: &Item<'_>, takes: &mut BTreeMap<String, Take>) {
        if !matches!(item.text("RegexExtractor.useHeaders"), "" | "false" | "unescaped" | "as_document") {
            return self.not(item, "an expression looks at the body alone", "write it as `take.NAME = { header = … }`");
        }
        if !matches!(item.text("RegexExtractor.template").trim(), "" | "$1$" | "$0$") {
            return self.not(
                item,
                "only the first group of an expression is taken",
                "put the group first in the expression",
            );
        }
        let Some(pick) = self.pick(item, item.text("RegexExtractor.match_number")) else { return };
        let source = self.words.fixed(item.text("RegexExtractor.regex")).parse().map(Source::Regex);
        let default = item.text("RegexExtractor.default");
        self.put(item, item.text("RegexExtractor.refname"), source, pick, default, takes);
    }

    fn boundary(&mut self, item: &Item<'_>, takes: &mut BTreeMap<String, Take>) {
        let Some(pick) = self.pick(item, item.text("BoundaryExtractor.match_number")) else { return };
        let (left, right) = (item.text("BoundaryExtractor.lboundary"), item.text("BoundaryExtractor.rboundary"));
        let source = format!("{}(.*?){}", quoted(left), quoted(right)).parse().map(Source::Regex);
        self.put(
            item,
            item.text("BoundaryExtractor.refname"),
            source,
            pick,
            item.text("BoundaryExtractor.default"),
            takes,
        );
    }

    /// Several values by several paths, separated by `;`.
    fn json(&mut self, item: &Item<'_>, takes: &mut BTreeMap<String, Take>) {
        let split = |name: &str| item.text(name).split(';').map(str::trim).collect::<Vec<_>>();
        let paths = split("JSONPostProcessor.jsonPathExprs");
        let (numbers, defaults) = (split("JSONPostProcessor.match_numbers"), split("JSONPostProcessor.defaultValues"));
        for (place, name) in split("JSONPostProcessor.referenceNames").into_iter().enumerate() {
            let Some(pick) = self.pick(item, numbers.get(place).copied().unwrap_or_default()) else { continue };
            let source = paths.get(place).copied().unwrap_or_default().parse().map(Source::Json);
            self.put(item, name, source, pick, defaults.get(place).copied().unwrap_or_default(), takes);
        }
    }

    fn pick(&mut self, item: &Item<'_>, number: &str) -> Option<Pick> {
        match number.trim() {
            "" | "1" => Some(Pick::First),
            "0" => Some(Pick::Random),
            _ => {
                self.not(
                    item,
                    "of several values the first, the last or any is taken",
                    "write an expression that finds this one first",
                );
                None
            }
        }
    }

    fn put(
        &mut self,
        item: &Item<'_>,
        name: &str,
        source: Result<Source, String>,
        pick: Pick,
        default: &str,
        takes: &mut BTreeMap<String, Take>,
    ) {
        match source {
            Err(why) => {
                self.not(item, &format!("it is not understood: {why}"), "write it as `take.NAME = { regex = … }`")
            }
            Ok(_) if word(name).is_empty() => self.not(item, "it gives the value no name", "nothing"),
            Ok(source) => {
                // JMeter goes on with the default; it is often a word that says that nothing was found.
                let default = (!default.is_empty()).then(|| Template::literal(default));
                takes.insert(word(name), Take { source, pick, default });
                self.draft.taking.took();
            }
        }
    }
}

/// A text as an expression that finds it.
pub(super) fn quoted(text: &str) -> String {
    text.chars().fold(String::new(), |mut quoted, c| {
        if c.is_ascii_punctuation() {
            quoted.push('\\');
        }
        quoted.push(c);
        quoted
    })
}
