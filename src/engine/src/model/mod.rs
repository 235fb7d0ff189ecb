//! The nouns: what a definition is before anything is known of a cloud.
//!
//! Nothing here reads, plans or changes anything. `graph` joins definitions, `diff` compares them.

mod address;
mod announced;
mod document;
mod ledger;
mod package;
mod reference;
mod resource;
mod schema;
mod secret;
mod stack;
mod tags;
mod time;

pub use address::{Address, AddressError};
pub use announced::{Announced, Announcement};
pub use document::{Document, HIDDEN, Path, Segment, digest, redact};
pub use ledger::{Entry, FORMAT, Home, Intention, Ledger};
pub use package::{DIGEST, FILE, Make, Package, PackageDigest, PackageFile, Packaged};
pub use reference::{Output, OutputName, Ref, Reference};
pub use resource::Resource;
pub use schema::{Field, Mutability, OutputField, Ownership, Replacement, Schema, Shape};
pub use secret::Secret;
pub use stack::{Definition, Handle, Platform, Stack};
pub use tags::{Owner, Tags, keys};
pub use time::UnixTime;
