//! Artillery's texts, with `{{ name }}` and `{{ $function() }}` in them, as templates.

use std::collections::BTreeMap;

use crate::import::draft::{Draft, escaped, variable, word};
use crate::import::tree::{Node, Value};
use crate::plan::JsonTemplate;
use crate::plan::words::Template;

/// What is known of names before a text is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Columns of files, by the variable that Artillery gives them: how a plan writes them.
    pub(super) columns: BTreeMap<String, String>,
}

impl Words {
    /// A text as a template. What cannot be filled in becomes a place that says so.
    pub(super) fn template(&self, text: &str, draft: &mut Draft, element: &str, line: usize) -> Template {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inner, after)) = after.split_once("}}") else { break };
            written += &escaped(before);
            written += &self.place(inner.trim(), draft, element, line);
            rest = after;
        }
        written += &escaped(rest);
        written.parse().unwrap_or_else(|_| Template::literal(text))
    }

    fn place(&self, inner: &str, draft: &mut Draft, element: &str, line: usize) -> String {
        if let Some(column) = self.columns.get(inner) {
            return column.clone();
        }
        let (name, arguments) =
            inner.split_once('(').map_or((inner, ""), |(name, rest)| (name.trim(), rest.trim_end_matches(')')));
        let arguments: Vec<_> = arguments.split(',').map(str::trim).collect();
        match (name, arguments.as_slice()) {
            ("$randomNumber", [from, to]) => {
                if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>())
                    && from <= to
                {
                    return format!("${{random:{from}..{to}}}");
                }
            }
            ("$uuid" | "$randomUUID", _) => return "${uuid}".to_owned(),
            ("$timestamp", _) => return "${now:milliseconds}".to_owned(),
            ("$testId" | "$loopCount" | "$loopElement" | "$randomString" | "$dirname" | "$environment", _) => {}
            (name, _) => {
                let environment = ["$processEnvironment.", "$env."].iter().find_map(|prefix| name.strip_prefix(prefix));
                if let Some(environment) = environment {
                    return format!("${{secret:{}}}", word(environment));
                }
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
                if !name.is_empty() && !inner.contains('(') && name.chars().all(plain) {
                    return variable(name);
                }
            }
        }
        let todo = draft.todo(&format!("was {{{{ {inner} }}}}"));
        let instead = format!("give `{todo}` a value under [variables]; `TODO` stands there");
        draft.taking.not(format!("{{{{ {inner} }}}} in {element}"), line, "a plan cannot compute it", instead);
        variable(&todo)
    }

    /// Data whose texts are templates.
    pub(super) fn json(&self, node: &Node, draft: &mut Draft, element: &str) -> JsonTemplate {
        match &node.value {
            Value::Text(text) => JsonTemplate::Text(self.template(text, draft, element, node.line)),
            Value::List(items) => {
                JsonTemplate::List(items.iter().map(|item| self.json(item, draft, element)).collect())
            }
            Value::Map(members) => {
                let member = |member: &crate::import::tree::Member| {
                    (member.key.clone(), self.json(&member.node, draft, element))
                };
                JsonTemplate::Object(members.iter().map(member).collect())
            }
            _ => JsonTemplate::Plain(node.to_json()),
        }
    }

    /// Names and values, each a template.
    pub(super) fn pairs(&self, node: &Node, draft: &mut Draft, element: &str) -> BTreeMap<String, Template> {
        let pair = |member: &crate::import::tree::Member| {
            let text = member.node.text().map_or_else(|| member.node.to_json().to_string(), str::to_owned);
            (member.key.clone(), self.template(&text, draft, element, member.line))
        };
        node.members().iter().map(pair).collect()
    }
}
