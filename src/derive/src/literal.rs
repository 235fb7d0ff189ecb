//! Literals that are parsed twice: here, where a wrong one can be pointed at, and again where the value is made.

use std::fmt::Display;
use std::str::FromStr;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr};

/// The expression that makes a value of its text, or the parser's own message at the literal.
pub fn checked<T: FromStr<Err: Display>>(text: &LitStr, value: TokenStream) -> TokenStream {
    match text.value().parse::<T>() {
        Ok(_) => quote! {
            <#value as ::core::str::FromStr>::from_str(#text).expect("the literal was checked when it was compiled")
        },
        Err(error) => Error::new(text.span(), error.to_string()).into_compile_error(),
    }
}
