//! The code of a function: a package, known by its digest.

use std::fmt;
use std::str::FromStr;

use aws_smithy_types::base64;
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most bytes of a package that goes up with the call.
const MOST: usize = 50 * 1024 * 1024;

/// The SHA-256 of a package, as AWS writes it: in base64.
///
/// ```
/// use infra_aws::lambda::CodeHash;
///
/// let hash = CodeHash::of(b"the bytes of a package");
/// assert_eq!(hash.to_string().parse(), Ok(hash));
/// ```
///
/// Two packages of the same files differ when their times or their order do: make packages so that they come out the
/// same, or every build is a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeHash(String);

/// A text that is no SHA-256 in base64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no SHA-256 in base64: take `CodeHash::of` the package")]
pub struct CodeHashError(String);

impl CodeHash {
    /// The digest of a package.
    pub fn of(package: &[u8]) -> CodeHash {
        CodeHash(base64::encode(Sha256::digest(package)))
    }
}

impl From<CodeHash> for Ref<CodeHash> {
    fn from(hash: CodeHash) -> Ref<CodeHash> {
        Ref::known(hash.0)
    }
}

/// The package at a path. It must still be the one that was planned.
pub(super) async fn load(path: &str, planned: &str) -> Result<Vec<u8>, Fault> {
    let refused = |message: String| Fault::new(FaultKind::Refused, "reading the package", message);
    let package = tokio::fs::read(path).await.map_err(|error| refused(format!("{path}: {error}")))?;
    if CodeHash::of(&package).0 != planned {
        return Err(refused(format!("{path} is not the package that was planned any more: plan again")));
    }
    if package.len() > MOST {
        let megabytes = package.len() / (1024 * 1024);
        return Err(refused(format!("{path} has {megabytes} MiB, and Lambda takes 50 in a call: leave something out")));
    }
    Ok(package)
}

impl FromStr for CodeHash {
    type Err = CodeHashError;

    fn from_str(text: &str) -> Result<CodeHash, CodeHashError> {
        match base64::decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(CodeHash(text.to_owned())),
            _ => Err(CodeHashError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for CodeHash {
    type Error = CodeHashError;

    fn try_from(text: String) -> Result<CodeHash, CodeHashError> {
        text.parse()
    }
}

impl From<CodeHash> for String {
    fn from(hash: CodeHash) -> String {
        hash.0
    }
}

impl fmt::Display for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_aws_says_of_the_package() {
        assert_eq!(CodeHash::of(b"").to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        for text in ["", "abc", "47DEQpj8HBSa"] {
            assert!(text.parse::<CodeHash>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn only_the_package_that_was_planned_goes_up() {
        let path = std::env::temp_dir().join(format!("infra-code-{}", std::process::id()));
        std::fs::write(&path, b"one").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(load(path, &CodeHash::of(b"one").0).await.unwrap(), b"one");
        let fault = load(path, &CodeHash::of(b"two").0).await.unwrap_err();
        assert!(fault.message.contains("plan again"), "{fault}");
        std::fs::remove_file(path).unwrap();
        let fault = load(path, &CodeHash::of(b"one").0).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused);
    }
}
