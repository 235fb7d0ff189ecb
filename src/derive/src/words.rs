//! The words of `#[resource(…)]`: what a kind says of itself beside its fields.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitStr, Path, Result, Token, bracketed, parenthesized};

use crate::definition::{Problems, documentation};
use crate::nearest::nearest;

/// All words of a definition.
pub struct Words {
    pub kind: String,
    pub id: Identifier,
    pub after: Vec<String>,
    pub ownership: Ownership,
    pub replacement: Option<Replacement>,
    pub outputs: Vec<Output>,
}

/// The mark of an identifier.
pub enum Identifier {
    /// A name: the mark is made beside the definition.
    New(Ident),
    /// A path: the mark exists.
    Existing(Path),
}

/// How a resource is known to be ours.
pub enum Ownership {
    /// By its tags.
    Tags,
    /// By its parent.
    Parent(Parent),
    /// It is everybody's; with the word that says so.
    Shared(Ident),
}

/// What a resource without tags belongs to.
pub struct Parent {
    pub field: LitStr,
    pub kind: String,
}

/// Which comes first when a resource is replaced.
#[derive(Clone, Copy)]
pub enum Replacement {
    CreateFirst,
    Revision,
    DeleteFirst,
}

/// What the cloud gives back beside the identifier.
pub struct Output {
    pub constant: Ident,
    pub mark: Path,
    /// True when the mark is made beside the definition.
    pub new: bool,
    pub documentation: String,
}

struct Said {
    name: Ident,
    word: Word,
}

enum Word {
    Kind(LitStr),
    Id(Identifier),
    After(Vec<LitStr>),
    Parent(Parent),
    Shared,
    Replacement(Replacement),
    Outputs(Vec<Output>),
}

const WORDS: [&str; 7] = ["kind", "id", "outputs", "after", "parent", "shared", "replacement"];

impl Words {
    /// Understands every `#[resource(…)]` of a struct.
    pub fn read(attributes: &[Attribute], definition: &Ident) -> Result<Words> {
        let mut problems = Problems::default();
        let (mut kind, mut id, mut after, mut parent) = (None, None, None, None);
        let (mut shared, mut replacement, mut outputs) = (None, None, None);

        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("resource")) {
            let words = attribute.parse_args_with(Punctuated::<Said, Token![,]>::parse_terminated);
            for Said { name, word } in problems.check(words).into_iter().flatten() {
                let again = match word {
                    Word::Kind(text) => kind.replace(text).is_some(),
                    Word::Id(identifier) => id.replace(identifier).is_some(),
                    Word::After(kinds) => after.replace(kinds).is_some(),
                    Word::Parent(said) => parent.replace(said).is_some(),
                    Word::Shared => shared.replace(name.clone()).is_some(),
                    Word::Replacement(said) => replacement.replace(said).is_some(),
                    Word::Outputs(said) => outputs.replace(said).is_some(),
                };
                if again {
                    problems.add(Error::new(name.span(), format!("`{name}` is said twice")));
                }
            }
        }
        if problems.0.is_none() {
            let missing = match (&kind, &id) {
                (None, None) => Some(("no kind and no identifier", "kind = \"service/kind\", id = SomeId")),
                (None, Some(_)) => Some(("no kind", "kind = \"service/kind\"")),
                (Some(_), None) => Some(("no identifier", "id = SomeId")),
                (Some(_), Some(_)) => None,
            };
            if let Some((missing, write)) = missing {
                let problem = format!("`{definition}` has {missing}: write `#[resource({write})]` above it");
                problems.add(Error::new(definition.span(), problem));
            }
        }
        let ownership = match (parent, shared) {
            (None, None) => Ownership::Tags,
            (Some(parent), None) => Ownership::Parent(parent),
            (None, Some(word)) => Ownership::Shared(word),
            (Some(parent), Some(word)) => {
                problems.add(Error::new(word.span(), "what has a parent is its parent's, and not shared"));
                Ownership::Parent(parent)
            }
        };
        let kind = kind.and_then(|text| problems.check(checked_kind(&text)));
        let after = after.unwrap_or_default().iter().filter_map(|text| problems.check(checked_kind(text))).collect();
        match (kind, id) {
            (Some(kind), Some(id)) => {
                problems.or(Words { kind, id, after, ownership, replacement, outputs: outputs.unwrap_or_default() })
            }
            _ => Err(problems.0.expect("a missing kind or identifier leaves a problem behind")),
        }
    }
}

