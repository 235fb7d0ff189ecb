//! Values of flags that check themselves.

use std::fmt;
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
    fn an_adoption_survives_its_own_text() {
        for text in ["network.vpc", "network.vpc=vpc-123"] {
            assert_eq!(text.parse::<Adoption>().unwrap().to_string(), text);
        }
        assert!("network.vpc=".parse::<Adoption>().is_err());
    }
}
