//! A definition as it was written: the struct, its words and its fields, understood and checked.
//!
//! Every problem is collected, so that one compilation shows them all. Nothing here writes code.

use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, Meta, Result, Visibility};

use crate::field::{Change, Field};
use crate::serde_words;
use crate::words::{Identifier, Output, Ownership, Replacement, Words};

/// A struct that is the definition of a kind of resource.
pub struct Definition {
    pub name: Ident,
    pub visibility: Visibility,
    pub documentation: String,
    pub kind: String,
    pub id: Identifier,
    pub after: Vec<String>,
    pub ownership: Ownership,
    pub replacement: Replacement,
    pub outputs: Vec<Output>,
    pub fields: Vec<Field>,
}

impl Definition {
    /// Understands a struct, or says everything that is wrong with it.
    pub fn read(input: &DeriveInput) -> Result<Definition> {
        let named = named_fields(input)?;
        let mut problems = Problems::default();

        problems.check(serde_words::check_struct(&input.attrs));
        let documentation = documentation(&input.attrs);
        if documentation.is_empty() {
            problems.add(Error::new_spanned(
                &input.ident,
                format!("`{}` has no documentation: say above it, with `///`, what the resource is", input.ident),
            ));
        }
        let words = problems.check(Words::read(&input.attrs, &input.ident));
        let fields: Vec<Field> = named.iter().filter_map(|field| problems.check(Field::read(field))).collect();
        match words.as_ref().map(|words| &words.ownership) {
            Some(Ownership::Parent(parent))
                if !named
                    .iter()
                    .any(|field| field.ident.as_ref().is_some_and(|name| *name == parent.field.value())) =>
            {
                problems.add(Error::new(
                    parent.field.span(),
                    format!("`{}` has no field `{}` to refer to its parent", input.ident, parent.field.value()),
                ));
            }
            Some(Ownership::Shared(word)) => {
                if !fields.iter().any(Field::is_key) {
                    let problem = "what is shared is known by its name alone: mark the field of its name with `#[key]`";
                    problems.add(Error::new(word.span(), problem));
                }
                for field in fields.iter().filter(|field| matches!(field.change, Change::Replace)) {
                    let problem = format!("what is shared is never replaced, and `{}` is `#[replace]`", field.name);
                    problems.add(Error::new(word.span(), problem));
                }
            }
            _ => {}
        }

        match (words, problems.0) {
            (Some(words), None) => Ok(Definition::new(input, documentation, words, fields)),
            (_, Some(problems)) => Err(problems),
            (None, None) => unreachable!("words that are not understood leave a problem behind"),
        }
    }

    fn new(input: &DeriveInput, documentation: String, words: Words, fields: Vec<Field>) -> Definition {
        let Words { kind, id, after, ownership, replacement, outputs } = words;
        // Two resources of one name cannot stand beside each other; nameless ones can.
        let usual = if fields.iter().any(Field::is_key) { Replacement::DeleteFirst } else { Replacement::CreateFirst };
        Definition {
            name: input.ident.clone(),
            visibility: input.vis.clone(),
            documentation,
            kind,
            id,
            after,
            ownership,
            replacement: replacement.unwrap_or(usual),
            outputs,
            fields,
        }
    }
}

fn named_fields(input: &DeriveInput) -> Result<Vec<syn::Field>> {
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return match input.generics.params.first() {
                    None => Ok(fields.named.iter().cloned().collect()),
                    Some(parameter) => Err(Error::new_spanned(
                        parameter,
                        "a definition has no type parameters: its kind is known when it is compiled",
                    )),
                };
            }
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a struct without fields",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    Err(Error::new_spanned(
        &input.ident,
        format!("a definition is a struct with named fields, and `{}` is {what}", input.ident),
    ))
}

/// The lines of doc comments, without the space that follows `///`.
pub fn documentation(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// Every problem so far, as one error.
#[derive(Default)]
pub struct Problems(pub Option<Error>);

impl Problems {
    /// Keeps a problem.
    pub fn add(&mut self, problem: Error) {
        match &mut self.0 {
            Some(problems) => problems.combine(problem),
            None => self.0 = Some(problem),
        }
    }

    /// The value, or nothing and its problem kept.
    pub fn check<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// The value, if there were no problems.
    pub fn or<T>(self, value: T) -> Result<T> {
        match self.0 {
            None => Ok(value),
            Some(problems) => Err(problems),
        }
    }
}
