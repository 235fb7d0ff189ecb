//! What answers must be.

use std::time::Duration;

use super::Reading;
use super::element::{Item, collection};
use crate::plan::words::{Pattern, Statuses, Time};
use crate::plan::{Expect, ExpectJson};

/// Whether it says what an answer must be, in a way that a plan can.
pub(super) fn is_assertion(kind: &str) -> bool {
    matches!(kind, "ResponseAssertion" | "DurationAssertion" | "JSONPathAssertion")
}

/// The bits of an assertion's kind.
const MATCHES: u32 = 1;
const CONTAINS: u32 = 2;
const NOT: u32 = 4;
const EQUALS: u32 = 8;
const SUBSTRING: u32 = 16;
const OR: u32 = 32;

impl Reading<'_> {
    /// An assertion.
    pub(super) fn assertion(&mut self, item: &Item<'_>, expect: &mut Expect) {
        match item.kind() {
            "DurationAssertion" => match self.words.number(item.text("DurationAssertion.duration")) {
                Some(limit) if limit > 0.0 => expect.under = Some(Time(Duration::from_secs_f64(limit / 1000.0))),
                _ => return self.not(item, "its time is not known before the run", "set `expect.under` of the steps"),
            },
            "JSONPathAssertion" => return self.json_assertion(item, expect),
            _ => return self.response_assertion(item, expect),
        }
        self.draft.taking.took();
    }

    fn json_assertion(&mut self, item: &Item<'_>, expect: &mut Expect) {
        if item.is_true("INVERT") || item.is_true("EXPECT_NULL") {
            return self.not(
                item,
                "a plan cannot expect that something is not there",
                "leave it out, or take the value and look at it with `when`",
            );
        }
        let compares = item.is_true("JSONVALIDATION");
        if compares && item.text("ISREGEX").trim() != "false" {
            return self.not(
                item,
                "a value of JSON is compared with a text, not with an expression",
                "use `expect.regex`",
            );
        }
        match self.words.fixed(item.text("JSON_PATH")).parse() {
            Err(why) => self.not(item, &format!("its path is not understood: {why}"), "use `expect.regex`"),
            Ok(path) => {
                let is = compares
                    .then(|| self.words.template(item.text("EXPECTED_VALUE"), self.draft, &item.shown(), item.line()));
                expect.json.push(ExpectJson { path, is });
                self.draft.taking.took();
            }
        }
    }

    fn response_assertion(&mut self, item: &Item<'_>, expect: &mut Expect) {
        let kind: u32 = item.text("Assertion.test_type").trim().parse().unwrap_or(CONTAINS);
        // JMeter writes the name with a mistake in it, and has kept it so.
        let mut texts = collection(item.element, "Asserion.test_strings");
        if texts.is_empty() {
            texts = collection(item.element, "Assertion.test_strings");
        }
        let texts: Vec<_> = texts.iter().map(|text| text.text.trim()).filter(|text| !text.is_empty()).collect();
        if kind & NOT != 0 {
            return self.not(item, "a plan cannot expect that something is not there", "expect what is there instead");
        }
        if texts.is_empty() {
            return self.draft.taking.took();
        }
        match item.text("Assertion.test_field").trim() {
            "Assertion.response_code" => {
                let found: Option<Vec<_>> = texts.iter().map(|text| self.statuses(text)).collect();
                match found {
                    Some(found) if texts.len() == 1 || kind & (OR | MATCHES | EQUALS) != 0 => {
                        expect.status.extend(found.concat())
                    }
                    _ => {
                        return self.not(
                            item,
                            "its statuses are not understood",
                            "set `expect.status`, as [200, \"3xx\"]",
                        );
                    }
                }
            }
            "Assertion.response_data" | "Assertion.response_data_as_document" | "" => {
                let regex = kind & (CONTAINS | MATCHES) != 0;
                return self.in_body(item, &texts, regex, kind & OR != 0, kind, expect);
            }
            "Assertion.response_message" => {
                return self.not(item, "the words beside a status are not looked at", "set `expect.status`");
            }
            "Assertion.response_headers" => {
                return self.not(item, "a header is looked at by its name", "set `expect.headers.NAME`");
            }
            _ => return self.not(item, "a plan looks at the status, the headers and the body", "nothing"),
        }
        self.draft.taking.took();
    }

    /// Statuses, as `200`, `2..`, `2\d\d`, `200|201`.
    fn statuses(&self, text: &str) -> Option<Vec<Statuses>> {
        let one = |part: &str| match part.trim_matches(['^', '$', '(', ')', ' ']) {
            part if part.len() == 3 && part.ends_with("..") => Statuses::word(&part.replace('.', "x")),
            part if part.ends_with(r"\d\d") || part.ends_with("[0-9][0-9]") || part.ends_with(r"\d{2}") => {
                Statuses::word(&format!("{}xx", part.get(..1)?))
            }
            part => Statuses::number(part.parse().ok()?),
        };
        self.words.fixed(text).split('|').map(one).collect()
    }

    fn in_body(&mut self, item: &Item<'_>, texts: &[&str], regex: bool, or: bool, kind: u32, expect: &mut Expect) {
        let alternatives = |texts: &[&str]| -> Vec<String> {
            let one = |text: &&str| {
                if regex { self.words.fixed(text) } else { super::after::quoted(&self.words.fixed(text)) }
            };
            texts.iter().map(one).collect()
        };
        let mut rest = texts;
        if kind & (SUBSTRING | CONTAINS | MATCHES | EQUALS) == 0 {
            return self.not(item, "how it compares is not known", "set `expect.body` or `expect.regex`");
        }
        if !or && !regex && kind & EQUALS == 0 && expect.body.is_none() && !texts.is_empty() {
            expect.body = Some(self.words.template(texts[0], self.draft, &item.shown(), item.line()));
            rest = &texts[1..];
        } else if expect.regex.is_none() && !texts.is_empty() {
            let joined = if or { alternatives(texts).join("|") } else { alternatives(&texts[..1]).concat() };
            let whole = if kind & (MATCHES | EQUALS) != 0 { format!("^(?s:{joined})$") } else { joined };
            match whole.parse::<Pattern>() {
                Ok(pattern) => expect.regex = Some(pattern),
                Err(why) => {
                    return self.not(item, &format!("its expression is not understood: {why}"), "set `expect.regex`");
                }
            }
            rest = if or { &[] } else { &texts[1..] };
        }
        if rest.is_empty() {
            self.draft.taking.took();
        } else {
            let why = format!(
                "of each kind one is looked for in a body; {} more are asked for: {}",
                rest.len(),
                rest.join(", ")
            );
            self.not(item, &why, "put them into one `expect.regex`");
        }
    }
}
