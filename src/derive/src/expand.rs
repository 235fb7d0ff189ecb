//! The code that `#[derive(Resource)]` writes: marks, outputs, and one implementation that is all data.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use crate::definition::Definition;
use crate::field::{Change, Field, Shape};
use crate::words::{Identifier, Output, Ownership, Parent, Replacement};

/// Everything that is written beside a definition.
pub fn resource(definition: &Definition) -> TokenStream {
    let Definition { name, visibility, documentation, kind, id, after, ownership, replacement, outputs, fields } =
        definition;

    let (id, id_mark) = match id {
        Identifier::New(mark) => (
            mark.to_token_stream(),
            quote! { #[doc = concat!("The identifier of a [`", stringify!(#name), "`].")] #visibility enum #mark {} },
        ),
        Identifier::Existing(path) => (path.to_token_stream(), TokenStream::new()),
    };
    let output_marks = outputs.iter().filter(|output| output.new).map(|output| {
        let Output { mark, documentation, .. } = output;
        quote! { #[doc = #documentation] #visibility enum #mark {} }
    });
    let output_constants = outputs.iter().map(|output| {
        let Output { constant, mark, documentation, new: _ } = output;
        let output_name = output_name(constant);
        quote! {
            #[doc = #documentation]
            pub const #constant: ::infra_engine::model::Output<#name, #mark> =
                ::infra_engine::model::Output::named(#output_name);
        }
    });
    let output_fields = outputs.iter().map(|output| {
        let Output { constant, documentation, mark: _, new: _ } = output;
        let output_name = output_name(constant);
        quote! { ::infra_engine::model::OutputField { name: #output_name, documentation: #documentation } }
    });
    let constants = (!outputs.is_empty()).then(|| quote! { impl #name { #(#output_constants)* } });

    let ownership = match ownership {
        Ownership::Tags => quote! { Tags },
        Ownership::Parent(Parent { field, kind }) => quote! { Parent { field: #field, kind: #kind } },
        Ownership::Shared(_) => quote! { Shared },
    };
    let replacement = match replacement {
        Replacement::CreateFirst => quote! { CreateFirst },
        Replacement::Revision => quote! { Revision },
        Replacement::DeleteFirst => quote! { DeleteFirst },
    };
    let fields = fields.iter().map(schema_field);

    quote! {
        #id_mark
        #(#output_marks)*
        #constants

        #[automatically_derived]
        impl ::infra_engine::model::Resource for #name {
            type Id = #id;

            const SCHEMA: &'static ::infra_engine::model::Schema = &::infra_engine::model::Schema {
                kind: #kind,
                documentation: #documentation,
                fields: &[#(#fields),*],
                outputs: &[#(#output_fields),*],
                after: &[#(#after),*],
                ownership: ::infra_engine::model::Ownership::#ownership,
                replacement: ::infra_engine::model::Replacement::#replacement,
            };
        }
    }
}

fn schema_field(field: &Field) -> TokenStream {
    let Field { name, documentation, change, shape } = field;
    let mutability = match change {
        Change::InPlace | Change::KeyInPlace => quote! { InPlace },
        Change::Key | Change::Replace => quote! { Replace },
        Change::Initial => quote! { Initial },
        Change::External(owner) => quote! { External(#owner) },
    };
    let shape = match shape {
        Shape::Plain => quote! { Plain },
        Shape::Set => quote! { Set },
        Shape::Text => quote! { Text },
        Shape::Json => quote! { Json },
        Shape::Secret => quote! { Secret },
    };
    let key = field.is_key();
    quote! {
        ::infra_engine::model::Field {
            name: #name,
            documentation: #documentation,
            mutability: ::infra_engine::model::Mutability::#mutability,
            shape: ::infra_engine::model::Shape::#shape,
            key: #key,
        }
    }
}

fn output_name(constant: &Ident) -> String {
    constant.to_string().to_ascii_lowercase()
}
