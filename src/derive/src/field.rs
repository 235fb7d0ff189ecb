//! A field of a definition: how it may change, and how it is compared.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Error, GenericArgument, Ident, LitStr, Meta, PathArguments, Result, Type};

use crate::definition::{Problems, documentation};
use crate::serde_words;

/// A field, understood.
pub struct Field {
    pub name: String,
    pub documentation: String,
    pub change: Change,
    pub shape: Shape,
}

/// How a field may change once the resource exists.
#[derive(Clone)]
pub enum Change {
    InPlace,
    Key,
    /// A natural name that changes in place.
    KeyInPlace,
    Replace,
    Initial,
    External(String),
}

/// How a field is compared and shown.
#[derive(Clone, Copy, PartialEq)]
pub enum Shape {
    Plain,
    Set,
    Text,
    Json,
    Secret,
}

impl Field {
    /// Understands a named field, or says everything that is wrong with it.
    pub fn read(field: &syn::Field) -> Result<Field> {
        let ident = field.ident.as_ref().expect("only named fields are read");
        let mut problems = Problems::default();

        problems.check(serde_words::check_field(&field.attrs, ident));
        let documentation = documentation(&field.attrs);
        if documentation.is_empty() {
            problems.add(Error::new(
                ident.span(),
                format!("`{ident}` has no documentation: say above it, with `///`, what it is"),
            ));
        }
        let change = problems.check(change(&field.attrs));
        let shape = problems.check(shape(&field.attrs, &field.ty));
        if let (Some(Change::Key | Change::KeyInPlace), Some(Shape::Secret)) = (&change, shape) {
            problems.add(Error::new(
                ident.span(),
                format!("`{ident}` cannot be both `#[key]` and a secret: a name is read back, a secret never is"),
            ));
        }
        match (change, shape) {
            (Some(change), Some(shape)) => {
                problems.or(Field { name: ident.unraw().to_string(), documentation, change, shape })
            }
            _ => Err(problems.0.expect("an attribute that is not understood leaves a problem behind")),
        }
    }

    /// True for the natural name.
    pub fn is_key(&self) -> bool {
        matches!(self.change, Change::Key | Change::KeyInPlace)
    }
}

fn change(attributes: &[Attribute]) -> Result<Change> {
    let mut said: Option<(Ident, Change)> = None;
    for attribute in attributes {
        let Some(name) = attribute.path().get_ident() else { continue };
        let change = match name.to_string().as_str() {
            "key" => key(attribute)?,
            "replace" => bare(attribute, Change::Replace)?,
            "initial" => bare(attribute, Change::Initial)?,
            "external" => Change::External(owner(attribute)?),
            _ => continue,
        };
        if let Some((earlier, _)) = said.replace((name.clone(), change)) {
            let (first, second) = (earlier.to_string(), name.to_string());
            let reason = match (first.as_str(), second.as_str()) {
                (one, other) if one == other => format!("`#[{one}]` is said twice"),
                ("key", "replace") | ("replace", "key") => {
                    "a `#[key]` is replaced when it changes: leave `#[replace]` out".to_owned()
                }
                (one, other) => {
                    format!("`#[{one}]` and `#[{other}]` contradict each other: a field changes in one way")
                }
            };
            return Err(Error::new_spanned(attribute, reason));
        }
    }
    Ok(said.map_or(Change::InPlace, |(_, change)| change))
}

fn key(attribute: &Attribute) -> Result<Change> {
    match &attribute.meta {
        Meta::Path(_) => Ok(Change::Key),
        Meta::List(list) if list.parse_args::<Ident>().is_ok_and(|word| word == "in_place") => Ok(Change::KeyInPlace),
        other => Err(Error::new_spanned(other, "`#[key]` stands alone, or it is `#[key(in_place)]`")),
    }
}

fn shape(attributes: &[Attribute], declared: &Type) -> Result<Shape> {
    let mut said: Option<(Ident, Shape)> = None;
    for attribute in attributes {
        let Some(name) = attribute.path().get_ident() else { continue };
        let shape = match name.to_string().as_str() {
            "set" => Shape::Set,
            "text" => Shape::Text,
            "json" => Shape::Json,
            "secret" => Shape::Secret,
            _ => continue,
        };
        bare(attribute, shape)?;
        if let Some((earlier, _)) = said.replace((name.clone(), shape)) {
            let reason = if earlier == *name {
                format!("`#[{name}]` is said twice")
            } else {
                format!("`#[{earlier}]` and `#[{name}]` contradict each other: a field is compared in one way")
            };
            return Err(Error::new_spanned(attribute, reason));
        }
    }
    let by_type = shape_of_type(declared);
    match said {
        None => Ok(by_type),
        Some((_, Shape::Secret)) if !mentions_secret(declared.to_token_stream()) => Err(Error::new_spanned(
            declared,
            "a secret field has the type `Secret` (or `Option<Secret>`), which hides itself: any other could be printed",
        )),
        Some((name, shape)) if by_type != Shape::Plain && by_type != shape => {
            let own = if by_type == Shape::Set {
                "a `BTreeSet` is compared as a set"
            } else {
                "a `Secret` is never compared"
            };
            Err(Error::new(name.span(), format!("`#[{name}]` contradicts the field's type: {own}")))
        }
        Some((_, shape)) => Ok(shape),
    }
}

/// The shape that a type has by itself, under an `Option` too.
fn shape_of_type(declared: &Type) -> Shape {
    let Type::Path(path) = declared else { return Shape::Plain };
    let Some(last) = path.path.segments.last() else { return Shape::Plain };
    match (last.ident.to_string().as_str(), &last.arguments) {
        ("BTreeSet", _) => Shape::Set,
        ("Secret", _) => Shape::Secret,
        ("Option", PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => shape_of_type(inner),
            _ => Shape::Plain,
        },
        _ => Shape::Plain,
    }
}

fn mentions_secret(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "Secret",
        TokenTree::Group(group) => mentions_secret(group.stream()),
        _ => false,
    })
}

fn bare<T>(attribute: &Attribute, value: T) -> Result<T> {
    match &attribute.meta {
        Meta::Path(_) => Ok(value),
        other => {
            let name = other.path().to_token_stream();
            Err(Error::new_spanned(other, format!("`#[{name}]` stands alone: nothing follows it")))
        }
    }
}

fn owner(attribute: &Attribute) -> Result<String> {
    let owner = match &attribute.meta {
        Meta::List(list) => list.parse_args::<LitStr>().map(|text| text.value()).unwrap_or_default(),
        _ => String::new(),
    };
    if owner.trim().is_empty() {
        return Err(Error::new_spanned(
            attribute,
            "`#[external]` names the owner that may change the field: `#[external(\"autoscaling\")]`",
        ));
    }
    Ok(owner)
}
