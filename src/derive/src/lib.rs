//! `#[derive(Resource)]`: what a kind of resource says of itself, taken from how its definition is written. And literals
//! that are checked when compiling.
//!
//! The derive macro reads only the struct under it and writes only data: a schema, the marks of its identifiers, its
//! outputs. It never writes behaviour. `definition` and its parts understand what was written, `expand` writes the code.

mod definition;
mod expand;
mod field;
mod literal;
mod nearest;
mod serde_words;
mod words;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, parse_macro_input};

use definition::Definition;

/// Makes a struct the definition of one kind of resource.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_derive::Resource;
/// use infra_engine::model::{Ref, Resource as _};
/// use serde::{Deserialize, Serialize};
///
/// /// What may speak to whom.
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
/// #[resource(kind = "ec2/security-group", id = SecurityGroupId)]
/// #[resource(outputs(
///     /// The group's Amazon Resource Name.
///     ARN: new SecurityGroupArn,
/// ))]
/// pub struct SecurityGroup {
///     /// The group's name.
///     #[key]
///     pub name: String,
///     /// Groups that may call this one.
///     pub callers: BTreeSet<Ref<SecurityGroupId>>,
/// }
///
/// assert_eq!(SecurityGroup::SCHEMA.title(), "What may speak to whom");
/// assert_eq!(SecurityGroup::ARN.name, "arn");
/// ```
///
/// # Documentation
///
/// The struct and every field have a doc comment: the reference is made of them, and of nothing else.
///
/// # `#[resource(…)]`, on the struct
///
/// | word | what it says |
/// |---|---|
/// | `kind = "service/kind"` | The kind. Always there. |
/// | `id = SubnetId` | The mark of the identifier: an empty enum of that name is made. A path (`id = super::SubnetId`) is one that exists. Always there. |
/// | `outputs(…)` | What the cloud gives back beside the identifier: a doc comment, then `NAME: Mark` or, to make the mark too, `NAME: new Mark`. Gives `Definition::NAME`, an output called `name`. |
/// | `after = ["service/kind"]` | Kinds that are created before and deleted after this one, though nothing refers to them. |
/// | `parent(field = "group", kind = "service/kind")` | It has no tags of its own: it is ours when its parent is, which the field refers to. |
/// | `shared` | It has no tags of its own, and the whole account has it once, under its `#[key]`: it is made where it is not there, taken as it is where it is, and never replaced or deleted. |
/// | `replacement = "create_first"` | Which comes first when it is replaced; or `"delete_first"`, which is meant where there is a `#[key]`. |
///
/// # On a field
///
/// How it may change: in place when nothing is said, or one of
///
/// | attribute | what it says |
/// |---|---|
/// | `#[key]` | The natural name, by which the cloud tells two such resources apart. Another name is another resource. |
/// | `#[key(in_place)]` | The same, where the cloud can change it on the living resource. |
/// | `#[replace]` | Changes only by making a new resource. |
/// | `#[initial]` | Set when it is created, then left alone. |
/// | `#[external("autoscaling")]` | May be changed by the owner that is named. |
///
/// How it is compared: as it is when nothing is said, or one of
///
/// | attribute | what it says |
/// |---|---|
/// | `#[set]` | A list without an order. A `BTreeSet` is one by itself. |
/// | `#[text]` | Text of several lines. |
/// | `#[json]` | JSON, compared as what it means. |
/// | `#[secret]` | Never read back, compared or shown. A `Secret` is one by itself. |
#[proc_macro_derive(Resource, attributes(resource, key, replace, initial, external, set, text, json, secret))]
pub fn resource(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    match Definition::read(&input) {
        Ok(definition) => expand::resource(&definition).into(),
        Err(problems) => problems.into_compile_error().into(),
    }
}

/// A range of addresses, checked when compiling.
///
/// ```
/// use infra_derive::cidr;
///
/// let network = cidr!("10.0.0.0/16");
/// assert!(network.contains(&cidr!("10.0.1.0/24")));
/// ```
///
/// What [`Cidr`](infra_values::Cidr) refuses when the program runs does not compile, and the message is the same:
///
/// ```compile_fail
/// infra_derive::cidr!("10.0.0.5/16"); // `10.0.0.5/16` has host bits set; write `10.0.0.0/16`
/// ```
#[proc_macro]
pub fn cidr(input: TokenStream) -> TokenStream {
    let text = parse_macro_input!(input as LitStr);
    literal::checked::<infra_values::Cidr>(&text, quote!(::infra_values::Cidr)).into()
}

/// AWS's cron of six fields, checked when compiling.
///
/// ```
/// let business_hours = infra_derive::cron!("0 8 ? * MON-FRI *");
/// assert_eq!(business_hours.to_string(), "0 8 ? * MON-FRI *");
/// ```
///
/// What [`Cron`](infra_values::Cron) refuses when the program runs does not compile, and the message is the same:
///
/// ```compile_fail
/// infra_derive::cron!("0 8 * * MON-FRI *"); // … has `?` in neither day field: …; write `0 8 ? * MON-FRI *`
/// ```
#[proc_macro]
pub fn cron(input: TokenStream) -> TokenStream {
    let text = parse_macro_input!(input as LitStr);
    literal::checked::<infra_values::Cron>(&text, quote!(::infra_values::Cron)).into()
}
