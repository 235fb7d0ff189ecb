//! `infra explain`: a rule by its code; without one, all of them. It calls nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use infra_aws::{Aws, Settings};
use infra_engine::check::{COMMON_RULES, RuleText, Severity};
use infra_engine::live::Registry;
use serde_json::json;

use crate::args::Explain;
use crate::environment::nearest;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{JsonLines, Level};
use crate::session::Session;

pub(super) async fn run(arguments: Explain, session: &Session<'_>) -> Result<Exit, Failure> {
    let aws = Aws::load(Settings::default()).await.map_err(|error| Failure::new(error.to_string()))?;
    let registry = infra_aws::registry(Arc::new(aws));
    let rules = rules(&registry);
    let console = session.console;
    let Some(code) = arguments.code else {
        match console.json() {
            Some(lines) => rules.values().flatten().for_each(|rule| rule.told(lines)),
            None => {
                let line = |Told { rule, .. }: &Told| format!("{:<5} {}\n", rule.code, rule.says);
                console.data(&rules.values().flatten().map(line).collect::<String>());
            }
        }
        return Ok(Exit::Done);
    };
    let wanted = code.to_uppercase();
    let known = rules.keys().copied();
    let found = known.clone().find(|known| known.eq_ignore_ascii_case(&wanted)).and_then(|code| rules.get(code));
    let Some(told) = found else {
        let failure = Failure::new(format!("there is no rule {code}"));
        return Err(match nearest(&wanted, known) {
            Some(meant) => failure.way_out("did you mean this one?").command(format!("infra explain {meant}")),
            None => failure.way_out("to see all rules:").command("infra explain"),
        });
    };
    match console.json() {
        Some(lines) => told.iter().for_each(|rule| rule.told(lines)),
        None => console.data(&told.iter().map(text).collect::<Vec<_>>().join("\n")),
    }
    Ok(Exit::Done)
}

/// A rule, and the kinds that it holds for; none for one that holds for all.
struct Told {
    rule: RuleText,
    kinds: Vec<&'static str>,
}

impl Told {
    fn told(&self, lines: &JsonLines) {
        let Told { rule, kinds } = self;
        lines.line(
            Level::Info,
            "rule",
            &format!("{}: {}", rule.code, rule.says),
            json!({ "rule": rule, "kinds": kinds }),
        );
    }
}

/// The rules by code. A code stands for what AWS says of several kinds, and each of them may say it in its own words.
fn rules(registry: &Registry) -> BTreeMap<&'static str, Vec<Told>> {
    let mut rules: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
    for rule in COMMON_RULES {
        rules.entry(rule.code).or_default().push(Told { rule: rule.clone(), kinds: Vec::new() });
    }
    for kind in registry.kinds() {
        for rule in kind.rules() {
            let told = rules.entry(rule.code).or_default();
            match told.iter_mut().find(|told| told.rule.says == rule.says) {
                Some(told) => told.kinds.push(kind.schema().kind),
                None => told.push(Told { kinds: vec![kind.schema().kind], rule }),
            }
        }
    }
    rules
}

fn text(told: &Told) -> String {
    let Told { rule: RuleText { code, says, source, severity }, kinds } = told;
    let holds = if kinds.is_empty() { "every kind".to_owned() } else { kinds.join(", ") };
    let breach = match severity {
        Severity::Error => "a breach is an error: nothing is called",
        Severity::Warning => "a breach is a warning: the plan goes on",
    };
    format!("{code}: {says}\n  holds for: {holds}\n  source: {source}\n  {breach}\n")
}
