//! `infra explain`: a rule by its code; without one, all of them. It calls nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use infra_aws::{Aws, Settings};
use infra_engine::check::{COMMON_RULES, RuleText, Severity};

use crate::args::Explain;
use crate::environment::nearest;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(arguments: Explain, session: &Session<'_>) -> Result<Exit, Failure> {
    let aws = Aws::load(Settings::default()).await.map_err(|error| Failure::new(error.to_string()))?;
    let registry = infra_aws::registry(Arc::new(aws));
    let mut rules: BTreeMap<&str, (RuleText, Vec<&str>)> = BTreeMap::new();
    for rule in COMMON_RULES {
        rules.insert(rule.code, (rule.clone(), Vec::new()));
    }
    for kind in registry.kinds() {
        for rule in kind.rules() {
            rules.entry(rule.code).or_insert((rule, Vec::new())).1.push(kind.schema().kind);
        }
    }
    let console = session.console;
    let Some(code) = arguments.code else {
        console.data(&rules.values().map(|(rule, _)| format!("{:<5} {}\n", rule.code, rule.says)).collect::<String>());
        return Ok(Exit::Done);
    };
    let wanted = code.to_uppercase();
    let Some((rule, kinds)) = rules.get(wanted.as_str()) else {
        let failure = Failure::new(format!("there is no rule {code}"));
        return Err(match nearest(&wanted, rules.keys().copied()) {
            Some(meant) => failure.way_out("did you mean this one?").command(format!("infra explain {meant}")),
            None => failure.way_out("to see all rules:").command("infra explain"),
        });
    };
    console.data(&text(rule, kinds));
    Ok(Exit::Done)
}

fn text(rule: &RuleText, kinds: &[&str]) -> String {
    let RuleText { code, says, source, severity } = rule;
    let holds = if kinds.is_empty() { "every kind".to_owned() } else { kinds.join(", ") };
    let breach = match severity {
        Severity::Error => "a breach is an error: nothing is called",
        Severity::Warning => "a breach is a warning: the plan goes on",
    };
    format!("{code}: {says}\n  holds for: {holds}\n  source: {source}\n  {breach}\n")
}
