//! Elements of a JMeter plan, with what belongs to each, and their properties.

use crate::import::xml::Element;

/// An element and the tree that follows it.
#[derive(Clone, Debug)]
pub(super) struct Item<'x> {
    pub(super) element: &'x Element,
    pub(super) inner: Vec<Item<'x>>,
}

/// The elements of a tree.
pub(super) fn items(tree: &Element) -> Vec<Item<'_>> {
    let mut all: Vec<Item<'_>> = Vec::new();
    for child in &tree.children {
        match (child.tag.as_str(), all.last_mut()) {
            ("hashTree", Some(last)) => last.inner = items(child),
            ("hashTree", None) => {}
            _ => all.push(Item { element: child, inner: Vec::new() }),
        }
    }
    all
}

impl<'x> Item<'x> {
    /// What it is: its class, without its package.
    pub(super) fn kind(&self) -> &'x str {
        let tag = self.element.tag.as_str();
        match tag.rsplit_once('.') {
            Some((package, class)) if !package.contains("kg.apc") && !package.contains("luminis") => class,
            _ => tag,
        }
    }

    pub(super) fn name(&self) -> &'x str {
        self.element.attribute("testname")
    }

    pub(super) fn line(&self) -> usize {
        self.element.line
    }

    /// Its kind and name, for people.
    pub(super) fn shown(&self) -> String {
        let kind = self.kind();
        if self.name().is_empty() { kind.to_owned() } else { format!("{kind} \"{}\"", self.name()) }
    }

    /// A property's text; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &'x str {
        text(self.element, name)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name).trim() == "true"
    }

    /// A property that is an element itself.
    pub(super) fn inner_property(&self, name: &str) -> Option<&'x Element> {
        property(self.element, name)
    }
}

/// A property by its name.
pub(super) fn property<'x>(element: &'x Element, name: &str) -> Option<&'x Element> {
    element.children.iter().find(|child| child.attribute("name") == name)
}

/// A property's text; empty where there is none. Some older elements are written as tags of their own.
pub(super) fn text<'x>(element: &'x Element, name: &str) -> &'x str {
    let found = property(element, name).or_else(|| element.child(name));
    found.map_or("", |property| property.text.as_str())
}

/// The texts or elements of a collection.
pub(super) fn collection<'x>(element: &'x Element, name: &str) -> &'x [Element] {
    property(element, name).map_or(&[], |collection| collection.children.as_slice())
}

/// Names and values, as of `Arguments`.
pub(super) fn arguments(element: &Element) -> Vec<(&str, &str, &Element)> {
    let all = collection(element, "Arguments.arguments").iter();
    all.map(|argument| (text(argument, "Argument.name"), text(argument, "Argument.value"), argument)).collect()
}
