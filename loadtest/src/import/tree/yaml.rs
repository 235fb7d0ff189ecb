//! YAML with lines, of the events of a parser. Anchors and merge keys are resolved, within bounds.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{DEEPEST, Member, Node, Value};
use crate::import::NoImport;

/// So many values may come of aliases: a file that multiplies itself is refused.
const MOST: usize = 200_000;

/// Reads the first document of a YAML text.
pub(in crate::import) fn yaml(text: &str) -> Result<Node, NoImport> {
    let mut building = Building::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| NoImport::at(error.marker().line(), error.info()))?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        building.take(event, span.start.line())?;
    }
    building.root.ok_or_else(|| NoImport::at(1, "it is empty"))
}

#[derive(Default)]
struct Building {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    copied: usize,
    root: Option<Node>,
}

struct Open {
    line: usize,
    anchor: usize,
    what: What,
}

enum What {
    List(Vec<Node>),
    Map { members: Vec<Member>, key: Option<(String, usize)> },
}

impl Building {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), NoImport> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                let value = if is_text { Value::Text(text.into_owned()) } else { plain(&text) };
                self.put(Node { line, value }, anchor)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| NoImport::at(line, "it refers to itself"))?;
                self.copied += count(&node);
                if self.copied > MOST {
                    return Err(NoImport::at(line, "its aliases multiply without end"));
                }
                self.put(node, 0)
            }
            Event::SequenceStart(anchor, _) => self.open(line, anchor, What::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.open(line, anchor, What::Map { members: Vec::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, what }) = self.open.pop() else { return Ok(()) };
                let value = match what {
                    What::List(items) => Value::List(items),
                    What::Map { members, .. } => Value::Map(merged(members)),
                };
                self.put(Node { line, value }, anchor)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn open(&mut self, line: usize, anchor: usize, what: What) -> Result<(), NoImport> {
        if self.open.len() >= DEEPEST {
            return Err(NoImport::at(line, "it is nested too deeply"));
        }
        self.open.push(Open { line, anchor, what });
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), NoImport> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.what) {
            None => self.root = Some(node),
            Some(What::List(items)) => items.push(node),
            Some(What::Map { members, key }) => match key.take() {
                Some((key, line)) => members.push(Member { key, line, node }),
                None => {
                    let line = node.line;
                    let text = node.text().ok_or_else(|| NoImport::at(line, "a key is no text"))?;
                    *key = Some((text.to_owned(), line));
                }
            },
        }
        Ok(())
    }
}

/// A word without quotes, by YAML's core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if number.parse::<f64>().is_ok_and(f64::is_finite) => Value::Number(number.to_owned()),
        text => Value::Text(text.to_owned()),
    }
}

/// With the members of `<<` behind its own.
fn merged(members: Vec<Member>) -> Vec<Member> {
    let (merging, mut own): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| member.key == "<<");
    for other in merging.iter().flat_map(|member| member.node.one_or_more()).flat_map(Node::members) {
        if !own.iter().any(|member| member.key == other.key) {
            own.push(other.clone());
        }
    }
    own
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(members) => members.iter().map(|member| count(&member.node)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_with_its_lines_anchors_and_merges() {
        let text = "# a\nbase: &base\n  rate: 5\n  name: x\nmore:\n  <<: *base\n  name: \"5\"\nlist:\n  - yes\n  - ~\n  - |\n    text\n";
        let node = yaml(text).unwrap();
        let wanted = serde_json::json!({
            "base": {"rate": 5, "name": "x"}, "more": {"name": "5", "rate": 5}, "list": ["yes", null, "text\n"],
        });
        assert_eq!(node.to_json(), wanted);
        assert_eq!(node.at(&["more", "name"]).unwrap().line, 7);
        assert_eq!(node.members()[2].line, 8);
    }

    #[test]
    fn what_multiplies_itself_or_is_no_yaml_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            bomb += &format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
        }
        assert!(yaml(&bomb).unwrap_err().to_string().contains("multiply"));
        let NoImport::Unreadable { line, .. } = yaml("a: 1\nb: [1\nc: 2\n").unwrap_err() else { panic!() };
        assert!(line >= 2);
        assert!(yaml("").is_err());
    }
}
