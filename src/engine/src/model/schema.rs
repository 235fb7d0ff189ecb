//! What a kind of resource says of itself: its fields and how each may change. Made by the derive macro.

use serde::Serialize;

/// A kind of resource, described.
#[derive(Debug, Serialize)]
pub struct Schema {
    /// `service/kind`: `ec2/subnet`.
    pub kind: &'static str,
    /// The documentation above the definition; the first line is its title.
    pub documentation: &'static str,
    /// The fields, in the order in which they are written.
    pub fields: &'static [Field],
    /// What the cloud gives back, beside `id`.
    pub outputs: &'static [OutputField],
    /// Kinds whose resources are created before, and deleted after, those of this kind, though nothing refers to them.
    pub after: &'static [&'static str],
    /// How a live resource shows that it is ours.
    pub ownership: Ownership,
    /// Which comes first when a resource must be replaced.
    pub replacement: Replacement,
}

/// A field of a definition.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The documentation above it.
    pub documentation: &'static str,
    /// How it may change.
    pub mutability: Mutability,
    /// How it is compared and shown.
    pub shape: Shape,
    /// True for the natural name, by which the cloud tells two such resources apart.
    pub key: bool,
}

/// How a field may change once the resource exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutability {
    /// By a call to the living resource.
    InPlace,
    /// Only by making a new resource.
    Replace,
    /// Set when it is created, then left alone: never a difference.
    Initial,
    /// May be changed by the owner that is named here: shown, never a difference.
    External(&'static str),
}

/// How a field is compared and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As it is.
    Plain,
    /// A list without an order.
    Set,
    /// Text of several lines, compared line by line.
    Text,
    /// JSON, compared as what it means.
    Json,
    /// Never read back, compared or shown.
    Secret,
}

/// An output that a definition may refer to.
#[derive(Debug, Serialize)]
pub struct OutputField {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub documentation: &'static str,
}

/// How a live resource shows that it is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// By tags on itself.
    Tags,
    /// By its parent, which the named field refers to: the parent is ours, so this is.
    Parent {
        /// The field that refers to the parent.
        field: &'static str,
        /// The parent's kind.
        kind: &'static str,
    },
    /// By nothing: the whole account has it once, under its natural name, and every environment that wants it makes
    /// sure that it is there. It is nobody's to replace or delete.
    Shared,
}

/// Which comes first when a resource must be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// The new one, then what depends on it moves over, then the old one goes.
    CreateFirst,
    /// The same, of a revision: the old one is only put away, and nothing is lost with it.
    Revision,
    /// The old one goes, because the two cannot stand beside each other.
    DeleteFirst,
}

impl Schema {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The first line of the documentation.
    pub fn title(&self) -> &'static str {
        self.documentation.lines().next().unwrap_or(self.kind).trim_end_matches('.')
    }
}
