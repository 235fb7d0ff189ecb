//! The verdict as JUnit's XML, which every CI shows: the plan is a suite, each threshold a case, and one case says whether
//! the run was what was asked for.

use super::words;
use crate::result::{Judgement, RunResult};

/// The verdict as JUnit's XML.
pub fn junit(result: &RunResult) -> String {
    let suite = escaped(&result.plan.name);
    let mut cases = String::new();
    let (mut failures, mut errors) = (0, 0);
    let mut case = |name: &str, inside: Option<(&str, &str, String)>| {
        let name = escaped(name);
        let seconds = result.seconds;
        cases += &match inside {
            None => format!("    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{seconds:.3}\"/>\n"),
            Some((element, kind, text)) => {
                let text = escaped(&text);
                format!(
                    "    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{seconds:.3}\">\n      \
                     <{element} type=\"{kind}\" message=\"{text}\">{text}</{element}>\n    </testcase>\n"
                )
            }
        };
    };
    let reasons: Vec<_> = result.verdict.reasons.iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        case("the run is complete", None);
    } else {
        errors += 1;
        case("the run is complete", Some(("error", "incomplete", reasons.join("; "))));
    }
    for judged in &result.verdict.thresholds {
        let measured = words::measured(judged);
        match judged.judgement {
            Judgement::Held => case(&judged.text, None),
            Judgement::Crossed => {
                failures += 1;
                let text = format!("{}: measured {measured}, of {} samples", judged.text, judged.samples);
                case(&judged.text, Some(("failure", "crossed", text)));
            }
            Judgement::TooFew => {
                errors += 1;
                let text = format!("{}: {} samples are too few to say", judged.text, judged.samples);
                case(&judged.text, Some(("error", "too-few", text)));
            }
        }
    }
    let tests = result.verdict.thresholds.len() + 1;
    let (seconds, at) = (result.seconds, escaped(result.started_at.trim_end_matches('Z')));
    let properties: String = [
        ("target", result.plan.target.as_str()),
        ("outcome", words::outcome(result.verdict.outcome)),
        ("digest", &result.plan.digest),
    ]
    .map(|(name, value)| format!("      <property name=\"{name}\" value=\"{}\"/>\n", escaped(value)))
    .concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\">\n  \
         <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" \
         time=\"{seconds:.3}\" timestamp=\"{at}\">\n    \
         <properties>\n{properties}    </properties>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

/// A text in XML and HTML. Characters that XML cannot have are left out.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => {}
            c => escaped.push(c),
        }
        escaped
    })
}
