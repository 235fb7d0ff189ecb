//! Packages: what is made on this machine before it is sent, such as a function's code.
//!
//! A definition refers to a package as it does to another definition, by name; what the package is like is known when
//! it has been made. Nothing is made here: whoever plans has those made that the plan is about, and no others.

use std::path::Path;

use super::address::Address;
use super::reference::{Ref, Reference};

/// A file that is made of sources on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: &'static str,
    /// The folder that its sources are in, from the project's folder.
    pub folder: &'static str,
    /// The files and folders that it is made of. As long as none of them changes, it is not made again.
    pub sources: &'static [&'static str],
    /// Makes it.
    pub make: Make,
}

/// Makes a package of the sources in a folder, and writes it to a file. Whoever waits is told how it goes, in lines.
pub type Make = fn(folder: &Path, file: &Path, tell: &dyn Fn(&str)) -> Result<(), String>;

/// The digest of a package: its SHA-256 in base64.
pub enum PackageDigest {}

/// Where a package lies when it has been made.
pub enum PackageFile {}

/// A package that definitions may refer to.
#[derive(Clone, Debug)]
pub struct Packaged {
    address: Address,
}

/// The first half of the addresses of packages: no stack has this name.
pub(super) const PACKAGES: &str = "package";
/// The name of the output that is a package's digest.
pub const DIGEST: &str = "digest";
/// The name of the output that is a package's file.
pub const FILE: &str = "file";

impl Packaged {
    pub(super) fn new(address: Address) -> Packaged {
        Packaged { address }
    }

    /// Its digest.
    pub fn digest(&self) -> Ref<PackageDigest> {
        Ref::output(self.address.clone(), DIGEST)
    }

    /// Where it lies.
    pub fn file(&self) -> Ref<PackageFile> {
        Ref::output(self.address.clone(), FILE)
    }
}

impl Reference {
    /// The name of the package that is referred to, if it is one and not another definition.
    pub fn package(&self) -> Option<&str> {
        (self.address.stack() == PACKAGES).then(|| self.address.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Platform;
    use super::*;

    const CODE: Package = Package { name: "code", folder: ".", sources: &["src"], make: |_, _, _| Ok(()) };

    #[test]
    fn a_package_is_referred_to_by_its_name() {
        let mut platform = Platform::new();
        let code = platform.package(CODE);
        let digest = serde_json::to_value(code.digest()).unwrap();
        assert_eq!(digest, json!({"$ref": "package.code", "output": "digest"}));
        assert_eq!(Reference::in_value(&digest).unwrap().package(), Some("code"));
        assert_eq!(code.file().value(), "package.code.file");
        let other = json!({"$ref": "cdn.assets", "output": "id"});
        assert_eq!(Reference::in_value(&other).unwrap().package(), None);
    }

    #[test]
    fn a_stack_cannot_have_the_name_of_the_packages() {
        let mut platform = Platform::new();
        platform.stack("package");
        assert!(platform.finish().unwrap_err()[0].contains("`package`"));
    }

    #[test]
    fn the_same_package_may_be_asked_for_twice() {
        let mut platform = Platform::new();
        let (one, other) = (platform.package(CODE), platform.package(CODE));
        assert_eq!(one.digest(), other.digest());
        assert_eq!(platform.packages().iter().map(|package| package.name).collect::<Vec<_>>(), ["code"]);
    }
}
