//! A secret's value on its way to another kind's call, and which of its versions stands where in a rotation.
//!
//! A value is fetched for one call, and is in no document, tag, message or log.

use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Secret as Hidden;

use crate::{Aws, Sorted};

/// Which version of a secret is current, without its value. `None` when there is no such secret, or it has no value.
pub(crate) async fn current_version(aws: &Aws, arn: &str) -> Result<Option<String>, Fault> {
    let call = aws.secretsmanager().describe_secret().secret_id(arn);
    let answer = match call.send().await.sorted("secretsmanager:DescribeSecret") {
        Ok(answer) => answer,
        Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let is_current = |stages: &Vec<String>| stages.iter().any(|stage| stage == "AWSCURRENT");
    let mut versions = answer.version_ids_to_stages.unwrap_or_default().into_iter();
    Ok(versions.find(|(_, stages)| is_current(stages)).map(|(version, _)| version))
}

/// The current value of a secret, for the call that sends it on, and its version.
pub(crate) async fn current(aws: &Aws, arn: &str) -> Result<(String, Hidden), Fault> {
    let operation = "secretsmanager:GetSecretValue";
    let answer =
        aws.secretsmanager().get_secret_value().secret_id(arn).send().await.sorted(operation).map_err(|fault| {
            // What refers to a secret that is not there is wrong, and does not pass for being gone itself.
            let kind = if fault.kind == FaultKind::Gone { FaultKind::Refused } else { fault.kind };
            fault.sorted(kind)
        })?;
    match (answer.version_id, answer.secret_string) {
        (Some(version), Some(value)) => Ok((version, Hidden::new(value))),
        _ => Err(Fault::new(FaultKind::Refused, operation, format!("the secret {arn} holds no text"))),
    }
}
