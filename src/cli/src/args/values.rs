//! Values of flags that check themselves.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use infra_engine::model::Address;

/// `ADDRESS` or `ADDRESS=ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The definition.
    pub address: Address,
    /// The live resource, where its name does not tell.
    pub id: Option<String>,
}

impl FromStr for Adoption {
    type Err = String;

    fn from_str(text: &str) -> Result<Adoption, String> {
        let (address, id) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` ends where the identifier should stand")),
            Some((address, id)) => (address, Some(id.to_owned())),
            None => (text, None),
        };
        Ok(Adoption { address: address.parse().map_err(|error| format!("{error}"))?, id })
    }
}

impl fmt::Display for Adoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Adoption { address, id } = self;
        match id {
            Some(id) => write!(f, "{address}={id}"),
            None => write!(f, "{address}"),
        }
    }
}

/// `NAME=FILE` or `NAME=FILE@sha256:DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenPackage {
    /// The package.
    pub name: String,
    /// Where it lies.
    pub file: PathBuf,
    /// The digest that it must have, in hexadecimal digits.
    pub sha256: Option<String>,
}

impl FromStr for GivenPackage {
    type Err = String;

    fn from_str(text: &str) -> Result<GivenPackage, String> {
        let whole = |(name, file): &(&str, &str)| !name.is_empty() && !file.is_empty();
        let (name, rest) = text
            .split_once('=')
            .filter(whole)
            .ok_or_else(|| format!("`{text}` is no package: write NAME=FILE or NAME=FILE@sha256:DIGEST"))?;
        let (file, sha256) = match rest.rsplit_once("@sha256:") {
            Some((file, digest)) => (file, Some(digest.to_ascii_lowercase())),
            None => (rest, None),
        };
        let hexadecimal = |digest: &String| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        match sha256.as_ref().filter(|digest| !hexadecimal(digest)) {
            Some(digest) => Err(format!("`{digest}` is no SHA-256: that is 64 hexadecimal digits")),
            None => Ok(GivenPackage { name: name.to_owned(), file: file.into(), sha256 }),
        }
    }
}

impl fmt::Display for GivenPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GivenPackage { name, file, sha256 } = self;
        write!(f, "{name}={}", file.display())?;
        sha256.iter().try_for_each(|digest| write!(f, "@sha256:{digest}"))
    }
}

/// `30`, `30s`, `5m`, `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Wait, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match &text[digits.len()..] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => 0,
        };
        match digits.parse::<u32>() {
            Ok(number) if factor > 0 => Ok(Wait(Duration::from_secs(u64::from(number) * factor))),
            _ => Err(format!("`{text}` is not a time: write `30s`, `5m` or `1h`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        let seconds = |text: &str| text.parse::<Wait>().map(|wait| wait.0.as_secs());
        assert_eq!([seconds("30"), seconds("30s"), seconds("5m"), seconds("1h")], [Ok(30), Ok(30), Ok(300), Ok(3600)]);
        assert!(["", "s", "5d", "-1s", "1.5m"].iter().all(|text| seconds(text).is_err()));
    }

    #[test]
    fn a_package_is_a_name_a_file_and_perhaps_a_digest() {
        let digest = "ab".repeat(32);
        let given = |text: String| text.parse::<GivenPackage>();
        let plain = given("loadtest=dist/load.zip".into()).unwrap();
        assert_eq!((plain.name.as_str(), plain.file, plain.sha256), ("loadtest", "dist/load.zip".into(), None));
        let pinned = given(format!("loadtest=a@b.zip@sha256:{}", digest.to_uppercase())).unwrap();
        assert_eq!((pinned.file, pinned.sha256), ("a@b.zip".into(), Some(digest)));
        for wrong in ["loadtest", "=file", "loadtest=", "loadtest=file@sha256:abc"] {
            assert!(given(wrong.into()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_adoption_survives_its_own_text() {
        for text in ["network.vpc", "network.vpc=vpc-123"] {
            assert_eq!(text.parse::<Adoption>().unwrap().to_string(), text);
        }
        assert!("network.vpc=".parse::<Adoption>().is_err());
    }
}
