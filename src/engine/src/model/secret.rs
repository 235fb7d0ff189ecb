//! A value that is sent to the cloud and shown to nobody.

use std::cell::Cell;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::document::HIDDEN;

const MARK: &str = "$secret";

/// A secret text. `Debug` and `Serialize` hide it; [`Secret::expose`] is the one way to the value.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(SecretString::from(text.into()))
    }

    /// The value, for the call that sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.expose() == other.expose()
    }
}

thread_local! {
    /// Set only while a document is made of a definition: elsewhere a secret writes itself as [`HIDDEN`].
    static REVEALING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `write` so that secrets go into the document that it makes.
pub(super) fn revealing<T>(write: impl FnOnce() -> T) -> T {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            REVEALING.set(self.0);
        }
    }
    let _reset = Reset(REVEALING.replace(true));
    write()
}

pub(super) fn is_secret(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.contains_key(MARK)
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if REVEALING.get() { serializer.collect_map([(MARK, self.expose())]) } else { serializer.serialize_str(HIDDEN) }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        #[derive(Deserialize)]
        struct Marked {
            #[serde(rename = "$secret")]
            secret: String,
        }
        Marked::deserialize(deserializer).map(|marked| Secret::new(marked.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hides_from_debug_and_from_serde() {
        let secret = Secret::new("planted-canary");
        assert_eq!(format!("{secret:?}"), HIDDEN);
        assert_eq!(serde_json::to_string(&secret).unwrap(), format!("\"{HIDDEN}\""));
    }
}
