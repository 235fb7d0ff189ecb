//! As much of XML as AWS's answers are written in: elements and text.

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its text, where it has no elements.
    pub text: String,
    /// Its elements.
    pub children: Vec<Element>,
}

impl Element {
    /// The root of a document.
    pub fn parse(text: &str) -> Element {
        let mut stack = vec![Element::default()];
        for part in text.split('<').skip(1) {
            let (tag, after) = part.split_once('>').unwrap_or((part, ""));
            if tag.starts_with(['?', '!']) {
                continue;
            }
            if tag.starts_with('/') {
                let closed = stack.pop().expect("what is closed was opened");
                stack.last_mut().expect("a root stays").children.push(closed);
                continue;
            }
            let name = tag.trim_end_matches('/').split(' ').next().unwrap_or_default().to_owned();
            let element = Element { name, text: unescaped(after), children: Vec::new() };
            match tag.ends_with('/') {
                true => stack.last_mut().expect("a root stays").children.push(element),
                false => stack.push(element),
            }
        }
        stack.swap_remove(0).children.into_iter().next().unwrap_or_default()
    }

    /// Every element of that name, at any depth.
    pub fn all(&self, name: &str) -> Vec<&Element> {
        let below = self.children.iter().flat_map(|child| child.all(name));
        self.children.iter().filter(|child| child.name == name).chain(below).collect()
    }

    /// The text of the first element of that name, at any depth.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(|element| element.text.as_str())
    }
}

fn unescaped(text: &str) -> String {
    let plain = text.trim().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    plain.replace("&amp;", "&")
}
