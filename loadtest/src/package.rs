//! What is uploaded to Lambda: a zip file with one program in it, the same bytes whenever, wherever and by whomever it
//! is made of the same program.
//!
//! The program is stored as it is, not compressed: what a compressor makes of it would change with the compressor.
//! [`make`] builds the program first, which is all here that is not the same everywhere: it runs Cargo.

mod build;
mod glibc;
mod zip;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

pub use self::build::{TARGET, make, make_for};
pub use self::glibc::{OLDEST_MINOR, TooNew};
pub use self::zip::TooLarge;

/// What Lambda starts on `provided.al2023`.
pub const PROGRAM: &str = "bootstrap";

/// A file to upload.
#[derive(Debug)]
pub struct Package {
    /// The zip file.
    pub bytes: Vec<u8>,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// The same as Lambda tells it, as `CodeSha256`.
    pub code_sha256: String,
}

/// Why a program cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Not something that Linux starts.
    #[error("it is no ELF program: Lambda runs Linux")]
    NotElf,
    /// It would not start.
    #[error(transparent)]
    TooNew(#[from] TooNew),
    /// More than a zip file holds.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Packs a program that Lambda can start.
pub fn package(program: &[u8]) -> Result<Package, PackageError> {
    if !program.starts_with(b"\x7fELF") {
        return Err(PackageError::NotElf);
    }
    glibc::check(program)?;
    let bytes = zip::of_one_program(PROGRAM, program)?;
    let hash = Sha256::digest(&bytes);
    let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Package { bytes, sha256, code_sha256: STANDARD.encode(hash) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_is_the_same_package() {
        let program = b"\x7fELF and so on";
        let (one, other) = (package(program).unwrap(), package(program).unwrap());
        assert_eq!(one.bytes, other.bytes);
        assert_eq!((one.sha256.len(), one.code_sha256.len()), (64, 44));
    }

    #[test]
    fn what_would_not_start_is_not_packed() {
        assert!(matches!(package(b"#!/bin/sh\n"), Err(PackageError::NotElf)));
        assert!(matches!(package(b"\x7fELF\0GLIBC_2.35\0"), Err(PackageError::TooNew(_))));
    }
}