impl Parse for Said {
    fn parse(input: ParseStream<'_>) -> Result<Said> {
        let name: Ident = input.parse()?;
        let word = match name.to_string().as_str() {
            "kind" => Word::Kind(value(input)?),
            "id" => Word::Id(identifier(value(input)?)),
            "after" => {
                input.parse::<Token![=]>()?;
                let list;
                bracketed!(list in input);
                Word::After(Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?.into_iter().collect())
            }
            "parent" => Word::Parent(parent(input, &name)?),
            "shared" => Word::Shared,
            "replacement" => Word::Replacement(replacement(&value(input)?)?),
            "outputs" => {
                let list;
                parenthesized!(list in input);
                Word::Outputs(Punctuated::<Output, Token![,]>::parse_terminated(&list)?.into_iter().collect())
            }
            unknown => return Err(unknown_word(&name, unknown, &WORDS)),
        };
        Ok(Said { name, word })
    }
}

/// `ARN: RoleArn`, or `ARN: new RoleArn`, under a doc comment.
impl Parse for Output {
    fn parse(input: ParseStream<'_>) -> Result<Output> {
        let attributes = input.call(Attribute::parse_outer)?;
        let constant: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ahead = input.fork();
        let new = ahead.parse::<Ident>().is_ok_and(|word| word == "new") && ahead.peek(Ident);
        if new {
            input.parse::<Ident>()?;
        }
        let mark: Path = input.parse()?;

        let name = constant.to_string();
        if !name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
            return Err(Error::new(
                constant.span(),
                format!("an output is named as a constant: write `{}` for `{name}`", name.to_ascii_uppercase()),
            ));
        }
        if new && mark.get_ident().is_none() {
            return Err(Error::new(
                mark.span(),
                "a new mark is a plain name; a path, without `new`, is one that exists",
            ));
        }
        let documentation = documentation(&attributes);
        if documentation.is_empty() {
            return Err(Error::new(
                constant.span(),
                format!("the output `{constant}` has no documentation: say above it, with `///`, what it is"),
            ));
        }
        Ok(Output { constant, mark, new, documentation })
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn identifier(path: Path) -> Identifier {
    match path.get_ident() {
        Some(name) => Identifier::New(name.clone()),
        None => Identifier::Existing(path),
    }
}

fn parent(input: ParseStream<'_>, word: &Ident) -> Result<Parent> {
    let list;
    parenthesized!(list in input);
    let (mut field, mut kind) = (None, None);
    while !list.is_empty() {
        let name: Ident = list.parse()?;
        match name.to_string().as_str() {
            "field" => field = Some(value::<LitStr>(&list)?),
            "kind" => kind = Some(checked_kind(&value(&list)?)?),
            unknown => return Err(unknown_word(&name, unknown, &["field", "kind"])),
        }
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    match (field, kind) {
        (Some(field), Some(kind)) => Ok(Parent { field, kind }),
        _ => Err(Error::new(
            word.span(),
            "a parent is the field that refers to it and its kind: `parent(field = \"group\", kind = \"service/kind\")`",
        )),
    }
}

fn replacement(text: &LitStr) -> Result<Replacement> {
    match text.value().as_str() {
        "create_first" => Ok(Replacement::CreateFirst),
        "revision" => Ok(Replacement::Revision),
        "delete_first" => Ok(Replacement::DeleteFirst),
        other => Err(Error::new(
            text.span(),
            format!("a replacement is `create_first`, `revision` or `delete_first`, and `{other}` is none of them"),
        )),
    }
}

fn checked_kind(text: &LitStr) -> Result<String> {
    let kind = text.value();
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match kind.split_once('/') {
        Some((service, name)) if plain(service) && plain(name) => Ok(kind),
        _ => Err(Error::new(
            text.span(),
            format!(
                "`{kind}` is not a kind: it is `service/kind`, each of lower-case letters, digits and hyphens, \
                 for example `ec2/subnet`"
            ),
        )),
    }
}

fn unknown_word(name: &Ident, unknown: &str, known: &[&str]) -> Error {
    let words: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let words = words.join(", ");
    let message = match nearest(unknown, known) {
        Some(word) => format!("unknown word `{unknown}`: did you mean `{word}`? The words here are {words}"),
        None => format!("unknown word `{unknown}`: the words here are {words}"),
    };
    Error::new(name.span(), message)
}
