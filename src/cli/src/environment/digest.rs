//! A digest of a text, to see whether a file is still the one that a plan was made from.

use sha2::{Digest, Sha256};

/// The SHA-256 of a text in hexadecimal.
pub(crate) fn digest_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
