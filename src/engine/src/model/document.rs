//! A definition in the middle of its way: one plain document, whatever its type is at the ends.
//!
//! A document may hold references (`{"$ref": …}`) and secrets (`{"$secret": …}`). Printing one, for people or for
//! machines, never shows a secret: only [`Document::reveal`] gives the value back, to the kind that sends it.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::reference::Reference;
use super::secret;

/// What a definition says, as a map of its fields.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Document(Value);

/// The text that stands where a secret is.
pub const HIDDEN: &str = "(secret)";

impl Document {
    /// The document of a definition. Fails only for types that serde cannot write as a map.
    pub fn of<T: Serialize>(definition: &T) -> Result<Document, serde_json::Error> {
        let value = secret::revealing(|| serde_json::to_value(definition))?;
        Ok(Document(value))
    }

    /// A document from a plain value, for tests and for the model cloud.
    pub fn from_value(value: Value) -> Document {
        Document(value)
    }

    /// The value inside. It may hold secrets: never print it.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// One field's value.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Takes over what another document says of a field.
    pub fn take_field(&mut self, name: &str, other: &Document) {
        if let (Value::Object(fields), Some(value)) = (&mut self.0, other.field(name)) {
            fields.insert(name.to_owned(), value.clone());
        }
    }

    /// Sets a field to a value.
    pub fn set_field(&mut self, name: &str, value: Value) {
        if let Value::Object(fields) = &mut self.0 {
            fields.insert(name.to_owned(), value);
        }
    }

    /// The typed definition again.
    pub fn reveal<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }

    /// Every reference in the document, with the path at which it stands.
    pub fn references(&self) -> Vec<(Path, Reference)> {
        let mut found = Vec::new();
        collect_references(&self.0, &mut Path::default(), &mut found);
        found
    }

    /// Every text in the document: what a live definition may use to name what it refers to.
    pub fn texts(&self) -> BTreeSet<&str> {
        let mut texts = BTreeSet::new();
        collect_texts(&self.0, &mut texts);
        texts
    }

    /// The same document with each reference replaced by what `known` says of it; the unknown ones stay.
    pub fn resolve(&self, known: &dyn Fn(&Reference) -> Option<String>) -> Document {
        let mut value = self.0.clone();
        resolve(&mut value, known);
        Document(value)
    }

    /// True when a reference is left in it.
    pub fn has_unknowns(&self) -> bool {
        !self.references().is_empty()
    }

    /// The document without its secrets: what may be printed, saved and hashed.
    pub fn redacted(&self) -> Value {
        redact(&self.0)
    }
}

/// A value without its secrets.
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(map) if secret::is_secret(map) => Value::String(HIDDEN.to_owned()),
        Value::Object(map) => map.iter().map(|(key, inner)| (key.clone(), redact(inner))).collect(),
        Value::Array(items) => items.iter().map(redact).collect(),
        plain => plain.clone(),
    }
}

/// A digest of a value that does not depend on the order of keys, in hexadecimal.
pub fn digest(value: &Value) -> String {
    let mut hasher = Sha256::new();
    feed(value, &mut hasher);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn feed(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            hasher.update(b"{");
            for key in keys {
                feed(&Value::String(key.clone()), hasher);
                feed(&map[key], hasher);
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            items.iter().for_each(|item| feed(item, hasher));
            hasher.update(b"]");
        }
        plain => {
            let text = plain.to_string();
            hasher.update(text.len().to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
}

fn collect_references(value: &Value, path: &mut Path, found: &mut Vec<(Path, Reference)>) {
    if let Some(reference) = Reference::in_value(value) {
        found.push((path.clone(), reference));
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                path.0.push(Segment::Key(key.clone()));
                collect_references(inner, path, found);
                path.0.pop();
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.0.push(Segment::Index(index));
                collect_references(inner, path, found);
                path.0.pop();
            }
        }
        _ => {}
    }
}

fn collect_texts<'a>(value: &'a Value, texts: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            texts.insert(text);
        }
        Value::Object(map) => map.values().for_each(|inner| collect_texts(inner, texts)),
        Value::Array(items) => items.iter().for_each(|inner| collect_texts(inner, texts)),
        _ => {}
    }
}

fn resolve(value: &mut Value, known: &dyn Fn(&Reference) -> Option<String>) {
    if let Some(reference) = Reference::in_value(value) {
        if let Some(text) = known(&reference) {
            *value = Value::String(text);
        }
        return;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(|inner| resolve(inner, known)),
        Value::Array(items) => items.iter_mut().for_each(|inner| resolve(inner, known)),
        _ => {}
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.redacted())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.redacted().serialize(serializer)
    }
}

/// Where in a document: `ingress[0].ports`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A field or a map's key.
    Key(String),
    /// A place in a list.
    Index(usize),
}

impl Path {
    /// The path of a top-level field.
    pub fn field(name: impl Into<String>) -> Path {
        Path(vec![Segment::Key(name.into())])
    }

    /// This path and one key more.
    pub fn key(&self, key: impl Into<String>) -> Path {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.into()));
        path
    }

    /// The top-level field that the path starts at.
    pub fn root(&self) -> &str {
        match self.0.first() {
            Some(Segment::Key(name)) => name,
            _ => "",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if key.is_empty() || key.contains(['.', '[', ' ', '"']) => write!(f, "[{key:?}]")?,
                Segment::Key(key) if position > 0 => write!(f, ".{key}")?,
                Segment::Key(key) => write!(f, "{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Secret;

    #[test]
    fn a_digest_ignores_the_order_of_keys_and_sees_every_value() {
        assert_eq!(digest(&json!({"a": 1, "b": [2]})), digest(&json!({"b": [2], "a": 1})));
        assert_ne!(digest(&json!({"a": 1})), digest(&json!({"a": "1"})));
        assert_ne!(digest(&json!(["ab", "c"])), digest(&json!(["a", "bc"])));
    }

    #[test]
    fn references_are_found_and_resolved_in_place() {
        let document = Document::from_value(json!({"vpc": {"$ref": "network.main", "output": "id"}, "list": ["x"]}));
        let references = document.references();
        assert_eq!(references.len(), 1);
        assert_eq!(references[0].0.to_string(), "vpc");
        let resolved = document.resolve(&|_| Some("vpc-1".into()));
        assert_eq!(resolved.value(), &json!({"vpc": "vpc-1", "list": ["x"]}));
    }

    #[test]
    fn a_secret_is_revealed_to_its_kind_and_hidden_from_everything_else() {
        #[derive(Serialize, Deserialize)]
        struct Login {
            token: Secret,
        }
        let document = Document::of(&Login { token: Secret::new("planted-canary") }).unwrap();
        assert!(!format!("{document:?}").contains("planted"));
        assert!(!serde_json::to_string(&document).unwrap().contains("planted"));
        assert_eq!(document.reveal::<Login>().unwrap().token.expose(), "planted-canary");
    }
}
