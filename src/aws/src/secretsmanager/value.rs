//! A secret's value on its way to another kind's call, and which of its versions stands where in a rotation.
//!
//! A value is fetched for one call, and is in no document, tag, message or log.

use std::collections::HashMap;

use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Secret as Hidden;

use crate::{Aws, Sorted};

/// The label of a version that a rotation has made and has not ended with yet.
pub(crate) const NEXT: &str = "infra-next";

/// The versions of a secret that matter, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The one that whoever asks is given. A secret without a value has none.
    pub(crate) current: Option<String>,
    /// The one of a rotation that has not ended.
    pub(crate) next: Option<String>,
    /// The one that was given until the last rotation.
    pub(crate) previous: Option<String>,
}

impl Versions {
    /// Each version with its labels, as AWS tells them.
    pub(crate) fn of(labels: Option<HashMap<String, Vec<String>>>) -> Versions {
        let mut versions = Versions::default();
        for (version, labels) in labels.unwrap_or_default() {
            for label in labels {
                match label.as_str() {
                    "AWSCURRENT" => versions.current = Some(version.clone()),
                    "AWSPREVIOUS" => versions.previous = Some(version.clone()),
                    NEXT => versions.next = Some(version.clone()),
                    _ => {}
                }
            }
        }
        versions
    }

    /// The one that is to be accepted: of a rotation that has not ended, its own.
    pub(crate) fn newest(&self) -> Option<&str> {
        self.next.as_deref().or(self.current.as_deref())
    }

    /// The one before the newest; where there was none, the newest itself.
    pub(crate) fn before(&self) -> Option<&str> {
        let current = self.current.as_deref().filter(|current| Some(*current) != self.newest());
        current.or(self.previous.as_deref()).or(self.newest())
    }
}

/// The versions of a secret; none when there is no such secret.
pub(crate) async fn versions(aws: &Aws, arn: &str) -> Result<Versions, Fault> {
    let call = aws.secretsmanager().describe_secret().secret_id(arn);
    match call.send().await.sorted("secretsmanager:DescribeSecret") {
        Ok(answer) => Ok(Versions::of(answer.version_ids_to_stages)),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(Versions::default()),
        Err(fault) => Err(fault),
    }
}

/// Makes the version of a rotation the one that whoever asks is given.
pub(crate) async fn hand_over(aws: &Aws, arn: &str, versions: &Versions) -> Result<(), Fault> {
    let call = aws.secretsmanager().update_secret_version_stage().secret_id(arn).version_stage("AWSCURRENT");
    let call = call.set_move_to_version_id(versions.next.clone());
    let call = call.set_remove_from_version_id(versions.current.clone());
    call.send().await.sorted(LABEL).map(drop)
}

/// Ends a rotation: the next one may begin.
pub(crate) async fn end_rotation(aws: &Aws, arn: &str, versions: &Versions) -> Result<(), Fault> {
    let call = aws.secretsmanager().update_secret_version_stage().secret_id(arn).version_stage(NEXT);
    call.set_remove_from_version_id(versions.next.clone()).send().await.sorted(LABEL).map(drop)
}

const LABEL: &str = "secretsmanager:UpdateSecretVersionStage";

/// The current value of a secret, for the call that sends it on, and its version.
pub(crate) async fn current(aws: &Aws, arn: &str) -> Result<(String, Hidden), Fault> {
    version(aws, arn, None).await
}

/// The value of one version of a secret, or of the current one, and which version it is.
pub(crate) async fn version(aws: &Aws, arn: &str, version: Option<&str>) -> Result<(String, Hidden), Fault> {
    let operation = "secretsmanager:GetSecretValue";
    let call = aws.secretsmanager().get_secret_value().secret_id(arn).set_version_id(version.map(str::to_owned));
    let answer = call.send().await.sorted(operation).map_err(|fault| {
        // What refers to a secret that is not there is wrong, and does not pass for being gone itself.
        let kind = if fault.kind == FaultKind::Gone { FaultKind::Refused } else { fault.kind };
        fault.sorted(kind)
    })?;
    match (answer.version_id, answer.secret_string) {
        (Some(version), Some(value)) => Ok((version, Hidden::new(value))),
        _ => Err(Fault::new(FaultKind::Refused, operation, format!("the secret {arn} holds no text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_that_has_not_ended_goes_before_what_is_current() {
        let labels = |all: &[(&str, &str)]| {
            let each = all.iter().map(|(version, label)| ((*version).to_owned(), vec![(*label).to_owned()]));
            Versions::of(Some(each.collect()))
        };
        assert_eq!(labels(&[("v1", "AWSCURRENT"), ("v0", "AWSPREVIOUS")]).newest(), Some("v1"));
        assert_eq!(labels(&[("v1", "AWSCURRENT"), ("v2", NEXT)]).newest(), Some("v2"));
        assert_eq!(Versions::of(None).newest(), None);
    }

    #[test]
    fn the_one_before_stays_the_same_throughout_a_rotation() {
        let of = |current: &str, next: Option<&str>, previous: Option<&str>| {
            let text = |text: &str| text.to_owned();
            Versions { current: Some(text(current)), next: next.map(text), previous: previous.map(text) }
        };
        assert_eq!(of("v1", None, None).before(), Some("v1"), "there is no other");
        assert_eq!(of("v2", Some("v3"), Some("v1")).before(), Some("v2"), "made, and not yet handed out");
        assert_eq!(of("v3", Some("v3"), Some("v2")).before(), Some("v2"), "handed out, and not ended");
        assert_eq!(of("v3", None, Some("v2")).before(), Some("v2"));
        assert_eq!(Versions::default().before(), None);
    }
}
