//! The headers that a distribution adds for an origin: their values on the way there, and what is noted of them.

use std::collections::BTreeMap;

use infra_engine::live::{Fault, Retag};
use infra_engine::model::{Secret as Hidden, Tags};

use super::Distribution;
use crate::Aws;
use crate::secretsmanager::{Note, SecretValue, values};

/// How the keys of tags begin that say which secret's value a header has. The origin and the header follow.
const NOTE: &str = "infra:header:";

/// The values of headers, by origin and name, for the call that sends them.
#[derive(Default)]
pub(super) struct Sent(BTreeMap<String, Hidden>);

/// What is noted of headers, by origin and name.
#[derive(Default)]
pub(super) struct Noted(BTreeMap<String, Note>);

impl Sent {
    /// The value of a header.
    pub(super) fn value(&self, origin: &str, name: &str) -> &str {
        self.0.get(&place(origin, name)).map(Hidden::expose).unwrap_or_default()
    }
}

impl Noted {
    /// What the tags of a distribution say, which are no tags of its definition.
    pub(super) fn take(tags: &mut Tags) -> Noted {
        let mut noted = BTreeMap::new();
        tags.retain(|key, text| {
            let Some(place) = key.strip_prefix(NOTE) else { return true };
            noted.extend(Note::parse(text).map(|note| (place.to_owned(), note)));
            false
        });
        Noted(noted)
    }

    /// Which secret's value a live header has.
    pub(super) fn told(&self, origin: &str, name: &str, value: &str) -> SecretValue {
        let told = Note::told(self.0.get(&place(origin, name)), &[value], 1);
        told.into_iter().next().unwrap_or_else(SecretValue::from_elsewhere)
    }
}

/// The values of all headers of a definition, and the tags that note them.
pub(super) async fn sent(aws: &Aws, wanted: &Distribution) -> Result<(Sent, Tags), Fault> {
    let (mut sent, mut notes) = (BTreeMap::new(), Tags::new());
    for (id, origin) in &wanted.origins {
        for (name, SecretValue { secret, version }) in &origin.custom_headers {
            let versions = [version.value()];
            let values = values(aws, &secret.value(), &versions).await?;
            let place = place(id, name);
            notes.insert(format!("{NOTE}{place}"), Note::of(&secret.value(), &versions, &values).to_string());
            sent.extend(values.into_iter().map(|value| (place.clone(), value)));
        }
    }
    Ok((Sent(sent), notes))
}

/// What is to be written of notes, where these are there.
pub(super) fn renoted(tags: &Tags, notes: &Tags) -> Retag {
    let set = notes.iter().filter(|(key, note)| tags.get(*key) != Some(note));
    let remove = tags.keys().filter(|key| key.starts_with(NOTE) && !notes.contains_key(*key)).cloned().collect();
    Retag { set: set.map(|(key, note)| (key.clone(), note.clone())).collect(), remove }
}

/// Names of headers are the same in any case of letters.
fn place(origin: &str, name: &str) -> String {
    format!("{origin}/{}", name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Ref;

    use super::*;

    #[test]
    fn a_header_is_a_secrets_when_its_value_is_what_was_noted() {
        let note = Note::of("arn", &["v1".into()], &[Hidden::new("planted-canary")]);
        let pair = |key: &str, value: String| (key.to_owned(), value);
        let mut tags =
            Tags::from([pair("Name", "cdn".into()), pair("infra:header:web/x-origin-verify", note.to_string())]);
        let noted = Noted::take(&mut tags);
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["Name"]);
        let ours = SecretValue { secret: Ref::known("arn"), version: Ref::known("v1") };
        assert_eq!(noted.told("web", "X-Origin-Verify", "planted-canary"), ours);
        for (origin, name, value) in [
            ("web", "X-Origin-Verify", "other"),
            ("web", "X-Debug", "planted-canary"),
            ("assets", "X-Origin-Verify", "planted-canary"),
        ] {
            assert_eq!(noted.told(origin, name, value), SecretValue::from_elsewhere(), "{origin} {name}");
        }
    }

    #[test]
    fn notes_of_headers_that_are_gone_go() {
        let tags = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let live = tags(&[("Name", "cdn"), ("infra:header:web/a", "1"), ("infra:header:web/b", "2")]);
        let Retag { set, remove } = renoted(&live, &tags(&[("infra:header:web/a", "3")]));
        assert_eq!((set, remove), (tags(&[("infra:header:web/a", "3")]), vec!["infra:header:web/b".to_owned()]));
    }
}
