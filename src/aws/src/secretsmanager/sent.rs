//! A secret's value where AWS keeps it in the clear: a header that a distribution sends, a header that a rule wants.
//!
//! AWS tells it to everybody who may look, and a plan must not. So a note in a tag says of which secret and which versions
//! the value is, and has a digest of it: what is live is read as that secret when it is what was noted, and as a value
//! from elsewhere when it is not. The value itself is in no document.

use std::fmt;

use infra_engine::live::Fault;
use infra_engine::model::{Ref, Secret as Hidden, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::value::version;
use super::{SecretArn, SecretVersion};
use crate::Aws;

/// What stands in a definition for a value that this program has not put there.
const ELSEWHERE: &str = "(a value from elsewhere)";

/// The value of a secret, of one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretValue {
    /// The secret.
    pub secret: Ref<SecretArn>,
    /// The version: what refers to the secret's output changes when the secret is rotated.
    pub version: Ref<SecretVersion>,
}

/// What was put somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The ARN of the secret.
    secret: String,
    /// Its versions.
    versions: Vec<String>,
    /// What their values looked like.
    digest: String,
}

impl SecretValue {
    /// What stands for a value that this program has not put there.
    pub(crate) fn from_elsewhere() -> SecretValue {
        SecretValue { secret: Ref::known(ELSEWHERE), version: Ref::known(ELSEWHERE) }
    }
}

impl Note {
    /// The note of these values.
    pub(crate) fn of(secret: &str, versions: &[String], values: &[Hidden]) -> Note {
        let values: Vec<&str> = values.iter().map(Hidden::expose).collect();
        Note { secret: secret.to_owned(), versions: versions.to_vec(), digest: shape(&values) }
    }

    /// The values of which versions are live, of which secret: of a version each, if they are those that were noted.
    pub(crate) fn told(note: Option<&Note>, live: &[&str], count: usize) -> Vec<SecretValue> {
        let told = note.filter(|note| note.digest == shape(live) && note.versions.len() == count);
        let Some(note) = told else { return vec![SecretValue::from_elsewhere(); count] };
        let value = |version: &String| SecretValue { secret: Ref::known(&note.secret), version: Ref::known(version) };
        note.versions.iter().map(value).collect()
    }

    /// The note that a tag holds.
    pub(crate) fn parse(text: &str) -> Option<Note> {
        let mut words = text.split(' ').map(str::to_owned);
        let (secret, digest) = (words.next()?, words.next()?);
        Some(Note { secret, digest, versions: words.collect() })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { secret, versions, digest } = self;
        write!(f, "{secret} {digest} {}", versions.join(" "))
    }
}

/// What tells values from others, in whichever order AWS gives them. A generated value is not guessed from it.
fn shape(values: &[&str]) -> String {
    let mut values: Vec<&str> = values.to_vec();
    values.sort_unstable();
    values.dedup();
    digest(&json!(values))[..16].to_owned()
}

/// The values of these versions, for the call that sends them on.
pub(crate) async fn values(aws: &Aws, secret: &str, versions: &[String]) -> Result<Vec<Hidden>, Fault> {
    let mut values = Vec::new();
    for one in versions {
        values.push(version(aws, secret, Some(one)).await?.1);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/origin-key-AbCdEf";

    fn note() -> Note {
        let values = ["planted-canary", "planted-before"].map(Hidden::new);
        Note::of(SECRET, &["v2".into(), "v1".into()], &values)
    }

    #[test]
    fn a_note_survives_its_text_and_holds_no_value() {
        let text = note().to_string();
        assert_eq!(Note::parse(&text), Some(note()));
        assert!(!text.contains("planted") && text.len() < 256, "{text}");
        assert_eq!(Note::parse("nothing"), None);
    }

    #[test]
    fn what_was_noted_is_the_secrets_in_any_order_and_anything_else_is_not() {
        let told = |live: &[&str]| Note::told(Some(&note()), live, 2);
        let version = |version: &str| SecretValue { secret: Ref::known(SECRET), version: Ref::known(version) };
        assert_eq!(told(&["planted-before", "planted-canary"]), [version("v2"), version("v1")]);
        assert_eq!(told(&["planted-canary"]), [SecretValue::from_elsewhere(), SecretValue::from_elsewhere()]);
        assert_eq!(
            told(&["planted-before", "somebody's"]),
            [SecretValue::from_elsewhere(), SecretValue::from_elsewhere()]
        );
        assert_eq!(Note::told(None, &["planted-canary"], 1), [SecretValue::from_elsewhere()]);
    }
}
