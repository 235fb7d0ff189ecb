//! Errors of the SDK, sorted once into [`Fault`]: by where they arose, by AWS's code, by the HTTP status, in this order.
//!
//! Nothing is repeated here and nothing is thrown away: the error stays below the fault as its source.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use infra_engine::live::{Fault, FaultKind};

use crate::calls::is_read;
use crate::codes::{by_code, by_status};
use crate::gate::NothingSent;

/// Sorts what the SDK answers: `.send().await.sorted("ec2:CreateVpc")?`.
pub trait Sorted<T> {
    /// The answer, or the failure sorted. `operation` is `service:Operation`: its name tells whether it changes anything.
    fn sorted(self, operation: &'static str) -> Result<T, Fault>;
}

impl<T, E> Sorted<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn sorted(self, operation: &'static str) -> Result<T, Fault> {
        self.map_err(|error| {
            let (kind, message) = sort(&error, is_read(operation.split_once(':').map_or(operation, |(_, name)| name)));
            Fault {
                kind,
                operation: operation.to_owned(),
                code: error.code().filter(|code| !code.is_empty()).map(str::to_owned),
                message,
                request: error.request_id().map(str::to_owned),
                source: Some(Arc::new(error)),
            }
        })
    }
}

impl<T> Sorted<T> for Result<T, BuildError> {
    fn sorted(self, operation: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault {
            source: Some(Arc::new(error)),
            ..Fault::new(
                FaultKind::Broken,
                operation,
                "the call could not be put together: a field that it needs is missing",
            )
        })
    }
}

/// The sort of an error, and a sentence for people.
fn sort<E>(error: &SdkError<E, HttpResponse>, reads: bool) -> (FaultKind, String)
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(missing) = causes(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        return (FaultKind::Credentials, without_credentials(missing));
    }
    if let Some(ours) = causes(error).find_map(|cause| cause.downcast_ref::<Fault>()) {
        return (ours.kind, ours.message.clone());
    }
    if let Some(nothing) = causes(error).find_map(|cause| cause.downcast_ref::<NothingSent>()) {
        return (FaultKind::Unreachable, format!("{nothing} ({})", deepest(nothing)));
    }
    match error {
        SdkError::ServiceError(answer) => {
            let (status, said) = (answer.raw().status().as_u16(), error.message().unwrap_or_default());
            let kind = by_code(error.code().unwrap_or_default(), said).unwrap_or_else(|| by_status(status, reads));
            (kind, readable(said).unwrap_or_else(|| wordless(status)))
        }
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            (by_status(status, reads), wordless(status))
        }
        SdkError::TimeoutError(_) => (FaultKind::Lost, silent("no answer came in time", reads)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (FaultKind::Lost, silent("no answer came in time", reads))
        }
        SdkError::DispatchFailure(failure) if !failure.is_user() => {
            (FaultKind::Lost, silent(&format!("the connection broke before an answer came: {}", deepest(error)), reads))
        }
        _ => (FaultKind::Broken, format!("the call could not be put together: {}", deepest(error))),
    }
}

/// Of an answer that does not say what is wrong in any way that can be understood.
fn wordless(status: u16) -> String {
    match status {
        ..=399 => format!("the answer (HTTP {status}) makes no sense: something else than AWS may have given it"),
        _ => format!("HTTP {status}, without a word why"),
    }
}

fn silent(what: &str, reads: bool) -> String {
    if reads { what.to_owned() } else { format!("{what}; it may have been done, or not") }
}

fn without_credentials(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => "there are no credentials".to_owned(),
        other => format!("the credentials cannot be had: {}", deepest(other)),
    }
}

/// A message of AWS's for people: none if empty, and without the blob that EC2 hides its reasons in.
fn readable(message: &str) -> Option<String> {
    let words = message.split("Encoded authorization failure message:").next().unwrap_or(message).trim();
    (!words.is_empty()).then(|| words.to_owned())
}

/// An error and everything below it.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// What lies at the bottom of an error.
fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
