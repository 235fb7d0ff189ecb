//! Refuses serde's attributes by which the document would no longer have the fields that the schema lists.

use syn::{Attribute, Error, Ident, Meta, Path, Result};

/// On a struct: these change what the whole document looks like.
const ON_A_STRUCT: [&str; 7] = ["rename_all", "tag", "transparent", "into", "from", "try_from", "remote"];
/// On a field: these take it away, or put it elsewhere.
const ON_A_FIELD: [&str; 7] =
    ["rename", "flatten", "skip", "skip_serializing", "skip_serializing_if", "skip_deserializing", "alias"];

/// Refuses on a struct what would change its fields' names or places.
pub fn check_struct(attributes: &[Attribute]) -> Result<()> {
    match find(attributes, &ON_A_STRUCT) {
        Some(path) => Err(refusal(&path, "the fields of a definition stand in its document as they are named here")),
        None => Ok(()),
    }
}

/// Refuses on a field what would change its name or its place.
pub fn check_field(attributes: &[Attribute], field: &Ident) -> Result<()> {
    match find(attributes, &ON_A_FIELD) {
        Some(path) => Err(refusal(&path, &format!("`{field}` stands in the document always, and under its own name"))),
        None => Ok(()),
    }
}

fn refusal(path: &Path, reason: &str) -> Error {
    let word = path.get_ident().map(Ident::to_string).unwrap_or_default();
    Error::new_spanned(path, format!("a definition has no `#[serde({word})]`: {reason}"))
}

fn find(attributes: &[Attribute], refused: &[&str]) -> Option<Path> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let Meta::List(list) = &attribute.meta else { continue };
        // What serde itself does not understand, it will say itself.
        let words = list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
        let mut paths = words.into_iter().flatten().map(|word| word.path().clone());
        found = found.or_else(|| paths.find(|path| refused.iter().any(|word| path.is_ident(word))));
    }
    found
}
