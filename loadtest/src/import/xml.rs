//! XML as a tree of elements with their lines.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::NoImport;

/// Deeper than this nothing is read.
const DEEPEST: usize = 256;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) line: usize,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The first child with this tag.
    pub(super) fn child(&self, tag: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.tag == tag)
    }
}

/// Reads a document; gives its root.
pub(super) fn xml(text: &str) -> Result<Element, NoImport> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut line, mut counted) = (vec![Element::default()], 1, 0);
    loop {
        let begin = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        line += text[counted..begin].matches('\n').count();
        counted = begin;
        let event = reader.read_event().map_err(|error| NoImport::at(line, error.to_string()))?;
        let innermost = open.last_mut().ok_or_else(|| NoImport::at(line, "an element ends that has not begun"))?;
        match event {
            Event::Start(start) => {
                let element = element(&start, line)?;
                if open.len() > DEEPEST {
                    return Err(NoImport::at(line, "it is nested too deeply"));
                }
                open.push(element);
            }
            Event::Empty(start) => innermost.children.push(element(&start, line)?),
            Event::End(_) => {
                let done = open.pop();
                if let (Some(done), Some(parent)) = (done, open.last_mut()) {
                    parent.children.push(done);
                }
            }
            Event::Text(text) => innermost.text.push_str(&text.xml10_content()),
            Event::CData(text) => innermost.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let named = quick_xml::escape::resolve_predefined_entity(&reference).map(str::to_owned);
                let numbered = reference.resolve_char_ref().ok().flatten().map(String::from);
                let text = named.or(numbered);
                innermost.text.push_str(&text.ok_or_else(|| NoImport::at(line, "an entity is not known"))?);
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    match (open.len(), open.pop().map(|document| document.children)) {
        (1, Some(roots)) => roots.into_iter().next().ok_or_else(|| NoImport::at(1, "there is no element in it")),
        (_, _) => Err(NoImport::at(line, "it ends before all of its elements do")),
    }
}

fn element(start: &BytesStart<'_>, line: usize) -> Result<Element, NoImport> {
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| NoImport::at(line, error.to_string()))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| NoImport::at(line, error.to_string()))?;
        attributes.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(Element { tag: start.name().as_ref().to_owned(), line, attributes, ..Element::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_lines_attributes_and_text() {
        let root = xml("<?xml version=\"1.0\"?>\n<a n=\"1 &amp; 2\">\n  <b>x &lt; &#65;</b>\n  <c/>\n</a>\n").unwrap();
        assert_eq!((root.line, root.attribute("n")), (2, "1 & 2"));
        assert_eq!((root.children[0].line, root.children[0].text.as_str()), (3, "x < A"));
        assert_eq!(root.child("c").unwrap().line, 4);
    }

    #[test]
    fn what_is_no_xml_is_told_with_its_line() {
        for text in ["<a>\n<b></a>", "<a>\n", "", "<a>\n&none;</a>"] {
            assert!(matches!(xml(text), Err(NoImport::Unreadable { .. })), "{text}");
        }
        assert!(xml(&"<a>".repeat(100_000)).is_err());
    }
}
